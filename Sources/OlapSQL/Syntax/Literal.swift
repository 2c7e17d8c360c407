/// A constant as its spelling classifies it. Numbers stay text, so that no digit is lost before the
/// binder chooses a type.
package enum Literal: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// Decimal digits only; hexadecimal, octal, binary and `_` spellings are normalised.
  case integer(String)
  /// Digits with one point and no exponent, such as `1.50` or `.5`: an exact decimal.
  case decimal(String)
  /// A number with an exponent: a double.
  case double(String)
  case string(String)
  /// `x'CAFE'`.
  case blob([UInt8])
}

/// Unit after an interval's number: `INTERVAL 7 DAY`.
package enum IntervalUnit: String, Hashable, Sendable, CaseIterable {
  case millennium = "MILLENNIUM"
  case century = "CENTURY"
  case decade = "DECADE"
  case year = "YEAR"
  case quarter = "QUARTER"
  case month = "MONTH"
  case week = "WEEK"
  case day = "DAY"
  case hour = "HOUR"
  case minute = "MINUTE"
  case second = "SECOND"
  case millisecond = "MILLISECOND"
  case microsecond = "MICROSECOND"
}
