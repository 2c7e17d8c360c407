package import OlapColumns

extension TableSnapshot {
  /// The rows with these ids, in their order. Shape: each vector has `count` rows. An id this snapshot
  /// does not have is an error; deleted rows can still be read.
  package func fetch(
    columns: [Int], rowIDs: UnsafePointer<RowID>, count: Int
  ) throws -> [Vector] {
    if count == 0 { return columns.map { Vector.empty(entry.columns[$0].type) } }
    var parts: [(group: RowGroupSnapshot, positions: [UInt32], offsets: [UInt32])] = []
    var partOf: [UInt64: Int] = [:]
    for i in 0..<count {
      let id: UInt64 = RowIDParts.group(rowIDs[i])
      let part: Int
      if let known = partOf[id] {
        part = known
      } else {
        guard let group = rowGroup(id) else {
          throw StorageError.conflict("row id \(rowIDs[i]) does not exist in \(entry.name)")
        }
        part = parts.count
        partOf[id] = part
        parts.append((group, [], []))
      }
      let offset: Int = RowIDParts.offset(rowIDs[i])
      guard offset < parts[part].group.rowCount else {
        throw StorageError.conflict("row id \(rowIDs[i]) does not exist in \(entry.name)")
      }
      parts[part].positions.append(UInt32(i))
      parts[part].offsets.append(UInt32(offset))
    }
    // Row `positions[k]` of the result is row k of the parts laid behind each other.
    var order = [UInt32](repeating: 0, count: count)
    var next: UInt32 = 0
    for part in parts {
      for position in part.positions {
        order[Int(position)] = next
        next += 1
      }
    }
    return try columns.map { column in
      let pieces: [Vector] = try parts.map { part in
        try part.group.gather(column: column, offsets: part.offsets, count: part.offsets.count)
      }
      let joined: Vector = Vector.concatenated(pieces, type: entry.columns[column].type)
      return parts.count == 1 ? joined : joined.gathered(order, count: count)
    }
  }
}
