import OlapColumns
import OlapProjects
import Testing

@Suite("schedules")
struct CronTests {
  /// Seconds of a UTC time written `2026-03-29 01:30`.
  private static func utc(_ text: String) -> Int64 {
    let parts = text.split { "- :".contains($0) }.compactMap { Int64($0) }
    let days = Calendar.days(year: parts[0], month: Int(parts[1]), day: Int(parts[2]))
    return days * 86_400 + parts[3] * 3600 + parts[4] * 60
  }

  private static func text(_ moment: Int64) -> String {
    let day = Calendar.civil(fromDays: moment / 86_400)
    let minute = moment % 86_400 / 60
    func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
    return "\(day.year)-\(two(Int64(day.month)))-\(two(Int64(day.day))) \(two(minute / 60)):"
      + two(minute % 60)
  }

  private func times(_ schedule: String, after start: String, count: Int) throws -> [String] {
    let cron = try CronExpression(schedule: schedule)
    var moment = CronTests.utc(start)
    return try (0..<count).map { _ in
      moment = try #require(cron.next(after: moment))
      return CronTests.text(moment)
    }
  }

  @Test(
    "due times in UTC",
    arguments: [
      ("*/15 * * * *", "2026-01-01 00:05", ["2026-01-01 00:15", "2026-01-01 00:30"]),
      ("0 2 * * *", "2026-01-01 02:00", ["2026-01-02 02:00", "2026-01-03 02:00"]),
      ("CRON 30 6 * * MON-FRI UTC", "2026-01-02 07:00", ["2026-01-05 06:30", "2026-01-06 06:30"]),
      ("0 0 29 2 *", "2026-01-01 00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
      ("0 12 1 JAN,JUL *", "2026-01-01 12:00", ["2026-07-01 12:00", "2027-01-01 12:00"]),
      // Both day fields restricted: either is enough.
      ("0 0 13 * FRI", "2026-02-01 00:00", ["2026-02-06 00:00", "2026-02-13 00:00"]),
      ("0 0 * * 7", "2026-01-01 00:00", ["2026-01-04 00:00", "2026-01-11 00:00"]),
      ("0 0 * * SAT-SUN", "2026-01-01 00:00", ["2026-01-03 00:00", "2026-01-04 00:00"]),
      ("5/20 3 * * *", "2026-01-01 00:00", ["2026-01-01 03:05", "2026-01-01 03:25"]),
      ("10-12 3 * * *", "2026-01-01 03:11", ["2026-01-01 03:12", "2026-01-02 03:10"]),
      ("@monthly", "2026-01-31 10:00", ["2026-02-01 00:00", "2026-03-01 00:00"]),
      ("@daily Asia/Kathmandu", "2026-01-01 00:00", ["2026-01-01 18:15", "2026-01-02 18:15"]),
      ("59 23 31 12 *", "2026-12-31 23:59", ["2027-12-31 23:59", "2028-12-31 23:59"]),
    ])
  func dueTimes(_ schedule: String, _ start: String, _ expected: [String]) throws {
    #expect(try times(schedule, after: start, count: expected.count) == expected)
  }

  @Test("a local time keeps its hour when clocks change")
  func keepsHour() throws {
    let kyiv = "0 9 * * * Europe/Kyiv"
    #expect(
      try times(kyiv, after: "2026-03-27 12:00", count: 3)
        == ["2026-03-28 07:00", "2026-03-29 06:00", "2026-03-30 06:00"])
    #expect(
      try times(kyiv, after: "2026-10-23 12:00", count: 3)
        == ["2026-10-24 06:00", "2026-10-25 07:00", "2026-10-26 07:00"])
  }

  @Test("a time that does not exist is due right after the gap")
  func gap() throws {
    // Kyiv skips 03:00 to 04:00 on 29 March 2026, at 01:00 UTC.
    #expect(
      try times("30 3 * * * Europe/Kyiv", after: "2026-03-28 12:00", count: 2)
        == ["2026-03-29 01:00", "2026-03-30 00:30"])
    #expect(
      try times("0 2 * * * America/Los_Angeles", after: "2026-03-07 12:00", count: 2)
        == ["2026-03-08 10:00", "2026-03-09 09:00"])
  }

  @Test("a time that comes twice is due once")
  func overlap() throws {
    // Kyiv has 03:00 to 04:00 twice on 25 October 2026, from 00:00 and from 01:00 UTC.
    #expect(
      try times("30 3 * * * Europe/Kyiv", after: "2026-10-24 12:00", count: 2)
        == ["2026-10-25 00:30", "2026-10-26 01:30"])
    // Lord Howe Island moves its clocks by half an hour: 01:30 to 02:00 comes twice.
    #expect(
      try times("45 1 * * * Australia/Lord_Howe", after: "2026-04-03 20:00", count: 2)
        == ["2026-04-04 14:45", "2026-04-05 15:15"])
  }

  @Test("every so many minutes follows real time across changes")
  func periodic() throws {
    #expect(
      try times("30 * * * * Europe/Kyiv", after: "2026-03-29 00:00", count: 3)
        == ["2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30"])
    #expect(
      try times("0 */1 * * * Europe/Kyiv", after: "2026-10-24 23:30", count: 3)
        == ["2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25 02:00"])
  }

  @Test("each day of three years has exactly one run of a daily schedule, in three zones")
  func daily() throws {
    for zone in ["Europe/Kyiv", "America/Los_Angeles", "Australia/Lord_Howe"] {
      for hour in [0, 1, 2, 3, 4] {
        let cron = try CronExpression(schedule: "30 \(hour) * * * \(zone)")
        let named = try #require(TimeZone.named(zone))
        var moment = CronTests.utc("2025-01-01 20:00")
        var day = named.local(fromUTC: moment * 1_000_000) / 86_400_000_000
        for _ in 0..<1000 {
          moment = try #require(cron.next(after: moment))
          let local = named.local(fromUTC: moment * 1_000_000) / 86_400_000_000
          #expect(local == day + 1, "\(zone) \(hour) \(CronTests.text(moment))")
          day = local
        }
      }
    }
  }

  @Test(
    "mistakes are refused",
    arguments: [
      "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a * * * *",
      "5-1 * * * *", "*/0 * * * *", "*/x * * * *", "1,,2 * * * *", "0 0 30 2 *",
      "0 0 * * * Mars/Olympus", "0 0 31 4,6 *", "", "1-2-3 * * * *", "-1 * * * *",
    ])
  func mistakes(_ schedule: String) {
    #expect(throws: CronExpression.Failure.self) { try CronExpression(schedule: schedule) }
  }

  @Test("lags")
  func lags() {
    #expect(Lag.seconds("5 minutes") == 300)
    #expect(Lag.seconds("1 hour 30 min") == 5400)
    #expect(Lag.seconds("90s") == 90)
    #expect(Lag.seconds("2d") == 172_800)
    for text in ["", "5", "minutes", "5 lightyears", "0 s", "-1 s", "99999999999999999999 d"] {
      #expect(Lag.seconds(text) == nil, "\(text)")
    }
  }
}
