import Glibc
import OlapColumns
import Testing

@Suite("conversions to floating point")
struct FloatConversionTests {
  /// The standard library's own conversion.
  private func reference<F: BinaryFloatingPoint>(_ value: some BinaryInteger, _: F.Type) -> F {
    F(value)
  }

  private func checkWide(_ value: UInt128) {
    #expect(Double(value) == reference(value, Double.self), "\(value)")
    #expect(Float(value) == reference(value, Float.self), "\(value)")
    let signed = Int128(truncatingIfNeeded: value)
    #expect(Double(signed) == reference(signed, Double.self), "\(signed)")
    #expect(Float(signed) == reference(signed, Float.self), "\(signed)")
  }

  @Test("128-bit integers give the nearest value, ties to even")
  func wideIntegers() {
    var random = SeededGenerator(seed: 11)
    for width in 0...127 {
      let top: UInt128 = 1 << UInt128(width)
      for value in [top, top - 1, top + 1, top | top >> 53, top | top >> 54, top | top >> 24 | 1] {
        checkWide(value)
      }
      for _ in 0..<50 {
        let word = UInt128(random.next()) << 64 | UInt128(random.next())
        checkWide(word >> UInt128(127 - width))
      }
    }
    checkWide(.max)
  }

  @Test("decimal texts give the nearest double")
  func texts() {
    var random = SeededGenerator(seed: 12)
    for _ in 0..<20_000 {
      var text = String(random.next() % (1 << UInt64(Int.random(in: 0..<(63), using: &random) + 1)))
      if Int.random(in: 0..<(3), using: &random) > 0 {
        text.insert(
          ".",
          at: text.index(
            text.startIndex, offsetBy: Int.random(in: 0..<(text.count + 1), using: &random)))
      }
      if Int.random(in: 0..<(2), using: &random) == 0 { text = "-" + text }
      if Int.random(in: 0..<(8), using: &random) == 0 {
        text += "e\(Int.random(in: 0..<(40), using: &random) - 20)"
      }
      #expect(FloatText.parse(text) == strtod(text, nil), "\(text)")
    }
    #expect(FloatText.parse("-0")?.sign == .minus)
    for text in ["", "-", ".", "-.", "1.2.3", "1-", "+-1", "1e"] {
      #expect(FloatText.parse(text) == nil, "\(text)")
    }
  }
}
