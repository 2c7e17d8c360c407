internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning

/// PARTITION BY and ORDER BY of a call: calls with equal ones share a sorting.
struct WindowSpecification: Hashable {
  let partitionBy: [BoundExpression]
  let orderBy: [SortItem]

  /// The order that brings partitions together and sorts each.
  var items: [SortItem] {
    partitionBy.map { SortItem(expression: $0, descending: false, nullsFirst: false) } + orderBy
  }
}

/// A window call compiled over the columns of its rows.
struct WindowCallPlan: Sendable {
  let call: BoundWindowCall
  let arguments: ExpressionSet
  /// ORDER BY inside the call's arguments.
  let argumentOrder: ExpressionSet
  /// FILTER condition, then frame offsets where given.
  let filter: (any ExpressionNode)?
  let startOffset: (any ExpressionNode)?
  let endOffset: (any ExpressionNode)?

  init(_ call: BoundWindowCall, layout: ColumnLayout, context: ExecutionContext) throws {
    self.call = call
    arguments = try ExpressionSet(call.arguments, layout: layout, context: context)
    argumentOrder = try ExpressionSet(
      call.argumentOrderBy.map { $0.expression }, layout: layout, context: context)
    let compiler = ExpressionCompiler(layout, context)
    filter = try call.filter.map { try compiler.compile($0) }
    startOffset = try WindowCallPlan.offset(call.frame.start).map { try compiler.compile($0) }
    endOffset = try WindowCallPlan.offset(call.frame.end).map { try compiler.compile($0) }
    if case .window(.denseRank) = call.function, !call.argumentOrderBy.isEmpty {
      throw ComputeError(
        .invalidArgument, "ORDER BY is not supported inside the arguments of dense_rank")
    }
  }

  var specification: WindowSpecification {
    WindowSpecification(partitionBy: call.partitionBy, orderBy: call.orderBy)
  }

  private static func offset(_ bound: WindowFrame.Bound) -> BoundExpression? {
    switch bound {
    case .preceding(let expression), .following(let expression): expression
    default: nil
    }
  }

  /// The frames of all rows.
  func frames(_ rows: WindowRows, _ payload: Chunk, _ evaluation: EvaluationContext) throws
    -> WindowFrames
  {
    let key = call.orderBy.first
    let isZoned = key?.expression.type == .timestampTZ
    return try WindowFrames(
      call.frame, rows: rows, descending: key?.descending ?? false,
      nullsFirst: key?.nullsFirst ?? false,
      start: try startOffset?.evaluate(payload, evaluation).flattened(),
      end: try endOffset?.evaluate(payload, evaluation).flattened(),
      zone: isZoned ? try TimeZone.require(evaluation.timeZoneName) : nil)
  }
}

extension BoundWindowCall {
  /// Adds the columns that the call reads.
  func collectColumns(into used: inout Set<ColumnID>) {
    for expression in arguments + partitionBy { expression.collectColumns(into: &used) }
    for item in orderBy + argumentOrderBy { item.expression.collectColumns(into: &used) }
    filter?.collectColumns(into: &used)
    for bound in [frame.start, frame.end] {
      switch bound {
      case .preceding(let expression), .following(let expression):
        expression.collectColumns(into: &used)
      default: break
      }
    }
  }
}
