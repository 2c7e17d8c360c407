import Glibc

/// One record of a `.slt` file: a statement or query with what it must give.
struct GoldenRecord {
  enum Kind {
    case statement(expectsError: String?)
    case query(isRowsorted: Bool)
    /// Close and reopen the database.
    case restart
  }
  var kind: Kind
  var sql: String
  var expected: [String]
  /// 1-based line of the record in its file.
  var line: Int
}

/// A `.slt` file cut into records: `statement ok`, `statement error [text]`, `query [rowsort]`, `restart`,
/// `session`.
struct GoldenScript {
  let path: String
  let records: [GoldenRecord]
  /// Set by a line `session`: the file uses what ends with a session (ATTACH, SET, temporary tables).
  let keepsSession: Bool

  init(path: String) throws {
    self.path = path
    let lines = GoldenScript.read(path).split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    var records: [GoldenRecord] = []
    var keepsSession = false
    var index = 0
    while index < lines.count {
      let head = lines[index]
      let start = index + 1
      index += 1
      if head.isEmpty || head.hasPrefix("#") { continue }
      let words = head.split(separator: " ").map(String.init)
      switch words[0] {
      case "session": keepsSession = true
      case "restart":
        records.append(GoldenRecord(kind: .restart, sql: "", expected: [], line: start))
      case "statement", "query":
        var sql: [String] = []
        while index < lines.count, !lines[index].isEmpty, lines[index] != "----" {
          sql.append(lines[index])
          index += 1
        }
        var expected: [String] = []
        if index < lines.count, lines[index] == "----" {
          index += 1
          while index < lines.count, !lines[index].isEmpty {
            expected.append(lines[index])
            index += 1
          }
        }
        let kind: GoldenRecord.Kind
        if words[0] == "query" {
          kind = .query(isRowsorted: words.contains("rowsort"))
        } else if words.count > 1, words[1] == "error" {
          kind = .statement(expectsError: words.dropFirst(2).joined(separator: " "))
        } else {
          kind = .statement(expectsError: nil)
        }
        records.append(
          GoldenRecord(
            kind: kind, sql: sql.joined(separator: "\n"), expected: expected, line: start))
      default: throw GoldenError(message: "\(path):\(start): unknown record \"\(head)\"")
      }
    }
    self.records = records
    self.keepsSession = keepsSession
  }

  struct GoldenError: Error { let message: String }

  static func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes.append(contentsOf: buffer[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The golden files of the repository, relative paths.
  static func discover() -> [String] {
    var result: [String] = []
    let root = folder
    for room in list(root) {
      for file in list(root + "/" + room) where file.hasSuffix(".slt") {
        result.append(room + "/" + file)
      }
    }
    return result.sorted()
  }

  /// `Tests/Golden`, found from this source file.
  static var folder: String {
    let parts = #filePath.split(separator: "/")
    return "/" + parts.dropLast(2).joined(separator: "/") + "/Golden"
  }

  private static func list(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}
