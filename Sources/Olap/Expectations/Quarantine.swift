internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapFormats
internal import OlapFunctions
internal import OlapSQL
internal import OlapStorage

/// Rows in `olap.quarantine`: how they get there, leave it, and come back.
extension Connection {
  /// Runs a write that the engine asks of itself, without expectations; returns the rows changed.
  func internalWrite(
    _ sql: String, _ parameters: [Value] = [], _ writer: WriteTransaction
  ) throws -> Int {
    try runWrite(try Parser.parse(sql)[0], sql: sql, parameters: parameters, writer: writer)
      .changedRowCount ?? 0
  }

  private func sourceName(_ table: TableEntry) -> String {
    "'\(escape(table.schema + "." + table.name))'"
  }

  private func uuidLiteral(_ id: Value) -> String {
    id.isNull ? "CAST(NULL AS UUID)" : "CAST('\(id.text(.uuid))' AS UUID)"
  }

  /// Whether rows of the table wait in quarantine.
  func hasQuarantined(_ table: TableEntry, _ writer: WriteTransaction) throws -> Bool {
    guard
      case .table(let quarantine)? = writer.catalog.lookup(
        .relation, schema: RunLog.schema, name: "quarantine"), quarantine.id != table.id,
      writer.snapshot.table(quarantine.id).rowCount > 0
    else { return false }
    let rows = try internalQuery(
      "SELECT 1 FROM olap.quarantine WHERE source_table = \(sourceName(table)) "
        + "AND status = 'QUARANTINED' LIMIT 1", snapshot: writer.snapshot)
    return !rows.isEmpty
  }

  /// Rows of the table that wait in quarantine.
  func quarantinedCount(_ table: TableEntry, _ writer: WriteTransaction) throws -> Int {
    try internalQuery(
      "SELECT count(*) FROM olap.quarantine WHERE source_table = \(sourceName(table)) "
        + "AND status = 'QUARANTINED'", snapshot: writer.snapshot
    ).first?.int(0) ?? 0
  }

  /// Adds the rows of `from` (FROM text). Status REJECTED: they are kept, but never come back.
  func quarantine(
    _ from: String, payload: String, rule: String, status: String = "QUARANTINED",
    of table: TableEntry, runID: Value, _ writer: WriteTransaction
  ) throws {
    try quarantine(
      "SELECT \(payload) AS payload, '\(escape(rule))' AS rule FROM \(from)", status: status,
      of: table, runID: runID, writer)
  }

  /// Adds rows of (payload, rule).
  func quarantine(
    _ rows: String, status: String = "QUARANTINED", of table: TableEntry, runID: Value,
    _ writer: WriteTransaction
  ) throws {
    let runID = runID.isNull ? loadRun ?? .null : runID
    let sql = """
      INSERT INTO olap.quarantine (quarantine_id, source_table, rule, payload, run_id,
        quarantined_at, status, commit_id)
      SELECT uuid(), \(sourceName(table)), rule, payload, \(uuidLiteral(runID)), $1, '\(status)',
        \(writer.snapshot.csn)
      FROM (\(rows)) AS refused
      """
    _ = try internalWrite(sql, [.timestampTZ(wallClockMicroseconds())], writer)
  }

  /// Rows in quarantine follow their table to its new name.
  func renameQuarantined(
    from old: TableEntry, to new: TableEntry, _ writer: WriteTransaction
  ) throws {
    guard old.name != new.name || old.schema != new.schema, try hasQuarantined(old, writer) else {
      return
    }
    _ = try internalWrite(
      "UPDATE olap.quarantine SET source_table = \(sourceName(new)) "
        + "WHERE source_table = \(sourceName(old))", [], writer)
  }

  /// A newer row of the same key ends an older one's wait.
  func supersede(by rows: CheckedRows, _ writer: WriteTransaction) throws {
    let table = rows.table
    guard let key = table.primaryKey ?? table.keys.first, try hasQuarantined(table, writer) else {
      return
    }
    let match = key.columns.map { index -> String in
      let column = table.columns[index]
      return "\(Connection.payloadValue(column, of: "waiting.payload")) = "
        + "newer.\(quote(column.name))"
    }.joined(separator: " AND ")
    let names = key.columns.map { quote(table.columns[$0].name) }.joined(separator: ", ")
    let sql = """
      UPDATE olap.quarantine SET status = 'SUPERSEDED', released_at = $1
      WHERE quarantine_id IN (
        SELECT waiting.quarantine_id FROM olap.quarantine AS waiting
          JOIN (SELECT \(names) FROM \(rows.from())) AS newer ON \(match)
        WHERE waiting.source_table = \(sourceName(table)) AND waiting.status = 'QUARANTINED')
      """
    _ = try internalWrite(sql, [.timestampTZ(wallClockMicroseconds())], writer)
  }

  /// A column's value in a payload, as SQL text; NULL when it does not fit the type.
  static func payloadValue(
    _ column: OlapCatalog.ColumnDefinition, of payload: String
  ) -> String {
    let path = column.name.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "''")
    if column.type == .json { return "nullif(\(payload)->'\(path)', CAST('null' AS JSON))" }
    return "TRY_CAST(\(payload)->>'\(path)' AS \(column.type))"
  }

  // MARK: Derived tables

  /// Enters the refused rows that a run added to a model's table of them, and releases the ones it took
  /// away. `source` is the run's change feed of that table.
  func quarantineRefused(
    _ source: String, payload: String, of table: TableEntry, runID: Value,
    _ writer: WriteTransaction
  ) throws {
    let gone = """
      SELECT CAST(\(payload) AS VARCHAR) FROM \(source)
      WHERE _change_type = 'delete' AND quarantined_by IS NOT NULL
      """
    let release = """
      UPDATE olap.quarantine SET status = 'RELEASED', released_at = $1
      WHERE source_table = \(sourceName(table)) AND status = 'QUARANTINED'
        AND CAST(payload AS VARCHAR) IN (\(gone))
      """
    if try hasQuarantined(table, writer) {
      _ = try internalWrite(release, [.timestampTZ(wallClockMicroseconds())], writer)
    }
    try quarantine(
      "SELECT \(payload) AS payload, quarantined_by AS rule FROM \(source) "
        + "WHERE _change_type = 'insert' AND quarantined_by IS NOT NULL", of: table, runID: runID,
      writer)
  }

  // MARK: Coming back

  /// Admits the quarantined rows of directly written tables that break no rule any more, because the
  /// payload was mended (UPDATE olap.quarantine SET payload = …) or the rule changed.
  ///
  /// - Returns: rows admitted.
  @discardableResult
  func readmitQuarantined(_ writer: WriteTransaction) throws -> Int {
    var count = 0
    for case .table(let table) in writer.catalog.sortedEntries
    where table.model == nil && table.schema != RunLog.schema {
      if try hasQuarantined(table, writer) { count += try readmit(table, writer) }
    }
    return count
  }

  /// The same for one table.
  func readmit(_ table: TableEntry, _ writer: WriteTransaction) throws -> Int {
    try inSchema(table.schema) { try admitWaiting(for: table, writer) }
  }

  private func admitWaiting(for table: TableEntry, _ writer: WriteTransaction) throws -> Int {
    guard try hasQuarantined(table, writer) else { return 0 }
    let stored = table.columns.filter { $0.generatedSQL == nil }
    let names = stored.map { quote($0.name) }.joined(separator: ", ")
    let identity = OlapCatalog.ColumnDefinition(name: "quarantine_id", type: .uuid)
    return try withScratch(like: table, adding: [identity], writer) { scratch in
      let values = stored.map { Connection.payloadValue($0, of: "payload") }.joined(separator: ", ")
      let unreadable = stored.filter { $0.type != .json }.map {
        "(payload->>'\(escape($0.name))' IS NOT NULL AND "
          + "\(Connection.payloadValue($0, of: "payload")) IS NULL)"
      }
      let readable = unreadable.isEmpty ? "true" : "NOT (\(unreadable.joined(separator: " OR ")))"
      _ = try internalWrite(
        """
        INSERT INTO \(scratch.sqlName) (\(names), quarantine_id)
        SELECT \(values), quarantine_id FROM olap.quarantine
        WHERE source_table = \(sourceName(table)) AND status = 'QUARANTINED' AND \(readable)
        ORDER BY quarantined_at
        """, [], writer)
      let rows = CheckedRows.staged(scratch, for: table)
      for expectation in table.expectations where expectation.onViolation != .warn {
        // Neither does a row that would have failed its statement come in by this door.
        let rule = try ExpectationRule(expectation.sql)
        guard rule.isAboutRows else { continue }
        let refused = try collect("SELECT rowid FROM \(rows.violating(rule))", writer: writer)
        for chunk in refused.chunks {
          try writer.delete(table: scratch.id, rowIDs: chunk.columns[0], count: chunk.count)
        }
      }
      let count = writer.snapshot.table(scratch.id).rowCount
      if count == 0 { return 0 }
      for expectation in table.expectations where expectation.onViolation == .warn {
        try check(expectation, rows, count: count, writer)
      }
      return try admit(scratch, into: table, columns: names, writer)
    }
  }

  /// Moves waiting rows into their table; those that its constraints refuse stay where they are.
  private func admit(
    _ scratch: TableEntry, into table: TableEntry, columns: String, _ writer: WriteTransaction
  ) throws -> Int {
    let origins = FileColumn.origins.map { origin in
      origin.column == .source
        ? "CAST(quarantine_id AS VARCHAR) AS \(quote(origin.name))"
        : "CAST(NULL AS \(origin.type)) AS \(quote(origin.name))"
    }.joined(separator: ", ")
    let source = try relation(
      "SELECT \(columns), \(origins) FROM \(scratch.sqlName)", snapshot: writer.snapshot)
    let key = table.keys.firstIndex { $0.isPrimary } ?? (table.keys.isEmpty ? nil : 0)
    let collector = LoadErrorCollector(.quarantine, maximum: nil)
    let stored = table.columns.filter { $0.generatedSQL == nil }.map { $0.name }
    let name = QualifiedName(
      schema: table.schema, name: table.name, isTemporary: false, isQualified: true)
    let counts = try runUnguarded(
      source, into: name, fields: stored, target: stored, byName: false,
      width: table.columns.count, mode: key.map { .upsert(key: $0) } ?? .insert,
      collector: collector, writer: writer)
    try withRelation("\u{1}bad", try collector.relation()) {
      _ = try internalWrite(
        """
        UPDATE olap.quarantine SET status = 'RELEASED', released_at = $1
        WHERE quarantine_id IN (SELECT quarantine_id FROM \(scratch.sqlName))
          AND CAST(quarantine_id AS VARCHAR) NOT IN (SELECT path FROM '\u{1}bad')
        """, [.timestampTZ(wallClockMicroseconds())], writer)
    }
    return counts.inserted + counts.updated + counts.unchanged
  }

  /// A query's rows as a relation that can be read once.
  private func relation(_ sql: String, snapshot: Snapshot) throws -> TableFunction.Bound {
    let result = try runQuery(
      try Parser.parse(sql)[0], sql: sql, parameters: [], snapshot: snapshot)
    nonisolated(unsafe) let rows = result
    return TableFunction.Bound(
      columns: result.columns.map { .init($0.name, $0.type) }, rowCount: nil
    ) { request in
      GeneratorSource {
        guard let chunk = try rows.nextChunk()?.chunk else { return nil }
        return Chunk(
          columns: request.projection.map { chunk.columns[$0] }, count: chunk.count)
      }
    }
  }

  /// RESTATE name [WHERE …]: derives a model's rows, or those of the keys that the condition names, anew;
  /// for a table that is written directly, admits its quarantined rows that pass now.
  func runRestate(
    _ node: RestateStatement, sql: String, parameters: [Value]
  ) throws -> QueryResult {
    let name = try resolve(node.model)
    let known = readSnapshot().catalog.lookup(.relation, schema: name.schema, name: name.name)
    guard case .table(let table)? = known, table.model != nil else {
      return try withWriter { writer in
        try RunLog.prepare(writer)
        let table = try existingTable(name, node.model, writer: writer)
        if node.filter != nil {
          throw OlapError(
            .layer,
            "\"\(table.name)\" has no definition to restate rows from; RESTATE \(node.model.text) "
              + "admits quarantined rows, UPDATE and DELETE change others",
            range: node.range.start..<node.range.end)
        }
        return done("RESTATE", changed: try readmit(table, writer))
      }
    }
    var request = RefreshRequest(rung: .full)
    if let filter = node.filter {
      guard parameters.isEmpty else {
        throw OlapError(
          .notSupported, "RESTATE … WHERE takes no parameters; write the values into the condition")
      }
      request = RefreshRequest(restating: Connection.slice(sql, filter.range))
    }
    let outcomes = try refresh([table], request, trigger: "RESTATE")
    return done("RESTATE", changed: outcomes.reduce(0) { $0 + $1.written })
  }
}
