internal import OlapCatalog
internal import OlapColumns
internal import OlapPlanning
internal import OlapSQL

/// A stored column that values of another column are made of.
struct SourceColumn: Hashable {
  let table: EntryID
  let position: Int
}

/// Which stored columns each column of a bound plan is made of: the values that go into it, through
/// aggregates and windows too; not conditions that only choose rows.
struct ColumnLineage {
  private var sources: [ColumnID: Set<SourceColumn>] = [:]
  /// Columns of the relations that are computed once, by index.
  private var relations: [Int: [PlanColumn]] = [:]

  /// The sources of each output column of `plan`, in order.
  static func outputs(of plan: LogicalPlan) -> [Set<SourceColumn>] {
    var lineage = ColumnLineage()
    lineage.visit(plan)
    return plan.columns.map { lineage.sources[$0.id] ?? [] }
  }

  private mutating func visit(_ plan: LogicalPlan) {
    switch plan {
    case .scan(let scan):
      for (position, output) in scan.columns {
        sources[output.id] = [SourceColumn(table: scan.table.id, position: position)]
      }
    case .tableFunction, .workingTableScan: break
    case .values(let rows, let columns):
      for row in rows {
        for (expression, column) in zip(row, columns) {
          let parts = found(in: expression)
          sources[column.id, default: []].formUnion(parts)
        }
      }
    case .filter(let input, _), .sort(let input, _), .topN(let input, _, _, _),
      .limit(let input, _), .distinct(let input, _, _), .sample(let input, _):
      visit(input)
    case .project(let input, let projections):
      visit(input)
      for item in projections { sources[item.output.id] = found(in: item.expression) }
    case .aggregate(let node): visit(node)
    case .window(let input, let calls):
      visit(input)
      for call in calls {
        let parts =
          call.arguments + call.partitionBy + call.orderBy.map { $0.expression }
          + (call.filter.map { [$0] } ?? [])
        sources[call.output.id] = found(in: parts)
      }
    case .join(let join), .dependentJoin(let join, _):
      visit(join.left)
      visit(join.right)
      if let mark = join.mark { sources[mark.id] = found(in: join.conditions) }
    case .setOperation(let node):
      for input in node.inputs {
        visit(input)
        alias(node.columns, to: input.columns)
      }
    case .materialize(let index, let definition, let body):
      visit(definition)
      relations[index] = definition.columns
      visit(body)
    case .cteScan(let index, let columns): alias(columns, to: relations[index] ?? [])
    case .recursiveCTE(let node):
      visit(node.initial)
      alias(node.columns, to: node.initial.columns)
      visit(node.step)
      alias(node.columns, to: node.step.columns)
    case .unnest(let node):
      visit(node.input)
      for list in node.lists { sources[list.output.id] = found(in: list.expression) }
    }
  }

  private mutating func visit(_ node: Aggregate) {
    visit(node.input)
    for group in node.groups { sources[group.output.id] = found(in: group.expression) }
    for call in node.calls {
      let parts =
        call.arguments + call.orderBy.map { $0.expression } + (call.filter.map { [$0] } ?? [])
      sources[call.output.id] = found(in: parts)
    }
  }

  private mutating func alias(_ columns: [PlanColumn], to inputs: [PlanColumn]) {
    for (column, input) in zip(columns, inputs) {
      let parts = sources[input.id] ?? []
      sources[column.id, default: []].formUnion(parts)
    }
  }

  private mutating func found(in expressions: [BoundExpression]) -> Set<SourceColumn> {
    var result: Set<SourceColumn> = []
    for expression in expressions { result.formUnion(found(in: expression)) }
    return result
  }

  private mutating func found(in expression: BoundExpression) -> Set<SourceColumn> {
    var subqueries: [BoundSubquery] = []
    _ = expression.rewrittenUp { node in
      if case .subquery(let subquery) = node { subqueries.append(subquery) }
      return node
    }
    var result: Set<SourceColumn> = []
    for subquery in subqueries {
      visit(subquery.plan)
      for column in subquery.plan.columns { result.formUnion(sources[column.id] ?? []) }
    }
    for column in expression.columns { result.formUnion(sources[column] ?? []) }
    return result
  }
}
