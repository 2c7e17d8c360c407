internal import OlapColumns

/// Gives equal rows one order wherever a result hangs on it, so that a model derived from a change
/// equals the model derived anew (spec/layers.md, "Equal rows").
///
/// Ties of row_number, DISTINCT ON, ORDER BY … LIMIT and the like are broken by the other columns in
/// use, in the order of their names; aggregates such as list and first take their rows in the order of
/// their arguments. Rows that are equal in all of these can change places without being noticed. Runs
/// after unused columns are gone: every column left is one that somebody reads.
enum SettledOrder {
  static func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    plan.rewrittenUp { node in
      switch node {
      case .aggregate(var aggregate):
        for index in aggregate.calls.indices where aggregate.calls[index].function.isOrderSensitive
        {
          aggregate.calls[index].orderBy = extended(
            aggregate.calls[index].orderBy, by: aggregate.calls[index].arguments)
        }
        return .aggregate(aggregate)
      case .window(let input, let calls):
        let columns = ordered(input.columns)
        return .window(input, calls.map { settled($0, columns) })
      case .distinct(let input, let keys?, let order):
        return .distinct(
          input, on: keys, orderBy: extended(order, by: ordered(input.columns), besides: keys))
      case .sort(let input, let items):
        return .sort(input, extended(items, by: ordered(input.columns)))
      case .topN(let input, let items, let limit, let offset):
        return .topN(
          input, extended(items, by: ordered(input.columns)), limit: limit, offset: offset)
      default: return node
      }
    }
  }

  /// Columns by name: their numbers depend on how the plan came about.
  private static func ordered(_ columns: [PlanColumn]) -> [BoundExpression] {
    columns.sorted { ($0.name, $0.id.raw) < ($1.name, $1.id.raw) }.map(\.reference)
  }

  /// `items`, then what they and `keys` do not hold yet of `expressions`, ascending.
  private static func extended(
    _ items: [SortItem], by expressions: [BoundExpression], besides keys: [BoundExpression] = []
  ) -> [SortItem] {
    var result = items
    for expression in expressions where !expression.isConstantOrder && !keys.contains(expression) {
      if result.contains(where: { $0.expression == expression }) { continue }
      result.append(SortItem(expression: expression, descending: false, nullsFirst: false))
    }
    return result
  }

  private static func settled(
    _ call: BoundWindowCall, _ columns: [BoundExpression]
  ) -> BoundWindowCall {
    var result = call
    if case .aggregate(let function, _) = call.function, function.isOrderSensitive {
      result.argumentOrderBy = extended(call.argumentOrderBy, by: call.arguments)
    }
    guard let frame = settledFrame(call) else { return result }
    result.frame = frame
    result.orderBy = extended(call.orderBy, by: columns, besides: call.partitionBy)
    return result
  }

  /// The frame to use once no two rows are peers; nil where peers must stay peers (rank, RANGE frames)
  /// or their order cannot be seen.
  private static func settledFrame(_ call: BoundWindowCall) -> WindowFrame? {
    let frame = call.frame
    if frame.exclusion == .group || frame.exclusion == .ties { return nil }
    let isWhole = frame.start == .unboundedPreceding && frame.end == .unboundedFollowing
    switch call.function {
    case .aggregate: return frame.unit == .rows && !isWhole ? frame : nil
    case .window(.rowNumber), .window(.lag), .window(.lead), .window(.ntile): return frame
    case .window(.rank), .window(.denseRank), .window(.percentRank), .window(.cumeDist),
      .window(.fill):
      return nil
    case .window(.firstValue), .window(.lastValue), .window(.nthValue):
      if frame.unit == .rows || isWhole { return frame }
      return call.ignoreNulls || frame.exclusion != .noOthers ? nil : endFrame(call)
    }
  }

  /// A RANGE frame reaching to the partition's end whose outermost row is asked for: where it ends on
  /// the other side does not matter, so rows can stand for peers. It must hold its own row: others may
  /// be empty.
  private static func endFrame(_ call: BoundWindowCall) -> WindowFrame? {
    var frame = call.frame
    frame.unit = .rows
    switch (call.function, frame.start, frame.end) {
    case (.window(.firstValue), .unboundedPreceding, .currentRow),
      (.window(.firstValue), .unboundedPreceding, .following):
      frame.end = .currentRow
    case (.window(.lastValue), .currentRow, .unboundedFollowing),
      (.window(.lastValue), .preceding, .unboundedFollowing):
      frame.start = .currentRow
    default: return nil
    }
    return frame
  }
}

extension BoundExpression {
  /// Whether the expression reads no column and so orders nothing.
  fileprivate var isConstantOrder: Bool {
    var columns: Set<ColumnID> = []
    collectColumns(into: &columns)
    return columns.isEmpty
  }
}
