internal import OlapColumns

/// Places whose value is not NULL, to count among them without walking.
struct ValidPlaces {
  private var places: [Int] = []
  /// Valid places before each place; one more entry at the end.
  private var before: [Int] = []

  init(_ value: Vector) {
    before.reserveCapacity(value.count + 1)
    for i in 0..<value.count {
      before.append(places.count)
      if value.isValid(i) { places.append(i) }
    }
    before.append(places.count)
  }

  /// `steps` valid places after (or before) `place` within the partition; 0 is the place itself.
  func place(from place: Int, steps: Int, in partition: Range<Int>) -> Int? {
    if steps == 0 { return place }
    let base = steps > 0 ? before[place + 1] - 1 : before[place]
    let (index, overflow) = base.addingReportingOverflow(steps)
    let range = before[partition.lowerBound]..<before[partition.upperBound]
    return !overflow && range.contains(index) ? places[index] : nil
  }

  /// The n-th valid place of the ranges; from the end when n is negative.
  func nth(_ n: Int, _ ranges: (Range<Int>, Range<Int>, Range<Int>)) -> Int? {
    func valid(_ range: Range<Int>) -> Range<Int> {
      before[range.lowerBound]..<before[range.upperBound]
    }
    return WindowEvaluation.nth(n, (valid(ranges.0), valid(ranges.1), valid(ranges.2)))
      .map { places[$0] }
  }
}
