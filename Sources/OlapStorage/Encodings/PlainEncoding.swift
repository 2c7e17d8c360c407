import Glibc
internal import OlapColumns

/// The flat values as they are; on disk in byte planes.
enum PlainEncoding {
  static func encode(_ vector: Vector, _ columnID: UInt32) -> EncodedSegment {
    var header: SegmentHeader = SegmentEncoder.header(vector, columnID, .plain)
    if header.nullCount == vector.count { return SegmentEncoder.allNull(header) }
    OrderKey.describe(vector, &header)
    if let single = constant(vector, header) { return single }
    if let dictionary = DictionaryEncoding.fixed(vector, header, codeLimit: 8) { return dictionary }
    var result = EncodedSegment(header: header)
    result.streams = SegmentEncoder.validityStream(vector, header)
    result.streams.append(stream(vector))
    return result
  }

  /// The values as one stream; those under NULLs are zeroed.
  static func stream(_ vector: Vector) -> RawStream {
    let size: Int = vector.physical.byteCount
    let buffer = Buffer(byteCount: vector.count * size)
    memcpy(buffer.bytes, vector.data, vector.count * size)
    if let validity = vector.validity {
      for i in 0..<vector.count where validity[i] == 0 { memset(buffer.bytes + i * size, 0, size) }
    }
    return RawStream(
      kind: .values, transform: size > 1 ? .planes : .none, itemByteCount: size, buffer: buffer,
      byteCount: vector.count * size)
  }

  /// A constant segment when all rows hold the same bytes.
  static func constant(_ vector: Vector, _ header: SegmentHeader) -> EncodedSegment? {
    guard header.nullCount == 0, vector.count > 0 else { return nil }
    let size: Int = vector.physical.byteCount
    if vector.count > 1
      && memcmp(vector.data, vector.data + size, (vector.count - 1) * size) != 0
    {
      return nil
    }
    var header = header
    header.encoding = .constant
    header.constant = vector.value(at: 0)
    header.isSorted = true
    return EncodedSegment(header: header)
  }
}
