/// A strict JSON parser with a depth limit. Source: RFC 8259.
struct JSONParser {
  private static let depthMax = 512
  private let bytes: [UInt8]
  private var i = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The document, or nil when the text is not JSON.
  static func parse(_ text: String) -> JSONValue? { parse(Array(text.utf8)) }

  static func parse(_ bytes: [UInt8]) -> JSONValue? {
    var parser = JSONParser(bytes)
    guard let value = parser.value(0) else { return nil }
    parser.skipSpace()
    return parser.i == bytes.count ? value : nil
  }

  private mutating func skipSpace() {
    while i < bytes.count, bytes[i] == 0x20 || (0x09...0x0d).contains(bytes[i]) { i += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard i < bytes.count, bytes[i] == byte else { return false }
    i += 1
    return true
  }

  private mutating func value(_ depth: Int) -> JSONValue? {
    skipSpace()
    guard depth < Self.depthMax, i < bytes.count else { return nil }
    switch bytes[i] {
    case 0x7b: return object(depth)
    case 0x5b: return array(depth)
    case 0x22: return string().map { .string($0) }
    case 0x74: return word("true", .boolean(true))
    case 0x66: return word("false", .boolean(false))
    case 0x6e: return word("null", .null)
    default: return number()
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) -> JSONValue? {
    let expected: [UInt8] = Array(text.utf8)
    guard bytes[i...].starts(with: expected) else { return nil }
    i += expected.count
    return value
  }

  private mutating func object(_ depth: Int) -> JSONValue? {
    i += 1
    var members: [(key: String, value: JSONValue)] = []
    if take(0x7d) { return .object(members) }
    repeat {
      skipSpace()
      guard i < bytes.count, bytes[i] == 0x22, let key = string(), take(0x3a),
        let member = value(depth + 1)
      else { return nil }
      members.append((key, member))
    } while take(0x2c)
    return take(0x7d) ? .object(members) : nil
  }

  private mutating func array(_ depth: Int) -> JSONValue? {
    i += 1
    var elements: [JSONValue] = []
    if take(0x5d) { return .array(elements) }
    repeat {
      guard let element = value(depth + 1) else { return nil }
      elements.append(element)
    } while take(0x2c)
    return take(0x5d) ? .array(elements) : nil
  }

  private mutating func digits() -> Bool {
    let start: Int = i
    while i < bytes.count, (0x30...0x39).contains(bytes[i]) { i += 1 }
    return i > start
  }

  private mutating func number() -> JSONValue? {
    let start: Int = i
    if bytes[i] == 0x2d { i += 1 }
    let first: Int = i
    guard digits() else { return nil }
    if bytes[first] == 0x30 && i > first + 1 { return nil }
    if i < bytes.count, bytes[i] == 0x2e {
      i += 1
      guard digits() else { return nil }
    }
    if i < bytes.count, bytes[i] | 0x20 == 0x65 {
      i += 1
      if i < bytes.count, bytes[i] == 0x2b || bytes[i] == 0x2d { i += 1 }
      guard digits() else { return nil }
    }
    return .number(String(decoding: bytes[start..<i], as: UTF8.self))
  }

  private mutating func string() -> String? {
    i += 1
    var out: [UInt8] = []
    while i < bytes.count {
      let byte: UInt8 = bytes[i]
      i += 1
      switch byte {
      case 0x22: return String(decoding: out, as: UTF8.self)
      case 0x5c: guard escape(&out) else { return nil }
      case 0..<0x20: return nil
      default: out.append(byte)
      }
    }
    return nil
  }

  private mutating func escape(_ out: inout [UInt8]) -> Bool {
    guard i < bytes.count else { return false }
    let byte: UInt8 = bytes[i]
    i += 1
    switch byte {
    case 0x22, 0x5c, 0x2f: out.append(byte)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0c)
    case UInt8(ascii: "n"): out.append(0x0a)
    case UInt8(ascii: "r"): out.append(0x0d)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "u"):
      guard var code = unit() else { return false }
      if (0xd800..<0xdc00).contains(code) {
        guard i + 1 < bytes.count, bytes[i] == 0x5c, bytes[i + 1] == UInt8(ascii: "u")
        else { return false }
        i += 2
        guard let low = unit(), (0xdc00..<0xe000).contains(low) else { return false }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else { return false }
      out.append(contentsOf: String(Character(scalar)).utf8)
    default: return false
    }
    return true
  }

  private mutating func unit() -> UInt32? {
    guard i + 4 <= bytes.count else { return nil }
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Hexadecimal.value(bytes[i]) else { return nil }
      code = code << 4 | UInt32(digit)
      i += 1
    }
    return code
  }
}
