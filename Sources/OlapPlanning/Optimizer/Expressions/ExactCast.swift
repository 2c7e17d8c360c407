internal import OlapColumns

/// Moves the cast in `CAST(column AS wider) op constant` to the constant, where that changes nothing,
/// so that scans can use the comparison.
enum ExactCast {
  /// The constant in the narrower type: itself, or the greatest value below it.
  enum Narrowed {
    case exact(Value)
    case floor(Value)
  }

  /// The comparison of the uncast operand; nil when the cast has to stay.
  static func simplify(
    _ comparison: ComparisonOperator, _ operand: BoundExpression, from source: SQLType,
    to target: SQLType, _ constant: Value
  ) -> BoundExpression? {
    guard isLossless(from: source, to: target),
      let narrowed = narrow(constant, of: target, to: source)
    else { return nil }
    switch narrowed {
    case .exact(let value): return .comparison(comparison, operand, .constant(value, source))
    case .floor(let value):
      switch comparison {
      case .less, .lessOrEqual:
        return .comparison(.lessOrEqual, operand, .constant(value, source))
      case .greater, .greaterOrEqual:
        return .comparison(.greater, operand, .constant(value, source))
      default: return nil
      }
    }
  }

  /// Whether every value of `source` keeps its identity and order in `target`.
  static func isLossless(from source: SQLType, to target: SQLType) -> Bool {
    switch (source, target) {
    case (.date, .timestamp): return true
    case (_, .decimal(let precision, let scale)):
      if case .decimal(let p, let s) = source { return s <= scale && p - s <= precision - scale }
      guard let digits = source.integerDigits else { return false }
      return digits <= precision - scale
    case (_, .double):
      return (source.integerDigits ?? 99) <= 10 || source == .real
    case (_, .real): return (source.integerDigits ?? 99) <= 5
    default:
      guard source.isInteger, target.isInteger, let a = source.integerDigits,
        let b = target.integerDigits
      else { return false }
      if source.isUnsignedInteger { return a < b || (a == b && target.isUnsignedInteger) }
      return target.isSignedInteger && a <= b
    }
  }

  /// The constant of type `target` as a value of `source`; nil when it lies outside.
  static func narrow(_ constant: Value, of target: SQLType, to source: SQLType) -> Narrowed? {
    if source == .date, case .timestamp(let microseconds) = constant {
      let day: Int64 = 86_400_000_000
      let days = floorDivide(Int128(microseconds), Int128(day))
      // Infinities and far dates stay as they are.
      guard abs(days) < 100_000_000 else { return nil }
      let value = Value.date(Int32(days))
      return days * Int128(day) == Int128(microseconds) ? .exact(value) : .floor(value)
    }
    guard let number = scaledInteger(constant) else { return nil }
    let targetScale: Int = if case .decimal(_, let scale) = source { scale } else { 0 }
    guard let rescaled = rescale(number.value, from: number.scale, to: targetScale),
      let value = boxed(rescaled.floor, as: source)
    else { return nil }
    return rescaled.isExact ? .exact(value) : .floor(value)
  }

  private static func scaledInteger(_ value: Value) -> (value: Int128, scale: Int)? {
    switch value {
    case .integer(let a): return (Int128(a), 0)
    case .hugeint(let a): return (a, 0)
    case .decimal(let a, let scale): return (a, scale)
    case .double(let a): return scaledInteger(of: a)
    case .real(let a): return scaledInteger(of: Double(a))
    default: return nil
    }
  }

  /// Doubles below 2^53: integral ones exactly, others between integers by one fraction digit.
  private static func scaledInteger(of number: Double) -> (value: Int128, scale: Int)? {
    guard number.isFinite, abs(number) < 9_007_199_254_740_992 else { return nil }
    let floor = number.rounded(.down)
    if floor == number { return (Int128(floor), 0) }
    return (Int128(floor) * 10 + 5, 1)
  }

  private static func rescale(
    _ value: Int128, from scale: Int, to target: Int
  ) -> (floor: Int128, isExact: Bool)? {
    guard let factor = powerOfTen(abs(scale - target)) else { return nil }
    if scale <= target {
      let (product, overflow) = value.multipliedReportingOverflow(by: factor)
      return overflow ? nil : (product, true)
    }
    let quotient = floorDivide(value, factor)
    return (quotient, quotient * factor == value)
  }

  private static func boxed(_ value: Int128, as type: SQLType) -> Value? {
    switch type {
    case .decimal(let precision, let scale):
      guard let limit = powerOfTen(precision), value > -limit, value < limit else { return nil }
      return .decimal(value, scale: scale)
    case .tinyint: return fits(value, Int8.self)
    case .smallint: return fits(value, Int16.self)
    case .integer: return fits(value, Int32.self)
    case .bigint: return fits(value, Int64.self)
    case .utinyint: return fits(value, UInt8.self)
    case .usmallint: return fits(value, UInt16.self)
    case .uinteger: return fits(value, UInt32.self)
    case .ubigint: return UInt64(exactly: value).map { .hugeint(Int128($0)) }
    case .hugeint: return .hugeint(value)
    default: return nil
    }
  }

  private static func fits<T: FixedWidthInteger>(_ value: Int128, _: T.Type) -> Value? {
    T(exactly: value) == nil ? nil : Int64(exactly: value).map { .integer($0) }
  }

  private static func floorDivide(_ a: Int128, _ b: Int128) -> Int128 {
    let quotient = a / b
    return a % b < 0 ? quotient - 1 : quotient
  }

  private static func powerOfTen(_ exponent: Int) -> Int128? {
    guard exponent >= 0, exponent <= 38 else { return nil }
    var result: Int128 = 1
    for _ in 0..<exponent { result *= 10 }
    return result
  }
}

extension SQLType {
  /// Decimal digits that hold every value of an integer type.
  var integerDigits: Int? {
    switch self {
    case .tinyint, .utinyint: 3
    case .smallint, .usmallint: 5
    case .integer, .uinteger: 10
    case .bigint: 19
    case .ubigint: 20
    case .hugeint, .uhugeint: 39
    default: nil
    }
  }
}
