internal import OlapCatalog
internal import OlapColumns
internal import OlapStorage

/// Foreign keys of and to one table: checked, and actions carried out, when the statement's rows are in.
final class ForeignKeyChecker {
  let table: TableEntry
  let context: ExecutionContext
  let transaction: WriteTransaction
  /// Keys of inserted rows per foreign key of the table, each distinct one once.
  private var referenced: [GroupTable]
  /// Tables that refer to this one.
  let incoming: [(child: TableEntry, key: ForeignKeyConstraint)]
  /// Removed rows' referred-to columns per incoming key.
  private var removedKeys: [GroupTable]
  /// Keys that an update changed, per incoming key with ON UPDATE CASCADE.
  var changes: [Int: [KeyChange]] = [:]
  private var isReplacement = false
  let depth: Int
  static let maximumDepth = 64

  init(
    table: TableEntry, context: ExecutionContext, transaction: WriteTransaction, depth: Int = 0
  ) {
    self.table = table
    self.context = context
    self.transaction = transaction
    self.depth = depth
    referenced = table.foreignKeys.map { key in
      GroupTable(types: key.columns.map { table.columns[$0].type })
    }
    var found: [(TableEntry, ForeignKeyConstraint)] = []
    for entry in transaction.catalog.sortedEntries {
      guard case .table(let child) = entry else { continue }
      for key in child.foreignKeys where key.target == table.id { found.append((child, key)) }
    }
    incoming = found
    removedKeys = found.map { _, key in
      GroupTable(types: key.targetColumns.map { table.columns[$0].type })
    }
  }

  /// Remembers which keys of other tables the rows refer to.
  func noteInserted(_ rows: Chunk) throws {
    for (index, key) in table.foreignKeys.enumerated() {
      try ForeignKeyChecker.add(rows, columns: key.columns, to: referenced[index])
    }
  }

  /// Remembers the keys that the rows `ids` take with them. `replaced`: they are updated, not deleted.
  func noteRemoved(_ ids: [RowID], replaced: Bool, assigned: Set<Int>? = nil) throws {
    isReplacement = replaced
    for (index, reference) in incoming.enumerated() {
      let columns = reference.key.targetColumns
      if let assigned, columns.allSatisfy({ !assigned.contains($0) }) { continue }
      let rows = try context.table(table.id).fetch(
        columns: columns, rowIDs: ids, count: ids.count)
      try ForeignKeyChecker.add(
        Chunk(columns: rows, count: ids.count), columns: Array(columns.indices),
        to: removedKeys[index])
    }
  }

  /// Adds the rows' keys that have no NULL.
  private static func add(_ rows: Chunk, columns: [Int], to keys: GroupTable) throws {
    let vectors = columns.map { rows.columns[$0].flattened() }
    let whole = Selection(capacity: rows.count)
    for row in 0..<rows.count where vectors.allSatisfy({ $0.isValid(row) }) {
      whole.indexes[whole.count] = UInt32(truncatingIfNeeded: row)
      whole.count += 1
    }
    let groups = Selection(capacity: whole.count)
    try keys.findOrInsert(
      vectors.map { $0.gathered(whole.indexes, count: whole.count) }, count: whole.count,
      groups: groups.indexes)
  }

  /// Checks that every referred-to key exists and deals with rows that refer to removed ones.
  func finish() throws {
    for (index, key) in table.foreignKeys.enumerated() where referenced[index].count > 0 {
      try checkReferences(key, referenced[index])
    }
    for (index, reference) in incoming.enumerated() where removedKeys[index].count > 0 {
      if let moved = changes[index] {
        try move(reference.child, reference.key, moved)
        continue
      }
      try resolve(reference.child, reference.key, removedKeys[index])
    }
  }

  private func checkReferences(_ key: ForeignKeyConstraint, _ keys: GroupTable) throws {
    let missing = try missingRows(keys, target: key.target, columns: key.targetColumns)
    guard let row = missing.first else { return }
    let target = transaction.catalog.table(key.target)?.name ?? "?"
    let values = zip(key.columns, keys.keys()).map {
      "\(table.columns[$0].name): \(KeyChecker.text($1, row))"
    }
    throw ComputeError(
      .constraint,
      "foreign key of table \"\(table.name)\" failed: (\(values.joined(separator: ", "))) does not"
        + " exist in \"\(target)\"; insert it there first")
  }

  /// Numbers of the keys that the target table no longer (or never) has.
  private func missingRows(_ keys: GroupTable, target: EntryID, columns: [Int]) throws -> [Int] {
    let snapshot = transaction.snapshot.table(target)
    let vectors = keys.keys()
    var ids = Array(repeating: RowID(-1), count: keys.count)
    guard let index = snapshot.entry.keys.firstIndex(where: { Set($0.columns) == Set(columns) })
    else { return Array(ids.indices) }
    let ordered = snapshot.entry.keys[index].columns.compactMap { column in
      columns.firstIndex(of: column).map { vectors[$0] }
    }
    try ids.withUnsafeMutableBufferPointer {
      guard let first = $0.baseAddress else { return }
      try snapshot.probe(key: index, vectors: ordered, count: keys.count, into: first)
    }
    return ids.indices.filter { ids[$0] < 0 }
  }

  // MARK: Rows that refer to removed ones

  private func resolve(
    _ child: TableEntry, _ key: ForeignKeyConstraint, _ keys: GroupTable
  ) throws {
    let gone = try missingRows(keys, target: table.id, columns: key.targetColumns)
    if gone.isEmpty { return }
    let lost = GroupTable(types: keys.types)
    let rows = Selection(capacity: gone.count)
    for (k, row) in gone.enumerated() { rows.indexes[k] = UInt32(truncatingIfNeeded: row) }
    let groups = Selection(capacity: gone.count)
    try lost.findOrInsert(
      keys.keys().map { $0.gathered(rows.indexes, count: gone.count) }, count: gone.count,
      groups: groups.indexes)
    let ids = try referringRows(child, key, lost)
    if ids.isEmpty { return }
    if depth >= ForeignKeyChecker.maximumDepth {
      throw ComputeError(
        .constraint,
        "foreign key actions are nested more than \(ForeignKeyChecker.maximumDepth) deep")
    }
    switch isReplacement ? key.onUpdate : key.onDelete {
    case .noAction, .restrict:
      throw ComputeError(
        .constraint,
        "cannot \(isReplacement ? "change" : "delete") a key of table \"\(table.name)\": \(ids.count)"
          + " row(s) of \"\(child.name)\" refer to it; delete them first or declare ON"
          + " \(isReplacement ? "UPDATE" : "DELETE") CASCADE")
    case .cascade where !isReplacement: try deleteRows(child, ids)
    case .cascade:
      throw ComputeError(
        .constraint,
        "ON UPDATE CASCADE cannot tell which new key replaces the old one in \"\(table.name)\": change"
          + " keys with UPDATE")
    case .setNull: try clearColumns(child, key, ids)
    case .setDefault:
      if key.columns.contains(where: { child.columns[$0].defaultSQL != nil }) {
        throw ComputeError(
          .constraint,
          "SET DEFAULT of table \"\(child.name)\" needs columns without a DEFAULT expression; use SET"
            + " NULL")
      }
      try clearColumns(child, key, ids)
    }
  }

  /// Row ids of `child` whose foreign key is among `lost`.
  private func referringRows(
    _ child: TableEntry, _ key: ForeignKeyConstraint, _ lost: GroupTable
  ) throws -> [RowID] {
    var result: [RowID] = []
    for group in transaction.snapshot.table(child.id).rowGroups {
      let scanner = group.scan(columns: key.columns, predicates: [], withRowIDs: true)
      while let chunk = try scanner.next() {
        try context.checkCancellation()
        let found = Selection(capacity: chunk.count)
        let width = key.columns.count
        lost.find(Array(chunk.columns[..<width]), count: chunk.count, groups: found.indexes)
        let flat = chunk.columns[width].flattened()
        withExtendedLifetime(flat) {
          let ids = flat.values(Int64.self)
          for row in 0..<chunk.count where found.indexes[row] != .max { result.append(ids[row]) }
        }
      }
    }
    return result
  }

  private func deleteRows(_ child: TableEntry, _ ids: [RowID]) throws {
    let next = ForeignKeyChecker(
      table: child, context: context, transaction: transaction, depth: depth + 1)
    try next.noteRemovedNow(ids, replaced: false)
    try transaction.delete(table: child.id, rowIDs: ids, count: ids.count)
    try next.finish()
  }

  private func clearColumns(
    _ child: TableEntry, _ key: ForeignKeyConstraint, _ ids: [RowID]
  ) throws {
    for column in key.columns where !child.columns[column].isNullable {
      throw ComputeError(
        .constraint,
        "SET NULL: column \"\(child.columns[column].name)\" of \"\(child.name)\" is NOT NULL")
    }
    let positions = Array(child.columns.indices)
    var rows = try transaction.snapshot.table(child.id).fetch(
      columns: positions, rowIDs: ids, count: ids.count)
    for column in key.columns {
      rows[column] = Vector.nulls(child.columns[column].type, count: ids.count)
    }
    let next = ForeignKeyChecker(
      table: child, context: context, transaction: transaction, depth: depth + 1)
    try next.noteRemovedNow(ids, replaced: true)
    try transaction.delete(table: child.id, rowIDs: ids, count: ids.count)
    try transaction.append(table: child.id, Chunk(columns: rows, count: ids.count))
    try next.finish()
  }

  /// As `noteRemoved`, for rows of the transaction's present state.
  func noteRemovedNow(_ ids: [RowID], replaced: Bool) throws {
    isReplacement = replaced
    for (index, reference) in incoming.enumerated() {
      let columns = reference.key.targetColumns
      let rows = try transaction.snapshot.table(table.id).fetch(
        columns: columns, rowIDs: ids, count: ids.count)
      try ForeignKeyChecker.add(
        Chunk(columns: rows, count: ids.count), columns: Array(columns.indices),
        to: removedKeys[index])
    }
  }
}
