internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning

/// Computes an aggregate over the frames of all places.
///
/// Whole partitions are groups; counts and exact sums come from running totals; other aggregates from a
/// tree of partial states, so that the cost of a frame grows with the logarithm of its size. Aggregates
/// whose state is all their input (lists, interpolated quantiles) read each frame, as does DISTINCT over
/// moving frames; but count, sum and avg of DISTINCT values, median and discrete quantiles slide.
struct WindowAggregation {
  private let evaluation: WindowEvaluation
  private let bound: BoundAggregate
  private let function: AggregateFunction
  private let count: Int
  /// Places that take part by FILTER; nil = all.
  private let isPassing: UnsafePointer<UInt8>?
  private let passingOwner: AnyObject?
  private let ordered: ArgumentOrder?
  private let isDistinct: Bool

  init(
    _ evaluation: WindowEvaluation, _ function: AggregateFunction, _ bound: BoundAggregate
  ) {
    self.evaluation = evaluation
    self.function = function
    self.bound = bound
    count = evaluation.count
    isDistinct = evaluation.plan.call.isDistinct
    ordered =
      evaluation.argumentOrder.isEmpty || !function.isOrderSensitive
      ? nil : ArgumentOrder(evaluation)
    if let passing = evaluation.passing {
      let mask = Buffer(byteCount: count)
      let bytes = mask.bytes.assumingMemoryBound(to: UInt8.self)
      let values = passing.values(UInt8.self)
      for i in 0..<count { bytes[i] = passing.isValid(i) && values[i] != 0 ? 1 : 0 }
      isPassing = UnsafePointer(bytes)
      passingOwner = mask
    } else {
      isPassing = nil
      passingOwner = nil
    }
  }

  func result() throws -> Vector {
    let frames = try evaluation.frames()
    if frames.isWholePartition { return try perPartition() }
    if !isDistinct, let totals = RunningTotals(evaluation, function, bound, passing: isPassing) {
      return try totals.result(frames)
    }
    let unique = UniqueFrames(frames)
    try Cancellation.check()
    let values: Vector
    if isDistinct, !frames.hasExclusion,
      var sliding = try SlidingDistinct(evaluation, function, bound, passing: isPassing)
    {
      values = try sliding.results(unique)
    } else if !isDistinct, !frames.hasExclusion,
      var sliding = SlidingQuantile(evaluation, function, bound, passing: isPassing)
    {
      values = try sliding.results(unique)
    } else if !isDistinct, !frames.hasExclusion,
      var sliding = SlidingDoubleSum(evaluation, function, bound, unique, passing: isPassing)
    {
      values = try sliding.results(unique)
    } else if isDistinct && frames.startsAtPartition && ordered == nil && isTreeUseful {
      // In a frame from the partition's start the first occurrences are the distinct values.
      values = try treeResults(unique, passing: try firstOccurrences())
    } else if isDistinct || ordered != nil || !isTreeUseful {
      values = try frameByFrame(unique)
    } else {
      values = try treeResults(unique, passing: isPassing)
    }
    return unique.isIdentity ? values : values.gathered(unique.indexOf.indexes, count: count)
  }

  /// States of bounded size can be merged in a tree.
  private var isTreeUseful: Bool { !bound.stateTypes.contains { $0.isNested } }

  private func treeResults(
    _ frames: UniqueFrames, passing: UnsafePointer<UInt8>?
  ) throws -> Vector {
    let tree = try AggregateTree(
      bound, arguments: evaluation.arguments, count: count, passing: passing)
    return try tree.results(frames)
  }

  // MARK: Whole partitions

  /// One group per partition.
  private func perPartition() throws -> Vector {
    let groups = Selection(capacity: count)
    var group = -1
    for place in 0..<count {
      if Int(evaluation.rows.partitionStart.indexes[place]) == place { group += 1 }
      groups.indexes[place] = UInt32(truncatingIfNeeded: group)
    }
    let accumulator = bound.makeAccumulator()
    accumulator.reserve(groupCount: Swift.max(1, group + 1))
    let distinct = isDistinct ? try firstOccurrences() : isPassing
    let block = VectorSize.current
    let chosen = Selection(capacity: block)
    let targets = Selection(capacity: block)
    var position = 0
    while position < count {
      try Cancellation.check()
      chosen.count = 0
      while position < count && chosen.count < block {
        let place = ordered.map { Int($0.places.indexes[position]) } ?? position
        position += 1
        if let distinct, distinct[place] == 0 { continue }
        chosen.indexes[chosen.count] = UInt32(truncatingIfNeeded: place)
        targets.indexes[chosen.count] = groups.indexes[place]
        chosen.count += 1
      }
      if chosen.count == 0 { continue }
      try accumulator.update(
        groups: targets.indexes,
        arguments: evaluation.arguments.map { $0.gathered(chosen.indexes, count: chosen.count) },
        count: chosen.count)
    }
    let values = try accumulator.finalize(first: 0, count: group + 1)
    return values.gathered(groups.indexes, count: count)
  }

  // MARK: DISTINCT

  /// For each place the place before it in its partition with equal arguments that passes; -1 for none.
  private func previousOccurrences() throws -> [Int] {
    var result = Array(repeating: -1, count: count)
    var start = 0
    while start < count {
      try Cancellation.check()
      let partition = evaluation.rows.partition(of: start)
      let table = GroupTable(types: evaluation.arguments.map { $0.type })
      var last: [Int] = []
      let groups = Selection(capacity: VectorSize.current)
      var from = start
      while from < partition.upperBound {
        let to = Swift.min(partition.upperBound, from + VectorSize.current)
        try Cancellation.check()
        try table.findOrInsert(
          evaluation.arguments.map { $0.sliced(from..<to) }, count: to - from,
          groups: groups.indexes)
        while last.count < table.count { last.append(-1) }
        for place in from..<to where isPassing == nil || isPassing.unsafelyUnwrapped[place] != 0 {
          let group = Int(groups.indexes[place - from])
          result[place] = last[group]
          last[group] = place
        }
        from = to
      }
      start = partition.upperBound
    }
    return result
  }

  /// Places that pass and whose arguments occur for the first time in their partition.
  private func firstOccurrences() throws -> UnsafePointer<UInt8> {
    let previous = try previousOccurrences()
    let mask = Buffer(byteCount: count)
    let bytes = mask.bytes.assumingMemoryBound(to: UInt8.self)
    for i in 0..<count {
      bytes[i] =
        previous[i] < 0 && (isPassing == nil || isPassing.unsafelyUnwrapped[i] != 0) ? 1 : 0
    }
    evaluation.keep(mask)
    return UnsafePointer(bytes)
  }

  // MARK: Frame by frame

  private func frameByFrame(_ frames: UniqueFrames) throws -> Vector {
    let previous = isDistinct ? try previousOccurrences() : []
    let block = 1024
    var results: [Vector] = []
    var first = 0
    while first < frames.count {
      let last = Swift.min(frames.count, first + block)
      let accumulator = bound.makeAccumulator()
      accumulator.reserve(groupCount: last - first)
      var chosen: [UInt32] = []
      var targets: [UInt32] = []
      for frame in first..<last {
        let ranges = frames.ranges(of: frame)
        try Cancellation.check()
        for place in ordered?.sorted(ranges) ?? WindowAggregation.places(ranges) {
          if let isPassing, isPassing[place] == 0 { continue }
          if isDistinct && isRepeated(place, previous, ranges) { continue }
          chosen.append(UInt32(truncatingIfNeeded: place))
          targets.append(UInt32(truncatingIfNeeded: frame - first))
        }
        if chosen.count >= 1 << 16 { try feed(accumulator, &chosen, &targets) }
      }
      try feed(accumulator, &chosen, &targets)
      results.append(try accumulator.finalize(first: 0, count: last - first))
      first = last
    }
    return Vector.concatenated(results, type: bound.returnType)
  }

  private static func places(_ ranges: (Range<Int>, Range<Int>, Range<Int>)) -> [Int] {
    Array(ranges.0) + Array(ranges.1) + Array(ranges.2)
  }

  /// Whether an equal row comes before this one within the frame.
  private func isRepeated(
    _ place: Int, _ previous: [Int], _ ranges: (Range<Int>, Range<Int>, Range<Int>)
  ) -> Bool {
    var other = previous[place]
    while other >= ranges.0.lowerBound {
      if ranges.0.contains(other) || ranges.1.contains(other) || ranges.2.contains(other) {
        return true
      }
      other = previous[other]
    }
    return false
  }

  private func feed(
    _ accumulator: any AggregateAccumulator, _ chosen: inout [UInt32], _ targets: inout [UInt32]
  ) throws {
    var start = 0
    while start < chosen.count {
      let n = Swift.min(VectorSize.current, chosen.count - start)
      try chosen.withUnsafeBufferPointer { places in
        try targets.withUnsafeBufferPointer { groups in
          guard let places = places.baseAddress, let groups = groups.baseAddress else { return }
          try accumulator.update(
            groups: groups + start,
            arguments: evaluation.arguments.map { $0.gathered(places + start, count: n) },
            count: n)
        }
      }
      start += n
    }
    chosen.removeAll(keepingCapacity: true)
    targets.removeAll(keepingCapacity: true)
  }
}

/// Frames without repetitions: neighbours often share theirs (peers of a RANGE frame).
struct UniqueFrames {
  private let frames: WindowFrames
  /// A place that has the frame, by frame.
  private let places: Selection
  /// Frame of each place.
  let indexOf: Selection
  let count: Int

  init(_ frames: WindowFrames) {
    self.frames = frames
    let n = frames.rows.count
    places = Selection(capacity: n)
    indexOf = Selection(capacity: n)
    var unique = 0
    for i in 0..<n {
      let isSame =
        i > 0 && !frames.hasExclusion && frames.starts.indexes[i] == frames.starts.indexes[i - 1]
        && frames.ends.indexes[i] == frames.ends.indexes[i - 1]
      if !isSame {
        places.indexes[unique] = UInt32(truncatingIfNeeded: i)
        unique += 1
      }
      indexOf.indexes[i] = UInt32(truncatingIfNeeded: unique - 1)
    }
    count = unique
  }

  var isIdentity: Bool { count == frames.rows.count }
  func ranges(of frame: Int) -> (Range<Int>, Range<Int>, Range<Int>) {
    frames.ranges(of: Int(places.indexes[frame]))
  }
}
