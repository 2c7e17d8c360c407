internal import OlapCatalog
internal import OlapColumns
import Synchronization

/// Where a sealed row group lies in the file.
struct RowGroupAddress: Sendable, Hashable {
  var extent: Extent
  /// From the start of the extent.
  var footerOffset: Int
  var footerByteCount: Int
  var footerChecksum: UInt32
}

/// Rows sealed together: encoded, immutable, never overwritten. The footer, which describes the
/// segments, is read when first needed.
final class RowGroup: Sendable {
  /// What the footer says.
  struct Contents: Sendable {
    var segments: [UInt32: Segment] = [:]
    var order: [UInt32] = []
    let runs: [CommitRun]
    /// The newest of the rows' commits.
    let newestCommit: CSN
    var keyIndexes: [StoredKeyIndex] = []

    /// Without segments yet.
    init(runs: [CommitRun]) {
      self.runs = runs
      newestCommit = runs.reduce(0) { Swift.max($0, $1.csn) }
    }

    /// Segments of the file, none of them read yet.
    init(_ footer: RowGroupFooter, lease: ExtentLease, pool: BufferPool) {
      self.init(runs: footer.runs)
      for header in footer.segments {
        segments[header.columnID] = Segment(header: header, extent: lease, pool: pool)
        order.append(header.columnID)
      }
      keyIndexes = footer.keyIndexes.map { index in
        StoredKeyIndex(
          columnIDs: index.columnIDs, signature: index.signature,
          hashes: Segment(header: index.hashes, extent: lease, pool: pool),
          rows: Segment(header: index.rows, extent: lease, pool: pool),
          filter: Segment(header: index.filter, extent: lease, pool: pool))
      }
    }
  }

  let id: UInt64
  let rowCount: Int
  /// Nil for row groups kept in memory.
  let address: RowGroupAddress?
  private let lease: ExtentLease?
  private let pool: BufferPool
  private let loadedContents: Mutex<Contents?>
  /// Key indexes derived in memory because none was stored.
  private let derivedIndexes = Mutex<[[UInt32]: KeyIndex]>([:])

  /// A row group in memory, or one just written (its contents are known).
  init(
    id: UInt64, rowCount: Int, contents: Contents, address: RowGroupAddress?, lease: ExtentLease?,
    pool: BufferPool
  ) {
    self.id = id
    self.rowCount = rowCount
    self.address = address
    self.lease = lease
    self.pool = pool
    loadedContents = Mutex(contents)
  }

  /// A row group found in the manifest or the log.
  init(id: UInt64, rowCount: Int, address: RowGroupAddress, lease: ExtentLease, pool: BufferPool) {
    self.id = id
    self.rowCount = rowCount
    self.address = address
    self.lease = lease
    self.pool = pool
    loadedContents = Mutex(nil)
  }

  var contents: Contents {
    get throws {
      try loadedContents.withLock { loaded in
        if let loaded { return loaded }
        let fresh: Contents = try readFooter()
        loaded = fresh
        return fresh
      }
    }
  }

  var runs: [CommitRun] {
    get throws {
      try loadedContents.withLock { loaded in
        if loaded == nil { loaded = try readFooter() }
        return loaded?.runs ?? []
      }
    }
  }

  var newestCommit: CSN {
    get throws {
      try loadedContents.withLock { loaded in
        if loaded == nil { loaded = try readFooter() }
        return loaded?.newestCommit ?? 0
      }
    }
  }

  /// The column's segment, without copying the other contents.
  func segment(_ id: UInt32) throws -> Segment? {
    try loadedContents.withLock { loaded in
      if loaded == nil { loaded = try readFooter() }
      return loaded?.segments[id]
    }
  }

  private func readFooter() throws -> Contents {
    guard let address, let lease else { return Contents(runs: []) }
    let offset: Int = address.extent.byteOffset + address.footerOffset
    let bytes: [UInt8] = try lease.file.readChecked(
      at: offset, byteCount: address.footerByteCount, checksum: address.footerChecksum,
      what: "a row group's footer")
    do {
      var reader = ByteReader(bytes)
      let footer: RowGroupFooter = try reader.rowGroupFooter()
      guard footer.rowCount == rowCount, footer.runs.last?.endRow == rowCount || rowCount == 0,
        footer.segments.allSatisfy({ $0.rowCount == rowCount })
      else { throw CodingError("a row group's footer disagrees with the manifest") }
      return Contents(footer, lease: lease, pool: pool)
    } catch let error as CodingError {
      throw StorageError.corrupt(file: lease.file.path, byteOffset: offset, what: error.what)
    }
  }

  /// The index of a key: the stored one, or one derived from the columns.
  func keyIndex(_ ids: [UInt32], layout: ColumnLayout) throws -> KeyIndex {
    if let known = derivedIndexes.withLock({ $0[ids] }) { return known }
    if let stored = try contents.keyIndexes.first(where: { $0.columnIDs == ids }),
      stored.signature == KeyIndex.signature, let index = try? stored.load(rowCount: rowCount)
    {
      return index
    }
    // No index is stored, or it is damaged: it only speeds things up, so it is derived again.
    let vectors: [Vector] = try ids.map { id in
      guard let segment = try segment(id) else {
        let type: SQLType = layout.ids.firstIndex(of: id).map { layout.types[$0] } ?? .null
        return ColumnFill.vector(layout.fills[id], type: type, count: rowCount)
      }
      return try segment.load().whole
    }
    let index = KeyIndex(EncodedKeyIndex(vectors: vectors, count: rowCount))
    derivedIndexes.withLock { $0[ids] = index }
    return index
  }

  /// The keys not found yet that the bounds of the first key column leave room for.
  func openKeys(of batch: ProbeBatch) throws -> ArraySlice<UInt32> {
    guard !batch.keys[0].type.isNested, let header = try segment(batch.ids[0])?.header else {
      return batch.open[...]
    }
    return batch.open(from: header.minimumKey, to: header.maximumKey)
  }

  /// Appends (probe row, offset) of rows whose key hash equals that of a probe row.
  func candidates(
    _ batch: ProbeBatch, open: ArraySlice<UInt32>, layout: ColumnLayout,
    into result: inout (probe: [UInt32], row: [UInt32])
  ) throws {
    try keyIndex(batch.ids, layout: layout).candidates(batch.hashes, open: open, into: &result)
  }

  /// Bytes in the file.
  var storedByteCount: Int { address?.extent.byteCount ?? 0 }
}

/// The footer's fields as stored.
struct RowGroupFooter: Sendable {
  struct KeyIndexHeader: Sendable {
    var columnIDs: [UInt32]
    var signature: UInt64
    var hashes: SegmentHeader
    var rows: SegmentHeader
    var filter: SegmentHeader
  }
  var rowCount: Int
  var runs: [CommitRun]
  var segments: [SegmentHeader]
  var keyIndexes: [KeyIndexHeader]
}

extension ByteWriter {
  mutating func write(_ footer: RowGroupFooter) {
    write(count: footer.rowCount)
    write(runs: footer.runs)
    write(footer.segments) { $0.write($1) }
    write(footer.keyIndexes) { writer, index in
      writer.write(index.columnIDs) { $0.write(varint: UInt64($1)) }
      writer.write(index.signature)
      writer.write(index.hashes)
      writer.write(index.rows)
      writer.write(index.filter)
    }
  }

  mutating func write(runs: [CommitRun]) {
    write(count: runs.count)
    var csn: CSN = 0
    var row = 0
    for run in runs {
      write(signed: Int64(bitPattern: run.csn &- csn))
      write(count: run.endRow - row)
      csn = run.csn
      row = run.endRow
    }
  }
}

extension ByteReader {
  mutating func rowGroupFooter() throws(CodingError) -> RowGroupFooter {
    RowGroupFooter(
      rowCount: try count(limit: 1 << 24), runs: try commitRuns(),
      segments: try array { (r: inout ByteReader) throws(CodingError) in try r.segmentHeader() },
      keyIndexes: try array { (r: inout ByteReader) throws(CodingError) in
        RowGroupFooter.KeyIndexHeader(
          columnIDs: try r.array { (r: inout ByteReader) throws(CodingError) in
            UInt32(truncatingIfNeeded: try r.varint())
          }, signature: try r.uint64(), hashes: try r.segmentHeader(),
          rows: try r.segmentHeader(), filter: try r.segmentHeader())
      })
  }

  mutating func commitRuns() throws(CodingError) -> [CommitRun] {
    var runs: [CommitRun] = []
    var csn: CSN = 0
    var row = 0
    for _ in 0..<(try count(limit: remaining)) {
      csn = csn &+ CSN(bitPattern: try signed())
      row += try count(limit: 1 << 24)
      runs.append(CommitRun(csn: csn, endRow: row))
    }
    return runs
  }
}
