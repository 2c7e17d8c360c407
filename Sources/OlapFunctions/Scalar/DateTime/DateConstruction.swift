import OlapColumns

extension ScalarFunction {
  static let makeDate = ScalarFunction(
    "make_date", aliases: ["date_from_parts", "datefromparts"],
    summary: "The date of a year, month and day, or of days since 1970.",
    example: ("make_date(1992, 9, 20)", "1992-09-20"),
    overloads: [
      .unary(.integer, to: .date) { (days: Int32) in days },
      .ternary(.bigint, .bigint, .bigint, to: .date) { (year: Int64, month: Int64, day: Int64) in
        try Construction.date(year, month, day)
      },
    ])
  static let makeTime = ScalarFunction(
    "make_time", summary: "The time of an hour, minute and second.",
    example: ("make_time(13, 34, 27.5)", "13:34:27.5"),
    overloads: [
      .ternary(.bigint, .bigint, .double, to: .time) { (h: Int64, m: Int64, s: Double) in
        try Construction.time(h, m, s)
      }
    ])
  static let makeTimestamp = ScalarFunction(
    "make_timestamp", aliases: ["timestamp_from_parts"],
    summary: "The timestamp of year to second, or of microseconds since 1970.",
    example: ("make_timestamp(1992, 9, 20, 13, 34, 27.5)", "1992-09-20 13:34:27.5"),
    overloads: [
      .unary(.bigint, to: .timestamp) { (a: Int64) in
        guard Calendar.isFinite(timestamp: a) else {
          throw ComputeError.overflow("Timestamp microseconds out of range: \(a)")
        }
        return a
      },
      .fixed([.bigint, .bigint, .bigint, .bigint, .bigint, .double], to: .timestamp) {
        arguments, count, _ in
        try ScalarLift.evaluate(arguments, count, .timestamp) { vectors, n in
          let cells: [Cells<Int64>] = vectors.prefix(5).map { Cells($0) }
          let seconds = Cells<Double>(vectors[5])
          return try ScalarLift.fill(.timestamp, vectors, n) { i -> Int64? in
            try DateArithmetic.combine(
              Construction.date(cells[0][i], cells[1][i], cells[2][i]),
              Construction.time(cells[3][i], cells[4][i], seconds[i]))
          }
        }
      },
    ])
  static let makeTimestampNanoseconds = ScalarFunction(
    "make_timestamp_ns", summary: "The TIMESTAMP_NS of nanoseconds since 1970.",
    example: ("make_timestamp_ns(1700000000123456789)", "2023-11-14 22:13:20.123456789"),
    overloads: [
      .unary(.bigint, to: .timestampOf(.nanoseconds)) { (a: Int64) in
        guard Calendar.isFinite(timestamp: a) else {
          throw ComputeError.overflow("Timestamp nanoseconds out of range: \(a)")
        }
        return a
      }
    ])
  static let toTimestamp = ScalarFunction(
    "to_timestamp",
    summary: "The moment of seconds since 1970; with a format the timestamp of a text.",
    example: ("to_timestamp(1284352323.5)::VARCHAR <> ''", "true"),
    overloads: [
      .unary(.double, to: .timestampTZ) { (seconds: Double) in
        let exact: Double = (seconds * 1_000_000).rounded(.toNearestOrEven)
        guard let micros = Int64(exactly: exact) else {
          throw ComputeError.overflow("Epoch seconds out of range for TIMESTAMP WITH TIME ZONE")
        }
        return micros
      },
      .fixed([.varchar], to: .timestamp) { arguments, count, context in
        try Cast.cast(
          arguments[0], to: .timestamp, isTry: false, timeZoneName: context.timeZoneName)
      },
    ])
  static let dateOf = ScalarFunction(
    "date", aliases: ["to_date"], summary: "The date of a timestamp or text.",
    example: ("date(TIMESTAMP '1992-09-20 12:00:00')", "1992-09-20"),
    overloads: [
      .identity(.exact(.date)), casting(.timestamp, .date), casting(.timestampTZ, .date),
      casting(.varchar, .date),
      .binary(.varchar, .varchar, to: .date) { (text: StringView, format: StringView) in
        let moment: Int64 = try TimeFormat.require(text.string, format.string)
        return Int32(truncatingIfNeeded: Calendar.split(timestamp: moment).days)
      },
    ])
  static let timeOf = ScalarFunction(
    "time", aliases: ["to_time"], summary: "The time of day of a timestamp or text.",
    example: ("time(TIMESTAMP '1992-09-20 12:30:00')", "12:30:00"),
    overloads: [.identity(.exact(.time)), casting(.timestamp, .time), casting(.varchar, .time)])
  static let timestampOf = ScalarFunction(
    "timestamp", summary: "A date or text as a timestamp.",
    example: ("timestamp(DATE '1992-09-20')", "1992-09-20 00:00:00"),
    overloads: [
      .identity(.exact(.timestamp)), casting(.date, .timestamp), casting(.varchar, .timestamp),
    ])

  private static func casting(_ from: SQLType, _ to: SQLType) -> ScalarOverload {
    .fixed([from], to: to) { arguments, _, context in
      try Cast.cast(arguments[0], to: to, isTry: false, timeZoneName: context.timeZoneName)
    }
  }

  /// to_years(n) … to_microseconds(n).
  static let intervals: [ScalarFunction] = [
    ("to_millennia", DatePart.millennium), ("to_centuries", .century), ("to_decades", .decade),
    ("to_years", .year), ("to_quarters", .quarter), ("to_months", .month), ("to_weeks", .week),
    ("to_days", .day), ("to_hours", .hour), ("to_minutes", .minute), ("to_seconds", .second),
    ("to_milliseconds", .millisecond), ("to_microseconds", .microsecond),
  ].map { name, part in
    ScalarFunction(
      name, summary: "An interval of n \(name.dropFirst(3)).",
      example: ("\(name)(2) > INTERVAL 0 DAY", "true"),
      overloads: [
        .unary(.bigint, to: .interval) { (n: Int64) in try Difference.interval(part, n) },
        .unary(.double, to: .interval) { (n: Double) in
          try DateArithmetic.scaled(Difference.interval(part, 1), n)
        },
      ])
  }
}

enum Construction {
  static func date(_ year: Int64, _ month: Int64, _ day: Int64) throws -> Int32 {
    guard (-300_000...300_000).contains(year), (1...12).contains(month),
      day >= 1, day <= Int64(Calendar.daysInMonth(year: year, month: Int(month)))
    else { throw ComputeError.invalid("Date out of range: \(year)-\(month)-\(day)") }
    return Int32(
      truncatingIfNeeded: Calendar.days(year: year, month: Int(month), day: Int(day)))
  }

  static func time(_ hour: Int64, _ minute: Int64, _ second: Double) throws -> Int64 {
    guard (0...24).contains(hour), (0...59).contains(minute), second >= 0, second < 60 else {
      throw ComputeError.invalid("Time out of range: \(hour):\(minute):\(second)")
    }
    return hour * Calendar.microsecondsPerHour + minute * Calendar.microsecondsPerMinute
      + Int64((second * 1_000_000).rounded())
  }
}
