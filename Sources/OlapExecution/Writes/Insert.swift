internal import OlapCatalog
internal import OlapColumns
package import OlapPlanning
internal import OlapStorage
import Synchronization

extension WriteExecution {
  package func execute(_ insert: BoundInsert) throws -> WriteResult {
    let table = insert.write.table
    switch insert.conflict {
    case .error:
      let isPlain =
        table.keys.isEmpty && table.foreignKeys.isEmpty && insert.returning == nil
      return try isPlain ? insertPlain(insert) : insertChecked(insert)
    case .ignore(let key): return try insertIgnoring(insert, key)
    case .replace: return try insertReplacing(insert)
    case .update(let key, let existing, let assignments, let condition):
      return try upsert(
        insert,
        UpsertPlan(
          key: key, existing: existing, assignments: assignments, condition: condition))
    }
  }

  /// Rows that need no look at other rows: workers append side by side.
  private func insertPlain(_ insert: BoundInsert) throws -> WriteResult {
    let sink = try InsertSink(insert.write, context: context)
    try QueryExecution(plan: insert.source, context: context).run(into: sink)
    return WriteResult(affectedRows: sink.rowCount, returned: nil, returnedColumns: [])
  }

  /// Rows with keys, foreign keys or RETURNING: one worker, in order.
  private func insertChecked(_ insert: BoundInsert) throws -> WriteResult {
    let writer = try TableWriter(insert.write, returning: insert.returning, context: context)
    let query = try QueryExecution(plan: insert.source, context: context)
    var count = 0
    while let chunk = try query.next() {
      try writer.insert(try writer.complete(chunk))
      count += chunk.count
    }
    try writer.finish()
    return writer.result(affected: count)
  }

  /// DO NOTHING: rows whose key exists, in the table or earlier in the statement, are left out.
  private func insertIgnoring(_ insert: BoundInsert, _ key: Int?) throws -> WriteResult {
    let writer = try TableWriter(insert.write, returning: insert.returning, context: context)
    let query = try QueryExecution(plan: insert.source, context: context)
    var count = 0
    while let chunk = try query.next() {
      let rows = try writer.complete(chunk)
      let conflicts = try writer.conflicts(rows, key: key)
      let free = Selection(capacity: rows.count)
      for row in 0..<rows.count
      where conflicts.existing[row] < 0 && !conflicts.isRepeated[row] {
        free.indexes[free.count] = UInt32(truncatingIfNeeded: row)
        free.count += 1
      }
      if free.count == 0 { continue }
      try writer.insertResolved(free.count == rows.count ? rows : rows.gathered(free), key: key)
      count += free.count
    }
    try writer.finish()
    return writer.result(affected: count)
  }

  /// OR REPLACE: the last row of each key wins and takes the place of existing rows with its keys.
  private func insertReplacing(_ insert: BoundInsert) throws -> WriteResult {
    let writer = try TableWriter(insert.write, returning: insert.returning, context: context)
    let source = try collect(insert.source)
    let table = insert.write.table
    let kept = try lastRows(source, keys: table.keys.map { $0.columns }, types: writer.types)
    let inserted = ChunkCollection(types: writer.types, context: context)
    var ids = RowIDSet()
    for index in 0..<kept.chunkCount {
      let rows = try writer.complete(try kept.chunk(at: index))
      for key in table.keys.indices {
        for id in try writer.conflicts(rows, key: key).existing where id >= 0 { _ = ids.insert(id) }
      }
      try inserted.append(rows)
    }
    try writer.replaceResolved(ids, by: inserted)
    try writer.finish()
    return writer.result(affected: kept.rowCount)
  }

  /// The rows that no later row equals on any of the keys; order kept.
  func lastRows(
    _ source: ChunkCollection, keys: [[Int]], types: [SQLType]
  ) throws -> ChunkCollection {
    var current = source
    for columns in keys {
      let table = GroupTable(types: columns.map { types[$0] })
      var last: [Int] = []
      var groupOfRow: [UInt32] = []
      for index in 0..<current.chunkCount {
        let chunk = try current.chunk(at: index)
        let groups = Selection(capacity: chunk.count)
        let vectors = columns.map { chunk.columns[$0] }
        try table.findOrInsert(vectors, count: chunk.count, groups: groups.indexes)
        while last.count < table.count { last.append(0) }
        for row in 0..<chunk.count {
          // NULL keys are all different.
          if vectors.contains(where: { !$0.isValid(row) }) {
            groupOfRow.append(.max)
          } else {
            last[Int(groups.indexes[row])] = groupOfRow.count
            groupOfRow.append(groups.indexes[row])
          }
        }
      }
      if last.count == groupOfRow.count { continue }
      let filtered = ChunkCollection(types: types, context: context)
      var position = 0
      for index in 0..<current.chunkCount {
        let chunk = try current.chunk(at: index)
        let rows = Selection(capacity: chunk.count)
        for row in 0..<chunk.count {
          let group = groupOfRow[position + row]
          if group == .max || last[Int(group)] == position + row {
            rows.indexes[rows.count] = UInt32(truncatingIfNeeded: row)
            rows.count += 1
          }
        }
        position += chunk.count
        try filtered.append(rows.count == chunk.count ? chunk : chunk.gathered(rows))
      }
      current = filtered
    }
    return current
  }

  /// The parts of ON CONFLICT … DO UPDATE.
  struct UpsertPlan {
    let key: Int
    let existing: [PlanColumn]
    let assignments: [(position: Int, expression: BoundExpression)]
    let condition: BoundExpression?
  }

  private func upsert(_ insert: BoundInsert, _ plan: UpsertPlan) throws -> WriteResult {
    let writer = try TableWriter(insert.write, returning: insert.returning, context: context)
    let layout = ColumnLayout(plan.existing + insert.write.columns)
    let values = try ExpressionSet(
      plan.assignments.map { $0.expression }, layout: layout, context: context)
    let condition = try plan.condition.map {
      try ExpressionCompiler(layout, context).compile($0)
    }
    let source = try collect(insert.source)
    let snapshot = context.table(insert.write.table.id)
    let inserted = ChunkCollection(types: writer.types, context: context)
    var ids = RowIDSet()
    var affected = 0
    for index in 0..<source.chunkCount {
      let rows = try writer.complete(try source.chunk(at: index))
      let conflicts = try writer.conflicts(rows, key: plan.key)
      if conflicts.isRepeated.contains(true) {
        throw ComputeError(
          .constraint,
          "ON CONFLICT DO UPDATE would change the same row of \"\(insert.write.table.name)\" twice;"
            + " make the inserted keys unique within the statement")
      }
      let (free, taken) = WriteExecution.split(conflicts.existing)
      if free.count > 0 {
        try inserted.append(rows.gathered(free))
        affected += free.count
      }
      if taken.count == 0 { continue }
      var rowIDs = (0..<taken.count).map { conflicts.existing[Int(taken.indexes[$0])] }
      let fetched = try snapshot.fetch(
        columns: Array(writer.types.indices), rowIDs: rowIDs, count: rowIDs.count)
      var pair = Chunk(
        columns: fetched + rows.gathered(taken).columns, count: rowIDs.count)
      if let condition {
        let passing = Selection(capacity: pair.count)
        Boolean.selectTrue(
          try condition.evaluate(pair, context.evaluation), count: pair.count, into: passing)
        if passing.count == 0 { continue }
        rowIDs = (0..<passing.count).map { rowIDs[Int(passing.indexes[$0])] }
        pair = pair.gathered(passing)
      }
      var updated = Chunk(
        columns: Array(pair.columns[..<writer.types.count]), count: pair.count)
      for (vector, assignment) in zip(
        try values.evaluate(pair, context.evaluation), plan.assignments)
      {
        updated.columns[assignment.position] = vector
      }
      for id in rowIDs { _ = ids.insert(id) }
      affected += updated.count
      try inserted.append(try writer.complete(updated))
    }
    // The other keys, and this one where it was assigned, are checked against all rows that remain.
    try writer.replaceUpserted(ids, by: inserted)
    try writer.finish()
    return writer.result(affected: affected)
  }

  /// Rows without and with an existing row.
  private static func split(_ existing: [RowID]) -> (free: Selection, taken: Selection) {
    let free = Selection(capacity: existing.count)
    let taken = Selection(capacity: existing.count)
    for (row, id) in existing.enumerated() {
      let target = id < 0 ? free : taken
      target.indexes[target.count] = UInt32(truncatingIfNeeded: row)
      target.count += 1
    }
    return (free, taken)
  }
}

/// Appends rows in parallel: workers with many rows fill row groups of their own; the rest is appended
/// in order at the end.
final class InsertSink: Sink {
  let profile = OperatorProfile(name: "Insert")
  private let write: BoundTableWrite
  private let context: ExecutionContext
  /// Appenders may be made by several workers; rows go through the transaction in `finish` only.
  private let transaction: WriteTransaction
  private let rest: Mutex<[(ordinal: Int, chunk: Chunk)]> = Mutex([])
  private let rows = Atomic<Int>(0)
  private let rejected = Atomic<Int>(0)
  private let reject: LoadRejection?

  /// - Parameter reject: takes rows that break a rule; nil: the first one raises.
  init(
    _ write: BoundTableWrite, context: ExecutionContext, reject: LoadRejection? = nil
  ) throws {
    guard let transaction = context.writer(of: write.table.id) else {
      throw ComputeError(.invalidArgument, "this statement writes, but the database is read-only")
    }
    self.write = write
    self.context = context
    self.transaction = transaction
    self.reject = reject
  }

  var rejectedCount: Int { rejected.load(ordering: .relaxed) }
  var rowCount: Int { rows.load(ordering: .relaxed) }

  func makeState(_ context: ExecutionContext) throws -> any SinkState {
    State(
      rules: LoadRules(
        writer: try TableWriter(write, returning: nil, context: context),
        width: write.table.columns.count, reject: reject),
      table: write.table.id, transaction: transaction)
  }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    try state.appender?.finish()
    rows.add(state.count, ordering: .relaxed)
    rejected.add(state.rules.rejected, ordering: .relaxed)
    rest.withLock { $0 += state.pending }
  }

  func finish(_ context: ExecutionContext) throws {
    let chunks = rest.withLock { all in
      defer { all = [] }
      return all.sorted { $0.ordinal < $1.ordinal }
    }
    for (_, chunk) in chunks { try transaction.append(table: write.table.id, chunk) }
  }

  private final class State: SinkState {
    let rules: LoadRules
    private let table: EntryID
    private let transaction: WriteTransaction
    private(set) var pending: [(ordinal: Int, chunk: Chunk)] = []
    private(set) var appender: TableAppender?
    private(set) var count = 0
    private static let bulkRows = 65_536

    init(rules: LoadRules, table: EntryID, transaction: WriteTransaction) {
      self.rules = rules
      self.table = table
      self.transaction = transaction
    }

    func consume(_ chunk: Chunk, ordinal: Int) throws {
      let rows = rules.tablePart(try rules.passing(chunk))
      if rows.count == 0 { return }
      count += rows.count
      if let appender { return try appender.append(rows) }
      pending.append((ordinal, rows))
      if count < State.bulkRows { return }
      let bulk = try transaction.makeAppender(table: table)
      appender = bulk
      for (_, rows) in pending { try bulk.append(rows) }
      pending = []
    }
  }
}
