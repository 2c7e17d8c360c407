import Testing

@testable import OlapSQL

@Suite("Parse errors")
struct ParserErrorTests {
  private func failure(_ sql: String) -> ParseError? {
    do {
      _ = try Parser.parse(sql)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "say what was expected, what is there, and what was meant",
    arguments: [
      ("SELCT 1", "expected a statement but found \"SELCT\"", "did you mean SELECT?"),
      (
        "SELECT 1 FROM t WEHRE a", "expected the end of the statement but found \"a\"",
        "\"WEHRE\" was read as a name; did you mean WHERE?"
      ),
      ("SELECT (1", "expected \")\" but the text ends here", nil),
      (
        "CREATE TABEL t (a INT)",
        "expected TABLE, VIEW or another kind of object but found \"TABEL\"", "did you mean TABLE?"
      ),
      ("SELECT * FROM t JOIN u", "expected ON or USING but the text ends here", nil),
      ("SELECT CASE WHEN a THEN b", "expected WHEN, ELSE or END but the text ends here", nil),
      (
        "INSERT INTO t VALUES (1) ON CONFLCT DO NOTHING", "expected CONFLICT but found \"CONFLCT\"",
        "did you mean CONFLICT?"
      ),
      ("SELECT 'abc", "this string has no end: expected '", nil),
      (
        "SELECT 12abc",
        "this is neither a number nor a name: a name that starts with a digit needs quotes", nil
      ),
      (
        "SELECT a FROM select", "expected a table name but found \"select\"",
        "select is a keyword: write \"select\" to use it as a name"
      ),
      ("CREATE TABLE t (a)", "column a has no type", nil),
      ("DROP TABEL t", "expected a kind of object but found \"TABEL\"", "did you mean TABLE?"),
      (
        "CREATE GOLD TABLE g REFRESH SOMETIMES AS SELECT 1",
        "expected AUTO, INCREMENTAL, FULL, IMMEDIATE or MANUAL but found \"SOMETIMES\"", nil
      ),
    ] as [(String, String, String?)])
  func messages(sql: String, message: String, hint: String?) {
    let error = failure(sql)
    #expect(error?.message == message)
    #expect(error?.hint == hint)
  }

  @Test("know when the text only ends too early")
  func atEnd() {
    for sql in ["SELECT", "SELECT (1", "SELECT 'a", "SELECT /* x", "CREATE TABLE", "$$x"] {
      #expect(failure(sql)?.isAtEnd == true, "\(sql)")
    }
    #expect(failure("SELECT )")?.isAtEnd == false)
  }

  @Test("show the line with a caret, counting characters")
  func rendering() {
    let sql = "SELECT 'é',\n\tfoo bar baz\nFROM t"
    let error = failure(sql)
    #expect(
      error?.rendered(in: sql) == """
        expected the end of the statement but found "baz" (line 2, column 10)
        LINE 2:  foo bar baz
                         ^^^
        """)
  }

  @Test("cut long lines around the place")
  func longLine() {
    let sql = "SELECT " + String(repeating: "a, ", count: 500) + "b c d FROM t"
    let text = failure(sql)?.rendered(in: sql) ?? ""
    for line in text.split(separator: "\n") { #expect(line.count < 130) }
    #expect(text.contains("^"))
  }

  @Test("nesting of any depth is an error and no crash")
  func depth() {
    let n = 100_000
    func times(_ text: String) -> String { String(repeating: text, count: n) }
    let hostile: [(String, String, String)] = [
      ("SELECT ", "(", ""),
      ("SELECT ", "[", ""),
      ("SELECT ", "- ", "1"),
      ("SELECT ", "NOT ", "a"),
      ("SELECT ", "~", "1"),
      ("SELECT ", "f(", ""),
      ("SELECT ", "CASE WHEN ", ""),
      ("", "SELECT (", ""),
      ("", "(", ""),
      ("SELECT 1", "+1", ""),
      ("SELECT a", "[1]", ""),
      ("SELECT a", "::int", ""),
      ("SELECT a", ".b(1)", ""),
      ("SELECT a", " = a", ""),
      ("SELECT a", " IS NULL", ""),
      ("SELECT * FROM ", "(", ""),
      ("SELECT * FROM a", " CROSS JOIN b", ""),
      ("SELECT * FROM ", "(SELECT * FROM ", ""),
      ("", "EXPLAIN ", ""),
      ("", "WITH a AS (", ""),
      ("SELECT a::", "STRUCT(a ", ""),
      ("SELECT a::INT", "[]", ""),
      ("SELECT {'a': ", "{'a': ", ""),
      ("SELECT 1", " UNION SELECT 1 EXCEPT SELECT 1", ""),
      ("", "PREPARE x AS ", ""),
      ("SELECT * FROM x", " PIVOT (sum(a) FOR b IN (1))", ""),
      ("", "PIVOT (", ""),
      ("SELECT x FROM t GROUP BY ", "GROUPING SETS (", ""),
      ("SELECT lambda x: ", "lambda x: ", ""),
      ("SELECT a", " BETWEEN 1 AND a", ""),
      ("SELECT a", " COLLATE x", ""),
      ("SELECT 5", "!", ""),
      ("SELECT ", "EXISTS (SELECT ", ""),
      ("SELECT INTERVAL ", "(INTERVAL ", ""),
      ("FROM ", "x: ", ""),
      ("SELECT sum(x) OVER ", "(PARTITION BY sum(x) OVER ", ""),
      ("SELECT ", "CAST(", ""),
      ("SELECT a", ".b", ""),
      ("", "/*", ""),
      ("SELECT ", "x IN (", ""),
      ("", "CREATE TASK t AS ", ""),
      ("SELECT ", "EXTRACT(year FROM ", ""),
      ("VALUES ", "((", ""),
      ("SELECT * FROM ", "LATERAL (", ""),
      ("SELECT ", "@", ""),
      ("SELECT ", "COLUMNS(", ""),
    ]
    for (prefix, repeated, suffix) in hostile {
      let sql = prefix + times(repeated) + suffix
      #expect(failure(sql) != nil, "\(prefix)\(repeated)")
    }
    let balanced = "SELECT " + times("(") + "1" + times(")")
    #expect(failure(balanced) != nil)
  }

  @Test("long flat lists are no nesting")
  func longLists() throws {
    let n = 100_000
    func chain(_ word: String) -> String {
      "SELECT " + Array(repeating: "a", count: n).joined(separator: word)
    }
    let texts: [String] = [
      chain(" AND "), chain(" OR "), chain(" || "), chain(", "),
      Array(repeating: "SELECT 1", count: n).joined(separator: " UNION ALL "),
      Array(repeating: "SELECT 1", count: n).joined(separator: " UNION "),
      "INSERT INTO t VALUES " + Array(repeating: "(1, 'x')", count: n).joined(separator: ","),
      "SELECT a IN (" + Array(repeating: "1", count: n).joined(separator: ",") + ")",
      "SELECT CASE " + String(repeating: "WHEN a THEN 1 ", count: n) + "END",
      "SELECT * FROM " + Array(repeating: "t", count: n).joined(separator: ","),
    ]
    for sql in texts {
      let statements = try Parser.parse(sql)
      #expect(statements.count == 1)
      let printed = statements[0].sql
      #expect(printed != nil)
    }
  }
}
