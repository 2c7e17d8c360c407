/// The proleptic Gregorian calendar: dates as days since 1970-01-01, times as microseconds.
///
/// Years are astronomical: 0 is 1 BC, -43 is 44 BC. Exact for every Int32 of days.
@frozen @usableFromInline package enum Calendar {
  package static let microsecondsPerDay: Int64 = 86_400_000_000
  package static let microsecondsPerHour: Int64 = 3_600_000_000
  package static let microsecondsPerMinute: Int64 = 60_000_000
  package static let microsecondsPerSecond: Int64 = 1_000_000

  package static let infinityDate: Int32 = Int32.max
  package static let negativeInfinityDate: Int32 = Int32.min
  package static let infinityTimestamp: Int64 = Int64.max
  package static let negativeInfinityTimestamp: Int64 = Int64.min + 1

  /// Whether the days are a calendar day and not ±infinity.
  @inlinable package static func isFinite(date: Int32) -> Bool {
    date != Int32.max && date != Int32.min
  }
  /// Whether the microseconds are a moment and not ±infinity.
  @inlinable package static func isFinite(timestamp: Int64) -> Bool {
    timestamp != Int64.max && timestamp > Int64.min + 1
  }

  /// Year, month 1…12 and day 1…31 of a day number (any Int32; any Int64 of sane size).
  /// Source: H. Hinnant, chrono-compatible low-level date algorithms, civil_from_days.
  @inlinable package static func civil(fromDays days: Int64) -> (year: Int64, month: Int, day: Int)
  {
    let shifted: Int64 = days &+ 719_468
    let era: Int64 = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
    let dayOfEra: Int64 = shifted &- era &* 146_097
    let yearOfEra: Int64 =
      (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear: Int64 = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let monthIndex: Int64 = (5 &* dayOfYear &+ 2) / 153
    let day: Int64 = dayOfYear &- (153 &* monthIndex &+ 2) / 5 &+ 1
    let month: Int64 = monthIndex < 10 ? monthIndex &+ 3 : monthIndex &- 9
    let year: Int64 = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
    return (year, Int(month), Int(day))
  }

  /// Day number of a civil date; the month is 1…12, the day may run over.
  @inlinable package static func days(year: Int64, month: Int, day: Int) -> Int64 {
    let y: Int64 = month <= 2 ? year &- 1 : year
    let era: Int64 = (y >= 0 ? y : y &- 399) / 400
    let yearOfEra: Int64 = y &- era &* 400
    let monthIndex: Int64 = Int64(month > 2 ? month &- 3 : month &+ 9)
    let dayOfYear: Int64 = (153 &* monthIndex &+ 2) / 5 &+ Int64(day) &- 1
    let dayOfEra: Int64 = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
    return era &* 146_097 &+ dayOfEra &- 719_468
  }

  @inlinable package static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// Days of a month 1…12.
  @inlinable package static func daysInMonth(year: Int64, month: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Day of the year, 1…366.
  @inlinable package static func dayOfYear(fromDays value: Int64) -> Int {
    let year: Int64 = civil(fromDays: value).year
    return Int(value &- days(year: year, month: 1, day: 1) &+ 1)
  }

  /// Sunday = 0 … Saturday = 6.
  @inlinable package static func dayOfWeek(fromDays days: Int64) -> Int {
    let r: Int64 = (days &+ 4) % 7
    return Int(r < 0 ? r &+ 7 : r)
  }

  /// ISO 8601 year and week 1…53 of a day.
  @inlinable package static func isoWeek(fromDays value: Int64) -> (year: Int64, week: Int) {
    let weekday: Int64 = Int64((dayOfWeek(fromDays: value) + 6) % 7)
    let thursday: Int64 = value &- weekday &+ 3
    let year: Int64 = civil(fromDays: thursday).year
    let first: Int64 = days(year: year, month: 1, day: 1)
    return (year, Int((thursday &- first) / 7 &+ 1))
  }

  /// Day number and microseconds within the day of a timestamp.
  @inlinable package static func split(timestamp: Int64) -> (days: Int64, microseconds: Int64) {
    var days: Int64 = timestamp / 86_400_000_000
    var rest: Int64 = timestamp % 86_400_000_000
    if rest < 0 {
      days &-= 1
      rest &+= 86_400_000_000
    }
    return (days, rest)
  }

  /// Timestamp of a day number and microseconds; nil beyond the range of TIMESTAMP.
  @inlinable package static func timestamp(days: Int64, microseconds: Int64) -> Int64? {
    let product = days.multipliedReportingOverflow(by: 86_400_000_000)
    let sum = product.partialValue.addingReportingOverflow(microseconds)
    if product.overflow || sum.overflow || !isFinite(timestamp: sum.partialValue) { return nil }
    return sum.partialValue
  }

  /// A day moved by whole months, the day of the month cut to the month's length; nil out of range.
  @inlinable package static func addMonths(_ months: Int64, toDays value: Int64) -> Int64? {
    let date = civil(fromDays: value)
    let total: Int64 = date.year &* 12 &+ Int64(date.month &- 1) &+ months
    var year: Int64 = total / 12
    var index: Int64 = total % 12
    if index < 0 {
      index &+= 12
      year &-= 1
    }
    let month = Int(index) + 1
    let day: Int = Swift.min(date.day, daysInMonth(year: year, month: month))
    let result: Int64 = days(year: year, month: month, day: day)
    return result > Int64(Int32.min) && result < Int64(Int32.max) ? result : nil
  }

  /// A timestamp moved by an interval: months first, then days, then microseconds; nil out of
  /// range. ±infinity stays.
  @inlinable package static func add(_ interval: Interval, toTimestamp value: Int64) -> Int64? {
    if !isFinite(timestamp: value) { return value }
    let parts = split(timestamp: value)
    var day: Int64 = parts.days
    if interval.months != 0 {
      guard let moved = addMonths(Int64(interval.months), toDays: day) else { return nil }
      day = moved
    }
    day &+= Int64(interval.days)
    guard let base = timestamp(days: day, microseconds: parts.microseconds) else { return nil }
    let sum = base.addingReportingOverflow(interval.microseconds)
    return sum.overflow || !isFinite(timestamp: sum.partialValue) ? nil : sum.partialValue
  }
}
