import Glibc
import OlapColumns

/// Functions of one double.
extension ScalarFunction {
  /// A function DOUBLE → DOUBLE.
  @inline(__always)
  private static func real(
    _ name: String, aliases: [String] = [], _ summary: String, _ example: (String, String),
    _ body: @escaping @Sendable (Double) throws -> Double?
  ) -> ScalarFunction {
    ScalarFunction(
      name, aliases: aliases, summary: summary, example: (sql: example.0, result: example.1),
      overloads: [.unary(.double, to: .double, body)])
  }

  static let squareRoot = real("sqrt", "The square root.", ("sqrt(16)", "4.0")) { x in
    x.squareRoot()
  }
  static let cubeRoot = real("cbrt", "The cube root.", ("cbrt(8)", "2.0")) { x in cbrt(x) }
  static let exponential = real("exp", "e to the power of x.", ("exp(0)", "1.0")) { x in exp(x) }
  static let naturalLogarithm = real("ln", "The natural logarithm.", ("ln(1)", "0.0")) { x in
    log(x)
  }
  static let logarithm2 = real("log2", "The logarithm to base 2.", ("log2(8)", "3.0")) { x in
    log2(x)
  }
  static let logarithm10 = ScalarFunction(
    "log10", aliases: ["log"],
    summary: "The logarithm to base 10, or to a base: log(base, x).",
    example: (sql: "log10(1000)", result: "3.0"),
    overloads: [
      .unary(.double, to: .double) { (x: Double) in log10(x) },
      .binary(.double, .double, to: .double) { (base: Double, x: Double) in
        let divisor: Double = log10(base)
        return log10(x) / divisor
      },
    ])
  static let sine = real("sin", "The sine.", ("sin(0)", "0.0")) { x in
    sin(try Logarithm.finite(x))
  }
  static let cosine = real("cos", "The cosine.", ("cos(0)", "1.0")) { x in
    cos(try Logarithm.finite(x))
  }
  static let tangent = real("tan", "The tangent.", ("tan(0)", "0.0")) { x in
    tan(try Logarithm.finite(x))
  }
  static let cotangent = real("cot", "The cotangent.", ("round(cot(0.5), 4)", "1.8305")) { x in
    1 / tan(try Logarithm.finite(x))
  }
  static let arcSine = real("asin", "The arc sine.", ("asin(0)", "0.0")) { x in
    asin(x)
  }
  static let arcCosine = real("acos", "The arc cosine.", ("acos(1)", "0.0")) { x in
    acos(x)
  }
  static let arcTangent = real("atan", "The arc tangent.", ("atan(0)", "0.0")) { x in atan(x) }
  static let hyperbolicSine = real("sinh", "The hyperbolic sine.", ("sinh(0)", "0.0")) { x in
    sinh(x)
  }
  static let hyperbolicCosine = real("cosh", "The hyperbolic cosine.", ("cosh(0)", "1.0")) { x in
    cosh(x)
  }
  static let hyperbolicTangent = real("tanh", "The hyperbolic tangent.", ("tanh(0)", "0.0")) { x in
    tanh(x)
  }
  static let inverseHyperbolicSine = real(
    "asinh", "The inverse hyperbolic sine.", ("asinh(0)", "0.0")
  ) { x in asinh(x) }
  static let inverseHyperbolicCosine = real(
    "acosh", "The inverse hyperbolic cosine.", ("acosh(1)", "0.0")
  ) { x in acosh(x) }
  static let inverseHyperbolicTangent = real(
    "atanh", "The inverse hyperbolic tangent.", ("atanh(0)", "0.0")
  ) { x in
    atanh(x)
  }
  static let degrees = real("degrees", "Radians as degrees.", ("degrees(pi())", "180.0")) { x in
    x * (180 / Double.pi)
  }
  static let radians = real(
    "radians", "Degrees as radians.", ("round(radians(180), 4)", "3.1416")
  ) { x in x * (Double.pi / 180) }
  static let gamma = real("gamma", "The gamma function.", ("gamma(5.5) > 52", "true")) { x in
    tgamma(x)
  }
  static let logGamma = real("lgamma", "The logarithm of |gamma|.", ("lgamma(1)", "0.0")) { x in
    Glibc.lgamma(x)
  }
  static let even = real(
    "even", "x rounded away from zero to an even number.", ("even(2.9)", "4.0")
  ) { x in
    let half: Double = (x.magnitude / 2).rounded(.up) * 2
    return x < 0 ? -half : half
  }

  static let arcTangent2 = ScalarFunction(
    "atan2", summary: "The angle of the point (x, y): atan2(y, x).",
    example: (sql: "atan2(0, 1)", result: "0.0"),
    overloads: [.binary(.double, .double, to: .double) { (y: Double, x: Double) in atan2(y, x) }])

  static let nextAfter = ScalarFunction(
    "nextafter", summary: "The next floating-point number after x towards y.",
    example: (sql: "nextafter(1::DOUBLE, 2::DOUBLE) > 1", result: "true"),
    overloads: [
      .binary(.double, .double, to: .double) { (x: Double, y: Double) in nextafter(x, y) }
    ])

  static let pi = ScalarFunction(
    "pi", summary: "The number π.", example: (sql: "round(pi(), 4)", result: "3.1416"),
    overloads: [
      .fixed([], to: .double) { _, count, _ in
        Vector.constant(.double(Double.pi), type: .double, count: count)
      }
    ])

  static let isNaN = ScalarFunction(
    "isnan", summary: "Whether the number is not a number.",
    example: (sql: "isnan('NaN'::DOUBLE)", result: "true"),
    overloads: [
      .unary(.real, to: .boolean) { (x: Float) in x.isNaN },
      .unary(.double, to: .boolean) { (x: Double) in x.isNaN },
    ])
  static let isInfinite = ScalarFunction(
    "isinf", summary: "Whether the number, date or timestamp is infinite.",
    example: (sql: "isinf('Infinity'::DOUBLE)", result: "true"),
    overloads: [
      .unary(.real, to: .boolean) { (x: Float) in x.isInfinite },
      .unary(.double, to: .boolean) { (x: Double) in x.isInfinite },
      .unary(.date, to: .boolean) { (x: Int32) in !Calendar.isFinite(date: x) },
      .unary(.timestamp, to: .boolean) { (x: Int64) in !Calendar.isFinite(timestamp: x) },
      .unary(.timestampTZ, to: .boolean) { (x: Int64) in !Calendar.isFinite(timestamp: x) },
    ])
  static let isFinite = ScalarFunction(
    "isfinite", summary: "Whether the number, date or timestamp is finite.",
    example: (sql: "isfinite(1::DOUBLE)", result: "true"),
    overloads: [
      .unary(.real, to: .boolean) { (x: Float) in x.isFinite },
      .unary(.double, to: .boolean) { (x: Double) in x.isFinite },
      .unary(.date, to: .boolean) { (x: Int32) in Calendar.isFinite(date: x) },
      .unary(.timestamp, to: .boolean) { (x: Int64) in Calendar.isFinite(timestamp: x) },
      .unary(.timestampTZ, to: .boolean) { (x: Int64) in Calendar.isFinite(timestamp: x) },
    ])
  static let signBit = ScalarFunction(
    "signbit", summary: "Whether the sign bit is set, for -0.0 too.",
    example: (sql: "signbit(-1::DOUBLE)", result: "true"),
    overloads: [.unary(.double, to: .boolean) { (x: Double) in x.sign == .minus }])
}

enum Logarithm {
  static func finite(_ x: Double) throws -> Double {
    if x.isInfinite {
      throw ComputeError.invalid("input value \(x) is out of range for numeric function")
    }
    return x
  }
}
