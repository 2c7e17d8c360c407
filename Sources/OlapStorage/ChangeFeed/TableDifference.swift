package import OlapColumns

/// Rows visible in one state of a table and not in an earlier state of the same transaction, and the
/// other way round, deletes first. Rows keep their places within a transaction.
package final class TableDifference {
  package private(set) var insertedCount = 0
  package private(set) var deletedCount = 0
  private struct Part {
    let group: RowGroupSnapshot
    let offsets: [UInt32]
    let isInsert: Bool
  }
  private let columns: [Int]
  private var parts: [Part] = []
  private var part = 0
  private var position = 0

  /// `columns` are positions in `new`'s table entry.
  package init(from old: TableSnapshot, to new: TableSnapshot, columns: [Int]) {
    self.columns = columns
    var inserts: [Part] = []
    for group in new.rowGroups {
      let before: RowGroupState? = old.rowGroup(group.id)?.state
      let change = TableDifference.changes(of: group.state, since: before)
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
  }

  private static func changes(
    of group: RowGroupState, since old: RowGroupState?
  ) -> (inserted: [UInt32], deleted: [UInt32]) {
    let known: Int = old?.rowCount ?? 0
    let isDeleted: (RowGroupState?, Int) -> Bool = { $0?.deletes?.isDeleted($1) ?? false }
    var inserted: [UInt32] = []
    for row in known..<Swift.max(known, group.rowCount) where !isDeleted(group, row) {
      inserted.append(UInt32(row))
    }
    if old?.deletes === group.deletes { return (inserted, []) }
    let deleted: [UInt32] =
      recordedDeletes(group.deletes, since: old?.deletes, of: known)
      ?? (0..<UInt32(known)).filter { isDeleted(group, Int($0)) && !isDeleted(old, Int($0)) }
    return (inserted, deleted)
  }

  /// The rows below `known` deleted since, ascending, by the records behind those of the earlier version: a
  /// version's records begin with those of the one it was made from. Nil when they do not, or when all
  /// rows were deleted at once.
  private static func recordedDeletes(
    _ deletes: DeleteVector?, since old: DeleteVector?, of known: Int
  ) -> [UInt32]? {
    guard let deletes, deletes.wholeCommit == nil, old?.wholeCommit == nil else { return nil }
    let rows: [UInt32] = deletes.records(from: old?.logCount ?? 0).map { $0.offset }
    // As many rows as the earlier version has deleted stand before these: if none of these is among them,
    // they are the ones.
    if let old, rows.contains(where: { old.isDeleted(Int($0)) }) { return nil }
    return rows.filter { $0 < known }.sorted()
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
      var rows = ScatteredRows()
      rows.append(current.offsets[position..<(position + n)], of: current.group)
      position += n
      let vectors: [Vector] = try columns.map { column in
        try rows.column(column, type: current.group.layout.types[column])
      }
      return (Chunk(columns: vectors, count: n), current.isInsert)
    }
    return nil
  }
}
