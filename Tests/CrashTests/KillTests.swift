import Glibc
import Olap
import OlapTestSupport
import Testing

/// `kill -9` of the real binary at random moments: every acknowledged commit is there afterwards, no
/// other is. Acknowledged = the line printed after the unit was read from the pipe.
@Suite("Kill -9")
struct KillTests {
  /// `OLAP_KILLS` makes the run longer.
  private static let kills = getenv("OLAP_KILLS").flatMap { Int(String(cString: $0)) } ?? 50

  @Test("a killed process loses no acknowledged commit and keeps no other")
  func kills() throws {
    let folder = "/tmp/olap-kill-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    mkdir(folder, 0o700)
    defer { Self.remove(folder) }
    let csv = folder + "/orders.csv"
    Self.write(csv)
    let workload = try Workload(units: Workload.units(rounds: 40, loading: csv))
    var random = SeededGenerator(seed: UInt64(time(nil)))
    var path = folder + "/0.olap"
    var done = 0
    var killed = 0
    var rounds = 0
    while killed < Self.kills, rounds < Self.kills * 4 {
      rounds += 1
      let acknowledged = try Self.round(path, workload, from: done, &random, &killed)
      guard let found = try Self.found(path, workload, done: done + acknowledged, folder) else {
        return
      }
      done = found
      if done == workload.units.count {
        path = folder + "/\(rounds).olap"
        done = 0
      }
    }
    #expect(killed >= Self.kills)
  }

  /// Feeds units to a shell and kills it; how many units it acknowledged.
  private static func round(
    _ path: String, _ workload: Workload, from start: Int, _ random: inout SeededGenerator,
    _ killed: inout Int
  ) throws -> Int {
    let shell = try #require(ShellProcess(["shell", path, "-list", "-noheader"]))
    let last = min(workload.units.count, start + 3 + random.below(25))
    for number in start..<last {
      shell.send(workload.units[number] + ";\n.print done \(number)\n")
    }
    // One in five dies while it opens and recovers, the others at work.
    var rest = random.below(40)
    if random.below(5) > 0 {
      let patience = 400 + random.below(last - start + 1)
      for _ in 0..<patience where shell.lines.isEmpty { if !shell.read(milliseconds: 20) { break } }
      let wanted = random.below(last - start)
      for _ in 0..<500 where acknowledged(shell) < wanted {
        if !shell.read(milliseconds: 20) { break }
      }
      rest = random.below(12)
    }
    if rest > 0 { usleep(UInt32(rest) * 1000) }
    if shell.finish(killing: true) == nil { killed += 1 }
    return acknowledged(shell)
  }

  private static func acknowledged(_ shell: ShellProcess) -> Int {
    shell.lines.count { $0.hasPrefix("done ") }
  }

  /// How many units the file holds: the acknowledged ones, or one more that was in flight.
  private static func found(
    _ path: String, _ workload: Workload, done: Int, _ folder: String
  ) throws -> Int? {
    let database: Database
    do { database = try Database(path) } catch {
      Issue.record("after \(done) units: \(error)")
      return nil
    }
    defer { try? database.close() }
    let state = try Workload.state(database)
    if done < workload.units.count, state == workload.states[done + 1] { return done + 1 }
    if state == workload.states[done] { return done }
    let known = workload.states.lastIndex(of: state)
    Issue.record(
      "acknowledged \(done) units, found \(known.map { "\($0)" } ?? "an unknown state: \(state)")")
    return nil
  }

  @Test("a killed load is there as a whole or not at all")
  func loads() throws {
    let folder = "/tmp/olap-kill-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    mkdir(folder, 0o700)
    defer { Self.remove(folder) }
    let csv = folder + "/orders.csv"
    Self.write(csv)
    let path = folder + "/load.olap"
    var random = SeededGenerator(seed: UInt64(time(nil)))
    var expected: (rows: Int, sum: String) = (0, "")
    for _ in 0..<12 {
      let load = try #require(
        ShellProcess(["load", "--create", "--key", "id", path, "orders", csv]))
      usleep(UInt32(random.below(120)) * 1000)
      let code = load.finish(killing: true)
      let database = try Database(path)
      let connection = database.connect()
      let tables = try connection.query(
        "SELECT count(*) FROM information_schema.tables WHERE table_name = 'orders'")
      if tables[0].int(0) == 1 {
        let row = try connection.query("SELECT count(*), sum(amount) FROM orders")[0]
        expected = (row.int(0) ?? -1, row.text(1) ?? "")
        #expect(expected.rows == Self.rowCount)
      } else {
        #expect(code != 0, "an acknowledged load is lost")
        #expect(expected.rows == 0, "a table that was there is gone")
      }
      try database.close()
    }
  }

  @Test("a killed refresh leaves its run as FAILED and nothing else")
  func refreshes() throws {
    let folder = "/tmp/olap-kill-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    mkdir(folder, 0o700)
    defer { Self.remove(folder) }
    let path = folder + "/refresh.olap"
    let setup = try Database(path)
    try setup.connect().execute(
      """
      CREATE BRONZE TABLE t (id INTEGER PRIMARY KEY, g INTEGER, v INTEGER);
      INSERT INTO t SELECT i, i % 5, i FROM range(3000) AS r(i);
      CREATE SILVER TABLE copied (PRIMARY KEY (id)) AS SELECT * FROM t;
      CREATE GOLD TABLE pairs REFRESH FULL AS
        SELECT a.g, count(*) AS n FROM copied a JOIN copied b ON a.v < b.v GROUP BY a.g;
      """)
    try setup.close()
    var random = SeededGenerator(seed: UInt64(time(nil)))
    var killedAtWork = 0
    for round in 0..<40 where killedAtWork < 5 {
      let before = try Self.layers(path, adding: 3000 + round)
      let shell = try #require(ShellProcess(["shell", path, "-list", "-noheader"]))
      shell.send(".print open\nREFRESH ALL;\n.print done\n")
      for _ in 0..<500 where shell.lines.isEmpty { if !shell.read(milliseconds: 20) { break } }
      usleep(UInt32(random.below(120)) * 1000)
      _ = shell.finish(killing: true)
      let after = try Self.layers(path, adding: nil)
      let news = after.runs.filter { !before.runs.contains($0) }
      if after.state == before.state {
        // Before its announcement a run has not begun.
        #expect(news.allSatisfy { $0.hasPrefix("FAILED 0 0 0") }, "\(news)")
        #expect(news.count <= 1)
        killedAtWork += news.count
      } else {
        #expect(news.count == 1 && news[0].hasPrefix("SUCCESS"), "\(news)")
      }
      // Opened again, it is not recorded again.
      #expect(try Self.layers(path, adding: nil).runs == after.runs)
    }
    #expect(killedAtWork > 0, "no kill met a refresh at work")
  }

  /// What the layers hold and which refreshes there were, after inserting a row.
  private static func layers(
    _ path: String, adding id: Int?
  ) throws -> (state: [String], runs: [String]) {
    let database = try Database(path)
    defer { try? database.close() }
    let connection = database.connect()
    if let id { try connection.execute("INSERT INTO t VALUES (\(id), 7, \(id))") }
    func rows(_ sql: String) throws -> [String] {
      try connection.query(sql).map { row in
        row.values.indices.map { row.text($0) ?? "NULL" }.joined(separator: " ")
      }
    }
    return (
      try rows(
        "SELECT (SELECT count(*) FROM copied), (SELECT sum(n) FROM pairs), "
          + "(SELECT count(*) FROM olap.model_runs)"),
      try rows(
        "SELECT status, rows_created, rows_updated, rows_deleted, run_id FROM olap.pipeline_runs "
          + "WHERE pipeline_name = 'refresh' ORDER BY started_at")
    )
  }

  private static let rowCount = 20_000

  private static func write(_ path: String) {
    guard let file = fopen(path, "w") else { return }
    fputs("id,amount,note\n", file)
    for i in 0..<rowCount { fputs("\(1_000_000 + i * 3),\(i % 97).5,loaded \(i % 1000)\n", file) }
    fclose(file)
  }

  private static func remove(_ folder: String) {
    if let directory = opendir(folder) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { unlink(folder + "/" + name) }
      }
      closedir(directory)
    }
    rmdir(folder)
  }
}
