import Olap
import Testing

/// Errors say where in the statement they are, and what may have been meant.
@Suite("Places of errors")
struct ErrorPositionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let sql: String
    let line: Int
    let column: Int
    let words: [String]
    var testDescription: String { sql }

    init(_ sql: String, _ line: Int, _ column: Int, _ words: String...) {
      self.sql = sql
      self.line = line
      self.column = column
      self.words = words
    }
  }

  static let cases = [
    Case("SELECT nme FROM people", 1, 8, "nme", "name"),
    Case("SELECT name\nFROM poeple", 2, 6, "poeple", "people"),
    Case("SELECT name, lenght(name) FROM people", 1, 14, "lenght", "length"),
    Case("SELECT p.nmae FROM people AS p", 1, 8, "nmae", "name"),
    Case("SELECT q.name FROM people AS p", 1, 8, "q"),
    Case("SELECT name FROM people WHERE age > 'x' + 1 AND", 1, 48, "end"),
    Case("SELEC 1", 1, 1, "SELEC"),
    Case("SELECT 1 +\n  * 2", 2, 5),
    Case("SELECT (1, 2", 1, 13),
    Case("SELECT 'open", 1, 8),
    Case("SELECT count(*) FROM people GROUP BY", 1, 37),
    Case("SELECT name, count(*) FROM people", 1, 8, "name", "GROUP BY"),
    Case("SELECT name FROM people WHERE count(*) > 1", 1, 31, "WHERE"),
    Case("SELECT sum(name) FROM people", 1, 8, "sum", "VARCHAR"),
    Case("SELECT name FROM people ORDER BY 2", 1, 34, "ORDER"),
    Case("SELECT 1 UNION SELECT 1, 2", 1, 1, "number of result columns"),
    Case("SELECT id FROM people JOIN pets ON people.id = pets.owner", 1, 8, "Ambiguous"),
    Case("INSERT INTO people (id, nam) VALUES (1, 'x')", 1, 25, "nam", "name"),
    Case("UPDATE people SET agee = 1", 1, 19, "agee", "age"),
    Case("CREATE TABLE t (a INTEGR)", 1, 19, "INTEGR"),
    Case("SELECT 'é', nme FROM people", 1, 13, "nme"),
    Case("SELECT row_number() FROM people", 1, 8, "OVER"),
  ]

  @Test("an error has line, column and the words that help", arguments: cases)
  func place(_ expected: Case) throws {
    let connection = try Database().connect()
    try connection.execute(
      """
      CREATE TABLE people (id INTEGER, name VARCHAR, age INTEGER);
      CREATE TABLE pets (id INTEGER, owner INTEGER)
      """)
    do {
      _ = try connection.query(expected.sql)
      Issue.record("no error")
    } catch let error as OlapError {
      let position = try #require(error.position, "no place: \(error)")
      #expect(position.line == expected.line, "\(error.detailedDescription)")
      #expect(position.column == expected.column, "\(error.detailedDescription)")
      for word in expected.words {
        #expect(error.message.contains(word), "\"\(word)\" is missing in: \(error)")
      }
    }
  }
}
