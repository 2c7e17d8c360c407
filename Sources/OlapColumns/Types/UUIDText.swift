/// Text of UUIDs: 32 hexadecimal digits, `8-4-4-4-12` when printed.
package enum UUIDText {
  /// `550e8400-e29b-41d4-a716-446655440000`.
  package static func text(_ value: UInt128) -> String {
    String(unsafeUninitializedCapacity: 36) { out in
      write(value, to: out.baseAddress.unsafelyUnwrapped)
      return 36
    }
  }

  /// Writes the 36 characters.
  static func write(_ value: UInt128, to out: UnsafeMutablePointer<UInt8>) {
    var n = 0
    for i in 0..<32 {
      if i == 8 || i == 12 || i == 16 || i == 20 {
        out[n] = 0x2d
        n += 1
      }
      let digit = UInt8(truncatingIfNeeded: value >> UInt128((31 - i) * 4)) & 15
      out[n] = digit < 10 ? 0x30 + digit : 0x57 + digit
      n += 1
    }
  }

  /// Any case, with or without braces and hyphens; nil for anything else.
  package static func parse(_ bytes: UnsafeRawBufferPointer) -> UInt128? {
    var content = trimmed(bytes)
    if content.first == 0x7b, content.last == 0x7d, content.count > 2 {
      content = UnsafeRawBufferPointer(rebasing: content[1..<(content.count - 1)])
    }
    var value: UInt128 = 0
    var digits = 0
    var lastWasHyphen = true
    for byte in content {
      if byte == 0x2d {
        if lastWasHyphen { return nil }
        lastWasHyphen = true
        continue
      }
      guard let digit = hexDigit(byte), digits < 32 else { return nil }
      value = value << 4 | UInt128(digit)
      digits += 1
      lastWasHyphen = false
    }
    return digits == 32 && !lastWasHyphen ? value : nil
  }
}

/// Value of a hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x61...0x66: byte - 0x57
  case 0x41...0x46: byte - 0x37
  default: nil
  }
}
