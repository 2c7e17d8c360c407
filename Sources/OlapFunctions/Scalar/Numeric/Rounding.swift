import Glibc
import OlapColumns

/// abs, sign, ceil, floor, round and trunc, each in the type of its argument.
extension ScalarFunction {
  static let absolute = ScalarFunction(
    "abs", aliases: ["@"], summary: "The absolute value.", example: ("abs(-17)", "17"),
    overloads: [
      IntegerOverload.sameType { (a: IntegerOperand) in try a.absolute() },
      Rounding.decimal { a, _ in a < 0 ? -a : a },
      .dense(.real, to: .real) { (a: Float) in a.magnitude },
      .dense(.double, to: .double) { (a: Double) in a.magnitude },
    ])

  static let sign = ScalarFunction(
    "sign", summary: "-1, 0 or 1 by the sign of the number.", example: ("sign(-2.5)", "-1"),
    overloads: [
      ScalarOverload([.anyInteger]) { types, _ in
        BoundScalar(argumentTypes: [.hugeint], returnType: .tinyint, kernel: integerSign)
      },
      ScalarOverload([.anyDecimal]) { types, _ in
        guard case .decimal(_, let scale) = types[0] else {
          throw ComputeError.invalid("sign expects a number")
        }
        return BoundScalar(
          argumentTypes: [.decimal(precision: 38, scale: scale)], returnType: .tinyint,
          kernel: integerSign)
      },
      .dense(.double, to: .tinyint) { (a: Double) -> Int8 in a > 0 ? 1 : a < 0 ? -1 : 0 },
    ])

  private static let integerSign: ScalarKernel = ScalarLift.dense(.tinyint) {
    (a: Int128) -> Int8 in a > 0 ? 1 : a < 0 ? -1 : 0
  }

  static let ceiling = ScalarFunction(
    "ceil", aliases: ["ceiling"], summary: "The smallest whole number not below the argument.",
    example: ("ceil(17.4)", "18"),
    overloads: [
      Rounding.integerToDouble, Rounding.decimalToWhole(Rounding.ceiling),
      .dense(.real, to: .real) { (a: Float) in a.rounded(.up) },
      .dense(.double, to: .double) { (a: Double) in a.rounded(.up) },
    ])

  static let floorFunction = ScalarFunction(
    "floor", summary: "The greatest whole number not above the argument.",
    example: ("floor(17.4)", "17"),
    overloads: [
      Rounding.integerToDouble, Rounding.decimalToWhole(Rounding.floor),
      .dense(.real, to: .real) { (a: Float) in a.rounded(.down) },
      .dense(.double, to: .double) { (a: Double) in a.rounded(.down) },
    ])

  static let truncate = ScalarFunction(
    "trunc", aliases: ["truncate"],
    summary: "The number without its fraction, or with n digits of it.",
    example: ("trunc(17.8)", "17"),
    overloads: [
      .identity(.anyInteger), Rounding.decimalToWhole { $0 / $1 },
      .dense(.real, to: .real) { (a: Float) in a.rounded(.towardZero) },
      .dense(.double, to: .double) { (a: Double) in a.rounded(.towardZero) },
      Rounding.integerDigits("trunc") { $0 / $1 },
      Rounding.decimalDigits(carries: false) { $0 / $1 },
      .binary(.double, .integer, to: .double) { (a: Double, digits: Int32) in
        let factor: Double = pow(10, Double(digits))
        let result: Double = (a * factor).rounded(.towardZero) / factor
        return result.isFinite ? result : a
      },
    ])

  static let round = ScalarFunction(
    "round", summary: "The number rounded half away from zero, to n digits after the point.",
    example: ("round(42.4332, 2)", "42.43"),
    overloads: [
      .identity(.anyInteger), Rounding.decimalToWhole(Decimal.divideRounded),
      .dense(.real, to: .real) { (a: Float) in a.rounded(.toNearestOrAwayFromZero) },
      .dense(.double, to: .double) { (a: Double) in a.rounded(.toNearestOrAwayFromZero) },
      Rounding.integerDigits("round", Decimal.divideRounded),
      Rounding.decimalDigits(carries: true, Decimal.divideRounded),
      .binary(.double, .integer, to: .double) { (a: Double, digits: Int32) in
        Rounding.round(a, digits)
      },
    ])

  /// Rounds half to the even neighbour.
  static let roundEven = ScalarFunction(
    "round_even", aliases: ["roundbankers"],
    summary: "The number rounded to n digits, halves to the even neighbour.",
    example: ("round_even(24.5, 0)", "24"),
    overloads: [
      .identity(.anyInteger),
      Rounding.decimalDigits(carries: true) { value, unit in
        let quotient: Int128 = value / unit
        let twice: Int128 =
          (value % unit).magnitude > Int128.max.magnitude / 2 ? 0 : value % unit * 2
        if twice.magnitude < unit.magnitude { return quotient }
        if twice.magnitude == unit.magnitude && quotient % 2 == 0 { return quotient }
        return quotient + (value < 0 ? -1 : 1)
      },
      .binary(.double, .integer, to: .double) { (a: Double, digits: Int32) in
        let factor: Double = pow(10, Double(digits))
        let result: Double = (a * factor).rounded(.toNearestOrEven) / factor
        return result.isFinite ? result : a
      },
    ])
}

enum Rounding {
  /// ceil and floor of whole numbers are DOUBLE, as in DuckDB.
  static let integerToDouble = ScalarOverload([.anyInteger]) { _, _ in
    BoundScalar(argumentTypes: [.double], returnType: .double) { arguments, _, _ in arguments[0] }
  }

  static func round(_ a: Double, _ digits: Int32) -> Double {
    if digits >= 0 {
      let factor: Double = pow(10, Double(digits))
      let result: Double = (a * factor).rounded(.toNearestOrAwayFromZero) / factor
      return result.isFinite ? result : a
    }
    let factor: Double = pow(10, -Double(digits))
    let result: Double = (a / factor).rounded(.toNearestOrAwayFromZero) * factor
    return result.isFinite ? result : 0
  }

  static func floor(_ a: Int128, _ unit: Int128) -> Int128 {
    let quotient: Int128 = a / unit
    return a % unit < 0 ? quotient - 1 : quotient
  }

  static func ceiling(_ a: Int128, _ unit: Int128) -> Int128 {
    let quotient: Int128 = a / unit
    return a % unit > 0 ? quotient + 1 : quotient
  }

  /// A DECIMAL in its own type; the body gets the unscaled value and the scale.
  static func decimal(
    _ body: @escaping @Sendable (Int128, Int) -> Int128
  ) -> ScalarOverload {
    ScalarOverload([.anyDecimal]) { types, _ in
      guard case .decimal(_, let scale) = types[0] else {
        throw ComputeError.invalid("expected a DECIMAL")
      }
      return BoundScalar(
        argumentTypes: types, returnType: types[0],
        kernel: kernel(types[0], types[0]) { value in
          body(value, scale)
        })
    }
  }

  /// DECIMAL(p, s) → DECIMAL(p, 0) by a division of the unscaled value by 10^s.
  static func decimalToWhole(
    _ divide: @escaping @Sendable (Int128, Int128) -> Int128
  ) -> ScalarOverload {
    ScalarOverload([.anyDecimal]) { types, _ in
      guard case .decimal(let precision, let scale) = types[0] else {
        throw ComputeError.invalid("expected a DECIMAL")
      }
      let unit: Int128 = DecimalPower.integer(scale)
      let result: SQLType = .decimal(precision: precision, scale: 0)
      return BoundScalar(
        argumentTypes: types, returnType: result,
        kernel: kernel(types[0], result) { value in
          divide(value, unit)
        })
    }
  }

  /// round(DECIMAL, n) and trunc(DECIMAL, n) with constant n: the scale becomes n. With `carries` a
  /// digit more than before may be needed in front: beyond 38 of them is an error.
  static func decimalDigits(
    carries: Bool, _ divide: @escaping @Sendable (Int128, Int128) -> Int128
  ) -> ScalarOverload {
    ScalarOverload([.anyDecimal, .exact(.integer)]) { types, constants in
      guard case .decimal(let precision, let scale) = types[0] else {
        throw ComputeError.invalid("expected a DECIMAL")
      }
      guard case .integer(let digits)? = constants[1] else {
        // The scale of the result is not known before the rows are: use doubles.
        return BoundScalar(
          argumentTypes: [.double, .integer], returnType: .double,
          kernel: ScalarLift.binary(.double) { (a: Double, n: Int32) in round(a, n) })
      }
      if digits >= Int64(scale) {
        return BoundScalar(argumentTypes: types, returnType: types[0]) { arguments, _, _ in
          arguments[0]
        }
      }
      let kept = Int(Swift.max(digits, 0))
      let dropped: Int = Int(Swift.min(Int64(scale) - digits, 38))
      let unit: Int128 = DecimalPower.integer(dropped)
      let grow: Int128 = DecimalPower.integer(dropped - (scale - kept))
      let isZero: Bool = Int64(scale) - digits > 38
      let wanted: Int = carries ? precision - scale + kept + 1 : precision
      let result: SQLType = .decimal(
        precision: Swift.min(38, Swift.max(precision, wanted)), scale: kept)
      let isTight: Bool = wanted > 38
      return BoundScalar(
        argumentTypes: types, returnType: result,
        kernel: kernel(types[0], result) { value in
          let rounded: Int128 = isZero ? 0 : divide(value, unit) * grow
          if isTight && rounded.magnitude >= DecimalPower.integer(38).magnitude {
            throw ComputeError.overflow("Overflow in ROUND of DECIMAL(38)")
          }
          return rounded
        })
    }
  }

  /// round and trunc of integers: only negative digits change anything.
  static func integerDigits(
    _ name: String, _ divide: @escaping @Sendable (Int128, Int128) -> Int128
  ) -> ScalarOverload {
    ScalarOverload([.anyInteger, .exact(.integer)]) { types, _ in
      let type: SQLType = types[0]
      return BoundScalar(
        argumentTypes: types, returnType: type,
        kernel: ScalarLift.boxed(type) { row in
          guard case .integer(let digits) = row[1], let value = row[0].integerPayload else {
            return .null
          }
          if digits >= 0 { return row[0] }
          if digits < -38 { return IntegerOperand.value(0, type) ?? .null }
          let unit: Int128 = DecimalPower.integer(Int(-digits))
          let rounded = divide(value, unit).multipliedReportingOverflow(by: unit)
          guard !rounded.overflow, let result = IntegerOperand.value(rounded.partialValue, type)
          else { throw ComputeError.overflow("Overflow in \(name)(\(value), \(digits))") }
          return result
        })
    }
  }

  /// A kernel over unscaled decimals of either width.
  private static func kernel(
    _ from: SQLType, _ to: SQLType, _ body: @escaping @Sendable (Int128) throws -> Int128
  ) -> ScalarKernel {
    switch (from.physicalType, to.physicalType) {
    case (.int64, _):
      if to.physicalType == .int64 {
        ScalarLift.unary(to) { (a: Int64) in Int64(truncatingIfNeeded: try body(Int128(a))) }
      } else {
        ScalarLift.unary(to) { (a: Int64) in try body(Int128(a)) }
      }
    case (_, .int64):
      ScalarLift.unary(to) { (a: Int128) in Int64(truncatingIfNeeded: try body(a)) }
    default: ScalarLift.unary(to) { (a: Int128) in try body(a) }
    }
  }
}
