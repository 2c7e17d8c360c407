internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// SCD type 1: the latest row per key.
extension Connection {
  /// Finds the change that counts per key, among the batch and what is stored, and writes what differs.
  func applyLatest(
    _ batch: ChangeBatch, _ scratch: TableEntry, _ counts: inout ApplyCounts,
    _ writer: WriteTransaction
  ) throws {
    let table = batch.table
    guard table.keys.contains(where: { Set($0.columns) == Set(batch.keyPositions) }) else {
      throw OlapError(
        .binder,
        "KEYS (\(batch.keyList)) is no PRIMARY KEY or UNIQUE key of \"\(table.name)\"; ALTER TABLE "
          + "\(table.name) ADD PRIMARY KEY (…) first")
    }
    let side = try sequenceTable(batch, kinds: false, writer)
    let extra = [
      OlapCatalog.ColumnDefinition(name: "stored row", type: .bigint),
      OlapCatalog.ColumnDefinition(name: "is same", type: .boolean),
    ]
    let decided = OlapCatalog.ColumnDefinition(name: ChangeBatch.isDelete, type: .boolean)
    let columns = batch.sequenceColumns + [decided] + extra
    try withStoredRows(of: batch, in: scratch, side: side, writer) { live, remembered in
      if batch.ignoresNulls {
        try applyMerged(
          batch,
          MergedQueries(
            batch: batch, scratch: scratch.sqlName, side: side.sqlName, live: live.sqlName,
            remembered: remembered.sqlName), scratch, &counts, writer)
        return
      }
      try withScratch(like: table, adding: columns, writer) { winners in
        let queries = LatestQueries(
          batch: batch, scratch: scratch, winners: winners, side: side.sqlName, live: live.sqlName,
          remembered: remembered.sqlName)
        let won = try internalWrite(queries.findWinners, [], writer)
        let replayed = try number(queries.countReplayed, writer)
        let staged = writer.snapshot.table(scratch.id).rowCount
        let outcome = try internalQuery(queries.countOutcomes, snapshot: writer.snapshot)
        counts.inserted = outcome.first?.int(0) ?? 0
        counts.updated = outcome.first?.int(1) ?? 0
        counts.deleted = outcome.first?.int(2) ?? 0
        counts.unchanged = won - counts.inserted - counts.updated - counts.deleted + replayed
        counts.stale = staged - won - replayed
        if counts.deleted > 0 { try deleteRows(queries.deletedRows, of: table, writer) }
        if counts.inserted + counts.updated > 0 {
          _ = try writeAndCheck(
            try Parser.parse(queries.upsert)[0], table: table, refusing: false, sql: queries.upsert,
            parameters: [], writer: writer)
        }
        if won > 0 {
          let isAnyRemembered = writer.snapshot.table(remembered.id).rowCount > 0
          for statement in queries.remember(isAnyRemembered: isAnyRemembered) {
            _ = try internalWrite(statement, [], writer)
          }
        }
      }
    }
  }

  /// The table beside a target that keeps the sequences its rows do not tell: of deleted keys, and of all
  /// when the sequence is not stored with the rows. For SCD type 2 (`kinds`): of deletes (D) and of changes
  /// that repeated the state before them (T).
  func sequenceTable(
    _ batch: ChangeBatch, kinds: Bool, _ writer: WriteTransaction
  ) throws -> TableEntry {
    let name = Connection.sequenceTableName(batch.table)
    let keys = batch.keyPositions.map { index in
      OlapCatalog.ColumnDefinition(
        name: batch.table.columns[index].name, type: batch.table.columns[index].type,
        isNullable: false)
    }
    let mark =
      kinds
      ? OlapCatalog.ColumnDefinition(name: "kind", type: .varchar)
      : OlapCatalog.ColumnDefinition(name: ChangeBatch.isDelete, type: .boolean)
    let columns = keys + batch.sequenceColumns + [mark] + batch.mergeColumns
    if case .table(let found)? = writer.catalog.lookup(
      .relation, schema: RunLog.schema, name: name)
    {
      let isSame =
        found.columns.map { $0.name.lowercased() } == columns.map { $0.name.lowercased() }
        && found.columns.map { $0.type } == columns.map { $0.type }
      guard isSame else {
        throw OlapError(
          .binder,
          "\"\(batch.table.name)\" was fed with other KEYS, another type of SEQUENCE BY, another SCD TYPE "
            + "or IGNORE NULL UPDATES before or now; use the same ones, or DROP TABLE olap.\(name) to forget what was applied"
        )
      }
      return found
    }
    return try changeCatalog(writer) { catalog in
      var side = TableEntry(
        id: catalog.allocateID(), schema: RunLog.schema, name: name, columns: columns)
      let width = keys.count + (kinds ? 1 : 0)
      side.keys = [KeyConstraint(name: nil, columns: Array(0..<width), isPrimary: true)]
      if kinds { side.columns[keys.count].isNullable = false }
      side.comment = "sequences of the changes applied to \(batch.table.name)"
      catalog.put(.table(side))
      return side
    }
  }

  static func sequenceTableName(_ table: TableEntry) -> String { "applied_\(table.id)" }
}

/// The SQL of SCD type 1. `"is delete"` marks deletes on both sides.
private struct LatestQueries {
  let batch: ChangeBatch
  let scratch: TableEntry
  let winners: TableEntry
  let side: String
  /// What `target` and `side` have of the batch's keys.
  let live: String
  let remembered: String

  private var mark: String { quote(ChangeBatch.isDelete) }
  private var target: String { batch.table.sqlName }
  private func list(_ names: [String], of relation: String) -> String {
    names.map { "\(relation).\($0)" }.joined(separator: ", ")
  }

  /// What is stored of the batch's keys: rows and remembered deletes, with their sequences.
  private var stored: String {
    let known = batch.sequences.enumerated().map { index, name -> String in
      let remembered = "CASE WHEN NOT side.\(mark) THEN side.\(name) END"
      guard batch.storedSequence?[index] != nil else {
        return "\(remembered) AS \(name)"
      }
      return "coalesce(\(remembered), live.\"computed \(index + 1)\") AS \(name)"
    }.joined(separator: ", ")
    let computed = (batch.storedSequence ?? []).enumerated().map {
      ", CAST((\($0.element)) AS \(batch.sequenceColumns[$0.offset].type)) "
        + "AS \"computed \($0.offset + 1)\""
    }.joined()
    let columns = batch.columns.joined(separator: ", ")
    let nulls = batch.columns.map { name in
      batch.keys.contains(name) ? "side.\(name)" : "NULL"
    }.joined(separator: ", ")
    return """
      SELECT \(list(batch.columns, of: "live")), \(known), false AS \(mark),
        live."stored row" AS "stored row"
      FROM (SELECT \(columns), "stored row"\(computed) FROM \(live)) AS live
        LEFT JOIN \(remembered) AS side ON \(batch.sameKey("live", "side"))
      UNION ALL
      SELECT \(nulls), \(list(batch.sequences, of: "side")), true, NULL
      FROM \(remembered) AS side
      WHERE side.\(mark) AND \(batch.keyTuple) NOT IN (SELECT \(batch.keyList) FROM \(live))
      """
  }

  /// The order in which changes of one key override each other, best first. Stored before equal new.
  private var precedence: String {
    let sequence = batch.sequences.map { "\($0) DESC NULLS LAST" }
    let content = batch.values.map { "\($0) DESC NULLS LAST" }
    return (sequence + ["\(mark) DESC"] + content + ["is_new"]).joined(separator: ", ")
  }

  private var names: String {
    (batch.columns + batch.sequences + [mark]).joined(separator: ", ")
  }

  /// Fills `winners` with the new changes that count, what is stored of their key beside them.
  var findWinners: String {
    let same =
      batch.values.map { "winner.\($0) IS NOT DISTINCT FROM known.\($0)" } + [
        "known.\"stored row\" IS NOT NULL"
      ]
    return """
      INSERT INTO \(winners.sqlName) (\(names), "stored row", "is same")
      WITH known AS MATERIALIZED (\(stored)),
        ranked AS (
          SELECT \(names), is_new,
            row_number() OVER (PARTITION BY \(batch.keyList) ORDER BY \(precedence)) AS place
          FROM (
            SELECT \(names), false AS is_new FROM known
            UNION ALL SELECT \(names), true FROM \(scratch.sqlName)) AS changes)
      SELECT \(list(batch.columns + batch.sequences + [mark], of: "winner")), known."stored row",
        \(same.joined(separator: " AND "))
      FROM (SELECT * FROM ranked WHERE place = 1 AND is_new) AS winner
        LEFT JOIN known ON \(batch.sameKey("winner", "known"))
      """
  }

  /// Changes that say exactly what is stored.
  var countReplayed: String {
    let sameSequence = batch.sequences.map { "change.\($0) IS NOT DISTINCT FROM known.\($0)" }
    let sameValues = batch.values.map { "change.\($0) IS NOT DISTINCT FROM known.\($0)" }
    let content = (["true"] + sameValues).joined(separator: " AND ")
    return """
      SELECT count(*) FROM (SELECT DISTINCT \(names) FROM \(scratch.sqlName)) AS change
        JOIN (\(stored)) AS known ON \(batch.sameKey("change", "known"))
      WHERE \(sameSequence.joined(separator: " AND ")) AND change.\(mark) = known.\(mark)
        AND (change.\(mark) OR \(content))
      """
  }

  var countOutcomes: String {
    """
    SELECT count(*) FILTER (NOT \(mark) AND "stored row" IS NULL),
      count(*) FILTER (NOT \(mark) AND "stored row" IS NOT NULL AND NOT "is same"),
      count(*) FILTER (\(mark) AND "stored row" IS NOT NULL)
    FROM \(winners.sqlName)
    """
  }

  var deletedRows: String {
    "SELECT \"stored row\" FROM \(winners.sqlName) WHERE \(mark) AND \"stored row\" IS NOT NULL"
  }

  var upsert: String { batch.upsert(from: winners.sqlName) }

  /// Keeps the sequences that the rows do not tell.
  func remember(isAnyRemembered: Bool) -> [String] {
    let names = (batch.keys + batch.sequences + [mark]).joined(separator: ", ")
    let insert = "INSERT OR REPLACE INTO \(side) (\(names)) SELECT \(names) FROM \(winners.sqlName)"
    guard batch.storedSequence != nil else { return [insert] }
    if !isAnyRemembered { return [insert + " WHERE \(mark)"] }
    return [
      "DELETE FROM \(side) WHERE \(batch.keyTuple) IN (SELECT \(batch.keyList) FROM "
        + "\(winners.sqlName) WHERE NOT \(mark))",
      insert + " WHERE \(mark)",
    ]
  }
}
