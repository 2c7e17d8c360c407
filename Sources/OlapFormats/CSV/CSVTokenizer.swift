import CIntrinsics
import Glibc
internal import OlapColumns

/// Fields of a batch of records as views into the block, column by column.
///
/// Shape: `columnCount` arrays of `rowCapacity` fields. A field is quoted (then never NULL) or not.
final class CSVFields {
  let columnCount: Int
  let rowCapacity: Int
  /// Column-major: start, length and flags of each field.
  let starts: UnsafeMutablePointer<UnsafePointer<UInt8>>
  let lengths: UnsafeMutablePointer<UInt32>
  /// 1 = quoted, 2 = holds escapes (must be unescaped), 4 = missing (padded).
  let flags: UnsafeMutablePointer<UInt8>
  /// Start of each record, and after the last one where it ends.
  let recordStarts: UnsafeMutablePointer<UnsafePointer<UInt8>>
  let recordEnds: UnsafeMutablePointer<UnsafePointer<UInt8>>
  var rowCount = 0

  init(columnCount: Int, rowCapacity: Int) {
    self.columnCount = columnCount
    self.rowCapacity = rowCapacity
    let count = max(1, columnCount * rowCapacity)
    starts = .allocate(capacity: count)
    lengths = .allocate(capacity: count)
    flags = .allocate(capacity: count)
    recordStarts = .allocate(capacity: rowCapacity + 1)
    recordEnds = .allocate(capacity: rowCapacity + 1)
  }

  /// Keeps these rows, ascending, and drops the others.
  func keep(_ rows: Selection) {
    for column in 0..<columnCount {
      let base = column * rowCapacity
      for k in 0..<rows.count {
        let row = Int(rows.indexes[k])
        starts[base + k] = starts[base + row]
        lengths[base + k] = lengths[base + row]
        flags[base + k] = flags[base + row]
      }
    }
    for k in 0..<rows.count {
      recordStarts[k] = recordStarts[Int(rows.indexes[k])]
      recordEnds[k] = recordEnds[Int(rows.indexes[k])]
    }
    rowCount = rows.count
  }

  deinit {
    starts.deallocate()
    lengths.deallocate()
    flags.deallocate()
    recordStarts.deallocate()
    recordEnds.deallocate()
  }
}

/// Why a record could not be cut.
enum CSVRecordProblem {
  case tooManyFields(expected: Int)
  case tooFewFields(found: Int, expected: Int)
  case textAfterQuote
  case openQuote

  var message: String {
    switch self {
    case .tooManyFields(let expected): "expected \(expected) fields, found more"
    case .tooFewFields(let found, let expected):
      "expected \(expected) fields, found \(found); null_padding = true fills what is missing"
    case .textAfterQuote: "text after a closing quote; double the quotes inside a quoted field"
    case .openQuote: "a quote is left open"
    }
  }
}

/// Cuts records into fields. 64 bytes after the end of the text are readable.
struct CSVTokenizer {
  let columnCount: Int
  private let delimiter: UInt8
  private let delimiterTail: [UInt8]
  private let quote: Int
  private let escape: Int
  private let newline: UInt8
  private let comment: Int
  private let nullPadding: Bool
  private let keepsBlankLines: Bool

  init(dialect: CSVDialect, columnCount: Int) {
    self.columnCount = columnCount
    delimiter = dialect.firstDelimiterByte
    delimiterTail = Array(dialect.delimiter.dropFirst())
    quote = dialect.quote.map { Int($0) } ?? -1
    escape = dialect.escape.map { $0 == dialect.quote ? -1 : Int($0) } ?? -1
    newline = dialect.newline
    comment = dialect.comment.map { Int($0) } ?? -1
    nullPadding = dialect.nullPadding
    keepsBlankLines = columnCount == 1
  }

  /// Where a field without quotes ends: a delimiter, a newline or `end`.
  @inline(__always)
  private func fieldEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    var p = olap_find_either(start, end, delimiter, newline).unsafelyUnwrapped
    if delimiterTail.isEmpty { return p }
    while p < end, p.pointee != newline, !isDelimiter(p, end) {
      p = olap_find_either(p + 1, end, delimiter, newline).unsafelyUnwrapped
    }
    return p
  }

  @inline(__always)
  private func isDelimiter(_ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    guard p < end, p.pointee == delimiter else { return false }
    if delimiterTail.isEmpty { return true }
    guard end - p > delimiterTail.count else { return false }
    for k in 0..<delimiterTail.count where p[k + 1] != delimiterTail[k] { return false }
    return true
  }

  /// Cuts records from `position` until the batch is full or `end`.
  ///
  /// Returns the new position, or the problem of the record at `fields.recordStarts[fields.rowCount]`.
  func cut(
    _ fields: CSVFields, from position: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>
  ) -> (next: UnsafePointer<UInt8>, problem: CSVRecordProblem?) {
    let capacity = fields.rowCapacity
    let carriage = UInt8(ascii: "\r")
    var p = position
    fields.rowCount = 0
    while p < end, fields.rowCount < capacity {
      let row = fields.rowCount
      if isBlankLine(p, end) {
        // A blank line is no record, unless it is the only column's empty value.
        if !keepsBlankLines {
          p += p.pointee == newline ? 1 : 2
          continue
        }
      }
      if comment >= 0, isComment(p, end) {
        p = olap_find_either(p, end, newline, newline)
        if p < end { p += 1 }
        continue
      }
      fields.recordStarts[row] = p
      var column = 0
      while true {
        var start = p
        var length = 0
        var flag: UInt8 = 0
        var stop: UnsafePointer<UInt8>
        if quote >= 0, let opening = openingQuote(p, end) {
          guard let close = closingQuote(from: opening + 1, to: end, flag: &flag) else {
            return (p, .openQuote)
          }
          flag |= 1
          start = opening + 1
          length = close - start
          stop = close + 1
          while stop < end,
            stop.pointee == 0x20 || (stop.pointee == carriage && newline != carriage),
            !isDelimiter(stop, end)
          {
            stop += 1
          }
          if stop < end, stop.pointee != newline, !isDelimiter(stop, end) {
            guard opening > p else { return (p, .textAfterQuote) }
            // Blanks, a quote and more text: a field that merely holds quotes.
            flag = 0
            start = p
            stop = fieldEnd(p, end)
            length = stop - start
          }
        } else {
          stop = fieldEnd(p, end)
          length = stop - start
          if length > 0, start[length - 1] == carriage, stop == end || stop.pointee == newline {
            length -= 1
          }
        }
        if column < columnCount {
          let slot = column &* capacity &+ row
          fields.starts[slot] = start
          fields.lengths[slot] = UInt32(truncatingIfNeeded: length)
          fields.flags[slot] = flag
        } else if length > 0 {
          return (p, .tooManyFields(expected: columnCount))
        }
        column += 1
        if stop < end, stop.pointee != newline {
          p = stop + 1 + delimiterTail.count
          continue
        }
        fields.recordEnds[row] = stop
        p = stop < end ? stop + 1 : end
        break
      }
      if column < columnCount {
        guard nullPadding else {
          return (p, .tooFewFields(found: column, expected: columnCount))
        }
        for missing in column..<columnCount {
          let slot = missing &* capacity &+ row
          fields.starts[slot] = p
          fields.lengths[slot] = 0
          fields.flags[slot] = 4
        }
      }
      fields.rowCount += 1
    }
    return (p, nil)
  }

  @inline(__always)
  private func isBlankLine(_ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    p.pointee == newline
      || (p.pointee == UInt8(ascii: "\r") && p + 1 < end && p[1] == newline)
  }

  private func isComment(_ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    var p = p
    while p < end, p.pointee == 0x20 { p += 1 }
    return p < end && Int(p.pointee) == comment
  }

  /// The quote that begins the field at `p`, perhaps after blanks.
  @inline(__always)
  private func openingQuote(
    _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    guard p < end else { return nil }
    if Int(p.pointee) == quote { return p }
    guard p.pointee == 0x20, delimiter != 0x20 else { return nil }
    var p = p
    while p < end, p.pointee == 0x20 { p += 1 }
    return p < end && Int(p.pointee) == quote ? p : nil
  }

  /// The quote that ends the field; sets the escape flag when the field holds escaped characters.
  private func closingQuote(
    from start: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>, flag: inout UInt8
  ) -> UnsafePointer<UInt8>? {
    let mark = UInt8(truncatingIfNeeded: quote)
    let other = escape >= 0 ? UInt8(truncatingIfNeeded: escape) : mark
    var p = start
    while p < end {
      p = olap_find_either(p, end, mark, other)
      if p >= end { return nil }
      if escape >= 0, p.pointee == other {
        flag |= 2
        p += 2
        continue
      }
      if escape < 0, p + 1 < end, p[1] == mark {
        flag |= 2
        p += 2
        continue
      }
      return p
    }
    return nil
  }

  /// Position after the record that starts at `start`; an open quote ends with its line.
  func recordEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    var p = start
    var flag: UInt8 = 0
    while p < end {
      if quote >= 0, let opening = openingQuote(p, end) {
        guard let close = closingQuote(from: opening + 1, to: end, flag: &flag) else {
          let stop = olap_find_either(start, end, newline, newline).unsafelyUnwrapped
          return stop < end ? stop + 1 : end
        }
        p = fieldEnd(close + 1, end)
      } else {
        p = fieldEnd(p, end)
      }
      if p >= end { return end }
      if p.pointee == newline { return p + 1 }
      p += 1 + delimiterTail.count
    }
    return end
  }

  var delimiterByteCount: Int { 1 + delimiterTail.count }
  func isNewline(_ p: UnsafePointer<UInt8>) -> Bool { p.pointee == newline }

  /// Whether nothing but blanks, a comment or nothing stands in the line at `p`.
  func isSkipped(_ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    isBlankLine(p, end) || (comment >= 0 && isComment(p, end))
  }

  /// The field at `p`, which moves to the delimiter, newline or end after it; nil when a quote is wrong.
  func cutField(
    _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ heap: StringHeap
  ) -> SampleField? {
    let carriage = UInt8(ascii: "\r")
    if quote >= 0, let opening = openingQuote(p, end) {
      var flag: UInt8 = 0
      guard let close = closingQuote(from: opening + 1, to: end, flag: &flag) else { return nil }
      var stop = close + 1
      while stop < end, stop.pointee == 0x20 || (stop.pointee == carriage && newline != carriage),
        !isDelimiter(stop, end)
      {
        stop += 1
      }
      if stop == end || stop.pointee == newline || isDelimiter(stop, end) {
        p = stop
        let bytes = UnsafeBufferPointer(start: opening + 1, count: close - opening - 1)
        let view =
          flag & 2 != 0
          ? unescaped(bytes).withUnsafeBytes { heap.add($0) }
          : StringView(UnsafeRawPointer(opening + 1), count: bytes.count)
        return SampleField(view: view, isQuoted: true)
      }
      guard opening > p else { return nil }
    }
    let start = p
    p = fieldEnd(p, end)
    var length = p - start
    if length > 0, start[length - 1] == carriage, p == end || p.pointee == newline { length -= 1 }
    return SampleField(
      view: StringView(UnsafeRawPointer(start), count: length), isQuoted: false)
  }

  /// Whether the quote that begins the field at `p` is never closed.
  private func isOpen(_ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    guard let opening = openingQuote(p, end) else { return false }
    var flag: UInt8 = 0
    return closingQuote(from: opening + 1, to: end, flag: &flag) == nil
  }

  /// The field's text with escapes resolved, in the heap's memory.
  func unescaped(
    _ start: UnsafePointer<UInt8>, _ count: Int, into heap: StringHeap
  ) -> StringView {
    let mark = UInt8(truncatingIfNeeded: escape >= 0 ? escape : quote)
    let target = heap.allocate(count).assumingMemoryBound(to: UInt8.self)
    let end = start + count
    var p = start
    var length = 0
    while p < end {
      let next = olap_find_either(p, end, mark, mark).unsafelyUnwrapped
      memcpy(target + length, p, next - p)
      length += next - p
      if next >= end { break }
      // The mark goes, what it escapes stays; a last one that escapes nothing stays as well.
      p = next + 1 < end ? next + 1 : next
      target[length] = p.pointee
      length += 1
      p += 1
    }
    return StringView(UnsafeRawPointer(target), count: length)
  }

  /// The field's text with escapes resolved.
  func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    let mark = escape >= 0 ? escape : quote
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if Int(bytes[index]) == mark, index + 1 < bytes.count { index += 1 }
      result.append(bytes[index])
      index += 1
    }
    return result
  }
}

/// One field of a sample.
struct SampleField {
  var view: StringView
  var isQuoted: Bool
}

extension CSVTokenizer {
  /// Cuts one record of any number of fields; `heap` takes fields with escapes resolved. Returns where
  /// the next record starts.
  func cutRecord(
    from start: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>, heap: StringHeap,
    into fields: inout [SampleField]
  ) -> (next: UnsafePointer<UInt8>, problem: CSVRecordProblem?) {
    var p = start
    while true {
      guard let field = cutField(&p, end, heap) else {
        return (recordEnd(start, end), isOpen(p, end) ? .openQuote : .textAfterQuote)
      }
      fields.append(field)
      if p >= end { return (end, nil) }
      if isNewline(p) { return (p + 1, nil) }
      p += delimiterByteCount
    }
  }
}
