internal import OlapCatalog
internal import OlapColumns
internal import OlapPlanning
internal import OlapStorage

/// Cuts a plan down to the rows that matter for a set of keys, as near to its scans as possible, so that
/// what is read follows the number of keys.
///
/// A scan whose table key is among the key columns becomes a look-up in the key index. A join restricts
/// one side and hands the values found on to the other. Reductions may keep more rows than asked for
/// (`isExact` tells), never fewer of those that matter.
struct KeyReduction {
  let runner: PlanRunner

  /// A plan whose rows with the wanted keys are those of the original.
  struct Reduced {
    var plan: LogicalPlan
    /// Whether it has no rows with other keys.
    var isExact: Bool
    /// Whether its rows are about as few as the keys'.
    var isSmall: Bool
  }

  /// More keys than this share of a table are found by reading it.
  private static let probeShare = 8
  /// Larger sides are not evaluated ahead for the sake of the other side.
  private static let sideMaximum = 1_000_000

  /// `plan` (unversioned) at a version, exactly those rows whose key columns are among `keys`.
  /// Without key columns: all rows.
  func restricted(
    _ plan: LogicalPlan, to keys: Relation, _ version: PlanRunner.Version
  ) throws -> LogicalPlan {
    let versioned = runner.version(plan, version)
    if keys.columns.isEmpty { return versioned }
    let reduced = try reduce(versioned, keys)
    return reduced.isExact ? reduced.plan : semiJoin(reduced.plan, keys)
  }

  /// `plan` (unversioned) at a version without rows that no row of `relation` can join on the
  /// equalities among `conditions`.
  func matching(
    _ plan: LogicalPlan, _ relation: Relation, _ conditions: [BoundExpression],
    _ version: PlanRunner.Version
  ) throws -> LogicalPlan {
    let versioned = runner.version(plan, version)
    let versionedConditions = conditions.map { runner.version($0, version) }
    guard let keys = try joinKeys(versionedConditions, from: relation, to: versioned) else {
      return versioned
    }
    return try reduce(versioned, keys).plan
  }

  /// The rows of the plan with keys among `keys`.
  private func semiJoin(_ plan: LogicalPlan, _ keys: Relation) -> LogicalPlan {
    let fresh = keys.columns.map { runner.numbers.column($0.name, $0.type) }
    let conditions = keys.columns.indices.map { position -> BoundExpression in
      .comparison(
        keys.hasNull(position) ? .notDistinctFrom : .equal, keys.columns[position].reference,
        fresh[position].reference)
    }
    return .join(
      Join(kind: .semi, left: plan, right: keys.renamed(to: fresh).scan, conditions: conditions))
  }

  // MARK: Going down

  /// `keys` has columns of `plan` (a versioned plan).
  private func reduce(_ plan: LogicalPlan, _ keys: Relation) throws -> Reduced {
    if keys.columns.isEmpty { return Reduced(plan: plan, isExact: false, isSmall: false) }
    switch plan {
    case .scan(let scan): return try reduce(scan, keys)
    case .filter(let input, let conditions):
      let below = try reduce(input, keys)
      return below.with(.filter(below.plan, conditions))
    case .sort(let input, let items):
      let below = try reduce(input, keys)
      return below.with(.sort(below.plan, items))
    case .unnest(var unnest):
      let mapped = keep(keys) { unnest.input.columns.map(\.id).contains($0) }
      let below = try reduce(unnest.input, mapped)
      unnest.input = below.plan
      return below.with(
        .unnest(unnest), coversKeys: mapped.columns.count == keys.columns.count)
    case .project(let input, let projections): return try reduce(input, projections, keys)
    case .aggregate(let aggregate): return try reduce(aggregate, keys)
    case .window(let input, let calls):
      return try reduce(input, within: calls.map { $0.partitionBy }, keys) { .window($0, calls) }
    case .distinct(let input, nil, let order):
      let below = try reduce(input, keys)
      return below.with(.distinct(below.plan, on: nil, orderBy: order))
    case .distinct(let input, .some(let on), let order):
      return try reduce(input, within: [on], keys) { .distinct($0, on: on, orderBy: order) }
    case .setOperation(var operation):
      var isExact = true
      var isSmall = true
      operation.inputs = try operation.inputs.map { input in
        let below = try reduce(input, rename(keys, operation.columns, input.columns))
        isExact = isExact && below.isExact
        isSmall = isSmall && below.isSmall
        return below.plan
      }
      return Reduced(plan: .setOperation(operation), isExact: isExact, isSmall: isSmall)
    case .join(let join): return try reduce(join, keys)
    default: return Reduced(plan: plan, isExact: false, isSmall: false)
    }
  }

  private func keep(_ keys: Relation, _ wanted: (ColumnID) -> Bool) -> Relation {
    let ids = keys.columns.map { $0.id }.filter(wanted)
    return ids.count == keys.columns.count ? keys : keys.projected(to: ids).distinct()
  }

  private func rename(
    _ keys: Relation, _ from: [PlanColumn], _ to: [PlanColumn]
  ) -> Relation {
    keys.renamed(
      to: keys.columns.map { key in
        from.firstIndex { $0.id == key.id }.map { to[$0] } ?? key
      })
  }

  private func reduce(
    _ input: LogicalPlan, _ projections: [Projection], _ keys: Relation
  ) throws -> Reduced {
    var sources: [ColumnID: PlanColumn] = [:]
    for projection in projections {
      guard let id = projection.expression.columnID else { continue }
      sources[projection.output.id] = PlanColumn(
        id: id, name: projection.output.name, type: projection.output.type)
    }
    let known = keep(keys) { sources[$0] != nil }
    let mapped = known.renamed(to: known.columns.map { sources[$0.id] ?? $0 })
    let single = unique(mapped)
    let below = try reduce(input, single)
    return below.with(
      .project(below.plan, projections), coversKeys: single.columns.count == keys.columns.count)
  }

  /// Two outputs of one column: the keys must agree on it, which is left to the join above.
  private func unique(_ keys: Relation) -> Relation {
    var ids: [ColumnID] = []
    for column in keys.columns where !ids.contains(column.id) { ids.append(column.id) }
    return ids.count == keys.columns.count ? keys : keys.projected(to: ids).distinct()
  }

  private func reduce(_ aggregate: Aggregate, _ keys: Relation) throws -> Reduced {
    // A row of a grouping set is made of all its group's rows, whatever the keys say of other columns.
    guard aggregate.groupingSets == nil, !aggregate.groups.isEmpty else {
      return Reduced(plan: .aggregate(aggregate), isExact: false, isSmall: false)
    }
    let groups = aggregate.groups.filter { keys.position(of: $0.output.id) != nil }
    var result = aggregate
    if groups.count == keys.columns.count,
      let direct = directSources(groups, keys)
    {
      let below = try reduce(aggregate.input, direct)
      result.input = below.plan
      if below.isExact { return below.with(.aggregate(result)) }
    }
    // Rows of other groups need not be aggregated.
    if !groups.isEmpty {
      let known = keys.projected(to: groups.map { $0.output.id }).distinct()
      let fresh = known.columns.map { runner.numbers.column($0.name, $0.type) }
      let conditions = groups.indices.map { index -> BoundExpression in
        .comparison(
          known.hasNull(index) ? .notDistinctFrom : .equal, groups[index].expression,
          fresh[index].reference)
      }
      result.input = .join(
        Join(
          kind: .semi, left: result.input, right: known.renamed(to: fresh).scan,
          conditions: conditions))
      return Reduced(
        plan: .aggregate(result), isExact: groups.count == keys.columns.count, isSmall: true)
    }
    return Reduced(plan: .aggregate(result), isExact: false, isSmall: false)
  }

  /// The keys under the names of the columns that the groups are; nil when one is an expression or
  /// two are the same column.
  private func directSources(_ groups: [Projection], _ keys: Relation) -> Relation? {
    var columns: [PlanColumn] = []
    for key in keys.columns {
      guard let group = groups.first(where: { $0.output.id == key.id }),
        let id = group.expression.columnID, !columns.contains(where: { $0.id == id })
      else { return nil }
      columns.append(PlanColumn(id: id, name: key.name, type: key.type))
    }
    return keys.renamed(to: columns)
  }

  /// Reduces by the key columns that every partition contains.
  private func reduce(
    _ input: LogicalPlan, within partitions: [[BoundExpression]], _ keys: Relation,
    _ build: (LogicalPlan) -> LogicalPlan
  ) throws -> Reduced {
    let known = keep(keys) { id in
      partitions.allSatisfy { $0.contains { $0.columnID == id } }
    }
    let below = try reduce(input, known)
    return below.with(
      build(below.plan), coversKeys: known.columns.count == keys.columns.count)
  }

  // MARK: Scans

  private func reduce(_ scan: TableScan, _ keys: Relation) throws -> Reduced {
    if let found = try lookUp(scan, keys) { return found }
    var restricted = scan
    for (position, column) in keys.columns.enumerated() where !keys.hasNull(position) {
      guard let source = scan.columns.first(where: { $0.output.id == column.id }),
        let filter = KeySetFilter(keys.rows.columns[position])
      else { continue }
      restricted.predicates.append(
        ScanPredicate(column: source.position, condition: .runtime(filter)))
    }
    return Reduced(plan: semiJoin(.scan(restricted), keys), isExact: true, isSmall: true)
  }

  /// The scan's rows by the key index, when the key columns include a key of the table.
  private func lookUp(_ scan: TableScan, _ keys: Relation) throws -> Reduced? {
    let table = try runner.table(scan.table.id)
    guard scan.changes == nil,
      keys.rowCount <= Swift.max(64, table.rowCount / KeyReduction.probeShare)
    else { return nil }
    var sources: [Int: Int] = [:]
    for (position, key) in keys.columns.enumerated() {
      if let column = scan.columns.first(where: { $0.output.id == key.id }) {
        sources[column.position] = position
      }
    }
    guard
      let key = table.entry.keys.first(where: { key in
        key.columns.allSatisfy { column in
          sources[column].map { !keys.hasNull($0) } ?? false
        }
      })
    else { return nil }
    let positions = key.columns.compactMap { sources[$0] }
    let wanted = keys.projected(to: positions.map { keys.columns[$0].id }).distinct()
    let ids = try probe(table, key.columns, wanted)
    let vectors = try table.fetch(
      columns: scan.columns.map { $0.position }, rowIDs: ids, count: ids.count)
    runner.noteRead(ids.count)
    var columns = scan.columns.map { $0.output }
    var values = vectors.map { $0.flattened() }
    if let rowID = scan.rowID {
      columns.append(rowID)
      values.append(ids.vector)
    }
    let found = Relation(columns: columns, rows: Chunk(columns: values, count: ids.count))
    let isWhole = key.columns.count == keys.columns.count
    return Reduced(
      plan: isWhole ? found.scan : semiJoin(found.scan, keys), isExact: true, isSmall: true)
  }

  private func probe(
    _ table: TableSnapshot, _ columns: [Int], _ wanted: Relation
  ) throws -> [RowID] {
    var ids = [RowID](repeating: -1, count: wanted.rowCount)
    try ids.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      try table.probe(
        columns: columns, vectors: wanted.rows.columns, count: wanted.rowCount, into: base)
    }
    return ids.filter { $0 >= 0 }.sorted()
  }

  // MARK: Joins

  private func reduce(_ join: Join, _ keys: Relation) throws -> Reduced {
    let leftIDs = Set(join.left.columns.map(\.id))
    let rightIDs = Set(join.right.columns.map(\.id))
    let leftKeys = keep(keys) { leftIDs.contains($0) }
    let rightKeys = keep(keys) { rightIDs.contains($0) }
    switch join.kind {
    case .inner:
      if leftKeys.columns.isEmpty && rightKeys.columns.isEmpty { break }
      return leftKeys.columns.count >= rightKeys.columns.count
        ? try reduceFrom(
          left: true, join, leftKeys, isWhole: leftKeys.columns.count == keys.columns.count)
        : try reduceFrom(
          left: false, join, rightKeys, isWhole: rightKeys.columns.count == keys.columns.count)
    case .cross:
      var result = join
      if !leftKeys.columns.isEmpty { result.left = try reduce(join.left, leftKeys).plan }
      if !rightKeys.columns.isEmpty { result.right = try reduce(join.right, rightKeys).plan }
      return Reduced(plan: .join(result), isExact: false, isSmall: false)
    case .left, .semi, .anti, .mark, .single, .asof, .asofLeft:
      if leftKeys.columns.isEmpty { break }
      return try reduceFrom(
        left: true, join, leftKeys, isWhole: leftKeys.columns.count == keys.columns.count)
    case .right:
      if rightKeys.columns.isEmpty { break }
      return try reduceFrom(
        left: false, join, rightKeys, isWhole: rightKeys.columns.count == keys.columns.count)
    case .full, .rightSemi, .rightAnti, .positional: break
    }
    return Reduced(plan: .join(join), isExact: false, isSmall: false)
  }

  /// Reduces one side by the keys, and the other by what the first then contains.
  private func reduceFrom(
    left isLeft: Bool, _ join: Join, _ keys: Relation, isWhole: Bool
  ) throws -> Reduced {
    let first = isLeft ? join.left : join.right
    let second = isLeft ? join.right : join.left
    let reduced = try reduce(first, keys)
    var side = reduced.plan
    var other = second
    if reduced.isSmall, !join.nullAware, hasJoinKeys(join.conditions, from: first, to: second) {
      let rows = try runner.run(side)
      side = rows.scan
      if rows.rowCount <= KeyReduction.sideMaximum,
        let values = try joinKeys(join.conditions, from: rows, to: second)
      {
        other = try reduce(second, values).plan
      }
    }
    let result = isLeft ? join.with(left: side, right: other) : join.with(left: other, right: side)
    return reduced.with(.join(result), coversKeys: isWhole)
  }

  /// Equalities between an expression over `from` and a column of `to`.
  private func equalities(
    _ conditions: [BoundExpression], _ from: Set<ColumnID>, _ to: Set<ColumnID>
  ) -> [(source: BoundExpression, target: BoundExpression, isNullSafe: Bool)] {
    conditions.compactMap { condition in
      guard case .comparison(let comparison, let a, let b) = condition,
        comparison == .equal || comparison == .notDistinctFrom
      else { return nil }
      let isNullSafe = comparison == .notDistinctFrom
      if let id = b.columnID, to.contains(id), !a.columns.isEmpty, a.columns.isSubset(of: from) {
        return (a, b, isNullSafe)
      }
      if let id = a.columnID, to.contains(id), !b.columns.isEmpty, b.columns.isSubset(of: from) {
        return (b, a, isNullSafe)
      }
      return nil
    }
  }

  private func hasJoinKeys(
    _ conditions: [BoundExpression], from: LogicalPlan, to: LogicalPlan
  ) -> Bool {
    !equalities(conditions, Set(from.columns.map(\.id)), Set(to.columns.map(\.id))).isEmpty
  }

  /// The values that columns of `plan` must have to join a row of `relation`; nil without equalities.
  private func joinKeys(
    _ conditions: [BoundExpression], from relation: Relation, to plan: LogicalPlan
  ) throws -> Relation? {
    let columns = plan.columns
    let pairs = equalities(
      conditions, Set(relation.columns.map(\.id)), Set(columns.map(\.id)))
    var projections: [Projection] = []
    var required: [BoundExpression] = []
    var targets: [PlanColumn] = []
    for (source, target, isNullSafe) in pairs {
      guard let column = columns.first(where: { $0.id == target.columnID }),
        !targets.contains(where: { $0.id == column.id })
      else { continue }
      targets.append(column)
      let output = runner.numbers.column(column.name, column.type)
      projections.append(Projection(source, as: output))
      if !isNullSafe { required.append(.isNull(output.reference, negated: true)) }
    }
    if targets.isEmpty { return nil }
    let values = try runner.run(
      LogicalPlan.project(relation.scan, projections).filtered(by: required))
    return values.renamed(to: targets).distinct()
  }
}

extension [RowID] {
  var vector: Vector {
    let vector = Vector.flat(.bigint, count: count)
    let values = vector.values(Int64.self)
    for i in indices { values[i] = self[i] }
    return vector
  }
}

extension KeyReduction.Reduced {
  /// The same over an operator above; `coversKeys` tells whether all key columns were handed down.
  fileprivate func with(_ plan: LogicalPlan, coversKeys: Bool = true) -> KeyReduction.Reduced {
    KeyReduction.Reduced(plan: plan, isExact: isExact && coversKeys, isSmall: isSmall)
  }
}
