package import OlapColumns
package import OlapPlanning

extension Lowering {
  func lowerDistinct(
    _ input: LogicalPlan, on keys: [BoundExpression]?, orderBy: [SortItem]
  ) throws -> Flow {
    guard let keys else { return try appendDistinct(try lower(input)) }
    let ordered: LogicalPlan = orderBy.isEmpty ? input : .sort(input, orderBy)
    let flow = try lower(ordered)
    let expressions = try ExpressionSet(keys, layout: flow.layout, context: context)
    let profile = OperatorProfile(name: "DistinctOn")
    let sink = DistinctOnSink(
      keys: expressions, types: flow.columns.map { $0.type }, context: context, profile: profile)
    return Flow(
      source: CollectionSource { sink.collection }, columns: flow.columns,
      dependencies: [flow.closed(by: sink)], profile: profile)
  }
}

/// DISTINCT ON: keeps the first row of each key in input order.
final class DistinctOnSink: Sink {
  let collection: ChunkCollection
  let profile: OperatorProfile
  private let keys: ExpressionSet

  init(
    keys: ExpressionSet, types: [SQLType], context: ExecutionContext, profile: OperatorProfile
  ) {
    self.keys = keys
    self.profile = profile
    collection = ChunkCollection(types: types, context: context, consumer: .distinct)
  }

  var isParallel: Bool { false }
  func makeState(_ context: ExecutionContext) throws -> any SinkState { State(self, context) }
  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {}

  private final class State: SinkState {
    private let sink: DistinctOnSink
    private let context: ExecutionContext
    private let table: GroupTable
    private var groups = Selection(capacity: VectorSize.current)
    private var new = Selection(capacity: VectorSize.current)

    init(_ sink: DistinctOnSink, _ context: ExecutionContext) {
      self.sink = sink
      self.context = context
      table = GroupTable(types: sink.keys.types)
    }

    func consume(_ chunk: Chunk, ordinal: Int) throws {
      if groups.capacity < chunk.count {
        groups = Selection(capacity: chunk.count)
        new = Selection(capacity: chunk.count)
      }
      let keys = try sink.keys.evaluate(chunk, context.evaluation)
      table.findOrInsert(keys, count: chunk.count, groups: groups.indexes, isNew: new)
      if new.count > 0 { try sink.collection.append(chunk.gathered(new)) }
    }
  }
}
