/// One relation of a FROM clause with its place in the text.
package struct TableReference: Hashable, Sendable {
  package var kind: Kind
  /// `AS name (columns)`; a derived table may go without.
  package var alias: TableAlias?
  /// `TABLESAMPLE …` on this relation.
  package var sample: SampleClause?
  package var range: SourceRange

  package indirect enum Kind: Hashable, Sendable {
    case table(ObjectName, version: TableVersion?)
    /// `FROM 'file.csv'`.
    case file(String)
    case subquery(SelectStatement, isLateral: Bool)
    /// `range(10)`, `read_csv(…)`, `changes(t, …)`.
    case function(FunctionCall, isLateral: Bool, withOrdinality: Bool)
    case join(Join)
    case pivot(Pivot)
    case unpivot(Unpivot)
  }

  package init(
    _ kind: Kind, alias: TableAlias? = nil, sample: SampleClause? = nil,
    range: SourceRange = .none
  ) {
    self.kind = kind
    self.alias = alias
    self.sample = sample
    self.range = range
  }
}

package struct TableAlias: Hashable, Sendable {
  package var name: Identifier
  package var columns: [Identifier]

  package init(name: Identifier, columns: [Identifier] = []) {
    self.name = name
    self.columns = columns
  }
}

/// Which state of a table is read: `t AS OF RUN 42`, `t AT (VERSION => 7)`.
package indirect enum TableVersion: Hashable, Sendable {
  case run(Expression)
  /// A commit sequence number.
  case version(Expression)
  case timestamp(Expression)
}

/// Two relations joined; left-deep for chains.
package struct Join: Hashable, Sendable {
  package var kind: Kind
  package var isNatural: Bool
  package var isAsOf: Bool
  package var left: TableReference
  package var right: TableReference
  package var condition: Condition
  package var range: SourceRange

  package enum Kind: String, Hashable, Sendable {
    case inner = "INNER"
    case left = "LEFT"
    case right = "RIGHT"
    case full = "FULL"
    case cross = "CROSS"
    case semi = "SEMI"
    case anti = "ANTI"
    case positional = "POSITIONAL"
  }

  package indirect enum Condition: Hashable, Sendable {
    case none
    case on(Expression)
    case using([Identifier])
  }

  package init(
    kind: Kind, isNatural: Bool = false, isAsOf: Bool = false, left: TableReference,
    right: TableReference, condition: Condition, range: SourceRange = .none
  ) {
    self.kind = kind
    self.isNatural = isNatural
    self.isAsOf = isAsOf
    self.left = left
    self.right = right
    self.condition = condition
    self.range = range
  }
}

/// `PIVOT source ON columns USING aggregates GROUP BY rows`, and the SQL-standard form
/// `source PIVOT (aggregates FOR column IN (…) GROUP BY …)`.
package struct Pivot: Hashable, Sendable {
  package var source: TableReference
  package var columns: [PivotColumn]
  /// Empty: `count(*)`.
  package var aggregates: [SelectItem]
  /// `nil`: every column not used elsewhere.
  package var groupBy: [Expression]?
  package var range: SourceRange

  package init(
    source: TableReference, columns: [PivotColumn], aggregates: [SelectItem],
    groupBy: [Expression]?, range: SourceRange = .none
  ) {
    self.source = source
    self.columns = columns
    self.aggregates = aggregates
    self.groupBy = groupBy
    self.range = range
  }
}

/// One `ON` entry of a pivot.
package struct PivotColumn: Hashable, Sendable {
  /// One expression, or several taken together: `FOR (a, b) IN (…)`.
  package var expressions: [Expression]
  /// `IN (values)`; `nil`: the distinct values found.
  package var values: [SelectItem]?
  /// `IN (SELECT …)` or the name of an enum type as a query.
  package var query: SelectStatement?

  package init(
    expressions: [Expression], values: [SelectItem]? = nil, query: SelectStatement? = nil
  ) {
    self.expressions = expressions
    self.values = values
    self.query = query
  }
}

/// `UNPIVOT source ON columns INTO NAME n VALUE v`, and `source UNPIVOT (v FOR n IN (…))`.
package struct Unpivot: Hashable, Sendable {
  package var source: TableReference
  /// Each entry becomes one row per input row: one expression for each value column, and its label.
  package var columns: [UnpivotEntry]
  package var nameColumn: Identifier
  package var valueColumns: [Identifier]
  package var includeNulls: Bool
  package var range: SourceRange

  package init(
    source: TableReference, columns: [UnpivotEntry], nameColumn: Identifier,
    valueColumns: [Identifier], includeNulls: Bool, range: SourceRange = .none
  ) {
    self.source = source
    self.columns = columns
    self.nameColumn = nameColumn
    self.valueColumns = valueColumns
    self.includeNulls = includeNulls
    self.range = range
  }
}

/// `(a, b) AS label`; a star or COLUMNS stands for several entries.
package struct UnpivotEntry: Hashable, Sendable {
  package var expressions: [Expression]
  package var label: Identifier?

  package init(expressions: [Expression], label: Identifier? = nil) {
    self.expressions = expressions
    self.label = label
  }
}
