internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning
import Synchronization

extension Lowering {
  func lowerLimit(
    _ input: LogicalPlan, _ limit: Limit, needing: Set<ColumnID>?
  ) throws -> Flow {
    var used: Set<ColumnID> = []
    for item in limit.tieOrder ?? [] { item.expression.collectColumns(into: &used) }
    var flow = try lower(input, needing: needing.map { $0.union(used) })
    let offset = try limitValue(limit.offset, "OFFSET") ?? 0
    if limit.isPercent || limit.tieOrder != nil {
      return try lowerCollectedLimit(flow, limit, offset: offset)
    }
    let count = try limitValue(limit.count, "LIMIT")
    if count == nil && offset == 0 { return flow }
    let columns = flow.columns
    let detail = "limit \(count.map { "\($0)" } ?? "all") offset \(offset)"
    let profile = OperatorProfile(name: "Limit", detail: detail)
    let end = count.map { $0.addingReportingOverflow(offset) }
      .map { $0.overflow ? Int.max : $0.partialValue }
    if flow.branches.count == 1 && flow.branches[0].source.isSerial {
      flow.append(
        LimitOperator(offset: offset, end: end ?? .max, profile: profile), columns: columns)
      return flow
    }
    let sink = LimitSink(
      types: columns.map { $0.type }, offset: offset, end: end ?? .max, context: context,
      profile: profile)
    return Flow(
      source: CollectionSource { sink.collection }, columns: columns,
      dependencies: [flow.closed(by: sink)], profile: profile)
  }

  /// LIMIT n% and WITH TIES look at all rows first.
  private func lowerCollectedLimit(_ flow: Flow, _ limit: Limit, offset: Int) throws -> Flow {
    let columns = flow.columns
    let layout = flow.layout
    let profile = OperatorProfile(name: "Limit", detail: limit.isPercent ? "percent" : "with ties")
    let sink = CollectSink(types: columns.map { $0.type }, context: context, profile: profile)
    let pipeline = flow.closed(by: sink)
    let context = self.context
    let compiler = ExpressionCompiler(layout, context)
    let ties = try (limit.tieOrder ?? []).map { try compiler.compile($0.expression) }
    let percentage = limit.isPercent ? try percentValue(limit.count) : nil
    let fixed = limit.isPercent ? nil : try limitValue(limit.count, "LIMIT")
    let source = ReaderSource {
      let total = sink.collection.rowCount
      let start = Swift.min(offset, total)
      var count = total - start
      if let percentage { count = Swift.min(count, Int(Double(total) * percentage / 100)) }
      if let fixed { count = Swift.min(count, fixed) }
      let reader = LimitedReader(
        sink.collection.reader(), skipping: start, count: count, ties: ties, context.evaluation)
      return { try reader.next() }
    }
    return Flow(source: source, columns: columns, dependencies: [pipeline], profile: profile)
  }

  /// A LIMIT or OFFSET as a number; nil for none or NULL.
  private func limitValue(_ expression: BoundExpression?, _ clause: String) throws -> Int? {
    guard let expression else { return nil }
    let node = try ExpressionCompiler(ColumnLayout([]), context).compile(expression)
    let vector = try node.evaluate(Chunk(columns: [], count: 1), context.evaluation)
    guard let number = vector.value(at: 0).integerPayload else { return nil }
    if number < 0 {
      throw ComputeError(.invalidArgument, "\(clause) must not be negative, got \(number)")
    }
    return Int(clamping: number)
  }

  private func percentValue(_ expression: BoundExpression?) throws -> Double? {
    guard let expression else { return nil }
    let node = try ExpressionCompiler(ColumnLayout([]), context).compile(expression)
    let vector = try node.evaluate(Chunk(columns: [], count: 1), context.evaluation)
    let value = vector.value(at: 0)
    let percentage: Double
    switch value {
    case .null: return nil
    case .double(let number): percentage = number
    case .real(let number): percentage = Double(number)
    case .decimal(let unscaled, let scale):
      percentage = Double(unscaled) / (0..<scale).reduce(1.0) { power, _ in power * 10 }
    default: percentage = Double(value.integerPayload ?? 0)
    }
    if !(0...100).contains(percentage) {
      throw ComputeError(.invalidArgument, "LIMIT must be between 0% and 100%, got \(percentage)%")
    }
    return percentage
  }
}

/// Reads rows from a place on: a number of them, then all that are equal to the last one in `ties`.
private final class LimitedReader {
  private let read: () throws -> Chunk?
  private var skipping: Int
  private var left: Int
  private let ties: [any ExpressionNode]
  private let evaluation: EvaluationContext
  /// The last row's tie values, once `left` rows have been given.
  private var last: [Vector]?

  init(
    _ read: @escaping () throws -> Chunk?, skipping: Int, count: Int,
    ties: [any ExpressionNode], _ evaluation: EvaluationContext
  ) {
    self.read = read
    self.skipping = skipping
    left = count
    self.ties = ties
    self.evaluation = evaluation
  }

  func next() throws -> Chunk? {
    while left > 0 || last != nil, let chunk = try read() {
      let start = Swift.min(skipping, chunk.count)
      skipping -= start
      var end = Swift.min(chunk.count, start + left)
      left -= end - start
      if left == 0 && !ties.isEmpty { end = try endOfTies(chunk, from: end, start) }
      if end > start { return chunk.sliced(start..<end) }
    }
    return nil
  }

  /// The first row from `end` on that is not equal to the last one given.
  private func endOfTies(_ chunk: Chunk, from end: Int, _ start: Int) throws -> Int {
    if end == chunk.count && last == nil && end == start { return end }
    let keys = try ties.map { try $0.evaluate(chunk, evaluation) }
    let reference = last ?? keys.map { $0.sliced((end - 1)..<end) }
    last = reference
    var end = end
    while end < chunk.count {
      if zip(reference, keys).contains(where: { Compare.order($0, 0, $1, end) != 0 }) {
        last = nil
        break
      }
      end += 1
    }
    return end
  }
}

/// LIMIT over a serial source: counts rows as they pass.
final class LimitOperator: StreamingOperator {
  private let offset: Int
  private let end: Int
  private let passed = Atomic<Int>(0)
  let profile: OperatorProfile

  init(offset: Int, end: Int, profile: OperatorProfile) {
    self.offset = offset
    self.end = end
    self.profile = profile
  }

  func prepare(_ context: ExecutionContext) throws { passed.store(0, ordering: .relaxed) }
  var isSatisfied: Bool { passed.load(ordering: .relaxed) >= end }
  func makeState(_ context: ExecutionContext) throws -> any OperatorState { State(self) }

  private final class State: OperatorState {
    private let limit: LimitOperator
    init(_ limit: LimitOperator) { self.limit = limit }
    func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
      let first = limit.passed.add(chunk.count, ordering: .relaxed).oldValue
      let from = Swift.max(0, limit.offset - first)
      let to = Swift.min(chunk.count, limit.end - first)
      if from < to { try output(chunk.sliced(from..<to)) }
    }
  }
}

/// LIMIT over a parallel flow: the first rows in source order. Workers stop as soon as the finished
/// part of the sources holds enough rows.
final class LimitSink: Sink {
  let collection: ChunkCollection
  let profile: OperatorProfile
  private let types: [SQLType]
  private let offset: Int
  private let end: Int
  private let satisfied = Atomic<Bool>(false)
  private let progress: Mutex<Progress> = Mutex(Progress())

  private struct Progress {
    /// Rows collected per ordinal.
    var rows: [Int: Int] = [:]
    /// The ordinal each running worker is at.
    var positions: [Int: Int] = [:]
    var nextWorker = 0
    var parts: [Int: ChunkCollection] = [:]
  }

  init(types: [SQLType], offset: Int, end: Int, context: ExecutionContext, profile: OperatorProfile)
  {
    self.types = types
    self.offset = offset
    self.end = end
    self.profile = profile
    collection = ChunkCollection(types: types, context: context)
    if end == 0 { satisfied.store(true, ordering: .relaxed) }
  }

  var isSatisfied: Bool { satisfied.load(ordering: .relaxed) }

  func makeState(_ context: ExecutionContext) throws -> any SinkState {
    let worker = progress.withLock { progress in
      progress.nextWorker += 1
      progress.positions[progress.nextWorker] = -1
      return progress.nextWorker
    }
    return State(self, worker: worker, context)
  }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    progress.withLock {
      $0.positions[state.worker] = nil
      $0.parts.merge(state.parts) { first, _ in first }
    }
    check()
  }

  func finish(_ context: ExecutionContext) throws {
    let parts = progress.withLock { $0.parts.sorted { $0.key < $1.key } }
    var position = 0
    for (_, part) in parts where position < end {
      try part.drain { chunk in
        let from = Swift.min(chunk.count, Swift.max(0, offset - position))
        let to = Swift.min(chunk.count, end - position)
        if from < to { try collection.append(chunk.sliced(from..<to)) }
        position += chunk.count
      }
    }
    progress.withLock { $0 = Progress() }
  }

  /// Enough when the ordinals that no worker can add rows before hold `end` rows.
  private func check() {
    progress.withLock { progress in
      let minimum = progress.positions.values.min() ?? .max
      var total = 0
      for (ordinal, rows) in progress.rows where ordinal <= minimum {
        total += rows
        if total >= end { break }
      }
      if total >= end { satisfied.store(true, ordering: .relaxed) }
    }
  }

  private final class State: SinkState {
    private let sink: LimitSink
    let worker: Int
    /// Rows by ordinal.
    var parts: [Int: ChunkCollection] = [:]
    private let context: ExecutionContext
    private let file: SharedSpillFile
    init(_ sink: LimitSink, worker: Int, _ context: ExecutionContext) {
      self.sink = sink
      self.worker = worker
      self.context = context
      file = SharedSpillFile(directory: context.temporaryDirectory)
    }
    func reached(ordinal: Int) {
      sink.progress.withLock { $0.positions[worker] = ordinal }
      sink.check()
    }
    func consume(_ chunk: Chunk, ordinal: Int) throws {
      let known = sink.progress.withLock { progress in
        progress.rows[ordinal, default: 0] += chunk.count
        return progress.rows[ordinal, default: 0] - chunk.count
      }
      // A morsel never needs more rows than the whole result.
      if known < sink.end {
        let part =
          parts[ordinal] ?? ChunkCollection(types: sink.types, context: context, file: file)
        parts[ordinal] = part
        try part.append(chunk)
      }
      sink.check()
    }
  }
}
