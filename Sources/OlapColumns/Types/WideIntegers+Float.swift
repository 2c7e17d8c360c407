/// Conversions from 128-bit integers: the standard library's are generic loops over words that no caller
/// gets specialised, some fifty times slower.
extension Double {
  /// The nearest double, ties to even.
  package init(_ value: Int128) { self.init(nearest: value) }
  /// The nearest double, ties to even.
  package init(_ value: UInt128) { self.init(nearest: value) }
}

extension Float {
  /// The nearest float, ties to even; infinite beyond its range.
  package init(_ value: Int128) { self.init(nearest: value) }
  /// The nearest float, ties to even; infinite beyond its range.
  package init(_ value: UInt128) { self.init(nearest: value) }
}

extension BinaryFloatingPoint {
  @inline(__always)
  init(nearest value: Int128) {
    let magnitude = Self(nearest: value.magnitude)
    self = value < 0 ? -magnitude : magnitude
  }

  @inline(__always)
  init(nearest value: UInt128) {
    if value <= UInt128(UInt64.max) {
      self = Self(UInt64(truncatingIfNeeded: value))
      return
    }
    // The top 64 bits decide, more than any significand has; that lower ones are set only matters between
    // two neighbours, so the lowest of the 64 stands for them all.
    let dropped = 64 - value.leadingZeroBitCount
    let shift = UInt128(truncatingIfNeeded: dropped)
    let kept = UInt64(truncatingIfNeeded: value &>> shift)
    let rest = value & ((1 as UInt128) &<< shift &- 1)
    self =
      Self(rest == 0 ? kept : kept | 1)
      * Self(sign: .plus, exponent: Exponent(dropped), significand: 1)
  }
}
