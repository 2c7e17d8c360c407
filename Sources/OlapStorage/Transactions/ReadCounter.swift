internal import OlapCatalog
import Synchronization

/// Counts what a transaction looks into: every column of every row group once, at its stored size.
///
/// Segments that were in memory already count as well, so that the figure tells what a piece of work
/// needs and not what happened to be cached.
package final class ReadCounter: Sendable {
  /// A column of a row group, or the index of a key (by its columns).
  struct Part: Hashable {
    let table: EntryID
    let group: UInt64
    /// The column, or for an index the columns' hash with the highest bit set.
    let content: UInt64

    /// Row groups of one table differ in their low bits, as do columns: one word tells most parts apart.
    func hash(into hasher: inout Hasher) {
      hasher.combine(group &* 0x9E37_79B9_7F4A_7C15 ^ content &<< 40 ^ UInt64(truncatingIfNeeded: table))
    }

    init(table: EntryID, group: UInt64, column: UInt32) {
      self.table = table
      self.group = group
      content = UInt64(column)
    }

    init(table: EntryID, group: UInt64, index columns: [UInt32]) {
      self.table = table
      self.group = group
      content = columns.reduce(1 << 63) { ($0 &* 31 &+ UInt64($1)) | 1 << 63 }
    }
  }
  private struct Counts {
    var parts: Set<Part> = []
    var byteCount = 0
  }
  private let counts = Mutex(Counts())

  /// Bytes looked into since the last `restart`.
  package var byteCount: Int { counts.withLock { $0.byteCount } }

  /// Begins anew.
  package func restart() { counts.withLock { $0 = Counts() } }

  func note(_ part: Part, byteCount: () -> Int) {
    counts.withLock { counts in
      if counts.parts.insert(part).inserted { counts.byteCount += byteCount() }
    }
  }
}

extension RowGroupSnapshot {
  /// Counts a column about to be read: the segment's stored bytes, or those of the tail's values.
  func noteRead(column id: UInt32, of segment: Segment) {
    reads?.note(.init(table: table, group: self.id, column: id)) { segment.byteCountToRead }
  }

  func noteRead(column id: UInt32, of tail: Tail) {
    reads?.note(.init(table: table, group: self.id, column: id)) {
      tail.pieces.reduce(0) { $0 + ($1.column(id)?.byteCount ?? 0) }
    }
  }

  /// Counts the index of a key about to be probed; hash maps of tails are part of the memory, not read.
  func noteRead(index ids: [UInt32]) {
    guard let reads, case .sealed(let group) = state.rows else { return }
    reads.note(.init(table: table, group: id, index: ids)) {
      guard let index = try? group.contents.keyIndexes.first(where: { $0.columnIDs == ids }) else {
        return 0
      }
      return index.hashes.byteCountToRead + index.rows.byteCountToRead + index.filter.byteCountToRead
    }
  }
}

extension SegmentHeader {
  var byteCountToRead: Int { storedByteCount > 0 ? storedByteCount : encodedByteCount }
}

extension RowGroup {
  /// Bytes in the file, key indexes and footer included; in memory, those of the encoded columns.
  var writtenByteCount: Int {
    if let address { return address.extent.byteCount }
    return (try? contents.segments.values.reduce(0) { $0 + $1.byteCountToRead }) ?? 0
  }
}
