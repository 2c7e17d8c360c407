import Glibc
package import OlapColumns

/// Sorts rows by key vectors: a radix sort of the eight key bytes that vary first, then comparisons
/// among rows that are equal in these.
package enum RowSorter {
  /// A row with eight bytes of its key as a number.
  struct Row: BitwiseCopyable {
    var prefix: UInt64
    var index: UInt32
  }

  /// Rows in order with their encoded keys.
  package struct Order {
    package let rows: Selection
    /// Keys by row number, not by place.
    package let keys: Buffer
    /// Bytes alone decide between all keys.
    package let isExact: Bool
  }

  /// Below this number of rows comparisons are faster than counting bytes.
  private static let radixMinimum = 512

  /// Row numbers in order; equal rows keep their order. Shape: key vectors of `count` rows each, one
  /// per column of `columns`.
  package static func sorted(
    _ keys: [Vector], columns: [SortKey.Column], count: Int
  ) -> Selection {
    order(keys, layout: SortKey.Layout(columns: columns), count: count).rows
  }

  /// The same for keys of a known layout.
  package static func order(_ keys: [Vector], layout: SortKey.Layout, count: Int) -> Order {
    let result = Selection(capacity: count)
    result.count = count
    let stride = layout.byteCount
    let buffer = Buffer(byteCount: count * stride)
    let isExact = layout.encode(keys, count: count, into: buffer.bytes)
    let order = Order(rows: result, keys: buffer, isExact: isExact)
    if count == 0 { return order }
    let rows = UnsafeMutableBufferPointer<Row>.allocate(capacity: count)
    defer { rows.deallocate() }
    let (first, end) = varyingBytes(buffer.bytes, count, stride)
    // Behind a column that may be cut, bytes do not decide.
    let decided = isExact ? stride : layout.decidingByteCount
    let used = Swift.max(0, Swift.min(8, decided - first))
    fill(rows, buffer.bytes + first, stride, keeping: used)
    if isExact && first >= end {
      // All keys are equal.
    } else if used == 0 {
      sort(rows, buffer, layout, isExact ? [] : keys.map { $0.flattened() })
    } else if count < radixMinimum {
      sort(
        rows, buffer, layout, isExact ? [] : keys.map { $0.flattened() }, prefixDecides: true)
    } else {
      radixSort(rows)
      if !isExact || end > first + used {
        let flat = isExact ? [] : keys.map { $0.flattened() }
        settleTies(rows, buffer, layout, flat)
      }
    }
    for i in 0..<count { result.indexes[i] = rows[i].index }
    return order
  }

  /// The first byte at which keys differ and the end of the last; (stride, 0) when all are equal.
  private static func varyingBytes(
    _ keys: UnsafeRawPointer, _ n: Int, _ stride: Int
  ) -> (first: Int, end: Int) {
    var first = stride
    var end = 0
    var word = 0
    while word < stride {
      let reference = keys.loadUnaligned(fromByteOffset: word, as: UInt64.self)
      var varying: UInt64 = 0
      for i in 0..<n {
        varying |=
          (keys + i &* stride).loadUnaligned(fromByteOffset: word, as: UInt64.self)
          ^ reference
      }
      if varying != 0 {
        first = Swift.min(first, word + varying.trailingZeroBitCount / 8)
        end = word + 8 - varying.leadingZeroBitCount / 8
      }
      word += 8
    }
    return (first, end)
  }

  private static func fill(
    _ rows: UnsafeMutableBufferPointer<Row>, _ keys: UnsafeRawPointer, _ stride: Int,
    keeping used: Int
  ) {
    let mask: UInt64 = used >= 8 ? .max : used <= 0 ? 0 : ~(UInt64.max >> UInt64(used * 8))
    for i in 0..<rows.count {
      let bytes = (keys + i &* stride).loadUnaligned(as: UInt64.self).byteSwapped
      rows[i] = Row(prefix: bytes & mask, index: UInt32(truncatingIfNeeded: i))
    }
  }

  /// Orders neighbours of equal prefix by their whole keys.
  private static func settleTies(
    _ rows: UnsafeMutableBufferPointer<Row>, _ buffer: Buffer, _ layout: SortKey.Layout,
    _ keys: [Vector]
  ) {
    var start = 0
    while start < rows.count {
      let prefix = rows[start].prefix
      var end = start + 1
      while end < rows.count && rows[end].prefix == prefix { end += 1 }
      if end - start > 1 {
        sort(UnsafeMutableBufferPointer(rebasing: rows[start..<end]), buffer, layout, keys)
      }
      start = end
    }
  }

  /// Orders rows by comparing whole keys; `keys` are flat, and given when keys are cut.
  private static func sort(
    _ rows: UnsafeMutableBufferPointer<Row>, _ buffer: Buffer, _ layout: SortKey.Layout,
    _ keys: [Vector], prefixDecides: Bool = false
  ) {
    var sorting = rows
    let bytes = UnsafeRawPointer(buffer.bytes)
    let stride = layout.byteCount
    if keys.isEmpty {
      sorting.sort { a, b in
        if prefixDecides && a.prefix != b.prefix { return a.prefix < b.prefix }
        let order = SortKey.compare(
          bytes + Int(a.index) * stride, bytes + Int(b.index) * stride, byteCount: stride)
        return order != 0 ? order < 0 : a.index < b.index
      }
      return
    }
    sorting.sort { a, b in
      if prefixDecides && a.prefix != b.prefix { return a.prefix < b.prefix }
      let order = layout.compare(
        bytes + Int(a.index) * stride, keys, Int(a.index), bytes + Int(b.index) * stride, keys,
        Int(b.index))
      return order != 0 ? order < 0 : a.index < b.index
    }
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
