internal import Glibc
package import Olap

/// A project with its database open.
package final class ProjectSession {
  package let project: Project
  package let database: Database
  package let connection: Connection
  let manifest: Manifest

  /// Opens the project's database, or the one at `path`; `settings` come over those of olap.toml.
  ///
  /// - Throws: when it cannot be opened, or a setting of olap.toml is refused.
  package init(
    _ project: Project, path: String? = nil, options: DatabaseOptions = DatabaseOptions(),
    settings: [(name: String, value: String)] = []
  ) throws(ProjectError) {
    self.project = project
    let path = path ?? project.databasePath
    do {
      database = try Database(path, options: options)
    } catch {
      let text = (error as? OlapError)?.description ?? "\(error)"
      throw ProjectError("cannot open \(path): \(text)")
    }
    connection = database.connect()
    manifest = Manifest(connection: connection, project: project.configuration.name)
    if !options.isReadOnly { try? manifest.endAbandonedRuns() }
    for (name, value) in project.configuration.settings + settings {
      do {
        try connection.execute("SET \(name) = \(SQLText.literal(value))")
      } catch {
        try? database.close()
        let text = (error as? OlapError)?.description ?? "\(error)"
        throw ProjectError("setting \(name): \(text)")
      }
    }
  }

  package func close() throws { try database.close() }

  /// What `state:` and `result:` ask about.
  package func selectionContext() throws -> Selection.Context {
    var context = Selection.Context()
    context.fingerprints = try manifest.fingerprints()
    context.results = try manifest.lastRun()?.results ?? [:]
    return context
  }

  /// Whether anything was ever run or built here.
  package func hasRuns() throws -> Bool { try manifest.exists() }

  /// Selected nodes in the project's order.
  package func nodes(_ selection: Selection) throws -> [ProjectNode] {
    let context =
      selection.needsContext ? try selectionContext() : Selection.Context()
    return try selection.nodes(of: project, context: context)
  }

  /// Tables and views of the main schema, in lower case.
  func tableNames() throws -> Set<String> {
    let rows = try connection.query(
      "SELECT lower(table_name) FROM information_schema.tables WHERE table_schema = 'main'")
    return Set(rows.compactMap { $0.string(0) })
  }

  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
