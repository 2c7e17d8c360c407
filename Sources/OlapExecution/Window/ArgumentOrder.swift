internal import OlapColumns

/// Places by the ORDER BY inside a call's arguments.
struct ArgumentOrder {
  /// Rank of each place over all rows; equal keys keep the order of places.
  let rank: Selection
  /// Place of each rank.
  let places: Selection
  /// The first rank of those with a key equal to that of each place's.
  let firstPeer: Selection

  init(_ evaluation: WindowEvaluation) {
    let items = evaluation.plan.call.argumentOrderBy
    let columns = zip(evaluation.argumentOrder, items).map { SortKey.Column($0.type, $1) }
    places = RowSorter.sorted(
      evaluation.argumentOrder, columns: columns, count: evaluation.count)
    rank = Selection(capacity: evaluation.count)
    for i in 0..<evaluation.count {
      rank.indexes[Int(places.indexes[i])] = UInt32(truncatingIfNeeded: i)
    }
    firstPeer = Selection(capacity: evaluation.count)
    let marks = Buffer(byteCount: evaluation.count)
    let breaks = marks.bytes.assumingMemoryBound(to: UInt8.self)
    let (order, count) = (places, evaluation.count)
    WindowRows.markBreaks(
      evaluation.argumentOrder.map { $0.gathered(order.indexes, count: count) }, count,
      into: breaks, keeping: false)
    var first: UInt32 = 0
    for i in 0..<count {
      if breaks[i] != 0 { first = UInt32(truncatingIfNeeded: i) }
      firstPeer.indexes[Int(places.indexes[i])] = first
    }
  }

  /// The places of the ranges in this order.
  func sorted(_ ranges: (Range<Int>, Range<Int>, Range<Int>)) -> [Int] {
    sortedRanks(ranges).map { Int(places.indexes[Int($0)]) }
  }

  /// The ranks of the ranges' places, ascending.
  func sortedRanks(_ ranges: (Range<Int>, Range<Int>, Range<Int>)) -> [UInt32] {
    var ranks: [UInt32] = []
    ranks.reserveCapacity(ranges.0.count + ranges.1.count + ranges.2.count)
    for range in [ranges.0, ranges.1, ranges.2] {
      for place in range { ranks.append(rank.indexes[place]) }
    }
    ranks.sort()
    return ranks
  }

  /// The n-th place; only where `counting` is not NULL, when given.
  func nth(
    _ n: Int, _ ranges: (Range<Int>, Range<Int>, Range<Int>), counting value: Vector?
  ) -> Int? {
    var candidates = sorted(ranges)
    if let value { candidates = candidates.filter { value.isValid($0) } }
    let index = n > 0 ? n - 1 : candidates.count + n
    return candidates.indices.contains(index) ? candidates[index] : nil
  }
}
