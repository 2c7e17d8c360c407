/// Comparison of two vectors of one SQL type.
///
/// Order: numbers by value with NaN equal to itself and above everything, strings by bytes,
/// intervals by normalised length, lists and structs lexicographically with inner NULLs last and
/// equal.
package enum Compare {
  /// BOOLEAN vector of `l op r`, NULL where an operand is (except for the DISTINCT forms).
  /// Shape: both inputs have `count` rows in any encoding; the result is flat or constant.
  package static func compare(
    _ op: ComparisonOperator, _ l: Vector, _ r: Vector, count: Int
  ) -> Vector {
    if op == .distinctFrom || op == .notDistinctFrom {
      return compareDistinct(l, r, count, wantEqual: op == .notDistinctFrom)
    }
    if l.encoding == .constant && r.encoding == .constant {
      return compareConstants(op, l, r, count)
    }
    if l.encoding == .constant { return compareToConstant(op.flipped, r, l, count) }
    if r.encoding == .constant { return compareToConstant(op, l, r, count) }
    return compareRows(op, l, r, count)
  }

  /// Rows where `l op r` is TRUE, ascending, to `selection`.
  package static func select(
    _ op: ComparisonOperator, _ l: Vector, _ r: Vector, count: Int, into selection: Selection
  ) {
    // The mask stays in the first cache level; one branch-free pass turns it into row numbers.
    Boolean.selectTrue(compare(op, l, r, count: count), count: count, into: selection)
  }

  // MARK: Cases

  private static func constantResult(_ flag: Bool, _ count: Int) -> Vector {
    Vector.constant(.boolean(flag), type: .boolean, count: count)
  }

  private static func compareConstants(
    _ op: ComparisonOperator, _ l: Vector, _ r: Vector, _ count: Int
  ) -> Vector {
    guard l.isValid(0), r.isValid(0) else { return Vector.nulls(.boolean, count: count) }
    return constantResult(holds(op, order(l, 0, r, 0)), count)
  }

  /// Whether an order (negative, zero, positive) satisfies the operator.
  static func holds(_ op: ComparisonOperator, _ order: Int) -> Bool {
    switch op {
    case .equal, .notDistinctFrom: order == 0
    case .notEqual, .distinctFrom: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }

  private static func compareToConstant(
    _ op: ComparisonOperator, _ v: Vector, _ constant: Vector, _ count: Int
  ) -> Vector {
    guard constant.isValid(0) else { return Vector.nulls(.boolean, count: count) }
    switch v.encoding {
    case .frame where v.frameMultiplier > 0:
      return compareFrame(op, v, constant.integerConstant, count)
    case .dictionary:
      guard let dictionary = v.dictionary, dictionary.count <= count else { break }
      let entries: Vector = compareToConstant(op, dictionary, constant, dictionary.count)
      if entries.encoding == .constant && v.validity == nil {
        return entries.broadcast(row: 0, count: count)
      }
      return Vector(
        type: .boolean, encoding: .dictionary, count: count, data: v.data,
        validity: v.validity, owner: v.owner, codeByteCount: v.codeByteCount,
        dictionary: entries.flattened()
      ).flattened()
    default: break
    }
    let rows: Vector = v.flattened()
    let result = Vector.flat(
      .boolean, count: count, sharing: rows.validity, validityOwner: rows.owner)
    maskAgainstConstant(op, rows, constant, result.values(UInt8.self), count)
    return result
  }

  private static func compareRows(
    _ op: ComparisonOperator, _ l: Vector, _ r: Vector, _ count: Int
  ) -> Vector {
    var left: Vector = l
    var right: Vector = r
    if let codes = sharedCodes(op, l, r) {
      left = codes.left
      right = codes.right
    } else {
      left = l.flattened()
      right = r.flattened()
    }
    let result = Vector.combined(.boolean, left, right, count)
    maskRows(op, left, right, result.values(UInt8.self), count)
    return result
  }

  /// Codes that compare like the values: one frame on both sides, or one dictionary and
  /// (in)equality.
  private static func sharedCodes(
    _ op: ComparisonOperator, _ l: Vector, _ r: Vector
  ) -> (left: Vector, right: Vector)? {
    guard l.encoding == .frame, r.encoding == .frame, l.codeByteCount == r.codeByteCount,
      l.frameBase == r.frameBase, l.frameMultiplier == r.frameMultiplier, l.frameMultiplier > 0
    else { return nil }
    return (l.codesAsVector(), r.codesAsVector())
  }

  private static func compareDistinct(
    _ l: Vector, _ r: Vector, _ count: Int, wantEqual: Bool
  ) -> Vector {
    if l.validity == nil && r.validity == nil {
      return compare(wantEqual ? .equal : .notEqual, l, r, count: count)
    }
    let left: Vector = l.flattened()
    let right: Vector = r.flattened()
    let result = Vector.flat(.boolean, count: count)
    let out = result.values(UInt8.self)
    maskRows(.equal, left, right, out, count)
    let ones = AllOnes(count, needed: left.validity == nil || right.validity == nil)
    let av: UnsafeMutablePointer<UInt8> = left.validity ?? ones.pointer
    let bv: UnsafeMutablePointer<UInt8> = right.validity ?? ones.pointer
    let flip: UInt8 = wantEqual ? 0 : 1
    for i in 0..<count {
      let same: UInt8 = (av[i] & bv[i] & out[i]) | ((av[i] | bv[i]) ^ 1)
      out[i] = same ^ flip
    }
    return result
  }

  // MARK: Frame against constant, in code space

  private static func compareFrame(
    _ op: ComparisonOperator, _ v: Vector, _ constant: Int64, _ count: Int
  ) -> Vector {
    let distance: Int128 = Int128(constant) - Int128(v.frameBase)
    let multiplier = Int128(v.frameMultiplier)
    let floor: Int128 = floorDivide(distance, multiplier)
    let isExact: Bool = floor * multiplier == distance
    let codeMax: Int128 = (Int128(1) << Int128(v.codeByteCount * 8)) - 1
    switch op {
    case .equal, .notEqual, .distinctFrom, .notDistinctFrom:
      let isEqual: Bool = op == .equal || op == .notDistinctFrom
      if !isExact || floor < 0 || floor > codeMax { return frameConstant(v, !isEqual, count) }
      return frameMask(isEqual ? .equal : .notEqual, v, UInt32(floor), count)
    case .less, .greaterOrEqual:
      // base + code × m < c  ⇔  code < ceil((c − base) / m)
      return frameBelow(v, isExact ? floor : floor + 1, codeMax, op == .less, count)
    case .lessOrEqual, .greater:
      return frameBelow(v, floor + 1, codeMax, op == .lessOrEqual, count)
    }
  }

  /// `code < threshold` (or its negation).
  private static func frameBelow(
    _ v: Vector, _ threshold: Int128, _ codeMax: Int128, _ wantBelow: Bool, _ count: Int
  ) -> Vector {
    if threshold <= 0 { return frameConstant(v, !wantBelow, count) }
    if threshold > codeMax { return frameConstant(v, wantBelow, count) }
    return frameMask(wantBelow ? .less : .greaterOrEqual, v, UInt32(threshold), count)
  }

  private static func frameConstant(_ v: Vector, _ flag: Bool, _ count: Int) -> Vector {
    guard v.validity != nil else { return constantResult(flag, count) }
    let result = Vector.flat(.boolean, count: count, sharing: v.validity, validityOwner: v.owner)
    let out = result.values(UInt8.self)
    for i in 0..<count { out[i] = flag ? 1 : 0 }
    return result
  }

  private static func frameMask(
    _ op: ComparisonOperator, _ v: Vector, _ code: UInt32, _ count: Int
  ) -> Vector {
    let result = Vector.flat(.boolean, count: count, sharing: v.validity, validityOwner: v.owner)
    let out = result.values(UInt8.self)
    switch v.codeByteCount {
    case 1: constantMask(op, v.values(UInt8.self), UInt8(truncatingIfNeeded: code), out, count)
    case 2: constantMask(op, v.values(UInt16.self), UInt16(truncatingIfNeeded: code), out, count)
    default: constantMask(op, v.values(UInt32.self), code, out, count)
    }
    return result
  }
}

/// Quotient rounded towards minus infinity; `divisor` > 0.
func floorDivide<T: FixedWidthInteger & SignedInteger>(_ dividend: T, _ divisor: T) -> T {
  let quotient: T = dividend / divisor
  return dividend % divisor < 0 ? quotient - 1 : quotient
}

extension Vector {
  /// A constant's value as Int64; only for physical types of at most 64 signed bits.
  var integerConstant: Int64 {
    switch physical {
    case .bool, .uint8: Int64(values(UInt8.self)[0])
    case .int8: Int64(values(Int8.self)[0])
    case .int16: Int64(values(Int16.self)[0])
    case .uint16: Int64(values(UInt16.self)[0])
    case .int32: Int64(values(Int32.self)[0])
    case .uint32: Int64(values(UInt32.self)[0])
    default: values(Int64.self)[0]
    }
  }

  /// A frame's codes as a flat unsigned vector with the frame's validity.
  func codesAsVector() -> Vector {
    let codeType: SQLType =
      codeByteCount == 1 ? .utinyint : codeByteCount == 2 ? .usmallint : .uinteger
    return Vector(
      type: codeType, encoding: .flat, count: count, data: data, validity: validity, owner: owner)
  }

  /// A fresh flat vector that is NULL where either flat input is.
  static func combined(_ type: SQLType, _ left: Vector, _ right: Vector, _ count: Int) -> Vector {
    guard let a = left.validity, let b = right.validity else {
      let source: Vector = left.validity != nil ? left : right
      return flat(type, count: count, sharing: source.validity, validityOwner: source.owner)
    }
    let result = Vector.flat(type, count: count, nullable: true)
    if let mask = result.validity { for i in 0..<count { mask[i] = a[i] & b[i] } }
    return result
  }
}
