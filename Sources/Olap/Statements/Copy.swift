import Glibc
internal import OlapColumns
internal import OlapFormats
internal import OlapFunctions
internal import OlapSQL
internal import OlapStorage

extension Connection {
  /// COPY table FROM 'file' and COPY (query | table) TO 'file'.
  func runCopy(_ node: CopyStatement, sql: String, parameters: [Value]) throws -> QueryResult {
    let path = try copyPath(node.file, node.direction)
    switch node.direction {
    case .from: return try copyFrom(path, node, sql: sql)
    case .to:
      let query: OlapSQL.Statement
      var text = sql
      switch node.source {
      case .query(let select): query = OlapSQL.Statement(.select(select), range: select.range)
      case .table(let table, let columns):
        let list = columns.isEmpty ? "*" : columns.map { quote($0.text) }.joined(separator: ", ")
        text = "SELECT \(list) FROM \(table.parts.map { quote($0.text) }.joined(separator: "."))"
        query = try Parser.parse(text)[0]
      }
      let result = try runQuery(query, sql: text, parameters: parameters)
      var options = try copyOptions(node.options, sql: sql)
      let moments = try WrittenMoments(
        columns: result.columns.map { ($0.name, $0.type) },
        isJSON: FileWriter.isJSON(path: path, options: options), options: &options,
        functions: database.functions,
        context: evaluationContext(snapshot: readSnapshot()))
      var count = 0
      if let keys = options["partition_by"] {
        var parts = try PartitionedCopy(
          folder: path, columns: moments.columns,
          keys: keys.split(separator: ",").map { String($0) }, options: options,
          timeZoneName: settings["timezone"])
        while let chunk = try result.nextChunk() {
          try parts.write(moments.applied(to: chunk.chunk))
          count += chunk.rowCount
        }
        try parts.finish()
        return done("COPY", changed: count)
      }
      let writer = try FileWriter(
        path: path, columns: moments.columns, options: options,
        timeZoneName: settings["timezone"])
      while let chunk = try result.nextChunk() {
        try writer.write(moments.applied(to: chunk.chunk))
        count += chunk.rowCount
      }
      try writer.finish()
      return done("COPY", changed: count)
    }
  }

  private func copyPath(
    _ file: CopyStatement.File, _ direction: CopyStatement.Direction
  ) throws -> String {
    switch file {
    case .path(let path): return path
    case .standardStream: return direction == .from ? "/dev/stdin" : "/dev/stdout"
    case .expression(let expression):
      let (type, value) = try constantValue(expression)
      return value.text(type)
    }
  }

  private func copyOptions(
    _ options: [StatementOption], sql: String
  ) throws -> [String: String] {
    var result: [String: String] = [:]
    for option in options {
      let name = option.name.text.lowercased()
      switch option.value {
      case .expression(let expression)?: result[name] = optionText(expression, sql: sql)
      case .list(let items)?:
        result[name] = items.map { optionText($0, sql: sql) }.joined(separator: ",")
      case .star?: result[name] = "*"
      case nil: result[name] = "true"
      }
    }
    return result
  }

  /// COPY table [(columns)] FROM path: by position, or by the header's names when they are the columns'.
  private func copyFrom(_ path: String, _ node: CopyStatement, sql: String) throws -> QueryResult {
    guard case .table(let target, let columns) = node.source else {
      throw OlapError(.parser, "COPY … FROM takes a table")
    }
    let options = try LoadCopyOptions(try readerOptions(node.options, sql: sql))
    let name = try resolve(target)
    return try withWriter(of: name) { writer in
      let table = try existingTable(name, target, writer: writer)
      try refuseModelWrite(table, target)
      var fill = loadTarget(table, prefersNames: false)
      if !columns.isEmpty {
        fill.columns = try columns.map { column in
          guard let position = table.columnIndex(column.text) else {
            throw OlapError(
              .binder,
              "Table \"\(table.name)\" does not have a column with name \"\(column.text)\"",
              range: column.range.start..<column.range.end)
          }
          return (table.columns[position].name, table.columns[position].type)
        }
      }
      let reader = try LoadReader(
        try InputFiles(try FileList.expand([path])), format: options.format,
        options: options.reader, target: fill,
        required: fill.columns.filter { column in
          table.columnIndex(column.name).map { table.columns[$0].defaultSQL == nil } ?? true
        })
      if !reader.isByName, reader.columns.count != fill.columns.count {
        throw OlapError(
          .binder,
          "\(path) has \(reader.columns.count) columns (\(reader.columns.map { $0.name }.joined(separator: ", "))), "
            + "but \(fill.columns.count) of \"\(table.name)\" are to be filled")
      }
      let collector = LoadErrorCollector(options.onError, maximum: options.maximumErrors)
      let counts = try run(
        reader, into: name, table, columns: reader.isByName ? nil : fill.columns.map { $0.name },
        mode: .insert, collector: options.onError == .abort ? nil : collector, writer: writer)
      if options.onError == .quarantine, collector.count > 0 {
        _ = try quarantine(
          collector, reader: reader, table: "\(name.schema).\(name.name)", keys: [])
      }
      return done("COPY", changed: counts.inserted)
    }
  }

  /// Options with their types; a bare word is a text.
  private func readerOptions(
    _ options: [StatementOption], sql: String
  ) throws -> [String: (SQLType, Value)] {
    var result: [String: (SQLType, Value)] = [:]
    for option in options {
      let name = option.name.text.lowercased()
      switch option.value {
      case .expression(let expression)?:
        if case .column = expression.kind {
          result[name] = (.varchar, .varchar(optionText(expression, sql: sql)))
        } else {
          let (type, value) = try constantValue(expression)
          result[name] = (type, value)
        }
      case .list(let items)?:
        let texts = items.map { Value.varchar(optionText($0, sql: sql)) }
        result[name] = (.list(.varchar), .list(texts))
      case .star?: result[name] = (.varchar, .varchar("*"))
      case nil: result[name] = (.varchar, .varchar("true"))
      }
    }
    return result
  }

  /// EXPORT DATABASE 'folder': schema.sql, load.sql and one CSV per table.
  func runExport(_ node: ExportDatabaseStatement) throws -> QueryResult {
    mkdir(node.folder, 0o777)
    let catalog = readSnapshot().catalog
    let schema = definitions(of: catalog).map { $0.sql + "\n" }.joined()
    var load = ""
    for entry in catalog.sortedEntries {
      guard case .table(let table) = entry, table.schema != "olap", table.model == nil else {
        continue
      }
      let file = "\(table.schema)_\(table.name).csv"
      let name = "\(quote(table.schema)).\(quote(table.name))"
      let list = table.storedColumnList
      let path = "'\(escape(node.folder))/\(escape(file))'"
      let text = "COPY (SELECT \(list) FROM \(name)) TO \(path) (FORMAT csv, HEADER)"
      _ = try run(try Parser.parse(text)[0], sql: text, parameters: [])
      load +=
        "COPY \(name) (\(list)) FROM \(path) "
        + "(FORMAT csv, HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\"');\n"
    }
    // Behind the rows, which fire none.
    for entry in catalog.sortedEntries {
      guard case .table(let table) = entry else { continue }
      for trigger in triggers(on: table.id, readSnapshot()) {
        load += trigger.definition(on: table) + "\n"
      }
    }
    try TextFile.write(schema, to: node.folder + "/schema.sql")
    try TextFile.write(load, to: node.folder + "/load.sql")
    return done("EXPORT")
  }

  func runImport(_ node: ImportDatabaseStatement) throws -> QueryResult {
    for file in ["schema.sql", "load.sql"] {
      let text = try TextFile.read(node.folder + "/" + file)
      for statement in try Parser.parse(text) {
        _ = try run(statement, sql: text, parameters: [])
      }
    }
    return done("IMPORT")
  }
}

/// COPY FROM's own options, and those it hands to the reader.
private struct LoadCopyOptions {
  var format: String?
  var onError = LoadErrorPolicy.abort
  var maximumErrors: Int?
  var reader: [String: (SQLType, Value)] = [:]

  init(_ options: [String: (SQLType, Value)]) throws {
    for (name, (type, value)) in options {
      let text = value.isNull ? "" : value.text(type)
      switch name {
      case "format": format = text
      case "on_error":
        // Postgres says stop and ignore.
        let folded = text.lowercased()
        let word = folded == "stop" ? "abort" : folded == "ignore" ? "skip" : folded
        guard let policy = LoadErrorPolicy(rawValue: word) else {
          throw OlapError(
            .invalidInput, "ON_ERROR takes abort, skip or quarantine, not \"\(text)\"")
        }
        onError = policy
      case "max_errors", "reject_limit":
        guard let count = Int(text), count >= 0 else {
          throw OlapError(.invalidInput, "MAX_ERRORS takes a number, not \"\(text)\"")
        }
        maximumErrors = count
      case "ignore_errors" where ["true", "1", "on"].contains(text.lowercased()):
        if onError == .abort { onError = .skip }
      case "ignore_errors": break
      default: reader[name] = (type, value)
      }
    }
    if format?.lowercased() == "tsv", reader["delim"] == nil {
      reader["delim"] = (.varchar, .varchar("\t"))
    }
  }
}

/// `FROM 'file.csv'`: a name that is a file is read by the reader of its extension.
enum FileTables {
  static func bind(path: String, functions: FunctionRegistry) throws -> TableFunction.Bound? {
    guard let reader = reader(of: path) else { return nil }
    return try functions.tables[reader]?.bind([(.varchar, .varchar(path))], [:])
  }

  /// The reader of a file name's extension.
  static func reader(of path: String) -> String? {
    let folded = path.lowercased()
    let plain = [".gz", ".zst"].reduce(folded) {
      $1.count < $0.count && $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0
    }
    if [".csv", ".tsv", ".txt", ".tbl"].contains(where: { plain.hasSuffix($0) }) {
      return "read_csv"
    }
    if [".json", ".jsonl", ".ndjson", ".geojson"].contains(where: { plain.hasSuffix($0) }) {
      return "read_json"
    }
    return nil
  }
}
