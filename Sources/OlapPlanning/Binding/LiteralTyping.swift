internal import OlapColumns
internal import OlapSQL

/// Types and values of literals.
enum LiteralTyping {
  /// Digits as the smallest of INTEGER, BIGINT, HUGEINT; larger numbers are doubles.
  static func integer(_ text: String) -> (Value, SQLType) {
    guard let value = Int128(text) else {
      if let wide = UInt128(text) { return (.unsigned(wide), .uhugeint) }
      return (.double(Double(text) ?? .infinity), .double)
    }
    let type = integerType(value)
    return (integer(value, as: type) ?? .hugeint(value), type)
  }

  static func integerType(_ value: Int128) -> SQLType {
    if Int32(exactly: value) != nil { return .integer }
    return Int64(exactly: value) != nil ? .bigint : .hugeint
  }

  /// `1.50` is DECIMAL(3,2); more than 38 digits make a double.
  static func decimal(_ text: String) -> (Value, SQLType) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let whole = parts.first.map { String($0.drop { $0 == "0" }) } ?? ""
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    let precision = max(whole.utf8.count + fraction.utf8.count, fraction.utf8.count + 1, 1)
    guard precision <= 38, let unscaled = Int128("0" + whole + fraction) else {
      return (.double(Double(text) ?? .infinity), .double)
    }
    // A leading zero counts as a digit only when there is nothing else before the point.
    let digits = max(whole.utf8.count, 1) + fraction.utf8.count
    let scale = fraction.utf8.count
    return (
      .decimal(unscaled, scale: scale), .decimal(precision: min(38, digits), scale: scale)
    )
  }

  /// The value of an integer literal.
  static func integerLiteral(_ expression: BoundExpression) -> Int128? {
    switch expression {
    case .constant(.integer(let value), let type) where type.isInteger: Int128(value)
    case .constant(.hugeint(let value), let type) where type.isInteger: value
    default: nil
    }
  }

  /// An integer as a value of a numeric type; nil when it does not fit.
  static func integer(_ value: Int128, as type: SQLType) -> Value? {
    switch type {
    case .tinyint: Int8(exactly: value).map { .integer(Int64($0)) }
    case .smallint: Int16(exactly: value).map { .integer(Int64($0)) }
    case .integer: Int32(exactly: value).map { .integer(Int64($0)) }
    case .bigint: Int64(exactly: value).map { .integer($0) }
    case .utinyint: UInt8(exactly: value).map { .integer(Int64($0)) }
    case .usmallint: UInt16(exactly: value).map { .integer(Int64($0)) }
    case .uinteger: UInt32(exactly: value).map { .integer(Int64($0)) }
    case .ubigint: UInt64(exactly: value).map { .hugeint(Int128($0)) }
    case .hugeint: .hugeint(value)
    case .uhugeint: value < 0 ? nil : .unsigned(UInt128(value))
    case .double: Double(exactly: value).map { .double($0) }
    case .real: Float(exactly: value).map { .real($0) }
    case .decimal: decimal(value, scale: 0, as: type)
    default: nil
    }
  }

  /// A decimal as a value of a numeric type; nil when digits would be lost.
  static func decimal(_ unscaled: Int128, scale: Int, as type: SQLType) -> Value? {
    switch type {
    case .double where scale <= 18 && unscaled.magnitude <= (1 << 53):
      return .double(Double(unscaled) / Double(power(10, scale) ?? 1))
    case .decimal(let precision, let target):
      guard target >= scale, let factor = power(10, target - scale) else { return nil }
      let (result, overflow) = unscaled.multipliedReportingOverflow(by: factor)
      guard !overflow, let limit = power(10, precision) else {
        return overflow || precision < 38 ? nil : .decimal(result, scale: target)
      }
      return result.magnitude < limit.magnitude ? .decimal(result, scale: target) : nil
    default:
      return nil
    }
  }

  private static func power(_ base: Int128, _ exponent: Int) -> Int128? {
    guard exponent >= 0, exponent <= 38 else { return nil }
    var result: Int128 = 1
    for _ in 0..<exponent { result *= base }
    return result
  }
}
