internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

extension Connection {
  /// Runs INSERT, UPDATE, DELETE or MERGE with the expectations of the table written.
  ///
  /// Rows of an INSERT that a rule ON VIOLATION DROP or QUARANTINE refuses never reach the table: the row
  /// they would have replaced stays. A row that UPDATE, MERGE or DO UPDATE makes bad leaves it. WARN
  /// counts, FAIL undoes the statement.
  func writeChecked(
    _ statement: OlapSQL.Statement, sql: String, parameters: [Value], writer: WriteTransaction
  ) throws -> QueryResult {
    guard let name = try statement.kind.targetTable.map({ try resolve($0) }),
      case .table(let table)? = writer.catalog.lookup(
        .relation, schema: name.schema, name: name.name),
      table.model == nil, !isDelete(statement)
    else { return try runWrite(statement, sql: sql, parameters: parameters, writer: writer) }
    if case .update(let update) = statement.kind, table.schema == RunLog.schema,
      table.name == "quarantine"
    {
      return try mendQuarantined(
        update, in: table, sql: sql, parameters: parameters, writer: writer)
    }
    guard
      try !table.expectations.isEmpty || hasQuarantined(table, writer)
    else { return try runWrite(statement, sql: sql, parameters: parameters, writer: writer) }
    try RunLog.prepare(writer)
    let guarded = try RowGuard(table)
    if case .insert(let insert) = statement.kind, !guarded.isEmpty {
      return try insertStaged(
        insert, guarded: guarded, sql: sql, parameters: parameters, writer: writer)
    }
    return try writeAndCheck(
      statement, table: table, refusing: true, sql: sql, parameters: parameters, writer: writer)
  }

  /// UPDATE olap.quarantine: payloads are mended for tables written directly only. The rows of a model
  /// come from what it reads.
  private func mendQuarantined(
    _ update: UpdateStatement, in quarantine: TableEntry, sql: String, parameters: [Value],
    writer: WriteTransaction
  ) throws -> QueryResult {
    let before = writer.snapshot.table(quarantine.id).nextRows
    let result = try runWrite(
      .init(.update(update), range: update.range), sql: sql, parameters: parameters, writer: writer)
    guard
      update.assignments.contains(where: { assignment in
        assignment.columns.contains { $0.text.lowercased() == "payload" }
      })
    else { return result }
    let mended = try internalQuery(
      "SELECT DISTINCT source_table FROM olap.quarantine WHERE \(before.condition)",
      snapshot: writer.snapshot)
    let sources = Set(mended.compactMap { $0.text(0) })
    for case .table(let table) in writer.catalog.sortedEntries
    where table.model != nil && sources.contains("\(table.schema).\(table.name)") {
      throw OlapError(
        .layer,
        "\"\(table.name)\" is derived: a row that its rules refuse comes back when it is mended in the "
          + "tables that \"\(table.name)\" reads, or when the rule changes")
    }
    return result
  }

  private func isDelete(_ statement: OlapSQL.Statement) -> Bool {
    if case .delete = statement.kind { true } else { false }
  }

  /// Runs a write, then checks the rows it added. `refusing`: refused rows are taken out again.
  func writeAndCheck(
    _ statement: OlapSQL.Statement, table: TableEntry, refusing: Bool, sql: String,
    parameters: [Value], writer: WriteTransaction
  ) throws -> QueryResult {
    let before = writer.snapshot.table(table.id).nextRows
    let result = try runWrite(statement, sql: sql, parameters: parameters, writer: writer)
    let rows = CheckedRows.added(to: table, writer, since: before)
    if refusing { try supersede(by: rows, writer) }
    for expectation in table.expectations {
      switch expectation.onViolation {
      case .warn, .fail:
        try check(expectation, rows, count: result.changedRowCount, writer)
      case .drop, .quarantine:
        let rule = try ExpectationRule(expectation.sql)
        if refusing, rule.isAboutRows {
          try refuse(
            expectation, rule, among: rows, checked: result.changedRowCount, runID: .null, writer)
        }
      }
    }
    return result
  }

  /// Takes the rows that break one rule out of `rows`, into quarantine where the rule says so.
  func refuse(
    _ expectation: OlapCatalog.Expectation, _ rule: ExpectationRule, among rows: CheckedRows,
    checked: Int?, runID: Value, _ writer: WriteTransaction
  ) throws {
    let found = try violations(of: rule, among: rows, writer)
    guard found.count > 0 else { return }
    try record(expectation, of: rows.table, checked: checked, found, runID: runID, writer)
    try inSchema(rows.table.schema) {
      try takeOut(expectation, rule, from: rows, runID: runID, writer)
    }
  }

  private func takeOut(
    _ expectation: OlapCatalog.Expectation, _ rule: ExpectationRule, from rows: CheckedRows,
    runID: Value, _ writer: WriteTransaction
  ) throws {
    let refused = try collect("SELECT rowid FROM \(rows.violating(rule))", writer: writer)
    if expectation.onViolation == .quarantine {
      try quarantine(
        rows.violating(rule), payload: rows.payload, rule: expectation.name, of: rows.table,
        runID: runID, writer)
    }
    for chunk in refused.chunks {
      try writer.delete(table: rows.holder, rowIDs: chunk.columns[0], count: chunk.count)
    }
  }

  /// What rules that an ALTER has added to a table written directly mean for the rows it has: FAIL refuses
  /// the rule, DROP and QUARANTINE take the rows out, WARN counts them.
  func applyNewRules(of table: TableEntry, since old: TableEntry, _ writer: WriteTransaction) throws
  {
    if table.model != nil || table.isTemporary { return }
    let known = Set(old.expectations.map { $0.name + "\n" + $0.sql + $0.onViolation.rawValue })
    for expectation in table.expectations
    where !known.contains(
      expectation.name + "\n" + expectation.sql + expectation.onViolation.rawValue)
    {
      let rule = try ExpectationRule(expectation.sql)
      let total = writer.snapshot.table(table.id).rowCount
      guard rule.isAboutRows, total > 0 else { continue }
      try RunLog.prepare(writer)
      switch expectation.onViolation {
      case .warn, .fail: try check(expectation, .all(table), count: total, writer)
      case .drop, .quarantine:
        try refuse(expectation, rule, among: .all(table), checked: total, runID: .null, writer)
      }
    }
  }

  /// INSERT by way of a scratch table, where the rules refuse rows before keys and constraints are
  /// looked at.
  private func insertStaged(
    _ insert: InsertStatement, guarded: RowGuard, sql: String, parameters: [Value],
    writer: WriteTransaction
  ) throws -> QueryResult {
    let table = guarded.table
    return try withScratch(like: table, writer) { scratch in
      var staging = insert
      staging.table = ObjectName([Identifier(scratch.schema), Identifier(scratch.name)])
      staging.alias = nil
      staging.onConflict = nil
      // With RETURNING rows are written in order, which OR REPLACE depends on.
      staging.returning =
        insert.onConflict == nil ? [] : [SelectItem(expression: try Parser.parseExpression("1"))]
      let staged = try runWrite(
        .init(.insert(staging), range: insert.range), sql: sql, parameters: parameters,
        writer: writer)
      let rows = CheckedRows.staged(scratch, for: table)
      try supersede(by: rows, writer)
      for expectation in table.expectations
      where expectation.onViolation == .drop || expectation.onViolation == .quarantine {
        try refuse(
          expectation, try ExpectationRule(expectation.sql), among: rows,
          checked: staged.changedRowCount, runID: .null, writer)
      }
      let stored = table.columns.filter { $0.generatedSQL == nil }
      let list = stored.map { quote($0.name) }.joined(separator: ", ")
      guard
        case .select(let query) = try Parser.parse("SELECT \(list) FROM \(scratch.sqlName)")[0].kind
      else { throw OlapError(.internal, "a SELECT was parsed as something else") }
      var forwarded = insert
      forwarded.with = nil
      forwarded.columns = stored.map { Identifier($0.name) }
      forwarded.isByName = false
      forwarded.source = .query(query)
      let statement = OlapSQL.Statement(.insert(forwarded), range: insert.range)
      var updates = false
      if case .update? = insert.onConflict?.action { updates = true }
      return try writeAndCheck(
        statement, table: table, refusing: updates, sql: sql, parameters: parameters,
        writer: writer)
    }
  }

  /// A table with the columns of another, without its keys and rules, for the length of `body`.
  func withScratch<R>(
    like table: TableEntry, adding columns: [OlapCatalog.ColumnDefinition] = [],
    _ writer: WriteTransaction, _ body: (TableEntry) throws -> R
  ) throws -> R {
    try RunLog.prepare(writer)
    let scratch = try changeCatalog(writer) { catalog -> TableEntry in
      let id = catalog.allocateID()
      var scratch = TableEntry(
        id: id, schema: RunLog.schema, name: "scratch_\(id)", columns: table.columns + columns)
      for index in scratch.columns.indices { scratch.columns[index].isNullable = true }
      catalog.put(.table(scratch))
      return scratch
    }
    let result = try body(scratch)
    // After an error the statement is undone, the scratch table with it.
    try changeCatalog(writer) { $0.remove(scratch.id) }
    return result
  }
}
