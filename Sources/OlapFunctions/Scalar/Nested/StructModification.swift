import OlapColumns

extension ScalarFunction {
  static let structConcat = ScalarFunction(
    "struct_concat", summary: "The fields of several structs in one.",
    example: ("struct_concat({'a': 1}, {'b': 2})", "{'a': 1, 'b': 2}"),
    overloads: [
      ScalarOverload([.anyStruct], variadic: .anyStruct) { types, _ in
        let fields: [StructField] = types.flatMap { StructModification.fields($0) }
        guard Set(fields.map { $0.name.lowercased() }).count == fields.count else {
          throw ComputeError.invalid("struct_concat: a field name occurs in two structs")
        }
        let type: SQLType = .structure(fields)
        return BoundScalar(
          argumentTypes: types, returnType: type,
          kernel: ScalarLift.boxed(type) { row in
            .structure(row.flatMap { StructModification.values($0) })
          })
      }
    ])
  static let structValues = ScalarFunction(
    "struct_values", summary: "The fields of a struct without their names.",
    example: ("struct_values({'a': 1, 'b': 'x'})", "(1, x)"),
    overloads: [
      ScalarOverload([.anyStruct]) { types, _ in
        let type: SQLType = .structure(
          StructModification.fields(types[0]).map { StructField(name: "", type: $0.type) })
        return BoundScalar(
          argumentTypes: types, returnType: type, kernel: ScalarLift.boxed(type) { $0[0] })
      }
    ])
  static let structPosition = ScalarFunction(
    "struct_position", aliases: ["struct_indexof"],
    summary: "The place of the first field with a value; NULL when no field has it.",
    example: ("struct_position(row(4, 5), 5)", "2"),
    overloads: [
      StructModification.searching(.integer) { $0.map { .integer(Int64($0 + 1)) } ?? .null }
    ])
  static let structContains = ScalarFunction(
    "struct_contains", aliases: ["struct_has"], summary: "Whether a field has the value.",
    example: ("struct_contains(row(4, 5), 5)", "true"),
    overloads: [StructModification.searching(.boolean) { .boolean($0 != nil) }])
}

enum StructModification {
  static func fields(_ type: SQLType) -> [StructField] {
    if case .structure(let fields) = type { fields } else { [] }
  }

  static func values(_ value: Value) -> [Value] {
    if case .structure(let values) = value { values } else { [] }
  }

  /// (struct, value): all fields and the value have one common type.
  static func searching(
    _ result: SQLType, _ body: @escaping @Sendable (Int?) -> Value
  ) -> ScalarOverload {
    ScalarOverload([.anyStruct, .any]) { types, constants in
      let own: [StructField] = fields(types[0])
      let candidates: [(SQLType, Value?)] = own.map { ($0.type, nil) }
      guard let common = FunctionResolver.unify(candidates + [(types[1], constants[1])]) else {
        throw ComputeError.invalid("the fields of \(types[0]) and \(types[1]) have no common type")
      }
      let wide: SQLType = .structure(own.map { StructField(name: $0.name, type: common) })
      return BoundScalar(
        argumentTypes: [wide, common], returnType: result,
        kernel: ScalarLift.boxed(result) { row in body(values(row[0]).firstIndex(of: row[1])) })
    }
  }
}
