internal import OlapCatalog
internal import OlapColumns
internal import OlapStorage

/// Existing rows that new rows collide with.
struct KeyConflicts {
  /// Per new row the row id of the existing row with an equal key, or -1.
  var existing: [RowID]
  /// Per new row whether an earlier row of the statement has the same key.
  var isRepeated: [Bool]
}

/// PRIMARY KEY and UNIQUE rules of one table during one statement.
///
/// A row with a NULL in a UNIQUE key never conflicts.
final class KeyChecker {
  private let table: TableEntry
  private let snapshot: TableSnapshot
  /// Keys added by the statement so far, per key constraint.
  private var added: [GroupTable]
  private var checked: [Int]
  private let reservation: MemoryReservation

  init(table: TableEntry, snapshot: TableSnapshot, budget: MemoryBudget) {
    self.table = table
    self.snapshot = snapshot
    reservation = MemoryReservation(budget, for: .load)
    added = table.keys.map { key in GroupTable(types: key.columns.map { table.columns[$0].type }) }
    checked = Array(table.keys.indices)
  }

  /// Only keys with a column among `assigned` can be violated from now on.
  func restrict(toAssigned assigned: Set<Int>?) {
    guard let assigned else { return }
    checked = table.keys.indices.filter { index in
      table.keys[index].columns.contains { assigned.contains($0) }
    }
  }

  /// Throws when a row's key exists (in a row that is not removed) or came before in the statement.
  func check(_ rows: Chunk, removed: RowIDSet) throws {
    for key in checked {
      let conflicts = try find(rows, key: key)
      for row in 0..<rows.count {
        let id = conflicts.existing[row]
        if conflicts.isRepeated[row] || (id >= 0 && !removed.contains(id)) {
          throw duplicate(rows, row, key: key, inStatement: conflicts.isRepeated[row])
        }
      }
    }
  }

  /// Conflicts on one key (nil: the first conflict on any) without raising an error; keys of rows
  /// without conflict are noted as added.
  func conflicts(_ rows: Chunk, key: Int?) throws -> KeyConflicts {
    if let key { return try find(rows, key: key) }
    var result = KeyConflicts(
      existing: Array(repeating: -1, count: rows.count),
      isRepeated: Array(repeating: false, count: rows.count))
    for key in table.keys.indices {
      let found = try find(rows, key: key)
      for row in 0..<rows.count {
        if result.existing[row] < 0 { result.existing[row] = found.existing[row] }
        result.isRepeated[row] = result.isRepeated[row] || found.isRepeated[row]
      }
    }
    return result
  }

  /// Conflicts on `key` are the caller's business from now on: no second check.
  func exempt(key: Int?) { checked = key.map { key in checked.filter { $0 != key } } ?? [] }

  /// Forgets the keys noted so far, before the rows are checked for good.
  func forgetAdded() {
    added = table.keys.map { key in GroupTable(types: key.columns.map { table.columns[$0].type }) }
  }

  /// Looks up and notes the rows' keys.
  private func find(_ rows: Chunk, key: Int) throws -> KeyConflicts {
    let count = rows.count
    var result = KeyConflicts(
      existing: Array(repeating: -1, count: count),
      isRepeated: Array(repeating: false, count: count))
    let vectors = table.keys[key].columns.map { rows.columns[$0].flattened() }
    let whole = Selection(capacity: count)
    for row in 0..<count where vectors.allSatisfy({ $0.isValid(row) }) {
      whole.indexes[whole.count] = UInt32(truncatingIfNeeded: row)
      whole.count += 1
    }
    if whole.count == 0 { return result }
    let keys =
      whole.count == count
      ? vectors : vectors.map { $0.gathered(whole.indexes, count: whole.count) }
    if snapshot.rowCount > 0 {
      var ids = Array(repeating: RowID(-1), count: whole.count)
      try ids.withUnsafeMutableBufferPointer {
        guard let first = $0.baseAddress else { return }
        try snapshot.probe(key: key, vectors: keys, count: whole.count, into: first)
      }
      for k in 0..<whole.count { result.existing[Int(whole.indexes[k])] = ids[k] }
    }
    let groups = Selection(capacity: whole.count)
    let fresh = Selection(capacity: whole.count)
    try added[key].findOrInsert(keys, count: whole.count, groups: groups.indexes, isNew: fresh)
    try reservation.require(
      added.reduce(0) { $0 + $1.byteCount },
      "the keys of all rows that one statement adds are compared in memory")
    var next = 0
    for k in 0..<whole.count {
      if next < fresh.count && Int(fresh.indexes[next]) == k {
        next += 1
      } else {
        result.isRepeated[Int(whole.indexes[k])] = true
      }
    }
    return result
  }

  private func duplicate(
    _ rows: Chunk, _ row: Int, key: Int, inStatement: Bool
  ) -> ComputeError {
    let constraint = table.keys[key]
    let values = constraint.columns.map {
      "\(table.columns[$0].name): \(KeyChecker.text(rows.columns[$0], row))"
    }
    let kind = constraint.isPrimary ? "PRIMARY KEY" : "UNIQUE"
    let place = inStatement ? "appears twice in the statement" : "already exists"
    return ComputeError(
      .constraint,
      "duplicate key (\(values.joined(separator: ", "))) \(place) and violates the \(kind) constraint"
        + " of table \"\(table.name)\"; use ON CONFLICT to update or skip such rows")
  }

  /// A value as messages show it.
  static func text(_ vector: Vector, _ row: Int) -> String {
    guard vector.isValid(row) else { return "NULL" }
    let single = Selection(capacity: 1)
    single.indexes[0] = UInt32(truncatingIfNeeded: row)
    let value = vector.gathered(single.indexes, count: 1)
    if case .varchar(let text) = value.value(at: 0) { return "'\(text)'" }
    guard
      let cast = try? Cast.cast(value, to: .varchar, isTry: true, timeZoneName: "UTC"),
      case .varchar(let text) = cast.value(at: 0)
    else { return "?" }
    return text
  }
}
