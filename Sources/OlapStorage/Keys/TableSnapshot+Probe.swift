package import OlapColumns

extension TableSnapshot {
  /// For each key row the id of the visible row with that key, or -1. `key` is a position in
  /// `entry.keys`; `vectors` are the key columns in its order, `count` rows each. A key with a NULL
  /// part matches nothing. With duplicate keys in the table (which constraints exclude) any match.
  package func probe(
    key: Int, vectors: [Vector], count: Int, into result: UnsafeMutablePointer<RowID>
  ) throws {
    try probe(columns: entry.keys[key].columns, vectors: vectors, count: count, into: result)
  }

  /// As `probe(key:)` for any columns of the table; fast when they are those of a key.
  package func probe(
    columns: [Int], vectors: [Vector], count: Int, into result: UnsafeMutablePointer<RowID>
  ) throws {
    for i in 0..<count { result[i] = -1 }
    if count == 0 || rowGroups.isEmpty { return }
    let keys: [Vector] = vectors.map { $0.flattened() }
    var open: [UInt32] = []
    open.reserveCapacity(count)
    for i in 0..<count where keys.allSatisfy({ $0.isValid(i) }) { open.append(UInt32(i)) }
    var hashes = [UInt64](repeating: 0, count: count)
    hashes.withUnsafeMutableBufferPointer { out in
      if let out = out.baseAddress { Hash.hash(keys, count: count, into: out) }
    }
    let batch = ProbeBatch(
      ids: columns.map { entry.columnIDs[$0] }, positions: columns, keys: keys, hashes: hashes)
    // Newest rows first: an upserted key lives in the tail or a late row group.
    for group in rowGroups.reversed() where group.deletedCount < group.rowCount {
      if open.isEmpty { return }
      var candidates: (probe: [UInt32], row: [UInt32]) = ([], [])
      try group.candidates(batch, open: open, into: &candidates)
      if candidates.probe.isEmpty { continue }
      let found: Bool = try group.confirm(batch, candidates, into: result)
      if found { open.removeAll { result[Int($0)] >= 0 } }
    }
  }
}

/// The keys looked for.
final class ProbeBatch {
  let ids: [UInt32]
  let positions: [Int]
  let keys: [Vector]
  let hashes: [UInt64]
  /// Bounds of the first key column's order keys, for pruning row groups.
  let minimumKey: Int64
  let maximumKey: Int64

  init(ids: [UInt32], positions: [Int], keys: [Vector], hashes: [UInt64]) {
    self.ids = ids
    self.positions = positions
    self.keys = keys
    self.hashes = hashes
    let bounds = OrderKey.bounds(keys[0])
    minimumKey = bounds.minimum
    maximumKey = bounds.maximum
  }
}

extension RowGroupSnapshot {
  /// Appends (probe row, row offset) of rows whose key hash equals.
  func candidates(
    _ batch: ProbeBatch, open: [UInt32], into result: inout (probe: [UInt32], row: [UInt32])
  ) throws {
    switch state.rows {
    case .tail(let tail):
      tail.indexes.candidates(
        tail: tail, keyIDs: batch.ids, types: batch.keys.map { $0.type }, fills: layout.fills,
        hashes: batch.hashes, probeRows: open, into: &result)
    case .sealed(let group):
      try group.candidates(batch, open: open, layout: layout, into: &result)
    }
  }

  /// Compares the candidates' key values and writes the ids of visible matches; whether any.
  func confirm(
    _ batch: ProbeBatch, _ candidates: (probe: [UInt32], row: [UInt32]),
    into result: UnsafeMutablePointer<RowID>
  ) throws -> Bool {
    var probes: [UInt32] = []
    var rows: [UInt32] = []
    for (probe, row) in zip(candidates.probe, candidates.row)
    where !(state.deletes?.isDeleted(Int(row)) ?? false) {
      probes.append(probe)
      rows.append(row)
    }
    if rows.isEmpty { return false }
    let stored: [Vector] = try batch.positions.map { position in
      try gather(column: position, offsets: rows, count: rows.count)
    }
    let all: [UInt32] = (0..<UInt32(rows.count)).map { $0 }
    var mask = [UInt8](repeating: 0, count: rows.count)
    RowMatch.matches(
      left: batch.keys, leftIndexes: probes, right: stored, rightIndexes: all, count: rows.count,
      into: &mask)
    var found = false
    for i in 0..<rows.count where mask[i] != 0 {
      result[Int(probes[i])] = RowIDParts.make(group: id, offset: Int(rows[i]))
      found = true
    }
    return found
  }
}
