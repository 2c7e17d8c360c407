/// The binary operators of arithmetic.
package enum ArithmeticOperator: UInt8, Sendable {
  case add, subtract, multiply
  /// `/`: always DOUBLE (REAL for two REALs).
  case divide
  /// `//`: towards zero for integers, floor-free quotient for doubles.
  case integerDivide
  /// `%`: sign of the dividend.
  case modulo

  /// The operator as SQL spells it.
  package var symbol: String {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .integerDivide: "//"
    case .modulo: "%"
    }
  }

  /// The word used in overflow messages.
  var noun: String {
    switch self {
    case .add: "addition"
    case .subtract: "subtraction"
    case .multiply: "multiplication"
    case .divide, .integerDivide: "division"
    case .modulo: "modulo"
    }
  }
}

/// What a division by zero gives.
package enum ZeroDivisor: Sendable {
  case null
  /// Infinities and NaN, for REAL and DOUBLE; integers and decimals give NULL.
  case ieee
  case error
}

/// Arithmetic over numeric vectors in any encoding.
///
/// Overflow is an error of the vector, raised once with the first bad row; rows with a NULL operand
/// never raise. Where bounds or types prove that nothing can overflow,
/// the unchecked loops run and the result carries its bounds.
package enum Arithmetic {
  /// `l op r` as a vector of `type`, NULL where an operand is.
  ///
  /// Both operands have the types that `operandTypes` names for `type`: the result type itself, or
  /// DECIMALs (add, subtract and modulo bring them to the result's scale; multiply adds scales).
  /// - Throws: `ComputeError(.overflow)`, and `.divisionByZero` when `zeroDivisor` says so.
  package static func evaluate(
    _ op: ArithmeticOperator, _ l: Vector, _ r: Vector, count: Int, type: SQLType,
    zeroDivisor: ZeroDivisor = .null
  ) throws -> Vector {
    if isNullConstant(l) || isNullConstant(r) { return Vector.nulls(type, count: count) }
    if l.encoding == .constant && r.encoding == .constant && count != 1 {
      return try evaluate(
        op, l.broadcast(row: 0, count: 1), r.broadcast(row: 0, count: 1), count: 1, type: type,
        zeroDivisor: zeroDivisor
      ).broadcast(row: 0, count: count)
    }
    let left: Vector = try aligned(l, op, type)
    let right: Vector = try aligned(r, op, type)
    if zeroDivisor == .error { try refuseZeros(op, left, right, count) }
    switch type.physicalType {
    case .int8: return try integers(op, left, right, count, type, Int8.self)
    case .int16: return try integers(op, left, right, count, type, Int16.self)
    case .int32: return try integers(op, left, right, count, type, Int32.self)
    case .int64: return try integers(op, left, right, count, type, Int64.self)
    case .int128: return try integers(op, left, right, count, type, Int128.self)
    case .uint8: return try integers(op, left, right, count, type, UInt8.self)
    case .uint16: return try integers(op, left, right, count, type, UInt16.self)
    case .uint32: return try integers(op, left, right, count, type, UInt32.self)
    case .uint64: return try integers(op, left, right, count, type, UInt64.self)
    case .uint128: return try integers(op, left, right, count, type, UInt128.self)
    case .float32: return floats(op, left, right, count, type, zeroDivisor, Float.self)
    case .float64: return floats(op, left, right, count, type, zeroDivisor, Double.self)
    default:
      throw ComputeError(
        .invalidArgument, "\(op.symbol) is not defined for \(type); cast the operands to numbers")
    }
  }

  /// `l + r`.
  package static func add(_ l: Vector, _ r: Vector, count: Int, type: SQLType) throws -> Vector {
    try evaluate(.add, l, r, count: count, type: type)
  }
  /// `l - r`.
  package static func subtract(
    _ l: Vector, _ r: Vector, count: Int, type: SQLType
  ) throws -> Vector { try evaluate(.subtract, l, r, count: count, type: type) }
  /// `l * r`.
  package static func multiply(
    _ l: Vector, _ r: Vector, count: Int, type: SQLType
  ) throws -> Vector { try evaluate(.multiply, l, r, count: count, type: type) }
  /// `l / r` over REAL or DOUBLE; NULL where `r` is zero.
  package static func divide(_ l: Vector, _ r: Vector, count: Int, type: SQLType = .double)
    throws -> Vector
  { try evaluate(.divide, l, r, count: count, type: type) }
  /// `l // r`; NULL where `r` is zero.
  package static func integerDivide(
    _ l: Vector, _ r: Vector, count: Int, type: SQLType
  ) throws -> Vector { try evaluate(.integerDivide, l, r, count: count, type: type) }
  /// `l % r`; NULL where `r` is zero.
  package static func modulo(_ l: Vector, _ r: Vector, count: Int, type: SQLType) throws -> Vector {
    try evaluate(.modulo, l, r, count: count, type: type)
  }

  /// `-v` in `v`'s own type.
  package static func negate(_ v: Vector, count: Int) throws -> Vector {
    if isNullConstant(v) { return v }
    if v.type.isFloatingPoint {
      // 0 - x would turn 0.0 into 0.0 and lose the sign.
      let minusOne = Vector.constant(
        v.type == .real ? .real(-1) : .double(-1), type: v.type, count: count)
      return try evaluate(.multiply, v, minusOne, count: count, type: v.type)
    }
    let builder = VectorBuilder(type: v.type, capacity: 1)
    builder.append(zero(v.type))
    let nothing: Vector = builder.finish().broadcast(row: 0, count: count)
    return try evaluate(.subtract, nothing, v, count: count, type: v.type)
  }

  private static func zero(_ type: SQLType) -> Value {
    switch type {
    case .decimal(_, let scale): .decimal(0, scale: scale)
    case .hugeint, .ubigint: .hugeint(0)
    case .uhugeint: .unsigned(0)
    default: .integer(0)
    }
  }

  static func isNullConstant(_ v: Vector) -> Bool { v.encoding == .constant && !v.isValid(0) }

  /// The operand in the result's physical type and, where the operator needs it, scale.
  private static func aligned(
    _ v: Vector, _ op: ArithmeticOperator, _ type: SQLType
  ) throws -> Vector {
    if v.type == type { return v }
    guard case .decimal(let precision, let scale) = type else {
      if v.physical == type.physicalType && v.type.isInteger == type.isInteger { return v }
      return try Cast.cast(v, to: type, isTry: false, timeZoneName: "UTC")
    }
    var own = 0
    if case .decimal(_, let ownScale) = v.type { own = ownScale }
    let wanted: Int = op == .multiply ? own : scale
    if v.physical == type.physicalType && own == wanted { return v }
    return try Cast.cast(
      v, to: .decimal(precision: precision, scale: wanted), isTry: false, timeZoneName: "UTC")
  }

  /// Types to cast the operands to and the type of the result, as DuckDB chooses them; nil when
  /// `op` is not defined for two numbers of these types.
  package static func operandTypes(_ op: ArithmeticOperator, _ l: SQLType, _ r: SQLType)
    -> (left: SQLType, right: SQLType, result: SQLType)?
  {
    guard l.isNumeric || l == .null, r.isNumeric || r == .null else { return nil }
    if l == .null && r == .null { return (.integer, .integer, .integer) }
    if op == .divide { return floatTypes(l, r) }
    if l.isFloatingPoint || r.isFloatingPoint { return floatTypes(l, r) }
    if l.isDecimal || r.isDecimal { return decimalTypes(op, l, r) }
    guard let common = TypeRules.commonType(l, r) else { return nil }
    return (common, common, common)
  }

  private static func floatTypes(_ l: SQLType, _ r: SQLType)
    -> (left: SQLType, right: SQLType, result: SQLType)
  {
    let isReal: Bool = (l == .real || l == .null) && (r == .real || r == .null)
    let type: SQLType = isReal ? .real : .double
    return (type, type, type)
  }

  private static func decimalTypes(_ op: ArithmeticOperator, _ l: SQLType, _ r: SQLType)
    -> (left: SQLType, right: SQLType, result: SQLType)?
  {
    guard let (p, s) = TypeRules.decimalShape(l), let (q, t) = TypeRules.decimalShape(r)
    else { return floatTypes(.double, .double) }
    switch op {
    case .add, .subtract, .modulo:
      let scale: Int = Swift.max(s, t)
      let whole: Int = Swift.max(p - s, q - t)
      let carry: Int = op == .modulo ? 0 : 1
      let type: SQLType = .decimal(precision: Swift.min(38, whole + scale + carry), scale: scale)
      return (type, type, type)
    case .multiply:
      let scale: Int = s + t
      if scale > 38 { return floatTypes(.double, .double) }
      var precision: Int = p + q
      // Products of 64-bit decimals stay in 64 bits, checked: 128 bits are far slower.
      if precision > 18 && Swift.max(p, q) <= 18 && scale < 18 { precision = 18 }
      precision = Swift.min(precision, 38)
      return (
        .decimal(precision: precision, scale: s), .decimal(precision: precision, scale: t),
        .decimal(precision: precision, scale: scale)
      )
    case .divide, .integerDivide: return floatTypes(.double, .double)
    }
  }
}
