internal import OlapColumns

/// Removes what nobody reads: scanned columns, projections, aggregates, window calls, marks, and joins
/// that can only repeat their left rows. Consecutive projections become one.
final class ColumnPruning {
  /// Positions read of each materialised relation, gathered while its body is pruned.
  private var relationReads: [Int: Set<Int>] = [:]

  func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    prune(plan, Set(plan.columns.map(\.id))).projected(to: plan.columns)
  }

  /// The plan with at least the needed columns, in any order.
  func prune(_ plan: LogicalPlan, _ needed: Set<ColumnID>) -> LogicalPlan {
    switch plan {
    case .scan(var scan):
      scan.columns.removeAll { !needed.contains($0.output.id) }
      if let rowID = scan.rowID, !needed.contains(rowID.id) { scan.rowID = nil }
      return .scan(scan)
    case .tableFunction(var scan):
      scan.columns.removeAll { !needed.contains($0.output.id) }
      return .tableFunction(scan)
    case .values(let rows, let columns): return pruneValues(rows, columns, needed)
    case .filter(let input, let conditions):
      return .filter(prune(input, needed.union(reads(of: plan))), conditions)
    case .project(let input, let projections): return pruneProject(input, projections, needed)
    case .aggregate(let aggregate): return pruneAggregate(aggregate, needed)
    case .window(let input, let calls):
      let kept = calls.filter { needed.contains($0.output.id) }
      if kept.isEmpty { return prune(input, needed) }
      let window = LogicalPlan.window(input, kept)
      return .window(narrow(input, needed.union(reads(of: window))), kept)
    case .join(let join), .dependentJoin(let join, _): return pruneJoin(join, needed)
    case .sort(let input, let items):
      return .sort(narrow(input, needed.union(reads(of: plan))), items)
    case .topN(let input, let items, let limit, let offset):
      let pruned = narrow(input, needed.union(reads(of: plan)))
      return .topN(pruned, items, limit: limit, offset: offset)
    case .limit(let input, let limit):
      return .limit(prune(input, needed.union(reads(of: plan))), limit)
    case .sample(let input, let sample): return .sample(prune(input, needed), sample)
    case .distinct(let input, nil, let order):
      return .distinct(exactly(input), on: nil, orderBy: order)
    case .distinct(let input, let keys, let order):
      return .distinct(narrow(input, needed.union(reads(of: plan))), on: keys, orderBy: order)
    case .setOperation(let operation): return pruneSetOperation(operation, needed)
    case .materialize(let index, let definition, let body):
      return pruneMaterialize(index, definition, body, needed)
    case .cteScan(let index, let columns):
      let positions = columns.indices.filter { needed.contains(columns[$0].id) }
      relationReads[index, default: []].formUnion(positions)
      return plan
    case .recursiveCTE(var cte):
      cte.initial = exactly(cte.initial)
      cte.step = exactly(cte.step)
      return .recursiveCTE(cte)
    case .workingTableScan: return plan
    case .unnest(var unnest):
      unnest.input = prune(unnest.input, needed.union(reads(of: plan)))
      if let ordinality = unnest.ordinality, !needed.contains(ordinality.id) {
        unnest.ordinality = nil
      }
      return .unnest(unnest)
    }
  }

  private func reads(of plan: LogicalPlan) -> Set<ColumnID> { plan.referencedColumns }

  /// All columns of the plan, in order.
  private func exactly(_ plan: LogicalPlan) -> LogicalPlan {
    prune(plan, Set(plan.columns.map(\.id))).projected(to: plan.columns)
  }

  /// Only the needed columns, with a projection where the pruned plan still has more: for operators
  /// that keep or copy their input rows.
  private func narrow(_ plan: LogicalPlan, _ needed: Set<ColumnID>) -> LogicalPlan {
    let pruned = prune(plan, needed)
    let columns = pruned.columns
    let kept = columns.filter { needed.contains($0.id) }
    return kept.count == columns.count
      ? pruned : .project(pruned, kept.map { Projection(passing: $0) })
  }

  private func pruneValues(
    _ rows: [[BoundExpression]], _ columns: [PlanColumn], _ needed: Set<ColumnID>
  ) -> LogicalPlan {
    let kept = columns.indices.filter { needed.contains(columns[$0].id) }
    if kept.count == columns.count { return .values(rows: rows, columns: columns) }
    return .values(
      rows: rows.map { row in kept.filter { $0 < row.count }.map { row[$0] } },
      columns: kept.map { columns[$0] })
  }

  private func pruneAggregate(_ aggregate: Aggregate, _ needed: Set<ColumnID>) -> LogicalPlan {
    var copy = aggregate
    copy.calls = aggregate.calls.filter { needed.contains($0.output.id) }
    copy.groupingCalls = aggregate.groupingCalls.filter { needed.contains($0.output.id) }
    if copy.calls.isEmpty && copy.groups.isEmpty && copy.groupingSets == nil
      && copy.groupingCalls.isEmpty
    {
      return .singleRow
    }
    copy.input = prune(aggregate.input, reads(of: .aggregate(copy)))
    return .aggregate(copy)
  }

  private func pruneSetOperation(
    _ operation: SetOperation, _ needed: Set<ColumnID>
  ) -> LogicalPlan {
    var copy = operation
    guard operation.kind == .union && operation.isAll else {
      copy.inputs = operation.inputs.map { exactly($0) }
      return .setOperation(copy)
    }
    let kept = operation.columns.indices.filter { needed.contains(operation.columns[$0].id) }
    copy.columns = kept.map { operation.columns[$0] }
    copy.inputs = operation.inputs.map { input in
      let columns = input.columns
      let wanted = kept.filter { $0 < columns.count }.map { columns[$0] }
      return prune(input, Set(wanted.map(\.id))).projected(to: wanted)
    }
    return .setOperation(copy)
  }

  private func pruneMaterialize(
    _ index: Int, _ definition: LogicalPlan, _ body: LogicalPlan, _ needed: Set<ColumnID>
  ) -> LogicalPlan {
    relationReads[index] = []
    let prunedBody = prune(body, needed)
    let columns = definition.columns
    let kept = columns.indices.filter { relationReads[index]?.contains($0) == true }
    let wanted = kept.map { columns[$0] }
    let prunedDefinition = prune(definition, Set(wanted.map(\.id))).projected(to: wanted)
    let narrowedBody = prunedBody.rewrittenUp { node in
      guard case .cteScan(index, let scanned) = node else { return node }
      return .cteScan(index: index, columns: kept.filter { $0 < scanned.count }.map { scanned[$0] })
    }
    return .materialize(index: index, definition: prunedDefinition, body: narrowedBody)
  }

  // MARK: Joins

  private func pruneJoin(_ join: Join, _ needed: Set<ColumnID>) -> LogicalPlan {
    let leftIDs = Set(join.left.columns.map(\.id))
    let rightIDs = Set(join.right.columns.map(\.id))
    if isRedundant(join, needed, leftIDs, rightIDs) { return prune(join.left, needed) }
    var wanted = needed
    for condition in join.conditions { condition.collectColumns(into: &wanted) }
    var copy = join
    copy.left = narrow(join.left, wanted.intersection(leftIDs))
    copy.right = narrow(join.right, wanted.intersection(rightIDs))
    return .join(copy)
  }

  /// Whether the join gives exactly the left rows and nothing of the right side is read.
  private func isRedundant(
    _ join: Join, _ needed: Set<ColumnID>, _ left: Set<ColumnID>, _ right: Set<ColumnID>
  ) -> Bool {
    switch join.kind {
    case .mark: return join.mark.map { !needed.contains($0.id) } ?? false
    case .cross: return needed.isDisjoint(with: right) && join.right.hasExactlyOneRow
    case .left:
      guard needed.isDisjoint(with: right) else { return false }
      if join.right.hasAtMostOneRow { return true }
      var keys: Set<ColumnID> = []
      for condition in join.conditions {
        if case .comparison(.equal, let a, let b) = condition {
          if let id = b.columnID, right.contains(id), a.columns.isSubset(of: left) {
            keys.insert(id)
          } else if let id = a.columnID, right.contains(id), b.columns.isSubset(of: left) {
            keys.insert(id)
          }
        }
      }
      return UniqueKeys.isUnique(keys, in: join.right)
    default: return false
    }
  }

  // MARK: Projections

  private func pruneProject(
    _ input: LogicalPlan, _ projections: [Projection], _ needed: Set<ColumnID>
  ) -> LogicalPlan {
    var input = input
    var kept = projections.filter { needed.contains($0.output.id) }
    while case .project(let below, let inner) = input, let merged = merge(kept, inner) {
      input = below
      kept = merged
    }
    var wanted: Set<ColumnID> = []
    for projection in kept { projection.expression.collectColumns(into: &wanted) }
    let pruned = prune(input, wanted)
    // A relation that is only narrowed or reordered: whoever needs an order asks for it.
    if kept.allSatisfy({ $0.isPassThrough }) { return pruned }
    if case .project(let below, let inner) = pruned, let merged = merge(kept, inner) {
      return .project(below, merged)
    }
    return .project(pruned, kept)
  }

  /// The outer projections over the inner ones' input; nil when that would compute something twice.
  private func merge(_ outer: [Projection], _ inner: [Projection]) -> [Projection]? {
    var definitions: [ColumnID: BoundExpression] = [:]
    var costly: Set<ColumnID> = []
    for projection in inner where !projection.isPassThrough {
      definitions[projection.output.id] = projection.expression
      switch projection.expression {
      case .column, .constant, .parameter: break
      default:
        if projection.expression.isVolatile { return nil }
        costly.insert(projection.output.id)
      }
    }
    if !costly.isEmpty {
      var uses: [ColumnID: Int] = [:]
      for projection in outer { projection.expression.countColumns(into: &uses) }
      if costly.contains(where: { uses[$0, default: 0] > 1 }) { return nil }
      let hidden = outer.contains { $0.expression.readsInsideLambda(costly) }
      if hidden { return nil }
    }
    return outer.map { projection in
      projection.mapExpression { $0.substituting(definitions) }
    }
  }
}

extension BoundExpression {
  /// Counts the references to each column.
  func countColumns(into counts: inout [ColumnID: Int]) {
    if case .column(let id, _) = self { counts[id, default: 0] += 1 }
    for child in children { child.countColumns(into: &counts) }
  }

  /// Whether a lambda body, evaluated per element, reads one of the columns.
  func readsInsideLambda(_ columns: Set<ColumnID>) -> Bool {
    contains { part in
      if case .lambdaCall(let call) = part {
        !call.body.columns.isDisjoint(with: columns)
      } else {
        false
      }
    }
  }
}
