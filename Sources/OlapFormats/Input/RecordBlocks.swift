import CIntrinsics
import Glibc
internal import OlapColumns
import Synchronization

/// A run of whole records of one file.
package final class RecordBlock {
  let buffer: Buffer
  /// The first record; 64 bytes after the last one are readable.
  let base: UnsafePointer<UInt8>
  let byteCount: Int
  /// Position in the list of files.
  let file: Int
  /// Line number of the first byte, 1-based.
  let firstLine: Int
  /// Offset of the first byte in the file's text.
  let byteOffset: Int
  /// Place among all blocks.
  let ordinal: Int
  /// The file's last block.
  let isLast: Bool
  /// Why the block, one record, cannot be read.
  let problem: String?

  init(
    buffer: Buffer, start: Int, byteCount: Int, file: Int, firstLine: Int, byteOffset: Int,
    ordinal: Int, isLast: Bool, problem: String? = nil
  ) {
    self.buffer = buffer
    base = UnsafePointer((buffer.bytes + start).assumingMemoryBound(to: UInt8.self))
    self.byteCount = byteCount
    self.file = file
    self.firstLine = firstLine
    self.byteOffset = byteOffset
    self.ordinal = ordinal
    self.isLast = isLast
    self.problem = problem
    known = (base, firstLine)
  }

  /// The place last asked for and its line: with many bad rows, counting from the block's start for each
  /// would take longer than all the rest.
  private var known: (place: UnsafePointer<UInt8>, line: Int)

  /// Line number of a place in the block. One thread at a time.
  func line(at place: UnsafePointer<UInt8>) -> Int {
    let place = max(place, base)
    if place < known.place { known = (base, firstLine) }
    known.line += olap_count_byte(known.place, place - known.place, UInt8(ascii: "\n"))
    known.place = place
    return known.line
  }
}

/// Hands out blocks to any number of threads.
protocol RecordBlockSource: AnyObject, Sendable {
  /// The next block, nil at the end. Thread-safe.
  func next() throws -> RecordBlock?
  /// Share of the input already read, when known.
  var progress: Double? { get }
}

/// Knows where the records of one file end. Used by one thread at a time.
protocol RecordSplitter: AnyObject {
  /// Bytes before the first record (header, opening bracket).
  func preamble(_ base: UnsafePointer<UInt8>, _ count: Int) throws -> Int
  /// The end of the last whole record in `from ..< count`, `from` when there is none.
  func lastBorder(_ base: UnsafePointer<UInt8>, from: Int, count: Int) -> Int
  /// Where to cut off a record that is longer than allowed, nil when nowhere.
  func emergencyBorder(_ base: UnsafePointer<UInt8>, from: Int, count: Int) -> Int?
}

/// Reads files block by block and cuts each block at a record border. `open` gives nil for files that are
/// passed over.
///
/// Reading and cutting are serial (under a lock, at the speed of memory); parsing, which costs far more,
/// is what the threads share. So quoted newlines, pipes and compressed files need no special case. One
/// block per thread is in memory at a time, and a record never exceeds `maximumRecordByteCount`.
final class FileBlocks: RecordBlockSource, @unchecked Sendable {
  private let paths: [String]
  private let open: @Sendable (Int) throws -> (TextInput, any RecordSplitter)?
  private let blockByteCount: Int
  private let maximumRecordByteCount: Int
  private let lock = Mutex<Void>(())
  private var fileIndex = 0
  private var input: TextInput?
  private var splitter: (any RecordSplitter)?
  private var leftover: [UInt8] = []
  private var line = 1
  private var offset = 0
  private var isAtStart = true
  private var blockCount = 0
  private var totalBytes = 0
  private let consumedBytes = Atomic<Int>(0)
  private var finishedBytes = 0

  static let defaultBlockByteCount = 1 << 20
  static let defaultRecordByteCount = 64 << 20

  init(
    paths: [String], blockByteCount: Int = FileBlocks.defaultBlockByteCount,
    maximumRecordByteCount: Int = FileBlocks.defaultRecordByteCount,
    open: @escaping @Sendable (Int) throws -> (TextInput, any RecordSplitter)?
  ) {
    self.paths = paths
    self.blockByteCount = max(16, blockByteCount)
    self.maximumRecordByteCount = min(1 << 30, maximumRecordByteCount)
    self.open = open
    for path in paths {
      var status = stat()
      if stat(path, &status) == 0 { totalBytes += Int(status.st_size) }
    }
  }

  var progress: Double? {
    totalBytes > 0
      ? min(1, Double(consumedBytes.load(ordering: .relaxed)) / Double(totalBytes)) : nil
  }

  func next() throws -> RecordBlock? {
    try lock.withLock { _ in try readBlock() }
  }

  private func readBlock() throws -> RecordBlock? {
    while true {
      if input == nil {
        guard fileIndex < paths.count else { return nil }
        guard let opened = try open(fileIndex) else {
          fileIndex += 1
          continue
        }
        (input, splitter) = opened
        leftover = []
        line = 1
        offset = input?.markByteCount ?? 0
        isAtStart = true
      }
      if let input, let splitter, let block = try cutBlock(input, splitter) { return block }
      finishedBytes += input?.consumed ?? 0
      input = nil
      splitter = nil
      fileIndex += 1
    }
  }

  private func cutBlock(_ input: TextInput, _ splitter: any RecordSplitter) throws -> RecordBlock? {
    var capacity = blockByteCount + leftover.count
    while true {
      let buffer = Buffer(byteCount: capacity)
      let base = buffer.bytes.assumingMemoryBound(to: UInt8.self)
      leftover.withUnsafeBufferPointer {
        if let start = $0.baseAddress { memcpy(base, start, $0.count) }
      }
      let known = leftover.count
      let count = known + (try input.fill(base + known, count: capacity - known))
      let isEnd = count < capacity
      memset(base + count, 0, capacity + 64 - count)
      consumedBytes.store(finishedBytes + input.consumed, ordering: .relaxed)
      if count == 0 { return nil }
      let start = isAtStart ? try splitter.preamble(base, count) : 0
      var border = isEnd ? count : splitter.lastBorder(base, from: start, count: count)
      var problem: String?
      if border <= start, !isEnd {
        // One record is longer than the block: take more of it, up to the limit.
        if count - start >= maximumRecordByteCount {
          guard let cut = splitter.emergencyBorder(base, from: start, count: count) else {
            throw ComputeError(
              .invalidArgument,
              "\(input.path), line \(line): a record is longer than \(maximumRecordByteCount) bytes;"
                + " max_line_size raises the limit")
          }
          border = cut
          problem =
            "the record is longer than \(maximumRecordByteCount) bytes; is a quote left open?"
        } else {
          leftover = Array(UnsafeBufferPointer(start: base, count: count))
          capacity = min(count * 2 + blockByteCount, maximumRecordByteCount + blockByteCount)
          capacity = max(capacity, count + blockByteCount)
          continue
        }
      }
      leftover = Array(UnsafeBufferPointer(start: base + border, count: count - border))
      let newline = UInt8(ascii: "\n")
      let block = RecordBlock(
        buffer: buffer, start: start, byteCount: border - start, file: fileIndex,
        firstLine: line + olap_count_byte(base, start, newline), byteOffset: offset + start,
        ordinal: blockCount, isLast: isEnd, problem: problem)
      line += olap_count_byte(base, border, newline)
      offset += border
      isAtStart = false
      if block.byteCount == 0 {
        if isEnd { return nil }
        continue
      }
      blockCount += 1
      return block
    }
  }
}

/// Single records from memory, each with the place it came from: rows that were set aside and mended.
package struct StoredRecord: Sendable {
  package let text: String
  /// What messages call the record.
  package let name: String
  package let path: String
  package let line: Int
  package let byteOffset: Int
  package init(text: String, name: String, path: String, line: Int, byteOffset: Int) {
    self.name = name
    self.text = text
    self.path = path
    self.line = line
    self.byteOffset = byteOffset
  }
}

/// One block per stored record; a record's `file` is its position in the list.
final class StoredBlocks: RecordBlockSource, @unchecked Sendable {
  private let records: [StoredRecord]
  private let position = Atomic<Int>(0)

  init(_ records: [StoredRecord]) { self.records = records }

  var progress: Double? {
    records.isEmpty
      ? 1 : min(1, Double(position.load(ordering: .relaxed)) / Double(records.count))
  }

  func next() throws -> RecordBlock? {
    let index = position.add(1, ordering: .relaxed).oldValue
    guard index < records.count else { return nil }
    let bytes = Array(records[index].text.utf8)
    let buffer = Buffer(byteCount: bytes.count)
    memset(buffer.bytes, 0, bytes.count + 64)
    bytes.withUnsafeBytes {
      if let base = $0.baseAddress { memcpy(buffer.bytes, base, bytes.count) }
    }
    return RecordBlock(
      buffer: buffer, start: 0, byteCount: bytes.count, file: index,
      firstLine: records[index].line, byteOffset: records[index].byteOffset, ordinal: index,
      isLast: true)
  }
}
