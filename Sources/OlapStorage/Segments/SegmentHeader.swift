internal import OlapCatalog
internal import OlapColumns

/// How a segment's values are encoded. Raw values are stable.
enum SegmentEncoding: UInt8, Sendable, CaseIterable {
  /// One value for all rows, kept in the header.
  case constant = 0
  /// value = base + code × multiplier.
  case frame = 1
  /// A frame whose codes never decrease: their differences are stored.
  case delta = 2
  /// A frame or dictionary in runs: (code, length) pairs are stored.
  case runs = 3
  /// Codes into sorted distinct values.
  case dictionary = 4
  /// Doubles that are decimals of few places: integers and a power of ten, exceptions apart.
  case scaled = 5
  /// The flat values.
  case plain = 6
  /// Offsets and bytes.
  case text = 7
  /// List entries and an element segment, or a struct's field segments.
  case nested = 8

  var name: String {
    switch self {
    case .constant: "constant"
    case .frame: "frame"
    case .delta: "delta"
    case .runs: "runs"
    case .dictionary: "dictionary"
    case .scaled: "scaled"
    case .plain: "plain"
    case .text: "text"
    case .nested: "nested"
    }
  }
}

/// Where the bytes of one stream of a segment are and how they were shrunk.
struct StreamDescriptor: Sendable {
  enum Kind: UInt8, Sendable {
    case validity = 0
    case codes, values, offsets, text
  }
  /// What was done before zstd. Raw values are stable.
  enum Transform: UInt8, Sendable {
    case none = 0
    case planes, deltaPlanes, bits, runs
  }
  var kind: Kind
  var transform: Transform
  var isCompressed: Bool
  /// Bytes of one item before the transform.
  var itemByteCount: Int
  /// Bytes in memory, after all is undone.
  var rawByteCount: Int
  /// Bytes after the transform, before zstd.
  var transformedByteCount: Int
  /// Bytes in the file.
  var storedByteCount: Int
  /// From the start of the row group's extent.
  var byteOffset: Int
  /// CRC32C over address, length and stored bytes.
  var checksum: UInt32
}

/// All about one segment but its bytes.
struct SegmentHeader: Sendable {
  var columnID: UInt32
  var type: SQLType
  var encoding: SegmentEncoding
  var rowCount: Int
  var nullCount = 0
  var minimum: Value?
  var maximum: Value?
  var areBoundsKnown = false
  var minimumKey: Int64 = .min
  var maximumKey: Int64 = .max
  var sum: Int128?
  var isSorted = false
  /// The one value of a constant segment.
  var constant: Value = .null
  var frameBase: Int64 = 0
  var frameMultiplier: Int64 = 1
  /// Bytes of one code (frame, delta, runs, dictionary, scaled).
  var codeByteCount = 0
  /// Entries of the dictionary; for `runs` over a dictionary too (0 = the codes are a frame's).
  var dictionaryCount = 0
  /// Power of ten of a scaled segment.
  var exponent = 0
  var exceptionCount = 0
  var streams: [StreamDescriptor] = []
  var zones = ZoneTable()
  var sketch: [UInt8] = []
  var children: [SegmentHeader] = []

  init(columnID: UInt32, type: SQLType, encoding: SegmentEncoding, rowCount: Int) {
    self.columnID = columnID
    self.type = type
    self.encoding = encoding
    self.rowCount = rowCount
  }

  var storedByteCount: Int {
    streams.reduce(0) { $0 + $1.storedByteCount }
      + children.reduce(0) { $0 + $1.storedByteCount }
  }
  /// Bytes in memory, still encoded.
  var encodedByteCount: Int {
    streams.reduce(0) { $0 + $1.rawByteCount }
      + children.reduce(0) { $0 + $1.encodedByteCount }
  }
  /// As `encodedByteCount`, before zstd.
  var transformedByteCount: Int {
    streams.reduce(0) { $0 + $1.transformedByteCount }
      + children.reduce(0) { $0 + $1.transformedByteCount }
  }

  var zoneMap: ZoneMap {
    ZoneMap(
      rowCount: rowCount, nullCount: nullCount, minimum: minimum, maximum: maximum,
      areBoundsKnown: areBoundsKnown, sum: sum, isSorted: isSorted)
  }
}

extension ByteWriter {
  mutating func write(_ header: SegmentHeader) {
    write(varint: UInt64(header.columnID))
    write(header.type)
    write(header.encoding.rawValue)
    write(count: header.rowCount)
    write(count: header.nullCount)
    write(header.minimum ?? .null)
    write(header.maximum ?? .null)
    write(header.areBoundsKnown)
    write(header.minimumKey)
    write(header.maximumKey)
    write(header.sum != nil)
    if let sum = header.sum { write(sum) }
    write(header.isSorted)
    write(header.constant)
    write(header.frameBase)
    write(header.frameMultiplier)
    write(UInt8(header.codeByteCount))
    write(count: header.dictionaryCount)
    write(UInt8(header.exponent))
    write(count: header.exceptionCount)
    write(header.streams) { writer, stream in
      writer.write(stream.kind.rawValue)
      writer.write(stream.transform.rawValue)
      writer.write(stream.isCompressed)
      writer.write(UInt8(stream.itemByteCount))
      writer.write(count: stream.rawByteCount)
      writer.write(count: stream.transformedByteCount)
      writer.write(count: stream.storedByteCount)
      writer.write(count: stream.byteOffset)
      writer.write(stream.checksum)
    }
    let zones: ZoneTable = header.zones
    write(count: zones.count)
    for zone in 0..<zones.count {
      write(signed: zones.minimums[zone])
      write(varint: UInt64(bitPattern: zones.maximums[zone] &- zones.minimums[zone]))
      write(varint: UInt64(zones.nullCounts[zone]))
    }
    write(sketch: header.sketch)
    write(header.children) { $0.write($1) }
  }
}

extension ByteWriter {
  /// Registers of a distinct sketch; few set ones are listed, many are stored as they are.
  private mutating func write(sketch: [UInt8]) {
    let set: [Int] = sketch.indices.filter { sketch[$0] != 0 }
    if sketch.count == DistinctSketch.registerCount && set.count * 3 < sketch.count {
      write(UInt8(1))
      write(count: set.count)
      for index in set {
        write(count: index)
        write(sketch[index])
      }
    } else {
      write(UInt8(0))
      write(block: sketch)
    }
  }
}

extension ByteReader {
  fileprivate mutating func sketch() throws(CodingError) -> [UInt8] {
    if try byte() == 0 { return try block() }
    var registers = [UInt8](repeating: 0, count: DistinctSketch.registerCount)
    for _ in 0..<(try count(limit: DistinctSketch.registerCount)) {
      let index: Int = try count(limit: DistinctSketch.registerCount - 1)
      registers[index] = try byte()
    }
    return registers
  }

  mutating func segmentHeader(depth: Int = 0) throws(CodingError) -> SegmentHeader {
    guard depth < 64 else { throw CodingError("segments are nested too deep") }
    let columnID = UInt32(truncatingIfNeeded: try varint())
    let type: SQLType = try type()
    guard let encoding = SegmentEncoding(rawValue: try byte()) else {
      throw CodingError("a segment's encoding is unknown")
    }
    var header = SegmentHeader(
      columnID: columnID, type: type, encoding: encoding, rowCount: try count(limit: 1 << 40))
    header.nullCount = try count(limit: header.rowCount)
    let minimum: Value = try value()
    let maximum: Value = try value()
    header.minimum = minimum.isNull ? nil : minimum
    header.maximum = maximum.isNull ? nil : maximum
    header.areBoundsKnown = try flag()
    header.minimumKey = try int64()
    header.maximumKey = try int64()
    if try flag() { header.sum = try int128() }
    header.isSorted = try flag()
    header.constant = try value()
    header.frameBase = try int64()
    header.frameMultiplier = try int64()
    header.codeByteCount = Int(try byte())
    header.dictionaryCount = try count(limit: 1 << 32)
    header.exponent = Int(try byte())
    header.exceptionCount = try count(limit: header.rowCount)
    header.streams = try array { (r: inout ByteReader) throws(CodingError) in try r.stream() }
    let zoneCount: Int = try count(limit: remaining)
    header.zones.rowCount = header.rowCount
    for _ in 0..<zoneCount {
      let low: Int64 = try signed()
      header.zones.minimums.append(low)
      header.zones.maximums.append(low &+ Int64(bitPattern: try varint()))
      header.zones.nullCounts.append(UInt32(truncatingIfNeeded: try varint()))
    }
    header.sketch = try sketch()
    header.children = try array { (r: inout ByteReader) throws(CodingError) in
      try r.segmentHeader(depth: depth + 1)
    }
    return header
  }

  private mutating func stream() throws(CodingError) -> StreamDescriptor {
    guard let kind = StreamDescriptor.Kind(rawValue: try byte()),
      let transform = StreamDescriptor.Transform(rawValue: try byte())
    else { throw CodingError("a stream's kind is unknown") }
    return StreamDescriptor(
      kind: kind, transform: transform, isCompressed: try flag(), itemByteCount: Int(try byte()),
      rawByteCount: try count(), transformedByteCount: try count(),
      storedByteCount: try count(), byteOffset: try count(), checksum: try uint32())
  }
}
