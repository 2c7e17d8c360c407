/// `ALTER TABLE [IF EXISTS] name action, …`.
package struct AlterTableStatement: Hashable, Sendable {
  package var name: ObjectName
  package var ifExists: Bool
  package var actions: [AlterTableAction]
  package var range: SourceRange

  package init(
    name: ObjectName, ifExists: Bool = false, actions: [AlterTableAction],
    range: SourceRange = .none
  ) {
    self.name = name
    self.ifExists = ifExists
    self.actions = actions
    self.range = range
  }
}

package indirect enum AlterTableAction: Hashable, Sendable {
  case addColumn(ColumnDefinition, ifNotExists: Bool)
  /// `ADD COLUMN s.t.field type [DEFAULT e]`: a field of the struct at `in`.
  case addField(
    Identifier, TypeName, in: ObjectName, default: Expression?, ifNotExists: Bool)
  /// More than one part: a field of a struct.
  case dropColumn(ObjectName, ifExists: Bool, cascade: Bool)
  case renameColumn(ObjectName, to: Identifier)
  case renameTable(to: Identifier)
  /// `ALTER COLUMN c [SET DATA] TYPE t [USING e]`.
  case setType(Identifier, TypeName?, using: Expression?)
  case setDefault(Identifier, Expression)
  case dropDefault(Identifier)
  case setNotNull(Identifier)
  case dropNotNull(Identifier)
  case addConstraint(TableConstraint, ifNotExists: Bool)
  case dropConstraint(Identifier, ifExists: Bool, cascade: Bool)
  case renameConstraint(Identifier, to: Identifier)
  case setSchema(Identifier)
  /// `SET SORTED BY (…)`; empty: `RESET SORTED BY`.
  case setSortedBy([OrderByItem])
  case setPartitionBy([Expression])
  /// `SET (name = value, …)`.
  case setOptions([StatementOption])
  case resetOptions([Identifier])
}

/// ALTER of anything but a table: `ALTER VIEW v RENAME TO w`, `ALTER SCHEMA s RENAME TO t`,
/// `ALTER SEQUENCE s OWNED BY t.c`, …
package struct AlterObjectStatement: Hashable, Sendable {
  package var kind: ObjectKind
  package var name: ObjectName
  package var ifExists: Bool
  package var action: Action
  package var range: SourceRange

  package enum Action: Hashable, Sendable {
    case rename(to: Identifier)
    case setSchema(Identifier)
    /// `ALTER SEQUENCE … RESTART [WITH n]`.
    case restart(Int?)
    case ownedBy(ObjectName)
    /// `ALTER TYPE t ADD VALUE 'x'`.
    case addValue(String, ifNotExists: Bool)
  }

  package init(
    kind: ObjectKind, name: ObjectName, ifExists: Bool = false, action: Action,
    range: SourceRange = .none
  ) {
    self.kind = kind
    self.name = name
    self.ifExists = ifExists
    self.action = action
    self.range = range
  }
}

/// Kinds of things with names.
package enum ObjectKind: String, Hashable, Sendable, CaseIterable {
  case table = "TABLE"
  case view = "VIEW"
  case materializedView = "MATERIALIZED VIEW"
  case schema = "SCHEMA"
  case sequence = "SEQUENCE"
  case type = "TYPE"
  case macro = "MACRO"
  case tableMacro = "MACRO TABLE"
  case function = "FUNCTION"
  case index = "INDEX"
  case database = "DATABASE"
  case column = "COLUMN"
  case task = "TASK"
  case test = "TEST"
  case trigger = "TRIGGER"
}

/// `DROP kind [IF EXISTS] name, … [CASCADE|RESTRICT]`. `DROP BRONZE|SILVER|GOLD|DYNAMIC TABLE` is
/// `.table`.
package struct DropStatement: Hashable, Sendable {
  package var kind: ObjectKind
  /// `bronze`, `silver` or `gold`, when DROP names the layer of the table.
  package var layer: String?
  package var names: [ObjectName]
  package var ifExists: Bool
  package var cascade: Bool
  /// `DROP INDEX i ON t`: index names are scoped per table.
  package var onTable: ObjectName?
  package var range: SourceRange

  package init(
    kind: ObjectKind, names: [ObjectName], ifExists: Bool = false, cascade: Bool = false,
    onTable: ObjectName? = nil, range: SourceRange = .none
  ) {
    self.kind = kind
    self.names = names
    self.ifExists = ifExists
    self.cascade = cascade
    self.onTable = onTable
    self.range = range
  }
}

/// `COMMENT ON kind name IS 'text' | NULL`.
package struct CommentStatement: Hashable, Sendable {
  package var kind: ObjectKind
  package var name: ObjectName
  package var text: String?
  package var range: SourceRange

  package init(kind: ObjectKind, name: ObjectName, text: String?, range: SourceRange = .none) {
    self.kind = kind
    self.name = name
    self.text = text
    self.range = range
  }
}
