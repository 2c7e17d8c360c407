internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// How many rows broke a rule, with a few of them as a JSON array.
struct Violations {
  var count = 0
  var sample: String?
}

extension Connection {
  /// Counts the rows that break a rule.
  func violations(
    of rule: ExpectationRule, among rows: CheckedRows, _ writer: WriteTransaction
  ) throws -> Violations {
    let from = rows.violating(rule)
    let (count, sample) = try inSchema(rows.table.schema) {
      let count =
        try internalQuery("SELECT count(*) FROM \(from)", snapshot: writer.snapshot)
        .first?.int(0) ?? 0
      if count == 0 { return (0, [Row]()) }
      return (
        count,
        try internalQuery(
          "SELECT \(rows.payload) FROM \(from) LIMIT 3", snapshot: writer.snapshot)
      )
    }
    guard count > 0 else { return Violations() }
    return Violations(
      count: count, sample: "[" + sample.compactMap { $0.text(0) }.joined(separator: ",") + "]")
  }

  /// The error of ON VIOLATION FAIL.
  func failure(
    _ expectation: OlapCatalog.Expectation, of table: TableEntry, _ found: Violations
  ) -> OlapError {
    OlapError(
      .constraint,
      "expectation \"\(expectation.name)\" of \"\(table.name)\" failed for \(found.count) row"
        + "\(found.count == 1 ? "" : "s"): \(expectation.sql)"
        + (found.sample.map { "; such as \($0)" } ?? ""))
  }

  func record(
    _ expectation: OlapCatalog.Expectation, of table: TableEntry, checked: Int?,
    _ found: Violations, runID: Value, _ writer: WriteTransaction
  ) throws {
    let runID = runID.isNull ? loadRun ?? .null : runID
    try RunLog.append(
      [
        runID, .varchar(table.name), .varchar(expectation.name),
        .varchar(expectation.onViolation.rawValue), .count(checked), .count(found.count),
        .timestampTZ(wallClockMicroseconds()), .text(found.sample),
      ], to: "expectation_results", writer)
  }

  // MARK: Derived tables

  /// Checks the row rules ON VIOLATION WARN and FAIL of a model that a run has just brought up to date:
  /// on the rows the run added, or on all when the rules or a table that a rule reads have changed.
  /// FAIL throws, which undoes the whole run.
  /// - Parameter isUnchanged: no row was added: only rules that must be checked on all rows are.
  func checkExpectations(
    of table: TableEntry, isUnchanged: Bool = false, runID: Value, writer: WriteTransaction
  ) throws {
    let checked = try table.expectations.filter { expectation in
      guard expectation.onViolation == .warn || expectation.onViolation == .fail else {
        return false
      }
      // What is written directly was checked then: only what a rule reads elsewhere can change.
      return try table.model != nil || !relationsRead(by: expectation.sql).isEmpty
    }
    guard !checked.isEmpty else { return }
    let key = "expectations.\(table.id)"
    let rules = try checked.map {
      try ([$0.name, $0.sql] + viewTexts(readBy: $0.sql, writer)).joined(separator: "\n")
    }.joined(separator: "\n")
    let state = writer.snapshot.metadata(key).map { String(decoding: $0, as: UTF8.self) }
    let last = state.flatMap { text -> CSN? in
      guard let end = text.firstIndex(of: "\n"), text[text.index(after: end)...] == rules else {
        return nil
      }
      return CSN(text[..<end])
    }
    let total = writer.snapshot.table(table.id).rowCount
    let added = CheckedRows.added(to: table, writer)
    var addedCount: Int?
    var isChecked = false
    for expectation in checked {
      let rule = try ExpectationRule(expectation.sql)
      guard rule.isAboutRows else { continue }
      let isWhole = try last.map { try readsChanges(expectation.sql, since: $0, writer) } ?? true
      if isUnchanged && !isWhole { continue }
      isChecked = true
      let found = try violations(
        of: rule, among: isWhole ? .all(table) : added, writer)
      if !isWhole, addedCount == nil {
        addedCount = try internalQuery(
          "SELECT count(*) FROM \(added.from())", snapshot: writer.snapshot
        ).first?.int(0)
      }
      try record(
        expectation, of: table, checked: isWhole ? total : addedCount, found, runID: runID, writer)
      if found.count > 0, expectation.onViolation == .fail {
        throw failure(expectation, of: table, found)
      }
    }
    if isUnchanged && !isChecked { return }
    // What this transaction still does to the tables that rules read counts for the next check.
    writer.setMetadata(key, Array("\(writer.baseCommit)\n\(rules)".utf8))
  }

  /// Names of the tables and views that a rule's subqueries read.
  private func relationsRead(by rule: String) throws -> [ObjectName] {
    guard case .condition(let expression) = try Parser.parseExpectationRule(rule) else { return [] }
    return Dependencies(of: expression).tables
  }

  /// The definitions of the views among them: with another text the rule is another.
  private func viewTexts(readBy rule: String, _ writer: WriteTransaction) throws -> [String] {
    try relationsRead(by: rule).compactMap { name in
      let resolved = try resolve(name)
      guard
        case .view(let view)? = writer.catalog.lookup(
          .relation, schema: resolved.schema, name: resolved.name)
      else { return nil }
      return view.sql
    }
  }

  /// Whether a table that the rule's subqueries read has changed since a commit.
  private func readsChanges(
    _ rule: String, since csn: CSN, _ writer: WriteTransaction
  ) throws -> Bool {
    for name in try relationsRead(by: rule) {
      let resolved = try resolve(name)
      var tables: [EntryID] = []
      switch writer.catalog.lookup(.relation, schema: resolved.schema, name: resolved.name) {
      case .table(let table)?: tables = [table.id]
      case .view?: tables = try tablesRead(by: "SELECT * FROM \(name.sql)", isModel: false)
      default: return true
      }
      for id in tables {
        guard
          let feed = try? database.storage.changes(
            table: id, from: csn, to: writer.snapshot, columns: [])
        else { return true }
        if feed.insertedCount + feed.deletedCount > 0 { return true }
      }
    }
    return false
  }

  // MARK: End of a run

  /// What a run checks once its models are up to date: rows its rules refused, rules about whole tables
  /// (of the models and of all tables written directly), and tests of the models it changed.
  func checkRun(
    _ models: [TableEntry], changed: Set<String>, runID: Value, writer: WriteTransaction
  ) throws {
    for table in models {
      if let rejected = rejectedTable(of: table, in: writer.catalog) {
        try recordRefused(rejected, of: table, runID: runID, writer)
      }
    }
    let names = Set(models.map { $0.id })
    for case .table(let table) in writer.catalog.sortedEntries
    where !table.expectations.isEmpty && (table.model == nil || names.contains(table.id)) {
      try inSchema(table.schema) {
        if table.model == nil {
          try checkExpectations(of: table, isUnchanged: true, runID: runID, writer: writer)
        }
        try checkWholeTable(table, runID: runID, writer)
      }
    }
    try runTests(touching: models.filter { changed.contains($0.name) }, runID: runID, writer)
  }

  /// Counts what the run's refused rows broke, and keeps the quarantined ones in `olap.quarantine`.
  private func recordRefused(
    _ rejected: TableEntry, of table: TableEntry, runID: Value, _ writer: WriteTransaction
  ) throws {
    let source = "CHANGES(\(rejected.sqlName), \(writer.baseCommit)) AS \(quote(table.name))"
    let added = CheckedRows.added(to: table, writer)
    let admitted = try internalQuery(
      "SELECT count(*) FROM \(added.from())", snapshot: writer.snapshot
    ).first?.int(0)
    let refused = try internalQuery(
      "SELECT count(*) FROM \(source) WHERE _change_type = 'insert'", snapshot: writer.snapshot
    ).first?.int(0)
    for expectation in table.expectations
    where expectation.onViolation == .drop || expectation.onViolation == .quarantine {
      let name = escape(expectation.name)
      let rows = try internalQuery(
        """
        SELECT count(*), CAST(list(\(added.payload))[1:3] AS JSON) FROM \(source)
        WHERE _change_type = 'insert' AND list_contains(string_split(violated, ', '), '\(name)')
        """, snapshot: writer.snapshot)
      let found = Violations(count: rows.first?.int(0) ?? 0, sample: rows.first?.text(1))
      try record(
        expectation, of: table, checked: (admitted ?? 0) + (refused ?? 0), found, runID: runID,
        writer)
    }
    try quarantineRefused(source, payload: added.payload, of: table, runID: runID, writer)
  }

  /// FRESH, ROW COUNT and ROW COUNT DRIFT.
  private func checkWholeTable(
    _ table: TableEntry, runID: Value, _ writer: WriteTransaction
  ) throws {
    for expectation in table.expectations {
      let condition: String
      switch try ExpectationRule(expectation.sql) {
      case .condition, .unique: continue
      case .wholeTable(let text):
        let parts = text.split(separator: "{table}", omittingEmptySubsequences: false)
        condition = parts.joined(separator: table.sqlName)
      case .drift(let percent):
        guard let last = storedRowCount(of: table, writer) else {
          condition = "true"
          break
        }
        condition =
          "(SELECT abs(count(*) - \(last)) * 100 <= (\(percent)) * \(last) FROM \(table.sqlName))"
      }
      let rows = try internalQuery("SELECT NOT (\(condition))", snapshot: writer.snapshot)
      let found = Violations(count: rows.first?.bool(0) == true ? 1 : 0)
      let count = writer.snapshot.table(table.id).rowCount
      try record(expectation, of: table, checked: count, found, runID: runID, writer)
      if found.count > 0, expectation.onViolation == .fail {
        throw OlapError(
          .constraint,
          "expectation \"\(expectation.name)\" of \"\(table.name)\" failed (\(count) rows): "
            + expectation.sql)
      }
    }
    writer.setMetadata(
      "row_count.\(table.id)",
      Connection.encode(Int64(writer.snapshot.table(table.id).rowCount)))
  }

  /// The row count after the run before; nil before the first.
  private func storedRowCount(of table: TableEntry, _ writer: WriteTransaction) -> Int64? {
    writer.snapshot.metadata("row_count.\(table.id)").flatMap { Connection.decode($0) }
  }
}
