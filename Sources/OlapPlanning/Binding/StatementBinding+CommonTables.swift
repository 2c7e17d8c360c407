internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
  /// Binds the CTEs of a WITH clause into `scope`; gives those that are computed once, in order.
  func bindCommonTables(_ with: WithClause, _ scope: Scope) throws -> [(Int, LogicalPlan)] {
    var definitions: [(Int, LogicalPlan)] = []
    var names: Set<String> = []
    for table in with.tables {
      guard names.insert(table.name.text.lowercased()).inserted else {
        throw error("Duplicate CTE name \"\(table.name.text)\"", table.name.range)
      }
      guard case .query(let query) = table.body else {
        definitions.append(try bindReturnedRows(table, scope))
        continue
      }
      if let definition = try bindCommonTable(table, query, with.isRecursive, scope) {
        definitions.append(definition)
      }
    }
    return definitions
  }

  /// A data-modifying CTE: the rows it returned before this statement was bound.
  private func bindReturnedRows(
    _ table: CommonTableExpression, _ scope: Scope
  ) throws -> (Int, LogicalPlan) {
    guard let rows = context.returnedRows(of: table.name.text, at: table.range.start) else {
      throw error(
        "a WITH clause that writes (INSERT, UPDATE, DELETE, MERGE) must be at the top level of the "
          + "statement", table.range)
    }
    let relation = tableFunction(table.name.text, rows, nil, table.range)
    let output = relation.fragment.tables[0].columns.map { $0.column }
    let columns = unique(try named(output, table))
    let index = allocator.relationIndex()
    scope.commonTables[table.name.text] = CommonTable(
      name: table.name.text, form: .materialized(index: index), columns: columns)
    return (index, relation.plan)
  }

  private func bindCommonTable(
    _ table: CommonTableExpression, _ query: SelectStatement, _ isRecursive: Bool, _ scope: Scope
  ) throws -> (Int, LogicalPlan)? {
    let before = scope.commonTables
    let inner = Scope(parent: scope, commonTables: scope.commonTables)
    var bound: BoundQuery?
    if isRecursive { bound = try bindRecursive(table, query, inner) }
    let result = try bound ?? bindQuery(query, inner)
    let columns = unique(try named(result.columns, table))
    let entry: CommonTable
    var definition: (Int, LogicalPlan)?
    let isInline = (table.isMaterialized == false && bound == nil) || !inner.correlated.isEmpty
    if isInline && bound == nil {
      entry = CommonTable(
        name: table.name.text, form: .inline(table, before, scope), columns: columns)
    } else {
      let index = allocator.relationIndex()
      entry = CommonTable(
        name: table.name.text, form: .materialized(index: index), columns: columns)
      definition = (index, result.plan)
      materializedTables.append((index, result.plan))
    }
    scope.commonTables[table.name.text] = entry
    return definition
  }

  private func named(_ columns: [PlanColumn], _ table: CommonTableExpression) throws
    -> [PlanColumn]
  {
    guard table.columns.count <= columns.count else {
      throw error(
        "table \"\(table.name.text)\" has \(columns.count) columns available but "
          + "\(table.columns.count) columns specified", table.name.range)
    }
    var result = columns
    for (position, name) in table.columns.enumerated() { result[position].name = name.text }
    return result
  }

  /// Repeated names get a number, so that each can be written.
  func unique(_ columns: [PlanColumn]) -> [PlanColumn] {
    var seen: Set<String> = []
    return columns.map { column in
      var result = column
      var number = 1
      while !seen.insert(result.name.lowercased()).inserted {
        result.name = "\(column.name)_\(number)"
        number += 1
      }
      return result
    }
  }

  /// A use of a CTE in FROM.
  func bindCommonTable(
    _ table: CommonTable, _ name: Identifier, _ alias: TableAlias?, _ scope: Scope
  ) throws -> BoundRelation {
    var columns = table.columns.map { newColumn($0.name, $0.type) }
    let plan: LogicalPlan
    switch table.form {
    case .materialized(let index):
      cteReferences[index, default: 0] += 1
      plan = .cteScan(index: index, columns: columns)
    case .working(let index):
      table.isRead = true
      plan = .workingTableScan(index: index, columns: columns)
    case .undefined:
      throw error(
        "recursive reference to \"\(table.name)\" must not appear within its non-recursive term",
        name.range)
    case .inline(let definition, let commonTables, let parent):
      guard case .query(let query) = definition.body else {
        throw error("\"\(table.name)\" cannot be read here", name.range)
      }
      let inner = Scope(parent: parent, commonTables: commonTables)
      let bound = try bindQuery(query, inner)
      for id in inner.correlated { scope.markMention(of: id) }
      columns = unique(try named(bound.columns, definition))
      plan = bound.plan
    }
    try checkAlias(alias, columns.count)
    let entry = ScopeTable(name: alias?.name.text ?? table.name, columns: columns)
    return BoundRelation(plan: plan, fragment: Fragment(tables: [renamed(entry, alias)]))
  }

  // MARK: - Recursion

  /// `initial UNION [ALL] step` where the step reads the table; nil when the query does not recurse.
  private func bindRecursive(
    _ table: CommonTableExpression, _ query: SelectStatement, _ scope: Scope
  ) throws -> BoundQuery? {
    guard query.with == nil, case .setOperation(let operation) = query.body,
      operation.kind == .union, !operation.isByName, operation.operands.count >= 2
    else { return nil }
    let entry = CommonTable(name: table.name.text, form: .undefined, columns: [])
    let before = scope.commonTables
    scope.commonTables[table.name.text] = entry
    defer { scope.commonTables = before }
    var initials = [try bindOperand(operation.operands[0], scope)]
    let index = allocator.relationIndex()
    entry.form = .working(index: index)
    var columns = unique(try named(initials[0].columns, table)).map { column in
      newColumn(column.name, column.type == .null ? .integer : column.type)
    }
    entry.columns = columns
    var steps: [BoundQuery] = []
    // A step may widen a column (1, then n * 1.5): bind it again with the wider types.
    for attempt in 0..<4 {
      initials = [initials[0]]
      steps = []
      for operand in operation.operands.dropFirst() {
        entry.isRead = false
        let bound = try bindOperand(operand, scope)
        if entry.isRead { steps.append(bound) } else { initials.append(bound) }
      }
      guard !steps.isEmpty else { return nil }
      let widened = try widen(columns, initials + steps, operation.range)
      if widened == columns.map({ $0.type }) || attempt == 3 { break }
      columns = zip(columns, widened).map { newColumn($0.name, $1) }
      entry.columns = columns
    }
    let types = columns.map { $0.type }
    let initial = try union(initials, types, operation)
    let step = try union(steps, types, operation)
    let cte = RecursiveCTE(
      index: index, initial: initial, step: step, isUnionAll: operation.isAll,
      keyColumns: try keyPositions(table, columns), columns: columns)
    let result = BoundQuery(plan: .recursiveCTE(cte), columns: columns)
    return try orderedRecursion(result, query, scope)
  }

  private func orderedRecursion(_ bound: BoundQuery, _ query: SelectStatement, _ scope: Scope)
    throws -> BoundQuery
  {
    guard let limit = query.limit else { return bound }
    var result = bound
    result.plan = try limited(bound.plan, limit, [], scope)
    return result
  }

  private func bindOperand(_ body: QueryBody, _ scope: Scope) throws -> BoundQuery {
    try bindQuery(
      SelectStatement(body: body), Scope(parent: scope, commonTables: scope.commonTables))
  }

  private func widen(_ columns: [PlanColumn], _ operands: [BoundQuery], _ range: SourceRange) throws
    -> [SQLType]
  {
    var types = columns.map { $0.type }
    for operand in operands {
      guard operand.columns.count == types.count else {
        throw error(
          "Set operations can only apply to expressions with the same number of result columns",
          range)
      }
      for (position, column) in operand.columns.enumerated() {
        guard let type = TypeRules.commonType(types[position], column.type) else {
          throw error(
            "Cannot combine types \(types[position]) and \(column.type) in a recursive CTE", range)
        }
        types[position] = type
      }
    }
    return types
  }

  /// Operands as one plan with columns of the given types.
  private func union(
    _ operands: [BoundQuery], _ types: [SQLType], _ operation: OlapSQL.SetOperation
  ) throws -> LogicalPlan {
    let plans = operands.map { operand -> LogicalPlan in
      if operand.columns.count == types.count {
        return cast(operand.plan, operand.columns, to: types)
      }
      return operand.plan
    }
    guard operands.allSatisfy({ $0.columns.count == types.count }) else {
      throw error(
        "Set operations can only apply to expressions with the same number of result columns",
        operation.range)
    }
    if plans.count == 1 { return plans[0] }
    let columns = zip(operands[0].columns, types).map { newColumn($0.name, $1) }
    return .setOperation(
      SetOperation(kind: .union, isAll: operation.isAll, inputs: plans, columns: columns))
  }

  private func keyPositions(_ table: CommonTableExpression, _ columns: [PlanColumn]) throws
    -> [Int]?
  {
    guard !table.usingKey.isEmpty else { return nil }
    return try table.usingKey.map { key in
      guard let position = columns.firstIndex(where: { sameName($0.name, key.text) }) else {
        throw error(
          "USING KEY column \"\(key.text)\" is not a column of \"\(table.name.text)\"", key.range,
          candidates: Similarity.closest(to: key.text, among: columns.map { $0.name }))
      }
      return position
    }
  }
}
