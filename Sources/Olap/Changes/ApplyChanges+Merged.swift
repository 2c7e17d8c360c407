internal import OlapCatalog
internal import OlapSQL
internal import OlapStorage

/// IGNORE NULL UPDATES: every column has the value of the newest change that gave it one.
extension Connection {
  /// Merges the batch with what is stored of its keys, column by column, and writes what differs.
  ///
  /// A delete ends the values given up to its sequence. So the rows depend on the set of changes applied,
  /// not on their order, as without IGNORE NULL UPDATES.
  func applyMerged(
    _ batch: ChangeBatch, _ queries: MergedQueries, _ scratch: TableEntry,
    _ counts: inout ApplyCounts, _ writer: WriteTransaction
  ) throws {
    let extra: [OlapCatalog.ColumnDefinition] = [
      .init(name: ChangeBatch.isDelete, type: .boolean), .init(name: "stored row", type: .bigint),
      .init(name: "is same", type: .boolean),
    ]
    let columns = batch.sequenceColumns + extra + batch.mergeColumns
    try withScratch(like: batch.table, adding: columns, writer) { winners in
      _ = try internalWrite(queries.findWinners(into: winners.sqlName), [], writer)
      let outcome = try internalQuery(
        queries.countOutcomes(winners.sqlName), snapshot: writer.snapshot)
      counts.inserted = outcome.first?.int(0) ?? 0
      counts.updated = outcome.first?.int(1) ?? 0
      counts.deleted = outcome.first?.int(2) ?? 0
      counts.unchanged = outcome.first?.int(3) ?? 0
      counts.stale =
        writer.snapshot.table(scratch.id).rowCount - counts.inserted - counts.updated
        - counts.deleted - counts.unchanged
      if counts.deleted > 0 {
        try deleteRows(queries.deletedRows(winners.sqlName), of: batch.table, writer)
      }
      if counts.inserted + counts.updated > 0 {
        let upsert = batch.upsert(from: winners.sqlName)
        _ = try writeAndCheck(
          try Parser.parse(upsert)[0], table: batch.table, refusing: false, sql: upsert,
          parameters: [], writer: writer)
      }
      _ = try internalWrite(queries.remember(winners.sqlName), [], writer)
    }
  }
}

/// The SQL of IGNORE NULL UPDATES.
struct MergedQueries {
  let batch: ChangeBatch
  let scratch: String
  let side: String
  /// What the target and `side` have of the batch's keys.
  let live: String
  let remembered: String

  private var mark: String { quote(ChangeBatch.isDelete) }
  private var sequence: String { batch.sequences[0] }
  private var columns: String { batch.columns.joined(separator: ", ") }
  private func sequence(of value: String) -> String {
    quote("sequence of " + unquoted(value))
  }
  private func unquoted(_ name: String) -> String {
    batch.table.columns.first { quote($0.name) == name }?.name ?? name
  }

  /// The key columns of `relation`, and of the values only `kept`, as itself.
  private func list(_ relation: String, keeping kept: String?) -> String {
    batch.columns.map { name in
      batch.keys.contains(name) || name == kept ? "\(relation).\(name)" : "NULL"
    }.joined(separator: ", ")
  }

  /// All that is known of the batch's keys, a change each: `columns, sequence, is delete`.
  private var changes: String {
    let computed = batch.storedSequence.map {
      "CAST((\($0[0])) AS \(batch.sequenceColumns[0].type))"
    }
    let stored = "SELECT *, \(computed ?? "NULL") AS \"computed\" FROM \(live)"
    let own = "coalesce(side.\(sequence), live.\"computed\")"
    let from =
      "FROM (\(stored)) AS live LEFT JOIN (SELECT * FROM \(remembered) WHERE NOT \(mark)) AS side "
      + "ON \(batch.sameKey("live", "side"))"
    var parts = [
      "SELECT \(columns), \(sequence), \(mark) FROM \(scratch)",
      "SELECT \(list("live", keeping: nil)), \(own), false \(from)",
      "SELECT \(list("side", keeping: nil)), \"deleted at\", true FROM \(remembered) AS side "
        + "WHERE \"deleted at\" IS NOT NULL",
    ]
    for value in batch.values {
      parts.append(
        "SELECT \(list("live", keeping: value)), coalesce(side.\(sequence(of: value)), \(own)), false "
          + "\(from) WHERE live.\(value) IS NOT NULL")
    }
    return parts.joined(separator: " UNION ALL ")
  }

  /// Fills `winners` with one row per key of the batch: its merged values, or that it is deleted.
  func findWinners(into winners: String) -> String {
    let keyList = batch.keyList
    let merged = batch.values.map { value -> String in
      let order = "ORDER BY alive.\(sequence) DESC NULLS LAST, alive.\(value) DESC"
      let given = "FILTER (WHERE alive.\(value) IS NOT NULL)"
      return ", (array_agg(alive.\(value) \(order)) \(given))[1] AS \(value)"
        + ", (array_agg(alive.\(sequence) \(order)) \(given))[1] AS \(sequence(of: value))"
    }.joined()
    let keys = batch.keys.map { "cut.\($0)" }.joined(separator: ", ")
    let same =
      ["live.\"stored row\" IS NOT NULL"]
      + batch.values.map { "merged.\($0) IS NOT DISTINCT FROM live.\($0)" }
    let values = batch.columns.map { "merged.\($0)" }.joined(separator: ", ")
    let sequences = batch.values.map { sequence(of: $0) }
    let names = ([sequence, mark, "\"stored row\"", "\"is same\"", "\"deleted at\""] + sequences)
      .joined(separator: ", ")
    let merges = sequences.map { ", merged.\($0)" }.joined()
    return """
      INSERT INTO \(winners) (\(columns), \(names))
      WITH changes(\(columns), \(sequence), \(mark)) AS MATERIALIZED (\(changes)),
        cut AS MATERIALIZED (
          SELECT \(keyList), max(\(sequence)) FILTER (WHERE \(mark)) AS "deleted at"
          FROM changes GROUP BY \(keyList)),
        alive AS MATERIALIZED (
          SELECT changes.*, true AS "is alive" FROM changes JOIN cut ON \(batch.sameKey("changes", "cut"))
          WHERE NOT changes.\(mark)
            AND (cut."deleted at" IS NULL OR changes.\(sequence) > cut."deleted at")),
        merged AS (
          SELECT \(keys), cut."deleted at", count(alive."is alive") > 0 AS "is alive",
            max(alive.\(sequence)) AS \(sequence)\(merged)
          FROM cut LEFT JOIN alive ON \(batch.sameKey("cut", "alive"))
          GROUP BY \(keys), cut."deleted at")
      SELECT \(values), coalesce(merged.\(sequence), merged."deleted at"), NOT merged."is alive",
        live."stored row", \(same.joined(separator: " AND ")), merged."deleted at"\(merges)
      FROM merged LEFT JOIN \(live) AS live ON \(batch.sameKey("merged", "live"))
      """
  }

  /// Keys inserted, updated, deleted; and those that stay as they were though no change is newer.
  func countOutcomes(_ winners: String) -> String {
    let isUnchanged =
      "CASE WHEN \(mark) THEN \"stored row\" IS NULL ELSE coalesce(\"is same\", false) END"
    return """
      SELECT count(*) FILTER (NOT \(mark) AND "stored row" IS NULL),
        count(*) FILTER (NOT \(mark) AND "stored row" IS NOT NULL AND NOT "is same"),
        count(*) FILTER (\(mark) AND "stored row" IS NOT NULL),
        count(*) FILTER (\(isUnchanged) AND newest >= greatest(winner.\(sequence), winner."deleted at"))
      FROM \(winners) AS winner JOIN (
          SELECT \(batch.keyList), max(\(sequence)) AS newest FROM \(scratch)
          GROUP BY \(batch.keyList)) AS given ON \(batch.sameKey("winner", "given"))
      """
  }

  func deletedRows(_ winners: String) -> String {
    "SELECT \"stored row\" FROM \(winners) WHERE \(mark) AND \"stored row\" IS NOT NULL"
  }

  /// Keeps the sequences of the keys, their columns and their deletes.
  func remember(_ winners: String) -> String {
    let names =
      (batch.keys + [sequence, mark, "\"deleted at\""] + batch.values.map { sequence(of: $0) })
      .joined(separator: ", ")
    return "INSERT OR REPLACE INTO \(side) (\(names)) SELECT \(names) FROM \(winners)"
  }
}
