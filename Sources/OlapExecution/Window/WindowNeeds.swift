internal import OlapFunctions
internal import OlapPlanning

/// How much of its partition a window call has to see at once, when that is not the whole.
struct WindowNeeds: Sendable {
  /// Rows before and after its own.
  var before = 1
  var after = 0
  /// All peers of its row.
  var wholePeers = false
  /// What came before is kept as the state of an aggregate, or as the first value.
  var carries = false

  /// Cheap enough to be computed chunk by chunk whatever the size of a partition.
  var looksBackOnly: Bool { after == 0 && !wholePeers && !carries }

  mutating func formUnion(_ other: WindowNeeds) {
    before = Swift.max(before, other.before)
    after = Swift.max(after, other.after)
    wholePeers = wholePeers || other.wholePeers
    carries = carries || other.carries
  }

  /// Of all calls together; nil when one needs whole partitions.
  static func of(_ calls: [BoundWindowCall]) -> WindowNeeds? {
    var result = WindowNeeds()
    for call in calls {
      guard let needs = of(call) else { return nil }
      result.formUnion(needs)
    }
    return result
  }

  private static func of(_ call: BoundWindowCall) -> WindowNeeds? {
    if call.ignoreNulls || call.isDistinct || !call.argumentOrderBy.isEmpty { return nil }
    switch call.function {
    case .window(let function): return of(function, call)
    case .aggregate(_, let bound):
      // States that are all the rows so far take as much memory as the partition.
      guard startsAtPartition(call), call.frame.end == .currentRow,
        !bound.stateTypes.contains(where: { $0.isNested })
      else { return nil }
      if call.frame.unit == .rows { return WindowNeeds(carries: true) }
      return call.orderBy.isEmpty ? nil : WindowNeeds(wholePeers: true, carries: true)
    }
  }

  private static func of(_ function: WindowFunction, _ call: BoundWindowCall) -> WindowNeeds? {
    switch function {
    case .rowNumber, .rank, .denseRank: return WindowNeeds()
    case .lag: return constantOffset(call).map { WindowNeeds(before: Swift.max(1, $0)) }
    case .lead: return constantOffset(call).map { WindowNeeds(after: $0) }
    case .firstValue:
      let reachesOwnRow = call.frame.end == .currentRow || call.frame.end == .unboundedFollowing
      return startsAtPartition(call) && reachesOwnRow ? WindowNeeds(carries: true) : nil
    default: return nil
    }
  }

  private static func startsAtPartition(_ call: BoundWindowCall) -> Bool {
    call.frame.start == .unboundedPreceding && call.frame.exclusion == .noOthers
  }

  private static func constantOffset(_ call: BoundWindowCall) -> Int? {
    if call.arguments.count == 1 { return 1 }
    guard case .constant(.integer(let offset), _) = call.arguments[1], (0...1024).contains(offset)
    else { return nil }
    return Int(offset)
  }
}
