import OlapColumns
import Testing

@Suite struct CalendarTests {
  @Test("every day converts to a civil date and back, leap years included")
  func roundTrip() {
    for start in [-106_000_000, -719_600, -1_000, 0, 18_000, 2_932_800, 106_000_000] as [Int64] {
      var last = Calendar.civil(fromDays: start - 1)
      for day in start..<(start + 1500) {
        let date = Calendar.civil(fromDays: day)
        #expect(Calendar.days(year: date.year, month: date.month, day: date.day) == day)
        let isNext: Bool =
          date.day == last.day + 1
          || (date.day == 1
            && last.day
              == Calendar.daysInMonth(
                year: last.year, month: last.month))
        #expect(isNext)
        last = date
      }
    }
  }

  @Test("known days")
  func known() {
    #expect(Calendar.days(year: 2000, month: 2, day: 29) == 11016)
    #expect(Calendar.days(year: 1, month: 1, day: 1) == -719_162)
    #expect(Calendar.days(year: 0, month: 1, day: 1) == -719_528)
    #expect(Calendar.dayOfWeek(fromDays: 0) == 4)
    #expect(Calendar.dayOfWeek(fromDays: -1) == 3)
    #expect(Calendar.dayOfYear(fromDays: Calendar.days(year: 2024, month: 12, day: 31)) == 366)
    let weeks: [(Int64, Int, Int, Int64, Int)] = [
      (2021, 1, 3, 2020, 53), (2021, 1, 4, 2021, 1), (2018, 12, 31, 2019, 1),
      (2016, 1, 1, 2015, 53),
    ]
    for (year, month, day, isoYear, week) in weeks {
      let result = Calendar.isoWeek(fromDays: Calendar.days(year: year, month: month, day: day))
      #expect(result.year == isoYear && result.week == week)
    }
    let january = Calendar.days(year: 2024, month: 1, day: 31)
    #expect(Calendar.addMonths(1, toDays: january) == Calendar.days(year: 2024, month: 2, day: 29))
    #expect(
      Calendar.addMonths(-11, toDays: january) == Calendar.days(year: 2023, month: 2, day: 28))
  }

  /// Zone, seconds since 1970 UTC, offset: from Python's zoneinfo.
  private static let offsets: [(String, Int64, Int)] = [
    ("Europe/Kyiv", 3_185_818_424, 7200),
    ("Europe/Kyiv", -1_852_107_721, 7324),
    ("Europe/Kyiv", 295_742_288, 10800),
    ("Europe/Kyiv", 2_106_078_771, 10800),
    ("Europe/Kyiv", -198_404_309, 10800),
    ("Europe/Kyiv", 3_365_589_240, 10800),
    ("Europe/Kyiv", 2_044_070_773, 10800),
    ("Europe/Kyiv", -320_580_107, 10800),
    ("America/New_York", -2_338_957_352, -18000),
    ("America/New_York", -637_505_958, -18000),
    ("America/New_York", -2_199_973_233, -18000),
    ("America/New_York", 2_184_576_729, -14400),
    ("America/New_York", -676_703_962, -14400),
    ("America/New_York", 2_326_692_643, -14400),
    ("America/New_York", 2_753_771_353, -14400),
    ("America/New_York", 1_570_378_921, -14400),
    ("Asia/Kolkata", -796_270_316, 23400),
    ("Asia/Kolkata", 1_692_983_756, 19800),
    ("Asia/Kolkata", 1_995_038_384, 19800),
    ("Asia/Kolkata", 1_187_093_963, 19800),
    ("Asia/Kolkata", -1_256_137_578, 19800),
    ("Asia/Kolkata", 2_414_538_148, 19800),
    ("Asia/Kolkata", 2_300_881_088, 19800),
    ("Asia/Kolkata", 3_119_886_648, 19800),
    ("Australia/Lord_Howe", -1_723_786_101, 36000),
    ("Australia/Lord_Howe", 244_112_455, 36000),
    ("Australia/Lord_Howe", -900_564_733, 36000),
    ("Australia/Lord_Howe", 2_064_643_895, 37800),
    ("Australia/Lord_Howe", 2_050_952_372, 39600),
    ("Australia/Lord_Howe", -1_615_414_049, 36000),
    ("Australia/Lord_Howe", 3_631_462_270, 39600),
    ("Australia/Lord_Howe", -1_150_748_177, 36000),
    ("Pacific/Apia", -553_587_920, -39600),
    ("Pacific/Apia", -1_212_510_547, -41400),
    ("Pacific/Apia", 911_833_895, -39600),
    ("Pacific/Apia", -1_451_613_445, -41400),
    ("Pacific/Apia", -32_868_945, -39600),
    ("Pacific/Apia", -244_298_207, -39600),
    ("Pacific/Apia", 1_258_686_919, -39600),
    ("Pacific/Apia", 632_943_648, -39600),
    ("Africa/Casablanca", 3_031_650_568, 0),
    ("Africa/Casablanca", 1_709_818_936, 3600),
    ("Africa/Casablanca", 2_302_055_952, 0),
    ("Africa/Casablanca", -704_176_152, 0),
    ("Africa/Casablanca", 751_895_551, 0),
    ("Africa/Casablanca", 2_447_735_893, 0),
    ("Africa/Casablanca", -399_919_486, 0),
    ("Africa/Casablanca", 1_963_361_175, 0),
    ("America/Sao_Paulo", 369_965_264, -10800),
    ("America/Sao_Paulo", -1_152_464_692, -10800),
    ("America/Sao_Paulo", 486_270_863, -10800),
    ("America/Sao_Paulo", 52_799_181, -10800),
    ("America/Sao_Paulo", -540_613_014, -10800),
    ("America/Sao_Paulo", 1_107_634_174, -7200),
    ("America/Sao_Paulo", 1_557_374_422, -10800),
    ("America/Sao_Paulo", 3_831_204_137, -10800),
    ("Asia/Tehran", 352_512_026, 12600),
    ("Asia/Tehran", 2_055_540_491, 12600),
    ("Asia/Tehran", 512_885_302, 12600),
    ("Asia/Tehran", 1_030_140_069, 16200),
    ("Asia/Tehran", 3_017_295_791, 12600),
    ("Asia/Tehran", 3_451_928_911, 12600),
    ("Asia/Tehran", 371_841_566, 12600),
    ("Asia/Tehran", 1_891_874_311, 12600),
    ("Europe/London", -517_033_838, 3600),
    ("Europe/London", 2_516_729_574, 3600),
    ("Europe/London", -1_997_077_384, 0),
    ("Europe/London", -2_246_792_704, 0),
    ("Europe/London", 799_535_553, 3600),
    ("Europe/London", 2_350_479_311, 3600),
    ("Europe/London", -1_436_502_397, 3600),
    ("Europe/London", 3_474_083_484, 0),
    ("Antarctica/Troll", 1_242_728_880, 7200),
    ("Antarctica/Troll", -2_153_905_945, 0),
    ("Antarctica/Troll", -570_754_814, 0),
    ("Antarctica/Troll", -140_173_551, 0),
    ("Antarctica/Troll", 1_294_104_665, 0),
    ("Antarctica/Troll", 1_018_780_121, 0),
    ("Antarctica/Troll", 2_990_776_653, 7200),
    ("Antarctica/Troll", 3_578_652_237, 7200),
  ]

  @Test("offsets agree with the time zone database as Python reads it")
  func zoneOffsets() throws {
    for (name, seconds, offset) in CalendarTests.offsets {
      let zone: TimeZone = try TimeZone.require(name)
      #expect(zone.offset(atUTC: seconds * 1_000_000) == offset, "\(name) at \(seconds)")
      let local: Int64 = zone.local(fromUTC: seconds * 1_000_000)
      #expect(zone.utc(fromLocal: local) == seconds * 1_000_000, "\(name) at \(seconds) back")
    }
  }

  @Test("local times in gaps and overlaps resolve as in Postgres")
  func gaps() throws {
    let zone: TimeZone = try TimeZone.require("america/new_york")
    #expect(zone.name == "America/New_York")
    func utc(_ day: Int, _ month: Int, _ hour: Int64, _ minute: Int64) -> Int? {
      let start: Int64 = Calendar.days(year: 2024, month: month, day: day)
      return zone.utc(fromLocal: ((start * 24 + hour) * 60 + minute) * 60_000_000)
        .map { Int($0 / 60_000_000 - start * 1440) }
    }
    #expect(utc(10, 3, 1, 30) == 6 * 60 + 30)
    #expect(utc(10, 3, 2, 30) == 7 * 60 + 30)
    #expect(utc(10, 3, 3, 30) == 7 * 60 + 30)
    #expect(utc(3, 11, 0, 30) == 4 * 60 + 30)
    #expect(utc(3, 11, 1, 30) == 6 * 60 + 30)
    #expect(utc(3, 11, 2, 30) == 7 * 60 + 30)
    #expect(zone.abbreviation(atUTC: 1_720_000_000_000_000) == "EDT")
    #expect(TimeZone.named("No/Where") == nil)
    #expect(TimeZone.named("../etc/passwd") == nil)
    #expect(TimeZone.named("+05:30")?.offset(atUTC: 0) == 19_800)
    #expect(throws: ComputeError.self) { try TimeZone.require("Mars") }
  }

  @Test("type names and their texts parse back")
  func typeNames() {
    for type in Samples.types {
      #expect(SQLType.parse(text: type.description) == type, "\(type)")
    }
    #expect(SQLType.parse(name: "numeric") == .decimal(precision: 18, scale: 3))
    #expect(SQLType.parse(name: "NUMBER", arguments: [10]) == .decimal(precision: 10, scale: 0))
    #expect(SQLType.parse(name: "VarChar", arguments: [20]) == .varchar)
    #expect(SQLType.parse(text: "double precision[]") == .list(.double))
    #expect(SQLType.parse(name: "nosuch") == nil)
    #expect(SQLType.parse(name: "decimal", arguments: [39, 1]) == nil)
    #expect(
      TypeRules.commonType(.integer, .decimal(precision: 5, scale: 2))
        == .decimal(precision: 12, scale: 2))
    #expect(TypeRules.commonType(.ubigint, .integer) == .hugeint)
    #expect(TypeRules.commonType(.date, .timestampTZ) == .timestampTZ)
    #expect(TypeRules.comparisonType(.varchar, .date) == .date)
    #expect(TypeRules.commonType(.interval, .time) == nil)
  }
}
