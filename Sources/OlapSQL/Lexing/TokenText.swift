/// What the bytes of a token say.
enum TokenText {
  /// Content of a quoted token, with doubled quotes made one.
  static func unquoted(_ bytes: ArraySlice<UInt8>, quote: UInt8) -> String {
    let content = bytes.dropFirst().dropLast()
    guard content.contains(quote) else { return String(decoding: content, as: UTF8.self) }
    var result: [UInt8] = []
    result.reserveCapacity(content.count)
    var i = content.startIndex
    while i < content.endIndex {
      result.append(content[i])
      i += content[i] == quote ? 2 : 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Content of `E'…'`; `nil` when an escape is wrong.
  static func unescaped(_ bytes: ArraySlice<UInt8>) -> String? {
    let content = Array(bytes.dropFirst(2).dropLast())
    var result: [UInt8] = []
    var i = 0
    while i < content.count {
      let byte = content[i]
      i += 1
      if byte == UInt8(ascii: "'") {
        result.append(byte)
        i += 1
        continue
      }
      guard byte == UInt8(ascii: "\\"), i < content.count else {
        result.append(byte)
        continue
      }
      let escape = content[i]
      i += 1
      switch escape {
      case UInt8(ascii: "n"): result.append(10)
      case UInt8(ascii: "t"): result.append(9)
      case UInt8(ascii: "r"): result.append(13)
      case UInt8(ascii: "b"): result.append(8)
      case UInt8(ascii: "f"): result.append(12)
      case UInt8(ascii: "x"):
        guard let value = number(content, &i, radix: 16, atMost: 2), value != 0 else { return nil }
        result.append(UInt8(truncatingIfNeeded: value))
      case UInt8(ascii: "u"), UInt8(ascii: "U"):
        let count = escape == UInt8(ascii: "u") ? 4 : 8
        let start = i
        guard let value = number(content, &i, radix: 16, atMost: count), i - start == count,
          value != 0, let scalar = Unicode.Scalar(value)
        else { return nil }
        result.append(contentsOf: String(Character(scalar)).utf8)
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        i -= 1
        guard let value = number(content, &i, radix: 8, atMost: 3), value != 0 else { return nil }
        result.append(UInt8(truncatingIfNeeded: value))
      default: result.append(escape)
      }
    }
    return String(validating: result, as: UTF8.self)
  }

  private static func number(
    _ bytes: [UInt8], _ i: inout Int, radix: UInt32, atMost count: Int
  ) -> UInt32? {
    var value: UInt32 = 0
    let start = i
    while i < bytes.count, i - start < count, let digit = digit(bytes[i]), digit < radix {
      value = value &* radix &+ digit
      i += 1
    }
    return i > start ? value : nil
  }

  static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 48...57: UInt32(byte) - 48
    case 65...70: UInt32(byte) - 55
    case 97...102: UInt32(byte) - 87
    default: nil
    }
  }

  /// Content of `$tag$…$tag$`.
  static func dollarQuoted(_ bytes: ArraySlice<UInt8>) -> String {
    guard let second = bytes.dropFirst().firstIndex(of: UInt8(ascii: "$")) else { return "" }
    let tagCount = second - bytes.startIndex + 1
    return String(decoding: bytes.dropFirst(tagCount).dropLast(tagCount), as: UTF8.self)
  }

  /// Bytes of `x'CAFE'`; `nil` for an odd count or another character.
  static func blob(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    let content = Array(bytes.dropFirst(2).dropLast())
    guard content.count.isMultiple(of: 2) else { return nil }
    var result: [UInt8] = []
    var i = 0
    while i < content.count {
      guard let high = digit(content[i]), let low = digit(content[i + 1]) else { return nil }
      result.append(UInt8(high << 4 | low))
      i += 2
    }
    return result
  }

  /// Decimal digits of an integer token; `nil` when a radix spelling exceeds 128 bits.
  static func integer(_ bytes: ArraySlice<UInt8>) -> String? {
    let digits = bytes.filter { $0 != UInt8(ascii: "_") }
    guard digits.count > 2, digits[0] == 48, let radix = radix(digits[1]) else {
      return String(decoding: digits, as: UTF8.self)
    }
    var value: UInt128 = 0
    for byte in digits.dropFirst(2) {
      guard let digit = digit(byte) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, carry) = product.addingReportingOverflow(UInt128(digit))
      if overflow || carry { return nil }
      value = sum
    }
    return String(value)
  }

  private static func radix(_ byte: UInt8) -> UInt128? {
    switch byte | 32 {
    case UInt8(ascii: "x"): 16
    case UInt8(ascii: "o"): 8
    case UInt8(ascii: "b"): 2
    default: nil
    }
  }
}
