/// Equality of key rows of two tables, for hash tables: NULL equals NULL.
package enum RowMatch {
  /// `mask[k] = 1` when row `leftIndexes[k]` of `left` equals row `rightIndexes[k]` of `right` in
  /// every column, else 0. Shapes: columns pairwise of one type; index arrays and mask of `count`
  /// entries. Flat vectors on both sides are fast; other encodings are flattened first.
  package static func matches(
    left: [Vector], leftIndexes: UnsafePointer<UInt32>, right: [Vector],
    rightIndexes: UnsafePointer<UInt32>, count: Int, into mask: UnsafeMutablePointer<UInt8>
  ) {
    for k in 0..<count { mask[k] = 1 }
    for (l, r) in zip(left, right) {
      matchColumn(l.flattened(), leftIndexes, r.flattened(), rightIndexes, count, mask)
    }
  }

  private static func matchColumn(
    _ l: Vector, _ li: UnsafePointer<UInt32>, _ r: Vector, _ ri: UnsafePointer<UInt32>, _ n: Int,
    _ mask: UnsafeMutablePointer<UInt8>
  ) {
    switch l.physical {
    case .bool, .int8, .uint8:
      match(l.values(UInt8.self), li, r.values(UInt8.self), ri, l.validity, r.validity, n, mask)
    case .int16, .uint16:
      match(l.values(UInt16.self), li, r.values(UInt16.self), ri, l.validity, r.validity, n, mask)
    case .int32, .uint32:
      match(l.values(UInt32.self), li, r.values(UInt32.self), ri, l.validity, r.validity, n, mask)
    case .int64, .uint64:
      match(l.values(UInt64.self), li, r.values(UInt64.self), ri, l.validity, r.validity, n, mask)
    case .int128, .uint128:
      match(l.values(UInt128.self), li, r.values(UInt128.self), ri, l.validity, r.validity, n, mask)
    case .float32:
      matchFloats(
        l.values(Float.self), li, r.values(Float.self), ri, l.validity, r.validity, n, mask)
    case .float64:
      matchFloats(
        l.values(Double.self), li, r.values(Double.self), ri, l.validity, r.validity, n, mask)
    case .string:
      matchStrings(l.values(), li, r.values(), ri, l.validity, r.validity, n, mask)
    case .interval, .list, .structure:
      for k in 0..<n where mask[k] != 0 {
        mask[k] = Compare.order(l, Int(li[k]), r, Int(ri[k])) == 0 ? 1 : 0
      }
    }
  }

  /// 1 when equal and both valid, or both NULL.
  @inline(__always)
  private static func verdict(_ same: UInt8, _ leftValid: UInt8, _ rightValid: UInt8) -> UInt8 {
    (same & leftValid & rightValid) | ((leftValid | rightValid) ^ 1)
  }

  @inline(__always)
  private static func byte(_ flag: Bool) -> UInt8 { unsafeBitCast(flag, to: UInt8.self) }

  private static func match<T: FixedWidthInteger>(
    _ a: UnsafePointer<T>, _ li: UnsafePointer<UInt32>, _ b: UnsafePointer<T>,
    _ ri: UnsafePointer<UInt32>, _ av: UnsafePointer<UInt8>?, _ bv: UnsafePointer<UInt8>?,
    _ n: Int, _ mask: UnsafeMutablePointer<UInt8>
  ) {
    if av == nil && bv == nil {
      for k in 0..<n { mask[k] &= byte(a[Int(li[k])] == b[Int(ri[k])]) }
      return
    }
    for k in 0..<n {
      let i = Int(li[k])
      let j = Int(ri[k])
      let same: UInt8 = byte(a[i] == b[j])
      mask[k] &= verdict(same, av?[i] ?? 1, bv?[j] ?? 1)
    }
  }

  private static func matchFloats<T: BinaryFloatingPoint>(
    _ a: UnsafePointer<T>, _ li: UnsafePointer<UInt32>, _ b: UnsafePointer<T>,
    _ ri: UnsafePointer<UInt32>, _ av: UnsafePointer<UInt8>?, _ bv: UnsafePointer<UInt8>?,
    _ n: Int, _ mask: UnsafeMutablePointer<UInt8>
  ) {
    for k in 0..<n {
      let i = Int(li[k])
      let j = Int(ri[k])
      let x: T = a[i]
      let y: T = b[j]
      let same: UInt8 = byte(x == y) | (byte(x != x) & byte(y != y))
      mask[k] &= verdict(same, av?[i] ?? 1, bv?[j] ?? 1)
    }
  }

  private static func matchStrings(
    _ a: UnsafePointer<StringView>, _ li: UnsafePointer<UInt32>, _ b: UnsafePointer<StringView>,
    _ ri: UnsafePointer<UInt32>, _ av: UnsafePointer<UInt8>?, _ bv: UnsafePointer<UInt8>?,
    _ n: Int, _ mask: UnsafeMutablePointer<UInt8>
  ) {
    for k in 0..<n where mask[k] != 0 {
      let i = Int(li[k])
      let j = Int(ri[k])
      let leftValid: UInt8 = av?[i] ?? 1
      let rightValid: UInt8 = bv?[j] ?? 1
      if leftValid & rightValid == 0 {
        mask[k] = leftValid == rightValid ? 1 : 0
      } else {
        mask[k] = byte(a[i] == b[j])
      }
    }
  }
}
