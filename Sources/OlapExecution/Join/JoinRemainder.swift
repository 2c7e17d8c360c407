import Glibc
internal import OlapColumns
internal import OlapPlanning
import Synchronization

/// What a join does after the last left row has been seen: it emits build rows that found no partner
/// (or did, for right semi joins), and joins the partitions on disk.
///
/// It is the source of a branch of a later stage, followed by `JoinRemainderOperator`. Its chunks are
/// left rows with one more column, the `Task` they belong to; a task without left rows has one NULL row.
final class JoinRemainder: PipelineSource {
  /// One partition of both sides, or a block of its build rows with all its left rows.
  struct Pair {
    let partition: Int
    let build: PartitionedRows
    let left: PartitionedRows?
    /// The build partition's chunks.
    var buildChunks: Range<Int>
    /// One of several blocks; those of a pair are joined by one worker, one after the other.
    var isBlock = false
    var isLastBlock = true
    /// What the blocks before have matched, for joins that put out something else for other left rows.
    var matches: LeftMatches?

    init(partition: Int, build: PartitionedRows, left: PartitionedRows?) {
      self.partition = partition
      self.build = build
      self.left = left
      buildChunks = 0..<build.chunkCount(partition)
    }

    var leftChunkCount: Int { left?.chunkCount(partition) ?? 0 }
    var buildRowCount: Int {
      buildChunks.reduce(0) { $0 + build.rowCount(partition, chunk: $1) }
    }
    /// Memory to join it: the rows, read and copied together, and their table.
    var neededByteCount: Int {
      2 * buildChunks.reduce(0) { $0 + build.byteCount(partition, chunk: $1) }
        + JoinRows.overhead(buildRowCount, hasKeys: true)
    }

    /// The pair by blocks of its build rows that take at most `limit` bytes each, or one chunk.
    func blocks(limit: Int, matches: LeftMatches?) -> [Pair] {
      var result: [Pair] = []
      var block = self
      block.matches = matches
      block.isBlock = true
      block.isLastBlock = false
      block.buildChunks = 0..<0
      for index in buildChunks {
        let start = block.buildChunks.lowerBound
        block.buildChunks = start..<(index + 1)
        if block.neededByteCount > limit && index > start {
          block.buildChunks = start..<index
          result.append(block)
          block.buildChunks = index..<(index + 1)
        }
      }
      block.isLastBlock = true
      result.append(block)
      return result
    }
  }

  /// One byte per left row of a pair, 1 once matched. Used by one worker.
  final class LeftMatches: @unchecked Sendable {
    let bytes: UnsafeMutablePointer<UInt8>
    private let memory: Buffer
    private let reservation: MemoryReservation

    init(count: Int, _ budget: MemoryBudget) throws {
      reservation = MemoryReservation(budget, for: .join)
      try reservation.require(count, "a join marks the \(count) left rows of one key that matched")
      memory = Buffer(byteCount: count)
      memset(memory.bytes, 0, count)
      bytes = memory.bytes.assumingMemoryBound(to: UInt8.self)
    }
  }

  /// What a chunk is for. The number travels as a BIGINT.
  enum Task {
    /// Emit build rows of this range of morsels (or block on disk).
    case buildRows(Int)
    /// Join the chunk's rows with the pair.
    case probe(Int)
    /// The pair's last left row has been joined.
    case end(Int)

    var number: Int64 {
      switch self {
      case .buildRows(let n): Int64(n) << 2
      case .probe(let n): Int64(n) << 2 | 1
      case .end(let n): Int64(n) << 2 | 2
      }
    }

    init(number: Int64) {
      let n = Int(number >> 2)
      switch number & 3 {
      case 0: self = .buildRows(n)
      case 1: self = .probe(n)
      default: self = .end(n)
      }
    }
  }

  static let rowsPerTask = 1 << 16

  private let build: JoinBuild
  private let context: ExecutionContext
  private let tasks = MorselCounter()
  private let state: Mutex<Shared> = Mutex(Shared())

  private struct Shared {
    var left: PartitionedRows?
    /// Pairs being joined, by number.
    var pairs: [Int: Pair] = [:]
    var pairCount = 0
  }

  init(_ build: JoinBuild, _ context: ExecutionContext) {
    self.build = build
    self.context = context
  }

  private var plan: JoinPlan { build.plan }

  // MARK: Left rows

  /// Empty partitions for left rows.
  func makeLeft(level: Int) -> PartitionedRows {
    PartitionedRows(
      types: plan.leftTypes, level: level, isSplit: true, context: context)
  }

  /// Splits left rows by key; those that cannot match nor be emitted are dropped.
  func appendLeft(
    _ chunk: Chunk, to target: PartitionedRows, matching build: PartitionedRows
  ) throws {
    guard let keys = plan.keys else { return }
    let values = try keys.evaluate(chunk, context.evaluation)
    let dropsUnmatched = plan.kind.dropsUnmatchedLeft
    try target.append(chunk, keys: Array(values.prefix(plan.hashKeyCount))) {
      !dropsUnmatched || build.rowCounts[$0] > 0
    }
  }

  /// Takes over a worker's left rows.
  func addLeft(_ rows: PartitionedRows) {
    state.withLock { shared in
      if let left = shared.left { left.merge(rows) } else { shared.left = rows }
    }
  }

  // MARK: Tasks

  private var taskCount: Int {
    switch build.content {
    case .rows(let rows):
      plan.kind.tracksRight
        ? (rows.count + JoinRemainder.rowsPerTask - 1) / JoinRemainder.rowsPerTask : 0
    case .partitions(let partitions):
      partitions.partitionCount > 1
        ? partitions.partitionCount : plan.kind.tracksRight ? partitions.chunkCount(0) : 0
    }
  }

  var hasRows: Bool { taskCount > 0 }
  var maximumWorkers: Int { Swift.max(1, taskCount) }
  func prepare(_ context: ExecutionContext) throws { tasks.reset() }
  func makeReader(_ context: ExecutionContext) throws -> any SourceReader { Reader(self) }

  func pair(_ number: Int) -> Pair? { state.withLock { $0.pairs[number] } }
  func close(_ number: Int) { state.withLock { $0.pairs[number] = nil } }

  private func open(_ pair: Pair) -> Int {
    state.withLock { shared in
      shared.pairCount += 1
      shared.pairs[shared.pairCount] = pair
      return shared.pairCount
    }
  }

  /// The pair itself, or its parts when its build rows would take too much memory: split by more bits
  /// of the hash, or where one key has them all, by blocks.
  private func divided(_ pair: Pair) throws -> [Pair] {
    let budget = context.budget
    let share = Swift.max(
      1 << 18, (budget.limit - budget.used(by: .join)) / (4 * Swift.max(1, context.threads)))
    let level = pair.build.level + 1
    if pair.isBlock || pair.neededByteCount <= share { return [pair] }
    if level > PartitionedRows.maximumLevel { return try blocks(pair, limit: share) }
    let stored = build.makePartitioned(level: level)
    for index in 0..<pair.build.chunkCount(pair.partition) {
      let chunk = try pair.build.chunk(pair.partition, at: index)
      try stored.append(chunk, keys: build.hashKeys(chunk))
    }
    try stored.flush()
    // One key's rows stay together whatever bits are taken.
    if stored.rowCounts.contains(pair.buildRowCount) { return try blocks(pair, limit: share) }
    let left = makeLeft(level: level)
    for index in 0..<pair.leftChunkCount {
      guard let chunk = try pair.left?.chunk(pair.partition, at: index) else { continue }
      try appendLeft(chunk, to: left, matching: stored)
    }
    try left.flush()
    return (0..<PartitionedRows.fanOut).map { Pair(partition: $0, build: stored, left: left) }
  }

  /// The pair by blocks; an ASOF join looks for the nearest of all rows, so it has one.
  private func blocks(_ pair: Pair, limit: Int) throws -> [Pair] {
    if plan.inequality != nil { return [pair] }
    let count = pair.left?.rowCounts[pair.partition] ?? 0
    let matches =
      plan.kind.keepsLeft || plan.kind.isExistence
      ? try LeftMatches(count: count, context.budget) : nil
    return pair.blocks(limit: limit, matches: matches)
  }

  private final class Reader: SourceReader {
    private let source: JoinRemainder
    private(set) var ordinal = 0
    /// Pairs to join, the next one last.
    private var waiting: [Pair] = []
    private var current: (number: Int, pair: Pair, nextChunk: Int)?
    /// Rows of a long chunk still to hand out.
    private var rest: (chunk: Chunk, position: Int)?

    init(_ source: JoinRemainder) { self.source = source }

    func next() throws -> Chunk? {
      while true {
        if let chunk = try continued() { return chunk }
        if let pair = waiting.popLast() {
          try begin(pair)
          continue
        }
        guard let index = source.tasks.next(limit: source.taskCount) else { return nil }
        ordinal = index
        guard case .partitions(let partitions) = source.build.content,
          partitions.partitionCount > 1
        else { return marker(.buildRows(index)) }
        waiting.append(
          Pair(
            partition: index, build: partitions, left: source.state.withLock { $0.left }))
      }
    }

    private func begin(_ pair: Pair) throws {
      if pair.leftChunkCount == 0 && !source.plan.kind.tracksRight { return }
      if pair.leftChunkCount == 0 && pair.buildRowCount == 0 { return }
      let parts = try source.divided(pair)
      if parts.count > 1 {
        waiting += parts.reversed()
        return
      }
      current = (source.open(pair), pair, 0)
    }

    /// The next chunk of the current pair.
    private func continued() throws -> Chunk? {
      guard let (number, pair, index) = current else { return nil }
      if let (chunk, position) = rest {
        let end = Swift.min(chunk.count, position + VectorSize.current)
        rest = end == chunk.count ? nil : (chunk, end)
        return tagged(chunk.sliced(position..<end), .probe(number))
      }
      if index < pair.leftChunkCount, let chunk = try pair.left?.chunk(pair.partition, at: index) {
        current = (number, pair, index + 1)
        if chunk.count <= VectorSize.current { return tagged(chunk, .probe(number)) }
        rest = (chunk, 0)
        return try continued()
      }
      current = nil
      return marker(.end(number))
    }

    private func tagged(_ chunk: Chunk, _ task: Task) -> Chunk {
      let tag = Vector.constant(.integer(task.number), type: .bigint, count: chunk.count)
      return Chunk(columns: chunk.columns + [tag], count: chunk.count)
    }

    private func marker(_ task: Task) -> Chunk {
      tagged(
        Chunk(columns: source.plan.leftTypes.map { Vector.nulls($0, count: 1) }, count: 1), task)
    }
  }
}

/// Carries out the tasks of a `JoinRemainder`.
final class JoinRemainderOperator: StreamingOperator {
  private let build: JoinBuild
  private let remainder: JoinRemainder
  let profile: OperatorProfile

  init(_ build: JoinBuild, _ remainder: JoinRemainder, profile: OperatorProfile) {
    self.build = build
    self.remainder = remainder
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any OperatorState {
    State(build, remainder, context)
  }

  private final class State: OperatorState {
    private let build: JoinBuild
    private let remainder: JoinRemainder
    private let context: ExecutionContext
    private let probe: JoinProbe
    private let reservation: MemoryReservation
    /// The pair in memory.
    private var current: (number: Int, pair: JoinRemainder.Pair, rows: JoinRows)?
    /// Left rows of the current pair seen so far.
    private var leftCount = 0
    private let selection = Selection(capacity: VectorSize.current)

    init(_ build: JoinBuild, _ remainder: JoinRemainder, _ context: ExecutionContext) {
      self.build = build
      self.remainder = remainder
      self.context = context
      probe = JoinProbe(build, context)
      reservation = MemoryReservation(context.budget, for: .join)
    }

    func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
      guard case .integer(let number)? = chunk.columns.last?.value(at: 0) else { return }
      switch JoinRemainder.Task(number: number) {
      case .buildRows(let index): try emitBuildRows(index, output)
      case .probe(let pair):
        try join(Chunk(columns: Array(chunk.columns.dropLast()), count: chunk.count), pair, output)
      case .end(let pair):
        if build.plan.kind.tracksRight {
          let rows = try rows(of: pair)
          try emit(rows.rows, flags: rows.matched, 0..<rows.count, output)
        }
        current = nil
        reservation.shrink(to: 0)
        remainder.close(pair)
      }
    }

    private func join(
      _ left: Chunk, _ number: Int, _ output: (Chunk) throws -> Void
    ) throws {
      let rows = try rows(of: number)
      var pass: JoinPass?
      if let pair = current?.pair, pair.isBlock {
        pass = JoinPass(
          matched: pair.matches.map { $0.bytes + leftCount }, isLast: pair.isLastBlock)
      }
      leftCount += left.count
      try probe.process(left, rows, pass: pass, output)
    }

    /// The build rows of a pair, read when first asked for.
    private func rows(of number: Int) throws -> JoinRows {
      if let current, current.number == number { return current.rows }
      current = nil
      leftCount = 0
      guard let pair = remainder.pair(number) else {
        throw ComputeError(.invalidArgument, "internal error: a join partition is missing")
      }
      try reserve(pair)
      let stored = try pair.build.concatenated(pair.partition, chunks: pair.buildChunks)
      let rows = try JoinRows(
        stored, keyPositions: build.keyPositions, plan: build.plan, workers: 1)
      current = (number, pair, rows)
      return rows
    }

    private func reserve(_ pair: JoinRemainder.Pair) throws {
      let needed = pair.neededByteCount
      if pair.buildRowCount <= JoinRows.maximumCount {
        if reservation.grow(to: needed) { return }
        if needed <= JoinMemory.working { return reservation.force(to: needed) }
      }
      throw ComputeError(
        .outOfMemory,
        "\(pair.buildRowCount) rows of one side of a join need \(needed >> 20) MiB of memory at once; "
          + "raise memory_limit, or filter or aggregate the smaller input of the join first")
    }

    // MARK: Build rows

    private func emitBuildRows(_ index: Int, _ output: (Chunk) throws -> Void) throws {
      switch build.content {
      case .rows(let rows):
        let first = index * JoinRemainder.rowsPerTask
        let end = Swift.min(rows.count, first + JoinRemainder.rowsPerTask)
        try emit(rows.rows, flags: rows.matched, first..<end, output)
      case .partitions(let partitions):
        var first = 0
        for earlier in 0..<index { first += partitions.rowCount(0, chunk: earlier) }
        let rows = try partitions.chunk(0, at: index)
        let flags = build.matchedOnDisk?.bytes.assumingMemoryBound(to: UInt8.self)
        try emit(rows, flags: flags.map { $0 + first }, 0..<rows.count, output)
      }
    }

    private func emit(
      _ rows: Chunk, flags: UnsafeMutablePointer<UInt8>?, _ range: Range<Int>,
      _ output: (Chunk) throws -> Void
    ) throws {
      guard let flags else { return }
      let wanted: UInt8 = build.plan.kind == .rightSemi ? 1 : 0
      var position = range.lowerBound
      while position < range.upperBound {
        try context.checkCancellation()
        position = JoinRows.select(
          flags, equal: wanted, from: position, to: range.upperBound, into: selection)
        if selection.count > 0 { try output(build.plan.rightOnly(rows, selection)) }
      }
    }
  }
}
