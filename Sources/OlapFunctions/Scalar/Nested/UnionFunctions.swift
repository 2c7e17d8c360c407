import OlapColumns

/// Access to the members of a UNION; `union_value` is bound by name.
extension ScalarFunction {
  static let unionTag = ScalarFunction(
    "union_tag", summary: "The name of the member that a union holds, as an ENUM.",
    example: ("union_tag(union_value(num := 5))", "num"),
    overloads: [
      ScalarOverload([.any]) { types, _ in
        let members: [StructField] = try UnionFunction.members(types[0], "union_tag")
        let type: SQLType = .enumeration(EnumLabels(name: nil, labels: members.map { $0.name }))
        let toCode: ScalarKernel = ScalarLift.dense(type) { (tag: UInt8) in UInt32(tag) }
        return BoundScalar(argumentTypes: types, returnType: type) { arguments, count, context in
          try toCode([StructFunction.field(arguments[0], 0)], count, context)
        }
      }
    ])

  static let unionExtract = ScalarFunction(
    "union_extract", summary: "A member of a union by name; NULL where it holds another.",
    example: ("union_extract(union_value(num := 5), 'num')", "5"),
    overloads: [
      ScalarOverload([.any, .exact(.varchar)]) { types, constants in
        let members: [StructField] = try UnionFunction.members(types[0], "union_extract")
        guard case .varchar(let name)? = constants[1] else {
          throw ComputeError.invalid("union_extract needs a constant name of a member")
        }
        guard let i = members.firstIndex(where: { $0.name.lowercased() == name.lowercased() })
        else {
          let names: String = members.map { "\"\($0.name)\"" }.joined(separator: ", ")
          throw ComputeError.invalid("Could not find key \"\(name)\" in union: it has \(names)")
        }
        return BoundScalar(argumentTypes: types, returnType: members[i].type) { arguments, _, _ in
          StructFunction.field(arguments[0], i + 1)
        }
      }
    ])
}

/// What the union functions share.
enum UnionFunction {
  static func members(_ type: SQLType, _ function: String) throws -> [StructField] {
    guard case .union(let members) = type else {
      throw ComputeError.invalid("\(function) needs a UNION, not \(type)")
    }
    return members
  }
}
