/// A value of a TOML file with its place.
package struct TOMLItem: Sendable {
  package let value: TOMLValue
  /// Byte offset of the value.
  package let offset: Int
}

/// The kinds of values that project files use. Dates and arrays of tables are refused.
package indirect enum TOMLValue: Sendable {
  case string(String)
  case integer(Int64)
  case float(Double)
  case boolean(Bool)
  case array([TOMLItem])
  case table(TOMLTable)

  /// For messages: "a string", "a number", …
  package var kind: String {
    switch self {
    case .string: "a string"
    case .integer: "an integer"
    case .float: "a number"
    case .boolean: "a boolean"
    case .array: "an array"
    case .table: "a table"
    }
  }
}

/// Keys with values in the order of the file.
package struct TOMLTable: Sendable {
  package struct Entry: Sendable {
    package let key: String
    /// Byte offset of the key.
    package let offset: Int
    package var item: TOMLItem
  }

  package private(set) var entries: [Entry] = []
  /// Written as `{…}`: nothing may be added later.
  package let isInline: Bool
  /// Named by a `[header]` of its own.
  package var isDeclared = false

  package init(isInline: Bool = false) { self.isInline = isInline }

  package subscript(key: String) -> TOMLItem? {
    get { entries.first { $0.key == key }?.item }
    set {
      guard let newValue, let index = entries.firstIndex(where: { $0.key == key }) else { return }
      entries[index].item = newValue
    }
  }

  package mutating func append(_ entry: Entry) { entries.append(entry) }
}
