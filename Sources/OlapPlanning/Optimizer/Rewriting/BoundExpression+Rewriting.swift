package import OlapColumns
internal import OlapFunctions

extension BoundExpression {
  /// Operand expressions, left to right. The plan of a subquery is not among them.
  package var children: [BoundExpression] {
    switch self {
    case .column, .constant, .parameter: []
    case .call(let call): call.arguments
    case .comparison(_, let left, let right): [left, right]
    case .and(let items), .or(let items), .coalesce(let items, _): items
    case .not(let operand), .isNull(let operand, _), .cast(let operand, _, _): [operand]
    case .caseWhen(let branches, let otherwise, _):
      branches.flatMap { [$0.condition, $0.result] } + [otherwise]
    case .inList(let value, let items, _): [value] + items
    case .lambdaCall(let call):
      [call.list] + (call.initial.map { [$0] } ?? []) + [call.body]
    case .subquery(let subquery): subquery.operands
    }
  }

  /// The same node over rewritten operands.
  package func mapChildren(
    _ rewrite: (BoundExpression) throws -> BoundExpression
  ) rethrows -> BoundExpression {
    switch self {
    case .column, .constant, .parameter: return self
    case .call(var call):
      call.arguments = try call.arguments.map(rewrite)
      return .call(call)
    case .comparison(let comparison, let left, let right):
      return .comparison(comparison, try rewrite(left), try rewrite(right))
    case .and(let items): return .and(try items.map(rewrite))
    case .or(let items): return .or(try items.map(rewrite))
    case .coalesce(let items, let type): return .coalesce(try items.map(rewrite), type: type)
    case .not(let operand): return .not(try rewrite(operand))
    case .isNull(let operand, let negated): return .isNull(try rewrite(operand), negated: negated)
    case .cast(let operand, let type, let isTry):
      return .cast(try rewrite(operand), to: type, isTry: isTry)
    case .caseWhen(let branches, let otherwise, let type):
      let rewritten: [CaseBranch] = try branches.map {
        CaseBranch(condition: try rewrite($0.condition), result: try rewrite($0.result))
      }
      return .caseWhen(branches: rewritten, otherwise: try rewrite(otherwise), type: type)
    case .inList(let value, let items, let negated):
      return .inList(try rewrite(value), try items.map(rewrite), negated: negated)
    case .lambdaCall(var call):
      call.list = try rewrite(call.list)
      call.initial = try call.initial.map(rewrite)
      call.body = try rewrite(call.body)
      return .lambdaCall(call)
    case .subquery(let subquery): return .subquery(try subquery.mapOperands(rewrite))
    }
  }

  /// Rewrites operands first, then the node itself.
  package func rewrittenUp(
    _ rewrite: (BoundExpression) throws -> BoundExpression
  ) rethrows -> BoundExpression {
    try rewrite(try mapChildren { try $0.rewrittenUp(rewrite) })
  }

  /// Whether the node or any operand satisfies `predicate`.
  package func contains(where predicate: (BoundExpression) -> Bool) -> Bool {
    predicate(self) || children.contains { $0.contains(where: predicate) }
  }

  /// Replaces column references by expressions of the same type.
  package func substituting(_ replacements: [ColumnID: BoundExpression]) -> BoundExpression {
    if replacements.isEmpty { return self }
    switch self {
    case .column(let id, _): return replacements[id] ?? self
    case .constant, .parameter: return self
    case .subquery(var subquery):
      subquery = subquery.mapOperands { $0.substituting(replacements) }
      subquery.plan = subquery.plan.substitutingReferences(replacements)
      subquery.correlated = subquery.plan.freeColumns
      return .subquery(subquery)
    default: return mapChildren { $0.substituting(replacements) }
    }
  }

  /// Adds the columns the expression reads; lambda parameters are not columns.
  package func collectColumns(into columns: inout Set<ColumnID>) {
    switch self {
    case .column(let id, _): columns.insert(id)
    case .constant, .parameter: break
    case .lambdaCall(let call):
      var inner: Set<ColumnID> = []
      for child in children { child.collectColumns(into: &inner) }
      for parameter in call.parameters { inner.remove(parameter.id) }
      columns.formUnion(inner)
    case .subquery(let subquery):
      for operand in subquery.operands { operand.collectColumns(into: &columns) }
      columns.formUnion(subquery.plan.freeColumns)
    default:
      for child in children { child.collectColumns(into: &columns) }
    }
  }

  /// The columns the expression reads.
  package var columns: Set<ColumnID> {
    var result: Set<ColumnID> = []
    collectColumns(into: &result)
    return result
  }

  /// Whether a function in the expression may give another value for each row.
  package var isVolatile: Bool {
    contains {
      if case .call(let call) = $0 { call.function.stability == .volatile } else { false }
    }
  }

  package var containsSubquery: Bool {
    contains { if case .subquery = $0 { true } else { false } }
  }

  package var constantValue: Value? {
    if case .constant(let value, _) = self { value } else { nil }
  }

  package var columnID: ColumnID? {
    if case .column(let id, _) = self { id } else { nil }
  }

  /// The conjuncts of a condition: nested ANDs flattened, TRUE dropped.
  package var conjuncts: [BoundExpression] {
    var result: [BoundExpression] = []
    var pending: [BoundExpression] = [self]
    while let item = pending.popLast() {
      switch item {
      case .and(let items): pending.append(contentsOf: items.reversed())
      case .constant(.boolean(true), _): break
      default: result.append(item)
      }
    }
    return result
  }

  /// The disjuncts of a condition: nested ORs flattened.
  package var disjuncts: [BoundExpression] {
    var result: [BoundExpression] = []
    var pending: [BoundExpression] = [self]
    while let item = pending.popLast() {
      if case .or(let items) = item {
        pending.append(contentsOf: items.reversed())
      } else {
        result.append(item)
      }
    }
    return result
  }

  /// One expression for a list of conjuncts; TRUE when empty.
  package static func conjunction(_ items: [BoundExpression]) -> BoundExpression {
    switch items.count {
    case 0: .constant(.boolean(true), .boolean)
    case 1: items[0]
    default: .and(items)
    }
  }

  /// One expression for a list of disjuncts; FALSE when empty.
  package static func disjunction(_ items: [BoundExpression]) -> BoundExpression {
    switch items.count {
    case 0: .constant(.boolean(false), .boolean)
    case 1: items[0]
    default: .or(items)
    }
  }

  package static var alwaysTrue: BoundExpression { .constant(.boolean(true), .boolean) }
  package static var alwaysFalse: BoundExpression { .constant(.boolean(false), .boolean) }
}

extension BoundSubquery {
  /// Left operands of ANY and ALL.
  package var operands: [BoundExpression] {
    switch kind {
    case .any(let operand, _, _), .all(let operand, _): operand
    case .scalar, .exists, .array: []
    }
  }

  package func mapOperands(
    _ rewrite: (BoundExpression) throws -> BoundExpression
  ) rethrows -> BoundSubquery {
    var copy = self
    switch kind {
    case .any(let operand, let comparison, let negated):
      copy.kind = .any(operand: try operand.map(rewrite), comparison, negated: negated)
    case .all(let operand, let comparison):
      copy.kind = .all(operand: try operand.map(rewrite), comparison)
    case .scalar, .exists, .array: break
    }
    return copy
  }
}

extension PlanColumn {
  /// A reference to the column.
  package var reference: BoundExpression { .column(id, type) }
}

extension Projection {
  /// Whether the projection hands a column on under its own id.
  package var isPassThrough: Bool { expression.columnID == output.id }

  /// A column handed on as it is.
  package init(passing column: PlanColumn) { self.init(column.reference, as: column) }
}
