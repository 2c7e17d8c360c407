import OlapColumns

/// Arithmetic of dates, times, timestamps and intervals.
enum DateArithmetic {
  static let addition: [ScalarOverload] = [
    .binary(.date, .integer, to: .date) { (a: Int32, b: Int32) in try moveDate(a, Int64(b)) },
    .binary(.integer, .date, to: .date) { (b: Int32, a: Int32) in try moveDate(a, Int64(b)) },
    .binary(.date, .interval, to: .timestamp) { (a: Int32, b: Interval) in try moveDate(a, b) },
    .binary(.interval, .date, to: .timestamp) { (b: Interval, a: Int32) in try moveDate(a, b) },
    .binary(.timestamp, .interval, to: .timestamp) { (a: Int64, b: Interval) in try move(a, b) },
    .binary(.interval, .timestamp, to: .timestamp) { (b: Interval, a: Int64) in try move(a, b) },
    zonedAddition,
    .fixed([.interval, .timestampTZ], to: .timestampTZ, zoned(negated: false, swapped: true)),
    .binary(.time, .interval, to: .time) { (a: Int64, b: Interval) in
      wrapTime(a, b.microseconds)
    },
    .binary(.interval, .time, to: .time) { (b: Interval, a: Int64) in
      wrapTime(a, b.microseconds)
    },
    .binary(.interval, .interval, to: .interval) { (a: Interval, b: Interval) in
      try sum(a, b, negated: false)
    },
    .binary(.timeTZ, .interval, to: .timeTZ) { (a: Int64, b: Interval) in
      wrapZoned(a, b.microseconds)
    },
    .binary(.interval, .timeTZ, to: .timeTZ) { (b: Interval, a: Int64) in
      wrapZoned(a, b.microseconds)
    },
    .binary(.date, .timeTZ, to: .timestampTZ) { (a: Int32, b: Int64) in try combineZoned(a, b) },
    .binary(.timeTZ, .date, to: .timestampTZ) { (b: Int64, a: Int32) in try combineZoned(a, b) },
    .binary(.date, .time, to: .timestamp) { (a: Int32, b: Int64) in try combine(a, b) },
    .binary(.time, .date, to: .timestamp) { (b: Int64, a: Int32) in try combine(a, b) },
  ]

  static let subtraction: [ScalarOverload] = [
    .binary(.date, .date, to: .bigint) { (a: Int32, b: Int32) in Int64(a) - Int64(b) },
    .binary(.date, .integer, to: .date) { (a: Int32, b: Int32) in try moveDate(a, -Int64(b)) },
    .binary(.date, .interval, to: .timestamp) { (a: Int32, b: Interval) in
      try moveDate(a, negate(b))
    },
    .binary(.timestamp, .interval, to: .timestamp) { (a: Int64, b: Interval) in
      try move(a, negate(b))
    },
    .fixed([.timestampTZ, .interval], to: .timestampTZ, zoned(negated: true, swapped: false)),
    .binary(.timestamp, .timestamp, to: .interval) { (a: Int64, b: Int64) in try between(a, b) },
    .fixed([.timestampTZ, .timestampTZ], to: .interval) { arguments, count, context in
      let zone: TimeZone = try .require(context.timeZoneName)
      return try ScalarLift.binary(.interval) { (a: Int64, b: Int64) -> Interval? in
        try between(a, b, in: zone)
      }(arguments, count, context)
    },
    .binary(.time, .interval, to: .time) { (a: Int64, b: Interval) in
      wrapTime(a, 0 &- b.microseconds)
    },
    .binary(.timeTZ, .interval, to: .timeTZ) { (a: Int64, b: Interval) in
      wrapZoned(a, 0 &- b.microseconds)
    },
    .binary(.time, .time, to: .interval) { (a: Int64, b: Int64) in
      Interval(months: 0, days: 0, microseconds: a - b)
    },
    .binary(.interval, .interval, to: .interval) { (a: Interval, b: Interval) in
      try sum(a, b, negated: true)
    },
    negation,
  ]

  static let zonedAddition: ScalarOverload = .fixed(
    [.timestampTZ, .interval], to: .timestampTZ, zoned(negated: false, swapped: false))

  static let negation: ScalarOverload = .unary(.interval, to: .interval) { (a: Interval) in
    try negate(a)
  }

  static let multiplication: [ScalarOverload] = [
    .binary(.interval, .bigint, to: .interval) { (a: Interval, n: Int64) in try times(a, n) },
    .binary(.bigint, .interval, to: .interval) { (n: Int64, a: Interval) in try times(a, n) },
    .binary(.interval, .double, to: .interval) { (a: Interval, n: Double) in try scaled(a, n) },
    .binary(.double, .interval, to: .interval) { (n: Double, a: Interval) in try scaled(a, n) },
  ]

  static let division: [ScalarOverload] = [
    .binary(.interval, .double, to: .interval) { (a: Interval, n: Double) in
      if n == 0 { throw ComputeError(.divisionByZero, "Division of an interval by zero") }
      return try scaled(a) { $0 / n }
    }
  ]

  private static let outOfRange = "Date or timestamp out of range"

  static func moveDate(_ date: Int32, _ days: Int64) throws -> Int32 {
    if !Calendar.isFinite(date: date) { return date }
    guard let result = Int32(exactly: Int64(date) + days), Calendar.isFinite(date: result)
    else { throw ComputeError.overflow(outOfRange) }
    return result
  }

  static func moveDate(_ date: Int32, _ interval: Interval) throws -> Int64 {
    try move(timestamp(date), interval)
  }

  /// Midnight of a date; infinities stay.
  static func timestamp(_ date: Int32) throws -> Int64 {
    if date == Calendar.infinityDate { return Calendar.infinityTimestamp }
    if date == Calendar.negativeInfinityDate { return Calendar.negativeInfinityTimestamp }
    guard let result = Calendar.timestamp(days: Int64(date), microseconds: 0)
    else { throw ComputeError.overflow(outOfRange) }
    return result
  }

  static func move(_ timestamp: Int64, _ interval: Interval) throws -> Int64 {
    guard let result = Calendar.add(interval, toTimestamp: timestamp)
    else { throw ComputeError.overflow(outOfRange) }
    return result
  }

  static func combine(_ date: Int32, _ time: Int64) throws -> Int64 {
    let start: Int64 = try timestamp(date)
    if !Calendar.isFinite(timestamp: start) { return start }
    let (sum, overflow) = start.addingReportingOverflow(time)
    if overflow { throw ComputeError.overflow(outOfRange) }
    return sum
  }

  /// The time moved around the clock; the offset stays.
  static func wrapZoned(_ time: Int64, _ microseconds: Int64) -> Int64 {
    ZonedTime.pack(
      local: wrapTime(ZonedTime.local(time), microseconds), offset: ZonedTime.offset(time))
  }

  /// The moment of a day and a time with its offset.
  static func combineZoned(_ date: Int32, _ time: Int64) throws -> Int64? {
    let local: Int64 = try combine(date, ZonedTime.local(time))
    guard Calendar.isFinite(timestamp: local) else { return local }
    let (moment, overflow) = local.subtractingReportingOverflow(
      ZonedTime.offset(time) * 1_000_000)
    if overflow { throw ComputeError.overflow("Timestamp out of range") }
    return moment
  }

  static func wrapTime(_ time: Int64, _ microseconds: Int64) -> Int64 {
    let day: Int64 = Calendar.microsecondsPerDay
    let moved: Int64 = (time &+ microseconds % day) % day
    return moved < 0 ? moved + day : moved
  }

  static func negate(_ a: Interval) throws -> Interval {
    guard a.months != .min, a.days != .min, a.microseconds != .min
    else { throw ComputeError.overflow("Interval out of range") }
    return Interval(months: -a.months, days: -a.days, microseconds: -a.microseconds)
  }

  static func sum(_ a: Interval, _ b: Interval, negated: Bool) throws -> Interval {
    let other: Interval = negated ? try negate(b) : b
    let months = a.months.addingReportingOverflow(other.months)
    let days = a.days.addingReportingOverflow(other.days)
    let rest = a.microseconds.addingReportingOverflow(other.microseconds)
    if months.overflow || days.overflow || rest.overflow {
      throw ComputeError.overflow("Interval out of range")
    }
    return Interval(
      months: months.partialValue, days: days.partialValue, microseconds: rest.partialValue)
  }

  static func times(_ a: Interval, _ n: Int64) throws -> Interval {
    let months = Int64(a.months).multipliedReportingOverflow(by: n)
    let days = Int64(a.days).multipliedReportingOverflow(by: n)
    let rest = a.microseconds.multipliedReportingOverflow(by: n)
    guard !months.overflow, !days.overflow, !rest.overflow,
      let wholeMonths = Int32(exactly: months.partialValue),
      let wholeDays = Int32(exactly: days.partialValue)
    else { throw ComputeError.overflow("Interval out of range") }
    return Interval(months: wholeMonths, days: wholeDays, microseconds: rest.partialValue)
  }

  /// Fractions of months become days (30 a month), fractions of days microseconds; half a microsecond
  /// goes to the even one.
  static func scaled(_ a: Interval, _ n: Double) throws -> Interval {
    try scaled(a) { $0 * n }
  }

  private static func scaled(_ a: Interval, by change: (Double) -> Double) throws -> Interval {
    // Rounded to microseconds before anything is carried, so that a third of three days is a day.
    func rounded(_ value: Double) -> Double { (value * 1_000_000).rounded() / 1_000_000 }
    let months: Double = change(Double(a.months))
    let wholeMonths: Double = months.rounded(.towardZero)
    let days: Double = change(Double(a.days))
    let wholeDays: Double = days.rounded(.towardZero)
    let monthDays: Double = rounded((months - wholeMonths) * 30)
    let wholeMonthDays: Double = monthDays.rounded(.towardZero)
    let seconds: Double = rounded((days - wholeDays + monthDays - wholeMonthDays) * 86_400)
    let carried: Double = (seconds / 86_400).rounded(.towardZero)
    let rest: Double =
      change(Double(a.microseconds)) + (seconds - carried * 86_400) * 1_000_000
    guard let m = Int32(exactly: wholeMonths),
      let d = Int32(exactly: wholeDays + wholeMonthDays + carried),
      let r = Int64(exactly: rest.rounded(.toNearestOrEven))
    else { throw ComputeError.overflow("Interval out of range") }
    return Interval(months: m, days: d, microseconds: r)
  }

  /// The span between two timestamps in days and microseconds.
  static func between(_ a: Int64, _ b: Int64) throws -> Interval {
    guard Calendar.isFinite(timestamp: a), Calendar.isFinite(timestamp: b) else {
      throw ComputeError.invalid("Cannot subtract infinite timestamps")
    }
    let (difference, overflow) = a.subtractingReportingOverflow(b)
    if overflow { throw ComputeError.overflow(outOfRange) }
    let day: Int64 = Calendar.microsecondsPerDay
    return Interval(
      months: 0, days: Int32(truncatingIfNeeded: difference / day), microseconds: difference % day)
  }

  /// The span between two moments: days as the calendar of `zone` has them behind the earlier one,
  /// then what is left.
  static func between(_ a: Int64, _ b: Int64, in zone: TimeZone) throws -> Interval {
    guard Calendar.isFinite(timestamp: a), Calendar.isFinite(timestamp: b) else {
      throw ComputeError.invalid("Cannot subtract infinite timestamps")
    }
    if a < b { return try negate(between(b, a, in: zone)) }
    let day: Int64 = Calendar.microsecondsPerDay
    let (span, overflow) = zone.local(fromUTC: a).subtractingReportingOverflow(
      zone.local(fromUTC: b))
    if overflow { throw ComputeError.overflow(outOfRange) }
    var days = Int32(truncatingIfNeeded: span / day)
    while true {
      let reached: Int64 = try move(b, Interval(months: 0, days: days, microseconds: 0), in: zone)
      // A day too many where the clock was changed in between.
      if reached <= a { return Interval(months: 0, days: days, microseconds: a - reached) }
      days -= 1
    }
  }

  /// TIMESTAMPTZ moved by an interval: months and days in the session's local time.
  private static func zoned(negated: Bool, swapped: Bool) -> ScalarKernel {
    { arguments, count, context in
      let zone: TimeZone = try TimeZone.require(context.timeZoneName)
      return try ScalarLift.evaluate(arguments, count, .timestampTZ) { vectors, n in
        let moments = Cells<Int64>(vectors[swapped ? 1 : 0])
        let intervals = Cells<Interval>(vectors[swapped ? 0 : 1])
        return try ScalarLift.fill(.timestampTZ, vectors, n) { i -> Int64? in
          try move(
            moments[i], negated ? try negate(intervals[i]) : intervals[i], in: zone)
        }
      }
    }
  }

  /// A moment moved by an interval as a clock on the wall of `zone` moves: by months, days and then
  /// microseconds; these come first when a part of the interval is negative.
  static func move(_ moment: Int64, _ interval: Interval, in zone: TimeZone) throws -> Int64 {
    if !Calendar.isFinite(timestamp: moment) { return moment }
    if interval.months == 0 && interval.days == 0 { return try move(moment, interval) }
    let rest = Interval(months: 0, days: 0, microseconds: interval.microseconds)
    if interval.months < 0 || interval.days < 0 || interval.microseconds < 0 {
      let months: Int64 = try moveMonths(move(moment, rest), interval.months, in: zone)
      return try moveDays(months, interval.days, in: zone)
    }
    let months: Int64 = try moveMonths(moment, interval.months, in: zone)
    return try move(moveDays(months, interval.days, in: zone), rest)
  }

  private static func moveMonths(_ moment: Int64, _ months: Int32, in zone: TimeZone) throws
    -> Int64
  {
    if months == 0 { return moment }
    let span = Interval(months: months, days: 0, microseconds: 0)
    let local: Int64 = try move(zone.local(fromUTC: moment), span)
    guard let moved = zone.utc(fromLocal: local) else { throw ComputeError.overflow(outOfRange) }
    return moved
  }

  /// Days keep the time on the wall; of a time that comes twice it is the one with the offset that
  /// `moment` has.
  private static func moveDays(_ moment: Int64, _ days: Int32, in zone: TimeZone) throws -> Int64 {
    if days == 0 { return moment }
    let span = Interval(months: 0, days: days, microseconds: 0)
    let moved: Int64 = try move(moment, span)
    if zone.offset(atUTC: moved) == zone.offset(atUTC: moment) { return moved }
    let local: Int64 = try move(zone.local(fromUTC: moment), span)
    guard let result = zone.utc(fromLocal: local) else { throw ComputeError.overflow(outOfRange) }
    return result
  }
}
