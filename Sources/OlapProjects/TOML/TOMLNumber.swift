/// Integers and floats as TOML writes them.
enum TOMLNumber {
  /// Nil when the text is not a number: leading zeros and stray underscores are refused.
  static func parse(_ text: String) -> TOMLValue? {
    guard let digits = withoutUnderscores(text) else { return nil }
    let (sign, magnitude) = split(digits)
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
      return Int64(digits.dropFirst(2), radix: radix).map { .integer($0) }
    }
    if magnitude == "inf" || magnitude == "nan" { return nil }
    let whole = magnitude.prefix { $0.isASCII && $0.isNumber }
    guard !whole.isEmpty, whole == "0" || !whole.hasPrefix("0") else { return nil }
    if whole.count == magnitude.count {
      return Int64((sign == "-" ? "-" : "") + magnitude).map { .integer($0) }
    }
    guard isFloat(magnitude.dropFirst(whole.count)) else { return nil }
    return Double((sign == "-" ? "-" : "") + magnitude).map { .float($0) }
  }

  /// Nil when an underscore does not stand between two digits.
  private static func withoutUnderscores(_ text: String) -> String? {
    let characters = Array(text)
    for (index, character) in characters.enumerated() where character == "_" {
      guard index > 0, index + 1 < characters.count, characters[index - 1].isHexDigit,
        characters[index + 1].isHexDigit
      else { return nil }
    }
    return String(characters.filter { $0 != "_" })
  }

  private static func split(_ text: String) -> (sign: Character?, magnitude: String) {
    guard let first = text.first, first == "+" || first == "-" else { return (nil, text) }
    return (first, String(text.dropFirst()))
  }

  /// `.digits`, `e±digits` or both.
  private static func isFloat(_ text: Substring) -> Bool {
    var rest = text
    if rest.hasPrefix(".") {
      rest = rest.dropFirst()
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      if digits.isEmpty { return false }
      rest = rest.dropFirst(digits.count)
    }
    if rest.isEmpty { return true }
    guard rest.hasPrefix("e") || rest.hasPrefix("E") else { return false }
    rest = rest.dropFirst()
    if rest.hasPrefix("+") || rest.hasPrefix("-") { rest = rest.dropFirst() }
    return !rest.isEmpty && rest.allSatisfy { $0.isASCII && $0.isNumber }
  }
}
