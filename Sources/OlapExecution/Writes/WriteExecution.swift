internal import OlapCatalog
internal import OlapColumns
package import OlapPlanning
internal import OlapStorage

/// What a write did.
package struct WriteResult {
  /// Rows inserted, updated or deleted (each changed row once; cascades not counted).
  package var affectedRows: Int
  /// Rows of RETURNING; nil without the clause.
  package var returned: ChunkCollection?
  package var returnedColumns: [PlanColumn]
}

/// Runs INSERT, UPDATE, DELETE and MERGE in the context's transaction. A statement that throws leaves
/// changes behind that its savepoint must roll back.
package struct WriteExecution {
  let context: ExecutionContext
  package init(_ context: ExecutionContext) { self.context = context }

  /// The lowered source plan's whole result, in memory or spilled.
  func collect(_ plan: LogicalPlan) throws -> ChunkCollection {
    try QueryExecution(plan: plan, context: context).collect()
  }

  // MARK: DELETE

  package func execute(_ delete: BoundDelete) throws -> WriteResult {
    let writer = try TableWriter(delete.write, returning: delete.returning, context: context)
    let rows = try collect(delete.source)
    let held = MemoryReservation(context.budget, for: .other)
    var ids = RowIDSet()
    for index in 0..<rows.chunkCount {
      try context.checkCancellation()
      let chunk = try rows.chunk(at: index)
      // A row joined with several others (USING) is deleted once.
      let fresh = ids.insert(chunk.columns[0], count: chunk.count)
      try ids.account(held)
      if delete.returning == nil { continue }
      let kept = fresh.count == chunk.count ? chunk : chunk.gathered(fresh)
      try writer.addReturned(Chunk(columns: Array(kept.columns.dropFirst()), count: kept.count))
    }
    try writer.remove(ids)
    try writer.finish()
    return writer.result(affected: ids.count)
  }

  // MARK: UPDATE

  package func execute(_ update: BoundUpdate) throws -> WriteResult {
    let writer = try TableWriter(update.write, returning: update.returning, context: context)
    let rows = try collect(update.source)
    let inserted = ChunkCollection(types: writer.types, context: context)
    let held = MemoryReservation(context.budget, for: .other)
    var ids = RowIDSet()
    for index in 0..<rows.chunkCount {
      try context.checkCancellation()
      let chunk = try rows.chunk(at: index)
      let fresh = ids.insert(chunk.columns[0], count: chunk.count)
      try ids.account(held)
      if fresh.count == 0 { continue }
      let kept = fresh.count == chunk.count ? chunk : chunk.gathered(fresh)
      try inserted.append(
        try writer.complete(Chunk(columns: Array(kept.columns.dropFirst()), count: kept.count)))
    }
    // A generated column changes with what it is made of, so keys over one count as assigned.
    let assigned = Set(update.assigned + update.write.generated.map { $0.position })
    try writer.replace(ids, by: inserted, assigned: assigned)
    try writer.finish()
    return writer.result(affected: ids.count)
  }

  // MARK: MERGE

  package func execute(_ merge: BoundMerge) throws -> WriteResult {
    let writer = try TableWriter(merge.write, returning: merge.returning, context: context)
    let rows = try collect(merge.source)
    let clauses = try MergeClauses(merge, context: context)
    let inserted = ChunkCollection(types: writer.types, context: context)
    let held = MemoryReservation(context.budget, for: .other)
    var ids = RowIDSet()
    var deleted = RowIDSet()
    var affected = 0
    for index in 0..<rows.chunkCount {
      try context.checkCancellation()
      let chunk = try rows.chunk(at: index)
      for change in try clauses.changes(for: chunk) {
        affected += change.count
        if let rowIDs = change.rowIDs {
          let fresh = ids.insert(rowIDs, count: change.count)
          try ids.account(held)
          if fresh.count < change.count {
            throw ComputeError(
              .constraint,
              "MERGE matches a row of \"\(merge.write.table.name)\" more than once; make the source"
                + " rows unique per target row")
          }
          if change.newRows == nil { _ = deleted.insert(rowIDs, count: change.count) }
        }
        if let newRows = change.newRows {
          let complete = try writer.complete(Chunk(columns: newRows, count: change.count))
          try writer.addReturned(complete, action: change.rowIDs == nil ? "INSERT" : "UPDATE")
          try inserted.append(complete)
        }
      }
    }
    if merge.returning != nil && deleted.count > 0 {
      try writer.addReturned(rows: deleted, action: "DELETE")
    }
    try writer.replace(ids, by: inserted, assigned: nil)
    try writer.finish()
    return writer.result(affected: affected)
  }
}

/// The row ids a statement removes, each once, in order of first appearance.
struct RowIDSet {
  private(set) var ids: [RowID] = []
  private var known: Set<RowID> = []

  var count: Int { ids.count }

  /// Reserves the memory of the ids.
  func account(_ held: MemoryReservation) throws {
    try held.require(
      48 * ids.count, "the \(ids.count) rows that one statement changes are listed in memory")
  }
  func contains(_ id: RowID) -> Bool { known.contains(id) }

  /// Adds a BIGINT vector's ids; gives the rows that were new (NULLs are left out).
  mutating func insert(_ vector: Vector, count: Int) -> Selection {
    let flat = vector.flattened()
    let values = flat.values(Int64.self)
    let fresh = Selection(capacity: count)
    for i in 0..<count where flat.isValid(i) && known.insert(values[i]).inserted {
      ids.append(values[i])
      fresh.indexes[fresh.count] = UInt32(truncatingIfNeeded: i)
      fresh.count += 1
    }
    return fresh
  }

  mutating func insert(_ id: RowID) -> Bool {
    guard known.insert(id).inserted else { return false }
    ids.append(id)
    return true
  }
}
