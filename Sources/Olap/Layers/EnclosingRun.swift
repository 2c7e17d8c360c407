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
  package var bytesRead = 0
  package var bytesWritten = 0
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
      bytesRead += outcome.bytesRead
      bytesWritten += outcome.bytesWritten
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
    let run = EnclosingRun(
      id: Connection.newRunID(), pipeline: pipeline, trigger: trigger, startedAt: now, clock: now)
    // A run that cannot be announced can be carried out all the same.
    if transaction == nil {
      try? announce(
        id: run.id, pipeline: pipeline, trigger: trigger, startedAt: now, clock: statementClock())
    }
    pipelineRun = run
  }

  /// Writes the run down and ends it: as FAILED when there is an error message, as PARTIAL when some of its
  /// work is committed all the same.
  public func endRun(error message: String? = nil, isPartial: Bool = false) throws {
    guard let run = pipelineRun else { return }
    pipelineRun = nil
    do {
      try withWriter { writer in
        try RunLog.prepare(writer)
        withdrawAnnouncement(of: run.id, in: writer)
        var row = PipelineRun(name: run.pipeline, trigger: run.trigger, startedAt: run.startedAt)
        row.id = run.id
        row.from = run.snapshotFrom ?? writer.baseCommit
        row.clock = run.clock
        if message != nil { row.status = isPartial ? "PARTIAL" : "FAILED" }
        row.error = message
        row.created = run.created
        row.updated = run.updated
        row.deleted = run.deleted
        row.unchanged = run.unchanged.values.reduce(0, +)
        row.bytesRead = run.bytesRead
        row.bytesWritten = run.bytesWritten
        row.processed = run.created + run.updated + run.deleted
        try row.append(writer)
      }
    } catch {
      throw OlapError.from(error, sql: nil)
    }
  }
}
