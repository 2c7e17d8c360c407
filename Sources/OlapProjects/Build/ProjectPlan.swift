internal import Olap

/// What a run would do, found without doing it.
package struct ProjectPlan: Sendable {
  package struct Step: Sendable {
    package let node: ProjectNode
    /// create, replace, refresh, load, none, test
    package let action: String
    package let reason: String
  }

  package let steps: [Step]

  /// Looks at definitions, files and, for models that are there, at what their refresh would do.
  package static func make(
    _ session: ProjectSession, _ nodes: [ProjectNode], _ verb: ProjectRun.Verb
  ) throws -> ProjectPlan {
    let project = session.project
    _ = try Rehearsal.run(
      project, nodes: project.withInputs(nodes), actual: session.connection)
    let fingerprints = try session.manifest.fingerprints()
    let tables = try session.tableNames()
    var steps: [Step] = []
    // Models whose rows are not known before they are made.
    var made: Set<String> = []
    for node in nodes where verb == .build || node.kind != .test {
      let isThere = tables.contains(node.key)
      let isChanged = fingerprints[node.key] != node.fingerprint
      switch node.kind {
      case .test: steps.append(Step(node: node, action: "test", reason: node.description))
      case .source, .seed:
        let action = !isThere ? "create" : isChanged && node.kind == .source ? "change" : "keep"
        let files = node.source.files.joined(separator: ", ")
        steps.append(
          Step(node: node, action: action, reason: files.isEmpty ? "" : "new files of \(files)"))
      case .model:
        if !isThere {
          steps.append(Step(node: node, action: "create", reason: "not in the database"))
        } else if isChanged {
          steps.append(Step(node: node, action: "replace", reason: "the definition changed"))
        } else if session.connection.isReshaped(model: node.name) {
          steps.append(Step(node: node, action: "replace", reason: "its columns changed"))
        } else if let input = project.inputs(of: node).first(where: { made.contains($0.key) }) {
          steps.append(Step(node: node, action: "refresh", reason: "follows \(input.name)"))
        } else {
          steps.append(try refreshStep(node, session))
        }
        let isMade = ["create", "replace"].contains(steps.last?.action)
        if isMade || steps.last?.reason.hasPrefix("follows ") == true { made.insert(node.key) }
      }
    }
    return ProjectPlan(steps: steps)
  }

  private static func refreshStep(
    _ node: ProjectNode, _ session: ProjectSession
  ) throws -> Step {
    let rows = try session.connection.query("EXPLAIN REFRESH \(SQLText.quoted(name: node.name))")
    guard let row = rows.first(where: { $0["model"]?.text(.varchar).lowercased() == node.key })
    else { return Step(node: node, action: "refresh", reason: "") }
    let rung = row["rung"]?.text(.varchar) ?? ""
    return Step(
      node: node, action: rung == "NONE" ? "keep" : "refresh",
      reason: (rung == "NONE" ? "" : rung.lowercased() + ": ")
        + (row["reason"]?.text(.varchar) ?? ""))
  }
}
