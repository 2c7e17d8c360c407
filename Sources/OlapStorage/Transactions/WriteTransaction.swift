package import OlapCatalog
package import OlapColumns
import Synchronization

/// The single writer's changes: they are visible to itself at once and to others when committed.
///
/// The working state is a value built from the committed one; rolling back is forgetting it. What
/// commit logs is the difference of the two. One thread at a time, except for appenders.
package final class WriteTransaction: @unchecked Sendable {
  let storage: Storage
  /// The commit this transaction builds on.
  let base: DatabaseState
  /// The number its commit will have: there is one writer, so it is known from the start.
  let csn: CSN
  private var workingCatalog: CatalogSnapshot
  package internal(set) var isCatalogChanged = false
  var tables: [EntryID: TableState]
  var metadata: [String: [UInt8]]
  private var savepoints: [Savepoint] = []
  private var cachedSnapshot: Snapshot?
  /// The one before the last change, for the tables that stayed as they were; nil after a change of the
  /// catalog.
  private var earlierSnapshot: Snapshot?
  /// What was read through this transaction's snapshots.
  package let reads = ReadCounter()
  private(set) var isOpen = true
  /// Guards `tables` against appenders of other threads.
  let appendLock = Mutex<Void>(())
  /// Whether row groups were written to the file, so that it is flushed before the log.
  private let extentsWritten = Atomic<Bool>(false)
  var hasWrittenExtents: Bool { extentsWritten.load(ordering: .acquiring) }
  func markExtentsWritten() { extentsWritten.store(true, ordering: .releasing) }

  /// Rows appended and deleted, roughly: what makes a database in memory worth compacting.
  var changedRowCount: Int {
    tables.reduce(0) { total, item in
      guard let before = base.tables[item.key] else { return total }
      if before === item.value { return total }
      let stored: (TableState) -> Int = {
        $0.groups.reduce(0) { $0 + $1.rowCount + $1.deletedCount }
      }
      return total + Swift.abs(stored(item.value) - stored(before))
    }
  }

  private struct Savepoint {
    let catalog: CatalogSnapshot
    let isCatalogChanged: Bool
    let tables: [EntryID: TableState]
    let metadata: [String: [UInt8]]
  }

  init(storage: Storage, base: DatabaseState) {
    self.storage = storage
    self.base = base
    csn = base.csn + 1
    workingCatalog = base.catalog
    tables = base.tables
    metadata = base.metadata
  }

  deinit { if isOpen { rollback() } }

  /// The state with this transaction's own changes.
  package var snapshot: Snapshot {
    if let cachedSnapshot { return cachedSnapshot }
    let state = DatabaseState(csn: csn, catalog: catalog, tables: tables, metadata: metadata)
    let fresh = Snapshot(state: state, storage: storage, reads: reads, like: earlierSnapshot)
    cachedSnapshot = fresh
    earlierSnapshot = fresh
    return fresh
  }

  func changed() { cachedSnapshot = nil }

  /// The commit this transaction builds on: the change feed from there on is its own work.
  package var baseCommit: CSN { base.csn }

  /// Tables created, dropped or with rows that came or went, by id.
  package var changedTables: [EntryID] {
    let touched = tables.filter { base.tables[$0.key] !== $0.value }.map { $0.key }
    let dropped = base.tables.keys.filter { tables[$0] == nil }
    return (touched + dropped).sorted()
  }

  /// The catalog; assigning one creates and drops the tables it gained and lost.
  package var catalog: CatalogSnapshot {
    get { workingCatalog }
    set {
      workingCatalog = newValue
      isCatalogChanged = true
      earlierSnapshot = nil
      for (id, _) in tables where newValue.table(id) == nil { tables[id] = nil }
      for (id, entry) in newValue.entries where tables[id] == nil {
        if case .table(let table) = entry {
          tables[id] = TableState(feedFloor: 0, isTemporary: table.isTemporary)
        }
      }
      changed()
    }
  }

  func table(_ id: EntryID) throws(StorageError) -> (entry: TableEntry, state: TableState) {
    guard isOpen else { throw .conflict("the transaction has ended") }
    guard let entry = workingCatalog.table(id), let state = tables[id] else {
      throw .conflict("the table with id \(id) does not exist in this transaction")
    }
    return (entry, state)
  }

  // MARK: Rows

  /// Appends rows; columns stand as in the table entry.
  package func append(table id: EntryID, _ chunk: Chunk) throws {
    if chunk.count == 0 { return }
    try appendLock.withLock { _ in try appendLocked(table: id, chunk) }
  }

  func appendLocked(table id: EntryID, _ chunk: Chunk) throws {
    let (entry, start) = try table(id)
    guard chunk.columns.count == entry.columns.count else {
      throw StorageError.conflict("a row of \(entry.name) has \(entry.columns.count) columns")
    }
    var state: TableState = start
    let types: [SQLType] = entry.columns.map { $0.type }
    let full: Int = storage.options.rowGroupRowCount
    var row = 0
    while row < chunk.count {
      var groups: [RowGroupState] = state.groups
      var nextID: UInt64 = state.nextGroupID
      let tail: Tail
      let position: Int
      if let index = state.tailIndex, let current = state.tail,
        groups[index].deletes?.wholeCommit == nil
      {
        tail = current
        position = index
      } else if let index = state.tailIndex, let current = state.tail {
        // All its rows are deleted; it stays as it is for the change feed, sealed.
        groups[index] = RowGroupState(
          rows: .sealed(try storage.seal(current, entry: entry, fills: state.fills, self)),
          deletes: groups[index].deletes)
        state = state.replacing(groups: groups)
        continue
      } else {
        tail = Tail(id: nextID, pieces: [], indexes: TailIndexes())
        nextID += 1
        position = groups.count
        groups.append(RowGroupState(rows: .tail(tail), deletes: nil))
      }
      let n: Int = Swift.min(chunk.count - row, full - tail.rowCount)
      let grown: Tail = tail.appending(
        chunk.sliced(row..<(row + n)), columnIDs: entry.columnIDs, types: types,
        fills: state.fills, csn: csn, budget: storage.budget)
      row += n
      if grown.rowCount >= full {
        let sealed: RowGroup = try storage.seal(grown, entry: entry, fills: state.fills, self)
        groups[position] = RowGroupState(
          rows: .sealed(sealed), deletes: groups[position].deletes)
      } else {
        groups[position] = RowGroupState(rows: .tail(grown), deletes: groups[position].deletes)
      }
      state = state.replacing(groups: groups, nextGroupID: nextID)
      tables[id] = state
    }
    changed()
  }

  /// A bulk appender for one thread; row groups it fills go straight to the file.
  package func makeAppender(table id: EntryID) throws -> TableAppender {
    let (entry, state) = try table(id)
    return TableAppender(transaction: self, entry: entry, fills: state.fills)
  }

  /// Adds a sealed row group; called by appenders.
  func add(_ group: RowGroup, table id: EntryID) throws {
    try appendLock.withLock { _ in
      let (_, state) = try table(id)
      tables[id] = state.replacing(
        groups: state.groups + [RowGroupState(rows: .sealed(group), deletes: nil)])
      changed()
    }
  }

  /// A row group id nobody else has.
  func allocateGroupID(table id: EntryID) throws -> UInt64 {
    try appendLock.withLock { _ in
      let (_, state) = try table(id)
      tables[id] = state.replacing(nextGroupID: state.nextGroupID + 1)
      return state.nextGroupID
    }
  }

  /// Deletes rows by id; each must be visible in `snapshot`. Deleting one twice is an error.
  package func delete(table id: EntryID, rowIDs: UnsafePointer<RowID>, count: Int) throws {
    if count == 0 { return }
    let (_, state) = try table(id)
    var byGroup: [UInt64: [UInt32]] = [:]
    var i = 0
    while i < count {
      // Row ids come in runs of one row group mostly.
      let group: UInt64 = RowIDParts.group(rowIDs[i])
      var end: Int = i
      while end < count && RowIDParts.group(rowIDs[end]) == group { end += 1 }
      byGroup[group, default: []].append(
        contentsOf: (i..<end).map { UInt32(RowIDParts.offset(rowIDs[$0])) })
      i = end
    }
    var groups: [RowGroupState] = state.groups
    var found = 0
    for index in groups.indices {
      guard let offsets = byGroup[groups[index].id] else { continue }
      found += 1
      let deletes: DeleteVector = try DeleteVector.adding(
        to: groups[index].deletes, offsets: offsets, csn: csn, rowCount: groups[index].rowCount)
      groups[index] = groups[index].with(deletes: deletes)
    }
    guard found == byGroup.count else {
      throw StorageError.conflict("a row to delete is not in the table any more; try again")
    }
    tables[id] = state.replacing(groups: groups)
    changed()
  }

  /// Deletes all rows.
  package func truncate(table id: EntryID) throws {
    let (_, state) = try table(id)
    let groups: [RowGroupState] = state.groups.map { group in
      group.with(deletes: DeleteVector.whole(group.deletes, csn: csn))
    }
    tables[id] = state.replacing(groups: groups)
    changed()
  }

  /// Existing rows read `fill` in the new column. The catalog entry is changed by the caller.
  package func addColumn(
    table id: EntryID, columnID: UInt32, type: SQLType, fill: Value
  ) throws {
    let (_, state) = try table(id)
    var fills: [UInt32: ColumnFill] = state.fills
    fills[columnID] = ColumnFill(type: type, value: fill)
    tables[id] = state.replacing(fills: fills)
    changed()
  }

  /// A small durable value; nil removes it.
  package func setMetadata(_ key: String, _ value: [UInt8]?) {
    metadata[key] = value
    changed()
  }

  // MARK: Ends

  /// A mark to roll back to.
  package func savepoint() -> Int {
    savepoints.append(
      Savepoint(
        catalog: workingCatalog, isCatalogChanged: isCatalogChanged, tables: tables,
        metadata: metadata))
    return savepoints.count - 1
  }

  /// Gives up a savepoint and all later ones; what was done since stays.
  package func release(savepoint index: Int) {
    if index < savepoints.count { savepoints.removeSubrange(index...) }
  }

  /// Forgets what was done since the savepoint, which stays usable.
  package func rollback(toSavepoint index: Int) throws {
    guard isOpen, savepoints.indices.contains(index) else {
      throw StorageError.conflict("the savepoint does not exist any more")
    }
    let mark: Savepoint = savepoints[index]
    savepoints.removeSubrange((index + 1)...)
    forgetTailIndexes(keeping: mark.tables)
    workingCatalog = mark.catalog
    earlierSnapshot = nil
    isCatalogChanged = mark.isCatalogChanged
    tables = mark.tables
    metadata = mark.metadata
    changed()
  }

  /// Hash indexes of tails must not remember rows that are rolled back.
  private func forgetTailIndexes(keeping kept: [EntryID: TableState]) {
    for (id, old) in kept where tables[id] !== old {
      guard let tail = old.tail else { continue }
      tail.indexes.truncate(to: tail.rowCount)
    }
  }

  /// Makes the changes durable and visible; they are on disk when this returns.
  package func commit() throws -> CSN {
    guard isOpen else { throw StorageError.conflict("the transaction has ended") }
    do {
      let result: CSN = try storage.commit(self)
      isOpen = false
      return result
    } catch {
      rollback()
      throw error
    }
  }

  /// Forgets all changes.
  package func rollback() {
    guard isOpen else { return }
    isOpen = false
    forgetTailIndexes(keeping: base.tables)
    tables = [:]
    cachedSnapshot = nil
    earlierSnapshot = nil
    savepoints = []
    storage.endWrite()
  }

  /// Called by storage once the new state has been handed over.
  func finish() {
    isOpen = false
    tables = [:]
    cachedSnapshot = nil
    earlierSnapshot = nil
    savepoints = []
  }
}
