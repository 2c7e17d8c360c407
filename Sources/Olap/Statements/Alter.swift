internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

extension Connection {
  func runAlterTable(_ node: AlterTableStatement, sql: String) throws -> QueryResult {
    let resolved = try resolve(node.name)
    let name =
      isTemporaryTable(resolved)
      ? QualifiedName(schema: "temp", name: resolved.name, isTemporary: true) : resolved
    return try withWriter(of: name) { writer in
      let entry = writer.catalog.lookup(.relation, schema: name.schema, name: name.name)
      if entry == nil, node.ifExists { return done("ALTER TABLE") }
      if case .view(var view)? = entry {
        guard node.actions.count == 1, case .renameTable(let to) = node.actions[0] else {
          throw OlapError(.catalog, "a view can only be renamed; use CREATE OR REPLACE VIEW")
        }
        view.name = to.text
        try changeCatalog(writer) { $0.put(.view(view)) }
        return done("ALTER VIEW")
      }
      for action in node.actions {
        // Names may change from one action to the next; the id does not.
        let id = try existingTable(name, node.name, writer: writer).id
        guard let table = writer.catalog.table(id) else { continue }
        try apply(action, to: table, sql: sql, name: name, writer: writer)
        if let changed = writer.catalog.table(id) {
          try prepareRejected(of: changed, writer: writer)
          try renameQuarantined(from: table, to: changed, writer)
          try applyNewRules(of: changed, since: table, writer)
        }
      }
      return done("ALTER TABLE")
    }
  }

  /// What an action does to the columns of a table, when it does.
  private static func reshaping(_ action: AlterTableAction) -> String? {
    switch action {
    case .addColumn(let column, _) where !column.constraints.contains(where: { $0.isGenerated }):
      "add a column to"
    case .addField: "add a field to"
    case .dropColumn: "drop a column of"
    case .renameColumn: "rename a column of"
    case .setType: "change the type of a column of"
    default: nil
    }
  }

  private func apply(
    _ action: AlterTableAction, to old: TableEntry, sql: String, name: QualifiedName,
    writer: WriteTransaction
  ) throws {
    if old.model != nil, let what = Connection.reshaping(action) {
      throw OlapError(
        .layer,
        "cannot \(what) \"\(old.name)\": its columns are those that its SELECT gives; CREATE OR REPLACE "
          + "it with another")
    }
    var table = old
    var builder = TableBuilder(
      connection: self, sql: sql, writer: writer, name: name, tableID: table.id)
    switch action {
    case .addColumn(let column, let ifNotExists):
      if ifNotExists, table.columnIndex(column.name.text) != nil { return }
      try addColumn(column, to: table, builder: &builder, writer: writer)
      return
    case .addField(let name, let type, let path, let fill, let ifNotExists):
      try alterField(
        .add(
          name.text, try sqlType(type), fill.map { Connection.slice(sql, $0.range) },
          ifNotExists: ifNotExists), at: path.parts, of: table, writer: writer)
      return
    case .dropColumn(let column, let ifExists, _) where column.parts.count > 1:
      try alterField(
        .drop(column.base.text, ifExists: ifExists), at: Array(column.parts.dropLast()),
        of: table, writer: writer)
      return
    case .renameColumn(let column, let to) where column.parts.count > 1:
      try alterField(
        .rename(column.base.text, to: to.text), at: Array(column.parts.dropLast()), of: table,
        writer: writer)
      return
    case .dropColumn(let column, let ifExists, let cascade):
      guard let position = table.columnIndex(column.base.text) else {
        if ifExists { return }
        throw missing(column.base, in: table)
      }
      try dropColumn(position, of: &table, cascade: cascade)
    case .renameColumn(let column, let to):
      guard let position = table.columnIndex(column.base.text) else {
        throw missing(column.base, in: table)
      }
      if let other = table.columnIndex(to.text), other != position {
        throw OlapError(
          .catalog, "Column with name \(to.text) already exists!",
          range: to.range.start..<to.range.end)
      }
      try refuseUse(of: position, in: table, verb: "rename")
      table.columns[position].name = to.text
    case .renameTable(let to):
      if writer.catalog.lookup(.relation, schema: table.schema, name: to.text) != nil {
        throw OlapError(
          .catalog, "Table with name \"\(to.text)\" already exists!",
          range: to.range.start..<to.range.end)
      }
      table.name = to.text
    case .setType(let column, let type, let expression):
      try setType(column, type, using: expression, of: table, sql: sql, writer: writer)
      return
    case .setDefault(let column, let expression):
      let position = try builder.position(column, in: table)
      var checks = DefinitionChecks(self, table, snapshot: writer.snapshot)
      try checks.defaultValue(expression, of: column.text)
      table.columns[position].defaultSQL = builder.text(expression)
    case .dropDefault(let column):
      table.columns[try builder.position(column, in: table)].defaultSQL = nil
    case .setNotNull(let column):
      let position = try builder.position(column, in: table)
      let rows = try internalQuery(
        "SELECT count(*) FROM \(quote(table.schema)).\(quote(table.name)) "
          + "WHERE \(quote(table.columns[position].name)) IS NULL", snapshot: writer.snapshot)
      if let count = rows.first?.int(0), count > 0 {
        throw OlapError(
          .constraint,
          "NOT NULL constraint failed: \(count) rows of \(table.name).\(column.text) are NULL")
      }
      table.columns[position].isNullable = false
    case .dropNotNull(let column):
      table.columns[try builder.position(column, in: table)].isNullable = true
    case .addConstraint(let constraint, _):
      let keys = table.keys.count
      try builder.apply(constraint, to: &table)
      if table.keys.count > keys, let key = table.keys.last {
        try checkUnique(key, table: table, writer: writer)
      }
      try checkNewConditions(old: old, new: table, writer: writer)
    case .dropConstraint(let constraint, let ifExists, _):
      let folded = constraint.text.lowercased()
      let matches: (String?) -> Bool = { $0?.lowercased() == folded }
      let found =
        table.keys.contains { matches($0.name) } || table.checks.contains { matches($0.name) }
        || table.foreignKeys.contains { matches($0.name) }
        || table.expectations.contains { matches($0.name) }
      if !found && !ifExists {
        throw OlapError(
          .catalog, "table \"\(table.name)\" has no constraint \"\(constraint.text)\"")
      }
      table.keys.removeAll { matches($0.name) }
      table.checks.removeAll { matches($0.name) }
      table.foreignKeys.removeAll { matches($0.name) }
      table.expectations.removeAll { matches($0.name) }
    case .renameConstraint(let constraint, let to):
      let folded = constraint.text.lowercased()
      for index in table.keys.indices where table.keys[index].name?.lowercased() == folded {
        table.keys[index].name = to.text
      }
      for index in table.checks.indices where table.checks[index].name?.lowercased() == folded {
        table.checks[index].name = to.text
      }
    case .setSchema(let schema):
      guard writer.catalog.hasSchema(schema.text) else {
        throw OlapError(.catalog, "Schema with name \"\(schema.text)\" does not exist!")
      }
      table.schema = schema.text
    case .setSortedBy(let items): table.sortedBy = try positions(of: items, in: table)
    case .setPartitionBy: return
    case .setOptions(let options): try setOptions(options, of: &table, sql: sql)
    case .resetOptions(let names):
      for name in names { table.options[name.text.lowercased()] = nil }
    }
    try changeCatalog(writer) { $0.put(.table(table)) }
  }

  private func missing(_ column: Identifier, in table: TableEntry) -> OlapError {
    OlapError(
      .binder,
      "table \"\(table.name)\" has no column \"\(column.text)\"" + choice(column.text, in: table),
      range: column.range.start..<column.range.end)
  }

  /// WITH (…) options as text.
  func setOptions(_ options: [StatementOption], of table: inout TableEntry, sql: String) throws {
    for option in options {
      let name = option.name.text.lowercased()
      switch option.value {
      case nil: table.options[name] = "true"
      case .star?: table.options[name] = "*"
      case .expression(let expression)?: table.options[name] = optionText(expression, sql: sql)
      case .list(let items)?:
        table.options[name] = items.map { optionText($0, sql: sql) }.joined(separator: ", ")
      }
    }
  }

  func optionText(_ expression: Expression, sql: String) -> String {
    switch expression.kind {
    case .literal(.string(let text)): text
    case .column(let parts): parts.map { $0.text }.joined(separator: ".")
    default: Connection.slice(sql, expression.range)
    }
  }

  private func addColumn(
    _ node: OlapSQL.ColumnDefinition, to old: TableEntry, builder: inout TableBuilder,
    writer: WriteTransaction
  ) throws {
    var table = old
    try builder.add(node, to: &table.columns, at: nil)
    let columnID = table.nextColumnID
    table.columnIDs.append(columnID)
    table.nextColumnID += 1
    let position = table.columns.count - 1
    let columns = Array(
      repeating: OlapSQL.ColumnDefinition(name: Identifier(""), type: nil), count: position)
    try builder.applyColumnConstraints(columns + [node], to: &table)
    if table.columns[position].generatedSQL != nil {
      throw OlapError(
        .notSupported, "generated columns are declared in CREATE TABLE; they cannot be added later")
    }
    var fill = Value.null
    if let text = table.columns[position].defaultSQL {
      let type = table.columns[position].type
      let rows = try internalQuery("SELECT CAST((\(text)) AS \(type))", snapshot: writer.snapshot)
      fill = rows.first?.values.first ?? .null
    }
    if fill.isNull, !table.columns[position].isNullable,
      writer.snapshot.table(table.id).rowCount > 0
    {
      throw OlapError(
        .constraint,
        "column \"\(node.name.text)\" is NOT NULL, but existing rows would have no value; give a DEFAULT"
      )
    }
    try writer.addColumn(
      table: table.id, columnID: columnID, type: table.columns[position].type, fill: fill)
    try changeCatalog(writer) { $0.put(.table(table)) }
  }

  /// Constraints that mention the column stand in the way; nothing else does.
  private func refuseUse(of position: Int, in table: TableEntry, verb: String) throws {
    let name = table.columns[position].name
    for check in table.checks where mentions(name, in: check.sql) {
      throw OlapError(
        .catalog,
        "cannot \(verb) column \"\(name)\": the CHECK (\(check.sql)) mentions it; drop it first")
    }
    for column in table.columns {
      if let text = column.generatedSQL, mentions(name, in: text) {
        throw OlapError(
          .catalog,
          "cannot \(verb) column \"\(name)\": column \"\(column.name)\" is generated from it")
      }
    }
  }

  private func mentions(_ name: String, in sql: String) -> Bool {
    let folded = name.lowercased()
    let words = sql.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }
    return words.contains { $0 == folded }
  }

  private func dropColumn(_ position: Int, of table: inout TableEntry, cascade: Bool) throws {
    guard table.columns.count > 1 else {
      throw OlapError(.catalog, "Cannot drop column: table only has one column remaining!")
    }
    let name = table.columns[position].name
    if !cascade {
      try refuseUse(of: position, in: table, verb: "drop")
      if table.keys.contains(where: { $0.columns.contains(position) })
        || table.foreignKeys.contains(where: { $0.columns.contains(position) })
      {
        throw OlapError(
          .catalog, "cannot drop column \"\(name)\": a key of the table uses it; add CASCADE")
      }
    }
    table.keys.removeAll { $0.columns.contains(position) }
    table.foreignKeys.removeAll { $0.columns.contains(position) }
    table.checks.removeAll { mentions(name, in: $0.sql) }
    table.sortedBy.removeAll { $0 == position }
    let shift: (Int) -> Int = { $0 > position ? $0 - 1 : $0 }
    for index in table.keys.indices {
      table.keys[index].columns = table.keys[index].columns.map(shift)
    }
    for index in table.foreignKeys.indices {
      table.foreignKeys[index].columns = table.foreignKeys[index].columns.map(shift)
      if table.foreignKeys[index].target == table.id {
        table.foreignKeys[index].targetColumns = table.foreignKeys[index].targetColumns.map(shift)
      }
    }
    table.sortedBy = table.sortedBy.map(shift)
    table.columns.remove(at: position)
    table.columnIDs.remove(at: position)
  }

  /// SET DATA TYPE rewrites the table under its id: rows are read through the cast and appended.
  func setType(
    _ column: Identifier, _ type: TypeName?, using expression: Expression?, of old: TableEntry,
    sql: String, writer: WriteTransaction
  ) throws {
    guard let position = old.columnIndex(column.text) else { throw missing(column, in: old) }
    var table = old
    if let type { table.columns[position].type = try sqlType(type) }
    let target = table.columns[position].type
    let items = old.columns.indices.map { index -> String in
      let name = quote(old.columns[index].name)
      guard index == position else { return name }
      let source = expression.map { Connection.slice(sql, $0.range) } ?? name
      return "CAST((\(source)) AS \(target)) AS \(name)"
    }
    let text =
      "SELECT \(items.joined(separator: ", ")) FROM \(quote(old.schema)).\(quote(old.name))"
    let statements = try Parser.parse(text)
    let result = try runQuery(statements[0], sql: text, parameters: [], snapshot: writer.snapshot)
    var chunks: [Chunk] = []
    while let chunk = try result.nextChunk() { chunks.append(chunk.chunk) }
    try writer.truncate(table: old.id)
    table.columnIDs[position] = table.nextColumnID
    table.nextColumnID += 1
    try writer.addColumn(
      table: table.id, columnID: table.columnIDs[position], type: target, fill: .null)
    try changeCatalog(writer) { $0.put(.table(table)) }
    for chunk in chunks { try writer.append(table: table.id, chunk) }
  }

  /// A new CHECK must hold for existing rows.
  private func checkNewConditions(
    old: TableEntry, new: TableEntry, writer: WriteTransaction
  ) throws {
    for check in new.checks.dropFirst(old.checks.count) {
      let rows = try internalQuery(
        "SELECT count(*) FROM \(quote(old.schema)).\(quote(old.name)) WHERE NOT (\(check.sql))",
        snapshot: writer.snapshot)
      if let count = rows.first?.int(0), count > 0 {
        throw OlapError(
          .constraint, "CHECK constraint failed: \(count) existing rows violate (\(check.sql))")
      }
    }
  }

  func runAlterObject(_ node: AlterObjectStatement) throws -> QueryResult {
    let name = try resolve(node.name)
    return try withWriter { writer in
      let space: CatalogSnapshot.Space = node.kind == .type ? .type : .relation
      guard let entry = writer.catalog.lookup(space, schema: name.schema, name: name.name) else {
        if node.ifExists { return done("ALTER") }
        throw OlapError(
          .catalog, "\(node.kind.rawValue) with name \(node.name.text) does not exist!",
          range: node.name.range.start..<node.name.range.end)
      }
      try changeCatalog(writer) { try rewrite(entry, node.action, catalog: &$0, writer: writer) }
      return done("ALTER \(node.kind.rawValue)")
    }
  }

  private func rewrite(
    _ entry: CatalogEntry, _ action: AlterObjectStatement.Action, catalog: inout CatalogSnapshot,
    writer: WriteTransaction
  ) throws {
    switch (entry, action) {
    case (.view(var view), .rename(let to)):
      view.name = to.text
      catalog.put(.view(view))
    case (.sequence(var sequence), .rename(let to)):
      sequence.name = to.text
      catalog.put(.sequence(sequence))
    case (.sequence(let sequence), .restart(let value)):
      let next = Int64(value ?? Int(sequence.start))
      database.sequences.reset(sequence.id)
      writer.setMetadata("sequence.\(sequence.id)", Connection.encode(next))
    case (.sequence(var sequence), .ownedBy(let table)):
      let target = try resolve(ObjectName(Array(table.parts.dropLast()), range: table.range))
      sequence.ownedBy = catalog.lookup(.relation, schema: target.schema, name: target.name)?.id
      catalog.put(.sequence(sequence))
    case (.type(var type), .rename(let to)):
      type.name = to.text
      catalog.put(.type(type))
    case (.type(var type), .addValue(let label, let ifNotExists)):
      guard case .enumeration(let labels) = type.type else {
        throw OlapError(.catalog, "type \"\(type.name)\" is not an ENUM")
      }
      if labels.codes[label] != nil {
        if ifNotExists { return }
        throw OlapError(.catalog, "ENUM \"\(type.name)\" already has the value '\(label)'")
      }
      type.type = .enumeration(EnumLabels(name: labels.name, labels: labels.labels + [label]))
      catalog.put(.type(type))
    default:
      throw OlapError(.notSupported, "this ALTER does not apply to \"\(entry.name)\"")
    }
  }
}
