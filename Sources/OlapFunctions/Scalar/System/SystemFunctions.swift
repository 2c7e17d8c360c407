import Glibc
import OlapColumns
import Synchronization

/// Functions about the session, types and randomness.
enum SystemFunctions {
  static let all: [ScalarFunction] = [
    .typeOf, .version, .currentSetting, .getVariable, .currentSchema, .currentSchemas,
    .currentDatabase, .currentUser, .nextValue, .currentValue, .raise, .hashValue, .random,
    .setSeed, .generateUUID, .haversine, .isDistinctHelper,
    .uuidVersion7, .uuidExtractVersion, .uuidExtractTimestamp, .castToType, .canCastImplicitly,
    .constantOrNull, .fromBinary, .binomial, .sleep, .element, .fieldPosition,
    .normalizedInterval,
  ]
}

extension ScalarFunction {
  static let typeOf = ScalarFunction(
    "typeof", aliases: ["pg_typeof"], summary: "The SQL type of the argument.",
    example: ("typeof('abc')", "VARCHAR"), handlesNull: true,
    overloads: [
      ScalarOverload([.any]) { types, _ in
        let name: String = types[0] == .null ? "\"NULL\"" : types[0].description
        return BoundScalar(argumentTypes: types, returnType: .varchar) { _, count, _ in
          Vector.constant(.varchar(name), type: .varchar, count: count)
        }
      }
    ])
  static let version = ScalarFunction(
    "version", summary: "The version of the engine.", example: ("version() LIKE 'olap%'", "true"),
    overloads: [
      .fixed([], to: .varchar) { _, count, _ in
        Vector.constant(.varchar("olap 0.1"), type: .varchar, count: count)
      }
    ])

  private static func session(
    _ name: String, aliases: [String] = [], _ summary: String,
    _ body: @escaping @Sendable (EvaluationContext) -> String
  ) -> ScalarFunction {
    ScalarFunction(
      name, aliases: aliases, summary: summary, example: ("\(name)() IS NOT NULL", "true"),
      stability: .stable,
      overloads: [
        .fixed([], to: .varchar) { _, count, context in
          Vector.constant(.varchar(body(context)), type: .varchar, count: count)
        }
      ])
  }

  static let currentSchema = session("current_schema", "The schema of unqualified names.") {
    $0.currentSchema
  }
  static let currentDatabase = session(
    "current_database", aliases: ["current_catalog"], "The database of unqualified names."
  ) { $0.currentDatabase }
  static let currentUser = session(
    "current_user", aliases: ["user", "session_user", "current_role"], "The user's name."
  ) { $0.userName }
  static let currentSchemas = ScalarFunction(
    "current_schemas", summary: "The schemas searched for names.",
    example: ("len(current_schemas(false)) > 0", "true"), stability: .stable,
    overloads: [
      .fixed([.boolean], to: .list(.varchar)) { _, count, context in
        Vector.constant(
          .list([.varchar(context.currentSchema)]), type: .list(.varchar), count: count)
      }
    ])
  static let currentSetting = ScalarFunction(
    "current_setting", summary: "The value of a session setting.",
    example: ("current_setting('threads') IS NOT NULL", "true"), stability: .stable,
    overloads: [
      .fixed([.varchar], to: .varchar) { arguments, count, context in
        try ScalarLift.unaryText(.varchar) { (name: StringView, output: StringOutput) in
          guard let value = context.settings[name.string.lowercased()] else {
            throw ComputeError.invalid(
              "unrecognized configuration parameter \"\(name.string)\": see olap.settings")
          }
          return output.text(value)
        }(arguments, count, context)
      }
    ])
  /// The type of a variable is known only when the statement runs: the value comes as text.
  static let getVariable = ScalarFunction(
    "getvariable", summary: "The value of a variable set by SET VARIABLE; NULL when unset.",
    example: ("getvariable('unset')", "NULL"), stability: .stable,
    overloads: [
      .fixed([.varchar], to: .varchar) { arguments, count, context in
        try ScalarLift.unaryText(.varchar) { (name: StringView, output: StringOutput) in
          guard let (type, value) = context.variables[name.string.lowercased()] else { return nil }
          let text: Value = try Cast.cast(
            value, from: type, to: .varchar, isTry: false, timeZoneName: context.timeZoneName)
          if case .varchar(let string) = text { return output.text(string) }
          return nil
        }(arguments, count, context)
      }
    ])
  static let nextValue = ScalarFunction(
    "nextval", summary: "Advances a sequence and gives its value.",
    example: nil, stability: .volatile, overloads: [sequence { try $0.nextSequenceValue($1) }])
  static let currentValue = ScalarFunction(
    "currval", summary: "The value nextval gave last.",
    example: nil, stability: .volatile, overloads: [sequence { try $0.currentSequenceValue($1) }])

  private static func sequence(
    _ body: @escaping @Sendable (EvaluationContext, String) throws -> Int64
  ) -> ScalarOverload {
    .fixed([.varchar], to: .bigint) { arguments, count, context in
      let names: Vector = arguments[0].flattened()
      let result = Vector.flat(.bigint, count: count, nullable: true)
      for i in 0..<count {
        result.values(Int64.self)[i] = 0
        if names.isValid(i) {
          result.values(Int64.self)[i] = try body(context, names.values(StringView.self)[i].string)
        } else {
          result.validity?[i] = 0
        }
      }
      return result
    }
  }

  static let raise = ScalarFunction(
    "error", summary: "Fails the statement with a message.", example: nil, stability: .volatile,
    overloads: [
      .fixed([.varchar], to: .null) { arguments, count, _ in
        let messages: Vector = arguments[0].flattened()
        for i in 0..<count where messages.isValid(i) {
          throw ComputeError.invalid(messages.values(StringView.self)[i].string)
        }
        return Vector.nulls(.null, count: count)
      }
    ])
  static let hashValue = ScalarFunction(
    "hash", summary: "A hash of 64 bits of the arguments.",
    example: ("hash('a') = hash('a')", "true"),
    handlesNull: true,
    overloads: [
      ScalarOverload([.any], variadic: .any) { types, _ in
        BoundScalar(argumentTypes: types, returnType: .ubigint) { arguments, count, _ in
          let result = Vector.flat(.ubigint, count: count)
          Hash.hash(arguments, count: count, into: result.values(UInt64.self))
          return result
        }
      }
    ])
  static let haversine = ScalarFunction(
    "haversine", aliases: ["haversine_km"],
    summary: "Kilometres along the earth between (lat1, lon1) and (lat2, lon2).",
    example: ("round(haversine(50.45, 30.52, 49.84, 24.03))", "467.0"),
    overloads: [
      .fixed([.double, .double, .double, .double], to: .double) { arguments, count, _ in
        try ScalarLift.evaluate(arguments, count, .double) { vectors, n in
          let c: [Cells<Double>] = vectors.map { Cells($0) }
          return try ScalarLift.fill(.double, vectors, n) { i -> Double? in
            Haversine.kilometres(c[0][i], c[1][i], c[2][i], c[3][i])
          }
        }
      }
    ])

  /// equal_null(a, b): Snowflake's IS NOT DISTINCT FROM.
  static let isDistinctHelper = ScalarFunction(
    "equal_null", summary: "Whether the arguments are equal, NULL being equal to NULL.",
    example: ("equal_null(NULL, NULL)", "true"), handlesNull: true,
    overloads: [
      ScalarOverload([.anyCommon, .anyCommon]) { types, _ in
        BoundScalar(argumentTypes: types, returnType: .boolean) { arguments, count, _ in
          Compare.compare(.notDistinctFrom, arguments[0], arguments[1], count: count)
        }
      }
    ])
}

/// Great-circle distances on a sphere of the earth's mean radius.
enum Haversine {
  static func kilometres(
    _ latitude1: Double, _ longitude1: Double, _ latitude2: Double, _ longitude2: Double
  ) -> Double {
    let radian: Double = Double.pi / 180
    let a: Double = sin((latitude2 - latitude1) * radian / 2)
    let b: Double = sin((longitude2 - longitude1) * radian / 2)
    let h: Double = a * a + cos(latitude1 * radian) * cos(latitude2 * radian) * b * b
    return 2 * 6371.0088 * asin(Swift.min(1, h.squareRoot()))
  }
}
