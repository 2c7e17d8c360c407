internal import OlapColumns

extension LogicalPlan {
  /// A plan that has rows exactly when this one has, without what only shapes them.
  var reducedToExistence: LogicalPlan {
    switch self {
    case .project(let input, _), .sort(let input, _), .distinct(let input, _, _),
      .window(let input, _):
      return input.reducedToExistence
    case .limit(let input, let limit)
    where limit.offset == nil && !limit.isPercent && limit.count.isAtLeastOne:
      return input.reducedToExistence
    case .topN(let input, _, let limit, 0) where limit > 0: return input.reducedToExistence
    case .aggregate(let aggregate)
    where aggregate.groupingSets == nil && !aggregate.groups.isEmpty:
      return aggregate.input.reducedToExistence
    default: return self
    }
  }

  /// The plan without a final ORDER BY that no LIMIT reads.
  var withoutOrder: LogicalPlan {
    switch self {
    case .sort(let input, _): input.withoutOrder
    case .project(let input, let projections): .project(input.withoutOrder, projections)
    default: self
    }
  }

  /// Whether the plan always gives exactly one row.
  var hasExactlyOneRow: Bool {
    switch self {
    case .values(let rows, _): rows.count == 1
    case .project(let input, _), .window(let input, _), .sort(let input, _),
      .materialize(_, _, let input):
      input.hasExactlyOneRow
    case .aggregate(let aggregate): aggregate.groups.isEmpty && aggregate.groupingSets == nil
    case .join(let join), .dependentJoin(let join, _):
      switch join.kind {
      case .cross: join.left.hasExactlyOneRow && join.right.hasExactlyOneRow
      case .single, .mark: join.left.hasExactlyOneRow
      default: false
      }
    default: false
    }
  }

  /// Whether the plan never gives more than one row.
  var hasAtMostOneRow: Bool {
    switch self {
    case .values(let rows, _): rows.count <= 1
    case .project(let input, _), .window(let input, _), .sort(let input, _),
      .materialize(_, _, let input), .filter(let input, _), .distinct(let input, _, _),
      .sample(let input, _):
      input.hasAtMostOneRow
    case .aggregate(let aggregate): aggregate.groups.isEmpty && aggregate.groupingSets == nil
    case .topN(let input, _, let limit, _): limit <= 1 || input.hasAtMostOneRow
    case .limit(let input, let limit):
      limit.isAtMostOne || input.hasAtMostOneRow
    case .join(let join), .dependentJoin(let join, _):
      switch join.kind {
      case .cross, .inner, .left: join.left.hasAtMostOneRow && join.right.hasAtMostOneRow
      case .single, .mark, .semi, .anti: join.left.hasAtMostOneRow
      case .rightSemi, .rightAnti: join.right.hasAtMostOneRow
      default: false
      }
    default: false
    }
  }
}

extension Limit {
  fileprivate var isAtMostOne: Bool {
    if !isPercent, tieOrder == nil, case .integer(let n)? = count?.constantValue {
      n <= 1
    } else {
      false
    }
  }
}

extension BoundExpression? {
  /// A missing LIMIT, or a constant one that lets a row pass.
  fileprivate var isAtLeastOne: Bool {
    guard let expression = self else { return true }
    if case .integer(let n)? = expression.constantValue { return n >= 1 }
    return false
  }
}
