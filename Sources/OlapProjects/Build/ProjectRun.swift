internal import Olap

/// One `olap run` or `olap build`: definitions, files, seeds and models applied, tests run.
///
/// `build` is one transaction: everything selected is there afterwards and every test holds, or nothing
/// has changed. `run` commits node by node, goes on beside a failure and can be resumed.
package final class ProjectRun {
  package enum Verb: String, Sendable {
    case run, build
  }

  package struct Options: Sendable {
    package var verb: Verb
    package var isFullRefresh = false
    package var stopsAtFirstFailure = false

    package init(_ verb: Verb) { self.verb = verb }
  }

  private let session: ProjectSession
  private let options: Options
  private let tell: (ProjectEvent) -> Void
  private var fingerprints: [String: String] = [:]
  private var tables: Set<String> = []
  private var rehearsal: Rehearsal?
  private var report: RunReport
  private var total = 0

  package init(
    _ session: ProjectSession, _ options: Options, tell: @escaping (ProjectEvent) -> Void
  ) {
    self.session = session
    self.options = options
    self.tell = tell
    report = RunReport(
      verb: options.verb.rawValue, startedAt: ProjectSession.now, completedAt: 0)
  }

  private var connection: Connection { session.connection }
  private var project: Project { session.project }

  /// Runs the nodes with what they need: tables declared in `sources/` are made for all they read.
  ///
  /// - Throws: `ProjectErrors` when the project is not right; nothing was done then. Failing steps are
  ///   not thrown: they are in the report.
  package func run(_ selected: [ProjectNode]) throws -> RunReport {
    let chosen = steps(for: selected)
    rehearsal = try Rehearsal.run(
      project, nodes: project.withInputs(chosen), actual: connection)
    fingerprints = try session.manifest.fingerprints()
    tables = try session.tableNames()
    try checkInputs(of: chosen)
    total = chosen.count
    switch options.verb {
    case .run: try runSteps(chosen)
    case .build: try buildSteps(chosen)
    }
    return report
  }

  /// The nodes to go through: the selected ones (tests in `build` only) and undeclared sources of theirs.
  private func steps(for selected: [ProjectNode]) -> [ProjectNode] {
    let chosen = selected.filter { options.verb == .build || $0.kind != .test }
    let keys = Set(chosen.map(\.key))
    return project.withInputs(chosen).filter { node in
      keys.contains(node.key) || node.kind == .source || node.kind == .seed
    }
  }

  /// A selected model can only be built on models that are there.
  private func checkInputs(of chosen: [ProjectNode]) throws {
    let keys = Set(chosen.map(\.key))
    var errors: [ProjectError] = []
    for node in chosen {
      for reference in node.references {
        guard let input = project.node(ofTable: reference.name), !keys.contains(input.key),
          !tables.contains(input.key)
        else { continue }
        errors.append(
          ProjectError(
            "\"\(input.name)\" is not built yet; select it too: --select +\(node.name)",
            in: node.file, at: reference.offset))
      }
    }
    if !errors.isEmpty { throw ProjectErrors(errors) }
  }

  // MARK: Transactions

  private func buildSteps(_ nodes: [ProjectNode]) throws {
    let id = try begin(nodes)
    beginRun()
    try connection.execute("BEGIN")
    do {
      for (index, node) in nodes.enumerated() {
        let result = step(node, number: index + 1)
        if result.status.isFailure {
          skip(nodes[(index + 1)...], from: index + 1)
          break
        }
      }
      if report.succeeded {
        finish()
        try session.manifest.end(report, run: id)
        try connection.endRun()
        try connection.execute("COMMIT")
        return
      }
    } catch {
      _ = try? connection.execute("ROLLBACK")
      try? connection.endRun(error: ProjectError.from(error, in: nil).description)
      try? session.manifest.endAbandonedRuns()
      throw error
    }
    try connection.execute("ROLLBACK")
    try connection.endRun(error: report.firstError)
    for index in report.results.indices where !report.results[index].status.isFailure {
      if report.results[index].status != .skipped { report.results[index].status = .reverted }
    }
    finish()
    try transaction { try session.manifest.end(report, run: id) }
  }

  private func runSteps(_ nodes: [ProjectNode]) throws {
    let id = try begin(nodes)
    beginRun()
    var broken: Set<String> = []
    for (index, node) in nodes.enumerated() {
      if project.inputs(of: node).contains(where: { broken.contains($0.key) }) {
        broken.insert(node.key)
        skip([node], from: index)
        continue
      }
      try connection.execute("BEGIN")
      let result = step(node, number: index + 1) { result in
        try self.session.manifest.record(result, number: index + 1, run: id)
        try self.connection.execute("COMMIT")
      }
      if result.status.isFailure {
        // A COMMIT that failed has rolled back already.
        _ = try? connection.execute("ROLLBACK")
        broken.insert(node.key)
        if options.stopsAtFirstFailure {
          skip(nodes[(index + 1)...], from: index + 1)
          break
        }
      }
    }
    finish()
    try transaction { try session.manifest.end(report, run: id) }
    let isPartial = report.results.contains { !$0.status.isFailure && $0.status != .skipped }
    try connection.endRun(error: report.firstError, isPartial: isPartial)
  }

  private func beginRun() {
    connection.beginRun(
      pipeline: project.configuration.name, trigger: "olap " + options.verb.rawValue)
  }

  private func finish() { report.completedAt = ProjectSession.now }

  /// Writes the run down before its work; what is known should the process be killed.
  private func begin(_ nodes: [ProjectNode]) throws -> Value {
    var id = Value.null
    try transaction {
      try session.manifest.prepare()
      id = try session.manifest.begin(report, nodes)
    }
    return id
  }

  private func transaction(_ body: () throws -> Void) throws {
    try connection.execute("BEGIN")
    do {
      try body()
      try connection.execute("COMMIT")
    } catch {
      _ = try? connection.execute("ROLLBACK")
      throw error
    }
  }

  private func skip(_ nodes: ArraySlice<ProjectNode>, from index: Int) {
    for (offset, node) in nodes.enumerated() {
      var result = StepResult(node)
      result.status = .skipped
      report.results.append(result)
      tell(.finished(result, number: index + offset + 1, total: total))
    }
  }

  // MARK: Steps

  /// - Parameter keep: what makes a step that succeeded last; its failure is the step's.
  private func step(
    _ node: ProjectNode, number: Int, keep: (StepResult) throws -> Void = { _ in }
  ) -> StepResult {
    tell(.started(node, number: number, total: total))
    let watch = Stopwatch()
    var result = StepResult(node)
    do {
      switch node.kind {
      case .source: try apply(source: node, &result)
      case .seed: try apply(seed: node, &result)
      case .model: try apply(model: node, &result)
      case .test: try TestStep(connection: connection, node: node).run(&result)
      }
      if !result.status.isFailure, fingerprints[node.key] != node.fingerprint {
        try session.manifest.store(node)
      }
      result.milliseconds = watch.milliseconds
      if !result.status.isFailure { try keep(result) }
    } catch {
      let located = located(error, node)
      result.status = .error
      result.message = located.description
      result.detail = located.detailedDescription
    }
    result.milliseconds = watch.milliseconds
    report.results.append(result)
    tell(.finished(result, number: number, total: total))
    return result
  }

  /// The error with its place: that of the node itself, or of a model it pulled along.
  private func located(_ error: any Error, _ node: ProjectNode) -> ProjectError {
    if let sql = (error as? OlapError)?.sql, node.kind == .model,
      let other = project.nodes.first(where: { $0.kind == .model && $0.sql.text == sql })
    {
      return other.locate(error)
    }
    return node.locate(
      error, in: node.kind == .model ? node.createStatement(orReplace: true) : nil)
  }

  private func apply(source node: ProjectNode, _ result: inout StepResult) throws {
    if !tables.contains(node.key) {
      try connection.execute(node.sql.text)
    } else if fingerprints[node.key] != node.fingerprint {
      let step = SourceChange(
        connection: connection, node: node, declared: rehearsal?.columns[node.key] ?? [],
        rules: rehearsal?.expectations[node.key] ?? [])
      try step.apply()
    }
    let files = SourceFiles(session: session, node: node)
    result.created = try files.loadNew(reloads: false)
  }

  private func apply(seed node: ProjectNode, _ result: inout StepResult) throws {
    let files = SourceFiles(session: session, node: node)
    if !tables.contains(node.key) {
      let list = (rehearsal?.columns[node.key] ?? []).map {
        "\(SQLText.quoted(name: $0.name)) \($0.type)"
      }
      try connection.execute(
        "CREATE BRONZE TABLE \(SQLText.quoted(name: node.name)) (\(list.joined(separator: ", ")))")
    }
    result.created = try files.loadNew(reloads: true)
  }

  private func apply(model node: ProjectNode, _ result: inout StepResult) throws {
    let name = SQLText.quoted(name: node.name)
    let isNew = !tables.contains(node.key)
    // The same text gives other columns when those of a source have changed.
    if isNew || fingerprints[node.key] != node.fingerprint
      || connection.isReshaped(model: node.name)
    {
      try connection.execute(node.createStatement(orReplace: true).text)
    }
    let full = options.isFullRefresh ? " FULL" : ""
    for row in try connection.query("REFRESH \(name)\(full)")
    where row["model"]?.text(.varchar).lowercased() == node.key {
      result.add(refresh: row)
    }
  }
}

extension StepResult {
  /// Takes the counts from a row that REFRESH returned.
  mutating func add(refresh row: Row) {
    func count(_ name: String) -> Int {
      if case .integer(let number)? = row[name] { Int(number) } else { 0 }
    }
    created = count("created")
    updated = count("updated")
    deleted = count("deleted")
    unchanged = count("unchanged")
    if case .varchar(let text)? = row["rung"] { rung = text }
  }
}
