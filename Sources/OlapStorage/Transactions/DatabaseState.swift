internal import OlapCatalog
internal import OlapColumns
import Synchronization

/// Everything a commit made true: immutable, shared by all snapshots taken of it.
final class DatabaseState: Sendable {
  let csn: CSN
  let catalog: CatalogSnapshot
  let tables: [EntryID: TableState]
  let metadata: [String: [UInt8]]

  init(
    csn: CSN, catalog: CatalogSnapshot, tables: [EntryID: TableState], metadata: [String: [UInt8]]
  ) {
    self.csn = csn
    self.catalog = catalog
    self.tables = tables
    self.metadata = metadata
  }
}

/// The value existing rows read for a column added after them.
struct ColumnFill: Sendable {
  let type: SQLType
  let value: Value
}

/// The rows of one table at one commit: immutable.
///
/// Row groups stand in insertion order; at most one of them, the tail, is not sealed.
final class TableState: Sendable {
  let groups: [RowGroupState]
  /// Position of the unsealed row group in `groups`.
  let tailIndex: Int?
  let nextGroupID: UInt64
  /// Changes since this commit can be told exactly; earlier ones were compacted away.
  let feedFloor: CSN
  let fills: [UInt32: ColumnFill]
  let isTemporary: Bool
  /// Statistics by storage column, gathered when first asked for.
  let statistics = Mutex<[UInt32: ColumnStatistics]>([:])

  init(
    groups: [RowGroupState] = [], nextGroupID: UInt64 = 0, feedFloor: CSN = 0,
    fills: [UInt32: ColumnFill] = [:], isTemporary: Bool = false
  ) {
    self.groups = groups
    self.nextGroupID = nextGroupID
    self.feedFloor = feedFloor
    self.fills = fills
    self.isTemporary = isTemporary
    tailIndex = groups.lastIndex { if case .tail = $0.rows { true } else { false } }
  }

  var tail: Tail? {
    if let tailIndex, case .tail(let tail) = groups[tailIndex].rows { tail } else { nil }
  }

  var visibleRowCount: Int { groups.reduce(0) { $0 + $1.visibleRowCount } }

  func replacing(
    groups: [RowGroupState]? = nil, nextGroupID: UInt64? = nil, feedFloor: CSN? = nil,
    fills: [UInt32: ColumnFill]? = nil
  ) -> TableState {
    TableState(
      groups: groups ?? self.groups, nextGroupID: nextGroupID ?? self.nextGroupID,
      feedFloor: feedFloor ?? self.feedFloor, fills: fills ?? self.fills, isTemporary: isTemporary)
  }
}

/// One row group as a table sees it: its rows, which never change, and what has been deleted.
struct RowGroupState: Sendable {
  enum Rows: Sendable {
    case tail(Tail)
    case sealed(RowGroup)
  }
  let rows: Rows
  let deletes: DeleteVector?

  var id: UInt64 {
    switch rows {
    case .tail(let tail): tail.id
    case .sealed(let group): group.id
    }
  }
  var rowCount: Int {
    switch rows {
    case .tail(let tail): tail.rowCount
    case .sealed(let group): group.rowCount
    }
  }
  var deletedCount: Int { deletes?.deletedCount(of: rowCount) ?? 0 }
  var visibleRowCount: Int { rowCount - deletedCount }
  /// Commits of the rows, in row order.
  var runs: [CommitRun] {
    get throws {
      switch rows {
      case .tail(let tail): tail.runs
      case .sealed(let group): try group.runs
      }
    }
  }
  /// The newest commit that inserted rows.
  var newestInsert: CSN {
    get throws {
      switch rows {
      case .tail(let tail):
        tail.pieces.reduce(0) { $1.runs.reduce($0) { Swift.max($0, $1.csn) } }
      case .sealed(let group): try group.newestCommit
      }
    }
  }
  /// The newest commit that deleted rows; 0 = none.
  var newestDelete: CSN {
    guard let deletes else { return 0 }
    let last: CSN = deletes.logCount > 0 ? deletes.log.commits[deletes.logCount - 1] : 0
    return Swift.max(last, deletes.wholeCommit ?? 0)
  }
  func with(deletes: DeleteVector?) -> RowGroupState { RowGroupState(rows: rows, deletes: deletes) }
}

/// Rows up to `endRow` (exclusive, from the run before) were inserted by commit `csn`.
struct CommitRun: Sendable, Equatable {
  var csn: CSN
  var endRow: Int
}
