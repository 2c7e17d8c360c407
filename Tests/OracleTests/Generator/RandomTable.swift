import OlapTestSupport

/// A table of random shape with random rows; its first column, `id`, is unique and not null.
struct RandomTable {
  struct Column {
    let name: String
    let sort: Sort
    var type: String {
      switch sort {
      case .integer: "BIGINT"
      case .text: "VARCHAR"
      case .boolean: "BOOLEAN"
      case .real: "DOUBLE"
      case .decimal: "DECIMAL(9,2)"
      case .date: "DATE"
      case .other: "VARCHAR"
      }
    }
  }

  let name: String
  let columns: [Column]
  /// Literals by row and column.
  var rows: [[String]]
  let hasKey: Bool

  var definition: String {
    let list = columns.map { $0.name + " " + $0.type + ($0.name == "id" ? " NOT NULL" : "") }
    let key = hasKey ? ", PRIMARY KEY (id)" : ""
    return "CREATE TABLE \(name) (\(list.joined(separator: ", "))\(key))"
  }

  /// INSERT statements of at most 500 rows each.
  var inserts: [String] {
    stride(from: 0, to: rows.count, by: 500).map { start in
      let part = rows[start..<min(start + 500, rows.count)]
      let values = part.map { "(" + $0.joined(separator: ", ") + ")" }
      return "INSERT INTO \(name) VALUES " + values.joined(separator: ", ")
    }
  }

  static func random(
    name: String, rowCount: Int, sorts: [Sort], _ random: inout SeededGenerator
  ) -> RandomTable {
    var columns = [Column(name: "id", sort: .integer)]
    for index in 0..<(2 + random.below(4)) {
      columns.append(Column(name: "c\(index)", sort: sorts[random.below(sorts.count)]))
    }
    // Few distinct values make joins and groups meet; many make statistics differ.
    let ranges = columns.map { _ in [3, 8, 30, 1000][random.below(4)] }
    let nulls = columns.map { _ in [0, 0, 10, 30, 100][random.below(5)] }
    let rows = (0..<rowCount).map { row in
      columns.indices.map { index in
        if index == 0 { return String(row) }
        if random.below(100) < nulls[index] { return "NULL" }
        return literal(columns[index].sort, range: ranges[index], &random)
      }
    }
    return RandomTable(name: name, columns: columns, rows: rows, hasKey: random.below(2) == 0)
  }

  /// A literal of a sort among about `range` values.
  static func literal(_ sort: Sort, range: Int, _ random: inout SeededGenerator) -> String {
    let n = random.below(range)
    switch sort {
    case .integer: return n % 4 == 3 ? "(-\(n))" : String(n)
    case .text, .other: return "'" + words(n) + "'"
    case .boolean: return n % 2 == 0 ? "TRUE" : "FALSE"
    case .real: return "\(n / 4).\(["0", "25", "5", "75"][n % 4])"
    case .decimal: return "\(n / 3).\(n % 10)\(n % 7)"
    case .date:
      let day = 1 + n % 28
      return "DATE '\(2020 + n % 5)-0\(1 + n % 9)-\(day < 10 ? "0" : "")\(day)'"
    }
  }

  private static let samples = [
    "", "a", "A", "b", "ab", "a%", "a_b", "aa", " a", "a ", "B", "abc", "twelve chars",
    "more than twelve characters", "more than twelve charActers", "zz", "0", "10", "9", "NULL",
  ]

  private static func words(_ n: Int) -> String {
    n < samples.count ? samples[n] : samples[n % samples.count] + "-\(n)"
  }
}
