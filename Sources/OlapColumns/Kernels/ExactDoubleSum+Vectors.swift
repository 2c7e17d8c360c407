extension ExactDoubleSum {
  /// Adds the non-NULL rows of a DOUBLE or REAL vector in any encoding; gives their number.
  @discardableResult
  package mutating func add(_ v: Vector, count: Int) -> Int {
    let valid: Int = Reduce.countValid(v, count: count)
    if valid == 0 { return 0 }
    if v.encoding == .constant {
      addRepeated(
        v.type == .real ? Double(v.values(Float.self)[0]) : v.values(Double.self)[0], valid)
      return valid
    }
    let flat: Vector = v.flattened()
    let validity: UnsafePointer<UInt8>? = flat.validity.map { UnsafePointer($0) }
    let scratch = Buffer(byteCount: Swift.min(count, ExactDoubleSum.blockMax) * 8 + 64)
    let block = scratch.bytes.assumingMemoryBound(to: Double.self)
    var start = 0
    while start < count {
      let n: Int = Swift.min(ExactDoubleSum.blockMax, count - start)
      if flat.physical == .float32 {
        let a = flat.values(Float.self) + start
        for i in 0..<n { block[i] = Double(a[i]) }
      } else {
        block.update(from: flat.values(Double.self) + start, count: n)
      }
      if let validity { ExactDoubleSum.clearNulls(block, validity + start, n) }
      // Padding to whole vectors of eight lanes.
      for i in n..<((n + 7) & ~7) { block[i] = 0 }
      addBlock(block, (n + 7) & ~7)
      start += n
    }
    return valid
  }

  /// Rows of one pre-rounding block: partial sums of 2^11 values stay exact.
  static let blockMax = 2048

  private static func clearNulls(
    _ block: UnsafeMutablePointer<Double>, _ validity: UnsafePointer<UInt8>, _ n: Int
  ) {
    block.withMemoryRebound(to: UInt64.self, capacity: n) { bits in
      for i in 0..<n { bits[i] &= 0 &- UInt64(validity[i]) }
    }
  }

  /// `value` × `times`, exactly.
  private mutating func addRepeated(_ value: Double, _ times: Int) {
    guard value.isFinite, value != 0 else { return add(value) }
    let exponent: Int = Int(value.exponent) - 52
    let floor: Int = Swift.max(exponent, -1074)
    let integer = Int128(Double(sign: .plus, exponent: -floor, significand: value))
    add(integer * Int128(times), exponent: floor)
  }

  /// Adds `n` doubles (a multiple of 8, at most 2,048); the block is used as scratch space.
  private mutating func addBlock(_ block: UnsafeMutablePointer<Double>, _ n: Int) {
    var greatest: Double = ExactDoubleSum.greatestMagnitude(block, n)
    // Two grids a pass; each takes 40 bits off the top of every value.
    for _ in 0..<4 {
      if greatest == 0 { return }
      // Outside this range the grids would overflow or fall below the least double.
      guard greatest.isFinite, greatest < 0x1p1000, greatest > 0x1p-900 else { break }
      let exponent = Int(greatest.exponent)
      let first = Double(sign: .plus, exponent: exponent + 13, significand: 1.5)
      let second = Double(sign: .plus, exponent: exponent + 13 - 40, significand: 1.5)
      let parts = ExactDoubleSum.split(block, n, first, second)
      add(parts.first)
      add(parts.second)
      greatest = parts.rest
    }
    if greatest == 0 { return }
    for i in 0..<n { add(block[i]) }
  }

  /// Greatest |x|; NaN or infinity when there is one.
  private static func greatestMagnitude(_ block: UnsafePointer<Double>, _ n: Int) -> Double {
    let raw = UnsafeRawPointer(block)
    var most = SIMD8<UInt64>(repeating: 0)
    var i = 0
    // Without the sign, the bits of doubles order like integers, and NaN is on top.
    let mask = SIMD8<UInt64>(repeating: 0x7fff_ffff_ffff_ffff)
    while i < n {
      let bits: SIMD8<UInt64> =
        raw.loadUnaligned(fromByteOffset: i &* 8, as: SIMD8<UInt64>.self) & mask
      most.replace(with: bits, where: bits .> most)
      i &+= 8
    }
    return Double(bitPattern: most.max())
  }

  /// Cuts every value at two grids: x = a + b + rest with a, b multiples of the grids' units. Sums
  /// of a and of b are exact doubles. Leaves the rests in the block and gives the greatest of them.
  private static func split(
    _ block: UnsafeMutablePointer<Double>, _ n: Int, _ first: Double, _ second: Double
  ) -> (first: Double, second: Double, rest: Double) {
    let raw = UnsafeMutableRawPointer(block)
    let upper = SIMD8<Double>(repeating: first)
    let lower = SIMD8<Double>(repeating: second)
    var sumA = SIMD8<Double>(repeating: 0)
    var sumB = SIMD8<Double>(repeating: 0)
    var left = SIMD8<UInt64>(repeating: 0)
    var i = 0
    while i < n {
      let x: SIMD8<Double> = raw.loadUnaligned(fromByteOffset: i &* 8, as: SIMD8<Double>.self)
      let a: SIMD8<Double> = (x + upper) - upper
      let afterA: SIMD8<Double> = x - a
      let b: SIMD8<Double> = (afterA + lower) - lower
      let rest: SIMD8<Double> = afterA - b
      sumA += a
      sumB += b
      left |= unsafeBitCast(rest, to: SIMD8<UInt64>.self)
      raw.storeBytes(of: rest, toByteOffset: i &* 8, as: SIMD8<Double>.self)
      i &+= 8
    }
    // A rest of -0.0 is no rest.
    let isDone: Bool = (left & SIMD8<UInt64>(repeating: 0x7fff_ffff_ffff_ffff)).max() == 0
    return (sumA.sum(), sumB.sum(), isDone ? 0 : greatestMagnitude(block, n))
  }
}
