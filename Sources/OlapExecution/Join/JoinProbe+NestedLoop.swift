internal import OlapColumns
internal import OlapPlanning

/// Joins without equality: one row of the shorter side at a time against vectors of the other, the one
/// row as constants, so conditions run on whole vectors and nothing is copied to evaluate them.
extension JoinProbe {
  func nestedLoop(
    _ chunk: Chunk, _ block: JoinBlock, _ output: (Chunk) throws -> Void
  ) throws {
    if block.rows.count == 0 { return }
    if plan.kind.isExistence && plan.residual.isEmpty {
      for i in 0..<chunk.count { matchedLeft[i] = 1 }
      return
    }
    if block.rows.count <= chunk.count {
      try pairByRightRow(chunk, block, output)
    } else {
      try pairByLeftRow(chunk, block, output)
    }
  }

  /// Each build row against the whole chunk.
  private func pairByRightRow(
    _ chunk: Chunk, _ block: JoinBlock, _ output: (Chunk) throws -> Void
  ) throws {
    let width = plan.leftWidth
    var pending = 0
    for row in 0..<block.rows.count {
      if row & 63 == 0 { try context.checkCancellation() }
      var pairs = Chunk(columns: chunk.columns + block.rows.columns, count: chunk.count)
      for position in plan.residualColumns where position >= width {
        pairs.columns[position] = block.rows.columns[position - width].broadcast(
          row: row, count: chunk.count)
      }
      let passing = try verdict(pairs, leftRow: nil)
      if passing == nil && plan.kind.emitsPairs && !block.emitsSelected {
        try take(chunk, block, pending, output)
        pending = 0
        try emitWhole(chunk, block, rightRow: row, output)
        continue
      }
      let count = passing?.count ?? chunk.count
      if pending + count > lefts.capacity {
        try take(chunk, block, pending, output)
        pending = 0
      }
      JoinProbe.fill(lefts.indexes + pending, passing, count, first: 0)
      JoinProbe.fill(rights.indexes + pending, count, with: row)
      pending += count
    }
    try take(chunk, block, pending, output)
  }

  /// Each left row against vectors of the block.
  private func pairByLeftRow(
    _ chunk: Chunk, _ block: JoinBlock, _ output: (Chunk) throws -> Void
  ) throws {
    let width = plan.leftWidth
    let step = Swift.min(VectorSize.current, lefts.capacity)
    var pending = 0
    for row in 0..<chunk.count {
      try context.checkCancellation()
      // An earlier block may have settled the row.
      if plan.kind.isExistence && matchedLeft[row] != 0 { continue }
      var fixed = Chunk(columns: chunk.columns + block.rows.columns, count: step)
      for position in plan.residualColumns where position < width {
        fixed.columns[position] = chunk.columns[position].broadcast(row: row, count: step)
      }
      var start = 0
      while start < block.rows.count {
        let end = Swift.min(block.rows.count, start + step)
        var pairs = fixed
        pairs.count = end - start
        for position in plan.residualColumns {
          pairs.columns[position] =
            position < width
            ? fixed.columns[position].sliced(0..<(end - start))
            : block.rows.columns[position - width].sliced(start..<end)
        }
        let passing = try verdict(pairs, leftRow: row)
        let count = passing?.count ?? (end - start)
        if pending + count > lefts.capacity {
          try take(chunk, block, pending, output)
          pending = 0
        }
        JoinProbe.fill(rights.indexes + pending, passing, count, first: start)
        JoinProbe.fill(lefts.indexes + pending, count, with: row)
        pending += count
        start = end
        if count > 0 && plan.kind.isExistence { break }
      }
    }
    try take(chunk, block, pending, output)
  }

  private static func fill(
    _ out: UnsafeMutablePointer<UInt32>, _ passing: Selection?, _ count: Int, first: Int
  ) {
    let base = UInt32(truncatingIfNeeded: first)
    if let passing {
      for k in 0..<count { out[k] = base &+ passing.indexes[k] }
    } else {
      for k in 0..<count { out[k] = base &+ UInt32(truncatingIfNeeded: k) }
    }
  }

  private static func fill(_ out: UnsafeMutablePointer<UInt32>, _ count: Int, with row: Int) {
    let value = UInt32(truncatingIfNeeded: row)
    for k in 0..<count { out[k] = value }
  }

  /// The pairs that pass (nil: all); notes rows with a NULL verdict in three-valued joins. `leftRow` is
  /// the one left row of all pairs; nil when the pairs are the left rows in order.
  private func verdict(_ pairs: Chunk, leftRow: Int?) throws -> Selection? {
    guard plan.isThreeValued, let condition = plan.residual.first else { return try passing(pairs) }
    let flat = try condition.evaluate(pairs, context.evaluation).flattened()
    if let validity = flat.validity {
      if let leftRow {
        var anyNull: UInt8 = 0
        for i in 0..<pairs.count { anyNull |= validity[i] ^ 1 }
        unknownLeft[leftRow] |= anyNull
      } else {
        for i in 0..<pairs.count { unknownLeft[i] |= validity[i] ^ 1 }
      }
    }
    let result = Selection(capacity: pairs.count)
    Boolean.selectTrue(flat, count: pairs.count, into: result)
    return result
  }

  /// All left rows with one right row: nothing is copied.
  private func emitWhole(
    _ chunk: Chunk, _ block: JoinBlock, rightRow: Int, _ output: (Chunk) throws -> Void
  ) throws {
    let n = chunk.count
    if plan.kind.keepsLeft { for i in 0..<n { matchedLeft[i] = 1 } }
    if let flags = block.matched { flags[rightRow] = 1 }
    let right = plan.rightOutput.map {
      block.rows.columns[$0].broadcast(row: rightRow, count: n)
    }
    try output(Chunk(columns: plan.leftOutput.map { chunk.columns[$0] } + right, count: n))
  }
}
