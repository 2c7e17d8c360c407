/// What stands between parentheses.
enum ParenthesizedContent {
  case query(SelectStatement)
  /// One or more expressions.
  case expressions([Expression])
}

extension Parser {
  /// An operand: literal, name, call, parenthesis, CASE, …
  mutating func primary() throws(ParseError) -> Expression {
    let token = self.token
    switch token.kind {
    case .string, .escapeString, .dollarString, .blob, .integer, .decimal, .double:
      return try literal()
    case .parameter:
      index += 1
      let name = String(text(token).dropFirst())
      guard name.utf8.first.map(Lexer.isDigit) == true else {
        return Expression(.parameter(.name(name)), range: token.range)
      }
      guard let number = Int(name), number > 0, number <= 65_535 else {
        throw error("parameters are numbered from $1 to $65535", at: token.range)
      }
      return Expression(.parameter(.number(number)), range: token.range)
    case .quotedIdentifier:
      return try nameOrCall()
    case .word:
      guard let keyword = token.keyword else { return try nameOrCall() }
      if let special = try keywordPrimary(keyword) { return special }
      if keyword.isReserved { throw unexpected("an expression") }
      if keyword.isFunctionOrTypeName, peek(1).symbol != .leftParenthesis {
        throw unexpected("an expression")
      }
      return try nameOrCall()
    case .symbol:
      return try symbolPrimary()
    case .end:
      throw unexpected("an expression")
    }
  }

  // MARK: Literals

  private mutating func literal() throws(ParseError) -> Expression {
    let token = self.token
    let literal: Literal
    switch token.kind {
    case .integer:
      guard let digits = TokenText.integer(slice(token)) else {
        throw error("this number is out of range", at: token.range)
      }
      literal = .integer(digits)
      index += 1
    case .decimal, .double:
      let digits = String(decoding: slice(token).filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
      literal = token.kind == .decimal ? .decimal(digits) : .double(digits)
      index += 1
    case .blob:
      guard let value = TokenText.blob(slice(token)) else {
        throw error("a blob is written as an even count of hexadecimal digits", at: token.range)
      }
      literal = .blob(value)
      index += 1
    default:
      var value = try string()
      // 'a' 'b' on two lines is one string, as in the standard.
      while self.token.kind == .string, containsNewline(before: self.token) {
        value += try string()
      }
      literal = .string(value)
    }
    return Expression(.literal(literal), range: range(from: token.start))
  }

  private func containsNewline(before token: Token) -> Bool {
    guard index > 0 else { return false }
    return bytes[Int(tokens[index - 1].end)..<Int(token.start)].contains(10)
  }

  private mutating func symbolPrimary() throws(ParseError) -> Expression {
    let token = self.token
    switch token.symbol {
    case .leftParenthesis:
      switch try parenthesizedContent() {
      case .query(let query):
        return Expression(.subquery(query), range: range(from: token.start))
      case .expressions(let items):
        if items.count == 1, tokens[index - 2].symbol != .comma {
          return Expression(items[0].kind, range: range(from: token.start))
        }
        return Expression(.row(items), range: range(from: token.start))
      }
    case .star:
      if peek(1).keyword == .columns, peek(2).symbol == .leftParenthesis {
        index += 1
        return try columnsExpression(isUnpacked: true, from: token.start)
      }
      index += 1
      return try star(qualifier: [], from: token.start)
    case .question:
      index += 1
      if self.token.kind == .integer, self.token.start == token.end {
        let number = try integer()
        guard number > 0, number <= 65_535 else {
          throw error("parameters are numbered from ?1 to ?65535", at: range(from: token.start))
        }
        return Expression(.parameter(.number(number)), range: range(from: token.start))
      }
      parameterCount += 1
      return Expression(.parameter(.number(parameterCount)), range: token.range)
    case .colon where peek(1).kind == .word && isAdjacent():
      index += 2
      return Expression(
        .parameter(.name(text(tokens[index - 1]))), range: range(from: token.start))
    case .hash:
      index += 1
      let number = try integer("a column number")
      guard number > 0 else {
        throw error("column numbers start at 1", at: range(from: token.start))
      }
      return Expression(.positional(number), range: range(from: token.start))
    case .leftBracket:
      index += 1
      return try listLiteral(from: token.start)
    case .leftBrace:
      return try structLiteral()
    default:
      throw unexpected("an expression")
    }
  }

  /// `(` query or expressions `)`.
  mutating func parenthesizedContent() throws(ParseError) -> ParenthesizedContent {
    let start = token.start
    try expect(.leftParenthesis)
    if startsQuery {
      let query = try query()
      try expect(.rightParenthesis)
      return .query(query)
    }
    if accept(.rightParenthesis) { return .expressions([]) }
    var items = [try expression()]
    if items.count == 1, continuesQuery, case .subquery(let query) = items[0].kind {
      let whole = try self.query(continuing: query, from: start + 1)
      if accept(.rightParenthesis) { return .query(whole) }
      // `((SELECT 1) UNION (SELECT 2) …`: nothing but the end may follow.
      throw unexpected("\")\"")
    }
    while accept(.comma) {
      if isAt(.rightParenthesis) { break }
      items.append(try expression())
    }
    try expect(.rightParenthesis)
    return .expressions(items)
  }

  /// Behind `[`.
  private mutating func listLiteral(from start: Int32) throws(ParseError) -> Expression {
    if accept(.rightBracket) { return Expression(.list([]), range: range(from: start)) }
    var items = [try expression()]
    if accept(.for) {
      let variables = try list { (p) throws(ParseError) in try p.identifier() }
      try expect(.in)
      let source = try expression()
      var condition: Expression?
      if accept(.if) { condition = try expression() }
      try expect(.rightBracket)
      let comprehension = ListComprehension(
        body: items[0], variables: variables, source: source, condition: condition)
      return Expression(.listComprehension(comprehension), range: range(from: start))
    }
    while accept(.comma) {
      if isAt(.rightBracket) { break }
      items.append(try expression())
    }
    try expect(.rightBracket)
    return Expression(.list(items), range: range(from: start))
  }

  private mutating func structLiteral() throws(ParseError) -> Expression {
    let start = token.start
    try expect(.leftBrace)
    var entries: [StructEntry] = []
    while !isAt(.rightBrace) {
      let name = try label("a field name")
      try expect(.colon)
      entries.append(StructEntry(name: name, value: try expression()))
      if !accept(.comma) { break }
    }
    try expect(.rightBrace)
    return Expression(.structure(entries), range: range(from: start))
  }

  private mutating func mapLiteral(from start: Int32) throws(ParseError) -> Expression {
    try expect(.leftBrace)
    var entries: [MapEntry] = []
    while !isAt(.rightBrace) {
      let key = try expression()
      try expect(.colon)
      entries.append(MapEntry(key: key, value: try expression()))
      if !accept(.comma) { break }
    }
    try expect(.rightBrace)
    return Expression(.map(entries), range: range(from: start))
  }

  // MARK: Keywords

  /// Expressions that begin with a keyword; `nil` when it is just a name here.
  private mutating func keywordPrimary(_ keyword: Keyword) throws(ParseError) -> Expression? {
    let start = token.start
    let opens = peek(1).symbol == .leftParenthesis
    switch keyword {
    case .null, .true, .false:
      index += 1
      let literal: Literal = keyword == .null ? .null : .boolean(keyword == .true)
      return Expression(.literal(literal), range: range(from: start))
    case .default:
      index += 1
      return Expression(.defaultValue, range: range(from: start))
    case .case: return try caseExpression()
    case .cast, .tryCast: return opens ? try castExpression() : nil
    case .exists where opens:
      index += 1
      try expect(.leftParenthesis)
      let query = try query()
      try expect(.rightParenthesis)
      return Expression(.exists(query), range: range(from: start))
    case .array: return try arrayExpression()
    case .row where opens:
      index += 1
      if peek(1).symbol == .rightParenthesis {
        index += 2
        return Expression(.row([]), range: range(from: start))
      }
      let items = try parenthesized { (p) throws(ParseError) in try p.expression() }
      return Expression(.row(items), range: range(from: start))
    case .map where peek(1).symbol == .leftBrace:
      index += 1
      return try mapLiteral(from: start)
    case .lambda:
      index += 1
      let parameters = try lambdaParameters()
      try expect(.colon)
      let body = try expression()
      return Expression(.lambda(parameters: parameters, body: body), range: range(from: start))
    case .interval: return try intervalExpression()
    case .columns where opens: return try columnsExpression(isUnpacked: false, from: start)
    case .extract, .substring, .position, .trim, .overlay: return opens ? try special(keyword) : nil
    case .date, .time, .timestamp: return try typedLiteral()
    case .currentDate, .currentTime, .currentTimestamp, .localtime, .localtimestamp, .currentUser,
      .currentRole, .currentCatalog, .currentSchema, .sessionUser:
      guard peek(1).symbol != .dot else { return nil }
      index += 1
      if accept(.leftParenthesis) {
        if token.kind == .integer { index += 1 }
        try expect(.rightParenthesis)
      }
      return call(keyword.rawValue, [], from: start)
    default: return nil
    }
  }

  mutating func lambdaParameters() throws(ParseError) -> [Identifier] {
    if isAt(.leftParenthesis) { return try identifiers() }
    return try list { (p) throws(ParseError) in try p.identifier("a parameter name") }
  }

  private mutating func caseExpression() throws(ParseError) -> Expression {
    let start = token.start
    try expect(.case)
    var operand: Expression?
    if !isAt(.when) { operand = try expression() }
    var branches: [CaseBranch] = []
    while accept(.when) {
      let condition = try expression()
      try expect(.then)
      branches.append(CaseBranch(condition: condition, result: try expression()))
    }
    guard !branches.isEmpty else { throw unexpected("WHEN", keywords: [.when]) }
    var otherwise: Expression?
    if accept(.else) { otherwise = try expression() }
    guard accept(.end) else {
      throw unexpected("WHEN, ELSE or END", keywords: [.when, .else, .end, .then])
    }
    return Expression(
      .caseWhen(operand: operand, branches: branches, otherwise: otherwise),
      range: range(from: start))
  }

  private mutating func castExpression() throws(ParseError) -> Expression {
    let start = token.start
    let isTry = token.keyword == .tryCast
    index += 1
    try expect(.leftParenthesis)
    let operand = try expression()
    try expect(.as)
    let type = try typeName()
    try expect(.rightParenthesis)
    return Expression(.cast(operand, type, isTry: isTry), range: range(from: start))
  }

  private mutating func arrayExpression() throws(ParseError) -> Expression {
    let start = token.start
    index += 1
    if accept(.leftBracket) { return try listLiteral(from: start) }
    guard isAt(.leftParenthesis) else { throw unexpected("\"[\" or a query in parentheses") }
    switch try parenthesizedContent() {
    case .query(let query): return Expression(.arraySubquery(query), range: range(from: start))
    case .expressions(let items): return call("array", items, from: start)
    }
  }

  private mutating func intervalExpression() throws(ParseError) -> Expression? {
    let start = token.start
    let next = peek(1)
    let value: Expression
    switch next.kind {
    case .string, .escapeString, .dollarString, .integer, .decimal, .double:
      index += 1
      value = try literal()
    case .parameter:
      index += 1
      value = try primary()
    case .symbol where next.symbol == .leftParenthesis || next.symbol == .question:
      index += 1
      value = try primary()
    case .symbol
    where next.symbol == .minus && (peek(2).kind == .integer || peek(2).kind == .decimal):
      index += 1
      value = try expression(Precedence.sign)
    case .word
    where next.keyword == nil && IntervalUnit(spelling: text(peek(2))) != nil:
      index += 1
      value = Expression(.column([takeIdentifier()]), range: next.range)
    default:
      return nil
    }
    let unit = acceptIntervalUnit()
    if unit == nil, next.kind == .integer || next.kind == .decimal {
      throw unexpected("a unit such as DAY, HOUR or MONTH behind INTERVAL \(text(next))")
    }
    return Expression(.interval(value, unit: unit), range: range(from: start))
  }

  private mutating func acceptIntervalUnit() -> IntervalUnit? {
    // One letter would swallow an alias.
    guard token.kind == .word, token.end - token.start > 1,
      let unit = IntervalUnit(spelling: text(token))
    else { return nil }
    index += 1
    // `YEAR TO MONTH` and the like: the string itself says all.
    if isAt(.to), IntervalUnit(spelling: text(peek(1))) != nil {
      index += 2
      return nil
    }
    return unit
  }

  /// `DATE '…'`, `TIMESTAMP WITH TIME ZONE '…'`; `nil` when the word is a name here.
  private mutating func typedLiteral() throws(ParseError) -> Expression? {
    let start = token.start
    let isZoned = peek(1).keyword == .with || peek(1).keyword == .without
    guard peek(1).kind == .string || (isZoned && peek(4).kind == .string) else { return nil }
    let type = try typeName()
    let value = try literal()
    return Expression(.cast(value, type, isTry: false), range: range(from: start))
  }

  // MARK: Stars

  /// Behind `*`: EXCLUDE, REPLACE, RENAME.
  private mutating func star(
    qualifier: [Identifier], from start: Int32
  ) throws(ParseError) -> Expression {
    var star = Star(qualifier: qualifier)
    while true {
      if isAt(.exclude) || (isAt(.except) && startsStarExcept) {
        index += 1
        star.exclude += try starNames()
      } else if isAt(.replace) && peek(1).symbol == .leftParenthesis {
        index += 1
        star.replace += try parenthesized { (p) throws(ParseError) in
          let expression = try p.expression()
          _ = p.accept(.as)
          return StarReplacement(expression: expression, column: try p.label("a column name"))
        }
      } else if isAt(.rename), peek(1).symbol == .leftParenthesis {
        index += 1
        star.rename += try parenthesized { (p) throws(ParseError) in
          let column = try p.objectName("a column name")
          _ = p.accept(.as)
          return StarRename(column: column, name: try p.label("a column name"))
        }
      } else {
        return Expression(.star(star), range: range(from: start))
      }
    }
  }

  /// `EXCEPT (a, b)` behind a star, and not the set operation.
  private var startsStarExcept: Bool {
    peek(1).symbol == .leftParenthesis && isName(peek(2))
      && (peek(3).symbol == .comma || peek(3).symbol == .rightParenthesis || peek(3).symbol == .dot)
  }

  private mutating func starNames() throws(ParseError) -> [ObjectName] {
    guard isAt(.leftParenthesis) else { return [try objectName("a column name")] }
    return try parenthesized { (p) throws(ParseError) in try p.objectName("a column name") }
  }

  private mutating func columnsExpression(
    isUnpacked: Bool, from start: Int32
  ) throws(ParseError) -> Expression {
    index += 1
    try expect(.leftParenthesis)
    let selection: ColumnsExpression.Selection
    if let regex = try acceptString() {
      selection = .regex(regex)
    } else {
      let argument: Expression
      if let lambda = try lambdaArgument() {
        argument = lambda
      } else {
        argument = try expression()
      }
      switch argument.kind {
      case .star(let star): selection = .star(star)
      case .lambda(let parameters, let body) where parameters.count == 1:
        selection = .lambda(parameter: parameters[0], body: body)
      case .list(let items):
        var names: [String] = []
        for item in items {
          guard case .literal(.string(let name)) = item.kind else {
            throw error("COLUMNS takes a list of column names as strings", at: item.range)
          }
          names.append(name)
        }
        selection = .names(names)
      default:
        throw error(
          "COLUMNS takes a regular expression, *, a list of names or a lambda", at: argument.range)
      }
    }
    try expect(.rightParenthesis)
    let columns = ColumnsExpression(selection: selection, isUnpacked: isUnpacked)
    return Expression(.columns(columns), range: range(from: start))
  }

  // MARK: Names

  /// A column, `t.*`, a call, or a typed literal such as `UUID '…'`.
  private mutating func nameOrCall() throws(ParseError) -> Expression {
    let start = token.start
    if token.kind == .word, peek(1).kind == .string, token.keyword == nil || isTypeWord(token) {
      let type = try typeName()
      let value = try literal()
      return Expression(.cast(value, type, isTry: false), range: range(from: start))
    }
    var parts = [takeIdentifier()]
    while isAt(.dot) {
      if peek(1).symbol == .star {
        index += 2
        return try star(qualifier: parts, from: start)
      }
      index += 1
      parts.append(try label("a column name"))
      if parts.count > 64 { throw error("this name has too many parts", at: range(from: start)) }
    }
    if isAt(.leftParenthesis) {
      let call = try functionCall(ObjectName(parts, range: range(from: start)), from: start)
      return Expression(.function(call), range: call.range)
    }
    return Expression(.column(parts), range: range(from: start))
  }

  private func isTypeWord(_ token: Token) -> Bool {
    switch token.keyword {
    case .double, .character, .char: true
    default: false
    }
  }
}

extension IntervalUnit {
  /// Unit of a word such as `days`, `mins` or `us`.
  package init?(spelling: String) {
    switch spelling.lowercased() {
    case "millennium", "millennia", "millenniums", "mil", "mils": self = .millennium
    case "century", "centuries", "cent": self = .century
    case "decade", "decades", "dec", "decs": self = .decade
    case "year", "years", "yr", "yrs", "y": self = .year
    case "quarter", "quarters", "qtr": self = .quarter
    case "month", "months", "mon", "mons": self = .month
    case "week", "weeks", "w": self = .week
    case "day", "days", "d": self = .day
    case "hour", "hours", "hr", "hrs", "h": self = .hour
    case "minute", "minutes", "min", "mins", "m": self = .minute
    case "second", "seconds", "sec", "secs", "s": self = .second
    case "millisecond", "milliseconds", "ms", "msec", "msecs": self = .millisecond
    case "microsecond", "microseconds", "us", "usec", "usecs": self = .microsecond
    default: return nil
    }
  }
}
