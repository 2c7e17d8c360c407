internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
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
      for (at, column) in insert.columns.enumerated() where targets[..<at].contains(targets[at]) {
        throw error("Duplicate column name \"\(column.text)\" in INSERT", column.range)
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
        insert.columns.isEmpty
          ? "table \(table.name) has \(targets.count) columns but \(row.count) values were supplied"
          : "\(targets.count) columns of \(table.name) are named but \(row.count) values were supplied",
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
}
