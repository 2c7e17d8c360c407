internal import OlapColumns
internal import OlapFunctions

/// Counts and exact sums of frames as differences of running totals.
struct RunningTotals {
  private enum Kind {
    case count
    /// The sum of the argument's integers (decimals unscaled), NULL for no values.
    case sum
  }
  private let kind: Kind
  private let type: SQLType
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
    type = bound.returnType
    let argument = evaluation.arguments.first
    switch function.name {
    case "count", "count_star": kind = .count
    case "sum":
      guard evaluation.arguments.count == 1, let argument, type.physicalType == .int128,
        RunningTotals.fits(argument.physical)
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

  private static func fits(_ physical: PhysicalType) -> Bool {
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

  func result(_ frames: WindowFrames) -> Vector {
    let result = Vector.flat(type, count: count, nullable: kind == .sum)
    for i in 0..<count {
      var rows: Int64 = 0
      var sum: Int128 = 0
      let ranges = frames.ranges(of: i)
      for range in [ranges.0, ranges.1, ranges.2] where !range.isEmpty {
        rows &+= counts[range.upperBound] &- counts[range.lowerBound]
        if kind == .sum { sum &+= sums[range.upperBound] &- sums[range.lowerBound] }
      }
      switch kind {
      case .count: result.values(Int64.self)[i] = rows
      case .sum:
        result.values(Int128.self)[i] = sum
        if rows == 0 { result.validity?[i] = 0 }
      }
    }
    return result
  }
}
