import Glibc
internal import OlapColumns

/// Strings and blobs: offsets and bytes, or a dictionary.
enum TextEncoding {
  static func encode(
    _ vector: Vector, _ columnID: UInt32
  ) throws(StorageError) -> EncodedSegment {
    var header: SegmentHeader = SegmentEncoder.header(vector, columnID, .text)
    let n: Int = vector.count
    if header.nullCount == n { return SegmentEncoder.allNull(header) }
    OrderKey.describe(vector, &header)
    let views = vector.values(StringView.self)
    let validity = vector.validity
    var byteCount = 0
    var isConstant: Bool = header.nullCount == 0
    for i in 0..<n {
      if let validity, validity[i] == 0 { continue }
      byteCount += views[i].count
      if isConstant && i > 0 && !(views[i] == views[0]) { isConstant = false }
    }
    if isConstant {
      header.encoding = .constant
      header.constant = vector.value(at: 0)
      header.isSorted = true
      // Text that is not UTF-8 would not survive as a String.
      if case .varchar(let text) = header.constant, text.utf8.count == views[0].count {
        return EncodedSegment(header: header)
      }
      if case .blob = header.constant { return EncodedSegment(header: header) }
      header.encoding = .text
    }
    if let dictionary = DictionaryEncoding.text(vector, header, textBytes: byteCount) {
      return dictionary
    }
    guard byteCount <= Int(UInt32.max) else {
      throw .conflict(
        "the text of one column of \(n) rows exceeds 4 GiB; insert fewer rows at a time")
    }
    var result = EncodedSegment(header: header)
    result.streams = SegmentEncoder.validityStream(vector, header)
    result.streams += streams(count: n, byteCount: byteCount) { i in
      if let validity, validity[i] == 0 { return .empty }
      return views[i]
    }
    return result
  }

  /// Offsets (count + 1) and bytes of strings.
  static func streams(
    count: Int, byteCount: Int, _ view: (Int) -> StringView
  ) -> [RawStream] {
    let offsets = Buffer(byteCount: (count + 1) * 4)
    let text = Buffer(byteCount: byteCount)
    let starts = offsets.bytes.assumingMemoryBound(to: UInt32.self)
    var position = 0
    starts[0] = 0
    for i in 0..<count {
      let item: StringView = view(i)
      item.withBytes { bytes in
        if let base = bytes.baseAddress, bytes.count > 0 {
          memcpy(text.bytes + position, base, bytes.count)
        }
      }
      position += item.count
      starts[i + 1] = UInt32(truncatingIfNeeded: position)
    }
    return [
      RawStream(
        kind: .offsets, transform: .deltaPlanes, itemByteCount: 4, buffer: offsets,
        byteCount: (count + 1) * 4),
      RawStream(
        kind: .text, transform: .none, itemByteCount: 1, buffer: text, byteCount: byteCount),
    ]
  }
}
