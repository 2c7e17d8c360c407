import OlapColumns

/// What a scalar kernel is: whole vectors in, one vector of `count` rows out.
///
/// Arguments arrive in any encoding and already cast to the overload's argument types; a kernel that
/// does not exploit encodings calls `flattened()`. The lifts in `ScalarLift*.swift` own nulls,
/// constants and dictionaries, so most functions are one per-value expression.
package typealias ScalarKernel =
  @Sendable (_ arguments: [Vector], _ count: Int, _ context: EvaluationContext) throws -> Vector

/// How far a result may be reused.
package enum Stability: Sendable {
  /// Same arguments, same result, for ever: may be folded to a constant.
  case immutable
  /// Same within one statement: now(), current_date, current_schema().
  case stable
  /// May differ from row to row: random(), nextval(), gen_random_uuid().
  case volatile
}

/// What an overload accepts at one position.
package indirect enum Parameter: Sendable {
  case exact(SQLType)
  /// Any type; stays as it is.
  case any
  /// Any type; all `.anyCommon` arguments of the call are cast to one common type.
  case anyCommon
  /// Any DECIMAL; integers are converted to the DECIMAL that holds them.
  case anyDecimal
  case anyInteger
  case anyNumeric
  case anyList
  case anyStruct
  case anyMap
  case anyEnum
  /// A lambda; its body is bound by the binder (only list functions).
  case lambda
}

/// A call resolved to types: the argument types to cast to, the result type and the kernel.
package struct BoundScalar: Sendable {
  package let argumentTypes: [SQLType]
  package let returnType: SQLType
  package let kernel: ScalarKernel
  package init(argumentTypes: [SQLType], returnType: SQLType, kernel: @escaping ScalarKernel) {
    self.argumentTypes = argumentTypes
    self.returnType = returnType
    self.kernel = kernel
  }
}

/// One signature of a scalar function.
package struct ScalarOverload: Sendable, Overload {
  package let parameters: [Parameter]
  /// When set, any number of further arguments of this kind may follow.
  package let variadic: Parameter?
  /// Chooses result type and kernel. Receives argument types after implicit casts and the constant
  /// arguments where known (nil where not constant). Throws ComputeError for arguments it refuses.
  package let bind: @Sendable (_ types: [SQLType], _ constants: [Value?]) throws -> BoundScalar

  package init(
    _ parameters: [Parameter], variadic: Parameter? = nil,
    bind: @escaping @Sendable ([SQLType], [Value?]) throws -> BoundScalar
  ) {
    self.parameters = parameters
    self.variadic = variadic
    self.bind = bind
  }
}

/// A scalar function: one `static let` in a file of its own, one line in its family's list.
package struct ScalarFunction: Sendable {
  package let name: String
  package let aliases: [String]
  /// One sentence for `olap.functions` and `.help`.
  package let summary: String
  /// A SQL expression and what it prints, run as a test: ("upper('ab')", "AB").
  package let example: (sql: String, result: String)?
  package let stability: Stability
  /// False (the rule): a NULL argument makes the row NULL, and kernels may ignore validity of rows
  /// that the lifts mask. True: the kernel sees and decides NULLs itself (coalesce, concat, …).
  package let handlesNull: Bool
  package let overloads: [ScalarOverload]

  package init(
    _ name: String, aliases: [String] = [], summary: String,
    example: (sql: String, result: String)? = nil, stability: Stability = .immutable,
    handlesNull: Bool = false, overloads: [ScalarOverload]
  ) {
    self.name = name
    self.aliases = aliases
    self.summary = summary
    self.example = example
    self.stability = stability
    self.handlesNull = handlesNull
    self.overloads = overloads
  }
}
