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
  private func writeScope(_ with: WithClause?) throws -> (Scope, [(Int, LogicalPlan)]) {
    let outer = Scope(parent: nil, commonTables: CommonTables())
    let definitions = try with.map { try bindCommonTables($0, outer) } ?? []
    return (outer, definitions)
  }

  private func wrapped(_ plan: LogicalPlan, _ definitions: [(Int, LogicalPlan)]) -> LogicalPlan {
    var result = plan
    for (index, definition) in definitions.reversed() where cteReferences[index] ?? 0 > 0 {
      result = .materialize(index: index, definition: definition, body: result)
    }
    return withRowIDs(result)
  }

  // MARK: - Insert

  func bindInsert(_ insert: InsertStatement) throws -> BoundInsert {
    let table = try findTable(insert.table, verb: "insert into")
    let write = try tableWrite(table)
    let (outer, definitions) = try writeScope(insert.with)
    var source = try insertSource(insert, table, outer)
    source = wrapped(source, definitions)
    return BoundInsert(
      write: write, source: source, conflict: try conflict(insert, write),
      returning: try returning(insert.returning, write, alias: insert.alias))
  }

  /// Rows of exactly the table's columns.
  private func insertSource(_ insert: InsertStatement, _ table: TableEntry, _ outer: Scope) throws
    -> LogicalPlan
  {
    guard case .query(let query) = insert.source else {
      let values = try table.columns.map { try defaultValue($0) }
      let columns = table.columns.map { newColumn($0.name, $0.type) }
      return .values(rows: [values], columns: columns)
    }
    var targets: [Int]
    if insert.columns.isEmpty {
      targets = table.columns.indices.filter { table.columns[$0].generatedSQL == nil }
    } else {
      targets = try insert.columns.map { try targetColumn($0, table) }
      for (position, name) in zip(targets, insert.columns) {
        try refuseGenerated(position, table, name.range)
      }
      guard Set(targets).count == targets.count else {
        throw error("a column is named twice in the INSERT column list", insert.range)
      }
    }
    let bound: BoundQuery
    if case .values(let rows) = query.body, query.orderBy == nil, query.limit == nil,
      query.with == nil, !insert.isByName
    {
      bound = try insertValues(rows, targets, table, outer, insert)
    } else {
      bound = try bindQuery(query, Scope(parent: outer, commonTables: outer.commonTables))
    }
    if insert.isByName {
      targets = try bound.columns.map { column in
        let position = try targetColumn(Identifier(column.name, range: insert.range), table)
        try refuseGenerated(position, table, insert.range)
        return position
      }
    }
    guard bound.columns.count == targets.count else {
      throw error(
        "table \(table.name) has \(targets.count) columns but \(bound.columns.count) values were "
          + "supplied", insert.range)
    }
    return try filled(bound, targets, table)
  }

  /// VALUES typed by the target columns; DEFAULT stands for the column's default.
  private func insertValues(
    _ rows: [[Expression]], _ targets: [Int], _ table: TableEntry, _ outer: Scope,
    _ insert: InsertStatement
  ) throws -> BoundQuery {
    for row in rows where row.count != targets.count {
      throw error(
        "table \(table.name) has \(targets.count) columns but \(row.count) values were supplied",
        row.first?.range ?? insert.range)
    }
    let scope = Scope(parent: outer, commonTables: outer.commonTables)
    let c = ExpressionContext(scope, .values)
    let columns = targets.map { newColumn(table.columns[$0].name, table.columns[$0].type) }
    var defaults: [Int: BoundExpression] = [:]
    var bound: [[BoundExpression]] = []
    bound.reserveCapacity(rows.count)
    for row in rows {
      var values: [BoundExpression] = []
      values.reserveCapacity(row.count)
      for (value, target) in zip(row, targets) {
        if case .defaultValue = value.kind {
          let standard = try defaults[target] ?? defaultValue(table.columns[target])
          defaults[target] = standard
          values.append(standard)
        } else {
          values.append(coerced(try bind(value, c), to: table.columns[target].type))
        }
      }
      bound.append(values)
    }
    return BoundQuery(plan: .values(rows: bound, columns: columns), columns: columns)
  }

  /// The query's columns put in table order and cast, defaults filled in.
  private func filled(_ bound: BoundQuery, _ targets: [Int], _ table: TableEntry) throws
    -> LogicalPlan
  {
    if targets == Array(table.columns.indices),
      zip(bound.columns, table.columns).allSatisfy({ $0.type == $1.type })
    {
      return bound.plan
    }
    var projections: [Projection] = []
    for (position, column) in table.columns.enumerated() {
      let value: BoundExpression
      if let index = targets.firstIndex(of: position) {
        value = coerced(bound.columns[index].reference, to: column.type)
      } else {
        value = try defaultValue(column)
      }
      projections.append(Projection(value, as: newColumn(column.name, column.type)))
    }
    return .project(bound.plan, projections)
  }

  /// ON CONFLICT, OR REPLACE and OR IGNORE.
  private func conflict(_ insert: InsertStatement, _ write: BoundTableWrite) throws
    -> BoundInsert.Conflict
  {
    guard let clause = insert.onConflict else { return .error }
    let table = write.table
    guard !table.keys.isEmpty else {
      throw error(
        "There are no UNIQUE/PRIMARY KEY constraints that refer to this table, specify ON CONFLICT "
          + "columns manually", clause.range)
    }
    let key = try conflictKey(clause, table)
    switch clause.action {
    case .nothing: return .ignore(key: key)
    case .replace: return .replace
    case .update(let assignments, let filter):
      guard let key = key ?? (table.keys.count == 1 ? 0 : nil) else {
        throw error(
          "ON CONFLICT DO UPDATE needs the columns of a key: ON CONFLICT (column, …)",
          clause.range)
      }
      let existing = table.columns.map { newColumn($0.name, $0.type) }
      let scope = Scope(parent: nil, commonTables: CommonTables())
      scope.fragment = Fragment(tables: [
        ScopeTable(
          name: insert.alias?.text ?? table.name, schema: table.schema, columns: existing)
      ])
      let excluded = ScopeTable(name: "excluded", columns: write.columns)
      // Unqualified names mean the existing row.
      var hidden = excluded
      hidden.columns = hidden.columns.map { column in
        var result = column
        result.isQualifiedOnly = true
        return result
      }
      scope.fragment.tables.append(hidden)
      scope.own(scope.fragment)
      let c = ExpressionContext(scope, .assignment)
      let bound = try bindAssignments(assignments, table, c, existing)
      let condition = try filter.map { filter in
        try self.condition(bind(filter, c), "the WHERE condition", filter.range)
      }
      return .update(key: key, existing: existing, assignments: bound, condition: condition)
    }
  }

  private func conflictKey(_ clause: ConflictClause, _ table: TableEntry) throws -> Int? {
    switch clause.target {
    case .any: return nil
    case .constraint(let name):
      guard let key = table.keys.firstIndex(where: { sameName($0.name ?? "", name.text) }) else {
        throw error("constraint \"\(name.text)\" is no key of \(table.name)", name.range)
      }
      return key
    case .columns(let names, _):
      let positions = Set(try names.map { try targetColumn($0, table) })
      guard let key = table.keys.firstIndex(where: { Set($0.columns) == positions }) else {
        throw error(
          "The specified columns as conflict target are not referenced by a UNIQUE/PRIMARY KEY "
            + "CONSTRAINT", names.first?.range ?? clause.range)
      }
      return key
    }
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

  // MARK: - Update and delete

  /// The target's scan with its row id, and the further relations joined to it.
  private func target(
    _ table: TableEntry, _ alias: Identifier?, _ others: [TableReference], _ scope: Scope
  ) throws -> (relation: BoundRelation, rowID: PlanColumn, columns: [PlanColumn]) {
    var relation = scan(table, nil, alias.map { TableAlias(name: $0) })
    scope.own(relation.fragment)
    let columns = relation.fragment.tables[0].columns.map { $0.column }
    let rowID = relation.fragment.tables[0].rowID ?? newColumn("rowid", .bigint)
    if let first = columns.first { rowIDsByScan[first.id] = rowID }
    requestedRowIDs.insert(rowID.id)
    for reference in others {
      let next = try bindRelation(reference, scope, relation.fragment)
      let fragment = relation.fragment + next.fragment
      relation = try combine(relation, next, .cross, [], reference.range)
      relation.fragment = fragment
    }
    scope.fragment = relation.fragment
    return (relation, rowID, columns)
  }

  private func filtered(_ plan: LogicalPlan, _ filter: Expression?, _ scope: Scope) throws
    -> LogicalPlan
  {
    guard let filter else { return plan }
    let bound = try condition(
      bind(filter, ExpressionContext(scope, .filter)), "the WHERE condition", filter.range)
    return .filter(plan, bound.conjuncts)
  }

  func bindUpdate(_ update: UpdateStatement) throws -> BoundUpdate {
    let table = try findTable(update.table, verb: "update")
    let write = try tableWrite(table)
    let (outer, definitions) = try writeScope(update.with)
    let scope = Scope(parent: outer, commonTables: outer.commonTables)
    let (relation, rowID, columns) = try target(table, update.alias, update.from, scope)
    var plan = try filtered(relation.plan, update.filter, scope)
    let c = ExpressionContext(scope, .assignment)
    let assignments = try bindAssignments(update.assignments, table, c, columns)
    // A row that matches several rows of FROM is updated once.
    if !update.from.isEmpty { plan = .distinct(plan, on: [rowID.reference], orderBy: []) }
    var projections = [Projection(rowID.reference, as: rowID)]
    for (position, column) in columns.enumerated() {
      if let assignment = assignments.first(where: { $0.position == position }) {
        projections.append(
          Projection(assignment.expression, as: newColumn(column.name, column.type)))
      } else {
        projections.append(Projection(column.reference, as: column))
      }
    }
    return BoundUpdate(
      write: write, source: wrapped(.project(plan, projections), definitions),
      assigned: assignments.map { $0.position }.sorted(),
      returning: try returning(update.returning, write, alias: update.alias))
  }

  func bindDelete(_ delete: DeleteStatement) throws -> BoundDelete {
    let table = try findTable(delete.table, verb: "delete from")
    let write = try tableWrite(table)
    let (outer, definitions) = try writeScope(delete.with)
    let scope = Scope(parent: outer, commonTables: outer.commonTables)
    let (relation, rowID, columns) = try target(table, delete.alias, delete.using, scope)
    var plan = try filtered(relation.plan, delete.filter, scope)
    if !delete.using.isEmpty { plan = .distinct(plan, on: [rowID.reference], orderBy: []) }
    let projections = ([rowID] + columns).map { Projection($0.reference, as: $0) }
    return BoundDelete(
      write: write, source: wrapped(.project(plan, projections), definitions),
      returning: try returning(delete.returning, write, alias: delete.alias))
  }

  // MARK: - Merge

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
