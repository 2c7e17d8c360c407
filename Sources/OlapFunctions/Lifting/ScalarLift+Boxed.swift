import OlapColumns

/// Lifts over boxed values: for nested types and rare functions.
extension ScalarLift {
  /// A body over boxed values, called for rows without NULL arguments.
  static func boxed(
    _ type: SQLType, _ body: @escaping @Sendable ([Value]) throws -> Value
  ) -> ScalarKernel {
    { arguments, count, context in
      try evaluate(arguments, count, type) { vectors, n in
        try boxedRows(vectors, n, type, skipsNull: true, context.resultLimit, body)
      }
    }
  }

  /// A body over boxed values that sees NULLs itself.
  static func boxedNullable(
    _ type: SQLType, _ body: @escaping @Sendable ([Value]) throws -> Value
  ) -> ScalarKernel {
    { arguments, count, context in
      if count > 0 && arguments.allSatisfy({ $0.encoding == .constant }) {
        return try boxedRows(arguments, 1, type, skipsNull: false, context.resultLimit, body)
          .broadcast(row: 0, count: count)
      }
      return try boxedRows(arguments, count, type, skipsNull: false, context.resultLimit, body)
    }
  }

  /// As `boxed`, for bodies that make long lists out of short arguments.
  static func boxedLimited(
    _ type: SQLType, _ body: @escaping @Sendable ([Value], ResultLimit) throws -> Value
  ) -> ScalarKernel {
    { arguments, count, context in
      try boxed(type) { try body($0, context.resultLimit) }(arguments, count, context)
    }
  }

  private static func boxedRows(
    _ vectors: [Vector], _ count: Int, _ type: SQLType, skipsNull: Bool,
    _ limit: ResultLimit, _ body: ([Value]) throws -> Value
  ) throws -> Vector {
    let constants: [Value?] = vectors.map { $0.encoding == .constant ? $0.value(at: 0) : nil }
    let builder = VectorBuilder(type: type, capacity: count)
    var row: [Value] = []
    for i in 0..<count {
      row.removeAll(keepingCapacity: true)
      for (vector, constant) in zip(vectors, constants) {
        row.append(constant ?? vector.value(at: i))
      }
      if skipsNull && row.contains(where: { $0.isNull }) {
        builder.appendNull()
      } else {
        try Cancellation.check()
        builder.append(try body(row))
        try limit.check(builder.byteCount)
      }
    }
    return builder.finish()
  }
}
