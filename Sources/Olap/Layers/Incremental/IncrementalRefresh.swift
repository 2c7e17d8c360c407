internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapFunctions
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

/// A model's definition bound for maintenance against one snapshot.
struct BoundModel {
  let table: TableEntry
  let maintenance: MaintenancePlan
  let session: SessionPlanning
  let numbers: ColumnIDAllocator
  /// The maintenance plan with a projection to the stored table's column types on top.
  let top: LogicalPlan
  /// Tables read, views looked through.
  let tablesRead: [EntryID]
}

/// The change of a model's stored rows, found but not yet written.
struct ModelChange {
  /// Rows to add, in the table's column order.
  var added: Relation
  /// Rows to remove, parallel to `removedIDs`.
  var removed: Relation
  var removedIDs: [RowID]
  var rung: String
  /// Affected keys: rows of the change for the algebraic rung.
  var keyCount: Int
}

extension Connection {
  /// Binds a model for maintenance.
  /// - Throws: `MaintenanceRefusal` when its changes cannot be derived.
  func bindModel(_ table: TableEntry, snapshot: Snapshot) throws -> BoundModel {
    guard table.model != nil else { throw MaintenanceRefusal("it has no definition") }
    let statement = try Parser.parse(guardedDefinition(of: table))[0]
    guard case .select(let query) = statement.kind else {
      throw MaintenanceRefusal("its definition is not a SELECT")
    }
    let session = SessionPlanning(
      connection: self, snapshot: snapshot, evaluation: evaluationContext(snapshot: snapshot))
    let numbers = ColumnIDAllocator()
    var binder = Binder(
      context: session, allocator: numbers, allowsModelWrites: true, keepsClock: true)
    let (plan, _) = try binder.bind(query: query)
    guard plan.columns.count == table.columns.count(where: { $0.generatedSQL == nil }) else {
      throw reshaped(table, "\(plan.columns.count) columns", "\(table.columns.count)")
    }
    var isAttached = false
    plan.forEachNodeAndSubquery { node in
      if case .scan(let scan) = node, AttachedID.slot(of: scan.table.id) != nil {
        isAttached = true
      }
    }
    if isAttached { throw MaintenanceRefusal("an attached database tells nothing of its changes") }
    let maintenance: MaintenancePlan
    do {
      maintenance = try MaintenancePlan(
        bound: plan, definitions: binder.definitionsRead, context: session, numbers: numbers)
      guard plan.columns.count == table.columns.count else {
        throw MaintenanceRefusal("its table has columns that the SELECT does not give")
      }
    } catch var refusal as MaintenanceRefusal {
      refusal.fingerprint = MaintenancePlan.fingerprint(
        refused: binder.definitionsRead,
        reading: binder.tablesRead.compactMap { snapshot.catalog.table($0) })
      throw refusal
    }
    let projections = zip(plan.columns, table.columns).map { source, column -> Projection in
      let output = numbers.column(column.name, column.type)
      let value: BoundExpression =
        source.type == column.type
        ? source.reference : .cast(source.reference, to: column.type, isTry: false)
      return Projection(value, as: output)
    }
    return BoundModel(
      table: table, maintenance: maintenance, session: session, numbers: numbers,
      top: .project(maintenance.plan, projections), tablesRead: binder.tablesRead)
  }

  static func mentionsClock(_ sql: String) -> Bool {
    let words = sql.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }
    let clocks: Set<Substring> = [
      "now", "today", "current_date", "current_timestamp", "current_time", "localtimestamp",
      "localtime", "getdate", "sysdate", "get_current_timestamp", "transaction_timestamp",
      "curdate", "curtime", "utc_timestamp", "statement_timestamp", "clock_timestamp",
      "get_current_time", "current_localtime", "current_localtimestamp",
    ]
    return words.contains { clocks.contains($0) }
  }
}

/// Finds how one model's stored rows must change.
struct IncrementalRefresh {
  let connection: Connection
  let bound: BoundModel
  let runner: PlanRunner
  private let derivation: ChangeDerivation

  init(
    connection: Connection, bound: BoundModel, runner: PlanRunner,
    supports: AggregateSupportTables
  ) {
    self.connection = connection
    self.bound = bound
    self.runner = runner
    derivation = ChangeDerivation(runner: runner, supports: supports)
  }

  /// The change, or nil when no row can have changed.
  /// - Parameter keyMaximum: more affected keys than this are refused (AUTO leaves them to a full
  ///   recomputation); nil = any number.
  func change(keyMaximum: Int?) throws -> ModelChange? {
    switch try derivation.change(of: bound.top) {
    case .none: return nil
    case .rows(let rows):
      return try apply(rows)
    case .keys(let keys):
      guard !keys.columns.isEmpty else {
        throw MaintenanceRefusal(
          "every row may have changed: a LIMIT, a recursion, a window without PARTITION BY or an "
            + "aggregate without GROUP BY looks at all of them")
      }
      try check(keys, keyMaximum)
      if runner.fault == .forgetsOneGroup, keys.rowCount > 1 {
        let rest = Array(1..<UInt32(keys.rowCount))
        return try recompute(Relation(columns: keys.columns, rows: keys.rows.gathered(rest)))
      }
      return try recompute(keys)
    }
  }

  private func check(_ keys: Relation, _ maximum: Int?) throws {
    let count = keys.rowCount
    guard let maximum, count > 2_000 else { return }
    if count > maximum {
      throw MaintenanceRefusal("\(count) affected keys cost more than all rows")
    }
    let rows = expectedRowCount(of: keys)
    guard rows > maximum else { return }
    throw MaintenanceRefusal(
      "\(count) affected keys, with about \(rows) rows, cost more than all rows")
  }

  /// How many stored rows have one of the keys, when every key has as many.
  private func expectedRowCount(of keys: Relation) -> Int {
    let statistics = runner.snapshot.table(bound.table.id).statistics
    var distinct = 1.0
    for key in keys.columns {
      guard let position = bound.top.columns.firstIndex(where: { $0.id == key.id }),
        statistics.columns.indices.contains(position),
        let count = statistics.columns[position].distinctCount
      else { return keys.rowCount }
      distinct *= Double(Swift.max(1, count))
    }
    let stored = Double(statistics.rowCount)
    return Int(Swift.min(stored, Double(keys.rowCount) * Swift.max(1, stored / distinct)))
  }

  // MARK: Stored rows

  private var storedColumns: [PlanColumn] { bound.top.columns }

  /// The stored rows with keys among `keys`, under the top plan's column ids, and their row ids.
  private func stored(_ keys: Relation) throws -> (rows: Relation, ids: [RowID]) {
    var scan = TableScan(
      table: bound.table,
      columns: storedColumns.enumerated().map { ($0.offset, $0.element) }, alias: bound.table.name)
    let rowID = runner.numbers.column("rowid", .bigint)
    scan.rowID = rowID
    let plan = try derivation.reduction.restricted(.scan(scan), to: keys, .current)
    let found = try runner.run(plan.projected(to: storedColumns + [rowID]))
    let ids = found.rows.columns[storedColumns.count].rowIDs(found.rowCount)
    return (found.projected(to: storedColumns.map { $0.id }), ids)
  }

  // MARK: From keys

  private func recompute(_ keys: Relation) throws -> ModelChange {
    let fresh = try runner.run(derivation.reduction.restricted(bound.top, to: keys, .current))
    let old = try stored(keys)
    return difference(fresh, old.rows, old.ids, rung: "KEYS", keyCount: keys.rowCount)
  }

  /// The minimal change from stored to fresh rows.
  private func difference(
    _ fresh: Relation, _ old: Relation, _ ids: [RowID], rung: String, keyCount: Int
  ) -> ModelChange {
    let all = Chunk.concatenated([fresh.rows, old.rows], types: fresh.types)
    let groups = RowConsolidation.groups(all.columns.map { $0.flattened() }, all.count)
    // Fresh rows first, so a stored row's group is led by a fresh one when there is one.
    var available: [UInt32: Int] = [:]
    for row in 0..<fresh.rowCount { available[groups[row], default: 0] += 1 }
    var removed: [UInt32] = []
    var kept: [UInt32: Int] = [:]
    for row in 0..<old.rowCount {
      let group = groups[fresh.rowCount + row]
      if let count = available[group], count > 0 {
        available[group] = count - 1
        kept[group, default: 0] += 1
      } else {
        removed.append(UInt32(row))
      }
    }
    var added: [UInt32] = []
    for row in 0..<fresh.rowCount {
      if let count = kept[groups[row]], count > 0 {
        kept[groups[row]] = count - 1
      } else {
        added.append(UInt32(row))
      }
    }
    return ModelChange(
      added: Relation(columns: fresh.columns, rows: fresh.rows.gathered(added)),
      removed: Relation(columns: old.columns, rows: old.rows.gathered(removed)),
      removedIDs: removed.map { ids[Int($0)] }, rung: rung, keyCount: keyCount)
  }

  // MARK: From exact rows

  /// Turns a signed change into row ids to delete and rows to add.
  private func apply(_ change: SignedRows) throws -> ModelChange {
    var plus: [UInt32] = []
    var minus: [UInt32] = []
    for (row, weight) in change.weights.enumerated() {
      let copies = repeatElement(UInt32(row), count: Swift.abs(weight))
      if weight > 0 { plus.append(contentsOf: copies) } else { minus.append(contentsOf: copies) }
    }
    let rows = change.relation.rows
    let added = Relation(
      columns: change.columns, rows: rows.gathered(plus, count: plus.count))
    let removed = Relation(
      columns: change.columns, rows: rows.gathered(minus, count: minus.count))
    let ids = try rowIDs(of: removed)
    return ModelChange(
      added: added, removed: removed, removedIDs: ids, rung: runner.usesKeys ? "KEYS" : "ALGEBRAIC",
      keyCount: change.relation.rowCount)
  }

  /// One stored row for each of the given rows.
  private func rowIDs(of rows: Relation) throws -> [RowID] {
    if rows.isEmpty { return [] }
    if let key = bound.table.keys.first(where: { key in
      key.columns.allSatisfy { !rows.hasNull($0) }
    }) {
      return try rowIDs(of: rows, byKey: key.columns)
    }
    let found = try stored(rows.distinct())
    let all = Chunk.concatenated([rows.rows, found.rows.rows], types: rows.types)
    let groups = RowConsolidation.groups(all.columns.map { $0.flattened() }, all.count)
    var candidates: [UInt32: [RowID]] = [:]
    for (row, id) in found.ids.enumerated() {
      candidates[groups[rows.rowCount + row], default: []].append(id)
    }
    return try (0..<rows.rowCount).map { row in
      guard let id = candidates[groups[row]]?.popLast() else { throw IncrementalRefresh.drifted }
      return id
    }
  }

  /// The stored rows with the keys of the given rows: whatever else they hold, they make room for what the
  /// key has now.
  private func rowIDs(of rows: Relation, byKey columns: [Int]) throws -> [RowID] {
    var ids = [RowID](repeating: -1, count: rows.rowCount)
    try ids.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      try runner.table(bound.table.id).probe(
        columns: columns, vectors: columns.map { rows.rows.columns[$0] }, count: rows.rowCount,
        into: base)
    }
    guard ids.allSatisfy({ $0 >= 0 }), Set(ids).count == ids.count else {
      throw IncrementalRefresh.drifted
    }
    runner.noteRead(ids.count)
    return ids
  }

  private static let drifted = MaintenanceRefusal(
    "the stored rows are not those of the last refresh")
}
