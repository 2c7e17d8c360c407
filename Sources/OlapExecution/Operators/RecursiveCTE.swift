internal import OlapColumns
internal import OlapPlanning

extension Lowering {
  /// WITH RECURSIVE: the step is lowered and run anew over the rows of the iteration before, until
  /// there are none or nobody asks for more.
  func lowerRecursiveCTE(_ cte: RecursiveCTE) throws -> Flow {
    let profile = OperatorProfile(name: "RecursiveCTE", detail: "cte \(cte.index)")
    let initial = try arrange(try lower(cte.initial), as: cte.initial.columns)
    let types = cte.columns.map { $0.type }
    let sink = CollectSink(types: types, context: context, profile: profile)
    let pipeline = initial.closed(by: sink)
    let context = self.context
    let known = collections
    let outer = workingTables
    let source = ReaderSource {
      let rows = RecursiveRows(cte, types: types, context: context)
      var working = try rows.add(sink.collection)
      func iterate() throws {
        try context.checkCancellation()
        let lowering = Lowering(context)
        lowering.collections = known
        lowering.workingTables = outer
        lowering.workingTables[cte.index] = working
        let step = try lowering.arrange(try lowering.lower(cte.step), as: cte.step.columns)
        let collected = CollectSink(
          types: types, context: context, profile: OperatorProfile(name: "Step"))
        try step.closed(by: collected).run(context)
        working = try rows.add(collected.collection)
      }
      if cte.keyColumns != nil {
        while working.rowCount > 0 { try iterate() }
        return try rows.result().reader()
      }
      // Rows go on as they come: a LIMIT ends a recursion that has no end of its own.
      var read = working.reader()
      return {
        while working.rowCount > 0 {
          if let chunk = try read() { return chunk }
          try iterate()
          read = working.reader()
        }
        return nil
      }
    }
    return Flow(source: source, columns: cte.columns, dependencies: [pipeline], profile: profile)
  }
}

/// Rows of a recursive CTE so far.
final class RecursiveRows {
  private let cte: RecursiveCTE
  private let types: [SQLType]
  private let context: ExecutionContext
  /// Rows of all iterations, for USING KEY.
  private let all: ChunkCollection
  /// Distinct rows (UNION) or distinct keys (USING KEY); nil for UNION ALL.
  private let seen: GroupTable?
  private let reservation: MemoryReservation

  init(_ cte: RecursiveCTE, types: [SQLType], context: ExecutionContext) {
    self.cte = cte
    self.types = types
    self.context = context
    all = ChunkCollection(types: types, context: context)
    reservation = MemoryReservation(context.budget, for: .distinct)
    seen = cte.keyColumns == nil && !cte.isUnionAll ? GroupTable(types: types) : nil
  }

  /// Adds an iteration's rows; gives those that the next one starts from.
  func add(_ rows: ChunkCollection) throws -> ChunkCollection {
    let fresh = ChunkCollection(types: types, context: context)
    for index in 0..<rows.chunkCount {
      var chunk = try rows.chunk(at: index)
      if let seen {
        let groups = Selection(capacity: chunk.count)
        let new = Selection(capacity: chunk.count)
        try seen.findOrInsert(chunk.columns, count: chunk.count, groups: groups.indexes, isNew: new)
        try reservation.require(
          seen.byteCount, "WITH RECURSIVE … UNION remembers all its rows in memory")
        if new.count < chunk.count { chunk = chunk.gathered(new) }
      }
      try fresh.append(chunk)
      if cte.keyColumns != nil { try all.append(chunk) }
    }
    return fresh
  }

  /// USING KEY: the last row of each key.
  func result() throws -> ChunkCollection {
    guard let keys = cte.keyColumns else { return all }
    try reservation.require(
      2 * all.byteCount, "WITH RECURSIVE … USING KEY brings all its rows into memory")
    let rows = try all.concatenated()
    let table = GroupTable(types: keys.map { types[$0] })
    let groups = Selection(capacity: rows.count)
    try table.findOrInsert(keys.map { rows.columns[$0] }, count: rows.count, groups: groups.indexes)
    let last = Selection(capacity: table.count)
    last.count = table.count
    for i in 0..<rows.count {
      last.indexes[Int(groups.indexes[i])] = UInt32(truncatingIfNeeded: i)
    }
    let result = ChunkCollection(types: types, context: context)
    try result.append(rows.gathered(last))
    return result
  }
}
