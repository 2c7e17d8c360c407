import OlapColumns
import Testing

@testable import OlapPlanning

@Suite("Optimizer rules") struct OptimizerRuleTests {
  let context = TPCHContext()

  private func text(_ sql: String) throws -> String { try context.plan(sql).treeDescription }

  @Test(
    "conditions on constants reach the scan",
    arguments: [
      ("SELECT a FROM t WHERE 5 < a", "{a > 5}"),
      ("SELECT a FROM t WHERE NOT (a <= 2 + 3)", "{a > 5}"),
      ("SELECT a FROM t WHERE a = 1 OR a = 2 OR a IN (3, 4)", "{a IN (1, 2, 3, 4)}"),
      ("SELECT a FROM t WHERE CAST(a AS BIGINT) = 7", "{a = 7}"),
      ("SELECT a FROM t WHERE a < 2.5", "{a <= 2}"),
      ("SELECT a FROM t WHERE a IS NOT NULL", "{a IS NOT NULL}"),
      ("SELECT s FROM t WHERE s LIKE 'abc'", "{s = 'abc'}"),
      ("SELECT s FROM t WHERE s LIKE 'ab%'", "{s >= 'ab'} {s < 'ac'}"),
      ("SELECT a FROM (SELECT a, count(*) AS n FROM t GROUP BY a) x WHERE a = 3", "{a = 3}"),
      ("SELECT x FROM (SELECT a AS x FROM t UNION ALL SELECT c FROM u) y WHERE x = 3", "{c = 3}"),
      ("SELECT a FROM t JOIN u ON a = c WHERE a = 3", "{c = 3}"),
      ("SELECT a FROM t LEFT JOIN u ON a = c WHERE a = 3", "{c = 3}"),
      (
        "SELECT a FROM (SELECT a, rank() OVER (PARTITION BY a ORDER BY b) AS r FROM t) x WHERE a = 3",
        "{a = 3}"
      ),
    ])
  func pushdown(sql: String, expected: String) throws {
    let plan = try text(sql)
    #expect(plan.contains(expected), "\(plan)")
  }

  @Test("a condition over a window's rows stays above it")
  func windowKeepsRows() throws {
    let plan = try text(
      "SELECT a FROM (SELECT a, b, rank() OVER (PARTITION BY a ORDER BY b) AS r FROM t) x "
        + "WHERE b = 3 AND r = 1")
    #expect(!plan.contains("{b = 3}"))
  }

  @Test("a condition that rejects NULL makes an outer join inner")
  func outerToInner() throws {
    let plan = try context.plan("SELECT a FROM t LEFT JOIN u ON a = c WHERE d > 3")
    #expect(plan.joins(.inner) == 1)
    let kept = try context.plan("SELECT a FROM t LEFT JOIN u ON a = c WHERE d IS NULL")
    #expect(kept.joins(.left) + kept.joins(.right) == 1)
    let full = try context.plan("SELECT a, d FROM t FULL JOIN u ON a = c WHERE b = 3")
    #expect(full.joins(.full) == 0)
  }

  @Test("scans list only the columns that are read")
  func pruning() throws {
    let plan = try context.plan("SELECT count(*) FROM (SELECT * FROM lineitem ORDER BY 1) x")
    plan.forEachNode { node in
      if case .scan(let scan) = node { #expect(scan.columns.isEmpty) }
    }
    #expect(plan.count { if case .sort = $0 { true } else { false } } == 0)
  }

  @Test("ORDER BY with LIMIT is one top-n")
  func topN() throws {
    let plan = try context.plan("SELECT a FROM t ORDER BY b LIMIT 5 OFFSET 2")
    #expect(plan.count { if case .topN(_, _, 5, 2) = $0 { true } else { false } } == 1)
  }

  @Test("WHERE FALSE needs no scan")
  func empty() throws {
    let plan = try context.plan("SELECT a FROM t JOIN u ON a = c WHERE 1 = 2")
    #expect(plan.count { if case .scan = $0 { true } else { false } } == 0)
  }

  @Test("an unused left join with a unique right side disappears")
  func joinElimination() throws {
    let plan = try context.plan("SELECT a FROM t LEFT JOIN v ON a = e")
    #expect(plan.count { if case .join = $0 { true } else { false } } == 0)
    let kept = try context.plan("SELECT a FROM t LEFT JOIN u ON a = c")
    #expect(kept.count { if case .join = $0 { true } else { false } } == 1)
  }

  @Test("a one-row subquery does not hide the join graph")
  func oneRowRelation() throws {
    let plan = try context.plan(
      "SELECT count(*) FROM lineitem, (SELECT max(a) AS m FROM t) x, orders, customer "
        + "WHERE l_orderkey = o_orderkey AND o_custkey = c_custkey AND l_quantity > m")
    let crosses = plan.count { node in
      guard case .join(let join) = node, join.kind == .cross else { return false }
      return !join.left.hasAtMostOneRow && !join.right.hasAtMostOneRow
    }
    #expect(crosses == 0)
    #expect(plan.joins(.inner) >= 2)
  }

  @Test("disabled rules do not run; mandatory ones do")
  func disabled() throws {
    context.settings["disabled_optimizers"] = "limits, subquery_lifting"
    let plan = try context.plan(
      "SELECT a FROM t WHERE a IN (SELECT c FROM u) ORDER BY b LIMIT 5")
    #expect(plan.count { if case .topN = $0 { true } else { false } } == 0)
    #expect(plan.joins(.semi) + plan.joins(.rightSemi) == 1)
  }

  @Test("tracing names the rules that changed the plan")
  func tracing() throws {
    let numbers = ColumnIDAllocator()
    let plan = try context.bound("SELECT a FROM t WHERE a IN (SELECT c FROM u)", numbers)
    let traced = try Optimizer(context: context, numbers: numbers).optimizeTracing(plan)
    #expect(traced.steps.map(\.rule).contains("subquery_lifting"))
    #expect(traced.steps.last?.plan.treeDescription == traced.plan.treeDescription)
  }

  @Test("many relations are ordered greedily and without cross products")
  func manyRelations() throws {
    let names = (0..<16).map { "t\($0)" }
    let tables = names.map { "t \($0)" }.joined(separator: ", ")
    let conditions = zip(names, names.dropFirst()).map { "\($0).a = \($1).a" }
      .joined(separator: " AND ")
    let plan = try context.plan("SELECT count(*) FROM \(tables) WHERE \(conditions)")
    #expect(plan.joins(.cross) == 0)
    #expect(plan.joins(.inner) == 15)
  }
}
