package import OlapColumns
package import OlapStorage

/// A run of several refreshes that `olap.pipeline_runs` shows as one.
package struct PipelineRun {
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
    pipelineRun = PipelineRun(
      id: Connection.newRunID(), pipeline: pipeline, trigger: trigger, startedAt: now, clock: now)
  }

  /// Writes the run down, as FAILED when there is an error message, and ends it.
  public func endRun(error message: String? = nil) throws {
    guard let run = pipelineRun else { return }
    pipelineRun = nil
    do {
      try withWriter { writer in
        try RunLog.prepare(writer)
        let from = run.snapshotFrom ?? writer.snapshot.csn
        let failed = message != nil
        func count(_ number: Int) -> Value { .count(failed ? 0 : number) }
        try RunLog.append(
          [
            run.id, .varchar(run.pipeline), .varchar(run.trigger), .timestampTZ(run.startedAt),
            .timestampTZ(wallClockMicroseconds()), .varchar(failed ? "FAILED" : "SUCCESS"),
            .integer(Int64(from)), failed ? .null : .integer(Int64(from + 1)),
            .timestampTZ(run.clock), count(run.created + run.updated + run.deleted),
            count(run.created), count(run.updated), count(run.deleted),
            count(run.unchanged.values.reduce(0, +)),
            message.map { .varchar($0) } ?? .null,
          ], to: "pipeline_runs", writer)
      }
    } catch {
      throw OlapError.from(error, sql: nil)
    }
  }
}
