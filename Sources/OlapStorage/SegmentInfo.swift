package import OlapCatalog
package import OlapColumns

/// One row of the listing of segments.
package struct SegmentInfo: Sendable {
  package var table: EntryID
  package var rowGroup: UInt64
  /// Position in the table's columns.
  package var column: Int
  package var encoding: String
  package var rowCount: Int
  /// Bytes in memory, encoded.
  package var encodedByteCount: Int
  /// Bytes in the file, after zstd; 0 in memory.
  package var storedByteCount: Int
  package var minimum: Value?
  package var maximum: Value?
  package var nullCount: Int
  package var zoneCount: Int
  package var isLoaded: Bool
}

/// Bytes of the database's files and caches.
package struct SpaceInfo: Sendable {
  package var fileByteCount: Int
  package var freeByteCount: Int
  package var walByteCount: Int
  package var checkpointCount: UInt64
  package var loadedSegmentCount: Int
  package var bufferPoolByteCount: Int
  package var tailByteCount: Int
}

extension Storage {
  /// The segments of a table, or of all tables; the tail as encoding `tail`.
  package func segmentInfo(table: EntryID?, in snapshot: Snapshot) -> [SegmentInfo] {
    var result: [SegmentInfo] = []
    let ids: [EntryID] = table.map { [$0] } ?? snapshot.state.tables.keys.sorted()
    for id in ids {
      let rows: TableSnapshot = snapshot.table(id)
      for group in rows.rowGroups {
        for column in rows.entry.columns.indices {
          result.append(Storage.info(id, group, column))
        }
      }
    }
    return result
  }

  private static func info(
    _ table: EntryID, _ group: RowGroupSnapshot, _ column: Int
  ) -> SegmentInfo {
    var info = SegmentInfo(
      table: table, rowGroup: group.id, column: column, encoding: "tail",
      rowCount: group.rowCount, encodedByteCount: 0, storedByteCount: 0, nullCount: 0,
      zoneCount: 0, isLoaded: true)
    let id: UInt32 = group.layout.ids[column]
    switch group.state.rows {
    case .tail(let tail):
      info.encodedByteCount = tail.pieces.reduce(0) { $0 + ($1.column(id)?.byteCount ?? 0) }
    case .sealed(let sealed):
      guard let segment = try? sealed.segment(id) else {
        info.encoding = "fill"
        return info
      }
      let header: SegmentHeader = segment.header
      info.encoding = header.encoding.name
      info.encodedByteCount = header.encodedByteCount
      info.storedByteCount = header.storedByteCount
      info.minimum = header.minimum
      info.maximum = header.maximum
      info.nullCount = header.nullCount
      info.zoneCount = header.zones.count
      info.isLoaded = segment.isLoaded
    }
    return info
  }

  package func spaceInfo() -> SpaceInfo {
    let pages = file?.allocator.withLock { ($0.pageCount, $0.freePageCount) } ?? (0, 0)
    let loaded = pool.loaded
    return SpaceInfo(
      fileByteCount: pages.0 * DataFile.pageByteCount,
      freeByteCount: pages.1 * DataFile.pageByteCount, walByteCount: log?.byteCount ?? 0,
      checkpointCount: header?.sequence ?? 0, loadedSegmentCount: loaded.count,
      bufferPoolByteCount: loaded.byteCount, tailByteCount: budget.used(by: .tail))
  }
}
