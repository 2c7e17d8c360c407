internal import OlapColumns

/// Five fields of cron and a time zone: minute, hour, day of month, month, day of week.
///
/// Fields take `*`, numbers, names (`JAN`, `MON`), ranges, lists and steps. Days match when either day
/// field does, if both are restricted, as cron has always done. `@hourly`, `@daily`, `@weekly`,
/// `@monthly` and `@yearly` stand for their expressions.
///
/// When clocks go forward, times that do not exist are due at the first minute after the gap; when they
/// go back, a time that comes twice is due once. Expressions whose hour is `*` (or `*/n`) follow real
/// time instead: they are due in every hour that passes.
package struct CronExpression: Sendable, Hashable {
  package struct Failure: Error, Hashable {
    package let message: String
  }

  private let minutes: Set<Int>
  private let hours: Set<Int>
  private let days: Set<Int>
  private let months: Set<Int>
  private let weekdays: Set<Int>
  private let restrictsDays: Bool
  private let restrictsWeekdays: Bool
  /// The hour field starts with `*`.
  private let isPeriodic: Bool
  package let zoneName: String
  private let text: String

  /// As SCHEDULE takes it: `CRON 0 2 * * * Europe/Kyiv`; the word CRON and the zone may be left out.
  package init(schedule: String) throws(Failure) {
    var words = schedule.split { $0 == " " || $0 == "\t" }.map(String.init)
    if words.first?.uppercased() == "USING" { words.removeFirst() }
    if words.first?.uppercased() == "CRON" { words.removeFirst() }
    if let first = words.first, let fields = CronExpression.nicknames[first.lowercased()] {
      words = fields.split(separator: " ").map(String.init) + words.dropFirst()
    }
    guard words.count == 5 || words.count == 6 else {
      throw Failure(
        message: "a schedule has five fields and a time zone, such as 0 2 * * * Europe/Kyiv; "
          + "\"\(schedule)\" has \(words.count) words")
    }
    zoneName = words.count == 6 ? words[5] : "UTC"
    guard TimeZone.named(zoneName) != nil else {
      throw Failure(message: "unknown time zone \"\(zoneName)\"; use a name such as Europe/Kyiv")
    }
    minutes = try CronField.minute.parse(words[0])
    hours = try CronField.hour.parse(words[1])
    days = try CronField.day.parse(words[2])
    months = try CronField.month.parse(words[3])
    weekdays = try CronField.weekday.parse(words[4])
    restrictsDays = !words[2].hasPrefix("*") && words[2] != "?"
    restrictsWeekdays = !words[4].hasPrefix("*") && words[4] != "?"
    isPeriodic = words[1].hasPrefix("*")
    text = words.prefix(5).joined(separator: " ")
    guard hasPossibleDay else {
      throw Failure(message: "\"\(text)\" is never due: no such day in these months")
    }
  }

  private static let nicknames = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
  ]

  /// False for the likes of 30 February.
  private var hasPossibleDay: Bool {
    if restrictsWeekdays { return true }
    let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return months.contains { month in days.contains { $0 <= lengths[month - 1] } }
  }

  private func matches(day number: Int64) -> Bool {
    let date = Calendar.civil(fromDays: number)
    guard months.contains(date.month) else { return false }
    let matchesDay = days.contains(date.day)
    let weekday = Int((((number + 4) % 7) + 7) % 7)
    let matchesWeekday = weekdays.contains(weekday)
    return restrictsDays && restrictsWeekdays
      ? matchesDay || matchesWeekday : matchesDay && matchesWeekday
  }

  private func matches(localMinute: Int64) -> Bool {
    let day = CronExpression.floorDivide(localMinute, 1440)
    let minute = Int(localMinute - day * 1440)
    return minutes.contains(minute % 60) && hours.contains(minute / 60) && matches(day: day)
  }

  /// The first moment after `moment` at which the schedule is due. Seconds since 1970 UTC; nil when
  /// there is none in the next 30 years.
  package func next(after moment: Int64) -> Int64? {
    guard let zone = TimeZone.named(zoneName) else { return nil }
    func offset(_ minute: Int64) -> Int64 {
      Int64(zone.offset(atUTC: minute * 60_000_000)) / 60
    }
    var minute = CronExpression.floorDivide(moment, 60) + 1
    let end = minute + 30 * 366 * 1440
    while minute < end {
      let here = offset(minute)
      let before = offset(minute - 1)
      let local = minute + here
      if here == before {
        let skipped = minutesWithoutMatch(from: local)
        // Nothing is jumped over where the offset changes: there every minute is looked at.
        if skipped > 0, offset(minute + skipped) == here {
          minute += skipped
          continue
        }
      }
      if isDue(local, jump: here - before, minute: minute, offset: offset) { return minute * 60 }
      minute += 1
    }
    return nil
  }

  /// Minutes from a local minute on that cannot match; at most to the day's end.
  private func minutesWithoutMatch(from local: Int64) -> Int64 {
    let day = CronExpression.floorDivide(local, 1440)
    let minute = Int(local - day * 1440)
    guard matches(day: day) else { return Int64(1440 - minute) }
    if hours.contains(minute / 60) {
      let next = minutes.filter { $0 >= minute % 60 }.min() ?? 60
      return Int64(next - minute % 60)
    }
    let next = hours.filter { $0 > minute / 60 }.min() ?? 24
    return Int64(next * 60 - minute)
  }

  /// - Parameter jump: minutes by which the clock was moved right before this minute.
  private func isDue(
    _ local: Int64, jump: Int64, minute: Int64, offset: (Int64) -> Int64
  ) -> Bool {
    if isPeriodic { return matches(localMinute: local) }
    if jump > 0, (local - jump..<local).contains(where: { matches(localMinute: $0) }) {
      return true
    }
    guard matches(localMinute: local) else { return false }
    // The same wall-clock time came before when the clock was set back within the last three hours.
    let here = offset(minute)
    for back in stride(from: Int64(15), through: 180, by: 15) {
      let earlier = offset(minute - back)
      if earlier > here, minute - (earlier - here) + earlier == local,
        offset(minute - (earlier - here)) == earlier
      {
        return false
      }
    }
    return true
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }
}

/// One field of a cron expression.
struct CronField {
  let name: String
  let range: ClosedRange<Int>
  var names: [String] = []

  static let minute = CronField(name: "minute", range: 0...59)
  static let hour = CronField(name: "hour", range: 0...23)
  static let day = CronField(name: "day of month", range: 1...31)
  static let month = CronField(
    name: "month", range: 1...12,
    names: [
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ])
  /// 0 and 7 are Sunday.
  static let weekday = CronField(
    name: "day of week", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

  func parse(_ text: String) throws(CronExpression.Failure) -> Set<Int> {
    var result: Set<Int> = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      result.formUnion(try parse(item: String(item)))
    }
    if range == 0...7, result.contains(7) {
      result.remove(7)
      result.insert(0)
    }
    return result
  }

  private func parse(item: String) throws(CronExpression.Failure) -> [Int] {
    let parts = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, let base = parts.first, !base.isEmpty else { throw failure(item) }
    var step = 1
    if parts.count == 2 {
      guard let number = Int(parts[1]), number > 0, number <= range.upperBound else {
        throw failure(item)
      }
      step = number
    }
    let bounds: ClosedRange<Int>
    if base == "*" || base == "?" {
      bounds = self.range
    } else {
      let ends = base.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
      guard ends.count <= 2, let low = number(ends[0]) else { throw failure(item) }
      if ends.count == 2 {
        guard var high = number(ends[1]) else { throw failure(item) }
        // FRI-SUN ends at 7.
        if high == 0, low > 0, range.upperBound == 7 { high = 7 }
        guard low <= high else { throw failure(item) }
        bounds = low...high
      } else {
        bounds = parts.count == 2 ? low...range.upperBound : low...low
      }
    }
    return Array(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
  }

  private func number(_ text: String) -> Int? {
    if let position = names.firstIndex(of: text.lowercased()) { return position + range.lowerBound }
    guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text),
      range.contains(number)
    else { return nil }
    return number
  }

  private func failure(_ item: String) -> CronExpression.Failure {
    CronExpression.Failure(
      message: "\"\(item)\" is not a \(name): it takes \(range.lowerBound) to \(range.upperBound)"
        + (names.isEmpty ? "" : " or names such as \(names[0].uppercased())")
        + ", ranges a-b, lists a,b and steps */n")
  }
}
