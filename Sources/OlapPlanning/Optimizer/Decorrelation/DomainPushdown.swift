internal import OlapColumns
internal import OlapFunctions

/// Pushes a domain of outer values down a plan to where they are read.
///
/// `push(plan)` gives, for every value d of the domain, the rows the plan has for d, each with the
/// columns of d. Rows for values outside the domain may also appear where an equality gives the value:
/// the join above drops them.
final class DomainPushdown {
  let domain: [PlanColumn]
  let domainIDs: Set<ColumnID>
  /// nil when copies of the domain may not be made.
  let relation: DomainRelation?
  let elimination: DependentJoinElimination
  var state: OptimizerState { elimination.state }
  /// Recursive relations whose working tables carry the domain: by index, their domain columns.
  private var recursions: [Int: [PlanColumn]] = [:]

  struct Result {
    var plan: LogicalPlan
    /// Outer column → expression over the plan's output.
    var mapping: [ColumnID: BoundExpression]
    /// Outer columns whose NULL can never match.
    var rejectsNull: Set<ColumnID> = []
  }

  init(
    domain: [PlanColumn], relation: DomainRelation?, elimination: DependentJoinElimination
  ) {
    self.domain = domain
    self.domainIDs = Set(domain.map(\.id))
    self.relation = relation
    self.elimination = elimination
  }

  /// Pushes when equalities alone give every outer column; nil when the domain would be needed.
  func pushWithoutDomain(_ plan: LogicalPlan) throws -> Result? {
    do {
      return try push(plan)
    } catch is DomainNeeded {
      return nil
    }
  }

  /// A copy of the domain would have to be made, and may not.
  private struct DomainNeeded: Error {}

  func push(_ plan: LogicalPlan) throws -> Result {
    guard isCorrelated(plan) else { return try cross(try elimination.rewrite(plan)) }
    switch plan {
    case .filter(let input, let conditions): return try pushFilter(input, conditions)
    case .project(let input, let projections): return try pushProject(input, projections)
    case .join(let join): return try pushJoin(join)
    case .dependentJoin(let join, _): return try pushDependentJoin(join)
    case .aggregate(let aggregate): return try pushAggregate(aggregate)
    case .window(let input, let calls): return try pushWindow(input, calls)
    case .sort(let input, _): return try push(input)
    case .topN(let input, let items, let limit, let offset):
      let rows = Limit(
        count: .constant(.integer(Int64(limit)), .bigint),
        offset: offset == 0 ? nil : .constant(.integer(Int64(offset)), .bigint))
      return try pushLimit(input, items, rows)
    case .limit(.sort(let input, let items), let limit):
      return try pushLimit(input, items, limit)
    case .limit(let input, let limit): return try pushLimit(input, [], limit)
    case .distinct(let input, let keys, let order):
      return try pushDistinct(input, keys, order)
    case .setOperation(let operation): return try pushSetOperation(operation)
    case .unnest(let unnest): return try pushUnnest(unnest)
    case .values(let rows, let columns): return try pushValues(rows, columns)
    case .materialize(let index, let definition, let body):
      if isCorrelated(definition) {
        return try push(
          CTEInlining(state: state).inline(index: index, definition: definition, into: body))
      }
      var result = try push(body)
      result.plan = .materialize(
        index: index, definition: try elimination.rewrite(definition), body: result.plan)
      return result
    case .recursiveCTE(let cte): return try pushRecursion(cte)
    case .workingTableScan(let index, let columns):
      return try pushWorkingTable(index, columns)
    case .sample(let input, let sample):
      guard case .percent = sample.size else {
        throw BindError(
          "a correlated sample of a number of rows is not supported; use a percentage")
      }
      var result = try push(input)
      result.plan = .sample(result.plan, sample)
      return result
    case .scan, .tableFunction, .cteScan: return try cross(plan)
    }
  }

  // MARK: Building blocks

  func isCorrelated(_ plan: LogicalPlan) -> Bool {
    if !plan.freeColumns.isDisjoint(with: domainIDs) { return true }
    if recursions.isEmpty { return false }
    return plan.contains { node in
      if case .workingTableScan(let index, _) = node {
        self.recursions[index] != nil
      } else {
        false
      }
    }
  }

  func isCorrelated(_ expression: BoundExpression) -> Bool {
    !expression.columns.isDisjoint(with: domainIDs)
  }

  /// Domain × plan.
  func cross(_ plan: LogicalPlan) throws -> Result {
    guard let relation else { throw DomainNeeded() }
    let copy = relation.makeCopy()
    let mapping = copy.columns.mapValues { $0.reference }
    if plan.isSingleRow { return Result(plan: copy.plan, mapping: mapping) }
    let join = Join(kind: .cross, left: copy.plan, right: plan, conditions: [])
    return Result(plan: .join(join), mapping: mapping)
  }

  /// Conditions that both sides belong to the same outer values.
  func domainEqualities(_ left: Result, _ right: Result) -> [BoundExpression] {
    domain.compactMap { column in
      guard let a = left.mapping[column.id], let b = right.mapping[column.id] else { return nil }
      let rejects = left.rejectsNull.contains(column.id) || right.rejectsNull.contains(column.id)
      return .comparison(rejects ? .equal : .notDistinctFrom, a, b)
    }
  }

  /// The result with every mapping a column of the plan.
  func materialisingMapping(_ result: Result) -> Result {
    var result = result
    var extra: [Projection] = []
    for column in domain {
      guard let value = result.mapping[column.id], value.columnID == nil else { continue }
      let output = state.numbers.column(column.name, column.type)
      extra.append(Projection(value, as: output))
      result.mapping[column.id] = output.reference
    }
    if extra.isEmpty { return result }
    result.plan = .project(
      result.plan, result.plan.columns.map { Projection(passing: $0) } + extra)
    return result
  }

  /// The mapped columns of the domain, in the domain's order.
  func domainColumns(_ result: Result) -> [PlanColumn] {
    domain.compactMap { column in
      guard let id = result.mapping[column.id]?.columnID else { return nil }
      return PlanColumn(id: id, name: column.name, type: column.type)
    }
  }

  // MARK: Recursion

  private func pushRecursion(_ recursion: RecursiveCTE) throws -> Result {
    var cte = recursion
    let outputs = domain.map { state.numbers.column($0.name, $0.type) }
    let initial = materialisingMapping(try push(cte.initial))
    recursions[cte.index] = outputs
    defer { recursions[recursion.index] = nil }
    let step = materialisingMapping(try push(cte.step))
    cte.initial = initial.plan.projected(to: cte.initial.columns + domainColumns(initial))
    cte.step = step.plan.projected(to: cte.step.columns + domainColumns(step))
    let width = cte.columns.count
    cte.columns += outputs
    cte.keyColumns = cte.keyColumns.map { $0 + outputs.indices.map { width + $0 } }
    return Result(plan: .recursiveCTE(cte), mapping: mapping(to: outputs))
  }

  private func pushWorkingTable(_ index: Int, _ columns: [PlanColumn]) throws -> Result {
    guard recursions[index] != nil else {
      return try cross(.workingTableScan(index: index, columns: columns))
    }
    let copies = domain.map { state.numbers.column($0.name, $0.type) }
    return Result(
      plan: .workingTableScan(index: index, columns: columns + copies),
      mapping: mapping(to: copies))
  }

  func mapping(to columns: [PlanColumn]) -> [ColumnID: BoundExpression] {
    Dictionary(
      zip(domain, columns).map { ($0.id, $1.reference) }, uniquingKeysWith: { first, _ in first })
  }
}
