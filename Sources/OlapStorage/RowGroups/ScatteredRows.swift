internal import OlapColumns

/// Some rows of several row groups of one table, row group by row group.
///
/// ```
/// offsets  [ 7 | 90 | 4 | 5 | 6 | 1 ]
/// parts      └ group 3 ┘ └ group 8 ─┘…
/// ```
struct ScatteredRows {
  private struct Part {
    let group: RowGroupSnapshot
    var rows: Range<Int>
  }
  private var parts: [Part] = []
  private(set) var offsets: [UInt32] = []

  var count: Int { offsets.count }

  mutating func reserveCapacity(_ count: Int) { offsets.reserveCapacity(count) }

  /// A row of the row group of the row before, or of another one.
  mutating func append(_ offset: UInt32, of group: RowGroupSnapshot) {
    extend(group, by: 1)
    offsets.append(offset)
  }

  mutating func append(_ rows: ArraySlice<UInt32>, of group: RowGroupSnapshot) {
    if rows.isEmpty { return }
    extend(group, by: rows.count)
    offsets += rows
  }

  private mutating func extend(_ group: RowGroupSnapshot, by count: Int) {
    let end: Int = offsets.count + count
    if let last = parts.indices.last, parts[last].group === group {
      parts[last].rows = parts[last].rows.lowerBound..<end
    } else {
      parts.append(Part(group: group, rows: offsets.count..<end))
    }
  }

  /// The rows of the column at a position of the table, in the order of `offsets`.
  func column(_ position: Int, type: SQLType) throws -> Vector {
    try offsets.withUnsafeBufferPointer { offsets in
      guard let base = offsets.baseAddress else { return Vector.empty(type) }
      if parts.count == 1 {
        return try parts[0].group.column(position).gathered(base, count: offsets.count)
      }
      guard GatheredColumn.holds(type) else {
        let pieces: [Vector] = try parts.map { part in
          try part.group.column(position)
            .gathered(base + part.rows.lowerBound, count: part.rows.count)
        }
        return Vector.concatenated(pieces, type: type)
      }
      var result = GatheredColumn(type: type, capacity: offsets.count)
      parts[0].group.noteRead(column: position, of: parts.lazy.map { $0.group })
      for part in parts {
        try part.group.uncountedColumn(position)
          .append(base + part.rows.lowerBound, count: part.rows.count, to: &result)
      }
      return result.finish()
    }
  }
}
