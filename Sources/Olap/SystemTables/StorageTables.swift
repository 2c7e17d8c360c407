internal import OlapColumns
internal import OlapFunctions
internal import OlapStorage

/// What the storage holds: segments, memory, file space.
enum StorageTables {
  static let all: [SystemTable] = [segments, memory, space]

  static let segments = SystemTable(
    "olap", "segments", "Segments with their encoding, sizes and zone maps",
    columns: [
      .init("schema_name", .varchar), .init("table_name", .varchar), .init("row_group", .bigint),
      .init("column_name", .varchar), .init("encoding", .varchar), .init("row_count", .bigint),
      .init("encoded_bytes", .bigint), .init("stored_bytes", .bigint), .init("null_count", .bigint),
      .init("minimum", .varchar), .init("maximum", .varchar), .init("zone_count", .bigint),
    ]
  ) { connection, planning in
    let snapshot = planning.storageSnapshot
    var rows: [[Value]] = []
    for case .table(let table) in snapshot.catalog.sortedEntries {
      for segment in connection.database.storage.segmentInfo(table: table.id, in: snapshot) {
        let type = table.columns[segment.column].type
        rows.append([
          .text(table.schema), .text(table.name), .integer(Int64(segment.rowGroup)),
          .text(table.columns[segment.column].name), .text(segment.encoding),
          .count(segment.rowCount), .count(segment.encodedByteCount),
          .count(segment.storedByteCount), .count(segment.nullCount),
          .text(segment.minimum.map { $0.text(type) }),
          .text(segment.maximum.map { $0.text(type) }),
          .count(segment.zoneCount),
        ])
      }
    }
    return rows
  }

  static let memory = SystemTable(
    "olap", "memory", "Memory by consumer, against memory_limit",
    columns: [.init("consumer", .varchar), .init("bytes", .bigint), .init("limit_bytes", .bigint)]
  ) { connection, _ in
    let budget = connection.database.storage.budget
    return MemoryBudget.Consumer.allCases.map { consumer in
      [.text("\(consumer)"), .count(budget.used(by: consumer)), .count(budget.limit)]
    }
  }

  static let space = SystemTable(
    "olap", "space", "File, WAL and free space in bytes",
    columns: [
      .init("database_name", .varchar), .init("file_bytes", .bigint), .init("wal_bytes", .bigint),
      .init("free_bytes", .bigint), .init("page_bytes", .bigint),
    ]
  ) { connection, planning in
    let info = connection.database.storage.spaceInfo()
    return [
      [
        .text(planning.databaseName), .count(info.fileByteCount), .count(info.walByteCount),
        .count(info.freeByteCount), .count(4096),
      ]
    ]
  }
}
