import OlapColumns

/// Counting and cutting UTF-8 by code points. ASCII text is cut by bytes.
enum Characters {
  /// Code points of a text: bytes that do not continue one.
  static func count(_ text: StringView) -> Int {
    text.withBytes { bytes in
      var n = 0
      for byte in bytes { n &+= unsafeBitCast(byte & 0xc0 != 0x80, to: UInt8.self) == 0 ? 0 : 1 }
      return n
    }
  }

  /// Byte offset of code point `index` (0-based); the byte count when there are fewer.
  static func offset(of index: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    if index <= 0 { return 0 }
    var seen = 0
    var i = 0
    while i < bytes.count {
      if bytes[i] & 0xc0 != 0x80 {
        if seen == index { return i }
        seen += 1
      }
      i += 1
    }
    return bytes.count
  }

  /// Code points `start ..< end` (0-based, clamped) of a text.
  static func slice(_ text: StringView, _ start: Int, _ end: Int) -> StringView {
    if end <= start { return .empty }
    let range: Range<Int> = text.withBytes { bytes in
      let lower: Int = offset(of: start, in: bytes)
      // From the start again: texts are short, and the common case starts at 0 or ends past all.
      let upper: Int = end >= bytes.count ? bytes.count : offset(of: end, in: bytes)
      return lower..<Swift.max(lower, upper)
    }
    return text.slice(range)
  }

  /// SQL's substring: 1-based start, negative from the end; a window of `length` that may begin
  /// before the text. A negative length takes what lies before the start.
  static func range(count: Int, start: Int64, length: Int64?) -> (start: Int, end: Int) {
    let n = Int64(count)
    var first: Int64
    if start > 0 {
      first = start - 1
    } else if start < 0 {
      first = n &+ start
    } else {
      first = 0
    }
    var last: Int64 = n
    if let length {
      let bounded: Int64 = Swift.min(Swift.max(length, -1 << 40), 1 << 40)
      if start == 0 && bounded > 0 {
        // Position 0 is one before the first character.
        last = bounded - 1
      } else if bounded < 0 {
        last = first
        first = first &+ bounded
      } else {
        last = first &+ bounded
      }
    }
    first = Swift.min(Swift.max(first, 0), n)
    last = Swift.min(Swift.max(last, first), n)
    return (Int(first), Int(last))
  }

  static func substring(_ text: StringView, _ start: Int64, _ length: Int64?) -> StringView {
    // Only a start from the end needs the length of the text.
    let count: Int = start < 0 || length ?? 0 < 0 ? Characters.count(text) : text.count
    let (first, last) = range(count: count, start: start, length: length)
    return slice(text, first, last)
  }

  static func string(_ view: StringView) -> String { view.string }
}
