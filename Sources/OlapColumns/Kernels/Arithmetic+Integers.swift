extension Arithmetic {
  /// Integers and unscaled decimals whose layout is `T`.
  static func integers<T: FixedWidthInteger & BitwiseCopyable>(
    _ op: ArithmeticOperator, _ l: Vector, _ r: Vector, _ n: Int, _ type: SQLType, _: T.Type
  ) throws -> Vector {
    if op == .integerDivide || op == .modulo || op == .divide {
      return try divisions(op, l.flattened(), r.flattened(), n, type, T.self)
    }
    let limits: ClosedRange<Int128>? = valueLimits(type)
    if let bounds = resultBounds(op, l, r), let limits,
      limits.contains(bounds.lowerBound), limits.contains(bounds.upperBound)
    {
      let narrow: ClosedRange<Int64>? = narrowed(bounds)
      if let frame = shiftedFrame(op, l, r, n, type, narrow) { return frame }
      return unchecked(op, l, r, n, type, narrow, T.self)
    }
    return try checked(op, l.flattened(), r.flattened(), n, type, T.self)
  }

  // MARK: Bounds

  /// What values of an integer or decimal type may be; nil for 128-bit types that exceed Int128.
  static func valueLimits(_ type: SQLType) -> ClosedRange<Int128>? {
    switch type {
    case .decimal(let precision, _):
      let limit: Int128 = Decimal.powerOfTen(precision) - 1
      return -limit...limit
    case .tinyint: return Int128(Int8.min)...Int128(Int8.max)
    case .smallint: return Int128(Int16.min)...Int128(Int16.max)
    case .integer, .date: return Int128(Int32.min)...Int128(Int32.max)
    case .bigint, .time, .timestamp, .timestampTZ: return Int128(Int64.min)...Int128(Int64.max)
    case .hugeint: return Int128.min...Int128.max
    case .utinyint, .boolean: return 0...Int128(UInt8.max)
    case .usmallint: return 0...Int128(UInt16.max)
    case .uinteger, .enumeration: return 0...Int128(UInt32.max)
    case .ubigint: return 0...Int128(UInt64.max)
    default: return nil
    }
  }

  /// Bounds of a vector's values: proven, derived from its encoding, or from its type.
  static func bounds(of v: Vector) -> ClosedRange<Int128>? {
    if let bounds = v.bounds { return Int128(bounds.lowerBound)...Int128(bounds.upperBound) }
    if v.encoding == .constant {
      guard let value = v.value(at: 0).integerPayload else { return nil }
      return value...value
    }
    if v.encoding == .frame {
      let codeMax: Int128 = (Int128(1) << Int128(v.codeByteCount * 8)) - 1
      let end: Int128 = Int128(v.frameBase) + codeMax * Int128(v.frameMultiplier)
      return Swift.min(end, Int128(v.frameBase))...Swift.max(end, Int128(v.frameBase))
    }
    return valueLimits(v.type)
  }

  /// Interval arithmetic in Int128; nil when unknown or beyond Int128.
  private static func resultBounds(
    _ op: ArithmeticOperator, _ l: Vector, _ r: Vector
  ) -> ClosedRange<Int128>? {
    guard let a = bounds(of: l), let b = bounds(of: r) else { return nil }
    switch op {
    case .add:
      let low = a.lowerBound.addingReportingOverflow(b.lowerBound)
      let high = a.upperBound.addingReportingOverflow(b.upperBound)
      return low.overflow || high.overflow ? nil : low.partialValue...high.partialValue
    case .subtract:
      let low = a.lowerBound.subtractingReportingOverflow(b.upperBound)
      let high = a.upperBound.subtractingReportingOverflow(b.lowerBound)
      return low.overflow || high.overflow ? nil : low.partialValue...high.partialValue
    default:
      var low = Int128.max
      var high = Int128.min
      for x in [a.lowerBound, a.upperBound] {
        for y in [b.lowerBound, b.upperBound] {
          let product = x.multipliedReportingOverflow(by: y)
          if product.overflow { return nil }
          low = Swift.min(low, product.partialValue)
          high = Swift.max(high, product.partialValue)
        }
      }
      return low...high
    }
  }

  private static func narrowed(_ bounds: ClosedRange<Int128>) -> ClosedRange<Int64>? {
    guard let low = Int64(exactly: bounds.lowerBound), let high = Int64(exactly: bounds.upperBound)
    else { return nil }
    return low...high
  }

  /// frame ± constant and frame × positive constant stay frames: no row is touched.
  private static func shiftedFrame(
    _ op: ArithmeticOperator, _ l: Vector, _ r: Vector, _ n: Int, _ type: SQLType,
    _ bounds: ClosedRange<Int64>?
  ) -> Vector? {
    guard let bounds else { return nil }
    let isLeft: Bool = l.encoding == .frame && r.encoding == .constant
    let isRight: Bool = op != .subtract && r.encoding == .frame && l.encoding == .constant
    guard isLeft || isRight else { return nil }
    let frame: Vector = isLeft ? l : r
    let constant: Int64 = (isLeft ? r : l).integerConstant
    var base: (partialValue: Int64, overflow: Bool)
    var multiplier: (partialValue: Int64, overflow: Bool) = (frame.frameMultiplier, false)
    switch op {
    case .add: base = frame.frameBase.addingReportingOverflow(constant)
    case .subtract: base = frame.frameBase.subtractingReportingOverflow(constant)
    default:
      guard constant > 0 else { return nil }
      base = frame.frameBase.multipliedReportingOverflow(by: constant)
      multiplier = frame.frameMultiplier.multipliedReportingOverflow(by: constant)
    }
    if base.overflow || multiplier.overflow || !type.isFrameEncodable { return nil }
    return Vector(
      type: type, encoding: .frame, count: n, data: frame.data, validity: frame.validity,
      owner: frame.owner, codeByteCount: frame.codeByteCount, frameBase: base.partialValue,
      frameMultiplier: multiplier.partialValue, bounds: bounds)
  }

  // MARK: Checked loops

  private static func checked<T: FixedWidthInteger & BitwiseCopyable>(
    _ op: ArithmeticOperator, _ l: Vector, _ r: Vector, _ n: Int, _ type: SQLType, _: T.Type
  ) throws -> Vector {
    let result = Vector.combined(type, l, r, n)
    let a: UnsafePointer<T> = UnsafePointer(l.values(T.self))
    let b: UnsafePointer<T> = UnsafePointer(r.values(T.self))
    let out = result.values(T.self)
    let limit: T? = decimalLimit(type, T.self)
    let bad: Buffer = Buffer(byteCount: n)
    let flags = bad.bytes.assumingMemoryBound(to: UInt8.self)
    switch op {
    case .add: addChecked(a, b, out, flags, n)
    case .subtract: subtractChecked(a, b, out, flags, n)
    default: multiplyChecked(a, b, out, flags, n)
    }
    if let limit { flagBeyond(limit, out, flags, n) }
    if let row = firstFlagged(flags, result.validity.map { UnsafePointer($0) }, n) {
      throw overflow(op, type, left: "\(a[row])", right: "\(b[row])")
    }
    return result
  }

  private static func decimalLimit<T: FixedWidthInteger>(_ type: SQLType, _: T.Type) -> T? {
    guard case .decimal(let precision, _) = type else { return nil }
    return T(exactly: Decimal.powerOfTen(precision))
  }

  @inline(__always) private static func byte(_ flag: Bool) -> UInt8 {
    unsafeBitCast(flag, to: UInt8.self)
  }

  private static func addChecked<T: FixedWidthInteger>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>,
    _ flags: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    for i in 0..<n {
      let x: T = a[i]
      let y: T = b[i]
      let sum: T = x &+ y
      out[i] = sum
      // Sign rule for signed, carry rule for unsigned; both are plain compares and vectorise.
      flags[i] = T.isSigned ? byte((x ^ sum) & (y ^ sum) < 0) : byte(sum < x)
    }
  }

  private static func subtractChecked<T: FixedWidthInteger>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>,
    _ flags: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    for i in 0..<n {
      let x: T = a[i]
      let y: T = b[i]
      let difference: T = x &- y
      out[i] = difference
      flags[i] = T.isSigned ? byte((x ^ y) & (x ^ difference) < 0) : byte(x < y)
    }
  }

  private static func multiplyChecked<T: FixedWidthInteger>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>,
    _ flags: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    if T.bitWidth <= 32 {
      for i in 0..<n {
        let product: Int64 = Int64(truncatingIfNeeded: a[i]) &* Int64(truncatingIfNeeded: b[i])
        let narrow = T(truncatingIfNeeded: product)
        out[i] = narrow
        flags[i] = byte(Int64(truncatingIfNeeded: narrow) != product)
      }
      return
    }
    for i in 0..<n {
      let product = a[i].multipliedReportingOverflow(by: b[i])
      out[i] = product.partialValue
      flags[i] = byte(product.overflow)
    }
  }

  /// Flags |value| ≥ limit.
  private static func flagBeyond<T: FixedWidthInteger>(
    _ limit: T, _ out: UnsafePointer<T>, _ flags: UnsafeMutablePointer<UInt8>, _ n: Int
  ) {
    let low: T = 0 &- limit
    for i in 0..<n { flags[i] |= byte(out[i] >= limit) | byte(out[i] <= low) }
  }

  /// First row flagged and valid.
  static func firstFlagged(
    _ flags: UnsafeMutablePointer<UInt8>, _ validity: UnsafePointer<UInt8>?, _ n: Int
  ) -> Int? {
    var any: UInt8 = 0
    if let validity {
      for i in 0..<n { any |= flags[i] & validity[i] }
    } else {
      for i in 0..<n { any |= flags[i] }
    }
    if any == 0 { return nil }
    for i in 0..<n where flags[i] & (validity?[i] ?? 1) != 0 { return i }
    return nil
  }

  private static func overflow(
    _ op: ArithmeticOperator, _ type: SQLType, left: String, right: String
  ) -> ComputeError {
    var hint = " Cast an operand to a wider type."
    if case .decimal = type { hint = " Cast an operand to a wider DECIMAL or to DOUBLE." }
    return ComputeError(
      .overflow, "Overflow in \(op.noun) of \(type) (\(left) \(op.symbol) \(right))!" + hint)
  }

  // MARK: Division

  private static func divisions<T: FixedWidthInteger & BitwiseCopyable>(
    _ op: ArithmeticOperator, _ l: Vector, _ r: Vector, _ n: Int, _ type: SQLType, _: T.Type
  ) throws -> Vector {
    let a = l.values(T.self)
    let b = r.values(T.self)
    var zeros: UInt8 = 0
    for i in 0..<n { zeros |= byte(b[i] == 0) }
    let result: Vector
    if zeros == 0 {
      result = Vector.combined(type, l, r, n)
    } else {
      result = Vector.flat(type, count: n, nullable: true)
      if let mask = result.validity {
        for i in 0..<n { mask[i] = byte(b[i] != 0) }
        if let own = l.validity { for i in 0..<n { mask[i] &= own[i] } }
        if let own = r.validity { for i in 0..<n { mask[i] &= own[i] } }
      }
    }
    let out = result.values(T.self)
    var overflowRow: Int? = nil
    for i in 0..<n {
      let y: T = b[i]
      let divisor: T = y == 0 ? 1 : y
      if T.isSigned && divisor == 0 &- 1 {
        // min / -1 would trap; its remainder is 0.
        if op == .modulo {
          out[i] = 0
        } else {
          out[i] = 0 &- a[i]
          if a[i] == T.min && result.isValid(i) && overflowRow == nil { overflowRow = i }
        }
        continue
      }
      out[i] = op == .modulo ? a[i] % divisor : a[i] / divisor
    }
    if let row = overflowRow {
      throw overflow(op, type, left: "\(a[row])", right: "\(b[row])")
    }
    return result
  }
}
