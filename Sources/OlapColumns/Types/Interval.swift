/// A SQL INTERVAL: months, days and microseconds are kept apart, as in Postgres and DuckDB.
///
/// ```
/// ┌───────────┬───────────┬────────────────────┐
/// │ months 4B │ days   4B │ microseconds    8B │
/// └───────────┴───────────┴────────────────────┘
/// ```
/// Equality and order compare the normalised span (month = 30 days, day = 24 hours).
@frozen public struct Interval: Sendable, BitwiseCopyable {
  public var months: Int32
  public var days: Int32
  public var microseconds: Int64

  @inlinable public init(months: Int32, days: Int32, microseconds: Int64) {
    self.months = months
    self.days = days
    self.microseconds = microseconds
  }

  /// Total microseconds with 30-day months; Int128 cannot overflow.
  @inlinable public var normalisedMicroseconds: Int128 {
    (Int128(months) * 30 + Int128(days)) * 86_400_000_000 + Int128(microseconds)
  }
}

extension Interval: Comparable, Hashable {
  @inlinable public static func == (left: Interval, right: Interval) -> Bool {
    left.normalisedMicroseconds == right.normalisedMicroseconds
  }
  @inlinable public static func < (left: Interval, right: Interval) -> Bool {
    left.normalisedMicroseconds < right.normalisedMicroseconds
  }
  @inlinable public func hash(into hasher: inout Hasher) { hasher.combine(normalisedMicroseconds) }
}
