internal import OlapCatalog
internal import OlapColumns
internal import OlapPlanning

/// Rewrites the plan of a model so that it gives, instead of its rows, the row ids of the stored rows that
/// each row is made of: one output row per combination of contributing rows.
///
/// Aggregates on the way from the result are left out: their inputs pass through with the group columns,
/// and what was aggregated is unknown (conditions on it hold, as the row exists). Aggregates below a join
/// are kept and joined with their inputs. Rows that a condition found (EXISTS, IN, the input of a scalar
/// subquery) are contributing rows; rows that it looked for and did not find are none. A window's row is
/// made of the rows its values were computed from.
struct RowProvenance {
  /// The row ids of one scan in the rewritten plan.
  struct Origin {
    let table: EntryID
    let column: PlanColumn
  }
  struct Traced {
    var plan: LogicalPlan
    var origins: [Origin]
    /// Whether one row of the original plan may be several here.
    var isMultiplied = false
    var multiplied: Traced {
      Traced(plan: plan, origins: origins, isMultiplied: true)
    }
  }
  /// A relation computed once, as it is computed in the rewritten plan.
  private struct Relation {
    let index: Int
    let origins: [Origin]
    let isMultiplied: Bool
  }
  let numbers: ColumnIDAllocator
  /// Columns whose values the rewritten plan does not have.
  var unknown: Set<ColumnID> = []
  private var relations: [Int: Relation] = [:]
  /// Columns that the model's values are computed from; the others only choose rows.
  let valueColumns: Set<ColumnID>

  init(of plan: LogicalPlan, numbers: ColumnIDAllocator) {
    self.numbers = numbers
    valueColumns = RowProvenance.valueColumns(of: plan)
  }

  /// The plan with its own columns and those of the origins. `isExact`: every column keeps its values.
  mutating func trace(_ plan: LogicalPlan, isExact: Bool = false) -> Traced {
    switch plan {
    case .scan(var scan):
      guard scan.changes == nil else { return Traced(plan: plan, origins: []) }
      let column = scan.rowID ?? numbers.column("rowid", .bigint)
      scan.rowID = column
      return Traced(plan: .scan(scan), origins: [Origin(table: scan.table.id, column: column)])
    case .tableFunction, .values, .workingTableScan: return Traced(plan: plan, origins: [])
    case .recursiveCTE(let recursion): return everyRow(under: recursion)
    case .filter(let input, let conditions):
      let traced = trace(input, isExact: isExact)
      let known = conditions.filter { unknown.isDisjoint(with: $0.columns) }
      return Traced(
        plan: known.isEmpty ? traced.plan : .filter(traced.plan, known), origins: traced.origins,
        isMultiplied: traced.isMultiplied)
    case .project(let input, let projections):
      return project(trace(input, isExact: isExact), projections)
    case .aggregate(let node): return isExact ? exact(node) : passing(node)
    case .window(let input, let calls):
      return hasOwnRows(calls)
        ? ownRow(input, calls, isExact: isExact) : frame(input, calls)
    case .sort(let input, _), .sample(let input, _): return trace(input, isExact: isExact)
    case .topN(let input, _, _, _), .limit(let input, _):
      if !isExact { return trace(input) }
      return joined(plan, withRowsOf: input)
    case .distinct(let input, let keys, _):
      // DISTINCT ON keeps one row of those with its keys, DISTINCT makes one of equal rows.
      if !isExact { return trace(input).multiplied }
      return keys == nil ? trace(input, isExact: true).multiplied : joined(plan, withRowsOf: input)
    case .join(let join): return traceJoin(join) { .join($0) }
    case .dependentJoin(let join, let correlated):
      return traceJoin(join) { .dependentJoin($0, correlated: correlated) }
    case .setOperation(let node): return traceSet(node, isExact: isExact)
    case .materialize(let index, let definition, let body):
      return traceShared(index, definition, body, isExact: isExact)
    case .cteScan(let index, let columns):
      guard let relation = relations[index] else { return Traced(plan: plan, origins: []) }
      let origins = relation.origins.map {
        Origin(table: $0.table, column: numbers.column("rowid", .bigint))
      }
      return Traced(
        plan: .cteScan(index: relation.index, columns: columns + origins.map { $0.column }),
        origins: origins, isMultiplied: relation.isMultiplied)
    case .unnest(var node):
      let traced = trace(node.input, isExact: isExact)
      node.input = traced.plan
      return Traced(
        plan: .unnest(node), origins: traced.origins, isMultiplied: traced.isMultiplied)
    }
  }

  /// Projections without unknown values, and the origins' columns.
  mutating func project(_ input: Traced, _ projections: [Projection]) -> Traced {
    var items: [Projection] = []
    for item in projections {
      if unknown.isDisjoint(with: item.expression.columns) {
        items.append(item)
      } else {
        unknown.insert(item.output.id)
        items.append(Projection(.constant(.null, item.output.type), as: item.output))
      }
    }
    items += input.origins.map {
      Projection(.column($0.column.id, $0.column.type), as: $0.column)
    }
    return Traced(
      plan: .project(input.plan, items), origins: input.origins, isMultiplied: input.isMultiplied)
  }

  /// A relation computed once is kept for those who need its values, beside a traced copy of it.
  private mutating func traceShared(
    _ index: Int, _ definition: LogicalPlan, _ body: LogicalPlan, isExact: Bool
  ) -> Traced {
    let copy = definition.cloned(with: numbers)
    let traced = trace(copy.plan, isExact: true)
    let columns = copy.plan.columns + traced.origins.map { $0.column }
    let listed = LogicalPlan.project(
      traced.plan, columns.map { Projection(.column($0.id, $0.type), as: $0) })
    let own = numbers.relationIndex()
    relations[index] = Relation(
      index: own, origins: traced.origins, isMultiplied: traced.isMultiplied)
    let rest = trace(body, isExact: isExact)
    return Traced(
      plan: .materialize(
        index: index, definition: definition,
        body: .materialize(index: own, definition: listed, body: rest.plan)),
      origins: rest.origins, isMultiplied: rest.isMultiplied)
  }

  /// An aggregate's input under its group columns.
  private mutating func passing(_ node: Aggregate) -> Traced {
    if let sets = node.groupingSets {
      for call in node.calls { unknown.insert(call.output.id) }
      return withoutValues(of: node.calls, traceSet(members(of: node, sets), isExact: false))
    }
    let input = trace(node.input)
    for call in node.calls { unknown.insert(call.output.id) }
    let nulls = node.calls.map { Projection(.constant(.null, $0.output.type), as: $0.output) }
    return project(input, node.groups + nulls)
  }

  /// An aggregate joined with a copy of its input on the group columns.
  private mutating func exact(_ node: Aggregate) -> Traced {
    if let sets = node.groupingSets {
      let rows = members(of: node, sets)
      let keys = node.groups.map { $0.output } + node.groupingCalls.map { $0.output }
      let copies = keys.map { numbers.column($0.name, $0.type) }
      let union = traceSet(
        SetOperation(kind: .union, isAll: true, inputs: rows.inputs, columns: copies),
        isExact: true)
      return joined(.aggregate(node), keys, union, copies)
    }
    let copy = node.input.cloned(with: numbers)
    let types = Dictionary(
      node.input.columns.map { ($0.id, $0.type) }, uniquingKeysWith: { first, _ in first })
    var references: [ColumnID: BoundExpression] = [:]
    for (old, new) in copy.columns {
      if let type = types[old] { references[old] = .column(new, type) }
    }
    let input = trace(copy.plan, isExact: true)
    let keys = node.groups.map {
      Projection(
        $0.expression.substituting(references),
        as: numbers.column($0.output.name, $0.output.type))
    }
    let members = project(input, keys)
    return joined(
      .aggregate(node), node.groups.map { $0.output }, members, keys.map { $0.output })
  }

  /// `plan`, whose rows are among those of its input, joined with the equal rows of a traced copy.
  mutating func joined(_ plan: LogicalPlan, withRowsOf input: LogicalPlan) -> Traced {
    let copy = input.cloned(with: numbers)
    let traced = trace(copy.plan, isExact: true)
    return joined(plan, input.columns, traced, copy.plan.columns)
  }

  func joined(
    _ plan: LogicalPlan, _ columns: [PlanColumn], _ members: Traced, _ copies: [PlanColumn]
  ) -> Traced {
    var conditions: [BoundExpression] = zip(columns, copies).map {
      .comparison(.notDistinctFrom, .column($0.id, $0.type), .column($1.id, $1.type))
    }
    // One group of everything: it exists without rows too.
    let kind: JoinKind = conditions.isEmpty ? .left : .inner
    if conditions.isEmpty { conditions = [.constant(.boolean(true), .boolean)] }
    return Traced(
      plan: .join(Join(kind: kind, left: plan, right: members.plan, conditions: conditions)),
      origins: members.origins, isMultiplied: true)
  }

  private mutating func traceJoin(_ join: Join, _ make: (Join) -> LogicalPlan) -> Traced {
    var result = join
    let left = trace(join.left, isExact: true)
    result.left = left.plan
    switch join.kind {
    case .anti:
      return Traced(
        plan: make(result), origins: left.origins, isMultiplied: left.isMultiplied)
    case .semi:
      // Of the rows that were found, all are shown.
      let right = trace(join.right, isExact: true)
      result.kind = join.conditions.isEmpty ? .cross : .inner
      result.nullAware = false
      result.right = right.plan
      return Traced(plan: make(result), origins: left.origins + right.origins, isMultiplied: true)
    case .mark: return traceMark(join, left, make)
    case .single:
      let right = trace(join.right, isExact: true)
      result.kind = right.isMultiplied ? .left : .single
      result.right = right.plan
      return Traced(
        plan: make(result), origins: left.origins + right.origins,
        isMultiplied: left.isMultiplied || right.isMultiplied)
    case .rightSemi, .rightAnti:
      let right = trace(join.right, isExact: true)
      result.left = join.left
      result.right = right.plan
      return Traced(
        plan: make(result), origins: right.origins, isMultiplied: right.isMultiplied)
    case .inner, .left, .right, .full, .cross, .asof, .asofLeft, .positional:
      let right = trace(join.right, isExact: true)
      result.right = right.plan
      return Traced(
        plan: make(result), origins: left.origins + right.origins,
        isMultiplied: left.isMultiplied || right.isMultiplied)
    }
  }

  /// A mark and, beside it, the rows it was made for.
  private mutating func traceMark(
    _ join: Join, _ left: Traced, _ make: (Join) -> LogicalPlan
  ) -> Traced {
    var marked = join
    marked.left = left.plan
    let copy = join.right.cloned(with: numbers)
    let right = trace(copy.plan, isExact: true)
    guard !right.origins.isEmpty else {
      return Traced(plan: make(marked), origins: left.origins, isMultiplied: left.isMultiplied)
    }
    var references: [ColumnID: BoundExpression] = [:]
    for column in join.right.columns {
      if let id = copy.columns[column.id] { references[column.id] = .column(id, column.type) }
    }
    var conditions = join.conditions.map { $0.substituting(references) }
    if conditions.isEmpty { conditions = [.constant(.boolean(true), .boolean)] }
    let found = Join(
      kind: .left, left: make(marked), right: right.plan, conditions: conditions)
    return Traced(plan: make(found), origins: left.origins + right.origins, isMultiplied: true)
  }

  /// UNION: every input's rows, with NULL for the row ids of the others. INTERSECT, EXCEPT: the first's.
  mutating func traceSet(_ node: SetOperation, isExact: Bool) -> Traced {
    let inputs = node.kind == .union ? node.inputs : Array(node.inputs.prefix(1))
    var parts: [Traced] = []
    for input in inputs {
      let traced = trace(input, isExact: isExact)
      for (column, output) in zip(input.columns, node.columns) where unknown.contains(column.id) {
        unknown.insert(output.id)
      }
      parts.append(
        project(traced, input.columns.map { Projection(.column($0.id, $0.type), as: $0) }))
    }
    let origins = parts.flatMap { part in
      part.origins.map { Origin(table: $0.table, column: numbers.column("rowid", .bigint)) }
    }
    var start = 0
    var branches: [LogicalPlan] = []
    for (part, input) in zip(parts, inputs) {
      var items = input.columns.map {
        Projection(.column($0.id, $0.type), as: numbers.column($0.name, $0.type))
      }
      for index in origins.indices {
        let isOwn = (start..<(start + part.origins.count)).contains(index)
        let value: BoundExpression =
          isOwn
          ? .column(part.origins[index - start].column.id, .bigint) : .constant(.null, .bigint)
        items.append(Projection(value, as: numbers.column("rowid", .bigint)))
      }
      start += part.origins.count
      branches.append(.project(part.plan, items))
    }
    let columns = node.columns + origins.map { $0.column }
    if branches.count == 1, let only = branches.first {
      let items = zip(only.columns, columns).map {
        Projection(.column($0.id, $0.type), as: $1)
      }
      return Traced(
        plan: .project(only, items), origins: origins,
        isMultiplied: parts.contains { $0.isMultiplied })
    }
    return Traced(
      plan: .setOperation(
        SetOperation(kind: .union, isAll: true, inputs: branches, columns: columns)),
      origins: origins, isMultiplied: parts.contains { $0.isMultiplied })
  }
}
