internal import OlapColumns
internal import OlapPlanning

/// What becomes of matching pairs and of left rows.
extension JoinProbe {
  /// Takes over `count` matching pairs: notes matches and emits the pairs if the kind asks for them.
  func take(
    _ chunk: Chunk, _ block: JoinBlock, _ count: Int, _ output: (Chunk) throws -> Void
  ) throws {
    if count == 0 { return }
    let kind = plan.kind
    if let flags = block.matched { JoinCursor.mark(rights.indexes, count, flags) }
    if block.emitsSelected {
      let isFirst = JoinCursor.assign(lefts.indexes, rights.indexes, count, selected.indexes)
      if !isFirst && kind == .single { throw JoinProbe.severalRows() }
      return
    }
    if kind == .single && !JoinCursor.markOnce(lefts.indexes, count, matchedLeft) {
      throw JoinProbe.severalRows()
    }
    if kind.keepsLeft || kind.isExistence { JoinCursor.mark(lefts.indexes, count, matchedLeft) }
    if kind.emitsPairs { try emitPairs(chunk, block, count, output) }
  }

  private static func severalRows() -> ComputeError {
    ComputeError(
      .invalidArgument,
      "More than one row returned by a subquery used as an expression; "
        + "add LIMIT 1 or aggregate its rows")
  }

  private func emitPairs(
    _ chunk: Chunk, _ block: JoinBlock, _ count: Int, _ output: (Chunk) throws -> Void
  ) throws {
    // Every left row once: the left columns pass as they are.
    let isWhole = count == chunk.count && JoinCursor.isIdentity(lefts.indexes, count)
    var columns: [Vector] = []
    columns.reserveCapacity(plan.leftOutput.count + plan.rightOutput.count)
    for position in plan.leftOutput {
      let column = chunk.columns[position]
      columns.append(isWhole ? column : column.gathered(lefts.indexes, count: count))
    }
    for position in plan.rightOutput {
      columns.append(block.rows.columns[position].gathered(rights.indexes, count: count))
    }
    try output(Chunk(columns: columns, count: count))
  }

  /// What the left rows themselves put out, once all pairs of the chunk are known. `selectedFrom` are
  /// the rows that `selected` refers to, when matches were noted there.
  func emitLeftRows(
    _ chunk: Chunk, _ selectedFrom: Chunk?, _ output: (Chunk) throws -> Void
  ) throws {
    let n = chunk.count
    if let selectedFrom {
      var columns = plan.leftOutput.map { chunk.columns[$0] }
      for position in plan.rightOutput {
        columns.append(
          selectedFrom.columns[position].gathered(selected.indexes, count: n, nullWhere: .max))
      }
      return try output(Chunk(columns: columns, count: n))
    }
    switch plan.kind {
    case .left, .full, .single, .asofLeft:
      guard let rows = leftRows(chunk, matched: 0) else { return }
      let nulls = plan.rightOutput.map { Vector.nulls(plan.rightTypes[$0], count: rows.count) }
      try output(Chunk(columns: rows.columns + nulls, count: rows.count))
    case .semi:
      if let rows = leftRows(chunk, matched: 1) { try output(rows) }
    case .anti:
      if plan.isThreeValued { for i in 0..<n { matchedLeft[i] |= unknownLeft[i] } }
      if let rows = leftRows(chunk, matched: 0) { try output(rows) }
    case .mark:
      let mark = Vector.flat(.boolean, count: n, nullable: plan.isThreeValued)
      let values = mark.values(UInt8.self)
      for i in 0..<n { values[i] = matchedLeft[i] }
      if let validity = mark.validity {
        for i in 0..<n { validity[i] = matchedLeft[i] | (unknownLeft[i] ^ 1) }
      }
      try output(Chunk(columns: plan.leftOutput.map { chunk.columns[$0] } + [mark], count: n))
    default: break
    }
  }

  /// The left output columns of the rows whose flag is `matched`; nil when there are none.
  private func leftRows(_ chunk: Chunk, matched: UInt8) -> Chunk? {
    let rows = Chunk(columns: plan.leftOutput.map { chunk.columns[$0] }, count: chunk.count)
    lefts.count = JoinCursor.select(matchedLeft, equal: matched, chunk.count, lefts.indexes)
    if lefts.count == 0 { return nil }
    return lefts.count < chunk.count ? rows.gathered(lefts) : rows
  }
}
