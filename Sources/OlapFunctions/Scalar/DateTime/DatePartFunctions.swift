import OlapColumns

extension ScalarFunction {
  static let datePart = ScalarFunction(
    "date_part", aliases: ["datepart", "extract"],
    summary: "A part of a date, timestamp, time or interval: date_part('year', d).",
    example: ("date_part('year', DATE '2021-08-03')", "2021"),
    overloads: [SQLType.date, .timestamp, .timestampTZ, .time, .timeTZ, .interval].map { type in
      ScalarOverload([.exact(.varchar), .exact(type)]) { types, constants in
        try PartKernel.bind(type, constants[0])
      }
    })

  /// year(d), month(d), …: one function per part.
  static let dateParts: [ScalarFunction] = [
    named("year", .year, "2021"), named("month", .month, "8"), named("day", .day, "3"),
    named("quarter", .quarter, "3"), named("week", .week, "31", ["weekofyear"]),
    named("dayofmonth", .day, "3"), named("dayofweek", .dayOfWeek, "2", ["weekday"]),
    named("isodow", .isoDayOfWeek, "2", ["dayofweekiso", "dayofweek_iso"]),
    named("dayofyear", .dayOfYear, "215"), named("isoyear", .isoYear, "2021", ["yearofweekiso"]),
    named("yearweek", .yearWeek, "202131"), named("century", .century, "21"),
    named("decade", .decade, "202"), named("millennium", .millennium, "3"),
    named("era", .era, "1"), named("hour", .hour, "0"), named("minute", .minute, "0"),
    named("second", .second, "0"), named("millisecond", .millisecond, "0"),
    named("microsecond", .microsecond, "0"),
    named(
      "nanosecond", .nanosecond, "0",
      also: [
        .unary(.timestampOf(.nanoseconds), to: .bigint) { (a: Int64) -> Int64? in
          guard Calendar.isFinite(timestamp: a) else { return nil }
          return TimestampUnit.nanoseconds.split(a).nanoseconds % 60_000_000_000
        }
      ]),
    named("weekiso", .week, "31", ["isoweek"]), named("timezone_hour", .timezoneHour, "0"),
    named("timezone_minute", .timezoneMinute, "0"),
  ]

  private static func named(
    _ name: String, _ part: DatePart, _ result: String, _ aliases: [String] = [],
    also further: [ScalarOverload] = []
  ) -> ScalarFunction {
    ScalarFunction(
      name, aliases: aliases, summary: "The \(name) of a date, timestamp or interval.",
      example: (sql: "\(name)(DATE '2021-08-03')", result: result),
      overloads: [SQLType.date, .timestamp, .timestampTZ, .time, .timeTZ, .interval].map { type in
        .fixed([type], to: .bigint) { arguments, count, context in
          try PartKernel.run(part, type, arguments[0], count, context)
        }
      } + further)
  }

  static let epoch = ScalarFunction(
    "epoch", summary: "Seconds since 1970 of a date or timestamp, or of an interval.",
    example: ("epoch(TIMESTAMP '1970-01-01 00:00:01')", "1.0"),
    overloads: [
      .unary(.date, to: .double) { (a: Int32) in
        Calendar.isFinite(date: a) ? Double(a) * 86_400 : nil
      },
      .unary(.timestamp, to: .double) { (a: Int64) in
        Calendar.isFinite(timestamp: a) ? Double(a) / 1_000_000 : nil
      },
      .unary(.timestampTZ, to: .double) { (a: Int64) in
        Calendar.isFinite(timestamp: a) ? Double(a) / 1_000_000 : nil
      },
      .unary(.time, to: .double) { (a: Int64) in Double(a) / 1_000_000 },
      .unary(.timeTZ, to: .double) { (a: Int64) in Double(ZonedTime.local(a)) / 1_000_000 },
      .unary(.interval, to: .double) { (a: Interval) in PartKernel.seconds(a) },
    ])
  static let epochMilliseconds = scaledEpoch("epoch_ms", 1000, isDivision: true)
  static let epochMicroseconds = scaledEpoch("epoch_us", 1, isDivision: true)
  static let epochNanoseconds = scaledEpoch("epoch_ns", 1000, isDivision: false)

  private static func scaledEpoch(
    _ name: String, _ factor: Int64, isDivision: Bool
  ) -> ScalarFunction {
    let scale: @Sendable (Int64) throws -> Int64? = { micros in
      guard Calendar.isFinite(timestamp: micros) else { return nil }
      if isDivision { return micros / factor }
      let (result, overflow) = micros.multipliedReportingOverflow(by: factor)
      if overflow { throw ComputeError.overflow("Timestamp out of range for \(name)") }
      return result
    }
    var overloads: [ScalarOverload] = [
      .unary(.timestamp, to: .bigint) { (a: Int64) in try scale(a) },
      .unary(.date, to: .bigint) { (a: Int32) in try scale(DateArithmetic.timestamp(a)) },
      .unary(.timestampTZ, to: .bigint) { (a: Int64) in try scale(a) },
      .unary(.time, to: .bigint) { (a: Int64) in try scale(a) },
      .unary(.interval, to: .bigint) { (a: Interval) in
        try scale(Int64(clamping: a.normalisedMicroseconds))
      },
    ]
    if name == "epoch_ns" {
      overloads.append(
        .unary(.timestampOf(.nanoseconds), to: .bigint) { (a: Int64) -> Int64? in
          Calendar.isFinite(timestamp: a) ? a : nil
        })
    }
    if name == "epoch_ms" {
      overloads.append(
        .unary(.bigint, to: .timestamp) { (a: Int64) in
          let (result, overflow) = a.multipliedReportingOverflow(by: 1000)
          if overflow { throw ComputeError.overflow("Could not convert epoch_ms to TIMESTAMP") }
          return result
        })
    }
    return ScalarFunction(
      name, summary: "The time since 1970 in \(name.dropFirst(6)).",
      example: ("\(name)(TIMESTAMP '1970-01-01 00:00:01') > 0", "true"), overloads: overloads)
  }

  static let dayName = ScalarFunction(
    "dayname", summary: "The English name of the weekday.",
    example: ("dayname(DATE '1992-03-22')", "Sunday"),
    overloads: names(PartKernel.dayNames, .dayOfWeek))
  static let monthName = ScalarFunction(
    "monthname", summary: "The English name of the month.",
    example: ("monthname(DATE '1992-09-20')", "September"),
    overloads: names(PartKernel.monthNames, .month))

  private static func names(_ list: [String], _ part: DatePart) -> [ScalarOverload] {
    let base: Int64 = part == .month ? 1 : 0
    return [
      .unaryText(.date) { (a: Int32, output: StringOutput) in
        guard Calendar.isFinite(date: a) else { return nil }
        return output.text(list[Int(part.value(days: Int64(a)) - base)])
      },
      .unaryText(.timestamp) { (a: Int64, output: StringOutput) in
        guard Calendar.isFinite(timestamp: a) else { return nil }
        return output.text(list[Int(part.value(timestamp: a) - base)])
      },
      .zoned(
        to: .varchar,
        ScalarLift.unaryText(.varchar) { (a: Int64, output: StringOutput) in
          guard Calendar.isFinite(timestamp: a) else { return nil }
          return output.text(list[Int(part.value(timestamp: a) - base)])
        }),
    ]
  }

  static let julian = ScalarFunction(
    "julian", summary: "The Julian day number, with a fraction for the time.",
    example: ("julian(DATE '1970-01-01')", "2440588.0"),
    overloads: [
      .unary(.date, to: .double) { (a: Int32) in
        Calendar.isFinite(date: a) ? Double(a) + 2_440_588 : nil
      },
      .unary(.timestamp, to: .double) { (a: Int64) in
        Calendar.isFinite(timestamp: a) ? Double(a) / 86_400_000_000 + 2_440_588 : nil
      },
      .zoned(
        to: .double,
        ScalarLift.unary(.double) { (a: Int64) -> Double? in
          Calendar.isFinite(timestamp: a) ? Double(a) / 86_400_000_000 + 2_440_588 : nil
        }),
    ])
}

extension ScalarOverload {
  /// A kernel of TIMESTAMP for TIMESTAMPTZ: it sees what the clock on the wall shows.
  static func zoned(to result: SQLType, _ kernel: @escaping ScalarKernel) -> ScalarOverload {
    .fixed([.timestampTZ], to: result) { arguments, count, context in
      let local: Vector = try Cast.cast(
        arguments[0], to: .timestamp, isTry: false, timeZoneName: context.timeZoneName)
      return try kernel([local], count, context)
    }
  }
}

/// Kernels of date_part.
enum PartKernel {
  static let dayNames: [String] = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
  static let monthNames: [String] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]

  static func seconds(_ a: Interval) -> Double {
    // As Postgres: a year has 365.25 days, a month 30.
    let years = Double(a.months / 12)
    let days: Double = years * 365.25 + Double(a.months % 12) * 30 + Double(a.days)
    return days * 86_400 + Double(a.microseconds) / 1_000_000
  }

  static func bind(_ type: SQLType, _ constant: Value?) throws -> BoundScalar {
    if case .varchar(let name)? = constant {
      let part: DatePart = try .require(name)
      if part == .epoch || part == .julian {
        let function: ScalarFunction = part == .epoch ? .epoch : .julian
        let bound = try FunctionResolver.resolve(function, types: [type], constants: [nil])
        return BoundScalar(
          argumentTypes: [.varchar, bound.argumentTypes[0]], returnType: .double
        ) { arguments, count, context in try bound.kernel([arguments[1]], count, context) }
      }
      return BoundScalar(argumentTypes: [.varchar, type], returnType: .bigint) {
        arguments, count, context in try run(part, type, arguments[1], count, context)
      }
    }
    // The part differs from row to row.
    return BoundScalar(argumentTypes: [.varchar, type], returnType: .bigint) {
      arguments, count, context in
      let parts: Vector = arguments[0].flattened()
      let builder = VectorBuilder(type: .bigint, capacity: count)
      for i in 0..<count {
        guard parts.isValid(i) else {
          builder.appendNull()
          continue
        }
        let part: DatePart = try .require(parts.values(StringView.self)[i].string)
        let one: Vector = arguments[1].broadcast(row: i, count: 1)
        builder.append(try run(part, type, one, 1, context).value(at: 0))
      }
      return builder.finish()
    }
  }

  static func run(
    _ part: DatePart, _ type: SQLType, _ argument: Vector, _ count: Int,
    _ context: EvaluationContext
  ) throws -> Vector {
    let kernel: ScalarKernel
    switch type {
    case .date:
      kernel = ScalarLift.unary(.bigint) { (a: Int32) -> Int64? in
        Calendar.isFinite(date: a) ? part.value(days: Int64(a)) : nil
      }
    case .timestamp:
      kernel = ScalarLift.unary(.bigint) { (a: Int64) -> Int64? in
        Calendar.isFinite(timestamp: a) ? part.value(timestamp: a) : nil
      }
    case .timestampTZ:
      let zone: TimeZone = try .require(context.timeZoneName)
      kernel = ScalarLift.unary(.bigint) { (a: Int64) -> Int64? in
        guard Calendar.isFinite(timestamp: a) else { return nil }
        switch part {
        case .timezone: return Int64(zone.offset(atUTC: a))
        case .timezoneHour: return Int64(zone.offset(atUTC: a) / 3600)
        case .timezoneMinute: return Int64(zone.offset(atUTC: a) / 60 % 60)
        default: return part.value(timestamp: zone.local(fromUTC: a))
        }
      }
    case .time:
      kernel = ScalarLift.unary(.bigint) { (a: Int64) -> Int64? in part.value(microseconds: a) }
    case .timeTZ:
      kernel = ScalarLift.unary(.bigint) { (a: Int64) -> Int64? in
        switch part {
        case .timezone: ZonedTime.offset(a)
        case .timezoneHour: ZonedTime.offset(a) / 3600
        case .timezoneMinute: ZonedTime.offset(a) / 60 % 60
        default: part.value(microseconds: ZonedTime.local(a))
        }
      }
    default:
      kernel = ScalarLift.unary(.bigint) { (a: Interval) -> Int64? in part.value(interval: a) }
    }
    return try kernel([argument], count, context)
  }
}
