internal import OlapColumns
internal import OlapPlanning

/// The frame of every place: bounds within the partition, and what EXCLUDE takes out of it.
final class WindowFrames {
  let frame: WindowFrame
  let rows: WindowRows
  /// First place of the frame and the place after its last; an end is never before its start.
  let starts: Selection
  let ends: Selection

  /// `start` and `end` are the offsets of the bounds that have one, flat.
  init(
    _ frame: WindowFrame, rows: WindowRows, descending: Bool, nullsFirst: Bool, start: Vector?,
    end: Vector?, zone: TimeZone?
  ) throws {
    self.frame = frame
    self.rows = rows
    starts = Selection(capacity: rows.count)
    ends = Selection(capacity: rows.count)
    let order = WindowRange.Order(descending: descending, nullsFirst: nullsFirst, zone: zone)
    try WindowFrames.fill(starts, frame.start, frame.unit, start, isStart: true, rows, order)
    try WindowFrames.fill(ends, frame.end, frame.unit, end, isStart: false, rows, order)
    for i in 0..<rows.count {
      ends.indexes[i] = Swift.max(starts.indexes[i], ends.indexes[i])
    }
  }

  /// Every frame is the whole partition.
  var isWholePartition: Bool {
    !hasExclusion && frame.start == .unboundedPreceding && frame.end == .unboundedFollowing
  }
  /// Frames begin where the partition does.
  var startsAtPartition: Bool { !hasExclusion && frame.start == .unboundedPreceding }
  var hasExclusion: Bool { frame.exclusion != .noOthers }

  /// The frame's places as up to three ranges in order, without what EXCLUDE takes away.
  @inline(__always)
  func ranges(of place: Int) -> (Range<Int>, Range<Int>, Range<Int>) {
    let low = Int(starts.indexes[place])
    let high = Int(ends.indexes[place])
    if frame.exclusion == .noOthers { return (low..<high, high..<high, high..<high) }
    let gap = frame.exclusion == .currentRow ? place..<(place + 1) : rows.peers(of: place)
    let first = low..<Swift.max(low, Swift.min(high, gap.lowerBound))
    let last = Swift.min(high, Swift.max(low, gap.upperBound))..<high
    if frame.exclusion == .ties && place >= low && place < high {
      return (first, place..<(place + 1), last)
    }
    return (first, first.upperBound..<first.upperBound, last)
  }

  // MARK: Bounds

  private static func fill(
    _ out: Selection, _ bound: WindowFrame.Bound, _ unit: WindowFrame.Unit, _ offset: Vector?,
    isStart: Bool, _ rows: WindowRows, _ order: WindowRange.Order
  ) throws {
    let n = rows.count
    switch bound {
    case .unboundedPreceding: out.indexes.update(from: rows.partitionStart.indexes, count: n)
    case .unboundedFollowing: out.indexes.update(from: rows.partitionEnd.indexes, count: n)
    case .currentRow:
      if unit == .rows {
        let shift: UInt32 = isStart ? 0 : 1
        for i in 0..<n { out.indexes[i] = UInt32(truncatingIfNeeded: i) + shift }
      } else {
        out.indexes.update(
          from: isStart ? rows.peerStart.indexes : rows.peerEnd.indexes, count: n)
      }
    case .preceding, .following:
      let isPreceding = if case .preceding = bound { true } else { false }
      guard let offset else { return }
      try check(offset, unit, isPreceding ? "PRECEDING" : "FOLLOWING")
      switch unit {
      case .rows: moveRows(out, offset, isPreceding, isStart, rows)
      case .groups: moveGroups(out, offset, isPreceding, isStart, rows)
      case .range:
        try WindowRange.fill(
          out, offset, isPreceding: isPreceding, isStart: isStart, rows, order)
      }
    }
  }

  /// Offsets are neither NULL nor negative.
  private static func check(
    _ offset: Vector, _ unit: WindowFrame.Unit, _ direction: String
  ) throws {
    let name = "Window \(unit.rawValue.uppercased()) \(direction) expression"
    if !offset.isAllValid() {
      throw ComputeError(.invalidArgument, "\(name) cannot be NULL")
    }
    for i in 0..<offset.count where WindowRange.isNegative(offset, i) {
      throw ComputeError(.invalidArgument, "\(name) cannot be negative")
    }
  }

  private static func moveRows(
    _ out: Selection, _ offset: Vector, _ isPreceding: Bool, _ isStart: Bool, _ rows: WindowRows
  ) {
    let steps = offset.values(Int64.self)
    for i in 0..<rows.count {
      let partition = rows.partition(of: i)
      let (moved, overflow) =
        isPreceding
        ? i.subtractingReportingOverflow(Int(steps[i]))
        : i.addingReportingOverflow(Int(steps[i]))
      let target = overflow ? (isPreceding ? -1 : Int.max - 1) : moved
      let bound = target == .max ? target : target + (isStart ? 0 : 1)
      out.indexes[i] = UInt32(
        truncatingIfNeeded: Swift.min(
          partition.upperBound, Swift.max(partition.lowerBound, bound)))
    }
  }

  private static func moveGroups(
    _ out: Selection, _ offset: Vector, _ isPreceding: Bool, _ isStart: Bool, _ rows: WindowRows
  ) {
    let (groupOf, groupStarts) = rows.peerGroups()
    let steps = offset.values(Int64.self)
    for i in 0..<rows.count {
      let partition = rows.partition(of: i)
      let first = Int(groupOf.indexes[partition.lowerBound])
      let last = Int(groupOf.indexes[partition.upperBound - 1])
      let own = Int(groupOf.indexes[i])
      let (moved, overflow) =
        isPreceding
        ? own.subtractingReportingOverflow(Int(steps[i]))
        : own.addingReportingOverflow(Int(steps[i]))
      let group = (overflow ? (isPreceding ? -1 : Int.max - 1) : moved)
      // The end of a group is where the next one starts.
      let target = group == .max || isStart ? group : group + 1
      let place: Int
      if target < first {
        place = partition.lowerBound
      } else if target > last {
        place = partition.upperBound
      } else {
        place = Int(groupStarts[target])
      }
      out.indexes[i] = UInt32(truncatingIfNeeded: place)
    }
  }
}
