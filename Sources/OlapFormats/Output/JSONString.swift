/// JSON's spelling of text.
package enum JSONString {
  /// The text with quotes and escapes.
  package static func quoted(_ text: String) -> String {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    result.reserveCapacity(text.utf8.count + 2)
    for byte in text.utf8 { append(byte, to: &result) }
    result.append(UInt8(ascii: "\""))
    return String(decoding: result, as: UTF8.self)
  }

  /// One byte of a string's content.
  @inline(__always)
  static func append(_ byte: UInt8, to result: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      result.append(UInt8(ascii: "\\"))
      result.append(byte)
    case 8: result += [UInt8(ascii: "\\"), UInt8(ascii: "b")]
    case 9: result += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
    case 10: result += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
    case 12: result += [UInt8(ascii: "\\"), UInt8(ascii: "f")]
    case 13: result += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
    case 0..<0x20:
      result += Array("\\u00".utf8)
      for digit in [byte >> 4, byte & 15] {
        result.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      }
    default: result.append(byte)
    }
  }
}
