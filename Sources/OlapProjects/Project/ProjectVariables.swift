internal import Olap

/// The values of `var('name')`: those of olap.toml, with the command line's over them.
package struct ProjectVariables: Sendable, Hashable {
  package enum Value: Sendable, Hashable {
    case text(String)
    /// A number or boolean, as SQL writes it.
    case bare(String)
    case list([Value])

    /// The value without quotes, for `{{ var('x') }}`.
    var bareText: String {
      switch self {
      case .text(let text), .bare(let text): text
      case .list(let items): items.map(\.bareText).joined(separator: ", ")
      }
    }

    /// The value as an SQL literal; a list as literals between commas.
    var literal: String {
      switch self {
      case .text(let text): SQLText.literal(text)
      case .bare(let text): text
      case .list(let items): items.map(\.literal).joined(separator: ", ")
      }
    }
  }

  private var values: [String: Value] = [:]

  package init() {}

  package subscript(name: String) -> Value? {
    get { values[name] }
    set { values[name] = newValue }
  }

  package var names: [String] { values.keys.sorted() }

  /// The later values win.
  package mutating func merge(_ other: ProjectVariables) {
    values.merge(other.values) { $1 }
  }

  init(_ table: TOMLTable, in file: ProjectFile) throws(ProjectError) {
    for entry in table.entries { values[entry.key] = try Self.value(entry.item, in: file) }
  }

  private static func value(_ item: TOMLItem, in file: ProjectFile) throws(ProjectError) -> Value {
    switch item.value {
    case .string(let text): return .text(text)
    case .integer(let number): return .bare(String(number))
    case .float(let number): return .bare("\(number)")
    case .boolean(let flag): return .bare(flag ? "true" : "false")
    case .array(let items):
      var values: [Value] = []
      for item in items { values.append(try value(item, in: file)) }
      return .list(values)
    case .table:
      throw ProjectError(
        "a variable is a text, a number, a boolean or an array", in: file, at: item.offset)
    }
  }

  /// `name=value`, `name: value`, or `{name = value, …}` where `:` may stand for `=`.
  package mutating func apply(option: String) throws(ProjectError) {
    let trimmed = option.drop { $0 == " " }
    if trimmed.hasPrefix("{") {
      let file = ProjectFile(path: "--vars", text: Self.withEqualSigns(String(trimmed)))
      guard case .table(let table) = try TOMLParser.parseValue(file).value else { return }
      merge(try ProjectVariables(table, in: file))
      return
    }
    guard let sign = option.firstIndex(where: { $0 == "=" || $0 == ":" }), sign > option.startIndex
    else { throw ProjectError("--vars takes name=value or {name: value}, not \"\(option)\"") }
    let name = String(option[..<sign])
    var rest = option[option.index(after: sign)...]
    if option[sign] == ":" {
      rest = rest.drop { $0 == " " }
      if let quote = rest.first, quote == "'" || quote == "\"", rest.count > 1, rest.last == quote {
        values[name] = .text(String(rest.dropFirst().dropLast()))
        return
      }
    }
    let text = String(rest)
    let isBare = Double(text) != nil || text == "true" || text == "false"
    values[name] = isBare ? .bare(text) : .text(text)
  }

  /// Colons outside strings become equal signs, so that JSON objects and YAML flow maps are read.
  private static func withEqualSigns(_ text: String) -> String {
    var result = ""
    var quote: Character?
    for character in text {
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      }
      result.append(quote == nil && character == ":" ? "=" : character)
    }
    return result
  }
}
