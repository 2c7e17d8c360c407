import OlapColumns

extension ScalarFunction {
  static let dateTrunc = ScalarFunction(
    "date_trunc", aliases: ["datetrunc"],
    summary: "The start of the year, month, day, hour, … that a date or timestamp lies in.",
    example: ("date_trunc('hour', TIMESTAMP '1992-09-20 20:38:40')", "1992-09-20 20:00:00"),
    overloads: [
      Truncation.ofDate,
      .binary(.varchar, .timestamp, to: .timestamp) { (name: StringView, a: Int64) in
        try Truncation.truncate(.require(name.string), a)
      },
      .fixed([.varchar, .timestampTZ], to: .timestampTZ) { arguments, count, context in
        let zone: TimeZone = try .require(context.timeZoneName)
        return try ScalarLift.binary(.timestampTZ) { (name: StringView, a: Int64) -> Int64? in
          zone.utc(
            fromLocal: try Truncation.truncate(.require(name.string), zone.local(fromUTC: a)))
        }(arguments, count, context)
      },
      .binary(.varchar, .interval, to: .interval) { (name: StringView, a: Interval) in
        try Truncation.truncate(.require(name.string), a)
      },
    ])

  static let timeBucket = ScalarFunction(
    "time_bucket", aliases: ["date_bin"],
    summary: "The start of the bucket of a given width that a timestamp lies in.",
    example: (
      "time_bucket(INTERVAL '2 weeks', TIMESTAMP '1992-04-20 15:26:00')", "1992-04-20 00:00:00"
    ),
    overloads: [
      .binary(.interval, .date, to: .date) { (width: Interval, a: Int32) in
        guard Calendar.isFinite(date: a) else { return a }
        let start: Int64 = try Truncation.bucket(width, DateArithmetic.timestamp(a), nil)
        return Int32(truncatingIfNeeded: Calendar.split(timestamp: start).days)
      },
      .binary(.interval, .timestamp, to: .timestamp) { (width: Interval, a: Int64) in
        try Truncation.bucket(width, a, nil)
      },
      .ternary(.interval, .timestamp, .timestamp, to: .timestamp) {
        (width: Interval, a: Int64, origin: Int64) in try Truncation.bucket(width, a, origin)
      },
      .ternary(.interval, .timestamp, .interval, to: .timestamp) {
        (width: Interval, a: Int64, offset: Interval) in
        let moved: Int64 = try DateArithmetic.move(a, DateArithmetic.negate(offset))
        return try DateArithmetic.move(Truncation.bucket(width, moved, nil), offset)
      },
      .ternary(.interval, .date, .interval, to: .date) {
        (width: Interval, a: Int32, offset: Interval) in
        guard Calendar.isFinite(date: a) else { return a }
        let moved: Int64 = try DateArithmetic.move(
          DateArithmetic.timestamp(a), DateArithmetic.negate(offset))
        let start: Int64 = try DateArithmetic.move(Truncation.bucket(width, moved, nil), offset)
        return Int32(truncatingIfNeeded: Calendar.split(timestamp: start).days)
      },
      .ternary(.interval, .date, .date, to: .date) {
        (width: Interval, a: Int32, origin: Int32) in
        guard Calendar.isFinite(date: a) else { return a }
        let start: Int64 = try Truncation.bucket(
          width, DateArithmetic.timestamp(a), DateArithmetic.timestamp(origin))
        return Int32(truncatingIfNeeded: Calendar.split(timestamp: start).days)
      },
      .binary(.interval, .timestampTZ, to: .timestampTZ) { (width: Interval, a: Int64) in
        try Truncation.bucket(width, a, nil)
      },
    ])

  static let lastDay = ScalarFunction(
    "last_day", summary: "The last day of the month.",
    example: ("last_day(DATE '1992-03-22')", "1992-03-31"),
    overloads: [
      .unary(.date, to: .date) { (a: Int32) in
        Calendar.isFinite(date: a) ? try Truncation.lastDay(Int64(a)) : nil
      },
      .unary(.timestamp, to: .date) { (a: Int64) in
        Calendar.isFinite(timestamp: a)
          ? try Truncation.lastDay(Calendar.split(timestamp: a).days) : nil
      },
      .zoned(
        to: .date,
        ScalarLift.unary(.date) { (a: Int64) -> Int32? in
          Calendar.isFinite(timestamp: a)
            ? try Truncation.lastDay(Calendar.split(timestamp: a).days) : nil
        }),
    ])
}

enum Truncation {
  /// A DATE gives a TIMESTAMP, as in DuckDB 2.
  static let ofDate = ScalarOverload([.exact(.varchar), .exact(.date)]) { types, _ in
    BoundScalar(
      argumentTypes: types, returnType: .timestamp,
      kernel: ScalarLift.binary(.timestamp) { (name: StringView, a: Int32) -> Int64? in
        try truncate(.require(name.string), DateArithmetic.timestamp(a))
      })
  }

  static func truncate(_ part: DatePart, _ timestamp: Int64) throws -> Int64 {
    if !Calendar.isFinite(timestamp: timestamp) { return timestamp }
    let (days, rest) = Calendar.split(timestamp: timestamp)
    let unit: Int64
    switch part {
    case .microsecond, .nanosecond: unit = 1
    case .millisecond: unit = 1000
    case .second, .epoch: unit = Calendar.microsecondsPerSecond
    case .minute: unit = Calendar.microsecondsPerMinute
    case .hour: unit = Calendar.microsecondsPerHour
    default:
      guard let start = Calendar.timestamp(days: truncate(part, days: days), microseconds: 0)
      else { throw ComputeError.overflow("Timestamp out of range in date_trunc") }
      return start
    }
    return timestamp - rest % unit
  }

  /// First day of the week, month, year, … of a day.
  static func truncate(_ part: DatePart, days: Int64) -> Int64 {
    let date = Calendar.civil(fromDays: days)
    switch part {
    case .week, .yearWeek: return days - Int64((Calendar.dayOfWeek(fromDays: days) + 6) % 7)
    case .month: return days - Int64(date.day - 1)
    case .quarter:
      return Calendar.days(year: date.year, month: (date.month - 1) / 3 * 3 + 1, day: 1)
    case .year: return Calendar.days(year: date.year, month: 1, day: 1)
    case .isoYear:
      let (_, week) = Calendar.isoWeek(fromDays: days)
      return truncate(.week, days: days) - Int64(week - 1) * 7
    case .decade: return Calendar.days(year: floored(date.year, 10), month: 1, day: 1)
    case .century: return Calendar.days(year: floored(date.year, 100), month: 1, day: 1)
    case .millennium: return Calendar.days(year: floored(date.year, 1000), month: 1, day: 1)
    default: return days
    }
  }

  private static func floored(_ year: Int64, _ size: Int64) -> Int64 {
    let rest: Int64 = year % size
    return year - (rest < 0 ? rest + size : rest)
  }

  static func truncate(_ part: DatePart, _ a: Interval) -> Interval {
    let months = Int64(a.months)
    func whole(_ size: Int64) -> Interval {
      Interval(months: Int32(truncatingIfNeeded: months / size * size), days: 0, microseconds: 0)
    }
    switch part {
    case .millennium: return whole(12_000)
    case .century: return whole(1200)
    case .decade: return whole(120)
    case .year: return whole(12)
    case .quarter: return whole(3)
    case .month: return whole(1)
    case .week: return Interval(months: a.months, days: a.days / 7 * 7, microseconds: 0)
    case .day: return Interval(months: a.months, days: a.days, microseconds: 0)
    default:
      let unit: Int64 =
        switch part {
        case .hour: Calendar.microsecondsPerHour
        case .minute: Calendar.microsecondsPerMinute
        case .second: Calendar.microsecondsPerSecond
        case .millisecond: 1000
        default: 1
        }
      return Interval(
        months: a.months, days: a.days, microseconds: a.microseconds - a.microseconds % unit)
    }
  }

  static func lastDay(_ days: Int64) throws -> Int32 {
    let date = Calendar.civil(fromDays: days)
    let length: Int = Calendar.daysInMonth(year: date.year, month: date.month)
    let last: Int64 = days + Int64(length - date.day)
    guard last < Int64(Int32.max) else { throw ComputeError.overflow("Date out of range") }
    return Int32(truncatingIfNeeded: last)
  }

  /// Buckets count from 2000-01-03, a Monday (2000-01-01 for widths in months), or from `origin`.
  static func bucket(_ width: Interval, _ timestamp: Int64, _ origin: Int64?) throws -> Int64 {
    if !Calendar.isFinite(timestamp: timestamp) { return timestamp }
    if width.months == 0 {
      let size: Int128 = width.normalisedMicroseconds
      if size <= 0 { throw ComputeError.invalid("Period must be greater than 0") }
      let start = Int128(origin ?? 946_857_600_000_000)
      let distance: Int128 = Int128(timestamp) - start
      let rest: Int128 = ((distance % size) + size) % size
      guard let result = Int64(exactly: Int128(timestamp) - rest) else {
        throw ComputeError.overflow("Timestamp out of range in time_bucket")
      }
      return result
    }
    if width.days != 0 || width.microseconds != 0 || width.months < 0 {
      throw ComputeError.invalid("Month intervals cannot have day or time component")
    }
    let anchor: Int64 = Calendar.split(timestamp: origin ?? 946_684_800_000_000).days
    let from = Calendar.civil(fromDays: anchor)
    let to = Calendar.civil(fromDays: Calendar.split(timestamp: timestamp).days)
    let size = Int64(width.months)
    let distance: Int64 = (to.year - from.year) * 12 + Int64(to.month - from.month)
    let rest: Int64 = ((distance % size) + size) % size
    let total: Int64 = from.year * 12 + Int64(from.month - 1) + distance - rest
    let year: Int64 = total >= 0 ? total / 12 : (total - 11) / 12
    guard
      let result = Calendar.timestamp(
        days: Calendar.days(year: year, month: Int(total - year * 12) + 1, day: 1),
        microseconds: 0)
    else { throw ComputeError.overflow("Timestamp out of range in time_bucket") }
    return result
  }
}
