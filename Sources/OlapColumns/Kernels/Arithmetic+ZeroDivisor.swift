extension Arithmetic {
  /// Throws when a division has a zero divisor in a row without NULL operands.
  static func refuseZeros(
    _ op: ArithmeticOperator, _ l: Vector, _ r: Vector, _ count: Int
  ) throws {
    guard op == .divide || op == .integerDivide || op == .modulo, count > 0 else { return }
    let row: Int?
    switch r.physical {
    case .int8: row = firstZero(l, r, count, Int8.self)
    case .int16: row = firstZero(l, r, count, Int16.self)
    case .int32: row = firstZero(l, r, count, Int32.self)
    case .int64: row = firstZero(l, r, count, Int64.self)
    case .int128: row = firstZero(l, r, count, Int128.self)
    case .uint8: row = firstZero(l, r, count, UInt8.self)
    case .uint16: row = firstZero(l, r, count, UInt16.self)
    case .uint32: row = firstZero(l, r, count, UInt32.self)
    case .uint64: row = firstZero(l, r, count, UInt64.self)
    case .uint128: row = firstZero(l, r, count, UInt128.self)
    case .float32: row = firstZero(l, r, count, Float.self)
    case .float64: row = firstZero(l, r, count, Double.self)
    default: return
    }
    guard let row else { return }
    let dividend: String = l.value(at: row).description(l.type)
    throw ComputeError(
      .divisionByZero,
      "Division by zero in expression (\(dividend) \(op.symbol) 0). Use TRY(…) or NULLIF(divisor, 0)"
        + " to give NULL, or SET error_on_division_by_zero = false to give NULL everywhere.")
  }

  /// The first row whose divisor is zero and whose operands are not NULL.
  private static func firstZero<T: Numeric & BitwiseCopyable>(
    _ l: Vector, _ r: Vector, _ n: Int, _: T.Type
  ) -> Int? {
    if r.encoding == .constant {
      guard r.isValid(0), r.values(T.self)[0] == 0 else { return nil }
      return (0..<n).first { l.isValid($0) }
    }
    let right: Vector = r.flattened()
    let b = right.values(T.self)
    var zeros: UInt8 = 0
    for i in 0..<n { zeros |= unsafeBitCast(b[i] == 0, to: UInt8.self) }
    if zeros == 0 { return nil }
    return (0..<n).first { b[$0] == 0 && right.isValid($0) && l.isValid($0) }
  }
}
