import Olap
import OlapTestSupport

/// Random writes to the bronze tables.
extension RefreshWorld {
  mutating func literal(_ kind: ColumnKind) -> String {
    if random.below(8) == 0 { return "NULL" }
    switch kind {
    case .integer: return "\(random.below(6 * scale))"
    case .decimal: return "\(random.below(60)).\(10 + random.below(90))"
    case .text:
      let word = ["a", "b", "bb", "c"][random.below(4)]
      return scale == 1 ? "'\(word)'" : "'\(word)\(random.below(scale))'"
    case .date: return "DATE '2024-01-01' + \(random.below(9 * scale))"
    case .double: return "\(random.below(7)).\(random.below(1000))e\(random.below(9))"
    }
  }

  mutating func insert(_ number: Int, rows: Int, upserts: Bool = false) -> String {
    let table = tables[number]
    var unique: [Int: String] = [:]
    for _ in 0..<rows {
      var id = nextID + 1
      if upserts && nextID > 5 && random.below(2) == 0 {
        id = 1 + random.below(nextID)
      } else {
        nextID += 1
      }
      let values = table.columns.dropFirst().map { literal($0.kind) }
      unique[id] = "(" + (["\(id)"] + values).joined(separator: ", ") + ")"
    }
    let list = unique.sorted { $0.key < $1.key }.map(\.value).joined(separator: ", ")
    guard upserts && table.hasKey else { return "INSERT INTO \(table.name) VALUES \(list)" }
    if random.below(3) > 0 { return "INSERT OR REPLACE INTO \(table.name) VALUES \(list)" }
    let column = table.columns[1 + random.below(table.columns.count - 1)].name
    return "INSERT INTO \(table.name) VALUES \(list) "
      + "ON CONFLICT (id) DO UPDATE SET \(column) = excluded.\(column)"
  }

  mutating func condition(_ table: GeneratedTable) -> String {
    let column = table.columns[1 + random.below(table.columns.count - 1)]
    switch random.below(5) {
    case 0: return "id % 5 = \(random.below(5))"
    case 1: return "id > \(max(0, nextID - 3 * scale))"
    case 2: return "\(column.name) IS NULL"
    default:
      let value = literal(column.kind)
      return "\(column.name) \(random.below(3) == 0 ? "=" : "<=") \(value)"
    }
  }

  mutating func assignment(_ column: (name: String, kind: ColumnKind)) -> String {
    let name = column.name
    switch column.kind {
    case .integer, .date: return "\(name) = \(name) + 1"
    case .decimal: return "\(name) = CASE WHEN \(name) < 500 THEN \(name) + 1 ELSE 0 END"
    case .text: return "\(name) = \(literal(.text))"
    case .double: return "\(name) = \(name) * 2"
    }
  }

  /// One write.
  mutating func change(_ log: inout [String], _ statistics: inout RefreshStatistics) throws {
    let statement = change()
    log.append(statement)
    let result = try execute(statement)
    statistics.changes += result.changedRowCount ?? 0
  }

  /// Writes and refreshes in one transaction, which is kept or not.
  mutating func changeInTransaction(
    _ log: inout [String], _ statistics: inout RefreshStatistics
  ) throws {
    log.append("BEGIN")
    try execute("BEGIN")
    for _ in 0..<(1 + random.below(3)) {
      try change(&log, &statistics)
      if random.below(2) == 0 {
        log.append("REFRESH ALL")
        try execute("REFRESH ALL")
      }
    }
    let end = random.below(3) == 0 ? "ROLLBACK" : "COMMIT"
    log.append(end)
    try execute(end)
    mayRecompute = true
  }

  mutating func change() -> String {
    let number = random.below(3)
    let table = tables[number]
    switch random.below(8) {
    case 0, 1: return insert(number, rows: (1 + random.below(4)) * scale)
    case 2, 3: return insert(number, rows: (1 + random.below(5)) * scale, upserts: true)
    case 4: return "DELETE FROM \(table.name) WHERE (\(condition(table))) AND id % 2 = 0"
    default:
      let columns = (0...random.below(2)).map { _ in
        table.columns[1 + random.below(table.columns.count - 1)]
      }
      var assignments: [String: String] = [:]
      for column in columns { assignments[column.name] = assignment(column) }
      let list = assignments.values.sorted().joined(separator: ", ")
      return "UPDATE \(table.name) SET \(list) WHERE \(condition(table))"
    }
  }
}
