internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

extension Connection {
  /// Brings one model up to date inside the run's transaction and counts exactly what changed.
  ///
  /// From the changes of its inputs where they can be derived; else the new rows are compared with the
  /// stored ones as multisets of whole rows (EXCEPT ALL both ways). Either way a refresh writes the
  /// minimal delta and one without changes writes nothing.
  func refreshModel(
    _ table: TableEntry, mode: RefreshRequest, runID: Value, clock: Int64, writer: WriteTransaction
  ) throws -> ModelOutcome {
    do {
      return try inSchema(table.schema) {
        try bringUpToDate(table, mode: mode, runID: runID, clock: clock, writer: writer)
      }
    } catch {
      throw naming(table, in: error)
    }
  }

  /// An error of a definition, with the model's name and the place in the definition's text.
  func naming(_ table: TableEntry, in error: any Error) -> any Error {
    switch error {
    case let error as ComputeError where error.kind == .cancelled || error.kind == .outOfMemory:
      return error
    case is BindError, is ParseError, is ComputeError: break
    case let error as OlapError where error.code != .interrupted: break
    default: return error
    }
    let known = OlapError.from(error, sql: guardedDefinition(of: table))
    if known.message.contains("\"\(table.name)\"") { return known }
    return OlapError(
      known.code, "in the definition of \"\(table.name)\": \(known.message)", range: known.range,
      sql: known.sql)
  }

  private func bringUpToDate(
    _ table: TableEntry, mode: RefreshRequest, runID: Value, clock: Int64, writer: WriteTransaction
  ) throws -> ModelOutcome {
    let start = monotonicMicroseconds()
    var outcome = ModelOutcome(
      model: table.name, layer: table.layer?.rawValue, rung: "FULL", reason: "recomputed",
      startedAt: wallClockMicroseconds(), milliseconds: 0)
    guard let model = table.model else { return outcome }
    let mark = writer.mark
    writer.reads.restart()
    let bound = Result { try bindModel(table, snapshot: writer.snapshot) }
    if case .failure(let error) = bound, !(error is MaintenanceRefusal) { throw error }
    let attempt = try refreshIncrementally(
      table, bound: bound, mode: mode, clock: clock, outcome: &outcome, writer: writer)
    if case .full(let reason) = attempt {
      outcome.rung = "FULL"
      outcome.reason = reason
      try checkShape(of: table)
      if mode.isDryRun {
        outcome.read = model.dependsOn.reduce(0) { $0 + writer.snapshot.table($1).rowCount }
        outcome.isEstimate = true
        return outcome
      }
      try replaceContents(of: table, outcome: &outcome, writer: writer)
      try makeSupportTables(table, bound: try? bound.get(), writer: writer)
      try storeInputs(of: table, bound: try? bound.get(), writer: writer)
    }
    if let condition = mode.restating, !mode.isDryRun {
      try restate(table, where: condition, outcome: &outcome, isCurrent: attempt.isCurrent, writer)
    } else if case .current = attempt {
      outcome.rung = "NONE"
      outcome.reason = "no input changed since the last refresh"
      if !mode.isDryRun {
        try checkExpectations(of: table, isUnchanged: true, runID: runID, writer: writer)
      }
      outcome.unchanged = writer.snapshot.table(table.id).rowCount
      outcome.milliseconds = Double(monotonicMicroseconds() - start) / 1000
      return outcome
    }
    if !mode.isDryRun { try checkExpectations(of: table, runID: runID, writer: writer) }
    let fingerprint = Connection.fingerprint(of: bound)
    storeModelState(of: table, fingerprint: fingerprint, clock: clock, writer: writer)
    outcome.bytesRead = writer.reads.byteCount
    outcome.bytesWritten = writer.writtenByteCount(since: mark)
    outcome.milliseconds = Double(monotonicMicroseconds() - start) / 1000
    return outcome
  }

  /// Tells definitions apart, maintained or not; 0 for one that does not bind.
  private static func fingerprint(of bound: Result<BoundModel, any Error>) -> UInt64 {
    switch bound {
    case .success(let model): model.maintenance.fingerprint
    case .failure(let error): (error as? MaintenanceRefusal)?.fingerprint ?? 0
    }
  }

  /// Derives the rows of the keys that a condition names anew, after the model was brought up to date.
  private func restate(
    _ table: TableEntry, where condition: String, outcome: inout ModelOutcome, isCurrent: Bool,
    _ writer: WriteTransaction
  ) throws {
    if isCurrent {
      outcome.rung = "KEYS"
      outcome.reason = "restated where \(condition)"
    }
    let rows = try RestatedRows(
      of: table, definition: guardedDefinition(of: table), where: condition)
    if let keys = rows.keys {
      let (columns, query) = keys
      let holder = try makeScratch(columns: columns, writer: writer)
      defer { try? changeCatalog(writer) { $0.remove(holder.id) } }
      _ = try internalWrite("INSERT INTO \(holder.sqlName) \(query)", [], writer)
      let chosen = rows.having(keysIn: holder)
      try replaceContents(of: table, rows: chosen, outcome: &outcome, writer: writer)
    } else {
      try replaceContents(of: table, rows: rows, outcome: &outcome, writer: writer)
    }
  }

  /// A table dropped and made again has another id.
  private func storeInputs(
    of table: TableEntry, bound: BoundModel?, writer: WriteTransaction
  ) throws {
    guard let bound, var entry = writer.catalog.table(table.id),
      entry.model?.dependsOn != bound.tablesRead
    else { return }
    entry.model?.dependsOn = bound.tablesRead
    try changeCatalog(writer) { $0.put(.table(entry)) }
  }

  /// Recomputes the SELECT and applies the difference to the stored rows.
  /// - Parameter rows: only those; nil: all.
  private func replaceContents(
    of table: TableEntry, rows: RestatedRows? = nil, outcome: inout ModelOutcome,
    writer: WriteTransaction
  ) throws {
    let stored = writer.snapshot.table(table.id).rowCount
    if stored == 0, rows == nil {
      let filled = try fill(table, fromModel: guardedDefinition(of: table), writer: writer)
      outcome.created += filled.written
      outcome.read += filled.read
      return
    }
    let filter = rows?.filter ?? ""
    let from = "\(table.sqlName) AS \(quote(table.name))\(filter)"
    let before =
      rows == nil ? stored : try number("SELECT count(*) FROM \(from)", writer)
    // The recomputed rows go to a scratch table, so that the model runs once.
    let scratch = try makeScratch(like: table, writer: writer)
    defer { try? changeCatalog(writer) { $0.remove(scratch.id) } }
    let definition = rows?.definition ?? guardedDefinition(of: table)
    let filled = try fill(scratch, fromModel: definition, writer: writer)
    let total = filled.written
    let columns = table.columns.map { quote($0.name) }.joined(separator: ", ")
    let added = try collect(
      "SELECT \(columns) FROM \(scratch.sqlName) EXCEPT ALL SELECT \(columns) FROM \(from)",
      writer: writer)
    let removedCount = before - (total - added.rowCount)
    let keyColumns = table.keys.first?.columns ?? []
    var removedKeys: [Chunk] = []
    if removedCount > 0 {
      removedKeys = try deleteSurplus(
        of: table, from: from, scratch: scratch, keyColumns: keyColumns, writer: writer)
    }
    let planColumns = table.columns.enumerated().map { index, column in
      PlanColumn(id: ColumnID(index), name: column.name, type: column.type)
    }
    try insert(
      Relation(columns: planColumns, chunks: added.chunks), into: table, writer: writer)
    let updated = Connection.commonKeyCount(
      added.chunks.map { chunk in
        Chunk(columns: keyColumns.map { chunk.columns[$0] }, count: chunk.count)
      }, removedKeys, types: keyColumns.map { table.columns[$0].type })
    outcome.read += filled.read
    outcome.updated += updated
    outcome.created += added.rowCount - updated
    outcome.deleted += removedCount - updated
    outcome.unchanged = stored - removedCount
  }

  /// Deletes the stored rows that the recomputation no longer gives, one copy per surplus occurrence.
  /// - Returns: their key columns.
  private func deleteSurplus(
    of table: TableEntry, from: String, scratch: TableEntry, keyColumns: [Int],
    writer: WriteTransaction
  ) throws -> [Chunk] {
    let columns = table.columns.map { quote($0.name) }
    let list = columns.joined(separator: ", ")
    let match = columns.map { "o.\($0) IS NOT DISTINCT FROM n.\($0)" }.joined(separator: " AND ")
    let wanted = (["rowid"] + keyColumns.map { columns[$0] }).map { "o.\($0)" }
    let sql = """
      SELECT \(wanted.joined(separator: ", ")) FROM (
        SELECT rowid, \(list), row_number() OVER (PARTITION BY \(list) ORDER BY rowid) AS copy_number
        FROM \(from)) o
      WHERE NOT EXISTS (
        SELECT 1 FROM (
          SELECT \(list), count(*) AS copies FROM \(scratch.sqlName) GROUP BY \(list)) n
        WHERE \(match) AND o.copy_number <= n.copies)
      """
    let surplus = try collect(sql, writer: writer)
    for chunk in surplus.chunks {
      try writer.delete(table: table.id, rowIDs: chunk.columns[0], count: chunk.count)
    }
    return surplus.chunks.map { Chunk(columns: Array($0.columns.dropFirst()), count: $0.count) }
  }

  /// How many added rows carry the key of a removed one: updates, not inserts. NULLs are equal here, as in
  /// GROUP BY.
  static func commonKeyCount(_ added: [Chunk], _ removed: [Chunk], types: [SQLType]) -> Int {
    let addedCount = added.reduce(0) { $0 + $1.count }
    let removedCount = removed.reduce(0) { $0 + $1.count }
    if types.isEmpty || addedCount == 0 || removedCount == 0 { return 0 }
    let rows = Chunk.concatenated(added + removed, types: types)
    let keys = RowConsolidation(
      columns: rows.columns.map { $0.flattened() }, count: rows.count,
      weights: Array(repeating: 1, count: addedCount)
        + Array(repeating: 1 << 32, count: removedCount))
    return keys.sums.reduce(0) { $0 + min($1 & 0xFFFF_FFFF, $1 >> 32) }
  }

  /// Rows of a query, held.
  struct Collected {
    var chunks: [Chunk]
    var rowCount: Int { chunks.reduce(0) { $0 + $1.count } }
  }

  func collect(_ sql: String, writer: WriteTransaction) throws -> Collected {
    let statement = try Parser.parse(sql)[0]
    let result = try runQuery(statement, sql: sql, parameters: [], snapshot: writer.snapshot)
    var chunks: [Chunk] = []
    while let chunk = try result.nextChunk() { chunks.append(chunk.chunk) }
    return Collected(chunks: chunks)
  }

  private func makeScratch(like table: TableEntry, writer: WriteTransaction) throws -> TableEntry {
    try makeScratch(columns: table.columns, writer: writer)
  }

  private func makeScratch(
    columns: [OlapCatalog.ColumnDefinition], writer: WriteTransaction
  ) throws -> TableEntry {
    try RunLog.prepare(writer)
    return try changeCatalog(writer) { catalog in
      let id = catalog.allocateID()
      var scratch = TableEntry(
        id: id, schema: RunLog.schema, name: "scratch_\(id)", columns: columns)
      for index in scratch.columns.indices {
        scratch.columns[index].defaultSQL = nil
        scratch.columns[index].generatedSQL = nil
      }
      catalog.put(.table(scratch))
      return scratch
    }
  }

  /// Runs the model's SELECT into an empty table; returns the rows written and the stored rows read.
  func fill(
    _ table: TableEntry, fromModel sql: String, writer: WriteTransaction
  ) throws -> (written: Int, read: Int) {
    let statement = try Parser.parse(sql)[0]
    guard case .select(let query) = statement.kind else { return (0, 0) }
    let wasRefreshing = isRefreshing
    isRefreshing = true
    defer { isRefreshing = wasRefreshing }
    return try fill(table, from: query, sql: sql, parameters: [], writer: writer)
  }

  /// INSERT INTO table <query>, through the checks of the table; returns the rows written and read.
  func fill(
    _ table: TableEntry, from query: SelectStatement, sql: String, parameters: [Value],
    writer: WriteTransaction
  ) throws -> (written: Int, read: Int) {
    let insert = InsertStatement(
      table: ObjectName([Identifier(table.schema), Identifier(table.name)]), source: .query(query),
      range: query.range)
    let statement = OlapSQL.Statement(.insert(insert), range: query.range)
    let snapshot = table.isTemporary ? readSnapshot() : writer.snapshot
    let planned = try plan(statement, snapshot: snapshot, parameters: parameters)
    let context = ExecutionContext(
      storage: database.storage, snapshot: snapshot, transaction: table.isTemporary ? nil : writer,
      evaluation: planned.planning.evaluation, budget: database.storage.budget,
      threads: Int(settings["threads"]) ?? 1, temporaryDirectory: settings["temp_directory"],
      parameters: parameters, temporarySnapshot: temporarySnapshot(),
      temporaryTransaction: table.isTemporary ? writer : nil,
      attachedSnapshots: planned.planning.attachedSnapshots)
    let written = try WriteExecution(context).run(planned.statement).affectedRows
    return (written, context.profile.readRows.load(ordering: .relaxed))
  }
}
