internal import OlapCatalog
internal import OlapColumns
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

/// Where a new or existing name lives.
struct QualifiedName {
  var schema: String
  var name: String
  var isTemporary: Bool
  /// Whether the schema was said: no temporary table stands before the one that is meant.
  var isQualified = false
}

extension Connection {
  /// Schema and name of an object name: `t`, `s.t` or `db.s.t`.
  func resolve(_ name: ObjectName, isTemporary: Bool = false) throws -> QualifiedName {
    let parts = name.parts
    guard parts.count <= 3 else {
      throw OlapError(
        .catalog, "too many parts in name \"\(name.text)\": use schema.name",
        range: name.range.start..<name.range.end)
    }
    var schema = isTemporary ? "temp" : homeSchema ?? settings["schema"]
    if parts.count >= 2 {
      schema = parts[parts.count - 2].text
      if parts.count == 3, peer(parts[0].text) == nil, parts[0].text.lowercased() != "temp" {
        throw OlapError(
          .catalog,
          "database \"\(parts[0].text)\" is not attached; ATTACH 'file' AS \(parts[0].text) first",
          range: parts[0].range.start..<parts[0].range.end)
      }
      // `database.table` names the database's schema main, as in DuckDB.
      if parts.count == 2, schema.lowercased() == databaseName.lowercased(),
        !readSnapshot().catalog.hasSchema(schema)
      {
        schema = "main"
      }
    }
    return QualifiedName(
      schema: schema, name: name.base.text, isTemporary: schema.lowercased() == "temp",
      isQualified: parts.count > 1)
  }

  /// Runs `body` with the writer of the storage that holds the name.
  func withWriter<R>(of name: QualifiedName, _ body: (WriteTransaction) throws -> R) throws -> R {
    name.isTemporary ? try withTemporaryWriter(body) : try withWriter(body)
  }

  /// CREATE TABLE, with columns or AS SELECT.
  func runCreateTable(
    _ node: CreateTableStatement, sql: String, parameters: [Value]
  ) throws -> QueryResult {
    let name = try resolve(node.name, isTemporary: node.isTemporary)
    return try withWriter(of: name) { writer in
      guard try prepareName(name, node.name, conflict: node.conflict, writer: writer) else {
        return done("CREATE TABLE")
      }
      var table = try defineTable(
        name, columns: node.columns, constraints: node.constraints, query: node.query, sql: sql,
        writer: writer)
      table.sortedBy = try positions(of: node.sortedBy, in: table)
      table.comment = node.comment
      table.isTemporary = name.isTemporary
      try addTable(table, writer: writer)
      guard let query = node.query, node.withData else { return done("CREATE TABLE") }
      let count = try fill(
        table, from: query, sql: sql, parameters: parameters, writer: writer
      ).written
      return done("CREATE TABLE", changed: count)
    }
  }

  /// Checks that the name is free, or makes it so. False: the statement has nothing to do.
  func prepareName(
    _ name: QualifiedName, _ node: ObjectName, conflict: CreateConflict, writer: WriteTransaction
  ) throws -> Bool {
    let range = node.range.start..<node.range.end
    guard writer.catalog.hasSchema(name.schema) else {
      throw OlapError(
        .catalog,
        "Schema with name \(name.schema) does not exist! CREATE SCHEMA \(name.schema) first",
        range: range)
    }
    if name.schema.lowercased() == "olap" && !isRefreshing {
      throw OlapError(
        .catalog, "schema \"olap\" belongs to the engine; use another schema", range: range)
    }
    guard let old = writer.catalog.lookup(.relation, schema: name.schema, name: name.name) else {
      return true
    }
    switch conflict {
    case .ignore: return false
    case .replace:
      try remove(old, cascade: false, writer: writer, isReplacing: true)
      return true
    case .error:
      let kind =
        switch old {
        case .view: "View"
        case .sequence: "Sequence"
        default: "Table"
        }
      throw OlapError(.catalog, "\(kind) with name \"\(name.name)\" already exists!", range: range)
    }
  }

  /// Puts the entry, its storage, and the sequences it owns into the transaction.
  func addTable(_ table: TableEntry, writer: WriteTransaction) throws {
    var catalog = writer.catalog
    catalog.put(.table(table))
    writer.catalog = catalog
  }

  /// The entry that column definitions, constraints and the query's columns describe.
  func defineTable(
    _ name: QualifiedName, columns: [OlapSQL.ColumnDefinition], constraints: [TableConstraint],
    query: SelectStatement?, sql: String, writer: WriteTransaction
  ) throws -> TableEntry {
    var catalog = writer.catalog
    var table = TableEntry(
      id: catalog.allocateID(), schema: name.schema, name: name.name, columns: [])
    writer.catalog = catalog
    var definitions: [OlapCatalog.ColumnDefinition] = []
    if let query {
      let outputs = try outputColumns(of: query, sql: sql)
      guard columns.isEmpty || columns.count == outputs.count else {
        throw OlapError(
          .binder, "the query gives \(outputs.count) columns, but \(columns.count) are named")
      }
      for (index, output) in outputs.enumerated() {
        let type = output.type == .null ? SQLType.integer : output.type
        definitions.append(
          OlapCatalog.ColumnDefinition(
            name: columns.isEmpty ? output.name : columns[index].name.text, type: type))
      }
      Connection.uniqueNames(&definitions)
    }
    var builder = TableBuilder(
      connection: self, sql: sql, writer: writer, name: name, tableID: table.id)
    for (index, column) in columns.enumerated() {
      try builder.add(column, to: &definitions, at: query == nil ? nil : index)
    }
    table.columns = definitions
    table.columnIDs = definitions.indices.map { UInt32($0) }
    table.nextColumnID = UInt32(definitions.count)
    try builder.applyColumnConstraints(columns, to: &table)
    for constraint in constraints { try builder.apply(constraint, to: &table) }
    var checks = DefinitionChecks(self, table, snapshot: writer.snapshot)
    try checks.check(columns, constraints)
    if table.columns.isEmpty {
      throw OlapError(.parser, "Table must have at least one column!")
    }
    return table
  }

  /// `a, a` becomes `a, a_1`, as CREATE TABLE AS does.
  static func uniqueNames(_ columns: inout [OlapCatalog.ColumnDefinition]) {
    var seen: Set<String> = []
    for index in columns.indices {
      var name = columns[index].name
      var suffix = 1
      while !seen.insert(name.lowercased()).inserted {
        name = columns[index].name + "_\(suffix)"
        suffix += 1
      }
      columns[index].name = name
    }
  }

  /// Positions of SORTED BY columns.
  func positions(of items: [OrderByItem], in table: TableEntry) throws -> [Int] {
    try items.map { item in
      guard case .column(let parts) = item.expression.kind, let name = parts.last,
        let position = table.columnIndex(name.text)
      else {
        throw OlapError(
          .binder, "SORTED BY takes columns of the table",
          range: item.expression.range.start..<item.expression.range.end)
      }
      return position
    }
  }
}
