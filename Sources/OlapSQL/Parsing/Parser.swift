/// Reads SQL text into statements: recursive descent for statements and clauses, precedence climbing
/// for expressions.
///
/// Nesting is bounded twice, so that no text can overflow a stack: `depthMax` bounds the parser's own
/// recursion, `heightMax` the height of the trees it returns (left-deep chains included).
package struct Parser {
  /// Deepest nesting of expressions and queries.
  package static let depthMax: Int = 400
  /// Greatest height of a tree, in expressions, queries and joins from root to leaf.
  package static let heightMax: Int = 1000

  let bytes: [UInt8]
  let tokens: [Token]
  var index: Int = 0
  /// Current recursion.
  var depth: Int = 0
  /// Depth at which the deepest node of what is being parsed lies.
  var deepest: Int = 0
  /// `?` seen so far in this statement.
  var parameterCount: Int = 0

  init(_ sql: String) throws(ParseError) {
    bytes = Array(sql.utf8)
    tokens = try Lexer.tokens(of: bytes)
  }

  /// Parses statements separated by semicolons; empty ones are dropped.
  package static func parse(_ sql: String) throws(ParseError) -> [Statement] {
    var parser = try Parser(sql)
    var statements: [Statement] = []
    while true {
      while parser.accept(.semicolon) {}
      if parser.token.kind == .end { return statements }
      parser.parameterCount = 0
      statements.append(try parser.statement())
      guard parser.token.kind == .end || parser.token.symbol == .semicolon else {
        throw parser.unfinished()
      }
    }
  }

  /// Parses text that is one query.
  package static func parseQuery(_ sql: String) throws(ParseError) -> SelectStatement {
    var parser = try Parser(sql)
    let query = try parser.query()
    _ = parser.accept(.semicolon)
    guard parser.token.kind == .end else { throw parser.unexpected("the end of the query") }
    return query
  }

  /// Parses text that is one expression.
  package static func parseExpression(_ sql: String) throws(ParseError) -> Expression {
    var parser = try Parser(sql)
    let expression = try parser.expression()
    guard parser.token.kind == .end else { throw parser.unexpected("the end of the expression") }
    return expression
  }

  /// Parses text that is one rule, as it stands behind EXPECT.
  package static func parseExpectationRule(_ sql: String) throws(ParseError) -> Expectation.Rule {
    var parser = try Parser(sql)
    let rule = try parser.expectationRule()
    guard parser.token.kind == .end else { throw parser.unexpected("the end of the rule") }
    return rule
  }

  /// Parses text that is one type, such as `DECIMAL(10, 2)[]`.
  package static func parseType(_ sql: String) throws(ParseError) -> TypeName {
    var parser = try Parser(sql)
    let type = try parser.typeName()
    guard parser.token.kind == .end else { throw parser.unexpected("the end of the type") }
    return type
  }
}

// MARK: Tokens

extension Parser {
  var token: Token { tokens[index] }

  func peek(_ offset: Int) -> Token { tokens[min(index + offset, tokens.count - 1)] }

  func isAt(_ keyword: Keyword) -> Bool { tokens[index].keyword == keyword }

  func isAt(_ symbol: Symbol) -> Bool { tokens[index].symbol == symbol }

  /// Whether the next tokens are these keywords.
  func isAt(_ first: Keyword, _ second: Keyword) -> Bool {
    tokens[index].keyword == first && peek(1).keyword == second
  }

  mutating func advance() {
    if tokens[index].kind != .end { index += 1 }
  }

  mutating func accept(_ keyword: Keyword) -> Bool {
    guard isAt(keyword) else { return false }
    index += 1
    return true
  }

  mutating func accept(_ first: Keyword, _ second: Keyword) -> Bool {
    guard isAt(first, second) else { return false }
    index += 2
    return true
  }

  mutating func accept(_ symbol: Symbol) -> Bool {
    guard isAt(symbol) else { return false }
    index += 1
    return true
  }

  mutating func expect(_ keywords: Keyword...) throws(ParseError) {
    for keyword in keywords {
      guard accept(keyword) else { throw unexpected(keyword.display, keywords: [keyword]) }
    }
  }

  mutating func expect(_ symbol: Symbol) throws(ParseError) {
    guard accept(symbol) else { throw unexpected("\"\(symbol.rawValue)\"") }
  }

  /// Whether the next token stands directly behind the one at hand.
  func isAdjacent(_ offset: Int = 1) -> Bool {
    peek(offset).start == peek(offset - 1).end
  }

  func slice(_ token: Token) -> ArraySlice<UInt8> { bytes[Int(token.start)..<Int(token.end)] }

  func text(_ token: Token) -> String { String(decoding: slice(token), as: UTF8.self) }

  /// Range from a start offset to the end of the last token consumed.
  func range(from start: Int32) -> SourceRange {
    let end = index > 0 ? tokens[index - 1].end : 0
    return SourceRange(Int(start), Int(max(start, end)))
  }

  // MARK: Errors

  /// A statement that goes on where it should end: often the word before is a misspelt keyword that
  /// was read as an alias.
  func unfinished() -> ParseError {
    var error = unexpected("the end of the statement")
    if token.symbol.rawValue == "=>" {
      error.hint = "did you mean >=?"
    } else if token.keyword == nil || token.keyword == .by, index > 0,
      tokens[index - 1].kind == .word, tokens[index - 1].keyword == nil,
      let keyword = Spelling.closest(
        to: text(tokens[index - 1]),
        among: [
          .from, .where, .group, .order, .having, .limit, .join, .union, .qualify, .on, .using,
          .left,
        ])
    {
      let word = text(tokens[index - 1])
      error.hint = "\"\(word)\" was read as a name; did you mean \(keyword.display)?"
    }
    return error
  }

  /// Error at the next token: what was expected, what is there, and a keyword that looks like it.
  func unexpected(_ expectation: String, keywords: [Keyword] = []) -> ParseError {
    let token = self.token
    guard token.kind != .end else {
      return ParseError(
        message: "expected \(expectation) but the text ends here", range: token.range,
        isAtEnd: true)
    }
    var hint: String?
    if token.kind == .word, let keyword = Spelling.closest(to: text(token), among: keywords) {
      hint = "did you mean \(keyword.display)?"
    } else if token.keyword?.isReserved == true, expectation.hasSuffix("name") {
      hint = "\(text(token)) is a keyword: write \"\(text(token))\" to use it as a name"
    }
    var shown = text(token)
    if shown.utf8.count > 40 { shown = String(shown.prefix(40)) + "…" }
    return ParseError(
      message:
        "expected \(expectation) but found \(token.kind == .string ? shown : "\"\(shown)\"")",
      hint: hint, range: token.range)
  }

  func error(_ message: String, hint: String? = nil, at range: SourceRange) -> ParseError {
    ParseError(message: message, hint: hint, range: range)
  }

  // MARK: Depth

  func checkDepth() throws(ParseError) {
    if depth > Parser.depthMax || deepest > Parser.heightMax {
      throw error(
        "this is nested too deeply (more than \(depth > Parser.depthMax ? Parser.depthMax : Parser.heightMax) levels)",
        hint: "split it with WITH or a view", at: token.range)
    }
  }

  /// One more node above everything parsed at this level.
  mutating func raise() throws(ParseError) {
    deepest += 1
    try checkDepth()
  }
}

// MARK: Names and lists

extension Parser {
  /// A list separated by commas; a trailing comma is allowed where `terminator` follows.
  mutating func list<T>(
    until terminator: Symbol? = nil, _ element: (inout Parser) throws(ParseError) -> T
  ) throws(ParseError) -> [T] {
    var result: [T] = [try element(&self)]
    while accept(.comma) {
      if let terminator, isAt(terminator) { break }
      result.append(try element(&self))
    }
    return result
  }

  /// `( list )`.
  mutating func parenthesized<T>(
    _ element: (inout Parser) throws(ParseError) -> T
  ) throws(ParseError) -> [T] {
    try expect(.leftParenthesis)
    let result = try list(until: .rightParenthesis, element)
    try expect(.rightParenthesis)
    return result
  }

  func isName(_ token: Token) -> Bool {
    if token.kind == .quotedIdentifier { return true }
    guard token.kind == .word else { return false }
    guard let keyword = token.keyword else { return true }
    return !keyword.isReserved && !keyword.isFunctionOrTypeName
  }

  mutating func takeIdentifier() -> Identifier {
    let token = self.token
    index += 1
    let name =
      token.kind == .word
      ? text(token) : TokenText.unquoted(slice(token), quote: bytes[Int(token.start)])
    return Identifier(name, range: token.range)
  }

  /// A name that is no reserved word.
  mutating func identifier(_ what: String = "a name") throws(ParseError) -> Identifier {
    guard isName(token) else { throw unexpected(what) }
    return takeIdentifier()
  }

  /// A name behind AS or a dot: any word.
  mutating func label(_ what: String = "a name") throws(ParseError) -> Identifier {
    switch token.kind {
    case .word, .quotedIdentifier: return takeIdentifier()
    case .string where token.end - token.start > 2 || what == "a field name":
      let token = self.token
      index += 1
      return Identifier(TokenText.unquoted(slice(token), quote: 39), range: token.range)
    default: throw unexpected(what)
    }
  }

  mutating func identifiers() throws(ParseError) -> [Identifier] {
    try parenthesized { (p) throws(ParseError) in try p.identifier("a column name") }
  }

  mutating func optionalIdentifiers() throws(ParseError) -> [Identifier] {
    isAt(.leftParenthesis) ? try identifiers() : []
  }

  /// `[[catalog.]schema.]object`.
  mutating func objectName(_ what: String = "a name") throws(ParseError) -> ObjectName {
    let start = token.start
    guard isName(token) || token.keyword?.isFunctionOrTypeName == true else {
      throw unexpected(what)
    }
    var parts = [takeIdentifier()]
    while isAt(.dot) {
      index += 1
      parts.append(try label(what))
    }
    guard parts.count <= 8 else {
      throw error("a name has at most three parts", at: range(from: start))
    }
    return ObjectName(parts, range: range(from: start))
  }

  /// A string in any quoting.
  mutating func string(_ what: String = "a string") throws(ParseError) -> String {
    guard let value = try acceptString() else { throw unexpected(what) }
    return value
  }

  mutating func acceptString() throws(ParseError) -> String? {
    let token = self.token
    switch token.kind {
    case .string:
      index += 1
      return TokenText.unquoted(slice(token), quote: 39)
    case .escapeString:
      guard let value = TokenText.unescaped(slice(token)) else {
        throw error("this string has an escape that is not valid", at: token.range)
      }
      index += 1
      return value
    case .dollarString:
      index += 1
      return TokenText.dollarQuoted(slice(token))
    default: return nil
    }
  }

  /// An integer with an optional sign.
  mutating func integer(_ what: String = "an integer") throws(ParseError) -> Int {
    let start = token.start
    let isNegative = accept(.minus)
    if !isNegative { _ = accept(.plus) }
    guard token.kind == .integer, let digits = TokenText.integer(slice(token)) else {
      throw unexpected(what)
    }
    index += 1
    guard let value = Int(isNegative ? "-" + digits : digits) else {
      throw error("this integer is out of range", at: range(from: start))
    }
    return value
  }

  mutating func ifExists() throws(ParseError) -> Bool {
    guard accept(.if) else { return false }
    try expect(.exists)
    return true
  }

  mutating func ifNotExists() throws(ParseError) -> Bool {
    guard isAt(.if, .not) else { return false }
    index += 1
    try expect(.not, .exists)
    return true
  }
}
