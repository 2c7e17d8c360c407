import Dispatch
import Glibc
import Olap
import OlapTestSupport
import Synchronization
import Testing

/// Readers compare gold with the bronze they see, all the time, while a writer upserts and refreshes and
/// until their process is killed; then the file is compared as well.
///
/// The process killed is this test runner again, with `OLAP_READER_CHILD` set to the database's path.
@Suite("readers and kill -9")
struct ReaderKillTests {
  private static let child = getenv("OLAP_READER_CHILD").map { String(cString: $0) }
  private static let rounds = getenv("OLAP_KILLS").flatMap { Int(String(cString: $0)) } ?? 6

  /// Counts the days and customers whose gold is not what the bronze of the same snapshot gives: a model
  /// refreshed with every commit, one refreshed in the writer's transactions, and one on top of both.
  private static let disagreements = """
    SELECT (SELECT count(*) FROM (
        SELECT day, sum(total) AS total, count(*) AS orders FROM orders WHERE total IS NOT NULL GROUP BY day
        EXCEPT ALL SELECT day, total, orders FROM daily) d)
      + (SELECT count(*) FROM (
        SELECT day, total, orders FROM daily
        EXCEPT ALL SELECT day, sum(total), count(*) FROM orders WHERE total IS NOT NULL GROUP BY day) d)
      + (SELECT count(*) FROM (
        SELECT customer, max(total), count(DISTINCT day) FROM orders WHERE total IS NOT NULL
        GROUP BY customer EXCEPT ALL SELECT customer, highest, days FROM customers) c)
      + (SELECT count(*) FROM (
        SELECT customer, highest, days FROM customers EXCEPT ALL
        SELECT customer, max(total), count(DISTINCT day) FROM orders WHERE total IS NOT NULL
        GROUP BY customer) c)
    """

  private static let schema = """
    CREATE BRONZE TABLE orders (id BIGINT PRIMARY KEY, day INTEGER, customer INTEGER, total DECIMAL(12,2));
    CREATE SILVER TABLE paid (PRIMARY KEY (id)) AS SELECT * FROM orders WHERE total IS NOT NULL;
    CREATE GOLD TABLE daily (PRIMARY KEY (day)) REFRESH IMMEDIATE
      AS SELECT day, sum(total) AS total, count(*) AS orders FROM paid GROUP BY day;
    CREATE GOLD TABLE customers AS
      SELECT customer, max(total) AS highest, count(DISTINCT day) AS days FROM paid GROUP BY customer;
    """

  @Test("no reader ever sees gold that is not of its bronze", .enabled(if: child == nil))
  func kills() throws {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
    let runner = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = "/tmp/olap-readers-\(getpid())-\(UInt64.random(in: 0 ... .max)).olap"
    defer { for end in ["", "-wal"] { unlink(path + end) } }
    var random = SeededGenerator(seed: UInt64(time(nil)))
    var comparisons = 0
    var commits = 0
    for round in 0..<Self.rounds {
      let process = try #require(
        ShellProcess(
          ["--testing-library", "swift-testing", "--filter", "ReaderKillTests/readAndWrite"],
          program: runner, environment: ["OLAP_READER_CHILD=\(path)"]))
      for _ in 0..<1500 where !process.lines.contains("reading") {
        if !process.read(milliseconds: 20) { break }
      }
      let patience = 20 + random.below(40)
      for _ in 0..<patience { if !process.read(milliseconds: 10) { break } }
      let code = process.finish(killing: true)
      #expect(code == nil, "round \(round) ended by itself: \(process.lines.suffix(5))")
      comparisons += process.lines.count { $0 == "same" }
      commits += process.lines.count { $0 == "commit" }
      let wrong = process.lines.filter { $0.hasPrefix("wrong") }
      #expect(wrong.isEmpty, "\(wrong)")
      let database = try Database(path)
      defer { try? database.close() }
      let connection = database.connect()
      #expect(try connection.query(Self.disagreements)[0].int(0) == 0, "after kill \(round)")
      let verified = try connection.query("VERIFY ALL").map { $0.text(1) ?? "" }
      #expect(Set(verified) == ["OK"], "after kill \(round): \(verified)")
    }
    #expect(comparisons >= 2 * Self.rounds && commits >= Self.rounds, "\(comparisons), \(commits)")
  }

  /// What is killed: two readers and a writer, without an end.
  @Test("writes and reads", .enabled(if: child != nil))
  func readAndWrite() throws {
    let path = try #require(Self.child)
    let database = try Database(path)
    let writer = database.connect()
    let isNew =
      try writer.query(
        "SELECT count(*) FROM information_schema.tables WHERE table_name = 'customers'")[0].int(0)
      == 0
    if isNew { try writer.execute("BEGIN; " + Self.schema + " COMMIT") }
    Self.say("reading")
    for _ in 0..<2 {
      DispatchQueue.global().async {
        let reader = database.connect()
        while true {
          do {
            let found = try reader.query(Self.disagreements)[0].int(0)
            Self.say(found == 0 ? "same" : "wrong: \(found ?? -1) rows")
          } catch { Self.say("wrong: \(error)") }
        }
      }
    }
    var random = SeededGenerator(seed: UInt64(getpid()))
    for round in 0... {
      let start = random.below(400)
      let upsert = """
        INSERT OR REPLACE INTO orders
        SELECT i, (i + \(round)) % 9, i % 17, CASE WHEN i % 6 <> 2 THEN (i + \(round))::DECIMAL(12,2) END
        FROM range(\(start), \(start + 60)) r(i)
        """
      let delete = "DELETE FROM orders WHERE id % 23 = \(round % 23)"
      try writer.execute("BEGIN; \(upsert); \(delete); REFRESH customers; COMMIT")
      Self.say("commit")
      if round % 7 == 6 { try writer.execute("CHECKPOINT") }
    }
  }

  /// One line, written at once.
  private static func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(1, bytes, bytes.count)
  }
}
