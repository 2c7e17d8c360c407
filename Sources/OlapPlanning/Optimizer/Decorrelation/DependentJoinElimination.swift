internal import OlapColumns
internal import OlapFunctions

/// Removes every `dependentJoin`, outermost first.
///
/// Four ways, cheapest first: apply row-wise operators to the left rows directly; pull correlated
/// filters up into the join; group an aggregate by the columns its filters equate with outer ones; or
/// push a deduplicated domain of the outer columns down to where they are read. The last always works.
/// Source: Neumann and Kemper, Unnesting Arbitrary Queries (BTW 2015).
struct DependentJoinElimination {
  let state: OptimizerState

  func rewrite(_ plan: LogicalPlan) throws -> LogicalPlan {
    guard case .dependentJoin(let join, _) = plan else { return try plan.mapChildren(rewrite) }
    return try eliminate(join)
  }

  /// The same rows and columns as the dependent join gives, without it.
  func eliminate(_ dependent: Join) throws -> LogicalPlan {
    let join = dependent.with(left: try rewrite(dependent.left))
    let leftColumns: [PlanColumn] = join.left.columns
    let free = join.right.freeColumns
    var seen: Set<ColumnID> = []
    let domain = leftColumns.filter { free.contains($0.id) && seen.insert($0.id).inserted }
    if domain.isEmpty { return .join(join.with(right: try rewrite(join.right))) }
    let result: LogicalPlan
    if let applied = applyRowwise(join) {
      result = applied
    } else if let pulled = try pullUpFilters(join, Set(domain.map(\.id))) {
      result = pulled
    } else if let grouped = try groupAggregate(join, domain) {
      result = grouped
    } else {
      result = try pushDomain(join, domain)
    }
    return result.projected(to: join.columns)
  }

  // MARK: Row-wise

  /// Projections, filters and UNNEST over a single row are applied to the left rows themselves.
  private func applyRowwise(_ join: Join) -> LogicalPlan? {
    switch join.kind {
    case .inner, .cross:
      return join.right.replacingSingleRow(with: join.left, keepsEveryRow: false)?
        .filtered(by: join.conditions)
    case .single, .left:
      guard join.conditions.flatMap({ $0.conjuncts }).isEmpty else { return nil }
      return join.right.replacingSingleRow(with: join.left, keepsEveryRow: true)
    default: return nil
    }
  }

  // MARK: Pulled-up filters

  private func pullUpFilters(_ join: Join, _ domain: Set<ColumnID>) throws -> LogicalPlan? {
    let pullUp = CorrelatedFilterPullUp(domain: domain, elimination: self)
    guard var pulled = try pullUp.apply(join.right, ignoresDuplicates: join.kind.isExistential)
    else { return nil }
    pulled.plan = try rewrite(pulled.plan)
    var conditions = join.conditions + pulled.conditions
    var result = join.with(right: pulled.plan)
    switch join.kind {
    case .semi, .anti, .mark:
      if join.nullAware { return nil }
      conditions = conditions.map { $0.substituting(pulled.computed) }
    case .inner, .cross:
      result.kind = .inner
      conditions = conditions.map { $0.substituting(pulled.computed) }
    case .left, .single:
      if !pulled.computed.isEmpty { return nil }
    default: return nil
    }
    result.conditions = conditions
    if pulled.computed.isEmpty || join.kind.isExistential { return .join(result) }
    let outputs: [Projection] = join.columns.map {
      Projection(pulled.computed[$0.id] ?? $0.reference, as: $0)
    }
    return .project(.join(result), outputs)
  }

  // MARK: Aggregates

  /// Projections over an aggregate without groups: a left join with the aggregate grouped by the
  /// inner sides of the equalities; empty groups get what the aggregate gives for no rows.
  private func groupAggregate(_ join: Join, _ domain: [PlanColumn]) throws -> LogicalPlan? {
    guard [.inner, .cross, .single, .left].contains(join.kind) else { return nil }
    if join.kind == .left || join.kind == .single {
      guard join.conditions.flatMap({ $0.conjuncts }).isEmpty else { return nil }
    }
    var computed: [ColumnID: BoundExpression] = [:]
    var below = join.right
    var layers: [[Projection]] = []
    while case .project(let input, let projections) = below {
      layers.append(projections)
      below = input
    }
    guard case .aggregate(let aggregate) = below, aggregate.groups.isEmpty,
      aggregate.groupingSets == nil, aggregate.groupingCalls.isEmpty
    else { return nil }
    let pushdown = DomainPushdown(domain: domain, relation: nil, elimination: self)
    guard let input = try pushdown.pushWithoutDomain(aggregate.input) else { return nil }
    let calls = aggregate.calls.map { call in
      call.mapExpressions { $0.substituting(input.mapping) }
    }
    let groups = domain.map { column in
      Projection(
        input.mapping[column.id] ?? .constant(.null, column.type),
        as: state.numbers.column(column.name, column.type))
    }
    let grouped = LogicalPlan.aggregate(Aggregate(input: input.plan, groups: groups, calls: calls))
    let keys = zip(domain, groups).map { column, group in
      BoundExpression.comparison(
        input.rejectsNull.contains(column.id) ? .equal : .notDistinctFrom,
        column.reference, group.output.reference)
    }
    for call in calls {
      let value = call.output.reference
      if let empty = try call.valueOfNoRows() {
        computed[call.output.id] = .coalesce([value, empty], type: call.output.type)
      }
    }
    for projections in layers.reversed() {
      let values = projections.map { $0.expression.substituting(computed) }
      for (projection, value) in zip(projections, values) where !projection.isPassThrough {
        computed[projection.output.id] = value
      }
    }
    let outer = Join(kind: .left, left: join.left, right: grouped, conditions: keys)
    let outputs: [Projection] = join.columns.map {
      Projection(computed[$0.id] ?? $0.reference, as: $0)
    }
    return LogicalPlan.project(.join(outer), outputs).filtered(by: join.conditions)
  }

  // MARK: Domain

  private func pushDomain(_ join: Join, _ domain: [PlanColumn]) throws -> LogicalPlan {
    switch join.kind {
    case .inner, .cross, .left, .single, .semi, .anti, .mark: break
    default:
      throw BindError("a correlated \(join.kind.rawValue) join is not supported")
    }
    if join.nullAware { throw BindError("a correlated null-aware join is not supported") }
    let relation = DomainRelation(of: join.left, domain: domain, state: state)
    let pushdown = DomainPushdown(domain: domain, relation: relation, elimination: self)
    let right = try pushdown.push(join.right)
    var result = join.with(left: relation.left, right: right.plan)
    if result.kind == .cross { result.kind = .inner }
    for column in domain {
      guard let inner = right.mapping[column.id] else { continue }
      let comparison: ComparisonOperator =
        right.rejectsNull.contains(column.id) ? .equal : .notDistinctFrom
      result.conditions.append(.comparison(comparison, column.reference, inner))
    }
    return relation.enclose(.join(result))
  }
}

extension JoinKind {
  /// Kinds that only ask whether a right row matches.
  var isExistential: Bool { self == .semi || self == .anti || self == .mark }
}

extension LogicalPlan {
  /// A chain of row-wise operators over the single row, applied to `input`; output gains the chain's
  /// columns. nil when the plan is anything else.
  fileprivate func replacingSingleRow(
    with input: LogicalPlan, keepsEveryRow: Bool
  ) -> LogicalPlan? {
    switch self {
    case .values where isSingleRow: return input
    case .project(let below, let projections):
      guard let inner = below.replacingSingleRow(with: input, keepsEveryRow: keepsEveryRow) else {
        return nil
      }
      // With kept rows an UNNEST below gives NULLs, which only pass-through columns stay.
      if keepsEveryRow, case .unnest = below, !projections.allSatisfy({ $0.isColumn }) {
        return nil
      }
      let known = Set(inner.columns.map(\.id))
      let new = projections.filter { !$0.isPassThrough || !known.contains($0.output.id) }
      return .project(inner, inner.columns.map { Projection(passing: $0) } + new)
    case .filter(let below, let conditions) where !keepsEveryRow:
      return below.replacingSingleRow(with: input, keepsEveryRow: false)?.filtered(by: conditions)
    case .unnest(var unnest):
      if keepsEveryRow && !unnest.input.isSingleRow { return nil }
      guard
        let inner = unnest.input.replacingSingleRow(with: input, keepsEveryRow: keepsEveryRow)
      else { return nil }
      unnest.input = inner
      unnest.keepsEmpty = unnest.keepsEmpty || keepsEveryRow
      return .unnest(unnest)
    default: return nil
    }
  }
}

extension Projection {
  fileprivate var isColumn: Bool { expression.columnID != nil }
}

extension BoundAggregateCall {
  /// The aggregate's value over no rows, when it is not NULL (count gives 0).
  func valueOfNoRows() throws -> BoundExpression? {
    let accumulator = bound.makeAccumulator()
    accumulator.reserve(groupCount: 1)
    let value = try accumulator.finalize(first: 0, count: 1).value(at: 0)
    return value.isNull ? nil : .constant(value, output.type)
  }
}
