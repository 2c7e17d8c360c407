/// Cuts UTF-8 bytes into tokens. Comments and white space are dropped; `/* */` nests.
struct Lexer {
  let bytes: [UInt8]
  private(set) var position: Int = 0

  /// Longest text the parser takes: offsets are 32 bits wide in tokens.
  static let byteCountMax: Int = Int(Int32.max) - 16

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// All tokens, ended by several `.end`, so that a parser may look ahead without checks.
  static func tokens(of bytes: [UInt8]) throws(ParseError) -> [Token] {
    guard bytes.count <= byteCountMax else {
      throw ParseError(message: "the SQL text is longer than 2 GiB", range: .none)
    }
    var lexer = Lexer(bytes)
    var tokens: [Token] = []
    tokens.reserveCapacity(bytes.count / 5 + 8)
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if token.kind == .end { break }
    }
    let end = tokens[tokens.count - 1]
    for _ in 0..<4 { tokens.append(end) }
    return tokens
  }

  /// The next token; `.end` at the end of the text, as often as asked.
  mutating func next() throws(ParseError) -> Token {
    try skipBlanks()
    let start = position
    guard start < bytes.count else { return token(.end, from: start) }
    let byte = bytes[start]
    if byte == UInt8(ascii: "'") {
      try skipQuoted(byte, what: "string", from: start)
      return token(.string, from: start)
    }
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") {
      try skipQuoted(byte, what: "quoted identifier", from: start)
      guard position - start > 2 else {
        throw ParseError(message: "an identifier cannot be empty", range: range(from: start))
      }
      return token(.quotedIdentifier, from: start)
    }
    if let prefixed = try prefixedString(byte, from: start) { return prefixed }
    if Lexer.startsIdentifier(byte) { return word(from: start) }
    if Lexer.isDigit(byte) || (byte == UInt8(ascii: ".") && Lexer.isDigit(peek(1))) {
      return try number(from: start)
    }
    if byte == UInt8(ascii: "$") { return try dollar(from: start) }
    return try symbol(from: start)
  }

  /// Leaves one byte that begins no token, so that a splitter can go on behind an error.
  mutating func skipByte() {
    position = min(position + 1, bytes.count)
  }

  private func peek(_ offset: Int) -> UInt8 {
    let i = position + offset
    return i < bytes.count ? bytes[i] : 0
  }

  private func range(from start: Int) -> SourceRange { SourceRange(start, position) }

  private func token(_ kind: Token.Kind, from start: Int) -> Token {
    Token(kind: kind, keyword: nil, symbol: .none, start: Int32(start), end: Int32(position))
  }

  // MARK: Blanks

  private mutating func skipBlanks() throws(ParseError) {
    while position < bytes.count {
      switch bytes[position] {
      case 9, 10, 11, 12, 13, 32:
        position += 1
      case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
        while position < bytes.count, bytes[position] != 10 { position += 1 }
      case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
        try skipBlockComment()
      case 0xC2 where peek(1) == 0xA0:
        position += 2
      case 0xE3 where peek(1) == 0x80 && peek(2) == 0x80:
        position += 3
      case 0xEF where peek(1) == 0xBB && peek(2) == 0xBF:
        position += 3
      default:
        return
      }
    }
  }

  private mutating func skipBlockComment() throws(ParseError) {
    let start = position
    var level = 0
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        level += 1
        position += 2
      } else if bytes[position] == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        level -= 1
        position += 2
        if level == 0 { return }
      } else {
        position += 1
      }
    }
    throw ParseError(
      message: "this comment has no end: expected */", range: SourceRange(start, start + 2),
      isAtEnd: true)
  }

  // MARK: Strings

  /// Skips from an opening quote to behind the closing one; a doubled quote stands for one.
  private mutating func skipQuoted(_ quote: UInt8, what: String, from start: Int)
    throws(ParseError)
  {
    position += 1
    while position < bytes.count {
      if bytes[position] == quote {
        if peek(1) != quote {
          position += 1
          return
        }
        position += 1
      }
      position += 1
    }
    throw ParseError(
      message: "this \(what) has no end: expected \(quote == 39 ? "'" : "\"")",
      range: SourceRange(start, start + 1), isAtEnd: true)
  }

  private mutating func prefixedString(_ byte: UInt8, from start: Int) throws(ParseError) -> Token?
  {
    guard peek(1) == UInt8(ascii: "'") else { return nil }
    switch byte {
    case UInt8(ascii: "E"), UInt8(ascii: "e"):
      position += 2
      while position < bytes.count {
        if bytes[position] == UInt8(ascii: "\\") {
          position += 2
        } else if bytes[position] == UInt8(ascii: "'") {
          position += 1
          if position >= bytes.count || bytes[position] != UInt8(ascii: "'") {
            return token(.escapeString, from: start)
          }
          position += 1
        } else {
          position += 1
        }
      }
      position = bytes.count
      throw ParseError(
        message: "this string has no end: expected '", range: SourceRange(start, start + 2),
        isAtEnd: true)
    case UInt8(ascii: "X"), UInt8(ascii: "x"):
      position += 1
      try skipQuoted(39, what: "string", from: start)
      return token(.blob, from: start)
    default:
      return nil
    }
  }

  /// `$1`, `$name`, `$tag$…$tag$`.
  private mutating func dollar(from start: Int) throws(ParseError) -> Token {
    position += 1
    if Lexer.isDigit(peek(0)) {
      while Lexer.isDigit(peek(0)) { position += 1 }
      return token(.parameter, from: start)
    }
    while Lexer.continuesIdentifier(peek(0)), peek(0) != UInt8(ascii: "$") { position += 1 }
    guard peek(0) == UInt8(ascii: "$") else {
      guard position > start + 1 else {
        throw ParseError(
          message: "expected a parameter such as $1 or $name, or a $$ quoted string",
          range: range(from: start))
      }
      return token(.parameter, from: start)
    }
    position += 1
    let tagCount = position - start
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "$"), position + tagCount <= bytes.count,
        bytes[position..<position + tagCount].elementsEqual(bytes[start..<start + tagCount])
      {
        position += tagCount
        return token(.dollarString, from: start)
      }
      position += 1
    }
    throw ParseError(
      message: "this dollar-quoted string has no end", range: SourceRange(start, start + tagCount),
      isAtEnd: true)
  }

  // MARK: Words and numbers

  private mutating func word(from start: Int) -> Token {
    var hasOnlyLetters = true
    while position < bytes.count, Lexer.continuesIdentifier(bytes[position]) {
      if bytes[position] >= 0x80 || bytes[position] == UInt8(ascii: "$") { hasOnlyLetters = false }
      position += 1
    }
    var token = token(.word, from: start)
    if hasOnlyLetters, position - start <= 20 {
      let lower = String(unsafeUninitializedCapacity: position - start) { buffer in
        for i in start..<position {
          let byte = bytes[i]
          buffer[i - start] = byte >= 65 && byte <= 90 ? byte | 32 : byte
        }
        return position - start
      }
      token.keyword = Keyword.byText[lower]
    }
    return token
  }

  private mutating func number(from start: Int) throws(ParseError) -> Token {
    if bytes[start] == UInt8(ascii: "0"), let isDigit = Lexer.radixDigits(peek(1)),
      isDigit(peek(2)) || peek(2) == UInt8(ascii: "_")
    {
      position += 2
      while isDigit(peek(0)) || peek(0) == UInt8(ascii: "_") { position += 1 }
      try refuseTrailing(from: start)
      return token(.integer, from: start)
    }
    var kind: Token.Kind = .integer
    skipDigits()
    if peek(0) == UInt8(ascii: "."), peek(1) != UInt8(ascii: "."),
      !Lexer.startsIdentifier(peek(1))
        || ((peek(1) | 32) == UInt8(ascii: "e") && isExponent(at: 1))
    {
      kind = .decimal
      position += 1
      skipDigits()
    }
    if isExponent(at: 0) {
      kind = .double
      position += 1
      if peek(0) == UInt8(ascii: "+") || peek(0) == UInt8(ascii: "-") { position += 1 }
      skipDigits()
    }
    if kind != .integer || Lexer.startsIdentifier(peek(0)) { try refuseTrailing(from: start) }
    return token(kind, from: start)
  }

  private mutating func skipDigits() {
    while Lexer.isDigit(peek(0)) || (peek(0) == UInt8(ascii: "_") && Lexer.isDigit(peek(1))) {
      position += 1
    }
  }

  private func isExponent(at offset: Int) -> Bool {
    guard (peek(offset) | 32) == UInt8(ascii: "e") else { return false }
    let next = peek(offset + 1)
    if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") {
      return Lexer.isDigit(peek(offset + 2))
    }
    return Lexer.isDigit(next)
  }

  private mutating func refuseTrailing(from start: Int) throws(ParseError) {
    guard Lexer.continuesIdentifier(peek(0)) else { return }
    while Lexer.continuesIdentifier(peek(0)) { position += 1 }
    throw ParseError(
      message: "this is neither a number nor a name: a name that starts with a digit needs quotes",
      range: range(from: start))
  }

  // MARK: Symbols

  private mutating func symbol(from start: Int) throws(ParseError) -> Token {
    var key: UInt32 = 0
    var found: (symbol: Symbol, count: Int)?
    for i in 0..<4 {
      let byte = peek(i)
      if byte == 0 || byte >= 0x80 { break }
      key |= UInt32(byte) << UInt32(8 * i)
      if let symbol = Symbol.byBytes[key] { found = (symbol, i + 1) }
    }
    guard let found else {
      position += 1
      while position < bytes.count, bytes[position] & 0xC0 == 0x80 { position += 1 }
      let text = String(decoding: bytes[start..<position], as: UTF8.self)
      throw ParseError(message: "unexpected character \"\(text)\"", range: range(from: start))
    }
    position += found.count
    var token = token(.symbol, from: start)
    token.symbol = found.symbol
    return token
  }

  // MARK: Classes of bytes

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

  static func startsIdentifier(_ byte: UInt8) -> Bool {
    (byte | 32) >= 97 && (byte | 32) <= 122 || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  static func continuesIdentifier(_ byte: UInt8) -> Bool {
    startsIdentifier(byte) || isDigit(byte) || byte == UInt8(ascii: "$")
  }

  private static func radixDigits(_ byte: UInt8) -> ((UInt8) -> Bool)? {
    switch byte | 32 {
    case UInt8(ascii: "x"): { isDigit($0) || ($0 | 32) >= 97 && ($0 | 32) <= 102 }
    case UInt8(ascii: "o"): { $0 >= 48 && $0 <= 55 }
    case UInt8(ascii: "b"): { $0 == 48 || $0 == 49 }
    default: nil
    }
  }
}
