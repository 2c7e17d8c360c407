internal import OlapCatalog
internal import OlapColumns

extension TableSnapshot {
  /// Merges the footers of all row groups; the tail contributes its row count and unknown bounds.
  func gatherStatistics() -> TableStatistics {
    let columns: [ColumnStatistics] = entry.columns.indices.map { column in
      let id: UInt32 = entry.columnIDs[column]
      if let known = state.statistics.withLock({ $0[id] }) { return known }
      let fresh: ColumnStatistics = gather(column: column)
      state.statistics.withLock { $0[id] = fresh }
      return fresh
    }
    return TableStatistics(rowCount: rowCount, columns: columns)
  }

  private func gather(column: Int) -> ColumnStatistics {
    let id: UInt32 = entry.columnIDs[column]
    let type: SQLType = entry.columns[column].type
    var result = ColumnStatistics(nullCount: 0)
    var isBounded = true
    var registers: [UInt8] = []
    var lows: [Value] = []
    var highs: [Value] = []
    for group in state.groups where group.visibleRowCount > 0 {
      switch group.rows {
      case .tail(let tail):
        for piece in tail.pieces {
          guard let summary = piece.summary(id) else {
            isBounded = false
            continue
          }
          result.nullCount = result.nullCount.map { $0 + summary.nullCount }
          if !summary.areBoundsKnown { isBounded = false }
          if let low = summary.minimum { lows.append(low) }
          if let high = summary.maximum { highs.append(high) }
          DistinctSketch.merge(summary.sketch, into: &registers)
        }
      case .sealed(let sealed):
        guard let segment = try? sealed.segment(id) else {
          let fill: Value = state.fills[id]?.value ?? .null
          if fill.isNull {
            result.nullCount = result.nullCount.map { $0 + group.rowCount }
          } else {
            lows.append(fill)
            highs.append(fill)
          }
          continue
        }
        let header: SegmentHeader = segment.header
        result.nullCount = result.nullCount.map { $0 + header.nullCount }
        if !header.areBoundsKnown { isBounded = false }
        if let low = header.minimum { lows.append(low) }
        if let high = header.maximum { highs.append(high) }
        DistinctSketch.merge(header.sketch, into: &registers)
      }
    }
    if isBounded && !type.isNested {
      result.minimum = TableSnapshot.extreme(lows, type, wantLeast: true)
      result.maximum = TableSnapshot.extreme(highs, type, wantLeast: false)
    }
    if !registers.isEmpty {
      result.distinctCount = Swift.min(DistinctSketch.estimate(registers), rowCount)
    }
    return result
  }

  private static func extreme(_ values: [Value], _ type: SQLType, wantLeast: Bool) -> Value? {
    guard var best = values.first else { return nil }
    let builder = VectorBuilder(type: type, capacity: values.count)
    for value in values { builder.append(value) }
    let vector: Vector = builder.finish()
    var bestRow = 0
    for row in 1..<Swift.max(1, values.count) {
      let order: Int = Compare.order(vector, row, vector, bestRow)
      if wantLeast ? order < 0 : order > 0 {
        bestRow = row
        best = values[row]
      }
    }
    return best
  }
}
