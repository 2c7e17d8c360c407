internal import OlapCatalog
internal import OlapColumns
internal import OlapStorage

/// Referred-to columns of updated rows before and after, row by row.
struct KeyChange {
  let old: [Vector]
  let new: [Vector]
  let count: Int
}

/// ON UPDATE CASCADE: rows that refer to a changed key follow it.
extension ForeignKeyChecker {
  /// Whether an update of these columns (nil: of any) makes rows of other tables follow.
  func cascades(assigned: Set<Int>?) -> Bool {
    incoming.contains { reference in
      reference.key.onUpdate == .cascade
        && (assigned.map { !$0.isDisjoint(with: reference.key.targetColumns) } ?? true)
    }
  }

  /// Remembers how the keys of the rows `ids` change: `rows` are their new versions, in the same order.
  func noteChanged(_ ids: [RowID], to rows: Chunk, from snapshot: TableSnapshot) throws {
    guard ids.count == rows.count else { return }
    for (index, reference) in incoming.enumerated() where reference.key.onUpdate == .cascade {
      let columns = reference.key.targetColumns
      let old = try snapshot.fetch(columns: columns, rowIDs: ids, count: ids.count)
      changes[index, default: []].append(
        KeyChange(
          old: old.map { $0.flattened() }, new: columns.map { rows.columns[$0].flattened() },
          count: rows.count))
    }
  }

  /// Gives the rows of `child` that refer to an old key the new one.
  func move(
    _ child: TableEntry, _ key: ForeignKeyConstraint, _ changes: [KeyChange]
  ) throws {
    if depth >= ForeignKeyChecker.maximumDepth {
      throw ComputeError(
        .constraint,
        "foreign key actions are nested more than \(ForeignKeyChecker.maximumDepth) deep")
    }
    var ids: [RowID] = []
    var columns: [VectorBuilder] = key.columns.map { VectorBuilder(type: child.columns[$0].type) }
    for change in changes { try collect(child, key, change, &ids, &columns) }
    if ids.isEmpty { return }
    let snapshot = transaction.snapshot.table(child.id)
    var rows = try snapshot.fetch(
      columns: Array(child.columns.indices), rowIDs: ids, count: ids.count)
    for (k, column) in key.columns.enumerated() { rows[column] = columns[k].finish() }
    let moved = Chunk(columns: rows, count: ids.count)
    let next = ForeignKeyChecker(
      table: child, context: context, transaction: transaction, depth: depth + 1)
    try next.noteRemovedNow(ids, replaced: true)
    try next.noteChanged(ids, to: moved, from: snapshot)
    try transaction.delete(table: child.id, rowIDs: ids, count: ids.count)
    try transaction.append(table: child.id, moved)
    try next.finish()
  }

  /// Adds the ids of referring rows and the new values of their foreign key.
  private func collect(
    _ child: TableEntry, _ key: ForeignKeyConstraint, _ change: KeyChange, _ ids: inout [RowID],
    _ columns: inout [VectorBuilder]
  ) throws {
    let changed = Selection(capacity: change.count)
    for row in 0..<change.count
    where change.old.allSatisfy({ $0.isValid(row) })
      && zip(change.old, change.new).contains(where: {
        !$1.isValid(row) || Compare.order($0, row, $1, row) != 0
      })
    {
      changed.indexes[changed.count] = UInt32(truncatingIfNeeded: row)
      changed.count += 1
    }
    if changed.count == 0 { return }
    let keys = GroupTable(types: change.old.map { $0.type })
    let groups = Selection(capacity: changed.count)
    try keys.findOrInsert(
      change.old.map { $0.gathered(changed.indexes, count: changed.count) }, count: changed.count,
      groups: groups.indexes)
    var rowOfGroup = [Int](repeating: 0, count: keys.count)
    for i in 0..<changed.count { rowOfGroup[Int(groups.indexes[i])] = Int(changed.indexes[i]) }
    let width = key.columns.count
    for group in transaction.snapshot.table(child.id).rowGroups {
      let scanner = group.scan(columns: key.columns, predicates: [], withRowIDs: true)
      while let chunk = try scanner.next() {
        try context.checkCancellation()
        let found = Selection(capacity: chunk.count)
        keys.find(Array(chunk.columns[..<width]), count: chunk.count, groups: found.indexes)
        let flat = chunk.columns[width].flattened()
        withExtendedLifetime(flat) {
          let rowIDs = flat.values(Int64.self)
          for row in 0..<chunk.count where found.indexes[row] != .max {
            ids.append(rowIDs[row])
            let source = rowOfGroup[Int(found.indexes[row])]
            for k in 0..<width { columns[k].append(from: change.new[k], row: source) }
          }
        }
      }
    }
  }
}
