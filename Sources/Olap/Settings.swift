internal import OlapColumns

/// The settings of one connection: name, default, meaning. One line per setting.
package struct Settings: Sendable {
  package struct Definition: Sendable {
    package let name: String
    package let defaultValue: String
    package let summary: String
  }

  /// Every setting there is, in the order of `SHOW ALL`.
  package static let definitions: [Definition] = [
    Definition(
      name: "memory_limit", defaultValue: "",
      summary: "Bytes cached data and intermediates may hold together"),
    Definition(name: "threads", defaultValue: "", summary: "Worker threads of a query"),
    Definition(name: "temp_directory", defaultValue: "", summary: "Folder for spill files"),
    Definition(
      name: "timezone", defaultValue: "UTC", summary: "Zone in which TIMESTAMPTZ is shown and read"),
    Definition(
      name: "search_path", defaultValue: "main", summary: "Schemas searched for unqualified names"),
    Definition(name: "schema", defaultValue: "main", summary: "Schema for unqualified new names"),
    Definition(
      name: "default_order", defaultValue: "asc", summary: "Direction of ORDER BY without one"),
    Definition(
      name: "default_null_order", defaultValue: "nulls_last",
      summary: "Place of NULLs in ORDER BY without one"),
    Definition(
      name: "wal_autocheckpoint", defaultValue: "16MiB",
      summary: "WAL size that starts a checkpoint"),
    Definition(
      name: "checkpoint_threshold", defaultValue: "16MiB", summary: "Synonym of wal_autocheckpoint"),
    Definition(
      name: "force_compression", defaultValue: "auto",
      summary: "Accepted: encodings are always chosen by exact cost"),
    Definition(
      name: "preserve_insertion_order", defaultValue: "true",
      summary: "Accepted: serial plans keep the order"),
    Definition(
      name: "refresh_clock", defaultValue: "", summary: "Fixes now() and current_date of refreshes"),
    Definition(
      name: "enable_progress_bar", defaultValue: "false", summary: "Accepted: the shell decides"),
    Definition(
      name: "enable_optimizer", defaultValue: "true",
      summary: "False runs only the rules that plans need"),
    Definition(
      name: "error_on_division_by_zero", defaultValue: "true",
      summary: "False: // and % give NULL for a zero divisor"),
    Definition(
      name: "ieee_floating_point_ops", defaultValue: "true",
      summary: "False: / gives NULL for a zero divisor instead of an infinity or NaN"),
    Definition(
      name: "disabled_optimizers", defaultValue: "",
      summary: "Optimizer rules to skip, separated by commas"),
    Definition(
      name: "statement_timeout", defaultValue: "0",
      summary: "Milliseconds a statement may run; 0 = no limit"),
    Definition(
      name: "lock_timeout", defaultValue: "10000",
      summary: "Milliseconds to wait for the writer's turn"),
  ]

  package private(set) var values: [String: String] = [:]

  package init() {
    for definition in Settings.definitions { values[definition.name] = definition.defaultValue }
  }

  /// The canonical name, or nil when there is no such setting.
  package static func canonical(_ name: String) -> String? {
    let folded = name.lowercased()
    let aliases = [
      "max_memory": "memory_limit", "worker_threads": "threads", "time_zone": "timezone",
      "null_order": "default_null_order",
    ]
    let resolved = aliases[folded] ?? folded
    return definitions.contains { $0.name == resolved } ? resolved : nil
  }

  package subscript(name: String) -> String {
    get { values[name] ?? "" }
    set { values[name] = newValue }
  }

  /// "true", "on", "1" and their opposites; nil for anything else.
  package static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "on", "yes", "1", "t": true
    case "false", "off", "no", "0", "f": false
    default: nil
    }
  }

  /// "512MB", "1.5 GiB", "80%" (of `total`), "1000000" → bytes; nil when unreadable.
  package static func byteCount(_ text: String, total: Int) -> Int? {
    let trimmed = text.filter { $0 != " " }.lowercased()
    let digits = trimmed.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(String(digits)), number >= 0 else { return nil }
    let factor: Double
    switch trimmed.dropFirst(digits.count) {
    case "", "b", "byte", "bytes": factor = 1
    case "k", "kb": factor = 1e3
    case "m", "mb": factor = 1e6
    case "g", "gb": factor = 1e9
    case "t", "tb": factor = 1e12
    case "kib": factor = 1024
    case "mib": factor = 1_048_576
    case "gib": factor = 1_073_741_824
    case "tib": factor = 1_099_511_627_776
    case "%": factor = Double(total) / 100
    default: return nil
    }
    let bytes = number * factor
    return bytes < 9e18 ? Int(bytes) : nil
  }
}
