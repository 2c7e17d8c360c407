import Glibc
import Olap
import OlapTestSupport
import Testing

/// Random schemas, models and change streams: after every refresh each model must equal its rebuild.
///
/// `OLAP_PROPERTY_SECONDS` sets how long it runs (release default 60; 10 in debug builds),
/// `OLAP_PROPERTY_SEED` the first seed.
@Suite("incremental refresh")
struct IncrementalPropertyTests {
  private static var seconds: Double {
    if let text = getenv("OLAP_PROPERTY_SECONDS"), let value = Double(String(cString: text)) {
      return value
    }
    #if DEBUG
      return 10
    #else
      return 60
    #endif
  }

  private static var firstSeed: UInt64 {
    getenv("OLAP_PROPERTY_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1
  }

  @Test("equals the rebuild, row by row, and stays incremental")
  func equalsRebuild() throws {
    var statistics = RefreshStatistics()
    let end = IncrementalPropertyTests.now() + IncrementalPropertyTests.seconds
    var seed = IncrementalPropertyTests.firstSeed
    while IncrementalPropertyTests.now() < end {
      var world = try RefreshWorld(seed: seed)
      try world.run(rounds: 6, &statistics)
      seed += 1
      if statistics.failures.count >= 3 { break }
    }
    for failure in statistics.failures { Issue.record("\(failure)") }
    print(statistics.summary)
    #expect(statistics.refreshes > 20)
    for construct in statistics.neededFull.sorted() {
      Issue.record("a model fell back to FULL: \(construct)")
    }
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

/// One database with three bronze tables and a few random models over them and over each other.
struct RefreshWorld {
  private let database: Database
  private let connection: Connection
  private let seed: UInt64
  private var random: SeededGenerator
  private var models: [(name: String, query: GeneratedQuery)] = []
  private var nextID = 1
  private var day = 5

  init(seed: UInt64, fault: MaintenanceFault? = nil) throws {
    self.seed = seed
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

  private static let columns: [(name: String, kind: ColumnKind)] = [
    ("id", .integer), ("a", .integer), ("b", .integer), ("m", .decimal), ("t", .text),
    ("dt", .date), ("f", .double),
  ]

  /// Runs a statement; `OLAP_PROPERTY_TRACE` prints it first, to replay a crash.
  @discardableResult
  private func execute(_ sql: String) throws -> QueryResult {
    if getenv("OLAP_PROPERTY_TRACE") != nil { print(sql + ";") }
    return try connection.execute(sql)
  }

  private mutating func makeTables() throws {
    for table in 0..<3 {
      let columns = RefreshWorld.columns.enumerated().map { index, column in
        "\(column.name) \(index == 0 ? "BIGINT" : column.kind.sql)"
          + (index == 0 && table < 2 ? " PRIMARY KEY" : "")
      }
      try execute("CREATE BRONZE TABLE b\(table) (\(columns.joined(separator: ", ")))")
      try execute(insert(table, rows: 5 + random.below(40)))
    }
  }

  private mutating func makeModels(_ statistics: inout RefreshStatistics) throws {
    var sources = (0..<3).map { table in
      GeneratedQuery(
        sql: "SELECT * FROM b\(table)",
        columns: RefreshWorld.columns, constructs: [], looksAtAllRows: false)
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

  private mutating func values(_ id: Int) -> String {
    func maybe(_ text: String) -> String { random.below(8) == 0 ? "NULL" : text }
    return "(\(id), \(maybe("\(random.below(6))")), \(maybe("\(random.below(4))")), "
      + "\(maybe("\(random.below(60)).\(10 + random.below(90))")), "
      + "\(maybe(["'a'", "'b'", "'bb'", "'c'"][random.below(4)])), "
      + "\(maybe("DATE '2024-01-0\(1 + random.below(9))'")), "
      + "\(maybe("\(random.below(7)).\(random.below(1000))e\(random.below(9))"))) "
  }

  private mutating func insert(_ table: Int, rows: Int, upserts: Bool = false) -> String {
    let rows = (0..<rows).map { _ -> String in
      if upserts && nextID > 5 && random.below(2) == 0 { return values(1 + random.below(nextID)) }
      nextID += 1
      return values(nextID)
    }
    var unique: [String: String] = [:]
    for row in rows { unique[String(row.prefix { $0 != "," })] = row }
    return "INSERT \(upserts && table < 2 ? "OR REPLACE " : "")INTO b\(table) VALUES "
      + unique.values.sorted().joined(separator: ", ")
  }

  private mutating func change() -> String {
    let table = random.below(3)
    let condition = [
      "id % 5 = \(random.below(5))", "a = \(random.below(6))", "t = 'b'",
      "id > \(max(0, nextID - 3))", "m IS NULL",
    ][random.below(5)]
    switch random.below(8) {
    case 0, 1: return insert(table, rows: 1 + random.below(4))
    case 2, 3: return insert(table, rows: 1 + random.below(5), upserts: true)
    case 4: return "UPDATE b\(table) SET m = m + 1, a = b WHERE \(condition)"
    case 5: return "UPDATE b\(table) SET dt = dt + 1, t = 'c' WHERE \(condition)"
    case 6: return "DELETE FROM b\(table) WHERE \(condition) AND id % 2 = 0"
    default: return "UPDATE b\(table) SET f = f * 2 WHERE \(condition)"
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
