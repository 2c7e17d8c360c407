/// Medallion layer, or none for DYNAMIC TABLE and MATERIALIZED VIEW.
package enum LayerName: String, Hashable, Sendable {
  case bronze = "BRONZE"
  case silver = "SILVER"
  case gold = "GOLD"
}

/// `CREATE [OR REPLACE] BRONZE|SILVER|GOLD TABLE name (…) … [AS query]`. `CREATE DYNAMIC TABLE`,
/// `CREATE MATERIALIZED VIEW` and `CREATE OR REFRESH [LIVE|STREAMING] TABLE` say the same without a layer.
package struct CreateLayerTableStatement: Hashable, Sendable {
  package var name: ObjectName
  package var conflict: CreateConflict
  package var layer: LayerName?
  /// With types for bronze tables; names alone, to rename the query's columns, for models.
  package var columns: [ColumnDefinition]
  package var constraints: [TableConstraint]
  package var refresh: RefreshMode?
  package var target: RefreshTarget?
  package var onFallback: FallbackAction?
  package var tags: [String]
  package var owner: String?
  package var comment: String?
  package var sortedBy: [OrderByItem]
  package var partitionBy: PartitionClause?
  package var options: [StatementOption]
  /// `nil` for a table that is written directly.
  package var query: SelectStatement?
  /// `WITH NO DATA` gives false: nothing is computed until the first refresh.
  package var withData: Bool
  package var range: SourceRange

  package init(
    name: ObjectName, conflict: CreateConflict = .error, layer: LayerName?,
    columns: [ColumnDefinition] = [], constraints: [TableConstraint] = [],
    refresh: RefreshMode? = nil, target: RefreshTarget? = nil,
    onFallback: FallbackAction? = nil, tags: [String] = [], owner: String? = nil,
    comment: String? = nil, sortedBy: [OrderByItem] = [], partitionBy: PartitionClause? = nil,
    options: [StatementOption] = [], query: SelectStatement? = nil, withData: Bool = true,
    range: SourceRange = .none
  ) {
    self.name = name
    self.conflict = conflict
    self.layer = layer
    self.columns = columns
    self.constraints = constraints
    self.refresh = refresh
    self.target = target
    self.onFallback = onFallback
    self.tags = tags
    self.owner = owner
    self.comment = comment
    self.sortedBy = sortedBy
    self.partitionBy = partitionBy
    self.options = options
    self.query = query
    self.withData = withData
    self.range = range
  }
}

/// How a model is kept.
package enum RefreshMode: String, Hashable, Sendable {
  case auto = "AUTO"
  case incremental = "INCREMENTAL"
  case full = "FULL"
  /// Inside the writing transaction.
  case immediate = "IMMEDIATE"
  case manual = "MANUAL"
}

/// When a model is refreshed.
package enum RefreshTarget: Hashable, Sendable {
  /// `TARGET LAG '1 minute'`.
  case lag(String)
  /// `TARGET LAG DOWNSTREAM`: when something that reads it is.
  case downstream
  /// `SCHEDULE 'CRON 0 2 * * * America/Los_Angeles'`.
  case schedule(String)
}

/// What happens when an incremental refresh is not possible.
package enum FallbackAction: String, Hashable, Sendable {
  case warn = "WARN"
  case error = "ERROR"
}

/// `ALTER BRONZE|SILVER|GOLD|DYNAMIC TABLE name action` (and `ALTER TABLE name` with an action only
/// layer tables have).
package struct AlterLayerTableStatement: Hashable, Sendable {
  package var name: ObjectName
  package var ifExists: Bool
  package var action: Action
  package var range: SourceRange

  package indirect enum Action: Hashable, Sendable {
    case suspend
    case resume
    case refresh
    case setOptions([StatementOption])
    case unsetOptions([Identifier])
    case setRefresh(RefreshMode)
    case setTarget(RefreshTarget)
    case setOnFallback(FallbackAction)
    case setTags([String])
    case setOwner(String)
    case setComment(String?)
    case addExpectation(TableConstraint)
    case dropConstraint(Identifier, ifExists: Bool)
    case rename(to: Identifier)
  }

  package init(
    name: ObjectName, ifExists: Bool = false, action: Action, range: SourceRange = .none
  ) {
    self.name = name
    self.ifExists = ifExists
    self.action = action
    self.range = range
  }
}

/// `CREATE [OR REPLACE] TEST name [SEVERITY WARN|ERROR] [ON model] AS query of failing rows`.
package struct CreateTestStatement: Hashable, Sendable {
  package var name: ObjectName
  package var conflict: CreateConflict
  package var severity: Severity
  package var model: ObjectName?
  package var query: SelectStatement
  package var range: SourceRange

  package enum Severity: String, Hashable, Sendable {
    case warn = "WARN"
    case error = "ERROR"
  }

  package init(
    name: ObjectName, conflict: CreateConflict = .error, severity: Severity = .error,
    model: ObjectName? = nil, query: SelectStatement, range: SourceRange = .none
  ) {
    self.name = name
    self.conflict = conflict
    self.severity = severity
    self.model = model
    self.query = query
    self.range = range
  }
}

/// Which models a verb works on.
package enum ModelSelection: Hashable, Sendable {
  case all
  case models([ObjectName])
  case tag(String)
}

/// `REFRESH [ALL | model, … | TAG 'x'] [FULL|INCREMENTAL] [FROM '2024-01-01'] [DRY RUN] [VERIFY]`, and
/// `REFRESH MATERIALIZED VIEW m`.
package struct RefreshStatement: Hashable, Sendable {
  package var selection: ModelSelection
  /// `.full` or `.incremental` when said.
  package var mode: RefreshMode?
  package var from: Expression?
  package var isDryRun: Bool
  package var verifies: Bool
  package var range: SourceRange

  package init(
    selection: ModelSelection, mode: RefreshMode? = nil, from: Expression? = nil,
    isDryRun: Bool = false, verifies: Bool = false, range: SourceRange = .none
  ) {
    self.selection = selection
    self.mode = mode
    self.from = from
    self.isDryRun = isDryRun
    self.verifies = verifies
    self.range = range
  }
}

/// `RESTATE model [WHERE …]`: derives the rows anew.
package struct RestateStatement: Hashable, Sendable {
  package var model: ObjectName
  package var filter: Expression?
  package var range: SourceRange

  package init(model: ObjectName, filter: Expression? = nil, range: SourceRange = .none) {
    self.model = model
    self.filter = filter
    self.range = range
  }
}

/// `VERIFY [ALL | model, …] [SAMPLE n KEYS] [REPAIR]`.
package struct VerifyStatement: Hashable, Sendable {
  package var selection: ModelSelection
  package var sampleKeyCount: Int?
  package var repairs: Bool
  package var range: SourceRange

  package init(
    selection: ModelSelection, sampleKeyCount: Int? = nil, repairs: Bool = false,
    range: SourceRange = .none
  ) {
    self.selection = selection
    self.sampleKeyCount = sampleKeyCount
    self.repairs = repairs
    self.range = range
  }
}

/// `TEST [ALL | test, …]`: runs tests of CREATE TEST.
package struct TestStatement: Hashable, Sendable {
  /// Names are of tests, or of models whose tests are meant.
  package var selection: ModelSelection
  package var range: SourceRange

  package init(selection: ModelSelection, range: SourceRange = .none) {
    self.selection = selection
    self.range = range
  }
}

/// `EXPLAIN REFRESH [ALL | model, …]`.
package struct ExplainRefreshStatement: Hashable, Sendable {
  package var selection: ModelSelection
  package var range: SourceRange

  package init(selection: ModelSelection, range: SourceRange = .none) {
    self.selection = selection
    self.range = range
  }
}

/// `EXPLAIN ROW table WHERE key = …`.
package struct ExplainRowStatement: Hashable, Sendable {
  package var table: ObjectName
  package var filter: Expression
  package var range: SourceRange

  package init(table: ObjectName, filter: Expression, range: SourceRange = .none) {
    self.table = table
    self.filter = filter
    self.range = range
  }
}

/// `APPLY CHANGES INTO t FROM source KEYS (…) SEQUENCE BY … [DELETE WHEN …] [STORED AS SCD TYPE 1|2]`.
package struct ApplyChangesStatement: Hashable, Sendable {
  package var table: ObjectName
  package var source: TableReference
  package var keys: [Identifier]
  package var sequenceBy: [Expression]
  /// `DELETE WHEN condition`: rows that delete their key.
  package var deleteWhen: Expression?
  /// `TRUNCATE WHEN condition`.
  package var truncateWhen: Expression?
  /// `IGNORE NULL UPDATES`: a null leaves the stored value.
  package var ignoresNullUpdates: Bool
  /// `COLUMNS (…)` and `COLUMNS * EXCEPT (…)`: what is stored of the source.
  package var columns: Star?
  package var includedColumns: [Identifier]
  /// 1: the latest row per key; 2: every version with its validity interval.
  package var historyType: Int
  package var range: SourceRange

  package init(
    table: ObjectName, source: TableReference, keys: [Identifier], sequenceBy: [Expression],
    deleteWhen: Expression? = nil, truncateWhen: Expression? = nil,
    ignoresNullUpdates: Bool = false, columns: Star? = nil, includedColumns: [Identifier] = [],
    historyType: Int = 1, range: SourceRange = .none
  ) {
    self.table = table
    self.source = source
    self.keys = keys
    self.sequenceBy = sequenceBy
    self.deleteWhen = deleteWhen
    self.truncateWhen = truncateWhen
    self.ignoresNullUpdates = ignoresNullUpdates
    self.columns = columns
    self.includedColumns = includedColumns
    self.historyType = historyType
    self.range = range
  }
}
