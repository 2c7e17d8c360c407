import Glibc
internal import OlapColumns
internal import OlapPlanning

/// Build rows in memory, ready to be probed by any number of threads.
///
/// SAFETY: complete after `init`, but for the bytes of `matched`, which only ever become 1.
final class JoinRows: @unchecked Sendable {
  /// The right input's columns, in any encoding.
  let rows: Chunk
  /// Flat hash key values of all rows; empty for a nested loop.
  let keys: [Vector]
  /// Key → rows; nil for a nested loop or an ASOF join.
  let table: JoinTable?
  let asof: AsofIndex?
  /// Rows in the order of an inequality's key; nil for other joins and for few rows.
  let range: RangeIndex?
  /// One byte per row, 1 once a probe row matched; nil unless the kind of join looks at it.
  let matched: UnsafeMutablePointer<UInt8>?
  private let matchedOwner: Buffer?

  /// Most rows one table can index.
  static let maximumCount = Int(UInt32.max) - 1

  /// `stored` has the right input's columns, then the computed keys; `keyPositions` are the keys among
  /// all of them, an ASOF join's order key last.
  init(_ stored: Chunk, keyPositions: [Int], plan: JoinPlan, workers: Int) throws {
    rows = Chunk(columns: Array(stored.columns[..<plan.rightTypes.count]), count: stored.count)
    let values = keyPositions.map { stored.columns[$0].flattened() }
    let matchesNull = Array(plan.keyMatchesNull.prefix(plan.hashKeyCount))
    if let wanted = plan.range {
      keys = []
      asof = nil
      table = nil
      range =
        stored.count < RangeIndex.minimumRowCount
        ? nil
        : try RangeIndex(
          sorted: values[0], filter: wanted.filter == nil ? nil : values.last,
          comparison: wanted.filter)
    } else if plan.inequality != nil, let order = values.last {
      keys = Array(values.dropLast())
      asof = try AsofIndex(keys: keys, matchesNull: matchesNull, order: order)
      table = nil
      range = nil
    } else {
      keys = values
      asof = nil
      range = nil
      table =
        values.isEmpty
        ? nil
        : try JoinTable(
          keys: values, matchesNull: matchesNull, count: stored.count, workers: workers)
    }
    if plan.kind.tracksRight {
      let memory = Buffer(byteCount: stored.count)
      memset(memory.bytes, 0, stored.count)
      matchedOwner = memory
      matched = memory.bytes.assumingMemoryBound(to: UInt8.self)
    } else {
      matchedOwner = nil
      matched = nil
    }
  }

  var count: Int { rows.count }

  /// Bytes beyond the rows themselves that `count` rows may need: table, hashes and flags.
  static func overhead(_ count: Int, hasKeys: Bool) -> Int {
    hasKeys ? JoinTable.estimatedByteCount(count) + count * 9 : count
  }

  /// No probe row has more than one match.
  var isUnique: Bool { table.map { $0.next == nil } ?? (asof != nil) }

  /// Rows from `start` whose flag is `wanted`, until the selection is full; gives where it stopped.
  static func select(
    _ flags: UnsafePointer<UInt8>, equal wanted: UInt8, from start: Int, to end: Int,
    into selection: Selection
  ) -> Int {
    let out = selection.indexes
    let limit = selection.capacity
    var n = 0
    var row = start
    while row < end && n < limit {
      out[n] = UInt32(truncatingIfNeeded: row)
      n &+= Int(unsafeBitCast(flags[row] == wanted, to: UInt8.self))
      row &+= 1
    }
    selection.count = n
    return row
  }
}
