import OlapColumns

/// Conditional functions. COALESCE and CASE are plan expressions.
enum ConditionalFunctions {
  static let all: [ScalarFunction] = [
    .nullIf, .ifNull, .nvl2, .iff, .greatest, .least, .zeroIfNull, .nullIfZero, .decodeValue,
  ]
}

extension ScalarFunction {
  static let nullIf = ScalarFunction(
    "nullif", summary: "NULL when both arguments are equal, else the first.",
    example: ("nullif(1, 1)", "NULL"), handlesNull: true,
    overloads: [
      ScalarOverload([.any, .any]) { types, constants in
        guard
          let common = FunctionResolver.unify([(types[0], constants[0]), (types[1], constants[1])])
        else {
          throw ComputeError.invalid("Cannot compare \(types[0]) and \(types[1]) in nullif")
        }
        return BoundScalar(argumentTypes: [common, common], returnType: common) {
          arguments, count, _ in
          let equal: Vector = Compare.compare(
            .equal, arguments[0], arguments[1], count: count
          ).flattened()
          let flags = equal.values(UInt8.self)
          return Choice.pick(arguments, count: count, type: common) { i in
            equal.isValid(i) && flags[i] != 0 ? nil : 0
          }
        }
      }
    ])
  static let ifNull = ScalarFunction(
    "ifnull", aliases: ["nvl"], summary: "The first argument, or the second when it is NULL.",
    example: ("ifnull(NULL, 2)", "2"), handlesNull: true,
    overloads: [
      ScalarOverload([.anyCommon, .anyCommon]) { types, _ in
        BoundScalar(argumentTypes: types, returnType: types[0]) { arguments, count, _ in
          Choice.pick(arguments, count: count, type: types[0]) { i in
            arguments[0].isValid(i) ? 0 : 1
          }
        }
      }
    ])
  static let nvl2 = ScalarFunction(
    "nvl2", summary: "The second argument when the first is not NULL, else the third.",
    example: ("nvl2(NULL, 1, 2)", "2"), handlesNull: true,
    overloads: [
      ScalarOverload([.any, .anyCommon, .anyCommon]) { types, _ in
        BoundScalar(argumentTypes: types, returnType: types[1]) { arguments, count, _ in
          Choice.pick(Array(arguments.dropFirst()), count: count, type: types[1]) { i in
            arguments[0].isValid(i) ? 0 : 1
          }
        }
      }
    ])
  static let iff = ScalarFunction(
    "if", aliases: ["iff"],
    summary: "The second argument when the condition is true, else the third.",
    example: ("if(2 > 1, 'a', 'b')", "a"), handlesNull: true,
    overloads: [
      ScalarOverload([.exact(.boolean), .anyCommon, .anyCommon]) { types, _ in
        BoundScalar(argumentTypes: types, returnType: types[1]) { arguments, count, _ in
          let condition: Vector = arguments[0].flattened()
          let flags = condition.values(UInt8.self)
          return Choice.pick(Array(arguments.dropFirst()), count: count, type: types[1]) { i in
            condition.isValid(i) && flags[i] != 0 ? 0 : 1
          }
        }
      }
    ])
  static let greatest = ScalarFunction(
    "greatest", summary: "The greatest argument that is not NULL.",
    example: ("greatest(42, 84)", "84"), handlesNull: true, overloads: [Choice.extreme(1)])
  static let least = ScalarFunction(
    "least", summary: "The smallest argument that is not NULL.",
    example: ("least(42, 84)", "42"), handlesNull: true, overloads: [Choice.extreme(-1)])
  static let zeroIfNull = ScalarFunction(
    "zeroifnull", summary: "The number, or 0 for NULL.", example: ("zeroifnull(NULL)", "0"),
    handlesNull: true,
    overloads: [
      ScalarOverload([.anyNumeric]) { types, _ in
        BoundScalar(argumentTypes: types, returnType: types[0]) { arguments, count, context in
          let zero: Vector = try Cast.cast(
            Vector.constant(.integer(0), type: .integer, count: count), to: types[0], isTry: false,
            timeZoneName: "UTC")
          return Choice.pick([arguments[0], zero], count: count, type: types[0]) { i in
            arguments[0].isValid(i) ? 0 : 1
          }
        }
      }
    ])
  static let nullIfZero = ScalarFunction(
    "nullifzero", summary: "NULL for 0, else the number.", example: ("nullifzero(0)", "NULL"),
    overloads: [
      ScalarOverload([.anyNumeric]) { types, _ in
        BoundScalar(argumentTypes: types, returnType: types[0]) { arguments, count, _ in
          let zero: Vector = try Cast.cast(
            Vector.constant(.integer(0), type: .integer, count: count), to: types[0], isTry: false,
            timeZoneName: "UTC")
          let equal: Vector = Compare.compare(.equal, arguments[0], zero, count: count).flattened()
          let flags = equal.values(UInt8.self)
          return Choice.pick(arguments, count: count, type: types[0]) { i in
            equal.isValid(i) && flags[i] != 0 ? nil : 0
          }
        }
      }
    ])
  /// decode_case(x, search, result, …, default), Oracle's and Snowflake's DECODE.
  static let decodeValue = ScalarFunction(
    "decode_case",
    summary: "The result beside the first search value equal to x, else the default.",
    example: ("decode_case(2, 1, 'a', 2, 'b', 'c')", "b"), handlesNull: true,
    overloads: [
      ScalarOverload([.any, .any, .any], variadic: .any) { types, constants in
        let pairs: Int = (types.count - 1) / 2
        let results: [Int] =
          (0..<pairs).map { 2 + 2 * $0 } + (types.count % 2 == 0 ? [types.count - 1] : [])
        let searches: [Int] = [0] + (0..<pairs).map { 1 + 2 * $0 }
        guard let key = FunctionResolver.unify(searches.map { (types[$0], constants[$0]) }),
          let result = FunctionResolver.unify(results.map { (types[$0], constants[$0]) })
        else { throw ComputeError.invalid("The arguments of decode have no common type") }
        var casts: [SQLType] = types
        for i in searches { casts[i] = key }
        for i in results { casts[i] = result }
        return BoundScalar(argumentTypes: casts, returnType: result) { arguments, count, _ in
          let tests: [Vector] = (0..<pairs).map { k in
            Compare.compare(
              .notDistinctFrom, arguments[0], arguments[1 + 2 * k], count: count
            ).flattened()
          }
          return Choice.pick(results.map { arguments[$0] }, count: count, type: result) { i in
            for (k, test) in tests.enumerated() where test.values(UInt8.self)[i] != 0 { return k }
            return types.count % 2 == 0 ? pairs : nil
          }
        }
      }
    ])
}

/// Building a vector by choosing a source vector per row.
enum Choice {
  /// Row i comes from `sources[chosen]`; nil gives NULL. Sources have the same type.
  static func pick(
    _ sources: [Vector], count: Int, type: SQLType, _ chosen: (Int) -> Int?
  ) -> Vector {
    let builder = VectorBuilder(type: type, capacity: Swift.max(count, 1))
    for i in 0..<count {
      if let source = chosen(i) {
        builder.append(from: sources[source], row: i)
      } else {
        builder.appendNull()
      }
    }
    return builder.finish()
  }

  /// greatest (sign 1) and least (sign -1).
  static func extreme(_ sign: Int) -> ScalarOverload {
    ScalarOverload([.anyCommon], variadic: .anyCommon) { types, _ in
      BoundScalar(argumentTypes: types, returnType: types[0]) { arguments, count, _ in
        pick(arguments, count: count, type: types[0]) { i in
          var best: Int?
          for (k, argument) in arguments.enumerated() where argument.isValid(i) {
            guard let current = best else {
              best = k
              continue
            }
            if Compare.order(argument, i, arguments[current], i) * sign > 0 { best = k }
          }
          return best
        }
      }
    }
  }
}
