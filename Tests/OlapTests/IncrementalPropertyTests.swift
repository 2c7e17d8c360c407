import Glibc
import Olap
import OlapTestSupport
import Testing

/// Random schemas, models and change streams: after every refresh each model must equal its rebuild.
///
/// `OLAP_PROPERTY_SECONDS` sets how long it runs (release default 60 and until 2,000 refreshes are done; 10
/// in debug builds), `OLAP_PROPERTY_SEED` the first seed.
///
/// The long mode: `OLAP_PROPERTY_CHANGES=1000000 swift test -c release --filter equalsRebuild` goes on until
/// so many rows have changed, in larger tables and batches; `OLAP_PROPERTY_SECONDS` then is a limit.
@Suite("incremental refresh")
struct IncrementalPropertyTests {
  private static func number(_ name: String) -> Double? {
    getenv(name).flatMap { Double(String(cString: $0)) }
  }

  private static var seconds: Double {
    #if DEBUG
      number("OLAP_PROPERTY_SECONDS") ?? 10
    #else
      number("OLAP_PROPERTY_SECONDS") ?? 60
    #endif
  }

  /// Refreshes that a run with the default time must reach.
  private static var refreshMinimum: Int {
    #if DEBUG
      20
    #else
      number("OLAP_PROPERTY_SECONDS") == nil ? 2_000 : 20
    #endif
  }

  /// Rows to change in the long mode.
  private static var changeGoal: Int? { number("OLAP_PROPERTY_CHANGES").map { Int($0) } }

  private static var firstSeed: UInt64 {
    getenv("OLAP_PROPERTY_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1
  }

  @Test("equals the rebuild, row by row, and stays incremental")
  func equalsRebuild() throws {
    var statistics = RefreshStatistics()
    let start = IncrementalPropertyTests.now()
    var seed = IncrementalPropertyTests.firstSeed
    while IncrementalPropertyTests.isUnfinished(statistics, since: start) {
      let scale = IncrementalPropertyTests.changeGoal == nil ? 1 : 40
      var world = try RefreshWorld(seed: seed, scale: scale)
      try world.run(rounds: 6, &statistics)
      seed += 1
      if statistics.failures.count >= 3 { break }
      if scale > 1, seed % 20 == 0 {
        print("seed \(seed): \(statistics.summary)")
        fflush(nil)
      }
    }
    for failure in statistics.failures { Issue.record("\(failure)") }
    print(statistics.summary)
    #expect(statistics.refreshes >= IncrementalPropertyTests.refreshMinimum)
    for construct in statistics.neededFull.sorted() {
      Issue.record("a model fell back to FULL: \(construct)")
    }
  }

  private static func isUnfinished(_ statistics: RefreshStatistics, since start: Double) -> Bool {
    let passed = now() - start
    if let changeGoal {
      let isInTime = number("OLAP_PROPERTY_SECONDS").map { passed < $0 } ?? true
      return statistics.changes < changeGoal && isInTime
    }
    if passed < seconds { return true }
    // A slow machine takes longer, within reason.
    return statistics.refreshes < refreshMinimum && passed < 5 * seconds
  }

  @Test("a planted fault is found")
  func canary() throws {
    var statistics = RefreshStatistics()
    for seed in UInt64(1)...40 {
      var world = try RefreshWorld(seed: seed, fault: .ignoresRightSides)
      try world.run(rounds: 4, &statistics)
      if !statistics.failures.isEmpty { return }
    }
    Issue.record("40 random worlds did not show the planted fault")
  }

  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

struct RefreshStatistics {
  var refreshes = 0
  var changes = 0
  var rungs: [String: Int] = [:]
  var constructs: [String: Int] = [:]
  var rejected = 0
  var failures: [String] = []
  var neededFull: Set<String> = []

  var summary: String {
    "incremental refresh: \(refreshes) model refreshes, \(changes) changed rows, rungs "
      + rungs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      + "; \(rejected) queries rejected; "
      + constructs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      .joined(separator: ", ")
  }
}

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

/// One database with three bronze tables and a few random models over them and over each other.
struct RefreshWorld {
  private let database: Database
  private let connection: Connection
  private let seed: UInt64
  private var random: SeededGenerator
  private var models: [(name: String, query: GeneratedQuery)] = []
  private var tables: [GeneratedTable] = []
  private var nextID = 1
  private var day = 5
  /// How many times larger than by default tables, batches and ranges of values are.
  private let scale: Int

  init(seed: UInt64, scale: Int = 1, fault: MaintenanceFault? = nil) throws {
    self.seed = seed
    self.scale = scale
    random = SeededGenerator(seed: seed &* 7919)
    var options = DatabaseOptions()
    options.threads = 1 + Int(seed % 2)
    database = try Database(nil, options: options)
    connection = database.connect()
    connection.maintenanceFault = fault
    if seed % 3 != 0 { connection.supportThreshold = 0 }
    try execute("SET refresh_clock = '2024-01-05'")
  }

  mutating func run(rounds: Int, _ statistics: inout RefreshStatistics) throws {
    try makeTables()
    try makeModels(&statistics)
    for round in 0..<rounds {
      var log: [String] = []
      for _ in 0..<(1 + random.below(4)) {
        let statement = change()
        log.append(statement)
        let result = try execute(statement)
        statistics.changes += result.changedRowCount ?? 0
      }
      if random.below(4) == 0 {
        day += 1 + random.below(3)
        try execute("SET refresh_clock = '2024-01-\(day < 10 ? "0" : "")\(day)'")
      }
      if random.below(6) == 0 { try execute("CHECKPOINT") }
      if random.below(10) == 0 { try execute("VACUUM") }
      try refresh(round, log, &statistics)
      if !statistics.failures.isEmpty { return }
    }
  }

  // MARK: Schema

  /// Runs a statement; `OLAP_PROPERTY_TRACE` prints it first, to replay a crash.
  @discardableResult
  private func execute(_ sql: String) throws -> QueryResult {
    if getenv("OLAP_PROPERTY_TRACE") != nil { print(sql + ";") }
    return try connection.execute(sql)
  }

  private mutating func makeTables() throws {
    for number in 0..<3 {
      let table = GeneratedTable(number, &random)
      tables.append(table)
      try execute(table.sql)
      try execute(insert(number, rows: (5 + random.below(40)) * scale))
    }
  }

  private mutating func makeModels(_ statistics: inout RefreshStatistics) throws {
    var sources = tables.map { table in
      GeneratedQuery(
        sql: "SELECT * FROM \(table.name)", columns: table.columns, constructs: [],
        looksAtAllRows: false)
    }
    var generator = ModelGenerator(random: SeededGenerator(seed: seed), sources: sources)
    var attempts = 0
    while models.count < 5 && attempts < 40 {
      attempts += 1
      let query = generator.query(depth: 1 + generator.random.below(4))
      if query.constructs.isEmpty { continue }
      let name = "m\(models.count)"
      do {
        try execute(
          "CREATE \(models.count < 2 ? "SILVER" : "GOLD") TABLE \(name) AS \(query.sql)")
      } catch {
        statistics.rejected += 1
        continue
      }
      models.append((name, query))
      for construct in query.constructs { statistics.constructs[construct, default: 0] += 1 }
      sources.append(
        GeneratedQuery(
          sql: "SELECT * FROM \(name)", columns: query.columns, constructs: ["model over model"],
          looksAtAllRows: false))
      generator.sources = sources
    }
  }

  // MARK: Changes

  private mutating func literal(_ kind: ColumnKind) -> String {
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

  private mutating func insert(_ number: Int, rows: Int, upserts: Bool = false) -> String {
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

  private mutating func condition(_ table: GeneratedTable) -> String {
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

  private mutating func assignment(_ column: (name: String, kind: ColumnKind)) -> String {
    let name = column.name
    switch column.kind {
    case .integer, .date: return "\(name) = \(name) + 1"
    case .decimal: return "\(name) = CASE WHEN \(name) < 500 THEN \(name) + 1 ELSE 0 END"
    case .text: return "\(name) = \(literal(.text))"
    case .double: return "\(name) = \(name) * 2"
    }
  }

  private mutating func change() -> String {
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

  // MARK: Checks

  private mutating func refresh(
    _ round: Int, _ log: [String], _ statistics: inout RefreshStatistics
  ) throws {
    let mode = random.below(4) == 0 ? "" : " INCREMENTAL"
    var outcomes: [(name: String, rung: String)] = []
    do {
      let rows = try execute("REFRESH ALL\(mode)").allRows()
      outcomes = rows.map { ($0.text(0) ?? "", $0.text(1) ?? "") }
    } catch {
      statistics.failures.append(describe("REFRESH failed: \(error)", round, log, nil))
      return
    }
    for (name, rung) in outcomes {
      statistics.refreshes += 1
      statistics.rungs[rung, default: 0] += 1
      guard rung == "FULL", mode != "", let model = models.first(where: { $0.name == name }),
        !model.query.looksAtAllRows
      else { continue }
      let reason =
        try connection.query(
          "SELECT reason FROM olap.model_runs WHERE model_name = '\(name)' "
            + "ORDER BY started_at DESC LIMIT 1"
        ).first?.text(0) ?? ""
      statistics.neededFull.insert("\(reason)\n  seed \(seed): \(model.query.sql)")
    }
    let result = try execute("VERIFY ALL")
    let verdict = result.columns.firstIndex { $0.name == "result" } ?? 0
    for row in try result.allRows() where row.text(verdict) != "OK" {
      let name = row.text(0) ?? ""
      statistics.failures.append(
        describe("\(name) differs from its rebuild: \(row.values)", round, log, name))
      return
    }
  }

  private func describe(_ what: String, _ round: Int, _ log: [String], _ model: String?) -> String {
    let definition = models.filter { model == nil || $0.name == model }
      .map { "\($0.name) AS \($0.query.sql)" }.joined(separator: "\n")
    return "seed \(seed), round \(round): \(what)\nchanges: \(log.joined(separator: "; "))\n"
      + definition
  }
}
