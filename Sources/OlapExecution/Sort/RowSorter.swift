import Glibc
package import OlapColumns

/// Sorts rows by key vectors.
package enum RowSorter {
  /// A row with the first eight bytes of its key as a number.
  struct Row: BitwiseCopyable {
    var prefix: UInt64
    var index: UInt32
  }

  /// Row numbers in order; equal rows keep their order. Shape: key vectors of `count` rows each, one
  /// per column of `columns`.
  package static func sorted(
    _ keys: [Vector], columns: [SortKey.Column], count: Int
  ) -> Selection {
    let result = Selection(capacity: count)
    result.count = count
    if count == 0 { return result }
    let layout = SortKey.Layout(columns: columns)
    let stride = layout.byteCount
    let buffer = Buffer(byteCount: count * stride)
    let isExact = layout.encode(keys, count: count, into: buffer.bytes)
    let rows = UnsafeMutableBufferPointer<Row>.allocate(capacity: count)
    defer { rows.deallocate() }
    for i in 0..<count {
      let prefix = (buffer.bytes + i * stride).loadUnaligned(as: UInt64.self).byteSwapped
      rows[i] = Row(prefix: prefix, index: UInt32(truncatingIfNeeded: i))
    }
    if stride == 8 && isExact {
      radixSort(rows)
    } else {
      var sorting = rows
      let bytes = UnsafeRawPointer(buffer.bytes)
      let flat = isExact ? [] : keys.map { $0.flattened() }
      // Nested values have no bytes in the key, so bytes after them must not decide before them.
      let prefixDecides = !columns.contains { $0.type.isNested }
      sorting.sort { a, b in
        if prefixDecides && a.prefix != b.prefix { return a.prefix < b.prefix }
        let left = bytes + Int(a.index) * stride
        let right = bytes + Int(b.index) * stride
        let order =
          isExact
          ? SortKey.compare(left, right, byteCount: stride)
          : layout.compare(left, flat, Int(a.index), right, flat, Int(b.index))
        return order != 0 ? order < 0 : a.index < b.index
      }
    }
    for i in 0..<count { result.indexes[i] = rows[i].index }
    return result
  }

  /// Stable byte-wise sort from the last byte; bytes that are equal everywhere cost nothing.
  private static func radixSort(_ rows: UnsafeMutableBufferPointer<Row>) {
    let n = rows.count
    guard var from = rows.baseAddress else { return }
    var varying: UInt64 = 0
    for i in 0..<n { varying |= from[i].prefix ^ from[0].prefix }
    let scratch = UnsafeMutablePointer<Row>.allocate(capacity: n)
    defer { scratch.deallocate() }
    var to = scratch
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 257) { counts in
      for byte in 0..<8 {
        let shift = UInt64(byte * 8)
        if (varying >> shift) & 0xff == 0 { continue }
        for k in 0...256 { counts[k] = 0 }
        for i in 0..<n { counts[Int((from[i].prefix >> shift) & 0xff) &+ 1] &+= 1 }
        for k in 0..<256 { counts[k &+ 1] &+= counts[k] }
        for i in 0..<n {
          let digit = Int((from[i].prefix >> shift) & 0xff)
          to[counts[digit]] = from[i]
          counts[digit] &+= 1
        }
        swap(&from, &to)
      }
    }
    if let base = rows.baseAddress, from != base { base.update(from: from, count: n) }
  }
}
