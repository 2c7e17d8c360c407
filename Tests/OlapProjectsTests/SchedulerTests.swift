import Glibc
import OlapProjects
import Testing

/// Time that passes only when waited for.
private final class FakeClock: SchedulerClock {
  private(set) var now: Int64
  private let end: Int64

  init(from now: Int64, until end: Int64) {
    self.now = now
    self.end = end
  }

  func wait(until moment: Int64) -> Bool {
    guard moment < end else {
      now = end
      return false
    }
    now = max(now, moment)
    return true
  }

  func pass(_ seconds: Int64) { now += seconds }
}

@Suite("scheduler")
struct SchedulerTests {
  /// 2026-03-28 00:00 UTC.
  private static let start: Int64 = 1_774_656_000

  private func run(
    _ entries: [Scheduler.Entry], hours: Double, lastRefresh: [String: Int64] = [:],
    duration: Int64 = 0, failing: Set<Int> = []
  ) -> [String] {
    let clock = FakeClock(
      from: SchedulerTests.start, until: SchedulerTests.start + Int64(hours * 3600))
    var log: [String] = []
    let scheduler = Scheduler(entries, clock: clock, lastRefresh: lastRefresh) { due in
      let minutes = Double(clock.now - SchedulerTests.start) / 60
      log.append("\(minutes) \(due.map(\.name).joined(separator: ","))")
      clock.pass(duration)
      return !failing.contains(log.count)
    }
    scheduler.run()
    return log
  }

  private func lag(_ model: String, _ seconds: Int) -> Scheduler.Entry {
    .init(model: model, rule: .lag(seconds: seconds))
  }

  @Test("models with a lag are refreshed every so often, those due together together")
  func lags() {
    #expect(
      run([lag("a", 600), lag("b", 1200)], hours: 0.5)
        == ["0.0 a,b", "10.0 a", "20.0 a,b"])
  }

  @Test("a lag counts from the last refresh of the database")
  func lastRefresh() {
    #expect(
      run([lag("a", 600)], hours: 0.4, lastRefresh: ["a": SchedulerTests.start - 300])
        == ["5.0 a", "15.0 a"])
  }

  @Test(
    "a refresh that takes long starts earlier; one longer than half its lag does not starve others")
  func duration() {
    #expect(run([lag("a", 600)], hours: 0.4, duration: 60) == ["0.0 a", "9.0 a", "18.0 a"])
    #expect(run([lag("a", 100)], hours: 0.1, duration: 90) == ["0.0 a", "1.5 a", "3.0 a", "4.5 a"])
  }

  @Test("a schedule follows its zone across the change of clocks")
  func cron() throws {
    let nightly = try CronExpression(schedule: "CRON 30 3 * * * Europe/Kyiv")
    let log = run([.init(model: "n", rule: .cron(nightly))], hours: 72)
    // 01:30 UTC in winter; 01:00 UTC on the day without 03:30; 00:30 UTC in summer.
    #expect(log == ["90.0 n", "1500.0 n", "2910.0 n"])
  }

  @Test("a task with an interval first waits for it, one with a schedule runs at its times")
  func tasks() throws {
    let daily = try CronExpression(schedule: "USING CRON 0 3 * * * Europe/Kyiv")
    let log = run(
      [.init(task: "often", rule: .lag(seconds: 1200)), .init(task: "daily", rule: .cron(daily))],
      hours: 1.2)
    #expect(log == ["20.0 often", "40.0 often", "60.0 often,daily"])
  }

  @Test("a suspended model is left alone")
  func suspended() throws {
    try ProjectFolderFixture.withShop { shop throws in
      #expect(shop.olap("run").code == 0)
      _ = try shop.rows("ALTER TABLE daily SUSPEND")
      _ = try shop.rows("INSERT INTO orders VALUES (9, '2026-01-09', 9)")
      func refresh() throws -> Int {
        let session = try ProjectSession(shop.project())
        defer { try? session.close() }
        let outcome = try session.refresh(scheduled: ["daily"])
        return outcome.created
      }
      #expect(try refresh() == 0)
      _ = try shop.rows("ALTER TABLE daily RESUME")
      // The order, and its day.
      #expect(try refresh() == 2)
    }
  }

  @Test("run --watch runs the tasks of the database and records them")
  func watchedTask() throws {
    try ProjectFolderFixture.withShop { shop throws in
      try ToolProcess.withFolder { logs throws in
        #expect(shop.olap("run").code == 0)
        _ = try shop.rows("CREATE TABLE beats (at TIMESTAMPTZ)")
        _ = try shop.rows(
          "CREATE TASK beat SCHEDULE = '1 SECOND' AS INSERT INTO beats VALUES (now())")
        let process = try #require(
          ToolProcess.start("olap", ["run", "--watch", "--project-dir", shop.path], in: logs))
        wait { ToolProcess.text(logs + "/stdout").contains("task main.beat done") }
        kill(process, SIGTERM)
        #expect(ToolProcess.wait(process) == 0)
        let output = ToolProcess.text(logs + "/stdout")
        #expect(output.contains("watching 0 models, 1 task"), "\(output)")
        #expect(try shop.rows("SELECT count(*) > 0 FROM beats") == ["true"])
        #expect(
          try shop.rows(
            "SELECT DISTINCT pipeline_name, status FROM olap.pipeline_runs "
              + "WHERE pipeline_name LIKE 'task%'") == ["task main.beat SUCCESS"])
      }
    }
  }

  @Test("failures are tried again sooner, again and again")
  func failures() {
    #expect(
      run([lag("a", 3600)], hours: 1.2, failing: [1, 2, 3])
        == ["0.0 a", "1.0 a", "3.0 a", "7.0 a", "67.0 a"])
    let always = run([lag("a", 86_400)], hours: 24, failing: Set(1...1000))
    #expect(always.count > 20)
  }

  @Test("who is scheduled: own lag or schedule, else the models nobody reads with the default")
  func entries() throws {
    try ProjectFolderFixture.withShop { shop throws in
      var project = try shop.project()
      #expect(project.schedule(of: project.nodes, defaultLag: nil).entries.isEmpty)
      #expect(project.schedule(of: project.nodes, defaultLag: nil).unscheduled == ["daily"])
      #expect(
        project.schedule(of: project.nodes, defaultLag: 60).entries == [lag("daily", 60)])
      shop.write("models/silver/clean.sql", "-- @lag downstream\nSELECT * FROM orders")
      shop.write(
        "models/gold/daily.sql",
        "-- @lag 2 minutes\nSELECT day, sum(total) AS revenue FROM clean GROUP BY day")
      shop.write("models/gold/manual.sql", "-- @refresh manual\nSELECT id FROM clean")
      project = try shop.project()
      #expect(project.schedule(of: project.nodes, defaultLag: 60).entries == [lag("daily", 120)])
    }
  }

  @Test("run --watch loads new files, refreshes, and stops cleanly", arguments: [SIGINT, SIGTERM])
  func watch(_ signal: Int32) throws {
    try ProjectFolderFixture.withShop { shop throws in
      try ToolProcess.withFolder { logs throws in
        let process = try #require(
          ToolProcess.start(
            "olap", ["run", "--watch", "--lag", "1s", "--project-dir", shop.path], in: logs))
        wait { ToolProcess.text(logs + "/stdout").contains("watching 1 model") }
        shop.write("data/orders9.csv", "id,day,total\n9,2026-01-09,9.00\n")
        wait { ToolProcess.text(logs + "/stdout").contains("1 rows loaded, +2 ~0 -0") }
        kill(process, signal)
        #expect(ToolProcess.wait(process) == 0)
        let output = ToolProcess.text(logs + "/stdout")
        #expect(output.hasSuffix("stopped\n"), "\(output)\(ToolProcess.text(logs + "/stderr"))")
        #expect(try shop.rows("SELECT revenue FROM daily WHERE day = '2026-01-09'") == ["9.00"])
      }
    }
  }

  /// Until the condition holds, or 20 seconds have passed.
  private func wait(_ condition: () -> Bool) {
    for _ in 0..<400 where !condition() { usleep(50_000) }
  }
}
