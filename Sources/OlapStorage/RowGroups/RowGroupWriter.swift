internal import CZstd
import Glibc
internal import OlapCatalog
internal import OlapColumns

/// Encodes the columns of a row group and keeps them in memory or writes them to the file.
struct RowGroupWriter {
  /// zstd is kept when it saves at least this share of a stream (in 1/256).
  private static let savingMin = 31
  private static let compressionLevel: Int32 = 1

  let id: UInt64
  let rowCount: Int
  let columnIDs: [UInt32]
  let keys: [[UInt32]]
  let runs: [CommitRun]
  let pool: BufferPool
  /// What is written to the file and also stays in memory, as if it had been read. Never takes more than
  /// half of the memory limit.
  enum Kept {
    /// So that the first look-ups of keys after a load need not read the indexes back.
    case keyIndexes
    /// For tables whose rows are soon looked up again.
    case everything
  }
  var keeping: Kept = .keyIndexes

  /// Encoded segments and key indexes in footer order.
  private struct Encoded {
    var segments: [EncodedSegment] = []
    var indexes: [(ids: [UInt32], parts: [EncodedSegment])] = []
  }

  private func encode(_ columns: [Vector]) throws(StorageError) -> Encoded {
    var encoded = Encoded()
    for (id, column) in zip(columnIDs, columns) {
      encoded.segments.append(try SegmentEncoder.encode(column, columnID: id))
    }
    for key in keys {
      let vectors: [Vector] = key.compactMap { id in
        columnIDs.firstIndex(of: id).map { columns[$0].flattened() }
      }
      if vectors.count != key.count { continue }
      let index = EncodedKeyIndex(vectors: vectors, count: rowCount)
      encoded.indexes.append(
        (
          key,
          [
            RowGroupWriter.plain(index.hashes, .deltaPlanes),
            RowGroupWriter.plain(index.rows, .planes), RowGroupWriter.plain(index.filter, .none),
          ]
        ))
    }
    return encoded
  }

  /// A part of an index as a plain segment.
  private static func plain(
    _ vector: Vector, _ transform: StreamDescriptor.Transform
  ) -> EncodedSegment {
    let header = SegmentHeader(
      columnID: .max, type: vector.type, encoding: .plain, rowCount: vector.count)
    let size: Int = vector.physical.byteCount
    let buffer = Buffer(byteCount: vector.count * size)
    memcpy(buffer.bytes, vector.data, vector.count * size)
    return EncodedSegment(
      header: header,
      streams: [
        RawStream(
          kind: .values, transform: transform, itemByteCount: size, buffer: buffer,
          byteCount: vector.count * size)
      ])
  }

  // MARK: In memory

  /// A row group whose segments stay in memory, encoded, without zstd.
  func makeResident(_ columns: [Vector]) throws -> RowGroup {
    let encoded: Encoded = try encode(columns)
    let contents = RowGroup.Contents(
      segments: try encoded.segments.map(resident), runs: runs,
      keyIndexes: try encoded.indexes.map { index in
        StoredKeyIndex(
          columnIDs: index.ids, signature: KeyIndex.signature,
          hashes: try resident(index.parts[0]), rows: try resident(index.parts[1]),
          filter: try resident(index.parts[2]))
      })
    return RowGroup(
      id: id, rowCount: rowCount, contents: contents, address: nil, lease: nil, pool: pool)
  }

  private func resident(_ segment: EncodedSegment) throws -> Segment {
    let memory = SegmentMemory(budget: pool.budget)
    let header: SegmentHeader = RowGroupWriter.describe(segment)
    let loaded: LoadedSegment = RowGroupWriter.load(segment, header, memory)
    return Segment(header: header, resident: try SegmentDecoder.decode(loaded, memory: memory))
  }

  /// The header of a segment whose streams are in memory only.
  private static func describe(_ segment: EncodedSegment) -> SegmentHeader {
    var header: SegmentHeader = segment.header
    for stream in segment.streams {
      header.streams.append(
        StreamDescriptor(
          kind: stream.kind, transform: stream.transform, isCompressed: false,
          itemByteCount: stream.itemByteCount, rawByteCount: stream.byteCount,
          transformedByteCount: stream.byteCount, storedByteCount: 0, byteOffset: 0, checksum: 0))
    }
    header.children = segment.children.map(describe)
    return header
  }

  private static func load(
    _ segment: EncodedSegment, _ header: SegmentHeader, _ memory: SegmentMemory
  ) -> LoadedSegment {
    var loaded = LoadedSegment(header: header)
    for stream in segment.streams {
      memory.keep(stream.buffer)
      loaded.streams.append((stream.kind, stream.buffer.bytes, stream.byteCount))
    }
    loaded.children = zip(segment.children, header.children).map { load($0, $1, memory) }
    return loaded
  }

  // MARK: In the file

  /// Compressed streams and their place in the extent.
  private struct Output {
    var blocks: [(buffer: Buffer, byteOffset: Int, byteCount: Int)] = []
    var byteCount = 0
    let context: OpaquePointer?

    mutating func add(_ buffer: Buffer, _ count: Int) -> Int {
      // Eight-byte alignment of every stream.
      let start: Int = (byteCount + 7) & ~7
      blocks.append((buffer, start, count))
      byteCount = start + count
      return start
    }
  }

  /// Writes the row group as one extent: streams, then the footer.
  ///
  /// ```
  /// ┌──────────┬──────────┬───┬─────────────┬────────┬─────────┐
  /// │ stream 0 │ stream 1 │ … │ key indexes │ footer │ padding │   whole 4 KiB pages
  /// └──────────┴──────────┴───┴─────────────┴────────┴─────────┘
  /// ```
  func write(_ columns: [Vector], to file: DataFile) throws -> RowGroup {
    let encoded: Encoded = try encode(columns)
    let context: OpaquePointer? = ZSTD_createCCtx()
    defer { ZSTD_freeCCtx(context) }
    var output = Output(context: context)
    var footer = RowGroupFooter(
      rowCount: rowCount, runs: runs, segments: [], keyIndexes: [])
    for segment in encoded.segments {
      footer.segments.append(RowGroupWriter.store(segment, &output))
    }
    for index in encoded.indexes {
      footer.keyIndexes.append(
        RowGroupFooter.KeyIndexHeader(
          columnIDs: index.ids, signature: KeyIndex.signature,
          hashes: RowGroupWriter.store(index.parts[0], &output),
          rows: RowGroupWriter.store(index.parts[1], &output),
          filter: RowGroupWriter.store(index.parts[2], &output)))
    }
    // Checksums have a fixed width: the footer's length is known before they are.
    var sized = ByteWriter()
    sized.write(footer)
    let footerOffset: Int = (output.byteCount + 7) & ~7
    let lease: ExtentLease = file.allocate(footerOffset + sized.bytes.count)
    let contents: RowGroup.Contents
    let address: RowGroupAddress
    (address, contents) = try write(footer, output, footerOffset, lease, file)
    try keep(encoded, in: contents)
    return RowGroup(
      id: id, rowCount: rowCount, contents: contents, address: address, lease: lease, pool: pool)
  }

  /// Leaves the data of segments just written in the pool while half of it is free.
  private func keep(_ encoded: Encoded, in contents: RowGroup.Contents) throws {
    var segments: [Segment] = contents.keyIndexes.flatMap { [$0.hashes, $0.rows, $0.filter] }
    var sources: [EncodedSegment] = encoded.indexes.flatMap { $0.parts }
    if keeping == .everything {
      segments += contents.segments
      sources += encoded.segments
    }
    for (segment, source) in zip(segments, sources) {
      if pool.budget.used > pool.budget.limit / 2 { return }
      let memory = SegmentMemory(budget: pool.budget)
      let loaded: LoadedSegment = RowGroupWriter.load(source, segment.header, memory)
      segment.keep(try SegmentDecoder.decode(loaded, memory: memory))
    }
  }

  private func write(
    _ footer: RowGroupFooter, _ output: Output, _ footerOffset: Int, _ lease: ExtentLease,
    _ file: DataFile
  ) throws -> (RowGroupAddress, RowGroup.Contents) {
    var footer: RowGroupFooter = footer
    let base: Int = lease.extent.byteOffset
    let image = Buffer(byteCount: lease.extent.byteCount)
    memset(image.bytes, 0, lease.extent.byteCount)
    for block in output.blocks {
      memcpy(image.bytes + block.byteOffset, block.buffer.bytes, block.byteCount)
    }
    for i in footer.segments.indices {
      RowGroupWriter.sign(&footer.segments[i], base, image)
    }
    for i in footer.keyIndexes.indices {
      RowGroupWriter.sign(&footer.keyIndexes[i].hashes, base, image)
      RowGroupWriter.sign(&footer.keyIndexes[i].rows, base, image)
      RowGroupWriter.sign(&footer.keyIndexes[i].filter, base, image)
    }
    var writer = ByteWriter()
    writer.write(footer)
    writer.bytes.withUnsafeBytes { bytes in
      if let start = bytes.baseAddress { memcpy(image.bytes + footerOffset, start, bytes.count) }
    }
    let checksum: UInt32 = Checksum.of(
      UnsafeRawBufferPointer(start: image.bytes + footerOffset, count: writer.bytes.count),
      address: UInt64(base + footerOffset))
    try file.file.write(
      UnsafeRawBufferPointer(start: image.bytes, count: lease.extent.byteCount), at: base)
    let address = RowGroupAddress(
      extent: lease.extent, footerOffset: footerOffset, footerByteCount: writer.bytes.count,
      footerChecksum: checksum)
    return (address, RowGroup.Contents(footer, lease: lease, pool: pool))
  }

  /// Transforms and compresses a segment's streams; the header with their places.
  private static func store(_ segment: EncodedSegment, _ output: inout Output) -> SegmentHeader {
    var header: SegmentHeader = segment.header
    for stream in segment.streams {
      let transformed: Buffer = StreamTransform.apply(stream)
      let count: Int = StreamTransform.transformedByteCount(stream)
      var descriptor = StreamDescriptor(
        kind: stream.kind, transform: stream.transform, isCompressed: false,
        itemByteCount: stream.itemByteCount, rawByteCount: stream.byteCount,
        transformedByteCount: count, storedByteCount: count, byteOffset: 0, checksum: 0)
      if let small = compress(transformed, count, output.context) {
        descriptor.isCompressed = true
        descriptor.storedByteCount = small.byteCount
        descriptor.byteOffset = output.add(small.buffer, small.byteCount)
      } else {
        descriptor.byteOffset = output.add(transformed, count)
      }
      header.streams.append(descriptor)
    }
    header.children = segment.children.map { store($0, &output) }
    return header
  }

  private static func compress(
    _ buffer: Buffer, _ count: Int, _ context: OpaquePointer?
  ) -> (buffer: Buffer, byteCount: Int)? {
    if count < 64 { return nil }
    let out = Buffer(byteCount: ZSTD_compressBound(count))
    let size: Int = ZSTD_compressCCtx(
      context, out.bytes, out.byteCount, buffer.bytes, count, compressionLevel)
    if ZSTD_isError(size) != 0 || size > count - count * savingMin / 256 { return nil }
    return (out, size)
  }

  private static func sign(_ header: inout SegmentHeader, _ base: Int, _ image: Buffer) {
    for i in header.streams.indices {
      let stream: StreamDescriptor = header.streams[i]
      header.streams[i].checksum = Checksum.of(
        UnsafeRawBufferPointer(
          start: image.bytes + stream.byteOffset, count: stream.storedByteCount),
        address: UInt64(base + stream.byteOffset))
    }
    for i in header.children.indices { sign(&header.children[i], base, image) }
  }
}
