internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL
internal import OlapStorage

/// What comparing one model's stored rows with its recomputed ones found.
struct Verification {
  /// One cell, or one whole row, that is not what the definition gives.
  struct Difference {
    /// Values of the key, `1, 'a'`; of all columns when the model has no key.
    var key: String
    /// Nil: the row exists on one side only.
    var column: String?
    var stored: String?
    var recomputed: String?
  }
  let table: TableEntry
  var storedRowCount = 0
  var differences: [Difference] = []
  /// Keys compared; nil: all.
  var sampledKeyCount: Int?
  /// Whether the inputs have changed since the last refresh, so that differences are to be expected.
  var isStale = false
  var milliseconds = 0.0

  func result(isRepaired: Bool) -> String {
    if differences.isEmpty { return "OK" }
    return isRepaired ? "REPAIRED" : isStale ? "STALE" : "DIFFERS"
  }
}

extension Connection {
  /// VERIFY [ALL | name, …] [SAMPLE n KEYS] [REPAIR]: recomputes each model over the snapshot of its
  /// stored rows and compares both as multisets of rows, floating-point values by their bits.
  ///
  /// The result has one row per model that is as it should be, and one per differing cell of the others.
  func runVerify(_ node: VerifyStatement) throws -> QueryResult {
    let models = try orderedModels(node.selection, in: readSnapshot().catalog)
    let startedAt = wallClockMicroseconds()
    isRefreshing = true
    defer { isRefreshing = false }
    var found: [Verification] = []
    for table in models {
      found.append(try verify(table, sampleKeyCount: node.sampleKeyCount))
    }
    let broken = found.filter { !$0.differences.isEmpty }.map { $0.table }
    let repairs = node.repairs && !broken.isEmpty
    if repairs {
      try withWriter { _ in
        try repair(broken)
        // What reads a mended model was right for its old rows.
        let mended = Set(broken.map { $0.id })
        let rest = models.filter { !mended.contains($0.id) }
        if !rest.isEmpty { _ = try refresh(rest, RefreshRequest(), trigger: "REPAIR") }
      }
    }
    if !database.options.isReadOnly {
      try record(found, startedAt: startedAt, isRepaired: repairs)
    }
    return Connection.verifyResult(found, isRepaired: repairs)
  }

  /// Writes what the definitions give. A full refresh writes rows that are not equal; ones that are equal
  /// but not to the bit (0.0 and -0.0) need the whole table anew.
  private func repair(_ broken: [TableEntry]) throws {
    _ = try refresh(broken, RefreshRequest(rung: .full), trigger: "REPAIR")
    isRefreshing = true
    let unequal = try broken.filter {
      try !verify($0, sampleKeyCount: nil).differences.isEmpty
    }
    guard !unequal.isEmpty else { return }
    try withWriter { writer in
      for table in unequal { try writer.truncate(table: table.id) }
      _ = try refresh(unequal, RefreshRequest(rung: .full), trigger: "REPAIR")
    }
    isRefreshing = true
    for table in unequal where try !verify(table, sampleKeyCount: nil).differences.isEmpty {
      throw OlapError(
        .layer,
        "\"\(table.name)\" still differs from its definition after the repair: the definition gives "
          + "other rows each time (random(), or rows chosen without an order)")
    }
  }

  /// REFRESH … VERIFY: throws, which undoes the run, when a refreshed model differs from its rebuild.
  func checkVerified(_ models: [TableEntry]) throws {
    isRefreshing = true
    defer { isRefreshing = false }
    for table in models {
      guard let first = try verify(table, sampleKeyCount: nil).differences.first else { continue }
      throw OlapError(
        .layer,
        "\"\(table.name)\" differs from its definition after the refresh, first at key "
          + "(\(first.key))\(first.column.map { ", column \($0)" } ?? "")")
    }
  }

  /// Compares one model with its definition.
  func verify(_ table: TableEntry, sampleKeyCount: Int?) throws -> Verification {
    try inSchema(table.schema) { try compare(table, sampleKeyCount: sampleKeyCount) }
  }

  private func compare(_ table: TableEntry, sampleKeyCount: Int?) throws -> Verification {
    let start = monotonicMilliseconds()
    let snapshot = writingSnapshot()
    var verification = Verification(table: table)
    verification.storedRowCount = snapshot.table(table.id).rowCount
    verification.isStale = isDue(table, snapshot: snapshot, mindingClock: false)
    // now() is what it was for the stored rows.
    runClock = modelState(of: table, snapshot: snapshot)?.clock
    defer { runClock = nil }
    var filter = ""
    if let count = sampleKeyCount {
      guard let key = table.keys.first else {
        throw OlapError(
          .layer,
          "VERIFY … SAMPLE chooses keys, but \"\(table.name)\" has none; declare PRIMARY KEY (…)")
      }
      let (text, size) = try sampledKeys(key, of: table, count: count, snapshot: snapshot)
      verification.sampledKeyCount = size
      filter = " WHERE " + text
    }
    do {
      // What a refresh would refuse is refused here, too.
      try checkShape(of: table)
      verification.differences = try differences(of: table, filter: filter, snapshot: snapshot)
    } catch {
      throw naming(table, in: error)
    }
    verification.milliseconds = Double(monotonicMilliseconds() - start)
    return verification
  }

  /// A condition that chooses `count` stored keys at random, and how many there were.
  private func sampledKeys(
    _ key: KeyConstraint, of table: TableEntry, count: Int, snapshot: Snapshot
  ) throws -> (condition: String, count: Int) {
    let names = key.columns.map { quote(table.columns[$0].name) }
    let rows = try internalQuery(
      "SELECT \(names.joined(separator: ", ")) FROM \(table.sqlName) "
        + "USING SAMPLE reservoir(\(count) ROWS)", snapshot: snapshot)
    if rows.isEmpty { return ("false", 0) }
    let conditions = rows.map { row in
      zip(names, row.columns.indices).map { name, index in
        row.values[index].isNull
          ? "\(name) IS NULL" : "\(name) = \(sqlLiteral(row, index))"
      }.joined(separator: " AND ")
    }
    if names.count == 1, rows.allSatisfy({ !$0.values[0].isNull }) {
      let list = rows.map { sqlLiteral($0, 0) }.joined(separator: ", ")
      return ("\(names[0]) IN (\(list))", rows.count)
    }
    return (conditions.map { "(\($0))" }.joined(separator: " OR "), rows.count)
  }

  /// A value as SQL text that reads back exactly.
  func sqlLiteral(_ row: Row, _ index: Int) -> String {
    guard let text = row.text(index) else { return "NULL" }
    return "CAST('\(escape(text))' AS \(row.columns[index].type))"
  }

  /// Stored rows the definition does not give and rows it gives that are not stored, paired by key.
  private func differences(
    of table: TableEntry, filter: String, snapshot: Snapshot
  ) throws -> [Verification.Difference] {
    let names = table.columns.map { quote($0.name) }.joined(separator: ", ")
    let list = table.columns.map { Connection.comparable($0) }.joined(separator: ", ")
    let casts = table.columns.map { "CAST(\(quote($0.name)) AS \($0.type)) AS \(quote($0.name))" }
      .joined(separator: ", ")
    let sql = """
      WITH fresh AS MATERIALIZED (SELECT \(list) FROM (
          SELECT \(casts) FROM (\(guardedDefinition(of: table))
          ) AS recomputed(\(names))) AS retyped\(filter)),
        stored AS MATERIALIZED (SELECT \(list) FROM \(table.sqlName)\(filter))
      SELECT true, \(names) FROM (SELECT * FROM stored EXCEPT ALL SELECT * FROM fresh) AS surplus
      UNION ALL
      SELECT false, \(names) FROM (SELECT * FROM fresh EXCEPT ALL SELECT * FROM stored) AS missing
      """
    let rows = try internalQuery(sql, snapshot: snapshot)
    return Connection.paired(rows, table: table)
  }

  /// A column so that equal means the same bits: 0.0 and -0.0 differ, and so do 1 month and 30 days.
  private static func comparable(_ column: OlapCatalog.ColumnDefinition) -> String {
    let name = quote(column.name)
    switch column.type {
    case .real, .double, .interval, .list, .structure, .map:
      return "CAST(\(name) AS VARCHAR) AS \(name)"
    default: return name
    }
  }

  /// Surplus (first value true) and missing rows of one key become differing cells.
  private static func paired(_ rows: [Row], table: TableEntry) -> [Verification.Difference] {
    let key = table.keys.first?.columns ?? Array(table.columns.indices)
    func name(_ row: Row) -> String {
      key.map { row.text($0 + 1) ?? "NULL" }.joined(separator: ", ")
    }
    var missing: [String: [Row]] = [:]
    for row in rows where row.bool(0) == false { missing[name(row), default: []].append(row) }
    var result: [Verification.Difference] = []
    for stored in rows where stored.bool(0) == true {
      let text = name(stored)
      guard table.keys.first != nil, let fresh = missing[text]?.popLast() else {
        result.append(.init(key: text, column: nil, stored: "stored", recomputed: nil))
        continue
      }
      for (index, column) in table.columns.enumerated()
      where stored.text(index + 1) != fresh.text(index + 1) {
        result.append(
          .init(
            key: text, column: column.name, stored: stored.text(index + 1),
            recomputed: fresh.text(index + 1)))
      }
    }
    for (text, rows) in missing {
      for _ in rows {
        result.append(.init(key: text, column: nil, stored: nil, recomputed: "recomputed"))
      }
    }
    return result.sorted { ($0.key, $0.column ?? "") < ($1.key, $1.column ?? "") }
  }

  private func record(
    _ found: [Verification], startedAt: Int64, isRepaired: Bool
  ) throws {
    try withWriter { writer in
      try RunLog.prepare(writer)
      var run = PipelineRun(name: "verify", trigger: "VERIFY", startedAt: startedAt)
      run.clock = statementClock()
      run.processed = found.reduce(0) { $0 + ($1.sampledKeyCount ?? $1.storedRowCount) }
      let broken = found.filter { !$0.differences.isEmpty }
      if !broken.isEmpty, !isRepaired {
        run.status = "FAILED"
        run.error =
          "differs from its definition: " + broken.map { $0.table.name }.joined(separator: ", ")
      }
      try run.append(writer)
      for one in found {
        try RunLog.append(
          [
            run.id, .varchar(one.table.name), .count(one.storedRowCount),
            .count(one.sampledKeyCount), .count(one.differences.count),
            .varchar(one.result(isRepaired: isRepaired)), .double(one.milliseconds),
            .timestampTZ(wallClockMicroseconds()),
          ], to: "verify_results", writer)
      }
    }
  }

  private static func verifyResult(
    _ found: [Verification], isRepaired: Bool
  ) -> QueryResult {
    let columns = [
      ResultColumn(name: "model", type: .varchar), ResultColumn(name: "result", type: .varchar),
      ResultColumn(name: "rows", type: .bigint), ResultColumn(name: "differences", type: .bigint),
      ResultColumn(name: "key", type: .varchar), ResultColumn(name: "column_name", type: .varchar),
      ResultColumn(name: "stored", type: .varchar),
      ResultColumn(name: "recomputed", type: .varchar),
    ]
    var rows: [[Value]] = []
    for one in found {
      let head: [Value] = [
        .varchar(one.table.name), .varchar(one.result(isRepaired: isRepaired)),
        .count(one.sampledKeyCount ?? one.storedRowCount), .count(one.differences.count),
      ]
      if one.differences.isEmpty { rows.append(head + [.null, .null, .null, .null]) }
      for cell in one.differences {
        rows.append(
          head + [
            .varchar(cell.key), .text(cell.column), .text(cell.stored), .text(cell.recomputed),
          ])
      }
    }
    return boxedResult(columns: columns, rows: rows, kind: "VERIFY")
  }
}
