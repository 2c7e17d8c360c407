internal import OlapColumns
internal import OlapFunctions

/// count, sum and avg over the distinct values of frames: how often each value occurs in the current frame
/// is kept while the frame's bounds move, so frames that only move forward cost the same whatever their size.
struct SlidingDistinct {
  private let bound: BoundAggregate
  private let isCount: Bool
  private var values: Occurrences

  /// Nil when the aggregate is another one. `passing` tells which places take part; nil = all.
  init?(
    _ evaluation: WindowEvaluation, _ function: AggregateFunction, _ bound: BoundAggregate,
    passing: UnsafePointer<UInt8>?
  ) throws {
    guard evaluation.arguments.count == 1 else { return nil }
    let argument = evaluation.arguments[0]
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
    var valueOf = Array(repeating: -1, count: count)
    let table = GroupTable(types: [argument.type])
    let groups = Selection(capacity: VectorSize.current)
    var start = 0
    while start < count {
      let end = Swift.min(count, start + VectorSize.current)
      try Cancellation.check()
      try table.findOrInsert(
        [argument.sliced(start..<end)], count: end - start, groups: groups.indexes)
      for place in start..<end
      where argument.isValid(place) && (passing == nil || passing.unsafelyUnwrapped[place] != 0) {
        valueOf[place] = Int(groups.indexes[place - start])
      }
      start = end
    }
    values = Occurrences(
      argument, valueOf: valueOf, valueCount: table.count, sums: !isCount)
  }

  /// One result per frame; frames have no EXCLUDE.
  mutating func results(_ frames: UniqueFrames) throws -> Vector {
    let numbers = Vector.flat(.bigint, count: frames.count)
    let totals = Vector.flat(.hugeint, count: isCount ? 0 : frames.count)
    var sliding = SlidingFrame()
    var pacer = Cancellation.Pacer()
    for frame in 0..<frames.count {
      try pacer.tick()
      sliding.move(to: frames.ranges(of: frame).0, &values)
      numbers.values(Int64.self)[frame] = values.distinct
      if !isCount { totals.values(Int128.self)[frame] = values.sum }
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
}

/// How often each value occurs in the frame.
private struct Occurrences: SlidingContent {
  private let argument: Vector
  private let sums: Bool
  /// Number of each place's value; -1 for places that do not take part.
  private let valueOf: [Int]
  private var occurrences: [Int]
  private(set) var distinct: Int64 = 0
  private(set) var sum: Int128 = 0

  init(_ argument: Vector, valueOf: [Int], valueCount: Int, sums: Bool) {
    self.argument = argument
    self.valueOf = valueOf
    self.sums = sums
    occurrences = Array(repeating: 0, count: valueCount)
  }

  mutating func add(_ place: Int) {
    let value = valueOf[place]
    if value < 0 { return }
    occurrences[value] += 1
    if occurrences[value] == 1 { change(place, by: 1) }
  }

  mutating func remove(_ place: Int) {
    let value = valueOf[place]
    if value < 0 { return }
    occurrences[value] -= 1
    if occurrences[value] == 0 { change(place, by: -1) }
  }

  private mutating func change(_ place: Int, by sign: Int64) {
    distinct += sign
    // Values have at most 64 bits: their sum cannot overflow.
    if sums { sum &+= (argument.value(at: place).integerPayload ?? 0) &* Int128(sign) }
  }
}
