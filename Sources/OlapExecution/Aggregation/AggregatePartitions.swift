internal import OlapColumns

/// Groups of one grouping set with exported states, split by key hash, in memory or spilled.
///
/// Equal keys are always in the same partition, so each can be merged on its own; a partition too large
/// for that is split again by further bits of the hash.
final class AggregatePartitions: @unchecked Sendable {
  static let count = 64
  /// Rows scattered at a time.
  static let blockRowCount = 1 << 14
  private static let bitsPerLevel = 6
  private static let maximumLevel = 8
  private let plan: AggregatePlan
  private let set: [Int]
  private let context: ExecutionContext
  private let level: Int
  /// False when splitting has left nearly all rows together: they share few keys.
  private var canSplit = true
  /// Keys and states per partition.
  private let states: [ChunkCollection]
  /// Rows of deferred calls per call, then per partition.
  private var deferred: [Int: [ChunkCollection]] = [:]

  init(plan: AggregatePlan, set: [Int], context: ExecutionContext, level: Int = 0) {
    self.plan = plan
    self.set = set
    self.context = context
    self.level = level
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
    var start = 0
    while start < total {
      let range = start..<Swift.min(total, start + AggregatePartitions.blockRowCount)
      let chunk = try aggregation.exportStates(range)
      try AggregatePartitions.scatter(
        chunk, hashes: aggregation.table.hashes + start, into: states, level: level)
      start = range.upperBound
      try context.checkCancellation()
    }
    try aggregation.drainDeferred { index, rows in
      if let targets = deferred[index] { try scatterByKey(rows, into: targets) }
    }
  }

  /// Scatters rows whose first columns are the group keys.
  private func scatterByKey(_ rows: Chunk, into targets: [ChunkCollection]) throws {
    let buffer = Buffer(byteCount: Swift.max(1, rows.count) * 8)
    let hashes = buffer.bytes.assumingMemoryBound(to: UInt64.self)
    Hash.hash(Array(rows.columns[..<set.count]), count: rows.count, into: hashes)
    try AggregatePartitions.scatter(rows, hashes: hashes, into: targets, level: level)
  }

  func append(contentsOf other: AggregatePartitions) throws {
    for (target, source) in zip(states, other.states) { try target.append(contentsOf: source) }
    for (index, sources) in other.deferred {
      for (target, source) in zip(deferred[index] ?? [], sources) {
        try target.append(contentsOf: source)
      }
    }
  }

  /// Sends each row to the partition of its hash's top bits, after those that earlier levels used.
  static func scatter(
    _ chunk: Chunk, hashes: UnsafePointer<UInt64>, into targets: [ChunkCollection], level: Int = 0
  ) throws {
    let n = chunk.count
    let rows = Selection(capacity: n)
    let shift = UInt64(64 - bitsPerLevel * (level + 1))
    let mask = UInt64(count - 1)
    var starts = Array(repeating: 0, count: count + 1)
    for i in 0..<n { starts[Int((hashes[i] >> shift) & mask) + 1] += 1 }
    for part in 0..<count { starts[part + 1] += starts[part] }
    var next = starts
    for i in 0..<n {
      let part = Int((hashes[i] >> shift) & mask)
      rows.indexes[next[part]] = UInt32(truncatingIfNeeded: i)
      next[part] += 1
    }
    for part in 0..<count where starts[part + 1] > starts[part] {
      try targets[part].append(
        chunk.gathered(rows.indexes + starts[part], count: starts[part + 1] - starts[part]))
    }
  }

  /// The partition split again, when its groups would not fit in a share of the memory limit.
  func split(_ part: Int) throws -> AggregatePartitions? {
    let share = Swift.max(1 << 18, context.budget.limit / (2 * (context.threads + 1)))
    // Groups with their table take about twice what their states do.
    guard canSplit, level < AggregatePartitions.maximumLevel, states[part].rowCount > 1,
      2 * states[part].byteCount > share
    else { return nil }
    let rowCount = states[part].rowCount
    let finer = AggregatePartitions(plan: plan, set: set, context: context, level: level + 1)
    try states[part].drain {
      try context.checkCancellation()
      try finer.scatterByKey($0, into: finer.states)
    }
    for (call, collections) in deferred {
      guard let targets = finer.deferred[call] else { continue }
      try collections[part].drain { try finer.scatterByKey($0, into: targets) }
    }
    let largest = finer.states.reduce(0) { Swift.max($0, $1.rowCount) }
    finer.canSplit = largest < rowCount / 8 * 7
    return finer
  }

  func isEmpty(_ part: Int) -> Bool { states[part].rowCount == 0 }

  /// One partition merged into groups ready to be emitted. Its rows are dropped.
  func merged(_ part: Int, _ reservation: MemoryReservation) throws -> GroupedAggregation {
    let result = GroupedAggregation(plan: plan, set: set, context: context, canMoveOut: false)
    try states[part].drain {
      try result.mergeStates($0)
      try reservation.require(
        result.byteCount, "the groups of an aggregation partition are held in memory")
      try context.checkCancellation()
    }
    for (call, collections) in deferred {
      try collections[part].drain { try result.appendDeferred($0, call: call) }
    }
    try result.feedDeferred()
    try reservation.require(
      result.byteCount, "the groups of an aggregation partition are held in memory")
    return result
  }
}
