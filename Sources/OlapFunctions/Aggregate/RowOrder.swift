import OlapColumns

/// Sorting of row numbers by a vector, stable, NULLs last.
enum RowOrder {
  /// - Throws: when the statement is cancelled.
  static func sorted(
    _ rows: [Int], by vector: Vector, descending: Bool = false
  ) throws -> [Int] {
    if let order = try byRadix(rows, vector, descending) { return order }
    var pacer = Cancellation.Pacer()
    return try rows.sorted { i, j in
      try pacer.tick()
      let order: Int = Compare.order(vector, i, vector, j)
      if order != 0 { return descending ? order > 0 : order < 0 }
      return i < j
    }
  }

  private struct Item: BitwiseCopyable {
    var key: UInt64
    var row: Int
  }

  /// Rows in order by the bytes of their values, where eight bytes hold a value; nil where they do not,
  /// or where rows are few or do not ascend.
  private static func byRadix(
    _ rows: [Int], _ vector: Vector, _ descending: Bool
  ) throws -> [Int]? {
    let n: Int = rows.count
    guard n >= 256, let first = rows.first, let last = rows.last, last - first == n - 1,
      let keys = try keys(vector.sliced(first..<(last + 1)), descending)
    else { return nil }
    let memory = Buffer(byteCount: 2 * n * MemoryLayout<Item>.stride)
    defer { withExtendedLifetime((memory, keys)) {} }
    var from = memory.bytes.assumingMemoryBound(to: Item.self)
    var to = from + n
    let encoded = UnsafePointer(keys.bytes.assumingMemoryBound(to: UInt64.self))
    var varying: UInt64 = 0
    let base: UInt64 = encoded[0].byteSwapped
    try Cancellation.forEachStride(n) { range in
      for i in range {
        let key: UInt64 = encoded[i].byteSwapped
        varying |= key ^ base
        from[i] = Item(key: key, row: first &+ i)
      }
    }
    for byte in 0..<8 where (varying >> UInt64(byte * 8)) & 0xff != 0 {
      try scatter(from, to, n, shift: UInt64(byte * 8))
      swap(&from, &to)
    }
    return (0..<n).map { from[$0].row }
  }

  /// One pass: items in the order of one byte of their keys, items of one byte in the order they had.
  private static func scatter(
    _ from: UnsafePointer<Item>, _ to: UnsafeMutablePointer<Item>, _ n: Int, shift: UInt64
  ) throws {
    try withUnsafeTemporaryAllocation(of: Int.self, capacity: 257) { places in
      for k in 0...256 { places[k] = 0 }
      try Cancellation.forEachStride(n) { range in
        for i in range { places[Int((from[i].key >> shift) & 0xff) &+ 1] &+= 1 }
      }
      for k in 0..<256 { places[k &+ 1] &+= places[k] }
      try Cancellation.forEachStride(n) { range in
        for i in range {
          let digit = Int((from[i].key >> shift) & 0xff)
          to[places[digit]] = from[i]
          places[digit] &+= 1
        }
      }
    }
  }

  /// Eight bytes per row that sort like the values; nil when there are NULLs or values are wider.
  private static func keys(_ vector: Vector, _ descending: Bool) throws -> Buffer? {
    switch vector.physical {
    case .string, .list, .structure, .interval, .int128, .uint128: return nil
    default: break
    }
    if !vector.isAllValid() { return nil }
    let layout = SortKey.Layout(columns: [
      SortKey.Column(vector.type, descending: descending, nullsFirst: false, nullable: false)
    ])
    guard layout.byteCount == 8 else { return nil }
    let keys = Buffer(byteCount: vector.count * 8)
    layout.encode([vector], count: vector.count, into: keys.bytes)
    try Cancellation.check()
    return keys
  }
}
