import Olap
import Testing

@Suite("VERIFY")
struct VerifyTests {
  /// A derived table with one wrong, one missing and one surplus row.
  private func damaged() throws -> Connection {
    let connection = try Database().connect()
    try connection.execute(
      """
      CREATE BRONZE TABLE t (id INTEGER PRIMARY KEY, x DOUBLE);
      INSERT INTO t VALUES (1, 0.5), (2, 0.0), (3, 2.5);
      CREATE SILVER TABLE s (PRIMARY KEY (id)) AS SELECT id, x FROM t;
      """)
    connection.isRefreshing = true
    try connection.execute(
      """
      UPDATE s SET x = CAST('-0.0' AS DOUBLE) WHERE id = 2;
      DELETE FROM s WHERE id = 3;
      INSERT INTO s VALUES (9, 1.0);
      """)
    connection.isRefreshing = false
    return connection
  }

  private func cells(_ rows: [Row]) -> [String] {
    rows.map { row in row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: "|") }
  }

  @Test("differences are listed by key, to the bit")
  func differences() throws {
    let connection = try damaged()
    #expect(
      cells(try connection.query("VERIFY s")) == [
        "s|DIFFERS|3|3|2|x|-0.0|0.0", "s|DIFFERS|3|3|3|NULL|NULL|recomputed",
        "s|DIFFERS|3|3|9|NULL|stored|NULL",
      ])
    #expect(
      try connection.query("SELECT status FROM olap.pipeline_runs WHERE pipeline_name = 'verify'")
        .map { $0.text(0) } == ["FAILED"])
  }

  @Test("REPAIR writes what the definition gives")
  func repair() throws {
    let connection = try damaged()
    #expect(try connection.query("VERIFY s REPAIR").first?.text(1) == "REPAIRED")
    #expect(try connection.query("VERIFY s").map { $0.text(1) } == ["OK"])
    #expect(
      cells(try connection.query("SELECT * FROM s ORDER BY id")) == ["1|0.5", "2|0.0", "3|2.5"])
  }

  @Test("a sample of all keys finds wrong rows")
  func sample() throws {
    let connection = try damaged()
    let rows = try connection.query("VERIFY s SAMPLE 100 KEYS")
    #expect(
      cells(rows) == ["s|DIFFERS|3|2|2|x|-0.0|0.0", "s|DIFFERS|3|2|9|NULL|stored|NULL"])
  }
}
