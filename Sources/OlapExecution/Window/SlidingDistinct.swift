internal import OlapColumns
internal import OlapFunctions

/// count, sum and avg over the distinct values of frames: how often each value occurs in the current frame
/// is kept while the frame's bounds move, so frames that only move forward cost the same whatever their size.
struct SlidingDistinct {
  private let bound: BoundAggregate
  private let argument: Vector
  private let isCount: Bool
  /// Number of each place's value; -1 for places that do not take part.
  private var valueOf: [Int]
  private var occurrences: [Int]
  private var distinct: Int64 = 0
  private var sum: Int128 = 0
  private var window = 0..<0

  /// Nil when the aggregate is another one. `passing` tells which places take part; nil = all.
  init?(
    _ evaluation: WindowEvaluation, _ function: AggregateFunction, _ bound: BoundAggregate,
    passing: UnsafePointer<UInt8>?
  ) {
    guard evaluation.arguments.count == 1 else { return nil }
    argument = evaluation.arguments[0]
    switch function.name {
    case "count": isCount = true
    case "sum", "avg":
      guard bound.stateTypes == [.hugeint, .bigint], RunningTotals.fits(argument.physical) else {
        return nil
      }
      isCount = false
    default: return nil
    }
    self.bound = bound
    let count = evaluation.count
    valueOf = Array(repeating: -1, count: count)
    let table = GroupTable(types: [argument.type])
    let groups = Selection(capacity: VectorSize.current)
    var start = 0
    while start < count {
      let end = Swift.min(count, start + VectorSize.current)
      table.findOrInsert(
        [argument.sliced(start..<end)], count: end - start, groups: groups.indexes)
      for place in start..<end
      where argument.isValid(place) && (passing == nil || passing.unsafelyUnwrapped[place] != 0) {
        valueOf[place] = Int(groups.indexes[place - start])
      }
      start = end
    }
    occurrences = Array(repeating: 0, count: table.count)
  }

  /// One result per frame; frames have no EXCLUDE.
  mutating func results(_ frames: UniqueFrames) throws -> Vector {
    let numbers = Vector.flat(.bigint, count: frames.count)
    let totals = Vector.flat(.hugeint, count: isCount ? 0 : frames.count)
    for frame in 0..<frames.count {
      move(to: frames.ranges(of: frame).0)
      numbers.values(Int64.self)[frame] = distinct
      if !isCount { totals.values(Int128.self)[frame] = sum }
    }
    if isCount { return numbers }
    let accumulator = bound.makeAccumulator()
    accumulator.reserve(groupCount: frames.count)
    let groups = Selection(capacity: frames.count)
    for i in 0..<frames.count { groups.indexes[i] = UInt32(truncatingIfNeeded: i) }
    try accumulator.mergeStates(
      [totals, numbers], groups: groups.indexes, count: frames.count)
    return try accumulator.finalize(first: 0, count: frames.count)
  }

  private mutating func move(to range: Range<Int>) {
    var (low, high) = (window.lowerBound, window.upperBound)
    if range.lowerBound >= high || range.upperBound <= low {
      for place in window { remove(place) }
      (low, high) = (range.lowerBound, range.lowerBound)
    }
    while low > range.lowerBound {
      low -= 1
      add(low)
    }
    while high < range.upperBound {
      add(high)
      high += 1
    }
    while low < range.lowerBound {
      remove(low)
      low += 1
    }
    while high > range.upperBound {
      high -= 1
      remove(high)
    }
    window = range
  }

  private mutating func add(_ place: Int) {
    let value = valueOf[place]
    if value < 0 { return }
    occurrences[value] += 1
    if occurrences[value] == 1 { change(place, by: 1) }
  }

  private mutating func remove(_ place: Int) {
    let value = valueOf[place]
    if value < 0 { return }
    occurrences[value] -= 1
    if occurrences[value] == 0 { change(place, by: -1) }
  }

  private mutating func change(_ place: Int, by sign: Int64) {
    distinct += sign
    if isCount { return }
    // Values have at most 64 bits: their sum cannot overflow.
    sum &+= (argument.value(at: place).integerPayload ?? 0) &* Int128(sign)
  }
}
