internal import OlapColumns

/// Replaces plans that cannot give rows (WHERE FALSE, LIMIT 0) by an empty relation, upwards.
enum EmptyResults {
  static func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    let node = plan.mapChildren { rewrite($0) }
    return isEmpty(node) ? .values(rows: [], columns: node.columns) : simplify(node)
  }

  private static func isEmpty(_ plan: LogicalPlan) -> Bool {
    switch plan {
    case .filter(let input, let conditions):
      return input.isEmptyRelation
        || conditions.contains {
          if let value = $0.constantValue { value != .boolean(true) } else { false }
        }
    case .project(let input, _), .window(let input, _), .sort(let input, _),
      .distinct(let input, _, _), .sample(let input, _):
      return input.isEmptyRelation
    case .topN(let input, _, let limit, _): return input.isEmptyRelation || limit <= 0
    case .limit(let input, let limit):
      if input.isEmptyRelation { return true }
      return !limit.isPercent && limit.count?.constantValue == .integer(0)
    case .unnest(let unnest): return unnest.input.isEmptyRelation
    case .aggregate(let aggregate):
      return aggregate.input.isEmptyRelation && !aggregate.groups.isEmpty
        && aggregate.groupingSets == nil
    case .join(let join): return isEmpty(join)
    case .setOperation(let operation):
      switch operation.kind {
      case .union: return operation.inputs.allSatisfy { $0.isEmptyRelation }
      case .intersect: return operation.inputs.contains { $0.isEmptyRelation }
      case .except: return operation.inputs.first?.isEmptyRelation == true
      }
    case .materialize(_, _, let body): return body.isEmptyRelation
    default: return false
    }
  }

  private static func isEmpty(_ join: Join) -> Bool {
    let left = join.left.isEmptyRelation
    let right = join.right.isEmptyRelation
    switch join.kind {
    case .inner, .cross, .semi, .rightSemi, .asof: return left || right
    case .left, .anti, .mark, .single, .asofLeft: return left
    case .right, .rightAnti: return right
    case .full, .positional: return left && right
    }
  }

  /// Drops what an empty input makes pointless.
  private static func simplify(_ plan: LogicalPlan) -> LogicalPlan {
    switch plan {
    case .join(let join) where join.kind == .anti && join.right.isEmptyRelation: return join.left
    case .setOperation(var operation) where operation.kind == .union && operation.isAll:
      let kept = operation.inputs.filter { !$0.isEmptyRelation }
      if kept.count == operation.inputs.count || kept.isEmpty { return plan }
      operation.inputs = kept
      if kept.count > 1 { return .setOperation(operation) }
      return .project(
        kept[0],
        zip(kept[0].columns, operation.columns).map { Projection($0.reference, as: $1) })
    default: return plan
    }
  }
}
