internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

/// Schemas, tables, columns, constraints, views, sequences, types, settings.
enum CatalogTables {
  static let all: [SystemTable] = [
    schemata, tables, columns, tableConstraints, keyColumnUsage, duckdbTables, duckdbViews,
    duckdbColumns, duckdbSchemas, duckdbDatabases, duckdbSequences, duckdbTypes, duckdbIndexes,
    duckdbConstraints, duckdbTriggers, settings, sqliteMaster,
  ]

  private static func visible(_ planning: SessionPlanning) -> [CatalogEntry] {
    planning.catalog.sortedEntries
  }

  static let schemata = SystemTable(
    "information_schema", "schemata", "Schemas",
    columns: [.init("catalog_name", .varchar), .init("schema_name", .varchar)]
  ) { _, planning in
    visible(planning).compactMap { entry in
      guard case .schema(let schema) = entry else { return nil }
      return [.text(planning.databaseName), .text(schema.name)]
    } + [[.text(planning.databaseName), .text("information_schema")]]
  }

  static let tables = SystemTable(
    "information_schema", "tables", "Tables and views",
    columns: [
      .init("table_catalog", .varchar), .init("table_schema", .varchar),
      .init("table_name", .varchar), .init("table_type", .varchar),
      .init("TABLE_COMMENT", .varchar),
    ]
  ) { _, planning in
    visible(planning).compactMap { entry in
      switch entry {
      case .table(let table):
        [
          .text(planning.databaseName), .text(table.schema), .text(table.name),
          .text(table.isTemporary ? "LOCAL TEMPORARY" : "BASE TABLE"), .text(table.comment),
        ]
      case .view(let view):
        [
          .text(planning.databaseName), .text(view.schema), .text(view.name), .text("VIEW"),
          .text(view.comment),
        ]
      default: nil
      }
    }
  }

  static let columns = SystemTable(
    "information_schema", "columns", "Columns of tables and views",
    columns: [
      .init("table_catalog", .varchar), .init("table_schema", .varchar),
      .init("table_name", .varchar), .init("column_name", .varchar),
      .init("ordinal_position", .integer), .init("column_default", .varchar),
      .init("is_nullable", .varchar), .init("data_type", .varchar),
      .init("COLUMN_COMMENT", .varchar),
    ]
  ) { connection, planning in
    visible(planning).flatMap { entry -> [[Value]] in
      if case .view(let view) = entry {
        return columns(of: view, connection).enumerated().map { index, column in
          [
            .text(planning.databaseName), .text(view.schema), .text(view.name),
            .text(column.name), .count(index + 1), .null, .text("YES"),
            .text(column.type.description), .null,
          ]
        }
      }
      guard case .table(let table) = entry else { return [] }
      return table.columns.enumerated().map { index, column in
        [
          .text(planning.databaseName), .text(table.schema), .text(table.name),
          .text(column.name), .count(index + 1), .text(column.defaultSQL),
          .text(column.isNullable ? "YES" : "NO"), .text(column.type.description),
          .text(column.comment),
        ]
      }
    }
  }

  /// What a view gives; nothing where it no longer binds.
  static func columns(of view: ViewEntry, _ connection: Connection) -> [ResultColumn] {
    let text = "FROM \(quote(view.schema)).\(quote(view.name))"
    guard let query = try? Parser.parseQuery(text),
      let columns = try? connection.outputColumns(of: query, sql: text)
    else { return [] }
    return columns
  }

  static let tableConstraints = SystemTable(
    "information_schema", "table_constraints", "Constraints of tables",
    columns: [
      .init("constraint_catalog", .varchar), .init("constraint_schema", .varchar),
      .init("constraint_name", .varchar), .init("table_schema", .varchar),
      .init("table_name", .varchar), .init("constraint_type", .varchar),
    ]
  ) { _, planning in
    constraintRows(planning).map { row in
      [
        .text(planning.databaseName), .text(row.table.schema), .text(row.name),
        .text(row.table.schema), .text(row.table.name), .text(row.kind),
      ]
    }
  }

  static let keyColumnUsage = SystemTable(
    "information_schema", "key_column_usage", "Columns of keys",
    columns: [
      .init("constraint_name", .varchar), .init("table_schema", .varchar),
      .init("table_name", .varchar), .init("column_name", .varchar),
      .init("ordinal_position", .integer),
    ]
  ) { _, planning in
    constraintRows(planning).flatMap { row in
      row.columns.enumerated().map { index, column in
        [
          .text(row.name), .text(row.table.schema), .text(row.table.name),
          .text(row.table.columns[column].name), .count(index + 1),
        ]
      }
    }
  }

  struct ConstraintRow {
    let table: TableEntry
    let name: String
    let kind: String
    let columns: [Int]
    let text: String
  }

  static func constraintRows(_ planning: SessionPlanning) -> [ConstraintRow] {
    visible(planning).flatMap { entry -> [ConstraintRow] in
      guard case .table(let table) = entry else { return [] }
      let names: ([Int]) -> String = { columns in
        columns.map { table.columns[$0].name }.joined(separator: "_")
      }
      let list: ([Int]) -> String = { columns in
        columns.map { table.columns[$0].name }.joined(separator: ", ")
      }
      var rows: [ConstraintRow] = []
      for key in table.keys {
        let kind = key.isPrimary ? "PRIMARY KEY" : "UNIQUE"
        rows.append(
          ConstraintRow(
            table: table,
            name: key.name
              ?? "\(table.name)_\(names(key.columns))_\(key.isPrimary ? "pkey" : "key")",
            kind: kind, columns: key.columns, text: "\(kind)(\(list(key.columns)))"))
      }
      for (index, check) in table.checks.enumerated() {
        rows.append(
          ConstraintRow(
            table: table, name: check.name ?? "\(table.name)_check_\(index + 1)", kind: "CHECK",
            columns: [], text: "CHECK(\(check.sql))"))
      }
      for key in table.foreignKeys {
        rows.append(
          ConstraintRow(
            table: table, name: key.name ?? "\(table.name)_\(names(key.columns))_fkey",
            kind: "FOREIGN KEY", columns: key.columns, text: "FOREIGN KEY (\(list(key.columns)))"))
      }
      for (position, column) in table.columns.enumerated() where !column.isNullable {
        rows.append(
          ConstraintRow(
            table: table, name: "\(table.name)_\(column.name)_not_null", kind: "NOT NULL",
            columns: [position], text: "NOT NULL"))
      }
      return rows
    }
  }

  static let duckdbTables = SystemTable(
    "olap", "duckdb_tables", "Tables with their sizes",
    columns: [
      .init("database_name", .varchar), .init("schema_name", .varchar),
      .init("table_name", .varchar), .init("table_oid", .bigint), .init("comment", .varchar),
      .init("internal", .boolean), .init("temporary", .boolean),
      .init("has_primary_key", .boolean), .init("estimated_size", .bigint),
      .init("column_count", .bigint), .init("layer", .varchar),
    ]
  ) { _, planning in
    visible(planning).compactMap { entry in
      guard case .table(let table) = entry else { return nil }
      return [
        .text(planning.databaseName), .text(table.schema), .text(table.name),
        .integer(Int64(truncatingIfNeeded: table.id)), .text(table.comment),
        .boolean(table.schema == "olap"), .boolean(table.isTemporary),
        .boolean(table.primaryKey != nil), .count(planning.statistics(of: table.id)?.rowCount),
        .count(table.columns.count), .text(table.layer?.rawValue),
      ]
    }
  }

  static let duckdbViews = SystemTable(
    "olap", "duckdb_views", "Views",
    columns: [
      .init("database_name", .varchar), .init("schema_name", .varchar),
      .init("view_name", .varchar), .init("sql", .varchar), .init("comment", .varchar),
      .init("internal", .boolean),
    ]
  ) { _, planning in
    visible(planning).compactMap { entry in
      guard case .view(let view) = entry else { return nil }
      return [
        .text(planning.databaseName), .text(view.schema), .text(view.name), .text(view.sql),
        .text(view.comment), .boolean(false),
      ]
    }
  }

  static let duckdbColumns = SystemTable(
    "olap", "duckdb_columns", "Columns of tables and views",
    columns: [
      .init("database_name", .varchar), .init("schema_name", .varchar),
      .init("table_name", .varchar), .init("column_name", .varchar),
      .init("column_index", .integer), .init("data_type", .varchar),
      .init("is_nullable", .boolean), .init("column_default", .varchar), .init("comment", .varchar),
      .init("is_primary_key", .boolean),
    ]
  ) { connection, planning in
    visible(planning).flatMap { entry -> [[Value]] in
      if case .view(let view) = entry {
        return columns(of: view, connection).enumerated().map { index, column in
          [
            .text(planning.databaseName), .text(view.schema), .text(view.name),
            .text(column.name), .count(index + 1), .text(column.type.description),
            .boolean(true), .null, .null, .boolean(false),
          ]
        }
      }
      guard case .table(let table) = entry else { return [] }
      return table.columns.enumerated().map { index, column in
        [
          .text(planning.databaseName), .text(table.schema), .text(table.name),
          .text(column.name), .count(index + 1), .text(column.type.description),
          .boolean(column.isNullable), .text(column.defaultSQL), .text(column.comment),
          .boolean(table.primaryKey?.columns.contains(index) == true),
        ]
      }
    }
  }

  static let duckdbSchemas = SystemTable(
    "olap", "duckdb_schemas", "Schemas",
    columns: [
      .init("database_name", .varchar), .init("schema_name", .varchar), .init("comment", .varchar),
    ]
  ) { _, planning in
    visible(planning).compactMap { entry in
      guard case .schema(let schema) = entry else { return nil }
      return [
        .text(planning.databaseName), .text(schema.name), .text(planning.comment(of: schema.id)),
      ]
    }
  }

  static let duckdbDatabases = SystemTable(
    "olap", "duckdb_databases", "Open databases",
    columns: [
      .init("database_name", .varchar), .init("path", .varchar), .init("readonly", .boolean),
    ]
  ) { connection, _ in
    connection.peers.map { peer in
      [
        .text(peer.name), .text(peer.connection.database.path),
        .boolean(peer.connection.database.options.isReadOnly),
      ]
    }
  }

  static let duckdbSequences = SystemTable(
    "olap", "duckdb_sequences", "Sequences",
    columns: [
      .init("schema_name", .varchar), .init("sequence_name", .varchar),
      .init("start_value", .bigint), .init("min_value", .bigint), .init("max_value", .bigint),
      .init("increment_by", .bigint), .init("cycle", .boolean), .init("last_value", .bigint),
      .init("comment", .varchar),
    ]
  ) { connection, planning in
    visible(planning).compactMap { entry in
      guard case .sequence(let sequence) = entry else { return nil }
      return [
        .text(sequence.schema), .text(sequence.name), .integer(sequence.start),
        .integer(sequence.minimum), .integer(sequence.maximum), .integer(sequence.increment),
        .boolean(sequence.isCyclic),
        connection.database.sequences.current(sequence.id).map { .integer($0) } ?? .null,
        .text(planning.comment(of: sequence.id)),
      ]
    }
  }

  static let duckdbTypes = SystemTable(
    "olap", "duckdb_types", "Types made by CREATE TYPE",
    columns: [
      .init("schema_name", .varchar), .init("type_name", .varchar), .init("definition", .varchar),
      .init("comment", .varchar),
    ]
  ) { _, planning in
    visible(planning).compactMap { entry in
      guard case .type(let type) = entry else { return nil }
      return [
        .text(type.schema), .text(type.name), .text(type.type.description),
        .text(planning.comment(of: type.id)),
      ]
    }
  }

  static let duckdbIndexes = SystemTable(
    "olap", "duckdb_indexes", "Indexes",
    columns: [
      .init("schema_name", .varchar), .init("index_name", .varchar), .init("table_name", .varchar),
      .init("is_unique", .boolean), .init("sql", .varchar), .init("comment", .varchar),
    ]
  ) { _, planning in
    visible(planning).compactMap { entry in
      guard case .index(let index) = entry else { return nil }
      return [
        .text(index.schema), .text(index.name), .text(planning.catalog.table(index.table)?.name),
        .boolean(index.isUnique), .text(index.sql), .text(planning.comment(of: index.id)),
      ]
    }
  }

  static let duckdbConstraints = SystemTable(
    "olap", "duckdb_constraints", "Constraints with their text",
    columns: [
      .init("schema_name", .varchar), .init("table_name", .varchar),
      .init("constraint_type", .varchar), .init("constraint_text", .varchar),
      .init("constraint_name", .varchar),
    ]
  ) { _, planning in
    constraintRows(planning).map { row in
      [
        .text(row.table.schema), .text(row.table.name), .text(row.kind), .text(row.text),
        .text(row.name),
      ]
    }
  }

  static let duckdbTriggers = SystemTable(
    "olap", "duckdb_triggers", "Triggers",
    columns: [
      .init("database_name", .varchar), .init("schema_name", .varchar),
      .init("trigger_name", .varchar), .init("table_name", .varchar),
      .init("action_timing", .varchar), .init("event_manipulation", .varchar),
      .init("columns", .list(.varchar)), .init("for_each", .varchar), .init("sql", .varchar),
    ]
  ) { connection, planning in
    visible(planning).flatMap { entry -> [[Value]] in
      guard case .table(let table) = entry else { return [] }
      return connection.triggers(on: table.id, planning.storageSnapshot).map { trigger in
        [
          .text(planning.databaseName), .text(table.schema), .text(trigger.node.name.text),
          .text(table.name), .text(trigger.node.timing.rawValue),
          .text(trigger.node.event.rawValue),
          .list(trigger.node.columns.map { .varchar($0.text) }),
          .text(trigger.node.isForEachRow ? "ROW" : "STATEMENT"), .text(trigger.sql),
        ]
      }
    }
  }

  static let settings = SystemTable(
    "olap", "duckdb_settings", "Settings of the connection",
    columns: [.init("name", .varchar), .init("value", .varchar), .init("description", .varchar)]
  ) { connection, _ in
    Settings.definitions.map { definition in
      [
        .text(definition.name), .text(connection.settings[definition.name]),
        .text(definition.summary),
      ]
    }
  }

  static let sqliteMaster = SystemTable(
    "olap", "sqlite_master", "Tables and views as SQLite lists them",
    columns: [
      .init("type", .varchar), .init("name", .varchar), .init("tbl_name", .varchar),
      .init("rootpage", .integer), .init("sql", .varchar),
    ]
  ) { _, planning in
    visible(planning).compactMap { entry in
      switch entry {
      case .table(let table):
        [
          .text("table"), .text(table.name), .text(table.name), .integer(0),
          .text(table.createStatement(in: planning.catalog)),
        ]
      case .view(let view):
        [.text("view"), .text(view.name), .text(view.name), .integer(0), .text(view.sql)]
      default: nil
      }
    }
  }
}

extension TableEntry {
  /// A CREATE statement that makes the table again; `catalog` names the targets of foreign keys.
  func createStatement(in catalog: CatalogSnapshot) -> String {
    var items = columns.map { column -> String in
      var text = "\(quote(column.name)) \(column.type)"
      if let generated = column.generatedSQL { text += " GENERATED ALWAYS AS (\(generated))" }
      if let value = column.defaultSQL { text += " DEFAULT (\(value))" }
      if !column.isNullable { text += " NOT NULL" }
      return text
    }
    let list: ([Int]) -> String = { positions in
      positions.map { quote(columns[$0].name) }.joined(separator: ", ")
    }
    for key in keys {
      let kind = key.isPrimary ? "PRIMARY KEY" : "UNIQUE"
      items.append("\(prefix(key.name))\(kind) (\(list(key.columns)))")
    }
    for check in checks { items.append("\(prefix(check.name))CHECK (\(check.sql))") }
    for foreignKey in foreignKeys {
      let target = foreignKey.target == id ? self : catalog.table(foreignKey.target)
      guard let target else { continue }
      let names = foreignKey.targetColumns.map { quote(target.columns[$0].name) }
      items.append(
        "\(prefix(foreignKey.name))FOREIGN KEY (\(list(foreignKey.columns))) REFERENCES "
          + "\(quote(target.schema)).\(quote(target.name)) (\(names.joined(separator: ", ")))"
          + foreignKey.onDelete.clause("DELETE") + foreignKey.onUpdate.clause("UPDATE"))
    }
    for expectation in expectations {
      items.append(
        "CONSTRAINT \(quote(expectation.name)) EXPECT (\(expectation.sql)) ON VIOLATION "
          + expectation.onViolation.rawValue.uppercased())
    }
    let kind = layer.map { $0.rawValue.uppercased() + " " } ?? ""
    func prefix(_ name: String?) -> String { name.map { "CONSTRAINT \(quote($0)) " } ?? "" }
    if let model {
      let keyItems = items.dropFirst(columns.count)
      let head = keyItems.isEmpty ? "" : " (" + keyItems.joined(separator: ", ") + ")"
      return "CREATE \(kind)TABLE \(quote(schema)).\(quote(name))\(head) AS \(model.sql);"
    }
    return "CREATE \(kind)TABLE \(quote(schema)).\(quote(name))(\(items.joined(separator: ", ")));"
  }
}

extension ForeignKeyConstraint.Action {
  /// ` ON DELETE CASCADE` and its kin; empty for the default.
  fileprivate func clause(_ event: String) -> String {
    switch self {
    case .noAction: ""
    case .restrict: " ON \(event) RESTRICT"
    case .cascade: " ON \(event) CASCADE"
    case .setNull: " ON \(event) SET NULL"
    case .setDefault: " ON \(event) SET DEFAULT"
    }
  }
}
