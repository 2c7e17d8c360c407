internal import OlapColumns

extension LogicalPlan {
  /// The columns the node outputs, in order.
  package var columns: [PlanColumn] {
    switch self {
    case .scan(let scan): scan.columns.map { $0.output } + (scan.rowID.map { [$0] } ?? [])
    case .tableFunction(let scan): scan.columns.map { $0.output }
    case .values(_, let columns), .cteScan(_, let columns), .workingTableScan(_, let columns):
      columns
    case .filter(let input, _), .sort(let input, _), .topN(let input, _, _, _),
      .limit(let input, _),
      .distinct(let input, _, _), .sample(let input, _):
      input.columns
    case .project(_, let projections): projections.map { $0.output }
    case .aggregate(let aggregate):
      aggregate.groups.map { $0.output } + aggregate.calls.map { $0.output }
        + aggregate.groupingCalls.map { $0.output }
    case .window(let input, let calls): input.columns + calls.map { $0.output }
    case .join(let join), .dependentJoin(let join, _): join.columns
    case .setOperation(let operation): operation.columns
    case .materialize(_, _, let body): body.columns
    case .recursiveCTE(let cte): cte.columns
    case .unnest(let unnest):
      unnest.input.columns + unnest.lists.map { $0.output } + (unnest.ordinality.map { [$0] } ?? [])
    }
  }
}

extension Join {
  /// Output columns by kind: both sides, one side, or the left side and the mark.
  package var columns: [PlanColumn] {
    switch kind {
    case .inner, .left, .right, .full, .cross, .single, .asof, .asofLeft, .positional:
      left.columns + right.columns
    case .semi, .anti: left.columns
    case .rightSemi, .rightAnti: right.columns
    case .mark: left.columns + (mark.map { [$0] } ?? [])
    }
  }
}
