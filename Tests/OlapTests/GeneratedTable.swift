import OlapTestSupport

/// A bronze table with `id` and a few columns of random kinds in random order.
struct GeneratedTable {
  let name: String
  let columns: [(name: String, kind: ColumnKind)]
  let hasKey: Bool

  init(_ number: Int, _ random: inout SeededGenerator) {
    name = "b\(number)"
    var columns: [(name: String, kind: ColumnKind)] = [("id", .integer)]
    for position in 0..<(3 + random.below(5)) {
      // One column of each of the first kinds to have something to join and to sum.
      let kind =
        position < 2
        ? [ColumnKind.integer, .decimal][position]
        : ColumnKind.allCases[random.below(ColumnKind.allCases.count)]
      columns.insert(
        ("\(kind.letter)\(number)\(position)", kind), at: 1 + random.below(columns.count))
    }
    self.columns = columns
    hasKey = number == 0 || random.below(3) > 0
  }

  var sql: String {
    let list = columns.enumerated().map { index, column in
      index == 0
        ? "id BIGINT" + (hasKey ? " PRIMARY KEY" : "") : "\(column.name) \(column.kind.sql)"
    }
    return "CREATE BRONZE TABLE \(name) (\(list.joined(separator: ", ")))"
  }
}
