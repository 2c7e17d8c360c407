internal import OlapColumns

/// LIMIT and OFFSET per partition, by numbering rows.
struct RowNumberLimit {
  let state: OptimizerState

  /// Rows offset + 1 … offset + count of each partition in the given order. Output keeps the number.
  func apply(
    to input: LogicalPlan, orderBy: [SortItem], partitionBy: [BoundExpression], limit: Limit
  ) -> LogicalPlan {
    var call = state.rowNumber(partitionBy: partitionBy, orderBy: orderBy)
    if limit.tieOrder != nil { call.function = .window(.rank) }
    let number = call.output.reference
    var conditions: [BoundExpression] = []
    if let offset = limit.offset { conditions.append(.comparison(.greater, number, offset)) }
    guard let count = limit.count else {
      return LogicalPlan.window(input, [call]).filtered(by: conditions)
    }
    if let last = lastRow(count, limit.offset) {
      conditions.append(.comparison(.lessOrEqual, number, last))
      return .filter(.window(input, [call]), conditions)
    }
    // Neither is known: number once more what the offset left.
    let skipped = LogicalPlan.window(input, [call]).filtered(by: conditions)
    let order = [SortItem(expression: number, descending: false, nullsFirst: false)]
    let second = state.rowNumber(partitionBy: partitionBy, orderBy: order)
    return .filter(
      .window(skipped, [second]), [.comparison(.lessOrEqual, second.output.reference, count)])
  }

  /// The number of the last row to keep, when it needs no arithmetic at run time.
  private func lastRow(
    _ count: BoundExpression, _ offset: BoundExpression?
  ) -> BoundExpression? {
    guard let offset else { return count }
    guard case .integer(let n)? = count.constantValue,
      case .integer(let skipped)? = offset.constantValue
    else { return nil }
    let (last, overflow) = n.addingReportingOverflow(skipped)
    return .constant(.integer(overflow ? .max : last), .bigint)
  }

  /// The plan with a column that numbers its rows in their ORDER BY; nil when it has none.
  func numberingOrder(of plan: LogicalPlan) -> (plan: LogicalPlan, position: PlanColumn)? {
    switch plan {
    case .project(let input, let projections):
      guard let numbered = numberingOrder(of: input) else { return nil }
      let position = numbered.position
      return (.project(numbered.plan, projections + [Projection(passing: position)]), position)
    case .sort(let input, let items):
      let call = state.rowNumber(partitionBy: [], orderBy: items)
      return (.window(input, [call]), call.output)
    case .topN(let input, let items, _, _):
      let call = state.rowNumber(partitionBy: [], orderBy: items)
      return (.window(plan.mapChildren { _ in input }, [call]), call.output)
    case .limit(.sort(_, let items), _):
      let call = state.rowNumber(partitionBy: [], orderBy: items)
      return (.window(plan, [call]), call.output)
    default: return nil
    }
  }
}
