package import OlapColumns

/// Groups of one grouping set with exported states, split by key hash, in memory or spilled.
///
/// Equal keys are always in the same partition, so each can be merged on its own.
final class AggregatePartitions: @unchecked Sendable {
  static let count = 64
  private let plan: AggregatePlan
  private let set: [Int]
  private let context: ExecutionContext
  /// Keys and states per partition.
  private let states: [ChunkCollection]
  /// Rows of deferred calls per call, then per partition.
  private var deferred: [Int: [ChunkCollection]] = [:]

  init(plan: AggregatePlan, set: [Int], context: ExecutionContext) {
    self.plan = plan
    self.set = set
    self.context = context
    let types = plan.stateTypes(set: set)
    let file = SharedSpillFile(directory: context.temporaryDirectory)
    states = (0..<AggregatePartitions.count).map { _ in
      ChunkCollection(types: types, context: context, consumer: .aggregation, file: file)
    }
    for (index, call) in plan.calls.enumerated() where call.isDeferred {
      let types = plan.deferredTypes(call, set: set)
      deferred[index] = (0..<AggregatePartitions.count).map { _ in
        ChunkCollection(types: types, context: context, consumer: .aggregation, file: file)
      }
    }
  }

  var spilledByteCount: Int {
    states.reduce(0) { $0 + $1.spilledByteCount }
      + deferred.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.spilledByteCount } }
  }

  /// Adds all groups of a worker's aggregation.
  func append(_ aggregation: GroupedAggregation) throws {
    let total = aggregation.groupCount
    let block = 1 << 16
    var start = 0
    while start < total {
      let range = start..<Swift.min(total, start + block)
      let chunk = try aggregation.exportStates(range)
      try AggregatePartitions.scatter(
        chunk, hashes: aggregation.table.hashes + start, into: states)
      start = range.upperBound
    }
    for (index, rows) in aggregation.deferred {
      guard let targets = deferred[index] else { continue }
      let chunk = rows.concatenated()
      let buffer = Buffer(byteCount: Swift.max(1, chunk.count) * 8)
      let hashes = buffer.bytes.assumingMemoryBound(to: UInt64.self)
      Hash.hash(Array(chunk.columns[..<set.count]), count: chunk.count, into: hashes)
      try AggregatePartitions.scatter(chunk, hashes: hashes, into: targets)
    }
  }

  func append(contentsOf other: AggregatePartitions) throws {
    for (target, source) in zip(states, other.states) { try target.append(contentsOf: source) }
    for (index, sources) in other.deferred {
      for (target, source) in zip(deferred[index] ?? [], sources) {
        try target.append(contentsOf: source)
      }
    }
  }

  /// Sends each row to the partition of its hash's top bits.
  static func scatter(
    _ chunk: Chunk, hashes: UnsafePointer<UInt64>, into targets: [ChunkCollection]
  ) throws {
    let n = chunk.count
    let rows = Selection(capacity: n)
    var starts = Array(repeating: 0, count: count + 1)
    for i in 0..<n { starts[Int(hashes[i] >> 58) + 1] += 1 }
    for part in 0..<count { starts[part + 1] += starts[part] }
    var next = starts
    for i in 0..<n {
      let part = Int(hashes[i] >> 58)
      rows.indexes[next[part]] = UInt32(truncatingIfNeeded: i)
      next[part] += 1
    }
    for part in 0..<count where starts[part + 1] > starts[part] {
      try targets[part].append(
        chunk.gathered(rows.indexes + starts[part], count: starts[part + 1] - starts[part]))
    }
  }

  /// One partition merged into groups ready to be emitted. Its rows are dropped.
  func merged(_ part: Int) throws -> GroupedAggregation {
    let result = GroupedAggregation(plan: plan, set: set)
    for index in 0..<states[part].chunkCount {
      try result.mergeStates(try states[part].chunk(at: index))
      try context.checkCancellation()
    }
    states[part].removeAll()
    for (call, collections) in deferred {
      for index in 0..<collections[part].chunkCount {
        result.appendDeferred(try collections[part].chunk(at: index), call: call)
      }
      collections[part].removeAll()
    }
    try result.feedDeferred()
    return result
  }
}
