/// Visits every expression and table reference of a tree, subqueries included, in the order of the
/// text (roughly), each node before what is inside it.
///
/// CTE names are scoped as in SQL: `onTable` sees which references are to a CTE.
package struct SyntaxWalker {
  package var onExpression: (Expression) -> Void
  /// The reference, and whether its name is a CTE's.
  package var onTable: (TableReference, _ isCommonTable: Bool) -> Void
  /// Targets of INSERT, UPDATE, DELETE and MERGE.
  package var onTarget: (ObjectName) -> Void
  /// Lower-case names of the CTEs in scope.
  private var scope: Set<String> = []

  package init(
    onExpression: @escaping (Expression) -> Void = { _ in },
    onTable: @escaping (TableReference, _ isCommonTable: Bool) -> Void = { _, _ in },
    onTarget: @escaping (ObjectName) -> Void = { _ in }
  ) {
    self.onExpression = onExpression
    self.onTable = onTable
    self.onTarget = onTarget
  }

  // MARK: Queries

  package mutating func walk(_ query: SelectStatement) {
    let outer = scope
    defer { scope = outer }
    if let with = query.with { walk(with) }
    walk(query.body)
    if case .items(let items) = query.orderBy { walk(items) }
    if let limit = query.limit {
      switch limit.count {
      case .all: break
      case .rows(let count), .percent(let count): walk(count)
      }
      walk(limit.offset)
    }
  }

  /// Leaves the CTEs in scope: the caller restores it.
  private mutating func walk(_ with: WithClause) {
    if with.isRecursive {
      for table in with.tables { scope.insert(table.name.text.lowercased()) }
    }
    for table in with.tables {
      switch table.body {
      case .query(let query): walk(query)
      case .modification(let statement): walk(statement)
      }
      scope.insert(table.name.text.lowercased())
    }
  }

  private mutating func walk(_ body: QueryBody) {
    switch body {
    case .select(let core): walk(core)
    case .values(let rows): for row in rows { walk(row) }
    case .setOperation(let operation): for operand in operation.operands { walk(operand) }
    case .nested(let query): walk(query)
    case .pivot(let pivot): walk(pivot)
    case .unpivot(let unpivot): walk(unpivot)
    case .describe(let statement): walk(statement)
    }
  }

  private mutating func walk(_ statement: DescribeStatement) {
    switch statement.subject {
    case .describeQuery(let query), .summarizeQuery(let query): walk(query)
    case .describeTable(let name), .summarizeTable(let name):
      visit(TableReference(.table(name, version: nil), range: name.range))
    default: break
    }
  }

  private mutating func walk(_ core: SelectCore) {
    if case .on(let expressions) = core.distinct { walk(expressions) }
    walk(core.items)
    for table in core.from { walk(table) }
    walk(core.filter)
    if case .elements(let elements) = core.groupBy { for element in elements { walk(element) } }
    walk(core.having)
    for window in core.windows { walk(window.specification) }
    walk(core.qualify)
  }

  private mutating func walk(_ element: GroupingElement) {
    switch element {
    case .expression(let expression): walk(expression)
    case .empty: break
    case .rollup(let sets), .cube(let sets): for set in sets { walk(set) }
    case .groupingSets(let elements): for element in elements { walk(element) }
    case .set(let expressions): walk(expressions)
    }
  }

  // MARK: Tables

  package mutating func walk(_ table: TableReference) {
    visit(table)
    switch table.kind {
    case .table(_, let version):
      switch version {
      case .run(let value), .version(let value), .timestamp(let value): walk(value)
      case nil: break
      }
    case .file: break
    case .subquery(let query, _): walk(query)
    case .function(let call, _, _): walk(call)
    case .join(let join):
      walk(join.left)
      walk(join.right)
      if case .on(let condition) = join.condition { walk(condition) }
    case .pivot(let pivot): walk(pivot)
    case .unpivot(let unpivot): walk(unpivot)
    }
  }

  private func visit(_ table: TableReference) {
    guard case .table(let name, _) = table.kind, name.parts.count == 1 else {
      return onTable(table, false)
    }
    onTable(table, scope.contains(name.base.text.lowercased()))
  }

  private mutating func walk(_ pivot: Pivot) {
    walk(pivot.source)
    for column in pivot.columns {
      walk(column.expressions)
      if let values = column.values { walk(values) }
      if let query = column.query { walk(query) }
    }
    walk(pivot.aggregates)
    if let groupBy = pivot.groupBy { walk(groupBy) }
  }

  private mutating func walk(_ unpivot: Unpivot) {
    walk(unpivot.source)
    for entry in unpivot.columns { walk(entry.expressions) }
  }

  // MARK: Statements

  /// Queries, modifications, and statements that hold a query.
  package mutating func walk(_ statement: Statement) {
    let outer = scope
    defer { scope = outer }
    switch statement.kind {
    case .select(let query): walk(query)
    case .insert(let insert): walk(insert)
    case .update(let update):
      if let with = update.with { walk(with) }
      onTarget(update.table)
      for assignment in update.assignments { walk(assignment.value) }
      for table in update.from { walk(table) }
      walk(update.filter)
      walk(update.returning)
    case .delete(let delete):
      if let with = delete.with { walk(with) }
      onTarget(delete.table)
      for table in delete.using { walk(table) }
      walk(delete.filter)
      walk(delete.returning)
    case .merge(let merge): walk(merge)
    case .createTable(let table): if let query = table.query { walk(query) }
    case .createLayerTable(let table): if let query = table.query { walk(query) }
    case .createView(let view): walk(view.query)
    case .createTest(let test): walk(test.query)
    case .applyChanges(let changes):
      onTarget(changes.table)
      walk(changes.source)
      walk(changes.sequenceBy)
      walk(changes.deleteWhen)
      walk(changes.truncateWhen)
    case .copy(let copy): if case .query(let query) = copy.source { walk(query) }
    case .explain(let explain): walk(explain.statement)
    case .prepare(let prepare): walk(prepare.statement)
    case .describe(let describe): walk(describe)
    case .set(let set): walk(set.values)
    case .execute(let execute): for argument in execute.arguments { walk(argument.value) }
    case .call(let call): walk(call.call)
    default: break
    }
  }

  private mutating func walk(_ insert: InsertStatement) {
    if let with = insert.with { walk(with) }
    onTarget(insert.table)
    if case .query(let query) = insert.source { walk(query) }
    if let conflict = insert.onConflict {
      if case .columns(_, let filter) = conflict.target { walk(filter) }
      if case .update(let assignments, let filter) = conflict.action {
        for assignment in assignments { walk(assignment.value) }
        walk(filter)
      }
    }
    walk(insert.returning)
  }

  private mutating func walk(_ merge: MergeStatement) {
    if let with = merge.with { walk(with) }
    onTarget(merge.table)
    walk(merge.source)
    if case .on(let condition) = merge.condition { walk(condition) }
    for clause in merge.clauses {
      walk(clause.condition)
      switch clause.action {
      case .update(let assignments, _): for assignment in assignments { walk(assignment.value) }
      case .insert(_, let values, _): walk(values)
      case .error(let message): walk(message)
      case .delete, .insertDefaults, .nothing: break
      }
    }
    walk(merge.returning)
  }

  // MARK: Expressions

  package mutating func walk(_ expression: Expression) {
    onExpression(expression)
    expression.forEachPart { part in
      switch part {
      case .expression(let child): walk(child)
      case .query(let query): walk(query)
      }
    }
  }

  private mutating func walk(_ expression: Expression?) {
    if let expression { walk(expression) }
  }

  private mutating func walk(_ expressions: [Expression]) {
    for expression in expressions { walk(expression) }
  }

  private mutating func walk(_ items: [SelectItem]) {
    for item in items { walk(item.expression) }
  }

  private mutating func walk(_ items: [OrderByItem]) {
    for item in items { walk(item.expression) }
  }

  private mutating func walk(_ call: FunctionCall) {
    walk(Expression(.function(call), range: call.range))
  }

  private mutating func walk(_ window: WindowSpecification) {
    window.forEachExpression { walk($0) }
  }
}
