import OlapColumns

/// Upper and lower case of UTF-8 text: ASCII by arithmetic, the rest by Unicode's mappings.
enum CaseMapping {
  static func lower(_ text: UnsafeRawBufferPointer, into out: inout [UInt8]) {
    map(text, into: &out, first: 0x41) { $0.properties.lowercaseMapping }
  }

  static func upper(_ text: UnsafeRawBufferPointer, into out: inout [UInt8]) {
    map(text, into: &out, first: 0x61) { $0.properties.uppercaseMapping }
  }

  /// `first` is the first of the 26 ASCII letters that change.
  private static func map(
    _ text: UnsafeRawBufferPointer, into out: inout [UInt8], first: UInt8,
    _ mapping: (Unicode.Scalar) -> String
  ) {
    var seen: UInt8 = 0
    for byte in text { seen |= byte }
    if seen < 0x80 {
      out.reserveCapacity(out.count + text.count)
      for byte in text { out.append(byte &- first < 26 ? byte ^ 0x20 : byte) }
      return
    }
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      out.append(contentsOf: mapping(scalar).utf8)
    }
  }
}
