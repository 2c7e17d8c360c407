/// `ATTACH [OR REPLACE] [DATABASE] [IF NOT EXISTS] 'path' [AS name] (options)`.
package struct AttachStatement: Hashable, Sendable {
  package var path: String
  package var name: Identifier?
  package var conflict: CreateConflict
  package var options: [StatementOption]
  package var range: SourceRange

  package init(
    path: String, name: Identifier? = nil, conflict: CreateConflict = .error,
    options: [StatementOption] = [], range: SourceRange = .none
  ) {
    self.path = path
    self.name = name
    self.conflict = conflict
    self.options = options
    self.range = range
  }
}

/// `DETACH [DATABASE] [IF EXISTS] name`.
package struct DetachStatement: Hashable, Sendable {
  package var name: Identifier
  package var ifExists: Bool
  package var range: SourceRange

  package init(name: Identifier, ifExists: Bool = false, range: SourceRange = .none) {
    self.name = name
    self.ifExists = ifExists
    self.range = range
  }
}

/// `USE catalog[.schema]`.
package struct UseStatement: Hashable, Sendable {
  package var name: ObjectName
  package var range: SourceRange

  package init(name: ObjectName, range: SourceRange = .none) {
    self.name = name
    self.range = range
  }
}

/// BEGIN, COMMIT, ROLLBACK and savepoints.
package struct TransactionStatement: Hashable, Sendable {
  package var action: Action
  package var range: SourceRange

  package enum Action: Hashable, Sendable {
    /// `BEGIN [READ ONLY]`.
    case begin(isReadOnly: Bool)
    case commit
    case rollback
    case savepoint(Identifier)
    case release(Identifier)
    case rollbackTo(Identifier)
  }

  package init(action: Action, range: SourceRange = .none) {
    self.action = action
    self.range = range
  }
}

/// `PREPARE name [(types)] AS statement`.
package struct PrepareStatement: Hashable, Sendable {
  package var name: Identifier
  package var types: [TypeName]
  package var statement: Statement
  package var range: SourceRange

  package init(
    name: Identifier, types: [TypeName] = [], statement: Statement, range: SourceRange = .none
  ) {
    self.name = name
    self.types = types
    self.statement = statement
    self.range = range
  }
}

/// `EXECUTE name (1, name := 2)`.
package struct ExecuteStatement: Hashable, Sendable {
  package var name: Identifier
  package var arguments: [FunctionArgument]
  package var range: SourceRange

  package init(name: Identifier, arguments: [FunctionArgument] = [], range: SourceRange = .none) {
    self.name = name
    self.arguments = arguments
    self.range = range
  }
}

/// `DEALLOCATE [PREPARE] name | ALL`.
package struct DeallocateStatement: Hashable, Sendable {
  /// `nil`: all.
  package var name: Identifier?
  package var range: SourceRange

  package init(name: Identifier?, range: SourceRange = .none) {
    self.name = name
    self.range = range
  }
}

/// `EXPLAIN [ANALYZE] [(options)] statement`.
package struct ExplainStatement: Hashable, Sendable {
  package var isAnalyze: Bool
  package var options: [StatementOption]
  package var statement: Statement
  package var range: SourceRange

  package init(
    isAnalyze: Bool, options: [StatementOption] = [], statement: Statement,
    range: SourceRange = .none
  ) {
    self.isAnalyze = isAnalyze
    self.options = options
    self.statement = statement
    self.range = range
  }
}

/// DESCRIBE, SHOW and SUMMARIZE.
package struct DescribeStatement: Hashable, Sendable {
  package var subject: Subject
  package var range: SourceRange

  package indirect enum Subject: Hashable, Sendable {
    /// `DESCRIBE t`, `SHOW t`, `SHOW COLUMNS FROM t`: one row per column.
    case describeTable(ObjectName)
    case describeQuery(SelectStatement)
    case summarizeTable(ObjectName)
    case summarizeQuery(SelectStatement)
    /// `DESCRIBE` alone and `SHOW TABLES [FROM schema]`.
    case tables(from: ObjectName?)
    /// `SHOW ALL TABLES`.
    case allTables
    case schemas
    case databases
    case views
    /// `SHOW MODELS`.
    case models
    case functions
    /// `SHOW ALL` (settings).
    case settings
    /// `SHOW name`: a setting's value when no table has the name.
    case setting(ObjectName)
    /// `SHOW CREATE TABLE t`.
    case create(ObjectName)
    /// `DESCRIBE 'file.csv'`.
    case describeFile(String)
    case summarizeFile(String)
  }

  package init(subject: Subject, range: SourceRange = .none) {
    self.subject = subject
    self.range = range
  }
}

/// Where a setting lives.
package enum SettingScope: String, Hashable, Sendable {
  case automatic = ""
  case session = "SESSION"
  case local = "LOCAL"
  case global = "GLOBAL"
  /// `SET VARIABLE name = …`.
  case variable = "VARIABLE"
}

/// `SET [scope] name = value`, `SET TIME ZONE 'x'` (name `timezone`), `SET SCHEMA 'x'` (name `schema`).
package struct SetStatement: Hashable, Sendable {
  package var scope: SettingScope
  package var name: Identifier
  /// Several for a list (`SET search_path = a, b`); a bare word is a column of one part;
  /// `DEFAULT` is `.defaultValue`.
  package var values: [Expression]
  package var range: SourceRange

  package init(
    scope: SettingScope = .automatic, name: Identifier, values: [Expression],
    range: SourceRange = .none
  ) {
    self.scope = scope
    self.name = name
    self.values = values
    self.range = range
  }
}

/// `RESET [scope] name | ALL`.
package struct ResetStatement: Hashable, Sendable {
  package var scope: SettingScope
  /// `nil`: all.
  package var name: Identifier?
  package var range: SourceRange

  package init(
    scope: SettingScope = .automatic, name: Identifier?, range: SourceRange = .none
  ) {
    self.scope = scope
    self.name = name
    self.range = range
  }
}

/// `PRAGMA name`, `PRAGMA name = value`, `PRAGMA name(arguments)`.
package struct PragmaStatement: Hashable, Sendable {
  package var name: Identifier
  package var arguments: [FunctionArgument]
  /// Set for the form with `=`.
  package var value: Expression?
  package var range: SourceRange

  package init(
    name: Identifier, arguments: [FunctionArgument] = [], value: Expression? = nil,
    range: SourceRange = .none
  ) {
    self.name = name
    self.arguments = arguments
    self.value = value
    self.range = range
  }
}

/// `[FORCE] CHECKPOINT [database]`.
package struct CheckpointStatement: Hashable, Sendable {
  package var database: Identifier?
  package var isForced: Bool
  package var range: SourceRange

  package init(database: Identifier? = nil, isForced: Bool = false, range: SourceRange = .none) {
    self.database = database
    self.isForced = isForced
    self.range = range
  }
}

/// `VACUUM [FULL] [ANALYZE] [table [(columns)]]` and `ANALYZE [table [(columns)]]`.
package struct VacuumStatement: Hashable, Sendable {
  package var vacuums: Bool
  package var analyzes: Bool
  package var isFull: Bool
  /// `nil`: every table.
  package var table: ObjectName?
  package var columns: [Identifier]
  package var range: SourceRange

  package init(
    vacuums: Bool, analyzes: Bool, isFull: Bool = false, table: ObjectName? = nil,
    columns: [Identifier] = [], range: SourceRange = .none
  ) {
    self.vacuums = vacuums
    self.analyzes = analyzes
    self.isFull = isFull
    self.table = table
    self.columns = columns
    self.range = range
  }
}

/// `CALL function(arguments)`.
package struct CallStatement: Hashable, Sendable {
  package var call: FunctionCall
  package var range: SourceRange

  package init(call: FunctionCall, range: SourceRange = .none) {
    self.call = call
    self.range = range
  }
}

/// `LOAD name`, `[FORCE] INSTALL name [FROM repository]`, `UPDATE EXTENSIONS`: accepted, nothing to do.
package struct ExtensionStatement: Hashable, Sendable {
  package var action: Action
  package var name: String
  package var range: SourceRange

  package enum Action: String, Hashable, Sendable {
    case load = "LOAD"
    case install = "INSTALL"
  }

  package init(action: Action, name: String, range: SourceRange = .none) {
    self.action = action
    self.name = name
    self.range = range
  }
}
