package import OlapCatalog
public import OlapColumns
package import OlapSQL
package import OlapStorage

/// A bulk load: files into one table, as one transaction.
public struct LoadRequest: Sendable {
  /// Table name, `t` or `schema.t`.
  public var table: String
  /// Paths or glob patterns; "/dev/stdin" reads standard input.
  public var inputs: [String]
  public var createsTable = false
  public var isBronze = false
  /// Upsert by these columns: they are, or become, the table's key.
  public var keys: [String] = []
  /// Reader options by name, as `read_csv` takes them (delim, quote, header, nullstr, …).
  public var options: [String: String] = [:]

  public init(table: String, inputs: [String]) {
    self.table = table
    self.inputs = inputs
  }
}

/// What a load did.
public struct LoadReport: Sendable {
  public let table: String
  public let rowCount: Int
  public let createdTable: Bool
}

extension Connection {
  /// Loads the inputs: all rows or none.
  ///
  /// - Throws: `OlapError` with file, line, column, value and expected type for a row that does not fit.
  public func load(_ request: LoadRequest) throws -> LoadReport {
    do { return try atomically { try runLoad(request) } } catch {
      throw OlapError.from(error, sql: nil)
    }
  }

  /// Columns the reader finds in the inputs.
  public func sniff(_ request: LoadRequest) throws -> [ResultColumn] {
    do {
      let source = reader(request, types: [])
      let text = "SELECT * FROM \(source) LIMIT 0"
      return try runQuery(
        try Parser.parse(text)[0], sql: text, parameters: [], snapshot: readSnapshot()
      ).columns
    } catch { throw OlapError.from(error, sql: nil) }
  }

  private func runLoad(_ request: LoadRequest) throws -> LoadReport {
    let node = ObjectName(request.table.split(separator: ".").map { Identifier(String($0)) })
    let name = try resolve(node)
    return try withWriter { writer in
      var isNew = false
      if writer.catalog.lookup(.relation, schema: name.schema, name: name.name) == nil {
        guard request.createsTable else {
          throw OlapError(
            .catalog,
            "Table with name \(request.table) does not exist! Add --create to infer it from the input"
          )
        }
        try createTable(request, name: name, writer: writer)
        isNew = true
      }
      let table = try existingTable(name, node, writer: writer)
      try refuseModelWrite(table, node)
      try checkKeys(request, table: table)
      let source = reader(request, types: table.columns)
      let verb = request.keys.isEmpty ? "INSERT INTO" : "INSERT OR REPLACE INTO"
      let target = "\(quote(name.schema)).\(quote(name.name))"
      // A file without a header has its columns in the table's order.
      let byName = try hasHeader(request) ? " BY NAME" : ""
      let text = "\(verb) \(target)\(byName) SELECT * FROM \(source)"
      let startedAt = wallClockMicroseconds()
      let result = try runWrite(try Parser.parse(text)[0], sql: text, parameters: [])
      if table.layer == .bronze {
        try record(request, rows: result.changedRowCount ?? 0, startedAt: startedAt, writer)
      }
      return LoadReport(
        table: request.table, rowCount: result.changedRowCount ?? 0, createdTable: isNew)
    }
  }

  /// A load into a bronze table is a run of the pipeline.
  private func record(
    _ request: LoadRequest, rows: Int, startedAt: Int64, _ writer: WriteTransaction
  ) throws {
    try RunLog.prepare(writer)
    var run = PipelineRun(name: "load", trigger: request.table, startedAt: startedAt)
    run.processed = rows
    let patterns = request.inputs.filter { $0 != "/dev/stdin" }
      .map { "SELECT count(*) AS n FROM glob('\(escape($0))')" }
    if !patterns.isEmpty {
      run.files = try number(
        "SELECT CAST(sum(n) AS BIGINT) FROM (\(patterns.joined(separator: " UNION ALL "))) AS f",
        writer)
    }
    try run.append(writer)
  }

  /// Whether the inputs name their columns.
  private func hasHeader(_ request: LoadRequest) throws -> Bool {
    if let header = request.options["header"] { return header == "true" }
    let text = "SELECT * FROM \(reader(request, types: [])) LIMIT 0"
    let columns = try runQuery(
      try Parser.parse(text)[0], sql: text, parameters: [], snapshot: readSnapshot()
    ).columns
    return !columns.enumerated().allSatisfy {
      $0.element.name == "column\($0.offset)" || $0.element.name == "column0\($0.offset)"
    }
  }

  private func createTable(
    _ request: LoadRequest, name: QualifiedName, writer: WriteTransaction
  ) throws {
    let text = "SELECT * FROM \(reader(request, types: []))"
    let outputs = try runQuery(
      try Parser.parse(text)[0], sql: text, parameters: [], snapshot: writer.snapshot
    ).columns
    var items = outputs.map { "\(quote($0.name)) \($0.type == .null ? .varchar : $0.type)" }
    if !request.keys.isEmpty {
      items.append("PRIMARY KEY (\(request.keys.map { quote($0) }.joined(separator: ", ")))")
    }
    let layer = request.isBronze ? "BRONZE " : ""
    let create =
      "CREATE \(layer)TABLE \(quote(name.schema)).\(quote(name.name)) (\(items.joined(separator: ", ")))"
    _ = try dispatch(try Parser.parse(create)[0], sql: create, parameters: [])
  }

  private func checkKeys(_ request: LoadRequest, table: TableEntry) throws {
    guard !request.keys.isEmpty else { return }
    let positions = try request.keys.map { key -> Int in
      guard let position = table.columnIndex(key) else {
        throw OlapError(.binder, "table \"\(table.name)\" has no column \"\(key)\"")
      }
      return position
    }
    guard table.keys.contains(where: { Set($0.columns) == Set(positions) }) else {
      throw OlapError(
        .binder,
        "(\(request.keys.joined(separator: ", "))) is not a key of \"\(table.name)\"; ALTER TABLE "
          + "\(table.name) ADD PRIMARY KEY (…) first")
    }
  }

  /// `read_csv([...], delim = …, types = {…})`.
  private func reader(
    _ request: LoadRequest, types: [OlapCatalog.ColumnDefinition]
  ) -> String {
    let isJSON = request.inputs.allSatisfy { path in
      let folded = path.lowercased()
      return [".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz"]
        .contains { folded.hasSuffix($0) }
    }
    let list = request.inputs.map { "'\(escape($0))'" }.joined(separator: ", ")
    var arguments = ["[\(list)]"]
    for (name, value) in request.options.sorted(by: { $0.key < $1.key }) where !isJSON {
      arguments.append("\(name) = '\(escape(value))'")
    }
    if !types.isEmpty {
      let pairs = types.filter { $0.generatedSQL == nil }.map {
        "'\(escape($0.name))': '\(escape($0.type.description))'"
      }
      arguments.append("types = {\(pairs.joined(separator: ", "))}")
      arguments.append("ignore_unknown_types = true")
    }
    return "\(isJSON ? "read_json" : "read_csv")(\(arguments.joined(separator: ", ")))"
  }
}
