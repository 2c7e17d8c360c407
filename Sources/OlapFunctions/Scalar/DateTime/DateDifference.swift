import OlapColumns

extension ScalarFunction {
  static let dateDiff = ScalarFunction(
    "date_diff", aliases: ["datediff", "timestampdiff", "timediff"],
    summary:
      "Boundaries of a part between two dates: datediff('day', a, b); two dates alone give days a - b.",
    example: ("date_diff('month', DATE '1992-09-15', DATE '1992-11-14')", "2"),
    overloads: Difference.overloads(countsBoundaries: true) + [
      .binary(.date, .date, to: .bigint) { (a: Int32, b: Int32) in Int64(a) - Int64(b) }
    ])
  static let dateSub = ScalarFunction(
    "date_sub", aliases: ["datesub"],
    summary: "Whole parts between two dates: date_sub('month', a, b); a date minus an interval.",
    example: ("date_sub('month', DATE '1992-09-15', DATE '1992-11-14')", "1"),
    overloads: Difference.overloads(countsBoundaries: false) + [
      .binary(.date, .interval, to: .timestamp) { (a: Int32, b: Interval) in
        try DateArithmetic.moveDate(a, DateArithmetic.negate(b))
      },
      .binary(.timestamp, .interval, to: .timestamp) { (a: Int64, b: Interval) in
        try DateArithmetic.move(a, DateArithmetic.negate(b))
      },
    ])
  /// Snowflake and SQL Server: dateadd('day', 3, d); MySQL and DuckDB: date_add(d, INTERVAL …).
  static let dateAdd = ScalarFunction(
    "date_add", aliases: ["dateadd", "timestampadd"],
    summary: "A date moved by an interval, or by n parts: dateadd('day', 3, d).",
    example: ("date_add(DATE '1992-09-15', INTERVAL 2 DAY)", "1992-09-17 00:00:00"),
    overloads: [
      .binary(.date, .interval, to: .timestamp) { (a: Int32, b: Interval) in
        try DateArithmetic.moveDate(a, b)
      },
      .binary(.timestamp, .interval, to: .timestamp) { (a: Int64, b: Interval) in
        try DateArithmetic.move(a, b)
      },
      DateArithmetic.zonedAddition,
      .binary(.date, .integer, to: .date) { (a: Int32, n: Int32) in
        try DateArithmetic.moveDate(a, Int64(n))
      },
      Difference.addToDate,
      .ternary(.varchar, .bigint, .timestamp, to: .timestamp) {
        (name: StringView, n: Int64, a: Int64) in
        try DateArithmetic.move(a, Difference.interval(.require(name.string), n))
      },
    ])
  static let addMonths = ScalarFunction(
    "add_months", summary: "A date moved by whole months.",
    example: ("add_months(DATE '2024-01-31', 1)", "2024-02-29"),
    overloads: [
      .binary(.date, .integer, to: .date) { (a: Int32, n: Int32) in
        guard Calendar.isFinite(date: a) else { return a }
        guard let days = Calendar.addMonths(Int64(n), toDays: Int64(a)) else {
          throw ComputeError.overflow("Date out of range in add_months")
        }
        return Int32(days)
      }
    ])
  static let age = ScalarFunction(
    "age", summary: "Years, months, days and time between two timestamps, or to today.",
    example: ("age(TIMESTAMP '2001-04-10', TIMESTAMP '1992-09-20')", "8 years 6 months 20 days"),
    overloads: [
      .binary(.timestamp, .timestamp, to: .interval) { (a: Int64, b: Int64) in
        try Difference.age(a, b)
      },
      .fixed([.timestampTZ, .timestampTZ], to: .interval) { arguments, count, context in
        let zone: TimeZone = try .require(context.timeZoneName)
        return try ScalarLift.binary(.interval) { (a: Int64, b: Int64) -> Interval? in
          try Difference.age(zone.local(fromUTC: a), zone.local(fromUTC: b))
        }(arguments, count, context)
      },
      .fixed([.timestampTZ], to: .interval) { arguments, count, context in
        let zone: TimeZone = try .require(context.timeZoneName)
        let (days, _) = Calendar.split(timestamp: zone.local(fromUTC: context.now))
        let today: Int64 = days * Calendar.microsecondsPerDay
        return try ScalarLift.unary(.interval) { (a: Int64) -> Interval? in
          try Difference.age(today, zone.local(fromUTC: a))
        }(arguments, count, context)
      },
      .fixed([.timestamp], to: .interval) { arguments, count, context in
        let (days, _) = Calendar.split(timestamp: context.now)
        let today: Int64 = days * Calendar.microsecondsPerDay
        return try ScalarLift.unary(.interval) { (a: Int64) -> Interval? in
          try Difference.age(today, a)
        }(arguments, count, context)
      },
    ])
}

enum Difference {
  static func overloads(countsBoundaries: Bool) -> [ScalarOverload] {
    [
      .ternary(.varchar, .date, .date, to: .bigint) {
        (name: StringView, a: Int32, b: Int32) -> Int64? in
        guard Calendar.isFinite(date: a), Calendar.isFinite(date: b) else { return nil }
        return try between(
          .require(name.string), DateArithmetic.timestamp(a), DateArithmetic.timestamp(b),
          countsBoundaries)
      },
      .ternary(.varchar, .timestamp, .timestamp, to: .bigint) {
        (name: StringView, a: Int64, b: Int64) -> Int64? in
        guard Calendar.isFinite(timestamp: a), Calendar.isFinite(timestamp: b) else { return nil }
        return try between(.require(name.string), a, b, countsBoundaries)
      },
      .fixed([.varchar, .timestampTZ, .timestampTZ], to: .bigint) { arguments, count, context in
        let zone: TimeZone = try .require(context.timeZoneName)
        return try ScalarLift.ternary(.bigint) {
          (name: StringView, a: Int64, b: Int64) -> Int64? in
          guard Calendar.isFinite(timestamp: a), Calendar.isFinite(timestamp: b)
          else { return nil }
          return try between(.require(name.string), a, b, in: zone, countsBoundaries)
        }(arguments, count, context)
      },
      .ternary(.varchar, .time, .time, to: .bigint) {
        (name: StringView, a: Int64, b: Int64) -> Int64? in
        try between(.require(name.string), a, b, countsBoundaries)
      },
    ]
  }

  /// dateadd(part, n, date): a DATE for parts of at least a day.
  static let addToDate = ScalarOverload([.exact(.varchar), .exact(.bigint), .exact(.date)]) {
    types, constants in
    if case .varchar(let name)? = constants[0], try !DatePart.require(name).isOfDate {
      return BoundScalar(
        argumentTypes: [.varchar, .bigint, .timestamp], returnType: .timestamp,
        kernel: ScalarLift.ternary(.timestamp) {
          (name: StringView, n: Int64, a: Int64) -> Int64? in
          try DateArithmetic.move(a, interval(.require(name.string), n))
        })
    }
    return BoundScalar(
      argumentTypes: types, returnType: .date,
      kernel: ScalarLift.ternary(.date) { (name: StringView, n: Int64, a: Int32) -> Int32? in
        guard Calendar.isFinite(date: a) else { return a }
        let moved: Int64 = try DateArithmetic.moveDate(a, interval(.require(name.string), n))
        return Int32(truncatingIfNeeded: Calendar.split(timestamp: moved).days)
      })
  }

  static func interval(_ part: DatePart, _ n: Int64) throws -> Interval {
    let unit: Interval
    switch part {
    case .millennium: unit = Interval(months: 12_000, days: 0, microseconds: 0)
    case .century: unit = Interval(months: 1200, days: 0, microseconds: 0)
    case .decade: unit = Interval(months: 120, days: 0, microseconds: 0)
    case .year, .isoYear: unit = Interval(months: 12, days: 0, microseconds: 0)
    case .quarter: unit = Interval(months: 3, days: 0, microseconds: 0)
    case .month: unit = Interval(months: 1, days: 0, microseconds: 0)
    case .week: unit = Interval(months: 0, days: 7, microseconds: 0)
    case .hour: unit = Interval(months: 0, days: 0, microseconds: 3_600_000_000)
    case .minute: unit = Interval(months: 0, days: 0, microseconds: 60_000_000)
    case .second, .epoch: unit = Interval(months: 0, days: 0, microseconds: 1_000_000)
    case .millisecond: unit = Interval(months: 0, days: 0, microseconds: 1000)
    case .microsecond: unit = Interval(months: 0, days: 0, microseconds: 1)
    default: unit = Interval(months: 0, days: 1, microseconds: 0)
    }
    return try DateArithmetic.times(unit, n)
  }

  /// Boundaries crossed from a to b, or whole parts that fit between them.
  static func between(
    _ part: DatePart, _ a: Int64, _ b: Int64, _ countsBoundaries: Bool
  ) throws -> Int64 {
    if !countsBoundaries { return whole(part, a, b) }
    let (dayA, restA) = Calendar.split(timestamp: a)
    let (dayB, restB) = Calendar.split(timestamp: b)
    switch part {
    // Weeks are not anchored to Mondays: seven days make one.
    case .week, .yearWeek: return (dayB - dayA) / 7
    case .month, .quarter:
      let x = Calendar.civil(fromDays: dayA)
      let y = Calendar.civil(fromDays: dayB)
      if part == .month { return (y.year - x.year) * 12 + Int64(y.month - x.month) }
      return (y.year - x.year) * 4 + Int64((y.month - 1) / 3 - (x.month - 1) / 3)
    case .year, .isoYear, .decade, .century, .millennium:
      return part.value(days: dayB) - part.value(days: dayA)
    case .hour, .minute, .second, .epoch, .millisecond, .microsecond, .nanosecond:
      let unit: Int64 = size(part)
      let days: Int128 = Int128(dayB - dayA) * Int128(Calendar.microsecondsPerDay / unit)
      let result: Int128 = days + Int128(restB / unit) - Int128(restA / unit)
      return try narrowed(part == .nanosecond ? result * 1000 : result)
    default: return dayB - dayA
    }
  }

  /// Between two moments: days and longer parts by the calendar of `zone`, shorter ones as they
  /// pass.
  private static func between(
    _ part: DatePart, _ a: Int64, _ b: Int64, in zone: TimeZone, _ countsBoundaries: Bool
  ) throws -> Int64 {
    switch part {
    case .hour, .minute, .second, .epoch, .millisecond, .microsecond, .nanosecond:
      // Hours begin where the clock on the wall says, also where it is half an hour beside UTC.
      let unit: Int64 = size(part)
      guard countsBoundaries, part == .hour || part == .minute else {
        return try between(part, a, b, countsBoundaries)
      }
      let starts: [Int64] = [a, b].map { moment in
        let rest: Int64 = zone.local(fromUTC: moment) % unit
        return moment - (rest < 0 ? rest + unit : rest)
      }
      return (starts[1] - starts[0]) / unit
    case .day where !countsBoundaries, .week where !countsBoundaries:
      let span: Interval = try DateArithmetic.between(b, a, in: zone)
      return Int64(span.days) / (part == .week ? 7 : 1)
    default:
      return try between(
        part, zone.local(fromUTC: a), zone.local(fromUTC: b), countsBoundaries)
    }
  }

  private static func narrowed(_ value: Int128) throws -> Int64 {
    guard let result = Int64(exactly: value) else {
      throw ComputeError.overflow("Difference of the dates does not fit BIGINT")
    }
    return result
  }

  private static func size(_ part: DatePart) -> Int64 {
    switch part {
    case .hour: Calendar.microsecondsPerHour
    case .minute: Calendar.microsecondsPerMinute
    case .second, .epoch: 1_000_000
    case .millisecond: 1000
    case .week: 7 * Calendar.microsecondsPerDay
    case .microsecond, .nanosecond: 1
    default: Calendar.microsecondsPerDay
    }
  }

  private static func whole(_ part: DatePart, _ a: Int64, _ b: Int64) -> Int64 {
    let months: Int64?
    switch part {
    case .month: months = 1
    case .quarter: months = 3
    case .year, .isoYear: months = 12
    case .decade: months = 120
    case .century: months = 1200
    case .millennium: months = 12_000
    default: months = nil
    }
    if let months { return wholeMonths(a, b) / months }
    let difference: Int128 = Int128(b) - Int128(a)
    let result: Int128 = difference / Int128(size(part)) * (part == .nanosecond ? 1000 : 1)
    return Int64(truncatingIfNeeded: result)
  }

  private static func wholeMonths(_ a: Int64, _ b: Int64) -> Int64 {
    if a > b { return -wholeMonths(b, a) }
    let (dayA, restA) = Calendar.split(timestamp: a)
    let (dayB, restB) = Calendar.split(timestamp: b)
    let x = Calendar.civil(fromDays: dayA)
    let y = Calendar.civil(fromDays: dayB)
    var months: Int64 = (y.year - x.year) * 12 + Int64(y.month - x.month)
    if let moved = Calendar.addMonths(months, toDays: dayA), (moved, restA) > (dayB, restB) {
      months -= 1
    }
    return months
  }

  /// The symbolic difference of Postgres: years, months and days as a calendar counts them.
  static func age(_ a: Int64, _ b: Int64) throws -> Interval? {
    guard Calendar.isFinite(timestamp: a), Calendar.isFinite(timestamp: b) else { return nil }
    if a < b { return try age(b, a).map { try DateArithmetic.negate($0) } }
    let (dayA, restA) = Calendar.split(timestamp: a)
    let (dayB, restB) = Calendar.split(timestamp: b)
    let x = Calendar.civil(fromDays: dayA)
    let y = Calendar.civil(fromDays: dayB)
    var months: Int64 = (x.year - y.year) * 12 + Int64(x.month - y.month)
    var days = Int64(x.day - y.day)
    var rest: Int64 = restA - restB
    if rest < 0 {
      rest += Calendar.microsecondsPerDay
      days -= 1
    }
    if days < 0 {
      days += Int64(Calendar.daysInMonth(year: y.year, month: y.month))
      months -= 1
    }
    return Interval(
      months: Int32(truncatingIfNeeded: months), days: Int32(truncatingIfNeeded: days),
      microseconds: rest)
  }
}
