import OlapColumns
import OlapFunctions

/// Calls functions by name on boxed values, the way the executor does on vectors.
enum Evaluation {
  static let context = EvaluationContext(now: 1_700_000_000_000_000)

  /// A literal with its type.
  struct Argument {
    let type: SQLType
    let values: [Value]
    let isConstant: Bool
  }

  static func column(_ type: SQLType, _ values: [Value]) -> Argument {
    Argument(type: type, values: values, isConstant: false)
  }
  static func constant(_ type: SQLType, _ value: Value) -> Argument {
    Argument(type: type, values: [value], isConstant: true)
  }
  static func text(_ string: String) -> Argument { constant(.varchar, .varchar(string)) }
  static func integer(_ n: Int64) -> Argument { constant(.integer, .integer(n)) }

  /// Evaluates a scalar function; the rows of the result.
  static func call(_ name: String, _ arguments: [Argument], rows: Int = 1) throws -> (
    SQLType, [Value]
  ) {
    guard let function = FunctionRegistry.builtin.scalars[name] else {
      throw ComputeError(.invalidArgument, "no function \(name)")
    }
    let bound = try FunctionResolver.resolve(
      function, types: arguments.map { $0.type },
      constants: arguments.map { $0.isConstant ? $0.values[0] : nil })
    let vectors = try zip(arguments, bound.argumentTypes).map { argument, type in
      try Cast.cast(vector(argument, rows), to: type, isTry: false, timeZoneName: "UTC")
    }
    let result = try bound.kernel(vectors, rows, context)
    return (bound.returnType, result.boxedValues)
  }

  static func vector(_ argument: Argument, _ rows: Int) -> Vector {
    if argument.isConstant {
      return Vector.constant(argument.values[0], type: argument.type, count: rows)
    }
    let builder = VectorBuilder(type: argument.type)
    for value in argument.values { builder.append(value) }
    return builder.finish()
  }

  /// The single result as text.
  static func print(_ name: String, _ arguments: Argument...) throws -> String {
    let (type, values) = try call(name, arguments)
    let shown = try Cast.cast(
      values[0], from: type, to: .varchar, isTry: false, timeZoneName: "UTC")
    if case .varchar(let text) = shown { return text }
    return "NULL"
  }

  /// An aggregate over rows in groups; splits the rows over two accumulators that are merged, and
  /// once more through exported states.
  static func aggregate(
    _ name: String, _ arguments: [Argument], groups: [UInt32], groupCount: Int, split: Int = 0
  ) throws -> (SQLType, [[Value]]) {
    guard let function = FunctionRegistry.builtin.aggregates[name] else {
      throw ComputeError(.invalidArgument, "no aggregate \(name)")
    }
    let bound = try FunctionResolver.resolve(
      function, types: arguments.map { $0.type },
      constants: arguments.map { $0.isConstant ? $0.values[0] : nil })
    let n = groups.count
    let vectors = try zip(arguments, bound.argumentTypes).map { argument, type in
      try Cast.cast(vector(argument, n), to: type, isTry: false, timeZoneName: "UTC")
    }
    func feed(_ accumulator: any AggregateAccumulator, _ range: Range<Int>) throws {
      accumulator.reserve(groupCount: groupCount)
      if range.isEmpty { return }
      let part = Array(groups[range])
      try part.withUnsafeBufferPointer {
        try accumulator.update(
          groups: $0.baseAddress!, arguments: vectors.map { $0.sliced(range) }, count: range.count)
      }
    }
    let whole = bound.makeAccumulator()
    try feed(whole, 0..<n)
    let left = bound.makeAccumulator()
    let right = bound.makeAccumulator()
    try feed(left, 0..<split)
    try feed(right, split..<n)
    let identity = Array(0..<UInt32(groupCount))
    try left.merge(right, groups: identity, count: groupCount)
    let exported = try left.exportStates(first: 0, count: groupCount)
    let restored = bound.makeAccumulator()
    restored.reserve(groupCount: groupCount)
    try restored.mergeStates(exported, groups: identity, count: groupCount)
    return (
      bound.returnType,
      try [whole, left, restored].map {
        try $0.finalize(first: 0, count: groupCount).boxedValues
      }
    )
  }
}
