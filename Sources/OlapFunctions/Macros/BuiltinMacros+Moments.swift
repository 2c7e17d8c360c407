extension BuiltinMacros {
  /// Dates and times under the names of MySQL, Snowflake, Spark and Postgres.
  static let moments: [BuiltinMacro] = [
    BuiltinMacro(
      "ago", "(span) AS now() - span", "The moment that lies an interval back.",
      ("ago(INTERVAL 1 DAY) < now()", "true")),
    BuiltinMacro(
      "days_in_month", "(moment) AS day(last_day(moment))", "How many days the month has.",
      ("days_in_month(DATE '2024-02-03')", "29")),
    BuiltinMacro(
      "adddate", "(moment, span) AS moment + span", "A date moved by days or an interval.",
      ("adddate(DATE '2024-02-28', 2)", "2024-03-01")),
    BuiltinMacro(
      "subdate", "(moment, span) AS moment - span", "A date moved back by days or an interval.",
      ("subdate(DATE '2024-03-01', 1)", "2024-02-29")),
    BuiltinMacro(
      "from_days", "(n) AS DATE '1970-01-01' + (n - 719528)",
      "The date of a number of days since the year 0.", ("from_days(739277)", "2024-01-27")),
    BuiltinMacro(
      "makedate", "(y, n) AS make_date(y, 1, 1) + (n - 1)", "The n-th day of a year.",
      ("makedate(2024, 60)", "2024-02-29")),
    BuiltinMacro(
      "maketime", aliases: ["time_from_parts"], "(h, m, s) AS make_time(h, m, s)",
      "The time of hour, minute and second.", ("maketime(10, 30, 0)", "10:30:00")),
    BuiltinMacro(
      "sec_to_time", "(n) AS TIME '00:00:00' + to_seconds(n)",
      "Seconds since midnight as a time.", ("sec_to_time(3661)", "01:01:01")),
    BuiltinMacro(
      "time_to_sec",
      "(t) AS date_part('hour', t) * 3600 + date_part('minute', t) * 60 + "
        + "date_part('second', t)", "A time as seconds since midnight.",
      ("time_to_sec(TIME '01:01:01')", "3661")),
    BuiltinMacro(
      "unix_timestamp", "() AS epoch(now())::BIGINT, (moment) AS epoch(moment)::BIGINT",
      "Whole seconds since 1970.", ("unix_timestamp(TIMESTAMP '1970-01-02 00:00:00')", "86400")),
    BuiltinMacro(
      "from_unixtime", "(n) AS make_timestamp((n::BIGINT * 1000000)::BIGINT)",
      "The timestamp of seconds since 1970.", ("from_unixtime(86400)", "1970-01-02 00:00:00")),
    BuiltinMacro(
      "convert_tz", "(moment, source, target) AS timezone(target, timezone(source, moment))",
      "A local time of one zone as the local time of another.",
      ("convert_tz(TIMESTAMP '2024-07-01 12:00:00', 'UTC', 'Europe/Kyiv')", "2024-07-01 15:00:00")),
    BuiltinMacro(
      "at_timezone", "(moment, zone) AS timezone(zone, moment)", "The moment AT TIME ZONE zone.",
      (
        "at_timezone(TIMESTAMPTZ '2024-07-01 12:00:00+00', 'Europe/Kyiv')", "2024-07-01 15:00:00"
      )),
    BuiltinMacro(
      "months_between",
      "(a, b) AS (year(a) - year(b)) * 12 + month(a) - month(b) + CASE WHEN day(a) = day(b) OR "
        + "(a::DATE = last_day(a::DATE) AND b::DATE = last_day(b::DATE)) THEN 0.0::DOUBLE "
        + "ELSE (day(a) - day(b)) / 31 END",
      "Months from the second date to the first; parts of a month count as days of 31.",
      ("months_between(DATE '2024-03-31', DATE '2024-01-31')", "2.0")),
    BuiltinMacro(
      "next_day",
      "(moment, name) AS moment::DATE + ((list_position(['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa'], "
        + "lower(left(name, 2))) + 5 - dayofweek(moment::DATE)) % 7 + 1)::INTEGER",
      "The first such weekday after a date.",
      ("next_day(DATE '2024-02-29', 'Friday')", "2024-03-01")),
    BuiltinMacro(
      "previous_day",
      "(moment, name) AS moment::DATE - ((dayofweek(moment::DATE) + 7 - list_position(['su', 'mo', "
        + "'tu', 'we', 'th', 'fr', 'sa'], lower(left(name, 2)))) % 7 + 1)::INTEGER",
      "The last such weekday before a date.",
      ("previous_day(DATE '2024-03-01', 'friday')", "2024-02-23")),
    BuiltinMacro(
      "time_slice",
      "(moment, n, unit) AS time_bucket((n || ' ' || unit)::INTERVAL, moment, "
        + "TIMESTAMP '1970-01-01 00:00:00')",
      "The start of the span of n units, counted from 1970, that holds the moment.",
      ("time_slice(TIMESTAMP '2024-02-29 10:47:00', 15, 'minute')", "2024-02-29 10:45:00")),
    BuiltinMacro(
      "make_timestamp_ms", "(n) AS make_timestamp(n::BIGINT * 1000)",
      "The timestamp of milliseconds since 1970.",
      ("make_timestamp_ms(1700000000123)", "2023-11-14 22:13:20.123")),
    BuiltinMacro(
      "make_timestamptz",
      "(n) AS make_timestamp(n) AT TIME ZONE 'UTC', "
        + "(y, mo, d, h, mi, s) AS make_timestamp(y, mo, d, h, mi, s)::TIMESTAMPTZ, "
        + "(y, mo, d, h, mi, s, zone) AS timezone(zone, make_timestamp(y, mo, d, h, mi, s))",
      "The moment of local parts, in the session's zone or a named one.",
      (
        "make_timestamptz(2024, 1, 2, 3, 4, 5.5, 'Europe/Kyiv') AT TIME ZONE 'UTC'",
        "2024-01-02 01:04:05.5"
      )),
  ]
}
