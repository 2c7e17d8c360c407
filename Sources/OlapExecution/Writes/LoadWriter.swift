internal import OlapCatalog
package import OlapColumns
package import OlapPlanning
internal import OlapStorage

/// What a load does with a row whose key exists.
package enum LoadMode: Sendable {
  /// It breaks the key's rule.
  case insert
  /// It takes the place of the existing row, unless it equals it.
  case upsert(key: Int)
}

/// What became of a load's rows.
package struct LoadCounts: Sendable {
  package var inserted = 0
  package var updated = 0
  /// Upserted rows that equalled the existing one; they are not written.
  package var unchanged = 0
  /// Rows with the key of a later row of the load.
  package var superseded = 0
  /// Rows that broke a constraint of the table.
  package var rejected = 0
  /// Rows that its expectations refused.
  package var refused = 0
  package init() {}
}

/// Takes a row that breaks a rule: its chunk (table columns, then origins), position, and why.
package typealias LoadRejection = @Sendable (Chunk, Int, String) throws -> Void

/// Applies the chunks of a load to one table. Rows that break a rule (NOT NULL, CHECK, a key, a foreign
/// key) go to `reject`, and the others go on; without `reject` the first one raises.
///
/// Chunks have the table's columns, then any origin columns, which are handed to `reject` and otherwise
/// ignored. One thread at a time. Rows are checked against the state before the load and the load's own
/// rows. A load of rows that refer to each other keeps them (spilling) until `finish`.
package final class LoadWriter {
  private let table: TableEntry
  private let context: ExecutionContext
  private let transaction: WriteTransaction
  private let mode: LoadMode
  private let rules: LoadRules
  private let writer: TableWriter
  private let types: [SQLType]
  /// Rows that wait for `finish`: upserts, and rows that may refer to later ones.
  private var waiting: ChunkCollection?
  private var refersToItself: Bool
  private let refusals: LoadRefusals?
  package private(set) var counts = LoadCounts()

  package init(
    _ write: BoundTableWrite, mode: LoadMode, originTypes: [SQLType], context: ExecutionContext,
    refusals: LoadRefusals? = nil, reject: LoadRejection?
  ) throws {
    guard let transaction = context.writer(of: write.table.id) else {
      throw ComputeError(.invalidArgument, "this statement writes, but the database is read-only")
    }
    table = write.table
    self.context = context
    self.transaction = transaction
    self.mode = mode
    self.refusals = refusals
    writer = try TableWriter(write, returning: nil, context: context)
    rules = LoadRules(writer: writer, width: write.table.columns.count, reject: reject)
    types = write.table.columns.map { $0.type } + originTypes
    refersToItself =
      reject != nil && write.table.foreignKeys.contains { $0.target == write.table.id }
    var waits = refersToItself
    if case .upsert = mode { waits = true }
    if waits { waiting = ChunkCollection(types: types, context: context) }
  }

  /// Adds rows.
  package func add(_ chunk: Chunk) throws {
    try context.checkCancellation()
    var rows = try rules.passing(try refusals?.passing(chunk) ?? chunk)
    if rules.reject != nil { rows = try withReferences(rows) }
    if rows.count == 0 { return }
    if let waiting { return try waiting.append(rows) }
    try insert(rows)
  }

  /// Writes what waits and checks foreign keys. The last call.
  package func finish() throws -> LoadCounts {
    if var rows = waiting {
      if refersToItself { rows = try withOwnReferences(rows) }
      waiting = nil
      switch mode {
      case .insert: for index in 0..<rows.chunkCount { try insert(try rows.chunk(at: index)) }
      case .upsert(let key): try upsert(rows, key: key)
      }
    }
    try writer.finish()
    counts.rejected += rules.rejected
    return counts
  }

  // MARK: Insert

  private func insert(_ chunk: Chunk) throws {
    var rows = chunk
    guard rules.reject != nil else {
      counts.inserted += rows.count
      return try writer.insert(rules.tablePart(rows))
    }
    for key in table.keys.indices where rows.count > 0 {
      let conflicts = try writer.conflicts(rules.tablePart(rows), key: key)
      rows = try rules.keep(rows) { row in
        if conflicts.existing[row] < 0, !conflicts.isRepeated[row] { return nil }
        let columns = table.keys[key].columns
        let values = columns.map {
          "\(table.columns[$0].name): \(KeyChecker.text(rows.columns[$0], row))"
        }
        let place = conflicts.isRepeated[row] ? "appears earlier in the load" : "already exists"
        let kind = table.keys[key].isPrimary ? "PRIMARY KEY" : "UNIQUE"
        return "duplicate key (\(values.joined(separator: ", "))) \(place) (\(kind))"
      }
    }
    if rows.count == 0 { return }
    counts.inserted += rows.count
    try writer.insertResolved(rules.tablePart(rows), key: nil)
  }

  // MARK: Upsert

  /// Rows compared and written at a time: enough that each row group is visited seldom.
  private static let batchRowCount = 1 << 16

  private func upsert(_ rows: ChunkCollection, key: Int) throws {
    let kept = try WriteExecution(context).lastRows(
      rows, keys: table.keys.map { $0.columns }, types: types)
    counts.superseded += rows.rowCount - kept.rowCount
    let inserted = ChunkCollection(types: writer.types, context: context)
    var ids = RowIDSet()
    var batch: [Chunk] = []
    var batchRows = 0
    for index in 0..<kept.chunkCount {
      let chunk = rules.tablePart(try kept.chunk(at: index))
      batch.append(chunk)
      batchRows += chunk.count
      if batchRows >= LoadWriter.batchRowCount || index + 1 == kept.chunkCount {
        try settle(batch, key: key, &ids, inserted)
        batch = []
        batchRows = 0
      }
    }
    try writer.replaceResolved(ids, by: inserted)
  }

  /// Finds out which rows of the batch are new, changed or as they were.
  private func settle(
    _ batch: [Chunk], key: Int, _ ids: inout RowIDSet, _ inserted: ChunkCollection
  ) throws {
    var existing: [RowID] = []
    var others: [[RowID]] = []
    for chunk in batch { existing += try writer.conflicts(chunk, key: key).existing }
    for other in table.keys.indices where other != key {
      others.append(try batch.flatMap { try writer.conflicts($0, key: other).existing })
    }
    let same = try unchanged(batch, existing)
    var base = 0
    for chunk in batch {
      let written = Selection(capacity: chunk.count)
      for row in 0..<chunk.count {
        let id = existing[base + row]
        if same[base + row], others.allSatisfy({ $0[base + row] < 0 || $0[base + row] == id }) {
          counts.unchanged += 1
          continue
        }
        if id >= 0 {
          counts.updated += 1
          _ = ids.insert(id)
        } else {
          counts.inserted += 1
        }
        for other in others where other[base + row] >= 0 { _ = ids.insert(other[base + row]) }
        written.indexes[written.count] = UInt32(truncatingIfNeeded: row)
        written.count += 1
      }
      base += chunk.count
      if written.count > 0 {
        try inserted.append(written.count == chunk.count ? chunk : chunk.gathered(written))
      }
    }
  }

  /// Per row of the batch whether it equals the existing row. Rows are fetched in the order they are
  /// stored, so that each row group is read once.
  private func unchanged(_ batch: [Chunk], _ existing: [RowID]) throws -> [Bool] {
    var result = Array(repeating: false, count: existing.count)
    let taken = existing.indices.filter { existing[$0] >= 0 }.sorted { existing[$0] < existing[$1] }
    if taken.isEmpty { return result }
    let all = Chunk.concatenated(batch, types: writer.types)
    let rows = Selection(capacity: taken.count)
    for row in taken {
      rows.indexes[rows.count] = UInt32(truncatingIfNeeded: row)
      rows.count += 1
    }
    var same = Array(repeating: true, count: taken.count)
    let ids = taken.map { existing[$0] }
    let snapshot = context.table(table.id)
    for column in table.columns.indices {
      let old = try snapshot.fetch(columns: [column], rowIDs: ids, count: ids.count)[0]
      let new = all.columns[column].gathered(rows.indexes, count: rows.count)
      let differs = Selection(capacity: rows.count)
      Compare.select(
        .distinctFrom, old.flattened(), new.flattened(), count: rows.count, into: differs)
      for k in 0..<differs.count { same[Int(differs.indexes[k])] = false }
      if differs.count == rows.count { break }
    }
    for (k, row) in taken.enumerated() { result[row] = same[k] }
    return result
  }

  // MARK: References

  /// The rows whose foreign keys to other tables are there.
  private func withReferences(_ chunk: Chunk) throws -> Chunk {
    var rows = chunk
    for key in table.foreignKeys where key.target != table.id && rows.count > 0 {
      let missing = try missingReferences(rows, key) { _, _ in }
      rows = try rules.keep(rows) { missing[$0] ? self.reason(rows, $0, key) : nil }
    }
    return rows
  }

  /// Per row whether its key is not NULL and not in the target; `look` may find it elsewhere.
  private func missingReferences(
    _ rows: Chunk, _ key: ForeignKeyConstraint,
    look: (_ keys: [Vector], _ missing: inout [Bool]) -> Void
  ) throws -> [Bool] {
    let vectors = key.columns.map { rows.columns[$0].flattened() }
    var missing = (0..<rows.count).map { row in vectors.allSatisfy { $0.isValid(row) } }
    guard missing.contains(true) else { return missing }
    look(vectors, &missing)
    let target = transaction.snapshot.table(key.target)
    guard
      let index = target.entry.keys.firstIndex(where: { Set($0.columns) == Set(key.targetColumns) })
    else { return missing }
    let ordered = target.entry.keys[index].columns.compactMap { column in
      key.targetColumns.firstIndex(of: column).map { vectors[$0] }
    }
    var ids = Array(repeating: RowID(-1), count: rows.count)
    try ids.withUnsafeMutableBufferPointer {
      guard let first = $0.baseAddress else { return }
      try target.probe(key: index, vectors: ordered, count: rows.count, into: first)
    }
    for row in 0..<rows.count where ids[row] >= 0 { missing[row] = false }
    return missing
  }

  private func reason(_ rows: Chunk, _ row: Int, _ key: ForeignKeyConstraint) -> String {
    let target = transaction.catalog.table(key.target)?.name ?? "?"
    let values = key.columns.map {
      "\(table.columns[$0].name): \(KeyChecker.text(rows.columns[$0], row))"
    }
    return "foreign key: (\(values.joined(separator: ", "))) does not exist in \"\(target)\""
  }

  /// The rows that refer to rows of the table or of the load that stay. Leaving one out may take the
  /// ground from others, so this goes round until nothing changes.
  private func withOwnReferences(_ rows: ChunkCollection) throws -> ChunkCollection {
    var current = rows
    while true {
      try context.checkCancellation()
      let keys = table.foreignKeys.filter { $0.target == table.id }
      let known = try keys.map { key in try ownKeys(current, key) }
      let next = ChunkCollection(types: types, context: context)
      for index in 0..<current.chunkCount {
        var chunk = try current.chunk(at: index)
        for (key, own) in zip(keys, known) where chunk.count > 0 {
          let missing = try missingReferences(chunk, key) { vectors, missing in
            let groups = Selection(capacity: chunk.count)
            own.find(vectors, count: chunk.count, groups: groups.indexes)
            for row in 0..<chunk.count where groups.indexes[row] != .max { missing[row] = false }
          }
          chunk = try rules.keep(chunk) { missing[$0] ? self.reason(chunk, $0, key) : nil }
        }
        try next.append(chunk)
      }
      if next.rowCount == current.rowCount { return next }
      current = next
    }
  }

  /// The columns that the key refers to, of all rows of the load.
  private func ownKeys(_ rows: ChunkCollection, _ key: ForeignKeyConstraint) throws -> GroupTable {
    let result = GroupTable(types: key.targetColumns.map { table.columns[$0].type })
    for index in 0..<rows.chunkCount {
      let chunk = try rows.chunk(at: index)
      let groups = Selection(capacity: chunk.count)
      try result.findOrInsert(
        key.targetColumns.map { chunk.columns[$0].flattened() }, count: chunk.count,
        groups: groups.indexes)
    }
    return result
  }
}

extension WriteExecution {
  /// Runs a load: the insert's source gives the table's columns, with `refusals` the number of the rule
  /// that refuses the row, then those of `originTypes`.
  ///
  /// Tables without rules, keys and foreign keys are filled by all workers side by side.
  package func load(
    _ insert: BoundInsert, mode: LoadMode, originTypes: [SQLType], refusals: LoadRefusals? = nil,
    reject: LoadRejection?
  ) throws -> LoadCounts {
    let table = insert.write.table
    if case .insert = mode, table.keys.isEmpty, table.foreignKeys.isEmpty, refusals == nil {
      let sink = try InsertSink(insert.write, context: context, reject: reject)
      try QueryExecution(plan: insert.source, context: context).run(into: sink)
      var counts = LoadCounts()
      counts.inserted = sink.rowCount
      counts.rejected = sink.rejectedCount
      return counts
    }
    let writer = try LoadWriter(
      insert.write, mode: mode, originTypes: originTypes, context: context, refusals: refusals,
      reject: reject)
    let query = try QueryExecution(plan: insert.source, context: context)
    while let chunk = try query.next() { try writer.add(chunk) }
    return try writer.finish()
  }
}
