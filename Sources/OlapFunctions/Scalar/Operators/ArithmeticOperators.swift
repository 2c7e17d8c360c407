import OlapColumns

/// The operators + - * / // % and unary minus. Numbers go to the checked kernels of OlapColumns;
/// dates and intervals have overloads of their own (DateArithmetic.swift).
extension ScalarFunction {
  static let add = ScalarFunction(
    "+", aliases: ["add"], summary: "Sum of two numbers; date or timestamp moved by an interval.",
    example: ("1 + 2", "3"),
    overloads: [numeric(.add), .identity(.anyNumeric)] + DateArithmetic.addition)

  static let subtract = ScalarFunction(
    "-", aliases: ["subtract"],
    summary: "Difference of two numbers, dates or timestamps; date moved back by an interval.",
    example: ("5 - 2", "3"),
    overloads: [numeric(.subtract), negation] + DateArithmetic.subtraction)

  static let negate = ScalarFunction(
    "negate", summary: "The number or interval with the other sign.", example: ("-(5)", "-5"),
    overloads: [negation, DateArithmetic.negation])

  static let multiply = ScalarFunction(
    "*", aliases: ["multiply"], summary: "Product of two numbers, or of an interval and a number.",
    example: ("6 * 7", "42"), overloads: [numeric(.multiply)] + DateArithmetic.multiplication)

  static let divide = ScalarFunction(
    "/", summary: "Quotient as DOUBLE; a zero divisor gives an infinity or NaN.",
    example: ("7 / 2", "3.5"), overloads: [numeric(.divide)] + DateArithmetic.division)

  static let integerDivide = ScalarFunction(
    "//", aliases: ["divide"],
    summary: "Quotient without its fraction; a zero divisor is an error.",
    example: ("7 // 2", "3"), overloads: [numeric(.integerDivide)])

  static let modulo = ScalarFunction(
    "%", aliases: ["mod"], summary: "Remainder of a division; a zero divisor is an error.",
    example: ("7 % 3", "1"), overloads: [numeric(.modulo)])

  static let floatModulo = ScalarFunction(
    "fmod", summary: "Remainder with the divisor's sign of two DOUBLEs; NaN for a zero divisor.",
    example: ("fmod(-7.5, 2)", "0.5"),
    overloads: [
      .binary(.double, .double, to: .double) { (x: Double, y: Double) in
        let rest: Double = x.truncatingRemainder(dividingBy: y)
        return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
      }
    ])

  private static func numeric(_ op: ArithmeticOperator) -> ScalarOverload {
    ScalarOverload([.anyNumeric, .anyNumeric]) { types, constants in
      var adapted: [SQLType] = LiteralTypes.adapted(types, constants)
      // No whole number type holds both: DuckDB's answer is a DOUBLE.
      if adapted.contains(.uhugeint), let i = adapted.firstIndex(where: { $0.isSignedInteger }) {
        let isLiteral = constants[i].map { FunctionResolver.fits($0, .uhugeint) } ?? false
        adapted = isLiteral ? [.uhugeint, .uhugeint] : [.double, .double]
      }
      if op == .modulo, exceedsDecimals(adapted) { adapted = [.double, .double] }
      guard let chosen = Arithmetic.operandTypes(op, adapted[0], adapted[1]) else {
        throw ComputeError.invalid("\(op.symbol) is not defined for \(types[0]) and \(types[1])")
      }
      return BoundScalar(
        argumentTypes: [chosen.left, chosen.right], returnType: chosen.result
      ) { arguments, count, context in
        try Arithmetic.evaluate(
          op, arguments[0], arguments[1], count: count, type: chosen.result,
          zeroDivisor: zeroDivisor(op, chosen.result, context))
      }
    }
  }

  /// Whether the remainder of decimals would need more than 38 digits.
  private static func exceedsDecimals(_ types: [SQLType]) -> Bool {
    guard types.contains(where: { if case .decimal = $0 { true } else { false } }) else {
      return false
    }
    let digits = types.compactMap { TypeRules.decimalShape($0) }
    guard digits.count == types.count else { return false }
    let whole = digits.map { $0.precision - $0.scale }.max() ?? 0
    return whole + (digits.map { $0.scale }.max() ?? 0) > 38
  }

  /// `/` and the `%` of DOUBLEs follow IEEE 754 as DuckDB 2 does; the rest refuses a zero divisor
  /// unless `error_on_division_by_zero` is off.
  private static func zeroDivisor(
    _ op: ArithmeticOperator, _ type: SQLType, _ context: EvaluationContext
  ) -> ZeroDivisor {
    switch op {
    case .divide: return context.followsIEEE ? .ieee : .null
    case .modulo where type.isFloatingPoint: return context.followsIEEE ? .ieee : .null
    case .integerDivide, .modulo: return context.refusesZeroDivisors ? .error : .null
    default: return .null
    }
  }

  private static let negation = ScalarOverload([.anyNumeric]) { types, _ in
    var type: SQLType = types[0]
    // An unsigned number's negative needs the next wider signed type.
    switch type {
    case .utinyint: type = .smallint
    case .usmallint: type = .integer
    case .uinteger: type = .bigint
    case .ubigint, .uhugeint: type = .hugeint
    default: break
    }
    return BoundScalar(argumentTypes: [type], returnType: type) { arguments, count, _ in
      try Arithmetic.negate(arguments[0], count: count)
    }
  }
}

extension ScalarOverload {
  /// The argument as it is.
  static func identity(_ parameter: Parameter) -> ScalarOverload {
    ScalarOverload([parameter]) { types, _ in
      BoundScalar(argumentTypes: types, returnType: types[0]) { arguments, _, _ in arguments[0] }
    }
  }
}

/// Integer constants take the type of the integer beside them when they fit it, as literals do.
enum LiteralTypes {
  static func adapted(_ types: [SQLType], _ constants: [Value?]) -> [SQLType] {
    guard types.count == 2, constants.count == 2, types[0].isInteger, types[1].isInteger
    else { return types }
    if let constant = constants[0], constants[1] == nil, FunctionResolver.fits(constant, types[1]) {
      return [types[1], types[1]]
    }
    if let constant = constants[1], constants[0] == nil, FunctionResolver.fits(constant, types[0]) {
      return [types[0], types[0]]
    }
    return types
  }
}
