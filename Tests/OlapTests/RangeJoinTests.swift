import Olap
import Testing

/// Joins by inequalities against the same conditions in a form that only pair-by-pair comparison can answer.
struct RangeJoinTests {
  private static let kinds = [
    "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN",
  ]
  private static let types = [
    "INTEGER", "BIGINT", "UTINYINT", "SMALLINT", "DOUBLE", "FLOAT", "DATE", "TIMESTAMP",
    "DECIMAL(9,2)", "BOOLEAN", "HUGEINT", "VARCHAR",
  ]
  private static let operators = ["<", "<=", ">", ">="]

  /// An expression over range(n) t(i) that gives values of the type, some NULL, many equal.
  private func values(_ type: String, _ seed: Int) -> String {
    let number = "hash(i * 31 + \(seed)) % 97"
    let value =
      switch type {
      case "DATE": "DATE '2024-01-01' + (\(number))::INTEGER"
      case "TIMESTAMP": "TIMESTAMP '1969-12-31 23:00:00' + to_minutes((\(number))::INTEGER)"
      case "BOOLEAN": "(\(number)) > 40"
      case "UTINYINT": number
      case "DOUBLE", "FLOAT":
        """
        CASE (\(number)) WHEN 1 THEN 'nan'::\(type) WHEN 2 THEN 'inf' WHEN 3 THEN '-inf' WHEN 4 THEN -0.0
          WHEN 5 THEN 0.0 ELSE ((\(number))::INTEGER - 48) / 4 END
        """
      case "DECIMAL(9,2)": "((\(number))::INTEGER - 48) / 4"
      default: "(\(number))::INTEGER - 48"
      }
    return "CASE WHEN hash(i + \(seed)) % 10 = 0 THEN NULL ELSE (\(value))::\(type) END"
  }

  private func connection(_ type: String) throws -> Connection {
    let connection = try Database(nil).connect()
    try connection.execute(
      """
      CREATE TABLE x AS SELECT i, \(values(type, 1)) AS a, \(values(type, 2)) AS b, i % 5 AS g
        FROM range(300) t(i);
      CREATE TABLE y AS SELECT i, \(values(type, 3)) AS a, \(values(type, 4)) AS b, i % 5 AS g
        FROM range(700) t(i);
      """)
    return connection
  }

  private func check(_ connection: Connection, _ kind: String, _ conditions: [String]) throws {
    let isOneSided = kind == "SEMI JOIN" || kind == "ANTI JOIN"
    let shown =
      isOneSided
      ? "count(*), sum(x.i), bit_xor(hash(x.i))"
      : "count(*), count(x.i), count(y.i), sum(x.i), sum(y.i), bit_xor(hash(x.i, y.i))"
    let sql = { (parts: [String]) in
      "SELECT \(shown) FROM x \(kind) y ON \(parts.joined(separator: " AND "))"
    }
    let ranged = try connection.query(sql(conditions))
    let compared = try connection.query(sql(conditions.map { "((\($0)) IS TRUE)" }))
    #expect(
      ranged.map { "\($0)" } == compared.map { "\($0)" }, "\(kind) ON \(conditions)")
  }

  @Test(arguments: RangeJoinTests.types)
  func inequalitiesGiveWhatComparingEveryPairGives(type: String) throws {
    let connection = try connection(type)
    for (number, kind) in RangeJoinTests.kinds.enumerated() {
      for (index, first) in RangeJoinTests.operators.enumerated() {
        let second = RangeJoinTests.operators[(index + number) % 4]
        try check(connection, kind, ["x.a \(first) y.a"])
        try check(connection, kind, ["y.a \(first) x.b"])
        try check(connection, kind, ["x.a \(first) y.a", "x.b \(second) y.b"])
      }
      try check(connection, kind, ["x.a >= y.a", "x.a <= y.b"])
      try check(connection, kind, ["y.a >= x.a", "y.a < x.b"])
      try check(connection, kind, ["x.a BETWEEN y.a AND y.b", "x.g <> y.g"])
      try check(connection, kind, ["y.a BETWEEN x.a AND x.b", "x.b > y.b", "x.g <> y.g"])
      try check(connection, kind, ["x.a > y.a", "x.b > y.b", "x.a <= y.b", "x.i < y.i"])
    }
  }

  @Test func computedAndConstantSidesCount() throws {
    let connection = try connection("INTEGER")
    for kind in RangeJoinTests.kinds {
      try check(connection, kind, ["x.a + 1 < y.a * 2"])
      try check(connection, kind, ["x.a BETWEEN y.a - 3 AND y.a + 3"])
      try check(connection, kind, ["x.a < y.a", "y.b > 10"])
      try check(connection, kind, ["x.a::BIGINT < y.a", "x.b < 1000"])
    }
  }

  @Test func rangeJoinsGoToDiskLikeOthers() throws {
    let connection = try connection("BIGINT")
    try connection.execute(
      """
      CREATE TABLE points AS SELECT (hash(i) % 100000)::BIGINT AS p FROM range(2000) t(i);
      CREATE TABLE spans AS
        SELECT (hash(i + 5) % 100000)::BIGINT AS low, low + 20 AS high, repeat('x', 200) AS fat
        FROM range(20000) t(i);
      """)
    let sql = """
      SELECT count(*), sum(p), sum(low), sum(length(fat))
      FROM points LEFT JOIN spans ON p BETWEEN low AND high
      """
    let whole = try connection.query(sql).map { "\($0)" }
    try connection.execute("SET memory_limit = '3MB'")
    #expect(try connection.query(sql).map { "\($0)" } == whole)
  }
}
