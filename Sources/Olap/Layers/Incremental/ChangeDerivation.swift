internal import OlapColumns
internal import OlapPlanning

/// Derives how the rows of a plan changed from how its inputs changed, bottom up.
///
/// Two forms are passed up: exact signed rows (linear operators keep them exact) and affected keys
/// (breakers turn rows into the keys of the groups, partitions or left rows they touch). Where an
/// operator needs rows and has keys, the plan below is computed for these keys at both versions and
/// compared: `rows(of:keys:)`. Every step is sound for bags with NULLs; precision only saves work.
struct ChangeDerivation {
  let runner: PlanRunner
  let reduction: KeyReduction
  let supports: AggregateSupportTables

  init(runner: PlanRunner, supports: AggregateSupportTables) {
    self.runner = runner
    self.supports = supports
    reduction = KeyReduction(runner: runner)
  }

  /// How the rows of `plan` (unversioned) changed.
  func change(of plan: LogicalPlan) throws -> Change {
    guard runner.isTouched(plan) else { return .none }
    switch plan {
    case .scan(let scan): return try change(of: scan)
    case .filter(let input, let conditions): return try change(of: input, filteredBy: conditions)
    case .project(let input, let projections):
      return try change(of: input, projectedTo: projections)
    case .aggregate(let aggregate): return try change(of: aggregate)
    case .window(let input, let calls): return try change(of: input, windows: calls)
    case .join(let join): return try change(of: join)
    case .sort(let input, let items):
      if items.contains(where: { runner.moves($0.expression) }) { return .everywhere }
      return try change(of: input)
    case .distinct(let input, let keys, let order):
      return try change(of: input, distinctOn: keys, order)
    case .setOperation(let operation): return try change(of: operation)
    case .unnest(let unnest): return try change(of: unnest)
    case .topN(let input, _, _, _), .limit(let input, _):
      // Which rows are among the first is a question about all of them.
      return try isUnchanged(input) && !plan.expressions.contains { runner.moves($0) }
        ? .none : .everywhere
    case .recursiveCTE, .values, .tableFunction, .cteScan, .workingTableScan, .sample,
      .materialize, .dependentJoin:
      return .everywhere
    }
  }

  private func isUnchanged(_ plan: LogicalPlan) throws -> Bool { try change(of: plan).isNone }

  // MARK: Rows from keys

  /// The exact change of `plan`: `change`, with keys resolved by computing their rows at both versions.
  func rows(of plan: LogicalPlan, _ change: Change) throws -> SignedRows {
    switch change {
    case .none: return SignedRows(columns: plan.columns)
    case .rows(let rows): return rows.arranged(as: plan.columns)
    case .keys(let keys):
      runner.noteKeys()
      let new = try runner.run(reduction.restricted(plan, to: keys, .current))
      let old = try runner.run(reduction.restricted(plan, to: keys, .earlier))
      return SignedRows(from: old, to: new)
    }
  }

  func rows(of plan: LogicalPlan) throws -> SignedRows {
    try rows(of: plan, try change(of: plan))
  }

  /// Runs a plan over the changed rows in place of `plan`'s; only for operators that treat every row
  /// by itself.
  func linear(
    _ rows: SignedRows, _ build: (LogicalPlan) -> LogicalPlan, columns: [PlanColumn]
  ) throws -> SignedRows {
    let weight = runner.numbers.column("weight", .bigint)
    let result = try runner.run(
      build(rows.weighted(by: weight).scan).projected(to: columns + [weight]))
    return SignedRows(columns: columns, parts: [SignedRows.parts(result, weight: weight.id)])
  }

  // MARK: Leaves

  private func change(of scan: TableScan) throws -> Change {
    guard let input = runner.inputs[scan.table.id] else { return .none }
    let columns = scan.columns.map { $0.output }
    let feed = try input.feed(scan.columns.map { $0.position })
    var parts: [(rows: Chunk, weights: [Int])] = []
    while let (chunk, isInsert) = try feed() {
      if !isInsert, runner.fault == .ignoresDeletes { continue }
      parts.append((chunk, Array(repeating: isInsert ? 1 : -1, count: chunk.count)))
    }
    runner.noteRead(input.changedRowCount)
    return .exactly(SignedRows(columns: columns, parts: parts))
  }

  // MARK: Row by row

  private func change(
    of input: LogicalPlan, filteredBy conditions: [BoundExpression]
  ) throws -> Change {
    let below = try change(of: input)
    let conjuncts = conditions.flatMap { $0.conjuncts }
    let moving = conjuncts.filter { runner.moves($0) }
    if moving.isEmpty {
      switch below {
      case .none, .keys: return below
      case .rows(let rows):
        let current = conjuncts.map { runner.version($0, .current) }
        return .exactly(
          try linear(rows, { $0.filtered(by: current) }, columns: input.columns))
      }
    }
    return .exactly(try changeByClock(of: input, below, conjuncts, moving))
  }

  /// σ now − σ then = σ now of the change below, and the old rows whose condition turned.
  private func changeByClock(
    of input: LogicalPlan, _ below: Change, _ conjuncts: [BoundExpression],
    _ moving: [BoundExpression]
  ) throws -> SignedRows {
    let changed = try rows(of: input, below)
    let current = conjuncts.map { runner.version($0, .current) }
    let earlier = conjuncts.map { runner.version($0, .earlier) }
    let through = try linear(changed, { $0.filtered(by: current) }, columns: input.columns)
    let before = runner.version(input, .earlier)
    let entered = try runner.run(
      before.filtered(by: current + [notAll(moving.map { runner.version($0, .earlier) })]))
    let left = try runner.run(
      before.filtered(by: earlier + [notAll(moving.map { runner.version($0, .current) })]))
    return SignedRows(
      columns: input.columns,
      parts: [
        (through.relation.rows, through.weights),
        (entered.rows, Array(repeating: 1, count: entered.rowCount)),
        (left.rows, Array(repeating: -1, count: left.rowCount)),
      ])
  }

  /// Whether not all conditions are TRUE. A comparison of which the other reading of the clock is TRUE
  /// has no NULL side, so its negation can be a comparison, which scans use to skip zones.
  private func notAll(_ conditions: [BoundExpression]) -> BoundExpression {
    .disjunction(
      conditions.map { condition in
        if case .comparison(let comparison, let left, let right) = condition,
          let opposite = comparison.opposite
        {
          return .comparison(opposite, left, right)
        }
        return .not(
          .coalesce([condition, .constant(.boolean(false), .boolean)], type: .boolean))
      })
  }

  private func change(
    of input: LogicalPlan, projectedTo projections: [Projection]
  ) throws -> Change {
    let below = try change(of: input)
    let outputs = projections.map { $0.output }
    let moving = projections.filter { runner.moves($0.expression) }
    if moving.isEmpty {
      switch below {
      case .none: return .none
      case .keys(let keys):
        if let renamed = rename(keys, projections) { return .keys(renamed) }
        return .exactly(try projected(try rows(of: input, below), projections, .current, outputs))
      case .rows(let rows):
        return .exactly(try projected(rows, projections, .current, outputs))
      }
    }
    let changed = try rows(of: input, below)
    let through = try projected(changed, projections, .current, outputs)
    let differs = BoundExpression.disjunction(
      moving.map {
        .comparison(
          .distinctFrom, runner.version($0.expression, .earlier),
          runner.version($0.expression, .current))
      })
    let turned = try runner.run(runner.version(input, .earlier).filtered(by: [differs]))
    let new = try runner.run(.project(turned.scan, version(projections, .current)))
    let old = try runner.run(.project(turned.scan, version(projections, .earlier)))
    return .exactly(
      SignedRows(
        columns: outputs,
        parts: [
          (through.relation.rows, through.weights),
          (new.rows, Array(repeating: 1, count: new.rowCount)),
          (old.rows, Array(repeating: -1, count: old.rowCount)),
        ]))
  }

  private func version(
    _ projections: [Projection], _ version: PlanRunner.Version
  ) -> [Projection] {
    projections.map { Projection(runner.version($0.expression, version), as: $0.output) }
  }

  private func projected(
    _ rows: SignedRows, _ projections: [Projection], _ version: PlanRunner.Version,
    _ outputs: [PlanColumn]
  ) throws -> SignedRows {
    let weight = runner.numbers.column("weight", .bigint)
    let plan = LogicalPlan.project(
      rows.weighted(by: weight).scan,
      self.version(projections, version) + [Projection(passing: weight)])
    let result = try runner.run(plan)
    return SignedRows(columns: outputs, parts: [SignedRows.parts(result, weight: weight.id)])
  }

  /// The keys under the projection's names, when it hands all of them on.
  private func rename(_ keys: Relation, _ projections: [Projection]) -> Relation? {
    var columns: [PlanColumn] = []
    for key in keys.columns {
      guard let output = projections.first(where: { $0.expression.columnID == key.id })?.output
      else { return nil }
      columns.append(output)
    }
    return keys.renamed(to: columns)
  }

  private func change(of unnest: Unnest) throws -> Change {
    if unnest.lists.contains(where: { runner.moves($0.expression) }) { return .everywhere }
    let below = try change(of: unnest.input)
    switch below {
    case .none, .keys: return below
    case .rows(let rows):
      var copy = unnest
      copy.lists = version(unnest.lists, .current)
      return .exactly(
        try linear(
          rows,
          { input in
            copy.input = input
            return .unnest(copy)
          }, columns: LogicalPlan.unnest(unnest).columns))
    }
  }
}

extension SignedRows {
  /// The same rows with the columns in another order.
  func arranged(as columns: [PlanColumn]) -> SignedRows {
    var copy = self
    copy.relation = relation.projected(to: columns.map { $0.id })
    return copy
  }
}

extension ComparisonOperator {
  /// The comparison that holds exactly when this one does not, both sides being non-NULL.
  fileprivate var opposite: ComparisonOperator? {
    switch self {
    case .equal: .notEqual
    case .notEqual: .equal
    case .less: .greaterOrEqual
    case .lessOrEqual: .greater
    case .greater: .lessOrEqual
    case .greaterOrEqual: .less
    case .distinctFrom: .notDistinctFrom
    case .notDistinctFrom: .distinctFrom
    }
  }
}
