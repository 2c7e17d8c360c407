internal import OlapColumns
internal import OlapFunctions

/// Turns every subquery expression into a join below the node that used it.
///
/// Uncorrelated subqueries become plain joins, correlated ones `dependentJoin`s, which
/// `DependentJoinElimination` removes afterwards. Subqueries inside subqueries are lifted first.
struct SubqueryLifting {
  let state: OptimizerState

  func rewrite(_ plan: LogicalPlan) throws -> LogicalPlan {
    let node = try plan.mapChildren(rewrite)
    guard node.expressions.contains(where: { $0.containsSubquery }) else { return node }
    switch node {
    case .filter(let input, let conditions): return try liftFilter(input, conditions)
    case .join(let join): return try liftJoin(join)
    case .values(let rows, let columns): return try liftValues(rows, columns)
    case .limit(let input, let limit): return try liftLimit(input, limit)
    case .dependentJoin(let join, let correlated):
      guard join.kind == .inner || join.kind == .cross else {
        throw BindError("a subquery in the condition of a LATERAL outer join is not supported")
      }
      let bare = LogicalPlan.dependentJoin(join.with(conditions: []), correlated: correlated)
      return try liftFilter(bare, join.conditions)
    default:
      guard let input = node.children.first else {
        throw BindError("a subquery is not supported here")
      }
      var lifted = LiftedInput(plan: input, lifting: self)
      let rewritten = try node.mapExpressions { try lifted.lift($0, truthOnly: false) }
      let result = rewritten.mapChildren { _ in lifted.plan }
      return result.projected(to: node.columns)
    }
  }

  // MARK: Nodes

  /// Conjuncts that are EXISTS, IN, ANY or ALL become semi and anti joins; the rest is lifted inside.
  private func liftFilter(
    _ input: LogicalPlan, _ conditions: [BoundExpression]
  ) throws -> LogicalPlan {
    let conjuncts: [BoundExpression] = conditions.flatMap { $0.conjuncts }
    let plain = conjuncts.filter { !$0.containsSubquery }
    var lifted = LiftedInput(plan: input.filtered(by: plain), lifting: self)
    var remaining: [BoundExpression] = []
    for conjunct in conjuncts where conjunct.containsSubquery {
      if try lifted.liftAsSemiJoin(conjunct) { continue }
      remaining.append(try lifted.lift(conjunct, truthOnly: true))
    }
    return lifted.plan.filtered(by: remaining).projected(to: input.columns)
  }

  /// Conditions of inner joins become filters; those of outer joins move to the side they read or
  /// make the join a dependent one.
  func liftJoin(_ join: Join) throws -> LogicalPlan {
    let plain = join.conditions.filter { !$0.containsSubquery }
    let lifted = join.conditions.filter { $0.containsSubquery }
    switch join.kind {
    case .inner, .cross:
      var bare = join.with(conditions: plain)
      bare.kind = plain.isEmpty ? .cross : .inner
      return try liftFilter(.join(bare), lifted)
    case .left, .semi, .anti, .mark, .single:
      let leftIDs = Set(join.left.columns.map(\.id))
      let right = try liftFilter(join.right, lifted)
      let correlated = right.freeColumns.intersection(leftIDs)
      let inner = join.with(right: right, conditions: plain)
      if join.nullAware && !correlated.isEmpty {
        throw BindError("a subquery in the condition of this join is not supported")
      }
      return correlated.isEmpty ? .join(inner) : .dependentJoin(inner, correlated: correlated)
    case .right:
      var mirrored = join.with(left: join.right, right: join.left)
      mirrored.kind = .left
      return try liftJoin(mirrored).projected(to: join.columns)
    case .full: return try liftFullJoin(join)
    default:
      throw BindError(
        "a subquery in the condition of a \(join.kind.rawValue) join is not supported; "
          + "compute it in a subquery of one side")
    }
  }

  /// Each row becomes a projection of the single row.
  private func liftValues(
    _ rows: [[BoundExpression]], _ columns: [PlanColumn]
  ) throws -> LogicalPlan {
    let inputs: [LogicalPlan] = try rows.map { row in
      let outputs = columns.map { state.numbers.column($0.name, $0.type) }
      return try rewrite(.project(.singleRow, zip(row, outputs).map { Projection($0, as: $1) }))
    }
    if inputs.count == 1, let input = inputs.first {
      return .project(
        input, zip(input.columns, columns).map { Projection($0.reference, as: $1) })
    }
    return .setOperation(
      SetOperation(kind: .union, isAll: true, inputs: inputs, columns: columns))
  }

  /// LIMIT (subquery): rows are numbered and compared with the subquery's value.
  private func liftLimit(_ input: LogicalPlan, _ limit: Limit) throws -> LogicalPlan {
    if limit.isPercent || limit.tieOrder != nil {
      throw BindError("a subquery in LIMIT % or WITH TIES is not supported")
    }
    var order: [SortItem] = []
    var source = input
    if case .sort(let below, let items) = input { (source, order) = (below, items) }
    let numbered = RowNumberLimit(state: state).apply(
      to: source, orderBy: order, partitionBy: [], limit: limit)
    let limited = try rewrite(numbered).projected(to: input.columns)
    return order.isEmpty ? limited : .sort(limited, order)
  }
}

extension LogicalPlan {
  /// The same rows without subquery expressions: joins, and dependent joins where they are correlated.
  package func withoutSubqueries(
    context: any PlanningContext, numbers: ColumnIDAllocator
  ) throws -> LogicalPlan {
    let state = OptimizerState(context: context, numbers: numbers)
    return try SubqueryLifting(state: state).rewrite(self).projected(to: columns)
  }
}
