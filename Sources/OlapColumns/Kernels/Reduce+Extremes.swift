extension Reduce {
  /// Least and greatest non-NULL value in the order of `Compare`; nil when all are NULL.
  package static func extremes(_ v: Vector, count: Int) -> (minimum: Value, maximum: Value)? {
    if let range = integerExtremes(v, count: count) {
      return (
        Vector.boxed(range.lowerBound, type: v.type), Vector.boxed(range.upperBound, type: v.type)
      )
    }
    guard let rows = extremeRows(v, count: count) else { return nil }
    return (v.value(at: rows.minimum), v.value(at: rows.maximum))
  }

  /// Rows of the least and greatest non-NULL value (the first of equals); nil when all are NULL.
  package static func extremeRows(_ v: Vector, count: Int) -> (minimum: Int, maximum: Int)? {
    guard let first = (0..<count).first(where: { v.isValid($0) }) else { return nil }
    if v.encoding == .constant { return (first, first) }
    var low: Int = first
    var high: Int = first
    if v.type == .double, v.encoding == .flat {
      let a = v.values(Double.self)
      for i in first..<count where v.isValid(i) {
        if Compare.floatOrder(a[i], a[low]) < 0 { low = i }
        if Compare.floatOrder(a[i], a[high]) > 0 { high = i }
      }
      return (low, high)
    }
    for i in first..<count where v.isValid(i) {
      if Compare.order(v, i, v, low) < 0 { low = i }
      if Compare.order(v, i, v, high) > 0 { high = i }
    }
    return (low, high)
  }

  /// Least and greatest non-NULL value of types that fit Int64 (integers, dates, times, DECIMAL up
  /// to 18 digits, unscaled); nil when all are NULL or for other types.
  package static func integerExtremes(_ v: Vector, count: Int) -> ClosedRange<Int64>? {
    guard v.type.isFrameEncodable, countValid(v, count: count) > 0 else { return nil }
    let validity: UnsafePointer<UInt8>? = v.validity.map { UnsafePointer($0) }
    switch v.encoding {
    case .constant: return v.integerConstant...v.integerConstant
    case .frame where v.frameMultiplier > 0:
      let codes: Vector = v.codesAsVector()
      guard let range = integerExtremes(codes, count: count) else { return nil }
      let low: Int64 = v.frameBase &+ range.lowerBound &* v.frameMultiplier
      let high: Int64 = v.frameBase &+ range.upperBound &* v.frameMultiplier
      return low <= high ? low...high : nil
    case .frame, .dictionary: return integerExtremes(v.flattened(), count: count)
    case .flat: break
    }
    switch v.physical {
    case .bool, .uint8: return range(v.values(UInt8.self), validity, count)
    case .int8: return range(v.values(Int8.self), validity, count)
    case .int16: return range(v.values(Int16.self), validity, count)
    case .int32: return range(v.values(Int32.self), validity, count)
    case .int64: return range(v.values(Int64.self), validity, count)
    case .uint16: return range(v.values(UInt16.self), validity, count)
    case .uint32: return range(v.values(UInt32.self), validity, count)
    default: return nil
    }
  }

  /// Branch-free minimum and maximum; NULL rows take the neutral element. At least one row is
  /// valid.
  private static func range<T: FixedWidthInteger>(
    _ a: UnsafePointer<T>, _ validity: UnsafePointer<UInt8>?, _ n: Int
  ) -> ClosedRange<Int64>? {
    var low = T.max
    var high = T.min
    if let validity {
      for i in 0..<n {
        let keep: T = 0 &- T(truncatingIfNeeded: validity[i])
        let value: T = a[i]
        low = Swift.min(low, (value & keep) | (T.max & ~keep))
        high = Swift.max(high, (value & keep) | (T.min & ~keep))
      }
    } else {
      for i in 0..<n {
        low = Swift.min(low, a[i])
        high = Swift.max(high, a[i])
      }
    }
    return Int64(low)...Int64(high)
  }
}
