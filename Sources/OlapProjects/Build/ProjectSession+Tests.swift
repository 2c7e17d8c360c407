extension ProjectSession {
  /// Runs tests, all over the same state of the database.
  package func test(
    _ tests: [ProjectNode], tell: (ProjectEvent) -> Void
  ) throws -> RunReport {
    var report = RunReport(verb: "test", startedAt: ProjectSession.now, completedAt: 0)
    try connection.execute("BEGIN READ ONLY")
    defer { _ = try? connection.execute("ROLLBACK") }
    for (index, node) in tests.enumerated() {
      tell(.started(node, number: index + 1, total: tests.count))
      let watch = Stopwatch()
      var result = StepResult(node)
      do {
        try TestStep(connection: connection, node: node).run(&result)
      } catch {
        let located = node.locate(error)
        result.status = .error
        result.message = located.description
        result.detail = located.detailedDescription
        // A failed statement ends the transaction.
        _ = try? connection.execute("ROLLBACK")
        try connection.execute("BEGIN READ ONLY")
      }
      result.milliseconds = watch.milliseconds
      report.results.append(result)
      tell(.finished(result, number: index + 1, total: tests.count))
    }
    report.completedAt = ProjectSession.now
    return report
  }

  /// What the last run left to do: its verb, and the keys of nodes that failed or were not reached. Of a
  /// failed build that is all of them, for nothing of it stayed. Nil when it succeeded.
  package func unfinished() throws -> (verb: ProjectRun.Verb, keys: Set<String>)? {
    guard let last = try manifest.lastRun(), !last.succeeded,
      let verb = ProjectRun.Verb(rawValue: last.verb)
    else { return nil }
    let done: Set<String> = ["success", "warn"]
    return (verb, Set(last.results.filter { !done.contains($0.value) }.keys))
  }
}
