internal import OlapColumns

/// A reader's schema as JSON text, kept with rows that were set aside so that they can be read again.
package enum ReaderText {
  // MARK: Writing

  /// The schema as the records of one file were read with it.
  package static func text(_ schema: CSVSchema, file: Int) -> String {
    let file = schema.files[file]
    let columns = schema.columns.enumerated().map { index, column -> String in
      object([
        ("name", JSONString.quoted(column.name)),
        ("type", JSONString.quoted(column.type.description)),
        ("field", (index < file.fields.count ? file.fields[index] : nil).map { "\($0)" } ?? "null"),
        ("point", "\(column.format.numbers.point)"),
        ("thousands", bytes(column.format.numbers.thousands)),
        ("moments", column.format.moments.map { JSONString.quoted($0.text) } ?? "null"),
      ])
    }
    let dialect = file.dialect
    return object([
      ("format", "\"csv\""), ("path", JSONString.quoted(file.path)),
      ("delimiter", bytes(dialect.delimiter)),
      ("quote", bytes(dialect.quote.map { [$0] } ?? [])),
      ("escape", bytes(dialect.escape.map { [$0] } ?? [])),
      ("comment", bytes(dialect.comment.map { [$0] } ?? [])), ("newline", "\(dialect.newline)"),
      ("null_padding", "\(dialect.nullPadding)"), ("fields", "\(file.fieldCount)"),
      ("nulls", "[" + schema.nullTexts.map(bytes).joined(separator: ",") + "]"),
      ("by_name", "\(schema.isByName)"), ("columns", "[" + columns.joined(separator: ",") + "]"),
    ])
  }

  package static func text(_ schema: JSONSchema) -> String {
    let columns = schema.columns.map { column -> String in
      object([
        ("name", JSONString.quoted(column.name)), ("key", bytes(column.key)),
        ("type", JSONString.quoted(column.node.type.description)),
        ("moments", column.node.moments.map { JSONString.quoted($0.text) } ?? "null"),
      ])
    }
    return object([
      ("format", "\"json\""), ("records", "\(schema.isRecords)"),
      ("columns", "[" + columns.joined(separator: ",") + "]"),
    ])
  }

  private static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }

  /// Bytes as hex digits, which any text survives.
  private static func bytes(_ bytes: [UInt8]) -> String {
    "\"" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
  }

  // MARK: Reading

  package enum Schema {
    case csv(CSVSchema)
    case json(JSONSchema)
  }

  /// The schema again; nil when the text is not one.
  package static func schema(_ text: String) -> Schema? {
    let bytes = Array(text.utf8)
    guard let tree = bytes.withUnsafeBytes({ JSONText.tree($0) }) else { return nil }
    switch string(tree, "format") {
    case "csv": return csv(tree).map { .csv($0) }
    case "json": return json(tree).map { .json($0) }
    default: return nil
    }
  }

  private static func csv(_ tree: TextTree) -> CSVSchema? {
    guard let delimiter = bytes(tree, "delimiter"), !delimiter.isEmpty,
      let newline = number(tree, "newline").flatMap({ UInt8(exactly: $0) }),
      let fieldCount = number(tree, "fields"), let items = list(tree, "columns")
    else { return nil }
    var dialect = CSVDialect()
    dialect.delimiter = delimiter
    dialect.quote = bytes(tree, "quote")?.first
    dialect.escape = bytes(tree, "escape")?.first
    dialect.comment = bytes(tree, "comment")?.first
    dialect.newline = newline
    dialect.nullPadding = string(tree, "null_padding") == "true"
    dialect.hasHeader = false
    var columns: [CSVColumn] = []
    var fields: [Int?] = []
    for item in items {
      guard let name = string(item, "name"),
        let type = string(item, "type").flatMap({ SQLType.parse(text: $0) })
      else { return nil }
      var column = CSVColumn(name: name, type: type)
      if let point = number(item, "point").flatMap({ UInt8(exactly: $0) }) {
        column.format.numbers.point = point
      }
      column.format.numbers.thousands = bytes(item, "thousands") ?? []
      column.format.moments = string(item, "moments").flatMap { try? MomentFormat($0) }
      columns.append(column)
      fields.append(number(item, "field"))
    }
    let nulls = list(tree, "nulls")?.compactMap { item -> [UInt8]? in
      if case .scalar(let hex) = item { decoded(hex) } else { nil }
    }
    let file = CSVFile(
      path: string(tree, "path") ?? "", dialect: dialect, fieldCount: fieldCount, fields: fields)
    return CSVSchema(
      columns: columns, files: [file], nullTexts: nulls ?? [],
      isByName: string(tree, "by_name") == "true")
  }

  private static func json(_ tree: TextTree) -> JSONSchema? {
    guard let items = list(tree, "columns") else { return nil }
    var columns: [JSONColumn] = []
    for item in items {
      guard let name = string(item, "name"), let key = bytes(item, "key"),
        let type = string(item, "type").flatMap({ SQLType.parse(text: $0) })
      else { return nil }
      let moments = string(item, "moments").flatMap { try? MomentFormat($0) }
      columns.append(
        JSONColumn(
          name: name, key: key, node: JSONNode(type, dates: moments, timestamps: moments)))
    }
    return JSONSchema(
      columns: columns, isRecords: string(tree, "records") == "true", formats: [], paths: [])
  }

  private static func member(_ tree: TextTree, _ name: String) -> TextTree? {
    guard case .record(let pairs) = tree else { return nil }
    return pairs.first { $0.name == name }?.tree
  }

  private static func string(_ tree: TextTree, _ name: String) -> String? {
    switch member(tree, name) {
    case .scalar(let text)?, .literal(let text)?: text
    default: nil
    }
  }

  private static func number(_ tree: TextTree, _ name: String) -> Int? {
    string(tree, name).flatMap { Int($0) }
  }

  private static func list(_ tree: TextTree, _ name: String) -> [TextTree]? {
    if case .list(let items)? = member(tree, name) { items } else { nil }
  }

  private static func bytes(_ tree: TextTree, _ name: String) -> [UInt8]? {
    string(tree, name).flatMap { decoded($0) }
  }

  private static func decoded(_ hex: String) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count % 2 == 0 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).reduce(into: [UInt8]?([])) { result, i in
      guard let byte = UInt8(String(decoding: digits[i...(i + 1)], as: UTF8.self), radix: 16)
      else {
        result = nil
        return
      }
      result?.append(byte)
    }
  }
}
