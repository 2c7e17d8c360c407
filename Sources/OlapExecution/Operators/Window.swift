internal import OlapColumns
internal import OlapPlanning

extension Lowering {
  /// Window functions: for each distinct PARTITION BY and ORDER BY the rows are split by partition,
  /// sorted and given one more column per call. Without both, rows keep their order.
  func lowerWindow(
    _ input: LogicalPlan, _ calls: [BoundWindowCall], needing: Set<ColumnID>?
  ) throws -> Flow {
    var used = needing
    if var columns = used {
      for call in calls { call.collectColumns(into: &columns) }
      used = columns
    }
    var flow = try lower(input, needing: used)
    var specifications: [WindowSpecification] = []
    var groups: [WindowSpecification: [BoundWindowCall]] = [:]
    for call in calls {
      let specification = WindowSpecification(
        partitionBy: call.partitionBy, orderBy: call.orderBy)
      if groups[specification] == nil { specifications.append(specification) }
      groups[specification, default: []].append(call)
    }
    for specification in specifications {
      flow = try appendWindow(flow, specification, groups[specification] ?? [])
    }
    return flow
  }

  /// The flow's rows with one more column per call of one specification.
  func appendWindow(
    _ flow: Flow, _ specification: WindowSpecification, _ calls: [BoundWindowCall]
  ) throws -> Flow {
    let context = self.context
    let columns = flow.columns + calls.map { $0.output }
    let profile = OperatorProfile(name: "Window", detail: "\(calls.count) call(s)")
    let plan = try WindowPlan(
      calls, specification, payload: flow.columns,
      keepsOrder: context.threads > 1 && !flow.isSerial, context: context)
    let source: WindowSource
    let pipeline: Pipeline
    if specification.items.isEmpty {
      let sink = CollectSink(
        types: plan.shape.types, context: context, consumer: .window, profile: profile)
      pipeline = flow.closed(by: sink)
      source = WindowSource(isSerial: true, parts: WindowParts { 1 }) { _ in
        WindowStream(plan, context: context, sink.collection.reader())
      }
    } else if specification.partitionBy.isEmpty {
      let sink = SortSink(shape: plan.shape, context: context, profile: profile)
      pipeline = flow.closed(by: sink)
      source = WindowSource(isSerial: true, parts: WindowParts { 1 }) { _ in
        guard let rows = sink.result else {
          return WindowStream(plan, context: context) { nil }
        }
        let merge = try rows.reader(0..<rows.rowCount, payloadOnly: false)
        return WindowStream(plan, context: context) { try merge.next() }
      }
    } else {
      let sink = WindowPartitionSink(plan: plan, profile: profile)
      pipeline = flow.closed(by: sink)
      source = WindowSource(isSerial: false, parts: WindowParts { sink.parts.count }) { part in
        let builder = RunBuilder(shape: plan.shape, context: context, consumer: .window)
        try sink.parts[part].drain { try builder.append($0) }
        let rows = try SortedRuns(
          try builder.finish(), shape: plan.shape, context: context, consumer: .window)
        let merge = try rows.reader(0..<rows.rowCount, payloadOnly: false)
        return WindowStream(plan, context: context) {
          try withExtendedLifetime(rows) { try merge.next() }
        }
      }
    }
    return Flow(source: source, columns: columns, dependencies: [pipeline], profile: profile)
  }
}

/// Calls over one sorting, compiled, with the shape of the rows they are computed from.
final class WindowPlan: Sendable {
  let calls: [WindowCallPlan]
  let shape: SortShape
  let partitionKeyCount: Int
  private let orderKeyCount: Int
  /// What the calls need of a partition; nil when one needs it whole.
  let needs: WindowNeeds?
  /// Estimate of the memory that one row takes while it is computed.
  let rowByteCount: Int

  init(
    _ calls: [BoundWindowCall], _ specification: WindowSpecification, payload: [PlanColumn],
    keepsOrder: Bool, context: ExecutionContext
  ) throws {
    let items = specification.items
    let layout = ColumnLayout(payload)
    self.calls = try calls.map { try WindowCallPlan($0, layout: layout, context: context) }
    shape = try SortShape(
      payload: payload, items: items, keepsOrder: keepsOrder && !items.isEmpty,
      context: context)
    partitionKeyCount = specification.partitionBy.count
    orderKeyCount = specification.orderBy.count
    needs = WindowNeeds.of(calls)
    let results = calls.reduce(0) { $0 + $1.output.type.physicalType.byteCount + 8 }
    rowByteCount = 2 * shape.flatByteCount + results + WindowRows.placeByteCount
  }

  func partitionKeys(_ rows: Chunk) -> [Vector] {
    shape.keyPositions[..<partitionKeyCount].map { rows.columns[$0] }
  }

  func orderKeys(_ rows: Chunk) -> [Vector] {
    shape.keyPositions[partitionKeyCount..<(partitionKeyCount + orderKeyCount)]
      .map { rows.columns[$0] }
  }
}
