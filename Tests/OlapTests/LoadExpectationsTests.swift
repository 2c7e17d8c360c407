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
}
