internal import OlapCatalog

extension TableSnapshot {
  /// The table's rows as they were at commit `csn`, under this snapshot's columns.
  ///
  /// Row groups without changes since are shared; the others get a delete vector of that time.
  /// - Throws: `changesCompacted` when compaction has forgotten deletes after `csn`.
  package func earlier(_ csn: CSN) throws -> TableSnapshot {
    try checkFeed(from: csn)
    var groups: [RowGroupState] = []
    for group in state.groups {
      if let group = try group.earlier(csn) { groups.append(group) }
    }
    return TableSnapshot(
      entry: entry, state: state.replacing(groups: groups), storage: storage, reads: reads)
  }

  func checkFeed(from csn: CSN) throws {
    guard csn < state.feedFloor else { return }
    throw StorageError.changesCompacted(
      "the changes of \(entry.name) since commit \(csn) were compacted away; they are complete "
        + "from commit \(state.feedFloor) on; WITH (change_retention = …) keeps them longer")
  }

  /// Whether both show the very same rows of the table.
  package func hasSameRows(as other: TableSnapshot) -> Bool { state === other.state }
}

extension RowGroupState {
  /// The row group as it was at a commit; nil when it had no row then.
  fileprivate func earlier(_ csn: CSN) throws -> RowGroupState? {
    let isNewer: Bool = try newestInsert > csn
    if !isNewer {
      if newestDelete <= csn { return self }
      if let deletes, deletes.wholeCommit == nil { return with(deletes: deletes.earlier(csn)) }
    }
    // A row is gone at `csn` when it was deleted by then or came later.
    var records: [(csn: CSN, offset: UInt32)] = []
    for record in deletes?.records(from: 0) ?? [] where record.csn <= csn { records.append(record) }
    let whole: CSN? = deletes?.wholeCommit.flatMap { $0 <= csn ? $0 : nil }
    if isNewer {
      var known = [Bool](repeating: false, count: rowCount)
      for record in records { known[Int(record.offset)] = true }
      var row = 0
      for run in try runs {
        if run.csn > csn {
          for newer in row..<run.endRow where !known[newer] { records.append((0, UInt32(newer))) }
        }
        row = run.endRow
      }
      if records.count == rowCount { return nil }
    }
    return with(
      deletes: try DeleteVector.restored(records: records, wholeCommit: whole, rowCount: rowCount))
  }
}
