internal import OlapCatalog
internal import OlapColumns
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

extension Connection {
  /// Runs `body` on a copy of the catalog and puts it back.
  func changeCatalog<R>(
    _ writer: WriteTransaction, _ body: (inout CatalogSnapshot) throws -> R
  ) throws -> R {
    var catalog = writer.catalog
    let result = try body(&catalog)
    writer.catalog = catalog
    return result
  }

  func runCreateView(_ node: CreateViewStatement, sql: String) throws -> QueryResult {
    let name = try resolve(node.name, isTemporary: node.isTemporary)
    return try withWriter(of: name) { writer in
      guard try prepareName(name, node.name, conflict: node.conflict, writer: writer) else {
        return done("CREATE VIEW")
      }
      var text = Connection.slice(sql, node.query.range)
      if node.isRecursive {
        let columns = node.columns.map { quote($0.text) }.joined(separator: ", ")
        let list = columns.isEmpty ? "" : " (\(columns))"
        text = "WITH RECURSIVE \(quote(name.name))\(list) AS (\(text)) FROM \(quote(name.name))"
      }
      // Binding finds mistakes now instead of at the first use.
      let outputs =
        node.isRecursive
        ? try outputColumns(of: Parser.parseQuery(text), sql: text)
        : try outputColumns(of: node.query, sql: sql)
      guard node.columns.count <= outputs.count else {
        throw OlapError(
          .binder, "the view names \(node.columns.count) columns, its query gives \(outputs.count)")
      }
      try changeCatalog(writer) { catalog in
        var view = ViewEntry(
          id: catalog.allocateID(), schema: name.schema, name: name.name,
          columnNames: node.columns.map { $0.text },
          sql: text)
        view.isTemporary = name.isTemporary
        catalog.put(.view(view))
      }
      return done("CREATE VIEW")
    }
  }

  func runCreateSchema(_ node: CreateSchemaStatement) throws -> QueryResult {
    try withWriter { writer in
      let name = node.name.base.text
      if let qualifier = node.name.qualifier.first, peer(qualifier.text) == nil {
        throw OlapError(
          .catalog,
          "database \"\(qualifier.text)\" is not attached; ATTACH 'file' AS \(qualifier.text) first",
          range: qualifier.range.start..<qualifier.range.end)
      }
      if writer.catalog.hasSchema(name) {
        if node.conflict == .ignore { return done("CREATE SCHEMA") }
        throw OlapError(
          .catalog, "Schema with name \"\(name)\" already exists!",
          range: node.name.range.start..<node.name.range.end)
      }
      try changeCatalog(writer) { catalog in
        catalog.put(.schema(SchemaEntry(id: catalog.allocateID(), name: name)))
      }
      return done("CREATE SCHEMA")
    }
  }

  func runCreateSequence(_ node: CreateSequenceStatement) throws -> QueryResult {
    let name = try resolve(node.name)
    return try withWriter { writer in
      guard try prepareName(name, node.name, conflict: node.conflict, writer: writer) else {
        return done("CREATE SEQUENCE")
      }
      let increment = Int64(node.increment ?? 1)
      guard increment != 0 else {
        throw OlapError(.parser, "Increment must not be zero")
      }
      let minimum = Int64(node.minimum ?? (increment > 0 ? 1 : Int.min))
      let maximum = Int64(node.maximum ?? (increment > 0 ? Int.max : -1))
      let start = Int64(node.start ?? Int(increment > 0 ? minimum : maximum))
      guard minimum < maximum, (minimum...maximum).contains(start) else {
        throw OlapError(
          .parser,
          "START value (\(start)) must lie between MINVALUE (\(minimum)) and MAXVALUE (\(maximum))")
      }
      try changeCatalog(writer) { catalog in
        let id = catalog.allocateID()
        // The id may have been another's in a transaction that was rolled back.
        database.sequences.reset(id)
        catalog.put(
          .sequence(
            SequenceEntry(
              id: id, schema: name.schema, name: name.name, start: start,
              increment: increment, minimum: minimum, maximum: maximum, isCyclic: node.isCyclic)))
      }
      return done("CREATE SEQUENCE")
    }
  }

  func runCreateType(_ node: CreateTypeStatement) throws -> QueryResult {
    let name = try resolve(node.name)
    let type: SQLType
    switch node.definition {
    case .type(let definition):
      if case .enumeration(let labels) = definition.kind {
        try checkLabels(labels, definition.range)
        type = .enumeration(EnumLabels(name: name.name, labels: labels))
      } else {
        type = try sqlType(definition)
      }
    case .enumeration(let query):
      let statement = OlapSQL.Statement(.select(query), range: query.range)
      let rows = try runQuery(statement, sql: "", parameters: [], snapshot: readSnapshot())
        .allRows()
      type = .enumeration(
        EnumLabels(name: name.name, labels: rows.compactMap { $0.text(0) }))
    }
    return try withWriter { writer in
      if let old = writer.catalog.lookup(.type, schema: name.schema, name: name.name) {
        switch node.conflict {
        case .ignore: return done("CREATE TYPE")
        case .replace: try changeCatalog(writer) { $0.remove(old.id) }
        case .error:
          throw OlapError(
            .catalog, "Type with name \"\(name.name)\" already exists!",
            range: node.name.range.start..<node.name.range.end)
        }
      }
      try changeCatalog(writer) { catalog in
        catalog.put(
          .type(
            TypeEntry(id: catalog.allocateID(), schema: name.schema, name: name.name, type: type)))
      }
      return done("CREATE TYPE")
    }
  }

  func runCreateMacro(
    _ node: CreateMacroStatement, sql: String, range: SourceRange
  ) throws -> QueryResult {
    let name = try resolve(node.name)
    return try withWriter { writer in
      if let old = writer.catalog.lookup(.macro, schema: name.schema, name: name.name) {
        switch node.conflict {
        case .ignore: return done("CREATE MACRO")
        case .replace: try changeCatalog(writer) { $0.remove(old.id) }
        case .error:
          throw OlapError(
            .catalog, "Macro Function with name \"\(name.name)\" already exists!",
            range: node.name.range.start..<node.name.range.end)
        }
      }
      let isTable = node.overloads.contains { if case .table = $0.body { true } else { false } }
      try changeCatalog(writer) { catalog in
        catalog.put(
          .macro(
            MacroEntry(
              id: catalog.allocateID(), schema: name.schema, name: name.name, isTable: isTable,
              sql: Connection.slice(sql, range))))
      }
      return done("CREATE MACRO")
    }
  }

  /// CREATE INDEX is recorded; zone maps and key indexes do its work. UNIQUE becomes a key.
  func runCreateIndex(_ node: CreateIndexStatement, sql: String) throws -> QueryResult {
    let target = try resolve(node.table)
    return try withWriter(of: target) { writer in
      var table = try existingTable(target, node.table, writer: writer)
      let columns: [Int] = try node.elements.compactMap { element in
        guard case .column(let parts) = element.expression.kind, let name = parts.last else {
          return nil
        }
        guard let position = table.columnIndex(name.text) else {
          throw OlapError(
            .binder,
            "table \"\(table.name)\" has no column \"\(name.text)\""
              + choice(name.text, in: table),
            range: name.range.start..<name.range.end)
        }
        return position
      }
      let name =
        node.name?.base.text
        ?? "\(table.name)_\(columns.map { table.columns[$0].name }.joined(separator: "_"))_idx"
      if let old = writer.catalog.lookup(.index(table: table.id), schema: table.schema, name: name)
      {
        switch node.conflict {
        case .ignore: return done("CREATE INDEX")
        case .replace: try changeCatalog(writer) { $0.remove(old.id) }
        case .error:
          throw OlapError(.catalog, "Index with name \"\(name)\" already exists!")
        }
      }
      if node.isUnique {
        guard columns.count == node.elements.count, node.filter == nil else {
          throw OlapError(
            .notSupported, "a UNIQUE index takes plain columns and no WHERE: use a CHECK instead")
        }
        let key = KeyConstraint(name: name, columns: columns, isPrimary: false)
        try checkUnique(key, table: table, writer: writer)
        table.keys.append(key)
        try changeCatalog(writer) { $0.put(.table(table)) }
      }
      try changeCatalog(writer) { catalog in
        catalog.put(
          .index(
            IndexEntry(
              id: catalog.allocateID(), schema: table.schema, name: name, table: table.id,
              isUnique: node.isUnique, sql: Connection.slice(sql, node.range))))
      }
      return done("CREATE INDEX")
    }
  }

  private func checkLabels(_ labels: [String], _ range: SourceRange) throws {
    var seen: Set<String> = []
    if let twice = labels.first(where: { !seen.insert($0).inserted }) {
      throw OlapError(
        .invalidInput, "an ENUM has each value once, but '\(twice)' is there twice",
        range: range.start..<range.end)
    }
  }

  /// `; did you mean "a"?` or the columns there are, for a column that there is not.
  func choice(_ column: String, in table: TableEntry) -> String {
    let names = table.columns.map { $0.name }
    let closest = Similarity.closest(to: column, among: names)
    if !closest.isEmpty {
      return "; did you mean " + closest.map { "\"\($0)\"" }.joined(separator: ", ") + "?"
    }
    let list = names.prefix(12).map { "\"\($0)\"" }.joined(separator: ", ")
    return "; it has \(list)" + (names.count > 12 ? ", …" : "")
  }

  func tableNames(in catalog: CatalogSnapshot) -> [String] {
    catalog.sortedEntries.compactMap { if case .table = $0 { $0.name } else { nil } }
  }

  /// ` Did you mean …?` for a name that there is not; empty when nothing is like it.
  func didYouMean(_ name: String, _ names: [String]) -> String {
    let closest = Similarity.closest(to: name, among: names)
    return closest.isEmpty
      ? "" : " Did you mean " + closest.map { "\"\($0)\"" }.joined(separator: ", ") + "?"
  }

  /// The table entry of a name, or an error that says what the name is instead.
  func existingTable(
    _ name: QualifiedName, _ node: ObjectName, writer: WriteTransaction
  ) throws -> TableEntry {
    let entry = writer.catalog.lookup(.relation, schema: name.schema, name: name.name)
    if case .table(let table)? = entry { return table }
    let range = node.range.start..<node.range.end
    if entry != nil { throw OlapError(.catalog, "\(node.text) is not a table", range: range) }
    throw OlapError(
      .catalog,
      "Table with name \(node.text) does not exist!"
        + didYouMean(node.base.text, tableNames(in: writer.catalog)), range: range)
  }

  /// Refuses a new key that existing rows violate.
  func checkUnique(
    _ key: KeyConstraint, table: TableEntry, writer: WriteTransaction
  ) throws {
    let names = key.columns.map { quote(table.columns[$0].name) }
    let condition = names.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
    let list = names.joined(separator: ", ")
    let rows = try internalQuery(
      "SELECT \(list) FROM \(quote(table.schema)).\(quote(table.name)) WHERE \(condition) "
        + "GROUP BY \(list) HAVING count(*) > 1 LIMIT 1", snapshot: writer.snapshot)
    if let row = rows.first {
      let values = row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: ", ")
      throw OlapError(
        .constraint,
        "Data contains duplicates on indexed column(s): (\(values)) occurs more than once")
    }
  }

  /// Rows of a query the engine asks itself.
  func internalQuery(_ sql: String, snapshot: Snapshot) throws -> [Row] {
    let statements = try Parser.parse(sql)
    return try runQuery(statements[0], sql: sql, parameters: [], snapshot: snapshot).allRows()
  }
}
