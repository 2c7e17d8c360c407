import OlapColumns

extension ScalarFunction {
  static let jsonExtract = ScalarFunction(
    "json_extract", aliases: ["->", "json_extract_path", "jsonb_extract_path", "get_path"],
    summary: "The part of a JSON document a path leads to, as JSON.",
    example: ("json_extract('{\"a\": [1, 2]}', '$.a[1]')", "2"),
    overloads: JSONExtraction.overloads(.json) { .varchar($0.text) })
  static let jsonExtractString = ScalarFunction(
    "json_extract_string", aliases: ["->>", "json_extract_path_text", "jsonb_extract_path_text"],
    summary: "The part of a JSON document a path leads to, as text.",
    example: ("json_extract_string('{\"a\": \"x\"}', '$.a')", "x"),
    overloads: JSONExtraction.overloads(.varchar) { $0.plainText.map { .varchar($0) } ?? .null })
  static let jsonValue = ScalarFunction(
    "json_value", summary: "The scalar a path leads to, as JSON text; NULL for arrays and objects.",
    example: ("json_value('{\"a\": 1}', '$.a')", "1"),
    overloads: JSONExtraction.overloads(.varchar) {
      $0.isScalar && $0.plainText != nil ? .varchar($0.text) : .null
    })
  static let jsonExists = ScalarFunction(
    "json_exists", summary: "Whether the path leads to something.",
    example: ("json_exists('{\"a\": 1}', '$.a')", "true"),
    overloads: JSONExtraction.withPath(.boolean, isPathNeeded: true) { .boolean($0 != nil) })
  static let jsonType = ScalarFunction(
    "json_type", aliases: ["json_typeof", "jsonb_typeof"], summary: "The type of a JSON value.",
    example: ("json_type('[1]')", "ARRAY"),
    overloads: JSONExtraction.withPath(.varchar) { $0.map { .varchar($0.typeName) } ?? .null })
  static let jsonArrayLength = ScalarFunction(
    "json_array_length", aliases: ["jsonb_array_length"],
    summary: "How many elements a JSON array has; 0 for anything else.",
    example: ("json_array_length('[1, 2]')", "2"),
    overloads: JSONExtraction.withPath(.ubigint) { value in
      guard let value else { return .null }
      if case .array(let elements) = value { return .hugeint(Int128(elements.count)) }
      return .hugeint(0)
    })
  static let jsonKeys = ScalarFunction(
    "json_keys", aliases: ["json_object_keys", "jsonb_object_keys", "object_keys"],
    summary: "The keys of a JSON object.",
    example: ("json_keys('{\"a\": 1}')", "[a]"),
    overloads: JSONExtraction.withPath(.list(.varchar)) { value in
      guard let value else { return .null }
      if case .object(let members) = value { return .list(members.map { .varchar($0.key) }) }
      return .list([])
    })
  static let jsonStructure = ScalarFunction(
    "json_structure", summary: "The types of a JSON document, as JSON.",
    example: ("json_structure('{\"a\": 1}')", "{\"a\":\"UBIGINT\"}"),
    overloads: JSONExtraction.withPath(.json) { value in
      value.map { .varchar(JSONExtraction.structure($0).text) } ?? .null
    })
}

enum JSONExtraction {
  static func document(_ value: Value) throws -> JSONValue {
    guard case .varchar(let text) = value else { throw ComputeError.invalid("Malformed JSON") }
    if let document = JSONParser.parse(text) { return document }
    throw ComputeError.invalid("Malformed JSON: '\(text.prefix(80))'")
  }

  private static func path(_ value: Value) throws -> JSONPath {
    switch value {
    case .varchar(let text): return try JSONPath(text)
    case .integer(let index): return JSONPath(index: Int(index))
    default: throw ComputeError.invalid("A JSON path is a string or an integer")
    }
  }

  /// (json, path), (json, index), (json, [paths]) of JSON or VARCHAR.
  static func overloads(
    _ result: SQLType, _ convert: @escaping @Sendable (JSONValue) -> Value
  ) -> [ScalarOverload] {
    let single: @Sendable ([Value]) throws -> Value = { row in
      let found: [JSONValue] = try path(row[1]).values(in: document(row[0]))
      return found.first.map(convert) ?? .null
    }
    return [SQLType.json, .varchar].flatMap { type -> [ScalarOverload] in
      [
        ScalarOverload([.exact(type), .exact(.varchar)]) { types, constants in
          if case .varchar(let text)? = constants[1], try JSONPath(text).isWildcard {
            return BoundScalar(
              argumentTypes: types, returnType: .list(result),
              kernel: ScalarLift.boxed(.list(result)) { row in
                .list(try path(row[1]).values(in: document(row[0])).map(convert))
              })
          }
          return BoundScalar(
            argumentTypes: types, returnType: result, kernel: ScalarLift.boxed(result, single))
        },
        .boxed([type, .bigint], to: result, single),
        .boxed([type, .list(.varchar)], to: .list(result)) { row in
          guard case .list(let paths) = row[1] else { return .null }
          let root: JSONValue = try document(row[0])
          return .list(try paths.map { try path($0).first(in: root).map(convert) ?? .null })
        },
      ]
    }
  }

  /// (json) and (json, path).
  static func withPath(
    _ result: SQLType, isPathNeeded: Bool = false,
    _ convert: @escaping @Sendable (JSONValue?) -> Value
  ) -> [ScalarOverload] {
    [SQLType.json, .varchar].flatMap { type -> [ScalarOverload] in
      let pathed: ScalarOverload = .boxed([type, .varchar], to: result) { row in
        convert(try path(row[1]).first(in: document(row[0])))
      }
      let listed: ScalarOverload = .boxed([type, .list(.varchar)], to: .list(result)) { row in
        guard case .list(let paths) = row[1] else { return .null }
        let root: JSONValue = try document(row[0])
        return .list(try paths.map { convert(try path($0).first(in: root)) })
      }
      if isPathNeeded { return [pathed, listed] }
      return [.boxed([type], to: result) { convert(try document($0[0])) }, pathed, listed]
    }
  }

  /// Types in place of values; an array shows the one type that all its elements have.
  static func structure(_ value: JSONValue) -> JSONValue { named(shape(value)) }

  /// An object without members says nothing about its type.
  private static func named(_ shape: JSONValue) -> JSONValue {
    switch shape {
    case .array(let elements): .array(elements.map { named($0) })
    case .object(let members):
      members.isEmpty ? .string("JSON") : .object(members.map { ($0.key, named($0.value)) })
    default: shape
    }
  }

  private static func shape(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements):
      .array([elements.reduce(.string("NULL")) { common($0, shape($1)) }])
    case .object(let members): .object(members.map { ($0.key, shape($0.value)) })
    default: .string(value.typeName)
    }
  }

  /// The structure that fits both; "JSON" where there is none.
  private static func common(_ a: JSONValue, _ b: JSONValue) -> JSONValue {
    if a == b || b == .string("NULL") { return a }
    if a == .string("NULL") { return b }
    switch (a, b) {
    case (.array(let first), .array(let second)):
      return .array([common(first[0], second[0])])
    case (.object(var members), .object(let others)):
      for other in others {
        if let i = members.firstIndex(where: { $0.key == other.key }) {
          members[i].value = common(members[i].value, other.value)
        } else {
          members.append(other)
        }
      }
      return .object(members)
    case (.string(let first), .string(let second)):
      let numbers: Set<String> = ["UBIGINT", "BIGINT", "HUGEINT", "DOUBLE"]
      guard numbers.isSuperset(of: [first, second]) else { return .string("JSON") }
      return .string(first == "DOUBLE" || second == "DOUBLE" ? "DOUBLE" : "HUGEINT")
    default: return .string("JSON")
    }
  }
}
