import Olap
import OlapProjects

/// `olap show`: rows of a table, or what the database knows of models and runs.
struct ShowCommand {
  let options: ProjectOptions
  let session: ProjectSession

  private static let tables = [
    "models": """
    SELECT name, layer, state, row_count, mode, lag, owner, tags, depends_on
    FROM olap.models ORDER BY layer DESC, name
    """,
    "runs": """
    SELECT pipeline_name, trigger, started_at, status, rows_processed, rows_created, rows_updated,
      rows_deleted, rows_unchanged, error_message
    FROM olap.pipeline_runs ORDER BY started_at DESC
    """,
    "lineage": "SELECT input_layer, input, model FROM olap.dependencies ORDER BY model, input",
    "schedules": """
    SELECT name, layer, coalesce(lag, 'none') AS lag_or_schedule, state FROM olap.models ORDER BY name
    """,
    "failures": """
    SELECT r.started_at, r.verb, s.kind, s.name, s.status, s.message
    FROM olap_project.results s JOIN olap_project.runs r ON s.run_id = r.run_id
    WHERE s.status IN ('error', 'fail', 'warn') ORDER BY r.started_at DESC, s.position
    """,
  ]

  func run() throws -> Int32 {
    let what = options.positional[0]
    switch what {
    case "sources": return declared(.source, columns: ["name", "path", "files", "description"])
    case "tests": return declared(.test, columns: ["name", "path", "severity", "description"])
    default: break
    }
    if let query = ShowCommand.tables[what] {
      if what == "failures", try !session.hasRuns() {
        print("no run yet")
        return 0
      }
      try printRows(
        what == "runs" || what == "failures" ? "\(query) LIMIT \(options.limit)" : query)
      return 0
    }
    guard let node = session.project[what.lowercased()], node.kind != .test else {
      let tables = session.project.nodes.filter { $0.kind != .test }.map(\.name)
      CommandLineTool.complain(
        "olap show: \"\(what)\" is neither a table of the project (\(tables.joined(separator: ", "))) "
          + "nor one of models, sources, tests, runs, lineage, failures, schedules")
      return 2
    }
    try printRows("SELECT * FROM \(SQLText.quoted(name: node.name)) LIMIT \(options.limit)")
    return 0
  }

  private func printRows(_ query: String) throws {
    let result = try session.connection.execute(query)
    let columns = result.columns
    TextGrid(columns, try result.allRows()).print(asJSON: options.printsJSON)
  }

  private func declared(_ kind: ProjectNode.Kind, columns: [String]) -> Int32 {
    var grid = TextGrid(columns)
    for node in session.project.nodes where node.kind == kind {
      let third =
        kind == .source
        ? node.source.files.joined(separator: ", ") : node.isWarning ? "warn" : "error"
      grid.append([node.name, node.file.path, third, node.description])
    }
    grid.print(asJSON: options.printsJSON)
    return 0
  }
}
