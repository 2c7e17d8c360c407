import Glibc
import Olap
import OlapTestSupport

/// A model of a world: what it was declared as, and whether its rows may stay behind.
struct GeneratedModel {
  let name: String
  let layer: String
  let query: GeneratedQuery
  /// `(UNIQUE (…), CONSTRAINT …)` and `REFRESH IMMEDIATE`, or nothing.
  let clauses: String
  let isImmediate: Bool

  func sql(_ definition: String, replacing: Bool) -> String {
    "CREATE \(replacing ? "OR REPLACE " : "")\(layer) TABLE \(name)\(clauses) AS \(definition)"
  }
}

/// One database with three bronze tables, a view, and a few random models over them and over each other.
struct RefreshWorld {
  var database: Database
  var connection: Connection
  let seed: UInt64
  var random: SeededGenerator
  var models: [GeneratedModel] = []
  var tables: [GeneratedTable] = []
  var nextID = 1
  var day = 5
  /// How many times larger than by default tables, batches and ranges of values are.
  let scale: Int
  /// Nil: in memory.
  let path: String?
  let fault: MaintenanceFault?
  /// Whether the next refresh may recompute models without a reason of their own.
  var mayRecompute = false

  init(seed: UInt64, scale: Int = 1, fault: MaintenanceFault? = nil) throws {
    self.seed = seed
    self.scale = scale
    self.fault = fault
    random = SeededGenerator(seed: seed &* 7919)
    path =
      seed % 4 == 0
      ? "/tmp/olap-world-\(getpid())-\(seed)-\(UInt64.random(in: 0 ... .max)).olap" : nil
    database = try RefreshWorld.open(path, seed)
    connection = database.connect()
    try prepareConnection()
  }

  private static func open(_ path: String?, _ seed: UInt64) throws -> Database {
    var options = DatabaseOptions()
    options.threads = 1 + Int(seed % 2)
    return try Database(path, options: options)
  }

  private func prepareConnection() throws {
    connection.maintenanceFault = fault
    if seed % 3 != 0 { connection.supportThreshold = 0 }
    try setClock()
  }

  private func setClock() throws {
    try execute("SET refresh_clock = '2024-01-\(day < 10 ? "0" : "")\(day)'")
  }

  mutating func run(rounds: Int, _ statistics: inout RefreshStatistics) throws {
    defer { removeFiles() }
    try makeTables()
    try makeModels(&statistics)
    for round in 0..<rounds {
      var log: [String] = []
      let isTransaction = random.below(6) == 0
      if isTransaction { try changeInTransaction(&log, &statistics) }
      for _ in 0..<(1 + random.below(4)) { try change(&log, &statistics) }
      if random.below(8) == 0 { try redefine(&log) }
      if random.below(4) == 0 {
        day += 1 + random.below(3)
        try setClock()
        log.append("clock \(day)")
      }
      if random.below(6) == 0 { try execute("CHECKPOINT") }
      if random.below(10) == 0 { try execute("VACUUM") }
      if path != nil, random.below(4) == 0 { try reopen() }
      try checkImmediate(round, log, &statistics)
      try refresh(round, log, &statistics)
      if !statistics.failures.isEmpty { return }
    }
    try? database.close()
  }

  private mutating func reopen() throws {
    try database.close()
    database = try RefreshWorld.open(path, seed)
    connection = database.connect()
    try prepareConnection()
  }

  private func removeFiles() {
    guard let path else { return }
    unlink(path)
    unlink(path + "-wal")
  }

  /// Runs a statement; `OLAP_PROPERTY_TRACE` prints it first, to replay a crash.
  @discardableResult
  func execute(_ sql: String) throws -> QueryResult {
    if getenv("OLAP_PROPERTY_TRACE") != nil { print(sql + ";") }
    return try connection.execute(sql)
  }

  // MARK: Schema

  private mutating func makeTables() throws {
    for number in 0..<3 {
      let table = GeneratedTable(number, &random)
      tables.append(table)
      try execute(table.sql)
      try execute(insert(number, rows: (5 + random.below(40)) * scale))
    }
    try execute("CREATE VIEW seen AS SELECT * FROM b0")
  }

  private mutating func makeModels(_ statistics: inout RefreshStatistics) throws {
    var sources = tables.map { table in
      GeneratedQuery(
        sql: "SELECT * FROM \(table.name)", columns: table.columns, constructs: [],
        looksAtAllRows: false)
    }
    sources.append(
      GeneratedQuery(
        sql: "SELECT * FROM seen", columns: tables[0].columns, constructs: [],
        looksAtAllRows: false))
    var generator = ModelGenerator(
      random: SeededGenerator(seed: seed), sources: sources, isLarge: scale > 1)
    var attempts = 0
    while models.count < 5 && attempts < 40 {
      attempts += 1
      let query = generator.query(depth: 1 + generator.random.below(4))
      if query.constructs.isEmpty { continue }
      let model = declare(query, &generator)
      do {
        try execute(model.sql(query.sql, replacing: false))
      } catch {
        statistics.rejected += 1
        if getenv("OLAP_PROPERTY_REJECTED") != nil { print("\(error)\n  \(query.sql)") }
        continue
      }
      if try isTooLarge(model) { continue }
      models.append(model)
      for construct in query.constructs { statistics.constructs[construct, default: 0] += 1 }
      sources.append(
        GeneratedQuery(
          sql: "SELECT * FROM \(model.name)", columns: query.columns,
          constructs: ["model over model"], looksAtAllRows: false))
      generator.sources = sources
    }
  }

  /// Drops a model whose joins have multiplied its rows, for those above it would again.
  private func isTooLarge(_ model: GeneratedModel) throws -> Bool {
    let count = try connection.query("SELECT count(*) FROM \(model.name)")[0].int(0) ?? 0
    if count < 4_000 + 1_000 * scale { return false }
    try execute("DROP TABLE \(model.name)")
    return true
  }

  private mutating func declare(
    _ query: GeneratedQuery, _ generator: inout ModelGenerator
  ) -> GeneratedModel {
    var items: [String] = []
    if !query.uniqueColumns.isEmpty, random.below(2) == 0 {
      items.append("UNIQUE (\(query.uniqueColumns.joined(separator: ", ")))")
    }
    if random.below(6) == 0 {
      let action = random.below(2) == 0 ? "DROP" : "QUARANTINE"
      items.append(
        "CONSTRAINT rule EXPECT (\(generator.condition("", query))) ON VIOLATION \(action)")
    }
    let isImmediate = random.below(6) == 0
    return GeneratedModel(
      name: "m\(models.count)", layer: models.count < 2 ? "SILVER" : "GOLD", query: query,
      clauses: (items.isEmpty ? "" : " (\(items.joined(separator: ", ")))")
        + (isImmediate ? " REFRESH IMMEDIATE" : ""), isImmediate: isImmediate)
  }

  /// Gives a model, or the view, another definition of the same columns.
  private mutating func redefine(_ log: inout [String]) throws {
    mayRecompute = true
    if random.below(3) == 0 {
      let condition = self.condition(tables[0])
      let statement = "CREATE OR REPLACE VIEW seen AS SELECT * FROM b0 WHERE \(condition)"
      log.append(statement)
      try execute(statement)
      return
    }
    guard !models.isEmpty else { return }
    let model = models[random.below(models.count)]
    var definition = model.query.sql
    switch random.below(3) {
    case 0: definition = "SELECT DISTINCT * FROM (\(definition)) z"
    case 1:
      let column = model.query.columns[random.below(model.query.columns.count)].name
      definition = "SELECT * FROM (\(definition)) z WHERE z.\(column) IS NOT NULL"
    default: break
    }
    let statement = model.sql(definition, replacing: true)
    log.append(statement)
    try execute(statement)
  }
}
