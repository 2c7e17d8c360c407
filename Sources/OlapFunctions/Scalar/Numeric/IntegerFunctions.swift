import OlapColumns

/// An integer argument of any width, for functions that keep the type.
struct IntegerOperand {
  let value: Int128
  let type: SQLType

  func absolute() throws -> Int128 {
    value < 0 ? try IntegerOperand.negated(value) : value
  }

  private static func negated(_ value: Int128) throws -> Int128 {
    if value == .min { throw ComputeError.overflow("Overflow on abs(\(value))") }
    return -value
  }

  /// The boxed value of an integer in `type`, or nil out of range.
  static func value(_ integer: Int128, _ type: SQLType) -> Value? {
    switch type {
    case .tinyint: Int8(exactly: integer).map { .integer(Int64($0)) }
    case .smallint: Int16(exactly: integer).map { .integer(Int64($0)) }
    case .integer: Int32(exactly: integer).map { .integer(Int64($0)) }
    case .bigint: Int64(exactly: integer).map { .integer($0) }
    case .utinyint: UInt8(exactly: integer).map { .integer(Int64($0)) }
    case .usmallint: UInt16(exactly: integer).map { .integer(Int64($0)) }
    case .uinteger: UInt32(exactly: integer).map { .integer(Int64($0)) }
    case .ubigint: UInt64(exactly: integer).map { .hugeint(Int128($0)) }
    case .uhugeint: UInt128(exactly: integer).map { .unsigned($0) }
    default: .hugeint(integer)
    }
  }
}

enum IntegerOverload {
  /// One overload for every integer width; the result has the argument's type.
  static func sameType(
    _ body: @escaping @Sendable (IntegerOperand) throws -> Int128
  ) -> ScalarOverload {
    ScalarOverload([.anyInteger]) { types, _ in
      BoundScalar(argumentTypes: types, returnType: types[0], kernel: kernel(types[0], body))
    }
  }

  private static func kernel(
    _ type: SQLType, _ body: @escaping @Sendable (IntegerOperand) throws -> Int128
  ) -> ScalarKernel {
    func lifted<T: FixedWidthInteger & BitwiseCopyable & Sendable>(_: T.Type) -> ScalarKernel {
      ScalarLift.unary(type) { (a: T) -> T? in
        guard let wide = Int128(exactly: a),
          let result = T(exactly: try body(IntegerOperand(value: wide, type: type)))
        else { throw ComputeError.overflow("Result of \(a) does not fit \(type)") }
        return result
      }
    }
    switch type.physicalType {
    case .int8: return lifted(Int8.self)
    case .int16: return lifted(Int16.self)
    case .int32: return lifted(Int32.self)
    case .int64: return lifted(Int64.self)
    case .uint8: return lifted(UInt8.self)
    case .uint16: return lifted(UInt16.self)
    case .uint32: return lifted(UInt32.self)
    case .uint64: return lifted(UInt64.self)
    case .uint128: return lifted(UInt128.self)
    default: return lifted(Int128.self)
    }
  }
}

extension ScalarFunction {
  static let factorial = ScalarFunction(
    "factorial", aliases: ["!"], summary: "The product of the numbers 1 to n.",
    example: ("factorial(4)", "24"),
    overloads: [
      .unary(.integer, to: .hugeint) { (n: Int32) in
        if n < 0 { throw ComputeError.overflow("factorial of a negative number is undefined") }
        if n > 33 { throw ComputeError.overflow("Value out of range: factorial(\(n))") }
        var result: Int128 = 1
        if n > 1 { for i in 2...n { result *= Int128(i) } }
        return result
      }
    ])

  static let greatestCommonDivisor = ScalarFunction(
    "gcd", aliases: ["greatest_common_divisor"], summary: "The greatest common divisor.",
    example: ("gcd(42, 57)", "3"),
    overloads: [
      .binary(.bigint, .bigint, to: .bigint) { (a: Int64, b: Int64) in
        try narrowed(gcd(Int128(a), Int128(b)))
      },
      .binary(.hugeint, .hugeint, to: .hugeint) { (a: Int128, b: Int128) in gcd(a, b) },
    ])

  static let leastCommonMultiple = ScalarFunction(
    "lcm", aliases: ["least_common_multiple"], summary: "The least common multiple.",
    example: ("lcm(42, 57)", "798"),
    overloads: [
      .binary(.bigint, .bigint, to: .bigint) { (a: Int64, b: Int64) -> Int64? in
        if a == 0 || b == 0 { return 0 }
        let result: Int128 = Int128(a) / gcd(Int128(a), Int128(b)) * Int128(b)
        return try narrowed(result < 0 ? -result : result)
      },
      .binary(.hugeint, .hugeint, to: .hugeint) { (a: Int128, b: Int128) -> Int128? in
        if a == 0 || b == 0 { return 0 }
        let (result, overflow) = (a / gcd(a, b)).multipliedReportingOverflow(by: b)
        if overflow || result == .min {
          throw ComputeError.overflow("lcm value is out of range")
        }
        return result < 0 ? -result : result
      },
    ])

  private static func gcd(_ a: Int128, _ b: Int128) -> Int128 {
    var x: Int128 = a
    var y: Int128 = b
    while y != 0 { (x, y) = (y, x.remainderReportingOverflow(dividingBy: y).partialValue) }
    return x < 0 ? 0 &- x : x
  }

  private static func narrowed(_ value: Int128) throws -> Int64 {
    guard let result = Int64(exactly: value) else {
      throw ComputeError.overflow("lcm value is out of range")
    }
    return result
  }

  static let floatDivide = ScalarFunction(
    "fdiv", summary: "The whole quotient of two doubles.", example: ("fdiv(5, 2)", "2.0"),
    overloads: [
      .binary(.double, .double, to: .double) { (a: Double, b: Double) in
        (a / b).rounded(.down)
      }
    ])

  static let divideOrZero = ScalarFunction(
    "div0", aliases: ["div0null"], summary: "Quotient, or 0 for a zero divisor.",
    example: ("div0(1, 0)", "0.0"),
    overloads: [
      .binary(.double, .double, to: .double) { (a: Double, b: Double) in b == 0 ? 0 : a / b }
    ])

  static let widthBucket = ScalarFunction(
    "width_bucket", summary: "The number of the bucket, of count equal ones from low to high.",
    example: ("width_bucket(5.35, 0.024, 10.06, 5)", "3"),
    overloads: [
      .fixed([.double, .double, .double, .integer], to: .integer) { arguments, count, _ in
        try ScalarLift.evaluate(arguments, count, .integer) { vectors, n in
          let x = Cells<Double>(vectors[0])
          let low = Cells<Double>(vectors[1])
          let high = Cells<Double>(vectors[2])
          let buckets = Cells<Int32>(vectors[3])
          return try ScalarLift.fill(.integer, vectors, n) { i -> Int32? in
            try bucket(x[i], low[i], high[i], buckets[i])
          }
        }
      }
    ])

  private static func bucket(
    _ x: Double, _ low: Double, _ high: Double, _ count: Int32
  ) throws -> Int32 {
    if count <= 0 || low == high || !(high - low).isFinite || x.isNaN {
      throw ComputeError.invalid("width_bucket needs a positive count and two different bounds")
    }
    let share: Double = (x - low) / (high - low)
    if share < 0 { return 0 }
    if share >= 1 { return count == .max ? count : count + 1 }
    return Int32(share * Double(count)) + 1
  }
}
