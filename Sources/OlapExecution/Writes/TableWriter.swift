internal import OlapCatalog
internal import OlapColumns
internal import OlapPlanning
internal import OlapStorage

/// Checks and applies changes to one table within a statement.
///
/// Row rules (generated columns, NOT NULL, CHECK) run per chunk in `complete`; keys are checked against
/// the snapshot of the statement's start minus what it removes, plus what it has added; foreign keys at
/// the end, in `finish`, against the state after the statement. One thread at a time.
final class TableWriter {
  let table: TableEntry
  let types: [SQLType]
  private let context: ExecutionContext
  private let transaction: WriteTransaction
  private let generated: [(position: Int, node: any ExpressionNode)]
  private let checks: [(name: String, node: any ExpressionNode)]
  private let returning: ExpressionSet?
  /// MERGE says with each returned row what was done with it, so it returns the rows itself.
  private let returnsAction: Bool
  private let returnedColumns: [PlanColumn]
  private let returned: ChunkCollection?
  private let keys: KeyChecker
  private let foreignKeys: ForeignKeyChecker
  private let appending: AppendBuffer
  private var removed = RowIDSet()

  init(
    _ write: BoundTableWrite, returning: BoundReturning?, context: ExecutionContext
  ) throws {
    guard let transaction = context.writer(of: write.table.id) else {
      throw ComputeError(.invalidArgument, "this statement writes, but the database is read-only")
    }
    self.context = context
    self.transaction = transaction
    table = write.table
    types = write.table.columns.map { $0.type }
    let layout = ColumnLayout(write.columns)
    let compiler = ExpressionCompiler(layout, context)
    generated = try write.generated.map { ($0.position, try compiler.compile($0.expression)) }
    checks = try write.checks.map { ($0.name, try compiler.compile($0.expression)) }
    returnsAction = returning?.action != nil
    self.returning = try returning.map {
      try ExpressionSet(
        $0.projections.map { $0.expression },
        layout: ColumnLayout(write.columns + ($0.action.map { [$0] } ?? [])), context: context)
    }
    returnedColumns = returning?.projections.map { $0.output } ?? []
    self.returned = returning.map { _ in
      ChunkCollection(
        types: returning?.projections.map { $0.output.type } ?? [], context: context,
        consumer: .result)
    }
    keys = KeyChecker(
      table: write.table, snapshot: context.table(write.table.id), budget: context.budget)
    foreignKeys = ForeignKeyChecker(table: write.table, context: context, transaction: transaction)
    appending = AppendBuffer(table: write.table.id, transaction: transaction)
  }

  /// The rows with generated columns filled in, after NOT NULL and CHECK.
  func complete(_ chunk: Chunk) throws -> Chunk {
    var rows = chunk
    for (position, node) in generated {
      rows.columns[position] = try node.evaluate(rows, context.evaluation)
    }
    try checkNotNull(rows)
    for (name, node) in checks {
      let failed = Selection(capacity: rows.count)
      let verdict = try node.evaluate(rows, context.evaluation)
      Boolean.selectTrue(
        Boolean.not(verdict, count: rows.count), count: rows.count, into: failed)
      if failed.count > 0 {
        throw ComputeError(
          .constraint,
          "CHECK constraint \(name) of table \"\(table.name)\" failed for row "
            + describe(rows, Int(failed.indexes[0])))
      }
    }
    return rows
  }

  private func checkNotNull(_ rows: Chunk) throws {
    let primary = Set(table.primaryKey?.columns ?? [])
    for (position, column) in table.columns.enumerated()
    where !column.isNullable || primary.contains(position) {
      if !rows.columns[position].isAllValid() {
        throw ComputeError(
          .constraint,
          "NOT NULL constraint failed: column \"\(column.name)\" of table \"\(table.name)\" got"
            + " NULL; give a value or a DEFAULT")
      }
    }
  }

  private func describe(_ rows: Chunk, _ row: Int) -> String {
    let values = zip(table.columns, rows.columns).prefix(8).map {
      "\($0.name): \(KeyChecker.text($1, row))"
    }
    return "(" + values.joined(separator: ", ") + ")"
  }

  // MARK: Changes

  /// Adds rows that `complete` has passed. Their keys must be free (removed rows do not count).
  func insert(_ rows: Chunk) throws {
    try keys.check(rows, removed: removed)
    try foreignKeys.noteInserted(rows)
    if !returnsAction { try addReturned(rows) }
    try appending.append(rows)
  }

  /// Conflicts of rows with existing keys, for ON CONFLICT.
  func conflicts(_ rows: Chunk, key: Int?) throws -> KeyConflicts {
    try keys.conflicts(rows, key: key)
  }

  /// Removes rows.
  func remove(_ ids: RowIDSet) throws {
    if ids.count == 0 { return }
    try foreignKeys.noteRemoved(ids.ids, replaced: false)
    try delete(ids)
  }

  /// Replaces the rows `ids` by `inserted` (updated rows, and rows that are new). `assigned` are the
  /// positions that may differ; keys not among them are not checked. Nil: all may.
  func replace(_ ids: RowIDSet, by inserted: ChunkCollection, assigned: Set<Int>?) throws {
    if ids.count > 0 { try foreignKeys.noteRemoved(ids.ids, replaced: true, assigned: assigned) }
    if let assigned, ids.count > 0, foreignKeys.cascades(assigned: assigned) {
      let rows = try (0..<inserted.chunkCount).map { try inserted.chunk(at: $0) }
      try foreignKeys.noteChanged(
        ids.ids, to: Chunk.concatenated(rows, types: types), from: context.table(table.id))
    }
    keys.restrict(toAssigned: assigned)
    try delete(ids)
    for index in 0..<inserted.chunkCount {
      try context.checkCancellation()
      try insert(try inserted.chunk(at: index))
    }
  }

  /// Adds rows whose conflicts on `key` (nil: on every key) the caller has resolved.
  func insertResolved(_ rows: Chunk, key: Int?) throws {
    keys.exempt(key: key)
    try insert(rows)
  }

  /// Replaces rows by others that have the keys of some of them; all conflicts are resolved.
  func replaceResolved(_ ids: RowIDSet, by inserted: ChunkCollection) throws {
    keys.exempt(key: nil)
    try replace(ids, by: inserted, assigned: nil)
  }

  /// Replaces updated rows and adds new ones after an upsert looked up one of the keys: every key is
  /// checked afresh, with the removed rows out of the way.
  func replaceUpserted(_ ids: RowIDSet, by inserted: ChunkCollection) throws {
    keys.forgetAdded()
    try replace(ids, by: inserted, assigned: nil)
  }

  private func delete(_ ids: RowIDSet) throws {
    if ids.count == 0 { return }
    var pacer = Cancellation.Pacer()
    for id in ids.ids {
      try pacer.tick()
      _ = removed.insert(id)
    }
    try ids.ids.withUnsafeBufferPointer { all in
      guard let first = all.baseAddress else { return }
      try Cancellation.forEachStride(all.count) { range in
        try transaction.delete(
          table: table.id, rowIDs: first + range.lowerBound, count: range.count)
      }
    }
  }

  /// Writes buffered rows and checks foreign keys. The last call of a statement.
  func finish() throws {
    try appending.finish()
    try foreignKeys.finish()
  }

  // MARK: RETURNING

  /// `action`: what MERGE did with the rows.
  func addReturned(_ rows: Chunk, action: String? = nil) throws {
    guard let returning, let returned, rows.count > 0 else { return }
    var input = rows
    if let action {
      input.columns.append(.constant(.varchar(action), type: .varchar, count: rows.count))
    }
    let columns = try returning.evaluate(input, context.evaluation)
    try returned.append(Chunk(columns: columns, count: rows.count))
  }

  /// Adds existing rows by id.
  func addReturned(rows ids: RowIDSet, action: String? = nil) throws {
    let columns = try context.table(table.id).fetch(
      columns: Array(types.indices), rowIDs: ids.ids, count: ids.count)
    try addReturned(Chunk(columns: columns, count: ids.count), action: action)
  }

  func result(affected: Int) -> WriteResult {
    WriteResult(affectedRows: affected, returned: returned, returnedColumns: returnedColumns)
  }
}

/// Appends rows to a table: few through the transaction, many through a bulk appender.
///
/// Used by one thread at a time; several may work side by side only once they use appenders, so parallel
/// inserts hand rows kept back to the coordinating thread.
final class AppendBuffer {
  private let table: EntryID
  private let transaction: WriteTransaction
  private var pending: [Chunk] = []
  private var pendingRows = 0
  private var appender: TableAppender?
  /// Rows from which the bulk path pays: about half a row group.
  private static let bulkRows = 65_536

  init(table: EntryID, transaction: WriteTransaction) {
    self.table = table
    self.transaction = transaction
  }

  func append(_ chunk: Chunk) throws {
    if let appender { return try appender.append(chunk) }
    pending.append(chunk)
    pendingRows += chunk.count
    if pendingRows >= AppendBuffer.bulkRows {
      let bulk = try transaction.makeAppender(table: table)
      appender = bulk
      for chunk in pending { try bulk.append(chunk) }
      pending = []
    }
  }

  /// Ends the bulk path; rows too few for it go through the transaction.
  func finish() throws {
    if let appender {
      try appender.finish()
    } else {
      for chunk in pending { try transaction.append(table: table, chunk) }
    }
    pending = []
    appender = nil
  }

  /// Ends the bulk path and hands out the rows kept back, for another thread to append.
  func finishBulk() throws -> [Chunk] {
    if let appender { try appender.finish() }
    appender = nil
    defer { pending = [] }
    return pending
  }
}
