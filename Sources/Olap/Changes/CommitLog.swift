internal import OlapCatalog
internal import OlapColumns
internal import OlapStorage

/// Names and times of commits: `olap.commits`, kept from the first layer table on.
extension Connection {
  /// Adds the commit about to be made, when it changes a user's table, and keeps the change feed of the
  /// period that `change_retention` asks for.
  func logCommit(_ writer: WriteTransaction) throws {
    let catalog = writer.catalog
    guard catalog.lookup(.relation, schema: RunLog.schema, name: "commits") != nil else { return }
    let names = writer.changedTables.compactMap { id -> String? in
      guard let table = catalog.table(id), table.schema != RunLog.schema else { return nil }
      return table.name
    }
    guard !names.isEmpty else { return }
    let now = wallClockMicroseconds()
    try RunLog.append(
      [
        .integer(Int64(writer.snapshot.csn)), .timestampTZ(now),
        .varchar(names.joined(separator: ", ")),
      ], to: "commits", writer)
    try keepChanges(now: now, writer)
  }

  /// Lowers the commit from which compaction must keep deleted rows to the start of the longest
  /// `WITH (change_retention = '…')` of a table.
  private func keepChanges(now: Int64, _ writer: WriteTransaction) throws {
    var starts: [String] = []
    for case .table(let table) in writer.catalog.entries.values {
      if let text = table.options["change_retention"] {
        starts.append(
          "(TIMESTAMPTZ '1970-01-01 00:00:00+00' + INTERVAL (\(now)) MICROSECOND)"
            + " - INTERVAL '\(escape(text))'")
      }
    }
    guard !starts.isEmpty else { return }
    let start = starts.count == 1 ? starts[0] : "least(\(starts.joined(separator: ", ")))"
    let rows = try internalQuery(
      "SELECT max(commit_id) FROM olap.commits WHERE committed_at <= \(start)",
      snapshot: writer.snapshot)
    var floor = CSN(rows.first?.int(0) ?? 0)
    for case .table(let table) in writer.catalog.entries.values where table.model != nil {
      if let state = modelState(of: table, snapshot: writer.snapshot) {
        floor = min(floor, state.csn)
      }
    }
    writer.setMetadata(Storage.changeFloorKey, Connection.encode(Int64(clamping: floor)))
  }

  /// The commit that a run id, a commit name, or a time (the last commit up to it) stands for.
  func commitNumber(named name: String, snapshot: Snapshot) throws -> CSN? {
    let text = "'\(escape(name))'"
    let queries = [
      "SELECT max(snapshot_to) FROM olap.pipeline_runs WHERE run_id = TRY_CAST(\(text) AS UUID)",
      "SELECT max(commit_id) FROM olap.commits WHERE name = \(text)",
      """
      SELECT coalesce(max(commit_id), 0) FROM olap.commits
      WHERE committed_at <= TRY_CAST(\(text) AS TIMESTAMPTZ)
      HAVING TRY_CAST(\(text) AS TIMESTAMPTZ) IS NOT NULL
      """,
    ]
    for query in queries {
      if let number = try internalQuery(query, snapshot: snapshot).first?.int(0) {
        return CSN(number)
      }
    }
    return nil
  }
}
