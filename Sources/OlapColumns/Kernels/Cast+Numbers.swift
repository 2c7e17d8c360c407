extension Cast {
  private static func scale(of type: SQLType) -> Int {
    if case .decimal(_, let scale) = type { scale } else { 0 }
  }

  // MARK: Integers and decimals

  /// Between BOOLEAN, integers and decimals: rescale (half away from zero), check, narrow.
  static func integers(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    if to == .boolean { return try truth(v.flattened()) }
    if let frame = rescaledFrame(v, to) { return frame }
    let flat: Vector = v.flattened()
    let isWide: Bool = isOver64(flat.physical) || isOver64(to.physicalType)
    if flat.physical == .uint128 { return try unsignedWide(flat, to, context) }
    if to.physicalType == .uint128 { return try toUnsignedWide(flat, context) }
    return isWide
      ? try rescaled(flat, to, context, Int128.self) : try rescaled(flat, to, context, Int64.self)
  }

  private static func isOver64(_ physical: PhysicalType) -> Bool {
    physical == .int128 || physical == .uint64 || physical == .uint128
  }

  /// A frame whose values all fit after rescaling up stays a frame under the new type.
  private static func rescaledFrame(_ v: Vector, _ to: SQLType) -> Vector? {
    guard v.encoding == .frame, to.isFrameEncodable, let limits = Arithmetic.valueLimits(to),
      let bounds = Arithmetic.bounds(of: v)
    else { return nil }
    let shift: Int = scale(of: to) - scale(of: v.type)
    guard shift >= 0, shift <= 18 else { return nil }
    let factor: Int128 = Decimal.powerOfTen(shift)
    let low: Int128 = bounds.lowerBound * factor
    let high: Int128 = bounds.upperBound * factor
    let base: Int128 = Int128(v.frameBase) * factor
    let multiplier: Int128 = Int128(v.frameMultiplier) * factor
    guard limits.contains(low), limits.contains(high), let start = Int64(exactly: low),
      let end = Int64(exactly: high), let newBase = Int64(exactly: base),
      let newMultiplier = Int64(exactly: multiplier)
    else { return nil }
    return Vector(
      type: to, encoding: .frame, count: v.count, data: v.data, validity: v.validity,
      owner: v.owner, codeByteCount: v.codeByteCount, frameBase: newBase,
      frameMultiplier: newMultiplier, bounds: start...end)
  }

  private static func rescaled<W: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
    _ v: Vector, _ to: SQLType, _ context: CastContext, _: W.Type
  ) throws -> Vector {
    let n: Int = v.count
    let wide = Buffer(byteCount: n * MemoryLayout<W>.stride)
    let values = wide.bytes.assumingMemoryBound(to: W.self)
    widen(v, values)
    let shift: Int = scale(of: to) - scale(of: v.type)
    let limits: ClosedRange<Int128> = Arithmetic.valueLimits(to) ?? Int128.min...Int128.max
    var flags: Buffer?
    if shift >= 0 {
      // v × 10^shift fits exactly when v is within the limits divided by 10^shift.
      let factor: Int128 = Decimal.powerOfTen(Swift.min(shift, 38))
      let low: Int128 = limits.lowerBound / factor
      let high: Int128 = limits.upperBound / factor
      flags = outside(v, values, low, high)
      if shift > 0 { multiply(values, W(truncatingIfNeeded: factor), n) }
    } else {
      divide(values, W(truncatingIfNeeded: Decimal.powerOfTen(Swift.min(-shift, 38))), n)
      flags = outside(nil, values, limits.lowerBound, limits.upperBound, n)
    }
    let result: Vector = narrowed(values, v, to)
    return try settle(result, flags, source: v, to, context)
  }

  private static func multiply<W: FixedWidthInteger>(
    _ values: UnsafeMutablePointer<W>, _ factor: W, _ n: Int
  ) {
    for i in 0..<n { values[i] = values[i] &* factor }
  }

  private static func divide<W: FixedWidthInteger & SignedInteger>(
    _ values: UnsafeMutablePointer<W>, _ divisor: W, _ n: Int
  ) {
    let half: W = divisor / 2
    for i in 0..<n {
      let value: W = values[i]
      let quotient: W = value / divisor
      let remainder: W = value &- quotient &* divisor
      // Powers of ten are even, so exactly half compares equal to `half`.
      let up: W = remainder >= half ? 1 : 0
      let down: W = remainder <= 0 &- half ? 1 : 0
      values[i] = quotient &+ up &- down
    }
  }

  /// Flags of rows outside low…high; nil when the source's bounds prove there are none.
  private static func outside<W: FixedWidthInteger>(
    _ source: Vector?, _ values: UnsafeMutablePointer<W>, _ low: Int128, _ high: Int128,
    _ count: Int? = nil
  ) -> Buffer? {
    if let source, let bounds = Arithmetic.bounds(of: source), bounds.lowerBound >= low,
      bounds.upperBound <= high
    {
      return nil
    }
    let n: Int = count ?? source?.count ?? 0
    let flags = Buffer(byteCount: n)
    let out = flags.bytes.assumingMemoryBound(to: UInt8.self)
    let least = W(clamping: low)
    let most = W(clamping: high)
    for i in 0..<n {
      out[i] =
        unsafeBitCast(values[i] < least, to: UInt8.self)
        | unsafeBitCast(values[i] > most, to: UInt8.self)
    }
    return flags
  }

  /// Every integral layout of at most 64 bits (and int128 into Int128) to W.
  private static func widen<W: FixedWidthInteger & BitwiseCopyable>(
    _ v: Vector, _ out: UnsafeMutablePointer<W>
  ) {
    let n: Int = v.count
    switch v.physical {
    case .bool, .uint8: copy(v.values(UInt8.self), out, n)
    case .int8: copy(v.values(Int8.self), out, n)
    case .int16: copy(v.values(Int16.self), out, n)
    case .int32: copy(v.values(Int32.self), out, n)
    case .int64: copy(v.values(Int64.self), out, n)
    case .uint16: copy(v.values(UInt16.self), out, n)
    case .uint32: copy(v.values(UInt32.self), out, n)
    case .uint64: copy(v.values(UInt64.self), out, n)
    default: copy(v.values(Int128.self), out, n)
    }
  }

  private static func copy<S: FixedWidthInteger, D: FixedWidthInteger>(
    _ source: UnsafePointer<S>, _ out: UnsafeMutablePointer<D>, _ n: Int
  ) {
    for i in 0..<n { out[i] = D(truncatingIfNeeded: source[i]) }
  }

  private static func narrowed<W: FixedWidthInteger>(
    _ values: UnsafeMutablePointer<W>, _ v: Vector, _ to: SQLType
  ) -> Vector {
    let n: Int = v.count
    let result = Vector.flat(to, count: n, sharing: v.validity, validityOwner: v.owner)
    switch to.physicalType {
    case .int8, .uint8, .bool: copy(values, result.values(UInt8.self), n)
    case .int16, .uint16: copy(values, result.values(UInt16.self), n)
    case .int32, .uint32: copy(values, result.values(UInt32.self), n)
    case .int64, .uint64: copy(values, result.values(UInt64.self), n)
    default: copy(values, result.values(Int128.self), n)
    }
    return result
  }

  /// Raises for the first flagged valid row, or makes flagged rows NULL with TRY.
  static func settle(
    _ result: Vector, _ flags: Buffer?, source: Vector, _ to: SQLType, _ context: CastContext
  ) throws -> Vector {
    guard let flags else { return result }
    let bytes = flags.bytes.assumingMemoryBound(to: UInt8.self)
    let n: Int = result.count
    guard let row = Arithmetic.firstFlagged(bytes, source.validity.map { UnsafePointer($0) }, n)
    else { return result }
    if !context.isTry { throw failure(source, row, to) }
    for i in 0..<n { bytes[i] ^= 1 }
    if let own = result.validity { for i in 0..<n { bytes[i] &= own[i] } }
    return result.withValidity(bytes, owner: flags)
  }

  private static func truth(_ v: Vector) throws -> Vector {
    let wide = Buffer(byteCount: v.count * 16)
    let values = wide.bytes.assumingMemoryBound(to: Int128.self)
    widen(v, values)
    let result = Vector.flat(.boolean, count: v.count, sharing: v.validity, validityOwner: v.owner)
    let out = result.values(UInt8.self)
    for i in 0..<v.count { out[i] = unsafeBitCast(values[i] != 0, to: UInt8.self) }
    return result
  }

  /// From UHUGEINT: values above Int128.max fit nowhere but in UHUGEINT.
  private static func unsignedWide(
    _ v: Vector, _ to: SQLType, _ context: CastContext
  ) throws -> Vector {
    let n: Int = v.count
    let flags = Buffer(byteCount: n)
    let out = flags.bytes.assumingMemoryBound(to: UInt8.self)
    let values = v.values(UInt128.self)
    for i in 0..<n { out[i] = values[i] > UInt128(Int128.max) ? 1 : 0 }
    let signed = Vector(
      type: .hugeint, encoding: .flat, count: n, data: v.data, validity: v.validity, owner: v.owner)
    let checked: Vector = try settle(signed, flags, source: v, to, context)
    return try integers(checked, to, context)
  }

  private static func toUnsignedWide(_ v: Vector, _ context: CastContext) throws -> Vector {
    let whole: Vector = try integers(v, .hugeint, context).flattened()
    let n: Int = v.count
    let flags = Buffer(byteCount: n)
    let out = flags.bytes.assumingMemoryBound(to: UInt8.self)
    withExtendedLifetime(whole) {
      let values = whole.values(Int128.self)
      for i in 0..<n { out[i] = values[i] < 0 ? 1 : 0 }
    }
    let checked: Vector = try settle(whole, flags, source: v, .uhugeint, context)
    return Vector(
      type: .uhugeint, encoding: .flat, count: n, data: checked.data, validity: checked.validity,
      owner: checked.owner)
  }

  // MARK: Floats

  static func integersToFloats(_ v: Vector, _ to: SQLType) -> Vector {
    let n: Int = v.count
    let scale: Int = scale(of: v.type)
    let result = Vector.flat(to, count: n, sharing: v.validity, validityOwner: v.owner)
    if to == .real {
      fillFloats(v, result.values(Float.self), scale)
    } else {
      fillFloats(v, result.values(Double.self), scale)
    }
    return result
  }

  private static func fillFloats<F: BinaryFloatingPoint & BitwiseCopyable>(
    _ v: Vector, _ out: UnsafeMutablePointer<F>, _ scale: Int
  ) {
    let n: Int = v.count
    switch v.physical {
    case .bool, .uint8: quotients(v.values(UInt8.self), out, n, scale)
    case .int8: quotients(v.values(Int8.self), out, n, scale)
    case .int16: quotients(v.values(Int16.self), out, n, scale)
    case .int32: quotients(v.values(Int32.self), out, n, scale)
    case .int64: quotients(v.values(Int64.self), out, n, scale)
    case .uint16: quotients(v.values(UInt16.self), out, n, scale)
    case .uint32: quotients(v.values(UInt32.self), out, n, scale)
    case .uint64: quotients(v.values(UInt64.self), out, n, scale)
    case .uint128:
      let source = v.values(UInt128.self)
      if scale == 0 {
        for i in 0..<n { out[i] = F(nearest: source[i]) }
      } else {
        let divisor = Double(Decimal.powerOfTen(scale))
        for i in 0..<n { out[i] = F(Double(source[i]) / divisor) }
      }
    default:
      let source = v.values(Int128.self)
      if scale == 0 {
        for i in 0..<n { out[i] = F(nearest: source[i]) }
      } else {
        let divisor = Double(Decimal.powerOfTen(scale))
        for i in 0..<n { out[i] = F(Double(source[i]) / divisor) }
      }
    }
  }

  private static func quotients<S: FixedWidthInteger, F: BinaryFloatingPoint>(
    _ source: UnsafePointer<S>, _ out: UnsafeMutablePointer<F>, _ n: Int, _ scale: Int
  ) {
    if scale == 0 {
      for i in 0..<n { out[i] = F(source[i]) }
      return
    }
    let divisor = Double(Decimal.powerOfTen(scale))
    for i in 0..<n { out[i] = F(Double(source[i]) / divisor) }
  }

  /// From REAL and DOUBLE: to integers half to even, to decimals half away from zero.
  static func floats(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    let n: Int = v.count
    let source: Vector
    if v.type == .real {
      source = Vector.flat(.double, count: n, sharing: v.validity, validityOwner: v.owner)
      let a = v.values(Float.self)
      let out = source.values(Double.self)
      for i in 0..<n { out[i] = Double(a[i]) }
    } else {
      source = v
    }
    if to == .double { return source }
    let flags = Buffer(byteCount: n)
    let bad = flags.bytes.assumingMemoryBound(to: UInt8.self)
    let a = source.values(Double.self)
    let result = Vector.flat(to, count: n, sharing: v.validity, validityOwner: v.owner)
    switch to {
    case .real:
      let out = result.values(Float.self)
      for i in 0..<n {
        out[i] = Float(a[i])
        bad[i] = a[i].isFinite && !out[i].isFinite ? 1 : 0
      }
    case .boolean:
      let out = result.values(UInt8.self)
      for i in 0..<n {
        out[i] = a[i] != 0 ? 1 : 0
        bad[i] = 0
      }
    case .decimal(let precision, let scale):
      let power = Double(Decimal.powerOfTen(scale))
      let limit = Double(Decimal.powerOfTen(precision))
      if precision <= 18 {
        rounded(a, result.values(Int64.self), bad, n, power, limit)
      } else {
        rounded(a, result.values(Int128.self), bad, n, power, limit)
      }
    default: truncated(a, result, bad, n)
    }
    return try settle(result, flags, source: v, to, context)
  }

  private static func rounded<D: FixedWidthInteger & SignedInteger>(
    _ a: UnsafePointer<Double>, _ out: UnsafeMutablePointer<D>, _ bad: UnsafeMutablePointer<UInt8>,
    _ n: Int, _ power: Double, _ limit: Double
  ) {
    for i in 0..<n {
      let value: Double = (a[i] * power).rounded(.toNearestOrAwayFromZero)
      let fits: Bool = value > -limit && value < limit
      out[i] = D(fits ? value : 0)
      bad[i] = fits ? 0 : 1
    }
  }

  private static func truncated(
    _ a: UnsafePointer<Double>, _ result: Vector, _ bad: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    switch result.physical {
    case .int8: wholes(a, result.values(Int8.self), bad, n)
    case .int16: wholes(a, result.values(Int16.self), bad, n)
    case .int32: wholes(a, result.values(Int32.self), bad, n)
    case .int64: wholes(a, result.values(Int64.self), bad, n)
    case .uint8: wholes(a, result.values(UInt8.self), bad, n)
    case .uint16: wholes(a, result.values(UInt16.self), bad, n)
    case .uint32: wholes(a, result.values(UInt32.self), bad, n)
    case .uint64: wholes(a, result.values(UInt64.self), bad, n)
    case .uint128: wholes(a, result.values(UInt128.self), bad, n)
    default: wholes(a, result.values(Int128.self), bad, n)
    }
  }

  private static func wholes<D: FixedWidthInteger>(
    _ a: UnsafePointer<Double>, _ out: UnsafeMutablePointer<D>, _ bad: UnsafeMutablePointer<UInt8>,
    _ n: Int
  ) {
    // 2^bits is exact in a double, the maximum itself may not be.
    let end: Double = Double(
      sign: .plus, exponent: D.bitWidth - (D.isSigned ? 1 : 0), significand: 1)
    let start: Double = D.isSigned ? -end : 0
    for i in 0..<n {
      let value: Double = a[i].rounded(.toNearestOrEven)
      let fits: Bool = value >= start && value < end
      out[i] = D(fits ? value : 0)
      bad[i] = fits ? 0 : 1
    }
  }
}
