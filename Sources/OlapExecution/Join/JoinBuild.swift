import Glibc
internal import OlapColumns
internal import OlapPlanning
import Synchronization

/// The build side of a join: collects the right input and makes it ready to be probed, in memory when
/// it fits, else as partitions on disk.
///
/// SAFETY: written by `finish` on one thread before any probe reads it.
final class JoinBuild: Sink, @unchecked Sendable {
  /// What probes find.
  enum Content {
    case rows(JoinRows)
    /// Split by key hash; one partition, read as a whole, for a nested loop.
    case partitions(PartitionedRows)
  }

  let profile: OperatorProfile
  let plan: JoinPlan
  /// Keys among the stored columns: the right input's, then the computed keys.
  let keyPositions: [Int]
  private let computedKeys: ExpressionSet
  private let storedTypes: [SQLType]
  /// What to publish: the filter and the position of its key.
  private let published: [(filter: JoinFilter, key: Int)]
  private let reservation: MemoryReservation
  private let context: ExecutionContext
  private let finished: Mutex<[State]> = Mutex([])

  private(set) var content: Content
  private(set) var rowCount = 0
  /// Some row's key has a NULL; known for three-valued joins only.
  private(set) var hasNullKey = false
  /// One byte per row of a nested loop on disk, 1 once matched.
  private(set) var matchedOnDisk: Buffer?

  /// `keys` are the right sides of the key conditions, over the right input's `columns`.
  init(
    plan: JoinPlan, keys: [BoundExpression], columns: [PlanColumn],
    published: [(filter: JoinFilter, key: Int)], context: ExecutionContext,
    profile: OperatorProfile
  ) throws {
    self.plan = plan
    self.profile = profile
    self.published = published
    self.context = context
    reservation = MemoryReservation(context.budget, for: .join)
    let layout = ColumnLayout(columns)
    var positions: [Int] = []
    var computed: [BoundExpression] = []
    for key in keys {
      if let id = key.columnID, let position = layout[id] {
        positions.append(position)
      } else {
        positions.append(columns.count + computed.count)
        computed.append(key)
      }
    }
    keyPositions = positions
    computedKeys = try ExpressionSet(computed, layout: layout, context: context)
    storedTypes = columns.map { $0.type } + computedKeys.types
    content = .rows(
      try JoinRows(
        Chunk(columns: storedTypes.map { Vector.empty($0) }, count: 0), keyPositions: positions,
        plan: plan, workers: 1))
  }

  /// Whether rows may go to disk: an ASOF join without equalities needs them all in one order.
  private var canSpill: Bool { plan.inequality == nil || plan.hashKeyCount > 0 }

  /// Hash keys among stored columns.
  private var hashPositions: [Int] { Array(keyPositions.prefix(plan.hashKeyCount)) }

  func makeState(_ context: ExecutionContext) throws -> any SinkState { State(self) }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    try state.partitions?.flush()
    finished.withLock { $0.append(state) }
  }

  func finish(_ context: ExecutionContext) throws {
    let states = finished.withLock { all in
      defer { all = [] }
      return all
    }
    rowCount = states.reduce(0) { $0 + $1.rowCount }
    profile.add(rowsOut: rowCount)
    hasNullKey = states.contains { $0.hasNullKey }
    let size = states.reduce(0) { $0 + $1.byteCount }
    let needed = size + JoinRows.overhead(rowCount, hasKeys: !keyPositions.isEmpty)
    for state in states { state.reservation.shrink(to: 0) }
    let fits =
      rowCount <= JoinRows.maximumCount && states.allSatisfy { $0.partitions == nil }
      && reservation.grow(to: needed)
    if fits { return try makeRows(states) }
    if canSpill { return try makePartitions(states) }
    if needed > JoinMemory.working || rowCount > JoinRows.maximumCount {
      throw ComputeError(
        .outOfMemory,
        "the right side of an ASOF JOIN has \(rowCount) rows, which need \(needed >> 20) MiB of "
          + "memory at once; raise memory_limit, add an equality or filter it first")
    }
    reservation.force(to: needed)
    try makeRows(states)
  }

  private func makeRows(_ states: [State]) throws {
    var parts = states.flatMap { $0.chunks }
    parts.sort { $0.ordinal < $1.ordinal }
    let chunks = parts.map { $0.chunk }
    let workers = rowCount < 1 << 15 ? 1 : context.threads
    let columns: Mutex<[Vector?]> = Mutex(Array(repeating: nil, count: storedTypes.count))
    let counter = MorselCounter()
    try WorkerPool.shared.run(workers: Swift.min(workers, storedTypes.count)) { _ in
      while let column = counter.next(limit: storedTypes.count) {
        let joined = Vector.concatenated(
          chunks.map { $0.columns[column] }, type: storedTypes[column])
        columns.withLock { $0[column] = joined }
      }
    }
    try context.checkCancellation()
    for state in states { state.chunks = [] }
    let stored = Chunk(columns: columns.withLock { $0.compactMap { $0 } }, count: rowCount)
    let rows = try JoinRows(stored, keyPositions: keyPositions, plan: plan, workers: workers)
    profile.noteMemory(reservation.byteCount)
    content = .rows(rows)
    try publish(partCount: 1) { key, _ in rows.keys[key] }
  }

  /// Publishes the filters; `part` gives a key's values of one part of the rows.
  private func publish(partCount: Int, part: (_ key: Int, _ index: Int) throws -> Vector) throws {
    for (filter, key) in published {
      let made = try BuildKeyFilter.make(
        storedTypes[keyPositions[key]], count: rowCount,
        byteLimit: Swift.max(1 << 20, context.budget.limit / 8), partCount: partCount
      ) { try part(key, $0) }
      if let made { filter.publish(made) }
    }
  }

  private func makePartitions(_ states: [State]) throws {
    let all = makePartitioned(level: 0)
    for state in states {
      try state.spill()
      guard let partitions = state.partitions else { continue }
      try partitions.flush()
      all.merge(partitions)
    }
    profile.spilledBytes.add(all.byteCount, ordering: .relaxed)
    content = .partitions(all)
    let chunks = (0..<all.partitionCount).flatMap { partition in
      (0..<all.chunkCount(partition)).map { (partition: partition, index: $0) }
    }
    try publish(partCount: chunks.count) { key, index in
      try all.chunk(chunks[index].partition, at: chunks[index].index).columns[keyPositions[key]]
    }
    if plan.kind.tracksRight && all.partitionCount == 1 {
      let memory = Buffer(byteCount: rowCount)
      memset(memory.bytes, 0, rowCount)
      matchedOnDisk = memory
    }
  }

  /// Empty partitions for the build side.
  func makePartitioned(level: Int) -> PartitionedRows {
    PartitionedRows(
      types: storedTypes, level: level, isSplit: plan.hashKeyCount > 0,
      context: context)
  }

  /// The key values that partitions of the build side go by.
  func hashKeys(_ stored: Chunk) -> [Vector] { hashPositions.map { stored.columns[$0] } }

  /// A worker's rows.
  ///
  /// SAFETY: used by its worker, then by `finish`.
  private final class State: SinkState, @unchecked Sendable {
    private let build: JoinBuild
    let reservation: MemoryReservation
    var chunks: [(ordinal: Int, chunk: Chunk)] = []
    private(set) var partitions: PartitionedRows?
    private(set) var rowCount = 0
    private(set) var byteCount = 0
    private(set) var hasNullKey = false

    init(_ build: JoinBuild) {
      self.build = build
      reservation = MemoryReservation(build.context.budget, for: .join)
    }

    func consume(_ chunk: Chunk, ordinal: Int) throws {
      let computed = try build.computedKeys.evaluate(chunk, build.context.evaluation)
      let stored = Chunk(columns: chunk.columns + computed, count: chunk.count)
      rowCount += chunk.count
      if build.plan.isThreeValued && !hasNullKey {
        hasNullKey = build.keyPositions.contains { !stored.columns[$0].isAllValid() }
      }
      if let partitions { return try partitions.append(stored, keys: build.hashKeys(stored)) }
      byteCount += JoinMemory.byteCount(stored)
      chunks.append((ordinal, stored))
      if !reservation.grow(to: byteCount) && build.canSpill { try spill() }
    }

    /// Moves all rows to disk; those that come later follow.
    func spill() throws {
      if partitions != nil { return }
      let target = build.makePartitioned(level: 0)
      partitions = target
      for (_, chunk) in chunks {
        try build.context.checkCancellation()
        try target.append(chunk, keys: build.hashKeys(chunk))
      }
      chunks = []
      reservation.shrink(to: 0)
    }
  }
}
