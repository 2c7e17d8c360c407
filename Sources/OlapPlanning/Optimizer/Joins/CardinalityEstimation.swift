internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions

/// Expected rows and distinct values of plans, from table statistics.
final class CardinalityEstimation {
  private let context: any PlanningContext
  /// Definitions of materialised relations met on the way down.
  private var relations: [Int: RelationEstimate] = [:]
  private var relationColumns: [Int: [PlanColumn]] = [:]

  /// Rows assumed of a table function that does not say.
  private static let unknownRows: Double = 1000

  init(state: OptimizerState) { context = state.context }

  func estimate(_ plan: LogicalPlan) -> RelationEstimate {
    var result = compute(plan)
    for column in plan.producedColumns where result.columns[column.id] == nil {
      result.columns[column.id] = ColumnEstimate(distinct: result.rows)
    }
    return result
  }

  private func compute(_ plan: LogicalPlan) -> RelationEstimate {
    switch plan {
    case .scan(let scan): return estimate(scan)
    case .tableFunction(let scan):
      return RelationEstimate(
        rows: scan.bound.rowCount.map { Double($0) } ?? CardinalityEstimation.unknownRows)
    case .values(let rows, _): return RelationEstimate(rows: Double(rows.count))
    case .filter(let input, let conditions):
      return filtered(estimate(input), conditions)
    case .project(let input, let projections): return projected(estimate(input), projections)
    case .aggregate(let aggregate): return estimate(aggregate)
    case .window(let input, _), .sort(let input, _): return estimate(input)
    case .join(let join), .dependentJoin(let join, _): return estimate(join)
    case .topN(let input, _, let limit, _):
      let below = estimate(input)
      return below.scaled(to: min(below.rows, Double(limit)))
    case .limit(let input, let limit): return limited(estimate(input), limit)
    case .distinct(let input, let keys, _):
      let below = estimate(input)
      let expressions = keys ?? input.columns.map { $0.reference }
      return below.scaled(to: groupCount(expressions, below))
    case .setOperation(let operation): return estimate(operation)
    case .materialize(let index, let definition, let body):
      register(index, definition)
      return estimate(body)
    case .cteScan(let index, let columns): return estimateRelation(index, columns)
    case .recursiveCTE(let cte): return RelationEstimate(rows: estimate(cte.initial).rows * 10)
    case .workingTableScan: return RelationEstimate(rows: CardinalityEstimation.unknownRows)
    case .unnest(let unnest):
      let below = estimate(unnest.input)
      return below.scaled(to: below.rows * 4)
    case .sample(let input, let sample):
      let below = estimate(input)
      switch sample.size {
      case .rows(let n): return below.scaled(to: min(below.rows, Double(n)))
      case .percent(let share): return below.scaled(to: below.rows * share / 100)
      }
    }
  }

  /// Makes the size of a materialised relation known to scans of it.
  func register(_ index: Int, _ definition: LogicalPlan) {
    relations[index] = estimate(definition)
    relationColumns[index] = definition.columns
  }

  // MARK: Leaves

  private func estimate(_ scan: TableScan) -> RelationEstimate {
    guard let statistics = context.statistics(of: scan.table.id) else {
      return RelationEstimate(rows: CardinalityEstimation.unknownRows)
    }
    let rows = Double(max(statistics.rowCount, 1))
    var columns: [ColumnID: ColumnEstimate] = [:]
    var byPosition: [Int: ColumnID] = [:]
    for (position, output) in scan.columns {
      columns[output.id] = estimate(position, scan.table, statistics, rows)
      byPosition[position] = output.id
    }
    var base = RelationEstimate(rows: rows, columns: columns)
    if let rowID = scan.rowID { base.columns[rowID.id] = ColumnEstimate(distinct: rows) }
    if scan.predicates.isEmpty { return base }
    // Predicates may read positions that are not output: they get ids of their own here.
    var conditions: [BoundExpression] = []
    var hidden = -1
    for predicate in scan.predicates {
      let id = byPosition[predicate.column] ?? ColumnID(hidden)
      if byPosition[predicate.column] == nil {
        base.columns[id] = estimate(predicate.column, scan.table, statistics, rows)
        byPosition[predicate.column] = id
        hidden -= 1
      }
      guard scan.table.columns.indices.contains(predicate.column) else { continue }
      let type = scan.table.columns[predicate.column].type
      if let condition = predicate.condition.expression(on: .column(id, type), type) {
        conditions.append(condition)
      }
    }
    return filtered(base, conditions)
  }

  private func estimate(
    _ position: Int, _ table: TableEntry, _ statistics: TableStatistics, _ rows: Double
  ) -> ColumnEstimate {
    let isKey = table.keys.contains { $0.columns == [position] }
    guard statistics.columns.indices.contains(position) else {
      return ColumnEstimate(distinct: isKey ? rows : max(rows / 10, 1))
    }
    let column = statistics.columns[position]
    var distinct = column.distinctCount.map { Double($0) } ?? (isKey ? rows : rows / 10)
    if isKey { distinct = rows }
    if let low = column.minimum?.position, let high = column.maximum?.position,
      table.columns.indices.contains(position), table.columns[position].type.isCountable
    {
      distinct = min(distinct, high - low + 1)
    }
    return ColumnEstimate(
      distinct: min(distinct, rows), minimum: column.minimum, maximum: column.maximum,
      nullFraction: Double(column.nullCount ?? 0) / rows)
  }

  private func estimateRelation(_ index: Int, _ columns: [PlanColumn]) -> RelationEstimate {
    guard let known = relations[index], let names = relationColumns[index] else {
      return RelationEstimate(rows: CardinalityEstimation.unknownRows)
    }
    var result = RelationEstimate(rows: known.rows, unfilteredRows: known.unfilteredRows)
    for (name, column) in zip(names, columns) { result.columns[column.id] = known.columns[name.id] }
    return result
  }

  // MARK: Operators

  func filtered(
    _ input: RelationEstimate, _ conditions: [BoundExpression]
  ) -> RelationEstimate {
    if conditions.isEmpty { return input }
    let share = Selectivity(relation: input).of(conditions)
    var result = input.scaled(to: input.rows * share)
    for condition in conditions.flatMap({ $0.conjuncts }) {
      guard let id = constrainedColumn(condition), var column = result.columns[id] else { continue }
      let own = Selectivity(relation: input).of(condition)
      column.domain = max(column.domain * own, 1)
      column.distinct = min(column.distinct, column.domain)
      result.columns[id] = column
    }
    return result
  }

  /// The column of a comparison with constants: the same condition usually holds of its join partner.
  private func constrainedColumn(_ condition: BoundExpression) -> ColumnID? {
    switch condition {
    case .comparison(_, .column(let id, _), .constant): id
    case .inList(.column(let id, _), _, _): id
    default: nil
    }
  }

  private func projected(
    _ input: RelationEstimate, _ projections: [Projection]
  ) -> RelationEstimate {
    var result = input
    for projection in projections where !projection.isPassThrough {
      if let id = projection.expression.columnID {
        result.columns[projection.output.id] = input.columns[id]
      } else {
        result.columns[projection.output.id] = ColumnEstimate(
          distinct: input.distinct(projection.expression))
      }
    }
    return result
  }

  func groupCount(_ expressions: [BoundExpression], _ input: RelationEstimate) -> Double {
    var product: Double = 1
    for expression in expressions { product *= input.distinct(expression) }
    if expressions.count > 1 { product = min(product, max(input.rows * 0.75, 1)) }
    return min(product, input.rows)
  }

  private func estimate(_ aggregate: Aggregate) -> RelationEstimate {
    let input = estimate(aggregate.input)
    var groups = groupCount(aggregate.groups.map { $0.expression }, input)
    if let sets = aggregate.groupingSets {
      groups = sets.reduce(0.0) { total, set in
        let keys = set.filter { aggregate.groups.indices.contains($0) }
          .map { aggregate.groups[$0].expression }
        return total + groupCount(keys, input)
      }
    }
    var result = RelationEstimate(rows: groups)
    for group in aggregate.groups {
      var column =
        group.expression.columnID.flatMap { input.columns[$0] }
        ?? ColumnEstimate(distinct: input.distinct(group.expression))
      column.distinct = min(column.distinct, groups)
      result.columns[group.output.id] = column
    }
    for call in aggregate.calls {
      result.columns[call.output.id] = ColumnEstimate(distinct: groups)
    }
    return result
  }

  private func limited(_ input: RelationEstimate, _ limit: Limit) -> RelationEstimate {
    guard case .integer(let count)? = limit.count?.constantValue else { return input }
    return input.scaled(to: min(input.rows, Double(max(count, 0))))
  }

  private func estimate(_ operation: SetOperation) -> RelationEstimate {
    let inputs = operation.inputs.map { estimate($0) }
    var rows: Double
    switch operation.kind {
    case .union: rows = inputs.reduce(0) { $0 + $1.rows }
    case .intersect: rows = inputs.map { $0.rows }.min() ?? 1
    case .except: rows = inputs.first?.rows ?? 1
    }
    if operation.kind == .union && !operation.isAll { rows *= 0.8 }
    var result = RelationEstimate(rows: rows)
    for (i, output) in operation.columns.enumerated() {
      var distinct: Double = 1
      for (plan, estimate) in zip(operation.inputs, inputs) where i < plan.columns.count {
        distinct = max(distinct, estimate.column(plan.columns[i].id).distinct)
      }
      result.columns[output.id] = ColumnEstimate(distinct: min(distinct, result.rows))
    }
    return result
  }

  // MARK: Joins

  private func estimate(_ join: Join) -> RelationEstimate {
    combine(join, estimate(join.left), estimate(join.right))
  }

  /// The join's output from its inputs' estimates.
  func combine(
    _ join: Join, _ left: RelationEstimate, _ right: RelationEstimate
  ) -> RelationEstimate {
    let matched = JoinCardinality(left: left, right: right).matches(join.conditions)
    var both = left
    both.columns.merge(right.columns) { first, _ in first }
    switch join.kind {
    case .inner, .cross: return both.resized(to: matched)
    case .left, .asofLeft: return both.resized(to: max(matched, left.rows))
    case .single: return both.resized(to: left.rows)
    case .mark: return left
    case .asof: return both.resized(to: left.rows)
    case .right: return both.resized(to: max(matched, right.rows))
    case .full: return both.resized(to: max(matched, left.rows, right.rows))
    case .positional: return both.resized(to: max(left.rows, right.rows))
    case .semi, .anti:
      let share = JoinCardinality(left: left, right: right).semiShare(join.conditions)
      return left.scaled(to: left.rows * (join.kind == .semi ? share : max(1 - share, 0.1)))
    case .rightSemi, .rightAnti:
      let share = JoinCardinality(left: right, right: left).semiShare(join.conditions)
      return right.scaled(to: right.rows * (join.kind == .rightSemi ? share : max(1 - share, 0.1)))
    }
  }
}

extension RelationEstimate {
  /// Joined rows: distinct values are bounded by them.
  fileprivate func resized(to newRows: Double) -> RelationEstimate {
    var copy = self
    copy.rows = max(newRows, 1)
    copy.unfilteredRows = copy.rows
    for (id, column) in columns where column.distinct > copy.rows {
      copy.columns[id]?.distinct = copy.rows
    }
    return copy
  }
}

extension SQLType {
  /// Types whose bounds limit the number of distinct values.
  fileprivate var isCountable: Bool { isInteger || self == .date || self == .boolean }
}

extension ScanPredicate.Condition {
  /// The predicate as an expression, for estimates; nil for run-time filters.
  fileprivate func expression(on column: BoundExpression, _ type: SQLType) -> BoundExpression? {
    switch self {
    case .compare(let comparison, let value):
      .comparison(comparison, column, .constant(value, type))
    case .isIn(let values):
      .inList(column, values.map { .constant($0, type) }, negated: false)
    case .isNull: .isNull(column, negated: false)
    case .isNotNull: .isNull(column, negated: true)
    case .runtime: nil
    }
  }
}
