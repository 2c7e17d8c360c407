internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// Turns column definitions and constraints into a `TableEntry`.
struct TableBuilder {
  let connection: Connection
  let sql: String
  let writer: WriteTransaction
  let name: QualifiedName
  /// Id of the table being defined: owner of its sequences.
  let tableID: EntryID

  /// Text of an expression as the user wrote it.
  func text(_ expression: Expression) -> String {
    let utf8 = sql.utf8
    guard expression.range.end <= utf8.count, expression.range.start < expression.range.end else {
      return ""
    }
    let start = utf8.index(utf8.startIndex, offsetBy: expression.range.start)
    let end = utf8.index(utf8.startIndex, offsetBy: expression.range.end)
    return String(decoding: utf8[start..<end], as: UTF8.self)
  }

  /// Adds a column, or refines the query's column at `position`.
  mutating func add(
    _ node: OlapSQL.ColumnDefinition, to columns: inout [OlapCatalog.ColumnDefinition],
    at position: Int?
  ) throws {
    if let position {
      if let type = node.type { columns[position].type = try connection.sqlType(type) }
      return
    }
    let folded = node.name.text.lowercased()
    if columns.contains(where: { $0.name.lowercased() == folded }) {
      throw OlapError(
        .catalog, "Column with name \(node.name.text) already exists!",
        range: node.name.range.start..<node.name.range.end)
    }
    var column = OlapCatalog.ColumnDefinition(name: node.name.text, type: .varchar)
    if let type = node.type {
      if let serial = TableBuilder.serialType(type) {
        column.type = serial
        column.isNullable = false
        column.defaultSQL = try ownSequence(for: node.name.text)
      } else {
        column.type = try connection.sqlType(type)
      }
    } else if case .generated? = node.constraints.first(where: { $0.isGenerated })?.kind {
      column.type = .null
    } else {
      throw OlapError(
        .parser, "column \"\(node.name.text)\" needs a type",
        range: node.range.start..<node.range.end)
    }
    columns.append(column)
  }

  /// SERIAL and its sizes.
  private static func serialType(_ type: TypeName) -> SQLType? {
    guard case .named(let name, _) = type.kind else { return nil }
    switch name.base.text.lowercased() {
    case "serial", "serial4": return .integer
    case "bigserial", "serial8": return .bigint
    case "smallserial", "serial2": return .smallint
    default: return nil
    }
  }

  /// A sequence `table_column_seq` for a SERIAL or IDENTITY column; returns the DEFAULT.
  private func ownSequence(for column: String) throws -> String {
    var catalog = writer.catalog
    var candidate = "\(name.name)_\(column)_seq"
    var suffix = 1
    while catalog.lookup(.relation, schema: name.schema, name: candidate) != nil {
      candidate = "\(name.name)_\(column)_seq\(suffix)"
      suffix += 1
    }
    var sequence = SequenceEntry(id: catalog.allocateID(), schema: name.schema, name: candidate)
    sequence.ownedBy = tableID
    // Its id may have been another's in a transaction that was rolled back.
    connection.database.sequences.reset(sequence.id)
    catalog.put(.sequence(sequence))
    writer.catalog = catalog
    let quoted = candidate.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "''")
    return "nextval('\(name.schema).\(quoted)')"
  }

  /// Constraints written behind columns.
  mutating func applyColumnConstraints(
    _ nodes: [OlapSQL.ColumnDefinition], to table: inout TableEntry
  ) throws {
    for (position, node) in nodes.enumerated() {
      for constraint in node.constraints {
        try apply(constraint, column: position, to: &table)
      }
    }
  }

  private mutating func apply(
    _ constraint: ColumnConstraint, column: Int, to table: inout TableEntry
  ) throws {
    let name = constraint.name?.text
    switch constraint.kind {
    case .notNull: table.columns[column].isNullable = false
    case .null, .compression: break
    case .collate(let collation):
      guard collation.isBinaryCollation else {
        throw OlapError(
          .notSupported,
          "column \"\(table.columns[column].name)\" cannot have the collation \(collation.text): write "
            + "COLLATE \(collation.text) in the expressions that compare it",
          range: collation.range.start..<collation.range.end)
      }
    case .encrypted:
      connection.session.notices.append(
        "column \"\(table.columns[column].name)\" is not encrypted: ENCRYPTED is accepted and its data is "
          + "stored in clear text; encrypt the disk or the values themselves")
    case .primaryKey: try addKey([column], isPrimary: true, name: name, to: &table)
    case .unique: try addKey([column], isPrimary: false, name: name, to: &table)
    case .check(let expression):
      table.checks.append(CheckConstraint(name: name, sql: text(expression)))
    case .defaultValue(let expression): table.columns[column].defaultSQL = text(expression)
    case .references(let target):
      try addForeignKey([column], target, name: name, to: &table)
    case .generated(let expression, _):
      table.columns[column].generatedSQL = text(expression)
      if table.columns[column].type == .null {
        table.columns[column].type = try typeOfGenerated(expression, in: table)
      }
    case .identity:
      table.columns[column].isNullable = false
      table.columns[column].defaultSQL = try ownSequence(for: table.columns[column].name)
    case .comment(let comment): table.columns[column].comment = comment
    case .expectation(let expectation):
      try addExpectation(expectation, name: name, to: &table)
    }
  }

  /// The type of a generated column that was declared without one.
  private func typeOfGenerated(_ expression: Expression, in table: TableEntry) throws -> SQLType {
    let values = table.columns.filter { $0.type != .null }.map {
      "CAST(NULL AS \($0.type)) AS \(quote($0.name))"
    }
    let query = "SELECT \(text(expression)) FROM (SELECT \(values.joined(separator: ", ")))"
    let outputs = try connection.outputColumns(of: Parser.parseQuery(query), sql: query)
    return outputs.first.map { $0.type == .null ? .integer : $0.type } ?? .integer
  }

  /// A table constraint.
  mutating func apply(_ constraint: TableConstraint, to table: inout TableEntry) throws {
    let name = constraint.name?.text
    switch constraint.kind {
    case .primaryKey(let columns):
      try addKey(
        columns.map { try position($0, in: table) }, isPrimary: true, name: name, to: &table)
    case .unique(let columns):
      try addKey(
        columns.map { try position($0, in: table) }, isPrimary: false, name: name, to: &table)
    case .check(let expression):
      table.checks.append(CheckConstraint(name: name, sql: text(expression)))
    case .foreignKey(let columns, let target):
      try addForeignKey(
        columns.map { try position($0, in: table) }, target, name: name, to: &table)
    case .index(let elements, let isUnique):
      guard isUnique else { return try addIndex(elements, name: name, constraint, to: table) }
      let columns = try elements.compactMap { element -> Int? in
        guard case .column(let parts) = element.expression.kind, let last = parts.last else {
          return nil
        }
        return try position(last, in: table)
      }
      try addKey(columns, isPrimary: false, name: name, to: &table)
    case .expectation(let expectation):
      try addExpectation(expectation, name: name, to: &table)
    }
  }

  /// An INDEX written within CREATE TABLE: recorded as CREATE INDEX does.
  private func addIndex(
    _ elements: [IndexElement], name: String?, _ constraint: TableConstraint, to table: TableEntry
  ) throws {
    var names: [String] = []
    for element in elements {
      guard case .column(let parts) = element.expression.kind, let last = parts.last else {
        continue
      }
      names.append(table.columns[try position(last, in: table)].name)
    }
    let own = name ?? "\(table.name)_\(names.joined(separator: "_"))_idx"
    var catalog = writer.catalog
    guard catalog.lookup(.index(table: table.id), schema: table.schema, name: own) == nil else {
      throw OlapError(.catalog, "Index with name \"\(own)\" already exists!")
    }
    let list = elements.map { element in
      let direction = element.direction == .descending ? " DESC" : ""
      return text(element.expression) + direction
    }.joined(separator: ", ")
    catalog.put(
      .index(
        IndexEntry(
          id: catalog.allocateID(), schema: table.schema, name: own, table: table.id,
          isUnique: false,
          sql: "CREATE INDEX \(quote(own)) ON \(quote(table.schema)).\(quote(table.name)) (\(list))"
        )))
    writer.catalog = catalog
  }

  func position(_ column: Identifier, in table: TableEntry) throws -> Int {
    guard let position = table.columnIndex(column.text) else {
      throw OlapError(
        .binder,
        "table \"\(table.name)\" has no column \"\(column.text)\""
          + connection.choice(column.text, in: table),
        range: column.range.start..<column.range.end)
    }
    return position
  }

  private func addKey(
    _ columns: [Int], isPrimary: Bool, name: String?, to table: inout TableEntry
  ) throws {
    if let twice = columns.indices.first(where: { columns[..<$0].contains(columns[$0]) }) {
      throw OlapError(
        .parser, "column \"\(table.columns[columns[twice]].name)\" appears twice in a key")
    }
    if isPrimary {
      guard table.primaryKey == nil else {
        throw OlapError(.parser, "table \"\(table.name)\" has more than one primary key")
      }
      for column in columns { table.columns[column].isNullable = false }
    }
    table.keys.append(KeyConstraint(name: name, columns: columns, isPrimary: isPrimary))
  }

  private func addForeignKey(
    _ columns: [Int], _ target: ForeignKeyTarget, name: String?, to table: inout TableEntry
  ) throws {
    let resolved = try connection.resolve(target.table)
    let isSelf =
      resolved.name.lowercased() == table.name.lowercased()
      && resolved.schema.lowercased() == table.schema.lowercased()
    let parent: TableEntry
    if isSelf {
      parent = table
    } else if case .table(let found)? = writer.catalog.lookup(
      .relation, schema: resolved.schema, name: resolved.name)
    {
      parent = found
    } else {
      throw OlapError(
        .catalog,
        "Table with name \(target.table.text) does not exist!"
          + connection.didYouMean(
            target.table.base.text, connection.tableNames(in: writer.catalog)),
        range: target.table.range.start..<target.table.range.end)
    }
    var targets = try target.columns.map { try position($0, in: parent) }
    if targets.isEmpty { targets = parent.primaryKey?.columns ?? [] }
    guard targets.count == columns.count,
      parent.keys.contains(where: { Set($0.columns) == Set(targets) })
    else {
      throw OlapError(
        .binder,
        "a foreign key must name the PRIMARY KEY or a UNIQUE key of \"\(parent.name)\", "
          + "column for column", range: target.table.range.start..<target.table.range.end)
    }
    for (column, other) in zip(columns, targets)
    where table.columns[column].type != parent.columns[other].type {
      throw OlapError(
        .binder,
        "a foreign key needs columns of one type: \"\(table.columns[column].name)\" is "
          + "\(table.columns[column].type), but \"\(parent.columns[other].name)\" of "
          + "\"\(parent.name)\" is \(parent.columns[other].type)",
        range: target.table.range.start..<target.table.range.end)
    }
    table.foreignKeys.append(
      ForeignKeyConstraint(
        name: name, columns: columns, target: parent.id, targetColumns: targets,
        onDelete: action(target.onDelete), onUpdate: action(target.onUpdate)))
  }

  private func action(_ action: ReferentialAction) -> ForeignKeyConstraint.Action {
    switch action {
    case .noAction: .noAction
    case .restrict: .restrict
    case .cascade: .cascade
    case .setNull: .setNull
    case .setDefault: .setDefault
    }
  }

  /// Expectations are kept as the condition that good rows satisfy, or as the text of their form.
  private func addExpectation(
    _ node: OlapSQL.Expectation, name: String?, to table: inout TableEntry
  ) throws {
    let violation: OlapCatalog.Expectation.Violation =
      switch node.action {
      case .warn: .warn
      case .drop: .drop
      case .fail: .fail
      case .quarantine: .quarantine
      }
    let text = try ExpectationText(builder: self, table: table).text(of: node.rule)
    let rule = try ExpectationRule(text)
    if !rule.isAboutRows, violation == .drop || violation == .quarantine {
      throw OlapError(
        .parser,
        "\(text) is a rule about the whole table: there is no row to \(violation.rawValue); say ON "
          + "VIOLATION WARN or FAIL", range: node.range.start..<node.range.end)
    }
    table.expectations.append(
      OlapCatalog.Expectation(
        name: name ?? "expectation_\(table.expectations.count + 1)", sql: text,
        onViolation: violation))
  }
}

extension ColumnConstraint {
  var isGenerated: Bool { if case .generated = kind { true } else { false } }
}

/// An identifier in double quotes.
func quote(_ name: String) -> String {
  "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
    + "\""
}
