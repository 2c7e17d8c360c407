internal import OlapCatalog
internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
  /// Binds a statement that has a data plan.
  func bindStatement(_ statement: OlapSQL.Statement) throws -> BoundStatement {
    switch statement.kind {
    case .select(let query):
      let bound = try bindTopLevel(query)
      return .query(bound.plan, names: bound.columns.map { $0.name })
    case .insert(let insert): return .insert(try bindInsert(insert))
    case .update(let update): return .update(try bindUpdate(update))
    case .delete(let delete): return .delete(try bindDelete(delete))
    case .truncate(let truncate):
      return .delete(try bindDelete(DeleteStatement(table: truncate.table, range: truncate.range)))
    case .merge(let merge): return .merge(try bindMerge(merge))
    case .describe(let describe):
      let scope = Scope(parent: nil, commonTables: CommonTables())
      let bound = finished(try bindDescribe(describe, scope))
      return .query(bound.plan, names: bound.columns.map { $0.name })
    case .call(let call):
      let table = TableReference(
        .function(call.call, isLateral: false, withOrdinality: false), range: call.range)
      let core = SelectCore(
        items: [SelectItem(expression: Expression(.star(Star()), range: call.range))],
        from: [table], range: call.range)
      let bound = try bindTopLevel(SelectStatement(body: .select(core), range: call.range))
      return .query(bound.plan, names: bound.columns.map { $0.name })
    default:
      throw error("this statement has no query plan", statement.range)
    }
  }

  /// An expression over a table's columns; subqueries are allowed, aggregates are not.
  func bindTableExpression(
    _ expression: Expression, table: TableEntry, columns: [PlanColumn], type: SQLType?
  ) throws -> BoundExpression {
    let scope = Scope(parent: nil, commonTables: CommonTables())
    scope.fragment = Fragment(tables: [
      ScopeTable(name: table.name, schema: table.schema, columns: columns)
    ])
    scope.own(scope.fragment)
    let bound = try bind(expression, ExpressionContext(scope, .check))
    return type.map { coerced(bound, to: $0) } ?? bound
  }

  func bindStandalone(
    _ expression: Expression, type: SQLType?, clause: Clause = .values
  ) throws -> BoundExpression {
    let scope = Scope(parent: nil, commonTables: CommonTables())
    let bound = try bind(expression, ExpressionContext(scope, clause))
    return type.map { coerced(bound, to: $0) } ?? bound
  }

  // MARK: - DESCRIBE, SHOW, SUMMARIZE

  func bindDescribe(_ statement: DescribeStatement, _ scope: Scope) throws -> BoundQuery {
    let range = statement.range
    switch statement.subject {
    case .describeTable(let name):
      if name.parts.count == 1, scope.commonTables[name.base.text] == nil,
        case .table(let table, _)? = try? findRelation(name)
      {
        return describe(table)
      }
      return try describe(bindQuery(selectAll(.table(name, version: nil), range), child(scope)))
    case .describeQuery(let query): return try describe(bindQuery(query, child(scope)))
    case .describeFile(let path):
      return try describe(bindQuery(selectAll(.file(path), range), child(scope)))
    case .summarizeTable(let name):
      return try summarize(.table(name, version: nil), scope, range)
    case .summarizeQuery(let query):
      return try summarize(.subquery(query, isLateral: false), scope, range)
    case .summarizeFile(let path): return try summarize(.file(path), scope, range)
    case .tables(let schema): return showTables(schema)
    case .allTables: return showAllTables()
    case .schemas:
      let names = context.catalog.sortedEntries.compactMap { entry -> [String]? in
        if case .schema(let schema) = entry { [context.databaseName, schema.name] } else { nil }
      }
      return rows(["database_name", "schema_name"], names)
    case .views:
      let names = context.catalog.sortedEntries.compactMap { entry -> [String]? in
        if case .view(let view) = entry { [view.name] } else { nil }
      }
      return rows(["name"], names.sorted { $0[0] < $1[0] })
    case .databases:
      return rows(["database_name"], context.databaseNames.sorted().map { [$0] })
    case .models: return try system(["models"], range)
    case .functions: return try system(["functions", "duckdb_functions"], range)
    case .settings: return try system(["duckdb_settings", "settings"], range)
    case .setting(let name): return try showSetting(name, scope, range)
    case .create(let name): return try showCreate(name)
    }
  }

  private func child(_ scope: Scope) -> Scope {
    Scope(parent: scope, commonTables: scope.commonTables)
  }

  private func selectAll(_ kind: TableReference.Kind, _ range: SourceRange) -> SelectStatement {
    let core = SelectCore(
      items: [SelectItem(expression: Expression(.star(Star()), range: range))],
      from: [TableReference(kind, range: range)], range: range)
    return SelectStatement(body: .select(core), range: range)
  }

  /// Constant rows of strings.
  private func rows(_ names: [String], _ rows: [[String?]]) -> BoundQuery {
    let columns = names.map { newColumn($0, .varchar) }
    let values = rows.map { row in
      row.map { text in
        BoundExpression.constant(text.map { .varchar($0) } ?? .null, .varchar)
      }
    }
    return BoundQuery(plan: .values(rows: values, columns: columns), columns: columns)
  }

  private static let describeNames = [
    "column_name", "column_type", "null", "key", "default", "extra",
  ]

  private func describe(_ query: BoundQuery) -> BoundQuery {
    rows(
      StatementBinding.describeNames,
      query.columns.map {
        let type = $0.type == .null ? SQLType.integer : $0.type
        return [$0.name, type.description, "YES", nil, nil, nil]
      })
  }

  private func describe(_ table: TableEntry) -> BoundQuery {
    let lines = table.columns.enumerated().map { position, column -> [String?] in
      let isPrimary = table.primaryKey?.columns.contains(position) ?? false
      let isUnique = table.keys.contains { $0.columns == [position] }
      let isRequired = !column.isNullable || isPrimary
      return [
        column.name, column.type.description, isRequired ? "NO" : "YES",
        isPrimary ? "PRI" : isUnique ? "UNI" : nil, column.defaultSQL,
        column.generatedSQL.map { "GENERATED ALWAYS AS (\($0))" },
      ]
    }
    return rows(StatementBinding.describeNames, lines)
  }

  private func showTables(_ schema: ObjectName?) -> BoundQuery {
    let schemas = schema.map { [$0.base.text] } ?? context.searchPath
    var names: [String] = []
    for entry in context.catalog.sortedEntries {
      switch entry {
      case .table, .view:
        if schemas.contains(where: { sameName($0, entry.schema) }) { names.append(entry.name) }
      default: break
      }
    }
    if let schema { names += context.systemTableNames(schema: schema.base.text) }
    return rows(["name"], Set(names).sorted().map { [$0] })
  }

  private func showAllTables() -> BoundQuery {
    var lines: [[String?]] = []
    for entry in context.catalog.sortedEntries {
      switch entry {
      case .table(let table):
        lines.append([
          context.databaseName, table.schema, table.name,
          "[" + table.columns.map { $0.name }.joined(separator: ", ") + "]",
          "[" + table.columns.map { $0.type.description }.joined(separator: ", ") + "]",
          table.isTemporary ? "true" : "false",
        ])
      case .view(let view):
        lines.append([
          context.databaseName, view.schema, view.name,
          "[" + view.columnNames.joined(separator: ", ") + "]", "[]",
          view.isTemporary ? "true" : "false",
        ])
      default: break
      }
    }
    return rows(
      ["database", "schema", "name", "column_names", "column_types", "temporary"], lines)
  }

  /// The first of the named system tables that there is.
  private func system(_ names: [String], _ range: SourceRange) throws -> BoundQuery {
    for name in names {
      for schema in ["olap", nil] as [String?] {
        guard let bound = context.systemTable(schema: schema, name: name) else { continue }
        let relation = tableFunction(name, bound, nil, range)
        return BoundQuery(plan: relation.plan, columns: relation.plan.columns)
      }
    }
    throw error("this listing is not available here", range)
  }

  private func showSetting(_ name: ObjectName, _ scope: Scope, _ range: SourceRange) throws
    -> BoundQuery
  {
    if name.parts.count == 1, let value = context.setting(name.base.text.lowercased()) {
      return rows([name.base.text.lowercased()], [[value]])
    }
    if (try? findRelation(name)) != nil {
      return try bindDescribe(
        DescribeStatement(subject: .describeTable(name), range: range), scope)
    }
    throw error("there is no table or setting named \"\(name.text)\"", name.range)
  }

  private func showCreate(_ name: ObjectName) throws -> BoundQuery {
    switch try findRelation(name) {
    case .view(let view, _):
      return rows(["name", "sql"], [[view.name, "CREATE VIEW \(view.name) AS \(view.sql)"]])
    case .table(let table, _):
      return rows(["name", "sql"], [[table.name, TableDefinitionText.create(table)]])
    case .function:
      throw error("\"\(name.text)\" has no definition: it is built in", name.range)
    }
  }

  /// SUMMARIZE: one row of statistics per column, computed in one pass.
  private func summarize(_ kind: TableReference.Kind, _ scope: Scope, _ range: SourceRange) throws
    -> BoundQuery
  {
    let probe = try bindQuery(selectAll(kind, range), child(scope))
    let columns = probe.columns
    func call(_ name: String, _ arguments: [Expression]) -> Expression {
      Expression(
        .function(
          FunctionCall(
            name: ObjectName(name), arguments: arguments.map { FunctionArgument(value: $0) },
            range: range)), range: range)
    }
    func text(_ operand: Expression) -> Expression {
      Expression(.cast(operand, TypeName("VARCHAR"), isTry: false), range: range)
    }
    func literal(_ value: Literal) -> Expression { Expression(.literal(value), range: range) }
    let null = text(literal(.null))
    func each(_ make: (Expression, SQLType) -> Expression) -> Expression {
      Expression(
        .list(
          columns.enumerated().map { position, column in
            make(Expression(.positional(position + 1), range: range), column.type)
          }), range: range)
    }
    func numeric(_ make: @escaping (Expression) -> Expression) -> Expression {
      each { column, type in type.isNumeric ? text(make(column)) : null }
    }
    let ordered: (SQLType) -> Bool = { !$0.isNested }
    let lists: [(String, Expression)] = [
      ("column_name", Expression(.list(columns.map { literal(.string($0.name)) }))),
      ("column_type", Expression(.list(columns.map { literal(.string($0.type.description)) }))),
      ("min", each { c, type in ordered(type) ? text(call("min", [c])) : null }),
      ("max", each { c, type in ordered(type) ? text(call("max", [c])) : null }),
      ("approx_unique", each { c, _ in call("approx_count_distinct", [c]) }),
      ("avg", numeric { call("avg", [$0]) }), ("std", numeric { call("stddev", [$0]) }),
      ("q25", numeric { call("quantile_cont", [$0, literal(.decimal("0.25"))]) }),
      ("q50", numeric { call("quantile_cont", [$0, literal(.decimal("0.5"))]) }),
      ("q75", numeric { call("quantile_cont", [$0, literal(.decimal("0.75"))]) }),
      ("count", each { _, _ in call("count", []) }),
      (
        "null_percentage",
        each { c, _ in
          let missing = Expression(
            .binary(.subtract, call("count", []), call("count", [c])), range: range)
          let share = Expression(
            .binary(
              .divide, Expression(.binary(.multiply, literal(.double("100")), missing)),
              call("nullif", [call("count", []), literal(.integer("0"))])), range: range)
          return Expression(
            .cast(
              share,
              TypeName(.named(ObjectName("decimal"), arguments: [9, 2])), isTry: false),
            range: range)
        }
      ),
    ]
    let core = SelectCore(
      items: lists.map {
        SelectItem(expression: call("unnest", [$0.1]), alias: Identifier($0.0))
      }, from: [TableReference(kind, range: range)],
      groupBy: .elements([.empty]), range: range)
    return try bindQuery(SelectStatement(body: .select(core), range: range), child(scope))
  }
}

/// CREATE TABLE text of a catalog entry.
enum TableDefinitionText {
  static func create(_ table: TableEntry) -> String {
    var lines = table.columns.map { column -> String in
      var line = "\"\(column.name)\" \(column.type)"
      if let generated = column.generatedSQL { line += " GENERATED ALWAYS AS (\(generated))" }
      if let standard = column.defaultSQL { line += " DEFAULT \(standard)" }
      if !column.isNullable { line += " NOT NULL" }
      return line
    }
    for key in table.keys {
      let names = key.columns.map { "\"\(table.columns[$0].name)\"" }.joined(separator: ", ")
      lines.append("\(key.isPrimary ? "PRIMARY KEY" : "UNIQUE") (\(names))")
    }
    for check in table.checks { lines.append("CHECK (\(check.sql))") }
    let layer = table.layer.map { "\($0.rawValue.uppercased()) " } ?? ""
    let query = table.model.map { " AS \($0.sql)" } ?? ""
    return "CREATE \(layer)TABLE \"\(table.name)\" (\(lines.joined(separator: ", ")))\(query)"
  }
}
