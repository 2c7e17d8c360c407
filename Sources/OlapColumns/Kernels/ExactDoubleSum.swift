/// A sum of doubles without any rounding until it is read: the result does not depend on the order
/// of additions and merges, so incremental and rebuilt sums agree bit for bit.
///
/// The sum is a 2,176-bit fixed-point number with unit 2^-1075, kept as 68 signed words that each
/// stand for 32 bits. Whole vectors go through a vectorised pre-rounding pass that reduces 2,048
/// doubles to two exact partial sums; only these are added to the words.
/// Sources: R. Neal, "Fast exact summation using small and large superaccumulators" (2015); J.
/// Demmel and H. D. Nguyen, "Parallel reproducible summation" (2015).
package struct ExactDoubleSum: Sendable, BitwiseCopyable {
  private var words: InlineArray<68, Int64>
  /// Additions since carries were propagated; words overflow only after 2^10.
  private var pending: Int32 = 0
  private var seenNaN = false
  private var seenInfinity = false
  private var seenNegativeInfinity = false

  package init() { words = InlineArray(repeating: 0) }

  /// Adds one number.
  package mutating func add(_ value: Double) {
    let bits: UInt64 = value.bitPattern
    var exponent = Int(truncatingIfNeeded: (bits >> 52) & 0x7ff)
    var mantissa: UInt64 = bits & 0x000f_ffff_ffff_ffff
    if exponent == 0x7ff {
      noteSpecial(value)
      return
    }
    if exponent == 0 { exponent = 1 } else { mantissa |= 1 << 52 }
    if pending >= 1000 { propagate() }
    pending += 1
    let index: Int = exponent >> 5
    let shift = UInt64(truncatingIfNeeded: exponent & 31)
    let low = Int64(bitPattern: (mantissa << shift) & 0xffff_ffff)
    let high = Int64(bitPattern: mantissa >> (32 &- shift))
    if bits >> 63 != 0 {
      words[index] &-= low
      words[index + 1] &-= high
    } else {
      words[index] &+= low
      words[index + 1] &+= high
    }
  }

  private mutating func noteSpecial(_ value: Double) {
    if value.isNaN {
      seenNaN = true
    } else if value < 0 {
      seenNegativeInfinity = true
    } else {
      seenInfinity = true
    }
  }

  /// Adds `integer` × 2^exponent; exponent ≥ -1074 and the product within the range of doubles ×
  /// 2^64.
  package mutating func add(_ integer: Int128, exponent: Int) {
    if integer == 0 { return }
    if pending >= 1000 { propagate() }
    pending += 1
    let position: Int = exponent + 1075
    var index: Int = position >> 5
    let shift = UInt128(position & 31)
    let magnitude: UInt128 = integer.magnitude
    // 128 bits moved by up to 31: the top goes to a fifth word.
    var rest: UInt128 = magnitude << shift
    let top: UInt128 = shift == 0 ? 0 : magnitude >> (128 - shift)
    for _ in 0..<4 {
      let part = Int64(truncatingIfNeeded: rest & 0xffff_ffff)
      words[index] &+= integer < 0 ? 0 &- part : part
      rest >>= 32
      index += 1
    }
    let part = Int64(truncatingIfNeeded: top)
    if part != 0 { words[index] &+= integer < 0 ? 0 &- part : part }
  }

  /// Adds everything another sum has seen.
  package mutating func merge(_ other: ExactDoubleSum) {
    propagate()
    var copy = other
    copy.propagate()
    for i in 0..<68 { words[i] &+= copy.words[i] }
    pending = 2
    seenNaN = seenNaN || other.seenNaN
    seenInfinity = seenInfinity || other.seenInfinity
    seenNegativeInfinity = seenNegativeInfinity || other.seenNegativeInfinity
  }

  /// Brings every word but the last into 0 ..< 2^32.
  private mutating func propagate() {
    var carry: Int64 = 0
    for i in 0..<67 {
      let total: Int64 = words[i] &+ carry
      words[i] = total & 0xffff_ffff
      carry = total >> 32
    }
    words[67] &+= carry
    pending = 0
  }

  /// The sum rounded once, half to even.
  package var value: Double {
    if seenNaN || (seenInfinity && seenNegativeInfinity) { return .nan }
    if seenInfinity { return .infinity }
    if seenNegativeInfinity { return -.infinity }
    var copy = self
    copy.propagate()
    let isNegative: Bool = copy.words[67] < 0
    if isNegative {
      for i in 0..<68 { copy.words[i] = 0 &- copy.words[i] }
      copy.propagate()
    }
    let magnitude: Double = copy.roundedMagnitude()
    return isNegative ? -magnitude : magnitude
  }

  /// Of a non-negative, propagated number.
  private func roundedMagnitude() -> Double {
    var top = 67
    while top > 0 && words[top] == 0 { top -= 1 }
    if words[top] == 0 { return 0 }
    // The top 96 bits hold 65 significant ones at least; the rest only says whether it is zero.
    var bits: UInt128 = 0
    for i in 0..<3 {
      bits = bits << 32 | UInt128(top - i >= 0 ? UInt64(bitPattern: words[top - i]) : 0)
    }
    var sticky = false
    if top >= 3 { for i in 0...(top - 3) where words[i] != 0 { sticky = true } }
    let length: Int = 128 - bits.leadingZeroBitCount
    let dropped: Int = Swift.max(0, length - 53)
    var mantissa = UInt64(truncatingIfNeeded: bits >> UInt128(dropped))
    if dropped > 0 {
      let rest: UInt128 = bits & ((1 << UInt128(dropped)) - 1)
      let half: UInt128 = 1 << UInt128(dropped - 1)
      if rest > half || (rest == half && (sticky || mantissa & 1 == 1)) { mantissa += 1 }
    }
    let exponent: Int = (top - 2) * 32 + dropped - 1075
    return Double(sign: .plus, exponent: exponent, significand: Double(mantissa))
  }
}
