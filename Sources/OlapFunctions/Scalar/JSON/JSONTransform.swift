import OlapColumns

/// json_transform: JSON as a value of the type that a structure such as '{"a": "INTEGER"}' describes.
extension ScalarFunction {
  static let jsonTransform = ScalarFunction(
    "json_transform", aliases: ["from_json"],
    summary: "JSON as a value of the described type; what does not fit is NULL.",
    example: (
      "json_transform('{\"a\": 1, \"b\": \"x\"}', '{\"a\": \"INTEGER\", \"b\": \"VARCHAR\"}')",
      "{'a': 1, 'b': x}"
    ), overloads: JSONTransform.overloads(isStrict: false))
  static let jsonTransformStrict = ScalarFunction(
    "json_transform_strict", aliases: ["from_json_strict"],
    summary: "JSON as a value of the described type; what does not fit is an error.",
    example: ("json_transform_strict('[1, 2]', '[\"BIGINT\"]')", "[1, 2]"),
    overloads: JSONTransform.overloads(isStrict: true))
}

enum JSONTransform {
  static func overloads(isStrict: Bool) -> [ScalarOverload] {
    [SQLType.json, .varchar].map { type in
      ScalarOverload([.exact(type), .exact(.varchar)]) { types, constants in
        guard case .varchar(let text)? = constants[1] else {
          throw ComputeError.invalid("the structure of json_transform must be a constant")
        }
        guard let structure = JSONParser.parse(text) else {
          throw ComputeError.invalid("the structure of json_transform is not JSON: '\(text)'")
        }
        let result: SQLType = try sqlType(structure)
        return BoundScalar(argumentTypes: types, returnType: result) { arguments, count, context in
          let zone: String = context.timeZoneName
          let kernel: ScalarKernel = ScalarLift.boxed(result) { row in
            try convert(JSONExtraction.document(row[0]), result, isStrict, zone)
          }
          return try kernel(arguments, count, context)
        }
      }
    }
  }

  /// {"a": T} is a STRUCT, [T] a LIST, "T" the type of that name.
  private static func sqlType(_ structure: JSONValue) throws -> SQLType {
    switch structure {
    case .string(let name):
      if let type = namedType(name) { return type }
      throw ComputeError.invalid("\"\(name)\" is not a type that json_transform knows")
    case .array(let elements):
      guard elements.count == 1 else {
        throw ComputeError.invalid("a list's structure is an array of one element")
      }
      return .list(try sqlType(elements[0]))
    case .object(let members):
      if members.isEmpty { return .json }
      return .structure(
        try members.map { StructField(name: $0.key, type: try sqlType($0.value)) })
    case .null: return .json
    default: throw ComputeError.invalid("a structure is made of objects, arrays and type names")
    }
  }

  /// A name with its arguments: "DECIMAL(10,2)".
  private static func namedType(_ text: String) -> SQLType? {
    guard let open = text.firstIndex(of: "("), text.hasSuffix(")") else {
      return SQLType.parse(name: text)
    }
    let list = text[text.index(after: open)...].dropLast()
    let numbers: [Int?] = list.split(separator: ",").map { part in
      Int(String(part.filter { $0 != " " }))
    }
    guard !numbers.contains(where: { $0 == nil }) else { return nil }
    let name = String(text[..<open].filter { $0 != " " })
    return SQLType.parse(name: name, arguments: numbers.compactMap { $0 })
  }

  private static func convert(
    _ value: JSONValue, _ type: SQLType, _ isStrict: Bool, _ zone: String
  ) throws -> Value {
    func refuse(_ what: String) throws -> Value {
      if isStrict { throw ComputeError.invalid("\(what): \(value.text.prefix(80))") }
      return .null
    }
    if case .null = value, type != .json { return .null }
    switch type {
    case .json: return .varchar(value.text)
    case .structure(let fields):
      guard case .object(let members) = value else {
        let refused: Value = try refuse("expected an object")
        return .structure(Array(repeating: refused, count: fields.count))
      }
      return .structure(
        try fields.map { field in
          guard let member = members.first(where: { $0.key == field.name }) else {
            if isStrict { throw ComputeError.invalid("the key \"\(field.name)\" is missing") }
            return .null
          }
          return try convert(member.value, field.type, isStrict, zone)
        })
    case .list(let element):
      guard case .array(let elements) = value else { return try refuse("expected an array") }
      return .list(try elements.map { try convert($0, element, isStrict, zone) })
    default:
      if !value.isScalar, type != .varchar { return try refuse("expected a scalar") }
      let text: Value = .varchar(value.plainText ?? value.text)
      let cast: Value = try Cast.cast(
        text, from: .varchar, to: type, isTry: true, timeZoneName: zone)
      return cast.isNull ? try refuse("cannot read as \(type)") : cast
    }
  }
}
