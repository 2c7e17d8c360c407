import OlapColumns

/// Overloads of (list, element) functions: list and element are brought to one element type.
enum ListSearch {
  static let contains = searching(.boolean) { entry, found in .boolean(found != nil) }
  /// NULL is found where the list has one.
  static let position = searching(.integer, findsNull: true) { entry, found in
    found.map { .integer(Int64($0 + 1)) } ?? .null
  }

  private static func searching(
    _ result: SQLType, findsNull: Bool = false,
    _ answer: @escaping @Sendable (ListEntry, Int?) -> Value
  ) -> ScalarOverload {
    ScalarOverload([.anyList, .any]) { types, constants in
      let element: SQLType = types[0].elementType ?? .null
      guard let common = FunctionResolver.unify([(element, nil), (types[1], constants[1])]) else {
        throw ComputeError.invalid("Cannot search a \(types[1]) in \(types[0])")
      }
      return BoundScalar(argumentTypes: [.list(common), common], returnType: result) {
        arguments, count, _ in
        let builder = VectorBuilder(type: result, capacity: Swift.max(count, 1))
        let list: Vector = arguments[0].flatOrConstant
        let entries = Cells<ListEntry>(list)
        for i in 0..<count {
          guard list.isValid(i), findsNull || arguments[1].isValid(i) else {
            builder.appendNull()
            continue
          }
          let entry: ListEntry = entries[i]
          var pacer = Cancellation.Pacer()
          let found: Int? = try (0..<Int(entry.count)).first {
            try pacer.tick()
            return Compare.order(list.children[0], Int(entry.offset) + $0, arguments[1], i) == 0
          }
          builder.append(answer(entry, found))
        }
        return builder.finish()
      }
    }
  }

  /// Two lists of one element type; boxed. `secondMayBeNull`: NULL stands for an empty list there.
  static func pair(
    _ result: @escaping @Sendable (SQLType) -> SQLType, secondMayBeNull: Bool = false,
    _ body: @escaping @Sendable ([Value], [Value]) throws -> Value
  ) -> ScalarOverload {
    ScalarOverload([.anyList, .anyList]) { types, _ in
      guard
        let element = TypeRules.commonType(
          types[0].elementType ?? .null, types[1].elementType ?? .null)
      else { throw ComputeError.invalid("\(types[0]) and \(types[1]) have no common type") }
      let type: SQLType = result(element)
      return BoundScalar(
        argumentTypes: [.list(element), .list(element)], returnType: type,
        kernel: ScalarLift.boxedNullable(type) { row in
          guard case .list(let a) = row[0] else { return .null }
          if case .list(let b) = row[1] { return try body(a, b) }
          return secondMayBeNull ? try body(a, []) : .null
        })
    }
  }
}

extension ScalarFunction {
  static let listContains = ScalarFunction(
    "list_contains", aliases: ["array_contains", "list_has", "array_has"],
    summary: "Whether the list has the element.", example: ("list_contains([1, 2], 1)", "true"),
    overloads: [ListSearch.contains])
  static let listPosition = ScalarFunction(
    "list_position", aliases: ["list_indexof", "array_position", "array_indexof"],
    summary: "The 1-based place of the element; NULL when it is not there.",
    example: ("list_position([1, 2], 2)", "2"), handlesNull: true,
    overloads: [ListSearch.position])
  static let listHasAny = ScalarFunction(
    "list_has_any", aliases: ["array_has_any", "&&"],
    summary: "Whether the lists share an element.",
    example: ("list_has_any([1, 2], [2, 3])", "true"),
    overloads: [
      ListSearch.pair({ _ in .boolean }) { a, b in
        let set = Set(b)
        return .boolean(a.contains { !$0.isNull && set.contains($0) })
      }
    ])
  static let listHasAll = ScalarFunction(
    "list_has_all", aliases: ["array_has_all", "@>"],
    summary: "Whether the first list has every element of the second.",
    example: ("list_has_all([1, 2, 3], [2, 3])", "true"),
    overloads: [
      ListSearch.pair({ _ in .boolean }) { a, b in
        let set = Set(a)
        return .boolean(b.allSatisfy { $0.isNull || set.contains($0) })
      }
    ])
  static let listIntersect = ScalarFunction(
    "list_intersect", aliases: ["array_intersect"], summary: "Elements both lists have, once each.",
    example: ("list_intersect([1, 2, 3], [2, 3, 4])", "[2, 3]"),
    handlesNull: true,
    overloads: [
      ListSearch.pair({ .list($0) }, secondMayBeNull: true) { a, b in
        let set = Set(b)
        return .list(ListFunction.distinct(a).filter { !$0.isNull && set.contains($0) })
      }
    ])
  static let listDistance = ScalarFunction(
    "list_distance", aliases: ["array_distance", "<->"],
    summary: "The Euclidean distance of two vectors.",
    example: ("list_distance([0, 0], [3, 4])", "5.0"),
    overloads: [
      vectors { a, b in zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot() }
    ])
  static let listInnerProduct = ScalarFunction(
    "list_inner_product",
    aliases: ["list_dot_product", "array_inner_product", "array_dot_product"],
    summary: "The inner product of two vectors.",
    example: ("list_inner_product([1, 2], [3, 4])", "11.0"),
    overloads: [vectors { a, b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }])
  static let listCosineSimilarity = ScalarFunction(
    "list_cosine_similarity", aliases: ["array_cosine_similarity"],
    summary: "The cosine of the angle between two vectors.",
    example: ("list_cosine_similarity([1, 0], [1, 0])", "1.0"), overloads: [vectors(cosine)])
  static let listCosineDistance = ScalarFunction(
    "list_cosine_distance", aliases: ["array_cosine_distance", "<=>"],
    summary: "1 less the cosine of the angle between two vectors.",
    example: ("list_cosine_distance([1, 0], [1, 0])", "0.0"),
    overloads: [vectors { 1 - cosine($0, $1) }])

  private static func cosine(_ a: [Double], _ b: [Double]) -> Double {
    let dot: Double = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    let scale: Double =
      (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
    return Swift.max(-1, Swift.min(1, dot / scale))
  }

  private static func vectors(
    _ body: @escaping @Sendable ([Double], [Double]) -> Double
  ) -> ScalarOverload {
    ScalarOverload([.anyList, .anyList]) { _, _ in
      BoundScalar(
        argumentTypes: [.list(.double), .list(.double)], returnType: .double,
        kernel: ScalarLift.boxed(.double) { row in
          guard case .list(let a) = row[0], case .list(let b) = row[1] else { return .null }
          if a.count != b.count {
            throw ComputeError.invalid("The vectors have \(a.count) and \(b.count) elements")
          }
          let numbers: ([Value]) -> [Double] = { values in
            values.map { if case .double(let x) = $0 { x } else { .nan } }
          }
          return .double(body(numbers(a), numbers(b)))
        })
    }
  }
}
