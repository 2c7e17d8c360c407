internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

extension Connection {
  /// EXPLAIN REFRESH: what a refresh would do to each model, and why.
  func runExplainRefresh(_ node: ExplainRefreshStatement) throws -> QueryResult {
    try explainRefresh(try orderedModels(node.selection, in: readSnapshot().catalog))
  }

  /// Carries the incremental part of a refresh out and rolls it back, so that the figures are exact;
  /// a full recomputation is only announced (its written rows are NULL), and so is what depends on it.
  func explainRefresh(_ models: [TableEntry]) throws -> QueryResult {
    isRefreshing = true
    let clock = statementClock()
    runClock = clock
    defer {
      isRefreshing = false
      runClock = nil
    }
    let outcomes = try withoutEffect { writer in
      try RunLog.prepare(writer)
      try readmitQuarantined(writer)
      var estimated: Set<EntryID> = []
      var outcomes = try models.map {
        try explainRefresh(of: $0, clock: clock, &estimated, writer)
      }
      let followers = immediateFollowers(of: models, behind: estimated, writer)
      outcomes += try followers.map {
        try explainRefresh(of: $0, clock: clock, &estimated, writer)
      }
      return outcomes
    }
    let columns = [
      ResultColumn(name: "model", type: .varchar), ResultColumn(name: "rung", type: .varchar),
      ResultColumn(name: "reason", type: .varchar),
      ResultColumn(name: "affected_keys", type: .bigint),
      ResultColumn(name: "rows_to_read", type: .bigint),
      ResultColumn(name: "rows_to_write", type: .bigint),
    ]
    let rows: [[Value]] = outcomes.map { outcome in
      [
        .varchar(outcome.model), .varchar(outcome.rung), .varchar(outcome.reason),
        .count(outcome.affectedKeys), .count(outcome.read),
        outcome.isEstimate ? .null : .count(outcome.written),
      ]
    }
    return Connection.boxedResult(columns: columns, rows: rows, kind: "EXPLAIN REFRESH")
  }

  /// - Parameter estimated: models whose new rows are not known; this one is added if so.
  private func explainRefresh(
    of table: TableEntry, clock: Int64, _ estimated: inout Set<EntryID>, _ writer: WriteTransaction
  ) throws -> ModelOutcome {
    var outcome: ModelOutcome
    if let first = (table.model?.dependsOn ?? []).first(where: { estimated.contains($0) }) {
      outcome = ModelOutcome(
        model: table.name, layer: table.layer?.rawValue, rung: "UNKNOWN",
        reason: "depends on the rows that the recomputation of "
          + "\(writer.catalog.table(first)?.name ?? "its input") gives",
        startedAt: 0, milliseconds: 0)
      outcome.isEstimate = true
    } else {
      outcome = try refreshModel(
        table, mode: RefreshRequest(isDryRun: true), runID: .null, clock: clock, writer: writer)
    }
    if outcome.isEstimate { estimated.insert(table.id) }
    return outcome
  }

  /// Runs `body` with a writer whose changes are forgotten afterwards.
  private func withoutEffect<R>(_ body: (WriteTransaction) throws -> R) throws -> R {
    if let transaction {
      let writer = try writer(of: transaction)
      let mark = writer.savepoint()
      defer { try? writer.rollback(toSavepoint: mark) }
      return try body(writer)
    }
    let writer = try database.storage.beginWrite(timeoutMilliseconds: nil)
    activeWriter = writer
    defer {
      activeWriter = nil
      writer.rollback()
    }
    return try body(writer)
  }
}
