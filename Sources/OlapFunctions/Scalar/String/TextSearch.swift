import Glibc
import OlapColumns

/// Searching and cutting of strings by bytes.
enum TextSearch {
  /// Byte offset of `needle` in `text` from `from` on; 0 for an empty needle.
  static func find(_ needle: StringView, in text: StringView, from: Int = 0) -> Int? {
    text.withBytes { haystack in
      needle.withBytes { piece in
        find(piece, in: haystack, from: from)
      }
    }
  }

  static func find(
    _ needle: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer, from: Int
  ) -> Int? {
    if needle.isEmpty { return from }
    guard let start = needle.baseAddress, let base = text.baseAddress,
      text.count - from >= needle.count
    else { return nil }
    return Memory.find(base + from, text.count - from, start, needle.count).map { $0 + from }
  }

  /// Parts of a text between separators; an empty separator cuts every character.
  static func pieces(_ text: StringView, _ separator: StringView) -> [Range<Int>] {
    text.withBytes { bytes in
      separator.withBytes { cut in
        var result: [Range<Int>] = []
        if cut.isEmpty {
          var start = 0
          for i in 0..<bytes.count where i > 0 && bytes[i] & 0xc0 != 0x80 {
            result.append(start..<i)
            start = i
          }
          result.append(start..<bytes.count)
          return result
        }
        var start = 0
        while let hit = find(cut, in: bytes, from: start) {
          result.append(start..<hit)
          start = hit + cut.count
        }
        result.append(start..<bytes.count)
        return result
      }
    }
  }

  /// string_split over rows.
  static func splitRows(_ vectors: [Vector], _ count: Int) throws -> Vector {
    let texts = Cells<StringView>(vectors[0])
    let separators = Cells<StringView>(vectors[1])
    let mask = RowMask(vectors, count: count)
    let parts = StringVectorBuilder(type: .varchar, capacity: count * 4)
    let entries = Buffer(byteCount: Swift.max(count, 1) * 8)
    for i in 0..<count {
      let start: Int = parts.count
      if mask.bytes == nil || mask.bytes.unsafelyUnwrapped[i] != 0 {
        let text: StringView = texts[i]
        for range in pieces(text, separators[i]) { parts.append(copying: text.slice(range)) }
      }
      entries.bytes.storeBytes(
        of: ListEntry(offset: start, count: parts.count - start), toByteOffset: i * 8,
        as: ListEntry.self)
    }
    entries.keep(mask.owner)
    return Vector(
      type: .list(.varchar), encoding: .flat, count: count, data: entries.bytes,
      validity: mask.bytes, owner: entries, children: [parts.finish()])
  }

  static func hasPrefix(_ text: StringView, _ prefix: StringView) -> Bool {
    if prefix.count > text.count { return false }
    return text.withBytes { bytes in
      prefix.withBytes { piece in
        guard let a = bytes.baseAddress, let b = piece.baseAddress else { return piece.isEmpty }
        return memcmp(a, b, piece.count) == 0
      }
    }
  }

  static func hasSuffix(_ text: StringView, _ suffix: StringView) -> Bool {
    if suffix.count > text.count { return false }
    return text.withBytes { bytes in
      suffix.withBytes { piece in
        guard let a = bytes.baseAddress, let b = piece.baseAddress else { return piece.isEmpty }
        return memcmp(a + (bytes.count - piece.count), b, piece.count) == 0
      }
    }
  }
}
