import Glibc
package import OlapColumns
package import OlapFormats
package import OlapFunctions
package import OlapSQL
package import OlapStorage

extension Connection {
  /// COPY table FROM 'file' and COPY (query | table) TO 'file'.
  func runCopy(_ node: CopyStatement, sql: String, parameters: [Value]) throws -> QueryResult {
    let path = try copyPath(node.file)
    switch node.direction {
    case .from:
      guard case .table(let table, let columns) = node.source else {
        throw OlapError(.parser, "COPY … FROM takes a table")
      }
      var source = "SELECT * FROM \(reader(of: path, options: node.options, sql: sql))"
      if !columns.isEmpty {
        source = "SELECT * FROM (\(source))"
      }
      let names =
        columns.isEmpty ? "" : " (" + columns.map { quote($0.text) }.joined(separator: ", ") + ")"
      let target = table.parts.map { quote($0.text) }.joined(separator: ".")
      let text = "INSERT INTO \(target)\(names) \(source)"
      let result = try run(try Parser.parse(text)[0], sql: text, parameters: [])
      return done("COPY", changed: result.changedRowCount)
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
      let writer = try FileWriter(
        path: path, columns: result.columns.map { ($0.name, $0.type) },
        options: try copyOptions(node.options, sql: sql))
      var count = 0
      while let chunk = try result.nextChunk() {
        try writer.write(chunk.chunk)
        count += chunk.rowCount
      }
      try writer.finish()
      return done("COPY", changed: count)
    }
  }

  private func copyPath(_ file: CopyStatement.File) throws -> String {
    switch file {
    case .path(let path): return path
    case .standardStream: return "/dev/stdin"
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

  /// `read_csv('path', delim = ';', …)` or its JSON sibling.
  private func reader(of path: String, options: [StatementOption], sql: String) -> String {
    var function =
      path.hasSuffix(".json") || path.hasSuffix(".jsonl") || path.hasSuffix(".ndjson")
      ? "read_json" : "read_csv"
    var arguments = ["'\(escape(path))'"]
    for option in options {
      let name = option.name.text.lowercased()
      var value = "true"
      if case .expression(let expression)? = option.value {
        value = optionText(expression, sql: sql)
      }
      if name == "format" {
        function = value.lowercased() == "json" ? "read_json" : "read_csv"
        continue
      }
      arguments.append("\(name) = '\(escape(value))'")
    }
    return "\(function)(\(arguments.joined(separator: ", ")))"
  }

  /// EXPORT DATABASE 'folder': schema.sql, load.sql and one CSV per table.
  func runExport(_ node: ExportDatabaseStatement) throws -> QueryResult {
    mkdir(node.folder, 0o777)
    let catalog = readSnapshot().catalog
    let schema = definitions(of: catalog).map { $0 + "\n" }.joined()
    var load = ""
    for entry in catalog.sortedEntries {
      guard case .table(let table) = entry, table.schema != "olap", table.model == nil else {
        continue
      }
      let file = "\(table.schema)_\(table.name).csv"
      let name = "\(quote(table.schema)).\(quote(table.name))"
      let list = table.storedColumnList
      let path = "'\(escape(node.folder))/\(escape(file))' (FORMAT csv, HEADER)"
      let text = "COPY (SELECT \(list) FROM \(name)) TO \(path)"
      _ = try run(try Parser.parse(text)[0], sql: text, parameters: [])
      load += "COPY \(name) (\(list)) FROM \(path);\n"
    }
    try FileText.write(schema, to: node.folder + "/schema.sql")
    try FileText.write(load, to: node.folder + "/load.sql")
    return done("EXPORT")
  }

  func runImport(_ node: ImportDatabaseStatement) throws -> QueryResult {
    for file in ["schema.sql", "load.sql"] {
      let text = try FileText.read(node.folder + "/" + file)
      for statement in try Parser.parse(text) {
        _ = try run(statement, sql: text, parameters: [])
      }
    }
    return done("IMPORT")
  }
}

/// Whole small text files.
enum FileText {
  static func read(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else {
      throw OlapError(.io, "cannot open \"\(path)\": \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes.append(contentsOf: buffer[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else {
      throw OlapError(.io, "cannot write \"\(path)\": \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw OlapError(.io, "cannot write \"\(path)\": \(String(cString: strerror(errno)))")
    }
  }
}

/// `FROM 'file.csv'`: a name that is a file is read by the reader of its extension.
enum FileTables {
  static func bind(path: String, functions: FunctionRegistry) throws -> TableFunction.Bound? {
    let folded = path.lowercased()
    let plain = [".gz", ".zst"].reduce(folded) {
      $1.count < $0.count && $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0
    }
    let reader: String
    if plain.hasSuffix(".csv") || plain.hasSuffix(".tsv") || plain.hasSuffix(".txt")
      || plain.hasSuffix(".tbl")
    {
      reader = "read_csv"
    } else if plain.hasSuffix(".json") || plain.hasSuffix(".jsonl") || plain.hasSuffix(".ndjson") {
      reader = "read_json"
    } else {
      return nil
    }
    return try functions.tables[reader]?.bind([(.varchar, .varchar(path))], [:])
  }
}
