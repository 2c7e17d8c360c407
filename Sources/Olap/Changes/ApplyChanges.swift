internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// What one APPLY CHANGES did with the rows of its source; the counts add up to their number.
struct ApplyCounts {
  var inserted = 0
  var updated = 0
  /// Rows that say what is stored already: replays, repeated states, deletes of absent keys.
  var unchanged = 0
  /// Rows that a later one of their key, in the table or in the batch, has overtaken.
  var stale = 0
  /// Rows without a key or sequence, and rows that the table's rules refuse.
  var rejected = 0
  var deleted = 0

  mutating func add(_ other: ApplyCounts) {
    inserted += other.inserted
    updated += other.updated
    unchanged += other.unchanged
    stale += other.stale
    rejected += other.rejected
    deleted += other.deleted
  }
}

extension Connection {
  /// APPLY CHANGES INTO t FROM source KEYS (…) SEQUENCE BY … [DELETE WHEN …] [STORED AS SCD TYPE 1|2].
  ///
  /// The result depends on the set of changes ever applied, not on their order or batches: per key the
  /// change with the greatest sequence counts; of several with the same one, a delete, else the greatest
  /// row. Deletes are remembered, so that older upserts arriving later stay out.
  func runApplyChanges(
    _ node: ApplyChangesStatement, sql: String, parameters: [Value]
  ) throws -> QueryResult {
    let name = try resolve(node.table)
    let startedAt = wallClockMicroseconds()
    return try withWriter { writer in
      try RunLog.prepare(writer)
      let table = try existingTable(name, node.table, writer: writer)
      try refuseModelWrite(table, node.table)
      var run = PipelineRun(name: "apply_changes", trigger: table.name, startedAt: startedAt)
      let mark = writer.mark
      writer.reads.restart()
      let batch = try ChangeBatch(
        node, table: table, sql: sql, parameters: parameters, connection: self, writer: writer)
      let extra = batch.sequenceColumns + batch.marks
      var removed = 0
      let counts = try withScratch(like: table, adding: extra, writer) { scratch in
        var counts = ApplyCounts()
        let total = try internalWrite(batch.staging(into: scratch), parameters, writer)
        let first = try applyTruncation(batch, scratch, &removed, writer)
        let staged = writer.snapshot.table(scratch.id).rowCount
        counts.rejected = try reject(batch, in: scratch, total: staged, runID: run.id, writer)
        switch node.historyType {
        case 2: try applyHistory(batch, scratch, &counts, writer)
        default: try applyLatest(batch, scratch, &counts, writer)
        }
        counts.add(first)
        run.processed = total
        return counts
      }
      run.created = counts.inserted
      run.updated = counts.updated
      run.deleted = counts.deleted + removed
      run.unchanged = counts.unchanged
      run.skipped = counts.stale + counts.rejected
      run.metadata =
        "{\"table\": \"\(escape(table.name))\", \"stale\": \(counts.stale), "
        + "\"rejected\": \(counts.rejected)}"
      run.bytesRead = writer.reads.byteCount
      run.bytesWritten = writer.writtenByteCount(since: mark)
      try run.append(writer)
      return Connection.applyResult(counts)
    }
  }

  private static func applyResult(_ counts: ApplyCounts) -> QueryResult {
    let fields: [(String, Int)] = [
      ("inserted", counts.inserted), ("updated", counts.updated), ("unchanged", counts.unchanged),
      ("stale", counts.stale), ("rejected", counts.rejected), ("deleted", counts.deleted),
    ]
    return boxedResult(
      columns: fields.map { ResultColumn(name: $0.0, type: .bigint) },
      rows: [fields.map { .count($0.1) }], kind: "APPLY CHANGES")
  }

  /// Takes out rows without key or sequence (they go into quarantine, for nothing else would tell of
  /// them) and rows that the table's rules refuse.
  private func reject(
    _ batch: ChangeBatch, in scratch: TableEntry, total: Int, runID: Value,
    _ writer: WriteTransaction
  ) throws -> Int {
    let missing = (batch.keys + batch.sequenceColumns.map { quote($0.name) })
      .map { "\($0) IS NULL" }.joined(separator: " OR ")
    let rows = CheckedRows(
      table: batch.table, relation: scratch.sqlName, condition: "", holder: scratch.id,
      isStored: false)
    let from = rows.from(where: missing)
    let unusable = try collect("SELECT rowid FROM \(from)", writer: writer)
    if unusable.rowCount > 0 {
      try quarantine(
        from, payload: rows.payload, rule: "key and sequence are given", status: "REJECTED",
        of: batch.table, runID: runID, writer)
      for chunk in unusable.chunks {
        try writer.delete(table: scratch.id, rowIDs: chunk.columns[0], count: chunk.count)
      }
    }
    let upserts = CheckedRows(
      table: batch.table, relation: scratch.sqlName,
      condition: "NOT \(quote(ChangeBatch.isDelete))", holder: scratch.id, isStored: false)
    try supersede(by: rows, writer)
    for expectation in batch.table.expectations
    where expectation.onViolation == .drop || expectation.onViolation == .quarantine {
      try refuse(
        expectation, try ExpectationRule(expectation.sql), among: upserts, checked: total,
        runID: runID, writer)
    }
    return total - writer.snapshot.table(scratch.id).rowCount
  }

  /// One number that a query gives.
  func number(_ sql: String, _ writer: WriteTransaction) throws -> Int {
    try internalQuery(sql, snapshot: writer.snapshot).first?.int(0) ?? 0
  }
}
