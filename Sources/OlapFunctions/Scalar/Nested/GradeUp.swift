import OlapColumns

extension ScalarFunction {
  static let listGradeUp = ScalarFunction(
    "list_grade_up", aliases: ["array_grade_up", "grade_up"],
    summary: "The positions of the elements in the order that list_sort gives them.",
    example: ("list_grade_up([3, 1, 2])", "[2, 3, 1]"), overloads: GradeUp.overloads)
  static let arrayCrossProduct = ScalarFunction(
    "array_cross_product", aliases: ["list_cross_product"],
    summary: "The cross product of two vectors of three numbers.",
    example: ("list_cross_product([1, 2, 3], [4, 5, 6])", "[-3.0, 6.0, -3.0]"),
    overloads: [
      .boxed([.list(.double), .list(.double)], to: .list(.double)) { row in
        guard let a = GradeUp.doubles(row[0]), let b = GradeUp.doubles(row[1]), a.count == 3,
          b.count == 3
        else { throw ComputeError.invalid("array_cross_product needs two lists of 3 numbers") }
        return .list([
          .double(a[1] * b[2] - a[2] * b[1]), .double(a[2] * b[0] - a[0] * b[2]),
          .double(a[0] * b[1] - a[1] * b[0]),
        ])
      }
    ])
  static let listNegativeInnerProduct = ScalarFunction(
    "list_negative_inner_product",
    aliases: [
      "list_negative_dot_product", "array_negative_inner_product", "array_negative_dot_product",
    ],
    summary: "The inner product of two lists with the other sign.",
    example: ("list_negative_inner_product([1, 2], [3, 4])", "-11.0"),
    overloads: [
      .boxed([.list(.double), .list(.double)], to: .double) { row in
        guard let a = GradeUp.doubles(row[0]), let b = GradeUp.doubles(row[1]), a.count == b.count
        else { throw ComputeError.invalid("list_negative_inner_product needs lists of one length") }
        return .double(-zip(a, b).reduce(0) { $0 + $1.0 * $1.1 })
      }
    ])
}

enum GradeUp {
  /// Nil when an element is NULL.
  static func doubles(_ value: Value) -> [Double]? {
    guard case .list(let elements) = value else { return nil }
    var result: [Double] = []
    for element in elements {
      guard case .double(let x) = element else { return nil }
      result.append(x)
    }
    return result
  }

  static let overloads: [ScalarOverload] = (0...2).map { extra in
    ScalarOverload([.anyList] + (0..<extra).map { _ in .exact(.varchar) }) { types, constants in
      let order: String = try word(constants, 1, extra, "ASC", ["ASC", "DESC"])
      let nulls: String = try word(
        constants, 2, extra, "NULLS LAST", ["NULLS FIRST", "NULLS LAST"])
      let isDescending: Bool = order == "DESC"
      let nullsFirst: Bool = nulls == "NULLS FIRST"
      let type: SQLType = .list(types[0].elementType ?? .null)
      return BoundScalar(
        argumentTypes: [type] + types.dropFirst(), returnType: .list(.bigint)
      ) { arguments, count, _ in
        let lists: Vector = arguments[0].flattened()
        let entries = lists.values(ListEntry.self)
        let builder = VectorBuilder(type: .list(.bigint), capacity: count)
        for i in 0..<count {
          guard lists.isValid(i) else {
            builder.appendNull()
            continue
          }
          let start = Int(entries[i].offset)
          let rows: [Int] = (0..<Int(entries[i].count)).map { start + $0 }
          let elements: Vector = lists.children[0]
          let empty: [Int] = rows.filter { !elements.isValid($0) }
          let sorted: [Int] = try RowOrder.sorted(
            rows.filter { elements.isValid($0) }, by: elements, descending: isDescending)
          let all: [Int] = nullsFirst ? empty + sorted : sorted + empty
          builder.append(.list(all.map { .integer(Int64($0 - start + 1)) }))
        }
        return builder.finish()
      }
    }
  }

  private static func word(
    _ constants: [Value?], _ at: Int, _ extra: Int, _ standard: String, _ allowed: [String]
  ) throws -> String {
    guard extra >= at else { return standard }
    if case .varchar(let text)? = constants[at], allowed.contains(text.uppercased()) {
      return text.uppercased()
    }
    throw ComputeError.invalid("expected one of \(allowed.joined(separator: ", "))")
  }
}
