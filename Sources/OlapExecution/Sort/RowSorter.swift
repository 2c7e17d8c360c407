package import OlapColumns

/// Sorts rows by key vectors.
package enum RowSorter {
  /// Rows in order with their encoded keys.
  package struct Order {
    package let rows: Selection
    /// Keys by row number, not by place.
    package let keys: Buffer
    /// Bytes alone decide between all keys.
    package let isExact: Bool
  }

  /// Row numbers in order; equal rows keep their order. Shape: key vectors of `count` rows each, one
  /// per column of `columns`.
  package static func sorted(
    _ keys: [Vector], columns: [SortKey.Column], count: Int
  ) -> Selection {
    order(keys, layout: SortKey.Layout(columns: columns), count: count).rows
  }

  /// The same for keys of a known layout. Once the statement is cancelled the order is anything: the
  /// caller has to look again.
  package static func order(
    _ keys: [Vector], layout: SortKey.Layout, count: Int
  ) -> Order {
    let result = Selection(capacity: count)
    result.count = count
    let buffer = Buffer(byteCount: count * layout.byteCount)
    let isExact = layout.encode(keys, count: count, into: buffer.bytes)
    let scratch = Buffer(byteCount: count * MemoryLayout<KeySort.Row>.stride)
    let rows = UnsafeMutableBufferPointer(
      start: scratch.bytes.assumingMemoryBound(to: KeySort.Row.self), count: count)
    for i in 0..<count {
      rows[i] = KeySort.Row(prefix: 0, index: UInt32(truncatingIfNeeded: i))
    }
    KeySort(
      buffer.bytes, layout: layout, vectors: isExact ? [] : keys.map { $0.flattened() },
      isExact: isExact
    ).sort(rows)
    for i in 0..<count { result.indexes[i] = rows[i].index }
    withExtendedLifetime(scratch) {}
    return Order(rows: result, keys: buffer, isExact: isExact)
  }
}
