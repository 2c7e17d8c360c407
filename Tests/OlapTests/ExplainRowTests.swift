import Olap
import OlapTestSupport
import Testing

@Suite("EXPLAIN ROW")
struct ExplainRowTests {
  @Test("re-aggregating the returned rows gives the cell", arguments: 0..<4)
  func reaggregated(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let connection = try Database().connect()
    try connection.execute(
      """
      CREATE BRONZE TABLE orders (id INTEGER PRIMARY KEY, buyer INTEGER, total DECIMAL(12,2));
      CREATE BRONZE TABLE buyers (id INTEGER PRIMARY KEY, country VARCHAR);
      """)
    let buyers = (1...9).map {
      "(\($0), '\(["UA", "IT", "FR"].randomElement(using: &random) ?? "")')"
    }
    try connection.execute("INSERT INTO buyers VALUES \(buyers.joined(separator: ", "))")
    let orders = (1...200).map {
      "(\($0), \(Int.random(in: 1...11, using: &random)), \(Int.random(in: -5...99, using: &random)))"
    }
    try connection.execute("INSERT INTO orders VALUES \(orders.joined(separator: ", "))")
    try connection.execute(
      """
      CREATE SILVER TABLE good (PRIMARY KEY (id)) AS SELECT * FROM orders WHERE total > 0;
      CREATE SILVER TABLE per_buyer (PRIMARY KEY (buyer)) AS
        SELECT buyer, sum(total) AS total, count(*) AS orders FROM good GROUP BY buyer;
      CREATE GOLD TABLE per_country (PRIMARY KEY (country)) AS
        SELECT b.country, sum(p.total) AS total, sum(p.orders) AS orders
        FROM per_buyer p JOIN buyers b ON b.id = p.buyer GROUP BY b.country;
      """)
    for row in try connection.query("SELECT country, total, orders FROM per_country") {
      let country = row.text(0) ?? ""
      let explained = try connection.query("EXPLAIN ROW per_country WHERE country = '\(country)'")
      for (table, counts) in [
        ("per_buyer", "sum(CAST(r->>'orders' AS INTEGER))"),
        ("good", "count(*)"), ("orders", "count(*)"),
      ] {
        let rows = explained.filter { $0.text(2) == table }.map { "('\($0.text(4) ?? "")')" }
        let again = try connection.query(
          """
          SELECT sum(CAST(r->>'total' AS DECIMAL(12,2))), \(counts)
          FROM (SELECT CAST(t AS JSON) AS r FROM (VALUES \(rows.joined(separator: ", "))) v(t))
          """)
        #expect(again[0].text(0) == row.text(1), "\(table) of \(country)")
        #expect(again[0].text(1) == row.text(2), "\(table) of \(country)")
      }
    }
  }

  @Test("rows that subqueries read give the cell again too", arguments: 0..<4)
  func subqueries(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed) + 50)
    let connection = try Database().connect()
    let orders = (1...120).map {
      "(\($0), \(Int.random(in: 1...6, using: &random)), \(Int.random(in: -9...99, using: &random)))"
    }
    let buyers = (1...6).map { "(\($0), \(Int.random(in: 0...1, using: &random)))" }
    try connection.execute(
      """
      CREATE BRONZE TABLE orders (id INTEGER PRIMARY KEY, buyer INTEGER, total INTEGER);
      CREATE BRONZE TABLE buyers (id INTEGER PRIMARY KEY, level INTEGER);
      INSERT INTO orders VALUES \(orders.joined(separator: ", "));
      INSERT INTO buyers VALUES \(buyers.joined(separator: ", "));
      CREATE SILVER TABLE good (PRIMARY KEY (id)) AS SELECT * FROM orders WHERE total > 0;
      CREATE GOLD TABLE chosen (PRIMARY KEY (buyer)) AS
        SELECT buyer, sum(total) AS total,
          (SELECT count(*) FROM orders o WHERE o.buyer = g.buyer AND o.total <= 0) AS refused
        FROM good g WHERE buyer IN (SELECT id FROM buyers WHERE level = 1) GROUP BY buyer;
      """)
    for row in try connection.query("SELECT buyer, total, refused FROM chosen") {
      let buyer = row.text(0) ?? ""
      let explained = try connection.query("EXPLAIN ROW chosen WHERE buyer = \(buyer)")
      func values(_ table: String) -> String {
        explained.filter { $0.text(2) == table }.map { "('\($0.text(4) ?? "")')" }
          .joined(separator: ", ")
      }
      func again(_ select: String, _ table: String) throws -> String? {
        try connection.query(
          """
          SELECT \(select)
          FROM (SELECT CAST(t AS JSON) AS r FROM (VALUES \(values(table))) v(t))
          """)[0].text(0)
      }
      #expect(try again("sum((r->>'total')::INTEGER)", "good") == row.text(1))
      #expect(
        try again("count(*) FILTER ((r->>'total')::INTEGER <= 0)", "orders") == row.text(2))
      #expect(try again("string_agg(r->>'id', ',')", "buyers") == buyer)
    }
  }
}
