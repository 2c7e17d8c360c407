internal import OlapColumns
internal import OlapSQL

/// `INTERVAL 7 DAY` and `INTERVAL '1.5' HOUR`: a number and a unit known while binding.
enum IntervalLiteral {
  /// The interval, or nil when the number is not a literal or does not fit.
  static func value(of number: BoundExpression, _ unit: OlapSQL.IntervalUnit) -> Interval? {
    if let whole = LiteralTyping.integerLiteral(number) { return whole64(whole, unit) }
    switch number {
    case .constant(.varchar(let text), _):
      let trimmed = text.filter { !$0.isWhitespace }
      if let whole = Int128(trimmed) { return whole64(whole, unit) }
      return Double(trimmed).flatMap { fraction($0, unit) }
    case .constant(.decimal(let unscaled, let scale), _):
      var divisor = 1.0
      for _ in 0..<scale { divisor *= 10 }
      return fraction(Double(unscaled) / divisor, unit)
    default: return nil
    }
  }

  private static func whole64(_ value: Int128, _ unit: OlapSQL.IntervalUnit) -> Interval? {
    guard let value = Int64(exactly: value) else { return nil }
    let (months, days, microseconds) = size(unit)
    let (m, a) = value.multipliedReportingOverflow(by: months)
    let (d, b) = value.multipliedReportingOverflow(by: days)
    let (u, c) = value.multipliedReportingOverflow(by: microseconds)
    guard !a, !b, !c, let m = Int32(exactly: m), let d = Int32(exactly: d) else { return nil }
    return Interval(months: m, days: d, microseconds: u)
  }

  private static func fraction(_ value: Double, _ unit: OlapSQL.IntervalUnit) -> Interval? {
    let (_, _, microseconds) = size(unit)
    guard microseconds > 0 else {
      return Int128(exactly: value.rounded()).flatMap { whole64($0, unit) }
    }
    let total = (value * Double(microseconds)).rounded()
    return Int64(exactly: total).map { Interval(months: 0, days: 0, microseconds: $0) }
  }

  private static func size(_ unit: OlapSQL.IntervalUnit) -> (Int64, Int64, Int64) {
    switch unit {
    case .millennium: (12_000, 0, 0)
    case .century: (1_200, 0, 0)
    case .decade: (120, 0, 0)
    case .year: (12, 0, 0)
    case .quarter: (3, 0, 0)
    case .month: (1, 0, 0)
    case .week: (0, 7, 0)
    case .day: (0, 1, 0)
    case .hour: (0, 0, 3_600_000_000)
    case .minute: (0, 0, 60_000_000)
    case .second: (0, 0, 1_000_000)
    case .millisecond: (0, 0, 1_000)
    case .microsecond: (0, 0, 1)
    }
  }

  /// The function that makes an interval of a computed number.
  static func functionName(_ unit: OlapSQL.IntervalUnit) -> String {
    switch unit {
    case .millennium: "to_millennia"
    case .century: "to_centuries"
    default: "to_" + unit.rawValue.lowercased() + "s"
    }
  }
}
