package import OlapColumns

/// Rows of an aggregate call that must wait: deduplicated for DISTINCT, to be sorted for ORDER BY.
///
/// Columns: group keys, arguments, order keys.
final class DeferredRows {
  private let types: [SQLType]
  /// Distinct rows so far, for DISTINCT.
  private let unique: GroupTable?
  private var chunks: [Chunk] = []
  private var groups = Selection(capacity: VectorSize.current)

  init(types: [SQLType], isDistinct: Bool) {
    self.types = types
    unique = isDistinct ? GroupTable(types: types) : nil
  }

  var byteCount: Int { unique?.byteCount ?? chunks.reduce(0) { $0 + $1.byteCount } }

  func append(_ columns: [Vector], count: Int) {
    guard let unique else {
      chunks.append(Chunk(columns: columns, count: count))
      return
    }
    if groups.capacity < count { groups = Selection(capacity: count) }
    unique.findOrInsert(columns, count: count, groups: groups.indexes)
  }

  func merge(_ other: DeferredRows) {
    if let rows = other.unique {
      append(rows.keys(), count: rows.count)
    } else {
      chunks += other.chunks
    }
  }

  /// All rows as one chunk.
  func concatenated() -> Chunk {
    if let unique { return Chunk(columns: unique.keys(), count: unique.count) }
    return Chunk.concatenated(chunks, types: types)
  }

  /// Calls `body` with pieces of the rows, sorted by the order keys if there are any.
  func forEachChunk(
    order: [AggregatePlan.Order], orderStart: Int, _ body: (Chunk) throws -> Void
  ) throws {
    var rows = concatenated()
    if !order.isEmpty && rows.count > 1 {
      let keys = (0..<order.count).map { rows.columns[orderStart + $0] }
      let sorted = DeferredRows.sortedRows(keys, order, count: rows.count)
      rows = rows.gathered(sorted.indexes, count: rows.count)
    }
    var start = 0
    while start < rows.count {
      let end = Swift.min(rows.count, start + VectorSize.current)
      try body(rows.sliced(start..<end))
      start = end
    }
  }

  /// Row numbers in order, ties in the order they came.
  private static func sortedRows(
    _ keys: [Vector], _ order: [AggregatePlan.Order], count: Int
  ) -> Selection {
    let rows = Selection(capacity: count)
    rows.count = count
    for i in 0..<count { rows.indexes[i] = UInt32(truncatingIfNeeded: i) }
    var numbers = UnsafeMutableBufferPointer(start: rows.indexes, count: count)
    numbers.sort { left, right in
      for (key, item) in zip(keys, order) {
        let leftNull = !key.isValid(Int(left))
        let rightNull = !key.isValid(Int(right))
        if leftNull || rightNull {
          if leftNull == rightNull { continue }
          return leftNull == item.nullsFirst
        }
        let comparison = Compare.order(key, Int(left), key, Int(right))
        if comparison != 0 { return (comparison < 0) != item.descending }
      }
      return left < right
    }
    return rows
  }
}
