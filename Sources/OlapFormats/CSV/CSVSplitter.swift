import CIntrinsics
import Glibc
internal import OlapColumns

/// Finds record borders in one CSV file, by the same rules as the tokenizer.
final class CSVSplitter: RecordSplitter {
  private let dialect: CSVDialect
  private let tokenizer: CSVTokenizer

  init(dialect: CSVDialect) {
    self.dialect = dialect
    tokenizer = CSVTokenizer(dialect: dialect, columnCount: 0)
  }

  /// Skipped lines, comments and the header.
  func preamble(_ base: UnsafePointer<UInt8>, _ count: Int) throws -> Int {
    let end = base + count
    var p = base
    for _ in 0..<dialect.skip where p < end { p = lineEnd(p, end) }
    guard dialect.hasHeader else { return p - base }
    while p < end {
      if p.pointee == UInt8(ascii: "\n") || p.pointee == UInt8(ascii: "\r") {
        p += 1
      } else if let comment = dialect.comment, p.pointee == comment {
        p = lineEnd(p, end)
      } else {
        break
      }
    }
    return tokenizer.recordEnd(p, end) - base
  }

  private func lineEnd(
    _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    let stop = olap_find_either(p, end, dialect.newline, dialect.newline).unsafelyUnwrapped
    return stop < end ? stop + 1 : end
  }

  func emergencyBorder(_ base: UnsafePointer<UInt8>, from: Int, count: Int) -> Int? {
    let stop = lineEnd(base + from, base + count)
    return stop < base + count ? stop - base : nil
  }

  func lastBorder(_ base: UnsafePointer<UInt8>, from start: Int, count: Int) -> Int {
    let newline = dialect.newline
    guard let quote = dialect.quote, memchr(base + start, Int32(quote), count - start) != nil else {
      var last = count
      while last > start, base[last - 1] != newline { last -= 1 }
      return last
    }
    return lastQuotedBorder(base, start, count, quote)
  }

  private func lastQuotedBorder(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ quote: UInt8
  ) -> Int {
    let newline = dialect.newline
    let escape = dialect.escape.flatMap { $0 == quote ? nil : $0 }
    let end = base + count
    var border = base + start
    var p = border
    while p < end {
      if let comment = dialect.comment, p == border, p.pointee == comment {
        p = lineEnd(p, end)
        border = p
        continue
      }
      p = olap_find_either(p, end, quote, newline)
      if p >= end { break }
      if p.pointee == newline {
        p += 1
        border = p
        continue
      }
      guard opensField(p, border) else {
        p += 1
        continue
      }
      // Inside quotes: to the closing one.
      p += 1
      while true {
        p = olap_find_either(p, end, quote, escape ?? quote)
        if p >= end { return border - base }
        if let escape, p.pointee == escape {
          p += 2
        } else if escape == nil, p + 1 < end, p[1] == quote {
          p += 2
        } else if escape == nil, p + 1 == end {
          // Perhaps the first of two.
          return border - base
        } else {
          p += 1
          break
        }
        if p >= end { return border - base }
      }
    }
    return border - base
  }

  /// Whether the quote at `p` begins a field of the record at `record`: only a delimiter, and blanks,
  /// before it.
  private func opensField(_ p: UnsafePointer<UInt8>, _ record: UnsafePointer<UInt8>) -> Bool {
    var q = p
    if dialect.firstDelimiterByte != 0x20 {
      while q > record, q[-1] == 0x20 { q -= 1 }
    }
    if q == record { return true }
    let delimiter = dialect.delimiter
    guard q - record >= delimiter.count else { return false }
    q -= delimiter.count
    for k in 0..<delimiter.count where q[k] != delimiter[k] { return false }
    return true
  }
}
