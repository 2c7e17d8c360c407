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
      ids: columns.map { entry.columnIDs[$0] }, positions: columns, keys: keys, hashes: hashes,
      open: open)
    var candidates = ProbeCandidates()
    // Newest rows first: an upserted key lives in the tail or a late row group.
    for group in rowGroups.reversed() where group.deletedCount < group.rowCount {
      if batch.open.isEmpty { break }
      try candidates.append(of: group, batch)
      if candidates.count >= ProbeCandidates.enough {
        try confirm(&candidates, batch, into: result)
      }
    }
    try confirm(&candidates, batch, into: result)
  }

  /// Writes the ids of the candidates that have the key's values, and forgets the candidates.
  private func confirm(
    _ candidates: inout ProbeCandidates, _ batch: ProbeBatch,
    into result: UnsafeMutablePointer<RowID>
  ) throws {
    if candidates.count == 0 { return }
    let mask: [UInt8] = try candidates.matches(batch, types: entry.columns.map { $0.type })
    for i in 0..<candidates.count where mask[i] != 0 {
      result[Int(candidates.probes[i])] = candidates.ids[i]
    }
    batch.close { result[Int($0)] >= 0 }
    candidates = ProbeCandidates()
  }

  /// The ids of all visible rows whose `columns` have the values of one of `count` rows of `vectors`,
  /// ascending. Rows with a NULL match nothing. Fast when the columns are those of a key or
  /// `entry.lookupColumns`; otherwise an index is derived once per row group.
  package func rows(
    matching columns: [Int], vectors: [Vector], count: Int
  ) throws -> [RowID] {
    let keys: [Vector] = vectors.map { $0.flattened() }
    let open: [UInt32] = (0..<UInt32(count)).filter { row in
      keys.allSatisfy { $0.isValid(Int(row)) }
    }
    if open.isEmpty { return [] }
    var hashes = [UInt64](repeating: 0, count: count)
    hashes.withUnsafeMutableBufferPointer { out in
      if let out = out.baseAddress { Hash.hash(keys, count: count, into: out) }
    }
    let batch = ProbeBatch(
      ids: columns.map { entry.columnIDs[$0] }, positions: columns, keys: keys, hashes: hashes,
      open: open)
    var found: [RowID] = []
    var candidates = ProbeCandidates()
    let types: [SQLType] = entry.columns.map { $0.type }
    for (index, group) in rowGroups.enumerated() {
      if group.deletedCount < group.rowCount { try candidates.append(of: group, batch) }
      guard candidates.count >= ProbeCandidates.enough || index == rowGroups.count - 1 else {
        continue
      }
      let mask: [UInt8] = try candidates.matches(batch, types: types)
      found += (0..<candidates.count).filter { mask[$0] != 0 }.map { candidates.ids[$0] }
      candidates = ProbeCandidates()
    }
    // Equal rows among the keys find a row more than once.
    found.sort()
    return found.enumerated().filter { $0.offset == 0 || found[$0.offset - 1] != $0.element }
      .map { $0.element }
  }
}

/// The keys looked for.
final class ProbeBatch {
  let ids: [UInt32]
  let positions: [Int]
  let keys: [Vector]
  let hashes: [UInt64]
  /// The probe rows not found yet, by the order key of their first key column.
  private(set) var open: [UInt32]
  /// The order keys of `open`, so that a row group is asked only for what lies in its bounds.
  private var orderKeys: [Int64]

  init(ids: [UInt32], positions: [Int], keys: [Vector], hashes: [UInt64], open: [UInt32]) {
    self.ids = ids
    self.positions = positions
    self.keys = keys
    self.hashes = hashes
    var sorted: [(key: Int64, row: UInt32)] = open.map { (OrderKey.key(keys[0], Int($0)), $0) }
    sorted.sort { $0 < $1 }
    self.open = sorted.map { $0.row }
    orderKeys = sorted.map { $0.key }
  }

  /// The open probe rows whose order key may be one of `minimum` to `maximum`.
  func open(from minimum: Int64, to maximum: Int64) -> ArraySlice<UInt32> {
    let first: Int = position { $0 < minimum }
    return open[first..<Swift.max(first, position { $0 <= maximum })]
  }

  /// Takes away the rows that were found.
  func close(where isFound: (UInt32) -> Bool) {
    var kept = 0
    for i in 0..<open.count where !isFound(open[i]) {
      open[kept] = open[i]
      orderKeys[kept] = orderKeys[i]
      kept += 1
    }
    open.removeLast(open.count - kept)
    orderKeys.removeLast(orderKeys.count - kept)
  }

  /// The first position whose key is not `below`.
  private func position(_ below: (Int64) -> Bool) -> Int {
    var low = 0
    var high: Int = orderKeys.count
    while low < high {
      let middle: Int = (low + high) / 2
      if below(orderKeys[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension RowGroupSnapshot {
  /// Appends (probe row, row offset) of rows whose key hash equals.
  func candidates(
    _ batch: ProbeBatch, into result: inout (probe: [UInt32], row: [UInt32])
  ) throws {
    switch state.rows {
    case .tail(let tail):
      tail.indexes.candidates(
        tail: tail, keyIDs: batch.ids, types: batch.keys.map { $0.type }, fills: layout.fills,
        hashes: batch.hashes, probeRows: batch.open, into: &result)
    case .sealed(let group):
      let open: ArraySlice<UInt32> = try group.openKeys(of: batch)
      if open.isEmpty { return }
      noteRead(index: batch.ids)
      try group.candidates(batch, open: open, layout: layout, into: &result)
    }
  }
}

/// Rows with the hash of a wanted key, of several row groups: their values are compared together.
struct ProbeCandidates {
  /// So many are worth comparing before further row groups are asked.
  static let enough = 256

  private(set) var probes: [UInt32] = []
  private(set) var ids: [RowID] = []
  private var rows = ScatteredRows()

  var count: Int { probes.count }

  /// Appends the visible candidates of a row group.
  mutating func append(of group: RowGroupSnapshot, _ batch: ProbeBatch) throws {
    var found: (probe: [UInt32], row: [UInt32]) = ([], [])
    try group.candidates(batch, into: &found)
    for (probe, row) in zip(found.probe, found.row)
    where !(group.state.deletes?.isDeleted(Int(row)) ?? false) {
      probes.append(probe)
      ids.append(RowIDParts.make(group: group.id, offset: Int(row)))
      rows.append(row, of: group)
    }
  }

  /// 1 for each candidate that has its key's values. `types` are those of the table's columns.
  func matches(_ batch: ProbeBatch, types: [SQLType]) throws -> [UInt8] {
    if count == 0 { return [] }
    let stored: [Vector] = try batch.positions.map { try rows.column($0, type: types[$0]) }
    let all: [UInt32] = (0..<UInt32(count)).map { $0 }
    var mask = [UInt8](repeating: 0, count: count)
    RowMatch.matches(
      left: batch.keys, leftIndexes: probes, right: stored, rightIndexes: all, count: count,
      into: &mask)
    return mask
  }
}
