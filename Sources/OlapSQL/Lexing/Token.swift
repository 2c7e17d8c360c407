/// One lexical unit; its text is the source bytes `start ..< end`.
struct Token {
  var kind: Kind
  var keyword: Keyword?
  var symbol: Symbol
  var start: Int32
  var end: Int32

  enum Kind: UInt8 {
    /// Unquoted; `keyword` is set when it is one.
    case word
    case quotedIdentifier
    case string
    /// `E'…'` with backslash escapes.
    case escapeString
    case dollarString
    /// `x'…'`.
    case blob
    /// Digits, or with `0x`, `0o`, `0b`.
    case integer
    /// With a point.
    case decimal
    /// With an exponent.
    case double
    /// `$1`, `$name`.
    case parameter
    case symbol
    case end
  }

  var range: SourceRange { SourceRange(Int(start), Int(end)) }
}

/// Punctuation and operators.
enum Symbol: String, CaseIterable {
  case none = ""
  case comma = ","
  case semicolon = ";"
  case leftParenthesis = "("
  case rightParenthesis = ")"
  case leftBracket = "["
  case rightBracket = "]"
  case leftBrace = "{"
  case rightBrace = "}"
  case dot = "."
  case colon = ":"
  case cast = "::"
  case assign = ":="
  case namedArgument = "=>"
  case question = "?"
  case hash = "#"
  case plus = "+"
  case minus = "-"
  case star = "*"
  case slash = "/"
  case doubleSlash = "//"
  case percent = "%"
  case caret = "^"
  case doubleStar = "**"
  case equal = "="
  case doubleEqual = "=="
  case notEqual = "<>"
  case bangEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case concatenate = "||"
  case bar = "|"
  case ampersand = "&"
  case shiftLeft = "<<"
  case shiftRight = ">>"
  case arrow = "->"
  case doubleArrow = "->>"
  case contains = "@>"
  case containedBy = "<@"
  case overlaps = "&&"
  case startsWith = "^@"
  case spaceship = "<=>"
  case distance = "<->"
  case bang = "!"
  case at = "@"
  case tilde = "~"
  case notTilde = "!~"
  case tildeStar = "~*"
  case notTildeStar = "!~*"
  case doubleTilde = "~~"
  case notDoubleTilde = "!~~"
  case doubleTildeStar = "~~*"
  case notDoubleTildeStar = "!~~*"
  case tripleTilde = "~~~"

  /// By up to four bytes, packed with the first in the lowest.
  static let byBytes: [UInt32: Symbol] = {
    var table: [UInt32: Symbol] = [:]
    for symbol in allCases where symbol != .none {
      var key: UInt32 = 0
      for (i, byte) in symbol.rawValue.utf8.enumerated() { key |= UInt32(byte) << UInt32(8 * i) }
      table[key] = symbol
    }
    return table
  }()
}
