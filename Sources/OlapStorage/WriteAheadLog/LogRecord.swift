internal import OlapCatalog
internal import OlapColumns

/// One change of a commit: by ids, resolved, never re-executed.
enum LogRecord {
  case putEntry(CatalogEntry)
  case removeEntry(EntryID)
  case nextEntryID(EntryID)
  case fill(table: EntryID, column: UInt32, ColumnFill)
  /// A row group written straight to the file; takes the place of a tail of the same id.
  case rowGroup(table: EntryID, id: UInt64, rowCount: Int, RowGroupAddress)
  /// Rows appended to the tail `group`, which has `start` rows before.
  case rows(table: EntryID, group: UInt64, start: Int, columnIDs: [UInt32], Chunk)
  case delete(table: EntryID, group: UInt64, offsets: [UInt32])
  case deleteAll(table: EntryID, group: UInt64)
  case nextGroupID(table: EntryID, UInt64)
  case metadata(String, [UInt8]?)
}

extension ByteWriter {
  mutating func write(_ record: LogRecord) {
    switch record {
    case .putEntry(let entry):
      write(UInt8(1))
      write(entry)
    case .removeEntry(let id):
      write(UInt8(2))
      write(varint: id)
    case .nextEntryID(let id):
      write(UInt8(3))
      write(varint: id)
    case .fill(let table, let column, let fill):
      write(UInt8(4))
      write(varint: table)
      write(varint: UInt64(column))
      write(fill.type)
      write(fill.value)
    case .rowGroup(let table, let id, let rowCount, let address):
      write(UInt8(5))
      write(varint: table)
      write(varint: id)
      write(count: rowCount)
      write(address)
    case .rows(let table, let group, let start, let columnIDs, let chunk):
      write(UInt8(6))
      write(varint: table)
      write(varint: group)
      write(count: start)
      write(count: chunk.count)
      write(count: columnIDs.count)
      for (id, column) in zip(columnIDs, chunk.columns) {
        write(varint: UInt64(id))
        write(column.type)
        write(rows: column)
      }
    case .delete(let table, let group, let offsets):
      write(UInt8(7))
      write(varint: table)
      write(varint: group)
      write(count: offsets.count)
      offsets.withUnsafeBytes { write(raw: $0) }
    case .deleteAll(let table, let group):
      write(UInt8(8))
      write(varint: table)
      write(varint: group)
    case .nextGroupID(let table, let id):
      write(UInt8(9))
      write(varint: table)
      write(varint: id)
    case .metadata(let key, let value):
      write(UInt8(10))
      write(key)
      write(value != nil)
      if let value { write(block: value) }
    }
  }

  mutating func write(_ address: RowGroupAddress) {
    write(count: address.extent.page)
    write(count: address.extent.pageCount)
    write(count: address.footerOffset)
    write(count: address.footerByteCount)
    write(address.footerChecksum)
  }
}

extension ByteReader {
  mutating func logRecord() throws(CodingError) -> LogRecord {
    let tag: UInt8 = try byte()
    switch tag {
    case 1: return .putEntry(try catalogEntry())
    case 2: return .removeEntry(try varint())
    case 3: return .nextEntryID(try varint())
    case 4:
      return .fill(
        table: try varint(), column: UInt32(truncatingIfNeeded: try varint()),
        ColumnFill(type: try type(), value: try value()))
    case 5:
      return .rowGroup(
        table: try varint(), id: try varint(), rowCount: try count(limit: 1 << 24),
        try rowGroupAddress())
    case 6: return try rowsRecord()
    case 7:
      let table: EntryID = try varint()
      let group: UInt64 = try varint()
      let n: Int = try count(limit: remaining / 4)
      var offsets: [UInt32] = []
      offsets.reserveCapacity(n)
      for _ in 0..<n { offsets.append(try uint32()) }
      return .delete(table: table, group: group, offsets: offsets)
    case 8: return .deleteAll(table: try varint(), group: try varint())
    case 9: return .nextGroupID(table: try varint(), try varint())
    case 10:
      let key: String = try string()
      return .metadata(key, try flag() ? try block() : nil)
    default: throw CodingError("record tag \(tag) is unknown")
    }
  }

  private mutating func rowsRecord() throws(CodingError) -> LogRecord {
    let table: EntryID = try varint()
    let group: UInt64 = try varint()
    let start: Int = try count(limit: 1 << 24)
    let rowCount: Int = try count(limit: 1 << 24)
    var ids: [UInt32] = []
    var columns: [Vector] = []
    for _ in 0..<(try count(limit: remaining)) {
      ids.append(UInt32(truncatingIfNeeded: try varint()))
      let type: SQLType = try type()
      let column: Vector = try rows(type)
      guard column.count == rowCount else { throw CodingError("a column has missing rows") }
      columns.append(column)
    }
    return .rows(
      table: table, group: group, start: start, columnIDs: ids,
      Chunk(columns: columns, count: rowCount))
  }

  mutating func rowGroupAddress() throws(CodingError) -> RowGroupAddress {
    let limit = 1 << 44
    return RowGroupAddress(
      extent: Extent(page: try count(limit: limit), pageCount: try count(limit: limit)),
      footerOffset: try count(limit: limit), footerByteCount: try count(limit: limit),
      footerChecksum: try uint32())
  }
}
