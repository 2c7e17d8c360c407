import OlapColumns
import Testing

@testable import OlapPlanning

@Suite("Decorrelation") struct DecorrelationTests {
  let context = TPCHContext()

  static let queries: [String] = [
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE c = a)",
    "SELECT a FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE c = a AND d > b)",
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u)",
    "SELECT a FROM t WHERE a IN (SELECT c FROM u)",
    "SELECT a FROM t WHERE a NOT IN (SELECT c FROM u)",
    "SELECT a FROM t WHERE a NOT IN (SELECT c FROM u WHERE d = b)",
    "SELECT a FROM t WHERE a IN (SELECT c FROM u WHERE d = b) OR b = 3",
    "SELECT a FROM t WHERE a NOT IN (SELECT c FROM u) OR b = 3",
    "SELECT a, a IN (SELECT c FROM u) FROM t",
    "SELECT a, a NOT IN (SELECT c FROM u WHERE d < b) FROM t",
    "SELECT a, EXISTS (SELECT 1 FROM u WHERE c = a) FROM t",
    "SELECT a FROM t WHERE (a, b) IN (SELECT c, d FROM u)",
    "SELECT a FROM t WHERE (a, b) NOT IN (SELECT c, d FROM u)",
    "SELECT a FROM t WHERE a > ANY (SELECT c FROM u)",
    "SELECT a FROM t WHERE a > ALL (SELECT c FROM u WHERE d = b)",
    "SELECT a > ALL (SELECT c FROM u WHERE d = b) FROM t",
    "SELECT a FROM t WHERE a = ANY (SELECT c FROM u) AND b <> ALL (SELECT d FROM u)",
    "SELECT (SELECT max(c) FROM u) FROM t",
    "SELECT (SELECT max(c) FROM u WHERE d = b) FROM t",
    "SELECT (SELECT count(*) FROM u WHERE d = b) FROM t",
    "SELECT (SELECT count(*) FROM u WHERE d > b) FROM t",
    "SELECT a FROM t WHERE b > (SELECT count(*) FROM u WHERE c = a)",
    "SELECT a FROM t WHERE b > (SELECT 1 + min(d) FROM u WHERE c = a AND d > 3)",
    "SELECT (SELECT c FROM u WHERE d = b) FROM t",
    "SELECT (SELECT a + 1) FROM t",
    "SELECT (SELECT a) FROM t",
    "SELECT (SELECT c FROM u WHERE d = b ORDER BY c LIMIT 1) FROM t",
    "SELECT (SELECT c FROM u WHERE d = b ORDER BY c DESC LIMIT 1 OFFSET 2) FROM t",
    "SELECT (SELECT DISTINCT c FROM u WHERE d = b) FROM t",
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE c = a LIMIT 1)",
    "SELECT a FROM t WHERE a IN (SELECT c FROM u WHERE d = b UNION SELECT e FROM v WHERE f = b)",
    "SELECT (SELECT sum(c) FROM (SELECT c FROM u WHERE d = b UNION ALL SELECT 5) x) FROM t",
    "SELECT (SELECT sum(x) FROM (SELECT a + c AS x FROM u) y) FROM t",
    "SELECT (SELECT sum(r) FROM (SELECT row_number() OVER (ORDER BY c) AS r FROM u WHERE d = b) x) FROM t",
    "SELECT (SELECT max(n) FROM (SELECT d, count(*) AS n FROM u WHERE c < a GROUP BY d) x) FROM t",
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE c = a AND EXISTS (SELECT 1 FROM v WHERE e = d))",
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE c = a AND EXISTS (SELECT 1 FROM v WHERE e = d AND f = b))",
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE EXISTS (SELECT 1 FROM v WHERE e = a))",
    "SELECT (SELECT max(c) FROM u WHERE d = (SELECT min(f) FROM v WHERE e = a)) FROM t",
    "SELECT (SELECT (SELECT (SELECT a + c + e FROM v WHERE f = d LIMIT 1) FROM u WHERE c > b LIMIT 1)) FROM t",
    "SELECT * FROM t, LATERAL (SELECT c FROM u WHERE d = b) x",
    "SELECT * FROM t, LATERAL (SELECT sum(c) AS s FROM u WHERE d = b) x",
    "SELECT * FROM t LEFT JOIN LATERAL (SELECT c FROM u WHERE d = b ORDER BY c LIMIT 3) x ON true",
    "SELECT * FROM t LEFT JOIN LATERAL (SELECT c FROM u WHERE d = b) x ON c > a",
    "SELECT * FROM t, LATERAL (SELECT a AS a2, c FROM u WHERE c > b) x, LATERAL (SELECT e FROM v WHERE f = x.c) y",
    "SELECT * FROM t LEFT JOIN u ON a = c AND EXISTS (SELECT 1 FROM v WHERE e = d)",
    "SELECT * FROM t LEFT JOIN u ON a = c AND EXISTS (SELECT 1 FROM v WHERE e = d AND f = b)",
    "SELECT * FROM t JOIN u ON a = (SELECT max(e) FROM v WHERE f = d)",
    "SELECT a, (WITH w AS (SELECT c, d FROM u WHERE d = b) SELECT count(*) FROM w w1, w w2) FROM t",
    "SELECT (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < a) SELECT count(*) FROM r) FROM t",
    "WITH w AS (SELECT a, count(*) AS n FROM t GROUP BY a) SELECT * FROM w WHERE n > (SELECT avg(n) FROM w w2 WHERE w2.a < w.a)",
    "SELECT b, sum(a) FROM t GROUP BY b HAVING sum(a) > (SELECT max(c) FROM u WHERE d = b)",
    "SELECT b, (SELECT max(c) FROM u WHERE d = b) FROM t GROUP BY b",
    "SELECT sum((SELECT max(c) FROM u WHERE d = b)) FROM t",
    "SELECT a FROM t ORDER BY (SELECT max(c) FROM u WHERE d = b)",
    "SELECT a FROM t LIMIT (SELECT 3)",
    "SELECT a FROM t ORDER BY a LIMIT (SELECT max(e) FROM v) OFFSET 2",
    "VALUES ((SELECT max(a) FROM t)), ((SELECT min(c) FROM u))",
    "SELECT CASE WHEN a > 1 THEN (SELECT max(c) FROM u WHERE d = b) ELSE 0 END FROM t",
    "SELECT a FROM t WHERE (SELECT count(*) FROM u WHERE c = a) = 0",
    "SELECT a FROM t WHERE coalesce((SELECT max(c) FROM u WHERE d = b), 0) = 0",
    "SELECT c, x FROM u, UNNEST(l) AS w(x) WHERE x > d",
    "SELECT c, (SELECT sum(x) FROM UNNEST(l) AS w(x)) FROM u",
    "SELECT a FROM t WHERE a = (SELECT c FROM u FULL JOIN v ON d = e AND f = b LIMIT 1)",
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u LEFT JOIN v ON e = d AND f = b WHERE c = a)",
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM (SELECT c FROM u WHERE d = b EXCEPT SELECT e FROM v) x WHERE x.c = a)",
    "SELECT a FROM t WHERE b IN (SELECT max(d) FROM u WHERE c = a GROUP BY c)",
    "SELECT t1.a FROM t t1 WHERE t1.b = (SELECT max(t2.b) FROM t t2 WHERE t2.a = t1.a AND EXISTS (SELECT 1 FROM t t3 WHERE t3.a = t2.b AND t3.b = t1.b))",
    "SELECT DISTINCT ON (b) a, b FROM t WHERE EXISTS (SELECT 1 FROM u WHERE c < a) ORDER BY b, a",
    "SELECT a, row_number() OVER (PARTITION BY (SELECT max(c) FROM u WHERE d = b)) FROM t",
    "SELECT a FROM t QUALIFY row_number() OVER (PARTITION BY b ORDER BY a) <= (SELECT 3)",
    "SELECT a FROM t UNION SELECT (SELECT max(e) FROM v WHERE f = c) FROM u",
    "SELECT * FROM t WHERE a < (SELECT count(DISTINCT c) FROM u WHERE d = b)",
    "SELECT grouping(b), b, count(*) FROM t WHERE EXISTS (SELECT 1 FROM u WHERE c = a) GROUP BY ROLLUP (b)",
  ]

  @Test("every shape of subquery is planned as joins", arguments: queries)
  func shape(sql: String) throws {
    _ = try context.plan(sql)
    context.settings["enable_optimizer"] = "false"
    _ = try context.plan(sql)
  }

  @Test("an equality-correlated EXISTS becomes one semi join without a domain")
  func existsIsSemiJoin() throws {
    let plan = try context.plan("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE c = a)")
    #expect(plan.joins(.semi) + plan.joins(.rightSemi) == 1)
    #expect(plan.count { if case .scan = $0 { true } else { false } } == 2)
  }

  @Test("uncorrelated NOT IN over nullable columns is a null-aware anti join")
  func notInIsNullAware() throws {
    let plan = try context.plan("SELECT a FROM t WHERE a NOT IN (SELECT c FROM u)")
    let aware = plan.count {
      if case .join(let join) = $0 { join.kind == .anti && join.nullAware } else { false }
    }
    #expect(aware == 1)
  }

  @Test("NOT IN over columns that are never NULL is a plain anti join")
  func notInOfKeys() throws {
    let plan = try context.plan(
      "SELECT o_orderkey FROM orders WHERE o_orderkey NOT IN (SELECT l_orderkey FROM lineitem)")
    #expect(plan.joins(.anti) + plan.joins(.rightAnti) == 1)
    #expect(!plan.contains { if case .join(let join) = $0 { join.nullAware } else { false } })
  }

  @Test("count over no rows is 0, not NULL")
  func countOfNothing() throws {
    let plan = try context.plan("SELECT a, (SELECT count(*) FROM u WHERE d = b) AS n FROM t")
    #expect(plan.joins(.left) + plan.joins(.right) == 1)
    #expect(plan.treeDescription.contains("coalesce("))
  }

  @Test("a comparison with a correlated aggregate needs no outer join")
  func nullRejectingComparison() throws {
    let plan = try context.plan(
      "SELECT a FROM t WHERE b < (SELECT max(c) FROM u WHERE d = t.b)")
    #expect(plan.joins(.left) + plan.joins(.right) == 0)
    #expect(plan.joins(.inner) == 1)
  }

  @Test("a chain of ten thousand conditions is planned")
  func deepCondition() throws {
    let numbers = ColumnIDAllocator()
    let scan = try context.bound("SELECT a FROM t", numbers)
    let column = scan.columns[0].reference
    var condition: BoundExpression = .comparison(.equal, column, .constant(.integer(0), .integer))
    for i in 1..<10_000 {
      condition = .or([
        condition,
        .comparison(.equal, column, .constant(.integer(Int64(i)), .integer)),
      ])
    }
    let plan = LogicalPlan.filter(scan, [condition])
    let result = try Optimizer(context: context, numbers: numbers).optimize(plan)
    #expect(result.columns.map(\.id) == scan.columns.map(\.id))
  }
}
