/// A strict reader of the part of TOML 1.0 that project files use: comments, bare, quoted and dotted
/// keys, `[tables]`, all four kinds of strings, integers, floats, booleans, arrays and inline tables.
///
/// Dates and `[[arrays of tables]]` are refused by name; a key given twice is an error.
package struct TOMLParser {
  private let file: ProjectFile
  private let bytes: [UInt8]
  private var index = 0
  private var depth = 0
  private var root = TOMLTable()

  /// Values may nest this deep.
  private static let maximumDepth = 64

  package static func parse(_ file: ProjectFile) throws(ProjectError) -> TOMLTable {
    var parser = TOMLParser(file)
    try parser.document()
    return parser.root
  }

  /// One value alone, such as that of a command-line option.
  package static func parseValue(_ file: ProjectFile) throws(ProjectError) -> TOMLItem {
    var parser = TOMLParser(file)
    parser.skipBlanks()
    let item = try parser.value()
    parser.skipBlanks()
    guard parser.current == nil else { throw parser.failure("unexpected text after the value") }
    return item
  }

  private init(_ file: ProjectFile) {
    self.file = file
    bytes = Array(file.text.utf8)
  }

  private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

  private func failure(_ message: String, at offset: Int? = nil) -> ProjectError {
    ProjectError(message, in: file, at: offset ?? index)
  }

  // MARK: Lines

  private mutating func document() throws(ProjectError) {
    var path: [String] = []
    while true {
      skipLines()
      guard let byte = current else { return }
      if byte == UInt8(ascii: "[") {
        path = try header()
      } else {
        try pair(in: path)
      }
      skipBlanks()
      skipComment()
      guard current == nil || isAtLineEnd else {
        throw failure("expected the end of the line")
      }
    }
  }

  private mutating func header() throws(ProjectError) -> [String] {
    let start = index
    index += 1
    if current == UInt8(ascii: "[") {
      throw failure("arrays of tables ([[…]]) are not used in project files", at: start)
    }
    skipBlanks()
    let keys = try dottedKey()
    skipBlanks()
    guard current == UInt8(ascii: "]") else { throw failure("expected \"]\"") }
    index += 1
    try declare(keys, at: start)
    return keys.map(\.name)
  }

  private mutating func pair(in path: [String]) throws(ProjectError) {
    let keys = try dottedKey()
    skipBlanks()
    guard current == UInt8(ascii: "=") else { throw failure("expected \"=\" after the key") }
    index += 1
    skipBlanks()
    let item = try value()
    try insert(item, path: path, keys: keys)
  }

  // MARK: Building the tree

  private mutating func declare(
    _ keys: [(name: String, offset: Int)], at offset: Int
  ) throws(ProjectError) {
    try update(&root, keys[...]) { (table) throws(ProjectError) in
      if table.isDeclared {
        throw ProjectError(
          "table [\(keys.map(\.name).joined(separator: "."))] is declared twice", in: file,
          at: offset)
      }
      table.isDeclared = true
    }
  }

  private mutating func insert(
    _ item: TOMLItem, path: [String], keys: [(name: String, offset: Int)]
  ) throws(ProjectError) {
    guard let last = keys.last else { return }
    let parents = path.map { (name: $0, offset: last.offset) } + keys.dropLast()
    try update(&root, parents[...]) { (table) throws(ProjectError) in
      if table[last.name] != nil {
        throw ProjectError("key \"\(last.name)\" is given twice", in: file, at: last.offset)
      }
      table.append(.init(key: last.name, offset: last.offset, item: item))
    }
  }

  /// Walks down `keys`, making tables that are not there, and changes the last one.
  private func update(
    _ table: inout TOMLTable, _ keys: ArraySlice<(name: String, offset: Int)>,
    _ change: (inout TOMLTable) throws(ProjectError) -> Void
  ) throws(ProjectError) {
    guard let first = keys.first else { return try change(&table) }
    if table[first.name] == nil {
      let item = TOMLItem(value: .table(TOMLTable()), offset: first.offset)
      table.append(.init(key: first.name, offset: first.offset, item: item))
    }
    guard let item = table[first.name], case .table(var inner) = item.value, !inner.isInline else {
      throw ProjectError("\"\(first.name)\" is not a table", in: file, at: first.offset)
    }
    try update(&inner, keys.dropFirst(), change)
    table[first.name] = TOMLItem(value: .table(inner), offset: item.offset)
  }

  // MARK: Keys

  private mutating func dottedKey() throws(ProjectError) -> [(name: String, offset: Int)] {
    var keys: [(name: String, offset: Int)] = []
    while true {
      let start = index
      keys.append((try key(), start))
      let end = index
      skipBlanks()
      guard current == UInt8(ascii: ".") else {
        index = end
        return keys
      }
      index += 1
      skipBlanks()
    }
  }

  private mutating func key() throws(ProjectError) -> String {
    if current == UInt8(ascii: "\"") || current == UInt8(ascii: "'") {
      guard case .string(let text) = try string() else { return "" }
      return text
    }
    let start = index
    while let byte = current, TOMLParser.isBareKey(byte) { index += 1 }
    guard index > start else { throw failure("expected a key") }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private static func isBareKey(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  // MARK: Values

  private mutating func value() throws(ProjectError) -> TOMLItem {
    let start = index
    guard let byte = current, !isAtLineEnd else { throw failure("expected a value") }
    depth += 1
    defer { depth -= 1 }
    guard depth <= TOMLParser.maximumDepth else { throw failure("values nest too deep") }
    let value: TOMLValue
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): value = try string()
    case UInt8(ascii: "["): value = try array()
    case UInt8(ascii: "{"): value = try inlineTable()
    default: value = try word()
    }
    return TOMLItem(value: value, offset: start)
  }

  private mutating func array() throws(ProjectError) -> TOMLValue {
    index += 1
    var items: [TOMLItem] = []
    while true {
      skipLines()
      if current == UInt8(ascii: "]") { break }
      items.append(try value())
      skipLines()
      if current == UInt8(ascii: "]") { break }
      guard current == UInt8(ascii: ",") else { throw failure("expected \",\" or \"]\"") }
      index += 1
    }
    index += 1
    return .array(items)
  }

  private mutating func inlineTable() throws(ProjectError) -> TOMLValue {
    index += 1
    var table = TOMLTable(isInline: true)
    skipBlanks()
    if current == UInt8(ascii: "}") {
      index += 1
      return .table(table)
    }
    while true {
      skipBlanks()
      let start = index
      let name = try key()
      skipBlanks()
      guard current == UInt8(ascii: "=") else { throw failure("expected \"=\" after the key") }
      index += 1
      skipBlanks()
      if table[name] != nil { throw failure("key \"\(name)\" is given twice", at: start) }
      table.append(.init(key: name, offset: start, item: try value()))
      skipBlanks()
      if current == UInt8(ascii: "}") { break }
      guard current == UInt8(ascii: ",") else { throw failure("expected \",\" or \"}\"") }
      index += 1
    }
    index += 1
    return .table(table)
  }

  /// A boolean or number.
  private mutating func word() throws(ProjectError) -> TOMLValue {
    let start = index
    while let byte = current,
      TOMLParser.isBareKey(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
        || byte == UInt8(ascii: ":")
    {
      index += 1
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    switch text {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "": throw failure("expected a value")
    default: break
    }
    if let number = TOMLNumber.parse(text) { return number }
    throw failure(
      "\"\(text)\" is neither a number nor true nor false; put text in quotes", at: start)
  }

  private mutating func string() throws(ProjectError) -> TOMLValue {
    var reader = TOMLStringReader(bytes: bytes, index: index)
    do throws(TOMLStringReader.Failure) {
      let text = try reader.read()
      index = reader.index
      return .string(text)
    } catch {
      throw failure(error.message, at: error.offset)
    }
  }

  // MARK: Blanks

  private var isAtLineEnd: Bool {
    current == UInt8(ascii: "\n")
      || (current == UInt8(ascii: "\r") && index + 1 < bytes.count
        && bytes[index + 1] == UInt8(ascii: "\n"))
  }

  private mutating func skipBlanks() {
    while current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") { index += 1 }
  }

  private mutating func skipComment() {
    guard current == UInt8(ascii: "#") else { return }
    while let byte = current, byte != UInt8(ascii: "\n") {
      _ = byte
      index += 1
    }
  }

  private mutating func skipLines() {
    while true {
      skipBlanks()
      skipComment()
      guard isAtLineEnd else { return }
      while current == UInt8(ascii: "\r") || current == UInt8(ascii: "\n") { index += 1 }
    }
  }
}
