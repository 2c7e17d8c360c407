internal import OlapColumns
internal import OlapPlanning

/// The right side of an ASOF join: rows grouped by key, sorted by the compared value in each group.
///
/// Read by many threads once made.
final class AsofIndex: @unchecked Sendable {
  private let values: Vector
  private let matchesNull: [Bool]
  /// nil without keys: one group.
  private let table: GroupTable?
  /// Row numbers group after group, ascending by value; group g has `starts[g] ..< starts[g + 1]`.
  private let order: Selection
  private let starts: [Int]

  /// `keys` and `order` are flat vectors of all rows. Rows with NULL in `order`, or in a key whose NULL
  /// matches nothing, are left out.
  init(keys: [Vector], matchesNull: [Bool], order values: Vector) throws {
    let n = values.count
    self.values = values
    self.matchesNull = matchesNull
    let groups = Selection(capacity: n)
    if keys.isEmpty {
      table = nil
      for i in 0..<n { groups.indexes[i] = 0 }
    } else {
      let table = GroupTable(types: keys.map { $0.type })
      try Cancellation.forEachStride(n) { range in
        try table.findOrInsert(
          keys.map { $0.sliced(range) }, count: range.count,
          groups: groups.indexes + range.lowerBound)
      }
      // Nested keys are joined into one vector now, before probes run concurrently.
      _ = table.keys()
      self.table = table
    }
    var counts = Array(repeating: 0, count: (table?.count ?? 1) + 1)
    let usable = Selection(capacity: n)
    var pacer = Cancellation.Pacer()
    for row in 0..<n
    where values.isValid(row)
      && zip(keys, matchesNull).allSatisfy({ $0.1 || $0.0.isValid(row) })
    {
      try pacer.tick()
      usable.indexes[usable.count] = UInt32(truncatingIfNeeded: row)
      usable.count += 1
      counts[Int(groups.indexes[row]) + 1] += 1
    }
    for group in 1..<counts.count { counts[group] += counts[group - 1] }
    starts = counts
    order = Selection(capacity: usable.count)
    for k in 0..<usable.count {
      let row = usable.indexes[k]
      let group = Int(groups.indexes[Int(row)])
      order.indexes[counts[group]] = row
      counts[group] += 1
    }
    for group in 0..<(starts.count - 1) {
      var part = UnsafeMutableBufferPointer(
        start: order.indexes + starts[group], count: starts[group + 1] - starts[group])
      try part.sort {
        try pacer.tick()
        let compared = Compare.order(values, Int($0), values, Int($1))
        return compared == 0 ? $0 < $1 : compared < 0
      }
    }
  }

  /// The nearest row of each probe row to `found`, UInt32.max where there is none. `keys` are flat.
  func find(
    _ keys: [Vector], _ bounds: Vector, _ comparison: ComparisonOperator, count n: Int,
    scratch: GroupTable.Scratch, into found: UnsafeMutablePointer<UInt32>
  ) {
    if let table {
      table.find(keys, count: n, groups: found, scratch: scratch)
    } else {
      for i in 0..<n { found[i] = 0 }
    }
    // left >= right takes the last row at or below the bound, left <= right the first at or above it.
    let takesLower = comparison == .greater || comparison == .greaterOrEqual
    let isStrict = comparison == .greater || comparison == .less
    let countsEqual = takesLower != isStrict
    for i in 0..<n where found[i] != .max {
      let group = Int(found[i])
      found[i] = .max
      if !bounds.isValid(i)
        || zip(keys, matchesNull).contains(where: { !$0.1 && !$0.0.isValid(i) })
      {
        continue
      }
      var low = starts[group]
      var high = starts[group + 1]
      while low < high {
        let middle = (low + high) / 2
        let compared = Compare.order(values, Int(order.indexes[middle]), bounds, i)
        if compared < 0 || (compared == 0 && countsEqual) {
          low = middle + 1
        } else {
          high = middle
        }
      }
      if takesLower {
        if low > starts[group] { found[i] = order.indexes[low - 1] }
      } else if low < starts[group + 1] {
        found[i] = order.indexes[low]
      }
    }
  }
}
