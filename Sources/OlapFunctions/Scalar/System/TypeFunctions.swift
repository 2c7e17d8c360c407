import Glibc
import OlapColumns

/// Functions about types, and others that fit nowhere else.
extension ScalarFunction {
  static let castToType = ScalarFunction(
    "cast_to_type", summary: "The first argument cast to the type of the second.",
    example: ("cast_to_type('5', 1) + 1", "6"), handlesNull: true,
    overloads: [
      ScalarOverload([.any, .any]) { types, _ in
        BoundScalar(argumentTypes: types, returnType: types[1]) { arguments, _, context in
          try Cast.cast(
            arguments[0], to: types[1], isTry: false, timeZoneName: context.timeZoneName)
        }
      }
    ])
  static let canCastImplicitly = ScalarFunction(
    "can_cast_implicitly",
    summary: "Whether a value of the first argument's type becomes the second's without a cast.",
    example: ("can_cast_implicitly(1, 1.5::DOUBLE)", "true"), handlesNull: true,
    overloads: [
      ScalarOverload([.any, .any]) { types, _ in
        let flag: Bool =
          types[0] == types[1]
          || TypeRules.implicitCastCost(from: types[0], to: types[1]) != nil
          || types[0].isInteger && types[1].isDecimal
        return BoundScalar(argumentTypes: types, returnType: .boolean) { _, count, _ in
          Vector.constant(.boolean(flag), type: .boolean, count: count)
        }
      }
    ])
  static let constantOrNull = ScalarFunction(
    "constant_or_null", summary: "The first argument, NULL when one of the others is.",
    example: ("constant_or_null(1, NULL)", "NULL"),
    overloads: [
      ScalarOverload([.any], variadic: .any) { types, _ in
        BoundScalar(argumentTypes: types, returnType: types[0]) { arguments, count, _ in
          Choice.pick([arguments[0]], count: count, type: types[0]) { i in
            arguments.allSatisfy { $0.isValid(i) } ? 0 : nil
          }
        }
      }
    ])
  static let fromBinary = ScalarFunction(
    "from_binary", aliases: ["unbin"], summary: "The bytes of a text of binary digits.",
    example: ("from_binary('01100001')::VARCHAR", "a"),
    overloads: [
      .boxed([.varchar], to: .blob) { row in
        guard case .varchar(let text) = row[0] else { return .null }
        let digits: [UInt8] = Array(text.utf8)
        guard digits.allSatisfy({ $0 == 0x30 || $0 == 0x31 }) else {
          throw ComputeError.invalid("\"\(text)\" has digits other than 0 and 1")
        }
        let padded = [UInt8](repeating: 0x30, count: (8 - digits.count % 8) % 8) + digits
        return .blob(
          stride(from: 0, to: padded.count, by: 8).map { start in
            padded[start..<(start + 8)].reduce(UInt8(0)) { $0 << 1 | ($1 & 1) }
          })
      }
    ])
  static let binomial = ScalarFunction(
    "binom", summary: "In how many ways k of n things can be chosen.",
    example: ("binom(5, 2)", "10"),
    overloads: [
      .boxed([.bigint, .bigint], to: .hugeint) { row in
        guard case .integer(let n) = row[0], case .integer(var k) = row[1] else { return .null }
        if n < 0 || k < 0 { throw ComputeError.invalid("binom needs numbers from 0 up") }
        if k > n { return .hugeint(0) }
        k = Swift.min(k, n - k)
        var result: Int128 = 1
        var i: Int64 = 0
        while i < k {
          let (product, overflow) = result.multipliedReportingOverflow(by: Int128(n - i))
          if overflow { throw ComputeError.overflow("binom(\(n), \(k)) is out of range") }
          result = product / Int128(i + 1)
          i += 1
        }
        return .hugeint(result)
      }
    ])
  static let sleep = ScalarFunction(
    "sleep_ms", summary: "Waits for a number of milliseconds; gives NULL.",
    example: ("sleep_ms(1)", "NULL"), stability: .volatile,
    overloads: [
      .fixed([.bigint], to: .null) { arguments, count, context in
        let spans: Vector = arguments[0].flattened()
        for i in 0..<count where spans.isValid(i) {
          var left: Int64 = Swift.max(0, spans.values(Int64.self)[i])
          while left > 0, !context.isCancelled() {
            usleep(UInt32(Swift.min(left, 10) * 1000))
            left -= 10
          }
        }
        return Vector.nulls(.null, count: count)
      }
    ])
  static let element = ScalarFunction(
    "elt", summary: "The n-th of the arguments after the first.",
    example: ("elt(2, 'a', 'b')", "b"), handlesNull: true,
    overloads: [
      ScalarOverload([.exact(.bigint), .anyCommon], variadic: .anyCommon) { types, _ in
        BoundScalar(argumentTypes: types, returnType: types[1]) { arguments, count, _ in
          let positions: Vector = arguments[0].flattened()
          return Choice.pick(Array(arguments.dropFirst()), count: count, type: types[1]) { i in
            guard positions.isValid(i) else { return nil }
            let n: Int64 = positions.values(Int64.self)[i]
            return n >= 1 && n < Int64(arguments.count) ? Int(n) - 1 : nil
          }
        }
      }
    ])
  static let fieldPosition = ScalarFunction(
    "field", summary: "The place of the first argument among the others, 0 when it is not there.",
    example: ("field('b', 'a', 'b')", "2"), handlesNull: true,
    overloads: [
      ScalarOverload([.anyCommon, .anyCommon], variadic: .anyCommon) { types, _ in
        BoundScalar(
          argumentTypes: types, returnType: .bigint,
          kernel: ScalarLift.boxedNullable(.bigint) { row in
            let place: Int? = row[0].isNull ? nil : row.dropFirst().firstIndex(of: row[0])
            return .integer(Int64(place ?? 0))
          })
      }
    ])
  static let normalizedInterval = ScalarFunction(
    "normalized_interval",
    summary: "The interval with days of 24 hours and months of 30 days carried over.",
    example: ("normalized_interval(INTERVAL '40 days 25 hours')", "1 month 11 days 01:00:00"),
    overloads: [
      .unary(.interval, to: .interval) { (span: Interval) -> Interval? in
        let day: Int64 = 86_400_000_000
        // Carried downwards: days and times of day are never negative.
        func quotient(_ value: Int64, _ unit: Int64) -> Int64 {
          value >= 0 ? value / unit : (value + 1) / unit - 1
        }
        let days = Int64(span.days) + quotient(span.microseconds, day)
        let months = Int64(span.months) + quotient(days, 30)
        guard let whole = Int32(exactly: months) else {
          throw ComputeError.overflow("Interval out of range")
        }
        return Interval(
          months: whole, days: Int32(days - quotient(days, 30) * 30),
          microseconds: span.microseconds - quotient(span.microseconds, day) * day)
      }
    ])
}
