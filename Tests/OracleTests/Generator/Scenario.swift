import OlapTestSupport

/// Random tables, made from one seed, and random changes to them.
struct Scenario {
  let seed: UInt64
  var tables: [RandomTable]
  private var random: SeededGenerator
  private var nextID = 1_000_000

  init(seed: UInt64, sorts: [Sort]) {
    self.seed = seed
    random = SeededGenerator(seed: seed)
    tables = []
    let isLarge = seed % 3 == 0
    for index in 0..<(2 + random.below(3)) {
      let count =
        isLarge && index == 0 ? 2500 + random.below(5000) : [0, 1, 5, 12, 30][random.below(5)]
      tables.append(
        RandomTable.random(name: "t\(index)", rowCount: count, sorts: sorts, &random))
    }
  }

  /// The statements that make the tables.
  var setup: [String] { tables.map { $0.definition } + tables.flatMap { $0.inserts } }

  /// A random write in the dialect both engines share.
  mutating func write() -> String {
    let table = tables[random.below(tables.count)]
    var generator = QueryGenerator(
      seed: random.next(), tables: tables.filter { $0.rows.count < 100 },
      sorts: [.integer, .text])
    let columns = table.columns.map {
      QueryGenerator.Column(fragment: Fragment($0.sort, "\($0.name)"))
    }
    let scope = QueryGenerator.Scope(inner: columns, outer: [], depth: 0)
    let target = table.columns[1 + random.below(table.columns.count - 1)]
    let condition = generator.expression(.boolean, scope, 2).text
    switch random.below(6) {
    case 0: return "DELETE FROM \(table.name) WHERE \(condition) AND id % 4 = \(random.below(4))"
    case 1, 2:
      let value = generator.expression(target.sort, scope, 2).text
      return "UPDATE \(table.name) SET \(target.name) = \(value) WHERE \(condition)"
    case 3 where table.hasKey:
      return "INSERT OR REPLACE INTO \(table.name) VALUES \(values(table, fresh: 2, known: 3))"
    case 4 where table.hasKey:
      return """
        INSERT INTO \(table.name) VALUES \(values(table, fresh: 2, known: 3)) \
        ON CONFLICT (id) DO UPDATE SET \(target.name) = excluded.\(target.name)
        """
    default: return "INSERT INTO \(table.name) VALUES \(values(table, fresh: 5, known: 0))"
    }
  }

  private mutating func values(_ table: RandomTable, fresh: Int, known: Int) -> String {
    var ids = Set<Int>()
    for _ in 0..<known { ids.insert(random.below(max(1, table.rows.count))) }
    for _ in 0..<fresh {
      nextID += 1
      ids.insert(nextID)
    }
    return ids.sorted().map { id in
      let rest = table.columns.dropFirst().map { column in
        random.below(6) == 0
          ? "NULL" : RandomTable.literal(column.sort, range: 20, &random)
      }
      return "(" + ([String(id)] + rest).joined(separator: ", ") + ")"
    }.joined(separator: ", ")
  }
}
