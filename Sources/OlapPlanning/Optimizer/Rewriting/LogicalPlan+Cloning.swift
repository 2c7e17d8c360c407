internal import OlapColumns

extension LogicalPlan {
  /// A copy whose columns and materialised relations have fresh numbers, and the map from the old
  /// column ids to the new ones. References to columns and relations made outside stay.
  package func cloned(
    with allocator: ColumnIDAllocator
  ) -> (plan: LogicalPlan, columns: [ColumnID: ColumnID]) {
    var renaming = PlanRenaming()
    forEachNode { node in
      for column in node.producedColumns where renaming.columns[column.id] == nil {
        renaming.columns[column.id] = allocator.columnID()
      }
      switch node {
      case .materialize(let index, _, _): renaming.relations[index] = allocator.relationIndex()
      case .recursiveCTE(let cte): renaming.relations[cte.index] = allocator.relationIndex()
      default: break
      }
    }
    return (renaming.apply(to: self), renaming.columns)
  }

  /// The plan with columns renamed wherever they are made or read.
  package func renamingColumns(_ columns: [ColumnID: ColumnID]) -> LogicalPlan {
    var renaming = PlanRenaming()
    renaming.columns = columns
    return renaming.apply(to: self)
  }
}

/// Numbers to replace in a plan, outputs and references alike.
struct PlanRenaming {
  var columns: [ColumnID: ColumnID] = [:]
  var relations: [Int: Int] = [:]

  func apply(to plan: LogicalPlan) -> LogicalPlan {
    plan.rewrittenUp { node in renameOutputs(of: node.mapExpressions { rename($0) }) }
  }

  func rename(_ expression: BoundExpression) -> BoundExpression {
    switch expression {
    case .column(let id, let type): return .column(columns[id] ?? id, type)
    case .subquery(var subquery):
      subquery = subquery.mapOperands { rename($0) }
      subquery.plan = apply(to: subquery.plan)
      subquery.correlated = Set(subquery.correlated.map { columns[$0] ?? $0 })
      return .subquery(subquery)
    default: return expression.mapChildren { rename($0) }
    }
  }

  private func rename(_ column: PlanColumn) -> PlanColumn {
    PlanColumn(id: columns[column.id] ?? column.id, name: column.name, type: column.type)
  }

  private func rename(_ projection: Projection) -> Projection {
    Projection(projection.expression, as: rename(projection.output))
  }

  private func renameOutputs(of plan: LogicalPlan) -> LogicalPlan {
    switch plan {
    case .filter, .sort, .topN, .limit, .distinct, .sample: return plan
    case .scan(var scan):
      scan.columns = scan.columns.map { ($0.position, rename($0.output)) }
      scan.rowID = scan.rowID.map { rename($0) }
      return .scan(scan)
    case .tableFunction(var scan):
      scan.columns = scan.columns.map { ($0.position, rename($0.output)) }
      return .tableFunction(scan)
    case .values(let rows, let outputs):
      return .values(rows: rows, columns: outputs.map { rename($0) })
    case .cteScan(let index, let outputs):
      return .cteScan(index: relations[index] ?? index, columns: outputs.map { rename($0) })
    case .workingTableScan(let index, let outputs):
      return .workingTableScan(
        index: relations[index] ?? index, columns: outputs.map { rename($0) })
    case .project(let input, let projections):
      return .project(input, projections.map { rename($0) })
    case .aggregate(var aggregate):
      aggregate.groups = aggregate.groups.map { rename($0) }
      for i in aggregate.calls.indices {
        aggregate.calls[i].output = rename(aggregate.calls[i].output)
      }
      aggregate.groupingCalls = aggregate.groupingCalls.map { ($0.positions, rename($0.output)) }
      return .aggregate(aggregate)
    case .window(let input, var calls):
      for i in calls.indices { calls[i].output = rename(calls[i].output) }
      return .window(input, calls)
    case .join(var join):
      join.mark = join.mark.map { rename($0) }
      return .join(join)
    case .dependentJoin(var join, let correlated):
      join.mark = join.mark.map { rename($0) }
      return .dependentJoin(join, correlated: Set(correlated.map { columns[$0] ?? $0 }))
    case .setOperation(var operation):
      operation.columns = operation.columns.map { rename($0) }
      return .setOperation(operation)
    case .materialize(let index, let definition, let body):
      return .materialize(index: relations[index] ?? index, definition: definition, body: body)
    case .recursiveCTE(var cte):
      cte.index = relations[cte.index] ?? cte.index
      cte.columns = cte.columns.map { rename($0) }
      return .recursiveCTE(cte)
    case .unnest(var unnest):
      unnest.lists = unnest.lists.map { rename($0) }
      unnest.ordinality = unnest.ordinality.map { rename($0) }
      return .unnest(unnest)
    }
  }
}
