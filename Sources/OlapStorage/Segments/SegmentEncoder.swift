import Glibc
internal import OlapColumns

/// Picks the cheapest encoding of a column by its exact size and encodes it.
enum SegmentEncoder {
  /// Encodes all rows of `vector` (any encoding).
  static func encode(
    _ vector: Vector, columnID: UInt32, depth: Int = 0
  ) throws(StorageError) -> EncodedSegment {
    let flat: Vector = vector.flattened()
    var result: EncodedSegment
    switch flat.physical {
    case .bool, .uint8: result = IntegerEncoding.encode(flat, UInt8.self, columnID)
    case .int8: result = IntegerEncoding.encode(flat, Int8.self, columnID)
    case .int16: result = IntegerEncoding.encode(flat, Int16.self, columnID)
    case .int32: result = IntegerEncoding.encode(flat, Int32.self, columnID)
    case .int64: result = IntegerEncoding.encode(flat, Int64.self, columnID)
    case .uint16: result = IntegerEncoding.encode(flat, UInt16.self, columnID)
    case .uint32: result = IntegerEncoding.encode(flat, UInt32.self, columnID)
    case .float64: result = DoubleEncoding.encode(flat, columnID)
    case .string: result = try TextEncoding.encode(flat, columnID)
    case .list, .structure: result = try NestedEncoding.encode(flat, columnID, depth: depth)
    case .uint64, .int128, .uint128, .float32, .interval:
      result = PlainEncoding.encode(flat, columnID)
    }
    if depth == 0 { result.header.sketch = sketch(flat, result.header) }
    return result
  }

  private static func sketch(_ flat: Vector, _ header: SegmentHeader) -> [UInt8] {
    flat.type.isNested ? [] : DistinctSketch.of(flat)
  }

  /// A header with row and NULL counts; nil bounds.
  static func header(
    _ vector: Vector, _ columnID: UInt32, _ encoding: SegmentEncoding
  ) -> SegmentHeader {
    var header = SegmentHeader(
      columnID: columnID, type: vector.type, encoding: encoding, rowCount: vector.count)
    if let validity = vector.validity {
      header.nullCount = vector.count - countOnes(validity, vector.count)
    }
    return header
  }

  static func countOnes(_ bytes: UnsafePointer<UInt8>, _ n: Int) -> Int {
    var total = 0
    for i in 0..<n { total &+= Int(bytes[i]) }
    return total
  }

  /// A segment of NULLs only.
  static func allNull(_ header: SegmentHeader) -> EncodedSegment {
    var header = header
    header.encoding = .constant
    header.constant = .null
    header.areBoundsKnown = true
    header.minimumKey = .max
    header.maximumKey = .min
    header.isSorted = true
    return EncodedSegment(header: header)
  }

  /// The validity stream when some rows, not all, are NULL.
  static func validityStream(_ vector: Vector, _ header: SegmentHeader) -> [RawStream] {
    guard let validity = vector.validity, header.nullCount > 0 else { return [] }
    let buffer = Buffer(byteCount: vector.count)
    memcpy(buffer.bytes, validity, vector.count)
    return [
      RawStream(
        kind: .validity, transform: .bits, itemByteCount: 1, buffer: buffer,
        byteCount: vector.count)
    ]
  }

  /// A stream of codes; sorted ones as differences, long runs as runs. Sets the header's encoding
  /// when it was the frame's.
  static func codeStream(
    _ buffer: Buffer, _ n: Int, _ size: Int, isSorted: Bool, _ header: inout SegmentHeader
  ) -> RawStream {
    let byteCount: Int = n * size
    if size <= 4 {
      let runs: Int =
        switch size {
        case 1: StreamTransform.countRuns(buffer.bytes.assumingMemoryBound(to: UInt8.self), n)
        case 2: StreamTransform.countRuns(buffer.bytes.assumingMemoryBound(to: UInt16.self), n)
        default: StreamTransform.countRuns(buffer.bytes.assumingMemoryBound(to: UInt32.self), n)
        }
      if runs * (size + 4) * 16 < byteCount {
        header.encoding = .runs
        return RawStream(
          kind: .codes, transform: .runs, itemByteCount: size, buffer: buffer,
          byteCount: byteCount)
      }
    }
    if isSorted && size > 1 && header.encoding == .frame {
      header.encoding = .delta
      return RawStream(
        kind: .codes, transform: .deltaPlanes, itemByteCount: size, buffer: buffer,
        byteCount: byteCount)
    }
    return RawStream(
      kind: .codes, transform: size > 1 ? .planes : .none, itemByteCount: size, buffer: buffer,
      byteCount: byteCount)
  }
}
