import Glibc
package import OlapColumns

/// Scans one row group for one thread: zones are skipped by their bounds, predicates run on the
/// encoded columns, and the other columns are read only where rows remain.
package final class RowGroupScanner {
  /// Zones (or tail slices) skipped without reading.
  package private(set) var prunedZones = 0
  /// Visible rows looked at: those of zones that were not skipped.
  package private(set) var scannedRows = 0

  private let group: RowGroupSnapshot
  private let columns: [Int]
  private let filters: [ScanFilter]
  private let withRowIDs: Bool
  private let deletes: DeleteVector?
  private var sources: [Int: ColumnSource] = [:]
  private var zoneTables: [(filter: ScanFilter, zones: ZoneTable)] = []
  private var row = 0
  private var endRow: Int
  private let mask: UnsafeMutablePointer<UInt8>
  private let selection = Selection(capacity: ZoneTable.zoneRowCount)
  private var isStarted = false

  init(group: RowGroupSnapshot, columns: [Int], predicates: [ScanPredicate], withRowIDs: Bool) {
    self.group = group
    self.columns = columns
    self.withRowIDs = withRowIDs
    filters = predicates.map { ScanFilter($0, type: group.layout.types[$0.column]) }
    deletes = group.state.deletes
    endRow = group.deletedCount == group.rowCount ? 0 : group.rowCount
    mask = .allocate(capacity: ZoneTable.zoneRowCount + 64)
  }

  deinit { mask.deallocate() }

  /// The next rows that are visible and satisfy all predicates, at most a vector's worth; row ids as
  /// last BIGINT column when asked for. Nil at the end.
  package func next() throws -> Chunk? {
    if !isStarted {
      isStarted = true
      try start()
    }
    while row < endRow {
      let first: Int = row
      let zoneEnd: Int = nextBoundary(first)
      let end: Int = Swift.min(zoneEnd, first + VectorSize.current)
      if mayPassZone(first / ZoneTable.zoneRowCount) {
        row = end
        if let chunk = try scan(first..<end) { return chunk }
      } else {
        prunedZones += 1
        row = zoneEnd
      }
    }
    return nil
  }

  /// The end of the zone, or of the tail piece, that holds `row`.
  private func nextBoundary(_ row: Int) -> Int {
    if case .tail(let tail) = group.state.rows {
      let piece: Int = tail.pieceIndex(ofRow: row)
      return tail.firstRows[piece] + tail.pieces[piece].count
    }
    let zone: Int = row / ZoneTable.zoneRowCount
    return Swift.min((zone + 1) * ZoneTable.zoneRowCount, endRow)
  }

  /// Prunes the whole row group or collects the zone bounds of the filtered columns.
  private func start() throws {
    guard endRow > 0, !filters.isEmpty, case .sealed(let rows) = group.state.rows else { return }
    for filter in filters {
      let id: UInt32 = group.layout.ids[filter.predicate.column]
      guard let segment = try rows.segment(id) else { continue }
      let header: SegmentHeader = segment.header
      let mayPass: Bool = ZonePruning.mayPass(
        filter.predicate.condition, minimum: header.minimumKey, maximum: header.maximumKey,
        nullCount: header.nullCount, rowCount: header.rowCount)
      if !mayPass {
        prunedZones += (endRow + ZoneTable.zoneRowCount - 1) / ZoneTable.zoneRowCount
        endRow = 0
        return
      }
      if header.zones.count > 0 { zoneTables.append((filter, header.zones)) }
    }
  }

  private func mayPassZone(_ zone: Int) -> Bool {
    for (filter, zones) in zoneTables where zone < zones.count {
      let mayPass: Bool = ZonePruning.mayPass(
        filter.predicate.condition, minimum: zones.minimums[zone], maximum: zones.maximums[zone],
        nullCount: Int(zones.nullCounts[zone]), rowCount: zones.rows(of: zone))
      if !mayPass { return false }
    }
    return true
  }

  private func source(_ column: Int) throws -> ColumnSource {
    if let known = sources[column] { return known }
    let source: ColumnSource = try group.column(column)
    sources[column] = source
    return source
  }

  private func scan(_ range: Range<Int>) throws -> Chunk? {
    let count: Int = range.count
    var isWhole = true
    if let deletes, deletes.fill(mask, range) { isWhole = false }
    scannedRows += isWhole ? count : visibleCount(count)
    if !filters.isEmpty {
      if isWhole { memset(mask, 1, count) }
      isWhole = false
      for filter in filters where !filter.isRuntime {
        let vector: Vector = try source(filter.predicate.column).slice(range)
        filter.apply(vector, count: count, mask: mask)
        if memchr(mask, 1, count) == nil { return nil }
      }
    }
    if isWhole { return try wholeChunk(range) }
    select(count)
    for filter in filters where selection.count > 0 {
      if case .runtime(let runtime) = filter.predicate.condition {
        runtime.filter(try source(filter.predicate.column).slice(range), selection)
      }
    }
    if selection.count == 0 { return nil }
    if selection.count == count { return try wholeChunk(range) }
    return try selectedChunk(range)
  }

  /// How many of the first `count` mask bytes are 1.
  private func visibleCount(_ count: Int) -> Int {
    var n = 0
    for i in 0..<count { n &+= Int(mask[i]) }
    return n
  }

  /// Mask bytes to row numbers, without a branch.
  private func select(_ count: Int) {
    let out = selection.indexes
    var n = 0
    for i in 0..<count {
      out[n] = UInt32(truncatingIfNeeded: i)
      n &+= Int(mask[i])
    }
    selection.count = n
  }

  private func wholeChunk(_ range: Range<Int>) throws -> Chunk {
    var vectors: [Vector] = []
    vectors.reserveCapacity(columns.count + 1)
    for column in columns { vectors.append(try source(column).slice(range)) }
    if withRowIDs {
      let ids = Vector.flat(.bigint, count: range.count)
      let values = ids.values(Int64.self)
      let base: RowID = RowIDParts.make(group: group.id, offset: range.lowerBound)
      for i in 0..<range.count { values[i] = base &+ Int64(truncatingIfNeeded: i) }
      vectors.append(ids)
    }
    return Chunk(columns: vectors, count: range.count)
  }

  private func selectedChunk(_ range: Range<Int>) throws -> Chunk {
    let n: Int = selection.count
    var vectors: [Vector] = []
    vectors.reserveCapacity(columns.count + 1)
    for column in columns {
      let source: ColumnSource = try source(column)
      if case .segment(let data) = source {
        vectors.append(data.gather(range, selection.indexes, count: n))
      } else {
        vectors.append(source.slice(range).gathered(selection.indexes, count: n))
      }
    }
    if withRowIDs {
      let ids = Vector.flat(.bigint, count: n)
      let values = ids.values(Int64.self)
      let base: RowID = RowIDParts.make(group: group.id, offset: range.lowerBound)
      for i in 0..<n { values[i] = base &+ Int64(selection.indexes[i]) }
      vectors.append(ids)
    }
    return Chunk(columns: vectors, count: n)
  }
}
