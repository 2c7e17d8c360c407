internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning
internal import OlapStorage

/// The stored support rows of a model's aggregates (`olap.support_<model>_<number>`): with them a change
/// of an aggregate's input becomes a change of its groups without reading any group.
///
/// Changes found are collected and written by `apply`, together with the model's own. A full
/// recomputation drops the tables and makes them anew.
final class AggregateSupportTables {
  private struct Item {
    let support: AggregateSupport
    let name: String
    let table: TableEntry?
    /// Whether this run has looked at the aggregate's changes.
    var isFollowed = false
  }
  private struct Pending {
    let table: TableEntry
    let removed: [RowID]
    let added: Chunk
  }
  private let model: TableEntry
  private var items: [ColumnID: Item] = [:]
  private var pending: [Pending] = []

  init(_ bound: BoundModel, catalog: CatalogSnapshot) {
    model = bound.table
    var number = 0
    bound.top.forEachNode { node in
      guard case .aggregate(let aggregate) = node,
        let support = AggregateSupport(
          of: aggregate, context: bound.session, numbers: bound.numbers)
      else { return }
      let name = AggregateSupportTables.name(model: bound.table.id, number)
      number += 1
      var table: TableEntry?
      if case .table(let entry)? = catalog.lookup(.relation, schema: RunLog.schema, name: name) {
        table = entry
      }
      items[aggregate.calls[0].output.id] = Item(support: support, name: name, table: table)
    }
  }

  private static let prefix = "support_"
  private static func name(model: EntryID, _ number: Int) -> String {
    "\(prefix)\(model)_\(number)"
  }

  /// Whether support rows could be kept for some aggregate.
  var isPossible: Bool { !items.isEmpty }
  /// Whether they are not kept for some aggregate.
  var isIncomplete: Bool { items.values.contains { $0.table == nil } }

  // MARK: Following changes

  /// The exact change of an aggregate from the exact change of its input; nil without support rows.
  func change(
    of aggregate: Aggregate, input: SignedRows, derivation: ChangeDerivation
  ) throws -> SignedRows? {
    guard let id = aggregate.calls.first?.output.id, let item = items[id], let table = item.table
    else { return nil }
    items[id]?.isFollowed = true
    let support = item.support
    if input.isEmpty { return SignedRows(columns: support.outputs) }
    let runner = derivation.runner
    let plus = try states(of: input, support, sign: 1, runner)
    let minus = try states(of: input, support, sign: -1, runner)
    let groups = support.columns.prefix(support.groupCount).map { $0.id }
    let keys = Relation(
      columns: Array(support.columns.prefix(support.groupCount)),
      chunks: [plus.projected(to: groups).rows, minus.projected(to: groups).rows]
    ).distinct()
    let (old, ids) = try stored(table, support, keys, derivation)
    let new = try sum(support, old: old, plus: plus, minus: minus)
    pending.append(Pending(table: table, removed: ids, added: new.rows))
    return SignedRows(from: try outputs(support, old), to: try outputs(support, new))
  }

  /// Whether the model's rows can be followed but this aggregate has no support rows yet.
  func hasSupport(_ aggregate: Aggregate) -> Bool {
    aggregate.calls.first.flatMap { items[$0.output.id]?.table } != nil
  }

  /// Support rows of the inserted (or deleted) input rows alone.
  private func states(
    of input: SignedRows, _ support: AggregateSupport, sign: Int, _ runner: PlanRunner
  ) throws -> Relation {
    var indexes: [UInt32] = []
    for (row, weight) in input.weights.enumerated() where weight.signum() == sign {
      indexes.append(contentsOf: repeatElement(UInt32(row), count: Swift.abs(weight)))
    }
    let rows = Relation(
      columns: input.columns,
      rows: input.relation.rows.gathered(indexes, count: indexes.count))
    var aggregate = support.aggregate
    aggregate.input = rows.scan
    return stored(try runner.run(runner.version(.aggregate(aggregate), .current)), support)
  }

  /// The rows with sums as HUGEINT and without NULLs in the states.
  private func stored(_ relation: Relation, _ support: AggregateSupport) -> Relation {
    var columns = relation.rows.columns
    for position in support.groupCount..<columns.count {
      let isWide = support.columns[position].type == .hugeint
      let source = columns[position]
      let target = Vector.flat(support.columns[position].type, count: relation.rowCount)
      for row in 0..<relation.rowCount {
        let isValid = source.isValid(row)
        if isWide {
          target.values(Int128.self)[row] = isValid ? source.values(Int128.self)[row] : 0
        } else {
          target.values(Int64.self)[row] = isValid ? source.values(Int64.self)[row] : 0
        }
      }
      columns[position] = target
    }
    return Relation(
      columns: support.columns, rows: Chunk(columns: columns, count: relation.rowCount))
  }

  private func stored(
    _ table: TableEntry, _ support: AggregateSupport, _ keys: Relation,
    _ derivation: ChangeDerivation
  ) throws -> (rows: Relation, ids: [RowID]) {
    var scan = TableScan(
      table: table, columns: support.columns.enumerated().map { ($0.offset, $0.element) },
      alias: table.name)
    let rowID = derivation.runner.numbers.column("rowid", .bigint)
    scan.rowID = rowID
    let plan = try derivation.reduction.restricted(.scan(scan), to: keys, .current)
    let found = try derivation.runner.run(plan.projected(to: support.columns + [rowID]))
    let ids = found.rows.columns[support.columns.count].rowIDs(found.rowCount)
    return (found.projected(to: support.columns.map { $0.id }), ids)
  }

  /// old + plus − minus by group; groups without rows vanish (but for the one of no GROUP BY).
  private func sum(
    _ support: AggregateSupport, old: Relation, plus: Relation, minus: Relation
  ) throws -> Relation {
    let types = support.columns.map { $0.type }
    let all = Chunk.concatenated([old.rows, plus.rows, minus.rows], types: types)
    let columns = all.columns.map { $0.flattened() }
    let count = support.groupCount
    let leaders =
      count == 0
      ? [UInt32](repeating: 0, count: all.count)
      : RowConsolidation.groups(Array(columns[..<count]), all.count)
    let firstMinus = old.rowCount + plus.rowCount
    var sums = types[count...].map { _ in [Int128](repeating: 0, count: all.count) }
    for state in sums.indices {
      let vector = columns[count + state]
      let isWide = types[count + state] == .hugeint
      for row in 0..<all.count {
        let value: Int128 = withExtendedLifetime(vector) {
          isWide ? vector.values(Int128.self)[row] : Int128(vector.values(Int64.self)[row])
        }
        let leader = Int(leaders[row])
        let (result, overflow) =
          row < firstMinus
          ? sums[state][leader].addingReportingOverflow(value)
          : sums[state][leader].subtractingReportingOverflow(value)
        if overflow { throw MaintenanceRefusal("a sum overflows") }
        sums[state][leader] = result
      }
    }
    var kept: [UInt32] = []
    for row in 0..<all.count where leaders[row] == UInt32(row) {
      let rows = sums[0][row]
      if rows < 0 { throw MaintenanceRefusal("the support rows are not those of the last refresh") }
      if rows > 0 || count == 0 { kept.append(UInt32(row)) }
    }
    var result = columns[..<count].map { $0.gathered(kept, count: kept.count).flattened() }
    for state in sums.indices {
      let vector = Vector.flat(types[count + state], count: kept.count)
      for (index, row) in kept.enumerated() {
        let value = sums[state][Int(row)]
        if types[count + state] == .hugeint {
          vector.values(Int128.self)[index] = value
        } else {
          vector.values(Int64.self)[index] = Int64(clamping: value)
        }
      }
      result.append(vector)
    }
    return Relation(columns: support.columns, rows: Chunk(columns: result, count: kept.count))
  }

  /// The aggregate's own rows, by the functions that would have made them.
  private func outputs(_ support: AggregateSupport, _ rows: Relation) throws -> Relation {
    let count = rows.rowCount
    var columns = Array(rows.rows.columns.prefix(support.groupCount))
    let groups = Array(0..<UInt32(count))
    for call in support.calls {
      let accumulator = call.bound.makeAccumulator()
      accumulator.reserve(groupCount: count)
      try accumulator.mergeStates(
        call.states.map { rows.rows.columns[$0] }, groups: groups, count: count)
      columns.append(try accumulator.finalize(first: 0, count: count).flattened())
    }
    return Relation(columns: support.outputs, rows: Chunk(columns: columns, count: count))
  }

  // MARK: Writing

  /// Writes the collected changes. Support rows of an aggregate that changed unseen are dropped.
  func apply(runner: PlanRunner, _ connection: Connection, writer: WriteTransaction) throws {
    for change in pending {
      if !change.removed.isEmpty {
        try writer.delete(
          table: change.table.id, rowIDs: change.removed, count: change.removed.count)
      }
      if change.added.count > 0 { try writer.append(table: change.table.id, change.added) }
    }
    pending = []
    for item in items.values {
      guard let table = item.table, !item.isFollowed,
        runner.isTouched(.aggregate(item.support.aggregate))
      else { continue }
      try connection.changeCatalog(writer) { $0.remove(table.id) }
    }
  }

  /// Computes and stores the support rows of every aggregate for the model's inputs as they are.
  func make(runner: PlanRunner, _ connection: Connection, writer: WriteTransaction) throws {
    try AggregateSupportTables.drop(model: model.id, connection, writer)
    for item in items.values.sorted(by: { $0.name < $1.name }) {
      let rows = stored(
        try runner.run(runner.version(.aggregate(item.support.aggregate), .current)),
        item.support)
      let table = try connection.changeCatalog(writer) { catalog -> TableEntry in
        var names: Set<String> = []
        var table = TableEntry(
          id: catalog.allocateID(), schema: RunLog.schema, name: item.name,
          columns: item.support.columns.enumerated().map { index, column in
            let isTaken = !names.insert(column.name.lowercased()).inserted
            return OlapCatalog.ColumnDefinition(
              name: isTaken ? "\(column.name)_\(index)" : column.name, type: column.type)
          })
        if item.support.groupCount > 0 {
          table.keys = [
            KeyConstraint(
              name: nil, columns: Array(0..<item.support.groupCount), isPrimary: false)
          ]
        }
        catalog.put(.table(table))
        return table
      }
      try writer.append(table: table.id, rows.rows)
    }
  }

  /// Removes a model's support tables.
  static func drop(
    model: EntryID, _ connection: Connection, _ writer: WriteTransaction
  ) throws {
    try drop(connection, writer) { $0 == model }
  }

  /// Removes support tables of models that are gone.
  static func dropOrphans(_ connection: Connection, _ writer: WriteTransaction) throws {
    let catalog = writer.catalog
    try drop(connection, writer) { catalog.table($0)?.model == nil }
  }

  private static func drop(
    _ connection: Connection, _ writer: WriteTransaction, where isWanted: (EntryID) -> Bool
  ) throws {
    for case .table(let table) in writer.catalog.sortedEntries
    where table.schema == RunLog.schema && table.name.hasPrefix(prefix) {
      let parts = table.name.dropFirst(prefix.count).split(separator: "_")
      guard let model = parts.first.flatMap({ EntryID($0) }), isWanted(model) else { continue }
      try connection.changeCatalog(writer) { $0.remove(table.id) }
    }
  }
}
