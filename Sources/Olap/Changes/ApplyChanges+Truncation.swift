internal import OlapCatalog
internal import OlapSQL
internal import OlapStorage

/// TRUNCATE WHEN: a change that deletes every key whose changes are not newer than it.
extension Connection {
  static func truncationTableName(_ table: TableEntry) -> String { "truncated_\(table.id)" }

  /// Carries out the newest truncation of the batch, takes truncations and what they (or one applied
  /// before) overtake out of `scratch`, and tells how these rows count.
  /// - Parameter removed: rows deleted beyond the one that a truncation counts as.
  func applyTruncation(
    _ batch: ChangeBatch, _ scratch: TableEntry, _ removed: inout Int, _ writer: WriteTransaction
  ) throws -> ApplyCounts {
    var counts = ApplyCounts()
    guard let holder = try truncationTable(batch, writer) else { return counts }
    let sequences = batch.sequences.joined(separator: ", ")
    let order = batch.sequences.map { "\($0) DESC" }.joined(separator: ", ")
    let known = try internalQuery(
      "SELECT \(sequences) FROM \(holder.sqlName)", snapshot: writer.snapshot
    ).first
    var newest = known
    if batch.truncates {
      let mark = quote(ChangeBatch.isTruncate)
      let given = batch.sequences.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
      let rows = try internalQuery(
        "SELECT \(sequences) FROM \(scratch.sqlName) WHERE \(mark) AND \(given) ORDER BY \(order)",
        snapshot: writer.snapshot)
      let unusable = try number(
        "SELECT count(*) FROM \(scratch.sqlName) WHERE \(mark) AND NOT (\(given))", writer)
      counts.rejected = unusable
      let isNewer = try rows.first.map { try isAfter($0, known, batch, writer) } ?? false
      if let first = rows.first, isNewer {
        newest = first
        removed = try removeTruncated(by: first, batch, writer)
        if removed > 0 { counts.deleted = 1 } else { counts.unchanged = 1 }
        removed = Swift.max(0, removed - 1)
        counts.stale = rows.count - 1
        let values = sequencesText(first)
        _ = try internalWrite("DELETE FROM \(holder.sqlName)", [], writer)
        _ = try internalWrite(
          "INSERT INTO \(holder.sqlName) VALUES (\(values.joined(separator: ", ")))", [], writer)
      } else if let known {
        let same = rows.count { sequencesText($0) == sequencesText(known) }
        counts.unchanged = same
        counts.stale = rows.count - same
      }
      _ = try internalWrite("DELETE FROM \(scratch.sqlName) WHERE \(mark)", [], writer)
    }
    if let newest {
      let overtaken = ChangeBatch.isNotAfter(batch.sequences, sequencesText(newest))
      counts.stale += try internalWrite(
        "DELETE FROM \(scratch.sqlName) WHERE \(overtaken)", [], writer)
    }
    return counts
  }

  private func sequencesText(_ row: Row) -> [String] {
    row.columns.indices.map { sqlLiteral(row, $0) }
  }

  private func isAfter(
    _ row: Row, _ other: Row?, _ batch: ChangeBatch, _ writer: WriteTransaction
  ) throws -> Bool {
    guard let other else { return true }
    let condition = ChangeBatch.isNotAfter(sequencesText(row), sequencesText(other))
    return try number("SELECT CASE WHEN \(condition) THEN 0 ELSE 1 END", writer) == 1
  }

  /// Deletes the target's rows that are not newer, and what is remembered of older deletes.
  private func removeTruncated(
    by row: Row, _ batch: ChangeBatch, _ writer: WriteTransaction
  ) throws -> Int {
    let side = try sequenceTable(batch, kinds: false, writer)
    let limit = sequencesText(row)
    let mark = quote(ChangeBatch.isDelete)
    let before = writer.snapshot.table(batch.table.id).rowCount
    let computed = (batch.storedSequence ?? []).enumerated().map {
      ", CAST((\($0.element)) AS \(batch.sequenceColumns[$0.offset].type)) "
        + "AS \"computed \($0.offset + 1)\""
    }.joined()
    let sequences = batch.sequences.enumerated().map { index, name in
      batch.storedSequence == nil
        ? "side.\(name)" : "coalesce(side.\(name), live.\"computed \(index + 1)\")"
    }
    let query = """
      SELECT "stored row" FROM (
          SELECT \(batch.keyList), rowid AS "stored row"\(computed) FROM \(batch.table.sqlName)) AS live
        LEFT JOIN (SELECT * FROM \(side.sqlName) WHERE NOT \(mark)) AS side
          ON \(batch.sameKey("live", "side"))
      WHERE coalesce(\(ChangeBatch.isNotAfter(sequences, limit)), true)
      """
    try deleteRows(query, of: batch.table, writer)
    let older = ChangeBatch.isNotAfter(batch.sequences, limit)
    _ = try internalWrite("DELETE FROM \(side.sqlName) WHERE \(older)", [], writer)
    return before - writer.snapshot.table(batch.table.id).rowCount
  }

  /// The table that keeps the sequence of the newest truncation; nil while there was none.
  private func truncationTable(
    _ batch: ChangeBatch, _ writer: WriteTransaction
  ) throws -> TableEntry? {
    let name = Connection.truncationTableName(batch.table)
    let found = writer.catalog.lookup(.relation, schema: RunLog.schema, name: name)
    if case .table(let table)? = found { return table }
    guard batch.truncates else { return nil }
    return try changeCatalog(writer) { catalog in
      var holder = TableEntry(
        id: catalog.allocateID(), schema: RunLog.schema, name: name,
        columns: batch.sequenceColumns)
      holder.comment = "sequence of the newest truncation applied to \(batch.table.name)"
      catalog.put(.table(holder))
      return holder
    }
  }
}

extension ChangeBatch {
  /// Whether a sequence comes before another or equals it, part by part, as SQL text.
  static func isNotAfter(_ left: [String], _ right: [String]) -> String {
    var condition = "true"
    for (a, b) in zip(left, right).reversed() {
      condition = "(\(a) < \(b) OR (\(a) = \(b) AND \(condition)))"
    }
    return condition
  }
}
