internal import OlapColumns
internal import OlapFunctions

/// Counts, exact sums and averages of frames as differences of running totals.
struct RunningTotals {
  private enum Kind {
    case count
    /// The sum of the argument's integers (decimals unscaled), from which sum and avg are made.
    case sum
  }
  private let kind: Kind
  private let bound: BoundAggregate
  private let count: Int
  /// Totals of the places before each; one more entry at the end.
  private var counts: [Int64]
  private var sums: [Int128] = []

  /// Nil when the aggregate is another one, or its sums could overflow.
  init?(
    _ evaluation: WindowEvaluation, _ function: AggregateFunction, _ bound: BoundAggregate,
    passing: UnsafePointer<UInt8>?
  ) {
    count = evaluation.count
    self.bound = bound
    let argument = evaluation.arguments.first
    switch function.name {
    case "count", "count_star": kind = .count
    case "sum", "avg":
      // The state of both over integers: their sum and their number.
      guard evaluation.arguments.count == 1, let argument,
        bound.stateTypes == [.hugeint, .bigint], RunningTotals.fits(argument.physical)
      else { return nil }
      kind = .sum
    default: return nil
    }
    counts = [0]
    counts.reserveCapacity(count + 1)
    var total: Int64 = 0
    for i in 0..<count {
      let takesPart =
        (passing == nil || passing.unsafelyUnwrapped[i] != 0)
        && (argument == nil || argument.unsafelyUnwrapped.isValid(i))
      total &+= takesPart ? 1 : 0
      counts.append(total)
    }
    if kind == .sum, let argument { addSums(argument) }
  }

  /// Whether sums of as many values as there may be rows fit 128 bits.
  static func fits(_ physical: PhysicalType) -> Bool {
    switch physical {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  private mutating func addSums(_ argument: Vector) {
    sums = [0]
    sums.reserveCapacity(count + 1)
    switch argument.physical {
    case .int8: add(argument.values(Int8.self))
    case .int16: add(argument.values(Int16.self))
    case .int32: add(argument.values(Int32.self))
    case .int64: add(argument.values(Int64.self))
    case .uint8: add(argument.values(UInt8.self))
    case .uint16: add(argument.values(UInt16.self))
    case .uint32: add(argument.values(UInt32.self))
    default: add(argument.values(UInt64.self))
    }
  }

  private mutating func add<T: FixedWidthInteger>(_ values: UnsafePointer<T>) {
    var total: Int128 = 0
    for i in 0..<count {
      if counts[i + 1] != counts[i] { total &+= Int128(values[i]) }
      sums.append(total)
    }
  }

  func result(_ frames: WindowFrames) throws -> Vector {
    let numbers = Vector.flat(.bigint, count: count)
    let totals = Vector.flat(.hugeint, count: kind == .sum ? count : 0)
    var pacer = Cancellation.Pacer()
    for i in 0..<count {
      try pacer.tick()
      let ranges = frames.ranges(of: i)
      numbers.values(Int64.self)[i] =
        difference(counts, ranges.0) &+ difference(counts, ranges.1) &+ difference(counts, ranges.2)
      if kind == .count { continue }
      totals.values(Int128.self)[i] =
        difference(sums, ranges.0) &+ difference(sums, ranges.1) &+ difference(sums, ranges.2)
    }
    if kind == .count { return numbers }
    let accumulator = bound.makeAccumulator()
    accumulator.reserve(groupCount: count)
    let groups = Selection(capacity: count)
    for i in 0..<count { groups.indexes[i] = UInt32(truncatingIfNeeded: i) }
    try Cancellation.forEachStride(count) { range in
      try accumulator.mergeStates(
        [totals.sliced(range), numbers.sliced(range)], groups: groups.indexes + range.lowerBound,
        count: range.count)
    }
    return try accumulator.finalize(first: 0, count: count)
  }

  @inline(__always)
  private func difference<T: FixedWidthInteger>(_ totals: [T], _ range: Range<Int>) -> T {
    totals[range.upperBound] &- totals[range.lowerBound]
  }
}
