internal import OlapColumns
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

extension Connection {
  /// Sends a statement to what executes it.
  func dispatch(_ statement: Statement, sql: String, parameters: [Value]) throws -> QueryResult {
    if let other = destination(of: statement) {
      synchronize(other)
      let result = try other.dispatch(statement, sql: sql, parameters: parameters)
      notices += other.notices
      other.notices = []
      return result
    }
    if let result = try runModifyingCommonTables(statement, sql: sql, parameters: parameters) {
      return result
    }
    switch statement.kind {
    case .select, .describe:
      return try runQuery(statement, sql: sql, parameters: parameters)
    case .insert, .update, .delete, .merge:
      return try runWrite(statement, sql: sql, parameters: parameters)
    case .truncate(let node): return try runTruncate(node)
    case .copy(let node): return try runCopy(node, sql: sql, parameters: parameters)
    case .exportDatabase(let node): return try runExport(node)
    case .importDatabase(let node): return try runImport(node)
    case .createTable(let node): return try runCreateTable(node, sql: sql, parameters: parameters)
    case .createView(let node): return try runCreateView(node, sql: sql)
    case .createSchema(let node): return try runCreateSchema(node)
    case .createSequence(let node): return try runCreateSequence(node)
    case .createType(let node): return try runCreateType(node)
    case .createMacro(let node): return try runCreateMacro(node, sql: sql, range: statement.range)
    case .createIndex(let node): return try runCreateIndex(node, sql: sql)
    case .createTask(let node): return try runCreateTask(node, sql: sql)
    case .createTrigger(let node): return try runCreateTrigger(node, sql: sql)
    case .alterTable(let node): return try runAlterTable(node, sql: sql)
    case .alterObject(let node): return try runAlterObject(node)
    case .drop(let node): return try runDrop(node)
    case .comment(let node): return try runComment(node)
    case .createLayerTable(let node):
      return try runCreateLayerTable(node, sql: sql, parameters: parameters)
    case .alterLayerTable(let node): return try runAlterLayerTable(node, sql: sql)
    case .createTest(let node): return try runCreateTest(node, sql: sql)
    case .refresh(let node): return try runRefresh(node, sql: sql)
    case .verify(let node): return try runVerify(node)
    case .test(let node): return try runTest(node)
    case .explainRow(let node):
      return try runExplainRow(node, sql: sql, parameters: parameters)
    case .restate(let node):
      return try runRestate(node, sql: sql, parameters: parameters)
    case .applyChanges(let node):
      return try runApplyChanges(node, sql: sql, parameters: parameters)
    case .explainRefresh(let node): return try runExplainRefresh(node)
    case .transaction(let node): return try runTransaction(node)
    case .prepare(let node):
      prepared[node.name.text.lowercased()] = PreparedSource(statement: node.statement, sql: sql)
      return done("PREPARE")
    case .execute(let node): return try runExecute(node, parameters: parameters)
    case .deallocate(let node):
      if let name = node.name { prepared[name.text.lowercased()] = nil } else { prepared = [:] }
      return done("DEALLOCATE")
    case .explain(let node): return try runExplain(node, sql: sql, parameters: parameters)
    case .set(let node): return try runSet(node, parameters: parameters)
    case .reset(let node): return try runReset(node)
    case .attach(let node): return try runAttach(node)
    case .detach(let node): return try runDetach(node)
    case .copyDatabase(let node): return try runCopyDatabase(node)
    case .use(let node): return try runUse(node)
    case .pragma(let node): return try runPragma(node, sql: sql)
    case .checkpoint(let node):
      if let name = node.database, name.text.lowercased() != databaseName.lowercased() {
        throw OlapError(
          .binder, "database \"\(name.text)\" is not attached; SHOW DATABASES lists those that are",
          range: name.range.start..<name.range.end)
      }
      try checkNoTransaction("CHECKPOINT")
      try database.storage.checkpoint()
      return done("CHECKPOINT")
    case .vacuum(let node):
      if let table = node.table { try checkTable(table) }
      if node.vacuums {
        try checkNoTransaction("VACUUM")
        try database.storage.vacuum()
      }
      return done("VACUUM")
    case .extension(let node):
      // Everything is built in; a script that loads an extension goes on.
      return done(node.action.rawValue)
    case .call(let node): return try runCall(node, sql: sql, parameters: parameters)
    }
  }

  /// VACUUM and ANALYZE take any relation, as long as there is one.
  private func checkTable(_ node: ObjectName) throws {
    let snapshot = readSnapshot()
    let name = try resolve(node)
    if snapshot.catalog.lookup(.relation, schema: name.schema, name: name.name) != nil
      || isTemporaryTable(name)
    {
      return
    }
    throw OlapError(
      .catalog,
      "Table with name \(node.text) does not exist!"
        + didYouMean(node.base.text, tableNames(in: snapshot.catalog)),
      range: node.range.start..<node.range.end)
  }

  /// CALL f(…) gives the rows of the table function.
  private func runCall(
    _ node: CallStatement, sql: String, parameters: [Value]
  ) throws -> QueryResult {
    let text = "FROM " + Connection.slice(sql, node.range).dropFirst("CALL".count)
    let query = Statement(.select(try Parser.parseQuery(text)), range: node.range)
    return try runQuery(query, sql: text, parameters: parameters)
  }

  func checkNoTransaction(_ verb: String) throws {
    if transaction != nil {
      throw OlapError(.transaction, "\(verb) cannot run inside a transaction; COMMIT first")
    }
  }

  private func runExecute(_ node: ExecuteStatement, parameters: [Value]) throws -> QueryResult {
    guard let source = prepared[node.name.text.lowercased()] else {
      throw OlapError(
        .binder, "Prepared statement \"\(node.name.text)\" does not exist",
        range: node.name.range.start..<node.name.range.end)
    }
    var values: [Value] = []
    var named: [String: (SQLType, Value)] = [:]
    for argument in node.arguments {
      let (type, value) = try constantValue(argument.value)
      if let name = argument.name {
        named[name.text.lowercased()] = (type, value)
      } else {
        values.append(value)
        named[Connection.positionalName(values.count)] = (type, value)
      }
    }
    let outer = namedParameters
    namedParameters = named
    defer { namedParameters = outer }
    do {
      return try dispatch(source.statement, sql: source.sql, parameters: values)
    } catch {
      throw OlapError.from(error, sql: source.sql)
    }
  }
}
