/// Date and time functions.
enum DateTimeFunctions {
  static let all: [ScalarFunction] =
    [
      .datePart, .epoch, .epochMilliseconds, .epochMicroseconds, .epochNanoseconds, .dayName,
      .monthName, .julian, .dateTrunc, .timeBucket, .lastDay, .dateDiff, .dateSub, .dateAdd,
      .addMonths, .age, .makeDate, .makeTime, .makeTimestamp, .makeTimestampNanoseconds,
      .toTimestamp, .dateOf, .timeOf,
      .timestampOf, .formatTime, .parseTime, .tryParseTime, .toCharacters, .now, .today,
      .currentTime, .localTimestamp, .utcTimestamp, .timezone,
    ] + ScalarFunction.dateParts + ScalarFunction.intervals
}
