import Glibc
internal import OlapColumns

/// Append-only memory of delete records, shared by the versions of one row group's deletes.
///
/// Only the single writer appends; a reader looks at the entries its own version counts, so no lock
/// is needed. Growing allocates anew: older versions keep the old memory.
final class DeleteLog: @unchecked Sendable {
  let capacity: Int
  let commits: UnsafeMutablePointer<CSN>
  let offsets: UnsafeMutablePointer<UInt32>

  init(capacity: Int) {
    self.capacity = capacity
    commits = .allocate(capacity: capacity)
    offsets = .allocate(capacity: capacity)
  }

  deinit {
    commits.deallocate()
    offsets.deallocate()
  }

  /// This log, or a larger copy of its first `count` entries, with room for `more`.
  func withRoom(count: Int, more: Int) -> DeleteLog {
    if count + more <= capacity { return self }
    let larger = DeleteLog(capacity: Swift.max(16, (count + more) * 3 / 2))
    larger.commits.update(from: commits, count: count)
    larger.offsets.update(from: offsets, count: count)
    return larger
  }
}

/// Visibility of the rows of one zone, one byte each (1 = visible); immutable once its vector is made.
final class VisibleZone: @unchecked Sendable {
  static let rowCount: Int = ZoneTable.zoneRowCount
  let bytes: UnsafeMutablePointer<UInt8>

  /// A copy, or a zone in which every row is visible.
  init(copying old: VisibleZone?) {
    bytes = .allocate(capacity: VisibleZone.rowCount)
    if let old {
      memcpy(bytes, old.bytes, VisibleZone.rowCount)
    } else {
      memset(bytes, 1, VisibleZone.rowCount)
    }
  }

  deinit { bytes.deallocate() }
}

/// Which rows of one row group are deleted, and by which commit: immutable.
///
///     zones   [ zone 0 | nil | zone 2 | … ]   nil, or behind the last: every row is visible
///     log     commit, offset | commit, offset | …   the first `logCount` are this version's
///
/// Versions share the zones that did not change, so that a commit costs what it deletes, not what the
/// row group holds. With `wholeCommit` set, every row is deleted: those without a record by that commit.
final class DeleteVector: @unchecked Sendable {
  private let zones: [VisibleZone?]
  let log: DeleteLog
  let logCount: Int
  let wholeCommit: CSN?

  private init(zones: [VisibleZone?], log: DeleteLog, logCount: Int, wholeCommit: CSN?) {
    self.zones = zones
    self.log = log
    self.logCount = logCount
    self.wholeCommit = wholeCommit
  }

  /// Rows deleted of a group of `rowCount` rows.
  func deletedCount(of rowCount: Int) -> Int { wholeCommit != nil ? rowCount : logCount }

  func isDeleted(_ offset: Int) -> Bool {
    if wholeCommit != nil { return true }
    let (zone, row) = offset.quotientAndRemainder(dividingBy: VisibleZone.rowCount)
    guard zone < zones.count, let zone = zones[zone] else { return false }
    return zone.bytes[row] == 0
  }

  /// Writes 1 for a visible row and 0 for a deleted one, and returns true, when rows of `range` are
  /// deleted; else leaves `mask` alone. Not for groups deleted as a whole.
  func fill(_ mask: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> Bool {
    var isFilled = false
    var row: Int = range.lowerBound
    while row < range.upperBound {
      let index: Int = row / VisibleZone.rowCount
      let first: Int = row - index * VisibleZone.rowCount
      let count: Int = Swift.min(range.upperBound - row, VisibleZone.rowCount - first)
      if index < zones.count, let zone = zones[index], memchr(zone.bytes + first, 0, count) != nil {
        if !isFilled { memset(mask, 1, range.count) }
        isFilled = true
        memcpy(mask + (row - range.lowerBound), zone.bytes + first, count)
      }
      row += count
    }
    return isFilled
  }

  /// Zones of `old` with `offsets` deleted too; nil when one of them is deleted already or none.
  private static func deleting(
    _ offsets: some Sequence<UInt32>, from old: [VisibleZone?], rowCount: Int
  ) -> [VisibleZone?]? {
    var zones: [VisibleZone?] = old
    let zoneCount: Int = (rowCount + VisibleZone.rowCount - 1) / VisibleZone.rowCount
    if zones.count < zoneCount {
      zones += [VisibleZone?](repeating: nil, count: zoneCount - zones.count)
    }
    var isOwn = [Bool](repeating: false, count: zones.count)
    for offset in offsets {
      guard Int(offset) < rowCount else { return nil }
      let (index, row) = Int(offset).quotientAndRemainder(dividingBy: VisibleZone.rowCount)
      let zone: VisibleZone
      if isOwn[index], let own = zones[index] {
        zone = own
      } else {
        zone = VisibleZone(copying: zones[index])
        zones[index] = zone
        isOwn[index] = true
      }
      if zone.bytes[row] == 0 { return nil }
      zone.bytes[row] = 0
    }
    return zones
  }

  /// A version with more rows deleted by `csn`. Throws `conflict` for a row deleted already.
  static func adding(
    to old: DeleteVector?, offsets: [UInt32], csn: CSN, rowCount: Int
  ) throws(StorageError) -> DeleteVector {
    if old?.wholeCommit != nil { throw deletedTwice }
    guard let zones = deleting(offsets, from: old?.zones ?? [], rowCount: rowCount) else {
      throw deletedTwice
    }
    let count: Int = old?.logCount ?? 0
    let log: DeleteLog =
      old?.log.withRoom(count: count, more: offsets.count)
      ?? DeleteLog(capacity: Swift.max(16, offsets.count))
    for (i, offset) in offsets.enumerated() {
      log.commits[count + i] = csn
      log.offsets[count + i] = offset
    }
    return DeleteVector(zones: zones, log: log, logCount: count + offsets.count, wholeCommit: nil)
  }

  private static let deletedTwice: StorageError = .conflict(
    "a row was deleted twice in one transaction, or does not exist; the statement changed nothing")

  /// A version in which all rows are deleted, the remaining ones by `csn`.
  static func whole(_ old: DeleteVector?, csn: CSN) -> DeleteVector {
    if let old, old.wholeCommit != nil { return old }
    return DeleteVector(
      zones: [], log: old?.log ?? DeleteLog(capacity: 1), logCount: old?.logCount ?? 0,
      wholeCommit: csn)
  }

  /// The version of commit `csn`, nil when nothing was deleted by then: shares all zones but those with
  /// later deletes. Not for groups deleted as a whole.
  func earlier(_ csn: CSN) -> DeleteVector? {
    let count: Int = recordCount(upTo: csn)
    if count == 0 { return nil }
    var zones: [VisibleZone?] = self.zones
    var isOwn = [Bool](repeating: false, count: zones.count)
    for i in count..<logCount {
      let (index, row) = Int(log.offsets[i]).quotientAndRemainder(dividingBy: VisibleZone.rowCount)
      if !isOwn[index] {
        zones[index] = VisibleZone(copying: zones[index])
        isOwn[index] = true
      }
      zones[index]?.bytes[row] = 1
    }
    return DeleteVector(zones: zones, log: log, logCount: count, wholeCommit: nil)
  }

  /// How many records are of commits up to `csn`.
  func recordCount(upTo csn: CSN) -> Int {
    var low = 0
    var high: Int = logCount
    while low < high {
      let middle: Int = (low + high) / 2
      if log.commits[middle] <= csn { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The records from `start` on, in commit order.
  func records(from start: Int) -> [(csn: CSN, offset: UInt32)] {
    (start..<Swift.max(start, logCount)).map { (log.commits[$0], log.offsets[$0]) }
  }

  /// Rebuilds from stored records.
  static func restored(
    records: [(csn: CSN, offset: UInt32)], wholeCommit: CSN?, rowCount: Int
  ) throws(StorageError) -> DeleteVector? {
    var result: DeleteVector?
    if !records.isEmpty {
      guard let zones = deleting(records.lazy.map { $0.offset }, from: [], rowCount: rowCount)
      else {
        throw .conflict("a delete record names a row that does not exist or is deleted already")
      }
      let log = DeleteLog(capacity: records.count)
      for (i, record) in records.enumerated() {
        log.commits[i] = record.csn
        log.offsets[i] = record.offset
      }
      result = DeleteVector(zones: zones, log: log, logCount: records.count, wholeCommit: nil)
    }
    return wholeCommit.map { whole(result, csn: $0) } ?? result
  }
}
