extension Compare {
  /// Bytes of `v op constant` for a flat `v`; rows under NULL get any byte of 0 or 1.
  static func maskAgainstConstant(
    _ op: ComparisonOperator, _ v: Vector, _ constant: Vector,
    _ out: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    switch v.physical {
    case .bool, .uint8:
      constantMask(op, v.values(UInt8.self), constant.values(UInt8.self)[0], out, n)
    case .int8: constantMask(op, v.values(Int8.self), constant.values(Int8.self)[0], out, n)
    case .int16: constantMask(op, v.values(Int16.self), constant.values(Int16.self)[0], out, n)
    case .int32: constantMask(op, v.values(Int32.self), constant.values(Int32.self)[0], out, n)
    case .int64: constantMask(op, v.values(Int64.self), constant.values(Int64.self)[0], out, n)
    case .int128: constantMask(op, v.values(Int128.self), constant.values(Int128.self)[0], out, n)
    case .uint16: constantMask(op, v.values(UInt16.self), constant.values(UInt16.self)[0], out, n)
    case .uint32: constantMask(op, v.values(UInt32.self), constant.values(UInt32.self)[0], out, n)
    case .uint64: constantMask(op, v.values(UInt64.self), constant.values(UInt64.self)[0], out, n)
    case .uint128:
      constantMask(op, v.values(UInt128.self), constant.values(UInt128.self)[0], out, n)
    case .float32:
      floatConstantMask(op, v.values(Float.self), constant.values(Float.self)[0], out, n)
    case .float64:
      floatConstantMask(op, v.values(Double.self), constant.values(Double.self)[0], out, n)
    case .string:
      stringConstantMask(
        op, v.values(StringView.self), constant.values(StringView.self)[0], v.validity, out, n)
    case .interval, .list, .structure: slowMask(op, v, constant, out, n)
    }
  }

  /// Bytes of `l op r` for flat vectors.
  static func maskRows(
    _ op: ComparisonOperator, _ l: Vector, _ r: Vector, _ out: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    switch l.physical {
    case .bool, .uint8: pairMask(op, l.values(UInt8.self), r.values(UInt8.self), out, n)
    case .int8: pairMask(op, l.values(Int8.self), r.values(Int8.self), out, n)
    case .int16: pairMask(op, l.values(Int16.self), r.values(Int16.self), out, n)
    case .int32: pairMask(op, l.values(Int32.self), r.values(Int32.self), out, n)
    case .int64: pairMask(op, l.values(Int64.self), r.values(Int64.self), out, n)
    case .int128: pairMask(op, l.values(Int128.self), r.values(Int128.self), out, n)
    case .uint16: pairMask(op, l.values(UInt16.self), r.values(UInt16.self), out, n)
    case .uint32: pairMask(op, l.values(UInt32.self), r.values(UInt32.self), out, n)
    case .uint64: pairMask(op, l.values(UInt64.self), r.values(UInt64.self), out, n)
    case .uint128: pairMask(op, l.values(UInt128.self), r.values(UInt128.self), out, n)
    case .float32: floatPairMask(op, l.values(Float.self), r.values(Float.self), out, n)
    case .float64: floatPairMask(op, l.values(Double.self), r.values(Double.self), out, n)
    case .string: stringPairMask(op, l, r, out, n)
    case .interval, .list, .structure: slowMask(op, l, r, out, n)
    }
  }

  private static func slowMask(
    _ op: ComparisonOperator, _ l: Vector, _ r: Vector, _ out: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    for i in 0..<n {
      let isTrue: Bool = l.isValid(i) && r.isValid(i) && holds(op, order(l, i, r, i))
      out[i] = isTrue ? 1 : 0
    }
  }

  /// A comparison result as a byte without a branch.
  @inline(__always) private static func byte(_ flag: Bool) -> UInt8 {
    unsafeBitCast(flag, to: UInt8.self)
  }

  @inline(__always)
  private static func fill<T>(
    _ a: UnsafePointer<T>, _ c: T, _ out: UnsafeMutablePointer<UInt8>, _ n: Int,
    _ test: (T, T) -> Bool
  ) {
    for i in 0..<n { out[i] = byte(test(a[i], c)) }
  }

  @inline(__always)
  private static func fill<T>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ out: UnsafeMutablePointer<UInt8>, _ n: Int,
    _ test: (T, T) -> Bool
  ) {
    for i in 0..<n { out[i] = byte(test(a[i], b[i])) }
  }

  static func constantMask<T: FixedWidthInteger>(
    _ op: ComparisonOperator, _ a: UnsafePointer<T>, _ c: T, _ out: UnsafeMutablePointer<UInt8>,
    _ n: Int
  ) {
    switch op {
    case .equal, .notDistinctFrom: fill(a, c, out, n) { $0 == $1 }
    case .notEqual, .distinctFrom: fill(a, c, out, n) { $0 != $1 }
    case .less: fill(a, c, out, n) { $0 < $1 }
    case .lessOrEqual: fill(a, c, out, n) { $0 <= $1 }
    case .greater: fill(a, c, out, n) { $0 > $1 }
    case .greaterOrEqual: fill(a, c, out, n) { $0 >= $1 }
    }
  }

  private static func pairMask<T: FixedWidthInteger>(
    _ op: ComparisonOperator, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>,
    _ out: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    switch op {
    case .equal, .notDistinctFrom: fill(a, b, out, n) { $0 == $1 }
    case .notEqual, .distinctFrom: fill(a, b, out, n) { $0 != $1 }
    case .less: fill(a, b, out, n) { $0 < $1 }
    case .lessOrEqual: fill(a, b, out, n) { $0 <= $1 }
    case .greater: fill(b, a, out, n) { $0 < $1 }
    case .greaterOrEqual: fill(b, a, out, n) { $0 <= $1 }
    }
  }

  private static func floatConstantMask<T: BinaryFloatingPoint>(
    _ op: ComparisonOperator, _ a: UnsafePointer<T>, _ c: T, _ out: UnsafeMutablePointer<UInt8>,
    _ n: Int
  ) {
    if c.isNaN {
      switch op {
      case .equal, .notDistinctFrom, .greaterOrEqual: fill(a, c, out, n) { x, _ in x != x }
      case .notEqual, .distinctFrom, .less: fill(a, c, out, n) { x, _ in x == x }
      case .lessOrEqual: fill(a, c, out, n) { _, _ in true }
      case .greater: fill(a, c, out, n) { _, _ in false }
      }
      return
    }
    // A NaN on the left is above every number: the negated forms are true for it.
    switch op {
    case .equal, .notDistinctFrom: fill(a, c, out, n) { $0 == $1 }
    case .notEqual, .distinctFrom: fill(a, c, out, n) { !($0 == $1) }
    case .less: fill(a, c, out, n) { $0 < $1 }
    case .lessOrEqual: fill(a, c, out, n) { $0 <= $1 }
    case .greater: fill(a, c, out, n) { !($0 <= $1) }
    case .greaterOrEqual: fill(a, c, out, n) { !($0 < $1) }
    }
  }

  private static func floatPairMask<T: BinaryFloatingPoint>(
    _ op: ComparisonOperator, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>,
    _ out: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    switch op {
    case .equal, .notDistinctFrom: floatEqual(a, b, out, n, 0)
    case .notEqual, .distinctFrom: floatEqual(a, b, out, n, 1)
    case .less: floatLess(a, b, out, n, 0)
    case .greaterOrEqual: floatLess(a, b, out, n, 1)
    case .greater: floatLess(b, a, out, n, 0)
    case .lessOrEqual: floatLess(b, a, out, n, 1)
    }
  }

  private static func floatEqual<T: BinaryFloatingPoint>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ out: UnsafeMutablePointer<UInt8>, _ n: Int,
    _ flip: UInt8
  ) {
    for i in 0..<n {
      let x: T = a[i]
      let y: T = b[i]
      out[i] = (byte(x == y) | (byte(x != x) & byte(y != y))) ^ flip
    }
  }

  private static func floatLess<T: BinaryFloatingPoint>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ out: UnsafeMutablePointer<UInt8>, _ n: Int,
    _ flip: UInt8
  ) {
    for i in 0..<n {
      let x: T = a[i]
      let y: T = b[i]
      out[i] = (byte(x < y) | (byte(x == x) & byte(y != y))) ^ flip
    }
  }

  private static func stringConstantMask(
    _ op: ComparisonOperator, _ a: UnsafePointer<StringView>, _ c: StringView,
    _ validity: UnsafePointer<UInt8>?, _ out: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    switch op {
    case .equal, .notDistinctFrom, .notEqual, .distinctFrom:
      let flip: UInt8 = op == .equal || op == .notDistinctFrom ? 0 : 1
      if c.isInline {
        for i in 0..<n {
          out[i] = (byte(a[i].head == c.head) & byte(a[i].tail == c.tail)) ^ flip
        }
      } else {
        // Views under a NULL are unspecified: their pointers must not be followed.
        for i in 0..<n where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
          out[i] = byte(a[i] == c) ^ flip
        }
      }
    default:
      for i in 0..<n where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
        out[i] = byte(holds(op, StringView.compare(a[i], c)))
      }
    }
  }

  private static func stringPairMask(
    _ op: ComparisonOperator, _ l: Vector, _ r: Vector, _ out: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    let a = l.values(StringView.self)
    let b = r.values(StringView.self)
    let hasNulls: Bool = l.validity != nil || r.validity != nil
    let isEquality: Bool =
      op == .equal || op == .notEqual || op == .distinctFrom || op == .notDistinctFrom
    let flip: UInt8 = op == .equal || op == .notDistinctFrom ? 0 : 1
    for i in 0..<n {
      if hasNulls && !(l.isValid(i) && r.isValid(i)) {
        out[i] = 0
        continue
      }
      out[i] =
        isEquality ? byte(a[i] == b[i]) ^ flip : byte(holds(op, StringView.compare(a[i], b[i])))
    }
  }
}
