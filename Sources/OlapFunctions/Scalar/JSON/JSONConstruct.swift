import OlapColumns

extension ScalarFunction {
  static let jsonValid = ScalarFunction(
    "json_valid", summary: "Whether the text is JSON.", example: ("json_valid('{')", "false"),
    overloads: [SQLType.varchar, .json].map { type in
      .unary(type, to: .boolean) { (text: StringView) in JSONParser.parse(text.array) != nil }
    })
  static let json = ScalarFunction(
    "json", aliases: ["parse_json"], summary: "The text as compact JSON.",
    example: ("json('{ \"a\" : 1 }')", "{\"a\":1}"), overloads: converting { .varchar($0.text) })
  static let tryParseJSON = ScalarFunction(
    "try_parse_json", summary: "The text as JSON, NULL when it is not.",
    example: ("try_parse_json('{')", "NULL"),
    overloads: [
      .boxed([.varchar], to: .json) { row in
        guard case .varchar(let text) = row[0], let value = JSONParser.parse(text)
        else { return .null }
        return .varchar(value.text)
      }
    ])
  static let jsonPretty = ScalarFunction(
    "json_pretty", aliases: ["jsonb_pretty"], summary: "JSON with line breaks and indentation.",
    example: ("json_pretty('[]')", "[]"),
    overloads: converting(to: .varchar) { .varchar($0.pretty()) })

  private static func converting(
    to result: SQLType = .json, _ body: @escaping @Sendable (JSONValue) -> Value
  ) -> [ScalarOverload] {
    [SQLType.json, .varchar].map { type in
      .boxed([type], to: result) { body(try JSONExtraction.document($0[0])) }
    }
  }

  static let toJSON = ScalarFunction(
    "to_json", aliases: ["json_quote", "to_jsonb", "array_to_json", "row_to_json"],
    summary: "Any value as JSON.", example: ("to_json('a')", "\"a\""),
    overloads: [
      ScalarOverload([.any]) { types, _ in
        BoundScalar(argumentTypes: types, returnType: .json) { arguments, count, context in
          try JSONConstruction.convert(arguments[0], context.timeZoneName)
        }
      }
    ])
  static let jsonArray = ScalarFunction(
    "json_array", aliases: ["json_build_array", "jsonb_build_array"],
    summary: "A JSON array of the arguments.", example: ("json_array(1, 'a')", "[1,\"a\"]"),
    handlesNull: true,
    overloads: [JSONConstruction.variadic { texts, i in "[" + texts.joined(separator: ",") + "]" }])
  static let jsonObject = ScalarFunction(
    "json_object", aliases: ["json_build_object", "jsonb_build_object", "object_construct"],
    summary: "A JSON object of keys and values in turn.",
    example: ("json_object('a', 1)", "{\"a\":1}"), handlesNull: true,
    overloads: [
      JSONConstruction.variadic { texts, _ in
        if texts.count % 2 != 0 {
          throw ComputeError.invalid("json_object() requires an even number of arguments")
        }
        let members: [String] = try stride(from: 0, to: texts.count, by: 2).map { k in
          if texts[k] == "null" { throw ComputeError.invalid("json_object() keys cannot be NULL") }
          let key: String =
            texts[k].hasPrefix("\"") ? texts[k] : JSONValue.string(texts[k]).text
          return "\(key):\(texts[k + 1])"
        }
        return "{" + members.joined(separator: ",") + "}"
      }
    ])
  static let jsonMergePatch = ScalarFunction(
    "json_merge_patch", summary: "The first document changed by the others (RFC 7386).",
    example: ("json_merge_patch('{\"a\": 1}', '{\"b\": 2}')", "{\"a\":1,\"b\":2}"),
    handlesNull: true,
    overloads: [SQLType.json, .varchar].map { type in
      ScalarOverload([.exact(type), .exact(type)], variadic: .exact(type)) { types, _ in
        BoundScalar(
          argumentTypes: types, returnType: .json,
          kernel: ScalarLift.boxedNullable(.json) { row in
            // A NULL patch gives NULL, and a patch of NULL gives itself.
            var result: JSONValue?
            for (position, value) in row.enumerated() {
              let patch = value.isNull ? nil : try JSONExtraction.document(value)
              guard position > 0, let target = result, let change = patch else {
                result = patch
                continue
              }
              result = JSONConstruction.merged(target, change)
            }
            return result.map { .varchar($0.text) } ?? .null
          })
      }
    })
  static let jsonContains = ScalarFunction(
    "json_contains", aliases: ["jsonb_contains"],
    summary: "Whether the second document is part of the first.",
    example: ("json_contains('{\"a\": [1, 2]}', '1')", "true"),
    overloads: [SQLType.json, .varchar].map { type in
      .boxed([type, type], to: .boolean) { row in
        .boolean(
          JSONConstruction.contains(
            try JSONExtraction.document(row[0]), try JSONExtraction.document(row[1])))
      }
    })
}

enum JSONConstruction {
  /// A vector as JSON; SQL NULL stays NULL.
  static func convert(_ vector: Vector, _ zone: String) throws -> Vector {
    if vector.type == .json {
      return try ScalarLift.evaluate([vector], vector.count, .json) { vectors, n in
        let cells = Cells<StringView>(vectors[0])
        return try ScalarLift.fillText(
          .json, vectors, n, limit: ResultLimit(memoryLimit: .max)
        ) { i, output in
          JSONText.hasSpace(cells[i]) ? output.text(JSONText.compact(cells[i])) : cells[i]
        }
      }
    }
    if vector.type == .varchar {
      return try ScalarLift.evaluate([vector], vector.count, .json) { vectors, n in
        let cells = Cells<StringView>(vectors[0])
        // Quoting lengthens a text by a small factor at most.
        return try ScalarLift.fillText(
          .json, vectors, n, limit: ResultLimit(memoryLimit: .max)
        ) { i, output in
          output.built { JSONValue.quote(cells[i].string, into: &$0) }
        }
      }
    }
    return try Cast.cast(vector, to: .json, isTry: false, timeZoneName: zone)
  }

  /// Any number of arguments, each as JSON text ("null" for NULL), to one JSON text per row.
  static func variadic(
    _ body: @escaping @Sendable (_ texts: [String], _ row: Int) throws -> String
  ) -> ScalarOverload {
    ScalarOverload([], variadic: .any) { types, _ in
      BoundScalar(argumentTypes: types, returnType: .json) { arguments, count, context in
        let converted: [Vector] = try arguments.map { try convert($0, context.timeZoneName) }
        let builder = StringVectorBuilder(type: .json, capacity: count)
        for i in 0..<count {
          let texts: [String] = converted.map { vector in
            if case .varchar(let text) = vector.value(at: i) { return text }
            return "null"
          }
          builder.append(try body(texts, i))
        }
        return builder.finish()
      }
    }
  }

  /// Source: RFC 7386.
  static func merged(_ target: JSONValue, _ patch: JSONValue) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var own: [(key: String, value: JSONValue)] = []
    if case .object(let members) = target { own = members }
    // Members that stay as they are come first.
    var members = own.filter { member in !changes.contains { $0.key == member.key } }
    for change in changes {
      if case .null = change.value { continue }
      let before: JSONValue = own.first { $0.key == change.key }?.value ?? .null
      members.append((change.key, merged(before, change.value)))
    }
    return .object(members)
  }

  static func contains(_ document: JSONValue, _ part: JSONValue) -> Bool {
    if matches(document, part) { return true }
    switch document {
    case .array(let elements): return elements.contains { contains($0, part) }
    case .object(let members): return members.contains { contains($0.value, part) }
    default: return false
    }
  }

  private static func matches(_ document: JSONValue, _ part: JSONValue) -> Bool {
    switch (document, part) {
    case (.object(let own), .object(let wanted)):
      return wanted.allSatisfy { want in
        own.contains { $0.key == want.key && matches($0.value, want.value) }
      }
    case (.array(let own), .array(let wanted)):
      return wanted.allSatisfy { want in own.contains { matches($0, want) } }
    case (.number, .number):
      // As DuckDB has it: a whole number is never one with a fraction, 1 is not 1.0.
      return document == part
        && document.typeName.hasSuffix("INT") == part.typeName.hasSuffix("INT")
    default: return document == part
    }
  }
}
