/// A query: CTEs, a body, and what applies to the body's whole result.
package struct SelectStatement: Hashable, Sendable {
  package var with: WithClause?
  package var body: QueryBody
  package var orderBy: OrderByClause?
  package var limit: LimitClause?
  package var range: SourceRange

  package init(
    with: WithClause? = nil, body: QueryBody, orderBy: OrderByClause? = nil,
    limit: LimitClause? = nil, range: SourceRange = .none
  ) {
    self.with = with
    self.body = body
    self.orderBy = orderBy
    self.limit = limit
    self.range = range
  }
}

/// What produces the rows of a query.
package indirect enum QueryBody: Hashable, Sendable {
  case select(SelectCore)
  /// `VALUES (…), (…)`: at least one row; rows may differ in length (the binder refuses).
  case values([[Expression]])
  case setOperation(SetOperation)
  /// A query in parentheses with CTEs, ORDER BY or LIMIT of its own.
  case nested(SelectStatement)
  /// `PIVOT t ON …` as a query.
  case pivot(Pivot)
  /// `UNPIVOT t ON …` as a query.
  case unpivot(Unpivot)
  /// `DESCRIBE`, `SHOW`, `SUMMARIZE` in parentheses as a table.
  case describe(DescribeStatement)
}

/// `left op right op …` of one operator, folded from left to right: two or more operands.
package struct SetOperation: Hashable, Sendable {
  package var kind: Kind
  package var isAll: Bool
  /// `UNION BY NAME`.
  package var isByName: Bool
  package var operands: [QueryBody]
  package var range: SourceRange

  package enum Kind: String, Hashable, Sendable {
    case union = "UNION"
    case intersect = "INTERSECT"
    case except = "EXCEPT"
  }

  package init(
    kind: Kind, isAll: Bool, isByName: Bool, operands: [QueryBody], range: SourceRange = .none
  ) {
    self.kind = kind
    self.isAll = isAll
    self.isByName = isByName
    self.operands = operands
    self.range = range
  }
}

/// One SELECT … FROM … WHERE block. `FROM t` alone has the item `*`.
package struct SelectCore: Hashable, Sendable {
  package var distinct: Distinct
  package var items: [SelectItem]
  /// Comma-separated references; empty without FROM.
  package var from: [TableReference]
  package var filter: Expression?
  package var groupBy: GroupByClause?
  package var having: Expression?
  package var windows: [NamedWindow]
  package var qualify: Expression?
  /// `USING SAMPLE`.
  package var sample: SampleClause?
  package var range: SourceRange

  package enum Distinct: Hashable, Sendable {
    case all
    case distinct
    case on([Expression])
  }

  package init(
    distinct: Distinct = .all, items: [SelectItem], from: [TableReference] = [],
    filter: Expression? = nil, groupBy: GroupByClause? = nil, having: Expression? = nil,
    windows: [NamedWindow] = [], qualify: Expression? = nil, sample: SampleClause? = nil,
    range: SourceRange = .none
  ) {
    self.distinct = distinct
    self.items = items
    self.from = from
    self.filter = filter
    self.groupBy = groupBy
    self.having = having
    self.windows = windows
    self.qualify = qualify
    self.sample = sample
    self.range = range
  }
}

/// `expression [AS alias]`.
package struct SelectItem: Hashable, Sendable {
  package var expression: Expression
  package var alias: Identifier?

  package init(expression: Expression, alias: Identifier? = nil) {
    self.expression = expression
    self.alias = alias
  }
}

package enum GroupByClause: Hashable, Sendable {
  /// `GROUP BY ALL`: every item without an aggregate.
  case all
  case elements([GroupingElement])
}

/// One element of GROUP BY; the cross product of all elements' sets is grouped by.
package indirect enum GroupingElement: Hashable, Sendable {
  case expression(Expression)
  /// `()`: everything in one group.
  case empty
  /// `ROLLUP (a, (b, c))`: each entry is one or more expressions taken together.
  case rollup([[Expression]])
  case cube([[Expression]])
  /// `GROUPING SETS (…)`. A set of several expressions is `.set`.
  case groupingSets([GroupingElement])
  /// `(a, b)` within GROUPING SETS.
  case set([Expression])
}

/// `name AS (specification)` of the WINDOW clause.
package struct NamedWindow: Hashable, Sendable {
  package var name: Identifier
  package var specification: WindowSpecification

  package init(name: Identifier, specification: WindowSpecification) {
    self.name = name
    self.specification = specification
  }
}

/// LIMIT, OFFSET and FETCH.
package struct LimitClause: Hashable, Sendable {
  package var count: Count
  package var offset: Expression?
  /// `FETCH FIRST n ROWS WITH TIES` and `LIMIT n WITH TIES`.
  package var withTies: Bool
  package var range: SourceRange

  package indirect enum Count: Hashable, Sendable {
    /// No LIMIT, or `LIMIT ALL`.
    case all
    case rows(Expression)
    case percent(Expression)
  }

  package init(
    count: Count, offset: Expression? = nil, withTies: Bool = false, range: SourceRange = .none
  ) {
    self.count = count
    self.offset = offset
    self.withTies = withTies
    self.range = range
  }
}

/// `TABLESAMPLE` and `USING SAMPLE`.
package struct SampleClause: Hashable, Sendable {
  package var size: Size
  /// `nil`: reservoir for rows, system for percent.
  package var method: Method?
  /// `REPEATABLE (seed)`.
  package var seed: Int?
  package var range: SourceRange

  package enum Size: Hashable, Sendable {
    case rows(Int)
    case percent(Double)
  }

  package enum Method: String, Hashable, Sendable {
    case reservoir
    case bernoulli
    case system
  }

  package init(size: Size, method: Method? = nil, seed: Int? = nil, range: SourceRange = .none) {
    self.size = size
    self.method = method
    self.seed = seed
    self.range = range
  }
}

/// `WITH [RECURSIVE] name AS (…), …`.
package struct WithClause: Hashable, Sendable {
  package var isRecursive: Bool
  package var tables: [CommonTableExpression]
  package var range: SourceRange

  package init(
    isRecursive: Bool, tables: [CommonTableExpression], range: SourceRange = .none
  ) {
    self.isRecursive = isRecursive
    self.tables = tables
    self.range = range
  }
}

/// `name (columns) AS [NOT] MATERIALIZED (body)`.
package struct CommonTableExpression: Hashable, Sendable {
  package var name: Identifier
  package var columns: [Identifier]
  /// `nil`: the optimizer chooses.
  package var isMaterialized: Bool?
  /// `USING KEY (a, b)` of a recursive CTE.
  package var usingKey: [Identifier]
  package var body: Body
  package var range: SourceRange

  package indirect enum Body: Hashable, Sendable {
    case query(SelectStatement)
    /// INSERT, UPDATE, DELETE or MERGE with RETURNING.
    case modification(Statement)
  }

  package init(
    name: Identifier, columns: [Identifier] = [], isMaterialized: Bool? = nil,
    usingKey: [Identifier] = [], body: Body, range: SourceRange = .none
  ) {
    self.name = name
    self.columns = columns
    self.isMaterialized = isMaterialized
    self.usingKey = usingKey
    self.body = body
    self.range = range
  }
}
