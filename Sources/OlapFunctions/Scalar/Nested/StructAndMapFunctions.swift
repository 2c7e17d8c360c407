import OlapColumns

extension ScalarFunction {
  static let structExtract = ScalarFunction(
    "struct_extract", aliases: ["struct_extract_at"],
    summary: "A field of a struct by name or position.",
    example: ("struct_extract({'a': 1}, 'a')", "1"),
    overloads: [StructFunction.extractByName, StructFunction.extractByPosition])
  static let structKeys = ScalarFunction(
    "struct_keys", summary: "The names of a struct's fields.",
    example: ("struct_keys({'a': 1})", "[a]"),
    overloads: [
      ScalarOverload([.anyStruct]) { types, _ in
        guard case .structure(let fields) = types[0] else {
          throw ComputeError.invalid("expected a STRUCT")
        }
        let names: Value = .list(fields.map { .varchar($0.name) })
        return BoundScalar(
          argumentTypes: types, returnType: .list(.varchar),
          kernel: ScalarLift.boxed(.list(.varchar)) { _ in names })
      }
    ])

  static let map = ScalarFunction(
    "map", aliases: ["map_from_lists"], summary: "A map from a list of keys and a list of values.",
    example: ("map(['a', 'b'], [1, 2])", "{a=1, b=2}"),
    overloads: [
      ScalarOverload([.anyList, .anyList]) { types, _ in
        let type: SQLType = .map(
          key: types[0].elementType ?? .null, value: types[1].elementType ?? .null)
        return BoundScalar(
          argumentTypes: types, returnType: type,
          kernel: ScalarLift.boxed(type) { row in
            guard case .list(let keys) = row[0], case .list(let values) = row[1]
            else { return .null }
            if keys.count != values.count {
              throw ComputeError.invalid("The map key list and value list differ in length")
            }
            return try MapFunction.checked(Array(zip(keys, values)))
          })
      },
      ScalarOverload([]) { _, _ in
        let type: SQLType = .map(key: .null, value: .null)
        return BoundScalar(argumentTypes: [], returnType: type) { _, count, _ in
          Vector.constant(.map([]), type: type, count: count)
        }
      },
    ])
  static let mapFromEntries = ScalarFunction(
    "map_from_entries", summary: "A map from a list of (key, value) structs.",
    example: ("map_from_entries([{'k': 'a', 'v': 1}])", "{a=1}"),
    overloads: [
      ScalarOverload([.anyList]) { types, _ in
        guard case .structure(let fields)? = types[0].elementType, fields.count == 2 else {
          throw ComputeError.invalid("map_from_entries expects a list of structs of two fields")
        }
        let type: SQLType = .map(key: fields[0].type, value: fields[1].type)
        return BoundScalar(
          argumentTypes: types, returnType: type,
          kernel: ScalarLift.boxed(type) { row in
            guard case .list(let entries) = row[0] else { return .null }
            return try MapFunction.checked(
              entries.compactMap { entry -> (Value, Value)? in
                guard case .structure(let pair) = entry else { return nil }
                return (pair[0], pair[1])
              })
          })
      }
    ])
  static let mapExtract = ScalarFunction(
    "map_extract", aliases: ["element_at"],
    summary: "A list with the value of a key, empty when there is none.",
    example: ("map_extract(MAP {'a': 1}, 'a')", "[1]"),
    overloads: [MapFunction.withKey({ .list($0) }) { .list($0.map { [$0] } ?? []) }])
  static let mapExtractValue = ScalarFunction(
    "map_extract_value", summary: "The value of a key, NULL when there is none.",
    example: ("map_extract_value(MAP {'a': 1}, 'a')", "1"),
    overloads: [MapFunction.withKey({ $0 }) { $0 ?? .null }])
  static let mapContains = ScalarFunction(
    "map_contains", summary: "Whether the map has the key.",
    example: ("map_contains(MAP {'a': 1}, 'a')", "true"), overloads: [MapFunction.containsOverload])
  static let mapKeys = ScalarFunction(
    "map_keys", summary: "The keys of a map.", example: ("map_keys(MAP {'a': 1})", "[a]"),
    overloads: [MapFunction.pairs({ key, _ in .list(key) }) { .list($0.map { $0.key }) }])
  static let mapValues = ScalarFunction(
    "map_values", summary: "The values of a map.", example: ("map_values(MAP {'a': 1})", "[1]"),
    overloads: [MapFunction.pairs({ _, value in .list(value) }) { .list($0.map { $0.value }) }])
  static let mapEntries = ScalarFunction(
    "map_entries", summary: "The pairs of a map as structs.",
    example: ("map_entries(MAP {'a': 1})", "[{'key': a, 'value': 1}]"),
    overloads: [
      MapFunction.pairs({ key, value in
        .list(
          .structure([StructField(name: "key", type: key), StructField(name: "value", type: value)])
        )
      }) { .list($0.map { .structure([$0.key, $0.value]) }) }
    ])
  static let mapConcat = ScalarFunction(
    "map_concat", summary: "Maps joined; later ones win, NULL is an empty one.",
    example: ("map_concat(MAP {'a': 1}, MAP {'b': 2})", "{a=1, b=2}"), handlesNull: true,
    overloads: [
      ScalarOverload([.anyCommon], variadic: .anyCommon) { types, _ in
        BoundScalar(
          argumentTypes: types, returnType: types[0],
          kernel: ScalarLift.boxedNullable(types[0]) { row in
            if row.allSatisfy({ $0.isNull }) { return .null }
            var pairs: [(key: Value, value: Value)] = []
            for case .map(let more) in row {
              for pair in more {
                if let i = pairs.firstIndex(where: { $0.key == pair.key }) {
                  pairs[i].value = pair.value
                } else {
                  pairs.append(pair)
                }
              }
            }
            return .map(pairs)
          })
      }
    ])
}

enum MapFunction {
  static func checked(_ pairs: [(Value, Value)]) throws -> Value {
    var seen = Set<Value>()
    for (key, _) in pairs {
      if key.isNull { throw ComputeError.invalid("Map keys can not be NULL.") }
      if !seen.insert(key).inserted { throw ComputeError.invalid("Map keys must be unique.") }
    }
    return .map(pairs.map { (key: $0.0, value: $0.1) })
  }

  static func pairs(
    _ result: @escaping @Sendable (SQLType, SQLType) -> SQLType,
    _ body: @escaping @Sendable ([(key: Value, value: Value)]) -> Value
  ) -> ScalarOverload {
    let type = { @Sendable (types: [SQLType]) -> SQLType in
      guard case .map(let key, let value) = types[0] else { return .null }
      return result(key, value)
    }
    return .boxed([.anyMap], to: type) { row in
      guard case .map(let pairs) = row[0] else { return .null }
      return body(pairs)
    }
  }

  static func withKey(
    _ result: @escaping @Sendable (SQLType) -> SQLType,
    _ body: @escaping @Sendable (Value?) -> Value
  ) -> ScalarOverload {
    ScalarOverload([.anyMap, .any]) { types, _ in
      guard case .map(let key, let value) = types[0] else {
        throw ComputeError.invalid("expected a MAP")
      }
      let type: SQLType = result(value)
      return BoundScalar(
        argumentTypes: [types[0], key], returnType: type,
        kernel: ScalarLift.boxed(type) { row in
          guard case .map(let pairs) = row[0] else { return .null }
          return body(pairs.first { $0.key == row[1] }?.value)
        })
    }
  }

  static let containsOverload = withKey({ _ in .boolean }, { .boolean($0 != nil) })
}
