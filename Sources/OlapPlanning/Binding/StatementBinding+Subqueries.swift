internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
  /// A query bound one level below `c`: its plan, columns, and the outer columns it mentions.
  private func bindInner(_ query: SelectStatement, _ c: ExpressionContext) throws -> (
    plan: LogicalPlan, columns: [PlanColumn], correlated: Set<ColumnID>
  ) {
    if !c.scope.lambdaColumns.isEmpty {
      throw error("subqueries are not supported inside a lambda", query.range)
    }
    switch c.clause {
    case .defaultValue, .generated:
      throw error("subqueries are not allowed in \(c.clause.rawValue) expressions", query.range)
    default: break
    }
    let scope = Scope(parent: c.scope, commonTables: c.scope.commonTables)
    scope.place = SubqueryPlace(clause: c.clause, isInAggregate: c.isInAggregate)
    let bound = try bindQuery(query, scope)
    return (bound.plan, bound.columns, scope.correlated)
  }

  private func subquery(
    _ kind: BoundSubquery.Kind, _ plan: LogicalPlan, _ correlated: Set<ColumnID>, _ type: SQLType
  ) -> BoundExpression {
    .subquery(
      BoundSubquery(
        kind: kind, plan: plan, correlated: correlated, type: type,
        identity: allocator.subqueryIdentity()))
  }

  func bindExists(_ query: SelectStatement, _ c: ExpressionContext) throws -> BoundExpression {
    let inner = try bindInner(query, c)
    return subquery(.exists(negated: false), inner.plan, inner.correlated, .boolean)
  }

  func bindScalarSubquery(_ query: SelectStatement, _ c: ExpressionContext, _ range: SourceRange)
    throws -> BoundExpression
  {
    let inner = try bindInner(query, c)
    guard inner.columns.count == 1 else {
      throw error("Subquery returns \(inner.columns.count) columns - expected 1", range)
    }
    return subquery(.scalar, inner.plan, inner.correlated, inner.columns[0].type)
  }

  func bindArraySubquery(_ query: SelectStatement, _ c: ExpressionContext, _ range: SourceRange)
    throws -> BoundExpression
  {
    let inner = try bindInner(query, c)
    guard inner.columns.count == 1 else {
      throw error("Subquery returns \(inner.columns.count) columns - expected 1", range)
    }
    return subquery(.array, inner.plan, inner.correlated, .list(inner.columns[0].type))
  }

  func bindInSubquery(
    _ operand: Expression, _ query: SelectStatement, _ negated: Bool, _ c: ExpressionContext,
    _ range: SourceRange
  ) throws -> BoundExpression {
    try bindAny(operands(operand, c), .equal, query, negated, c, range)
  }

  private func operands(_ operand: Expression, _ c: ExpressionContext) throws -> [BoundExpression] {
    if case .row(let fields) = operand.kind { return try fields.map { try bind($0, c) } }
    return [try bind(operand, c)]
  }

  private func bindAny(
    _ operands: [BoundExpression], _ operation: ComparisonOperator, _ query: SelectStatement,
    _ negated: Bool, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let inner = try bindInner(query, c)
    let (cast, plan) = try align(operands, inner.plan, inner.columns, operation, range)
    return subquery(
      .any(operand: cast, operation, negated: negated), plan, inner.correlated, .boolean)
  }

  /// Operands and the subquery's columns in types that compare.
  private func align(
    _ operands: [BoundExpression], _ plan: LogicalPlan, _ columns: [PlanColumn],
    _ operation: ComparisonOperator, _ range: SourceRange
  ) throws -> ([BoundExpression], LogicalPlan) {
    guard operands.count == columns.count else {
      throw error(
        "Subquery returns \(columns.count) columns - expected \(operands.count)", range)
    }
    var types: [SQLType] = []
    for (operand, column) in zip(operands, columns) {
      types.append(try comparisonType(operand, column.reference, operation.symbol, range))
    }
    return (zip(operands, types).map { coerced($0, to: $1) }, cast(plan, columns, to: types))
  }

  /// The plan with its columns cast where their types differ.
  func cast(_ plan: LogicalPlan, _ columns: [PlanColumn], to types: [SQLType]) -> LogicalPlan {
    guard zip(columns, types).contains(where: { $0.type != $1 }) else { return plan }
    let projections = zip(columns, types).map { column, type in
      column.type == type
        ? Projection(column.reference, as: column)
        : Projection(coerced(column.reference, to: type), as: newColumn(column.name, type))
    }
    return .project(plan, projections)
  }

  func bindQuantified(
    _ operand: Expression, _ operation: BinaryOperator, _ quantifier: Quantifier,
    _ over: QuantifiedOperand, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    guard let comparison = StatementBinding.comparison(of: operation) else {
      throw error("ANY and ALL need a comparison operator", range)
    }
    let values = try operands(operand, c)
    switch over {
    case .subquery(let query):
      if quantifier == .any {
        return try bindAny(values, comparison, query, false, c, range)
      }
      // <> ALL is NOT IN, which has a form of its own.
      if comparison == .notEqual { return try bindAny(values, .equal, query, true, c, range) }
      let inner = try bindInner(query, c)
      let (cast, plan) = try align(values, inner.plan, inner.columns, comparison, range)
      return subquery(.all(operand: cast, comparison), plan, inner.correlated, .boolean)
    case .collection(let list):
      if case .list(let items) = list.kind, !items.isEmpty {
        if comparison == .equal, quantifier == .any {
          return try bindInList(operand, items, false, c, range)
        }
        if comparison == .notEqual, quantifier == .all {
          return try bindInList(operand, items, true, c, range)
        }
      }
      return try quantifiedList(values[0], comparison, quantifier, bind(list, c), range)
    }
  }

  /// `x op ANY (list)` as over a subquery of the list's elements: no elements decide by themselves,
  /// elements that are NULL, or an x that is, leave open what the others do not decide.
  private func quantifiedList(
    _ value: BoundExpression, _ comparison: ComparisonOperator, _ quantifier: Quantifier,
    _ list: BoundExpression, _ range: SourceRange
  ) throws -> BoundExpression {
    let zero = BoundExpression.constant(.integer(0), .bigint)
    let length = try callScalar("len", [list], range)
    let known = try callScalar("list_count", [list], range)
    let isEmpty = BoundExpression.comparison(
      .equal, .coalesce([coerced(length, to: .bigint), zero], type: .bigint), zero)
    let isOpen = BoundExpression.or([
      .isNull(value, negated: false),
      .comparison(.greater, coerced(length, to: .bigint), coerced(known, to: .bigint)),
    ])
    // What decides early: an element that fits ANY, one that does not fit ALL.
    let found = try elementComparison(value, comparison, quantifier, list, range)
    let isAny = quantifier == .any
    return .caseWhen(
      branches: [
        CaseBranch(condition: isEmpty, result: .constant(.boolean(!isAny), .boolean)),
        CaseBranch(
          condition: isAny ? found : .not(found), result: .constant(.boolean(isAny), .boolean)),
        CaseBranch(condition: isOpen, result: .constant(.null, .boolean)),
      ], otherwise: .constant(.boolean(!isAny), .boolean), type: .boolean)
  }

  /// The comparison with the elements that are not NULL: by the list's extremes, or by membership.
  private func elementComparison(
    _ value: BoundExpression, _ comparison: ComparisonOperator, _ quantifier: Quantifier,
    _ list: BoundExpression, _ range: SourceRange
  ) throws -> BoundExpression {
    switch (comparison, quantifier) {
    case (.equal, .any): return try bindContains(list, value, range)
    case (.notEqual, .all): return .not(try bindContains(list, value, range))
    case (.less, .any), (.lessOrEqual, .any), (.greater, .all), (.greaterOrEqual, .all):
      return try compare(comparison, value, callScalar("list_max", [list], range), range)
    case (.less, .all), (.lessOrEqual, .all), (.greater, .any), (.greaterOrEqual, .any):
      return try compare(comparison, value, callScalar("list_min", [list], range), range)
    case (.equal, .all):
      let low = try compare(.equal, value, callScalar("list_min", [list], range), range)
      let high = try compare(.equal, value, callScalar("list_max", [list], range), range)
      return .and([low, high])
    case (.notEqual, .any):
      let low = try compare(.notEqual, value, callScalar("list_min", [list], range), range)
      let high = try compare(.notEqual, value, callScalar("list_max", [list], range), range)
      return .or([low, high])
    default:
      throw error("this quantified comparison over a list is not supported", range)
    }
  }

  /// `(a, b) = (SELECT x, y …)`: the subquery's row as a struct of one column.
  func bindRowSubquery(
    _ operation: ComparisonOperator, _ fields: [Expression], _ query: SelectStatement,
    _ c: ExpressionContext, _ range: SourceRange
  ) throws -> BoundExpression {
    let left = try fields.map { try bind($0, c) }
    let row = try bindRowValue(query, left.count, c, range)
    return try compareRows(operation, left, row, range)
  }

  /// A subquery of one row as its fields.
  func bindRowValue(
    _ query: SelectStatement, _ count: Int, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> [BoundExpression] {
    let inner = try bindInner(query, c)
    guard inner.columns.count == count else {
      throw error("Subquery returns \(inner.columns.count) columns - expected \(count)", range)
    }
    let packed = structure(
      inner.columns.enumerated().map { ("f\($0.offset + 1)", $0.element.reference) })
    let plan = LogicalPlan.project(
      inner.plan, [Projection(packed, as: newColumn("row", packed.type))])
    var fields: [BoundExpression] = []
    for position in 1...max(1, count) {
      // Each use has columns of its own.
      let own = position == 1 ? plan : plan.cloned(with: allocator).plan
      let value = subquery(.scalar, own, inner.correlated, packed.type)
      fields.append(try extractField(value, Identifier("f\(position)", range: range)))
    }
    return fields
  }
}
