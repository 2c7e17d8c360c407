package import OlapCatalog
package import OlapColumns

extension Storage {
  /// Rows of a table that are visible at `to` but were not at commit `from` (inserts), and the other
  /// way round (deletes). An updated row is one delete and one insert; a row that came and went in
  /// between is neither. `columns` are positions in `to`'s table entry. `upTo` ends the period at an
  /// earlier commit than `to`'s.
  /// - Throws: `changesCompacted` when compaction has forgotten deletes after `from`.
  package func changes(
    table id: EntryID, from: CSN, to: Snapshot, upTo: CSN = .max, columns: [Int]
  ) throws -> ChangeFeed {
    let table: TableSnapshot = to.table(id)
    // From the beginning until now no delete is asked for: what is gone came and went.
    let isWhole = from == 0 && upTo == .max
    if from < table.state.feedFloor, !isWhole {
      throw StorageError.changesCompacted(
        "the changes of \(table.entry.name) since commit \(from) were compacted away; they are "
          + "complete from commit \(table.state.feedFloor) on; WITH (change_retention = …) keeps "
          + "them longer")
    }
    return try ChangeFeed(table: table, from: from, to: upTo, columns: columns)
  }
}

/// The changes of one table between two commits, deletes first.
package final class ChangeFeed {
  package let insertedCount: Int
  package let deletedCount: Int

  /// Rows of one row group and the commits that inserted or deleted them.
  private struct Rows {
    var offsets: [UInt32] = []
    var commits: [CSN] = []
  }
  private struct Part {
    let group: RowGroupSnapshot
    let rows: Rows
    let isInsert: Bool
  }
  private let columns: [Int]
  /// Of all columns of the table.
  private let types: [SQLType]
  private var parts: [Part] = []
  private var part = 0
  private var position = 0

  init(table: TableSnapshot, from: CSN, to: CSN, columns: [Int]) throws {
    self.columns = columns
    types = table.entry.columns.map { $0.type }
    var inserts: [Part] = []
    var insertedCount = 0
    var deletedCount = 0
    for group in table.rowGroups {
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
    self.insertedCount = insertedCount
    self.deletedCount = deletedCount
  }

  /// The next rows, at most a vector's worth, all inserted or all deleted; nil at the end.
  package func next() throws -> (chunk: Chunk, isInsert: Bool)? {
    try nextNumbered(isNumbered: false)
  }

  /// As `next`, with two BIGINT columns behind the others: the commit of the change and the row id.
  package func nextNumbered() throws -> (chunk: Chunk, isInsert: Bool)? {
    try nextNumbered(isNumbered: true)
  }

  /// Rows of several row groups are put together: a change of a thousand rows may touch a hundred.
  private func nextNumbered(isNumbered: Bool) throws -> (chunk: Chunk, isInsert: Bool)? {
    var rows = ScatteredRows()
    var commits: [Int64] = []
    var ids: [RowID] = []
    var isInsert = false
    while part < parts.count, rows.count < VectorSize.current {
      let current: Part = parts[part]
      if position >= current.rows.offsets.count {
        part += 1
        position = 0
        continue
      }
      if rows.count > 0 && current.isInsert != isInsert { break }
      isInsert = current.isInsert
      let n: Int = Swift.min(VectorSize.current - rows.count, current.rows.offsets.count - position)
      let range: Range<Int> = position..<(position + n)
      rows.append(current.rows.offsets[range], of: current.group)
      if isNumbered {
        let group: UInt64 = current.group.id
        commits += current.rows.commits[range].map { Int64($0) }
        ids += current.rows.offsets[range].map { RowIDParts.make(group: group, offset: Int($0)) }
      }
      position += n
    }
    if rows.count == 0 { return nil }
    var vectors: [Vector] = try columns.map { try rows.column($0, type: types[$0]) }
    if isNumbered { vectors += [ChangeFeed.numbers(commits), ChangeFeed.numbers(ids)] }
    return (Chunk(columns: vectors, count: rows.count), isInsert)
  }

  private static func numbers(_ values: [Int64]) -> Vector {
    let vector = Vector.flat(.bigint, count: values.count)
    let out = vector.values(Int64.self)
    for (i, value) in values.enumerated() { out[i] = value }
    return vector
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
    func inserted() throws -> Rows {
      var rows = Rows()
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
    func deleted() throws -> Rows {
      var rows = Rows()
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
      var kept = Rows()
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
    private func recorded(_ deletes: DeleteVector) -> Rows {
      // The records are in commit order: the new ones are at the end.
      let low: Int = deletes.recordCount(upTo: from)
      let records: [(csn: CSN, offset: UInt32)] = deletes.records(from: low)
        .filter { $0.csn <= to }.sorted { $0.offset < $1.offset }
      return Rows(offsets: records.map { $0.offset }, commits: records.map { $0.csn })
    }
  }
}
