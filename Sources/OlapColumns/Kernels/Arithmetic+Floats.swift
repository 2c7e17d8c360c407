import Glibc

extension Arithmetic {
  /// REAL and DOUBLE: IEEE results; a zero divisor gives NULL unless `zeroDivisor` is `.ieee`.
  static func floats<T: BinaryFloatingPoint & BitwiseCopyable>(
    _ op: ArithmeticOperator, _ l: Vector, _ r: Vector, _ n: Int, _ type: SQLType,
    _ zeroDivisor: ZeroDivisor, _: T.Type
  ) -> Vector {
    if op == .divide || op == .integerDivide, r.encoding == .constant,
      r.values(T.self)[0] != 0 || zeroDivisor == .ieee
    {
      let left: Vector = l.flattened()
      let result = Vector.flat(type, count: n, sharing: left.validity, validityOwner: left.owner)
      let a = left.values(T.self)
      let divisor: T = r.values(T.self)[0]
      let out = result.values(T.self)
      for i in 0..<n { out[i] = a[i] / divisor }
      return result
    }
    let left: Vector = l.flattened()
    let right: Vector = r.flattened()
    let a: UnsafePointer<T> = UnsafePointer(left.values(T.self))
    let b: UnsafePointer<T> = UnsafePointer(right.values(T.self))
    switch op {
    case .add, .subtract, .multiply:
      let result = Vector.combined(type, left, right, n)
      let out = result.values(T.self)
      if op == .add {
        for i in 0..<n { out[i] = a[i] + b[i] }
      } else if op == .subtract {
        for i in 0..<n { out[i] = a[i] - b[i] }
      } else {
        for i in 0..<n { out[i] = a[i] * b[i] }
      }
      return result
    case .divide, .integerDivide, .modulo:
      let result =
        zeroDivisor == .ieee
        ? Vector.combined(type, left, right, n) : nullWhereZero(left, right, b, n, type)
      let out = result.values(T.self)
      if op == .modulo {
        for i in 0..<n { out[i] = a[i].truncatingRemainder(dividingBy: b[i]) }
      } else {
        for i in 0..<n { out[i] = a[i] / b[i] }
      }
      return result
    }
  }

  private static func nullWhereZero<T: BinaryFloatingPoint>(
    _ l: Vector, _ r: Vector, _ b: UnsafePointer<T>, _ n: Int, _ type: SQLType
  ) -> Vector {
    var zeros: UInt8 = 0
    for i in 0..<n { zeros |= unsafeBitCast(b[i] == 0, to: UInt8.self) }
    if zeros == 0 { return Vector.combined(type, l, r, n) }
    let result = Vector.flat(type, count: n, nullable: true)
    guard let mask = result.validity else { return result }
    for i in 0..<n { mask[i] = unsafeBitCast(b[i] != 0, to: UInt8.self) }
    if let own = l.validity { for i in 0..<n { mask[i] &= own[i] } }
    if let own = r.validity { for i in 0..<n { mask[i] &= own[i] } }
    return result
  }
}
