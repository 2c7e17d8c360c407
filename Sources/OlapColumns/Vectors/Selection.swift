import Glibc

/// Row positions picked from a chunk, ascending unless said otherwise.
///
/// Shape: `indexes` has room for `capacity` entries; the first `count` are set.
package final class Selection: @unchecked Sendable {
  package let indexes: UnsafeMutablePointer<UInt32>
  package let capacity: Int
  package var count: Int

  package init(capacity: Int) {
    self.capacity = capacity
    self.count = 0
    // One spare entry: branch-free loops write before they advance.
    indexes = .allocate(capacity: capacity + 1)
  }

  deinit { indexes.deallocate() }
}
