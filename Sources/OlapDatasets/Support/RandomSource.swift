/// A seeded stream of random numbers (SplitMix64).
///
/// A stream may be started per row, from the data set's seed, a table and the row's number: rows
/// then do not depend on each other and any row can be made again.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
struct RandomSource {
  private var state: UInt64

  init(seed: UInt64, stream: UInt64, row: Int = 0) {
    state = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15 &* (stream &+ 1))
    state = Self.mix(state ^ UInt64(truncatingIfNeeded: row) &* 0xD134_2543_DE82_EF95)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z &>> 31)
  }

  /// A hash of bytes, the same on every machine (FNV-1a, mixed).
  static func hash(_ bytes: [UInt8]) -> UInt64 {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0100_0000_01B3 }
    return mix(value)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// A number from 0 up to but without `bound`; 0 when `bound` is not positive.
  mutating func below(_ bound: Int) -> Int {
    guard bound > 0 else { return 0 }
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number from `low` to `high`, both included.
  mutating func between(_ low: Int, _ high: Int) -> Int {
    low &+ below(high &- low &+ 1)
  }

  /// A number from 0 up to but without 1.
  mutating func fraction() -> Double {
    Double(next() &>> 11) * 0x1p-53
  }

  /// True in `percent` of a hundred cases.
  mutating func chance(percent: Double) -> Bool {
    fraction() * 100 < percent
  }

  mutating func pick<T>(_ values: [T]) -> T {
    values[below(values.count)]
  }

  /// The index of one of `weights`, each as likely as its weight.
  mutating func weighted(_ weights: [Int]) -> Int {
    var rest = below(weights.reduce(0, +))
    for (index, weight) in weights.enumerated() {
      if rest < weight { return index }
      rest -= weight
    }
    return weights.count - 1
  }
}
