import Glibc
import Olap
import Testing

@Suite("appender")
struct AppenderTests {
  private func connect() throws -> Connection {
    let connection = try Database(nil).connect()
    try connection.execute(
      "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR, d DATE DEFAULT DATE '2000-01-01')")
    return connection
  }

  @Test("rows and column chunks in one transaction, cast to the columns' types")
  func rows() throws {
    let connection = try connect()
    let appender = try connection.appender("t")
    try appender.append(.integer(1), .varchar("a"), .varchar("2024-02-03"))
    try appender.append(.integer(2), .null, .null)
    try appender.append(columns: [
      .integers([3, 4]), .strings(["c", nil]), .strings(["2024-01-01", nil]),
    ])
    try appender.append(.varchar("5"), .integer(7), .null)
    #expect(throws: OlapError.self) { try appender.append(.varchar("x"), .null, .null) }
    #expect(throws: OlapError.self) { try appender.append(.integer(1)) }
    #expect(try appender.finish() == 5)
    #expect(
      try connection.lines("SELECT * FROM t ORDER BY id") == [
        "1|a|2024-02-03", "2|NULL|NULL", "3|c|2024-01-01", "4|NULL|NULL", "5|7|NULL",
      ])
    #expect(throws: OlapError.self) { try appender.append(.integer(9), .null, .null) }
  }

  @Test("some columns; the others get their defaults")
  func columns() throws {
    let connection = try connect()
    let appender = try connection.appender("t", columns: ["name", "id"])
    try appender.append(.varchar("a"), .integer(1))
    try appender.finish()
    #expect(try connection.lines("SELECT * FROM t") == ["1|a|2000-01-01"])
  }

  @Test("a broken rule drops the transaction, or the last batch")
  func rules() throws {
    let connection = try connect()
    let whole = try connection.appender("t")
    for id in [1, 2, 1] { try whole.append(.integer(Int64(id)), .null, .null) }
    #expect(throws: OlapError.self) { try whole.finish() }
    #expect(!connection.isInTransaction)
    #expect(try connection.lines("SELECT count(*) FROM t") == ["0"])
    let parts = try connection.appender("t", rowsPerCommit: 2)
    for id in [1, 2, 3, 4] { try parts.append(.integer(Int64(id)), .null, .null) }
    try parts.append(.integer(1), .null, .null)
    #expect(throws: OlapError.self) { try parts.finish() }
    #expect(try connection.lines("SELECT count(*) FROM t") == ["4"])
  }

  @Test("within a transaction, and released without an end")
  func transactions() throws {
    let connection = try connect()
    try connection.execute("BEGIN")
    let appender = try connection.appender("t")
    try appender.append(.integer(1), .null, .null)
    try appender.finish()
    #expect(connection.isInTransaction)
    try connection.execute("ROLLBACK")
    #expect(try connection.lines("SELECT count(*) FROM t") == ["0"])
    do {
      let dropped = try connection.appender("t")
      try dropped.append(.integer(1), .null, .null)
    }
    #expect(!connection.isInTransaction)
    #expect(try connection.lines("SELECT count(*) FROM t") == ["0"])
  }

  @Test("many rows, more than a row group")
  func many() throws {
    let connection = try Database(nil).connect()
    try connection.execute("CREATE TABLE n (a BIGINT, b VARCHAR)")
    let appender = try connection.appender("n")
    for start in stride(from: Int64(0), to: 200_000, by: 10_000) {
      let ids = (start..<start + 10_000).map { Optional($0) }
      try appender.append(columns: [.integers(ids), .strings(ids.map { "v\($0 ?? 0)" })])
    }
    #expect(try appender.finish() == 200_000)
    #expect(
      try connection.lines("SELECT count(*), sum(a), count(DISTINCT b) FROM n") == [
        "200000|19999900000|200000"
      ])
  }
}
