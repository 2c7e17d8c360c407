internal import OlapColumns
internal import OlapFunctions

/// Which columns and expressions can never be NULL, and which conditions reject NULL.
enum Nullability {
  /// Whether the expression over the plan's output is never NULL.
  static func isNeverNull(_ expression: BoundExpression, in plan: LogicalPlan) -> Bool {
    isNeverNull(expression, given: neverNullColumns(of: plan))
  }

  static func isNeverNull(
    _ expression: BoundExpression, given columns: Set<ColumnID>
  ) -> Bool {
    switch expression {
    case .column(let id, _): columns.contains(id)
    case .constant(let value, _): !value.isNull
    case .isNull, .comparison(.distinctFrom, _, _), .comparison(.notDistinctFrom, _, _): true
    case .comparison(_, let left, let right):
      isNeverNull(left, given: columns) && isNeverNull(right, given: columns)
    case .and(let items), .or(let items): items.allSatisfy { isNeverNull($0, given: columns) }
    case .not(let operand): isNeverNull(operand, given: columns)
    case .cast(let operand, _, let isTry): !isTry && isNeverNull(operand, given: columns)
    case .coalesce(let items, _): items.contains { isNeverNull($0, given: columns) }
    default: false
    }
  }

  /// Output columns that are never NULL.
  static func neverNullColumns(of plan: LogicalPlan) -> Set<ColumnID> {
    switch plan {
    case .scan(let scan):
      var result = Set(
        scan.columns.filter { isNeverNull(position: $0.position, in: scan) }.map { $0.output.id })
      if let rowID = scan.rowID { result.insert(rowID.id) }
      return result
    case .values(let rows, let columns):
      return Set(
        columns.indices.filter { i in
          rows.allSatisfy { i < $0.count && isNeverNull($0[i], given: []) }
        }.map { columns[$0].id })
    case .filter(let input, let conditions):
      var result = neverNullColumns(of: input)
      for condition in conditions { result.formUnion(nullRejectedColumns(condition)) }
      return result
    case .project(let input, let projections):
      let known = neverNullColumns(of: input)
      return Set(
        projections.filter { isNeverNull($0.expression, given: known) }.map { $0.output.id })
    case .aggregate(let aggregate): return neverNullColumns(of: aggregate)
    case .window(let input, _), .sort(let input, _), .topN(let input, _, _, _),
      .limit(let input, _), .distinct(let input, _, _), .sample(let input, _),
      .materialize(_, _, let input):
      return neverNullColumns(of: input)
    case .join(let join), .dependentJoin(let join, _): return neverNullColumns(of: join)
    case .setOperation(let operation) where operation.kind == .union:
      let inputs = operation.inputs.map { ($0.columns, neverNullColumns(of: $0)) }
      return Set(
        operation.columns.indices.filter { i in
          inputs.allSatisfy { i < $0.0.count && $0.1.contains($0.0[i].id) }
        }.map { operation.columns[$0].id })
    case .unnest(let unnest): return neverNullColumns(of: unnest.input)
    case .tableFunction, .cteScan, .workingTableScan, .setOperation, .recursiveCTE: return []
    }
  }

  private static func isNeverNull(position: Int, in scan: TableScan) -> Bool {
    if scan.changes != nil || !scan.table.columns.indices.contains(position) { return false }
    if !scan.table.columns[position].isNullable { return true }
    if scan.table.primaryKey?.columns.contains(position) == true { return true }
    return scan.predicates.contains {
      if case .isNull = $0.condition { return false }
      if case .runtime = $0.condition { return false }
      return $0.column == position
    }
  }

  private static func neverNullColumns(of aggregate: Aggregate) -> Set<ColumnID> {
    let known = neverNullColumns(of: aggregate.input)
    var result: Set<ColumnID> = []
    if aggregate.groupingSets == nil {
      for group in aggregate.groups where isNeverNull(group.expression, given: known) {
        result.insert(group.output.id)
      }
    }
    // count_if is a sum: NULL without rows.
    for call in aggregate.calls where ["count", "count_star"].contains(call.function.name) {
      result.insert(call.output.id)
    }
    for call in aggregate.groupingCalls { result.insert(call.output.id) }
    return result
  }

  private static func neverNullColumns(of join: Join) -> Set<ColumnID> {
    var rejected: Set<ColumnID> = []
    for condition in join.conditions { rejected.formUnion(nullRejectedColumns(condition)) }
    let left = neverNullColumns(of: join.left)
    let right = neverNullColumns(of: join.right)
    switch join.kind {
    case .inner, .cross, .asof: return left.union(right).union(rejected)
    case .left, .single, .asofLeft, .anti: return left
    case .right: return right
    case .semi:
      return left.union(rejected.intersection(join.left.columns.map(\.id)))
    case .rightSemi:
      return right.union(rejected.intersection(join.right.columns.map(\.id)))
    case .rightAnti: return right
    case .mark: return join.nullAware ? left : left.union(join.mark.map { [$0.id] } ?? [])
    case .full, .positional: return []
    }
  }

  /// Columns of which a NULL makes the condition not TRUE.
  static func nullRejectedColumns(_ condition: BoundExpression) -> Set<ColumnID> {
    switch condition {
    case .comparison(let comparison, let left, let right):
      if comparison == .distinctFrom || comparison == .notDistinctFrom { return [] }
      return strictColumns(left).union(strictColumns(right))
    case .and(let items):
      return items.reduce(into: []) { $0.formUnion(nullRejectedColumns($1)) }
    case .or(let items):
      guard let first = items.first else { return [] }
      return items.dropFirst().reduce(nullRejectedColumns(first)) {
        $0.intersection(nullRejectedColumns($1))
      }
    case .isNull(let operand, negated: true): return strictColumns(operand)
    case .not(let operand): return strictColumns(operand)
    case .inList(let value, _, _): return strictColumns(value)
    default: return strictColumns(condition)
    }
  }

  /// Columns of which a NULL makes the expression NULL.
  static func strictColumns(_ expression: BoundExpression) -> Set<ColumnID> {
    switch expression {
    case .column(let id, _): return [id]
    case .cast(let operand, let type, _):
      return Cast.keepsNull(from: operand.type, to: type) ? [] : strictColumns(operand)
    case .call(let call) where !call.function.handlesNull:
      return call.arguments.reduce(into: []) { $0.formUnion(strictColumns($1)) }
    case .comparison(let comparison, let left, let right)
    where comparison != .distinctFrom && comparison != .notDistinctFrom:
      return strictColumns(left).union(strictColumns(right))
    case .not(let operand): return strictColumns(operand)
    case .inList(let value, _, _): return strictColumns(value)
    default: return []
    }
  }
}
