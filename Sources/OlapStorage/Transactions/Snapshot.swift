package import OlapCatalog
internal import OlapColumns
import Synchronization

/// The database at one commit: immutable. Its row groups stay alive until it is released.
package final class Snapshot: Sendable {
  let state: DatabaseState
  let storage: Storage
  /// Of the transaction whose view this is.
  private let reads: ReadCounter?
  /// Those asked for before: a refresh asks for the same tables again and again.
  private let tables: Mutex<[EntryID: TableSnapshot]>

  package var csn: CSN { state.csn }
  package let catalog: CatalogSnapshot

  /// `earlier` is of the same transaction and catalog: the tables that have not changed since are its.
  init(
    state: DatabaseState, storage: Storage, reads: ReadCounter? = nil, like earlier: Snapshot? = nil
  ) {
    tables = Mutex(
      earlier?.tables.withLock { known in
        known.filter { state.tables[$0.key] === $0.value.state }
      } ?? [:])
    self.state = state
    self.storage = storage
    self.reads = reads
    catalog = state.catalog
  }

  /// The table's rows; an empty table when the id is unknown.
  package func table(_ id: EntryID) -> TableSnapshot {
    if let known = tables.withLock({ $0[id] }) { return known }
    let entry: TableEntry =
      catalog.table(id) ?? TableEntry(id: id, schema: "", name: "", columns: [])
    let fresh = TableSnapshot(
      entry: entry, state: state.tables[id] ?? TableState(), storage: storage, reads: reads)
    return tables.withLock { tables in
      if let known = tables[id] { return known }
      tables[id] = fresh
      return fresh
    }
  }

  /// A small durable value; nil when it was never set.
  package func metadata(_ key: String) -> [UInt8]? { state.metadata[key] }
  package var metadataKeys: [String] { state.metadata.keys.sorted() }
}

/// One table at one commit.
package final class TableSnapshot: Sendable {
  package let entry: TableEntry
  package let rowGroups: [RowGroupSnapshot]
  let state: TableState
  let storage: Storage
  let reads: ReadCounter?
  /// Up to this snapshot's commit.
  let knownChanges = KnownChanges()
  private let groupPositions: [UInt64: Int]

  init(entry: TableEntry, state: TableState, storage: Storage, reads: ReadCounter? = nil) {
    self.entry = entry
    self.state = state
    self.storage = storage
    self.reads = reads
    let layout = ColumnLayout(entry: entry, fills: state.fills)
    rowGroups = state.groups.map {
      RowGroupSnapshot(state: $0, layout: layout, table: entry.id, reads: reads)
    }
    groupPositions = Dictionary(
      rowGroups.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { a, _ in a })
  }

  /// Visible rows.
  package var rowCount: Int { state.visibleRowCount }

  /// Tells rows that are appended from now on, by their ids.
  package var nextRows: NextRows {
    NextRows(
      tail: state.tail.map { RowIDParts.make(group: $0.id, offset: $0.rowCount) },
      first: RowIDParts.make(group: state.nextGroupID, offset: 0))
  }

  /// The row group of an id; nil when this snapshot does not have it.
  func rowGroup(_ id: UInt64) -> RowGroupSnapshot? { groupPositions[id].map { rowGroups[$0] } }

  /// Row count and column bounds; unreadable footers leave their part unknown.
  package var statistics: TableStatistics {
    gatherStatistics()
  }
}

/// Where a table's next rows go: behind the tail's last row, then into new row groups. Holds until the
/// next compaction.
package struct NextRows: Sendable {
  /// Id of the row behind the tail's last; nil without a tail.
  package let tail: RowID?
  /// Ids of new row groups start here.
  package let first: RowID

  /// A SQL condition over `rowid` for rows appended since.
  package var condition: String {
    guard let tail else { return "(rowid >= \(first))" }
    let end: RowID = tail | RowIDParts.offsetMask
    return "(rowid BETWEEN \(tail) AND \(end) OR rowid >= \(first))"
  }
}

/// Which storage columns a table's positions name.
final class ColumnLayout: Sendable {
  let ids: [UInt32]
  let types: [SQLType]
  let fills: [UInt32: ColumnFill]
  let keys: [KeyConstraint]

  init(entry: TableEntry, fills: [UInt32: ColumnFill]) {
    ids = entry.columnIDs
    types = entry.columns.map { $0.type }
    keys = entry.keys
    self.fills = fills
  }
}
