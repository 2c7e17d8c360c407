extension Parser {
  /// Keywords that begin a statement, for suggestions.
  private static let starters: [Keyword] = [
    .select, .with, .from, .values, .insert, .update, .delete, .truncate, .merge, .copy, .export,
    .import, .create, .alter, .drop, .comment, .refresh, .restate, .verify, .test, .apply, .attach,
    .detach, .use, .begin, .start, .commit, .end, .rollback, .abort, .savepoint, .release,
    .prepare, .execute, .deallocate, .explain, .describe, .show, .summarize, .set, .reset,
    .pragma, .checkpoint, .vacuum, .analyze, .call, .load, .install, .pivot, .unpivot, .table,
  ]

  /// One statement, without its semicolon.
  mutating func statement() throws(ParseError) -> Statement {
    depth += 1
    defer { depth -= 1 }
    try checkDepth()
    let start = token.start
    let kind = try statementKind(from: start)
    return Statement(kind, range: range(from: start))
  }

  private mutating func statementKind(from start: Int32) throws(ParseError) -> Statement.Kind {
    if isAt(.leftParenthesis) { return .select(try query()) }
    switch token.keyword {
    case .select, .from, .values, .table, .pivot, .unpivot, .pivotWider, .pivotLonger:
      return .select(try query())
    case .with: return try withStatement(from: start)
    case .insert: return .insert(try insert(with: nil, from: start))
    case .replace where peek(1).keyword == .into:
      return .insert(try insert(with: nil, from: start))
    case .update: return .update(try update(with: nil, from: start))
    case .delete: return .delete(try delete(with: nil, from: start))
    case .merge: return .merge(try merge(with: nil, from: start))
    case .truncate:
      index += 1
      _ = accept(.table)
      let table = try objectName("a table name")
      return .truncate(TruncateStatement(table: table, range: range(from: start)))
    case .copy: return try copy()
    case .export, .import: return try exportOrImport()
    case .create: return try create()
    case .alter: return try alter()
    case .drop: return .drop(try drop())
    case .comment: return .comment(try comment())
    case .refresh, .restate, .verify, .apply, .test: return try layerVerb()
    case .explain: return try explain()
    default: return try sessionStatement(from: start)
    }
  }

  private mutating func withStatement(from start: Int32) throws(ParseError) -> Statement.Kind {
    let with = try withClause()
    switch token.keyword {
    case .insert: return .insert(try insert(with: with, from: start))
    case .update: return .update(try update(with: with, from: start))
    case .delete: return .delete(try delete(with: with, from: start))
    case .merge: return .merge(try merge(with: with, from: start))
    default: return .select(try query(with: with, from: start))
    }
  }

  private mutating func sessionStatement(from start: Int32) throws(ParseError) -> Statement.Kind {
    switch token.keyword {
    case .attach: return .attach(try attach())
    case .detach: return .detach(try detach())
    case .use:
      index += 1
      let name = try objectName("a database or schema name")
      return .use(UseStatement(name: name, range: range(from: start)))
    case .begin, .start, .commit, .end, .rollback, .abort, .savepoint, .release:
      return .transaction(try transaction())
    case .prepare: return .prepare(try prepare())
    case .execute: return .execute(try execute())
    case .deallocate:
      index += 1
      _ = accept(.prepare)
      let name = accept(.all) ? nil : try identifier("a prepared statement's name")
      return .deallocate(DeallocateStatement(name: name, range: range(from: start)))
    case .describe, .desc, .show, .summarize: return .describe(try describeStatement())
    case .set: return .set(try set())
    case .reset: return .reset(try reset())
    case .pragma: return .pragma(try pragma())
    case .checkpoint, .force: return try checkpoint()
    case .vacuum, .analyze, .analyse: return .vacuum(try vacuum())
    case .call:
      index += 1
      let call = try functionCall(try objectName("a function name"), from: token.start)
      return .call(CallStatement(call: call, range: range(from: start)))
    case .load, .install: return .extension(try `extension`())
    default: throw unexpected("a statement", keywords: Parser.starters)
    }
  }

  // MARK: EXPLAIN

  private mutating func explain() throws(ParseError) -> Statement.Kind {
    let start = token.start
    try expect(.explain)
    if isAt(.refresh) {
      index += 1
      let selection = try modelSelection()
      return .explainRefresh(
        ExplainRefreshStatement(selection: selection, range: range(from: start)))
    }
    if isAt(.row), peek(1).symbol != .leftParenthesis {
      index += 1
      _ = accept(.of)
      let table = try objectName("a table name")
      try expect(.where)
      let filter = try expression()
      return .explainRow(
        ExplainRowStatement(table: table, filter: filter, range: range(from: start)))
    }
    var isAnalyze = accept(.analyze) || accept(.analyse)
    var options: [StatementOption] = []
    if isAt(.leftParenthesis), !peekStartsQuery(1) {
      options = try optionList()
      isAnalyze = isAnalyze || options.contains { $0.name.text.lowercased() == "analyze" }
    }
    let statement = try statement()
    return .explain(
      ExplainStatement(
        isAnalyze: isAnalyze, options: options, statement: statement, range: range(from: start)))
  }

  private func peekStartsQuery(_ offset: Int) -> Bool {
    switch peek(offset).keyword {
    case .select, .with, .from, .values, .table, .pivot, .unpivot: true
    default: peek(offset).symbol == .leftParenthesis
    }
  }

  // MARK: Options

  /// `(name = value, name value, flag, …)`.
  mutating func optionList() throws(ParseError) -> [StatementOption] {
    try expect(.leftParenthesis)
    if accept(.rightParenthesis) { return [] }
    let result = try list(until: .rightParenthesis) { (p) throws(ParseError) in try p.option() }
    try expect(.rightParenthesis)
    return result
  }

  mutating func option() throws(ParseError) -> StatementOption {
    let start = token.start
    var name = try label("an option name")
    while accept(.dot) {
      name.text += "." + (try label("an option name")).text
    }
    if !accept(.equal) { _ = accept(.assign) || accept(.namedArgument) }
    var value: OptionValue?
    if !isAt(.comma), !isAt(.rightParenthesis), !isAt(.semicolon), token.kind != .end {
      value = try optionValue()
    }
    return StatementOption(name: name, value: value, range: range(from: start))
  }

  mutating func optionValue() throws(ParseError) -> OptionValue {
    if isAt(.star) {
      index += 1
      return .star
    }
    if isAt(.leftParenthesis) {
      return .list(
        try parenthesized { (p) throws(ParseError) in try p.settingValue() })
    }
    return .expression(try settingValue())
  }

  /// An expression; any bare word, reserved or not, is a column of one part.
  mutating func settingValue() throws(ParseError) -> Expression {
    let next = peek(1)
    let ends =
      next.kind == .end || next.symbol == .comma || next.symbol == .rightParenthesis
      || next.symbol == .semicolon
    guard token.kind == .word, ends else { return try expression() }
    switch token.keyword {
    case .true, .false, .null, .default: return try expression()
    default:
      let name = takeIdentifier()
      return Expression(.column([name]), range: name.range)
    }
  }
}
