extension Reduce {
  /// Sum of the non-NULL integers (decimals unscaled) and their number. Types of up to 128 bits;
  /// the sum wraps only beyond Int128, which no count of 64-bit values reaches.
  package static func sum(_ v: Vector, count: Int) -> (sum: Int128, validCount: Int) {
    let valid: Int = countValid(v, count: count)
    if valid == 0 { return (0, 0) }
    switch v.encoding {
    case .constant:
      return ((v.value(at: 0).integerPayload ?? 0) &* Int128(valid), valid)
    case .frame:
      let codes: UInt64 = sumCodes(v, count)
      let scaled: Int128 = Int128(codes) * Int128(v.frameMultiplier)
      return (scaled + Int128(valid) * Int128(v.frameBase), valid)
    case .dictionary: return (sumFlat(v.flattened(), count), valid)
    case .flat: return (sumFlat(v, count), valid)
    }
  }

  private static func sumCodes(_ v: Vector, _ n: Int) -> UInt64 {
    let validity: UnsafePointer<UInt8>? = v.validity.map { UnsafePointer($0) }
    switch v.codeByteCount {
    case 1: return narrow(v.values(UInt8.self), validity, n)
    case 2: return narrow(v.values(UInt16.self), validity, n)
    default: return wide(v.values(UInt32.self), validity, n)
    }
  }

  /// Unsigned sum of 8- and 16-bit values: 32-bit partial sums over blocks that cannot overflow.
  private static func narrow<T: FixedWidthInteger & UnsignedInteger>(
    _ a: UnsafePointer<T>, _ validity: UnsafePointer<UInt8>?, _ n: Int
  ) -> UInt64 {
    var total: UInt64 = 0
    var start = 0
    while start < n {
      let end: Int = Swift.min(n, start &+ (1 << 15))
      var partial: UInt32 = 0
      if let validity {
        for i in start..<end {
          partial &+= UInt32(truncatingIfNeeded: a[i] &* T(truncatingIfNeeded: validity[i]))
        }
      } else {
        for i in start..<end { partial &+= UInt32(truncatingIfNeeded: a[i]) }
      }
      total &+= UInt64(partial)
      start = end
    }
    return total
  }

  private static func wide<T: FixedWidthInteger>(
    _ a: UnsafePointer<T>, _ validity: UnsafePointer<UInt8>?, _ n: Int
  ) -> UInt64 {
    var total: UInt64 = 0
    if let validity {
      for i in 0..<n {
        total &+= UInt64(truncatingIfNeeded: a[i]) & (0 &- UInt64(validity[i]))
      }
    } else {
      for i in 0..<n { total &+= UInt64(truncatingIfNeeded: a[i]) }
    }
    return total
  }

  private static func sumFlat(_ v: Vector, _ n: Int) -> Int128 {
    let validity: UnsafePointer<UInt8>? = v.validity.map { UnsafePointer($0) }
    switch v.physical {
    case .bool, .uint8: return Int128(narrow(v.values(UInt8.self), validity, n))
    case .uint16: return Int128(narrow(v.values(UInt16.self), validity, n))
    case .uint32: return Int128(wide(v.values(UInt32.self), validity, n))
    // Sign-extended 64-bit sums: fewer than 2^31 rows cannot overflow.
    case .int8: return Int128(Int64(bitPattern: wide(v.values(Int8.self), validity, n)))
    case .int16: return Int128(Int64(bitPattern: wide(v.values(Int16.self), validity, n)))
    case .int32: return Int128(Int64(bitPattern: wide(v.values(Int32.self), validity, n)))
    case .int64:
      if let bounds = v.bounds, fitsIn64(bounds, n) {
        return Int128(Int64(bitPattern: wide(v.values(UInt64.self), validity, n)))
      }
      return halves(v.values(UInt64.self), validity, n, isSigned: true)
    case .uint64: return halves(v.values(UInt64.self), validity, n, isSigned: false)
    case .int128, .uint128: return sumWide(v.values(Int128.self), validity, n)
    default: return 0
    }
  }

  private static func fitsIn64(_ bounds: ClosedRange<Int64>, _ n: Int) -> Bool {
    let most: UInt64 = Swift.max(bounds.lowerBound.magnitude, bounds.upperBound.magnitude)
    return most <= UInt64(Int64.max) / UInt64(Swift.max(n, 1))
  }

  /// 64-bit values by 32-bit halves, so that no partial sum overflows below 2^31 rows.
  private static func halves(
    _ a: UnsafePointer<UInt64>, _ validity: UnsafePointer<UInt8>?, _ n: Int, isSigned: Bool
  ) -> Int128 {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var negative: UInt64 = 0
    if let validity {
      for i in 0..<n {
        let value: UInt64 = a[i] & (0 &- UInt64(validity[i]))
        low &+= value & 0xffff_ffff
        high &+= value >> 32
        negative &+= value >> 63
      }
    } else {
      for i in 0..<n {
        let value: UInt64 = a[i]
        low &+= value & 0xffff_ffff
        high &+= value >> 32
        negative &+= value >> 63
      }
    }
    let unsigned: Int128 = Int128(high) << 32 + Int128(low)
    return isSigned ? unsigned - Int128(negative) << 64 : unsigned
  }

  private static func sumWide(
    _ a: UnsafePointer<Int128>, _ validity: UnsafePointer<UInt8>?, _ n: Int
  ) -> Int128 {
    var total: Int128 = 0
    for i in 0..<n where validity == nil || validity.unsafelyUnwrapped[i] != 0 { total &+= a[i] }
    return total
  }
}
