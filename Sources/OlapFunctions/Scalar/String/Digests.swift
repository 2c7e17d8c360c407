import OlapColumns

extension ScalarFunction {
  private static func digest(
    _ name: String, aliases: [String] = [], _ summary: String, _ example: (String, String),
    _ body: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> ScalarFunction {
    ScalarFunction(
      name, aliases: aliases, summary: summary, example: (sql: example.0, result: example.1),
      overloads: [SQLType.varchar, SQLType.blob].map { type in
        .unaryText(type, to: .varchar) { (text: StringView, output: StringOutput) in
          output.built { out in Hexadecimal.append(body(text.array), to: &out, isUpper: false) }
        }
      })
  }

  static let md5 = digest(
    "md5", "The MD5 hash as hexadecimal text.",
    ("md5('hello')", "5d41402abc4b2a76b9719d911017c592"),
    MD5.hash)
  static let sha1 = digest(
    "sha1", aliases: ["sha"], "The SHA-1 hash as hexadecimal text.",
    ("sha1('hello')", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"), SHA1.hash)
  static let sha256 = digest(
    "sha256", "The SHA-256 hash as hexadecimal text.",
    ("sha256('hello')", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
    SHA256.hash)

  /// The lower 64 bits of MD5's result, little-endian as DuckDB reads them.
  static let md5Number = ScalarFunction(
    "md5_number", summary: "The MD5 hash as a number of 128 bits.",
    example: ("md5_number('hello')::VARCHAR <> ''", "true"),
    overloads: [
      .unary(.varchar, to: .uhugeint) { (text: StringView) -> UInt128? in
        MD5.hash(text.array).reversed().reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
      }
    ])
}

enum Hexadecimal {
  static let upper: [UInt8] = Array("0123456789ABCDEF".utf8)
  static let lower: [UInt8] = Array("0123456789abcdef".utf8)

  static func append(_ bytes: [UInt8], to out: inout [UInt8], isUpper: Bool) {
    let digits: [UInt8] = isUpper ? upper : lower
    for byte in bytes {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
  }

  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x37
    case 0x61...0x66: digit - 0x57
    default: nil
    }
  }
}

/// The padding that MD5, SHA-1 and SHA-256 share: 1, zeros, the length in bits.
enum DigestPadding {
  static func padded(_ message: [UInt8], bigEndian: Bool) -> [UInt8] {
    var bytes: [UInt8] = message
    bytes.append(0x80)
    while bytes.count % 64 != 56 { bytes.append(0) }
    let bits = UInt64(message.count) &* 8
    for i in 0..<8 {
      let shift: UInt64 = UInt64(bigEndian ? 56 - 8 * i : 8 * i)
      bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
    }
    return bytes
  }

  @inline(__always) static func rotateLeft(_ x: UInt32, _ n: UInt32) -> UInt32 {
    x &<< n | x &>> (32 &- n)
  }
  @inline(__always) static func rotateRight(_ x: UInt32, _ n: UInt32) -> UInt32 {
    x &>> n | x &<< (32 &- n)
  }
  @inline(__always) static func bigEndian(_ b: [UInt8], _ i: Int) -> UInt32 {
    UInt32(b[i]) << 24 | UInt32(b[i + 1]) << 16 | UInt32(b[i + 2]) << 8 | UInt32(b[i + 3])
  }
  static func bytes(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { w in (0..<4).map { UInt8(truncatingIfNeeded: w >> UInt32(24 - 8 * $0)) } }
  }
}
