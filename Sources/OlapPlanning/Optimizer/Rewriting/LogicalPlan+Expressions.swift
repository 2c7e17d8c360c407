internal import OlapColumns
internal import OlapFunctions

extension LogicalPlan {
  /// Rewrites every expression of this node (not of its inputs). Outputs keep their ids.
  package func mapExpressions(
    _ rewrite: (BoundExpression) throws -> BoundExpression
  ) rethrows -> LogicalPlan {
    switch self {
    case .scan, .tableFunction, .cteScan, .workingTableScan, .setOperation, .materialize,
      .recursiveCTE, .sample:
      return self
    case .values(let rows, let columns):
      return .values(rows: try rows.map { try $0.map(rewrite) }, columns: columns)
    case .filter(let input, let conditions): return .filter(input, try conditions.map(rewrite))
    case .project(let input, let projections):
      return .project(input, try projections.map { try $0.mapExpression(rewrite) })
    case .aggregate(var aggregate):
      aggregate.groups = try aggregate.groups.map { try $0.mapExpression(rewrite) }
      aggregate.calls = try aggregate.calls.map { try $0.mapExpressions(rewrite) }
      return .aggregate(aggregate)
    case .window(let input, let calls):
      return .window(input, try calls.map { try $0.mapExpressions(rewrite) })
    case .join(let join):
      return .join(join.with(conditions: try join.conditions.map(rewrite)))
    case .dependentJoin(let join, let correlated):
      return .dependentJoin(
        join.with(conditions: try join.conditions.map(rewrite)), correlated: correlated)
    case .sort(let input, let items):
      return .sort(input, try items.map { try $0.mapExpression(rewrite) })
    case .topN(let input, let items, let limit, let offset):
      let rewritten: [SortItem] = try items.map { try $0.mapExpression(rewrite) }
      return .topN(input, rewritten, limit: limit, offset: offset)
    case .limit(let input, var limit):
      limit.count = try limit.count.map(rewrite)
      limit.offset = try limit.offset.map(rewrite)
      limit.tieOrder = try limit.tieOrder?.map { try $0.mapExpression(rewrite) }
      return .limit(input, limit)
    case .distinct(let input, let keys, let order):
      return .distinct(
        input, on: try keys?.map(rewrite), orderBy: try order.map { try $0.mapExpression(rewrite) })
    case .unnest(var unnest):
      unnest.lists = try unnest.lists.map { try $0.mapExpression(rewrite) }
      return .unnest(unnest)
    }
  }

  /// Every expression of this node (not of its inputs).
  package var expressions: [BoundExpression] {
    var result: [BoundExpression] = []
    _ = mapExpressions { expression in
      result.append(expression)
      return expression
    }
    return result
  }

  /// Columns this node reads from its inputs through expressions or by passing them on by name.
  package var referencedColumns: Set<ColumnID> {
    var result: Set<ColumnID> = []
    for expression in expressions { expression.collectColumns(into: &result) }
    return result
  }

  /// Columns this node makes: they exist in no input.
  package var producedColumns: [PlanColumn] {
    switch self {
    case .scan, .tableFunction, .values, .cteScan, .workingTableScan, .setOperation, .recursiveCTE:
      return columns
    case .filter, .sort, .topN, .limit, .distinct, .sample, .materialize: return []
    case .project(_, let projections):
      return projections.filter { !$0.isPassThrough }.map { $0.output }
    case .aggregate(let aggregate):
      return aggregate.groups.filter { !$0.isPassThrough }.map { $0.output }
        + aggregate.calls.map { $0.output } + aggregate.groupingCalls.map { $0.output }
    case .window(_, let calls): return calls.map { $0.output }
    case .join(let join), .dependentJoin(let join, _): return join.mark.map { [$0] } ?? []
    case .unnest(let unnest):
      return unnest.lists.map { $0.output } + (unnest.ordinality.map { [$0] } ?? [])
    }
  }

  /// Columns the plan reads but does not make: those of an enclosing query.
  package var freeColumns: Set<ColumnID> {
    var read: Set<ColumnID> = []
    var made: Set<ColumnID> = []
    forEachNode { node in
      for expression in node.expressions { expression.collectColumns(into: &read) }
      for column in node.producedColumns { made.insert(column.id) }
    }
    return read.subtracting(made)
  }

  /// Replaces references to columns made elsewhere, in the whole plan.
  package func substitutingReferences(_ replacements: [ColumnID: BoundExpression]) -> LogicalPlan {
    if replacements.isEmpty { return self }
    return rewrittenUp { node in node.mapExpressions { $0.substituting(replacements) } }
  }
}

extension Projection {
  package func mapExpression(
    _ rewrite: (BoundExpression) throws -> BoundExpression
  ) rethrows -> Projection {
    Projection(try rewrite(expression), as: output)
  }
}

extension SortItem {
  package func mapExpression(
    _ rewrite: (BoundExpression) throws -> BoundExpression
  ) rethrows -> SortItem {
    SortItem(expression: try rewrite(expression), descending: descending, nullsFirst: nullsFirst)
  }
}

extension BoundAggregateCall {
  package func mapExpressions(
    _ rewrite: (BoundExpression) throws -> BoundExpression
  ) rethrows -> BoundAggregateCall {
    var copy = self
    copy.arguments = try arguments.map(rewrite)
    copy.filter = try filter.map(rewrite)
    copy.orderBy = try orderBy.map { try $0.mapExpression(rewrite) }
    return copy
  }

  /// Every expression of the call.
  package var expressions: [BoundExpression] {
    arguments + (filter.map { [$0] } ?? []) + orderBy.map { $0.expression }
  }
}

extension BoundWindowCall {
  package func mapExpressions(
    _ rewrite: (BoundExpression) throws -> BoundExpression
  ) rethrows -> BoundWindowCall {
    var copy = self
    copy.arguments = try arguments.map(rewrite)
    copy.partitionBy = try partitionBy.map(rewrite)
    copy.orderBy = try orderBy.map { try $0.mapExpression(rewrite) }
    copy.frame.start = try frame.start.mapExpression(rewrite)
    copy.frame.end = try frame.end.mapExpression(rewrite)
    copy.filter = try filter.map(rewrite)
    copy.argumentOrderBy = try argumentOrderBy.map { try $0.mapExpression(rewrite) }
    return copy
  }
}

extension WindowFrame.Bound {
  package func mapExpression(
    _ rewrite: (BoundExpression) throws -> BoundExpression
  ) rethrows -> WindowFrame.Bound {
    switch self {
    case .unboundedPreceding, .unboundedFollowing, .currentRow: self
    case .preceding(let expression): .preceding(try rewrite(expression))
    case .following(let expression): .following(try rewrite(expression))
    }
  }
}
