package import OlapColumns
package import OlapFunctions

/// Identifies one column within one statement's plan; every producer makes fresh ids, so an id names
/// the same values wherever it appears and rules never renumber.
package struct ColumnID: Hashable, Sendable, Comparable {
  package let raw: Int
  package init(_ raw: Int) { self.raw = raw }
  package static func < (left: ColumnID, right: ColumnID) -> Bool { left.raw < right.raw }
}

/// A column as a plan node outputs it.
package struct PlanColumn: Hashable, Sendable {
  package var id: ColumnID
  package var name: String
  package var type: SQLType
  package init(id: ColumnID, name: String, type: SQLType) {
    self.id = id
    self.name = name
    self.type = type
  }
}

/// An expression with names and types resolved; every implicit cast is explicit here.
package indirect enum BoundExpression: Sendable, Hashable {
  case column(ColumnID, SQLType)
  case constant(Value, SQLType)
  /// Prepared-statement parameter by 0-based position.
  case parameter(Int, SQLType)
  case call(BoundCall)
  /// Both sides have the same type.
  case comparison(ComparisonOperator, BoundExpression, BoundExpression)
  case and([BoundExpression])
  case or([BoundExpression])
  case not(BoundExpression)
  case isNull(BoundExpression, negated: Bool)
  case cast(BoundExpression, to: SQLType, isTry: Bool)
  case caseWhen(branches: [CaseBranch], otherwise: BoundExpression, type: SQLType)
  /// value IN (items): items have the value's type; three-valued.
  case inList(BoundExpression, [BoundExpression], negated: Bool)
  /// list_transform / list_filter / list_reduce: `body` over the elements.
  case lambdaCall(BoundLambdaCall)
  /// A subquery in an expression; removed by decorrelation before execution.
  case subquery(BoundSubquery)
  /// coalesce: evaluated lazily left to right.
  case coalesce([BoundExpression], type: SQLType)
}

package struct CaseBranch: Sendable, Hashable {
  package var condition: BoundExpression
  package var result: BoundExpression
  package init(condition: BoundExpression, result: BoundExpression) {
    self.condition = condition
    self.result = result
  }
}

/// A scalar function call; arguments are already cast to `bound.argumentTypes`.
package struct BoundCall: Sendable, Hashable {
  package var function: ScalarFunction
  package var bound: BoundScalar
  package var arguments: [BoundExpression]
  package init(function: ScalarFunction, bound: BoundScalar, arguments: [BoundExpression]) {
    self.function = function
    self.bound = bound
    self.arguments = arguments
  }
  package static func == (left: BoundCall, right: BoundCall) -> Bool {
    left.function.name == right.function.name && left.function.stability != .volatile
      && left.bound.returnType == right.bound.returnType
      && left.bound.argumentTypes == right.bound.argumentTypes && left.arguments == right.arguments
  }
  package func hash(into hasher: inout Hasher) {
    hasher.combine(function.name)
    hasher.combine(arguments)
  }
}

package struct BoundLambdaCall: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable { case transform, filter, reduce }
  package var kind: Kind
  package var list: BoundExpression
  /// Initial accumulator of reduce, when given.
  package var initial: BoundExpression?
  /// Element, then index (1-based) when the lambda takes two; for reduce: accumulator, element[, index].
  package var parameters: [PlanColumn]
  package var body: BoundExpression
  package var type: SQLType
  package init(
    kind: Kind, list: BoundExpression, initial: BoundExpression?, parameters: [PlanColumn],
    body: BoundExpression, type: SQLType
  ) {
    self.kind = kind
    self.list = list
    self.initial = initial
    self.parameters = parameters
    self.body = body
    self.type = type
  }
}

/// A subquery as the binder leaves it. `correlated` are the outer columns its plan mentions.
package struct BoundSubquery: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// One value; more than one row is an error.
    case scalar
    case exists(negated: Bool)
    /// operand op ANY (subquery); IN is `= ANY`, NOT IN is negated.
    case any(operand: [BoundExpression], ComparisonOperator, negated: Bool)
    /// operand op ALL (subquery).
    case all(operand: [BoundExpression], ComparisonOperator)
    /// ARRAY(subquery): a list of its values.
    case array
  }
  package var kind: Kind
  package var plan: LogicalPlan
  package var correlated: Set<ColumnID>
  package var type: SQLType
  /// Unique per subquery occurrence: plans are not compared.
  package var identity: Int
  package init(
    kind: Kind, plan: LogicalPlan, correlated: Set<ColumnID>, type: SQLType, identity: Int
  ) {
    self.kind = kind
    self.plan = plan
    self.correlated = correlated
    self.type = type
    self.identity = identity
  }
  package static func == (left: BoundSubquery, right: BoundSubquery) -> Bool {
    left.identity == right.identity
  }
  package func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

/// One ORDER BY item.
package struct SortItem: Sendable, Hashable {
  package var expression: BoundExpression
  package var descending: Bool
  package var nullsFirst: Bool
  package init(expression: BoundExpression, descending: Bool, nullsFirst: Bool) {
    self.expression = expression
    self.descending = descending
    self.nullsFirst = nullsFirst
  }
}

extension BoundExpression {
  /// The type of the value.
  package var type: SQLType {
    switch self {
    case .column(_, let type), .constant(_, let type), .parameter(_, let type): type
    case .call(let call): call.bound.returnType
    case .comparison, .and, .or, .not, .isNull, .inList: .boolean
    case .cast(_, let type, _): type
    case .caseWhen(_, _, let type), .coalesce(_, let type): type
    case .lambdaCall(let call): call.type
    case .subquery(let subquery): subquery.type
    }
  }
}
