import Olap
import OlapTestSupport
import Testing

/// Random queries against SQLite's library.
@Suite("SQLite agrees")
struct DifferentialTests {
  @Test("random queries give SQLite's rows in every configuration", arguments: OracleSettings.seeds)
  func queries(seed: UInt64) throws {
    var scenario = Scenario(seed: seed, sorts: [.integer, .text])
    let sqlite = try SQLiteDatabase()
    let engines = try EngineConfiguration.all.map { try Engine($0) }
    for statement in scenario.setup {
      try sqlite.execute(statement)
      for engine in engines { _ = try engine.rows(statement) }
    }
    for engine in engines { _ = try? engine.rows("CHECKPOINT") }
    var generator = QueryGenerator(
      seed: seed &* 7919, tables: scenario.tables, sorts: [.integer, .text])
    var accepted = 0
    var failures = 0
    for number in 0..<OracleSettings.queries where failures < 5 {
      if number % 12 == 11 {
        let write = scenario.write()
        try Self.change(write, sqlite, engines, isRestarting: number % 60 == 59)
      }
      let (query, isOrdered) = generator.statement()
      let sql = query.text
      guard let expected = try? sqlite.rows(sql) else { continue }
      accepted += 1
      let engine = engines[number % engines.count]
      guard let fault = Self.fault(engine, sql, expected, isOrdered: isOrdered) else { continue }
      failures += 1
      let small = Shrinker.shrink(query) { candidate in
        guard let rows = try? sqlite.rows(candidate) else { return false }
        guard let other = Self.fault(engine, candidate, rows, isOrdered: false) else {
          return false
        }
        return other.kind == fault.kind
      }
      report(small.text, fault, sqlite, engine, scenario: scenario, number: number)
    }
    #expect(accepted * 100 >= OracleSettings.queries * 80, "SQLite refuses too many queries")
  }

  struct Fault {
    /// "error" with its first words, or "rows".
    let kind: String
    let detail: String
  }

  /// How the engine's answer differs from the expected rows; nil when it does not.
  static func fault(
    _ engine: Engine, _ sql: String, _ expected: [[String]], isOrdered: Bool
  ) -> Fault? {
    do {
      let rows = try engine.rows(sql)
      let isEqual =
        isOrdered
        ? Rendering.lines(rows) == Rendering.lines(expected)
        : Rendering.sorted(rows) == Rendering.sorted(expected)
      return isEqual ? nil : Fault(kind: "rows", detail: "")
    } catch {
      if Engine.isTimeout(error) { return nil }
      let text = "\(error)"
      // SQLite goes on with a REAL where a BIGINT overflows, and a subquery whose value nobody asks for
      // may or may not be computed.
      if text.contains("Overflow in multiplication of BIGINT") { return nil }
      return Fault(kind: String(text.prefix(24)), detail: text)
    }
  }

  private static func change(
    _ sql: String, _ sqlite: SQLiteDatabase, _ engines: [Engine], isRestarting: Bool
  ) throws {
    try sqlite.execute(sql)
    for engine in engines {
      do { _ = try engine.rows(sql) } catch {
        Issue.record("\(engine.configuration.name): \(error) in \(sql)")
      }
      if isRestarting {
        _ = try? engine.rows("CHECKPOINT")
        try engine.reopen()
      }
    }
  }

  private func report(
    _ sql: String, _ fault: Fault, _ sqlite: SQLiteDatabase, _ engine: Engine,
    scenario: Scenario, number: Int
  ) {
    let expected = (try? sqlite.rows(sql)).map { Rendering.sorted($0) } ?? []
    let got = (try? engine.rows(sql)).map { Rendering.sorted($0) } ?? ["(error)"]
    var lines = [
      "seed \(scenario.seed), query \(number), \(engine.configuration.name): \(fault.kind) \(fault.detail)",
      sql, "expected:",
    ]
    lines += expected.prefix(10) + ["got:"] + got.prefix(10)
    for table in scenario.tables where sql.utf8.count < 4000 {
      guard Self.mentions(sql, table.name) else { continue }
      let rows = (try? sqlite.rows("SELECT * FROM \(table.name)")) ?? []
      if rows.count > 40 {
        lines.append("\(table.name): \(rows.count) rows")
        continue
      }
      lines.append(table.definition + ";")
      let values = rows.map { "(" + $0.joined(separator: ", ") + ")" }
      if !values.isEmpty {
        lines.append("INSERT INTO \(table.name) VALUES \(values.joined(separator: ", "));")
      }
    }
    Issue.record("\(lines.joined(separator: "\n"))")
  }

  private static func mentions(_ sql: String, _ name: String) -> Bool {
    sql.split { !($0.isLetter || $0.isNumber) }.contains { $0 == name }
  }
}
