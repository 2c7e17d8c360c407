import Glibc
import Synchronization

/// A time zone of the system's database (TZif version 2+ files with their POSIX footer rule).
///
/// The directory is `TZDIR` or `/usr/share/zoneinfo`. Zones are cached by lower-case name.
package final class TimeZone: Sendable {
  /// The name as the database spells it.
  package let name: String
  /// Moments (seconds since 1970 UTC, ascending) from which `offsets[i]` holds.
  private let transitions: [Int64]
  private let offsets: [Int32]
  private let abbreviations: [String]
  /// Offset before the first transition.
  private let firstOffset: Int32
  private let firstAbbreviation: String
  /// Rule after the last transition.
  private let rule: PosixTimeZoneRule?

  init(
    name: String, transitions: [Int64], offsets: [Int32], abbreviations: [String],
    firstOffset: Int32, firstAbbreviation: String, rule: PosixTimeZoneRule?
  ) {
    self.name = name
    self.transitions = transitions
    self.offsets = offsets
    self.abbreviations = abbreviations
    self.firstOffset = firstOffset
    self.firstAbbreviation = firstAbbreviation
    self.rule = rule
  }

  /// Coordinated universal time; needs no file.
  package static let utc = TimeZone.fixed(offset: 0, name: "UTC")

  /// A zone of one constant offset in seconds east of Greenwich.
  package static func fixed(offset: Int, name: String) -> TimeZone {
    TimeZone(
      name: name, transitions: [], offsets: [], abbreviations: [],
      firstOffset: Int32(clamping: offset), firstAbbreviation: name, rule: nil)
  }

  /// Whether the zone is UTC at all times.
  package var isUTC: Bool { transitions.isEmpty && firstOffset == 0 && rule?.isUTC ?? true }

  /// Seconds east of Greenwich at a UTC moment in microseconds.
  package func offset(atUTC microseconds: Int64) -> Int {
    offset(atSeconds: floorDivide(microseconds, 1_000_000))
  }

  /// Abbreviation (`CET`, `EEST`, …) at a UTC moment in microseconds.
  package func abbreviation(atUTC microseconds: Int64) -> String {
    let seconds: Int64 = floorDivide(microseconds, 1_000_000)
    guard let last = transitions.last, seconds >= transitions[0] else {
      if transitions.isEmpty, let rule { return rule.abbreviation(atSeconds: seconds) }
      return firstAbbreviation
    }
    if seconds >= last, let rule { return rule.abbreviation(atSeconds: seconds) }
    return abbreviations[index(atSeconds: seconds)]
  }

  private func offset(atSeconds seconds: Int64) -> Int {
    guard let last = transitions.last, seconds >= transitions[0] else {
      if transitions.isEmpty, let rule { return rule.offset(atSeconds: seconds) }
      return Int(firstOffset)
    }
    if seconds >= last, let rule { return rule.offset(atSeconds: seconds) }
    return Int(offsets[index(atSeconds: seconds)])
  }

  /// Last transition at or before the moment; there is one.
  private func index(atSeconds seconds: Int64) -> Int {
    var low = 0
    var high: Int = transitions.count
    while high - low > 1 {
      let middle: Int = (low + high) / 2
      if transitions[middle] <= seconds { low = middle } else { high = middle }
    }
    return low
  }

  /// Local wall-clock microseconds of a UTC moment; ±infinity stays.
  package func local(fromUTC microseconds: Int64) -> Int64 {
    guard Calendar.isFinite(timestamp: microseconds) else { return microseconds }
    let sum = microseconds.addingReportingOverflow(
      Int64(offset(atUTC: microseconds)) * 1_000_000)
    return sum.overflow ? microseconds : sum.partialValue
  }

  /// UTC moment of local wall-clock microseconds, as Postgres decides: a time in a gap is read with
  /// the offset before it, a time that happens twice is the later one (standard time); nil out of
  /// range; ±infinity stays.
  package func utc(fromLocal microseconds: Int64) -> Int64? {
    guard Calendar.isFinite(timestamp: microseconds) else { return microseconds }
    let seconds: Int64 = floorDivide(microseconds, 1_000_000)
    // The two offsets around the moment: one transition at most lies within a day.
    let before: Int = offset(atSeconds: seconds - 86_400)
    let after: Int = offset(atSeconds: seconds + 86_400)
    let chosen: Int = resolve(seconds, before, after)
    let result = microseconds.subtractingReportingOverflow(Int64(chosen) * 1_000_000)
    return result.overflow || !Calendar.isFinite(timestamp: result.partialValue)
      ? nil : result.partialValue
  }

  private func resolve(_ seconds: Int64, _ before: Int, _ after: Int) -> Int {
    if before == after {
      return before
    }
    let validBefore: Bool = offset(atSeconds: seconds - Int64(before)) == before
    let validAfter: Bool = offset(atSeconds: seconds - Int64(after)) == after
    if validBefore && validAfter { return after }
    if validAfter { return after }
    return before
  }

  // MARK: Lookup

  private static let cache = Mutex<[String: TimeZone]>([:])

  /// The zone of a name in any case (`europe/kyiv`, `UTC`, `EST5EDT`) or of an offset
  /// (`+02`, `-03:30`, `UTC+2`); nil when unknown.
  package static func named(_ name: String) -> TimeZone? {
    let key: String = name.lowercased()
    switch key {
    case "utc", "z", "zulu", "etc/utc", "universal", "etc/universal": return utc
    default: break
    }
    if let found = cache.withLock({ $0[key] }) { return found }
    let found: TimeZone? = fixedOffset(key) ?? load(name)
    if let found { cache.withLock { $0[key] = found } }
    return found
  }

  /// As `named`, with an error that says what to do.
  package static func require(_ name: String) throws -> TimeZone {
    if let zone = named(name) { return zone }
    throw ComputeError(
      .invalidArgument,
      "Unknown TimeZone '\(name)': use a name of the system's time zone database such as "
        + "'Europe/Kyiv' or an offset such as '+02:00'")
  }

  private static func fixedOffset(_ key: String) -> TimeZone? {
    guard let first = key.utf8.first, first == 0x2b || first == 0x2d else { return nil }
    var copy = key
    return copy.withUTF8 { bytes in
      var cursor = ByteCursor(UnsafeRawBufferPointer(bytes))
      guard let offset = cursor.offset(), cursor.isAtEnd else { return nil }
      return fixed(offset: offset, name: key)
    }
  }

  private static func load(_ name: String) -> TimeZone? {
    let isSafe: Bool =
      !name.isEmpty && !name.hasPrefix("/") && !name.hasPrefix(".") && !name.contains("..")
      && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    guard isSafe else { return nil }
    let directory: String = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"
    if let bytes = FileBytes.read(directory + "/" + name) {
      return TimeZoneFile.parse(bytes, name: name)
    }
    guard let spelled = spelling(of: name, in: directory),
      let bytes = FileBytes.read(directory + "/" + spelled)
    else { return nil }
    return TimeZoneFile.parse(bytes, name: spelled)
  }

  /// The path as the directory spells it, matched without regard to case.
  private static func spelling(of name: String, in directory: String) -> String? {
    var path: String = ""
    for part in name.split(separator: "/") {
      guard
        let entry = FileBytes.entries(of: directory + "/" + path).first(where: {
          $0.lowercased() == part.lowercased()
        })
      else { return nil }
      path += path.isEmpty ? entry : "/" + entry
    }
    return path
  }

  /// Names of all zones, sorted, for system tables.
  package static func allNames() -> [String] {
    let directory: String = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"
    guard let bytes = FileBytes.read(directory + "/tzdata.zi") else { return ["UTC"] }
    var names: Set<String> = ["UTC"]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words: [Substring] = line.split(separator: " ")
      if words.count >= 2 && words[0] == "Z" { names.insert(String(words[1])) }
      if words.count >= 3 && words[0] == "L" { names.insert(String(words[2])) }
    }
    return names.sorted()
  }
}

/// Whole small files and directory listings for the time zone database.
enum FileBytes {
  /// The file's bytes; nil when it cannot be read as a file of at most 4 MiB.
  static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rbe") else { return nil }
    defer { fclose(file) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let n: Int = fread(&chunk, 1, chunk.count, file)
      if n == 0 { break }
      result.append(contentsOf: chunk[0..<n])
      if result.count > 1 << 22 { return nil }
    }
    return ferror(file) == 0 && !result.isEmpty ? result : nil
  }

  /// Names in a directory.
  static func entries(of path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name: String = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      names.append(name)
    }
    return names
  }
}
