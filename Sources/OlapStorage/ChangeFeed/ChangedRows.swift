internal import OlapColumns
import Synchronization

/// Where the changes of one table between two commits stand: deletes first, row group by row group.
struct ChangedRows: Sendable {
  /// Rows of one row group and the commits that inserted or deleted them.
  struct Rows: Sendable {
    var offsets: [UInt32] = []
    var commits: [CSN] = []
  }
  struct Part: Sendable {
    let group: RowGroupSnapshot
    let rows: Rows
    let isInsert: Bool
  }
  private(set) var parts: [Part] = []
  private(set) var insertedCount = 0
  private(set) var deletedCount = 0

  /// From commit `from` (exclusive) to `to` (inclusive).
  init(of groups: [RowGroupSnapshot], from: CSN, to: CSN) throws {
    var inserts: [Part] = []
    for group in groups {
      let period = Period(group: group.state, rowCount: group.rowCount, from: from, to: to)
      let deleted: Rows = try period.deleted()
      if !deleted.offsets.isEmpty {
        parts.append(Part(group: group, rows: deleted, isInsert: false))
        deletedCount += deleted.offsets.count
      }
      let inserted: Rows = try period.inserted()
      if !inserted.offsets.isEmpty {
        inserts.append(Part(group: group, rows: inserted, isInsert: true))
        insertedCount += inserted.offsets.count
      }
    }
    parts += inserts
  }
}

/// Small changes that were asked for, by the commit they begin after: a refresh asks again and again.
final class KnownChanges: Sendable {
  private static let rowMaximum = 100_000
  private let changes = Mutex<[CSN: ChangedRows]>([:])

  func changes(since csn: CSN, _ find: () throws -> ChangedRows) rethrows -> ChangedRows {
    if let known = changes.withLock({ $0[csn] }) { return known }
    let fresh: ChangedRows = try find()
    if fresh.insertedCount + fresh.deletedCount <= KnownChanges.rowMaximum {
      changes.withLock { $0[csn] = fresh }
    }
    return fresh
  }
}

extension TableSnapshot {
  func changedRows(from: CSN, to: CSN) throws -> ChangedRows {
    let find = { try ChangedRows(of: self.rowGroups, from: from, to: to) }
    return to == .max ? try knownChanges.changes(since: from, find) : try find()
  }
}

/// One row group between the commits `from` (exclusive) and `to` (inclusive).
private struct Period {
  let group: RowGroupState
  let rowCount: Int
  let from: CSN
  let to: CSN

  /// Commit that deleted each row; 0 = none. For row groups with deletes only.
  private func deletingCommits(_ deletes: DeleteVector) -> [CSN] {
    var commits = [CSN](repeating: deletes.wholeCommit ?? 0, count: rowCount)
    for record in deletes.records(from: 0) { commits[Int(record.offset)] = record.csn }
    return commits
  }

  /// Rows that came after `from`, run by run (sorted row groups interleave commits), and were still
  /// there at `to`.
  func inserted() throws -> ChangedRows.Rows {
    var rows = ChangedRows.Rows()
    if try group.newestInsert <= from { return rows }
    var first = 0
    let deletes: DeleteVector? = group.deletes
    // Rows deleted after the period belong to it.
    let late: [CSN]? = group.newestDelete > to ? deletes.map { deletingCommits($0) } : nil
    for run in try group.runs {
      if run.csn > from && run.csn <= to {
        for row in first..<run.endRow {
          if deletes?.isDeleted(row) ?? false && (late.map { $0[row] <= to } ?? true) { continue }
          rows.offsets.append(UInt32(row))
          rows.commits.append(run.csn)
        }
      }
      first = run.endRow
    }
    return rows
  }

  /// Rows that existed at `from` and were deleted up to `to`.
  func deleted() throws -> ChangedRows.Rows {
    var rows = ChangedRows.Rows()
    guard let deletes = group.deletes, group.newestDelete > from else { return rows }
    if let whole = deletes.wholeCommit, whole > from, whole <= to {
      let commits: [CSN] = deletingCommits(deletes)
      rows.offsets = (0..<UInt32(rowCount)).filter { commits[Int($0)] > from }
      rows.commits = rows.offsets.map { commits[Int($0)] }
    } else {
      rows = recorded(deletes)
    }
    if try group.newestInsert <= from { return rows }
    let runs: [CommitRun] = try group.runs
    var kept = ChangedRows.Rows()
    var run = 0
    for (index, row) in rows.offsets.enumerated() {
      while run < runs.count && runs[run].endRow <= Int(row) { run += 1 }
      if run < runs.count && runs[run].csn <= from {
        kept.offsets.append(row)
        kept.commits.append(rows.commits[index])
      }
    }
    return kept
  }

  /// The single deletes of the period, by row.
  private func recorded(_ deletes: DeleteVector) -> ChangedRows.Rows {
    // The records are in commit order: the new ones are at the end.
    let low: Int = deletes.recordCount(upTo: from)
    if deletes.logCount == low + 1, deletes.log.commits[low] <= to {
      return ChangedRows.Rows(
        offsets: [deletes.log.offsets[low]], commits: [deletes.log.commits[low]])
    }
    let records: [(csn: CSN, offset: UInt32)] = deletes.records(from: low)
      .filter { $0.csn <= to }.sorted { $0.offset < $1.offset }
    return ChangedRows.Rows(offsets: records.map { $0.offset }, commits: records.map { $0.csn })
  }
}
