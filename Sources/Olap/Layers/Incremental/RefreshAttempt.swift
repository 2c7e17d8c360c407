internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

/// What one run was asked to do with its models.
struct RefreshRequest {
  enum Rung { case automatic, incremental, full }
  var rung = Rung.automatic
  /// Full recomputations are announced and not carried out; the caller rolls the rest back.
  var isDryRun = false
  /// Why all rows are recomputed, when the caller knows better.
  var reason: String?
  /// RESTATE … WHERE: rows to derive anew whether their inputs changed or not.
  var restating: String?
}

/// How the attempt to refresh a model from its inputs' changes ended.
enum RefreshAttempt {
  /// Nothing its rows depend on has changed.
  case current
  /// Its rows are right now.
  case done
  /// It must be recomputed, for this reason.
  case full(String)

  var isCurrent: Bool { if case .current = self { true } else { false } }
}

extension Connection {
  /// Refreshes a model from what changed since its last refresh.
  func refreshIncrementally(
    _ table: TableEntry, bound: Result<BoundModel, any Error>, mode: RefreshRequest,
    clock: Int64, outcome: inout ModelOutcome, writer: WriteTransaction
  ) throws -> RefreshAttempt {
    guard let model = table.model else { return .current }
    if mode.rung == .full, let reason = mode.reason { return .full(reason) }
    let snapshot = writer.snapshot
    guard let state = modelState(of: table, snapshot: snapshot) else {
      return .full(
        snapshot.table(table.id).rowCount == 0
          ? "first refresh"
          : "refreshed in a transaction that then changed its inputs")
    }
    if state.sql != guardedDefinition(of: table) {
      return .full("the definition changed: every row is restated")
    }
    if mode.rung == .full { return .full("asked for") }
    if model.mode == .full, !isCurrent(table, snapshot: snapshot) {
      return .full("declared REFRESH FULL")
    }
    let ready: BoundModel
    do { ready = try bound.get() } catch let refusal as MaintenanceRefusal {
      return try fallBack(
        refusal.reason, fingerprint: refusal.fingerprint, table, state, clock, snapshot)
    }
    if state.fingerprint != ready.maintenance.fingerprint {
      return .full("what it reads changed its shape or meaning")
    }
    if state.timeZone != settings["timezone"], ready.top.readsTimeZone {
      return .full("the session's time zone differs")
    }
    do {
      return try derive(ready, state: state, mode: mode, outcome: &outcome, writer: writer)
    } catch let refusal as MaintenanceRefusal {
      return try fallBack(refusal.reason, table, state, clock, snapshot)
    } catch StorageError.changesCompacted(let message) {
      return try fallBack(message, table, state, clock, snapshot)
    } catch let error as ComputeError where error.kind != .cancelled && error.kind != .constraint {
      // A row that the whole query would have filtered out first may fail on its own.
      return try fallBack("on the changed rows alone: \(error)", table, state, clock, snapshot)
    }
  }

  /// A full recomputation, unless nothing changed after all or the model forbids it.
  /// - Parameter fingerprint: of a definition that is never maintained; nil when this refresh cannot be.
  private func fallBack(
    _ reason: String, fingerprint: UInt64? = nil, _ table: TableEntry, _ state: ModelState,
    _ clock: Int64, _ snapshot: Snapshot
  ) throws -> RefreshAttempt {
    guard let model = table.model else { return .current }
    // Without a plan nothing says whether it reads the clock: only the same clock is safe.
    let isSameClock =
      state.clock == clock || !Connection.mentionsClock(guardedDefinition(of: table))
    if isSameClock, state.timeZone == settings["timezone"], state.fingerprint == fingerprint,
      isCurrent(table, snapshot: snapshot), model.dependsOn.count > 0
    {
      return .current
    }
    if model.onFallbackError {
      throw OlapError(
        .layer,
        "\"\(table.name)\" cannot be refreshed incrementally: \(reason); it was created ON FALLBACK "
          + "ERROR: REFRESH \(table.name) FULL recomputes it")
    }
    if table.options["on_fallback"] == "warn" {
      session.notices.append("\"\(table.name)\" is recomputed: \(reason)")
    }
    return .full(reason)
  }

  private func derive(
    _ bound: BoundModel, state: ModelState, mode: RefreshRequest, outcome: inout ModelOutcome,
    writer: WriteTransaction
  ) throws -> RefreshAttempt {
    let snapshot = writer.snapshot
    let table = bound.table
    var inputs: [ChangedInput] = []
    for id in bound.tablesRead {
      if snapshot.catalog.table(id)?.schema == RunLog.schema {
        throw MaintenanceRefusal("run records are written after the run they record")
      }
      if let input = try changedInput(id, since: state, in: snapshot) { inputs.append(input) }
    }
    let earlier = evaluationContext(snapshot: snapshot, at: state.clock)
    let earlierClock = try bound.maintenance.clock.values(in: earlier)
    let currentClock = try bound.maintenance.clock.values(in: bound.session.evaluation)
    if inputs.isEmpty && earlierClock == currentClock {
      return .current
    }
    let isForced = mode.rung == .incremental || table.model?.mode == .incremental
    if !isForced { try checkShare(inputs) }
    let runner = PlanRunner(
      connection: self, snapshot: snapshot, session: bound.session, numbers: bound.numbers,
      inputs: inputs, earlierClock: earlierClock, currentClock: currentClock)
    let supports = AggregateSupportTables(bound, catalog: snapshot.catalog)
    let refresh = IncrementalRefresh(
      connection: self, bound: bound, runner: runner, supports: supports)
    let storedCount = snapshot.table(table.id).rowCount
    let change = try refresh.change(keyMaximum: isForced ? nil : Swift.max(2_000, storedCount / 2))
    outcome.read = runner.rowsRead
    outcome.reason = Connection.describe(inputs, snapshot, clock: earlierClock != currentClock)
    outcome.unchanged = storedCount
    if !mode.isDryRun { try supports.apply(runner: runner, self, writer: writer) }
    let changedCount = inputs.reduce(0) { $0 + $1.changedRowCount }
    if runner.usesKeys || change?.rung == "KEYS", supports.isIncomplete, !mode.isDryRun,
      runner.rowsRead >= Swift.max(supportThreshold, 20 * changedCount)
    {
      // Reading the groups cost much: from now on their sums are kept.
      try supports.make(runner: runner, self, writer: writer)
    }
    guard let change else {
      outcome.rung = "KEYS"
      outcome.affectedKeys = 0
      return .done
    }
    outcome.rung = change.rung
    outcome.affectedKeys = change.keyCount
    try write(change, to: table, writer: writer)
    outcome.updated = Connection.replacedCount(change, of: table)
    outcome.created = change.added.rowCount - outcome.updated
    outcome.deleted = change.removed.rowCount - outcome.updated
    outcome.unchanged = storedCount - change.removed.rowCount
    return .done
  }

  /// After a full recomputation over many rows: keeps the sums that the next refresh can add to.
  func makeSupportTables(
    _ table: TableEntry, bound: BoundModel?, writer: WriteTransaction
  ) throws {
    try AggregateSupportTables.drop(model: table.id, self, writer)
    guard let bound, table.model?.mode != .full else { return }
    let snapshot = writer.snapshot
    let inputCount = bound.tablesRead.reduce(0) { $0 + snapshot.table($1).rowCount }
    if inputCount < supportThreshold { return }
    let supports = AggregateSupportTables(bound, catalog: snapshot.catalog)
    guard supports.isPossible else { return }
    let clock = try bound.maintenance.clock.values(in: bound.session.evaluation)
    let runner = PlanRunner(
      connection: self, snapshot: snapshot, session: bound.session, numbers: bound.numbers,
      inputs: [], earlierClock: clock, currentClock: clock)
    try supports.make(runner: runner, self, writer: writer)
  }

  /// AUTO: when much of the inputs changed, reading them once is cheaper than following the changes.
  private func checkShare(_ inputs: [ChangedInput]) throws {
    for input in inputs {
      let rows = input.current.rowCount
      guard input.changedRowCount > 10_000, input.changedRowCount > rows / 4 else { continue }
      throw MaintenanceRefusal(
        "\(input.changedRowCount) changed rows of \(rows) in \(input.current.entry.name) cost more "
          + "to follow than to read anew")
    }
  }

  private static func describe(
    _ inputs: [ChangedInput], _ snapshot: Snapshot, clock: Bool
  ) -> String {
    var parts = inputs.map { input in
      "\(input.changedRowCount) rows of \(input.current.entry.name)"
    }
    if clock { parts.append("the clock") }
    return "changed: " + parts.joined(separator: ", ")
  }

  // MARK: Writing

  /// Deletes and inserts, with the checks of an INSERT. What a failed check leaves behind is undone.
  private func write(
    _ change: ModelChange, to table: TableEntry, writer: WriteTransaction
  ) throws {
    let ids = change.removedIDs
    if !ids.isEmpty { try writer.delete(table: table.id, rowIDs: ids, count: ids.count) }
    try insert(change.added, into: table, writer: writer)
  }

  /// Adds rows to a derived table with the checks of an INSERT.
  func insert(_ rows: Relation, into table: TableEntry, writer: WriteTransaction) throws {
    if rows.isEmpty { return }
    let name = ObjectName([Identifier(table.schema), Identifier(table.name)])
    let sql = "SELECT * FROM \(quote(table.schema)).\(quote(table.name))"
    guard case .select(let query) = try Parser.parse(sql)[0].kind else { return }
    let insert = InsertStatement(table: name, source: .query(query), range: query.range)
    let snapshot = writer.snapshot
    let session = SessionPlanning(
      connection: self, snapshot: snapshot, evaluation: evaluationContext(snapshot: snapshot))
    var binder = Binder(context: session, allowsModelWrites: true)
    let statement = OlapSQL.Statement(.insert(insert), range: query.range)
    guard
      case .insert(var bound) = try binder.bind(
        statement, parameters: Connection.inputs([]))
    else { return }
    bound.source = rows.scan
    let context = ExecutionContext(
      storage: database.storage, snapshot: snapshot, transaction: writer,
      evaluation: session.evaluation, budget: database.storage.budget,
      threads: Int(settings["threads"]) ?? 1, temporaryDirectory: settings["temp_directory"])
    _ = try WriteExecution(context).run(.insert(bound))
  }

  /// How many added rows carry the key of a removed one: updates.
  private static func replacedCount(_ change: ModelChange, of table: TableEntry) -> Int {
    guard let key = table.keys.first else { return 0 }
    func keys(_ relation: Relation) -> [Chunk] {
      [
        Chunk(
          columns: key.columns.map { relation.rows.columns[$0] }, count: relation.rowCount)
      ]
    }
    return commonKeyCount(
      keys(change.added), keys(change.removed), types: key.columns.map { change.added.types[$0] })
  }
}
