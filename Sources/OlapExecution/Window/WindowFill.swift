internal import OlapColumns

/// fill(value): NULLs become what lies on the line through the nearest known values, by the ORDER BY key;
/// before the first and after the last known value the line goes on. One known value is repeated.
struct WindowFill {
  private let evaluation: WindowEvaluation
  private let value: Vector
  private let key: Vector
  /// Places by the ORDER BY in the arguments, when that gives the key.
  private let ordered: ArgumentOrder?

  /// - Throws: when value or key are no numbers, dates or times, or there is not exactly one key.
  init(_ evaluation: WindowEvaluation) throws {
    let keys =
      evaluation.argumentOrder.isEmpty ? evaluation.rows.orderKeys : evaluation.argumentOrder
    guard keys.count == 1 else {
      throw ComputeError(
        .invalidArgument, "FILL functions must have only one ORDER BY expression")
    }
    self.evaluation = evaluation
    value = evaluation.arguments[0]
    key = keys[0]
    ordered = evaluation.argumentOrder.isEmpty ? nil : ArgumentOrder(evaluation)
    for vector in [value, key] {
      switch vector.physical {
      case .string, .list, .structure, .interval, .bool:
        throw ComputeError(
          .invalidArgument,
          "FILL needs a value and an order that can be subtracted, not "
            + vector.type.description)
      default: break
      }
    }
  }

  func result() -> Vector {
    let builder = VectorBuilder(type: value.type, capacity: value.count)
    var start = 0
    while start < value.count {
      let end = evaluation.rows.partition(of: start).upperBound
      fill(start..<end, into: builder)
      start = end
    }
    return builder.finish()
  }

  private func fill(_ partition: Range<Int>, into builder: VectorBuilder) {
    let places = ordered.map { $0.sorted((partition, 0..<0, 0..<0)) } ?? Array(partition)
    let known = places.filter { value.isValid($0) && key.isValid($0) }
    for place in partition {
      let next = known.partitionPoint { rank($0) > rank(place) }
      if value.isValid(place) || !key.isValid(place) || known.isEmpty {
        builder.append(value, place..<(place + 1))
      } else if known.count == 1 {
        builder.append(value, known[0]..<(known[0] + 1))
      } else {
        let isInside = next > 0 && next < known.count
        let second = Swift.min(Swift.max(next, 1), known.count - 1)
        append(place, known[second - 1], known[second], isInside: isInside, builder)
      }
    }
  }

  private func rank(_ place: Int) -> Int {
    ordered.map { Int($0.rank.indexes[place]) } ?? place
  }

  private func append(
    _ place: Int, _ first: Int, _ second: Int, isInside: Bool, _ builder: VectorBuilder
  ) {
    // The line starts at the smaller key, whichever way the rows are ordered.
    if number(key, first) > number(key, second) {
      return append(place, second, first, isInside: isInside, builder)
    }
    let (from, to) = (number(key, first), number(key, second))
    let share = from == to ? 0 : (number(key, place) - from) / (to - from)
    switch value.physical {
    case .float64, .float32:
      let (low, high) = (number(value, first), number(value, second))
      let filled = low + (high - low) * share
      builder.append(value.physical == .float32 ? .real(Float(filled)) : .double(filled))
    default:
      let low = integer(value, first)
      let (span, overflow) = integer(value, second).subtractingReportingOverflow(low)
      let moved = Double(span) * share
      let rounded = moved.rounded(isInside ? .towardZero : .toNearestOrAwayFromZero)
      guard !overflow, let step = Int128(exactly: rounded) else { return builder.append(.null) }
      let (sum, isTooLarge) = low.addingReportingOverflow(step)
      guard !isTooLarge, let filled = boxed(sum) else { return builder.append(.null) }
      builder.append(filled)
    }
  }

  /// An integer as a value of the result's type; nil when it does not fit.
  private func boxed(_ number: Int128) -> Value? {
    let limits: ClosedRange<Int128> =
      switch value.physical {
      case .int8: Int128(Int8.min)...Int128(Int8.max)
      case .int16: Int128(Int16.min)...Int128(Int16.max)
      case .int32: Int128(Int32.min)...Int128(Int32.max)
      case .int64: Int128(Int64.min)...Int128(Int64.max)
      case .uint8: 0...Int128(UInt8.max)
      case .uint16: 0...Int128(UInt16.max)
      case .uint32: 0...Int128(UInt32.max)
      case .uint64: 0...Int128(UInt64.max)
      default: Int128.min...Int128.max
      }
    guard limits.contains(number) else { return nil }
    switch value.type {
    case .decimal(_, let scale): return .decimal(number, scale: scale)
    case .date: return .date(Int32(truncatingIfNeeded: number))
    case .time: return .time(Int64(truncatingIfNeeded: number))
    case .timestamp: return .timestamp(Int64(truncatingIfNeeded: number))
    case .timestampTZ: return .timestampTZ(Int64(truncatingIfNeeded: number))
    case .hugeint: return .hugeint(number)
    case .utinyint, .usmallint, .uinteger, .ubigint, .uhugeint:
      return .unsigned(UInt128(number))
    default: return .integer(Int64(truncatingIfNeeded: number))
    }
  }

  private func integer(_ vector: Vector, _ place: Int) -> Int128 {
    vector.value(at: place).integerPayload ?? 0
  }

  private func number(_ vector: Vector, _ place: Int) -> Double {
    switch vector.physical {
    case .float64: vector.values(Double.self)[place]
    case .float32: Double(vector.values(Float.self)[place])
    default: Double(integer(vector, place))
    }
  }
}
