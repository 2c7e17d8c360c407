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

  private let columns: [Int]
  /// Of all columns of the table.
  private let types: [SQLType]
  private let parts: [ChangedRows.Part]
  private var part = 0
  private var position = 0

  init(table: TableSnapshot, from: CSN, to: CSN, columns: [Int]) throws {
    self.columns = columns
    types = table.entry.columns.map { $0.type }
    let changed: ChangedRows = try table.changedRows(from: from, to: to)
    parts = changed.parts
    insertedCount = changed.insertedCount
    deletedCount = changed.deletedCount
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
      let current: ChangedRows.Part = parts[part]
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
}
