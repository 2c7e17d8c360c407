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

/// Which rows of one row group are deleted, and by which commit: immutable.
///
/// `bytes` holds one byte per row (1 = visible) for `coveredCount` rows; rows behind it (a tail that
/// has grown since) are visible. With `wholeCommit` set, every row is deleted: those without a record
/// by that commit.
final class DeleteVector: @unchecked Sendable {
  let visible: UnsafeMutablePointer<UInt8>
  let coveredCount: Int
  let log: DeleteLog
  let logCount: Int
  let wholeCommit: CSN?

  private init(
    visible: UnsafeMutablePointer<UInt8>, coveredCount: Int, log: DeleteLog, logCount: Int,
    wholeCommit: CSN?
  ) {
    self.visible = visible
    self.coveredCount = coveredCount
    self.log = log
    self.logCount = logCount
    self.wholeCommit = wholeCommit
  }

  deinit { visible.deallocate() }

  /// Rows deleted of a group of `rowCount` rows.
  func deletedCount(of rowCount: Int) -> Int { wholeCommit != nil ? rowCount : logCount }

  func isDeleted(_ offset: Int) -> Bool {
    wholeCommit != nil || (offset < coveredCount && visible[offset] == 0)
  }

  /// A version with more rows deleted by `csn`. Throws `conflict` for a row deleted already.
  static func adding(
    to old: DeleteVector?, offsets: [UInt32], csn: CSN, rowCount: Int
  ) throws(StorageError) -> DeleteVector {
    if old?.wholeCommit != nil { throw deletedTwice }
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: rowCount + 64)
    memset(bytes, 1, rowCount)
    if let old { memcpy(bytes, old.visible, Swift.min(old.coveredCount, rowCount)) }
    let count: Int = old?.logCount ?? 0
    let log: DeleteLog =
      old?.log.withRoom(count: count, more: offsets.count)
      ?? DeleteLog(capacity: Swift.max(16, offsets.count))
    var n: Int = count
    for offset in offsets {
      if Int(offset) >= rowCount || bytes[Int(offset)] == 0 {
        bytes.deallocate()
        throw deletedTwice
      }
      bytes[Int(offset)] = 0
      log.commits[n] = csn
      log.offsets[n] = offset
      n += 1
    }
    return DeleteVector(
      visible: bytes, coveredCount: rowCount, log: log, logCount: n, wholeCommit: nil)
  }

  private static let deletedTwice: StorageError = .conflict(
    "a row was deleted twice in one transaction, or does not exist; the statement changed nothing")

  /// A version in which all rows are deleted, the remaining ones by `csn`.
  static func whole(_ old: DeleteVector?, csn: CSN) -> DeleteVector {
    if let old, old.wholeCommit != nil { return old }
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
    return DeleteVector(
      visible: bytes, coveredCount: 0, log: old?.log ?? DeleteLog(capacity: 1),
      logCount: old?.logCount ?? 0, wholeCommit: csn)
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
      let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: rowCount + 64)
      memset(bytes, 1, rowCount)
      let log = DeleteLog(capacity: records.count)
      for (i, record) in records.enumerated() {
        guard Int(record.offset) < rowCount else {
          bytes.deallocate()
          throw .conflict("a delete record names a row that does not exist")
        }
        bytes[Int(record.offset)] = 0
        log.commits[i] = record.csn
        log.offsets[i] = record.offset
      }
      result = DeleteVector(
        visible: bytes, coveredCount: rowCount, log: log, logCount: records.count, wholeCommit: nil)
    }
    return wholeCommit.map { whole(result, csn: $0) } ?? result
  }
}
