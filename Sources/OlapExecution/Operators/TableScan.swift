package import OlapColumns
internal import OlapPlanning
internal import OlapStorage
import Synchronization

extension Lowering {
  func lowerScan(_ scan: TableScan) throws -> Flow {
    let name = scan.alias.isEmpty ? scan.table.name : scan.alias
    let profile = OperatorProfile(name: "Scan", detail: name)
    var columns = scan.columns.map { $0.output }
    if let changes = scan.changes { return try lowerChanges(scan, changes, profile) }
    if let rowID = scan.rowID { columns.append(rowID) }
    var predicates = scan.predicates.map { keySet($0, scan.table.columns[$0.column].type) ?? $0 }
    for (filter, position) in scan.joinFilters {
      predicates.append(
        ScanPredicate(column: position, condition: .runtime(joinFilter(filter))))
    }
    let source = TableScanSource(
      table: context.table(scan.table.id), columns: scan.columns.map { $0.position },
      predicates: predicates, withRowIDs: scan.rowID != nil, profile: profile)
    return Flow(source: source, columns: columns, profile: profile)
  }

  /// A long IN list over integers, dates and times as a set that skips zones and is looked up by hash.
  private func keySet(_ predicate: ScanPredicate, _ type: SQLType) -> ScanPredicate? {
    guard case .isIn(let values) = predicate.condition, values.count > 16, type.isFrameEncodable
    else { return nil }
    let builder = VectorBuilder(type: type, capacity: values.count)
    for value in values { builder.append(value) }
    return KeySetFilter(builder.finish()).map {
      ScanPredicate(column: predicate.column, condition: .runtime($0))
    }
  }

  private func lowerChanges(
    _ scan: TableScan, _ changes: (from: UInt64, to: UInt64), _ profile: OperatorProfile
  ) throws -> Flow {
    guard let storage = context.storage else { throw notLowered("CHANGES without a database") }
    let snapshot = context.snapshot
    let wanted = scan.columns.map { $0.position }
    // The change columns follow the table's own: `_change_type`, `_commit` and the row id.
    let tableWidth = scan.table.columns.count
    let stored = wanted.filter { $0 < tableWidth }
    let source = ReaderSource {
      let feed = try storage.changes(
        table: scan.table.id, from: changes.from, to: snapshot, upTo: changes.to, columns: stored)
      return {
        guard let (chunk, isInsert) = try feed.nextNumbered() else { return nil }
        var values = chunk.columns.makeIterator()
        let columns: [Vector] = wanted.map { position in
          if position < tableWidth, let column = values.next() { return column }
          if position > tableWidth {
            return chunk.columns[stored.count + position - tableWidth - 1]
          }
          return Vector.constant(
            .varchar(isInsert ? "insert" : "delete"), type: .varchar, count: chunk.count)
        }
        return Chunk(columns: columns, count: chunk.count)
      }
    }
    return Flow(source: source, columns: scan.columns.map { $0.output }, profile: profile)
  }
}

/// Scans a table's row groups; a row group is one morsel.
final class TableScanSource: PipelineSource {
  private let table: TableSnapshot
  private let columns: [Int]
  private let predicates: [ScanPredicate]
  private let withRowIDs: Bool
  private let profile: OperatorProfile
  private let morsels = MorselCounter()

  init(
    table: TableSnapshot, columns: [Int], predicates: [ScanPredicate], withRowIDs: Bool,
    profile: OperatorProfile
  ) {
    self.table = table
    self.columns = columns
    self.predicates = predicates
    self.withRowIDs = withRowIDs
    self.profile = profile
  }

  var maximumWorkers: Int { Swift.max(1, table.rowGroups.count) }
  var isSerial: Bool { table.rowGroups.count <= 1 }

  func prepare(_ context: ExecutionContext) throws {
    morsels.reset()
    context.profile.totalRows.add(table.rowCount, ordering: .relaxed)
  }

  func makeReader(_ context: ExecutionContext) throws -> any SourceReader {
    Reader(self, context.profile)
  }

  private final class Reader: SourceReader {
    private let source: TableScanSource
    private let progress: QueryProfile
    private var scanner: RowGroupScanner?
    private var groupRows = 0
    private(set) var ordinal = 0

    init(_ source: TableScanSource, _ progress: QueryProfile) {
      self.source = source
      self.progress = progress
    }

    func next() throws -> Chunk? {
      while true {
        if let scanner {
          if let chunk = try scanner.next() { return chunk }
          source.profile.prunedZones.add(scanner.prunedZones, ordering: .relaxed)
          progress.scannedRows.add(groupRows, ordering: .relaxed)
          progress.readRows.add(scanner.scannedRows, ordering: .relaxed)
        }
        let groups = source.table.rowGroups
        guard let index = source.morsels.next(limit: groups.count) else {
          scanner = nil
          return nil
        }
        ordinal = index
        groupRows = groups[index].rowCount - groups[index].deletedCount
        scanner = groups[index].scan(
          columns: source.columns, predicates: source.predicates, withRowIDs: source.withRowIDs)
      }
    }
  }
}

/// A serial source over a closure that is made when the branch runs.
package final class ReaderSource: PipelineSource {
  private let make: @Sendable () throws -> () throws -> Chunk?
  private let isTaken = Atomic<Bool>(false)
  package init(_ make: @escaping @Sendable () throws -> () throws -> Chunk?) { self.make = make }
  package var maximumWorkers: Int { 1 }
  package var isSerial: Bool { true }
  package func prepare(_ context: ExecutionContext) throws {
    isTaken.store(false, ordering: .relaxed)
  }
  package func makeReader(_ context: ExecutionContext) throws -> any SourceReader {
    // A second worker (another branch is parallel) finds nothing here.
    if isTaken.exchange(true, ordering: .relaxed) { return Reader { nil } }
    return Reader(try make())
  }

  private final class Reader: SourceReader {
    private let body: () throws -> Chunk?
    let ordinal = 0
    init(_ body: @escaping () throws -> Chunk?) { self.body = body }
    func next() throws -> Chunk? { try body() }
  }
}
