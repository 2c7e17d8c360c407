internal import OlapColumns
internal import OlapPlanning

/// Joins by inequalities against a sorted build side.
extension JoinProbe {
  func probeRanges(
    _ chunk: Chunk, _ index: RangeIndex, _ range: RangePlan, _ block: JoinBlock,
    _ output: (Chunk) throws -> Void
  ) throws {
    let keys = try range.leftKeys.evaluate(chunk, context.evaluation).map { $0.flattened() }
    let codes = keys.map { RangeCodes.encode($0) }
    defer { withExtendedLifetime((keys, codes)) {} }
    let numbers = codes.map { UnsafePointer($0.bytes.assumingMemoryBound(to: UInt64.self)) }
    // Whatever the first partner is, it settles the row.
    let needsOne = plan.kind.isExistence && range.rest.isEmpty
    let limit = lefts.capacity
    var pending = 0
    func flush() throws {
      try context.checkCancellation()
      try take(chunk, block, try keepPassing(chunk, block, pending, range), output)
      pending = 0
    }
    for row in 0..<chunk.count {
      if row & 63 == 63 { try context.checkCancellation() }
      if plan.kind.isExistence && matchedLeft[row] != 0 { continue }
      guard let (places, threshold) = bounds(row, keys, numbers, index, range) else { continue }
      var place = places.lowerBound
      while place < places.upperBound {
        let found = index.collect(
          &place, to: places.upperBound, threshold: threshold,
          limit: needsOne ? 1 : limit - pending, into: rights.indexes + pending)
        let left = UInt32(truncatingIfNeeded: row)
        for k in pending..<(pending + found) { lefts.indexes[k] = left }
        pending += found
        if pending == limit { try flush() }
        if needsOne && found > 0 { break }
      }
    }
    try flush()
  }

  /// Places of the sorted key that a left row's bounds allow, and what its filter asks for; nil when no
  /// build row can match.
  @inline(__always)
  private func bounds(
    _ row: Int, _ keys: [Vector], _ numbers: [UnsafePointer<UInt64>], _ index: RangeIndex,
    _ range: RangePlan
  ) -> (places: Range<Int>, threshold: UInt64?)? {
    for key in keys where !key.isValid(row) { return nil }
    var places = 0..<index.count
    for (position, comparison) in range.bounds.enumerated() {
      index.narrow(&places, numbers[position][row], comparison)
    }
    if places.isEmpty { return nil }
    guard let filter = range.filter else { return (places, nil) }
    guard let threshold = RangeIndex.threshold(numbers[range.bounds.count][row], filter) else {
      return nil
    }
    return (places, threshold)
  }

  /// Keeps the pairs that satisfy the conditions the index does not answer; gives their number.
  private func keepPassing(
    _ chunk: Chunk, _ block: JoinBlock, _ count: Int, _ range: RangePlan
  ) throws -> Int {
    guard let restEvaluator, count > 0 else { return count }
    return try keepPassing(chunk, block, count, restEvaluator, range.restColumns)
  }
}
