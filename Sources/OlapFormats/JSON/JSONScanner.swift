import CIntrinsics
import Glibc
internal import OlapColumns

/// Bytes of JSON text (RFC 8259, and NaN and Infinity as numbers), looked at in place.
///
/// Every function takes the end of the text and never reads past it. Nil means malformed.
enum JSONScanner {
  typealias Pointer = UnsafePointer<UInt8>
  static let maximumDepth = 512

  @inline(__always)
  static func skipBlanks(_ start: Pointer, _ end: Pointer) -> Pointer {
    var p = start
    while p < end, p.pointee == 0x20 || (p.pointee >= 9 && p.pointee <= 13 && p.pointee != 11) {
      p += 1
    }
    return p
  }

  /// The closing quote of the string whose content begins at `start`.
  @inline(__always)
  static func stringEnd(_ start: Pointer, _ end: Pointer, _ hasEscapes: inout Bool) -> Pointer? {
    var p = start
    while p < end {
      p = olap_find_either(p, end, UInt8(ascii: "\""), UInt8(ascii: "\\")).unsafelyUnwrapped
      if p >= end { return nil }
      if p.pointee == UInt8(ascii: "\"") { return p }
      hasEscapes = true
      p += 2
    }
    return nil
  }

  /// What a token that is no string, list or object says.
  enum Literal {
    case null
    case boolean(Bool)
    case integer, real, notANumber
  }

  /// The literal at `start` and where it ends.
  static func literal(_ start: Pointer, _ end: Pointer) -> (kind: Literal, end: Pointer)? {
    guard start < end else { return nil }
    switch start.pointee {
    case UInt8(ascii: "t"): return word("true", start, end).map { (.boolean(true), $0) }
    case UInt8(ascii: "f"): return word("false", start, end).map { (.boolean(false), $0) }
    case UInt8(ascii: "n"): return word("null", start, end).map { (.null, $0) }
    case UInt8(ascii: "N"): return word("NaN", start, end).map { (.notANumber, $0) }
    case UInt8(ascii: "I"): return word("Infinity", start, end).map { (.notANumber, $0) }
    default: return number(start, end)
    }
  }

  private static func word(_ text: StaticString, _ start: Pointer, _ end: Pointer) -> Pointer? {
    let count = text.utf8CodeUnitCount
    guard end - start >= count, memcmp(start, text.utf8Start, count) == 0 else { return nil }
    let after = start + count
    return after < end && isWordByte(after.pointee) ? nil : after
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= 97 && byte | 0x20 <= 122) || (byte >= 0x30 && byte <= 0x39)
  }

  private static func number(_ start: Pointer, _ end: Pointer) -> (kind: Literal, end: Pointer)? {
    var p = start
    if p.pointee == UInt8(ascii: "-") { p += 1 }
    if p < end, p.pointee == UInt8(ascii: "I") {
      return word("Infinity", p, end).map { (.notANumber, $0) }
    }
    let first = p
    while p < end, p.pointee &- 0x30 <= 9 { p += 1 }
    guard p > first else { return nil }
    // A leading zero stands alone.
    if first.pointee == 0x30, p - first > 1 { return nil }
    var kind = Literal.integer
    if p < end, p.pointee == UInt8(ascii: ".") {
      kind = .real
      p += 1
      let fraction = p
      while p < end, p.pointee &- 0x30 <= 9 { p += 1 }
      guard p > fraction else { return nil }
    }
    if p < end, p.pointee | 0x20 == UInt8(ascii: "e") {
      kind = .real
      p += 1
      if p < end, p.pointee == UInt8(ascii: "+") || p.pointee == UInt8(ascii: "-") { p += 1 }
      let exponent = p
      while p < end, p.pointee &- 0x30 <= 9 { p += 1 }
      guard p > exponent else { return nil }
    }
    return p < end && isWordByte(p.pointee) ? nil : (kind, p)
  }

  /// The end of the value at `start` (blanks before it allowed), checked in full.
  static func valueEnd(_ start: Pointer, _ end: Pointer) -> Pointer? {
    withUnsafeTemporaryAllocation(byteCount: maximumDepth, alignment: 1) { memory -> Pointer? in
      let stack = memory.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
      var depth = 0
      var p = start
      while true {
        p = skipBlanks(p, end)
        guard p < end else { return nil }
        switch p.pointee {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          let isObject = p.pointee == UInt8(ascii: "{")
          p = skipBlanks(p + 1, end)
          guard p < end else { return nil }
          if p.pointee == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            p += 1
            break
          }
          guard depth < maximumDepth else { return nil }
          stack[depth] = isObject ? 1 : 0
          depth += 1
          if isObject {
            guard let after = keyEnd(p, end) else { return nil }
            p = after
          }
          continue
        case UInt8(ascii: "\""):
          var hasEscapes = false
          guard let close = stringEnd(p + 1, end, &hasEscapes) else { return nil }
          p = close + 1
        default:
          guard let found = literal(p, end) else { return nil }
          p = found.end
        }
        // After a value: close what ends here, go on with what follows a comma.
        while true {
          if depth == 0 { return p }
          p = skipBlanks(p, end)
          guard p < end else { return nil }
          let isObject = stack[depth - 1] == 1
          if p.pointee == UInt8(ascii: ",") {
            p += 1
            if isObject {
              guard let after = keyEnd(skipBlanks(p, end), end) else { return nil }
              p = after
            }
            break
          }
          guard p.pointee == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { return nil }
          p += 1
          depth -= 1
        }
      }
    }
  }

  /// The place after `"key" :`.
  private static func keyEnd(_ p: Pointer, _ end: Pointer) -> Pointer? {
    guard p < end, p.pointee == UInt8(ascii: "\"") else { return nil }
    var hasEscapes = false
    guard let close = stringEnd(p + 1, end, &hasEscapes) else { return nil }
    let colon = skipBlanks(close + 1, end)
    return colon < end && colon.pointee == UInt8(ascii: ":") ? colon + 1 : nil
  }

  /// Where a value that may be malformed ends: at the next comma or closing bracket outside all brackets
  /// (in an array), or at the end of the line after the last bracket is closed.
  static func roughEnd(_ start: Pointer, _ end: Pointer, inArray: Bool) -> Pointer {
    var p = start
    var depth = 0
    while p < end {
      switch p.pointee {
      case UInt8(ascii: "\""):
        var hasEscapes = false
        guard let close = stringEnd(p + 1, end, &hasEscapes) else { return end }
        p = close
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0, inArray, p.pointee == UInt8(ascii: "]") { return p }
        depth = max(0, depth - 1)
      case UInt8(ascii: ",") where inArray && depth == 0: return p
      case UInt8(ascii: "\n") where !inArray && depth == 0 && p > start: return p
      default: break
      }
      p += 1
    }
    return end
  }

  /// A string's content with its escapes resolved; nil for an escape that is none.
  static func unescaped(_ start: Pointer, _ count: Int) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var i = 0
    while i < count {
      guard start[i] == UInt8(ascii: "\\") else {
        result.append(start[i])
        i += 1
        continue
      }
      guard i + 1 < count else { return nil }
      switch start[i + 1] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(start[i + 1])
      case UInt8(ascii: "b"): result.append(8)
      case UInt8(ascii: "f"): result.append(12)
      case UInt8(ascii: "n"): result.append(10)
      case UInt8(ascii: "r"): result.append(13)
      case UInt8(ascii: "t"): result.append(9)
      case UInt8(ascii: "u"):
        guard var scalar = fourHex(start + i + 2, count - i - 2) else { return nil }
        i += 6
        if scalar & 0xfc00 == 0xd800, i + 1 < count, start[i] == UInt8(ascii: "\\"),
          start[i + 1] == UInt8(ascii: "u"), let low = fourHex(start + i + 2, count - i - 2),
          low & 0xfc00 == 0xdc00
        {
          scalar = 0x10000 + (scalar & 0x3ff) << 10 + (low & 0x3ff)
          i += 6
        }
        let character = Unicode.Scalar(scalar) ?? "\u{fffd}"
        result.append(contentsOf: String(Character(character)).utf8)
        continue
      default: return nil
      }
      i += 2
    }
    return result
  }

  private static func fourHex(_ start: Pointer, _ count: Int) -> UInt32? {
    guard count >= 4 else { return nil }
    var value: UInt32 = 0
    for k in 0..<4 {
      let byte = start[k]
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x37
      case 0x61...0x66: digit = byte - 0x57
      default: return nil
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// The value's text without blanks between its parts and with no more escapes than needed, so that equal
  /// values have equal texts.
  static func compacted(_ start: Pointer, _ end: Pointer, _ heap: StringHeap) -> StringView {
    var result: [UInt8] = []
    result.reserveCapacity(end - start)
    var p = start
    while p < end {
      let byte = p.pointee
      if byte == UInt8(ascii: "\"") {
        var hasEscapes = false
        let close = stringEnd(p + 1, end, &hasEscapes) ?? end - 1
        if hasEscapes, let content = unescaped(p + 1, close - p - 1) {
          result.append(byte)
          for letter in content { JSONString.append(letter, to: &result) }
          result.append(byte)
        } else {
          result.append(contentsOf: UnsafeBufferPointer(start: p, count: close + 1 - p))
        }
        p = close + 1
        continue
      }
      if byte != 0x20, byte < 9 || byte > 13 { result.append(byte) }
      p += 1
    }
    return result.withUnsafeBytes { heap.add($0) }
  }
}
