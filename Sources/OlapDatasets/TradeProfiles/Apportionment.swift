/// Splits a total into random parts that add up to it exactly.
enum Apportionment {
  /// `count` whole numbers within `bounds` whose sum is `total`. A few are large, most are small.
  ///
  /// The total must lie between `count` times the bounds' ends.
  static func parts(
    of total: Int, count: Int, within bounds: ClosedRange<Int>, _ random: inout RandomSource
  ) -> [Int] {
    precondition(count * bounds.lowerBound <= total && total <= count * bounds.upperBound)
    let weights = (0..<count).map { _ in 1 / (0.15 + random.fraction()) }
    let sum = weights.reduce(0, +)
    var parts = weights.map { weight in
      min(bounds.upperBound, max(bounds.lowerBound, Int(Double(total) * weight / sum)))
    }
    var rest = total - parts.reduce(0, +)
    var index = 0
    while rest != 0 {
      let step = max(1, abs(rest) / count)
      let room =
        rest > 0 ? bounds.upperBound - parts[index] : parts[index] - bounds.lowerBound
      let change = min(room, step)
      parts[index] += rest > 0 ? change : -change
      rest += rest > 0 ? -change : change
      index = (index + 1) % count
    }
    return parts
  }
}
