internal import Olap

extension ProjectSession {
  /// What a scheduled refresh did.
  package struct ScheduledOutcome: Sendable {
    package var loadedRows = 0
    package var created = 0
    package var updated = 0
    package var deleted = 0
    /// What went wrong, with places; files of other sources were loaded all the same.
    package var errors: [String] = []
  }

  /// Loads new files of the sources beneath the models, then refreshes the models in one transaction.
  package func refresh(scheduled models: [String]) throws -> ScheduledOutcome {
    var outcome = ScheduledOutcome()
    let suspended = try suspendedModels()
    let nodes = models.compactMap { project[$0.lowercased()] }.filter {
      !suspended.contains($0.key)
    }
    if nodes.isEmpty { return outcome }
    try connection.execute("BEGIN")
    try manifest.prepare()
    try connection.execute("COMMIT")
    for source in project.withInputs(nodes) where !source.source.files.isEmpty {
      try connection.execute("BEGIN")
      do {
        let files = SourceFiles(session: self, node: source)
        outcome.loadedRows += try files.loadNew(reloads: source.kind == .seed)
        try connection.execute("COMMIT")
      } catch {
        _ = try? connection.execute("ROLLBACK")
        outcome.errors.append(source.locate(error).description)
      }
    }
    connection.beginRun(pipeline: project.configuration.name, trigger: "olap run --watch")
    do {
      try refresh(nodes, &outcome)
      try connection.endRun()
    } catch {
      try? connection.endRun(error: ProjectError.from(error, in: nil).description)
      throw error
    }
    return outcome
  }

  /// Keys of models that ALTER TABLE … SUSPEND keeps from being refreshed by themselves.
  private func suspendedModels() throws -> Set<String> {
    let rows = try connection.query(
      "SELECT lower(name) FROM olap.models WHERE state = 'SUSPENDED'")
    return Set(rows.compactMap { $0.string(0) })
  }

  private func refresh(_ nodes: [ProjectNode], _ outcome: inout ScheduledOutcome) throws {
    let names = nodes.map { SQLText.quoted(name: $0.name) }.joined(separator: ", ")
    for row in try connection.query("REFRESH \(names)") {
      var counts = StepResult(nodes[0])
      counts.add(refresh: row)
      outcome.created += counts.created
      outcome.updated += counts.updated
      outcome.deleted += counts.deleted
    }
  }

  /// When each model was last refreshed, in seconds since 1970; models never refreshed are missing.
  package func lastRefreshes() throws -> [String: Int64] {
    let rows = try connection.query(
      """
      SELECT model_name, epoch(max(started_at))::BIGINT FROM olap.model_runs GROUP BY model_name
      """)
    var result: [String: Int64] = [:]
    for row in rows { result[row.string(0) ?? ""] = row.int(1).map { Int64($0) } }
    return result
  }
}
