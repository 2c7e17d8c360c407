internal import OlapColumns
internal import OlapFunctions

/// Computes expressions that occur more than once a single time, in a projection below.
///
/// Within aggregates (TPC-H 1) and projections. Branches of CASE and COALESCE are left alone: they may
/// not be evaluated for every row.
struct CommonExpressions {
  let state: OptimizerState

  func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    let node = plan.mapChildren { rewrite($0) }
    switch node {
    case .aggregate(let aggregate): return share(in: removingDuplicateCalls(aggregate))
    case .project(let input, let projections):
      var all: [BoundExpression] = projections.map { $0.expression }
      guard let shared = extract(&all, over: input) else { return node }
      return .project(shared, zip(all, projections).map { Projection($0, as: $1.output) })
    default: return node
    }
  }

  private func share(in plan: LogicalPlan) -> LogicalPlan {
    guard case .aggregate(let aggregate) = plan else {
      return plan.mapChildren { share(in: $0) }
    }
    var all: [BoundExpression] = aggregate.groups.map { $0.expression }
    for call in aggregate.calls { all += call.arguments }
    guard let shared = extract(&all, over: aggregate.input) else { return plan }
    var copy = aggregate
    copy.input = shared
    var next = all.makeIterator()
    copy.groups = aggregate.groups.map { Projection(next.next() ?? $0.expression, as: $0.output) }
    for i in copy.calls.indices {
      copy.calls[i].arguments = copy.calls[i].arguments.map { next.next() ?? $0 }
    }
    return .aggregate(copy)
  }

  /// Replaces repeated parts by columns and returns the input with a projection that computes them.
  private func extract(
    _ expressions: inout [BoundExpression], over input: LogicalPlan
  ) -> LogicalPlan? {
    var counts: [BoundExpression: Int] = [:]
    for expression in expressions { count(expression, into: &counts) }
    let repeated = counts.filter { $0.value > 1 }
    if repeated.isEmpty { return nil }
    var columns: [BoundExpression: PlanColumn] = [:]
    var order: [BoundExpression] = []
    expressions = expressions.map { expression in
      replace(expression) { part in
        guard repeated[part] != nil else { return nil }
        if let known = columns[part] { return known.reference }
        let column = state.numbers.column("common", part.type)
        columns[part] = column
        order.append(part)
        return column.reference
      }
    }
    let computed = order.compactMap { part in columns[part].map { Projection(part, as: $0) } }
    return .project(input, input.columns.map { Projection(passing: $0) } + computed)
  }

  /// Counts the parts worth sharing. A part found again is not entered: its own parts repeat only
  /// because it does.
  private func count(_ expression: BoundExpression, into counts: inout [BoundExpression: Int]) {
    if isWorthSharing(expression) {
      counts[expression, default: 0] += 1
      if counts[expression, default: 0] > 1 { return }
    }
    for child in eagerChildren(expression) { count(child, into: &counts) }
  }

  /// Replaces the largest parts first.
  private func replace(
    _ expression: BoundExpression, _ lookup: (BoundExpression) -> BoundExpression?
  ) -> BoundExpression {
    if isWorthSharing(expression), let column = lookup(expression) { return column }
    switch expression {
    case .coalesce(let items, let type):
      guard let first = items.first else { return expression }
      return .coalesce([replace(first, lookup)] + items.dropFirst(), type: type)
    case .caseWhen(var branches, let otherwise, let type):
      guard let first = branches.first else { return expression }
      branches[0].condition = replace(first.condition, lookup)
      return .caseWhen(branches: branches, otherwise: otherwise, type: type)
    case .lambdaCall(var call):
      call.list = replace(call.list, lookup)
      return .lambdaCall(call)
    default: return expression.mapChildren { replace($0, lookup) }
    }
  }

  /// Operands that are evaluated for every row.
  private func eagerChildren(_ expression: BoundExpression) -> [BoundExpression] {
    switch expression {
    case .coalesce(let items, _): Array(items.prefix(1))
    case .caseWhen(let branches, _, _): branches.prefix(1).map { $0.condition }
    case .lambdaCall(let call): [call.list]
    default: expression.children
    }
  }

  private func isWorthSharing(_ expression: BoundExpression) -> Bool {
    switch expression {
    case .call, .caseWhen, .lambdaCall: !expression.isVolatile && !expression.columns.isEmpty
    case .cast(let operand, _, _):
      operand.columnID == nil && !expression.isVolatile && !expression.columns.isEmpty
    default: false
    }
  }

  /// Aggregates that compute the same are computed once.
  private func removingDuplicateCalls(_ aggregate: Aggregate) -> LogicalPlan {
    var copy = aggregate
    copy.calls = []
    var copies: [Projection] = []
    for call in aggregate.calls {
      if let first = copy.calls.first(where: { $0.computesSame(as: call) }) {
        copies.append(Projection(first.output.reference, as: call.output))
      } else {
        copy.calls.append(call)
      }
    }
    if copies.isEmpty { return .aggregate(aggregate) }
    let narrowed = LogicalPlan.aggregate(copy)
    return .project(narrowed, narrowed.columns.map { Projection(passing: $0) } + copies)
  }
}

extension BoundAggregateCall {
  fileprivate func computesSame(as other: BoundAggregateCall) -> Bool {
    function.name == other.function.name && isDistinct == other.isDistinct
      && output.type == other.output.type && arguments == other.arguments
      && filter == other.filter && orderBy == other.orderBy
      && !expressions.contains { $0.isVolatile }
  }
}
