@preconcurrency import Glibc
import Olap
import OlapProjects

/// `olap run --watch`: brings everything up to date, then keeps it so by lag and schedule until SIGINT or
/// SIGTERM. The database is open only while there is work, so that loads get in between.
struct WatchCommand {
  let command: ProjectCommand
  let project: Project
  let selection: Selection

  private var options: ProjectOptions { command.options }

  func run() throws -> Int32 {
    var defaultLag: Int?
    if let text = options.defaultLag {
      guard let seconds = Lag.seconds(text) else {
        CommandLineTool.complain("olap run: --lag takes a time such as 5 minutes, not \"\(text)\"")
        return 2
      }
      defaultLag = seconds
    }
    let clock = StoppableClock()
    let (models, lastRefresh, tasks) = try firstRun(clock)
    if clock.hasStopped { return 0 }
    let (scheduled, unscheduled) = project.schedule(of: models, defaultLag: defaultLag)
    let entries = scheduled + tasks.map { .init(task: $0.name, rule: $0.rule) }
    if entries.isEmpty {
      CommandLineTool.complain(
        "olap run --watch: no model has a lag or a schedule and there is no task; write -- @lag 5 minutes into one, or give "
          + "--lag '5 minutes'")
      return 2
    }
    if !unscheduled.isEmpty {
      say("not scheduled: \(unscheduled.joined(separator: ", ")); --lag gives them one", clock)
    }
    let scheduler = Scheduler(entries, clock: clock, lastRefresh: lastRefresh) { due in
      let models = due.filter { !$0.isTask }.map(\.name)
      let isRefreshed = models.isEmpty || refresh(models, clock)
      let dueTasks = Set(due.filter(\.isTask).map(\.name))
      let results = tasks.filter { dueTasks.contains($0.name) }.map { run($0, clock) }
      return isRefreshed && !results.contains(false)
    }
    let count = scheduled.count == 1 ? "1 model" : "\(scheduled.count) models"
    let more = tasks.isEmpty ? "" : tasks.count == 1 ? ", 1 task" : ", \(tasks.count) tasks"
    say("watching \(count)\(more)", clock)
    scheduler.run()
    say("stopped", clock)
    return 0
  }

  /// Applies definitions and refreshes once. Failing models are reported and tried again when due.
  private func firstRun(
    _ clock: StoppableClock
  ) throws -> (
    models: [ProjectNode], lastRefresh: [String: Int64], tasks: [ScheduledTask]
  ) {
    let session = try command.open(project)
    defer { try? session.close() }
    let connection = session.connection
    clock.setOnStop { connection.cancel() }
    defer { clock.setOnStop(nil) }
    let nodes = try session.nodes(selection)
    let progress = ProgressPrinter(options)
    let run = ProjectRun(session, ProjectRun.Options(.run)) { progress.tell($0) }
    progress.finish(try run.run(nodes))
    fflush(stdout)
    let (tasks, errors) = try session.tasks()
    for error in errors { say(error, clock) }
    return (nodes.filter { $0.kind == .model }, try session.lastRefreshes(), tasks)
  }

  private func run(_ task: ScheduledTask, _ clock: StoppableClock) -> Bool {
    do {
      let session = try command.open(project)
      defer { try? session.close() }
      let connection = session.connection
      clock.setOnStop { connection.cancel() }
      defer { clock.setOnStop(nil) }
      try session.run(task)
      say("task \(task.name) done", clock)
      return true
    } catch {
      let text = (error as? OlapError)?.description ?? "\(error)"
      say("task \(task.name) failed: \(text)", clock)
      return false
    }
  }

  private func refresh(_ models: [String], _ clock: StoppableClock) -> Bool {
    let session: ProjectSession
    do {
      session = try command.open(project)
    } catch {
      say("cannot refresh \(models.joined(separator: ", ")): \(error)", clock)
      return false
    }
    defer { try? session.close() }
    let connection = session.connection
    clock.setOnStop { connection.cancel() }
    defer { clock.setOnStop(nil) }
    do {
      let outcome = try session.refresh(scheduled: models)
      let loaded = outcome.loadedRows > 0 ? "\(outcome.loadedRows) rows loaded, " : ""
      say(
        "\(models.joined(separator: ", ")): \(loaded)+\(outcome.created) ~\(outcome.updated) "
          + "-\(outcome.deleted)", clock)
      for error in outcome.errors { say(error, clock) }
      return true
    } catch {
      let text = (error as? OlapError)?.description ?? "\(error)"
      say("refresh of \(models.joined(separator: ", ")) failed: \(text)", clock)
      return false
    }
  }

  /// A line with the time, or a JSON object.
  private func say(_ text: String, _ clock: StoppableClock) {
    var seconds = time_t(clock.now)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    let day = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    let stamp = "\(day)T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    if options.printsJSON {
      print("{\"time\":\"\(stamp)\",\"message\":\(JSONSpelling.string(text))}")
    } else {
      print("\(stamp)  \(text)")
    }
    fflush(stdout)
  }
}
