/// `INSERT [OR REPLACE|IGNORE] INTO table [AS alias] (columns) [BY NAME] source ON CONFLICT … RETURNING …`.
package struct InsertStatement: Hashable, Sendable {
  package var with: WithClause?
  package var table: ObjectName
  package var alias: Identifier?
  /// Empty: all, in order.
  package var columns: [Identifier]
  package var isByName: Bool
  package var source: Source
  package var onConflict: ConflictClause?
  package var returning: [SelectItem]
  package var range: SourceRange

  package indirect enum Source: Hashable, Sendable {
    case query(SelectStatement)
    case defaultValues
  }

  package init(
    with: WithClause? = nil, table: ObjectName, alias: Identifier? = nil,
    columns: [Identifier] = [], isByName: Bool = false, source: Source,
    onConflict: ConflictClause? = nil, returning: [SelectItem] = [], range: SourceRange = .none
  ) {
    self.with = with
    self.table = table
    self.alias = alias
    self.columns = columns
    self.isByName = isByName
    self.source = source
    self.onConflict = onConflict
    self.returning = returning
    self.range = range
  }
}

/// What an insert does with rows whose key exists.
package struct ConflictClause: Hashable, Sendable {
  package var target: Target
  package var action: Action
  package var range: SourceRange

  package indirect enum Target: Hashable, Sendable {
    /// Any key.
    case any
    case columns([Identifier], filter: Expression?)
    case constraint(Identifier)
  }

  package indirect enum Action: Hashable, Sendable {
    case nothing
    /// `INSERT OR REPLACE`: every given column is overwritten.
    case replace
    /// `excluded.c` names the row that could not be inserted.
    case update([Assignment], filter: Expression?)
  }

  package init(target: Target, action: Action, range: SourceRange = .none) {
    self.target = target
    self.action = action
    self.range = range
  }
}

/// `column = value`, or `(a, b) = (row or subquery)`.
package struct Assignment: Hashable, Sendable {
  /// One or more columns; several take the fields of one row value.
  package var columns: [Identifier]
  package var value: Expression
  package var range: SourceRange

  package init(columns: [Identifier], value: Expression, range: SourceRange = .none) {
    self.columns = columns
    self.value = value
    self.range = range
  }
}

/// `UPDATE table [AS alias] SET … [FROM …] [WHERE …] [RETURNING …]`.
package struct UpdateStatement: Hashable, Sendable {
  package var with: WithClause?
  package var table: ObjectName
  package var alias: Identifier?
  package var assignments: [Assignment]
  package var from: [TableReference]
  package var filter: Expression?
  package var returning: [SelectItem]
  package var range: SourceRange

  package init(
    with: WithClause? = nil, table: ObjectName, alias: Identifier? = nil,
    assignments: [Assignment], from: [TableReference] = [], filter: Expression? = nil,
    returning: [SelectItem] = [], range: SourceRange = .none
  ) {
    self.with = with
    self.table = table
    self.alias = alias
    self.assignments = assignments
    self.from = from
    self.filter = filter
    self.returning = returning
    self.range = range
  }
}

/// `DELETE FROM table [AS alias] [USING …] [WHERE …] [RETURNING …]`.
package struct DeleteStatement: Hashable, Sendable {
  package var with: WithClause?
  package var table: ObjectName
  package var alias: Identifier?
  package var using: [TableReference]
  package var filter: Expression?
  package var returning: [SelectItem]
  package var range: SourceRange

  package init(
    with: WithClause? = nil, table: ObjectName, alias: Identifier? = nil,
    using: [TableReference] = [], filter: Expression? = nil, returning: [SelectItem] = [],
    range: SourceRange = .none
  ) {
    self.with = with
    self.table = table
    self.alias = alias
    self.using = using
    self.filter = filter
    self.returning = returning
    self.range = range
  }
}

/// `TRUNCATE [TABLE] name`.
package struct TruncateStatement: Hashable, Sendable {
  package var table: ObjectName
  package var range: SourceRange

  package init(table: ObjectName, range: SourceRange = .none) {
    self.table = table
    self.range = range
  }
}

/// `MERGE INTO target USING source ON|USING … WHEN … THEN … RETURNING …`.
package struct MergeStatement: Hashable, Sendable {
  package var with: WithClause?
  package var table: ObjectName
  package var alias: Identifier?
  package var source: TableReference
  /// `.on` or `.using`.
  package var condition: Join.Condition
  package var clauses: [MergeClause]
  package var returning: [SelectItem]
  package var range: SourceRange

  package init(
    with: WithClause? = nil, table: ObjectName, alias: Identifier? = nil,
    source: TableReference, condition: Join.Condition, clauses: [MergeClause],
    returning: [SelectItem] = [], range: SourceRange = .none
  ) {
    self.with = with
    self.table = table
    self.alias = alias
    self.source = source
    self.condition = condition
    self.clauses = clauses
    self.returning = returning
    self.range = range
  }
}

/// `WHEN [NOT] MATCHED [BY SOURCE|TARGET] [AND …] THEN action`; the first that applies is taken.
package struct MergeClause: Hashable, Sendable {
  package var match: Match
  package var condition: Expression?
  package var action: Action
  package var range: SourceRange

  package enum Match: String, Hashable, Sendable {
    case matched = "MATCHED"
    case notMatchedByTarget = "NOT MATCHED"
    case notMatchedBySource = "NOT MATCHED BY SOURCE"
  }

  package indirect enum Action: Hashable, Sendable {
    /// Empty assignments: `UPDATE` alone or `UPDATE SET *`, every column from the source, by position
    /// or by name.
    case update([Assignment], isByName: Bool)
    case delete
    /// Empty values: `INSERT` alone or `INSERT *`, every column from the source.
    case insert(columns: [Identifier], values: [Expression], isByName: Bool)
    /// `INSERT DEFAULT VALUES`.
    case insertDefaults
    case nothing
    /// `ERROR ['message']`.
    case error(Expression?)
  }

  package init(
    match: Match, condition: Expression? = nil, action: Action, range: SourceRange = .none
  ) {
    self.match = match
    self.condition = condition
    self.action = action
    self.range = range
  }
}
