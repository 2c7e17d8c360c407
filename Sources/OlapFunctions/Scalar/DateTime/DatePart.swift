import OlapColumns

/// A part of a date, time, timestamp or interval, under all the names users give it.
enum DatePart: String, CaseIterable, Sendable {
  case era, millennium, century, decade, year, quarter, month, week, day
  case hour, minute, second, millisecond, microsecond, nanosecond
  case dayOfWeek, isoDayOfWeek, dayOfYear, isoYear, yearWeek, epoch, julian
  case timezone, timezoneHour, timezoneMinute

  /// The part of a name, abbreviations and plurals included; nil when unknown.
  init?(name: String) {
    guard let part = DatePart.names[name.lowercased()] else { return nil }
    self = part
  }

  /// - Throws: naming the parts there are.
  static func require(_ name: String) throws -> DatePart {
    if let part = DatePart(name: name) { return part }
    throw ComputeError.invalid(
      "extract specifier \"\(name)\" not recognized: use year, quarter, month, week, day, hour, "
        + "minute, second, millisecond, microsecond, dow, isodow, doy, epoch, …")
  }

  private static let names: [String: DatePart] = [
    "era": .era, "millennium": .millennium, "mil": .millennium, "millennia": .millennium,
    "millenniums": .millennium, "millenium": .millennium,
    "century": .century, "cent": .century, "c": .century, "centuries": .century,
    "decade": .decade, "dec": .decade, "decs": .decade, "decades": .decade,
    "year": .year, "y": .year, "yr": .year, "yrs": .year, "years": .year, "yy": .year,
    "yyyy": .year,
    "quarter": .quarter, "quarters": .quarter, "q": .quarter, "qtr": .quarter, "qtrs": .quarter,
    "month": .month, "mon": .month, "mons": .month, "months": .month, "mm": .month,
    "week": .week, "w": .week, "weeks": .week, "weekofyear": .week, "week_of_year": .week,
    "isoweek": .week, "wk": .week, "ww": .week,
    "day": .day, "d": .day, "days": .day, "dayofmonth": .day, "dd": .day,
    "hour": .hour, "h": .hour, "hr": .hour, "hrs": .hour, "hours": .hour, "hh": .hour,
    "minute": .minute, "m": .minute, "min": .minute, "mins": .minute, "minutes": .minute,
    "mi": .minute,
    "second": .second, "s": .second, "sec": .second, "secs": .second, "seconds": .second,
    "ss": .second,
    "millisecond": .millisecond, "ms": .millisecond, "msec": .millisecond,
    "msecs": .millisecond, "milliseconds": .millisecond,
    "microsecond": .microsecond, "us": .microsecond, "usec": .microsecond,
    "usecs": .microsecond, "microseconds": .microsecond,
    "nanosecond": .nanosecond, "ns": .nanosecond, "nanoseconds": .nanosecond,
    "dow": .dayOfWeek, "dayofweek": .dayOfWeek, "weekday": .dayOfWeek, "dw": .dayOfWeek,
    "isodow": .isoDayOfWeek, "dayofweekiso": .isoDayOfWeek, "dayofweek_iso": .isoDayOfWeek,
    "doy": .dayOfYear, "dayofyear": .dayOfYear, "dy": .dayOfYear,
    "isoyear": .isoYear, "yearofweek": .isoYear, "yearweek": .yearWeek,
    "epoch": .epoch, "epoch_second": .epoch, "julian": .julian,
    "timezone": .timezone, "timezone_hour": .timezoneHour, "timezone_minute": .timezoneMinute,
  ]

  /// Whether dates (not only times) have the part.
  var isOfDate: Bool {
    switch self {
    case .hour, .minute, .second, .millisecond, .microsecond, .nanosecond: false
    default: true
    }
  }

  /// The part of a finite day.
  func value(days: Int64) -> Int64 {
    switch self {
    case .era: return Calendar.civil(fromDays: days).year > 0 ? 1 : 0
    case .millennium: return DatePart.block(Calendar.civil(fromDays: days).year, 1000)
    case .century: return DatePart.block(Calendar.civil(fromDays: days).year, 100)
    case .decade:
      let year: Int64 = Calendar.civil(fromDays: days).year
      return year >= 0 ? year / 10 : (year - 9) / 10
    case .year: return Calendar.civil(fromDays: days).year
    case .quarter: return Int64((Calendar.civil(fromDays: days).month - 1) / 3 + 1)
    case .month: return Int64(Calendar.civil(fromDays: days).month)
    case .week: return Int64(Calendar.isoWeek(fromDays: days).week)
    case .day: return Int64(Calendar.civil(fromDays: days).day)
    case .dayOfWeek: return Int64(Calendar.dayOfWeek(fromDays: days))
    case .isoDayOfWeek: return Int64((Calendar.dayOfWeek(fromDays: days) + 6) % 7 + 1)
    case .dayOfYear: return Int64(Calendar.dayOfYear(fromDays: days))
    case .isoYear: return Calendar.isoWeek(fromDays: days).year
    case .yearWeek:
      let (year, week) = Calendar.isoWeek(fromDays: days)
      return year * 100 + (year > 0 ? Int64(week) : -Int64(week))
    case .epoch: return days * 86_400
    case .julian: return days + 2_440_588
    default: return 0
    }
  }

  /// Years to centuries or millennia: 2000 → 20, 2001 → 21.
  private static func block(_ year: Int64, _ size: Int64) -> Int64 {
    year > 0 ? (year - 1) / size + 1 : year / size - 1
  }

  /// The part of a time of day in microseconds.
  func value(microseconds: Int64) -> Int64 {
    switch self {
    case .hour: microseconds / Calendar.microsecondsPerHour
    case .minute: microseconds / Calendar.microsecondsPerMinute % 60
    case .second: microseconds / 1_000_000 % 60
    case .millisecond: microseconds / 1000 % 60_000
    case .microsecond: microseconds % 60_000_000
    case .nanosecond: microseconds % 60_000_000 * 1000
    default: 0
    }
  }

  /// The part of a finite timestamp.
  func value(timestamp: Int64) -> Int64 {
    let (days, rest) = Calendar.split(timestamp: timestamp)
    return isOfDate ? value(days: days) : value(microseconds: rest)
  }

  /// The part of an interval: years and months from months, and so on.
  func value(interval: Interval) -> Int64 {
    let months = Int64(interval.months)
    switch self {
    case .millennium: return months / 12_000
    case .century: return months / 1200
    case .decade: return months / 120
    case .year: return months / 12
    case .quarter: return months % 12 / 3 + 1
    case .month: return months % 12
    case .week: return Int64(interval.days) / 7
    case .day: return Int64(interval.days)
    default: return value(microseconds: interval.microseconds)
    }
  }
}
