import Glibc
import OlapColumns

/// Turns per-value expressions into kernels. The lifts own constants (evaluated once), dictionaries
/// (evaluated once per entry) and NULL arguments (the body is never called for them). A body that
/// returns nil makes the row NULL.
enum ScalarLift {
  /// Runs `rows` over arguments that are flat or constant and never constant NULL.
  static func evaluate(
    _ arguments: [Vector], _ count: Int, _ type: SQLType,
    _ rows: ([Vector], Int) throws -> Vector
  ) throws -> Vector {
    if arguments.contains(where: { $0.encoding == .constant && !$0.isValid(0) }) {
      return Vector.nulls(type, count: count)
    }
    if !arguments.isEmpty && count > 0 && arguments.allSatisfy({ $0.encoding == .constant }) {
      return try rows(arguments, 1).broadcast(row: 0, count: count)
    }
    if let result = try evaluateOnDictionary(arguments, count, rows) { return result }
    return try rows(arguments.map { $0.encoding == .constant ? $0 : $0.flattened() }, count)
  }

  /// One dictionary among constants: the function of each entry, then a lookup per row.
  private static func evaluateOnDictionary(
    _ arguments: [Vector], _ count: Int, _ rows: ([Vector], Int) throws -> Vector
  ) throws -> Vector? {
    var position: Int?
    for (i, argument) in arguments.enumerated() where argument.encoding != .constant {
      if argument.encoding != .dictionary || position != nil { return nil }
      position = i
    }
    guard let position, let dictionary = arguments[position].dictionary,
      dictionary.count <= count, dictionary.count > 0
    else { return nil }
    var inner: [Vector] = arguments
    inner[position] = dictionary
    // An entry that no row uses may be refused: then the rows themselves decide.
    guard let entries = try? rows(inner, dictionary.count).flattened() else { return nil }
    let codes: Vector = arguments[position]
    let selection = Selection(capacity: count)
    DictionaryCodes.copy(codes, to: selection.indexes)
    if let mask = codes.validity {
      for i in 0..<count where mask[i] == 0 { selection.indexes[i] = 0 }
    }
    let result: Vector = entries.gathered(selection.indexes, count: count)
    guard let mask = codes.validity else { return result }
    guard let own = result.validity else { return result.withValidity(mask, owner: codes.owner) }
    for i in 0..<count { own[i] &= mask[i] }
    return result
  }

  // MARK: Results of fixed width

  @inline(__always)
  static func fill<R: BitwiseCopyable>(
    _ type: SQLType, _ vectors: [Vector], _ count: Int, _ body: (Int) throws -> R?
  ) throws -> Vector {
    let mask = RowMask(vectors, count: count)
    let result = Vector.flat(type, count: count, sharing: mask.bytes, validityOwner: mask.owner)
    let out = result.values(R.self)
    var nulls = NullMarks(over: mask, count: count)
    if let bytes = mask.bytes {
      memset(result.data, 0, count * MemoryLayout<R>.stride)
      for i in 0..<count where bytes[i] != 0 {
        if let value = try body(i) { out[i] = value } else { nulls.mark(i) }
      }
    } else {
      for i in 0..<count {
        if let value = try body(i) {
          out[i] = value
        } else {
          memset(out + i, 0, MemoryLayout<R>.size)
          nulls.mark(i)
        }
      }
    }
    return nulls.apply(to: result)
  }

  @inline(__always)
  static func unary<A: BitwiseCopyable, R: BitwiseCopyable>(
    _ type: SQLType, _ body: @escaping @Sendable (A) throws -> R?
  ) -> ScalarKernel {
    { arguments, count, _ in
      try evaluate(arguments, count, type) { vectors, n in
        let a = Cells<A>(vectors[0])
        return try fill(type, vectors, n) { try body(a[$0]) }
      }
    }
  }

  @inline(__always)
  static func binary<A: BitwiseCopyable, B: BitwiseCopyable, R: BitwiseCopyable>(
    _ type: SQLType, _ body: @escaping @Sendable (A, B) throws -> R?
  ) -> ScalarKernel {
    { arguments, count, _ in
      try evaluate(arguments, count, type) { vectors, n in
        let a = Cells<A>(vectors[0])
        let b = Cells<B>(vectors[1])
        return try fill(type, vectors, n) { try body(a[$0], b[$0]) }
      }
    }
  }

  @inline(__always)
  static func ternary<
    A: BitwiseCopyable, B: BitwiseCopyable, C: BitwiseCopyable, R: BitwiseCopyable
  >(
    _ type: SQLType, _ body: @escaping @Sendable (A, B, C) throws -> R?
  ) -> ScalarKernel {
    { arguments, count, _ in
      try evaluate(arguments, count, type) { vectors, n in
        let a = Cells<A>(vectors[0])
        let b = Cells<B>(vectors[1])
        let c = Cells<C>(vectors[2])
        return try fill(type, vectors, n) { try body(a[$0], b[$0], c[$0]) }
      }
    }
  }

  /// Unary without a branch: the body is total, runs also under NULLs, and vectorises when it can.
  @inline(__always)
  static func dense<A: BitwiseCopyable, R: BitwiseCopyable>(
    _ type: SQLType, _ body: @escaping @Sendable (A) -> R
  ) -> ScalarKernel {
    { arguments, count, _ in
      try evaluate(arguments, count, type) { vectors, n in
        let source: Vector = vectors[0]
        let a = UnsafePointer(source.data.assumingMemoryBound(to: A.self))
        let isConstant: Bool = source.encoding == .constant
        let result = Vector.flat(
          type, count: n, sharing: isConstant ? nil : source.validity,
          validityOwner: source.owner)
        let out = result.values(R.self)
        for i in 0..<n { out[i] = body(a[i]) }
        return result
      }
    }
  }
}

/// Codes of dictionary vectors as 32-bit row numbers.
enum DictionaryCodes {
  static func copy(_ vector: Vector, to out: UnsafeMutablePointer<UInt32>) {
    let n: Int = vector.count
    switch vector.codeByteCount {
    case 1: widen(vector.values(UInt8.self), out, n)
    case 2: widen(vector.values(UInt16.self), out, n)
    default: memcpy(out, vector.data, n * 4)
    }
  }

  private static func widen<Code: FixedWidthInteger>(
    _ codes: UnsafePointer<Code>, _ out: UnsafeMutablePointer<UInt32>, _ n: Int
  ) {
    for i in 0..<n { out[i] = UInt32(truncatingIfNeeded: codes[i]) }
  }
}
