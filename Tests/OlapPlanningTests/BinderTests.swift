import OlapColumns
import OlapSQL
import Testing

@testable import OlapPlanning

@Suite struct BinderTests {
  private func context() throws -> TestContext {
    let context = TestContext()
    try context.create(
      """
      CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR, c DOUBLE, d DATE, l INTEGER[]);
      CREATE TABLE u (a INTEGER, b VARCHAR, e SMALLINT);
      CREATE VIEW v AS SELECT a, b FROM t WHERE a > 1;
      CREATE MACRO plus(x, y := 2) AS x + y;
      CREATE MACRO above(n) AS TABLE SELECT * FROM t WHERE a > n;
      """)
    return context
  }

  @Test(arguments: [
    (
      "SELECT a + 1 AS x, count(*) AS n FROM t GROUP BY x HAVING n > 1 ORDER BY n DESC LIMIT 3",
      """
      LIMIT 3
      └─ SORT count_star() DESC
         └─ PROJECT x, count_star() AS n
            └─ FILTER count_star() > 1
               └─ HASH AGGREGATE BY a + 1 AS x COMPUTE count_star(*)
                  └─ SCAN t [a, b, c, d, l]
      """
    ),
    (
      "SELECT t.a FROM t JOIN u USING (a) WHERE e = 3 AND d > '2020-01-01'",
      """
      PROJECT t.a
      └─ FILTER e = 3 AND d > CAST('2020-01-01' AS DATE)
         └─ HASH JOIN INNER ON t.a = u.a
            ├─ SCAN t [a, b, c, d, l]
            └─ SCAN u [a, b, e]
      """
    ),
    (
      "SELECT b, sum(sum(c)) OVER () FROM t GROUP BY ROLLUP (b)",
      """
      PROJECT b, sum(sum(c)) OVER ()
      └─ WINDOW sum(sum(c)) OVER ()
         └─ HASH AGGREGATE BY b SETS ((b), ()) COMPUTE sum(c)
            └─ SCAN t [a, b, c, d, l]
      """
    ),
    (
      "SELECT i FROM t, unnest(t.l) AS z(i)",
      """
      PROJECT unnest AS i
      └─ UNNEST l AS unnest
         └─ SCAN t [a, b, c, d, l]
      """
    ),
    (
      "SELECT plus(a) FROM above(3)",
      """
      PROJECT a + 2 AS plus(a)
      └─ PROJECT a, b, c, d, l
         └─ FILTER a > 3
            └─ SCAN t [a, b, c, d, l]
      """
    ),
    (
      "UPDATE t SET b = 'x' WHERE a = 1",
      """
      PROJECT rowid, a, 'x' AS b, c, d, l
      └─ FILTER a = 1
         └─ SCAN t [a, b, c, d, l]
      """
    ),
  ])
  func plans(sql: String, expected: String) throws {
    #expect(try context().explain(sql) == expected)
  }

  @Test(arguments: [
    ("SELECT aa FROM t", "Referenced column \"aa\" not found in FROM clause! Did you mean \"a\"?"),
    ("SELECT * FROM tt", "Table with name tt does not exist! Did you mean \"t\"?"),
    ("SELECT a FROM t WHERE sum(a) > 1", "WHERE clause cannot contain aggregates!"),
    ("SELECT sum(sum(a)) FROM t", "aggregate function calls cannot be nested"),
    ("SELECT (SELECT a, b FROM t)", "Subquery returns 2 columns - expected 1"),
    ("SELECT a FROM t ORDER BY 2", "ORDER BY term out of range - should be between 1 and 1"),
    (
      "SELECT a FROM t, u",
      "Ambiguous reference to column name \"a\" (use: \"t.a\" or \"u.a\")"
    ),
  ])
  func errors(sql: String, message: String) throws {
    #expect(try context().explain(sql) == message)
  }

  @Test(arguments: [
    (
      "SELECT 1, 1.50, 1e3, 10000000000",
      "1 INTEGER, 1.50 DECIMAL(3,2), 1e3 DOUBLE, 10000000000 BIGINT"
    ),
    ("SELECT NULL AS x UNION ALL SELECT d FROM t", "x DATE"),
    ("SELECT a FROM t UNION ALL SELECT 1.5", "a DECIMAL(11,1)"),
    ("FROM v", "a INTEGER, b VARCHAR"),
    ("SELECT * EXCLUDE (l, d) RENAME (b AS z) FROM t", "a INTEGER, z VARCHAR, c DOUBLE"),
    ("SELECT min(COLUMNS(['a', 'c'])) FROM t", "min(a) INTEGER, min(c) DOUBLE"),
  ])
  func types(sql: String, expected: String) throws {
    #expect(try context().schema(sql) == expected)
  }

  @Test func errorsCarryTheirPlace() throws {
    let context = try context()
    var binder = Binder(context: context)
    let statement = try #require(Parser.parse("SELECT a, zz FROM t").first)
    do {
      _ = try binder.bind(statement)
      Issue.record("bound")
    } catch {
      #expect(error.range == 10..<12)
    }
  }

  @Test func parametersTakeTheTypeOfTheirPlace() throws {
    var binder = Binder(context: try context())
    let statement = try #require(Parser.parse("SELECT b FROM t WHERE d > ? AND a = $2").first)
    _ = try binder.bind(statement)
    #expect(binder.parameters.map { $0.type } == [.date, .integer])
  }

  @Test func readsAreListedThroughViews() throws {
    let context = try context()
    var binder = Binder(context: context)
    _ = try binder.bind(try #require(Parser.parse("SELECT * FROM v, u, v AS w").first))
    #expect(binder.tablesRead.count == 2)
  }

  @Test func wideListsAndLongChainsBind() throws {
    let items = (0..<100_000).map { "\($0)" }.joined(separator: ",")
    #expect(try context().explain("SELECT a FROM t WHERE a IN (\(items))").contains("more)"))
    let chain = (0..<5_000).map { "a = \($0)" }.joined(separator: " OR ")
    #expect(try context().explain("SELECT a FROM t WHERE \(chain)").contains("FILTER"))
  }
}
