import Olap
import Testing

@Suite("refresh that falls back")
struct RefreshFallbackTests {
  @Test("ON FALLBACK WARN says why a model is recomputed, with the result of the refresh")
  func warning() throws {
    let connection = try Database().connect()
    try connection.execute(
      """
      CREATE BRONZE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);
      CREATE GOLD TABLE best ON FALLBACK WARN AS SELECT * FROM t ORDER BY v DESC, id LIMIT 2;
      CREATE GOLD TABLE quiet AS SELECT * FROM t ORDER BY v DESC, id LIMIT 2;
      INSERT INTO t VALUES (1, 1), (2, 2), (3, 3);
      REFRESH ALL;
      INSERT INTO t VALUES (4, 4);
      """)
    let result = try connection.execute("REFRESH ALL")
    #expect(result.notices.count == 1)
    #expect(result.notices.first?.hasPrefix("\"best\" is recomputed: every row may") == true)
    // Nothing to do, nothing to say.
    #expect(try connection.execute("REFRESH ALL").notices.isEmpty)
    try connection.execute("ALTER TABLE best SET ON FALLBACK ERROR; DELETE FROM t WHERE id = 4")
    #expect(throws: OlapError.self) { try connection.execute("REFRESH best") }
  }
}
