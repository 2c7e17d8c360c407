import OlapColumns

extension ScalarFunction {
  static let formatTime = ScalarFunction(
    "strftime", aliases: ["date_format"],
    summary: "A date or timestamp as text in a format of % directives.",
    example: ("strftime(DATE '1992-01-01', '%a, %-d %B %Y')", "Wed, 1 January 1992"),
    overloads: [
      .binaryText(.date, .varchar) { (a: Int32, format: StringView, output: StringOutput) in
        output.text(try TimeFormat.print(DateArithmetic.timestamp(a), format.string))
      },
      .binaryText(.timestamp, .varchar) { (a: Int64, format: StringView, output: StringOutput) in
        output.text(try TimeFormat.print(a, format.string))
      },
      .binaryText(.timestampOf(.nanoseconds), .varchar) {
        (a: Int64, format: StringView, output: StringOutput) in
        output.text(try TimeFormat.print(nanoseconds: a, format.string))
      },
      .binaryText(.varchar, .timestamp) { (format: StringView, a: Int64, output: StringOutput) in
        output.text(try TimeFormat.print(a, format.string))
      },
      .fixed([.timestampTZ, .varchar], to: .varchar) { arguments, count, context in
        let zone: TimeZone = try .require(context.timeZoneName)
        return try ScalarLift.binaryText(.varchar) {
          (a: Int64, format: StringView, output: StringOutput) in
          output.text(try TimeFormat.print(a, format.string, in: zone))
        }(arguments, count, context)
      },
    ])

  static let parseTime = ScalarFunction(
    "strptime", summary: "The timestamp of a text in a format (or the first of a list that fits).",
    example: ("strptime('Wed, 1 January 1992', '%a, %-d %B %Y')", "1992-01-01 00:00:00"),
    overloads: parsing(isTry: false))
  static let tryParseTime = ScalarFunction(
    "try_strptime", summary: "As strptime, with NULL for a text that does not fit.",
    example: ("try_strptime('x', '%Y')", "NULL"), overloads: parsing(isTry: true))

  private static func parsing(isTry: Bool) -> [ScalarOverload] {
    [
      ScalarOverload([.exact(.varchar), .exact(.varchar)]) { types, constants in
        var hasZone = false
        if case .varchar(let format)? = constants[1] {
          hasZone = format.contains("%z") || format.contains("%Z")
        }
        let type: SQLType = hasZone ? .timestampTZ : .timestamp
        if case .varchar(let format)? = constants[1], !hasZone, TimeFormat.isToNanoseconds(format) {
          return BoundScalar(
            argumentTypes: types, returnType: .timestampOf(.nanoseconds),
            kernel: ScalarLift.binary(.timestampOf(.nanoseconds)) {
              (text: StringView, format: StringView) -> Int64? in
              isTry
                ? TimeFormat.parse(text.string, format.string)?.ticks
                : try TimeFormat.requireNanoseconds(text.string, format.string)
            })
        }
        return BoundScalar(
          argumentTypes: types, returnType: type,
          kernel: ScalarLift.binary(type) { (text: StringView, format: StringView) -> Int64? in
            isTry
              ? TimeFormat.parse(text.string, format.string)?.moment
              : try TimeFormat.require(text.string, format.string)
          })
      },
      .boxed([.varchar, .list(.varchar)], to: .timestamp) { row in
        guard case .varchar(let text) = row[0], case .list(let formats) = row[1] else {
          return .null
        }
        for case .varchar(let format) in formats {
          if let found = TimeFormat.parse(text, format) { return .timestamp(found.moment) }
        }
        if isTry { return .null }
        throw ComputeError.invalid("Could not parse string \"\(text)\" with any of the formats")
      },
    ]
  }

  /// The templates of Postgres and Snowflake, translated to % directives.
  static let toCharacters = ScalarFunction(
    "to_char", aliases: ["to_varchar"],
    summary: "A date, timestamp or number as text, by a template such as 'YYYY-MM-DD HH24:MI:SS'.",
    example: ("to_char(DATE '2024-02-29', 'DD.MM.YYYY')", "29.02.2024"),
    overloads: [
      .binaryText(.timestamp, .varchar) { (a: Int64, template: StringView, output: StringOutput) in
        output.text(try TimeFormat.print(a, TemplateFormat.directives(template.string)))
      },
      .fixed([.timestampTZ, .varchar], to: .varchar) { arguments, count, context in
        let zone: TimeZone = try .require(context.timeZoneName)
        return try ScalarLift.binaryText(.varchar) {
          (a: Int64, template: StringView, output: StringOutput) in
          output.text(
            try TimeFormat.print(a, TemplateFormat.directives(template.string), in: zone))
        }(arguments, count, context)
      },
      ScalarOverload([.any]) { _, _ in
        BoundScalar(argumentTypes: [.varchar], returnType: .varchar) { arguments, _, _ in
          arguments[0]
        }
      },
    ])
}

/// `YYYY`, `MM`, `DD`, `HH24`, `MI`, `SS`, `Mon`, `Day`, … as % directives; the rest is literal.
enum TemplateFormat {
  private static let patterns: [(String, String)] = [
    ("YYYY", "%Y"), ("YY", "%y"), ("MONTH", "%B"), ("MON", "%b"), ("MM", "%m"), ("DDD", "%j"),
    ("DD", "%d"), ("DAY", "%A"), ("DY", "%a"), ("HH24", "%H"), ("HH12", "%I"), ("HH", "%I"),
    ("MI", "%M"), ("SS", "%S"), ("MS", "%g"), ("US", "%f"), ("AM", "%p"), ("PM", "%p"),
    ("IYYY", "%G"), ("IW", "%V"), ("WW", "%U"), ("ID", "%u"), ("TZ", "%Z"), ("FF6", "%f"),
    ("FF3", "%g"),
  ]

  static func directives(_ template: String) -> String {
    var result = ""
    var rest = Substring(template)
    while let first = rest.first {
      if first == "\"" {
        rest = rest.dropFirst()
        result += rest.prefix { $0 != "\"" }
        rest = rest.drop { $0 != "\"" }.dropFirst()
        continue
      }
      let upper: String = rest.prefix(5).uppercased()
      if let (pattern, directive) = patterns.first(where: { upper.hasPrefix($0.0) }) {
        result += directive
        rest = rest.dropFirst(pattern.count)
      } else {
        result += first == "%" ? "%%" : String(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }
}
