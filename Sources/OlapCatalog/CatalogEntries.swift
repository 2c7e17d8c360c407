package import OlapColumns

/// Identifies a catalog entry for ever; never reused within a database.
package typealias EntryID = UInt64

/// The layer a table belongs to; ordinary tables have none.
package enum Layer: String, Sendable, Hashable { case bronze, silver, gold }

/// One column of a table.
package struct ColumnDefinition: Sendable, Hashable {
  package var name: String
  package var type: SQLType
  package var isNullable: Bool
  /// SQL text of the DEFAULT expression.
  package var defaultSQL: String?
  /// SQL text of a generated column's expression.
  package var generatedSQL: String?
  package var comment: String?
  package init(
    name: String, type: SQLType, isNullable: Bool = true, defaultSQL: String? = nil,
    generatedSQL: String? = nil, comment: String? = nil
  ) {
    self.name = name
    self.type = type
    self.isNullable = isNullable
    self.defaultSQL = defaultSQL
    self.generatedSQL = generatedSQL
    self.comment = comment
  }
}

/// PRIMARY KEY or UNIQUE over columns by position.
package struct KeyConstraint: Sendable, Hashable {
  package var name: String?
  package var columns: [Int]
  package var isPrimary: Bool
  package init(name: String?, columns: [Int], isPrimary: Bool) {
    self.name = name
    self.columns = columns
    self.isPrimary = isPrimary
  }
}

/// CHECK with its SQL text.
package struct CheckConstraint: Sendable, Hashable {
  package var name: String?
  package var sql: String
  package init(name: String?, sql: String) {
    self.name = name
    self.sql = sql
  }
}

/// FOREIGN KEY to the key columns of another table (same order).
package struct ForeignKeyConstraint: Sendable, Hashable {
  package enum Action: String, Sendable, Hashable {
    case noAction, restrict, cascade, setNull, setDefault
  }
  package var name: String?
  package var columns: [Int]
  package var target: EntryID
  package var targetColumns: [Int]
  package var onDelete: Action
  package var onUpdate: Action
  package init(
    name: String?, columns: [Int], target: EntryID, targetColumns: [Int], onDelete: Action,
    onUpdate: Action
  ) {
    self.name = name
    self.columns = columns
    self.target = target
    self.targetColumns = targetColumns
    self.onDelete = onDelete
    self.onUpdate = onUpdate
  }
}

/// EXPECT (…) ON VIOLATION … of a layer table.
package struct Expectation: Sendable, Hashable {
  package enum Violation: String, Sendable, Hashable { case warn, drop, fail, quarantine }
  package var name: String
  package var sql: String
  package var onViolation: Violation
  package init(name: String, sql: String, onViolation: Violation) {
    self.name = name
    self.sql = sql
    self.onViolation = onViolation
  }
}

/// What makes a table a derived one: its SELECT and how it is refreshed.
package struct ModelDefinition: Sendable, Hashable {
  package enum Mode: String, Sendable, Hashable { case auto, incremental, full, immediate, manual }
  /// Text of the SELECT.
  package var sql: String
  package var mode: Mode
  /// "1 minute", "DOWNSTREAM" or "CRON …".
  package var lag: String?
  package var onFallbackError: Bool
  /// Tables read, by entry id, found by the binder at creation.
  package var dependsOn: [EntryID]
  package init(
    sql: String, mode: Mode = .auto, lag: String? = nil, onFallbackError: Bool = false,
    dependsOn: [EntryID] = []
  ) {
    self.sql = sql
    self.mode = mode
    self.lag = lag
    self.onFallbackError = onFallbackError
    self.dependsOn = dependsOn
  }
}

/// A table: its columns are positions in storage. `columnIDs` are stable across ALTER, so a dropped
/// column's segments are simply no longer named.
package struct TableEntry: Sendable, Hashable {
  package var id: EntryID
  package var schema: String
  package var name: String
  package var columns: [ColumnDefinition]
  /// Storage column ids parallel to `columns`; never reused within the table.
  package var columnIDs: [UInt32]
  package var nextColumnID: UInt32
  package var keys: [KeyConstraint] = []
  package var checks: [CheckConstraint] = []
  package var foreignKeys: [ForeignKeyConstraint] = []
  package var sortedBy: [Int] = []
  package var isTemporary = false
  package var layer: Layer?
  package var model: ModelDefinition?
  package var expectations: [Expectation] = []
  package var owner: String?
  package var comment: String?
  package var tags: [String] = []
  /// WITH (…) options: retention, pii, source, sequence_by …
  package var options: [String: String] = [:]

  package init(id: EntryID, schema: String, name: String, columns: [ColumnDefinition]) {
    self.id = id
    self.schema = schema
    self.name = name
    self.columns = columns
    self.columnIDs = columns.indices.map { UInt32($0) }
    self.nextColumnID = UInt32(columns.count)
  }

  package var primaryKey: KeyConstraint? { keys.first { $0.isPrimary } }

  /// Ids of the columns whose values find rows without being a key: row groups keep an index of them.
  package var lookupColumns: [UInt32] {
    get { (options[Self.lookupOption] ?? "").split(separator: " ").compactMap { UInt32($0) } }
    set {
      options[Self.lookupOption] =
        newValue.isEmpty ? nil : newValue.map { String($0) }.joined(separator: " ")
    }
  }
  private static let lookupOption = "lookup_columns"

  package func columnIndex(_ name: String) -> Int? {
    if let exact = columns.firstIndex(where: { $0.name == name }) { return exact }
    let folded = name.lowercased()
    return columns.firstIndex { $0.name.lowercased() == folded }
  }
}

package struct ViewEntry: Sendable, Hashable {
  package var id: EntryID
  package var schema: String
  package var name: String
  package var columnNames: [String]
  /// Text of the SELECT.
  package var sql: String
  package var isTemporary = false
  package var comment: String?
  package init(id: EntryID, schema: String, name: String, columnNames: [String], sql: String) {
    self.id = id
    self.schema = schema
    self.name = name
    self.columnNames = columnNames
    self.sql = sql
  }
}

package struct SequenceEntry: Sendable, Hashable {
  package var id: EntryID
  package var schema: String
  package var name: String
  package var start: Int64
  package var increment: Int64
  package var minimum: Int64
  package var maximum: Int64
  package var isCyclic: Bool
  /// Next value to hand out; persisted ahead in blocks, so a crash may skip values, never repeat one.
  package var next: Int64
  /// The table that owns it (SERIAL), dropped with it.
  package var ownedBy: EntryID?
  package init(
    id: EntryID, schema: String, name: String, start: Int64 = 1, increment: Int64 = 1,
    minimum: Int64 = 1, maximum: Int64 = .max, isCyclic: Bool = false
  ) {
    self.id = id
    self.schema = schema
    self.name = name
    self.start = start
    self.increment = increment
    self.minimum = minimum
    self.maximum = maximum
    self.isCyclic = isCyclic
    self.next = start
  }
}

package struct TypeEntry: Sendable, Hashable {
  package var id: EntryID
  package var schema: String
  package var name: String
  package var type: SQLType
  package init(id: EntryID, schema: String, name: String, type: SQLType) {
    self.id = id
    self.schema = schema
    self.name = name
    self.type = type
  }
}

/// CREATE MACRO: kept as the text of the whole CREATE statement.
package struct MacroEntry: Sendable, Hashable {
  package var id: EntryID
  package var schema: String
  package var name: String
  package var isTable: Bool
  package var sql: String
  package init(id: EntryID, schema: String, name: String, isTable: Bool, sql: String) {
    self.id = id
    self.schema = schema
    self.name = name
    self.isTable = isTable
    self.sql = sql
  }
}

/// CREATE INDEX: accepted and recorded; UNIQUE ones become keys of the table.
package struct IndexEntry: Sendable, Hashable {
  package var id: EntryID
  package var schema: String
  package var name: String
  package var table: EntryID
  package var isUnique: Bool
  package var sql: String
  package init(
    id: EntryID, schema: String, name: String, table: EntryID, isUnique: Bool, sql: String
  ) {
    self.id = id
    self.schema = schema
    self.name = name
    self.table = table
    self.isUnique = isUnique
    self.sql = sql
  }
}

/// CREATE TEST name AS SELECT failing rows.
package struct TestEntry: Sendable, Hashable {
  package var id: EntryID
  package var schema: String
  package var name: String
  package var isError: Bool
  package var model: String?
  package var sql: String
  package init(
    id: EntryID, schema: String, name: String, isError: Bool, model: String?, sql: String
  ) {
    self.id = id
    self.schema = schema
    self.name = name
    self.isError = isError
    self.model = model
    self.sql = sql
  }
}

package struct SchemaEntry: Sendable, Hashable {
  package var id: EntryID
  package var name: String
  package init(id: EntryID, name: String) {
    self.id = id
    self.name = name
  }
}

/// Any named thing of a database.
package enum CatalogEntry: Sendable, Hashable {
  case schema(SchemaEntry)
  case table(TableEntry)
  case view(ViewEntry)
  case sequence(SequenceEntry)
  case type(TypeEntry)
  case macro(MacroEntry)
  case index(IndexEntry)
  case test(TestEntry)

  package var id: EntryID {
    switch self {
    case .schema(let e): e.id
    case .table(let e): e.id
    case .view(let e): e.id
    case .sequence(let e): e.id
    case .type(let e): e.id
    case .macro(let e): e.id
    case .index(let e): e.id
    case .test(let e): e.id
    }
  }
  package var name: String {
    switch self {
    case .schema(let e): e.name
    case .table(let e): e.name
    case .view(let e): e.name
    case .sequence(let e): e.name
    case .type(let e): e.name
    case .macro(let e): e.name
    case .index(let e): e.name
    case .test(let e): e.name
    }
  }
  package var schema: String {
    switch self {
    case .schema(let e): e.name
    case .table(let e): e.schema
    case .view(let e): e.schema
    case .sequence(let e): e.schema
    case .type(let e): e.schema
    case .macro(let e): e.schema
    case .index(let e): e.schema
    case .test(let e): e.schema
    }
  }
}
