internal import CZstd
internal import OlapCatalog
internal import OlapColumns

/// The whole state but the rows: catalog, metadata, and per table its row groups' places and deletes.
/// Written at a checkpoint as one extent, compressed.
enum Manifest {
  /// Temporary tables are left out; every row group is sealed and in the file.
  static func encode(_ state: DatabaseState) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(state.csn)
    writer.write(varint: state.catalog.nextID)
    let entries: [CatalogEntry] = state.catalog.sortedEntries.filter { !$0.isTemporary }
    writer.write(entries) { $0.write($1) }
    writer.write(state.metadata.sorted { $0.key < $1.key }) { writer, item in
      writer.write(item.key)
      writer.write(block: item.value)
    }
    let tables = state.tables.filter { !$0.value.isTemporary }.sorted { $0.key < $1.key }
    writer.write(tables) { writer, item in
      writer.write(varint: item.key)
      writer.write(varint: item.value.nextGroupID)
      writer.write(item.value.feedFloor)
      writer.write(item.value.fills.sorted { $0.key < $1.key }) { writer, fill in
        writer.write(varint: UInt64(fill.key))
        writer.write(fill.value.type)
        writer.write(fill.value.value)
      }
      let groups: [RowGroupState] = item.value.groups
      writer.write(groups) { $0.write($1) }
    }
    return writer.bytes
  }

  static func decode(
    _ bytes: [UInt8], file: DataFile, pool: BufferPool
  ) throws(CodingError) -> DatabaseState {
    var reader = ByteReader(bytes)
    let csn: CSN = try reader.uint64()
    let nextID: EntryID = try reader.varint()
    var catalog = CatalogSnapshot()
    for entry in try reader.array({ (r: inout ByteReader) throws(CodingError) in
      try r.catalogEntry()
    }) {
      catalog.put(entry)
    }
    catalog.nextID = Swift.max(catalog.nextID, nextID)
    var metadata: [String: [UInt8]] = [:]
    for _ in 0..<(try reader.count(limit: reader.remaining)) {
      let key: String = try reader.string()
      metadata[key] = try reader.block()
    }
    var tables: [EntryID: TableState] = [:]
    for _ in 0..<(try reader.count(limit: reader.remaining)) {
      let id: EntryID = try reader.varint()
      let nextGroupID: UInt64 = try reader.varint()
      let floor: CSN = try reader.uint64()
      var fills: [UInt32: ColumnFill] = [:]
      for _ in 0..<(try reader.count(limit: reader.remaining)) {
        let column = UInt32(truncatingIfNeeded: try reader.varint())
        fills[column] = ColumnFill(type: try reader.type(), value: try reader.value())
      }
      var groups: [RowGroupState] = []
      for _ in 0..<(try reader.count(limit: reader.remaining)) {
        groups.append(try reader.rowGroupState(file, pool))
      }
      tables[id] = TableState(
        groups: groups, nextGroupID: nextGroupID, feedFloor: floor, fills: fills)
    }
    return DatabaseState(csn: csn, catalog: catalog, tables: tables, metadata: metadata)
  }

  /// zstd of the manifest's bytes.
  static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    let size: Int = out.withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { source in
        ZSTD_compress(target.baseAddress, target.count, source.baseAddress, source.count, 1)
      }
    }
    out.removeSubrange(size...)
    return out
  }

  static func decompress(_ bytes: [UInt8], rawByteCount: Int) -> [UInt8]? {
    guard rawByteCount >= 0, rawByteCount <= 1 << 36 else { return nil }
    var out = [UInt8](repeating: 0, count: rawByteCount)
    let size: Int = out.withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { source in
        ZSTD_decompress(target.baseAddress, target.count, source.baseAddress, source.count)
      }
    }
    return size == rawByteCount ? out : nil
  }
}

extension ByteWriter {
  /// A sealed row group's place and its deletes; row groups without a place are left out by the caller.
  fileprivate mutating func write(_ group: RowGroupState) {
    write(varint: group.id)
    write(count: group.rowCount)
    guard case .sealed(let sealed) = group.rows, let address = sealed.address else {
      preconditionFailure("a checkpoint seals every row group before it writes the manifest")
    }
    write(address)
    let deletes: DeleteVector? = group.deletes
    write(deletes?.wholeCommit != nil)
    if let whole = deletes?.wholeCommit { write(varint: whole) }
    let records: [(csn: CSN, offset: UInt32)] = deletes?.records(from: 0) ?? []
    write(count: records.count)
    var csn: CSN = 0
    for record in records {
      write(signed: Int64(bitPattern: record.csn &- csn))
      csn = record.csn
    }
    var last: Int64 = 0
    for record in records {
      write(signed: Int64(record.offset) - last)
      last = Int64(record.offset)
    }
  }
}

extension ByteReader {
  fileprivate mutating func rowGroupState(
    _ file: DataFile, _ pool: BufferPool
  ) throws(CodingError) -> RowGroupState {
    let id: UInt64 = try varint()
    let rowCount: Int = try count(limit: 1 << 24)
    let address: RowGroupAddress = try rowGroupAddress()
    let whole: CSN? = try flag() ? try varint() : nil
    let n: Int = try count(limit: remaining)
    var records: [(csn: CSN, offset: UInt32)] = []
    records.reserveCapacity(n)
    var csn: CSN = 0
    for _ in 0..<n {
      csn = csn &+ CSN(bitPattern: try signed())
      records.append((csn, 0))
    }
    var offset: Int64 = 0
    for i in 0..<n {
      offset &+= try signed()
      guard let small = UInt32(exactly: offset) else {
        throw CodingError("a delete record is out of range")
      }
      records[i].offset = small
    }
    let lease = ExtentLease(file: file, extent: address.extent)
    let group = RowGroup(id: id, rowCount: rowCount, address: address, lease: lease, pool: pool)
    do {
      let deletes: DeleteVector? = try DeleteVector.restored(
        records: records, wholeCommit: whole, rowCount: rowCount)
      return RowGroupState(rows: .sealed(group), deletes: deletes)
    } catch {
      throw CodingError(error.description)
    }
  }
}
