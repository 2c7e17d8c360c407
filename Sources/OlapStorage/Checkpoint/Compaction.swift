internal import OlapCatalog
internal import OlapColumns

/// Lays the rows of one table out anew at a checkpoint: seals the tail, merges small neighbours,
/// rewrites row groups with many deletes, drops those with none left.
///
/// Rows keep the commit that inserted them; deleted rows are kept, with their commit, while a consumer
/// of the change feed may still ask for it (`floor`).
struct Compaction {
  enum Mode { case automatic, everything }
  let storage: Storage
  let entry: TableEntry
  let state: TableState
  let mode: Mode
  /// Stops the work between row groups; what is written of a row group is whole.
  let cancellation: Cancellation?
  /// Deletes by commits up to this one are forgotten.
  let floor: CSN

  private var full: Int { storage.options.rowGroupRowCount }

  /// The new layout, or the old state when nothing is worth doing.
  func run() throws -> TableState {
    var result: [RowGroupState] = []
    var run: [RowGroupState] = []
    var runRows = 0
    var nextID: UInt64 = state.nextGroupID
    var forgotten: CSN = 0
    var isChanged = false

    func flush() throws {
      let merged: [RowGroupState] = try merge(run, &nextID, &forgotten, &isChanged)
      result += merged
      run = []
      runRows = 0
    }
    for group in state.groups {
      if cancellation?.isCancelled == true { throw ComputeError.cancelled }
      let kept: Int = keptCount(group)
      if kept == 0 {
        forgotten = Swift.max(forgotten, newestDelete(group))
        isChanged = true
        continue
      }
      if !isMovable(group, kept) {
        try flush()
        result.append(group)
        continue
      }
      if runRows + kept > full { try flush() }
      run.append(group)
      runRows += kept
    }
    try flush()
    if !isChanged { return state }
    return state.replacing(
      groups: result, nextGroupID: nextID, feedFloor: Swift.max(state.feedFloor, forgotten))
  }

  /// Whether a row group is small or holed enough to be rewritten or merged.
  private func isMovable(_ group: RowGroupState, _ kept: Int) -> Bool {
    if case .tail = group.rows { return true }
    let gone: Int = group.rowCount - kept
    switch mode {
    case .everything: return gone > 0 || kept < full
    case .automatic: return gone * 4 > group.rowCount || kept < full / 2
    }
  }

  /// Decides what to do with neighbours that fit into one row group together.
  private func merge(
    _ run: [RowGroupState], _ nextID: inout UInt64, _ forgotten: inout CSN, _ isChanged: inout Bool
  ) throws -> [RowGroupState] {
    if run.isEmpty { return [] }
    var first: Int = run.count - 1
    if mode == .everything {
      first = 0
    } else {
      // Merging only what is at most twice what follows copies each row a logarithmic number of times.
      var rows: Int = keptCount(run[first])
      while first > 0 {
        let before: Int = keptCount(run[first - 1])
        if before > 2 * rows { break }
        rows += before
        first -= 1
      }
    }
    var result: [RowGroupState] = []
    for group in run[..<first] {
      result.append(try alone(group, &nextID, &forgotten, &isChanged))
    }
    let merged: [RowGroupState] = Array(run[first...])
    if merged.count == 1 {
      result.append(try alone(merged[0], &nextID, &forgotten, &isChanged))
    } else {
      result.append(try rewrite(merged, &nextID, &forgotten))
      isChanged = true
    }
    return result
  }

  /// One row group by itself: sealed as it is, rewritten when holed, or left.
  private func alone(
    _ group: RowGroupState, _ nextID: inout UInt64, _ forgotten: inout CSN, _ isChanged: inout Bool
  ) throws -> RowGroupState {
    let gone: Int = group.rowCount - keptCount(group)
    let isHoled: Bool = mode == .everything ? gone > 0 : gone * 4 > group.rowCount
    if isHoled {
      isChanged = true
      return try rewrite([group], &nextID, &forgotten)
    }
    guard case .tail(let tail) = group.rows else { return group }
    // In memory a small tail stays one: there is no log to shorten.
    if storage.file == nil && tail.rowCount < Storage.directSealRowCount { return group }
    if storage.file != nil && entry.isTemporary { return group }
    isChanged = true
    if !entry.sortedBy.isEmpty { return try rewrite([group], &nextID, &forgotten) }
    return RowGroupState(
      rows: .sealed(try storage.seal(tail, entry: entry, fills: state.fills, nil)),
      deletes: group.deletes)
  }

  // MARK: Rows kept

  private func newestDelete(_ group: RowGroupState) -> CSN {
    guard let deletes = group.deletes else { return 0 }
    let last: CSN = deletes.logCount > 0 ? deletes.log.commits[deletes.logCount - 1] : 0
    return Swift.max(last, deletes.wholeCommit ?? 0)
  }

  /// Rows that are visible or whose delete must be remembered.
  private func keptCount(_ group: RowGroupState) -> Int {
    guard let deletes = group.deletes else { return group.rowCount }
    var forgettable = 0
    for i in 0..<deletes.logCount where deletes.log.commits[i] <= floor { forgettable += 1 }
    if let whole = deletes.wholeCommit {
      return whole <= floor ? 0 : group.rowCount - forgettable
    }
    return group.rowCount - forgettable
  }

  private struct Rows {
    var offsets: [UInt32] = []
    var commits: [CSN] = []
    /// Commit that deleted the row; 0 = visible.
    var deletes: [CSN] = []
  }

  private func keptRows(_ group: RowGroupState, _ forgotten: inout CSN) throws -> Rows {
    var deletedBy = [CSN](repeating: group.deletes?.wholeCommit ?? 0, count: group.rowCount)
    for record in group.deletes?.records(from: 0) ?? [] {
      deletedBy[Int(record.offset)] = record.csn
    }
    var rows = Rows()
    var row = 0
    for run in try group.runs {
      while row < run.endRow {
        let deleted: CSN = deletedBy[row]
        if deleted == 0 || deleted > floor {
          rows.offsets.append(UInt32(row))
          rows.commits.append(run.csn)
          rows.deletes.append(deleted)
        } else {
          forgotten = Swift.max(forgotten, deleted)
        }
        row += 1
      }
    }
    return rows
  }

  /// A new row group of the kept rows of `groups`, sorted when the table is.
  private func rewrite(
    _ groups: [RowGroupState], _ nextID: inout UInt64, _ forgotten: inout CSN
  ) throws -> RowGroupState {
    let layout = ColumnLayout(entry: entry, fills: state.fills)
    let parts: [(group: RowGroupSnapshot, rows: Rows)] = try groups.map { group in
      (
        RowGroupSnapshot(state: group, layout: layout, table: entry.id),
        try keptRows(group, &forgotten)
      )
    }
    var columns: [Vector] = try entry.columns.indices.map { column in
      let pieces: [Vector] = try parts.map { part in
        try part.group.column(column)
          .gathered(part.rows.offsets, count: part.rows.offsets.count)
      }
      return Vector.concatenated(pieces, type: entry.columns[column].type)
    }
    var commits: [CSN] = parts.flatMap { $0.rows.commits }
    var deletes: [CSN] = parts.flatMap { $0.rows.deletes }
    let count: Int = commits.count
    if !entry.sortedBy.isEmpty {
      let order: [UInt32] = sortOrder(columns, count)
      columns = columns.map { $0.gathered(order, count: count) }
      commits = order.map { commits[Int($0)] }
      deletes = order.map { deletes[Int($0)] }
    }
    var runs: [CommitRun] = []
    for (row, csn) in commits.enumerated() {
      if runs.last?.csn == csn {
        runs[runs.count - 1].endRow = row + 1
      } else {
        runs.append(CommitRun(csn: csn, endRow: row + 1))
      }
    }
    let id: UInt64 = nextID
    nextID += 1
    let group: RowGroup = try storage.writeRowGroup(
      id: id, entry: entry, columns: columns, rowCount: count, runs: runs, nil)
    var records: [(csn: CSN, offset: UInt32)] = []
    for (row, csn) in deletes.enumerated() where csn != 0 { records.append((csn, UInt32(row))) }
    records.sort { $0.csn < $1.csn }
    return RowGroupState(
      rows: .sealed(group),
      deletes: try DeleteVector.restored(records: records, wholeCommit: nil, rowCount: count))
  }

  /// Row numbers in the order of the sort key; NULLs last, equal keys in row order.
  private func sortOrder(_ columns: [Vector], _ count: Int) -> [UInt32] {
    let keys: [Vector] = entry.sortedBy.map { columns[$0].flattened() }
    return (0..<UInt32(count)).sorted { a, b in
      for key in keys {
        let (isA, isB) = (key.isValid(Int(a)), key.isValid(Int(b)))
        if !isA || !isB {
          if isA != isB { return isA }
          continue
        }
        let order: Int = Compare.order(key, Int(a), key, Int(b))
        if order != 0 { return order < 0 }
      }
      return a < b
    }
  }
}
