import Dispatch
import Glibc
import Olap
import Testing

/// Statements that are long inside one operator, each cancelled at some moment: the call must return soon.
@Suite(.serialized)
struct CancellationTests {
  #if DEBUG
    private static let rowCount = 200_000
    private static let bound = 2_000.0
  #else
    private static let rowCount = 3_000_000
    private static let bound = 250.0
  #endif

  private static let statements: [(name: String, sql: String)] = [
    ("sort", "SELECT * FROM big ORDER BY a, b OFFSET \(rowCount - 10)"),
    ("sort of text", "SELECT * FROM big ORDER BY b::VARCHAR OFFSET \(rowCount - 10)"),
    ("join build", "SELECT count(*) FROM big x JOIN big y ON x.b = y.b AND x.k = y.k"),
    ("range join", "SELECT count(*) FROM big x JOIN big y ON x.a BETWEEN y.a AND y.a + 1000000"),
    ("cross join", "SELECT sum(x.a) FROM big x, big y"),
    ("DISTINCT", "SELECT count(*) FROM (SELECT DISTINCT b FROM big)"),
    ("GROUP BY", "SELECT max(c) FROM (SELECT b, count(*) AS c FROM big GROUP BY b)"),
    (
      "moving median",
      """
      SELECT max(m) FROM (
        SELECT median(a) OVER (ORDER BY k ROWS BETWEEN 500 PRECEDING AND 500 FOLLOWING) AS m FROM big)
      """
    ),
    (
      "moving maximum",
      """
      SELECT max(m) FROM (
        SELECT max(a) OVER (ORDER BY k ROWS BETWEEN 500 PRECEDING AND 500 FOLLOWING) AS m FROM big)
      """
    ),
    ("list", "SELECT length(list(a ORDER BY b)) FROM big"),
    ("string_agg", "SELECT length(string_agg(a::VARCHAR, ',')) FROM big"),
    ("mode", "SELECT mode(b::VARCHAR) FROM big"),
    ("list_sort", "SELECT length(list_sort(list_transform(range(\(rowCount)), x -> hash(x))))"),
    ("lambda", "SELECT list_sum(list_transform(range(\(5 * rowCount)), x -> x * 2 + 1))"),
    ("unnest", "SELECT count(*) FROM (SELECT unnest(range(0, 1000000)) FROM range(10000))"),
    ("CREATE TABLE AS", "CREATE OR REPLACE TABLE made AS SELECT * FROM big ORDER BY b"),
    ("primary key", "INSERT INTO keyed SELECT k, a FROM big"),
    ("UPDATE", "UPDATE big SET a = a + 1"),
    (
      "recursion",
      "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r"
    ),
  ]

  @Test func everyStatementEndsSoonAfterItIsCancelled() throws {
    let database = try Database(nil)
    let connection = database.connect()
    try connection.execute(
      """
      CREATE TABLE big AS
        SELECT (hash(i) % 1000000007)::BIGINT AS a, (hash(i + 7) % 4611686018427387904)::BIGINT AS b,
          i AS k
        FROM range(\(CancellationTests.rowCount)) t(i);
      CREATE TABLE keyed (k BIGINT PRIMARY KEY, a BIGINT);
      """)
    var random = SystemRandomNumberGenerator()
    var report: [String] = []
    for (name, sql) in CancellationTests.statements {
      var waits: [Double] = []
      for _ in 0..<3 {
        let delay = Double.random(in: 0.005..<0.3, using: &random)
        if let wait = try cancelled(connection, sql, after: delay) { waits.append(wait) }
      }
      // The middle one: the machine may be busy for the moment of another.
      let wait = waits.sorted().dropFirst(waits.count / 2).first ?? 0
      report.append("\(name): \(waits.map { String(Int($0)) }.joined(separator: ", ")) ms")
      #expect(wait < CancellationTests.bound, "\(name) went on for \(wait) ms")
    }
    print("from cancel() to the return of the call:\n  " + report.joined(separator: "\n  "))
    // The connection is as usable as before, and what was cancelled has left nothing.
    #expect(try connection.query("SELECT count(*) FROM big").first?.int(0) == Self.rowCount)
    #expect(try connection.query("SELECT count(*) FROM keyed").first?.int(0) == 0)
  }

  @Test func aCancelledStatementInATransactionLeavesNothing() throws {
    let database = try Database(nil)
    let connection = database.connect()
    try connection.execute("CREATE TABLE t (a BIGINT); INSERT INTO t VALUES (1); BEGIN")
    _ = try cancelled(
      connection, "INSERT INTO t SELECT x FROM range(100000000) r(x) WHERE x % 3 = 1", after: 0.05)
    try connection.execute("ROLLBACK")
    #expect(try connection.query("SELECT a FROM t").map { $0.int(0) } == [1])
  }

  /// Milliseconds from `cancel()` to the statement's end; nil when it had ended before.
  private func cancelled(
    _ connection: Connection, _ sql: String, after delay: Double
  ) throws -> Double? {
    let moment = UnsafeMutablePointer<Double>.allocate(capacity: 1)
    moment.initialize(to: 0)
    defer { moment.deallocate() }
    nonisolated(unsafe) let asked = moment
    let timer = DispatchWorkItem {
      asked.pointee = CancellationTests.milliseconds()
      connection.cancel()
    }
    DispatchQueue.global(qos: .userInteractive).asyncAfter(
      deadline: .now() + delay, execute: timer)
    var wasCancelled = false
    do {
      _ = try connection.query(sql)
    } catch let error as OlapError {
      #expect(error.code == .interrupted, "\(sql): \(error)")
      wasCancelled = true
    }
    let end = CancellationTests.milliseconds()
    timer.cancel()
    // It may be about to run: then it must be over before the next statement begins.
    if !wasCancelled { timer.wait() }
    return wasCancelled ? end - moment.pointee : nil
  }

  private static func milliseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
  }
}
