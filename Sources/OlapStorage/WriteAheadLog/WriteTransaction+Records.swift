internal import OlapCatalog
internal import OlapColumns

extension WriteTransaction {
  /// What this transaction changed, as records: the difference of its state to its base.
  func makeRecords() -> [LogRecord] {
    var records: [LogRecord] = catalogRecords()
    for (id, state) in tables.sorted(by: { $0.key < $1.key }) where !state.isTemporary {
      let before: TableState? = base.tables[id]
      if let before, before === state { continue }
      records += tableRecords(id, state, before)
    }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key })
    where base.metadata[key] != value {
      records.append(.metadata(key, value))
    }
    for key in base.metadata.keys.sorted() where metadata[key] == nil {
      records.append(.metadata(key, nil))
    }
    return records
  }

  /// Whether anything changed, temporary tables included.
  var isChanged: Bool {
    if isCatalogChanged || metadata != base.metadata { return true }
    if tables.count != base.tables.count { return true }
    return tables.contains { id, state in base.tables[id] !== state }
  }

  private func catalogRecords() -> [LogRecord] {
    guard isCatalogChanged else { return [] }
    var records: [LogRecord] = []
    let old: [EntryID: CatalogEntry] = base.catalog.entries
    let new: [EntryID: CatalogEntry] = catalog.entries
    for id in old.keys.sorted() where new[id] == nil { records.append(.removeEntry(id)) }
    for (id, entry) in new.sorted(by: { $0.key < $1.key })
    where !entry.isTemporary && old[id] != entry {
      records.append(.putEntry(entry))
    }
    if catalog.nextID != base.catalog.nextID { records.append(.nextEntryID(catalog.nextID)) }
    return records
  }

  private func tableRecords(
    _ id: EntryID, _ state: TableState, _ before: TableState?
  ) -> [LogRecord] {
    var records: [LogRecord] = []
    for (column, fill) in state.fills.sorted(by: { $0.key < $1.key })
    where before?.fills[column] == nil {
      records.append(.fill(table: id, column: column, fill))
    }
    records += rowRecords(id, state, since: before)
    if state.nextGroupID != before?.nextGroupID ?? 0 {
      records.append(.nextGroupID(table: id, state.nextGroupID))
    }
    return records
  }

  /// Rows that came and went between two states of a table.
  func rowRecords(_ id: EntryID, _ state: TableState, since before: TableState?) -> [LogRecord] {
    var old: [UInt64: RowGroupState] = [:]
    for group in before?.groups ?? [] { old[group.id] = group }
    return state.groups.flatMap { rowRecords(id, $0, old[$0.id]) }
      + state.groups.flatMap { deleteRecords(id, $0, old[$0.id]) }
  }

  private func rowRecords(
    _ table: EntryID, _ group: RowGroupState, _ before: RowGroupState?
  ) -> [LogRecord] {
    switch group.rows {
    case .sealed(let sealed):
      if case .sealed? = before?.rows { return [] }
      guard let address = sealed.address else { return [] }
      return [.rowGroup(table: table, id: sealed.id, rowCount: sealed.rowCount, address)]
    case .tail(let tail):
      var row: Int = before?.rowCount ?? 0
      var records: [LogRecord] = []
      while row < tail.rowCount {
        let index: Int = tail.pieceIndex(ofRow: row)
        let piece: TailPiece = tail.pieces[index]
        let first: Int = tail.firstRows[index]
        let range: Range<Int> = (row - first)..<piece.count
        records.append(
          .rows(
            table: table, group: tail.id, start: row, columnIDs: piece.columnIDs,
            Chunk(columns: piece.columns.map { $0.sliced(range) }, count: range.count)))
        row = first + piece.count
      }
      return records
    }
  }

  private func deleteRecords(
    _ table: EntryID, _ group: RowGroupState, _ before: RowGroupState?
  ) -> [LogRecord] {
    guard let deletes = group.deletes else { return [] }
    let old: DeleteVector? = before?.deletes
    if let old, old === deletes { return [] }
    var records: [LogRecord] = []
    let start: Int = old?.logCount ?? 0
    if deletes.logCount > start {
      records.append(
        .delete(
          table: table, group: group.id,
          offsets: (start..<deletes.logCount).map { deletes.log.offsets[$0] }))
    }
    if deletes.wholeCommit != nil && old?.wholeCommit == nil {
      records.append(.deleteAll(table: table, group: group.id))
    }
    return records
  }
}

extension CatalogEntry {
  /// Temporary entries are neither logged nor stored.
  var isTemporary: Bool {
    switch self {
    case .table(let entry): entry.isTemporary
    case .view(let entry): entry.isTemporary
    default: false
    }
  }
}
