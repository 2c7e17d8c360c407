internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
  /// What every write of a table checks and computes.
  func tableWrite(_ table: TableEntry) throws -> BoundTableWrite {
    let columns = table.columns.map { newColumn($0.name, $0.type) }
    var checks: [(name: String, expression: BoundExpression)] = []
    for check in table.checks {
      let bound = try stored("CHECK of \(table.name)", check.sql) {
        try bindTableExpression($0, table: table, columns: columns, type: .boolean)
      }
      checks.append((check.name ?? check.sql, bound))
    }
    var generated: [(position: Int, expression: BoundExpression)] = []
    for (position, column) in table.columns.enumerated() {
      guard let sql = column.generatedSQL else { continue }
      let bound = try stored("generated column \(column.name)", sql) {
        try bindTableExpression($0, table: table, columns: columns, type: column.type)
      }
      generated.append((position, bound))
    }
    return BoundTableWrite(table: table, columns: columns, checks: checks, generated: generated)
  }

  /// Binds an expression kept as text in the catalog.
  private func stored(
    _ what: String, _ sql: String, _ bind: (Expression) throws -> BoundExpression
  ) throws -> BoundExpression {
    do {
      return try bind(Parser.parseExpression(sql))
    } catch let problem as BindError {
      throw error("in \(what): \(problem.message)")
    } catch let problem as ParseError {
      throw error("in \(what): \(problem.message)")
    }
  }

  /// The value a column takes when none is given.
  func defaultValue(_ column: OlapCatalog.ColumnDefinition) throws -> BoundExpression {
    guard let sql = column.defaultSQL, column.generatedSQL == nil else {
      return .constant(.null, column.type)
    }
    return try stored("DEFAULT of column \(column.name)", sql) { expression in
      let scope = Scope(parent: nil, commonTables: CommonTables())
      let bound = try self.bind(expression, ExpressionContext(scope, .defaultValue))
      return coerced(bound, to: column.type)
    }
  }

  /// RETURNING over the new row; `extra` are further relations it may mention.
  func returning(
    _ items: [SelectItem], _ write: BoundTableWrite, alias: Identifier?, isMerge: Bool = false
  ) throws -> BoundReturning? {
    guard !items.isEmpty else { return nil }
    let scope = Scope(parent: nil, commonTables: CommonTables())
    var target = ScopeTable(
      name: alias?.text ?? write.table.name, schema: write.table.schema, columns: write.columns)
    var action: PlanColumn?
    if isMerge {
      let column = newColumn("merge_action", .varchar)
      target.columns.append(ScopeColumn(column, isHidden: true))
      action = column
    }
    scope.fragment = Fragment(tables: [target])
    scope.own(scope.fragment)
    let expanded = try expandItems(items, scope)
    let projections = try expanded.map { item -> Projection in
      var bound = item.bound ?? .constant(.null, .null)
      if item.bound == nil, let expression = item.expression {
        bound = try bind(expression, ExpressionContext(scope, .returning))
      }
      return Projection(bound, as: newColumn(item.name, bound.type))
    }
    return BoundReturning(projections: projections, action: action)
  }

  /// The position of a column of the target table.
  func targetColumn(_ name: Identifier, _ table: TableEntry) throws -> Int {
    guard let position = table.columnIndex(name.text) else {
      throw error(
        "Table \"\(table.name)\" does not have a column with name \"\(name.text)\"", name.range,
        candidates: Similarity.closest(to: name.text, among: table.columns.map { $0.name }))
    }
    return position
  }

  func refuseGenerated(_ position: Int, _ table: TableEntry, _ range: SourceRange) throws {
    guard table.columns[position].generatedSQL != nil else { return }
    throw error(
      "cannot write column \"\(table.columns[position].name)\": it is a generated column", range)
  }

  /// The scope of a write: CTEs of its WITH clause, no relations yet. The definitions wrap its plan.
  func writeScope(_ with: WithClause?) throws -> (Scope, [(Int, LogicalPlan)]) {
    let outer = Scope(parent: nil, commonTables: CommonTables())
    let definitions = try with.map { try bindCommonTables($0, outer) } ?? []
    return (outer, definitions)
  }

  func wrapped(_ plan: LogicalPlan, _ definitions: [(Int, LogicalPlan)]) -> LogicalPlan {
    var result = plan
    for (index, definition) in definitions.reversed() where cteReferences[index] ?? 0 > 0 {
      result = .materialize(index: index, definition: definition, body: result)
    }
    return withRowIDs(result)
  }

  /// SET clauses as positions and values; DEFAULT and rows of several columns too.
  func bindAssignments(
    _ assignments: [Assignment], _ table: TableEntry, _ c: ExpressionContext,
    _ existing: [PlanColumn]
  ) throws -> [(position: Int, expression: BoundExpression)] {
    var result: [(position: Int, expression: BoundExpression)] = []
    func set(_ name: Identifier, _ value: BoundExpression) throws {
      let position = try targetColumn(name, table)
      try refuseGenerated(position, table, name.range)
      guard !result.contains(where: { $0.position == position }) else {
        throw error("Multiple assignments to same column \"\(name.text)\"", name.range)
      }
      result.append((position, coerced(value, to: table.columns[position].type)))
    }
    for assignment in assignments {
      if assignment.columns.count == 1, let name = assignment.columns.first {
        if case .defaultValue = assignment.value.kind {
          let position = try targetColumn(name, table)
          try set(name, defaultValue(table.columns[position]))
        } else {
          try set(name, bind(assignment.value, c))
        }
        continue
      }
      let values = try rowValues(assignment, c)
      guard values.count == assignment.columns.count else {
        throw error(
          "\(assignment.columns.count) columns are assigned, but there are \(values.count) values",
          assignment.range)
      }
      for (name, value) in zip(assignment.columns, values) { try set(name, value) }
    }
    return result
  }

  private func rowValues(_ assignment: Assignment, _ c: ExpressionContext) throws
    -> [BoundExpression]
  {
    switch assignment.value.kind {
    case .row(let items): return try items.map { try bind($0, c) }
    case .subquery(let query):
      return try bindRowValue(query, assignment.columns.count, c, assignment.range)
    default:
      let value = try bind(assignment.value, c)
      guard case .structure(let fields) = value.type else {
        throw error("several columns are assigned from a row or a subquery", assignment.range)
      }
      return try fields.indices.map { position in
        try callScalar(
          "struct_extract", [value, .constant(.integer(Int64(position + 1)), .bigint)],
          assignment.range)
      }
    }
  }
}
