internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapFunctions
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

/// Loads into tables with expectations, or with rows in quarantine.
extension Connection {
  private static let refusedName = "\u{1}refused"
  private static let keysName = "\u{1}keys"

  /// Runs a load whose rows the table's rules judge: rows that DROP and QUARANTINE rules refuse never
  /// reach the table, WARN counts, FAIL undoes the load. `execute` runs the plan.
  func runGuarded(
    _ guarded: LoadGuard, snapshot: Snapshot, _ writer: WriteTransaction,
    _ execute: (LoadPlan) throws -> LoadCounts
  ) throws -> LoadCounts {
    let table = guarded.guarded.table
    try RunLog.prepare(writer)
    let before = writer.snapshot.table(table.id).nextRows
    let key = table.primaryKey ?? table.keys.first
    let waits = try hasQuarantined(table, writer)
    var planned = try inSchema(table.schema) { try plan(guarded, snapshot: snapshot) }
    var refusals: LoadRefusals?
    planned.refusals = { context in
      let made = LoadRefusals(
        types: table.columns.map { $0.type }, ruleCount: guarded.guarded.rules.count,
        keyColumns: waits ? key?.columns ?? [] : [], context: context)
      refusals = made
      return made
    }
    var counts = try execute(planned)
    guard let refusals else { return counts }
    if let keys = refusals.keys, let key {
      let names = key.columns.map { table.columns[$0].name }
      try withRelation(Connection.keysName, keys.relation(names: names)) {
        try supersede(by: .own(Connection.keysName, of: table), writer)
      }
    }
    counts.refused = refusals.counts.reduce(0, +)
    try setAside(refusals, guarded.guarded, writer)
    let added = CheckedRows.added(to: table, writer, since: before)
    for expectation in table.expectations
    where expectation.onViolation == .warn || expectation.onViolation == .fail {
      try check(expectation, added, count: refusals.judgedCount - counts.refused, writer)
    }
    return counts
  }

  /// WARN and FAIL on rows that were added.
  func check(
    _ expectation: OlapCatalog.Expectation, _ rows: CheckedRows, count: Int?,
    _ writer: WriteTransaction
  ) throws {
    let rule = try ExpectationRule(expectation.sql)
    guard rule.isAboutRows else { return }
    let found = try violations(of: rule, among: rows, writer)
    guard found.count > 0 else { return }
    if expectation.onViolation == .fail { throw failure(expectation, of: rows.table, found) }
    try record(expectation, of: rows.table, checked: count, found, runID: .null, writer)
  }

  private func plan(_ guarded: LoadGuard, snapshot: Snapshot) throws -> LoadPlan {
    let table = guarded.guarded.table
    let planning = SessionPlanning(
      connection: self, snapshot: snapshot, evaluation: evaluationContext(snapshot: snapshot))
    let allocator = ColumnIDAllocator()
    var binder = Binder(context: planning, allocator: allocator, allowsModelWrites: isRefreshing)
    // The target is bound on its own; its rows are those of the guarded query.
    let stored = table.columns.filter { $0.generatedSQL == nil }
    let target =
      "INSERT INTO \(table.sqlName) (\(stored.map { quote($0.name) }.joined(separator: ", "))) "
      + "SELECT \(stored.map { _ in "NULL" }.joined(separator: ", "))"
    let source = guarded.sql
    guard
      case .insert(var insert) = try binder.bind(
        try Parser.parse(target)[0], parameters: Connection.inputs([])),
      case .query(let rows, _) = try binder.bind(
        try Parser.parse(source)[0], parameters: Connection.inputs([]))
    else { throw OlapError(.internal, "a load was bound to something else") }
    insert.source = try Optimizer(context: planning, numbers: allocator).optimize(rows)
    return LoadPlan(insert: insert, planning: planning)
  }

  /// Counts the refused rows of each rule and keeps the quarantined ones.
  private func setAside(
    _ refusals: LoadRefusals, _ guarded: RowGuard, _ writer: WriteTransaction
  ) throws {
    guard refusals.rows.rowCount > 0 else { return }
    let table = guarded.table
    let names = table.columns.map { $0.name } + [LoadGuard.violation]
    try withRelation(Connection.refusedName, refusals.rows.relation(names: names)) {
      let rows = CheckedRows.own(Connection.refusedName, of: table)
      for expectation in table.expectations {
        guard let index = guarded.rules.firstIndex(where: { $0.name == expectation.name }),
          refusals.counts[index] > 0
        else { continue }
        let mine = rows.from(where: "\(quote(LoadGuard.violation)) = \(index + 1)")
        let sample = try internalQuery(
          "SELECT \(rows.payload) FROM \(mine) LIMIT 3", snapshot: writer.snapshot)
        let found = Violations(
          count: refusals.counts[index],
          sample: "[" + sample.compactMap { $0.text(0) }.joined(separator: ",") + "]")
        try record(
          expectation, of: table, checked: refusals.judgedCount, found, runID: .null, writer)
        if expectation.onViolation == .quarantine {
          try quarantine(
            mine, payload: rows.payload, rule: expectation.name, of: table, runID: .null, writer)
        }
      }
    }
  }

  /// Runs `body` while statements may read a relation by its name.
  func withRelation<R>(
    _ name: String, _ relation: TableFunction.Bound, _ body: () throws -> R
  ) rethrows -> R {
    ownRelations[name] = relation
    defer { ownRelations[name] = nil }
    return try body()
  }
}
