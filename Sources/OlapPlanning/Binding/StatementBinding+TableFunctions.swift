internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

extension StatementBinding {
  /// A function in FROM: UNNEST, CHANGES, a table macro, or a table function of constants.
  func bindTableFunction(
    _ call: FunctionCall, _ alias: TableAlias?, _ ordinality: Bool, _ scope: Scope,
    _ visible: Fragment
  ) throws -> BoundRelation {
    let name = call.name.base.text.lowercased()
    let saved = scope.fragment
    scope.fragment = visible
    defer { scope.fragment = saved }
    switch name {
    case "unnest", "explode":
      return try bindUnnestRelation(call, alias, ordinality, scope, visible)
    case "changes", "table_changes":
      if let changes = try bindChanges(call, alias) { return changes }
    case "query", "query_table":
      return try bindQueryFunction(name, call, alias, scope)
    default: break
    }
    if let macro = findMacro(call.name, isTable: true) {
      return try bindTableMacro(macro, call, alias, scope, visible)
    }
    guard let function = context.functions.tables[name] else {
      if let system = systemFunction(call) {
        return tableFunction(name, system, alias, call.range)
      }
      if context.functions.scalars[name] != nil {
        return try bindScalarRelation(call, alias, scope, visible)
      }
      if ["read_parquet", "parquet_scan"].contains(name) {
        throw error("Parquet files are not supported; CSV and JSON files are", call.name.range)
      }
      throw error(
        "Table Function with name \(name) does not exist!", call.name.range,
        candidates: Similarity.closest(to: name, among: context.functions.tables.keys.sorted()))
    }
    let c = ExpressionContext(scope, .tableFunction)
    let (positional, named) = try bindTableArguments(call, c)
    let mentioned = positional.reduce(into: Set<ColumnID>()) { $1.collectColumns(into: &$0) }
    // Per row (of none) its arguments stay expressions, which the clock's time can be put into.
    let isKept = keepsClock && named.isEmpty && positional.contains { $0.callsClock }
    if !mentioned.isEmpty || isKept {
      return try bindLateralFunction(call, positional, alias, ordinality, mentioned, visible)
    }
    let bound: TableFunction.Bound
    do {
      bound = try function.bind(
        positional.map { ($0.type, try constantValue($0, call.range)) },
        named.mapValues { ($0.type, try constantValue($0, call.range)) })
    } catch let problem as ComputeError {
      throw error(problem.message, call.range)
    }
    var relation = tableFunction(name, bound, alias, call.range)
    try checkAlias(alias, bound.columns.count + (ordinality ? 1 : 0))
    if ordinality { relation = numbered(relation, alias) }
    return relation
  }

  /// System tables that are written as functions: `duckdb_tables()`.
  private func systemFunction(_ call: FunctionCall) -> TableFunction.Bound? {
    guard call.arguments.isEmpty else { return nil }
    let qualifier = call.name.qualifier.last?.text
    return context.systemTable(schema: qualifier, name: call.name.base.text)
      ?? context.systemTable(schema: qualifier, name: call.name.text + "()")
  }

  /// A scan of every column of a bound table function.
  func tableFunction(
    _ name: String, _ bound: TableFunction.Bound, _ alias: TableAlias?, _ range: SourceRange
  ) -> BoundRelation {
    let columns = bound.columns.map { newColumn($0.name, $0.type) }
    let plan = LogicalPlan.tableFunction(
      TableFunctionScan(
        name: name, bound: bound,
        columns: columns.enumerated().map { ($0.offset, $0.element) }))
    var entry = renamed(
      ScopeTable(name: alias?.name.text ?? name, columns: columns), alias)
    // One column: the relation's alias names it too.
    if columns.count == 1, let alias, alias.columns.isEmpty {
      var second = columns[0]
      second.name = alias.name.text
      if !sameName(second.name, columns[0].name) {
        entry.columns.append(ScopeColumn(second, isHidden: true))
      }
    }
    return BoundRelation(plan: plan, fragment: Fragment(tables: [entry]))
  }

  /// Adds WITH ORDINALITY to a relation: the row's number in order of production.
  private func numbered(_ relation: BoundRelation, _ alias: TableAlias?) -> BoundRelation {
    var result = relation
    let position = newColumn("ordinality", .bigint)
    let frame = WindowFrame(
      unit: .rows, start: .unboundedPreceding, end: .unboundedFollowing, exclusion: .noOthers)
    result.plan = .window(
      relation.plan,
      [
        BoundWindowCall(
          function: .window(.rowNumber), arguments: [], partitionBy: [], orderBy: [],
          frame: frame, ignoreNulls: false, isDistinct: false, filter: nil, argumentOrderBy: [],
          output: position)
      ])
    result.fragment.tables[0].columns.append(ScopeColumn(position))
    result.fragment.tables[0] = renamed(result.fragment.tables[0], alias)
    return result
  }

  /// Positional and named arguments; `name = value` with an unknown name is a named one.
  private func bindTableArguments(_ call: FunctionCall, _ c: ExpressionContext) throws -> (
    [BoundExpression], [String: BoundExpression]
  ) {
    var positional: [BoundExpression] = []
    var named: [String: BoundExpression] = [:]
    for argument in call.arguments {
      var name = argument.name?.text
      var value = argument.value
      if name == nil, case .binary(.equal, let left, let right) = value.kind,
        case .column(let parts) = left.kind, parts.count == 1,
        unqualified(parts[0].text.lowercased(), c.scope.fragment).isEmpty
      {
        name = parts[0].text
        value = right
      }
      if let name {
        named[name.lowercased()] = try bindOption(value, c)
      } else {
        positional.append(try bind(value, c))
      }
    }
    return (positional, named)
  }

  /// A named argument's value; a bare word is a string.
  private func bindOption(_ value: Expression, _ c: ExpressionContext) throws -> BoundExpression {
    if case .column(let parts) = value.kind, parts.count == 1,
      unqualified(parts[0].text.lowercased(), c.scope.fragment).isEmpty,
      macroParameter(parts[0].text, c.scope) == nil
    {
      return .constant(.varchar(parts[0].text), .varchar)
    }
    return try bind(value, c)
  }

  private func macroParameter(_ name: String, _ scope: Scope) -> BoundExpression? {
    var current: Scope? = scope
    while let level = current {
      if let argument = level.macroArguments[name.lowercased()] { return argument }
      current = level.parent
    }
    return nil
  }

  // MARK: - Unnest

  private func bindUnnestRelation(
    _ call: FunctionCall, _ alias: TableAlias?, _ ordinality: Bool, _ scope: Scope,
    _ visible: Fragment
  ) throws -> BoundRelation {
    let c = ExpressionContext(scope, .tableFunction)
    var lists: [Projection] = []
    for argument in call.arguments where argument.name == nil {
      let list = try bind(argument.value, c)
      guard let element = list.type == .null ? .integer : list.type.elementType else {
        throw error(
          "UNNEST needs a LIST, but it has a value of type \(list.type)", argument.value.range)
      }
      lists.append(
        Projection(
          coerced(list, to: list.type == .null ? .list(element) : list.type),
          as: newColumn("unnest", element)))
    }
    guard !lists.isEmpty else { throw error("UNNEST needs a list", call.range) }
    return try unnestRelation(lists, alias, ordinality, visible)
  }

  private func unnestRelation(
    _ lists: [Projection], _ alias: TableAlias?, _ ordinality: Bool, _ visible: Fragment,
    name: String = "unnest"
  ) throws -> BoundRelation {
    let number = ordinality ? newColumn("ordinality", .bigint) : nil
    let unnest = Unnest(
      input: .values(rows: [[]], columns: []), lists: lists, ordinality: number)
    let columns = lists.map { $0.output } + (number.map { [$0] } ?? [])
    try checkAlias(alias, columns.count)
    var entry = renamed(
      ScopeTable(name: alias?.name.text ?? name, columns: columns), alias)
    if let alias, alias.columns.isEmpty, lists.count == 1 {
      var second = columns[0]
      second.name = alias.name.text
      entry.columns.append(ScopeColumn(second, isHidden: true))
    }
    let mentioned = lists.reduce(into: Set<ColumnID>()) { $1.expression.collectColumns(into: &$0) }
    return BoundRelation(
      plan: .unnest(unnest), fragment: Fragment(tables: [entry]),
      correlated: mentioned.intersection(visible.columnIDs), unnest: unnest)
  }

  /// `t, range(t.n)`: the scalar form of the function, unnested per row.
  private func bindLateralFunction(
    _ call: FunctionCall, _ arguments: [BoundExpression], _ alias: TableAlias?,
    _ ordinality: Bool, _ mentioned: Set<ColumnID>, _ visible: Fragment
  ) throws -> BoundRelation {
    let name = call.name.base.text.lowercased()
    if let columns = JSONLateral.columns(of: name) {
      let lists = try columns.map { column in
        Projection(
          try callScalar(JSONLateral.scalar(name, column.name), arguments, call.range),
          as: newColumn(column.name, column.type))
      }
      return try unnestRelation(lists, alias, ordinality, visible, name: name)
    }
    guard context.functions.scalars[name] != nil else {
      throw error(
        "Table function \"\(name)\" takes constant arguments only; it cannot read columns",
        call.range)
    }
    let list = try callScalar(name, arguments, call.range)
    guard let element = list.type.elementType else {
      throw error("Table function \"\(name)\" cannot be used per row", call.range)
    }
    return try unnestRelation(
      [Projection(list, as: newColumn(name, element))], alias, ordinality, visible)
  }

  /// A scalar function in FROM: a relation of one row.
  private func bindScalarRelation(
    _ call: FunctionCall, _ alias: TableAlias?, _ scope: Scope, _ visible: Fragment
  ) throws -> BoundRelation {
    let value = try bind(
      Expression(.function(call), range: call.range), ExpressionContext(scope, .tableFunction))
    let name = call.name.base.text.lowercased()
    let output = newColumn(name, value.type)
    let plan = LogicalPlan.project(
      .values(rows: [[]], columns: []), [Projection(value, as: output)])
    return BoundRelation(
      plan: plan,
      fragment: Fragment(tables: [
        renamed(ScopeTable(name: alias?.name.text ?? name, columns: [output]), alias)
      ]), correlated: value.columns.intersection(visible.columnIDs))
  }

  // MARK: - Change feed and queries by text

  /// `CHANGES(t, from, to)`: nil when the first argument is no table.
  private func bindChanges(_ call: FunctionCall, _ alias: TableAlias?) throws -> BoundRelation? {
    guard let first = call.arguments.first, (1...3).contains(call.arguments.count) else {
      throw error("CHANGES takes a table and one or two commit numbers", call.range)
    }
    let name: ObjectName
    switch first.value.kind {
    case .column(let parts): name = ObjectName(parts, range: first.value.range)
    case .literal(.string(let text)):
      name = ObjectName(
        text.split(separator: ".").map { Identifier(String($0), range: first.value.range) },
        range: first.value.range)
    default: return nil
    }
    guard !name.parts.isEmpty, case .table(let table, nil) = try findRelation(name) else {
      throw error("CHANGES needs a table of this database", first.value.range)
    }
    noteRead(table.id)
    let named = call.arguments.count > 1 ? try commitNumber(call.arguments[1].value) : 0
    // NULL: from the beginning.
    let from = named == .max ? 0 : named
    let to = call.arguments.count > 2 ? try commitNumber(call.arguments[2].value) : UInt64.max
    var columns = table.columns.map { newColumn($0.name, $0.type) }
    columns.append(newColumn("_change_type", .varchar))
    columns.append(newColumn("_commit", .bigint))
    let rowID = newColumn("rowid", .bigint)
    var scan = TableScan(
      table: table, columns: (columns + [rowID]).enumerated().map { ($0.offset, $0.element) },
      alias: alias?.name.text ?? table.name)
    scan.changes = (from, to)
    let entry = ScopeTable(
      name: alias?.name.text ?? table.name, columns: columns, rowID: rowID)
    return BoundRelation(
      plan: .scan(scan), fragment: Fragment(tables: [renamed(entry, alias)]))
  }

  private func commitNumber(_ expression: Expression) throws -> UInt64 {
    let scope = Scope(parent: nil, commonTables: CommonTables())
    let bound = try bind(expression, ExpressionContext(scope, .tableFunction))
    if isUntyped(bound) { return .max }
    if case .varchar(let name) = try constantValue(bound, expression.range) {
      if let number = UInt64(name) { return number }
      guard let number = try context.commitNumber(named: name) else {
        throw error(
          "\"\(name)\" is no run, commit name or time of this database; SELECT * FROM olap.commits "
            + "lists the commits", expression.range)
      }
      return number
    }
    switch try constantValue(coerced(bound, to: .bigint), expression.range) {
    case .integer(let value) where value >= 0: return UInt64(value)
    case .null: return .max
    default: throw error("a commit number is an integer that is not negative", expression.range)
    }
  }

  /// `query('SELECT …')` and `query_table('t')`.
  private func bindQueryFunction(
    _ name: String, _ call: FunctionCall, _ alias: TableAlias?, _ scope: Scope
  ) throws -> BoundRelation {
    guard let argument = call.arguments.first, call.arguments.count == 1 else {
      throw error("\(name) takes one string", call.range)
    }
    let value = try bind(argument.value, ExpressionContext(scope, .tableFunction))
    guard case .varchar(let text) = try constantValue(value, argument.value.range) else {
      throw error("\(name) takes one string", argument.value.range)
    }
    return try expanding("\(name) \(text)", name, call.range) {
      let sql = name == "query" ? text : "FROM \(text)"
      let bound = try bindQuery(
        Parser.parseQuery(sql), Scope(parent: nil, commonTables: scope.commonTables))
      let entry = ScopeTable(name: alias?.name.text ?? name, columns: bound.columns)
      return BoundRelation(
        plan: bound.plan, fragment: Fragment(tables: [renamed(entry, alias)]))
    }
  }
}
