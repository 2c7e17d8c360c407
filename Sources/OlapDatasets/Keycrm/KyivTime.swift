/// The clock of Europe/Kyiv since 1997: UTC+2, and UTC+3 from the last Sunday of March, 01:00 UTC, to the
/// last Sunday of October, 01:00 UTC.
enum KyivTime {
  /// Seconds to add to UTC at the instant `seconds` (since 1970, UTC).
  static func offset(atUTC seconds: Int) -> Int {
    let year = CalendarDay(number: seconds / 86_400).civil.year
    let start = lastSunday(year: year, month: 3).number * 86_400 + 3_600
    let end = lastSunday(year: year, month: 10).number * 86_400 + 3_600
    return (start..<end).contains(seconds) ? 10_800 : 7_200
  }

  /// The instant at which the wall clock in Kyiv shows `secondOfDay` on `day`; in the repeated hour
  /// of autumn the earlier one.
  static func instant(_ day: CalendarDay, secondOfDay: Int) -> Int {
    let wall = day.number * 86_400 + secondOfDay
    return wall - offset(atUTC: wall - 10_800)
  }

  /// Whether the clock is set forward or back on `day`.
  static func changesClock(on day: CalendarDay) -> Bool {
    let (year, month, _) = day.civil
    return (month == 3 || month == 10) && lastSunday(year: year, month: month) == day
  }

  private static func lastSunday(year: Int, month: Int) -> CalendarDay {
    let last = CalendarDay(year: year, month: month, day: 31)
    return CalendarDay(number: last.number - last.weekday)
  }
}
