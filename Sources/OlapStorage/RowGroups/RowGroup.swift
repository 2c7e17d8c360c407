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
  /// What the footer says; immutable once the row group has it.
  final class Contents: Sendable {
    let segments: [Segment]
    /// Column of each of `segments`.
    let columnIDs: [UInt32]
    let runs: [CommitRun]
    /// The newest of the rows' commits.
    let newestCommit: CSN
    let keyIndexes: [StoredKeyIndex]

    init(segments: [Segment], runs: [CommitRun], keyIndexes: [StoredKeyIndex]) {
      self.segments = segments
      columnIDs = segments.map { $0.header.columnID }
      self.runs = runs
      newestCommit = runs.reduce(0) { Swift.max($0, $1.csn) }
      self.keyIndexes = keyIndexes
    }

    /// Segments of the file, none of them read yet.
    convenience init(_ footer: RowGroupFooter, lease: ExtentLease, pool: BufferPool) {
      let segment: (SegmentHeader) -> Segment = { Segment(header: $0, extent: lease, pool: pool) }
      self.init(
        segments: footer.segments.map(segment), runs: footer.runs,
        keyIndexes: footer.keyIndexes.map { index in
          StoredKeyIndex(
            columnIDs: index.columnIDs, signature: index.signature, hashes: segment(index.hashes),
            rows: segment(index.rows), filter: segment(index.filter))
        })
    }

    /// The segment of a column, most likely at a position; nil when the rows are older than the column.
    func segment(_ id: UInt32, near position: Int) -> Segment? {
      if position < columnIDs.count && columnIDs[position] == id { return segments[position] }
      return columnIDs.firstIndex(of: id).map { segments[$0] }
    }
  }

  let id: UInt64
  let rowCount: Int
  /// Nil for row groups kept in memory.
  let address: RowGroupAddress?
  private let lease: ExtentLease?
  private let pool: BufferPool
  private let loadedContents: AtomicLazyReference<Contents>
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
    loadedContents = AtomicLazyReference()
    _ = loadedContents.storeIfNil(contents)
  }

  /// A row group found in the manifest or the log.
  init(id: UInt64, rowCount: Int, address: RowGroupAddress, lease: ExtentLease, pool: BufferPool) {
    self.id = id
    self.rowCount = rowCount
    self.address = address
    self.lease = lease
    self.pool = pool
    loadedContents = AtomicLazyReference()
  }

  /// Read from the file when first asked for. Two threads may both read it; one result stays.
  var contents: Contents {
    get throws { try loadedContents.load() ?? loadedContents.storeIfNil(readFooter()) }
  }

  var runs: [CommitRun] { get throws { try contents.runs } }
  var newestCommit: CSN { get throws { try contents.newestCommit } }

  /// The column's segment, most likely at `position`.
  func segment(_ id: UInt32, near position: Int = 0) throws -> Segment? {
    try contents.segment(id, near: position)
  }

  private func readFooter() throws -> Contents {
    guard let address, let lease else { return Contents(segments: [], runs: [], keyIndexes: []) }
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
    guard !batch.keys[0].type.isNested,
      let segment = try segment(batch.ids[0], near: batch.positions[0])
    else { return batch.open[...] }
    return batch.open(from: segment.header.minimumKey, to: segment.header.maximumKey)
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
