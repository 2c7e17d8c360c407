import Testing

@testable import OlapSQL

@Suite("Dependencies")
struct DependenciesTests {
  private func tables(_ sql: String) throws -> [String] {
    Dependencies(of: try Parser.parse(sql)[0]).tables.map(\.text)
  }

  @Test("tables are found wherever a query may stand, CTEs are left out")
  func tables() throws {
    #expect(
      try tables("SELECT * FROM a, b JOIN s.c ON true WHERE x IN (SELECT y FROM d)") == [
        "a", "b", "s.c", "d",
      ])
    #expect(try tables("WITH a AS (SELECT * FROM b) SELECT * FROM a, c, A") == ["b", "c"])
    #expect(try tables("WITH a AS (SELECT * FROM a) SELECT * FROM a") == ["a"])
    #expect(
      try tables("WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT * FROM a) SELECT * FROM a") == [])
    #expect(try tables("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) x, a") == ["a"])
    #expect(
      try tables("SELECT (SELECT max(x) FROM e), EXISTS (FROM f) FROM g ORDER BY (SELECT 1 FROM h)")
        == ["e", "f", "g", "h"])
    #expect(try tables("FROM changes('orders', 1, 2)") == ["orders"])
    #expect(try tables("PIVOT a ON b USING sum(c)") == ["a"])
    #expect(
      try tables("SELECT 1 FROM a UNION ALL SELECT 2 FROM b EXCEPT (SELECT 3 FROM c LIMIT 1)") == [
        "a", "b", "c",
      ])
    #expect(try tables("CREATE GOLD TABLE g AS SELECT * FROM s") == ["s"])
    #expect(try tables("SELECT * FROM s.a WHERE EXISTS (SELECT 1 FROM S.A)") == ["s.a"])
  }

  @Test("functions, files, targets and parameters are found")
  func others() throws {
    let found = Dependencies(
      of: try Parser.parse(
        "INSERT INTO t SELECT now(), sum(a) OVER (ORDER BY lower(b)), ? FROM 'x.csv', read_csv('y')"
      )[0])
    #expect(found.functions == ["now", "sum", "lower", "read_csv"])
    #expect(found.files == ["x.csv"])
    #expect(found.targets.map(\.text) == ["t"])
    #expect(found.hasParameters)
  }
}
