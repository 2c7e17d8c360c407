internal import OlapColumns
internal import OlapFunctions

/// Simplifies every expression of a plan: constants folded, NOT pushed down, conditions flattened,
/// constants on the right of comparisons, common factors of ORs extracted.
struct ExpressionSimplification {
  private let folding: ConstantFolding

  init(state: OptimizerState) {
    self.init(evaluation: state.context.evaluation)
  }

  init(evaluation: EvaluationContext) {
    folding = ConstantFolding(evaluation: evaluation)
  }

  func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    plan.rewrittenUp { node in
      switch node {
      case .filter(let input, let conditions):
        return input.filtered(by: simplifyConditions(conditions))
      case .join(var join) where join.nullAware:
        // Unknown differs from false here, and the key must stay one of both sides.
        let simple = join.conditions.map { simplify($0) }
        if simple.allSatisfy({ isKeyComparison($0) }) { join.conditions = simple }
        return .join(join)
      case .join(var join):
        join.conditions = simplifyConditions(join.conditions)
        return .join(join)
      default: return node.mapExpressions { simplify($0) }
      }
    }
  }

  private func isKeyComparison(_ condition: BoundExpression) -> Bool {
    guard case .comparison(.equal, let left, let right) = condition else { return false }
    return !left.columns.isEmpty && !right.columns.isEmpty
  }

  /// Conjuncts of a condition that only asks for TRUE: NULL counts as FALSE.
  func simplifyConditions(_ conditions: [BoundExpression]) -> [BoundExpression] {
    var result: [BoundExpression] = []
    var seen: Set<BoundExpression> = []
    for condition in conditions {
      for conjunct in simplify(condition).conjuncts {
        if case .constant(let value, _) = conjunct, value != .boolean(true) {
          return [.alwaysFalse]
        }
        if seen.insert(conjunct).inserted { result.append(conjunct) }
      }
    }
    return result
  }

  func simplify(_ expression: BoundExpression) -> BoundExpression {
    switch expression {
    // Long chains are flattened once, not level by level.
    case .and: ConditionSimplification.and(expression.conjuncts.map { simplify($0) })
    case .or: ConditionSimplification.or(expression.disjuncts.map { simplify($0) })
    default: simplifyNode(expression.mapChildren { simplify($0) })
    }
  }

  private func simplifyNode(_ expression: BoundExpression) -> BoundExpression {
    switch expression {
    case .not(let operand): return negate(operand)
    case .and(let items): return ConditionSimplification.and(items)
    case .or(let items): return ConditionSimplification.or(items)
    case .comparison(let comparison, let left, let right):
      return simplifyComparison(comparison, left, right)
    case .inList(let value, let items, let negated): return simplifyIn(value, items, negated)
    case .caseWhen(let branches, let otherwise, let type):
      return simplifyCase(branches, otherwise, type)
    case .coalesce(let items, let type): return simplifyCoalesce(items, type)
    case .cast(let operand, let type, _) where operand.type == type: return operand
    case .isNull(.isNull, let negated), .isNull(.comparison(.distinctFrom, _, _), let negated),
      .isNull(.comparison(.notDistinctFrom, _, _), let negated):
      return .constant(.boolean(negated), .boolean)
    case .call(let call): return simplifyPattern(call) ?? folding.fold(expression)
    default: return folding.fold(expression)
    }
  }

  // MARK: NOT

  /// NOT pushed to where it costs nothing.
  private func negate(_ operand: BoundExpression) -> BoundExpression {
    switch operand {
    case .constant(.boolean(let value), _): return .constant(.boolean(!value), .boolean)
    case .constant(.null, _): return .constant(.null, .boolean)
    case .not(let inner): return inner
    case .comparison(let comparison, let left, let right):
      return .comparison(comparison.negated, left, right)
    case .isNull(let inner, let negated): return .isNull(inner, negated: !negated)
    case .inList(let value, let items, let negated):
      return .inList(value, items, negated: !negated)
    case .and(let items): return ConditionSimplification.or(items.map { negate($0) })
    case .or(let items): return ConditionSimplification.and(items.map { negate($0) })
    default: return .not(operand)
    }
  }

  // MARK: Comparisons

  private func simplifyComparison(
    _ comparison: ComparisonOperator, _ left: BoundExpression, _ right: BoundExpression
  ) -> BoundExpression {
    if case .constant = left {
      if case .constant = right {
        return folding.fold(.comparison(comparison, left, right))
      }
      return simplifyComparison(comparison.flipped, right, left)
    }
    guard case .constant(let value, let type) = right else {
      return .comparison(comparison, left, right)
    }
    if value.isNull {
      switch comparison {
      case .notDistinctFrom: return .isNull(left, negated: false)
      case .distinctFrom: return .isNull(left, negated: true)
      default: return .constant(.null, .boolean)
      }
    }
    if case .boolean(let flag) = value {
      switch comparison {
      case .equal: return flag ? left : negate(left)
      case .notEqual: return flag ? negate(left) : left
      default: break
      }
    }
    if case .cast(let operand, _, false) = left,
      let simpler = ExactCast.simplify(
        comparison, operand, from: operand.type, to: type, value)
    {
      return simpler
    }
    return .comparison(comparison, left, right)
  }

  private func simplifyIn(
    _ value: BoundExpression, _ items: [BoundExpression], _ negated: Bool
  ) -> BoundExpression {
    var distinct: [BoundExpression] = []
    var seen: Set<BoundExpression> = []
    for item in items where item.isVolatile || seen.insert(item).inserted { distinct.append(item) }
    if distinct.count == 1 {
      return simplifyComparison(negated ? .notEqual : .equal, value, distinct[0])
    }
    if case .constant = value, distinct.allSatisfy({ $0.constantValue != nil }) {
      let matches = distinct.map { folding.fold(.comparison(.equal, value, $0)) }
      if matches.allSatisfy({ $0.constantValue != nil }) {
        let found = ConditionSimplification.or(matches)
        return negated ? negate(found) : found
      }
    }
    if case .cast(let operand, let type, false) = value,
      let narrowed = narrowItems(distinct, of: type, to: operand.type)
    {
      return .inList(operand, narrowed, negated: negated)
    }
    return .inList(value, distinct, negated: negated)
  }

  private func narrowItems(
    _ items: [BoundExpression], of type: SQLType, to source: SQLType
  ) -> [BoundExpression]? {
    guard ExactCast.isLossless(from: source, to: type) else { return nil }
    var result: [BoundExpression] = []
    for item in items {
      guard let value = item.constantValue else { return nil }
      if value.isNull {
        result.append(.constant(.null, source))
      } else if case .exact(let narrowed)? = ExactCast.narrow(value, of: type, to: source) {
        result.append(.constant(narrowed, source))
      } else {
        return nil
      }
    }
    return result
  }

  // MARK: CASE and COALESCE

  private func simplifyCase(
    _ branches: [CaseBranch], _ otherwise: BoundExpression, _ type: SQLType
  ) -> BoundExpression {
    var kept: [CaseBranch] = []
    var rest = otherwise
    for branch in branches {
      if let value = branch.condition.constantValue {
        if value != .boolean(true) { continue }
        rest = branch.result
        break
      }
      kept.append(branch)
    }
    return kept.isEmpty ? rest : .caseWhen(branches: kept, otherwise: rest, type: type)
  }

  private func simplifyCoalesce(_ items: [BoundExpression], _ type: SQLType) -> BoundExpression {
    var kept: [BoundExpression] = []
    for item in items {
      if case .constant(let value, _) = item {
        if value.isNull { continue }
        kept.append(item)
        break
      }
      kept.append(item)
    }
    switch kept.count {
    case 0: return .constant(.null, type)
    case 1: return kept[0]
    default: return .coalesce(kept, type: type)
    }
  }

  // MARK: LIKE

  /// LIKE without wildcards is equality; LIKE '%' asks for a value.
  private func simplifyPattern(_ call: BoundCall) -> BoundExpression? {
    guard call.function.name == LikePattern.functionName, call.arguments.count == 2,
      call.arguments[0].type == .varchar,
      case .constant(.varchar(let pattern), let type) = call.arguments[1]
    else { return nil }
    if case .constant = call.arguments[0] { return nil }
    if LikePattern.isLiteral(pattern) {
      return .comparison(.equal, call.arguments[0], .constant(.varchar(pattern), type))
    }
    return nil
  }
}
