/// Reads one TOML string: basic `"…"`, literal `'…'`, and both with three quotes over several lines.
struct TOMLStringReader {
  struct Failure: Error {
    let message: String
    let offset: Int
  }

  let bytes: [UInt8]
  /// At the opening quote before, behind the closing one after `read`.
  var index: Int

  mutating func read() throws(Failure) -> String {
    let start = index
    let quote = bytes[index]
    let isMultiline = isTriple(quote)
    index += isMultiline ? 3 : 1
    if isMultiline { skipLineEnd() }
    var text: [UInt8] = []
    while index < bytes.count {
      let byte = bytes[index]
      if byte == quote, !isMultiline || isTriple(quote) {
        index += isMultiline ? 3 : 1
        // Up to two quotes may stand right before the closing three.
        while isMultiline, index < bytes.count, bytes[index] == quote {
          text.append(quote)
          index += 1
        }
        return String(decoding: text, as: UTF8.self)
      }
      if byte == UInt8(ascii: "\n"), !isMultiline { break }
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        try escape(into: &text, isMultiline: isMultiline)
      } else {
        text.append(byte)
        index += 1
      }
    }
    throw Failure(message: "the string is not closed", offset: start)
  }

  private func isTriple(_ quote: UInt8) -> Bool {
    index + 2 < bytes.count && bytes[index] == quote && bytes[index + 1] == quote
      && bytes[index + 2] == quote
  }

  private mutating func skipLineEnd() {
    if index < bytes.count, bytes[index] == UInt8(ascii: "\r") { index += 1 }
    if index < bytes.count, bytes[index] == UInt8(ascii: "\n") { index += 1 }
  }

  private mutating func escape(into text: inout [UInt8], isMultiline: Bool) throws(Failure) {
    let start = index
    index += 1
    guard index < bytes.count else {
      throw Failure(message: "the string is not closed", offset: start)
    }
    let byte = bytes[index]
    index += 1
    switch byte {
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(byte)
    case UInt8(ascii: "u"): try scalar(digitCount: 4, from: start, into: &text)
    case UInt8(ascii: "U"): try scalar(digitCount: 8, from: start, into: &text)
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: " "):
      guard isMultiline else { fallthrough }
      // A backslash at the end of a line joins it with the next text.
      while index < bytes.count, bytes[index] <= UInt8(ascii: " ") { index += 1 }
    default:
      throw Failure(
        message: "unknown escape in a string; write \\\\ for a backslash", offset: start)
    }
  }

  private mutating func scalar(
    digitCount: Int, from start: Int, into text: inout [UInt8]
  ) throws(Failure) {
    let end = index + digitCount
    guard end <= bytes.count,
      let code = UInt32(String(decoding: bytes[index..<end], as: UTF8.self), radix: 16),
      let scalar = Unicode.Scalar(code)
    else {
      throw Failure(message: "\\u needs the number of a character", offset: start)
    }
    text.append(contentsOf: String(Character(scalar)).utf8)
    index = end
  }
}
