import Glibc

/// The command line: a data set's name, `--name value` options and `--flag`s.
///
/// Options are taken one by one; `finish` then refuses what nobody asked for.
struct CommandArguments {
  let dataset: String
  private var values: [String: String] = [:]
  private var flags: Set<String> = []
  private static let flagNames: Set<String> = ["sync-batch"]

  init(_ arguments: [String]) throws(DatasetError) {
    guard let first = arguments.first, first != "--help", first != "-h" else {
      dataset = "help"
      return
    }
    dataset = first
    var index = 1
    while index < arguments.count {
      guard arguments[index].hasPrefix("--") else {
        throw .usage("unexpected argument '\(arguments[index])'")
      }
      let name = String(arguments[index].dropFirst(2))
      if Self.flagNames.contains(name) {
        flags.insert(name)
        index += 1
      } else if index + 1 < arguments.count {
        values[name] = arguments[index + 1]
        index += 2
      } else {
        throw .usage("--\(name) needs a value")
      }
    }
  }

  /// Whether `--name` was given.
  mutating func flag(_ name: String) -> Bool {
    flags.remove(name) != nil
  }

  mutating func text(_ name: String) -> String? {
    values.removeValue(forKey: name)
  }

  /// The whole number after `--name`, or `fallback`.
  mutating func integer(
    _ name: String, default fallback: Int, in range: ClosedRange<Int>
  ) throws(DatasetError) -> Int {
    guard let text = values.removeValue(forKey: name) else { return fallback }
    guard let number = Int(text), range.contains(number) else {
      throw .usage(
        "--\(name) must be from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
    }
    return number
  }

  /// The number after `--name`, or `fallback`.
  mutating func number(
    _ name: String, default fallback: Double, in range: ClosedRange<Double>
  ) throws(DatasetError) -> Double {
    guard let text = values.removeValue(forKey: name) else { return fallback }
    guard let number = Double(text), range.contains(number) else {
      throw .usage(
        "--\(name) must be from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
    }
    return number
  }

  /// The date after `--name`, or `fallback`.
  mutating func day(
    _ name: String, default fallback: CalendarDay
  ) throws(DatasetError) -> CalendarDay {
    guard let text = values.removeValue(forKey: name) else { return fallback }
    guard let day = CalendarDay(text) else {
      throw .usage("--\(name) must be a date such as 2025-11-30, not '\(text)'")
    }
    return day
  }

  mutating func seed(default fallback: Int = 1) throws(DatasetError) -> UInt64 {
    UInt64(try integer("seed", default: fallback, in: 0...Int.max))
  }

  /// The folder after `--out`, created with its parents.
  mutating func folder() throws(DatasetError) -> String {
    guard let path = values.removeValue(forKey: "out"), !path.isEmpty else {
      throw .usage("--out DIR is missing")
    }
    try Self.createFolder(path)
    return path
  }

  static func createFolder(_ path: String) throws(DatasetError) {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += part
      if mkdir(prefix, 0o777) != 0, errno != EEXIST {
        throw .file(path: prefix, reason: String(cString: strerror(errno)))
      }
      prefix += "/"
    }
  }

  /// Refuses options that the data set does not know.
  func finish() throws(DatasetError) {
    if let name = values.keys.sorted().first ?? flags.sorted().first {
      throw .usage("'\(dataset)' has no option --\(name)")
    }
  }
}
