import OlapColumns

extension ScalarFunction {
  private static func clock(
    _ name: String, aliases: [String] = [], _ type: SQLType, _ summary: String,
    _ body: @escaping @Sendable (EvaluationContext) throws -> Value
  ) -> ScalarFunction {
    ScalarFunction(
      name, aliases: aliases, summary: summary, example: ("\(name)() IS NOT NULL", "true"),
      stability: .stable,
      overloads: [
        .fixed([], to: type) { _, count, context in
          Vector.constant(try body(context), type: type, count: count)
        },
        // now(precision): accepted, time is in microseconds always.
        .fixed([.integer], to: type) { _, count, context in
          Vector.constant(try body(context), type: type, count: count)
        },
      ])
  }

  private static func local(_ context: EvaluationContext) throws -> (days: Int64, rest: Int64) {
    let zone: TimeZone = try .require(context.timeZoneName)
    let (days, rest) = Calendar.split(timestamp: zone.local(fromUTC: context.now))
    return (days, rest)
  }

  static let now = clock(
    "now",
    aliases: [
      "current_timestamp", "get_current_timestamp", "transaction_timestamp", "sysdate",
      "statement_timestamp", "getdate", "clock_timestamp",
    ], .timestampTZ, "The start of the transaction."
  ) { .timestampTZ($0.now) }
  static let today = clock(
    "today", aliases: ["current_date", "curdate"], .date, "The date in the session's time zone."
  ) { .date(Int32(truncatingIfNeeded: try local($0).days)) }
  static let currentTime = clock(
    "get_current_time", aliases: ["current_time", "current_localtime", "localtime", "curtime"],
    .time, "The time of day in the session's time zone."
  ) { .time(try local($0).rest) }
  static let localTimestamp = clock(
    "current_localtimestamp", aliases: ["localtimestamp"], .timestamp,
    "The timestamp in the session's time zone."
  ) { context in
    .timestamp(try TimeZone.require(context.timeZoneName).local(fromUTC: context.now))
  }
  static let utcTimestamp = clock(
    "utc_timestamp", .timestamp, "The timestamp in UTC."
  ) { .timestamp($0.now) }

  /// AT TIME ZONE.
  static let timezone = ScalarFunction(
    "timezone", aliases: ["convert_timezone"],
    summary: "AT TIME ZONE: a moment as local time of a zone, or local time of a zone as a moment.",
    example: (
      "timezone('Europe/Kyiv', TIMESTAMPTZ '2024-07-01 12:00:00+00')", "2024-07-01 15:00:00"
    ),
    overloads: [
      .binary(.varchar, .timestampTZ, to: .timestamp) { (name: StringView, a: Int64) in
        try TimeZone.require(name.string).local(fromUTC: a)
      },
      .binary(.varchar, .timestamp, to: .timestampTZ) { (name: StringView, a: Int64) in
        guard let moment = try TimeZone.require(name.string).utc(fromLocal: a) else {
          throw ComputeError.overflow("Timestamp out of range in AT TIME ZONE")
        }
        return moment
      },
      .ternary(.varchar, .varchar, .timestamp, to: .timestamp) {
        (from: StringView, to: StringView, a: Int64) in
        guard let moment = try TimeZone.require(from.string).utc(fromLocal: a) else {
          throw ComputeError.overflow("Timestamp out of range in convert_timezone")
        }
        return try TimeZone.require(to.string).local(fromUTC: moment)
      },
      .unary(.timestamp, to: .bigint) { (_: Int64) -> Int64? in 0 },
      .fixed([.timestampTZ], to: .bigint) { arguments, count, context in
        try PartKernel.run(.timezone, .timestampTZ, arguments[0], count, context)
      },
    ])
}
