internal import OlapColumns
internal import OlapExecution
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

extension Connection {
  func runSet(_ node: SetStatement, parameters: [Value]) throws -> QueryResult {
    if node.scope == .variable {
      guard let expression = node.values.first else {
        throw OlapError(.parser, "SET VARIABLE needs a value")
      }
      let (type, value) = try constantValue(expression)
      variables[node.name.text.lowercased()] = (type, value)
      return done("SET")
    }
    let texts = try node.values.map { expression -> String in
      switch expression.kind {
      case .literal(.string(let text)): return text
      case .column(let parts): return parts.map { $0.text }.joined(separator: ".")
      case .defaultValue: return ""
      default:
        let (type, value) = try constantValue(expression)
        return value.text(type)
      }
    }
    try setSetting(node.name, texts.joined(separator: ","))
    return done("SET")
  }

  private func setSetting(_ name: Identifier, _ value: String) throws {
    let folded = name.text.lowercased()
    guard let canonical = Settings.canonical(folded) else {
      throw OlapError(
        .catalog,
        "unrecognized configuration parameter \"\(name.text)\"; SHOW ALL lists what there is",
        range: name.range.start..<name.range.end)
    }
    let invalid = OlapError(
      .invalidInput, "\"\(value)\" is not a value for \(canonical)",
      range: name.range.start..<name.range.end)
    switch canonical {
    case "memory_limit":
      guard let bytes = Settings.byteCount(value, total: Machine.memory), bytes > 0 else {
        throw invalid
      }
      database.storage.budget.limit = bytes
      settings[canonical] = value
    case "threads":
      guard let count = Int(value), (1...256).contains(count) else { throw invalid }
      settings[canonical] = String(count)
    case "wal_autocheckpoint", "checkpoint_threshold":
      guard Settings.byteCount(value, total: 0) != nil else { throw invalid }
      settings["wal_autocheckpoint"] = value
      settings["checkpoint_threshold"] = value
    case "schema", "search_path":
      let first = value.split(separator: ",").first.map(String.init) ?? "main"
      guard readSnapshot().catalog.hasSchema(first) else {
        throw OlapError(.catalog, "Schema with name \"\(first)\" does not exist!")
      }
      settings["schema"] = first
      settings["search_path"] = value
    case "timezone":
      _ = try constantText(
        "SELECT CAST(timezone('\(escape(value))', TIMESTAMP '2000-01-01') AS VARCHAR)")
      settings[canonical] = value
    case "refresh_clock":
      if !value.isEmpty {
        _ = try constantText("SELECT CAST('\(escape(value))'::TIMESTAMPTZ AS VARCHAR)")
      }
      settings[canonical] = value
    case "enable_optimizer", "error_on_division_by_zero", "ieee_floating_point_ops":
      guard let flag = Settings.flag(value) else { throw invalid }
      settings[canonical] = flag ? "true" : "false"
    case "statement_timeout", "lock_timeout":
      guard let milliseconds = Int(value), milliseconds >= 0 else { throw invalid }
      settings[canonical] = String(milliseconds)
    default: settings[canonical] = value
    }
  }

  func escape(_ text: String) -> String {
    text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
  }

  private func constantText(_ sql: String) throws -> String? {
    try internalQuery(sql, snapshot: writingSnapshot()).first?.text(0)
  }

  /// `SET refresh_clock`, in microseconds since 1970 UTC.
  var refreshClock: Int64? {
    let text = settings["refresh_clock"]
    guard !text.isEmpty else { return nil }
    let sql = "SELECT epoch_us('\(escape(text))'::TIMESTAMPTZ)"
    let wasRefreshing = isRefreshing
    isRefreshing = false
    defer { isRefreshing = wasRefreshing }
    return (try? internalQuery(sql, snapshot: writingSnapshot()))?.first?.int(0).map { Int64($0) }
  }

  func runReset(_ node: ResetStatement) throws -> QueryResult {
    if let name = node.name {
      if node.scope == .variable {
        variables[name.text.lowercased()] = nil
        return done("RESET")
      }
      guard let canonical = Settings.canonical(name.text) else {
        throw OlapError(
          .catalog, "unrecognized configuration parameter \"\(name.text)\"",
          range: name.range.start..<name.range.end)
      }
      settings[canonical] = Connection(database: database).settings[canonical]
    } else {
      settings = Connection(database: database).settings
    }
    return done("RESET")
  }

  /// PRAGMA name, name = value, name(args): settings and DuckDB's listings.
  func runPragma(_ node: PragmaStatement, sql: String) throws -> QueryResult {
    let name = node.name.text.lowercased()
    if let value = node.value {
      return try runSet(
        SetStatement(name: node.name, values: [value], range: node.range), parameters: [])
    }
    let argument = node.arguments.first.map { optionText($0.value, sql: sql) } ?? ""
    let text: String
    switch name {
    case "table_info": text = "SELECT * FROM pragma_table_info('\(escape(argument))')"
    case "show_tables": text = "SHOW TABLES"
    case "database_list": text = "SELECT 0 AS seq, current_database() AS name, NULL AS file"
    case "version": text = "SELECT version() AS library_version"
    case "database_size": text = "SELECT * FROM olap.space"
    case "enable_profiling", "disable_profiling", "enable_progress_bar", "disable_progress_bar",
      "enable_object_cache", "disable_object_cache", "verify_parallelism", "enable_verification",
      "disable_verification", "enable_print_progress_bar", "disable_print_progress_bar",
      "disable_verify_parallelism", "enable_profile", "disable_profile",
      "enable_checkpoint_on_shutdown", "disable_checkpoint_on_shutdown":
      return done("PRAGMA")
    case "enable_optimizer", "disable_optimizer":
      settings["enable_optimizer"] = name == "enable_optimizer" ? "true" : "false"
      return done("PRAGMA")
    case "force_checkpoint": text = "CHECKPOINT"
    case "show", "storage_info":
      text =
        name == "show"
        ? "DESCRIBE \(argument)"
        : "SELECT * FROM olap.segments WHERE table_name = '\(escape(argument))'"
    case "show_databases": text = "SHOW DATABASES"
    case "show_tables_expanded": text = "SHOW ALL TABLES"
    case "functions": text = "SELECT * FROM olap.functions"
    case "platform": text = "SELECT 'linux_amd64' AS platform"
    case "user_agent": text = "SELECT 'olap' AS user_agent"
    case "collations": text = "SELECT unnest(['binary', 'nocase']) AS collname"
    case "import_database": text = "IMPORT DATABASE '\(escape(argument))'"
    default:
      throw OlapError(
        .catalog, "Pragma Function with name \(name) does not exist!",
        range: node.name.range.start..<node.name.range.end)
    }
    return try run(try Parser.parse(text)[0], sql: text, parameters: [])
  }

  /// Runs a write and gives its profile and how many rows it changed.
  private func profiledWrite(
    _ statement: OlapSQL.Statement, sql: String, parameters: [Value]
  ) throws -> ([String], Int) {
    writeProfiles = []
    defer { writeProfiles = nil }
    let result = try dispatch(statement, sql: sql, parameters: parameters)
    while try result.nextChunk() != nil {}
    let name = statement.kind.targetTable?.text ?? ""
    let own = (writeProfiles ?? []).flatMap { $0.lines() }.map { "  " + $0 }
    return (["\(statement.kind.verb) \(name)"] + own, result.changedRowCount ?? 0)
  }

  /// EXPLAIN shows the optimized plan; EXPLAIN ANALYZE runs it and adds rows, time and memory.
  func runExplain(
    _ node: ExplainStatement, sql: String, parameters: [Value]
  ) throws -> QueryResult {
    let snapshot = readSnapshot()
    let planned = try plan(node.statement, snapshot: snapshot, parameters: parameters)
    var lines: [String]
    if node.isAnalyze {
      let start = monotonicMilliseconds()
      var count = 0
      if case .query(let plan, _) = planned.statement {
        let context = executionContext(planned, snapshot: snapshot, isProfiling: true)
        let execution = try QueryExecution(plan: plan, context: context)
        while let chunk = try execution.next() { count += chunk.count }
        lines = context.profile.lines()
      } else {
        // The write happens, as in DuckDB and PostgreSQL.
        (lines, count) = try profiledWrite(node.statement, sql: sql, parameters: parameters)
      }
      lines.append("Total: \(monotonicMilliseconds() - start) ms, \(count) rows")
    } else {
      lines = planned.statement.explanation
    }
    let builder = VectorBuilder(type: .varchar)
    let keys = VectorBuilder(type: .varchar)
    keys.append(.varchar(node.isAnalyze ? "analyzed_plan" : "physical_plan"))
    builder.append(.varchar(lines.joined(separator: "\n")))
    return QueryResult(
      columns: [
        ResultColumn(name: "explain_key", type: .varchar),
        ResultColumn(name: "explain_value", type: .varchar),
      ], chunks: [Chunk(columns: [keys.finish(), builder.finish()], count: 1)],
      statementKind: "EXPLAIN")
  }
}

extension BoundStatement {
  /// The plan as text lines, with the write on top.
  var explanation: [String] {
    switch self {
    case .query(let plan, _): plan.explain().split(separator: "\n").map(String.init)
    case .insert(let node):
      ["INSERT \(node.write.table.name)"]
        + node.source.explain().split(separator: "\n").map(String.init).map { "  " + $0 }
    case .update(let node):
      ["UPDATE \(node.write.table.name)"]
        + node.source.explain().split(separator: "\n").map(String.init).map { "  " + $0 }
    case .delete(let node):
      ["DELETE \(node.write.table.name)"]
        + node.source.explain().split(separator: "\n").map(String.init).map { "  " + $0 }
    case .merge(let node):
      ["MERGE \(node.write.table.name)"]
        + node.source.explain().split(separator: "\n").map(String.init).map { "  " + $0 }
    }
  }
}
