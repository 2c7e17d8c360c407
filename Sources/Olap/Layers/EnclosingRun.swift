package import OlapColumns
package import OlapStorage

/// A run of several refreshes that `olap.pipeline_runs` shows as one.
package struct EnclosingRun {
  package let id: Value
  package let pipeline: String
  package let trigger: String
  package let startedAt: Int64
  package var clock: Int64
  package var snapshotFrom: CSN?
  package var created = 0
  package var updated = 0
  package var deleted = 0
  /// By model: one that several refreshes look at counts once.
  package var unchanged: [String: Int] = [:]

  /// Whether an outcome says nothing that this run has not recorded: a model found current again.
  func repeats(_ outcome: ModelOutcome) -> Bool {
    outcome.rung == "NONE" && unchanged[outcome.model] != nil
  }

  mutating func add(_ outcomes: [ModelOutcome], clock: Int64, from: CSN) {
    self.clock = clock
    snapshotFrom = snapshotFrom ?? from
    for outcome in outcomes {
      created += outcome.created
      updated += outcome.updated
      deleted += outcome.deleted
      if !repeats(outcome) { unchanged[outcome.model] = outcome.unchanged }
    }
  }
}

extension Connection {
  /// Makes the refreshes up to `endRun` one run of `olap.pipeline_runs`, under a name of the caller's.
  ///
  /// Begin before BEGIN, and end before COMMIT or after ROLLBACK: the record of a run that succeeds
  /// commits with its work.
  public func beginRun(pipeline: String, trigger: String) {
    let now = wallClockMicroseconds()
    pipelineRun = EnclosingRun(
      id: Connection.newRunID(), pipeline: pipeline, trigger: trigger, startedAt: now, clock: now)
  }

  /// Writes the run down, as FAILED when there is an error message, and ends it.
  public func endRun(error message: String? = nil) throws {
    guard let run = pipelineRun else { return }
    pipelineRun = nil
    do {
      try withWriter { writer in
        try RunLog.prepare(writer)
        var row = PipelineRun(name: run.pipeline, trigger: run.trigger, startedAt: run.startedAt)
        row.id = run.id
        row.from = run.snapshotFrom ?? writer.snapshot.csn
        row.clock = run.clock
        if let message {
          row.status = "FAILED"
          row.error = message
        } else {
          row.created = run.created
          row.updated = run.updated
          row.deleted = run.deleted
          row.unchanged = run.unchanged.values.reduce(0, +)
          row.processed = run.created + run.updated + run.deleted
        }
        try row.append(writer)
      }
    } catch {
      throw OlapError.from(error, sql: nil)
    }
  }
}
