/// A POSIX TZ rule such as `EET-2EEST,M3.5.0/3,M10.5.0/4`: what holds after a zone file's last
/// entry.
struct PosixTimeZoneRule: Sendable {
  /// When daylight time begins or ends: a day of the year and a second of that day, local time.
  enum Day: Sendable {
    /// Week 1…5 (5 = last) of a month, weekday Sunday = 0.
    case month(Int, week: Int, weekday: Int)
    /// 1…365, February 29 never counted.
    case julian(Int)
    /// 0…365, February 29 counted.
    case zeroBased(Int)
  }

  private let standardOffset: Int
  private let standardName: String
  private let daylightOffset: Int
  private let daylightName: String
  private let start: (day: Day, second: Int)?
  private let end: (day: Day, second: Int)?

  var isUTC: Bool { standardOffset == 0 && start == nil }

  init?(_ bytes: [UInt8]) {
    var parser = RuleParser(bytes)
    guard let name = parser.name(), let offset = parser.time() else { return nil }
    standardName = name
    standardOffset = -offset
    guard !parser.isAtEnd else {
      daylightOffset = standardOffset
      daylightName = name
      start = nil
      end = nil
      return
    }
    guard let summer = parser.name() else { return nil }
    daylightName = summer
    daylightOffset = parser.peek == 0x2c ? standardOffset + 3600 : -(parser.time() ?? -3600)
    guard parser.accept(0x2c), let first = parser.day(), parser.accept(0x2c),
      let second = parser.day(), parser.isAtEnd
    else { return nil }
    start = first
    end = second
  }

  private func isDaylight(atSeconds seconds: Int64) -> Bool {
    guard let start, let end else { return false }
    let local: Int64 = seconds + Int64(standardOffset)
    let year: Int64 = Calendar.civil(fromDays: floorDivide(local, 86_400)).year
    // Start is told in standard time, end in daylight time.
    let from: Int64 = moment(start, year) - Int64(standardOffset)
    let to: Int64 = moment(end, year) - Int64(daylightOffset)
    return from < to ? seconds >= from && seconds < to : !(seconds >= to && seconds < from)
  }

  func offset(atSeconds seconds: Int64) -> Int {
    isDaylight(atSeconds: seconds) ? daylightOffset : standardOffset
  }

  func abbreviation(atSeconds seconds: Int64) -> String {
    isDaylight(atSeconds: seconds) ? daylightName : standardName
  }

  /// Local seconds since 1970 of a rule's moment in a year.
  private func moment(_ rule: (day: Day, second: Int), _ year: Int64) -> Int64 {
    let first: Int64 = Calendar.days(year: year, month: 1, day: 1)
    var day: Int64
    switch rule.day {
    case .julian(let n):
      day = first + Int64(n) - 1
      if Calendar.isLeap(year) && n >= 60 { day += 1 }
    case .zeroBased(let n): day = first + Int64(n)
    case .month(let month, let week, let weekday):
      day = Calendar.days(year: year, month: month, day: 1)
      let shift: Int = (weekday - Calendar.dayOfWeek(fromDays: day) + 7) % 7
      var inMonth: Int = shift + (week - 1) * 7
      while inMonth >= Calendar.daysInMonth(year: year, month: month) { inMonth -= 7 }
      day += Int64(inMonth)
    }
    return day * 86_400 + Int64(rule.second)
  }
}

/// Reads the parts of a POSIX TZ rule.
private struct RuleParser {
  private let bytes: [UInt8]
  private var i = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { i >= bytes.count }
  var peek: UInt8? { i < bytes.count ? bytes[i] : nil }

  mutating func accept(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    i += 1
    return true
  }

  /// Letters, or anything between angle brackets.
  mutating func name() -> String? {
    if accept(0x3c) {
      let start: Int = i
      while let byte = peek, byte != 0x3e {
        _ = byte
        i += 1
      }
      let text = String(decoding: bytes[start..<i], as: UTF8.self)
      return accept(0x3e) ? text : nil
    }
    let start: Int = i
    while let byte = peek, (byte | 0x20) >= 0x61, (byte | 0x20) <= 0x7a { i += 1 }
    return i - start >= 3 ? String(decoding: bytes[start..<i], as: UTF8.self) : nil
  }

  mutating func number() -> Int? {
    let start: Int = i
    var value = 0
    while let byte = peek, byte >= 0x30, byte <= 0x39, i - start < 6 {
      value = value * 10 + Int(byte - 0x30)
      i += 1
    }
    return i > start ? value : nil
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  mutating func time() -> Int? {
    let isNegative: Bool = peek == 0x2d
    if peek == 0x2d || peek == 0x2b { i += 1 }
    guard let hours = number() else { return nil }
    var seconds: Int = hours * 3600
    if accept(0x3a) {
      guard let minutes = number() else { return nil }
      seconds += minutes * 60
      if accept(0x3a) {
        guard let rest = number() else { return nil }
        seconds += rest
      }
    }
    return isNegative ? -seconds : seconds
  }

  mutating func day() -> (day: PosixTimeZoneRule.Day, second: Int)? {
    let day: PosixTimeZoneRule.Day
    if accept(0x4d) {
      guard let month = number(), accept(0x2e), let week = number(), accept(0x2e),
        let weekday = number(), month >= 1, month <= 12, week >= 1, week <= 5, weekday <= 6
      else { return nil }
      day = .month(month, week: week, weekday: weekday)
    } else if accept(0x4a) {
      guard let n = number(), n >= 1, n <= 365 else { return nil }
      day = .julian(n)
    } else {
      guard let n = number(), n <= 365 else { return nil }
      day = .zeroBased(n)
    }
    var second = 7200
    if accept(0x2f) {
      guard let time = time() else { return nil }
      second = time
    }
    return (day, second)
  }
}
