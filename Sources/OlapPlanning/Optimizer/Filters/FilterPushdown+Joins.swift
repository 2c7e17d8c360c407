internal import OlapColumns
internal import OlapFunctions

extension FilterPushdown {
  func pushIntoJoin(_ conditions: [BoundExpression], _ join: Join) -> LogicalPlan {
    let join = simplifyingOuter(join, under: conditions)
    switch join.kind {
    case .inner, .cross: return pushIntoInner(conditions, join)
    case .left, .single: return pushIntoLeft(conditions, join)
    case .right: return pushIntoRight(conditions, join)
    case .semi, .anti, .mark: return pushIntoSemi(conditions, join)
    case .rightSemi, .rightAnti, .full, .positional:
      return LogicalPlan.join(
        join.with(left: push([], into: join.left), right: push([], into: join.right))
      ).filtered(by: unique(conditions))
    case .asof, .asofLeft:
      let left = columnIDs(join.left)
      let parts = split(conditions) { $0.isSubset(of: left) }
      return LogicalPlan.join(
        join.with(left: push(parts.pushed, into: join.left), right: push([], into: join.right))
      ).filtered(by: unique(parts.kept))
    }
  }

  private func columnIDs(_ plan: LogicalPlan) -> Set<ColumnID> { Set(plan.columns.map(\.id)) }

  /// Outer joins whose NULL-extended rows a condition above rejects keep no unmatched rows there.
  private func simplifyingOuter(_ join: Join, under conditions: [BoundExpression]) -> Join {
    guard join.kind == .left || join.kind == .right || join.kind == .full else { return join }
    var rejected: Set<ColumnID> = []
    for condition in conditions {
      rejected.formUnion(Nullability.nullRejectedColumns(condition))
    }
    let rejectsLeft = !rejected.isDisjoint(with: columnIDs(join.left))
    let rejectsRight = !rejected.isDisjoint(with: columnIDs(join.right))
    var copy = join
    switch join.kind {
    case .left where rejectsRight, .right where rejectsLeft: copy.kind = .inner
    case .full:
      if rejectsLeft && rejectsRight {
        copy.kind = .inner
      } else if rejectsLeft {
        copy.kind = .left
      } else if rejectsRight {
        copy.kind = .right
      }
    default: break
    }
    return copy
  }

  private func pushIntoInner(_ conditions: [BoundExpression], _ join: Join) -> LogicalPlan {
    let left = columnIDs(join.left)
    let right = columnIDs(join.right)
    let all = unique((join.conditions + conditions).flatMap { $0.conjuncts })
    var pool = all
    pool += ImpliedConditions.transitive(all, from: [join.left, join.right])
    for condition in all {
      for side in [left, right] where !condition.columns.isSubset(of: side) {
        if let implied = ConditionSimplification.implied(by: condition, over: side) {
          pool.append(implied)
        }
      }
    }
    var toLeft: [BoundExpression] = []
    var toRight: [BoundExpression] = []
    var between: [BoundExpression] = []
    var kept: [BoundExpression] = []
    for condition in unique(pool) {
      let reads = condition.columns
      if condition.isVolatile || reads.isEmpty {
        kept.append(condition)
      } else if reads.isSubset(of: left) {
        toLeft.append(condition)
      } else if reads.isSubset(of: right) {
        toRight.append(condition)
      } else {
        between.append(condition)
      }
    }
    var result = join.with(
      left: push(toLeft, into: join.left), right: push(toRight, into: join.right),
      conditions: between)
    result.kind = between.isEmpty ? .cross : .inner
    return LogicalPlan.join(result).filtered(by: kept)
  }

  /// Conditions on the left side pass; those of the join that read only the right side filter it.
  private func pushIntoLeft(_ conditions: [BoundExpression], _ join: Join) -> LogicalPlan {
    let left = columnIDs(join.left)
    let right = columnIDs(join.right)
    let parts = split(conditions) { $0.isSubset(of: left) }
    let own = split(join.conditions.flatMap { $0.conjuncts }) { $0.isSubset(of: right) }
    var toRight = own.pushed
    if join.kind == .left {
      toRight += ImpliedConditions.transitive(own.kept + parts.pushed, from: [join.left])
        .filter { $0.columns.isSubset(of: right) }
    }
    let result = join.with(
      left: push(parts.pushed, into: join.left), right: push(unique(toRight), into: join.right),
      conditions: own.kept)
    return LogicalPlan.join(result).filtered(by: unique(parts.kept))
  }

  private func pushIntoRight(_ conditions: [BoundExpression], _ join: Join) -> LogicalPlan {
    let left = columnIDs(join.left)
    let right = columnIDs(join.right)
    let parts = split(conditions) { $0.isSubset(of: right) }
    let own = split(join.conditions.flatMap { $0.conjuncts }) { $0.isSubset(of: left) }
    let result = join.with(
      left: push(own.pushed, into: join.left), right: push(parts.pushed, into: join.right),
      conditions: own.kept)
    return LogicalPlan.join(result).filtered(by: unique(parts.kept))
  }

  private func pushIntoSemi(_ conditions: [BoundExpression], _ join: Join) -> LogicalPlan {
    let left = columnIDs(join.left)
    let right = columnIDs(join.right)
    let parts = split(conditions) { $0.isSubset(of: left) }
    if join.nullAware {
      // A NULL that a filter on the right would drop makes the result unknown.
      return LogicalPlan.join(
        join.with(left: push(parts.pushed, into: join.left), right: push([], into: join.right))
      ).filtered(by: unique(parts.kept))
    }
    var toLeft = parts.pushed
    var own = split(join.conditions.flatMap { $0.conjuncts }) { $0.isSubset(of: right) }
    var toRight = own.pushed
    for condition in own.kept {
      if let implied = ConditionSimplification.implied(by: condition, over: right) {
        toRight.append(implied)
      }
    }
    if join.kind == .semi {
      let leftOnly = split(own.kept) { $0.isSubset(of: left) }
      toLeft += leftOnly.pushed
      own.kept = leftOnly.kept
    }
    toRight += ImpliedConditions.transitive(own.kept + toLeft, from: [join.left])
      .filter { $0.columns.isSubset(of: right) }
    let result = join.with(
      left: push(unique(toLeft), into: join.left), right: push(unique(toRight), into: join.right),
      conditions: own.kept)
    return LogicalPlan.join(result).filtered(by: unique(parts.kept))
  }
}
