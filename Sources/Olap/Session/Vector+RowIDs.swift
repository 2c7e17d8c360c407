internal import OlapCatalog
internal import OlapColumns
internal import OlapStorage

// A pointer into a vector is good only while the vector lives, and the optimizer ends its life with its
// last use. Row ids leave their vectors here, under its protection.

extension Vector {
  /// The first `count` values of a flat vector of row ids.
  func rowIDs(_ count: Int) -> [RowID] {
    withExtendedLifetime(self) {
      Array(UnsafeBufferPointer(start: values(RowID.self), count: count))
    }
  }
}

extension WriteTransaction {
  /// Deletes the rows whose ids a vector of any encoding holds.
  func delete(table: EntryID, rowIDs: Vector, count: Int) throws {
    let flat = rowIDs.flattened()
    try withExtendedLifetime(flat) {
      try delete(table: table, rowIDs: flat.values(RowID.self), count: count)
    }
  }
}
