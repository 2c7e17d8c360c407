package import OlapColumns
package import OlapPlanning

/// Frame bounds per sorted place.
struct WindowFrames {
  private let frame: WindowFrame
  private let sorting: WindowSorting
  private let starts: [Int]
  private let ends: [Int]

  init(
    _ frame: WindowFrame, order: [SortItem], sorting: WindowSorting, start: Vector?, end: Vector?
  ) throws {
    self.frame = frame
    self.sorting = sorting
    let bounds = FrameBounds(frame: frame, order: order, sorting: sorting)
    starts = try (0..<sorting.count).map {
      try bounds.position(frame.start, offset: start, place: $0, isStart: true)
    }
    ends = try (0..<sorting.count).map {
      try bounds.position(frame.end, offset: end, place: $0, isStart: false)
    }
  }

  /// Every frame is the whole partition.
  var isWholePartition: Bool {
    frame.exclusion == .noOthers && frame.start == .unboundedPreceding
      && frame.end == .unboundedFollowing
  }

  /// Frames begin at the partition's start and their ends never go back.
  var isRunning: Bool {
    guard frame.exclusion == .noOthers, frame.start == .unboundedPreceding else { return false }
    return frame.end == .currentRow || frame.end == .unboundedFollowing
  }

  func end(of place: Int) -> Int { ends[place] }

  /// The frame's places as ranges, without what EXCLUDE takes away.
  func ranges(of place: Int) -> [Range<Int>] {
    let (low, high) = (starts[place], Swift.max(starts[place], ends[place]))
    let gap: Range<Int>
    switch frame.exclusion {
    case .noOthers: return [low..<high]
    case .currentRow: gap = place..<(place + 1)
    case .group, .ties: gap = sorting.peerStart[place]..<sorting.peerEnd[place]
    }
    var result = [
      low..<Swift.max(low, Swift.min(high, gap.lowerBound)),
      Swift.min(high, Swift.max(low, gap.upperBound))..<high,
    ]
    if frame.exclusion == .ties && place >= low && place < high {
      result.insert(place..<(place + 1), at: 1)
    }
    return result
  }

  /// The frame's places that `isCounted` accepts, looked up lazily.
  struct Places {
    let ranges: [Range<Int>]
    let isCounted: (Int) -> Bool
    var first: Int? { nth(1) }
    var last: Int? {
      for range in ranges.reversed() {
        if let found = range.last(where: isCounted) { return found }
      }
      return nil
    }
    func nth(_ n: Int) -> Int? {
      var left = n
      for range in ranges {
        for place in range where isCounted(place) {
          left -= 1
          if left == 0 { return place }
        }
      }
      return nil
    }
  }

  func places(of place: Int, where isCounted: @escaping (Int) -> Bool) -> Places {
    Places(ranges: ranges(of: place), isCounted: isCounted)
  }
}

/// Turns one frame bound into a place.
private struct FrameBounds {
  let frame: WindowFrame
  let order: [SortItem]
  let sorting: WindowSorting

  /// The first place of the frame (`isStart`), or the place after its last.
  func position(
    _ bound: WindowFrame.Bound, offset: Vector?, place: Int, isStart: Bool
  ) throws -> Int {
    let (low, high) = (sorting.partitionStart[place], sorting.partitionEnd[place])
    switch bound {
    case .unboundedPreceding: return low
    case .unboundedFollowing: return high
    case .currentRow:
      if frame.unit == .rows { return isStart ? place : place + 1 }
      return isStart ? sorting.peerStart[place] : sorting.peerEnd[place]
    case .preceding, .following:
      let isPreceding: Bool = if case .preceding = bound { true } else { false }
      guard let offset, offset.isValid(place) else {
        throw ComputeError(.invalidArgument, "the offset of a window frame must not be NULL")
      }
      if frame.unit == .range {
        return try rangePosition(offset.value(at: place), place, isPreceding, isStart)
      }
      guard let steps = offset.value(at: place).integerPayload, steps >= 0 else {
        throw ComputeError(.invalidArgument, "the offset of a window frame must not be negative")
      }
      let distance = Int(clamping: steps)
      if frame.unit == .groups { return groupPosition(distance, place, isPreceding, isStart) }
      let (target, overflow) =
        isPreceding
        ? place.subtractingReportingOverflow(distance) : place.addingReportingOverflow(distance)
      if overflow { return isPreceding ? low : high }
      return Swift.min(high, Swift.max(low, isStart ? target : target + 1))
    }
  }

  private func groupPosition(
    _ distance: Int, _ place: Int, _ isPreceding: Bool, _ isStart: Bool
  ) -> Int {
    let (low, high) = (sorting.partitionStart[place], sorting.partitionEnd[place])
    var current = place
    for _ in 0..<distance {
      if isPreceding {
        let before = sorting.peerStart[current] - 1
        if before < low { return low }
        current = before
      } else {
        let after = sorting.peerEnd[current]
        if after >= high { return high }
        current = after
      }
    }
    return isStart ? sorting.peerStart[current] : sorting.peerEnd[current]
  }

  /// RANGE n PRECEDING / FOLLOWING over the one ORDER BY value.
  private func rangePosition(
    _ offset: Value, _ place: Int, _ isPreceding: Bool, _ isStart: Bool
  ) throws -> Int {
    guard let key = sorting.orderKeys.first, order.count == 1 else {
      throw ComputeError(
        .invalidArgument, "RANGE with an offset needs exactly one ORDER BY expression")
    }
    // NULLs are peers of each other and of nothing else.
    if !key.isValid(place) {
      return isStart ? sorting.peerStart[place] : sorting.peerEnd[place]
    }
    let descending = order[0].descending
    let here = try number(key, place)
    let distance = try FrameBounds.distance(offset, key.type)
    if distance < 0 {
      throw ComputeError(.invalidArgument, "the offset of a window frame must not be negative")
    }
    let target = isPreceding != descending ? here - distance : here + distance
    var (low, high) = (sorting.partitionStart[place], sorting.partitionEnd[place])
    while low < high {
      let middle = (low + high) / 2
      let isBefore: Bool
      if key.isValid(middle) {
        let value = try number(key, middle)
        let isLess = descending ? value > target : value < target
        isBefore = isStart ? isLess : isLess || value == target
      } else {
        isBefore = order[0].nullsFirst
      }
      if isBefore { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func number(_ key: Vector, _ place: Int) throws -> Double {
    try FrameBounds.number(key.value(at: place), key.type)
  }

  /// A value on the number line: days and times in microseconds, decimals by value.
  private static func number(_ value: Value, _ type: SQLType) throws -> Double {
    switch value {
    case .double(let number): return number
    case .real(let number): return Double(number)
    case .decimal(let unscaled, let scale):
      return Double(unscaled) / (0..<scale).reduce(1.0) { power, _ in power * 10 }
    case .date(let days): return Double(days) * 86_400_000_000
    case .interval(let span): return Double(span.normalisedMicroseconds)
    default:
      guard let integer = value.integerPayload else {
        throw ComputeError(
          .invalidArgument, "RANGE with an offset needs a number or a time to order by, not \(type)"
        )
      }
      return Double(integer)
    }
  }

  private static func distance(_ offset: Value, _ type: SQLType) throws -> Double {
    if case .date = type, case .integer(let days) = offset { return Double(days) * 86_400_000_000 }
    return try number(offset, type)
  }
}
