internal import OlapCatalog
internal import OlapColumns

/// Lets joins hand what they know of their build keys to the scans of their probe side, which then skip
/// rows (and zones) that cannot match.
struct JoinFilters {
  private let state: OptimizerState
  private let estimation: CardinalityEstimation
  /// Build keys that cover more of the probe's values than this would filter nothing.
  private static let greatestShare = 0.8

  init(state: OptimizerState) {
    self.state = state
    estimation = CardinalityEstimation(state: state)
  }

  func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    if case .materialize(let index, let definition, let body) = plan {
      let rewritten = rewrite(definition).inOrder(of: definition)
      estimation.register(index, rewritten)
      return .materialize(index: index, definition: rewritten, body: rewrite(body))
    }
    guard case .join(var join) = plan else { return plan.mapChildren { rewrite($0) } }
    if dropsUnmatchedLeftRows(join.kind) { publish(from: &join) }
    join.left = rewrite(join.left)
    join.right = rewrite(join.right)
    return .join(join)
  }

  private func dropsUnmatchedLeftRows(_ kind: JoinKind) -> Bool {
    switch kind {
    case .inner, .semi, .right, .rightSemi, .rightAnti: true
    default: false
    }
  }

  private func publish(from join: inout Join) {
    let leftIDs = Set(join.left.columns.map(\.id))
    let rightIDs = Set(join.right.columns.map(\.id))
    var build: RelationEstimate?
    for (position, condition) in join.conditions.enumerated() {
      guard case .comparison(.equal, let a, let b) = condition else { continue }
      let sides = a.columns.isSubset(of: leftIDs) ? (probe: a, build: b) : (probe: b, build: a)
      guard case .column(let id, let type) = sides.probe, leftIDs.contains(id), !type.isNested,
        !sides.build.columns.isEmpty, sides.build.columns.isSubset(of: rightIDs)
      else { continue }
      let estimate = build ?? estimation.estimate(join.right)
      build = estimate
      guard isWorthwhile(sides.build, estimate, join.right) else { continue }
      let domain = estimation.estimate(join.left).column(id).domain
      if hasStatistics(join.left) && hasStatistics(join.right),
        estimate.distinct(sides.build) > domain * JoinFilters.greatestShare
      {
        continue
      }
      let filter = state.numbers.filterID()
      guard let left = attach(filter, to: id, in: join.left) else { continue }
      join.left = left
      join.publishedFilters.append((filter: filter, condition: position))
    }
  }

  /// A whole table gives no filter unless its keys are few.
  private func isWorthwhile(
    _ key: BoundExpression, _ estimate: RelationEstimate, _ plan: LogicalPlan
  ) -> Bool {
    hasStatistics(plan) || isReduced(plan)
  }

  private func hasStatistics(_ plan: LogicalPlan) -> Bool {
    !plan.contains { node in
      if case .scan(let scan) = node {
        state.context.statistics(of: scan.table.id) == nil
      } else {
        false
      }
    }
  }

  /// Whether something below removes rows.
  private func isReduced(_ plan: LogicalPlan) -> Bool {
    plan.contains { node in
      switch node {
      case .filter, .limit, .topN, .aggregate: true
      case .scan(let scan): !scan.predicates.isEmpty
      case .join(let join): join.kind == .semi || join.kind == .rightSemi
      default: false
      }
    }
  }

  // MARK: Finding the scan

  /// The plan with the filter on the scan that the column comes from; nil when operators in between
  /// would give other results.
  private func attach(_ filter: Int, to column: ColumnID, in plan: LogicalPlan) -> LogicalPlan? {
    switch plan {
    case .scan(var scan):
      guard scan.changes == nil,
        let source = scan.columns.first(where: { $0.output.id == column })
      else { return nil }
      scan.joinFilters.append((filter: filter, position: source.position))
      return .scan(scan)
    case .filter(let input, _), .sort(let input, _), .distinct(let input, nil, _):
      return attach(filter, to: column, in: input).map { new in plan.mapChildren { _ in new } }
    case .unnest(let unnest):
      return attach(filter, to: column, in: unnest.input).map { new in
        plan.mapChildren { _ in new }
      }
    case .project(let input, let projections):
      guard let source = projections.first(where: { $0.output.id == column })?.expression.columnID
      else { return nil }
      return attach(filter, to: source, in: input).map { new in plan.mapChildren { _ in new } }
    case .aggregate(let aggregate):
      guard aggregate.groupingSets == nil,
        let source = aggregate.groups.first(where: { $0.output.id == column })?.expression.columnID
      else { return nil }
      return attach(filter, to: source, in: aggregate.input).map { new in
        plan.mapChildren { _ in new }
      }
    case .window(let input, let calls):
      guard calls.allSatisfy({ $0.partitionBy.contains { $0.columnID == column } }) else {
        return nil
      }
      return attach(filter, to: column, in: input).map { new in plan.mapChildren { _ in new } }
    case .join(let join): return attach(filter, to: column, in: join)
    case .setOperation(let operation): return attach(filter, to: column, in: operation)
    case .materialize(let index, let definition, let body):
      return attach(filter, to: column, in: body).map {
        .materialize(index: index, definition: definition, body: $0)
      }
    default: return nil
    }
  }

  private func attach(_ filter: Int, to column: ColumnID, in join: Join) -> LogicalPlan? {
    let isLeft = join.left.columns.contains { $0.id == column }
    switch join.kind {
    case .inner, .cross: break
    case .left, .semi, .anti, .mark, .single, .asof, .asofLeft: if !isLeft { return nil }
    case .right, .rightSemi, .rightAnti: if isLeft { return nil }
    case .full, .positional: return nil
    }
    if isLeft {
      return attach(filter, to: column, in: join.left).map { .join(join.with(left: $0)) }
    }
    return attach(filter, to: column, in: join.right).map { .join(join.with(right: $0)) }
  }

  private func attach(
    _ filter: Int, to column: ColumnID, in operation: SetOperation
  ) -> LogicalPlan? {
    guard operation.kind == .union,
      let place = operation.columns.firstIndex(where: { $0.id == column })
    else { return nil }
    var copy = operation
    var isAttached = false
    for i in copy.inputs.indices {
      let columns = copy.inputs[i].columns
      guard place < columns.count,
        let input = attach(filter, to: columns[place].id, in: copy.inputs[i])
      else { continue }
      copy.inputs[i] = input
      isAttached = true
    }
    return isAttached ? .setOperation(copy) : nil
  }
}
