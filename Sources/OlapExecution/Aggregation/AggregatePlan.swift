internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning

/// An aggregation compiled: what to compute per chunk and which accumulator takes which vectors.
final class AggregatePlan: Sendable {
  /// One aggregate call; positions are into the vectors that `inputs` computes.
  struct Call: Sendable {
    let bound: BoundAggregate
    let arguments: Range<Int>
    let filter: Int?
    let isDistinct: Bool
    let order: [Order]
    /// Whether rows are collected first and fed at the end (DISTINCT, ORDER BY).
    var isDeferred: Bool { isDistinct || !order.isEmpty }
  }
  struct Order: Sendable {
    let position: Int
    let descending: Bool
    let nullsFirst: Bool
  }

  let inputs: ExpressionSet
  let groupTypes: [SQLType]
  let calls: [Call]
  /// Grouping sets as positions of group columns; `[[]]` for aggregation without GROUP BY.
  let sets: [[Int]]
  /// Positions per GROUPING call.
  let groupingCalls: [[Int]]
  /// Rows must arrive in order, in one worker.
  let isSerial: Bool
  let outputTypes: [SQLType]

  init(_ aggregate: Aggregate, layout: ColumnLayout, context: ExecutionContext) throws {
    var expressions = aggregate.groups.map { $0.expression }
    var calls: [Call] = []
    for call in aggregate.calls {
      let start = expressions.count
      expressions += call.arguments
      let arguments = start..<expressions.count
      var filter: Int?
      if let condition = call.filter {
        filter = expressions.count
        expressions.append(condition)
      }
      var order: [Order] = []
      // Order changes nothing for sums and the like.
      for item in call.function.isOrderSensitive ? call.orderBy : [] {
        order.append(
          Order(
            position: expressions.count, descending: item.descending, nullsFirst: item.nullsFirst))
        expressions.append(item.expression)
      }
      calls.append(
        Call(
          bound: call.bound, arguments: arguments, filter: filter,
          isDistinct: call.isDistinct && !call.function.ignoresDistinct, order: order))
    }
    inputs = try ExpressionSet(expressions, layout: layout, context: context)
    groupTypes = aggregate.groups.map { $0.expression.type }
    self.calls = calls
    sets = aggregate.groupingSets ?? [Array(aggregate.groups.indices)]
    groupingCalls = aggregate.groupingCalls.map { $0.positions }
    isSerial = aggregate.calls.contains { $0.function.isOrderSensitive }
    outputTypes =
      groupTypes + calls.map { $0.bound.returnType } + groupingCalls.map { _ in .bigint }
  }

  /// A plan without calls: the distinct rows of all columns.
  init(distinct columns: [PlanColumn], context: ExecutionContext) throws {
    inputs = try ExpressionSet(
      columns.map { .column($0.id, $0.type) }, layout: ColumnLayout(columns), context: context)
    groupTypes = columns.map { $0.type }
    calls = []
    sets = [Array(columns.indices)]
    groupingCalls = []
    isSerial = false
    outputTypes = groupTypes
  }

  /// Counts each distinct row of the first columns per input: each further column is 1 in the rows of
  /// its input and NULL in those of others.
  init(counting columns: [PlanColumn], inputs marks: [PlanColumn], context: ExecutionContext) throws
  {
    let all = columns + marks
    inputs = try ExpressionSet(
      all.map { .column($0.id, $0.type) }, layout: ColumnLayout(all), context: context)
    groupTypes = columns.map { $0.type }
    guard let count = BuiltinFunctions.aggregates.first(where: { $0.name == "count" }) else {
      throw ComputeError(.invalidArgument, "internal error: there is no function count")
    }
    let bound = try FunctionResolver.resolve(count, types: [.bigint], constants: [nil])
    calls = marks.indices.map { index in
      let position = columns.count + index
      return Call(
        bound: bound, arguments: position..<(position + 1), filter: nil, isDistinct: false,
        order: [])
    }
    sets = [Array(columns.indices)]
    groupingCalls = []
    isSerial = false
    outputTypes = groupTypes + marks.map { _ in .bigint }
  }

  /// How a deferred call's rows are collected and come out.
  func deferredShape(_ call: Call, set: [Int]) -> DeferredRows.Shape {
    DeferredRows.Shape(
      types: deferredTypes(call, set: set), isDistinct: call.isDistinct, order: call.order,
      orderStart: set.count + call.arguments.count)
  }

  /// Types of a deferred call's collected rows: group keys of the set, arguments, order keys.
  func deferredTypes(_ call: Call, set: [Int]) -> [SQLType] {
    set.map { groupTypes[$0] } + call.arguments.map { inputs.types[$0] }
      + call.order.map { inputs.types[$0.position] }
  }

  /// Types of a partition's rows: group keys, then the states of all calls that are not deferred.
  func stateTypes(set: [Int]) -> [SQLType] {
    set.map { groupTypes[$0] }
      + calls.filter { !$0.isDeferred }.flatMap { $0.bound.stateTypes }
  }
}
