import Glibc
import Olap
import Testing

/// Databases attached as files, and whole databases exported and copied.
@Suite("Several databases")
struct AttachTests {
  private let folder: String

  init() {
    folder = "/tmp/olap-attach-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    mkdir(folder, 0o755)
  }

  private func removeFolder() {
    guard let open = opendir(folder) else { return }
    while let entry = readdir(open) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      unlink(folder + "/" + name)
    }
    closedir(open)
    rmdir(folder)
  }

  @Test("an attached file keeps what was written, has one writer, and can be read only")
  func file() throws {
    defer { removeFolder() }
    let path = folder + "/side.olap"
    let database = try Database(nil)
    let connection = database.connect()
    try connection.execute("ATTACH '\(path)'; CREATE TABLE side.t (a INTEGER PRIMARY KEY)")
    try connection.execute("INSERT INTO side.t SELECT i FROM range(1000) r(i)")
    // The file is this session's until it is detached.
    let other = try Database(nil).connect()
    #expect(throws: OlapError.self) { try other.execute("ATTACH '\(path)'") }
    try connection.execute("DETACH side")
    try other.execute("ATTACH '\(path)' AS again (READ_ONLY)")
    #expect(try other.query("SELECT count(*) FROM again.t").first?.int(0) == 1000)
    #expect(throws: OlapError.self) { try other.execute("INSERT INTO again.t VALUES (-1)") }
    #expect(throws: OlapError.self) { try other.execute("DROP TABLE again.t") }
    try other.execute("DETACH again")
    let reopened = try Database(path)
    #expect(try reopened.connect().query("SELECT sum(a) FROM t").first?.int(0) == 499_500)
    try reopened.close()
  }

  @Test("a rolled back transaction leaves both databases as they were")
  func rollback() throws {
    defer { removeFolder() }
    let database = try Database(folder + "/main.olap")
    let connection = database.connect()
    try connection.execute(
      "ATTACH '\(folder)/side.olap' AS side; CREATE TABLE t (a INTEGER);"
        + "CREATE TABLE side.t (a INTEGER); BEGIN; INSERT INTO side.t VALUES (1), (2)")
    #expect(throws: OlapError.self) { try connection.execute("INSERT INTO t VALUES (1)") }
    try connection.execute("ROLLBACK")
    #expect(try connection.query("SELECT count(*) FROM side.t").first?.int(0) == 0)
    try connection.execute(
      "BEGIN; INSERT INTO side.t VALUES (1); SAVEPOINT s; INSERT INTO side.t VALUES (2);"
        + "ROLLBACK TO s; COMMIT")
    #expect(try connection.query("SELECT list(a) FROM side.t").first?.text(0) == "[1]")
    try database.close()
  }

  private let everything = """
    CREATE SCHEMA s;
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE SEQUENCE counter START 5;
    CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL DEFAULT 'it''s', m mood);
    CREATE TABLE s.child (id INTEGER DEFAULT nextval('counter'), parent INTEGER REFERENCES parent (id),
      total DECIMAL(10,2) CHECK (total >= 0), twice DECIMAL(12,2) GENERATED ALWAYS AS (total * 2),
      l INTEGER[], UNIQUE (parent, total));
    CREATE INDEX by_name ON parent (name);
    CREATE VIEW v AS SELECT p.name, c.total FROM parent p JOIN s.child c ON c.parent = p.id;
    CREATE MACRO add_one(x) AS x + 1;
    INSERT INTO parent VALUES (1, 'a "q", b', 'sad'), (2, '', NULL);
    """

  private func fill(_ connection: Connection) throws {
    try connection.execute(everything)
    try connection.execute(
      "INSERT INTO s.child (parent, total, l) VALUES (1, 1.5, [1, 2]), (2, 0, NULL)")
  }

  private func check(_ connection: Connection) throws {
    let rows = try connection.query(
      "SELECT id, parent, total, twice, l FROM s.child ORDER BY parent")
    #expect(rows.map { $0.text(2) } == ["1.50", "0.00"])
    #expect(rows.map { $0.text(3) } == ["3.00", "0.00"])
    #expect(rows[0].text(4) == "[1, 2]")
    let parents = try connection.query("SELECT name, m FROM parent ORDER BY id")
    #expect(parents.map { $0.text(0) } == ["a \"q\", b", ""])
    #expect(parents[0].text(1) == "sad")
    #expect(try connection.query("SELECT count(*) FROM v").first?.int(0) == 2)
    #expect(try connection.query("SELECT add_one(41)").first?.int(0) == 42)
    for bad in [
      "INSERT INTO s.child (parent, total) VALUES (99, 1)",
      "INSERT INTO s.child (parent, total) VALUES (1, -1)",
      "INSERT INTO s.child (parent, total) VALUES (1, 1.5)",
      "INSERT INTO parent VALUES (1, 'twice', NULL)", "INSERT INTO parent VALUES (9, NULL, NULL)",
    ] {
      #expect(throws: OlapError.self, "\(bad)") { try connection.execute(bad) }
    }
  }

  @Test("EXPORT DATABASE writes what IMPORT DATABASE reads")
  func export() throws {
    defer { removeFolder() }
    let source = try Database(nil).connect()
    try fill(source)
    try source.execute("EXPORT DATABASE '\(folder)'")
    let target = try Database(nil).connect()
    try target.execute("IMPORT DATABASE '\(folder)'")
    try check(target)
  }

  @Test("COPY FROM DATABASE copies definitions and rows")
  func copy() throws {
    defer { removeFolder() }
    let connection = try Database(folder + "/source.olap").connect()
    try fill(connection)
    try connection.execute("ATTACH '\(folder)/target.olap' AS target")
    try connection.execute("COPY FROM DATABASE source TO target; USE target")
    try check(connection)
    try connection.database.close()
  }
}
