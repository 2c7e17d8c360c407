import Glibc

/// Text of floating-point numbers: shortest digits that read back exactly, laid out as DuckDB does.
package enum FloatText {
  /// `1.0`, `0.1`, `1e+20`, `1e-05`, `nan`, `inf`, `-0.0`.
  package static func text(_ value: Double) -> String {
    if !value.isFinite { return special(value.isNaN, value < 0) }
    return layout(value.description)
  }
  /// As for doubles, with the shortest digits of a float.
  package static func text(_ value: Float) -> String {
    if !value.isFinite { return special(value.isNaN, value < 0) }
    return layout(value.description)
  }

  /// A finite number as JSON's writers spell it: digits for 1e-6 ≤ |x| < 1e21, else `1e21`, `1.5e-7`.
  static func json(_ value: Double) -> String { layout(value.description, isJSON: true) }
  static func json(_ value: Float) -> String { layout(value.description, isJSON: true) }

  private static func special(_ isNaN: Bool, _ isNegative: Bool) -> String {
    isNaN ? "nan" : isNegative ? "-inf" : "inf"
  }

  /// Swift's description has the shortest digits; only the switch to exponents differs: plain
  /// digits for 1e-4 ≤ |x| < 1e16.
  private static func layout(_ shortest: String, isJSON: Bool = false) -> String {
    var copy = shortest
    let parts: (digits: [UInt8], exponent: Int, isNegative: Bool)? = copy.withUTF8 { bytes in
      guard bytes.contains(0x65) else { return nil }
      return takeApart(bytes)
    }
    guard let parts else { return shortest }
    return compose(parts.digits, parts.exponent, parts.isNegative, isJSON: isJSON)
  }

  /// Significant digits and the power of ten of the first one.
  private static func takeApart(_ bytes: UnsafeBufferPointer<UInt8>)
    -> (digits: [UInt8], exponent: Int, isNegative: Bool)
  {
    var digits: [UInt8] = []
    var exponent = 0
    var i: Int = bytes[0] == 0x2d ? 1 : 0
    while i < bytes.count && bytes[i] != 0x65 {
      if bytes[i] != 0x2e { digits.append(bytes[i]) }
      i += 1
    }
    i += 1
    let isDown: Bool = i < bytes.count && bytes[i] == 0x2d
    if i < bytes.count && (bytes[i] == 0x2d || bytes[i] == 0x2b) { i += 1 }
    while i < bytes.count {
      exponent = exponent * 10 + Int(bytes[i] - 0x30)
      i += 1
    }
    while digits.count > 1 && digits[digits.count - 1] == 0x30 { digits.removeLast() }
    return (digits, isDown ? -exponent : exponent, bytes[0] == 0x2d)
  }

  private static func compose(
    _ digits: [UInt8], _ exponent: Int, _ isNegative: Bool, isJSON: Bool
  ) -> String {
    var out: [UInt8] = isNegative ? [0x2d] : []
    if isJSON ? exponent >= -6 && exponent < 21 : exponent >= -4 && exponent < 16 {
      if exponent < 0 {
        out += [0x30, 0x2e] + [UInt8](repeating: 0x30, count: -exponent - 1) + digits
      } else if digits.count > exponent + 1 {
        out += digits[0...exponent] + [0x2e] + digits[(exponent + 1)...]
      } else {
        out += digits + [UInt8](repeating: 0x30, count: exponent + 1 - digits.count) + [0x2e, 0x30]
      }
    } else {
      out.append(digits[0])
      if digits.count > 1 { out += [0x2e] + digits[1...] }
      let power: String = String(abs(exponent))
      out.append(0x65)
      if isJSON {
        out += (exponent < 0 ? [0x2d] : []) + Array(power.utf8)
      } else {
        out.append(exponent < 0 ? 0x2d : 0x2b)
        out += (power.utf8.count < 2 ? [0x30] : []) + Array(power.utf8)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// Reads a number exactly (nearest double); blanks around, `_` between digits, `inf`, `nan`
  /// allowed. Numbers beyond the range of DOUBLE give ±infinity.
  package static func parse(_ bytes: UnsafeRawBufferPointer) -> Double? {
    if let value = parsePlain(bytes) { return value }
    guard let number = DecimalText(bytes) else { return parseSpecial(bytes) }
    if number.digits == 0 { return number.isNegative ? -0.0 : 0.0 }
    // Both factors exact in a double: one correctly rounded operation (Clinger's fast path).
    if number.digits <= 1 << 53, abs(number.exponent) <= 22, number.dropped == 0 {
      let mantissa = Double(number.digits)
      let power: Double = powers[abs(number.exponent)]
      let result: Double = number.exponent < 0 ? mantissa / power : mantissa * power
      return number.isNegative ? -result : result
    }
    return parseSlowly(bytes)
  }

  /// `-123.45`, at most 15 digits and nothing else: the digits and the power of ten are exact doubles, so
  /// one division rounds right. Nil sends the text to the whole grammar.
  private static func parsePlain(_ bytes: UnsafeRawBufferPointer) -> Double? {
    guard let base = bytes.baseAddress, bytes.count <= 17 else { return nil }
    let text = base.assumingMemoryBound(to: UInt8.self)
    let isNegative = bytes.count > 0 && text[0] == 0x2d
    var digits: UInt64 = 0
    var digitCount = 0
    var decimals = -1
    for i in (isNegative ? 1 : 0)..<bytes.count {
      let digit = text[i] &- 0x30
      if digit <= 9 {
        digits = digits &* 10 &+ UInt64(digit)
        digitCount &+= 1
        if decimals >= 0 { decimals &+= 1 }
      } else if text[i] == 0x2e, decimals < 0 {
        decimals = 0
      } else {
        return nil
      }
    }
    guard digitCount > 0, digitCount <= 15 else { return nil }
    var value = Double(digits)
    if decimals > 0 { value /= powers[decimals] }
    return isNegative ? -value : value
  }

  private static func parseSlowly(_ bytes: UnsafeRawBufferPointer) -> Double? {
    var text: [CChar] = []
    for byte in trimmed(bytes) where byte != 0x5f { text.append(CChar(bitPattern: byte)) }
    text.append(0)
    return strtod(text, nil)
  }

  private static func parseSpecial(_ bytes: UnsafeRawBufferPointer) -> Double? {
    let content = trimmed(bytes)
    guard content.count <= 9 else { return nil }
    switch String(decoding: content, as: UTF8.self).lowercased() {
    case "inf", "infinity", "+inf", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    case "nan", "-nan", "+nan": return .nan
    default: return nil
    }
  }

  /// As `parse`, of a string.
  package static func parse(_ text: String) -> Double? {
    var copy = text
    return copy.withUTF8 { parse(UnsafeRawBufferPointer($0)) }
  }
}
