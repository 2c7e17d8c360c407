import OlapColumns

extension ScalarFunction {
  static let concat = ScalarFunction(
    "concat", summary: "All arguments as text one after the other; NULLs are left out.",
    example: ("concat('Hello', ' ', 'World')", "Hello World"), handlesNull: true,
    overloads: [
      ScalarOverload([], variadic: .any) { types, _ in
        if types.contains(where: { Concatenation.isList($0) }) {
          return try ListConcatenation.bind(types)
        }
        return BoundScalar(
          argumentTypes: types.map { _ in .varchar }, returnType: .varchar,
          kernel: joined(hasSeparator: false))
      }
    ])

  static let concatWithSeparator = ScalarFunction(
    "concat_ws",
    summary: "The arguments after the first, which separates them; NULLs are left out.",
    example: ("concat_ws(', ', 'a', NULL, 'b')", "a, b"), handlesNull: true,
    overloads: [
      ScalarOverload([.exact(.varchar)], variadic: .any) { types, _ in
        if types.contains(where: { isList($0) }) { return try joiningElements(types) }
        return BoundScalar(
          argumentTypes: types.map { _ in .varchar }, returnType: .varchar,
          kernel: joined(hasSeparator: true))
      }
    ])

  private static func isList(_ type: SQLType) -> Bool {
    if case .list = type { true } else { false }
  }

  /// `concat_ws` with lists: their elements are values like the others.
  private static func joiningElements(_ types: [SQLType]) throws -> BoundScalar {
    for case .list(let element) in types where isList(element) {
      throw ComputeError.invalid("concat_ws does not support nested lists; flatten them first")
    }
    return BoundScalar(
      argumentTypes: types.map { isList($0) ? .list(.varchar) : .varchar }, returnType: .varchar,
      kernel: ScalarLift.boxedNullable(.varchar) { row in
        guard case .varchar(let separator) = row[0] else { return .null }
        var parts: [String] = []
        for value in row.dropFirst() {
          if case .list(let elements) = value {
            for case .varchar(let text) in elements { parts.append(text) }
          } else if case .varchar(let text) = value {
            parts.append(text)
          }
        }
        return .varchar(parts.joined(separator: separator))
      })
  }

  private static func joined(hasSeparator: Bool) -> ScalarKernel {
    { arguments, count, context in
      let isConstant: Bool = arguments.allSatisfy { $0.encoding == .constant }
      let n: Int = isConstant ? Swift.min(count, 1) : count
      let vectors: [Vector] = arguments.map { $0.flatOrConstant }
      let cells: [Cells<StringView>] = vectors.map { Cells($0) }
      let builder = StringVectorBuilder(capacity: n)
      var bytes: [UInt8] = []
      for i in 0..<n {
        bytes.removeAll(keepingCapacity: true)
        if hasSeparator && !vectors[0].isValid(i) {
          builder.appendNull()
          continue
        }
        var isFirst = true
        for k in (hasSeparator ? 1 : 0)..<cells.count where vectors[k].isValid(i) {
          if hasSeparator && !isFirst { bytes.append(cells[0][i]) }
          bytes.append(cells[k][i])
          isFirst = false
        }
        if bytes.count > ResultLimit.longestText {
          throw ComputeError.invalid("The resulting string would be longer than 1 GiB")
        }
        bytes.withUnsafeBytes { builder.append($0) }
        try context.resultLimit.check(builder.heap.byteCount)
      }
      let result: Vector = builder.finish()
      return isConstant && count > 0 ? result.broadcast(row: 0, count: count) : result
    }
  }
}
