internal import OlapColumns

/// What a LIKE pattern (without ESCAPE) tells about the strings that match.
enum LikePattern {
  /// The function behind LIKE.
  static let functionName = "~~"

  /// Whether the pattern matches exactly itself.
  static func isLiteral(_ pattern: String) -> Bool {
    !pattern.utf8.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "_") || $0 == 92 }
  }

  /// The bytes every matching string begins with; nil when there are none.
  static func prefix(_ pattern: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for byte in pattern.utf8 {
      if byte == UInt8(ascii: "%") || byte == UInt8(ascii: "_") || byte == 92 { break }
      bytes.append(byte)
    }
    return bytes.isEmpty ? nil : bytes
  }

  /// The least ASCII string above every string with the prefix; nil when there is none.
  static func upperBound(_ prefix: [UInt8]) -> String? {
    guard prefix.allSatisfy({ $0 < 0x80 }) else { return nil }
    var bytes = prefix
    while let last = bytes.popLast() {
      if last < 0x7f {
        bytes.append(last + 1)
        return String(decoding: bytes, as: UTF8.self)
      }
    }
    return nil
  }
}
