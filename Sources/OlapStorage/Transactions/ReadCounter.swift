internal import OlapCatalog
import Synchronization

/// Counts what a transaction looks into: every column of every row group once, at its stored size.
///
/// Segments that were in memory already count as well, so that the figure tells what a piece of work
/// needs and not what happened to be cached.
package final class ReadCounter: Sendable {
  /// A column of a table, or the index of a key (by its columns).
  struct Part: Hashable {
    let table: EntryID
    /// The column, or for an index the columns' hash with the highest bit set.
    let content: UInt64

    init(table: EntryID, column: UInt32) {
      self.table = table
      content = UInt64(column)
    }

    init(table: EntryID, index columns: [UInt32]) {
      self.table = table
      content = columns.reduce(1 << 63) { ($0 &* 31 &+ UInt64($1)) | 1 << 63 }
    }
  }

  /// Row groups by id: 64 to a word, those of very large ids one by one.
  private struct GroupSet {
    private static let wordMaximum: UInt64 = 1 << 12
    private var words: [UInt64] = []
    private var others: Set<UInt64> = []

    /// The bytes of those that are new.
    mutating func insert(
      _ groups: some Sequence<RowGroupSnapshot>, _ byteCount: (RowGroupSnapshot) -> Int
    ) -> Int {
      var sum = 0
      for group in groups where insert(group.id) { sum += byteCount(group) }
      return sum
    }

    private mutating func insert(_ group: UInt64) -> Bool {
      guard group >> 6 < GroupSet.wordMaximum else { return others.insert(group).inserted }
      let word = Int(group >> 6)
      while words.count <= word { words.append(0) }
      let bit: UInt64 = 1 << (group & 63)
      let isNew: Bool = words[word] & bit == 0
      words[word] |= bit
      return isNew
    }
  }

  private struct Counts {
    var groups: [Part: GroupSet] = [:]
    var byteCount = 0
  }
  private let counts = Mutex(Counts())

  /// Bytes looked into since the last `restart`.
  package var byteCount: Int { counts.withLock { $0.byteCount } }

  /// Begins anew.
  package func restart() { counts.withLock { $0 = Counts() } }

  /// Counts a part of row groups, at `byteCount` bytes each where it was not counted before.
  func note(
    _ part: Part, of groups: some Sequence<RowGroupSnapshot>,
    byteCount: (RowGroupSnapshot) -> Int
  ) {
    counts.withLock { counts in
      counts.byteCount += counts.groups[part, default: GroupSet()].insert(groups, byteCount)
    }
  }
}

extension RowGroupSnapshot {
  /// Counts a column about to be read: the segment's stored bytes, or those of the tail's values.
  func noteRead(column position: Int) {
    noteRead(column: position, of: CollectionOfOne(self))
  }

  /// Counts a column of several row groups of this one's table.
  func noteRead(column position: Int, of groups: some Sequence<RowGroupSnapshot>) {
    let id: UInt32 = layout.ids[position]
    reads?.note(.init(table: table, column: id), of: groups) { group in
      switch group.state.rows {
      case .tail(let tail): tail.pieces.reduce(0) { $0 + ($1.column(id)?.byteCount ?? 0) }
      case .sealed(let rows): (try? rows.segment(id, near: position))?.byteCountToRead ?? 0
      }
    }
  }

  /// Counts the index of a key about to be probed; hash maps of tails are part of the memory, not read.
  func noteRead(index ids: [UInt32]) {
    guard let reads, case .sealed(let rows) = state.rows else { return }
    reads.note(.init(table: table, index: ids), of: CollectionOfOne(self)) { _ in
      guard let index = try? rows.contents.keyIndexes.first(where: { $0.columnIDs == ids }) else {
        return 0
      }
      return index.hashes.byteCountToRead + index.rows.byteCountToRead
        + index.filter.byteCountToRead
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
    return (try? contents.segments.reduce(0) { $0 + $1.byteCountToRead }) ?? 0
  }
}
