internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// CREATE TEST: queries that must give no rows.
extension Connection {
  struct TestOutcome {
    let test: TestEntry
    var found: Violations
    var milliseconds: Double
    /// Message of a test that could not run.
    var error: String?

    var result: String {
      if error != nil { return "ERROR" }
      return found.count == 0 ? "PASS" : test.isError ? "FAIL" : "WARN"
    }
  }

  /// TEST [ALL | name, …]: runs the tests and records what they found; failing ones are no error of the
  /// statement.
  func runTest(_ node: TestStatement) throws -> QueryResult {
    let startedAt = wallClockMicroseconds()
    let snapshot = readSnapshot()
    let tests = try selectedTests(node.selection, in: snapshot.catalog)
    let outcomes = tests.map { test in
      inSchema(test.schema) { outcome(of: test, snapshot: writingSnapshot()) }
    }
    if !database.options.isReadOnly {
      try withWriter { writer in
        try RunLog.prepare(writer)
        var run = PipelineRun(name: "test", trigger: "TEST", startedAt: startedAt)
        run.processed = outcomes.count
        let failed = outcomes.filter { $0.result == "FAIL" || $0.result == "ERROR" }
        if !failed.isEmpty {
          run.status = "FAILED"
          run.error = "failed: " + failed.map { $0.test.name }.joined(separator: ", ")
        }
        try run.append(writer)
        for outcome in outcomes { try record(outcome, runID: run.id, writer) }
      }
    }
    return Connection.testResult(outcomes)
  }

  private func selectedTests(
    _ selection: ModelSelection, in catalog: CatalogSnapshot
  ) throws -> [TestEntry] {
    let tests = catalog.sortedEntries.compactMap { entry -> TestEntry? in
      if case .test(let test) = entry { test } else { nil }
    }
    switch selection {
    case .all: return tests
    case .tag(let tag):
      let tagged = catalog.sortedEntries.compactMap { entry -> String? in
        guard case .table(let table) = entry,
          table.tags.contains(where: { $0.lowercased() == tag.lowercased() })
        else { return nil }
        return table.name.lowercased()
      }
      return tests.filter { test in
        test.model.map { tagged.contains($0.lowercased()) } ?? false
      }
    case .models(let names):
      return try names.flatMap { name -> [TestEntry] in
        let folded = name.base.text.lowercased()
        let found = tests.filter {
          $0.name.lowercased() == folded || $0.model?.lowercased() == name.text.lowercased()
        }
        if found.isEmpty {
          throw OlapError(
            .catalog,
            "\"\(name.text)\" is no test and no model with tests; SELECT name FROM olap.tests lists them",
            range: name.range.start..<name.range.end)
        }
        return found
      }
    }
  }

  private func outcome(of test: TestEntry, snapshot: Snapshot) -> TestOutcome {
    let start = monotonicMilliseconds()
    var outcome = TestOutcome(test: test, found: Violations(), milliseconds: 0)
    do {
      let from = "(\(test.sql)\n) AS failing"
      outcome.found.count =
        try internalQuery("SELECT count(*) FROM \(from)", snapshot: snapshot).first?.int(0) ?? 0
      if outcome.found.count > 0 {
        let rows = try internalQuery(
          "SELECT to_json(failing) FROM \(from) LIMIT 3", snapshot: snapshot)
        outcome.found.sample =
          "[" + rows.compactMap { $0.text(0) }.joined(separator: ",") + "]"
      }
    } catch {
      outcome.error = OlapError.from(error, sql: test.sql).description
    }
    outcome.milliseconds = Double(monotonicMilliseconds() - start)
    return outcome
  }

  private func record(
    _ outcome: TestOutcome, runID: Value, _ writer: WriteTransaction
  ) throws {
    try RunLog.append(
      [
        runID, .text(outcome.test.model), .varchar(outcome.test.name),
        .varchar(outcome.test.isError ? "error" : "warn"), .null,
        outcome.error == nil ? .count(outcome.found.count) : .null,
        .timestampTZ(wallClockMicroseconds()), .text(outcome.found.sample),
      ], to: "expectation_results", writer)
  }

  /// Runs the tests declared ON one of the models or reading one, inside a run; a failing test of
  /// severity ERROR throws, which undoes the run.
  func runTests(
    touching models: [TableEntry], runID: Value, _ writer: WriteTransaction
  ) throws {
    guard !models.isEmpty else { return }
    let ids = Set(models.map { $0.id })
    let names = Set(models.map { $0.name.lowercased() })
    for case .test(let test) in writer.catalog.sortedEntries {
      let isNamed = test.model.map { names.contains($0.lowercased()) } ?? false
      let outcome = try inSchema(test.schema) { () -> TestOutcome? in
        guard try isNamed || !ids.isDisjoint(with: tablesRead(by: test.sql, isModel: false))
        else { return nil }
        return self.outcome(of: test, snapshot: writer.snapshot)
      }
      guard let outcome else { continue }
      try record(outcome, runID: runID, writer)
      if let error = outcome.error {
        throw OlapError(.layer, "test \"\(test.name)\" could not run: \(error)")
      }
      if outcome.result == "FAIL" {
        throw OlapError(
          .constraint,
          "test \"\(test.name)\" failed with \(outcome.found.count) rows, such as "
            + (outcome.found.sample ?? ""))
      }
    }
  }

  private static func testResult(_ outcomes: [TestOutcome]) -> QueryResult {
    let columns = [
      ResultColumn(name: "test", type: .varchar), ResultColumn(name: "model", type: .varchar),
      ResultColumn(name: "severity", type: .varchar), ResultColumn(name: "result", type: .varchar),
      ResultColumn(name: "failures", type: .bigint), ResultColumn(name: "sample", type: .json),
      ResultColumn(name: "message", type: .varchar),
    ]
    let rows: [[Value]] = outcomes.map { outcome in
      [
        .varchar(outcome.test.name), .text(outcome.test.model),
        .varchar(outcome.test.isError ? "ERROR" : "WARN"), .varchar(outcome.result),
        .count(outcome.found.count), .text(outcome.found.sample), .text(outcome.error),
      ]
    }
    return boxedResult(columns: columns, rows: rows, kind: "TEST")
  }
}
