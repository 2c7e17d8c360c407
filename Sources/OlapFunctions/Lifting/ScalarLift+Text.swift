import Glibc
import OlapColumns

/// Lifts whose result is a string. The view a body returns may point into an argument or into the
/// output's heap.
extension ScalarLift {
  @inline(__always)
  static func fillText(
    _ type: SQLType, _ vectors: [Vector], _ count: Int, limit: ResultLimit,
    _ body: (Int, StringOutput) throws -> StringView?
  ) throws -> Vector {
    let mask = RowMask(vectors, count: count)
    let result = Vector.flat(type, count: count, sharing: mask.bytes, validityOwner: mask.owner)
    let output = StringOutput(limit)
    if let buffer = result.owner as? Buffer {
      buffer.keep(output.heap)
      for vector in vectors where vector.physical == .string { buffer.keep(vector.owner) }
    }
    let out = result.values(StringView.self)
    var nulls = NullMarks(over: mask, count: count)
    for i in 0..<count {
      if let bytes = mask.bytes, bytes[i] == 0 {
        out[i] = .empty
      } else if let value = try body(i, output) {
        out[i] = value
        try output.checkLimit()
      } else {
        out[i] = .empty
        nulls.mark(i)
      }
    }
    return nulls.apply(to: result)
  }

  @inline(__always)
  static func unaryText<A: BitwiseCopyable>(
    _ type: SQLType, _ body: @escaping @Sendable (A, StringOutput) throws -> StringView?
  ) -> ScalarKernel {
    { arguments, count, context in
      try evaluate(arguments, count, type) { vectors, n in
        let a = Cells<A>(vectors[0])
        return try fillText(type, vectors, n, limit: context.resultLimit) { try body(a[$0], $1) }
      }
    }
  }

  @inline(__always)
  static func binaryText<A: BitwiseCopyable, B: BitwiseCopyable>(
    _ type: SQLType, _ body: @escaping @Sendable (A, B, StringOutput) throws -> StringView?
  ) -> ScalarKernel {
    { arguments, count, context in
      try evaluate(arguments, count, type) { vectors, n in
        let a = Cells<A>(vectors[0])
        let b = Cells<B>(vectors[1])
        return try fillText(type, vectors, n, limit: context.resultLimit) {
          try body(a[$0], b[$0], $1)
        }
      }
    }
  }

  @inline(__always)
  static func ternaryText<A: BitwiseCopyable, B: BitwiseCopyable, C: BitwiseCopyable>(
    _ type: SQLType, _ body: @escaping @Sendable (A, B, C, StringOutput) throws -> StringView?
  ) -> ScalarKernel {
    { arguments, count, context in
      try evaluate(arguments, count, type) { vectors, n in
        let a = Cells<A>(vectors[0])
        let b = Cells<B>(vectors[1])
        let c = Cells<C>(vectors[2])
        return try fillText(type, vectors, n, limit: context.resultLimit) {
          try body(a[$0], b[$0], c[$0], $1)
        }
      }
    }
  }
}
