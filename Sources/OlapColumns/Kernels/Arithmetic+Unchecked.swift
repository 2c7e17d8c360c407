/// Where an operand's values come from: reading is inlined into the loop, so frames and constants
/// cost no pass of their own.
protocol OperandReader<Item> {
  associatedtype Item: FixedWidthInteger
  func read(_ i: Int) -> Item
}

struct FlatReader<Item: FixedWidthInteger>: OperandReader {
  let values: UnsafePointer<Item>
  @inline(__always) func read(_ i: Int) -> Item { values[i] }
}

struct ConstantReader<Item: FixedWidthInteger>: OperandReader {
  let value: Item
  @inline(__always) func read(_ i: Int) -> Item { value }
}

/// Frame codes widened on the fly; the multiplier is 1 in most frames, which saves the product.
struct FrameReader<Item: FixedWidthInteger, Code: FixedWidthInteger>: OperandReader {
  let codes: UnsafePointer<Code>
  let base: Item
  let multiplier: Item
  @inline(__always) func read(_ i: Int) -> Item {
    base &+ Item(truncatingIfNeeded: codes[i]) &* multiplier
  }
}

extension Arithmetic {
  /// The wrapping loops: the caller has proven that nothing overflows.
  static func unchecked<T: FixedWidthInteger & BitwiseCopyable>(
    _ op: ArithmeticOperator, _ l: Vector, _ r: Vector, _ n: Int, _ type: SQLType,
    _ bounds: ClosedRange<Int64>?, _: T.Type
  ) -> Vector {
    // Frames are read in place for the 64-bit results (decimals, BIGINT); others are flattened.
    let keepsFrames: Bool = T.self == Int64.self
    let left: Vector = operand(l, keepsFrames)
    let right: Vector = operand(r, keepsFrames)
    let result = combinedRows(type, left, right, n, bounds)
    let out = result.values(T.self)
    switch (left.encoding, right.encoding) {
    case (.frame, _), (_, .frame):
      framed(op, left, right, n, result.values(Int64.self))
    case (.constant, _):
      let a = ConstantReader(value: left.values(T.self)[0])
      loop(op, a, FlatReader(values: UnsafePointer(right.values(T.self))), n, out)
    case (_, .constant):
      let b = ConstantReader(value: right.values(T.self)[0])
      loop(op, FlatReader(values: UnsafePointer(left.values(T.self))), b, n, out)
    default:
      loop(
        op, FlatReader(values: UnsafePointer(left.values(T.self))),
        FlatReader(values: UnsafePointer(right.values(T.self))), n, out)
    }
    return result
  }

  private static func operand(_ v: Vector, _ keepsFrames: Bool) -> Vector {
    switch v.encoding {
    case .flat, .constant: v
    case .frame: keepsFrames && v.physical == .int64 ? v : v.flattened()
    case .dictionary: v.flattened()
    }
  }

  /// A fresh flat vector, NULL where a non-constant operand is (constant operands are not NULL
  /// here).
  private static func combinedRows(
    _ type: SQLType, _ l: Vector, _ r: Vector, _ n: Int, _ bounds: ClosedRange<Int64>?
  ) -> Vector {
    let left: UnsafeMutablePointer<UInt8>? = l.encoding == .constant ? nil : l.validity
    let right: UnsafeMutablePointer<UInt8>? = r.encoding == .constant ? nil : r.validity
    if let left, let right {
      let result = Vector.flat(type, count: n, nullable: true, bounds: bounds)
      if let mask = result.validity { for i in 0..<n { mask[i] = left[i] & right[i] } }
      return result
    }
    return Vector.flat(
      type, count: n, sharing: left ?? right, validityOwner: left != nil ? l.owner : r.owner
    ).withBounds(bounds)
  }

  private static func framed(
    _ op: ArithmeticOperator, _ l: Vector, _ r: Vector, _ n: Int, _ out: UnsafeMutablePointer<Int64>
  ) {
    switch (l.encoding, l.codeByteCount) {
    case (.constant, _): framedRight(op, ConstantReader(value: l.values(Int64.self)[0]), r, n, out)
    case (.frame, 1): framedRight(op, frameReader(l, UInt8.self), r, n, out)
    case (.frame, 2): framedRight(op, frameReader(l, UInt16.self), r, n, out)
    case (.frame, _): framedRight(op, frameReader(l, UInt32.self), r, n, out)
    default:
      framedRight(op, FlatReader(values: UnsafePointer(l.values(Int64.self))), r, n, out)
    }
  }

  private static func frameReader<Code: FixedWidthInteger & BitwiseCopyable>(
    _ v: Vector, _: Code.Type
  ) -> FrameReader<Int64, Code> {
    FrameReader(
      codes: UnsafePointer(v.values(Code.self)), base: v.frameBase, multiplier: v.frameMultiplier)
  }

  private static func framedRight<A: OperandReader>(
    _ op: ArithmeticOperator, _ a: A, _ r: Vector, _ n: Int, _ out: UnsafeMutablePointer<Int64>
  ) where A.Item == Int64 {
    switch (r.encoding, r.codeByteCount) {
    case (.constant, _): loop(op, a, ConstantReader(value: r.values(Int64.self)[0]), n, out)
    case (.frame, 1): loop(op, a, frameReader(r, UInt8.self), n, out)
    case (.frame, 2): loop(op, a, frameReader(r, UInt16.self), n, out)
    case (.frame, _): loop(op, a, frameReader(r, UInt32.self), n, out)
    default: loop(op, a, FlatReader(values: UnsafePointer(r.values(Int64.self))), n, out)
    }
  }

  @inline(__always)
  private static func loop<A: OperandReader, B: OperandReader>(
    _ op: ArithmeticOperator, _ a: A, _ b: B, _ n: Int, _ out: UnsafeMutablePointer<A.Item>
  ) where A.Item == B.Item {
    switch op {
    case .add: for i in 0..<n { out[i] = a.read(i) &+ b.read(i) }
    case .subtract: for i in 0..<n { out[i] = a.read(i) &- b.read(i) }
    default: for i in 0..<n { out[i] = a.read(i) &* b.read(i) }
    }
  }
}
