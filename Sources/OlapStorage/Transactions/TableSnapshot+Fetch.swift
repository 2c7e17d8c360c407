package import OlapColumns

extension TableSnapshot {
  /// The rows with these ids, in their order. Shape: each vector has `count` rows. An id this snapshot
  /// does not have is an error; deleted rows can still be read.
  package func fetch(
    columns: [Int], rowIDs: UnsafePointer<RowID>, count: Int
  ) throws -> [Vector] {
    if count == 0 { return columns.map { Vector.empty(entry.columns[$0].type) } }
    let ids = UnsafeBufferPointer(start: rowIDs, count: count)
    if zip(ids, ids.dropFirst()).allSatisfy({ RowIDParts.group($0) <= RowIDParts.group($1) }) {
      return try fetch(columns: columns, ids)
    }
    // Row group by row group, then back into the order asked for.
    let order: [Int] = ids.indices.sorted { ids[$0] < ids[$1] }
    var places = [UInt32](repeating: 0, count: count)
    for (place, index) in order.enumerated() { places[index] = UInt32(place) }
    return try order.map { ids[$0] }.withUnsafeBufferPointer { sorted in
      try fetch(columns: columns, sorted).map { $0.gathered(places, count: count) }
    }
  }

  /// As `fetch`, of ids whose row groups ascend.
  private func fetch(columns: [Int], _ ids: UnsafeBufferPointer<RowID>) throws -> [Vector] {
    var rows = ScatteredRows()
    rows.reserveCapacity(ids.count)
    var current: RowGroupSnapshot?
    for id in ids {
      if current?.id != RowIDParts.group(id) { current = rowGroup(RowIDParts.group(id)) }
      let offset: Int = RowIDParts.offset(id)
      guard let group = current, offset < group.rowCount else {
        throw StorageError.conflict("row id \(id) does not exist in \(entry.name)")
      }
      rows.append(UInt32(offset), of: group)
    }
    return try columns.map { try rows.column($0, type: entry.columns[$0].type) }
  }
}
