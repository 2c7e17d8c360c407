import Glibc
internal import OlapColumns

/// Lists (offsets and an element segment) and structs (one segment per field).
enum NestedEncoding {
  static func encode(
    _ vector: Vector, _ columnID: UInt32, depth: Int
  ) throws(StorageError) -> EncodedSegment {
    // Rebuilding makes the elements contiguous, in row order and free of unreachable ones.
    let builder = VectorBuilder(type: vector.type, capacity: vector.count)
    builder.append(vector, 0..<vector.count)
    let rows: Vector = builder.finish()
    let header: SegmentHeader = SegmentEncoder.header(rows, columnID, .nested)
    if header.nullCount == rows.count && rows.count > 0 { return SegmentEncoder.allNull(header) }
    var result = EncodedSegment(header: header)
    result.streams = SegmentEncoder.validityStream(rows, header)
    if rows.physical == .list {
      let entries = rows.values(ListEntry.self)
      let offsets = Buffer(byteCount: (rows.count + 1) * 4)
      let starts = offsets.bytes.assumingMemoryBound(to: UInt32.self)
      var end: UInt32 = 0
      for i in 0..<rows.count {
        starts[i] = end
        if rows.isValid(i) && entries[i].count > 0 { end = entries[i].offset + entries[i].count }
      }
      starts[rows.count] = end
      result.streams.append(
        RawStream(
          kind: .offsets, transform: .deltaPlanes, itemByteCount: 4, buffer: offsets,
          byteCount: (rows.count + 1) * 4))
    }
    for child in rows.children {
      result.children.append(
        try SegmentEncoder.encode(child, columnID: columnID, depth: depth + 1))
    }
    return result
  }
}
