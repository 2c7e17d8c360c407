internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL
internal import OlapStorage

/// What one model's refresh did.
struct ModelOutcome {
  var model: String
  var layer: String?
  var rung: String
  var reason: String
  var startedAt: Int64
  var milliseconds: Double
  var read = 0
  var created = 0
  var updated = 0
  var deleted = 0
  var unchanged = 0
  var affectedKeys: Int?
  /// Stored bytes of what was looked into, and bytes of the rows added and deleted.
  var bytesRead = 0
  var bytesWritten = 0
  /// Whether nothing was carried out and the counts are guesses.
  var isEstimate = false
  var written: Int { created + updated + deleted }
}

/// One refresh of a set of models: in dependency order, in one transaction, recorded.
struct RefreshRun {
  let connection: Connection
  let id: Value
  let trigger: String
  let clock: Int64
  let startedAt: Int64
  var outcomes: [ModelOutcome] = []
}

extension Connection {
  /// REFRESH ALL | name, … | TAG 'x'.
  func runRefresh(_ node: RefreshStatement, sql: String) throws -> QueryResult {
    let models = try orderedModels(node.selection, in: readSnapshot().catalog)
    if node.isDryRun { return try explainRefresh(models) }
    var request = RefreshRequest()
    if node.mode == .full { request.rung = .full }
    if node.mode == .incremental { request.rung = .incremental }
    if !node.verifies { return outcomeResult(try refresh(models, request, trigger: "REFRESH")) }
    return try asRun(of: models, request, trigger: "REFRESH") { _ in
      try withWriter { _ in
        let outcomes = try refresh(models, request, trigger: "REFRESH")
        try checkVerified(models)
        return outcomeResult(outcomes)
      }
    }
  }

  /// The models a selection means, inputs before the models that read them.
  func orderedModels(
    _ selection: ModelSelection, in catalog: CatalogSnapshot
  ) throws -> [TableEntry] {
    let models = catalog.sortedEntries.compactMap { entry -> TableEntry? in
      if case .table(let table) = entry, table.model != nil { table } else { nil }
    }
    let ordered = Connection.dependencyOrder(models, catalog: catalog)
    switch selection {
    case .all: return ordered
    case .tag(let tag):
      return ordered.filter { $0.tags.contains { $0.lowercased() == tag.lowercased() } }
    case .models(let names):
      var wanted: Set<EntryID> = []
      for name in names {
        let resolved = try resolve(name)
        guard
          case .table(let table)? = catalog.lookup(
            .relation, schema: resolved.schema, name: resolved.name), table.model != nil
        else {
          throw OlapError(
            .layer, "\"\(name.text)\" is not a model; SELECT name FROM olap.models lists them",
            range: name.range.start..<name.range.end)
        }
        // A model is only as fresh as the models it reads.
        wanted.formUnion(Connection.upstream(of: table, catalog: catalog))
        for model in ordered where wanted.contains(model.id) {
          if let rejected = rejectedTable(of: model, in: catalog) { wanted.insert(rejected.id) }
        }
      }
      return ordered.filter { wanted.contains($0.id) }
    }
  }

  static func upstream(of table: TableEntry, catalog: CatalogSnapshot) -> Set<EntryID> {
    var result: Set<EntryID> = []
    var queue = [table.id]
    while let id = queue.popLast() {
      guard let entry = catalog.table(id), let model = entry.model, result.insert(id).inserted
      else { continue }
      queue.append(contentsOf: model.dependsOn)
    }
    return result
  }

  static func dependencyOrder(
    _ models: [TableEntry], catalog: CatalogSnapshot
  ) -> [TableEntry] {
    var depth: [EntryID: Int] = [:]
    func level(_ id: EntryID, _ guardDepth: Int) -> Int {
      if let known = depth[id] { return known }
      guard guardDepth < 1000, let model = catalog.table(id)?.model else { return 0 }
      let result = 1 + (model.dependsOn.map { level($0, guardDepth + 1) }.max() ?? 0)
      depth[id] = result
      return result
    }
    return models.sorted { left, right in
      let a = level(left.id, 0)
      let b = level(right.id, 0)
      return a != b ? a < b : left.id < right.id
    }
  }

  /// Refreshes the models as one transaction: all or nothing, recorded either way.
  func refresh(
    _ models: [TableEntry], _ request: RefreshRequest, trigger: String
  ) throws -> [ModelOutcome] {
    let startedAt = wallClockMicroseconds()
    isRefreshing = true
    defer { isRefreshing = false }
    let clock = statementClock()
    runClock = clock
    defer { runClock = nil }
    return try asRun(of: models, request, trigger: trigger) { runID in
      try withWriter { writer in
        try RunLog.prepare(writer)
        let from = writer.baseCommit
        try readmitQuarantined(writer)
        var outcomes = try refreshInOrder(
          models, request, runID: runID, clock: clock, writer: writer)
        let followers = immediateFollowers(of: models, writer)
        if !followers.isEmpty {
          outcomes += try refreshInOrder(
            followers, RefreshRequest(), runID: runID, clock: clock, writer: writer)
        }
        let changed = Set(outcomes.filter { $0.rung != "NONE" }.map { $0.model })
        try checkRun(models + followers, changed: changed, runID: runID, writer: writer)
        try record(
          outcomes, runID: runID, trigger: trigger, startedAt: startedAt, clock: clock, from: from,
          writer: writer)
        return outcomes
      }
    }
  }

  /// Refreshes models, inputs first, and keeps the history that the next refresh needs.
  private func refreshInOrder(
    _ models: [TableEntry], _ request: RefreshRequest, runID: Value, clock: Int64,
    writer: WriteTransaction
  ) throws -> [ModelOutcome] {
    var outcomes: [ModelOutcome] = []
    for model in models {
      outcomes.append(
        try refreshModel(model, mode: request, runID: runID, clock: clock, writer: writer))
    }
    if outcomes.contains(where: { $0.rung != "NONE" }) {
      // Models without changes are as good as refreshed: their old marks must not hold history.
      for (model, outcome) in zip(models, outcomes) where outcome.rung == "NONE" {
        guard let state = modelState(of: model, snapshot: writer.snapshot) else { continue }
        storeModelState(
          of: model, fingerprint: state.fingerprint, clock: clock, writer: writer)
      }
    }
    try AggregateSupportTables.dropOrphans(self, writer)
    storeChangeFloor(in: writer)
    return outcomes
  }

  private func record(
    _ outcomes: [ModelOutcome], runID: Value, trigger: String, startedAt: Int64, clock: Int64,
    from: CSN, writer: WriteTransaction
  ) throws {
    for outcome in outcomes where !(pipelineRun?.repeats(outcome) ?? false) {
      try RunLog.append(
        [
          runID, .varchar(outcome.model), .text(outcome.layer), .varchar(outcome.rung),
          .varchar(outcome.reason), .timestampTZ(outcome.startedAt), .double(outcome.milliseconds),
          .count(outcome.read), .count(outcome.written), .count(outcome.created),
          .count(outcome.updated), .count(outcome.deleted), .count(outcome.unchanged),
          .count(outcome.affectedKeys), .count(outcome.bytesRead), .count(outcome.bytesWritten),
        ], to: "model_runs", writer)
    }
    if pipelineRun != nil {
      pipelineRun?.add(outcomes, clock: clock, from: from)
      return
    }
    var run = PipelineRun(name: "refresh", trigger: trigger, startedAt: startedAt)
    run.id = runID
    run.from = from
    run.clock = clock
    for outcome in outcomes {
      run.created += outcome.created
      run.updated += outcome.updated
      run.deleted += outcome.deleted
      run.unchanged += outcome.unchanged
      run.bytesRead += outcome.bytesRead
      run.bytesWritten += outcome.bytesWritten
    }
    run.processed = run.created + run.updated + run.deleted
    withdrawAnnouncement(of: runID, in: writer)
    try run.append(writer)
  }

  static func newRunID() -> Value {
    var high = UInt64.random(in: .min ... .max)
    var low = UInt64.random(in: .min ... .max)
    // Version 4, variant 1 (RFC 9562).
    high = (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
    low = (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
    return .unsigned(UInt128(high) << 64 | UInt128(low))
  }

  func outcomeResult(_ outcomes: [ModelOutcome]) -> QueryResult {
    let columns = [
      ResultColumn(name: "model", type: .varchar), ResultColumn(name: "rung", type: .varchar),
      ResultColumn(name: "created", type: .bigint), ResultColumn(name: "updated", type: .bigint),
      ResultColumn(name: "deleted", type: .bigint), ResultColumn(name: "unchanged", type: .bigint),
      ResultColumn(name: "ms", type: .double),
    ]
    let rows: [[Value]] = outcomes.map { outcome in
      [
        .varchar(outcome.model), .varchar(outcome.rung), .count(outcome.created),
        .count(outcome.updated), .count(outcome.deleted), .count(outcome.unchanged),
        .double((outcome.milliseconds * 100).rounded() / 100),
      ]
    }
    return Connection.boxedResult(columns: columns, rows: rows, kind: "REFRESH")
  }

  /// A result from boxed rows.
  static func boxedResult(
    columns: [ResultColumn], rows: [[Value]], kind: String
  ) -> QueryResult {
    let vectors = columns.indices.map { index in
      let builder = VectorBuilder(type: columns[index].type)
      for row in rows { builder.append(row[index]) }
      return builder.finish()
    }
    return QueryResult(
      columns: columns, chunks: rows.isEmpty ? [] : [Chunk(columns: vectors, count: rows.count)],
      statementKind: kind)
  }
}
