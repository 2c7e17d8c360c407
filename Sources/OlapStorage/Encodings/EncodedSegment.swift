internal import OlapColumns

/// The raw bytes of one stream, as they lie in memory.
struct RawStream {
  let kind: StreamDescriptor.Kind
  let transform: StreamDescriptor.Transform
  let itemByteCount: Int
  let buffer: Buffer
  /// Bytes used of the buffer.
  let byteCount: Int
}

/// A segment just encoded: its header without stream addresses, and the streams in memory.
struct EncodedSegment {
  var header: SegmentHeader
  var streams: [RawStream] = []
  var children: [EncodedSegment] = []
}
