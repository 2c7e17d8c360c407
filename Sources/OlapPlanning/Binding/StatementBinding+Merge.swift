internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
  func bindMerge(_ merge: MergeStatement) throws -> BoundMerge {
    let table = try findTable(merge.table, verb: "merge into")
    let write = try tableWrite(table)
    let (outer, definitions) = try writeScope(merge.with)
    let scope = Scope(parent: outer, commonTables: outer.commonTables)
    let (target, rowID, columns) = try target(table, merge.alias, [], scope)
    var source = try bindRelation(merge.source, scope, Fragment())
    let exists = newColumn("source_exists", .boolean)
    let sourceColumns = source.fragment.tables.flatMap { $0.columns.map { $0.column } }
    let shown = uniqueByID(sourceColumns)
    source.plan = .project(
      source.plan,
      shown.map { Projection($0.reference, as: $0) }
        + [Projection(.constant(.boolean(true), .boolean), as: exists)])
    let fragment = target.fragment + source.fragment
    var conditions: [BoundExpression]
    switch merge.condition {
    case .on(let expression): conditions = try joinCondition(expression, fragment, scope)
    case .using(let names):
      let join = OlapSQL.Join(
        kind: .inner, left: merge.source, right: merge.source, condition: merge.condition,
        range: merge.range)
      conditions = try usingCondition(names, target.fragment, source.fragment, join).0
    case .none: conditions = []
    }
    let matches = Set(merge.clauses.map { $0.match })
    let keepsTarget = matches.contains(.notMatchedBySource)
    let keepsSource = matches.contains(.notMatchedByTarget)
    let kind: JoinKind =
      keepsTarget ? (keepsSource ? .full : .left) : (keepsSource ? .right : .inner)
    if kind == .inner && conditions.isEmpty { conditions = [.alwaysTrue] }
    let join = LogicalPlan.join(
      Join(kind: kind, left: target.plan, right: source.plan, conditions: conditions))
    let outputs = [rowID] + columns + shown + [exists]
    var clauses: [(match: BoundMerge.Match, condition: BoundExpression?, action: BoundMerge.Action)]
    clauses = []
    for clause in merge.clauses {
      clauses.append(
        try bindMergeClause(clause, table, columns, target.fragment, source.fragment, scope))
    }
    let computed = subqueryColumns(&clauses)
    let plan = LogicalPlan.project(
      join, outputs.map { Projection($0.reference, as: $0) } + computed)
    return BoundMerge(
      write: write, source: wrapped(plan, definitions), rowID: rowID, sourceExists: exists,
      clauses: clauses,
      returning: try returning(merge.returning, write, alias: merge.alias, isMerge: true))
  }

  /// What a clause asks a subquery becomes a column of the joined rows.
  private func subqueryColumns(
    _ clauses:
      inout [(
        match: BoundMerge.Match, condition: BoundExpression?, action: BoundMerge.Action
      )]
  ) -> [Projection] {
    var computed: [Projection] = []
    func column(_ expression: BoundExpression) -> BoundExpression {
      guard expression.containsSubquery else { return expression }
      let output = newColumn("subquery", expression.type)
      computed.append(Projection(expression, as: output))
      return output.reference
    }
    for position in clauses.indices {
      clauses[position].condition = clauses[position].condition.map(column)
      switch clauses[position].action {
      case .update(let values): clauses[position].action = .update(values.map(column))
      case .insert(let values): clauses[position].action = .insert(values.map(column))
      case .delete, .nothing, .error: break
      }
    }
    return computed
  }

  private func uniqueByID(_ columns: [PlanColumn]) -> [PlanColumn] {
    var seen: Set<ColumnID> = []
    return columns.filter { seen.insert($0.id).inserted }
  }

  private func bindMergeClause(
    _ clause: MergeClause, _ table: TableEntry, _ columns: [PlanColumn], _ target: Fragment,
    _ source: Fragment, _ scope: Scope
  ) throws -> (match: BoundMerge.Match, condition: BoundExpression?, action: BoundMerge.Action) {
    let match: BoundMerge.Match
    switch clause.match {
    case .matched:
      match = .matched
      scope.fragment = target + source
    case .notMatchedByTarget:
      match = .notMatchedByTarget
      scope.fragment = source
    case .notMatchedBySource:
      match = .notMatchedBySource
      scope.fragment = target
    }
    let condition = try clause.condition.map { expression in
      try self.condition(
        bind(expression, ExpressionContext(scope, .merge)), "the WHEN condition",
        expression.range)
    }
    let c = ExpressionContext(scope, .merge)
    let action: BoundMerge.Action
    switch clause.action {
    case .delete: action = .delete
    case .nothing: action = .nothing
    case .insertDefaults: action = .insert(try table.columns.map { try defaultValue($0) })
    case .error(let message):
      let text = try message.map { expression -> String in
        let value = try constantValue(
          coerced(bind(expression, c), to: .varchar), expression.range)
        if case .varchar(let text) = value { return text }
        return ""
      }
      action = .error(text)
    case .update(let assignments, let isByName):
      var values: [(position: Int, expression: BoundExpression)]
      if assignments.isEmpty {
        values = try sourceValues(table, source, isByName, clause.range)
      } else {
        values = try bindAssignments(assignments, table, c, columns)
      }
      action = .update(
        columns.enumerated().map { position, column in
          values.first { $0.position == position }?.expression ?? column.reference
        })
    case .insert(let names, let expressions, let isByName):
      action = .insert(
        try mergeInsert(names, expressions, isByName, table, source, c, clause.range))
    }
    return (match, condition, action)
  }

  /// Every column from the source, by name or by position.
  private func sourceValues(
    _ table: TableEntry, _ source: Fragment, _ isByName: Bool, _ range: SourceRange
  ) throws -> [(position: Int, expression: BoundExpression)] {
    let available = starColumns(source)
    let targets = table.columns.indices.filter { table.columns[$0].generatedSQL == nil }
    if isByName {
      return try available.map { column in
        let position = try targetColumn(Identifier(column.name, range: range), table)
        return (position, coerced(column.expression, to: table.columns[position].type))
      }
    }
    guard available.count == targets.count else {
      throw error(
        "table \(table.name) has \(targets.count) columns but the source has \(available.count)",
        range)
    }
    return zip(targets, available).map { position, column in
      (position, coerced(column.expression, to: table.columns[position].type))
    }
  }

  private func mergeInsert(
    _ names: [Identifier], _ expressions: [Expression], _ isByName: Bool, _ table: TableEntry,
    _ source: Fragment, _ c: ExpressionContext, _ range: SourceRange
  ) throws -> [BoundExpression] {
    var values: [Int: BoundExpression] = [:]
    if expressions.isEmpty {
      for (position, value) in try sourceValues(table, source, isByName, range) {
        values[position] = value
      }
    } else {
      let targets =
        names.isEmpty
        ? table.columns.indices.filter { table.columns[$0].generatedSQL == nil }
        : try names.map { try targetColumn($0, table) }
      guard targets.count == expressions.count else {
        throw error(
          "table \(table.name) has \(targets.count) columns but \(expressions.count) values were "
            + "supplied", range)
      }
      for (position, expression) in zip(targets, expressions) {
        try refuseGenerated(position, table, expression.range)
        if case .defaultValue = expression.kind { continue }
        values[position] = coerced(
          try bind(expression, c), to: table.columns[position].type)
      }
    }
    return try table.columns.enumerated().map { position, column in
      try values[position] ?? defaultValue(column)
    }
  }
}
