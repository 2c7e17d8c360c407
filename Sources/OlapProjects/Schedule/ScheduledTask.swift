internal import Olap

/// A statement with a schedule, as CREATE TASK keeps it.
package struct ScheduledTask: Sendable {
  package let name: String
  package let rule: Scheduler.Rule
  let sql: String
}

extension ProjectSession {
  /// The tasks of the database, and what is wrong with the schedules of those that cannot be run.
  package func tasks() throws -> (tasks: [ScheduledTask], errors: [String]) {
    var tasks: [ScheduledTask] = []
    var errors: [String] = []
    let rows = try connection.query(
      "SELECT schema_name || '.' || task_name, schedule, sql FROM olap.tasks ORDER BY 1")
    for row in rows {
      let name = row.string(0) ?? ""
      let schedule = row.string(1) ?? ""
      if let seconds = Lag.seconds(schedule) {
        tasks.append(.init(name: name, rule: .lag(seconds: seconds), sql: row.string(2) ?? ""))
        continue
      }
      do {
        let cron = try CronExpression(schedule: schedule)
        tasks.append(.init(name: name, rule: .cron(cron), sql: row.string(2) ?? ""))
      } catch {
        errors.append("task \(name): \(error.message)")
      }
    }
    return (tasks, errors)
  }

  /// Runs a task's statement, as one run of `olap.pipeline_runs`.
  package func run(_ task: ScheduledTask) throws {
    connection.beginRun(pipeline: "task " + task.name, trigger: "olap run --watch")
    do {
      try connection.execute(task.sql)
      try connection.endRun()
    } catch {
      try? connection.endRun(error: ProjectError.from(error, in: nil).description)
      throw error
    }
  }
}
