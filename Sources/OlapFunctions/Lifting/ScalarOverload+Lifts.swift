import OlapColumns

/// Overloads with fixed types, from one per-value expression.
extension ScalarOverload {
  /// Exact argument types, one kernel.
  static func fixed(
    _ arguments: [SQLType], to result: SQLType, _ kernel: @escaping ScalarKernel
  ) -> ScalarOverload {
    ScalarOverload(arguments.map { .exact($0) }) { _, _ in
      BoundScalar(argumentTypes: arguments, returnType: result, kernel: kernel)
    }
  }

  @inline(__always)
  static func unary<A: BitwiseCopyable, R: BitwiseCopyable>(
    _ a: SQLType, to result: SQLType, _ body: @escaping @Sendable (A) throws -> R?
  ) -> ScalarOverload { fixed([a], to: result, ScalarLift.unary(result, body)) }

  @inline(__always)
  static func dense<A: BitwiseCopyable, R: BitwiseCopyable>(
    _ a: SQLType, to result: SQLType, _ body: @escaping @Sendable (A) -> R
  ) -> ScalarOverload { fixed([a], to: result, ScalarLift.dense(result, body)) }

  @inline(__always)
  static func binary<A: BitwiseCopyable, B: BitwiseCopyable, R: BitwiseCopyable>(
    _ a: SQLType, _ b: SQLType, to result: SQLType,
    _ body: @escaping @Sendable (A, B) throws -> R?
  ) -> ScalarOverload { fixed([a, b], to: result, ScalarLift.binary(result, body)) }

  @inline(__always)
  static func ternary<
    A: BitwiseCopyable, B: BitwiseCopyable, C: BitwiseCopyable, R: BitwiseCopyable
  >(
    _ a: SQLType, _ b: SQLType, _ c: SQLType, to result: SQLType,
    _ body: @escaping @Sendable (A, B, C) throws -> R?
  ) -> ScalarOverload { fixed([a, b, c], to: result, ScalarLift.ternary(result, body)) }

  @inline(__always)
  static func unaryText<A: BitwiseCopyable>(
    _ a: SQLType, to result: SQLType = .varchar,
    _ body: @escaping @Sendable (A, StringOutput) throws -> StringView?
  ) -> ScalarOverload { fixed([a], to: result, ScalarLift.unaryText(result, body)) }

  @inline(__always)
  static func binaryText<A: BitwiseCopyable, B: BitwiseCopyable>(
    _ a: SQLType, _ b: SQLType, to result: SQLType = .varchar,
    _ body: @escaping @Sendable (A, B, StringOutput) throws -> StringView?
  ) -> ScalarOverload { fixed([a, b], to: result, ScalarLift.binaryText(result, body)) }

  @inline(__always)
  static func ternaryText<A: BitwiseCopyable, B: BitwiseCopyable, C: BitwiseCopyable>(
    _ a: SQLType, _ b: SQLType, _ c: SQLType, to result: SQLType = .varchar,
    _ body: @escaping @Sendable (A, B, C, StringOutput) throws -> StringView?
  ) -> ScalarOverload { fixed([a, b, c], to: result, ScalarLift.ternaryText(result, body)) }

  /// Boxed values in, one boxed value out; NULL arguments give NULL.
  static func boxed(
    _ arguments: [SQLType], to result: SQLType,
    _ body: @escaping @Sendable ([Value]) throws -> Value
  ) -> ScalarOverload { fixed(arguments, to: result, ScalarLift.boxed(result, body)) }

  /// As below, for bodies that make long lists out of short arguments.
  static func boxedLimited(
    _ parameters: [Parameter], to result: @escaping @Sendable ([SQLType]) throws -> SQLType,
    _ body: @escaping @Sendable ([Value], ResultLimit) throws -> Value
  ) -> ScalarOverload {
    ScalarOverload(parameters) { types, _ in
      let type: SQLType = try result(types)
      return BoundScalar(
        argumentTypes: types, returnType: type, kernel: ScalarLift.boxedLimited(type, body))
    }
  }

  /// Types from the call decide the result type; values are boxed.
  static func boxed(
    _ parameters: [Parameter], variadic: Parameter? = nil,
    to result: @escaping @Sendable ([SQLType]) throws -> SQLType,
    _ body: @escaping @Sendable ([Value]) throws -> Value
  ) -> ScalarOverload {
    ScalarOverload(parameters, variadic: variadic) { types, _ in
      let type: SQLType = try result(types)
      return BoundScalar(
        argumentTypes: types, returnType: type, kernel: ScalarLift.boxed(type, body))
    }
  }
}

extension ComputeError {
  static func invalid(_ message: String) -> ComputeError { ComputeError(.invalidArgument, message) }
  static func overflow(_ message: String) -> ComputeError { ComputeError(.overflow, message) }
}
