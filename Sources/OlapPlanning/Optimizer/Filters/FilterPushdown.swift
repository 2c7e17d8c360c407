internal import OlapColumns
internal import OlapFunctions

/// Moves conditions as far down as they may go: through projections, joins, aggregates, windows and
/// set operations, turning outer joins that cannot keep unmatched rows into inner ones.
struct FilterPushdown {
  let simplification: ExpressionSimplification

  init(state: OptimizerState) { simplification = ExpressionSimplification(state: state) }

  func rewrite(_ plan: LogicalPlan) -> LogicalPlan { push([], into: plan) }

  /// The plan filtered by all conditions, as low as possible.
  func push(_ conditions: [BoundExpression], into plan: LogicalPlan) -> LogicalPlan {
    switch plan {
    case .filter(let input, let own):
      return push(own.flatMap { $0.conjuncts } + conditions, into: input)
    case .project(let input, let projections):
      return pushThroughProject(conditions, input, projections)
    case .join(let join): return pushIntoJoin(conditions, join)
    case .aggregate(let aggregate): return pushIntoAggregate(conditions, aggregate)
    case .window(let input, let calls): return pushThroughWindow(conditions, input, calls)
    case .sort(let input, let items): return .sort(push(conditions, into: input), items)
    case .distinct(let input, let keys, let order):
      return pushThroughDistinct(conditions, input, keys, order)
    case .setOperation(let operation): return pushIntoSetOperation(conditions, operation)
    case .unnest(var unnest):
      let known = Set(unnest.input.columns.map(\.id))
      let parts = split(conditions) { $0.isSubset(of: known) }
      unnest.input = push(parts.pushed, into: unnest.input)
      return LogicalPlan.unnest(unnest).filtered(by: parts.kept)
    case .materialize(let index, let definition, let body):
      return .materialize(
        index: index, definition: push([], into: definition).inOrder(of: definition),
        body: push(conditions, into: body))
    default:
      return plan.mapChildren { push([], into: $0) }.filtered(by: unique(conditions))
    }
  }

  /// Parts the conditions by whether the columns they read allow pushing. Volatile conditions and those
  /// without columns stay.
  func split(
    _ conditions: [BoundExpression], where allowed: (Set<ColumnID>) -> Bool
  ) -> (pushed: [BoundExpression], kept: [BoundExpression]) {
    var pushed: [BoundExpression] = []
    var kept: [BoundExpression] = []
    for condition in conditions {
      let reads = condition.columns
      if !reads.isEmpty && allowed(reads) && !condition.isVolatile {
        pushed.append(condition)
      } else {
        kept.append(condition)
      }
    }
    return (pushed, kept)
  }

  func unique(_ conditions: [BoundExpression]) -> [BoundExpression] {
    var seen: Set<BoundExpression> = []
    return conditions.filter { seen.insert($0).inserted }
  }

  private func pushThroughProject(
    _ conditions: [BoundExpression], _ input: LogicalPlan, _ projections: [Projection]
  ) -> LogicalPlan {
    var definitions: [ColumnID: BoundExpression] = [:]
    var volatile: Set<ColumnID> = []
    for projection in projections where !projection.isPassThrough {
      definitions[projection.output.id] = projection.expression
      if projection.expression.isVolatile { volatile.insert(projection.output.id) }
    }
    var pushed: [BoundExpression] = []
    var kept: [BoundExpression] = []
    for condition in conditions {
      if condition.isVolatile || !condition.columns.isDisjoint(with: volatile) {
        kept.append(condition)
      } else {
        pushed.append(condition.substituting(definitions))
      }
    }
    if !definitions.isEmpty { pushed = simplification.simplifyConditions(pushed) }
    return LogicalPlan.project(push(pushed, into: input), projections).filtered(by: kept)
  }

  /// Conditions on group columns filter the input; the rest is HAVING.
  private func pushIntoAggregate(
    _ conditions: [BoundExpression], _ aggregate: Aggregate
  ) -> LogicalPlan {
    var copy = aggregate
    var definitions: [ColumnID: BoundExpression] = [:]
    for (position, group) in aggregate.groups.enumerated() {
      let isInEverySet = aggregate.groupingSets?.allSatisfy { $0.contains(position) } ?? true
      if isInEverySet && !group.expression.isVolatile {
        definitions[group.output.id] = group.expression
      }
    }
    let allowed = Set(definitions.keys)
    let parts = split(conditions) { $0.isSubset(of: allowed) }
    copy.input = push(parts.pushed.map { $0.substituting(definitions) }, into: aggregate.input)
    return LogicalPlan.aggregate(copy).filtered(by: parts.kept)
  }

  /// Only conditions on columns that every call partitions by keep whole partitions.
  private func pushThroughWindow(
    _ conditions: [BoundExpression], _ input: LogicalPlan, _ calls: [BoundWindowCall]
  ) -> LogicalPlan {
    let keys: [Set<ColumnID>] = calls.map { Set($0.partitionBy.compactMap { $0.columnID }) }
    let common = keys.dropFirst().reduce(keys.first ?? []) { $0.intersection($1) }
    let parts = split(conditions) { $0.isSubset(of: common) }
    return LogicalPlan.window(push(parts.pushed, into: input), calls).filtered(by: parts.kept)
  }

  private func pushThroughDistinct(
    _ conditions: [BoundExpression], _ input: LogicalPlan, _ keys: [BoundExpression]?,
    _ order: [SortItem]
  ) -> LogicalPlan {
    guard let keys else {
      let parts = split(conditions) { _ in true }
      return LogicalPlan.distinct(push(parts.pushed, into: input), on: nil, orderBy: order)
        .filtered(by: parts.kept)
    }
    let columns = Set(keys.compactMap { $0.columnID })
    let parts = split(conditions) { $0.isSubset(of: columns) }
    return LogicalPlan.distinct(push(parts.pushed, into: input), on: keys, orderBy: order)
      .filtered(by: parts.kept)
  }

  private func pushIntoSetOperation(
    _ conditions: [BoundExpression], _ operation: SetOperation
  ) -> LogicalPlan {
    var copy = operation
    let parts = split(conditions) { _ in true }
    copy.inputs = operation.inputs.map { input in
      var definitions: [ColumnID: BoundExpression] = [:]
      for (output, source) in zip(operation.columns, input.columns) {
        definitions[output.id] = source.reference
      }
      return push(parts.pushed.map { $0.substituting(definitions) }, into: input)
        .projected(to: input.columns)
    }
    return LogicalPlan.setOperation(copy).filtered(by: parts.kept)
  }
}
