/// What a TIMESTAMP_S, TIMESTAMP_MS or TIMESTAMP_NS counts since 1970-01-01 00:00:00.
public enum TimestampUnit: UInt8, Hashable, Sendable {
  case seconds, milliseconds, nanoseconds

  /// Ticks in a second.
  package var perSecond: Int64 {
    switch self {
    case .seconds: 1
    case .milliseconds: 1000
    case .nanoseconds: 1_000_000_000
    }
  }

  /// The name of the type in SQL.
  package var typeName: String {
    switch self {
    case .seconds: "TIMESTAMP_S"
    case .milliseconds: "TIMESTAMP_MS"
    case .nanoseconds: "TIMESTAMP_NS"
    }
  }

  package func isFiner(than other: TimestampUnit) -> Bool { perSecond > other.perSecond }

  /// Day number and nanoseconds within the day of a finite count.
  package func split(_ ticks: Int64) -> (days: Int64, nanoseconds: Int64) {
    let perDay: Int64 = 86_400 * perSecond
    var days: Int64 = ticks / perDay
    var rest: Int64 = ticks % perDay
    if rest < 0 {
      days -= 1
      rest += perDay
    }
    return (days, rest * (1_000_000_000 / perSecond))
  }

  /// Microseconds since 1970 in this unit, rounded; nil beyond its range. ±infinity stays.
  package func ticks(microseconds: Int64) -> Int64? {
    guard Calendar.isFinite(timestamp: microseconds) else { return microseconds }
    guard self == .nanoseconds else {
      return TimestampUnit.rounded(microseconds, 1_000_000 / perSecond)
    }
    let product = microseconds.multipliedReportingOverflow(by: 1000)
    return product.overflow ? nil : product.partialValue
  }

  /// A count in ticks `divisor` times as long, halves away from zero.
  @inline(__always)
  package static func rounded(_ ticks: Int64, _ divisor: Int64) -> Int64 {
    let quotient: Int64 = ticks / divisor
    let rest: Int64 = ticks % divisor
    if abs(rest) * 2 < divisor { return quotient }
    return rest < 0 ? quotient - 1 : quotient + 1
  }
}
