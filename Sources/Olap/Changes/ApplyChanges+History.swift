internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// SCD type 2: every version of a key with the interval in which it held.
extension Connection {
  /// Rebuilds the history of the batch's keys from all changes known of them and writes the difference.
  ///
  /// The stored versions, the remembered deletes and the remembered repetitions of a state are together
  /// the set of changes applied so far, so a change that arrives late splits the interval it falls into.
  func applyHistory(
    _ batch: ChangeBatch, _ scratch: TableEntry, _ counts: inout ApplyCounts,
    _ writer: WriteTransaction
  ) throws {
    let table = batch.table
    guard batch.sequenceColumns.count == 1 else {
      throw OlapError(
        .binder, "STORED AS SCD TYPE 2 takes one SEQUENCE BY expression: it bounds the intervals")
    }
    let (start, end) = try validity(of: table)
    guard !batch.written.contains(start), !batch.written.contains(end) else {
      throw OlapError(
        .binder,
        "\"\(table.columns[start].name)\" and \"\(table.columns[end].name)\" hold the interval of "
          + "validity; leave them out of the source")
    }
    let side = try sequenceTable(batch, kinds: true, writer)
    let flags = [ChangeBatch.isDelete, "is new", "is start", "is first", "follows delete"].map {
      OlapCatalog.ColumnDefinition(name: $0, type: .boolean)
    }
    try withStoredVersions(of: batch, in: scratch, side: side, writer) { live, remembered in
      try withScratch(like: table, adding: batch.sequenceColumns + flags, writer) { events in
        let queries = HistoryQueries(
          batch: batch, scratch: scratch, events: events, side: side.sqlName,
          live: live.sqlName, remembered: remembered.sqlName,
          start: quote(table.columns[start].name), end: quote(table.columns[end].name))
        let replayed = try number(queries.countReplayed, writer)
        _ = try internalWrite(queries.findEvents, [], writer)
        let outcome = try internalQuery(queries.countOutcomes, snapshot: writer.snapshot)
        counts.inserted = outcome.first?.int(0) ?? 0
        counts.updated = outcome.first?.int(1) ?? 0
        counts.deleted = outcome.first?.int(2) ?? 0
        let won = outcome.first?.int(3) ?? 0
        counts.unchanged = won - counts.inserted - counts.updated - counts.deleted + replayed
        counts.stale = writer.snapshot.table(scratch.id).rowCount - won - replayed
        if won > 0 { try writeHistory(queries, of: table, side: side, writer) }
      }
    }
  }

  /// Writes the versions that differ from the stored ones, and what they do not tell.
  private func writeHistory(
    _ queries: HistoryQueries, of table: TableEntry, side: TableEntry, _ writer: WriteTransaction
  ) throws {
    try withScratch(like: table, adding: [], writer) { versions in
      _ = try internalWrite(queries.findVersions(into: versions.sqlName), [], writer)
      try deleteRows(queries.oldVersions(versions.sqlName), of: table, writer)
      for insert in queries.insertNew(versions.sqlName) {
        _ = try writeAndCheck(
          try Parser.parse(insert)[0], table: table, refusing: false, sql: insert, parameters: [],
          writer: writer)
      }
    }
    try deleteRows(queries.forgotten, of: side, writer)
    _ = try internalWrite(queries.remember, [], writer)
  }

  /// The columns that hold a version's interval: `WITH (valid_from = …, valid_to = …)`, or the names
  /// usual for them.
  private func validity(of table: TableEntry) throws -> (start: Int, end: Int) {
    var names = [
      ("__start_at", "__end_at"), ("valid_from", "valid_to"),
      ("dbt_valid_from", "dbt_valid_to"),
    ]
    if let start = table.options["valid_from"], let end = table.options["valid_to"] {
      names.insert((start, end), at: 0)
    }
    for (start, end) in names {
      if let first = table.columnIndex(start), let last = table.columnIndex(end) {
        return (first, last)
      }
    }
    throw OlapError(
      .binder,
      "SCD TYPE 2 keeps each version's interval in two columns of the type of SEQUENCE BY; "
        + "\"\(table.name)\" needs valid_from and valid_to (or __start_at and __end_at)")
  }
}

/// The SQL of SCD type 2.
private struct HistoryQueries {
  let batch: ChangeBatch
  let scratch: TableEntry
  let events: TableEntry
  /// The table beside the target.
  let side: String
  /// What the target and `side` have of the batch's keys, with their row ids.
  let live: String
  let remembered: String
  /// Quoted names of the interval's columns.
  let start: String
  let end: String

  private var mark: String { quote(ChangeBatch.isDelete) }
  private var target: String { batch.table.sqlName }
  private var sequence: String { batch.sequences[0] }
  private var columns: String { batch.columns.joined(separator: ", ") }
  private func list(_ names: [String], of relation: String) -> String {
    names.map { "\(relation).\($0)" }.joined(separator: ", ")
  }
  private var sequenceType: SQLType { batch.sequenceColumns[0].type }

  /// The changes applied to the batch's keys so far: versions, repetitions, deletes.
  private var known: String {
    let nulls = batch.columns.map { batch.keys.contains($0) ? $0 : "NULL" }.joined(separator: ", ")
    return """
      SELECT \(columns), CAST(\(start) AS \(sequenceType)) AS \(sequence), false AS \(mark),
        false AS is_new
      FROM \(live)
      UNION ALL
      SELECT \(list(batch.columns, of: "version")), side.\(sequence), false, false
      FROM (SELECT * FROM \(remembered) WHERE kind = 'T') AS side
        JOIN \(live) AS version
          ON \(batch.sameKey("side", "version")) AND version.\(start) < side.\(sequence)
            AND (version.\(end) IS NULL OR side.\(sequence) < version.\(end))
      UNION ALL
      SELECT \(nulls), \(sequence), true, false FROM \(remembered) WHERE kind = 'D'
      """
  }

  /// Changes that are known already.
  var countReplayed: String {
    let content = batch.values.map { "change.\($0) IS NOT DISTINCT FROM known.\($0)" }
    let same = (["true"] + content).joined(separator: " AND ")
    let names = (batch.columns + [sequence, mark]).joined(separator: ", ")
    return """
      SELECT count(*) FROM (SELECT DISTINCT \(names) FROM \(scratch.sqlName)) AS change
        JOIN (\(known)) AS known ON \(batch.sameKey("change", "known"))
      WHERE change.\(sequence) = known.\(sequence) AND change.\(mark) = known.\(mark)
        AND (change.\(mark) OR (\(same)))
      """
  }

  /// Fills `events` with one change per key and sequence, in which each knows the one before it.
  var findEvents: String {
    let content = batch.values.map { "\($0) DESC NULLS LAST" }
    let precedence = (["\(mark) DESC"] + content + ["is_new"]).joined(separator: ", ")
    let names = (batch.columns + [sequence, mark, "is_new"]).joined(separator: ", ")
    let window = "OVER (PARTITION BY \(batch.keyList) ORDER BY \(sequence))"
    let previous = batch.values.enumerated().map {
      ", lag(\($0.element)) \(window) AS \"previous \($0.offset)\""
    }.joined()
    let same =
      (["true"]
      + batch.values.enumerated().map {
        "\($0.element) IS NOT DISTINCT FROM \"previous \($0.offset)\""
      }).joined(separator: " AND ")
    return """
      INSERT INTO \(events.sqlName) (\(columns), \(sequence), \(mark), "is new", "is start",
        "is first", "follows delete")
      SELECT \(columns), \(sequence), \(mark), is_new,
        NOT \(mark) AND (previous_delete IS NULL OR previous_delete OR NOT (\(same))),
        previous_delete IS NULL, coalesce(previous_delete, false)
      FROM (
        SELECT \(names), lag(\(mark)) \(window) AS previous_delete\(previous)
        FROM (
          SELECT \(names), row_number() OVER (
            PARTITION BY \(batch.keyList), \(sequence) ORDER BY \(precedence)) AS place
          FROM (
            \(known)
            UNION ALL SELECT \(columns), \(sequence), \(mark), true FROM \(scratch.sqlName)
          ) AS changes) AS ranked
        WHERE place = 1) AS ordered
      """
  }

  /// New changes that open the history of a key, add a version, close one; and all.
  var countOutcomes: String {
    """
    SELECT count(*) FILTER ("is start" AND "is first"),
      count(*) FILTER ("is start" AND NOT "is first"),
      count(*) FILTER (\(mark) AND NOT "is first" AND NOT "follows delete"), count(*)
    FROM \(events.sqlName) WHERE "is new"
    """
  }

  /// A version holds from its change to the next delete or other state.
  func findVersions(into versions: String) -> String {
    """
    INSERT INTO \(versions) (\(columns), \(start), \(end))
    SELECT \(columns), \(sequence), until FROM (
      SELECT \(columns), \(sequence), \(mark),
        lead(\(sequence)) OVER (PARTITION BY \(batch.keyList) ORDER BY \(sequence)) AS until
      FROM \(events.sqlName) WHERE \(mark) OR "is start") AS bounds
    WHERE NOT \(mark)
    """
  }

  private func same(_ left: String, _ right: String) -> String {
    (batch.columns + [start, end]).map { "\(left).\($0) IS NOT DISTINCT FROM \(right).\($0)" }
      .joined(separator: " AND ")
  }

  /// Row ids of stored versions that hold no more.
  func oldVersions(_ versions: String) -> String {
    """
    SELECT "stored row" FROM \(live) AS old
    WHERE NOT EXISTS (SELECT 1 FROM \(versions) AS fresh WHERE \(same("old", "fresh")))
    """
  }

  /// Columns that the source does not give; a version keeps their values when its end moves.
  private var others: [String] {
    let table = batch.table
    let kept = Set(batch.columns + [start, end])
    return table.columns.filter { $0.generatedSQL == nil }.map { quote($0.name) }
      .filter { !kept.contains($0) }
  }

  func insertNew(_ versions: String) -> [String] {
    let names = "\(columns), \(start), \(end)"
    let isNew =
      "NOT EXISTS (SELECT 1 FROM \(live) AS old WHERE \(same("old", "fresh")))"
    if others.isEmpty {
      return [
        "INSERT INTO \(target) (\(names)) SELECT \(names) FROM \(versions) AS fresh WHERE \(isNew)"
      ]
    }
    let isSameVersion =
      batch.sameKey("version", "fresh") + " AND version.\(start) = fresh.\(start)"
    let freshNames = list(batch.columns + [start, end], of: "fresh")
    return [
      "INSERT INTO \(target) (\(names)) SELECT \(names) FROM \(versions) AS fresh WHERE NOT EXISTS "
        + "(SELECT 1 FROM \(live) AS version WHERE \(isSameVersion))",
      "INSERT INTO \(target) (\(names), \(others.joined(separator: ", "))) "
        + "SELECT \(freshNames), \(list(others, of: "version")) FROM \(versions) AS fresh "
        + "JOIN \(live) AS version ON \(isSameVersion) WHERE \(isNew)",
    ]
  }

  // MARK: What the versions do not tell

  private var sideNames: String { (batch.keys + [sequence]).joined(separator: ", ") }

  /// Deletes and repetitions.
  private var wanted: String {
    "SELECT \(sideNames), CASE WHEN \(mark) THEN 'D' ELSE 'T' END AS kind FROM \(events.sqlName) "
      + "WHERE \(mark) OR NOT \"is start\""
  }

  private var isRemembered: String {
    batch.sameKey("old", "wanted") + " AND old.\(sequence) = wanted.\(sequence)"
      + " AND old.kind = wanted.kind"
  }

  /// Row ids of `side` that are neither any more.
  var forgotten: String {
    "SELECT \"stored row\" FROM \(remembered) AS old "
      + "WHERE NOT EXISTS (SELECT 1 FROM (\(wanted)) AS wanted WHERE \(isRemembered))"
  }

  var remember: String {
    "INSERT INTO \(side) (\(sideNames), kind) SELECT \(sideNames), kind FROM (\(wanted)) AS wanted "
      + "WHERE NOT EXISTS (SELECT 1 FROM \(remembered) AS old WHERE \(isRemembered))"
  }
}
