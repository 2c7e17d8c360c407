/// How tightly operators bind, loosest first; Postgres's order.
enum Precedence {
  static let or = 1
  static let and = 2
  static let not = 3
  static let isTest = 4
  static let comparison = 5
  static let range = 6
  static let other = 7
  static let bitwise = 8
  static let additive = 9
  static let multiplicative = 10
  static let power = 11
  static let atTimeZone = 12
  static let collate = 13
  static let sign = 14
}

extension Parser {
  /// An expression of operators that bind at least as tightly as `minimum`.
  mutating func expression(_ minimum: Int = 0) throws(ParseError) -> Expression {
    let outer = deepest
    depth += 1
    deepest = depth
    defer {
      depth -= 1
      deepest = max(deepest, outer)
    }
    try checkDepth()
    let start = token.start
    var left = try prefix()
    left = try postfix(left, from: start)
    while let kind = try infix(left, minimum) {
      left = Expression(kind, range: range(from: start))
      try raise()
    }
    return left
  }

  mutating func expressions(until terminator: Symbol? = nil) throws(ParseError) -> [Expression] {
    try list(until: terminator) { (p) throws(ParseError) in try p.expression() }
  }

  /// Prefix operators, then what they apply to.
  private mutating func prefix() throws(ParseError) -> Expression {
    let start = token.start
    let unary: (UnaryOperator, Int)?
    switch token.symbol {
    case .minus: unary = (.negate, Precedence.sign)
    case .plus: unary = (.plus, Precedence.sign)
    case .tilde: unary = (.bitwiseNot, Precedence.additive)
    case .none where isAt(.not): unary = (.not, Precedence.isTest)
    case .at:
      index += 1
      let operand = try expression(Precedence.additive)
      return call("abs", [operand], from: start)
    default: unary = nil
    }
    guard let (symbol, precedence) = unary else { return try primary() }
    index += 1
    let operand = try expression(precedence)
    return Expression(.unary(symbol, operand), range: range(from: start))
  }

  /// What binds tighter than any operator: `::type`, `[…]`, `.field`, `.method(…)`.
  mutating func postfix(_ operand: Expression, from start: Int32) throws(ParseError) -> Expression {
    var result = operand
    while true {
      switch token.symbol {
      case .cast:
        index += 1
        let type = try typeName()
        result = Expression(.cast(result, type, isTry: false), range: range(from: start))
      case .leftBracket:
        let kind = try bracket(result)
        result = Expression(kind, range: range(from: start))
      case .dot:
        index += 1
        let name = try label("a field or function name")
        if isAt(.leftParenthesis) {
          var call = try functionCall(ObjectName([name], range: name.range), from: start)
          call.arguments.insert(FunctionArgument(value: result), at: 0)
          result = Expression(.function(call), range: call.range)
        } else {
          result = Expression(.field(result, name), range: range(from: start))
        }
      default:
        return result
      }
      try raise()
    }
  }

  /// `[index]` or `[lower:upper:step]` behind an operand.
  private mutating func bracket(_ operand: Expression) throws(ParseError) -> Expression.Kind {
    try expect(.leftBracket)
    var lower: Expression?
    if !isAt(.colon) { lower = try expression() }
    if let lower, accept(.rightBracket) { return .element(operand, lower) }
    try expect(.colon)
    var upper: Expression?
    var step: Expression?
    if isAt(.minus), peek(1).symbol == .colon {
      index += 1
    } else if !isAt(.rightBracket), !isAt(.colon) {
      upper = try expression()
    }
    if accept(.colon), !isAt(.rightBracket) { step = try expression() }
    try expect(.rightBracket)
    return .slice(operand, lower: lower, upper: upper, step: step)
  }

  /// The node of the next infix operator with `left`, or `nil` when none binds tightly enough.
  private mutating func infix(
    _ left: Expression, _ minimum: Int
  ) throws(ParseError) -> Expression.Kind? {
    let token = self.token
    if token.kind == .symbol { return try symbolInfix(left, token.symbol, minimum) }
    guard token.kind == .word, let keyword = token.keyword else { return nil }
    switch keyword {
    case .and where minimum <= Precedence.and:
      return .conjunction(try chain(left, .and, Precedence.not))
    case .or where minimum <= Precedence.or:
      return .disjunction(try chain(left, .or, Precedence.and))
    case .is where minimum <= Precedence.isTest:
      index += 1
      return try isTest(left)
    case .isnull where minimum <= Precedence.isTest:
      index += 1
      return .isNull(left, negated: false)
    case .notnull where minimum <= Precedence.isTest:
      index += 1
      return .isNull(left, negated: true)
    case .not where minimum <= Precedence.range:
      return try notInfix(left)
    case .between, .in, .like, .ilike, .glob, .similar:
      guard minimum <= Precedence.range else { return nil }
      return try rangeInfix(left, negated: false)
    case .at where minimum <= Precedence.atTimeZone && peek(1).keyword == .time:
      index += 1
      try expect(.time, .zone)
      let zone = try expression(Precedence.collate)
      return .function(plainCall("timezone", [zone, left]))
    case .collate where minimum <= Precedence.collate:
      index += 1
      return .collate(left, try objectName("a collation name"))
    default:
      return nil
    }
  }

  /// Operands of a run of AND or OR; operands that are such runs themselves are kept apart, so that
  /// parentheses survive.
  private mutating func chain(
    _ first: Expression, _ keyword: Keyword, _ precedence: Int
  ) throws(ParseError) -> [Expression] {
    var operands = [first]
    while accept(keyword) { operands.append(try expression(precedence)) }
    return operands
  }

  private mutating func notInfix(_ left: Expression) throws(ParseError) -> Expression.Kind? {
    switch peek(1).keyword {
    case .between, .in, .like, .ilike, .glob, .similar:
      index += 1
      return try rangeInfix(left, negated: true)
    case .null:
      index += 2
      return .isNull(left, negated: true)
    default:
      return nil
    }
  }

  private mutating func isTest(_ left: Expression) throws(ParseError) -> Expression.Kind {
    let negated = accept(.not)
    let keyword = token.keyword
    switch keyword {
    case .null:
      index += 1
      return .isNull(left, negated: negated)
    case .true, .false, .unknown:
      index += 1
      let value: Bool? = keyword == .unknown ? nil : keyword == .true
      return .isBoolean(left, value, negated: negated)
    case .distinct:
      index += 1
      try expect(.from)
      return .isDistinct(left, try expression(Precedence.comparison), negated: negated)
    default:
      throw unexpected(
        "NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM",
        keywords: [.null, .true, .false, .unknown, .distinct, .not])
    }
  }

  /// BETWEEN, IN and pattern operators; NOT is consumed already.
  private mutating func rangeInfix(
    _ left: Expression, negated: Bool
  ) throws(ParseError) -> Expression.Kind {
    let keyword = token.keyword
    index += 1
    switch keyword {
    case .between:
      let symmetric = accept(.symmetric)
      if !symmetric { _ = accept(.asymmetric) }
      let lower = try expression(Precedence.other)
      try expect(.and)
      let upper = try expression(Precedence.other)
      return .between(left, lower: lower, upper: upper, symmetric: symmetric, negated: negated)
    case .in:
      return try membership(left, negated: negated)
    case .similar:
      try expect(.to)
      return try pattern(left, .similarTo, negated: negated)
    case .ilike: return try pattern(left, .ilike, negated: negated)
    case .glob: return try pattern(left, .glob, negated: negated)
    default: return try pattern(left, .like, negated: negated)
    }
  }

  private mutating func pattern(
    _ left: Expression, _ kind: PatternKind, negated: Bool
  ) throws(ParseError) -> Expression.Kind {
    if case .star(var star) = left.kind, star.filter == nil {
      let text = try string("a pattern")
      star.filter = StarFilter(kind: kind, pattern: text, isNegated: negated)
      return .star(star)
    }
    let right = try expression(Precedence.other)
    var escape: Expression?
    if accept(.escape) { escape = try expression(Precedence.other) }
    return .pattern(left, kind, right, escape: escape, negated: negated)
  }

  private mutating func membership(
    _ left: Expression, negated: Bool
  ) throws(ParseError) -> Expression.Kind {
    guard isAt(.leftParenthesis) else {
      return .inCollection(left, try expression(Precedence.other), negated: negated)
    }
    let start = token.start
    switch try parenthesizedContent() {
    case .query(let query): return .inSubquery(left, query, negated: negated)
    case .expressions(let items):
      if items.count == 1, isAt(.leftBracket) {
        // IN (list)[2]: the parentheses belong to the operand of the subscript.
        let list = try postfix(items[0], from: start)
        return .inCollection(left, list, negated: negated)
      }
      return .inList(left, items, negated: negated)
    }
  }

  private mutating func symbolInfix(
    _ left: Expression, _ symbol: Symbol, _ minimum: Int
  ) throws(ParseError) -> Expression.Kind? {
    if symbol == .concatenate {
      guard minimum <= Precedence.other else { return nil }
      var operands = [left]
      while accept(.concatenate) { operands.append(try expression(Precedence.bitwise)) }
      return .concatenation(operands)
    }
    if symbol == .bang {
      guard minimum <= Precedence.sign else { return nil }
      index += 1
      return .postfix(.factorial, left)
    }
    if let (kind, negated) = Parser.patternOperator(symbol) {
      guard minimum <= Precedence.other else { return nil }
      index += 1
      if kind == .regex || kind == .regexIgnoringCase {
        let right = try expression(Precedence.bitwise)
        return .pattern(left, kind, right, escape: nil, negated: negated)
      }
      return try pattern(left, kind, negated: negated)
    }
    guard let (binary, precedence) = Parser.binaryOperator(symbol), minimum <= precedence else {
      return nil
    }
    index += 1
    if binary.isComparison, let quantified = try quantified(left, binary) { return quantified }
    return .binary(binary, left, try expression(precedence + 1))
  }

  /// `op ANY (…)`, `op ALL (…)` behind the operator.
  private mutating func quantified(
    _ left: Expression, _ binary: BinaryOperator
  ) throws(ParseError) -> Expression.Kind? {
    guard isAt(.any) || isAt(.some) || isAt(.all), peek(1).symbol == .leftParenthesis else {
      return nil
    }
    let quantifier: Quantifier = isAt(.all) ? .all : .any
    index += 1
    let start = token.start
    switch try parenthesizedContent() {
    case .query(let query): return .quantified(left, binary, quantifier, .subquery(query))
    case .expressions(let items):
      let operand =
        items.count == 1 ? items[0] : Expression(.list(items), range: range(from: start))
      return .quantified(left, binary, quantifier, .collection(operand))
    }
  }

  private static func patternOperator(_ symbol: Symbol) -> (PatternKind, negated: Bool)? {
    switch symbol {
    case .tilde: (.regex, false)
    case .notTilde: (.regex, true)
    case .tildeStar: (.regexIgnoringCase, false)
    case .notTildeStar: (.regexIgnoringCase, true)
    case .doubleTilde: (.like, false)
    case .notDoubleTilde: (.like, true)
    case .doubleTildeStar: (.ilike, false)
    case .notDoubleTildeStar: (.ilike, true)
    case .tripleTilde: (.glob, false)
    default: nil
    }
  }

  private static func binaryOperator(_ symbol: Symbol) -> (BinaryOperator, Int)? {
    switch symbol {
    case .equal, .doubleEqual: (.equal, Precedence.comparison)
    case .notEqual, .bangEqual: (.notEqual, Precedence.comparison)
    case .less: (.less, Precedence.comparison)
    case .lessOrEqual: (.lessOrEqual, Precedence.comparison)
    case .greater: (.greater, Precedence.comparison)
    case .greaterOrEqual: (.greaterOrEqual, Precedence.comparison)
    case .plus: (.add, Precedence.additive)
    case .minus: (.subtract, Precedence.additive)
    case .star: (.multiply, Precedence.multiplicative)
    case .slash: (.divide, Precedence.multiplicative)
    case .doubleSlash: (.integerDivide, Precedence.multiplicative)
    case .percent: (.modulo, Precedence.multiplicative)
    case .caret, .doubleStar: (.power, Precedence.power)
    case .ampersand: (.bitwiseAnd, Precedence.bitwise)
    case .bar: (.bitwiseOr, Precedence.bitwise)
    case .shiftLeft: (.shiftLeft, Precedence.bitwise)
    case .shiftRight: (.shiftRight, Precedence.bitwise)
    case .arrow: (.jsonExtract, Precedence.other)
    case .doubleArrow: (.jsonExtractText, Precedence.other)
    case .contains: (.contains, Precedence.other)
    case .containedBy: (.containedBy, Precedence.other)
    case .overlaps: (.overlaps, Precedence.other)
    case .startsWith: (.startsWith, Precedence.other)
    case .spaceship: (.cosineDistance, Precedence.other)
    case .distance: (.distance, Precedence.other)
    default: nil
    }
  }

  // MARK: Calls made from syntax

  func plainCall(_ name: String, _ arguments: [Expression]) -> FunctionCall {
    var place = arguments.first?.range ?? .none
    for argument in arguments { place = place.union(argument.range) }
    return FunctionCall(
      name: ObjectName([Identifier(name, range: place)], range: place),
      arguments: arguments.map { FunctionArgument(value: $0) }, range: place)
  }

  func call(_ name: String, _ arguments: [Expression], from start: Int32) -> Expression {
    var call = plainCall(name, arguments)
    call.range = range(from: start)
    call.name.range = call.range
    return Expression(.function(call), range: call.range)
  }
}
