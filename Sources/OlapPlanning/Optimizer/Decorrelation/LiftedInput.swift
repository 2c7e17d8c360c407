internal import OlapColumns
internal import OlapFunctions

/// An input that grows joins while subquery expressions over it are replaced by columns.
struct LiftedInput {
  var plan: LogicalPlan
  let lifting: SubqueryLifting
  private var state: OptimizerState { lifting.state }

  init(plan: LogicalPlan, lifting: SubqueryLifting) {
    self.plan = plan
    self.lifting = lifting
  }

  /// The expression without subqueries. With `truthOnly` the caller only asks whether the value is
  /// TRUE, so UNKNOWN may come out as FALSE.
  mutating func lift(
    _ expression: BoundExpression, truthOnly: Bool
  ) throws -> BoundExpression {
    guard expression.containsSubquery else { return expression }
    switch expression {
    case .and(let items): return .and(try items.map { try lift($0, truthOnly: truthOnly) })
    case .or(let items): return .or(try items.map { try lift($0, truthOnly: truthOnly) })
    case .caseWhen(let branches, let otherwise, let type):
      var lifted: [CaseBranch] = []
      for branch in branches {
        lifted.append(
          CaseBranch(
            condition: try lift(branch.condition, truthOnly: true),
            result: try lift(branch.result, truthOnly: truthOnly)))
      }
      let rest = try lift(otherwise, truthOnly: truthOnly)
      return .caseWhen(branches: lifted, otherwise: rest, type: type)
    case .subquery(var subquery):
      subquery = try subquery.mapOperands { try lift($0, truthOnly: false) }
      subquery.plan = try lifting.rewrite(subquery.plan)
      return try attach(subquery, truthOnly: truthOnly)
    case .lambdaCall(let call) where call.body.containsSubquery:
      throw BindError("a subquery inside a lambda is not supported")
    default: return try expression.mapChildren { try lift($0, truthOnly: false) }
    }
  }

  /// Attaches a conjunct that is a quantified subquery as a semi or anti join; false when it is not.
  mutating func liftAsSemiJoin(_ conjunct: BoundExpression) throws -> Bool {
    var isNegated = false
    var expression = conjunct
    while case .not(let operand) = expression {
      isNegated.toggle()
      expression = operand
    }
    guard case .subquery(var subquery) = expression else { return false }
    switch subquery.kind {
    case .scalar, .array: return false
    case .exists, .any, .all: break
    }
    subquery = try subquery.mapOperands { try lift($0, truthOnly: false) }
    subquery.plan = try lifting.rewrite(subquery.plan)
    switch subquery.kind {
    case .exists(let negated):
      try attachExists(subquery.plan, isNegated: negated != isNegated)
    case .any(let operand, let comparison, let negated):
      let match = try comparison.matching(operand, subquery.plan.columns)
      attachQuantified(subquery.plan, match, operand, isNegated: negated != isNegated)
    case .all(let operand, let comparison):
      // x op ALL (S) holds when no s makes "x op s" false or unknown.
      let match = try comparison.negated.matching(operand, subquery.plan.columns)
      attachQuantified(subquery.plan, match, operand, isNegated: !isNegated)
    case .scalar, .array: return false
    }
    return true
  }

  // MARK: Semi and anti joins

  private mutating func attachExists(_ subplan: LogicalPlan, isNegated: Bool) throws {
    let existence = subplan.reducedToExistence
    if existence.freeColumns.isEmpty {
      let flag = try attachExistenceFlag(existence)
      plan = plan.filtered(by: [isNegated ? .not(flag) : flag])
      return
    }
    attach(
      Join(kind: isNegated ? .anti : .semi, left: plan, right: existence, conditions: []))
  }

  private mutating func attachQuantified(
    _ subplan: LogicalPlan, _ match: [BoundExpression], _ operand: [BoundExpression],
    isNegated: Bool
  ) {
    let right = subplan.withoutOrder
    if !isNegated {
      attach(Join(kind: .semi, left: plan, right: right, conditions: match))
      return
    }
    if isSingleKey(match, operand, right) {
      var join = Join(kind: .anti, left: plan, right: right, conditions: match)
      join.nullAware = mayBeNull(operand, right)
      attach(join)
      return
    }
    let conditions = match.map { possiblyTrue($0, right) }
    attach(Join(kind: .anti, left: plan, right: right, conditions: conditions))
  }

  /// TRUE where the condition is TRUE or unknown.
  private func possiblyTrue(_ condition: BoundExpression, _ right: LogicalPlan) -> BoundExpression {
    guard case .comparison(_, let operand, let column) = condition else {
      return .or([condition, .isNull(condition, negated: false)])
    }
    var items: [BoundExpression] = [condition]
    if !Nullability.isNeverNull(operand, in: plan) {
      items.append(.isNull(operand, negated: false))
    }
    if !Nullability.isNeverNull(column, in: right) {
      items.append(.isNull(column, negated: false))
    }
    return .disjunction(items)
  }

  /// Whether a null-aware join can do it: one equality between a left column and an uncorrelated side.
  private func isSingleKey(
    _ match: [BoundExpression], _ operand: [BoundExpression], _ right: LogicalPlan
  ) -> Bool {
    guard match.count == 1, case .comparison(.equal, _, _) = match[0] else { return false }
    let reads = operand.reduce(into: Set<ColumnID>()) { $1.collectColumns(into: &$0) }
    return !reads.isDisjoint(with: plan.columns.map(\.id)) && right.freeColumns.isEmpty
  }

  private func mayBeNull(_ operand: [BoundExpression], _ right: LogicalPlan) -> Bool {
    !operand.allSatisfy { Nullability.isNeverNull($0, in: plan) }
      || !right.columns.prefix(operand.count).allSatisfy {
        Nullability.isNeverNull($0.reference, in: right)
      }
  }

  /// Puts the join on top of the plan, as a dependent one when its right side reads the left.
  private mutating func attach(_ join: Join) {
    let leftIDs = Set(plan.columns.map(\.id))
    let correlated = join.right.freeColumns.intersection(leftIDs)
    plan = correlated.isEmpty ? .join(join) : .dependentJoin(join, correlated: correlated)
  }

  // MARK: Values

  /// Attaches the subquery and returns the expression of its value.
  private mutating func attach(
    _ subquery: BoundSubquery, truthOnly: Bool
  ) throws -> BoundExpression {
    switch subquery.kind {
    case .scalar: return attachScalar(subquery.plan.withoutOrder)
    case .array: return try attachArray(subquery)
    case .exists(let negated):
      let existence = subquery.plan.reducedToExistence
      let flag: BoundExpression =
        existence.freeColumns.isEmpty
        ? try attachExistenceFlag(existence) : attachMark(existence, [], nullAware: false)
      return negated ? .not(flag) : flag
    case .any(let operand, let comparison, let negated):
      let match = try comparison.matching(operand, subquery.plan.columns)
      let value = attachAny(subquery.plan, match, operand, truthOnly: truthOnly && !negated)
      return negated ? .not(value) : value
    case .all(let operand, let comparison):
      let match = try comparison.negated.matching(operand, subquery.plan.columns)
      return .not(attachAny(subquery.plan, match, operand, truthOnly: false))
    }
  }

  private mutating func attachScalar(_ subplan: LogicalPlan) -> BoundExpression {
    var right = subplan
    var value = right.columns[0]
    if right.freeColumns.contains(value.id) || right.columns.count > 1 {
      // An outer column handed through would otherwise exist twice above the join.
      let fresh = state.numbers.column(value.name, value.type)
      right = .project(right, [Projection(value.reference, as: fresh)])
      value = fresh
    }
    let kind: JoinKind = right.hasExactlyOneRow ? .cross : .single
    attach(Join(kind: kind, left: plan, right: right, conditions: []))
    return value.reference
  }

  /// An uncorrelated EXISTS: counts at most one row, once.
  private mutating func attachExistenceFlag(_ subplan: LogicalPlan) throws -> BoundExpression {
    let one = LogicalPlan.limit(
      subplan, Limit(count: .constant(.integer(1), .bigint), offset: nil))
    let count = try state.countStar()
    let counted = LogicalPlan.aggregate(Aggregate(input: one, groups: [], calls: [count]))
    attach(Join(kind: .cross, left: plan, right: counted, conditions: []))
    return .comparison(
      .greater, count.output.reference, .constant(.integer(0), count.output.type))
  }

  private mutating func attachMark(
    _ subplan: LogicalPlan, _ conditions: [BoundExpression], nullAware: Bool
  ) -> BoundExpression {
    let mark = state.numbers.column("mark", .boolean)
    var join = Join(kind: .mark, left: plan, right: subplan, conditions: conditions)
    join.mark = mark
    join.nullAware = nullAware
    attach(join)
    return mark.reference
  }

  /// The value of ANY: TRUE, FALSE or, unless `truthOnly`, NULL.
  private mutating func attachAny(
    _ subplan: LogicalPlan, _ match: [BoundExpression], _ operand: [BoundExpression],
    truthOnly: Bool
  ) -> BoundExpression {
    let right = subplan.withoutOrder
    if truthOnly || !mayBeNull(operand, right) {
      return attachMark(right, match, nullAware: false)
    }
    if isSingleKey(match, operand, right) {
      return attachMark(right, match, nullAware: true)
    }
    // One mark tells a true pair, another an unknown one.
    let copy = right.cloned(with: state.numbers)
    let renamed = match.map { PlanRenaming(columns: copy.columns).rename($0) }
    let isTrue = attachMark(right, match, nullAware: false)
    let unknown = BoundExpression.isNull(.conjunction(renamed), negated: false)
    let isUnknown = attachMark(copy.plan, [unknown], nullAware: false)
    return .caseWhen(
      branches: [
        CaseBranch(condition: isTrue, result: .alwaysTrue),
        CaseBranch(condition: isUnknown, result: .constant(.null, .boolean)),
      ], otherwise: .alwaysFalse, type: .boolean)
  }

  /// ARRAY(subquery): collected in the subquery's order; no rows give an empty list.
  private mutating func attachArray(_ subquery: BoundSubquery) throws -> BoundExpression {
    var source = subquery.plan
    let value = source.columns[0]
    var order: [SortItem] = []
    if let numbered = RowNumberLimit(state: state).numberingOrder(of: source) {
      source = numbered.plan
      order = [
        SortItem(expression: numbered.position.reference, descending: false, nullsFirst: false)
      ]
    }
    let call = try state.aggregate("list", [value.reference], orderBy: order)
    let collected = LogicalPlan.aggregate(Aggregate(input: source, groups: [], calls: [call]))
    let list = attachScalar(collected)
    return .coalesce([list, .constant(.list([]), list.type)], type: list.type)
  }
}

extension ComparisonOperator {
  /// The conditions under which operand and columns compare; rows compare column by column.
  fileprivate func matching(
    _ operand: [BoundExpression], _ columns: [PlanColumn]
  ) throws -> [BoundExpression] {
    guard !operand.isEmpty, operand.count <= columns.count else {
      throw BindError(
        "the subquery gives \(columns.count) columns where \(operand.count) are compared")
    }
    let items: [BoundExpression] = zip(operand, columns).map {
      .comparison(self, $0, $1.reference)
    }
    if items.count == 1 { return items }
    switch self {
    case .equal, .notDistinctFrom: return items
    case .notEqual, .distinctFrom: return [.or(items)]
    default: throw BindError("rows of a subquery can only be compared with = and <>")
    }
  }
}
