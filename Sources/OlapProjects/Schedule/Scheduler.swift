/// The time a scheduler lives by.
package protocol SchedulerClock: AnyObject {
  /// Seconds since 1970 UTC.
  var now: Int64 { get }

  /// Waits until `moment`, or returns false at once when the scheduler is to stop.
  func wait(until moment: Int64) -> Bool
}

/// Calls for refreshes when models are due, and for tasks, until its clock says stop.
///
/// A model with a lag is due so long after its last refresh began that the next one, if it takes as long,
/// ends before its rows are older than the lag. A model with a schedule is due at its times. What is due
/// at the same moment is refreshed together. A failed refresh is tried again after a minute, then two,
/// four, …, at latest when it would be due anyway; it never gives up.
package final class Scheduler {
  package enum Rule: Sendable, Hashable {
    case lag(seconds: Int)
    case cron(CronExpression)
  }

  /// A model, or a task of the database (CREATE TASK).
  package struct Entry: Sendable, Hashable {
    package let name: String
    package let rule: Rule
    package let isTask: Bool

    package init(model: String, rule: Rule) {
      name = model
      self.rule = rule
      isTask = false
    }

    package init(task: String, rule: Rule) {
      name = task
      self.rule = rule
      isTask = true
    }
  }

  private struct State {
    let entry: Entry
    var due: Int64
    var failureCount = 0
  }

  private let clock: any SchedulerClock
  private var states: [State] = []
  /// Refreshes the models together and runs the tasks; false when that failed.
  private let refresh: ([Entry]) -> Bool

  /// - Parameter lastRefresh: when models were last refreshed, in seconds; those missing are due at once.
  ///   The first run of a task with an interval comes after the interval.
  package init(
    _ entries: [Entry], clock: any SchedulerClock, lastRefresh: [String: Int64] = [:],
    refresh: @escaping ([Entry]) -> Bool
  ) {
    self.clock = clock
    self.refresh = refresh
    for entry in entries {
      let due: Int64?
      switch entry.rule {
      case .lag(let seconds):
        let last = entry.isTask ? clock.now : lastRefresh[entry.name]
        due = last.map { $0 + Int64(seconds) } ?? clock.now
      case .cron(let expression): due = expression.next(after: clock.now)
      }
      if let due { states.append(State(entry: entry, due: due)) }
    }
  }

  /// When the next model is due; nil when there is none.
  package var nextDue: Int64? { states.map(\.due).min() }

  /// Works until the clock says stop.
  package func run() {
    while let moment = nextDue {
      guard clock.wait(until: moment) else { return }
      tick()
    }
  }

  /// Refreshes what is due now.
  private func tick() {
    let start = clock.now
    let due = states.indices.filter { states[$0].due <= start }
    guard !due.isEmpty else { return }
    let succeeded = refresh(due.map { states[$0].entry })
    let duration = max(0, clock.now - start)
    for index in due {
      states[index].failureCount = succeeded ? 0 : states[index].failureCount + 1
      states[index].due = nextDue(of: states[index], start: start, duration: duration)
    }
  }

  private func nextDue(of state: State, start: Int64, duration: Int64) -> Int64 {
    let regular: Int64
    switch state.entry.rule {
    case .lag(let seconds):
      regular = start + max(Int64(seconds) - duration, Int64(seconds) / 2, 1)
    case .cron(let expression):
      regular = expression.next(after: start) ?? Int64.max
    }
    guard state.failureCount > 0 else { return max(regular, clock.now) }
    let pause = Int64(60) << Int64(min(state.failureCount - 1, 6))
    return min(max(regular, clock.now + 1), clock.now + pause)
  }
}

extension Project {
  /// Models with a lag or a schedule, and those that have neither though nothing else would refresh them.
  ///
  /// A model without one is refreshed with the models that read it, as DOWNSTREAM says explicitly. A model
  /// that no model reads takes `defaultLag` when there is one.
  package func schedule(
    of models: [ProjectNode], defaultLag: Int?
  ) -> (entries: [Scheduler.Entry], unscheduled: [String]) {
    var entries: [Scheduler.Entry] = []
    var unscheduled: [String] = []
    for node in models where node.kind == .model && node.model.refresh?.lowercased() != "manual" {
      if let schedule = node.model.schedule, let cron = try? CronExpression(schedule: schedule) {
        entries.append(.init(model: node.name, rule: .cron(cron)))
      } else if let seconds = node.model.lag.flatMap(Lag.seconds) {
        entries.append(.init(model: node.name, rule: .lag(seconds: seconds)))
      } else if !readers(of: node).contains(where: { $0.kind == .model }) {
        if let defaultLag {
          entries.append(.init(model: node.name, rule: .lag(seconds: defaultLag)))
        } else {
          unscheduled.append(node.name)
        }
      }
    }
    return (entries, unscheduled)
  }
}
