import OlapColumns

extension ScalarFunction {
  static let base64 = ScalarFunction(
    "to_base64", aliases: ["base64"], summary: "A blob as base64 text.",
    example: ("to_base64('A'::BLOB)", "QQ=="),
    overloads: [SQLType.blob, SQLType.varchar].map { type in
      .unaryText(type, to: .varchar) { (text: StringView, output: StringOutput) in
        output.built { out in Base64.encode(text.array, into: &out) }
      }
    })
  static let fromBase64 = ScalarFunction(
    "from_base64", aliases: ["base64_decode"], summary: "The blob that base64 text stands for.",
    example: ("from_base64('QQ==')", "A"),
    overloads: [
      .unaryText(.varchar, to: .blob) { (text: StringView, output: StringOutput) in
        guard let bytes = Base64.decode(text.array) else {
          throw ComputeError.invalid("Could not decode string \"\(text.string)\" as base64")
        }
        return output.copy(bytes)
      }
    ])
  static let hex = ScalarFunction(
    "hex", aliases: ["to_hex"], summary: "A number, string or blob in hexadecimal.",
    example: ("hex(42)", "2A"),
    overloads: [
      .unaryText(.bigint) { (a: Int64, output: StringOutput) in
        output.text(String(UInt64(bitPattern: a), radix: 16, uppercase: true))
      },
      .unaryText(.uhugeint) { (a: UInt128, output: StringOutput) in
        output.text(String(a, radix: 16, uppercase: true))
      },
      .unaryText(.hugeint) { (a: Int128, output: StringOutput) in
        output.text(String(UInt128(bitPattern: a), radix: 16, uppercase: true))
      },
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        output.built { out in Hexadecimal.append(text.array, to: &out, isUpper: true) }
      },
      .unaryText(.blob) { (text: StringView, output: StringOutput) in
        output.built { out in Hexadecimal.append(text.array, to: &out, isUpper: true) }
      },
    ])
  static let unhex = ScalarFunction(
    "unhex", aliases: ["from_hex"], summary: "The blob that hexadecimal text stands for.",
    example: ("unhex('41')", "A"),
    overloads: [
      .unaryText(.varchar, to: .blob) { (text: StringView, output: StringOutput) in
        var digits: [UInt8] = text.array
        if digits.count % 2 == 1 { digits.insert(0x30, at: 0) }
        return try output.built { out in
          for i in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Hexadecimal.value(digits[i]),
              let low = Hexadecimal.value(digits[i + 1])
            else { throw ComputeError.invalid("Invalid input for hex digit in '\(text.string)'") }
            out.append(high << 4 | low)
          }
        }
      }
    ])
  static let binary = ScalarFunction(
    "bin", aliases: ["to_binary"], summary: "A number or string in binary digits.",
    example: ("bin(42)", "101010"),
    overloads: [
      .unaryText(.bigint) { (a: Int64, output: StringOutput) in
        output.text(String(UInt64(bitPattern: a), radix: 2))
      },
      .unaryText(.ubigint) { (a: UInt64, output: StringOutput) in
        output.text(String(a, radix: 2))
      },
      .unaryText(.hugeint) { (a: Int128, output: StringOutput) in
        output.text(String(UInt128(bitPattern: a), radix: 2))
      },
      .unaryText(.uhugeint) { (a: UInt128, output: StringOutput) in
        output.text(String(a, radix: 2))
      },
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        output.built { out in
          for byte in text.array {
            for bit in 0..<8 { out.append(0x30 + (byte >> UInt8(7 - bit)) & 1) }
          }
        }
      },
    ])
  static let toBase = ScalarFunction(
    "to_base", summary: "A number with the digits of another base, 2 to 36.",
    example: ("to_base(42, 16)", "2A"),
    overloads: [
      .binaryText(.bigint, .integer) { (a: Int64, base: Int32, output: StringOutput) in
        if a < 0 || base < 2 || base > 36 {
          throw ComputeError.invalid("to_base needs a number from 0 and a base from 2 to 36")
        }
        return output.text(String(a, radix: Int(base), uppercase: true))
      },
      .ternaryText(.bigint, .integer, .integer) {
        (a: Int64, base: Int32, least: Int32, output: StringOutput) in
        if a < 0 || base < 2 || base > 36 || least < 0 || least > 64 {
          throw ComputeError.invalid(
            "to_base needs a number from 0, a base from 2 to 36 and at most 64 digits")
        }
        let digits = String(a, radix: Int(base), uppercase: true)
        return output.text(
          String(repeating: "0", count: Swift.max(0, Int(least) - digits.utf8.count)) + digits)
      },
    ])
  static let encode = ScalarFunction(
    "encode", summary: "The UTF-8 bytes of a string as a blob.", example: ("encode('ab')", "ab"),
    overloads: [.unaryText(.varchar, to: .blob) { (text: StringView, _: StringOutput) in text }])
  static let decode = ScalarFunction(
    "decode", summary: "The string that a blob of UTF-8 holds.",
    example: ("decode('ab'::BLOB)", "ab"),
    overloads: [
      .unaryText(.blob, to: .varchar) { (text: StringView, _: StringOutput) in
        if String(validating: text.array, as: UTF8.self) == nil {
          throw ComputeError.invalid("Failure in decode: could not convert blob to UTF8 string")
        }
        return text
      }
    ])
  static let urlEncode = ScalarFunction(
    "url_encode", summary: "The string with reserved characters as %XX.",
    example: ("url_encode('a b&c')", "a%20b%26c"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        output.built { out in
          for byte in text.array {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: out.append(byte)
            default:
              out.append(0x25)
              Hexadecimal.append([byte], to: &out, isUpper: true)
            }
          }
        }
      }
    ])
  static let urlDecode = ScalarFunction(
    "url_decode", summary: "The string with every %XX decoded.",
    example: ("url_decode('a%20b')", "a b"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        let bytes: [UInt8] = text.array
        var out: [UInt8] = []
        var i = 0
        while i < bytes.count {
          if bytes[i] == 0x25, i + 2 < bytes.count, let high = Hexadecimal.value(bytes[i + 1]),
            let low = Hexadecimal.value(bytes[i + 2])
          {
            out.append(high << 4 | low)
            i += 3
          } else {
            out.append(bytes[i])
            i += 1
          }
        }
        return output.text(String(decoding: out, as: UTF8.self))
      }
    ])
  static let formatBytes = ScalarFunction(
    "format_bytes", aliases: ["formatreadablesize"], summary: "A count of bytes in KiB, MiB, ….",
    example: ("format_bytes(16000)", "15.6 KiB"),
    overloads: [
      .unaryText(.bigint) { (n: Int64, output: StringOutput) in
        output.text(Base64.readable(n, step: 1024, units: ["KiB", "MiB", "GiB", "TiB", "PiB"]))
      }
    ])
  static let formatDecimalBytes = ScalarFunction(
    "format_bytes_decimal", aliases: ["formatreadabledecimalsize"],
    summary: "A count of bytes in kB, MB, ….", example: ("format_bytes_decimal(16000)", "16.0 kB"),
    overloads: [
      .unaryText(.bigint) { (n: Int64, output: StringOutput) in
        output.text(Base64.readable(n, step: 1000, units: ["kB", "MB", "GB", "TB", "PB"]))
      }
    ])
}

enum Base64 {
  private static let alphabet: [UInt8] = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8], into out: inout [UInt8]) {
    for i in stride(from: 0, to: bytes.count, by: 3) {
      let second: UInt8? = i + 1 < bytes.count ? bytes[i + 1] : nil
      let third: UInt8? = i + 2 < bytes.count ? bytes[i + 2] : nil
      let word: UInt32 =
        UInt32(bytes[i]) << 16 | UInt32(second ?? 0) << 8 | UInt32(third ?? 0)
      out.append(alphabet[Int(word >> 18)])
      out.append(alphabet[Int(word >> 12 & 63)])
      out.append(second == nil ? 0x3d : alphabet[Int(word >> 6 & 63)])
      out.append(third == nil ? 0x3d : alphabet[Int(word & 63)])
    }
  }

  static func decode(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let padding: Int = text.suffix(2).reduce(0) { $0 + ($1 == 0x3d ? 1 : 0) }
    var out: [UInt8] = []
    for i in stride(from: 0, to: text.count, by: 4) {
      var word: UInt32 = 0
      for k in 0..<4 {
        let isPadding: Bool = text[i + k] == 0x3d && i + k >= text.count - padding
        guard let value = isPadding ? 0 : value(text[i + k]) else { return nil }
        word = word << 6 | value
      }
      out.append(UInt8(truncatingIfNeeded: word >> 16))
      out.append(UInt8(truncatingIfNeeded: word >> 8))
      out.append(UInt8(truncatingIfNeeded: word))
    }
    out.removeLast(Swift.min(padding, out.count))
    return out
  }

  private static func value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5a: UInt32(byte - 0x41)
    case 0x61...0x7a: UInt32(byte - 0x61) + 26
    case 0x30...0x39: UInt32(byte - 0x30) + 52
    case 0x2b: 62
    case 0x2f: 63
    default: nil
    }
  }

  static func readable(_ n: Int64, step: Double, units: [String]) -> String {
    var value = Double(n)
    if value.magnitude < step { return n == 1 ? "1 byte" : "\(n) bytes" }
    var unit = -1
    while value.magnitude >= step && unit + 1 < units.count {
      value /= step
      unit += 1
    }
    let tenths = Int64((value * 10).rounded(.towardZero))
    return "\(tenths / 10).\(Swift.abs(tenths % 10)) \(units[unit])"
  }
}
