internal import OlapColumns
internal import OlapPlanning

extension Lowering {
  func lowerJoin(_ join: Join, needing: Set<ColumnID>?) throws -> Flow {
    if join.kind == .positional { return try lowerPositionalJoin(join, needing: needing) }
    let conditions = JoinConditions(join)
    var used: Set<ColumnID>?
    if var wanted = needing {
      for condition in join.conditions { condition.collectColumns(into: &wanted) }
      used = wanted
    }
    let right = try lower(join.right, needing: used)
    let rightColumns = right.columns
    let leftFlow = try lower(join.left, needing: used)
    let plan = try makePlan(join, conditions, leftFlow.columns, rightColumns, needing)
    let build = try JoinBuild(
      plan: plan,
      keys: conditions.rightKeys + (conditions.inequality.map { [$0.right] } ?? [])
        + (conditions.range?.rightKeys ?? []),
      columns: rightColumns,
      published: join.publishedFilters.compactMap { published in
        conditions.keyCondition.firstIndex(of: published.condition).map {
          (joinFilter(published.filter), $0)
        }
      }, context: context, profile: OperatorProfile(name: "JoinBuild"))
    var flow = leftFlow
    // The build side runs first: its filters prune the probe side's scans.
    flow.dependencies.insert(right.closed(by: build), at: 0)
    let profile = OperatorProfile(name: "Join", detail: join.kind.rawValue)
    let remainder = JoinRemainder(build, context)
    flow.append(
      JoinProbeOperator(build, remainder, profile: profile),
      columns: outputColumns(join, plan, flow.columns, rightColumns))
    flow.branches.append(
      Branch(
        source: remainder,
        operators: [JoinRemainderOperator(build, remainder, profile: profile)],
        sourceProfile: OperatorProfile(name: "JoinRemainder"), stage: flow.lastStage + 1))
    profile.children.withLock { $0.append(build.profile) }
    return flow
  }

  private func makePlan(
    _ join: Join, _ conditions: JoinConditions, _ left: [PlanColumn], _ right: [PlanColumn],
    _ needing: Set<ColumnID>?
  ) throws -> JoinPlan {
    let leftKeys = conditions.leftKeys + (conditions.inequality.map { [$0.left] } ?? [])
    let compiler = ExpressionCompiler(ColumnLayout(left + right), context)
    var residual = conditions.residual
    let isThreeValued = join.nullAware && !join.conditions.isEmpty
    if isThreeValued && leftKeys.isEmpty && residual.count > 1 { residual = [.and(residual)] }
    let range = try conditions.range.map { range in
      let rest = try range.rest.map { try compiler.compile($0) }
      return RangePlan(
        leftKeys: try ExpressionSet(
          range.leftKeys, layout: ColumnLayout(left), context: context),
        bounds: range.bounds.map { $0.comparison }, filter: range.filter?.comparison,
        rest: rest.filter { !$0.canThrow } + rest.filter { $0.canThrow },
        restColumns: rest.reduce(into: Set<Int>()) { $0.formUnion($1.columns) }.sorted())
    }
    func needed(_ columns: [PlanColumn], isDropped: Bool) -> [Int] {
      isDropped ? [] : columns.indices.filter { needing?.contains(columns[$0].id) ?? true }
    }
    return JoinPlan(
      kind: join.kind,
      keys: leftKeys.isEmpty
        ? nil : try ExpressionSet(leftKeys, layout: ColumnLayout(left), context: context),
      keyMatchesNull: conditions.keyMatchesNull, inequality: conditions.inequality?.comparison,
      range: range, residual: try residual.map { try compiler.compile($0) },
      isThreeValued: isThreeValued,
      leftOutput: needed(left, isDropped: join.kind.isRightExistence),
      rightOutput: needed(right, isDropped: join.kind.isExistence),
      leftTypes: left.map { $0.type }, rightTypes: right.map { $0.type })
  }

  private func outputColumns(
    _ join: Join, _ plan: JoinPlan, _ left: [PlanColumn], _ right: [PlanColumn]
  ) -> [PlanColumn] {
    let columns = plan.leftOutput.map { left[$0] } + plan.rightOutput.map { right[$0] }
    return columns + (join.kind == .mark ? join.mark.map { [$0] } ?? [] : [])
  }
}
