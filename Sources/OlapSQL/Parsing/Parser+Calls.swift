extension Parser {
  /// `( arguments ) WITHIN GROUP … FILTER … OVER …` behind a name.
  mutating func functionCall(
    _ name: ObjectName, from start: Int32
  ) throws(ParseError) -> FunctionCall {
    var call = FunctionCall(name: name, arguments: [])
    try expect(.leftParenthesis)
    if !isAt(.rightParenthesis) { try arguments(of: &call) }
    try expect(.rightParenthesis)
    try suffixes(of: &call)
    unitArgument(of: &call)
    call.range = range(from: start)
    return call
  }

  private mutating func arguments(of call: inout FunctionCall) throws(ParseError) {
    if isAt(.star), peek(1).symbol == .rightParenthesis {
      index += 1
      call.isStar = true
      return
    }
    if accept(.distinct) {
      call.isDistinct = true
    } else {
      _ = accept(.all)
    }
    if !isAt(.order) {
      let isLambdaFunction = Parser.lambdaFunctions.contains(call.name.base.text.lowercased())
      repeat {
        if isAt(.rightParenthesis) { return }
        call.arguments.append(try argument(isLambdaFunction: isLambdaFunction))
      } while accept(.comma)
    }
    if accept(.order) {
      try expect(.by)
      call.orderBy = try orderByItems()
    }
    if let treatment = try nullTreatment() { call.nullTreatment = treatment }
  }

  /// A list of arguments in parentheses without anything else.
  mutating func plainArguments() throws(ParseError) -> [FunctionArgument] {
    try expect(.leftParenthesis)
    if accept(.rightParenthesis) { return [] }
    let result = try list(until: .rightParenthesis) { (p) throws(ParseError) in
      try p.argument(isLambdaFunction: false)
    }
    try expect(.rightParenthesis)
    return result
  }

  private mutating func argument(isLambdaFunction: Bool) throws(ParseError) -> FunctionArgument {
    if token.kind == .word || token.kind == .quotedIdentifier,
      peek(1).symbol == .assign || peek(1).symbol == .namedArgument
    {
      let name = takeIdentifier()
      index += 1
      if let lambda = try lambdaArgument() { return FunctionArgument(name: name, value: lambda) }
      return FunctionArgument(name: name, value: try argumentValue())
    }
    if let lambda = try lambdaArgument(isLambdaFunction: isLambdaFunction) {
      return FunctionArgument(value: lambda)
    }
    return FunctionArgument(value: try argumentValue())
  }

  /// An expression, or a bare query as in `array_agg(SELECT …)`.
  private mutating func argumentValue() throws(ParseError) -> Expression {
    guard startsQuery else { return try expression() }
    let start = token.start
    let query = try query()
    return Expression(.subquery(query), range: range(from: start))
  }

  /// Functions whose arrow is a lambda even before a constant: `list_transform(l, x -> 'k')`.
  private static let lambdaFunctions: Set<String> = [
    "list_transform", "array_transform", "list_apply", "array_apply", "apply", "transform",
    "list_filter", "array_filter", "filter", "list_reduce", "array_reduce", "reduce",
    "map_transform_values", "map_filter",
  ]

  /// `x -> body` or `(x, i) -> body` as an argument; before a constant the arrow extracts from JSON,
  /// unless the function takes lambdas.
  mutating func lambdaArgument(isLambdaFunction: Bool = false) throws(ParseError) -> Expression? {
    let start = token.start
    var parameterCount = 0
    if isName(token), peek(1).symbol == .arrow {
      parameterCount = 1
    } else if isAt(.leftParenthesis), isName(peek(1)) {
      var offset = 1
      while isName(peek(offset)), offset < 64 {
        if peek(offset + 1).symbol == .comma {
          offset += 2
        } else {
          guard peek(offset + 1).symbol == .rightParenthesis, peek(offset + 2).symbol == .arrow
          else { return nil }
          parameterCount = (offset + 1) / 2
          break
        }
      }
    }
    guard parameterCount > 0 else { return nil }
    let arrowOffset = isAt(.leftParenthesis) ? parameterCount * 2 + 1 : 1
    let body = peek(arrowOffset + 1)
    if !isLambdaFunction, body.kind == .string || body.kind == .integer || body.kind == .parameter {
      return nil
    }
    let parameters = try lambdaParameters()
    try expect(.arrow)
    let expression = try expression()
    return Expression(.lambda(parameters: parameters, body: expression), range: range(from: start))
  }

  private mutating func nullTreatment() throws(ParseError) -> NullTreatment? {
    guard isAt(.ignore) || isAt(.respect), peek(1).keyword == .nulls else { return nil }
    let result: NullTreatment = isAt(.ignore) ? .ignoreNulls : .respectNulls
    index += 2
    return result
  }

  private mutating func suffixes(of call: inout FunctionCall) throws(ParseError) {
    if accept(.within, .group) {
      try expect(.leftParenthesis)
      try expect(.order, .by)
      call.withinGroup = try orderByItems()
      try expect(.rightParenthesis)
    }
    // Before a closing parenthesis the words belong to the call around this one: `lag(f(x) IGNORE NULLS)`.
    if peek(2).symbol != .rightParenthesis, let treatment = try nullTreatment() {
      call.nullTreatment = treatment
    }
    if isAt(.filter), peek(1).symbol == .leftParenthesis {
      index += 2
      _ = accept(.where)
      call.filter = try expression()
      try expect(.rightParenthesis)
    }
    if peek(2).keyword == .over, let treatment = try nullTreatment() {
      call.nullTreatment = treatment
    }
    if isAt(.over), peek(1).symbol == .leftParenthesis || isName(peek(1)) {
      index += 1
      if isAt(.leftParenthesis) {
        call.over = .inline(try windowSpecification())
      } else {
        call.over = .named(try identifier("a window name"))
      }
    }
  }

  /// `datediff(day, a, b)`, `dateadd(month, 1, d)`: the bare unit becomes a string.
  private func unitArgument(of call: inout FunctionCall) {
    guard call.arguments.count >= 2, call.name.parts.count == 1 else { return }
    switch call.name.base.text.lowercased() {
    case "datediff", "date_diff", "dateadd", "date_add", "datesub", "date_sub", "date_part",
      "datepart", "date_trunc", "datetrunc", "timestampdiff", "timestampadd":
      guard case .column(let parts) = call.arguments[0].value.kind, parts.count == 1,
        IntervalUnit(spelling: parts[0].text) != nil, parts[0].text.utf8.count > 2
      else { return }
      call.arguments[0].value.kind = .literal(.string(parts[0].text.lowercased()))
    default: return
    }
  }

  // MARK: Windows

  /// `( base PARTITION BY … ORDER BY … frame )`.
  mutating func windowSpecification() throws(ParseError) -> WindowSpecification {
    let start = token.start
    try expect(.leftParenthesis)
    var window = WindowSpecification()
    if isName(token), !isAt(.partition), !isAt(.range), !isAt(.rows), !isAt(.groups) {
      window.base = takeIdentifier()
    }
    if accept(.partition) {
      try expect(.by)
      window.partitionBy = try expressions(until: .rightParenthesis)
    }
    if accept(.order) {
      try expect(.by)
      window.orderBy = try orderByItems()
    }
    if isAt(.rows) || isAt(.range) || isAt(.groups) { window.frame = try frame() }
    guard accept(.rightParenthesis) else {
      throw unexpected(
        "PARTITION BY, ORDER BY, a frame or \")\"",
        keywords: [.partition, .order, .rows, .range, .groups])
    }
    window.range = range(from: start)
    return window
  }

  private mutating func frame() throws(ParseError) -> WindowFrame {
    let start = token.start
    let unit: WindowFrame.Unit = isAt(.rows) ? .rows : isAt(.range) ? .range : .groups
    index += 1
    let lower: WindowFrame.Bound
    var upper: WindowFrame.Bound = .currentRow
    if accept(.between) {
      lower = try frameBound()
      try expect(.and)
      upper = try frameBound()
    } else {
      lower = try frameBound()
    }
    var exclusion: WindowFrame.Exclusion = .noOthers
    if accept(.exclude) {
      if accept(.current) {
        try expect(.row)
        exclusion = .currentRow
      } else if accept(.group) {
        exclusion = .group
      } else if accept(.ties) {
        exclusion = .ties
      } else {
        try expect(.no, .others)
      }
    }
    return WindowFrame(
      unit: unit, start: lower, end: upper, exclusion: exclusion, range: range(from: start))
  }

  private mutating func frameBound() throws(ParseError) -> WindowFrame.Bound {
    if isAt(.unbounded), peek(1).keyword == .preceding || peek(1).keyword == .following {
      let isPreceding = peek(1).keyword == .preceding
      index += 2
      return isPreceding ? .unboundedPreceding : .unboundedFollowing
    }
    if accept(.current, .row) { return .currentRow }
    let offset = try expression()
    if accept(.preceding) { return .preceding(offset) }
    guard accept(.following) else {
      throw unexpected("PRECEDING or FOLLOWING", keywords: [.preceding, .following])
    }
    return .following(offset)
  }

  // MARK: Calls with a syntax of their own

  /// EXTRACT, SUBSTRING, POSITION, TRIM and OVERLAY, with their keywords or as plain calls.
  mutating func special(_ keyword: Keyword) throws(ParseError) -> Expression {
    let start = token.start
    let nameToken = token
    index += 2
    switch keyword {
    case .extract where peek(1).keyword == .from:
      let field = try nameOrString()
      try expect(.from)
      let source = try expression()
      try expect(.rightParenthesis)
      let part = Expression(.literal(.string(field)), range: nameToken.range)
      return call("date_part", [part, source], from: start)
    case .trim: return try trim(from: start)
    case .position:
      // Operators looser than IN would take the IN for themselves.
      let first = try expression(Precedence.other)
      if accept(.in) {
        let haystack = try expression()
        try expect(.rightParenthesis)
        return call("position", [first, haystack], from: start)
      }
      return try plainCall(nameToken, first: first, from: start)
    case .substring, .overlay:
      let first = try expression()
      return try keywordArguments(keyword, first, nameToken, from: start)
    default:
      return try plainCall(nameToken, first: nil, from: start)
    }
  }

  private mutating func keywordArguments(
    _ keyword: Keyword, _ first: Expression, _ nameToken: Token, from start: Int32
  ) throws(ParseError) -> Expression {
    var arguments = [first]
    let one = Expression(.literal(.integer("1")), range: nameToken.range)
    if keyword == .overlay, accept(.placing) {
      arguments.append(try expression())
      try expect(.from)
      arguments.append(try expression())
      if accept(.for) { arguments.append(try expression()) }
    } else if keyword == .substring, accept(.from) {
      arguments.append(try expression())
      if accept(.for) { arguments.append(try expression()) }
    } else if keyword == .substring, accept(.for) {
      arguments += [one, try expression()]
    } else {
      return try plainCall(nameToken, first: first, from: start)
    }
    try expect(.rightParenthesis)
    return call(keyword.rawValue, arguments, from: start)
  }

  private mutating func trim(from start: Int32) throws(ParseError) -> Expression {
    var name = "trim"
    if accept(.leading) {
      name = "ltrim"
    } else if accept(.trailing) {
      name = "rtrim"
    } else {
      _ = accept(.both)
    }
    if accept(.from) {
      let source = try expression()
      try expect(.rightParenthesis)
      return call(name, [source], from: start)
    }
    var arguments = [try expression()]
    if accept(.from) {
      arguments.insert(try expression(), at: 0)
    } else if accept(.comma) {
      arguments.append(try expression())
    }
    try expect(.rightParenthesis)
    return call(name, arguments, from: start)
  }

  /// The rest of an ordinary call whose first argument may have been parsed.
  private mutating func plainCall(
    _ nameToken: Token, first: Expression?, from start: Int32
  ) throws(ParseError) -> Expression {
    let name = Identifier(text(nameToken), range: nameToken.range)
    var call = FunctionCall(name: ObjectName([name], range: name.range), arguments: [])
    if let first { call.arguments.append(FunctionArgument(value: first)) }
    if first == nil || accept(.comma), !isAt(.rightParenthesis) {
      call.arguments += try list(until: .rightParenthesis) { (p) throws(ParseError) in
        FunctionArgument(value: try p.expression())
      }
    }
    try expect(.rightParenthesis)
    call.range = range(from: start)
    return Expression(.function(call), range: call.range)
  }
}
