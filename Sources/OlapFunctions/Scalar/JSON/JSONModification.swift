import OlapColumns

/// Functions that give a changed JSON document.
extension ScalarFunction {
  static let jsonSet = ScalarFunction(
    "json_set", summary: "The document with the value at a path replaced or added.",
    example: ("json_set('{\"a\": 1}', '$.b', 2)", "{\"a\":1,\"b\":2}"),
    overloads: JSONModification.overloads(replaces: true, inserts: true))
  static let jsonInsert = ScalarFunction(
    "json_insert", aliases: ["jsonb_insert"],
    summary: "The document with a value added at a path where there is none.",
    example: ("json_insert('{\"a\": 1}', '$.a', 2)", "{\"a\":1}"),
    overloads: JSONModification.overloads(replaces: false, inserts: true))
  static let jsonReplace = ScalarFunction(
    "json_replace", summary: "The document with the value at a path replaced where there is one.",
    example: ("json_replace('{\"a\": 1}', '$.a', 2)", "{\"a\":2}"),
    overloads: JSONModification.overloads(replaces: true, inserts: false))
  static let jsonRemove = ScalarFunction(
    "json_remove", summary: "The document without the values at the paths.",
    example: ("json_remove('{\"a\": 1, \"b\": 2}', '$.a')", "{\"b\":2}"),
    overloads: [SQLType.json, .varchar].map { type in
      ScalarOverload([.exact(type)], variadic: .exact(.varchar)) { types, _ in
        BoundScalar(
          argumentTypes: types, returnType: .json,
          kernel: ScalarLift.boxed(.json) { row in
            var document: JSONValue = try JSONExtraction.document(row[0])
            for case .varchar(let path) in row.dropFirst() {
              document = try JSONModification.removing(JSONPath(path).steps[...], from: document)
            }
            return .varchar(document.text)
          })
      }
    })
  static let jsonStripNulls = ScalarFunction(
    "json_strip_nulls", aliases: ["jsonb_strip_nulls"],
    summary: "The document without object members that are null.",
    example: ("json_strip_nulls('{\"a\": null, \"b\": [null]}')", "{\"b\":[null]}"),
    overloads: JSONModification.rewriting { JSONModification.strippedOfNulls($0) })
  static let jsonNormalize = ScalarFunction(
    "json_normalize", summary: "The document in compact form with sorted keys.",
    example: ("json_normalize('{\"b\": 1, \"a\": 2}')", "{\"a\":2,\"b\":1}"),
    overloads: JSONModification.rewriting { JSONModification.sorted($0) })
  static let jsonDeepMerge = ScalarFunction(
    "json_deep_merge",
    summary: "Two documents joined, objects within objects too; the second wins.",
    example: (
      "json_deep_merge('{\"a\": {\"x\": 1}}', '{\"a\": {\"y\": 2}}')", "{\"a\":{\"x\":1,\"y\":2}}"
    ),
    overloads: JSONModification.combining { JSONModification.deeplyMerged($0, $1) })
  static let jsonMergePatchDifference = ScalarFunction(
    "json_merge_patch_diff",
    summary: "The patch that json_merge_patch needs to make the second document of the first.",
    example: ("json_merge_patch_diff('{\"a\": 1}', '{\"b\": 2}')", "{\"a\":null,\"b\":2}"),
    overloads: JSONModification.combining { JSONModification.difference($0, $1) })
}

enum JSONModification {
  static func rewriting(
    _ body: @escaping @Sendable (JSONValue) -> JSONValue
  ) -> [ScalarOverload] {
    [SQLType.json, .varchar].map { type in
      .boxed([type], to: .json) { .varchar(body(try JSONExtraction.document($0[0])).text) }
    }
  }

  static func combining(
    _ body: @escaping @Sendable (JSONValue, JSONValue) -> JSONValue
  ) -> [ScalarOverload] {
    [SQLType.json, .varchar].map { type in
      .boxed([type, type], to: .json) { row in
        .varchar(
          body(try JSONExtraction.document(row[0]), try JSONExtraction.document(row[1])).text)
      }
    }
  }

  /// (document, path, value): text and JSON values are documents, other types become JSON.
  static func overloads(replaces: Bool, inserts: Bool) -> [ScalarOverload] {
    [SQLType.json, .varchar].map { type in
      ScalarOverload([.exact(type), .exact(.varchar), .any]) { types, _ in
        let isDocument: Bool = types[2] == .json || types[2] == .varchar
        let kernel: ScalarKernel = ScalarLift.boxed(.json) { row in
          guard case .varchar(let path) = row[1], case .varchar(let text) = row[2] else {
            return .null
          }
          guard let value = JSONParser.parse(text) else {
            throw ComputeError.invalid("Malformed JSON: '\(text.prefix(80))'")
          }
          let document: JSONValue = try JSONExtraction.document(row[0])
          let steps: [JSONPath.Step] = try JSONPath(path).steps
          return .varchar(
            setting(steps[...], in: document, to: value, replaces: replaces, inserts: inserts).text)
        }
        return BoundScalar(argumentTypes: types, returnType: .json) { arguments, count, context in
          let value: Vector =
            isDocument
            ? arguments[2] : try JSONConstruction.convert(arguments[2], context.timeZoneName)
          return try kernel([arguments[0], arguments[1], value], count, context)
        }
      }
    }
  }

  /// The document with `value` at the path. A path of several new levels adds nothing.
  static func setting(
    _ steps: ArraySlice<JSONPath.Step>, in document: JSONValue, to value: JSONValue,
    replaces: Bool, inserts: Bool
  ) -> JSONValue {
    guard let step = steps.first else { return replaces ? value : document }
    let rest = steps.dropFirst()
    func inner(_ own: JSONValue) -> JSONValue {
      setting(rest, in: own, to: value, replaces: replaces, inserts: inserts)
    }
    switch (step, document) {
    case (.key(let key), .object(var members)):
      if let at = members.firstIndex(where: { $0.key == key }) {
        members[at].value = inner(members[at].value)
      } else if inserts && rest.isEmpty {
        members.append((key, value))
      }
      return .object(members)
    case (.index(let index), .array(var elements)):
      let at: Int = index < 0 ? elements.count + index : index
      if elements.indices.contains(at) {
        elements[at] = inner(elements[at])
      } else if inserts && rest.isEmpty && at >= elements.count {
        elements.append(value)
      }
      return .array(elements)
    case (.anyKey, .object(let members)): return .object(members.map { ($0.key, inner($0.value)) })
    case (.anyIndex, .array(let elements)): return .array(elements.map { inner($0) })
    default: return document
    }
  }

  static func removing(
    _ steps: ArraySlice<JSONPath.Step>, from document: JSONValue
  ) -> JSONValue {
    guard let step = steps.first else { return document }
    let rest = steps.dropFirst()
    switch (step, document) {
    case (.key(let key), .object(var members)):
      guard let at = members.firstIndex(where: { $0.key == key }) else { return document }
      if rest.isEmpty {
        members.remove(at: at)
      } else {
        members[at].value = removing(rest, from: members[at].value)
      }
      return .object(members)
    case (.index(let index), .array(var elements)):
      let at: Int = index < 0 ? elements.count + index : index
      guard elements.indices.contains(at) else { return document }
      if rest.isEmpty {
        elements.remove(at: at)
      } else {
        elements[at] = removing(rest, from: elements[at])
      }
      return .array(elements)
    case (.anyKey, .object(let members)):
      return rest.isEmpty
        ? .object([]) : .object(members.map { ($0.key, removing(rest, from: $0.value)) })
    case (.anyIndex, .array(let elements)):
      return rest.isEmpty ? .array([]) : .array(elements.map { removing(rest, from: $0) })
    default: return document
    }
  }

  static func strippedOfNulls(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      .object(
        members.compactMap { member in
          if case .null = member.value { return nil }
          return (member.key, strippedOfNulls(member.value))
        })
    case .array(let elements): .array(elements.map { strippedOfNulls($0) })
    default: value
    }
  }

  static func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      .object(
        members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
          .map { ($0.key, sorted($0.value)) })
    case .array(let elements): .array(elements.map { sorted($0) })
    default: value
    }
  }

  static func deeplyMerged(_ target: JSONValue, _ more: JSONValue) -> JSONValue {
    guard case .object(var members) = target, case .object(let changes) = more else { return more }
    for change in changes {
      if let at = members.firstIndex(where: { $0.key == change.key }) {
        members[at].value = deeplyMerged(members[at].value, change.value)
      } else {
        members.append(change)
      }
    }
    return .object(members)
  }

  static func difference(_ old: JSONValue, _ new: JSONValue) -> JSONValue {
    guard case .object(let before) = old, case .object(let after) = new else { return new }
    var changes: [(key: String, value: JSONValue)] = []
    for member in before where !after.contains(where: { $0.key == member.key }) {
      changes.append((member.key, .null))
    }
    for member in after {
      guard let own = before.first(where: { $0.key == member.key }) else {
        changes.append(member)
        continue
      }
      if own.value != member.value {
        changes.append((member.key, difference(own.value, member.value)))
      }
    }
    return .object(changes)
  }
}
