package import OlapPlanning

extension BoundExpression {
  /// Adds every column the expression reads to `columns` (lambda parameters included).
  package func collectColumns(into columns: inout Set<ColumnID>) {
    switch self {
    case .column(let id, _): columns.insert(id)
    case .constant, .parameter: break
    case .call(let call): for argument in call.arguments { argument.collectColumns(into: &columns) }
    case .comparison(_, let left, let right):
      left.collectColumns(into: &columns)
      right.collectColumns(into: &columns)
    case .and(let operands), .or(let operands), .coalesce(let operands, _):
      for operand in operands { operand.collectColumns(into: &columns) }
    case .not(let operand), .isNull(let operand, _), .cast(let operand, _, _):
      operand.collectColumns(into: &columns)
    case .caseWhen(let branches, let otherwise, _):
      for branch in branches {
        branch.condition.collectColumns(into: &columns)
        branch.result.collectColumns(into: &columns)
      }
      otherwise.collectColumns(into: &columns)
    case .inList(let operand, let items, _):
      operand.collectColumns(into: &columns)
      for item in items { item.collectColumns(into: &columns) }
    case .lambdaCall(let call):
      call.list.collectColumns(into: &columns)
      call.initial?.collectColumns(into: &columns)
      call.body.collectColumns(into: &columns)
    case .subquery(let subquery): columns.formUnion(subquery.correlated)
    }
  }
}
