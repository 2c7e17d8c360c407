/// `CREATE [OR REPLACE] [TEMP] TABLE [IF NOT EXISTS] name (…) …`, with or without AS.
package struct CreateTableStatement: Hashable, Sendable {
  package var name: ObjectName
  package var conflict: CreateConflict
  package var isTemporary: Bool
  /// Empty with AS unless it names the columns (then without types).
  package var columns: [ColumnDefinition]
  package var constraints: [TableConstraint]
  package var query: SelectStatement?
  /// `WITH NO DATA` gives false.
  package var withData: Bool
  /// `SORTED BY (…)`, `CLUSTER BY (…)`.
  package var sortedBy: [OrderByItem]
  package var partitionBy: PartitionClause?
  /// `WITH (…)`.
  package var options: [StatementOption]
  /// `COMMENT 'text'`.
  package var comment: String?
  package var range: SourceRange

  package init(
    name: ObjectName, conflict: CreateConflict = .error, isTemporary: Bool = false,
    columns: [ColumnDefinition] = [], constraints: [TableConstraint] = [],
    query: SelectStatement? = nil, withData: Bool = true, sortedBy: [OrderByItem] = [],
    partitionBy: PartitionClause? = nil, options: [StatementOption] = [],
    comment: String? = nil, range: SourceRange = .none
  ) {
    self.name = name
    self.conflict = conflict
    self.isTemporary = isTemporary
    self.columns = columns
    self.constraints = constraints
    self.query = query
    self.withData = withData
    self.sortedBy = sortedBy
    self.partitionBy = partitionBy
    self.options = options
    self.comment = comment
    self.range = range
  }
}

/// `PARTITION BY [RANGE|LIST|HASH] (…)`.
package struct PartitionClause: Hashable, Sendable {
  package var strategy: Strategy?
  package var expressions: [Expression]

  package enum Strategy: String, Hashable, Sendable {
    case range = "RANGE"
    case list = "LIST"
    case hash = "HASH"
  }

  package init(strategy: Strategy? = nil, expressions: [Expression]) {
    self.strategy = strategy
    self.expressions = expressions
  }
}
