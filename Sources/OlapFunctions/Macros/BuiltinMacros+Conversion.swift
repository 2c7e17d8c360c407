extension BuiltinMacros {
  /// Conversions that give NULL for what they cannot read, and their strict forms, as Snowflake names
  /// them. A second argument is a strptime format.
  static let conversion: [BuiltinMacro] = [
    BuiltinMacro(
      "try_to_date", "(x) AS TRY_CAST(x AS DATE), (x, format) AS try_strptime(x, format)::DATE",
      "The text as a DATE, NULL when it is none.", ("try_to_date('2024-02-30')", "NULL")),
    BuiltinMacro(
      "try_to_timestamp",
      "(x) AS TRY_CAST(x AS TIMESTAMP), (x, format) AS try_strptime(x, format)",
      "The text as a TIMESTAMP, NULL when it is none.",
      ("try_to_timestamp('2024-02-01 10:00:00')", "2024-02-01 10:00:00")),
    BuiltinMacro(
      "try_to_time", "(x) AS TRY_CAST(x AS TIME)", "The text as a TIME, NULL when it is none.",
      ("try_to_time('25:00:00')", "NULL")),
    BuiltinMacro(
      "try_to_number", aliases: ["try_to_numeric", "try_to_decimal"],
      "(x) AS TRY_CAST(x AS DECIMAL(38,0))",
      "The text as a whole DECIMAL, NULL when it is no number.", ("try_to_number('12x')", "NULL")),
    BuiltinMacro(
      "try_to_double", "(x) AS TRY_CAST(x AS DOUBLE)",
      "The text as a DOUBLE, NULL when it is no number.", ("try_to_double('1.5')", "1.5")),
    BuiltinMacro(
      "try_to_boolean", "(x) AS TRY_CAST(x AS BOOLEAN)",
      "The text as a BOOLEAN, NULL when it is none.", ("try_to_boolean('maybe')", "NULL")),
    BuiltinMacro(
      "to_number", aliases: ["to_numeric", "to_decimal"], "(x) AS CAST(x AS DECIMAL(38,0))",
      "The value as a whole DECIMAL.", ("to_number('12')", "12")),
    BuiltinMacro(
      "to_double", "(x) AS CAST(x AS DOUBLE)", "The value as a DOUBLE.",
      ("to_double('1.5')", "1.5")),
    BuiltinMacro(
      "to_boolean", "(x) AS CAST(x AS BOOLEAN)", "The value as a BOOLEAN.",
      ("to_boolean('true')", "true")),
    BuiltinMacro(
      "to_variant", "(x) AS to_json(x)", "The value as JSON.", ("to_variant([1, 2])", "[1,2]")),
    BuiltinMacro(
      "str_to_date", "(x, format) AS strptime(x, replace(replace(format, '%i', '%M'), '%s', '%S'))",
      "Text as a timestamp by a format of MySQL.",
      ("str_to_date('01.02.2024 10:30', '%d.%m.%Y %H:%i')", "2024-02-01 10:30:00")),
  ]
}
