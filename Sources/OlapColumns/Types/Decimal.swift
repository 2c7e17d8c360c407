/// Exact decimal helpers over unscaled Int128 integers.
package enum Decimal {
  private static let powers: [Int128] = {
    var result: [Int128] = [1]
    for _ in 0..<38 { result.append(result[result.count - 1] * 10) }
    return result
  }()

  /// 10^exponent for 0 … 38.
  package static func powerOfTen(_ exponent: Int) -> Int128 { powers[exponent] }

  /// `value` moved from one scale to another, rounded half away from zero; nil beyond Int128.
  package static func rescale(_ value: Int128, from: Int, to: Int) -> Int128? {
    if to == from { return value }
    if to > from {
      guard to - from <= 38 else { return value == 0 ? 0 : nil }
      let product = value.multipliedReportingOverflow(by: powers[to - from])
      return product.overflow ? nil : product.partialValue
    }
    guard from - to <= 38 else { return 0 }
    return divideRounded(value, powers[from - to])
  }

  /// Quotient rounded half away from zero; `divisor` > 0.
  package static func divideRounded(_ value: Int128, _ divisor: Int128) -> Int128 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    let magnitude: UInt128 = remainder.magnitude
    if magnitude >= divisor.magnitude - magnitude { return quotient + (value < 0 ? -1 : 1) }
    return quotient
  }

  /// Whether the unscaled value has at most `precision` digits.
  package static func fits(_ value: Int128, precision: Int) -> Bool {
    value.magnitude < powers[precision].magnitude
  }

  /// Plain decimal notation: `-0.05`, `12.30`, `7`.
  package static func text(_ value: Int128, scale: Int) -> String {
    var digits: String = String(value.magnitude)
    if scale > 0 {
      if digits.utf8.count <= scale {
        digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits
      }
      digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -scale))
    }
    return value < 0 ? "-" + digits : digits
  }

  /// Reads `[+-]digits[.digits][e[+-]digits]` (underscores between digits allowed, blanks around)
  /// as an unscaled integer of `scale`, extra digits rounded half away from zero.
  /// nil for other text and for values of more than `precision` digits.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, precision: Int, scale: Int
  ) -> Int128? {
    guard let number = DecimalText(bytes) else { return nil }
    guard let value = number.unscaled(scale: scale) else { return nil }
    return fits(value, precision: precision) ? value : nil
  }

  /// As `parse`, of a string.
  package static func parse(_ text: String, precision: Int, scale: Int) -> Int128? {
    var copy = text
    return copy.withUTF8 {
      parse(UnsafeRawBufferPointer($0), precision: precision, scale: scale)
    }
  }
}

/// A decimal number taken apart: sign, up to 38 or 39 significant digits, power of ten.
struct DecimalText {
  var isNegative = false
  var digits: UInt128 = 0
  /// value = digits × 10^exponent (dropped digits decide rounding).
  var exponent = 0
  /// First digit that did not fit into `digits`, for rounding; 0 when all fitted.
  var dropped: UInt8 = 0
  /// Whether there was a point or an exponent.
  var isInteger = true

  /// Trims blanks; nil when the bytes are not a number.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var i = 0
    var end: Int = bytes.count
    while i < end && isBlank(bytes[i]) { i += 1 }
    while end > i && isBlank(bytes[end - 1]) { end -= 1 }
    if i < end && (bytes[i] == 0x2d || bytes[i] == 0x2b) {
      isNegative = bytes[i] == 0x2d
      i += 1
    }
    var digitCount = 0
    var seenPoint = false
    var hasDropped = false
    while i < end {
      let byte: UInt8 = bytes[i]
      if byte >= 0x30 && byte <= 0x39 {
        let digit: UInt8 = byte - 0x30
        digitCount += 1
        if digits <= (UInt128.max - 9) / 10 {
          digits = digits * 10 + UInt128(digit)
          if seenPoint { exponent -= 1 }
        } else {
          if !hasDropped { dropped = digit }
          hasDropped = true
          if !seenPoint { exponent += 1 }
        }
      } else if byte == 0x2e && !seenPoint {
        seenPoint = true
        isInteger = false
      } else if byte == 0x5f && digitCount > 0 && i + 1 < end && bytes[i + 1] >= 0x30
        && bytes[i + 1] <= 0x39 && bytes[i - 1] != 0x2e
      {
        // An underscore between digits.
      } else {
        break
      }
      i += 1
    }
    guard digitCount > 0 else { return nil }
    if i < end && (bytes[i] | 0x20) == 0x65 {
      guard let power = DecimalText.power(bytes, from: i + 1, to: end) else { return nil }
      isInteger = false
      exponent += power
      i = end
    }
    if i != end { return nil }
  }

  private static func power(_ bytes: UnsafeRawBufferPointer, from: Int, to end: Int) -> Int? {
    var i: Int = from
    var isNegative = false
    if i < end && (bytes[i] == 0x2d || bytes[i] == 0x2b) {
      isNegative = bytes[i] == 0x2d
      i += 1
    }
    guard i < end else { return nil }
    var power = 0
    while i < end {
      guard bytes[i] >= 0x30 && bytes[i] <= 0x39 else { return nil }
      // Beyond ±100,000 every number is zero or out of range.
      power = Swift.min(power * 10 + Int(bytes[i] - 0x30), 100_000)
      i += 1
    }
    return isNegative ? -power : power
  }

  /// The number times 10^scale as an integer, rounded half away from zero; nil when beyond Int128.
  func unscaled(scale: Int) -> Int128? {
    let shift: Int = exponent + scale
    if digits == 0 { return 0 }
    var magnitude: UInt128 = digits
    if shift > 0 {
      guard shift <= 38 else { return nil }
      let product = magnitude.multipliedReportingOverflow(
        by: Decimal.powerOfTen(shift).magnitude)
      if product.overflow { return nil }
      magnitude = product.partialValue
    } else if shift < 0 {
      guard -shift <= 38 else { return 0 }
      let divisor: UInt128 = Decimal.powerOfTen(-shift).magnitude
      let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: divisor)
      magnitude = quotient + (remainder >= divisor - remainder ? 1 : 0)
    } else if dropped >= 5 {
      magnitude += 1
    }
    if isNegative {
      return magnitude > Int128.min.magnitude ? nil : Int128(truncatingIfNeeded: 0 &- magnitude)
    }
    return Int128(exactly: magnitude)
  }
}

/// ASCII blanks: space, tab, line feed, vertical tab, form feed, carriage return.
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) }

/// The bytes without blanks at either end.
func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
  var start = 0
  var end: Int = bytes.count
  while start < end && isBlank(bytes[start]) { start += 1 }
  while end > start && isBlank(bytes[end - 1]) { end -= 1 }
  return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
}
