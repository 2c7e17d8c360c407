import Olap
import OlapTestSupport
import Testing

/// Oracles that need no second engine (after SQLancer): a predicate, its negation and its being
/// unknown part the rows of a query; a count of matches is the same filtered or summed; and no
/// configuration changes a result.
@Suite("Self-consistency")
struct PartitioningTests {
  static let sorts: [Sort] = [.integer, .text, .boolean, .real, .decimal, .date]

  private func prepare(_ seed: UInt64, _ configurations: [EngineConfiguration]) throws -> (
    Scenario, [Engine]
  ) {
    let scenario = Scenario(seed: seed, sorts: Self.sorts)
    let engines = try configurations.map { try Engine($0) }
    for engine in engines {
      for statement in scenario.setup { _ = try engine.rows(statement) }
      _ = try engine.rows("CHECKPOINT")
    }
    return (scenario, engines)
  }

  @Test("a predicate parts WHERE, DISTINCT, HAVING and aggregates", arguments: OracleSettings.seeds)
  func partitions(seed: UInt64) throws {
    let (scenario, engines) = try prepare(seed + 500, [EngineConfiguration.all[1]])
    var generator = QueryGenerator(
      seed: seed &* 104_729, tables: scenario.tables, sorts: Self.sorts)
    var failures = 0
    for number in 0..<(OracleSettings.queries / 2) where failures < 4 {
      let scope = QueryGenerator.Scope()
      let (from, inside) = generator.source(scope)
      let predicate = generator.expression(.boolean, inside, 3)
      let value = generator.expression(generator.sort(), inside, 2)
      let number64 = generator.expression(.integer, inside, 2)
      let shape = number % 4
      func check(_ from: String, _ p: String, _ e: String, _ n: String) -> String? {
        Self.partitionFault(engines[0], shape, from, p, e, n)
      }
      guard let fault = check(from.text, predicate.text, value.text, number64.text) else {
        continue
      }
      failures += 1
      let small = Shrinker.shrink(predicate, attempts: 200) {
        check(from.text, $0, value.text, number64.text) != nil
      }
      Issue.record(
        """
        seed \(seed), query \(number): \(fault)
        FROM \(from.text)
        predicate: \(small.text)
        value: \(value.text), \(number64.text)
        """)
    }
  }

  /// What is wrong with the three parts of a query; nil when they make the whole.
  private static func partitionFault(
    _ engine: Engine, _ shape: Int, _ from: String, _ p: String, _ value: String, _ number: String
  ) -> String? {
    let parts = [p, "NOT \(p)", "\(p) IS NULL"]
    do {
      switch shape {
      case 0:
        let whole = try engine.rows("SELECT \(value) FROM \(from)")
        let pieces = try parts.flatMap {
          try engine.rows("SELECT \(value) FROM \(from) WHERE \($0)")
        }
        return Rendering.sorted(whole) == Rendering.sorted(pieces) ? nil : "WHERE parts differ"
      case 1:
        let whole = try engine.rows("SELECT DISTINCT \(value) FROM \(from)")
        let text = parts.map { "SELECT DISTINCT \(value) FROM \(from) WHERE \($0)" }
        let pieces = try engine.rows(text.joined(separator: " UNION "))
        return Rendering.sorted(whole) == Rendering.sorted(pieces) ? nil : "DISTINCT parts differ"
      case 2:
        let head = "SELECT \(value), count(*) FROM \(from) GROUP BY 1 HAVING "
        let condition = "(max(\(number)) > 3)"
        let whole = try engine.rows("SELECT \(value), count(*) FROM \(from) GROUP BY 1")
        let pieces = try [condition, "NOT \(condition)", "\(condition) IS NULL"].flatMap {
          try engine.rows(head + $0)
        }
        return Rendering.sorted(whole) == Rendering.sorted(pieces) ? nil : "HAVING parts differ"
      default:
        let whole = try engine.rows(
          "SELECT count(*), sum(\(number)), min(\(value)), max(\(value)) FROM \(from)")
        let text = parts.map {
          "SELECT count(*) c, sum(\(number)) s, min(\(value)) a, max(\(value)) b FROM \(from) WHERE \($0)"
        }
        let pieces = try engine.rows(
          "SELECT sum(c), sum(s), min(a), max(b) FROM (\(text.joined(separator: " UNION ALL ")))")
        return whole == pieces ? nil : "aggregates of parts differ: \(whole) \(pieces)"
      }
    } catch {
      return Engine.isTimeout(error) ? nil : "\(error)"
    }
  }

  @Test("matches are counted alike filtered and summed", arguments: OracleSettings.seeds)
  func filteredAndSummed(seed: UInt64) throws {
    let (scenario, engines) = try prepare(
      seed + 900, [EngineConfiguration.all[1], EngineConfiguration.all[2]])
    var generator = QueryGenerator(
      seed: seed &* 15_485_863, tables: scenario.tables, sorts: Self.sorts)
    var failures = 0
    for number in 0..<(OracleSettings.queries / 2) where failures < 4 {
      let (from, inside) = generator.source(QueryGenerator.Scope())
      let predicate = generator.expression(.boolean, inside, 4)
      func check(_ from: String, _ p: String) -> String? {
        do {
          let filtered = try engines[0].rows("SELECT count(*) FROM \(from) WHERE \(p)")
          let summed = try engines[1].rows(
            "SELECT coalesce(sum(CASE WHEN \(p) THEN 1 ELSE 0 END), 0) FROM \(from)")
          return filtered == summed ? nil : "filtered \(filtered), summed \(summed)"
        } catch {
          return Engine.isTimeout(error) ? nil : "\(error)"
        }
      }
      guard let fault = check(from.text, predicate.text) else { continue }
      failures += 1
      let small = Shrinker.shrink(predicate, attempts: 200) { check(from.text, $0) != nil }
      Issue.record(
        "seed \(seed), query \(number): \(fault)\nFROM \(from.text)\nWHERE \(small.text)")
    }
  }

  @Test("no configuration changes a result", arguments: OracleSettings.seeds)
  func configurations(seed: UInt64) throws {
    let (scenario, engines) = try prepare(seed + 1300, EngineConfiguration.all)
    var generator = QueryGenerator(
      seed: seed &* 32_452_843, tables: scenario.tables, sorts: Self.sorts)
    var failures = 0
    for number in 0..<(OracleSettings.queries / 2) where failures < 4 {
      let (query, isOrdered) = generator.statement()
      func check(_ sql: String) -> String? {
        var first: [String]?
        for engine in engines {
          do {
            let rows = try engine.rows(sql)
            let lines = isOrdered ? Rendering.lines(rows) : Rendering.sorted(rows)
            if let first, first != lines { return "\(engine.configuration.name) differs" }
            first = lines
          } catch {
            if Engine.isTimeout(error) { return nil }
            return "\(engine.configuration.name): \(error)"
          }
        }
        return nil
      }
      guard let fault = check(query.text) else { continue }
      failures += 1
      let small = Shrinker.shrink(query, attempts: 200) {
        check($0)?.prefix(20) == fault.prefix(20)
      }
      Issue.record("seed \(seed), query \(number): \(fault)\n\(small.text)")
    }
  }
}
