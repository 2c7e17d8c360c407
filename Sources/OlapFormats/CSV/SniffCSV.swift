internal import OlapColumns
internal import OlapFunctions

/// sniff_csv(path, …): what read_csv would find, as one row, with the call that says so.
package enum SniffCSV {
  private static let columnType = SQLType.list(
    .structure([
      StructField(name: "name", type: .varchar), StructField(name: "type", type: .varchar),
    ])
  )
  private static let columns: [TableFunction.Column] = [
    .init("Delimiter", .varchar), .init("Quote", .varchar), .init("Escape", .varchar),
    .init("NewLineDelimiter", .varchar), .init("Comment", .varchar), .init("SkipRows", .bigint),
    .init("HasHeader", .boolean), .init("Columns", columnType), .init("DateFormat", .varchar),
    .init("TimestampFormat", .varchar), .init("UserArguments", .varchar), .init("Prompt", .varchar),
  ]

  static let function = TableFunction(
    "sniff_csv",
    summary: "What read_csv finds in a file: dialect, columns, and the call to read it",
    bind: { arguments, named in
      let paths = try FileList.expand(arguments)
      let options = try CSVOptions(named, function: "sniff_csv")
      let schema = try CSVSniffer.sniff(try InputFiles(paths), options)
      let user = named.sorted { $0.key < $1.key }.map {
        "\($0.key) = \($0.value.1.text($0.value.0))"
      }
      let row = values(schema, paths, user.joined(separator: ", "))
      return TableFunction.Bound(columns: columns, rowCount: 1) { request in
        var isDone = false
        return GeneratorSource {
          if isDone { return nil }
          isDone = true
          return Chunk(
            columns: request.projection.map { column in
              let builder = VectorBuilder(type: columns[column].type)
              builder.append(row[column])
              return builder.finish()
            }, count: 1)
        }
      }
    })

  private static func values(_ schema: CSVSchema, _ paths: [String], _ user: String) -> [Value] {
    let dialect = schema.files.first?.dialect ?? CSVDialect()
    let letter: (UInt8?) -> Value = { byte in
      .varchar(byte.map { String(Character(Unicode.Scalar($0))) } ?? "")
    }
    let dates = schema.columns.first { $0.type == .date }?.format.moments?.text
    let timestamps = schema.columns.first { column in
      column.format.moments != nil && column.type != .date && column.type != .time
    }?.format.moments?.text
    return [
      .varchar(String(decoding: dialect.delimiter, as: UTF8.self)), letter(dialect.quote),
      letter(dialect.escape ?? dialect.quote), .varchar(dialect.newline == 13 ? "\\r" : "\\n"),
      letter(dialect.comment), .integer(Int64(dialect.skip)), .boolean(dialect.hasHeader),
      .list(
        schema.columns.map { .structure([.varchar($0.name), .varchar($0.type.description)]) }),
      dates.map { .varchar($0) } ?? .null, timestamps.map { .varchar($0) } ?? .null,
      .varchar(user), .varchar(call(schema, paths)),
    ]
  }

  /// The FROM clause that reads the files as they were found to be.
  package static func call(_ schema: CSVSchema, _ paths: [String]) -> String {
    let dialect = schema.files.first?.dialect ?? CSVDialect()
    let list = paths.map(quoted).joined(separator: ", ")
    var parts = [paths.count == 1 ? list : "[\(list)]", "auto_detect = false"]
    parts.append("delim = " + quoted(String(decoding: dialect.delimiter, as: UTF8.self)))
    let letter: (UInt8) -> String = { String(Character(Unicode.Scalar($0))) }
    parts.append("quote = " + quoted(dialect.quote.map(letter) ?? ""))
    if let escape = dialect.escape { parts.append("escape = " + quoted(letter(escape))) }
    if let comment = dialect.comment { parts.append("comment = " + quoted(letter(comment))) }
    parts.append("skip = \(dialect.skip)")
    parts.append("header = \(dialect.hasHeader)")
    let columns = schema.columns.map { "\(quoted($0.name)): \(quoted($0.type.description))" }
    parts.append("columns = {\(columns.joined(separator: ", "))}")
    return "FROM read_csv(\(parts.joined(separator: ", ")));"
  }

  /// A text as a SQL string.
  package static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
