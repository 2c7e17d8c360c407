internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

extension Connection {
  /// EXPLAIN ROW t WHERE …: the chosen rows, then the stored rows of every layer beneath that they are
  /// made of. Nothing is stored for it: the models are run backwards, with the rows' keys pushed down.
  func runExplainRow(
    _ node: ExplainRowStatement, sql: String, parameters: [Value]
  ) throws -> QueryResult {
    let name = try resolve(node.table)
    let snapshot = readSnapshot()
    guard
      case .table(let table)? = snapshot.catalog.lookup(
        .relation, schema: name.schema, name: name.name)
    else {
      throw OlapError(
        .catalog, "Table with name \(node.table.text) does not exist!",
        range: node.table.range.start..<node.table.range.end)
    }
    let filter = Connection.slice(sql, node.filter.range)
    let chosen = try explainQuery(
      "SELECT rowid FROM \(table.sqlName) AS \(quote(table.name)) WHERE \(filter)",
      parameters: parameters, snapshot: snapshot)
    isRefreshing = true
    defer { isRefreshing = false }
    var rows: [[Value]] = []
    var found: [EntryID: Set<RowID>] = [table.id: Set(chosen)]
    // A table is described once all tables above it have said which rows they need.
    let order = Connection.upstreamOrder(of: table, in: snapshot.catalog)
    for (depth, id) in order {
      guard let entry = snapshot.catalog.table(id), let ids = found[id], !ids.isEmpty else {
        continue
      }
      let sorted = ids.sorted()
      rows += try describe(sorted, of: entry, depth: depth, snapshot: snapshot)
      guard entry.model != nil else { continue }
      if !isCurrent(entry, snapshot: snapshot) {
        session.notices.append(
          "\"\(entry.name)\" is stale: below it are the rows that make it now, not those that made it"
        )
      }
      let origins = try inSchema(entry.schema) {
        try contributions(to: sorted, of: entry, snapshot: snapshot)
      }
      for (source, contributing) in origins {
        found[source, default: []].formUnion(contributing)
      }
    }
    let columns = [
      ResultColumn(name: "depth", type: .bigint), ResultColumn(name: "layer", type: .varchar),
      ResultColumn(name: "table_name", type: .varchar),
      ResultColumn(name: "row_key", type: .varchar), ResultColumn(name: "row", type: .json),
    ]
    return Connection.boxedResult(columns: columns, rows: rows, kind: "EXPLAIN ROW")
  }

  /// The table and those beneath it with their longest distance, nearest first.
  private static func upstreamOrder(
    of table: TableEntry, in catalog: CatalogSnapshot
  ) -> [(depth: Int, id: EntryID)] {
    var depth: [EntryID: Int] = [table.id: 0]
    let models = catalog.sortedEntries.compactMap { entry -> TableEntry? in
      if case .table(let table) = entry, table.model != nil { table } else { nil }
    }
    for model in dependencyOrder(models, catalog: catalog).reversed() {
      guard let own = depth[model.id] else { continue }
      for input in model.model?.dependsOn ?? [] {
        depth[input] = max(depth[input] ?? 0, own + 1)
      }
    }
    return depth.map { (depth: $0.value, id: $0.key) }
      .sorted { ($0.depth, $0.id) < ($1.depth, $1.id) }
  }

  private func explainQuery(
    _ sql: String, parameters: [Value], snapshot: Snapshot
  ) throws -> [RowID] {
    let result = try runQuery(
      try Parser.parse(sql)[0], sql: sql, parameters: parameters, snapshot: snapshot)
    var ids: [RowID] = []
    while let chunk = try result.nextChunk() {
      let vector = chunk.chunk.columns[0].flattened()
      ids += vector.rowIDs(chunk.rowCount)
    }
    return ids
  }

  /// Result rows for stored rows.
  private func describe(
    _ ids: [RowID], of table: TableEntry, depth: Int, snapshot: Snapshot
  ) throws -> [[Value]] {
    let payload = CheckedRows.all(table).payload
    let key = table.primaryKey ?? table.keys.first
    let names = key?.columns.map { "CAST(\(quote(table.columns[$0].name)) AS VARCHAR)" }
    let text = names.map { "concat_ws(', ', \($0.joined(separator: ", ")))" } ?? "NULL"
    var rows: [[Value]] = []
    for start in stride(from: 0, to: ids.count, by: 1000) {
      let list = ids[start..<min(ids.count, start + 1000)].map { String($0) }
        .joined(separator: ", ")
      let found = try internalQuery(
        "SELECT \(text), \(payload) FROM \(table.sqlName) AS \(quote(table.name)) "
          + "WHERE rowid IN (\(list)) ORDER BY rowid", snapshot: snapshot)
      for row in found {
        rows.append([
          .count(depth), .text(table.layer?.rawValue), .varchar(table.name), .text(row.text(0)),
          row.values[1],
        ])
      }
    }
    return rows
  }

  /// Row ids, by table, of what the given rows of a model are made of.
  private func contributions(
    to ids: [RowID], of table: TableEntry, snapshot: Snapshot
  ) throws -> [EntryID: Set<RowID>] {
    guard let model = table.model,
      case .select(let query) = try Parser.parse(model.sql)[0].kind
    else { return [:] }
    let planning = SessionPlanning(
      connection: self, snapshot: snapshot, evaluation: evaluationContext(snapshot: snapshot))
    let numbers = ColumnIDAllocator()
    var binder = Binder(context: planning, allocator: numbers, allowsModelWrites: true)
    let (plan, _) = try binder.bind(query: query)
    let outputs = plan.columns
    let flat = try plan.withoutSubqueries(context: planning, numbers: numbers)
    var provenance = RowProvenance(of: flat, numbers: numbers)
    let traced = provenance.trace(flat)
    guard !traced.origins.isEmpty else { return [:] }
    let chosen = try restrict(
      traced.plan, outputs: outputs, unknown: provenance.unknown, to: ids, of: table,
      snapshot: snapshot, numbers: numbers)
    let items = traced.origins.map {
      Projection(.column($0.column.id, $0.column.type), as: $0.column)
    }
    let optimized = try Optimizer(context: planning, numbers: numbers).optimize(
      .distinct(.project(chosen, items), on: nil, orderBy: []))
    let planned = PlannedStatement(
      statement: .query(optimized, names: []), planning: planning, parameterValues: [],
      tablesRead: [])
    let execution = try QueryExecution(
      plan: optimized, context: executionContext(planned, snapshot: snapshot))
    var result: [EntryID: Set<RowID>] = [:]
    while let chunk = try execution.next() {
      for (index, origin) in traced.origins.enumerated() {
        let vector = chunk.columns[index].flattened()
        for (row, id) in vector.rowIDs(chunk.count).enumerated() where vector.isValid(row) {
          result[origin.table, default: []].insert(id)
        }
      }
    }
    return result
  }

  /// The rows of the traced plan that belong to stored rows: those with their key, or with all the values
  /// that are known.
  private func restrict(
    _ plan: LogicalPlan, outputs: [PlanColumn], unknown: Set<ColumnID>, to ids: [RowID],
    of table: TableEntry, snapshot: Snapshot, numbers: ColumnIDAllocator
  ) throws -> LogicalPlan {
    let known = outputs.indices.filter {
      $0 < table.columns.count && !unknown.contains(outputs[$0].id)
    }
    var positions = known
    if let key = table.primaryKey ?? table.keys.first, key.columns.allSatisfy(known.contains) {
      positions = key.columns
    }
    guard !positions.isEmpty else { return plan }
    let vectors = try ids.withUnsafeBufferPointer { buffer -> [Vector] in
      guard let first = buffer.baseAddress else { return [] }
      return try snapshot.table(table.id).fetch(
        columns: positions, rowIDs: first, count: buffer.count)
    }
    func value(_ column: Int, _ row: Int) -> BoundExpression {
      .constant(vectors[column].value(at: row), table.columns[positions[column]].type)
    }
    func side(_ column: Int) -> BoundExpression {
      let output = outputs[positions[column]]
      let type = table.columns[positions[column]].type
      let own = BoundExpression.column(output.id, output.type)
      return output.type == type ? own : .cast(own, to: type, isTry: false)
    }
    if ids.count == 1 {
      let conditions: [BoundExpression] = positions.indices.map {
        .comparison(
          vectors[$0].isValid(0) ? .equal : .notDistinctFrom, side($0), value($0, 0))
      }
      return .filter(plan, conditions)
    }
    let columns = positions.map {
      numbers.column(table.columns[$0].name, table.columns[$0].type)
    }
    let rows = ids.indices.map { row in positions.indices.map { value($0, row) } }
    let conditions: [BoundExpression] = positions.indices.map {
      .comparison(.notDistinctFrom, side($0), .column(columns[$0].id, columns[$0].type))
    }
    return .join(
      Join(
        kind: .semi, left: plan, right: .values(rows: rows, columns: columns),
        conditions: conditions))
  }
}
