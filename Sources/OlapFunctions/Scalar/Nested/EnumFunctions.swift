import OlapColumns

/// Functions over ENUM types; arguments may be NULL, their types matter.
extension ScalarFunction {
  static let enumCode = ScalarFunction(
    "enum_code", summary: "The position of the value among its type's labels, from 0.",
    example: ("enum_code('b'::ENUM ('a', 'b'))", "1"),
    overloads: [
      ScalarOverload([.anyEnum]) { types, _ in
        // The narrowest type that has a number for every label.
        let count: Int =
          if case .enumeration(let labels) = types[0] { labels.labels.count } else { 0 }
        let type: SQLType = count <= 256 ? .utinyint : count <= 65_536 ? .usmallint : .uinteger
        return BoundScalar(
          argumentTypes: types, returnType: type, kernel: ScalarLift.boxed(type) { $0[0] })
      }
    ])
  static let enumFirst = ScalarFunction(
    "enum_first", summary: "The first label of the type.",
    example: ("enum_first(NULL::ENUM ('a', 'b'))", "a"), handlesNull: true,
    overloads: [EnumFunction.constant(.varchar) { $0.first.map { .varchar($0) } ?? .null }])
  static let enumLast = ScalarFunction(
    "enum_last", summary: "The last label of the type.",
    example: ("enum_last(NULL::ENUM ('a', 'b'))", "b"), handlesNull: true,
    overloads: [EnumFunction.constant(.varchar) { $0.last.map { .varchar($0) } ?? .null }])
  static let enumRange = ScalarFunction(
    "enum_range", summary: "Every label of the type.",
    example: ("enum_range(NULL::ENUM ('a', 'b'))", "[a, b]"), handlesNull: true,
    overloads: [EnumFunction.constant(.list(.varchar)) { .list($0.map { .varchar($0) }) }])
  static let enumRangeBoundary = ScalarFunction(
    "enum_range_boundary", summary: "The labels from one value to another; NULL means the end.",
    example: ("enum_range_boundary('b'::ENUM ('a', 'b', 'c'), NULL)", "[b, c]"), handlesNull: true,
    overloads: [
      ScalarOverload([.any, .any]) { types, _ in
        guard let labels = EnumFunction.labels(types[0]) ?? EnumFunction.labels(types[1]) else {
          throw ComputeError.invalid("enum_range_boundary needs an ENUM")
        }
        let type: SQLType = EnumFunction.labels(types[0]) == nil ? types[1] : types[0]
        return BoundScalar(
          argumentTypes: [type, type], returnType: .list(.varchar),
          kernel: ScalarLift.boxedNullable(.list(.varchar)) { row in
            let first: Int = EnumFunction.code(row[0]) ?? 0
            let last: Int = EnumFunction.code(row[1]) ?? labels.count - 1
            return .list(first <= last ? labels[first...last].map { .varchar($0) } : [])
          })
      }
    ])
}

enum EnumFunction {
  static func labels(_ type: SQLType) -> [String]? {
    if case .enumeration(let labels) = type { labels.labels } else { nil }
  }

  static func code(_ value: Value) -> Int? {
    if case .integer(let code) = value { Int(code) } else { nil }
  }

  /// A result that depends on the type alone.
  static func constant(
    _ result: SQLType, _ body: @escaping @Sendable ([String]) -> Value
  ) -> ScalarOverload {
    ScalarOverload([.anyEnum]) { types, _ in
      let value: Value = body(labels(types[0]) ?? [])
      return BoundScalar(argumentTypes: types, returnType: result) { _, count, _ in
        Vector.constant(value, type: result, count: count)
      }
    }
  }
}
