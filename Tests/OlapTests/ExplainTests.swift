import Olap
import Testing

/// EXPLAIN shows what the optimizer made of a query.
@Suite("Plans shown")
struct ExplainTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let sql: String
    let has: [String]
    var lacks: [String] = []
    var testDescription: String { sql }
  }

  static let cases = [
    Case(
      sql: "SELECT sum(x) FROM big WHERE g = 3 AND id > 10",
      has: ["AGGREGATE COMPUTE sum(x)", "SCAN big [x] WHERE g = 3 AND id > 10"], lacks: ["FILTER"]),
    Case(
      sql: "SELECT name, count(*) FROM big JOIN small ON small.id = big.g GROUP BY name LIMIT 3",
      has: ["HASH JOIN INNER ON", "SCAN big [g]", "SCAN small [id, name]"]),
    Case(
      sql: "SELECT * FROM small WHERE EXISTS (SELECT 1 FROM big WHERE big.g = small.id AND x > 5)",
      has: ["SEMI", "WHERE x > 5"], lacks: ["SUBQUERY", "DEPENDENT"]),
    Case(
      sql: "SELECT id, (SELECT max(x) FROM big WHERE big.g = small.id) FROM small",
      has: ["HASH JOIN", "max(x)"], lacks: ["SUBQUERY", "DEPENDENT"]),
    Case(
      sql: "SELECT * FROM (SELECT g, x FROM big) WHERE g = 1 ORDER BY x LIMIT 5",
      has: ["TOP N 5 BY x", "WHERE g = 1"], lacks: ["SORT"]),
    Case(
      sql: "SELECT count(*) FROM big b JOIN small s ON b.x < s.id AND b.g > s.id",
      has: ["RANGE JOIN INNER ON"], lacks: ["NESTED", "CROSS"]),
    Case(
      sql: "SELECT count(*) FROM small a LEFT JOIN small b ON a.name < b.name",
      has: ["NESTED LOOP JOIN LEFT"]),
    Case(sql: "SELECT 1 + 2 AS three", has: ["3"], lacks: ["1 + 2"]),
    Case(
      sql: "SELECT count(*) FROM big, small WHERE big.g = small.id", has: ["HASH JOIN INNER"],
      lacks: ["CROSS"]),
    Case(
      sql: "SELECT * FROM big NATURAL JOIN small WHERE 1 = 0", has: ["EMPTY"], lacks: ["SCAN big"]),
  ]

  private func connection() throws -> Connection {
    let connection = try Database().connect()
    try connection.execute(
      """
      CREATE TABLE big (id INTEGER PRIMARY KEY, g INTEGER, x DOUBLE);
      CREATE TABLE small (id INTEGER PRIMARY KEY, name VARCHAR);
      INSERT INTO big SELECT i, i % 10, i * 0.5 FROM range(20000) r(i);
      INSERT INTO small SELECT i, 'n' || i FROM range(10) r(i)
      """)
    return connection
  }

  @Test("the plan has the optimizer's work in it", arguments: cases)
  func plan(_ expected: Case) throws {
    let rows = try connection().query("EXPLAIN " + expected.sql)
    let text = rows.map { $0.text(1) ?? "" }.joined(separator: "\n")
    for part in expected.has { #expect(text.contains(part), "\(text)") }
    for part in expected.lacks { #expect(!text.contains(part), "\(text)") }
  }

  @Test("EXPLAIN ANALYZE runs the query and counts rows; EXPLAIN does not run a write")
  func analyze() throws {
    let connection = try connection()
    let rows = try connection.query("EXPLAIN ANALYZE SELECT g, count(*) FROM big GROUP BY g")
    let text = rows.map { $0.text(1) ?? "" }.joined(separator: "\n")
    #expect(text.contains("rows=20000"), "\(text)")
    #expect(text.contains("rows=10"), "\(text)")
    try connection.execute("EXPLAIN DELETE FROM big")
    #expect(try connection.query("SELECT count(*) FROM big")[0].int(0) == 20000)
  }
}
