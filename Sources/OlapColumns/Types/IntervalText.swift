/// Text of intervals as DuckDB reads and prints them.
package enum IntervalText {
  /// `1 year 2 months 3 days 04:05:06.5`; `00:00:00` for nothing.
  package static func text(_ value: Interval) -> String {
    var parts: [String] = []
    append(Int64(value.months / 12), "year", to: &parts)
    append(Int64(value.months % 12), "month", to: &parts)
    append(Int64(value.days), "day", to: &parts)
    if value.microseconds != 0 || parts.isEmpty { parts.append(clock(value.microseconds)) }
    return parts.joined(separator: " ")
  }

  private static func append(_ count: Int64, _ unit: String, to parts: inout [String]) {
    if count != 0 { parts.append("\(count) \(unit)" + (count == 1 || count == -1 ? "" : "s")) }
  }

  private static func clock(_ microseconds: Int64) -> String {
    let magnitude: UInt64 = microseconds.magnitude
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { memory in
      guard let out = memory.baseAddress else { return "" }
      var n = 0
      if microseconds < 0 {
        out[0] = 0x2d
        n = 1
      }
      let seconds: UInt64 = magnitude / 1_000_000
      for part in [seconds / 3600, seconds / 60 % 60, seconds % 60] {
        if n > 1 {
          out[n] = 0x3a
          n += 1
        }
        n += DateTimeFormatter.write(padded: part, width: 2, out + n)
      }
      n += DateTimeFormatter.write(fraction: Int64(magnitude % 1_000_000), out + n)
      return String(decoding: UnsafeBufferPointer(start: out, count: n), as: UTF8.self)
    }
  }

  /// Reads `1 year 2 days 03:04:05`, `7 DAY`, `1.5 hours ago`, `-1 month`, `P1Y2M3DT4H5M6.5S`.
  package static func parse(_ bytes: UnsafeRawBufferPointer) -> Interval? {
    var cursor = ByteCursor(trimmed(bytes))
    if cursor.accept(0x40) { cursor.skipBlanks() }
    if cursor.isAtEnd { return nil }
    if cursor.acceptAny(0x50, 0x70) { return iso(&cursor) }
    var sum = IntervalSum()
    var hasAny = false
    while true {
      cursor.skipBlanks()
      if cursor.isAtEnd { break }
      if hasAny && cursor.acceptWord("ago") {
        guard cursor.isAtEnd else { return nil }
        return sum.result(negated: true)
      }
      guard item(&cursor, &sum) else { return nil }
      hasAny = true
    }
    return hasAny ? sum.result(negated: false) : nil
  }

  /// As `parse`, of a string.
  package static func parse(_ text: String) -> Interval? {
    var copy = text
    return copy.withUTF8 { parse(UnsafeRawBufferPointer($0)) }
  }

  /// An interval of `amount` units named as in SQL (`day`, `MONTHS`, `quarter`, `ms`); nil when the
  /// unit is unknown or the result out of range.
  package static func interval(_ amount: Int64, unit: String) -> Interval? {
    var sum = IntervalSum()
    guard let unit = IntervalUnit(unit), sum.add(Int128(amount) * 1_000_000, unit) else {
      return nil
    }
    return sum.result(negated: false)
  }

  /// One `number unit` or `[-]HH:MM[:SS[.f]]`.
  private static func item(_ cursor: inout ByteCursor, _ sum: inout IntervalSum) -> Bool {
    guard let number = cursor.signedMillionths() else { return false }
    if cursor.accept(0x3a) {
      guard number.isWhole, let minutes = cursor.digits(2), minutes < 60 else { return false }
      var microseconds: Int128 = Int128(minutes) * 60_000_000
      if cursor.accept(0x3a) {
        guard let seconds = cursor.digits(2), seconds < 60 else { return false }
        microseconds += Int128(seconds) * 1_000_000
        if cursor.accept(0x2e) { microseconds += Int128(cursor.fraction()) }
      }
      let hours: Int128 = number.magnitude * 3600
      let total: Int128 = hours + microseconds
      sum.microseconds += number.isNegative ? -total : total
      return true
    }
    cursor.skipBlanks()
    let millionths: Int128 = number.isNegative ? -number.magnitude : number.magnitude
    guard let word = cursor.letters() else {
      // A bare number counts seconds.
      guard cursor.isAtEnd else { return false }
      return sum.add(millionths, .second)
    }
    guard let unit = IntervalUnit(word) else { return false }
    return sum.add(millionths, unit)
  }

  private static func iso(_ cursor: inout ByteCursor) -> Interval? {
    var sum = IntervalSum()
    var isTime = false
    var hasAny = false
    while !cursor.isAtEnd {
      if !isTime && cursor.acceptAny(0x54, 0x74) {
        isTime = true
        continue
      }
      guard let number = cursor.signedMillionths(), let word = cursor.oneLetter() else {
        return nil
      }
      let unit: IntervalUnit
      switch (word, isTime) {
      case (0x59, false): unit = .year
      case (0x4d, false): unit = .month
      case (0x57, false): unit = .week
      case (0x44, false): unit = .day
      case (0x48, true): unit = .hour
      case (0x4d, true): unit = .minute
      case (0x53, true): unit = .second
      default: return nil
      }
      guard sum.add(number.isNegative ? -number.magnitude : number.magnitude, unit)
      else { return nil }
      hasAny = true
    }
    return hasAny ? sum.result(negated: false) : nil
  }
}

/// The units of intervals and their share of months, days or microseconds.
package enum IntervalUnit: Sendable {
  case microsecond, millisecond, second, minute, hour, day, week, month, quarter, year, decade
  case century, millennium

  /// Any spelling DuckDB knows, any case.
  package init?(_ name: String) {
    switch name.lowercased() {
    case "microsecond", "microseconds", "us", "usec", "usecs", "usecond", "useconds":
      self = .microsecond
    case "millisecond", "milliseconds", "ms", "msec", "msecs", "msecond", "mseconds":
      self = .millisecond
    case "second", "seconds", "sec", "secs", "s": self = .second
    case "minute", "minutes", "min", "mins", "m": self = .minute
    case "hour", "hours", "hr", "hrs", "h": self = .hour
    case "day", "days", "d", "dayofmonth": self = .day
    case "week", "weeks", "w": self = .week
    case "month", "months", "mon", "mons": self = .month
    case "quarter", "quarters": self = .quarter
    case "year", "years", "yr", "yrs", "y": self = .year
    case "decade", "decades", "dec", "decs": self = .decade
    case "century", "centuries", "cent", "c": self = .century
    case "millennium", "millennia", "millenia", "mil", "mils": self = .millennium
    default: return nil
    }
  }
}

/// Adds up interval parts in wide integers; range is checked once at the end.
private struct IntervalSum {
  var months: Int128 = 0
  var days: Int128 = 0
  var microseconds: Int128 = 0

  /// Adds `millionths` / 1,000,000 units; fractions of months and days go down to days and time.
  mutating func add(_ millionths: Int128, _ unit: IntervalUnit) -> Bool {
    switch unit {
    case .microsecond: microseconds += millionths / 1_000_000
    case .millisecond: microseconds += millionths / 1000
    case .second: microseconds += millionths
    case .minute: microseconds += millionths * 60
    case .hour: microseconds += millionths * 3600
    case .day: addDays(millionths)
    case .week: addDays(millionths * 7)
    case .month: addMonths(millionths)
    case .quarter: addMonths(millionths * 3)
    case .year: addMonths(millionths * 12, yearly: true)
    case .decade: addMonths(millionths * 120, yearly: true)
    case .century: addMonths(millionths * 1200, yearly: true)
    case .millennium: addMonths(millionths * 12_000, yearly: true)
    }
    return true
  }

  private mutating func addDays(_ millionths: Int128) {
    days += millionths / 1_000_000
    microseconds += millionths % 1_000_000 * 86_400
  }

  private mutating func addMonths(_ millionths: Int128, yearly: Bool = false) {
    months += millionths / 1_000_000
    if !yearly { addDays(millionths % 1_000_000 * 30) }
  }

  func result(negated: Bool) -> Interval? {
    let sign: Int128 = negated ? -1 : 1
    guard let months = Int32(exactly: months * sign), let days = Int32(exactly: days * sign),
      let microseconds = Int64(exactly: microseconds * sign)
    else { return nil }
    return Interval(months: months, days: days, microseconds: microseconds)
  }
}

extension ByteCursor {
  /// A decimal number as sign and magnitude in millionths.
  mutating func signedMillionths() -> (isNegative: Bool, magnitude: Int128, isWhole: Bool)? {
    let isNegative: Bool = accept(0x2d)
    if !isNegative { _ = accept(0x2b) }
    let whole: Int64? = digits(18)
    if i < bytes.count, bytes[i] >= 0x30, bytes[i] <= 0x39 { return nil }
    var magnitude: Int128 = Int128(whole ?? 0) * 1_000_000
    var isWhole = true
    if accept(0x2e) {
      isWhole = false
      let start: Int = i
      magnitude += Int128(fraction())
      if whole == nil && i == start { return nil }
    } else if whole == nil {
      return nil
    }
    return (isNegative, magnitude, isWhole)
  }

  /// A run of letters.
  mutating func letters() -> String? {
    let start: Int = i
    while i < bytes.count, (bytes[i] | 0x20) >= 0x61, (bytes[i] | 0x20) <= 0x7a { i += 1 }
    return i > start ? String(decoding: bytes[start..<i], as: UTF8.self) : nil
  }

  /// One letter, upper-cased.
  mutating func oneLetter() -> UInt8? {
    guard i < bytes.count, (bytes[i] | 0x20) >= 0x61, (bytes[i] | 0x20) <= 0x7a else { return nil }
    i += 1
    return bytes[i - 1] & 0xdf
  }

  /// A whole word in any case.
  mutating func acceptWord(_ word: String) -> Bool {
    let mark: Int = i
    if letters()?.lowercased() == word { return true }
    i = mark
    return false
  }
}
