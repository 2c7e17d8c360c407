internal import Olap

/// What the database remembers of a project: definitions applied, files loaded, runs. Ordinary tables of
/// schema `olap_project`, written in the transactions that they describe.
package struct Manifest {
  private let connection: Connection
  private let project: String

  init(connection: Connection, project: String) {
    self.connection = connection
    self.project = project
  }

  private static let tables = [
    """
    CREATE TABLE IF NOT EXISTS olap_project.nodes (
      project VARCHAR NOT NULL, key VARCHAR NOT NULL, name VARCHAR, kind VARCHAR, layer VARCHAR,
      path VARCHAR, fingerprint VARCHAR, definition VARCHAR, applied_at TIMESTAMPTZ,
      PRIMARY KEY (project, key))
    """,
    """
    CREATE TABLE IF NOT EXISTS olap_project.files (
      project VARCHAR NOT NULL, source VARCHAR NOT NULL, path VARCHAR NOT NULL, size BIGINT,
      modified_at BIGINT, row_count BIGINT, loaded_at TIMESTAMPTZ,
      PRIMARY KEY (project, source, path))
    """,
    """
    CREATE TABLE IF NOT EXISTS olap_project.runs (
      run_id UUID PRIMARY KEY, project VARCHAR, verb VARCHAR, started_at TIMESTAMPTZ,
      completed_at TIMESTAMPTZ, status VARCHAR, error_message VARCHAR)
    """,
    """
    CREATE TABLE IF NOT EXISTS olap_project.results (
      run_id UUID, position INTEGER, key VARCHAR, name VARCHAR, kind VARCHAR, status VARCHAR,
      rows_created BIGINT, rows_updated BIGINT, rows_deleted BIGINT, duration_ms DOUBLE,
      message VARCHAR)
    """,
  ]

  /// Makes the tables when they are not there.
  func prepare() throws {
    if try exists() { return }
    try connection.execute("CREATE SCHEMA IF NOT EXISTS olap_project")
    for table in Manifest.tables { try connection.execute(table) }
  }

  func exists() throws -> Bool {
    let rows = try connection.query(
      "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'olap_project'")
    return rows[0].int(0) == Manifest.tables.count
  }

  // MARK: Definitions

  /// Fingerprints of the definitions in the database, by key.
  func fingerprints() throws -> [String: String] {
    guard try exists() else { return [:] }
    var result: [String: String] = [:]
    let rows = try connection.query(
      "SELECT key, fingerprint FROM olap_project.nodes WHERE project = ?",
      parameters: [.varchar(project)])
    for row in rows { result[row.string(0) ?? ""] = row.string(1) }
    return result
  }

  /// Names of models and sources that an earlier version of the project applied, by key.
  func appliedNames() throws -> [String: String] {
    guard try exists() else { return [:] }
    var result: [String: String] = [:]
    let rows = try connection.query(
      "SELECT key, name FROM olap_project.nodes WHERE project = ? AND kind <> 'test'",
      parameters: [.varchar(project)])
    for row in rows { result[row.string(0) ?? ""] = row.string(1) }
    return result
  }

  func store(_ node: ProjectNode) throws {
    try connection.execute(
      """
      INSERT OR REPLACE INTO olap_project.nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, now())
      """,
      parameters: [
        .varchar(project), .varchar(node.key), .varchar(node.name), .varchar(node.kind.rawValue),
        node.layer.map { .varchar($0) } ?? .null, .varchar(node.file.path),
        .varchar(node.fingerprint), .varchar(node.sql.text),
      ])
  }

  // MARK: Files

  /// Size and time of the files that were loaded into a source, by path.
  func files(of source: ProjectNode) throws -> [String: (size: Int64, modifiedAt: Int64)] {
    var result: [String: (size: Int64, modifiedAt: Int64)] = [:]
    let rows = try connection.query(
      "SELECT path, size, modified_at FROM olap_project.files WHERE project = ? AND source = ?",
      parameters: [.varchar(project), .varchar(source.key)])
    for row in rows {
      result[row.string(0) ?? ""] = (Int64(row.int(1) ?? 0), Int64(row.int(2) ?? 0))
    }
    return result
  }

  func store(
    file: String, status: (size: Int64, modifiedAt: Int64), rowCount: Int, of source: ProjectNode
  ) throws {
    try connection.execute(
      "INSERT OR REPLACE INTO olap_project.files VALUES (?, ?, ?, ?, ?, ?, now())",
      parameters: [
        .varchar(project), .varchar(source.key), .varchar(file), .integer(status.size),
        .integer(status.modifiedAt), .integer(Int64(rowCount)),
      ])
  }

  // MARK: Runs

  /// Verb and outcomes of the newest run; nil when there is none.
  func lastRun() throws -> (verb: String, succeeded: Bool, results: [String: String])? {
    guard try exists() else { return nil }
    let runs = try connection.query(
      """
      SELECT run_id::VARCHAR, verb, status FROM olap_project.runs WHERE project = ?
      ORDER BY started_at DESC LIMIT 1
      """, parameters: [.varchar(project)])
    guard let run = runs.first else { return nil }
    var results: [String: String] = [:]
    let rows = try connection.query(
      "SELECT key, status FROM olap_project.results WHERE run_id = ?::UUID",
      parameters: [run.values[0]])
    for row in rows { results[row.string(0) ?? ""] = row.string(1) }
    return (run.string(1) ?? "", run.string(2) == "SUCCESS", results)
  }

  /// Writes down a run that begins, with all its nodes as not reached yet, in the open transaction.
  /// Should the process be killed, that and the steps committed by then is what is known of it.
  /// - Returns: the run's id.
  func begin(_ report: RunReport, _ nodes: [ProjectNode]) throws -> Value {
    let ids = try connection.query("SELECT gen_random_uuid()::VARCHAR")
    let id = ids[0].values[0]
    try connection.execute(
      "INSERT INTO olap_project.runs VALUES (?::UUID, ?, ?, to_timestamp(?), NULL, 'RUNNING', NULL)",
      parameters: [
        id, .varchar(project), .varchar(report.verb), .double(report.startedAt),
      ])
    for (index, node) in nodes.enumerated() {
      var result = StepResult(node)
      result.status = .skipped
      try record(result, number: index + 1, run: id)
    }
    return id
  }

  /// Writes down what a run did with its node `number`, in the open transaction.
  func record(_ result: StepResult, number: Int, run id: Value) throws {
    try connection.execute(
      "DELETE FROM olap_project.results WHERE run_id = ?::UUID AND position = ?",
      parameters: [id, .integer(Int64(number))])
    try connection.execute(
      """
      INSERT INTO olap_project.results VALUES (?::UUID, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      parameters: [
        id, .integer(Int64(number)), .varchar(result.node.key), .varchar(result.node.name),
        .varchar(result.node.kind.rawValue), .varchar(result.status.rawValue),
        .integer(Int64(result.created)), .integer(Int64(result.updated)),
        .integer(Int64(result.deleted)), .double(result.milliseconds),
        result.message.map { .varchar($0) } ?? .null,
      ])
  }

  /// Writes down how a run ended, in the open transaction.
  func end(_ report: RunReport, run id: Value) throws {
    for (index, result) in report.results.enumerated() {
      try record(result, number: index + 1, run: id)
    }
    try connection.execute(
      """
      UPDATE olap_project.runs SET completed_at = to_timestamp(?), status = ?, error_message = ?
      WHERE run_id = ?::UUID
      """,
      parameters: [
        .double(report.completedAt), .varchar(report.succeeded ? "SUCCESS" : "FAILED"),
        report.firstError.map { .varchar($0) } ?? .null, id,
      ])
  }

  /// Marks runs that a process left behind when it ended without a word as failed. Nobody else has the
  /// database open.
  func endAbandonedRuns() throws {
    guard try exists() else { return }
    let count = try connection.query(
      "SELECT count(*) FROM olap_project.runs WHERE status = 'RUNNING'")
    if count[0].int(0) == 0 { return }
    try connection.execute(
      """
      UPDATE olap_project.runs SET status = 'FAILED',
        error_message = 'the process ended before the run did'
      WHERE status = 'RUNNING'
      """)
  }
}
