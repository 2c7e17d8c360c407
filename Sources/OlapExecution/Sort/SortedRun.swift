internal import OlapColumns

/// Rows in order: in memory, or as blocks in a spill file.
package final class SortedRun: @unchecked Sendable {
  enum Content {
    /// Rows as they came and their numbers in order; keys by row number, later by place.
    case memory(rows: Chunk, order: Selection, keys: Buffer)
    case file(SpillFile, blocks: [(position: SpillFile.Position, rowCount: Int)])
  }
  let shape: SortShape
  /// SAFETY: changed only by `sortKeys`, before any reader is made.
  private(set) var content: Content
  let isExact: Bool
  package let rowCount: Int
  private var reservation: MemoryReservation?
  private var hasSortedKeys = false
  /// Flat key vectors by row number, once `sortKeys` was told that keys are cut.
  private(set) var keyVectors: [Vector] = []

  /// Sorts rows in memory.
  ///
  /// - Throws: when the statement was cancelled.
  init(
    sorting rows: Chunk, shape: SortShape, reservation: MemoryReservation?,
    context: ExecutionContext
  ) throws {
    self.shape = shape
    self.reservation = reservation
    rowCount = rows.count
    let order = RowSorter.order(
      shape.keys(rows), layout: shape.layout, count: rows.count)
    try context.checkCancellation()
    isExact = order.isExact
    content = .memory(rows: rows, order: order.rows, keys: order.keys)
  }

  init(
    file: SpillFile, blocks: [(position: SpillFile.Position, rowCount: Int)], shape: SortShape,
    isExact: Bool
  ) {
    self.shape = shape
    self.isExact = isExact
    rowCount = blocks.reduce(0) { $0 + $1.rowCount }
    content = .file(file, blocks: blocks)
  }

  var isSpilled: Bool { if case .file = content { true } else { false } }

  /// Largest block in bytes; 0 in memory.
  var blockByteCount: Int {
    guard case .file(_, let blocks) = content else { return 0 }
    return blocks.reduce(0) { Swift.max($0, $1.position.byteCount) }
  }

  /// Brings the keys of a run in memory into sorted order, so that a merge reads them front to back, and
  /// makes its key vectors ready for comparing keys that are cut.
  func sortKeys(areCut: Bool) {
    if areCut, keyVectors.isEmpty, case .memory(let rows, _, _) = content {
      keyVectors = shape.keys(rows).map { $0.flattened() }
    }
    guard !hasSortedKeys, case .memory(let rows, let order, let keys) = content else { return }
    hasSortedKeys = true
    let stride = shape.layout.byteCount
    let sorted = Buffer(byteCount: rowCount * stride)
    SortedRun.gather(keys.bytes, order.indexes, rowCount, stride / 8, sorted.bytes)
    content = .memory(rows: rows, order: order, keys: sorted)
  }

  private static func gather(
    _ keys: UnsafeRawPointer, _ order: UnsafePointer<UInt32>, _ n: Int, _ words: Int,
    _ out: UnsafeMutableRawPointer
  ) {
    let from = keys.assumingMemoryBound(to: UInt64.self)
    let to = out.assumingMemoryBound(to: UInt64.self)
    Cancellation.strides(n) { range in
      for i in range {
        let source = from + Int(order[i]) &* words
        let target = to + i &* words
        for word in 0..<words { target[word] = source[word] }
      }
    }
  }

  /// The rows at sorted places `range` of a run in memory; `width` columns of them.
  func rows(_ range: Range<Int>, width: Int) -> Chunk {
    guard case .memory(let rows, let order, _) = content else {
      return Chunk(columns: [], count: 0)
    }
    let indexes = order.indexes + range.lowerBound
    return Chunk(
      columns: rows.columns[..<width].map { $0.gathered(indexes, count: range.count) },
      count: range.count)
  }
}

/// Writes rows that come in order as a run in a spill file.
struct RunWriter {
  /// Rows per block: what a merge holds of each run.
  static let blockRowCount = 2048
  private let file: SpillFile
  private let shape: SortShape
  private var blocks: [(position: SpillFile.Position, rowCount: Int)] = []

  init(_ file: SpillFile, shape: SortShape) {
    self.file = file
    self.shape = shape
  }

  mutating func write(_ rows: Chunk) throws {
    if rows.count == 0 { return }
    blocks.append((try file.write(rows), rows.count))
  }

  /// Writes a run in memory.
  mutating func write(_ run: SortedRun) throws {
    var start = 0
    while start < run.rowCount {
      let end = Swift.min(run.rowCount, start + RunWriter.blockRowCount)
      try write(run.rows(start..<end, width: shape.types.count))
      start = end
    }
  }

  func finish(isExact: Bool) -> SortedRun {
    SortedRun(file: file, blocks: blocks, shape: shape, isExact: isExact)
  }
}
