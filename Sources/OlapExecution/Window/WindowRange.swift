internal import OlapColumns

/// Bounds of RANGE frames with an offset, computed exactly in the order key's own type: integers and
/// decimals without rounding, months and days by the calendar (of the session's zone for TIMESTAMPTZ).
enum WindowRange {
  /// How the one ORDER BY key is ordered.
  struct Order {
    let descending: Bool
    let nullsFirst: Bool
    let zone: TimeZone?
  }

  /// A value moved by an offset, on a line of unsigned numbers that orders as the type does.
  private enum Target {
    case value(UInt128)
    case belowAll, aboveAll
  }

  /// Writes the first place of each frame (`isStart`) or the place after its last.
  static func fill(
    _ out: Selection, _ offset: Vector, isPreceding: Bool, isStart: Bool, _ rows: WindowRows,
    _ order: Order
  ) throws {
    guard let key = rows.orderKeys.first, rows.orderKeys.count == 1 else {
      throw ComputeError(
        .invalidArgument, "RANGE with an offset needs exactly one ORDER BY expression")
    }
    let numbers = try line(key)
    defer { numbers.deallocate() }
    // Preceding rows have smaller keys, or greater ones when the order descends.
    let isDown = isPreceding != order.descending
    let move = try mover(key, offset, isDown: isDown, numbers, order.zone)
    var hint = 0
    for i in 0..<rows.count {
      // NULLs are peers of each other and of nothing else.
      if !key.isValid(i) {
        out.indexes[i] = isStart ? rows.peerStart.indexes[i] : rows.peerEnd.indexes[i]
        continue
      }
      let target = move(i)
      let partition = rows.partition(of: i)
      hint = search(partition, from: hint) { place in
        if !key.isValid(place) { return order.nullsFirst }
        switch target {
        case .belowAll: return order.descending
        case .aboveAll: return !order.descending
        case .value(let number):
          let other = numbers[place]
          if other == number { return !isStart }
          return order.descending ? other > number : other < number
        }
      }
      out.indexes[i] = UInt32(truncatingIfNeeded: hint)
    }
  }

  /// The first place of `range` where `isBefore` is false (it is true up to there), looked for from a
  /// guess in growing steps: neighbours' bounds are close.
  private static func search(
    _ range: Range<Int>, from guess: Int, _ isBefore: (Int) -> Bool
  ) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    let start = Swift.min(Swift.max(guess, low), high)
    var step = 1
    if start < high && isBefore(start) {
      low = start + 1
      while low + step < high {
        if !isBefore(low + step) {
          high = low + step
          break
        }
        low += step + 1
        step *= 2
      }
    } else {
      high = start
      while high - step > low {
        if isBefore(high - step) {
          low = high - step + 1
          break
        }
        high -= step
        step *= 2
      }
    }
    while low < high {
      let middle = (low + high) / 2
      if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  // MARK: Numbers

  /// Whether an offset is below zero (or not a number).
  static func isNegative(_ offset: Vector, _ i: Int) -> Bool {
    switch offset.physical {
    case .bool, .uint8, .uint16, .uint32, .uint64, .uint128: return false
    case .int8: return offset.values(Int8.self)[i] < 0
    case .int16: return offset.values(Int16.self)[i] < 0
    case .int32: return offset.values(Int32.self)[i] < 0
    case .int64: return offset.values(Int64.self)[i] < 0
    case .int128: return offset.values(Int128.self)[i] < 0
    case .float32: return !(offset.values(Float.self)[i] >= 0)
    case .float64: return !(offset.values(Double.self)[i] >= 0)
    case .interval: return offset.values(Interval.self)[i].normalisedMicroseconds < 0
    case .string, .list, .structure: return true
    }
  }

  private static let sign: UInt128 = 1 << 127

  /// Keys as unsigned numbers of the same order. The caller frees them.
  private static func line(_ key: Vector) throws -> UnsafeMutablePointer<UInt128> {
    let out = UnsafeMutablePointer<UInt128>.allocate(capacity: Swift.max(1, key.count))
    switch key.physical {
    case .uint8, .bool: unsigned(key.values(UInt8.self), key.count, out)
    case .uint16: unsigned(key.values(UInt16.self), key.count, out)
    case .uint32: unsigned(key.values(UInt32.self), key.count, out)
    case .uint64: unsigned(key.values(UInt64.self), key.count, out)
    case .uint128: unsigned(key.values(UInt128.self), key.count, out)
    case .int8: signed(key.values(Int8.self), key.count, out)
    case .int16: signed(key.values(Int16.self), key.count, out)
    case .int32: signed(key.values(Int32.self), key.count, out)
    case .int64: signed(key.values(Int64.self), key.count, out)
    case .int128: signed(key.values(Int128.self), key.count, out)
    case .float32:
      let values = key.values(Float.self)
      for i in 0..<key.count { out[i] = ordered(Double(values[i])) }
    case .float64:
      let values = key.values(Double.self)
      for i in 0..<key.count { out[i] = ordered(values[i]) }
    case .interval, .string, .list, .structure:
      out.deallocate()
      throw ComputeError(
        .invalidArgument,
        "RANGE with an offset needs a number or a time to order by, not \(key.type)")
    }
    return out
  }

  private static func unsigned<T: FixedWidthInteger & UnsignedInteger>(
    _ values: UnsafePointer<T>, _ n: Int, _ out: UnsafeMutablePointer<UInt128>
  ) {
    for i in 0..<n { out[i] = UInt128(values[i]) }
  }

  private static func signed<T: FixedWidthInteger & SignedInteger>(
    _ values: UnsafePointer<T>, _ n: Int, _ out: UnsafeMutablePointer<UInt128>
  ) {
    for i in 0..<n { out[i] = number(Int128(values[i])) }
  }

  private static func number(_ value: Int128) -> UInt128 {
    UInt128(truncatingIfNeeded: value) ^ sign
  }

  /// Doubles in their order, NaN greatest, -0 as 0.
  private static func ordered(_ value: Double) -> UInt128 {
    if value.isNaN { return UInt128(UInt64.max) }
    let bits = (value + 0).bitPattern
    return UInt128(bits >> 63 != 0 ? ~bits : bits | 1 << 63)
  }

  // MARK: Moving

  /// Gives each row's key moved by its offset.
  private static func mover(
    _ key: Vector, _ offset: Vector, isDown: Bool, _ numbers: UnsafePointer<UInt128>,
    _ zone: TimeZone?
  ) throws -> (Int) -> Target {
    switch (key.physical, offset.physical) {
    case (.float64, .float64):
      let (values, steps) = (key.values(Double.self), offset.values(Double.self))
      return { .value(ordered(isDown ? values[$0] - steps[$0] : values[$0] + steps[$0])) }
    case (.float32, .float32):
      let (values, steps) = (key.values(Float.self), offset.values(Float.self))
      return { i in
        .value(ordered(Double(isDown ? values[i] - steps[i] : values[i] + steps[i])))
      }
    case (.int64, .interval):
      let (values, steps) = (key.values(Int64.self), offset.values(Interval.self))
      if key.type == .time {
        return { moved(numbers[$0], by: steps[$0].microseconds, isDown) }
      }
      return { moment(values[$0], steps[$0], isDown, zone) }
    case (.int32, .int32) where key.type == .date:
      let (values, steps) = (key.values(Int32.self), offset.values(Int32.self))
      return { i in
        Calendar.isFinite(date: values[i])
          ? moved(numbers[i], by: Int64(steps[i]), isDown) : .value(numbers[i])
      }
    case (let left, let right) where left == right:
      let steps = try line(offset)
      let isSigned =
        switch left {
        case .int8, .int16, .int32, .int64, .int128: true
        default: false
        }
      let owner = Steps(steps)
      return { i in
        // An offset is not negative: without the sign it is its own magnitude.
        let step = isSigned ? owner.values[i] ^ sign : owner.values[i]
        return moved(numbers[i], by: step, isDown)
      }
    default:
      throw ComputeError(
        .invalidArgument, "RANGE cannot move a \(key.type) by a \(offset.type)")
    }
  }

  /// Keeps converted offsets alive.
  private final class Steps {
    let values: UnsafeMutablePointer<UInt128>
    init(_ values: UnsafeMutablePointer<UInt128>) { self.values = values }
    deinit { values.deallocate() }
  }

  private static func moved(_ number: UInt128, by step: UInt128, _ isDown: Bool) -> Target {
    let (result, overflow) =
      isDown
      ? number.subtractingReportingOverflow(step) : number.addingReportingOverflow(step)
    return overflow ? (isDown ? .belowAll : .aboveAll) : .value(result)
  }

  private static func moved(_ number: UInt128, by step: Int64, _ isDown: Bool) -> Target {
    moved(number, by: UInt128(step.magnitude), isDown != (step < 0))
  }

  /// A timestamp moved by an interval; out of range is beyond all values.
  private static func moment(
    _ value: Int64, _ step: Interval, _ isDown: Bool, _ zone: TimeZone?
  ) -> Target {
    let outside: Target = isDown ? .belowAll : .aboveAll
    var interval = step
    if isDown {
      if step.months == .min || step.days == .min || step.microseconds == .min { return outside }
      interval = Interval(
        months: -step.months, days: -step.days, microseconds: -step.microseconds)
    }
    let result: Int64?
    if let zone, interval.months != 0 || interval.days != 0, Calendar.isFinite(timestamp: value) {
      // Months and days move the clock on the wall, the rest the moment.
      let span = Interval(months: interval.months, days: interval.days, microseconds: 0)
      result = Calendar.add(span, toTimestamp: zone.local(fromUTC: value))
        .flatMap { zone.utc(fromLocal: $0) }
        .flatMap {
          Calendar.add(
            Interval(months: 0, days: 0, microseconds: interval.microseconds), toTimestamp: $0)
        }
    } else {
      result = Calendar.add(interval, toTimestamp: value)
    }
    return result.map { .value(number(Int128($0))) } ?? outside
  }
}
