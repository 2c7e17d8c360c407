internal import OlapColumns

/// Rows on disk, split by the hash of their keys: one side of a join that does not fit in memory.
///
/// Rows gather per partition in memory and are written in whole chunks. Appending is for one thread;
/// once flushed, chunks may be read by many.
final class PartitionedRows: @unchecked Sendable {
  /// Partitions per level, by six bits of the hash, the highest first.
  static let fanOut = 64
  /// Levels there are bits for; tables use the low bits.
  static let maximumLevel = 4
  private static let rowsPerChunk = 4096
  /// Rows waiting in memory are written when they take more than this.
  private let maximumPendingBytes: Int

  let types: [SQLType]
  /// 0 for the first split; a partition split again is at the next level.
  let level: Int
  /// 1 when there is nothing to split by.
  let partitionCount: Int
  private(set) var rowCounts: [Int]
  private(set) var byteCounts: [Int]
  private let directory: String
  private var slots: [[Slot]]
  private var pending: [[Chunk]]
  private var pendingRows: [Int]
  private var pendingBytes = 0
  private var file: SpillFile?

  private struct Slot {
    let file: SpillFile
    let position: SpillFile.Position
    let rows: Int
  }

  init(types: [SQLType], level: Int, isSplit: Bool, context: ExecutionContext) {
    self.types = types
    self.level = level
    directory = context.temporaryDirectory
    maximumPendingBytes = Swift.max(1 << 18, Swift.min(4 << 20, context.budget.limit / 16))
    partitionCount = isSplit ? PartitionedRows.fanOut : 1
    rowCounts = Array(repeating: 0, count: partitionCount)
    byteCounts = rowCounts
    slots = Array(repeating: [], count: partitionCount)
    pending = Array(repeating: [], count: partitionCount)
    pendingRows = rowCounts
  }

  var rowCount: Int { rowCounts.reduce(0, +) }
  var byteCount: Int { byteCounts.reduce(0, +) }
  func chunkCount(_ partition: Int) -> Int { slots[partition].count }
  func rowCount(_ partition: Int, chunk: Int) -> Int { slots[partition][chunk].rows }
  func byteCount(_ partition: Int, chunk: Int) -> Int {
    slots[partition][chunk].position.byteCount
  }

  /// Adds a chunk's rows. `keys` are the values to split by; partitions where `isWanted` is false get
  /// nothing.
  func append(_ chunk: Chunk, keys: [Vector], isWanted: (Int) -> Bool = { _ in true }) throws {
    if partitionCount == 1 { return try add(chunk, to: 0) }
    let n = chunk.count
    let memory = Buffer(byteCount: n * 8)
    let hashes = memory.bytes.assumingMemoryBound(to: UInt64.self)
    Hash.hash(keys, count: n, into: hashes)
    let shift = UInt64(58 - 6 * level)
    let rows = Selection(capacity: n)
    var starts = Array(repeating: 0, count: PartitionedRows.fanOut + 1)
    for i in 0..<n { starts[Int(hashes[i] >> shift & 63) + 1] += 1 }
    for part in 0..<PartitionedRows.fanOut { starts[part + 1] += starts[part] }
    var next = starts
    for i in 0..<n {
      let part = Int(hashes[i] >> shift & 63)
      rows.indexes[next[part]] = UInt32(truncatingIfNeeded: i)
      next[part] += 1
    }
    for part in 0..<PartitionedRows.fanOut
    where starts[part + 1] > starts[part] && isWanted(part) {
      let count = starts[part + 1] - starts[part]
      try add(chunk.gathered(rows.indexes + starts[part], count: count), to: part)
    }
  }

  private func add(_ chunk: Chunk, to partition: Int) throws {
    pending[partition].append(chunk)
    pendingRows[partition] += chunk.count
    pendingBytes += JoinMemory.byteCount(chunk)
    if pendingBytes > maximumPendingBytes {
      try flush()
    } else if pendingRows[partition] >= PartitionedRows.rowsPerChunk {
      try write(partition)
    }
  }

  private func write(_ partition: Int) throws {
    let rows = Chunk.concatenated(pending[partition], types: types)
    pendingBytes -= pending[partition].reduce(0) { $0 + JoinMemory.byteCount($1) }
    pending[partition] = []
    pendingRows[partition] = 0
    if rows.count == 0 { return }
    let target = try file ?? SpillFile(directory: directory)
    file = target
    let position = try target.write(rows)
    slots[partition].append(Slot(file: target, position: position, rows: rows.count))
    rowCounts[partition] += rows.count
    byteCounts[partition] += position.byteCount
  }

  /// Writes what waits in memory; to be called before anything is read.
  func flush() throws {
    for partition in 0..<partitionCount { try write(partition) }
  }

  /// Takes over the chunks of another one of equal types and level; both are flushed.
  func merge(_ other: PartitionedRows) {
    for partition in 0..<partitionCount {
      slots[partition] += other.slots[partition]
      rowCounts[partition] += other.rowCounts[partition]
      byteCounts[partition] += other.byteCounts[partition]
    }
  }

  /// A chunk of a partition, read back flat.
  func chunk(_ partition: Int, at index: Int) throws -> Chunk {
    let slot = slots[partition][index]
    return try slot.file.read(slot.position, types: types)
  }

  /// The rows of some chunks of a partition.
  func concatenated(_ partition: Int, chunks: Range<Int>) throws -> Chunk {
    Chunk.concatenated(try chunks.map { try chunk(partition, at: $0) }, types: types)
  }
}

/// What rows take in memory once a join has copied them together.
enum JoinMemory {
  /// What a join needs at least is taken even when the limit is reached.
  static let working = 16 << 20

  /// Shared dictionaries are left out; other encodings count as flat.
  static func byteCount(_ chunk: Chunk) -> Int {
    chunk.columns.reduce(0) { $0 + byteCount($1) }
  }

  private static func byteCount(_ vector: Vector) -> Int {
    let mask = vector.validity == nil ? 0 : vector.count
    switch vector.encoding {
    case .flat: return vector.byteCount
    case .dictionary: return vector.count * vector.codeByteCount + mask
    case .constant, .frame: return vector.count * vector.physical.byteCount + mask
    }
  }
}
