internal import OlapColumns

extension SubqueryLifting {
  /// A full join whose conditions have subqueries: one that reads a single side becomes a column of
  /// that side; where one reads both, the join becomes a left join and the rows of the right side
  /// without a match.
  func liftFullJoin(_ join: Join) throws -> LogicalPlan {
    let leftIDs = Set(join.left.columns.map(\.id))
    let rightIDs = Set(join.right.columns.map(\.id))
    let subqueries = join.conditions.flatMap { $0.outermostSubqueries }
    let readsBoth = subqueries.contains { subquery in
      let columns = subquery.columns
      return !columns.isDisjoint(with: leftIDs) && !columns.isDisjoint(with: rightIDs)
    }
    if readsBoth { return try splitFullJoin(join) }
    var left = LiftedInput(plan: join.left, lifting: self)
    var right = LiftedInput(plan: join.right, lifting: self)
    var conditions: [BoundExpression] = []
    for condition in join.conditions {
      conditions.append(
        try condition.replacingSubqueries { subquery in
          subquery.columns.isDisjoint(with: leftIDs)
            ? try right.lift(subquery, truthOnly: false)
            : try left.lift(subquery, truthOnly: false)
        })
    }
    let lifted = join.with(left: left.plan, right: right.plan, conditions: conditions)
    return LogicalPlan.join(lifted).projected(to: join.columns)
  }

  private func splitFullJoin(_ join: Join) throws -> LogicalPlan {
    var matching = join
    matching.kind = .left
    var lacking = join.with(left: join.right, right: join.left)
    lacking.kind = .anti
    let matched = try liftJoin(matching).projected(to: join.columns).cloned(with: state.numbers)
    let unmatched = try liftJoin(lacking).projected(to: join.right.columns)
      .cloned(with: state.numbers)
    let padding = join.left.columns.map { column in
      Projection(
        .constant(.null, column.type), as: state.numbers.column(column.name, column.type))
    }
    let padded = LogicalPlan.project(
      unmatched.plan, padding + unmatched.plan.columns.map { Projection(passing: $0) })
    return .setOperation(
      SetOperation(
        kind: .union, isAll: true, inputs: [matched.plan, padded], columns: join.columns))
  }
}

extension BoundExpression {
  /// The subqueries in the expression that are not inside another one.
  fileprivate var outermostSubqueries: [BoundExpression] {
    if case .subquery = self { return [self] }
    return children.flatMap { $0.outermostSubqueries }
  }

  fileprivate func replacingSubqueries(
    _ replacement: (BoundExpression) throws -> BoundExpression
  ) rethrows -> BoundExpression {
    if case .subquery = self { return try replacement(self) }
    return try mapChildren { try $0.replacingSubqueries(replacement) }
  }
}
