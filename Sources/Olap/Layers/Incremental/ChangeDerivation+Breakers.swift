internal import OlapColumns
internal import OlapPlanning

/// Operators whose output rows depend on several input rows: they pass on the keys of what is touched.
extension ChangeDerivation {
  func change(of aggregate: Aggregate) throws -> Change {
    let below = try change(of: aggregate.input)
    if supports.hasSupport(aggregate) {
      let input = try rows(of: aggregate.input, below)
      if let rows = try supports.change(of: aggregate, input: input, derivation: self) {
        return .exactly(rows.arranged(as: LogicalPlan.aggregate(aggregate).columns))
      }
    }
    if below.isNone { return .none }
    if aggregate.groups.isEmpty { return .everywhere }
    if aggregate.groupingSets == nil, case .keys(let keys) = below,
      let groups = groups(of: keys, aggregate)
    {
      return .keys(groups)
    }
    let rows = try rows(of: aggregate.input, below)
    let groups = try runner.run(
      .project(
        rows.relation.scan,
        aggregate.groups.map { Projection(runner.version($0.expression, .current), as: $0.output) })
    ).distinct()
    guard let sets = aggregate.groupingSets else { return .among(groups) }
    // A row of a set that leaves a column out has NULL there.
    let parts = sets.map { set in
      Chunk(
        columns: groups.columns.indices.map { position in
          set.contains(position)
            ? groups.rows.columns[position]
            : Vector.nulls(groups.columns[position].type, count: groups.rowCount)
        }, count: groups.rowCount)
    }
    return .among(Relation(columns: groups.columns, chunks: parts))
  }

  /// The groups of keys, when every group column is one of the key columns as it is.
  private func groups(of keys: Relation, _ aggregate: Aggregate) -> Relation? {
    var ids: [ColumnID] = []
    for group in aggregate.groups {
      guard let id = group.expression.columnID, keys.position(of: id) != nil else { return nil }
      ids.append(id)
    }
    return keys.projected(to: ids).renamed(to: aggregate.groups.map { $0.output }).distinct()
  }

  func change(of input: LogicalPlan, windows calls: [BoundWindowCall]) throws -> Change {
    let below = try change(of: input)
    if below.isNone { return .none }
    let partition = calls.first?.partitionBy.compactMap { $0.columnID } ?? []
    return try narrowed(below, of: input, to: partition)
  }

  func change(
    of input: LogicalPlan, distinctOn keys: [BoundExpression]?, _ order: [SortItem]
  ) throws -> Change {
    let below = try change(of: input)
    if below.isNone { return .none }
    if order.contains(where: { runner.moves($0.expression) }) { return .everywhere }
    guard let keys else {
      switch below {
      case .none, .keys: return below
      case .rows(let rows): return .among(rows.relation)
      }
    }
    let ids = keys.compactMap { $0.columnID }
    if ids.count < keys.count { return .everywhere }
    return try narrowed(below, of: input, to: ids)
  }

  /// The change as keys over the given columns of the input.
  private func narrowed(
    _ change: Change, of input: LogicalPlan, to ids: [ColumnID]
  ) throws -> Change {
    if ids.isEmpty { return .everywhere }
    var unique: [ColumnID] = []
    for id in ids where !unique.contains(id) { unique.append(id) }
    if case .keys(let keys) = change, unique.allSatisfy({ keys.position(of: $0) != nil }) {
      return .keys(keys.projected(to: unique).distinct())
    }
    return .among(try rows(of: input, change).relation.projected(to: unique))
  }

  // MARK: Set operations

  /// A row's number of copies depends on its copies in the inputs only.
  func change(of operation: SetOperation) throws -> Change {
    let changes = try operation.inputs.map { ($0, try change(of: $0)) }
    let touched = changes.filter { !$0.1.isNone }
    if touched.isEmpty { return .none }
    if let keys = commonKeys(touched, operation) { return .keys(keys) }
    let isExact = operation.kind == .union && operation.isAll
    var parts: [(rows: Chunk, weights: [Int])] = []
    for (input, change) in touched {
      let rows = try rows(of: input, change)
      parts.append((rows.relation.rows, rows.weights))
    }
    if isExact { return .exactly(SignedRows(columns: operation.columns, parts: parts)) }
    return .among(Relation(columns: operation.columns, chunks: parts.map { $0.rows }))
  }

  /// The inputs' keys under the output's names, when all are keys over the same positions.
  private func commonKeys(
    _ changes: [(LogicalPlan, Change)], _ operation: SetOperation
  ) -> Relation? {
    var positions: [Int]?
    var parts: [Chunk] = []
    for (input, change) in changes {
      guard case .keys(let keys) = change else { return nil }
      let columns = input.columns
      let found = keys.columns.compactMap { key in columns.firstIndex { $0.id == key.id } }
      guard found.count == keys.columns.count, positions == nil || positions == found else {
        return nil
      }
      positions = found
      parts.append(keys.rows)
    }
    guard let positions else { return nil }
    return Relation(columns: positions.map { operation.columns[$0] }, chunks: parts).distinct()
  }
}
