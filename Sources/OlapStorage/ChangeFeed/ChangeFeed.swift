package import OlapCatalog
package import OlapColumns

extension Storage {
  /// Rows of a table that are visible at `to` but were not at commit `from` (inserts), and the other
  /// way round (deletes). An updated row is one delete and one insert; a row that came and went in
  /// between is neither. `columns` are positions in `to`'s table entry.
  /// - Throws: `changesCompacted` when compaction has forgotten deletes after `from`.
  package func changes(
    table id: EntryID, from: CSN, to: Snapshot, columns: [Int]
  ) throws -> ChangeFeed {
    let table: TableSnapshot = to.table(id)
    if from < table.state.feedFloor {
      throw StorageError.changesCompacted(
        "the changes of \(table.entry.name) since commit \(from) were compacted away; they are "
          + "complete from commit \(table.state.feedFloor) on: refresh fully once")
    }
    return try ChangeFeed(table: table, from: from, columns: columns)
  }
}

/// The changes of one table between two commits, deletes first.
package final class ChangeFeed {
  package let insertedCount: Int
  package let deletedCount: Int

  private struct Part {
    let group: RowGroupSnapshot
    let offsets: [UInt32]
    let isInsert: Bool
  }
  private let columns: [Int]
  private var parts: [Part] = []
  private var part = 0
  private var position = 0

  init(table: TableSnapshot, from: CSN, columns: [Int]) throws {
    self.columns = columns
    var inserts: [Part] = []
    var insertedCount = 0
    var deletedCount = 0
    for group in table.rowGroups {
      let change = try ChangeFeed.changes(of: group, from: from)
      if !change.deleted.isEmpty {
        parts.append(Part(group: group, offsets: change.deleted, isInsert: false))
        deletedCount += change.deleted.count
      }
      if !change.inserted.isEmpty {
        inserts.append(Part(group: group, offsets: change.inserted, isInsert: true))
        insertedCount += change.inserted.count
      }
    }
    parts += inserts
    self.insertedCount = insertedCount
    self.deletedCount = deletedCount
  }

  /// The next rows, at most a vector's worth, all inserted or all deleted; nil at the end.
  package func next() throws -> (chunk: Chunk, isInsert: Bool)? {
    while part < parts.count {
      let current: Part = parts[part]
      if position >= current.offsets.count {
        part += 1
        position = 0
        continue
      }
      let n: Int = Swift.min(VectorSize.current, current.offsets.count - position)
      let slice: [UInt32] = Array(current.offsets[position..<(position + n)])
      position += n
      let vectors: [Vector] = try columns.map { column in
        try current.group.gather(column: column, offsets: slice, count: n)
      }
      return (Chunk(columns: vectors, count: n), current.isInsert)
    }
    return nil
  }

  private static func changes(
    of group: RowGroupSnapshot, from: CSN
  ) throws -> (inserted: [UInt32], deleted: [UInt32]) {
    let deletes: DeleteVector? = group.state.deletes
    let newestDelete: CSN =
      deletes.map { deletes in
        let last: CSN = deletes.logCount > 0 ? deletes.log.commits[deletes.logCount - 1] : 0
        return Swift.max(last, deletes.wholeCommit ?? 0)
      } ?? 0
    let runs: [CommitRun] = try group.state.runs
    var inserted: [UInt32] = []
    var deleted: [UInt32] = []
    var first = 0
    // Rows inserted after `from`, run by run (sorted row groups interleave commits).
    for run in runs {
      if run.csn > from {
        for row in first..<run.endRow where !(deletes?.isDeleted(row) ?? false) {
          inserted.append(UInt32(row))
        }
      }
      first = run.endRow
    }
    if let deletes, newestDelete > from {
      deleted = deletedRows(deletes, runs, from, group.rowCount)
    }
    return (inserted, deleted)
  }

  /// Rows that existed at `from` and were deleted since.
  private static func deletedRows(
    _ deletes: DeleteVector, _ runs: [CommitRun], _ from: CSN, _ rowCount: Int
  ) -> [UInt32] {
    var rows: [UInt32] = []
    if let whole = deletes.wholeCommit, whole > from {
      var wasGone = [Bool](repeating: false, count: rowCount)
      for record in deletes.records(from: 0) where record.csn <= from {
        wasGone[Int(record.offset)] = true
      }
      rows = (0..<UInt32(rowCount)).filter { !wasGone[Int($0)] }
    } else {
      // The records are in commit order: the new ones are at the end.
      var low = 0
      var high: Int = deletes.logCount
      while low < high {
        let middle: Int = (low + high) / 2
        if deletes.log.commits[middle] <= from { low = middle + 1 } else { high = middle }
      }
      rows = (low..<deletes.logCount).map { deletes.log.offsets[$0] }.sorted()
    }
    if runs.allSatisfy({ $0.csn <= from }) { return rows }
    var run = 0
    return rows.filter { row in
      while run < runs.count && runs[run].endRow <= Int(row) { run += 1 }
      return run < runs.count && runs[run].csn <= from
    }
  }
}
