import Glibc
import Olap
import Testing

/// What a refresh writes is in memory for the next one, as far as there is room.
@Suite struct WrittenModelTests {
  private let layers = """
    CREATE BRONZE TABLE b (id BIGINT PRIMARY KEY, x BIGINT, s VARCHAR);
    INSERT INTO b SELECT i, hash(i) % 1000000, 'name' || (i % 5000) FROM range(200000) t(i);
    SELECT sum(x), max(s), max(id) FROM b;
    """
  private let model =
    "CREATE SILVER TABLE m (PRIMARY KEY (id)) AS SELECT id, x + 1 AS y, upper(s) AS u FROM b"

  private func cached(_ connection: Connection) throws -> Int {
    try connection.query("SELECT bytes FROM olap.memory WHERE consumer = 'bufferPool'")
      .first?.int(0) ?? 0
  }

  @Test func aModelJustWrittenIsNotReadFromTheFile() throws {
    let path = "/tmp/olap-written-\(getpid()).olap"
    defer { for end in ["", "-wal"] { unlink(path + end) } }
    let database = try Database(path)
    defer { try? database.close() }
    let connection = database.connect()
    try connection.execute(layers)
    let before = try cached(connection)
    try connection.execute(model)
    let after = try cached(connection)
    // Two columns of at least two bytes a row, and the key index.
    #expect(after - before > 200_000 * 8)
    _ = try connection.query("SELECT sum(y), max(u), max(id) FROM m")
    #expect(try cached(connection) == after)
  }

  @Test func withoutRoomItIsRead() throws {
    let path = "/tmp/olap-unwritten-\(getpid()).olap"
    defer { for end in ["", "-wal"] { unlink(path + end) } }
    let database = try Database(path, options: DatabaseOptions(memoryLimit: 24 << 20))
    defer { try? database.close() }
    let connection = database.connect()
    try connection.execute(layers)
    try connection.execute(model)
    #expect(try cached(connection) <= 24 << 20)
    let row = try connection.query("SELECT sum(y) - (SELECT sum(x) FROM b), count(*) FROM m").first
    #expect(row?.int(0) == 200_000)
    #expect(row?.int(1) == 200_000)
  }
}
