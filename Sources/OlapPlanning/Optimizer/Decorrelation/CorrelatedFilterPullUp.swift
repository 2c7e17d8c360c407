internal import OlapColumns

/// Moves correlated filter conditions of a dependent join's right side to its top, so that they can
/// become join conditions.
struct CorrelatedFilterPullUp {
  let domain: Set<ColumnID>
  let elimination: DependentJoinElimination

  struct Result {
    /// Reads no domain column.
    var plan: LogicalPlan
    var conditions: [BoundExpression] = []
    /// Outputs that are computed from domain columns, to be computed above the join.
    var computed: [ColumnID: BoundExpression] = [:]
  }

  /// nil when an operator in the way does not let correlated conditions pass.
  func apply(_ plan: LogicalPlan, ignoresDuplicates: Bool) throws -> Result? {
    if !isCorrelated(plan) { return Result(plan: plan) }
    switch plan {
    case .filter(let input, let conditions):
      guard var result = try apply(input, ignoresDuplicates: ignoresDuplicates) else { return nil }
      let all = conditions.flatMap { $0.conjuncts }.map { $0.substituting(result.computed) }
      result.plan = result.plan.filtered(by: all.filter { !isCorrelated($0) })
      result.conditions += all.filter { isCorrelated($0) }
      return result
    case .project(let input, let projections):
      guard let result = try apply(input, ignoresDuplicates: ignoresDuplicates) else { return nil }
      return applyProjection(result, projections)
    case .sort(let input, _): return try apply(input, ignoresDuplicates: ignoresDuplicates)
    case .distinct(let input, nil, _) where ignoresDuplicates:
      return try apply(input, ignoresDuplicates: true)
    case .join(let join): return try apply(join, ignoresDuplicates: ignoresDuplicates)
    case .dependentJoin(let join, _):
      if isCorrelated(join.right) { return nil }
      return try apply(
        try elimination.eliminate(join), ignoresDuplicates: ignoresDuplicates)
    default: return nil
    }
  }

  private func applyProjection(_ input: Result, _ projections: [Projection]) -> Result {
    var result = input
    var kept: [Projection] = []
    var computed: [ColumnID: BoundExpression] = [:]
    for projection in projections {
      let expression = projection.expression.substituting(input.computed)
      if isCorrelated(expression) {
        computed[projection.output.id] = expression
      } else {
        kept.append(Projection(expression, as: projection.output))
      }
    }
    // Conditions and computed outputs above still read columns of the input.
    var needed: Set<ColumnID> = []
    for expression in input.conditions + Array(computed.values) {
      expression.collectColumns(into: &needed)
    }
    for projection in kept { needed.remove(projection.output.id) }
    for column in input.plan.columns where needed.contains(column.id) {
      kept.append(Projection(passing: column))
    }
    result.plan = .project(input.plan, kept)
    result.computed = computed
    return result
  }

  private func apply(_ join: Join, ignoresDuplicates: Bool) throws -> Result? {
    switch join.kind {
    case .inner, .cross:
      guard let left = try apply(join.left, ignoresDuplicates: ignoresDuplicates),
        let right = try apply(join.right, ignoresDuplicates: ignoresDuplicates)
      else { return nil }
      let computed = left.computed.merging(right.computed) { first, _ in first }
      let all = join.conditions.flatMap { $0.conjuncts }.map { $0.substituting(computed) }
      var inner = join.with(
        left: left.plan, right: right.plan, conditions: all.filter { !isCorrelated($0) })
      inner.kind = inner.conditions.isEmpty ? .cross : .inner
      return Result(
        plan: .join(inner),
        conditions: left.conditions + right.conditions + all.filter { isCorrelated($0) },
        computed: computed)
    case .left, .single, .semi, .anti, .mark:
      if isCorrelated(join.right) || join.conditions.contains(where: { isCorrelated($0) }) {
        return nil
      }
      // Dropping duplicates below would change what a mark or single join sees per row: harmless.
      guard var left = try apply(join.left, ignoresDuplicates: ignoresDuplicates) else {
        return nil
      }
      var reads: Set<ColumnID> = []
      for condition in join.conditions { condition.collectColumns(into: &reads) }
      if !reads.isDisjoint(with: left.computed.keys) { return nil }
      left.plan = .join(join.with(left: left.plan))
      return left
    default: return nil
    }
  }

  private func isCorrelated(_ plan: LogicalPlan) -> Bool {
    !plan.freeColumns.isDisjoint(with: domain)
  }

  private func isCorrelated(_ expression: BoundExpression) -> Bool {
    !expression.columns.isDisjoint(with: domain)
  }
}
