internal import OlapColumns
internal import OlapFormats
internal import OlapFunctions
internal import OlapSQL

/// The files of a load with what was found out about them.
struct LoadReader {
  enum Schema {
    case csv(CSVSchema, CSVOptions)
    case json(JSONSchema, JSONOptions)
  }
  let inputs: InputFiles?
  let schema: Schema
  /// Rows set aside by an earlier load, in place of files.
  var records: [StoredRecord] = []

  /// Looks at the files. `target`: the columns of the table they go into, when it exists.
  init(
    _ inputs: InputFiles, format: String?, options: [String: (SQLType, Value)],
    target: LoadTarget?, required: [(name: String, type: SQLType)] = []
  ) throws {
    self.inputs = inputs
    if try LoadReader.isJSON(format, inputs) {
      var settings = try JSONOptions(options, function: "read_json")
      if let target {
        settings.types = target.columns
        settings.ignoresUnknownTypes = true
        settings.expected = required
      }
      schema = .json(try JSONSniffer.sniff(inputs, settings), settings)
    } else {
      var settings = try CSVOptions(options, function: "read_csv")
      settings.target = target
      schema = .csv(try CSVSniffer.sniff(inputs, settings), settings)
    }
  }

  /// A reader of rows that were set aside.
  init(_ schema: ReaderText.Schema, records: [StoredRecord]) {
    inputs = nil
    switch schema {
    case .csv(let schema): self.schema = .csv(schema, CSVOptions())
    case .json(let schema): self.schema = .json(schema, JSONOptions())
    }
    self.records = records
  }

  /// By the format that was said, the first file's name, or its first letter.
  private static func isJSON(_ format: String?, _ inputs: InputFiles) throws -> Bool {
    switch format?.lowercased() {
    case "json", "ndjson", "jsonl": return true
    case "csv", "tsv", "text": return false
    case nil: break
    case let other?:
      throw OlapError(.invalidInput, "the format is csv or json, not \"\(other)\"")
    }
    guard let path = inputs.paths.first else { return false }
    if let known = FileTables.reader(of: path) { return known == "read_json" }
    return try TextPeek.firstLetter(inputs.locations[0]).map { $0 == "{" || $0 == "[" } ?? false
  }

  var formatName: String {
    switch schema {
    case .csv: "csv"
    case .json: "json"
    }
  }

  /// The columns that files, their names and folders give.
  var columns: [TableFunction.Column] {
    switch schema {
    case .csv(let schema, let options): schema.layout(options.files, hasOrigins: false).columns
    case .json(let schema, let options): schema.layout(options.files, hasOrigins: false).columns
    }
  }

  /// Whether columns find their place in the table by name.
  var isByName: Bool {
    switch schema {
    case .csv(let schema, _): schema.isByName
    case .json: true
    }
  }

  /// The reader as a relation; `hasOrigins` adds where each row comes from.
  func bound(policy: BadRowPolicy, hasOrigins: Bool) -> TableFunction.Bound {
    switch schema {
    case .csv(let schema, let options): bound(schema, options, policy, hasOrigins)
    case .json(let schema, let options): bound(schema, options, policy, hasOrigins)
    }
  }

  private func bound<Schema: FileSchema>(
    _ schema: Schema, _ options: Schema.Options, _ policy: BadRowPolicy, _ hasOrigins: Bool
  ) -> TableFunction.Bound {
    inputs.map { schema.bound($0, options, policy: policy, hasOrigins: hasOrigins) }
      ?? schema.bound(records, policy: policy, hasOrigins: hasOrigins)
  }

  // MARK: What was found, in words

  var settings: [(name: String, value: String)] {
    switch schema {
    case .csv(let schema, _): return LoadReader.settings(schema)
    case .json(let schema, _):
      let formats = Set(schema.formats.map { $0.rawValue }).sorted()
      return [("layout", formats.joined(separator: ", "))]
    }
  }

  private static func settings(_ schema: CSVSchema) -> [(name: String, value: String)] {
    guard let dialect = schema.files.first?.dialect else { return [] }
    let letter: (UInt8?) -> String = { byte in
      switch byte {
      case nil: "none"
      case 9: "tab"
      case let byte?: String(Character(Unicode.Scalar(byte)))
      }
    }
    var result: [(String, String)] = [
      (
        "delimiter",
        dialect.delimiter == [9] ? "tab" : String(decoding: dialect.delimiter, as: UTF8.self)
      ),
      ("quote", letter(dialect.quote)), ("escape", letter(dialect.escape ?? dialect.quote)),
      ("header", dialect.hasHeader ? "yes" : "no"),
    ]
    if dialect.skip > 0 { result.append(("skipped lines", String(dialect.skip))) }
    if dialect.comment != nil { result.append(("comment", letter(dialect.comment))) }
    for column in schema.columns {
      if column.type.isNumeric, column.format.numbers != .plain {
        let style = column.format.numbers
        var text = "decimal \(letter(style.point))"
        if !style.thousands.isEmpty {
          text += ", thousands \"\(String(decoding: style.thousands, as: UTF8.self))\""
        }
        result.append(("numbers of \(column.name)", text))
      }
      if let moments = column.format.moments {
        result.append(("dates of \(column.name)", moments.text))
      }
    }
    return result
  }

  /// The FROM clause that reads the files in the same way.
  var query: String {
    guard let inputs else { return "" }
    switch schema {
    case .csv(let schema, _): return SniffCSV.call(schema, inputs.paths)
    case .json:
      let list = inputs.paths.map { SniffCSV.quoted($0) }.joined(separator: ", ")
      return "FROM read_json(\(inputs.paths.count == 1 ? list : "[\(list)]"));"
    }
  }
}

/// The first letter of a file that is no blank.
enum TextPeek {
  static func firstLetter(_ location: String) throws -> Character? {
    let input = try TextInput(path: location)
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = try bytes.withUnsafeMutableBytes { buffer -> Int in
      guard let base = buffer.baseAddress else { return 0 }
      return try input.fill(base, count: buffer.count)
    }
    return bytes[..<count].first { $0 > 0x20 }.map { Character(Unicode.Scalar($0)) }
  }
}
