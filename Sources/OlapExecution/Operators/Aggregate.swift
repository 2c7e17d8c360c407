internal import OlapColumns
internal import OlapPlanning
import Synchronization

extension Lowering {
  func lowerAggregate(_ aggregate: Aggregate) throws -> Flow {
    if let metadata = try lowerMetadataAggregate(aggregate) { return metadata }
    var used: Set<ColumnID> = []
    for group in aggregate.groups { group.expression.collectColumns(into: &used) }
    for call in aggregate.calls {
      for argument in call.arguments { argument.collectColumns(into: &used) }
      call.filter?.collectColumns(into: &used)
      for item in call.orderBy { item.expression.collectColumns(into: &used) }
    }
    let flow = try lower(aggregate.input, needing: used)
    let plan = try AggregatePlan(aggregate, layout: flow.layout, context: context)
    let names = aggregate.groups.map { $0.output.name }
    let profile = OperatorProfile(
      name: "Aggregate", detail: names.isEmpty ? "" : "by " + names.joined(separator: ", "))
    let columns =
      aggregate.groups.map { $0.output } + aggregate.calls.map { $0.output }
      + aggregate.groupingCalls.map { $0.output }
    return close(flow, plan, columns, profile)
  }

  /// The flow's distinct rows.
  package func appendDistinct(_ flow: Flow) throws -> Flow {
    let plan = try AggregatePlan(distinct: flow.columns, context: context)
    return close(flow, plan, flow.columns, OperatorProfile(name: "Distinct"))
  }

  func close(
    _ flow: Flow, _ plan: AggregatePlan, _ columns: [PlanColumn], _ profile: OperatorProfile
  ) -> Flow {
    let sink = AggregateSink(plan: plan, context: context, profile: profile)
    let pipeline = flow.closed(by: sink)
    return Flow(
      source: AggregateSource(sink), columns: columns, dependencies: [pipeline], profile: profile)
  }
}

/// Hash aggregation: each worker aggregates its rows, then the shares are merged — directly when
/// there are few groups, else (or when memory was refused) by hash partitions, which the source then
/// merges and emits in parallel.
final class AggregateSink: Sink {
  let plan: AggregatePlan
  let profile: OperatorProfile
  private let context: ExecutionContext
  private let shares: Mutex<[Share]> = Mutex([])

  /// Results by grouping set, once finished.
  enum Result {
    case whole(GroupedAggregation)
    case partitions(AggregatePartitions)
  }
  /// SAFETY: written in `finish`, read by sources that run after.
  nonisolated(unsafe) private(set) var results: [Result] = []
  /// Memory of the results that are not partitioned.
  private let reservation: MemoryReservation
  /// Groups up to which shares are merged on one thread.
  private static let directMergeGroups = 1 << 15

  init(plan: AggregatePlan, context: ExecutionContext, profile: OperatorProfile) {
    self.plan = plan
    self.context = context
    self.profile = profile
    reservation = MemoryReservation(context.budget, for: .aggregation)
  }

  var isParallel: Bool { !plan.isSerial }

  func makeState(_ context: ExecutionContext) throws -> any SinkState {
    Share(plan, context, profile)
  }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let share = state as? Share else { return }
    shares.withLock { $0.append(share) }
  }

  func finish(_ context: ExecutionContext) throws {
    let all = shares.withLock { shares in
      defer { shares = [] }
      return shares
    }
    results = []
    profile.noteMemory(all.reduce(0) { $0 + $1.byteCount })
    for index in plan.sets.indices {
      let locals = all.map { $0.aggregations[index] }
      let partitions = all.compactMap { $0.partitions[index] }
      let groups = locals.reduce(0) { $0 + $1.groupCount }
      let isUngrouped = plan.sets[index].isEmpty
      let pairBytes = locals.count > 1 ? locals.reduce(0) { $0 + $1.pairByteCount } : 0
      if partitions.isEmpty
        && (isUngrouped || locals.count == 1 || groups <= AggregateSink.directMergeGroups)
        && reservation.grow(to: reservation.byteCount + pairBytes)
      {
        results.append(.whole(try mergeDirectly(locals, index)))
        continue
      }
      let target = AggregatePartitions(plan: plan, set: plan.sets[index], context: context)
      for part in partitions { try target.append(contentsOf: part) }
      for local in locals {
        try target.append(local)
        local.reset()
      }
      profile.spilledBytes.add(target.spilledByteCount, ordering: .relaxed)
      results.append(.partitions(target))
    }
    // The shares give their reservations up when they go; what they hand over stays accounted for.
    reservation.shrink(to: 0)
    reservation.force(
      to: results.reduce(0) { total, result in
        if case .whole(let aggregation) = result { total + aggregation.byteCount } else { total }
      })
  }

  private func mergeDirectly(_ locals: [GroupedAggregation], _ set: Int) throws
    -> GroupedAggregation
  {
    guard let first = locals.max(by: { $0.groupCount < $1.groupCount }) else {
      return GroupedAggregation(plan: plan, set: plan.sets[set], context: context)
    }
    for other in locals where other !== first { try first.merge(other) }
    try first.feedDeferred()
    return first
  }

  /// One worker's groups.
  final class Share: SinkState, @unchecked Sendable {
    let aggregations: [GroupedAggregation]
    /// Groups moved out when memory was refused, by grouping set.
    private(set) var partitions: [AggregatePartitions?]
    private let plan: AggregatePlan
    private let context: ExecutionContext
    private let profile: OperatorProfile
    private let reservation: MemoryReservation
    private var chunkCount = 0

    init(_ plan: AggregatePlan, _ context: ExecutionContext, _ profile: OperatorProfile) {
      self.plan = plan
      self.context = context
      self.profile = profile
      aggregations = plan.sets.map { GroupedAggregation(plan: plan, set: $0, context: context) }
      partitions = plan.sets.map { _ in nil }
      reservation = MemoryReservation(context.budget, for: .aggregation)
    }

    var byteCount: Int { aggregations.reduce(0) { $0 + $1.byteCount } }

    func consume(_ chunk: Chunk, ordinal: Int) throws {
      let vectors = try plan.inputs.evaluate(chunk, context.evaluation)
      for aggregation in aggregations { try aggregation.consume(vectors, count: chunk.count) }
      chunkCount += 1
      // Most chunks add little, so looking now and then is enough.
      if chunkCount & 15 == 0 || byteCount - accounted > Share.watchedByteCount { try account() }
    }

    /// Fewer groups than this takes are not worth a spill.
    private static let minimumSpillByteCount = 1 << 18

    /// A chunk that adds more than this is accounted for at once.
    private static let watchedByteCount = 1 << 20
    /// Bytes at the last look.
    private var accounted = 0

    private func account() throws {
      defer { accounted = byteCount }
      let held = byteCount
      if reservation.grow(to: held) { return }
      if held < Share.minimumSpillByteCount { return reservation.force(to: held) }
      profile.noteMemory(held)
      for (index, aggregation) in aggregations.enumerated() where !aggregation.isUngrouped {
        let target =
          partitions[index]
          ?? AggregatePartitions(plan: plan, set: plan.sets[index], context: context)
        partitions[index] = target
        try target.append(aggregation)
        aggregation.reset()
      }
      let left = byteCount
      reservation.shrink(to: left)
      try reservation.require(
        left, "an aggregate without GROUP BY keeps its values in memory")
    }
  }
}

/// Emits the groups of a finished aggregation; partitions are merged by the workers that read them.
final class AggregateSource: PipelineSource {
  private let sink: AggregateSink
  private let morsels = MorselCounter()
  init(_ sink: AggregateSink) { self.sink = sink }

  var maximumWorkers: Int {
    sink.results.reduce(0) { total, result in
      if case .partitions = result { total + AggregatePartitions.count } else { total + 1 }
    }
  }

  func prepare(_ context: ExecutionContext) throws { morsels.reset() }

  func makeReader(_ context: ExecutionContext) throws -> any SourceReader {
    Reader(sink, morsels, context)
  }

  private final class Reader: SourceReader {
    private let sink: AggregateSink
    private let morsels: MorselCounter
    private var current: (aggregation: GroupedAggregation, position: Int)?
    /// Partitions that were split again, with the next part of each.
    private var finer: [(partitions: AggregatePartitions, next: Int)] = []
    private(set) var ordinal = 0
    private let reservation: MemoryReservation

    init(_ sink: AggregateSink, _ morsels: MorselCounter, _ context: ExecutionContext) {
      self.sink = sink
      self.morsels = morsels
      reservation = MemoryReservation(context.budget, for: .aggregation)
    }

    func next() throws -> Chunk? {
      while true {
        if let (aggregation, position) = current {
          let end = Swift.min(aggregation.groupCount, position + VectorSize.current)
          if position < end {
            current = (aggregation, end)
            return try aggregation.results(position..<end)
          }
          current = nil
          reservation.shrink(to: 0)
        }
        guard try open() else { return nil }
      }
    }

    /// Takes the next whole set or partition; false at the end.
    private func open() throws -> Bool {
      while let (partitions, part) = finer.popLast() {
        if part == AggregatePartitions.count { continue }
        finer.append((partitions, part + 1))
        if try open(partitions, part) { return true }
      }
      // Numbering: partitions of all sets in order; a whole set takes only its first number.
      let total = sink.results.count * AggregatePartitions.count
      while let number = morsels.next(limit: total) {
        let part = number % AggregatePartitions.count
        ordinal = number
        switch sink.results[number / AggregatePartitions.count] {
        case .whole(let aggregation):
          if part > 0 { continue }
          current = (aggregation, 0)
          return true
        case .partitions(let partitions):
          if try open(partitions, part) { return true }
          if !finer.isEmpty { return try open() }
        }
      }
      return false
    }

    /// Merges a partition, or splits one that is too large and leaves its parts for later (false).
    private func open(_ partitions: AggregatePartitions, _ part: Int) throws -> Bool {
      if partitions.isEmpty(part) { return false }
      if let split = try partitions.split(part) {
        finer.append((split, 0))
        return false
      }
      current = (try partitions.merged(part, reservation), 0)
      return true
    }
  }
}
