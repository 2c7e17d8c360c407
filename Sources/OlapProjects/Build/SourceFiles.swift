internal import Olap

/// Loads the files of a bronze table that are new or changed since they were loaded.
struct SourceFiles {
  let session: ProjectSession
  let node: ProjectNode

  /// Loads; rows of a table with a primary key are upserted.
  ///
  /// - Parameter reloads: whether a change of any file replaces all rows (seeds).
  /// - Returns: rows loaded.
  func loadNew(reloads: Bool) throws -> Int {
    let folder = session.project.folder
    var paths: [String] = []
    for pattern in node.source.files {
      let found = folder.glob(pattern)
      if found.isEmpty, !pattern.contains(where: { "*?[{".contains($0) }) {
        throw ProjectError(
          "\(folder.resolve(pattern)) is not there", in: node.file, kind: .step)
      }
      paths += found.filter { !paths.contains($0) }
    }
    if paths.isEmpty { return 0 }
    // What came later wins.
    paths = paths.map { (path: $0, time: folder.status($0)?.modifiedAt ?? 0) }
      .sorted { ($0.time, $0.path) < ($1.time, $1.path) }.map(\.path)
    let known = try session.manifest.files(of: node)
    let changed = paths.filter { path in
      guard let status = folder.status(path), let before = known[path] else { return true }
      return status.size != before.size || status.modifiedAt != before.modifiedAt
    }
    if changed.isEmpty { return 0 }
    let key = try primaryKey()
    if reloads {
      try session.connection.execute("DELETE FROM \(SQLText.quoted(name: node.name))")
    } else if key.isEmpty, let path = changed.first(where: { known[$0] != nil }) {
      throw ProjectError(
        "\(path) has changed since it was loaded, and \"\(node.name)\" has no primary key by which "
          + "its rows could be replaced; give the file a new name, or the table a key",
        in: node.file, kind: .step)
    }
    var count = 0
    for path in reloads ? paths : changed {
      var request = LoadRequest(table: node.name, inputs: [folder.resolve(path)])
      request.options = node.source.readOptions
      if !reloads { request.keys = key }
      let loaded = try session.connection.load(request).rowCount
      count += loaded
      if let status = folder.status(path) {
        try session.manifest.store(file: path, status: status, rowCount: loaded, of: node)
      }
    }
    return count
  }

  private func primaryKey() throws -> [String] {
    let rows = try session.connection.query(
      """
      SELECT k.column_name FROM information_schema.key_column_usage k
      JOIN information_schema.table_constraints c
        ON k.constraint_name = c.constraint_name AND k.table_name = c.table_name
          AND k.table_schema = c.table_schema
      WHERE c.constraint_type = 'PRIMARY KEY' AND k.table_schema = 'main'
        AND lower(k.table_name) = ?
      ORDER BY k.ordinal_position
      """, parameters: [.varchar(node.key)])
    return rows.compactMap { $0.string(0) }
  }
}
