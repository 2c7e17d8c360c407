internal import OlapColumns
internal import OlapFunctions

/// median and discrete quantiles over frames: the frame's values are kept in a Fenwick tree by rank, which
/// finds the k-th smallest in logarithmic time while the frame moves.
///
/// The aggregate itself is fed only the one or two values that decide: it gives for them what it gives for
/// all values.
struct SlidingQuantile {
  private let evaluation: WindowEvaluation
  private let bound: BoundAggregate
  private let fraction: Double
  private let isMedian: Bool
  private var values: RankedValues

  /// Nil when the aggregate is another one. `passing` tells which places take part; nil = all.
  init?(
    _ evaluation: WindowEvaluation, _ function: AggregateFunction, _ bound: BoundAggregate,
    passing: UnsafePointer<UInt8>?
  ) {
    guard let value = evaluation.arguments.first, evaluation.count > 0 else { return nil }
    switch function.name {
    case "median":
      fraction = 0.5
      isMedian = true
    case "quantile_disc", "approx_quantile":
      guard evaluation.arguments.count == 2,
        case .double(let given) = evaluation.arguments[1].value(at: 0), (-1...1).contains(given)
      else { return nil }
      fraction = given < 0 ? 1 + given : given
      isMedian = false
    default: return nil
    }
    self.evaluation = evaluation
    self.bound = bound
    values = RankedValues(value, passing: passing)
  }

  /// One result per frame; frames have no EXCLUDE.
  mutating func results(_ frames: UniqueFrames) throws -> Vector {
    let accumulator = bound.makeAccumulator()
    accumulator.reserve(groupCount: frames.count)
    var sliding = SlidingFrame()
    let block = VectorSize.current
    let chosen = Selection(capacity: 2 * block)
    let targets = Selection(capacity: 2 * block)
    var pacer = Cancellation.Pacer()
    try Cancellation.check()
    for frame in 0..<frames.count {
      try pacer.tick()
      sliding.move(to: frames.ranges(of: frame).0, &values)
      for number in deciding(values.count) {
        chosen.indexes[chosen.count] = UInt32(truncatingIfNeeded: values.place(number))
        targets.indexes[chosen.count] = UInt32(truncatingIfNeeded: frame)
        chosen.count += 1
      }
      if chosen.count >= block || frame == frames.count - 1 {
        try accumulator.update(
          groups: targets.indexes,
          arguments: evaluation.arguments.map {
            $0.gathered(chosen.indexes, count: chosen.count)
          }, count: chosen.count)
        chosen.count = 0
      }
    }
    return try accumulator.finalize(first: 0, count: frames.count)
  }

  /// Which of `count` sorted values (from 0) decide.
  private func deciding(_ count: Int) -> [Int] {
    if count == 0 { return [] }
    if isMedian { return [(count - 1) / 2, count / 2] }
    let position = Int((Double(count) * fraction).rounded(.up)) - 1
    return [Swift.min(count - 1, Swift.max(0, position))]
  }
}

/// Values of places by rank, and which of them are in the frame.
private struct RankedValues: SlidingContent {
  private(set) var count = 0
  /// Rank of each place from 1; 0 for places that do not take part.
  private var rank: [Int]
  /// Place of each rank.
  private var places: [Int]
  /// Fenwick tree: how many of the ranks that a node covers are in the frame.
  private var tree: [Int]
  private let topBit: Int

  init(_ value: Vector, passing: UnsafePointer<UInt8>?) {
    let order = RowSorter.sorted(
      [value], columns: [SortKey.Column(value.type, descending: false, nullsFirst: false)],
      count: value.count)
    rank = Array(repeating: 0, count: value.count)
    places = [-1]
    for i in 0..<value.count {
      let place = Int(order.indexes[i])
      guard value.isValid(place), passing == nil || passing.unsafelyUnwrapped[place] != 0 else {
        continue
      }
      rank[place] = places.count
      places.append(place)
    }
    tree = Array(repeating: 0, count: places.count)
    topBit =
      places.count <= 1 ? 0 : 1 << (Int.bitWidth - 1 - (places.count - 1).leadingZeroBitCount)
  }

  mutating func add(_ place: Int) { change(rank[place], by: 1) }
  mutating func remove(_ place: Int) { change(rank[place], by: -1) }

  private mutating func change(_ rank: Int, by step: Int) {
    if rank == 0 { return }
    count += step
    var node = rank
    while node < tree.count {
      tree[node] += step
      node += node & -node
    }
  }

  /// Place of the value with `number` smaller ones in the frame.
  func place(_ number: Int) -> Int {
    var node = 0
    var left = number
    var bit = topBit
    while bit > 0 {
      let next = node + bit
      if next < tree.count && tree[next] <= left {
        node = next
        left -= tree[next]
      }
      bit >>= 1
    }
    return places[node + 1]
  }
}
