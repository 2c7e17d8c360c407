internal import OlapCatalog
internal import OlapColumns

/// A moment within a transaction, to measure from what was written since.
package struct WriteMark: Sendable {
  let tables: [EntryID: TableState]
}

extension WriteTransaction {
  package var mark: WriteMark { WriteMark(tables: tables) }

  /// Bytes that the rows added to and deleted from stored tables since the mark take: whole row groups as
  /// they stand in the file, other rows and deletes as they go to the log. Tables that are gone again
  /// count nothing.
  package func writtenByteCount(since mark: WriteMark) -> Int {
    var total = 0
    for (id, state) in tables where !state.isTemporary {
      let before: TableState? = mark.tables[id]
      if let before, before === state { continue }
      let known: Set<UInt64> = Set(
        (before?.groups ?? []).compactMap { group -> UInt64? in
          if case .sealed = group.rows { group.id } else { nil }
        })
      for case .sealed(let group) in state.groups.map(\.rows) where !known.contains(group.id) {
        total += group.writtenByteCount
      }
      for record in rowRecords(id, state, since: before) {
        var writer = ByteWriter()
        writer.write(record)
        total += writer.bytes.count
      }
    }
    return total
  }
}
