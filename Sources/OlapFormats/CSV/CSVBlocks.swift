import CIntrinsics
import Glibc
package import OlapColumns
import Synchronization

/// A run of whole records of one file.
final class CSVBlock {
  let buffer: Buffer
  let byteCount: Int
  let path: String
  /// Line number of the first byte, 1-based.
  let firstLine: Int
  /// Offset of the first byte in the (decompressed) file.
  let byteOffset: Int

  init(buffer: Buffer, byteCount: Int, path: String, firstLine: Int, byteOffset: Int) {
    self.buffer = buffer
    self.byteCount = byteCount
    self.path = path
    self.firstLine = firstLine
    self.byteOffset = byteOffset
  }
}

/// Reads files block by block and cuts each block at a record border.
///
/// Reading and cutting are serial (under a lock, a few GB/s); parsing, which costs far more, is what the
/// threads share. So quoted newlines, pipes and compressed files need no special case.
final class CSVBlockReader: @unchecked Sendable {
  private let paths: [String]
  private let dialect: CSVDialect
  private let blockByteCount: Int
  private let lock = Mutex<Void>(())
  private var fileIndex = 0
  private var file: InputFile?
  private var leftover: [UInt8] = []
  private var line = 1
  private var offset = 0
  private var isAtStart = true
  private var totalBytes = 0
  private let consumedBytes = Atomic<Int>(0)
  private var finishedBytes = 0

  init(paths: [String], dialect: CSVDialect, blockByteCount: Int = 1 << 20) {
    self.paths = paths
    self.dialect = dialect
    self.blockByteCount = blockByteCount
    for path in paths {
      var status = stat()
      if stat(path, &status) == 0 { totalBytes += Int(status.st_size) }
    }
  }

  var progress: Double? {
    totalBytes > 0
      ? min(1, Double(consumedBytes.load(ordering: .relaxed)) / Double(totalBytes)) : nil
  }

  /// The next block, nil at the end of the last file. Thread-safe.
  func next() throws -> CSVBlock? {
    try lock.withLock { _ in try readBlock() }
  }

  private func readBlock() throws -> CSVBlock? {
    while true {
      if file == nil {
        guard fileIndex < paths.count else { return nil }
        file = try InputFile(path: paths[fileIndex])
        leftover = []
        line = 1
        offset = 0
        isAtStart = true
      }
      if let block = try cutBlock() { return block }
      finishedBytes += file?.consumed ?? 0
      file = nil
      fileIndex += 1
    }
  }

  private func cutBlock() throws -> CSVBlock? {
    guard let file else { return nil }
    var capacity = blockByteCount + leftover.count
    while true {
      let buffer = Buffer(byteCount: capacity)
      let base = buffer.bytes.assumingMemoryBound(to: UInt8.self)
      leftover.withUnsafeBufferPointer {
        if let start = $0.baseAddress { memcpy(base, start, $0.count) }
      }
      var count = leftover.count
      var isEnd = false
      while count < capacity {
        let got = try file.read(into: base + count, count: capacity - count)
        if got == 0 {
          isEnd = true
          break
        }
        count += got
      }
      consumedBytes.store(finishedBytes + file.consumed, ordering: .relaxed)
      if count == 0 { return nil }
      var start = 0
      if isAtStart { start = skipPreamble(base, count) }
      let border = isEnd ? count : lastBorder(base, from: start, count: count)
      if border <= start, !isEnd {
        // One record is longer than the block: take more of it.
        leftover = Array(UnsafeBufferPointer(start: base, count: count))
        capacity = count + blockByteCount * 4
        guard capacity < 1 << 30 else {
          throw ComputeError(
            .invalidArgument,
            "\(file.path), line \(line): a record is longer than 1 GiB; is a quote left open?")
        }
        continue
      }
      leftover = Array(UnsafeBufferPointer(start: base + border, count: count - border))
      let skippedLines = olap_count_byte(base, start, UInt8(ascii: "\n"))
      let block = CSVBlock(
        buffer: Slice.make(buffer, start), byteCount: border - start, path: file.path,
        firstLine: line + skippedLines, byteOffset: offset + start)
      line += olap_count_byte(base, border, UInt8(ascii: "\n"))
      offset += border
      isAtStart = false
      if block.byteCount == 0 {
        if isEnd { return nil }
        continue
      }
      return block
    }
  }

  /// Byte order mark, skipped lines and the header.
  private func skipPreamble(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
    var start = 0
    if count >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF { start = 3 }
    var lines = dialect.skip
    while lines > 0, start < count {
      start = lineEnd(base, start, count)
      lines -= 1
    }
    if let comment = dialect.comment {
      while start < count, base[start] == comment { start = lineEnd(base, start, count) }
    }
    if dialect.hasHeader {
      while start < count, base[start] == UInt8(ascii: "\n") || base[start] == UInt8(ascii: "\r") {
        start += 1
      }
      start = recordEnd(base, start, count)
    }
    return start
  }

  private func lineEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
    let newline = UInt8(ascii: "\n")
    guard let stop = olap_find_either(base + start, base + count, newline, newline) else {
      return count
    }
    return min(count, stop - base + 1)
  }

  private func recordEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
    guard let quote = dialect.quote else { return lineEnd(base, start, count) }
    var isQuoted = false
    var index = start
    while index < count {
      if base[index] == quote { isQuoted.toggle() }
      if base[index] == UInt8(ascii: "\n"), !isQuoted { return index + 1 }
      index += 1
    }
    return count
  }

  /// Position after the last newline outside quotes.
  private func lastBorder(_ base: UnsafePointer<UInt8>, from start: Int, count: Int) -> Int {
    let newline = UInt8(ascii: "\n")
    let quote = dialect.quote
    let hasQuote = quote.map { memchr(base + start, Int32($0), count - start) != nil } ?? false
    if !hasQuote {
      var last = count
      while last > start, base[last - 1] != newline { last -= 1 }
      return last
    }
    guard let quote else { return start }
    let escape = dialect.escape.flatMap { $0 == quote ? nil : $0 }
    var isQuoted = false
    var border = start
    var p = base + start
    let end = base + count
    // Doubled quotes toggle twice, which is right; an escape character hides the next byte.
    while p < end {
      if isQuoted {
        p = olap_find_either(p, end, quote, escape ?? quote)
        if p >= end { break }
        if let escape, p.pointee == escape {
          p += 2
          continue
        }
        isQuoted = false
        p += 1
      } else {
        p = olap_find_either(p, end, quote, newline)
        if p >= end { break }
        if p.pointee == newline {
          border = p - base + 1
        } else if p == base || p[-1] == dialect.delimiter || p[-1] == newline || p[-1] == quote {
          // A quote opens a field only at its start; elsewhere it is text.
          isQuoted = true
        }
        p += 1
      }
    }
    return border
  }
}

/// A buffer whose contents start later than its memory.
enum Slice {
  static func make(_ buffer: Buffer, _ start: Int) -> Buffer {
    if start == 0 { return buffer }
    // Only the first block of a file has a preamble, so the copy is rare.
    let copy = Buffer(byteCount: buffer.byteCount - start)
    memcpy(copy.bytes, buffer.bytes + start, buffer.byteCount - start)
    return copy
  }
}
