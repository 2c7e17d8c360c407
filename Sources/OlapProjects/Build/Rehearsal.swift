package import Olap

/// Builds the project in memory on empty tables: every statement is parsed, bound and planned, and every
/// mistake has its place in a file, before the database is touched.
package struct Rehearsal {
  private let project: Project
  private let database: Database
  private let connection: Connection
  private var errors: [ProjectError] = []
  /// Keys of nodes that failed, or read one that did.
  private var broken: Set<String> = []
  /// Output columns of tables, by key of their node.
  package private(set) var columns: [String: [ResultColumn]] = [:]
  /// Expectations of sources, by key of their node.
  private(set) var expectations: [String: [SourceExpectation]] = [:]

  /// Rehearses `nodes`, which hold their inputs.
  ///
  /// - Parameter actual: the project's database, asked for tables that the project does not declare.
  /// - Throws: everything that is wrong.
  package static func run(
    _ project: Project, nodes: [ProjectNode], actual: Connection?
  ) throws(ProjectErrors) -> Rehearsal {
    var rehearsal: Rehearsal
    do {
      rehearsal = try Rehearsal(project)
    } catch {
      throw ProjectErrors([ProjectError.from(error, in: nil)])
    }
    rehearsal.addUndeclared(nodes, actual)
    for node in nodes { rehearsal.add(node) }
    try? rehearsal.database.close()
    guard rehearsal.errors.isEmpty else { throw ProjectErrors(rehearsal.errors) }
    return rehearsal
  }

  private init(_ project: Project) throws {
    self.project = project
    var options = DatabaseOptions()
    options.threads = 1
    database = try Database(nil, options: options)
    connection = database.connect()
    for setting in project.configuration.settings where setting.name.lowercased() == "timezone" {
      try connection.execute("SET timezone = \(SQLText.literal(setting.value))")
    }
  }

  private static let systemSchemas = ["olap.", "information_schema.", "pg_catalog."]

  /// Tables that only the database knows, without their rows.
  private mutating func addUndeclared(_ nodes: [ProjectNode], _ actual: Connection?) {
    var seen: Set<String> = []
    for node in nodes {
      for reference in node.references where project.node(ofTable: reference.name) == nil {
        let isSystem = Rehearsal.systemSchemas.contains { reference.name.hasPrefix($0) }
        if isSystem || isBuiltIn(reference.name) { continue }
        if seen.contains(reference.name) {
          if !exists(reference.name) { broken.insert(node.key) }
          continue
        }
        seen.insert(reference.name)
        if let actual, let found = try? Rehearsal.shape(of: reference.name, in: actual) {
          if (try? create(reference.name, found)) != nil { continue }
        }
        let known = project.nodes.filter { $0.kind != .test }.map(\.name)
        errors.append(
          ProjectError(
            "\"\(reference.name)\" is neither in the project nor in the database"
              + Spelling.hint(reference.name, among: known), in: node.file, at: reference.offset))
        broken.insert(node.key)
      }
    }
  }

  private func isBuiltIn(_ name: String) -> Bool {
    !name.contains(".") && (name.hasPrefix("duckdb_") || name.hasPrefix("sqlite_"))
  }

  private func exists(_ name: String) -> Bool {
    (try? Rehearsal.shape(of: name, in: connection)) != nil
  }

  private static func shape(
    of name: String, in connection: Connection
  ) throws -> [ResultColumn] {
    let parts = name.split(separator: ".").map { SQLText.quoted(name: String($0)) }
    return try connection.execute("SELECT * FROM \(parts.joined(separator: ".")) LIMIT 0").columns
  }

  private func create(_ name: String, _ columns: [ResultColumn]) throws {
    let parts = name.split(separator: ".").map { SQLText.quoted(name: String($0)) }
    if parts.count > 1 { try connection.execute("CREATE SCHEMA IF NOT EXISTS \(parts[0])") }
    let list = columns.map { "\(SQLText.quoted(name: $0.name)) \($0.type)" }
    try connection.execute(
      "CREATE TABLE \(parts.joined(separator: ".")) (\(list.joined(separator: ", ")))")
  }

  private mutating func add(_ node: ProjectNode) {
    if broken.contains(node.key)
      || project.inputs(of: node).contains(where: { broken.contains($0.key) })
    {
      broken.insert(node.key)
      return
    }
    let statement = node.kind == .model ? node.createStatement(orReplace: false) : nil
    do {
      switch node.kind {
      case .source:
        try connection.execute(node.sql.text)
        expectations[node.key] = try SourceExpectation.all(of: node, in: connection)
      case .seed:
        let request = LoadRequest(
          table: node.name, inputs: node.source.files.map { project.folder.resolve($0) })
        try create(node.name, connection.preview(request).columns)
      case .model: try connection.execute(statement?.text ?? "")
      case .test:
        columns[node.key] = try connection.execute(node.sql.text).columns
        return
      }
      columns[node.key] = try Rehearsal.shape(of: node.key, in: connection)
    } catch {
      errors.append(node.locate(error, in: statement))
      broken.insert(node.key)
    }
  }
}
