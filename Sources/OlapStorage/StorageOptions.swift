/// How a database is opened.
package struct StorageOptions: Sendable {
  /// Bytes for cached segments and all intermediates together.
  package var memoryLimit: Int
  package var isReadOnly: Bool
  /// A checkpoint runs after a commit that leaves the write-ahead log larger than this.
  package var checkpointWALByteCount: Int
  /// Rows of a full row group; at most 2^24 (the offset part of a row id).
  package var rowGroupRowCount: Int
  package var threads: Int

  package init(
    memoryLimit: Int = 1 << 32, isReadOnly: Bool = false, checkpointWALByteCount: Int = 16 << 20,
    rowGroupRowCount: Int = 131_072, threads: Int = 2
  ) {
    self.memoryLimit = memoryLimit
    self.isReadOnly = isReadOnly
    self.checkpointWALByteCount = checkpointWALByteCount
    self.rowGroupRowCount = Swift.max(1, Swift.min(rowGroupRowCount, 1 << 24))
    self.threads = Swift.max(1, threads)
  }
}

/// Commit sequence number: 0 is the empty database, each commit takes the next.
package typealias CSN = UInt64

/// (row group id << 24) | offset in the row group. Stable until compaction; never names another row
/// within a snapshot.
package typealias RowID = Int64

/// The two halves of a row id.
enum RowIDParts {
  static let offsetBits = 24
  static let offsetMask: Int64 = (1 << 24) - 1
  @inline(__always) static func make(group: UInt64, offset: Int) -> RowID {
    RowID(bitPattern: group << 24) | RowID(truncatingIfNeeded: offset)
  }
  @inline(__always) static func group(_ id: RowID) -> UInt64 { UInt64(bitPattern: id) >> 24 }
  @inline(__always) static func offset(_ id: RowID) -> Int {
    Int(truncatingIfNeeded: id & offsetMask)
  }
}
