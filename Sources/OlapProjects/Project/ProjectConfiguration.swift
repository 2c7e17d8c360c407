/// What `olap.toml` says.
package struct ProjectConfiguration: Sendable {
  /// What models have that say nothing themselves.
  package struct Defaults: Sendable {
    package var owner: String?
    package var tags: [String] = []
    package var lag: String?
    package var schedule: String?
    package var refresh: String?
    package var onFallback: String?
  }

  package var name: String
  /// Path of the database file, relative to the project's folder.
  package var database: String
  package var variables = ProjectVariables()
  /// Settings of the connection: name and value of SET.
  package var settings: [(name: String, value: String)] = []
  /// By layer; "" for all of them.
  package var defaults: [String: Defaults] = [:]

  package static let fileName = "olap.toml"

  init(_ file: ProjectFile) throws(ProjectError) {
    let reader = Reader(file: file)
    let root = try TOMLParser.parse(file)
    name = ""
    database = ""
    for entry in root.entries {
      switch entry.key {
      case "name": name = try reader.string(entry)
      case "database": database = try reader.string(entry)
      case "description": _ = try reader.string(entry)
      case "vars": variables = try ProjectVariables(reader.table(entry), in: file)
      case "settings": settings = try reader.settings(reader.table(entry))
      case "models": try readDefaults(reader.table(entry), reader)
      default: throw reader.unknown(entry, known: Self.keys)
      }
    }
    guard !name.isEmpty else {
      throw ProjectError("a project needs a name: name = \"shop\"", in: file, at: 0)
    }
    if database.isEmpty { database = name + ".olap" }
  }

  private static let keys = ["name", "database", "description", "vars", "settings", "models"]

  private mutating func readDefaults(
    _ table: TOMLTable, _ reader: Reader
  ) throws(ProjectError) {
    var general = Defaults()
    for entry in table.entries {
      if case .table(let inner) = entry.item.value {
        guard ["silver", "gold"].contains(entry.key) else {
          throw reader.unknown(entry, known: ["silver", "gold"])
        }
        var layer = Defaults()
        for item in inner.entries { try read(item, into: &layer, reader) }
        defaults[entry.key] = layer
      } else {
        try read(entry, into: &general, reader)
      }
    }
    defaults[""] = general
  }

  private func read(
    _ entry: TOMLTable.Entry, into defaults: inout Defaults, _ reader: Reader
  ) throws(ProjectError) {
    switch entry.key {
    case "owner": defaults.owner = try reader.string(entry)
    case "tags": defaults.tags = try reader.strings(entry)
    case "lag": defaults.lag = try reader.string(entry)
    case "schedule": defaults.schedule = try reader.string(entry)
    case "refresh": defaults.refresh = try reader.string(entry)
    case "on_fallback": defaults.onFallback = try reader.string(entry)
    default:
      throw reader.unknown(
        entry, known: ["owner", "tags", "lag", "schedule", "refresh", "on_fallback"])
    }
  }

  /// The defaults of a layer, with the general ones where it has none.
  package func defaults(forLayer layer: String) -> Defaults {
    let general = defaults[""] ?? Defaults()
    guard var own = defaults[layer] else { return general }
    own.owner = own.owner ?? general.owner
    own.tags = general.tags + own.tags
    if own.lag == nil, own.schedule == nil {
      own.lag = general.lag
      own.schedule = general.schedule
    }
    own.refresh = own.refresh ?? general.refresh
    own.onFallback = own.onFallback ?? general.onFallback
    return own
  }

  /// Values of the expected kind, or an error with its place.
  private struct Reader {
    let file: ProjectFile

    func string(_ entry: TOMLTable.Entry) throws(ProjectError) -> String {
      guard case .string(let text) = entry.item.value else { throw wrong(entry, "a string") }
      return text
    }

    func strings(_ entry: TOMLTable.Entry) throws(ProjectError) -> [String] {
      guard case .array(let items) = entry.item.value else {
        throw wrong(entry, "an array of strings")
      }
      var result: [String] = []
      for item in items {
        guard case .string(let text) = item.value else { throw wrong(entry, "an array of strings") }
        result.append(text)
      }
      return result
    }

    func table(_ entry: TOMLTable.Entry) throws(ProjectError) -> TOMLTable {
      guard case .table(let table) = entry.item.value else { throw wrong(entry, "a table") }
      return table
    }

    func settings(_ table: TOMLTable) throws(ProjectError) -> [(name: String, value: String)] {
      var result: [(name: String, value: String)] = []
      for entry in table.entries {
        switch entry.item.value {
        case .string(let text): result.append((entry.key, text))
        case .integer(let number): result.append((entry.key, String(number)))
        case .boolean(let flag): result.append((entry.key, flag ? "true" : "false"))
        default: throw wrong(entry, "a string, an integer or a boolean")
        }
      }
      return result
    }

    private func wrong(_ entry: TOMLTable.Entry, _ expected: String) -> ProjectError {
      ProjectError(
        "\"\(entry.key)\" takes \(expected), not \(entry.item.value.kind)", in: file,
        at: entry.item.offset)
    }

    func unknown(_ entry: TOMLTable.Entry, known: [String]) -> ProjectError {
      ProjectError(
        "unknown key \"\(entry.key)\"" + Spelling.hint(entry.key, among: known), in: file,
        at: entry.offset)
    }
  }
}
