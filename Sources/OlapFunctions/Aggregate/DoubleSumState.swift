/// A sum of doubles with twice the precision of a double.
struct DoubleSum: BitwiseCopyable, Sendable {
  private var high = 0.0
  private var low = 0.0
  /// Infinities and NaN, which would spoil the error terms.
  private var special = 0.0

  @inline(__always) mutating func add(_ value: Double) {
    let sum: Double = high + value
    let part: Double = sum - high
    let error: Double = (high - (sum - part)) + (value - part)
    if error.isFinite {
      high = sum
      low += error
    } else {
      special += value
    }
  }

  mutating func merge(_ other: DoubleSum) {
    add(other.high)
    add(other.low)
    special += other.special
  }

  var value: Double { special == 0 ? high + low : special }
  /// What `value` leaves of the sum.
  var rest: Double { special == 0 ? (high - value) + low : 0 }
}
