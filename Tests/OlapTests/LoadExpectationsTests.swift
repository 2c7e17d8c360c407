import Glibc
import Olap
import Testing

@Suite("Loads under expectations")
struct LoadExpectationsTests {
  private func file(_ text: String) throws -> String {
    let path = "/tmp/olap-load-\(getpid())-\(UInt64.random(in: 0 ... .max)).csv"
    guard let handle = fopen(path, "w") else { throw OlapError(.io, "cannot write \(path)") }
    fputs(text, handle)
    fclose(handle)
    return path
  }

  @Test("a load keeps good rows, quarantines bad ones and is a run")
  func load() throws {
    let path = try file("id,total\n1,10\n2,-3\n3,7\n")
    defer { unlink(path) }
    let connection = try Database().connect()
    try connection.execute(
      """
      CREATE BRONZE TABLE orders (id INTEGER PRIMARY KEY, total DECIMAL(12,2),
        CONSTRAINT positive EXPECT total > 0 ON VIOLATION QUARANTINE);
      """)
    var request = LoadRequest(table: "orders", inputs: [path])
    request.keys = ["id"]
    #expect(try connection.load(request).rowCount == 2)
    // The same file again changes nothing but the bad row's place in quarantine.
    #expect(try connection.load(request).rowCount == 2)
    #expect(
      try connection.query("SELECT sum(total) FROM orders")[0].text(0) == "17.00")
    #expect(
      try connection.query("SELECT status FROM olap.quarantine ORDER BY status").map { $0.text(0) }
        == ["QUARANTINED", "SUPERSEDED"])
    let runs = try connection.query(
      "SELECT trigger, rows_processed, files_processed FROM olap.pipeline_runs "
        + "WHERE pipeline_name = 'load'")
    #expect(runs.count == 2)
    #expect(runs[0].text(0) == "orders" && runs[0].int(1) == 2 && runs[0].int(2) == 1)
    // What a load sets aside names its run.
    let named = try connection.query(
      """
      SELECT (SELECT count(*) FROM olap.quarantine JOIN olap.pipeline_runs USING (run_id)),
        (SELECT count(*) FROM olap.expectation_results JOIN olap.pipeline_runs USING (run_id))
      """)
    #expect(named[0].int(0) == 2 && named[0].int(1) == 2)
  }

  @Test("FAIL undoes the whole load")
  func fail() throws {
    let path = try file("id,total\n1,10\n2,-3\n")
    defer { unlink(path) }
    let connection = try Database().connect()
    try connection.execute(
      "CREATE BRONZE TABLE orders (id INTEGER, total INTEGER, EXPECT (total > 0) ON VIOLATION FAIL)"
    )
    #expect(throws: OlapError.self) {
      try connection.load(LoadRequest(table: "orders", inputs: [path]))
    }
    #expect(try connection.query("SELECT count(*) FROM orders")[0].int(0) == 0)
  }

  @Test("text that is no row, constraints and expectations each have their place; replay sees all")
  func everyKind() throws {
    let path = try file(
      "id,name,amt\n1,a,1.5\n2,b,-2.5\n3,,1\n4,d,9\n5,e,2\n5,f,3.5\n6,g,xx\n8,h,3\n9,a,1\n")
    defer { unlink(path) }
    let connection = try Database().connect()
    try connection.execute(
      """
      CREATE TABLE b (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, amt DOUBLE CHECK (amt < 5),
        twice DOUBLE GENERATED ALWAYS AS (amt * 2),
        CONSTRAINT positive EXPECT (amt > 0) ON VIOLATION QUARANTINE,
        CONSTRAINT no_six EXPECT (twice <> 6) ON VIOLATION DROP,
        CONSTRAINT one_name EXPECT UNIQUE (name) ON VIOLATION QUARANTINE,
        CONSTRAINT small EXPECT (amt < 2) ON VIOLATION WARN)
      """)
    var request = LoadRequest(table: "b", inputs: [path])
    request.keys = ["id"]
    request.onError = .quarantine
    let first = try connection.load(request)
    #expect(first.inserted == 2 && first.superseded == 1)
    #expect(first.refused == 3 && first.rejected == 3)
    let again = try connection.load(request)
    #expect(again.inserted == 0 && again.updated == 0 && again.unchanged == 2)
    func lines(_ sql: String) throws -> [String] {
      try connection.query(sql).map { row in
        row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: "|")
      }
    }
    #expect(try lines("FROM b ORDER BY id") == ["1|a|1.5|3.0", "5|f|3.5|7.0"])
    #expect(
      try lines("SELECT rule, payload->>'twice', status FROM olap.quarantine ORDER BY ALL")
        == [
          "one_name|2.0|QUARANTINED", "one_name|2.0|SUPERSEDED", "positive|-5.0|QUARANTINED",
          "positive|-5.0|SUPERSEDED",
        ])
    #expect(
      try lines(
        "SELECT DISTINCT expectation, rows_checked, rows_failed FROM olap.expectation_results "
          + "ORDER BY ALL")
        == ["no_six|8|1", "one_name|8|1", "positive|8|1", "small|5|1"])
    #expect(
      try lines("SELECT line, raw FROM olap.load_errors WHERE id <= 3 ORDER BY id")
        == ["4|3,,1", "5|4,d,9", "8|6,g,xx"])
    try connection.execute(
      """
      DELETE FROM olap.load_errors WHERE id > 3;
      UPDATE olap.load_errors SET raw = '6,g,1' WHERE raw = '6,g,xx';
      UPDATE olap.quarantine SET payload = '{"id":2,"name":"b","amt":2.5}'
      WHERE rule = 'positive' AND status = 'QUARANTINED'
      """)
    let reports = try connection.replay()
    #expect(reports.count == 1 && reports[0].inserted == 2)
    #expect(reports[0].rejected == 2 && reports[0].refused == 1)
    #expect(try lines("SELECT id FROM b ORDER BY id") == ["1", "2", "5", "6"])
  }

  @Test("refused rows beyond memory are spilled; a UNIQUE rule keeps the first row of the files")
  func large() throws {
    var text = "id,code,total\n"
    for id in 0..<40_000 { text += "\(id),c\(id / 2),\(id % 4 == 0 ? -1 : 1)\n" }
    let path = try file(text + "x,y,z\n")
    defer { unlink(path) }
    var options = DatabaseOptions()
    options.memoryLimit = 4 << 20
    let connection = try Database(nil, options: options).connect()
    try connection.execute(
      """
      CREATE TABLE t (id INTEGER, code VARCHAR, total INTEGER,
        CONSTRAINT positive EXPECT (total > 0) ON VIOLATION QUARANTINE,
        CONSTRAINT one_code EXPECT UNIQUE (code) ON VIOLATION DROP)
      """)
    var request = LoadRequest(table: "t", inputs: [path])
    request.onError = .skip
    let report = try connection.load(request)
    // Of each pair c2k the first is refused when 4 divides its id; else the second is one too many.
    #expect(report.inserted == 20_000 && report.refused == 20_000 && report.rejected == 1)
    #expect(
      try connection.query("SELECT count(*), sum(id % 4) FROM t")[0].int(1) == 10_000 * (1 + 2))
    #expect(try connection.query("SELECT count(*) FROM olap.quarantine")[0].int(0) == 10_000)
  }
}
