import OlapColumns

extension ScalarFunction {
  static let soundex = ScalarFunction(
    "soundex", summary: "A letter and three digits that alike sounding English words share.",
    example: ("soundex('Robert') = soundex('Rupert')", "true"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        output.built { $0 += Soundex.code(text.array) }
      }
    ])
  static let crc32 = ScalarFunction(
    "crc32", summary: "The CRC-32 checksum (polynomial of zlib).",
    example: ("crc32('hello')", "907060870"),
    overloads: [SQLType.varchar, .blob].map { type in
      .unary(type, to: .bigint) { (text: StringView) in Int64(CRC32.checksum(text.array)) }
    })
  static let sha512 = ScalarFunction(
    "sha512", summary: "The SHA-512 hash as hexadecimal text.",
    example: ("left(sha512('hello'), 16)", "9b71d224bd62f378"),
    overloads: [SQLType.varchar, .blob].map { type in
      .unaryText(type, to: .varchar) { (text: StringView, output: StringOutput) in
        output.built { Hexadecimal.append(SHA512.hash(text.array), to: &$0, isUpper: false) }
      }
    })
}

/// American Soundex.
enum Soundex {
  private static let digits: [UInt8] = Array("01230120022455012623010202".utf8)

  /// Empty for a text without letters.
  static func code(_ text: [UInt8]) -> [UInt8] {
    let letters: [UInt8] = text.map { $0 & 0xdf }.filter { $0 >= 0x41 && $0 <= 0x5a }
    guard let first = letters.first else { return [] }
    var result: [UInt8] = [first]
    var last: UInt8 = digits[Int(first - 0x41)]
    for letter in letters.dropFirst() where result.count < 4 {
      let digit: UInt8 = digits[Int(letter - 0x41)]
      if digit != 0x30 && digit != last { result.append(digit) }
      // H and W do not part letters of one digit; vowels do.
      if letter != 0x48 && letter != 0x57 { last = digit }
    }
    while result.count < 4 { result.append(0x30) }
    return result
  }
}

enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { start in
    (0..<8).reduce(UInt32(start)) { value, _ in
      value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1
    }
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ ($0 >> 8) }
  }
}
