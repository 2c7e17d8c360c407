import OlapColumns

/// Bitwise operators over every integer type; the result has the operands' common type.
extension ScalarFunction {
  static let bitAnd = ScalarFunction(
    "&", summary: "Bitwise AND.", example: ("91 & 15", "11"),
    overloads: [BitOperation.overload(.and), BitString.combine(.and)])
  static let bitOr = ScalarFunction(
    "|", summary: "Bitwise OR.", example: ("32 | 3", "35"),
    overloads: [BitOperation.overload(.or), BitString.combine(.or)])
  static let bitXor = ScalarFunction(
    "xor", summary: "Bitwise exclusive OR.", example: ("xor(17, 5)", "20"),
    overloads: [BitOperation.overload(.xor), BitString.combine(.xor)])
  static let shiftLeft = ScalarFunction(
    "<<", summary: "Bits moved to the left.", example: ("1 << 4", "16"),
    overloads: [BitOperation.overload(.left), BitString.shift(isLeft: true)])
  static let shiftRight = ScalarFunction(
    ">>", summary: "Bits moved to the right.", example: ("8 >> 2", "2"),
    overloads: [BitOperation.overload(.right), BitString.shift(isLeft: false)])
  static let bitCount = ScalarFunction(
    "bit_count", summary: "Number of bits set.", example: ("bit_count(31)", "5"),
    overloads: [
      .unary(.tinyint, to: .tinyint) { (a: Int8) in Int8(a.nonzeroBitCount) },
      .unary(.smallint, to: .tinyint) { (a: Int16) in Int8(a.nonzeroBitCount) },
      .unary(.integer, to: .tinyint) { (a: Int32) in Int8(a.nonzeroBitCount) },
      .unary(.bigint, to: .tinyint) { (a: Int64) in Int8(a.nonzeroBitCount) },
      .unary(.hugeint, to: .tinyint) { (a: Int128) in
        Int8(truncatingIfNeeded: a.nonzeroBitCount)
      },
      BitString.count,
    ])
}

enum BitOperation: Sendable {
  case and, or, xor, left, right

  static func overload(_ operation: BitOperation) -> ScalarOverload {
    ScalarOverload([.anyInteger, .anyInteger]) { types, constants in
      let adapted: [SQLType] = LiteralTypes.adapted(types, constants)
      guard let type = TypeRules.commonType(adapted[0], adapted[1]), type.isInteger else {
        throw ComputeError.invalid("No bitwise operation of \(types[0]) and \(types[1])")
      }
      return BoundScalar(
        argumentTypes: [type, type], returnType: type, kernel: kernel(operation, type))
    }
  }

  private static func kernel(_ operation: BitOperation, _ type: SQLType) -> ScalarKernel {
    switch type.physicalType {
    case .int8: lifted(operation, type, Int8.self)
    case .int16: lifted(operation, type, Int16.self)
    case .int32: lifted(operation, type, Int32.self)
    case .int64: lifted(operation, type, Int64.self)
    case .uint8: lifted(operation, type, UInt8.self)
    case .uint16: lifted(operation, type, UInt16.self)
    case .uint32: lifted(operation, type, UInt32.self)
    case .uint64: lifted(operation, type, UInt64.self)
    case .uint128: lifted(operation, type, UInt128.self)
    default: lifted(operation, type, Int128.self)
    }
  }

  private static func lifted<T: FixedWidthInteger & BitwiseCopyable & Sendable>(
    _ operation: BitOperation, _ type: SQLType, _: T.Type
  ) -> ScalarKernel {
    switch operation {
    case .and: ScalarLift.binary(type) { (a: T, b: T) in a & b }
    case .or: ScalarLift.binary(type) { (a: T, b: T) in a | b }
    case .xor: ScalarLift.binary(type) { (a: T, b: T) in a ^ b }
    case .left: ScalarLift.binary(type) { (a: T, b: T) in try shiftedLeft(a, b) }
    case .right:
      ScalarLift.binary(type) { (a: T, b: T) in
        b < 0 || b >= T.bitWidth ? 0 : a >> b
      }
    }
  }

  private static func shiftedLeft<T: FixedWidthInteger>(_ a: T, _ b: T) throws -> T {
    if a < 0 { throw ComputeError.overflow("Cannot left-shift negative number \(a)") }
    if b < 0 { throw ComputeError.overflow("Cannot left-shift by negative number \(b)") }
    if a == 0 { return 0 }
    if b >= T.bitWidth || (a << b) >> b != a || (a << b) < 0 {
      throw ComputeError.overflow("Overflow in left shift (\(a) << \(b))")
    }
    return a << b
  }
}

extension ScalarFunction {
  /// ~x; the regular-expression operator of the same sign has two arguments.
  static let bitNot = ScalarFunction(
    "~", summary: "Bitwise NOT of an integer; with two strings: whether the whole string matches.",
    example: ("~ 5", "-6"),
    overloads: [
      BitString.complement,
      ScalarOverload([.anyInteger]) { types, _ in
        let type: SQLType = types[0]
        func kernel<T: FixedWidthInteger & BitwiseCopyable & Sendable>(_: T.Type) -> ScalarKernel {
          ScalarLift.dense(type) { (a: T) in ~a }
        }
        let chosen: ScalarKernel =
          switch type.physicalType {
          case .int8: kernel(Int8.self)
          case .int16: kernel(Int16.self)
          case .int32: kernel(Int32.self)
          case .int64: kernel(Int64.self)
          case .uint8: kernel(UInt8.self)
          case .uint16: kernel(UInt16.self)
          case .uint32: kernel(UInt32.self)
          case .uint64: kernel(UInt64.self)
          case .uint128: kernel(UInt128.self)
          default: kernel(Int128.self)
          }
        return BoundScalar(argumentTypes: types, returnType: type, kernel: chosen)
      },
    ] + RegexOverloads.fullMatch)
}
