internal import OlapColumns

extension LogicalPlan {
  /// Input plans, left to right. Plans of subquery expressions are not among them.
  package var children: [LogicalPlan] {
    switch self {
    case .scan, .tableFunction, .values, .cteScan, .workingTableScan: []
    case .filter(let input, _), .project(let input, _), .window(let input, _), .sort(let input, _),
      .topN(let input, _, _, _), .limit(let input, _), .distinct(let input, _, _),
      .sample(let input, _):
      [input]
    case .aggregate(let aggregate): [aggregate.input]
    case .unnest(let unnest): [unnest.input]
    case .join(let join), .dependentJoin(let join, _): [join.left, join.right]
    case .setOperation(let operation): operation.inputs
    case .materialize(_, let definition, let body): [definition, body]
    case .recursiveCTE(let cte): [cte.initial, cte.step]
    }
  }

  /// The same node over rewritten inputs.
  package func mapChildren(
    _ rewrite: (LogicalPlan) throws -> LogicalPlan
  ) rethrows -> LogicalPlan {
    switch self {
    case .scan, .tableFunction, .values, .cteScan, .workingTableScan: return self
    case .filter(let input, let conditions): return .filter(try rewrite(input), conditions)
    case .project(let input, let projections): return .project(try rewrite(input), projections)
    case .window(let input, let calls): return .window(try rewrite(input), calls)
    case .sort(let input, let items): return .sort(try rewrite(input), items)
    case .topN(let input, let items, let limit, let offset):
      return .topN(try rewrite(input), items, limit: limit, offset: offset)
    case .limit(let input, let limit): return .limit(try rewrite(input), limit)
    case .distinct(let input, let keys, let order):
      return .distinct(try rewrite(input), on: keys, orderBy: order)
    case .sample(let input, let sample): return .sample(try rewrite(input), sample)
    case .aggregate(var aggregate):
      aggregate.input = try rewrite(aggregate.input)
      return .aggregate(aggregate)
    case .unnest(var unnest):
      unnest.input = try rewrite(unnest.input)
      return .unnest(unnest)
    case .join(var join):
      join.left = try rewrite(join.left)
      join.right = try rewrite(join.right)
      return .join(join)
    case .dependentJoin(var join, let correlated):
      join.left = try rewrite(join.left)
      join.right = try rewrite(join.right)
      return .dependentJoin(join, correlated: correlated)
    case .setOperation(var operation):
      operation.inputs = try operation.inputs.map { try rewrite($0).inOrder(of: $0) }
      return .setOperation(operation)
    case .materialize(let index, let definition, let body):
      return .materialize(
        index: index, definition: try rewrite(definition).inOrder(of: definition),
        body: try rewrite(body))
    case .recursiveCTE(var cte):
      cte.initial = try rewrite(cte.initial).inOrder(of: cte.initial)
      cte.step = try rewrite(cte.step).inOrder(of: cte.step)
      return .recursiveCTE(cte)
    }
  }

  /// The plan with exactly the columns of the plan it was made from, for readers that go by position.
  /// A plan that lacks some of them is left as it is.
  package func inOrder(of original: LogicalPlan) -> LogicalPlan {
    let wanted = original.columns
    guard Set(wanted.map(\.id)).isSubset(of: columns.map(\.id)) else { return self }
    return projected(to: wanted)
  }

  /// Rewrites inputs first, then the node itself.
  package func rewrittenUp(
    _ rewrite: (LogicalPlan) throws -> LogicalPlan
  ) rethrows -> LogicalPlan {
    try rewrite(try mapChildren { try $0.rewrittenUp(rewrite) })
  }

  /// Visits the node and everything below it, without recursion on the call stack.
  package func forEachNode(_ visit: (LogicalPlan) -> Void) {
    var pending: [LogicalPlan] = [self]
    while let node = pending.popLast() {
      visit(node)
      pending.append(contentsOf: node.children)
    }
  }

  /// Whether the node or anything below it satisfies `predicate`.
  package func contains(where predicate: (LogicalPlan) -> Bool) -> Bool {
    var pending: [LogicalPlan] = [self]
    while let node = pending.popLast() {
      if predicate(node) { return true }
      pending.append(contentsOf: node.children)
    }
    return false
  }

  /// The plan projected to exactly these columns (ids and order); itself when it has them already.
  package func projected(to columns: [PlanColumn]) -> LogicalPlan {
    if self.columns.map(\.id) == columns.map(\.id) { return self }
    return .project(self, columns.map { Projection(passing: $0) })
  }

  /// A filter over the plan; the plan itself without conditions.
  package func filtered(by conditions: [BoundExpression]) -> LogicalPlan {
    if conditions.isEmpty { return self }
    if case .filter(let input, let inner) = self { return .filter(input, inner + conditions) }
    return .filter(self, conditions)
  }

  /// One row without columns: the input of a SELECT without FROM.
  package static var singleRow: LogicalPlan { .values(rows: [[]], columns: []) }

  package var isSingleRow: Bool {
    if case .values(let rows, let columns) = self {
      rows.count == 1 && columns.isEmpty
    } else {
      false
    }
  }

  /// No rows.
  package var isEmptyRelation: Bool {
    if case .values(let rows, _) = self { rows.isEmpty } else { false }
  }
}

extension Join {
  /// The join of the same kind over other inputs and conditions.
  package func with(
    left: LogicalPlan? = nil, right: LogicalPlan? = nil, conditions: [BoundExpression]? = nil
  ) -> Join {
    var copy = self
    copy.left = left ?? self.left
    copy.right = right ?? self.right
    copy.conditions = conditions ?? self.conditions
    return copy
  }
}
