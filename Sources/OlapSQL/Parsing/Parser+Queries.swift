extension Parser {
  /// Whether a query begins here (behind a parenthesis, or as a statement).
  var startsQuery: Bool {
    switch token.keyword {
    case .select, .with, .from, .values, .table, .pivot, .unpivot, .pivotWider, .pivotLonger:
      token.keyword != .values || peek(1).symbol == .leftParenthesis
    case .describe, .desc, .show, .summarize:
      peek(1).symbol != .rightParenthesis
    default: false
    }
  }

  /// Whether what follows a query in parentheses makes it part of a larger one.
  var continuesQuery: Bool {
    switch token.keyword {
    case .union, .intersect, .except, .order, .limit, .offset, .fetch: true
    default: false
    }
  }

  /// CTEs, body, ORDER BY, LIMIT.
  mutating func query() throws(ParseError) -> SelectStatement {
    let outer = deepest
    depth += 1
    deepest = depth
    defer {
      depth -= 1
      deepest = max(deepest, outer)
    }
    try checkDepth()
    let start = token.start
    let with = try withClause()
    let body = try setOperations(nil, 0)
    return try finish(with: with, body: body, from: start)
  }

  /// The rest of a query whose first operand stood in parentheses.
  mutating func query(
    continuing first: SelectStatement, from start: Int32
  ) throws(ParseError) -> SelectStatement {
    try raise()
    let body = try setOperations(operand(first), 0)
    return try finish(with: nil, body: body, from: start)
  }

  /// Behind WITH, for statements that share it.
  mutating func query(with: WithClause?, from start: Int32) throws(ParseError) -> SelectStatement {
    let body = try setOperations(nil, 0)
    return try finish(with: with, body: body, from: start)
  }

  private mutating func finish(
    with: WithClause?, body: QueryBody, from start: Int32
  ) throws(ParseError) -> SelectStatement {
    var query = SelectStatement(with: with, body: body)
    if accept(.order) {
      try expect(.by)
      query.orderBy = try orderBy()
    }
    query.limit = try limit()
    query.range = range(from: start)
    if with == nil, query.orderBy == nil, query.limit == nil, case .nested(let inner) = body {
      return inner
    }
    return query
  }

  private func operand(_ query: SelectStatement) -> QueryBody {
    query.with == nil && query.orderBy == nil && query.limit == nil ? query.body : .nested(query)
  }

  // MARK: Set operations

  /// Operands joined by UNION and EXCEPT (level 0) or INTERSECT (level 1).
  private mutating func setOperations(
    _ first: QueryBody?, _ level: Int
  ) throws(ParseError) -> QueryBody {
    let start = token.start
    var result: QueryBody
    if level == 1 {
      if let first { result = first } else { result = try queryOperand() }
    } else {
      result = try setOperations(first, 1)
    }
    while let kind = setOperator(level) {
      index += 1
      let isAll = accept(.all)
      if !isAll { _ = accept(.distinct) }
      let isByName = accept(.by)
      if isByName { try expect(.name) }
      let right = level == 1 ? try queryOperand() : try setOperations(nil, 1)
      var operation = SetOperation(
        kind: kind, isAll: isAll, isByName: isByName, operands: [])
      if case .setOperation(let left) = result, canExtend(left, operation) {
        operation.operands = left.operands
        result = .values([])
        operation.operands.append(right)
      } else {
        operation.operands = [result, right]
        try raise()
      }
      operation.range = range(from: start)
      result = .setOperation(operation)
    }
    return result
  }

  private func setOperator(_ level: Int) -> SetOperation.Kind? {
    switch token.keyword {
    case .union where level == 0: .union
    case .except where level == 0: .except
    case .intersect where level == 1: .intersect
    default: nil
    }
  }

  /// A run of one operator is one node: it folds from the left.
  private func canExtend(_ left: SetOperation, _ next: SetOperation) -> Bool {
    left.kind == next.kind && left.isAll == next.isAll && left.isByName == next.isByName
  }

  private mutating func queryOperand() throws(ParseError) -> QueryBody {
    switch token.keyword {
    case .select, .from: return .select(try selectCore())
    case .values:
      index += 1
      return .values(try valueRows())
    case .table:
      let start = token.start
      index += 1
      let name = try objectName("a table name")
      return .select(starCore(TableReference(.table(name, version: nil), range: name.range), start))
    case .pivot, .pivotWider: return .pivot(try pivotStatement())
    case .unpivot, .pivotLonger: return .unpivot(try unpivotStatement())
    case .describe, .desc, .show, .summarize: return .describe(try describeStatement())
    default: break
    }
    guard isAt(.leftParenthesis) else {
      throw unexpected("a query", keywords: [.select, .values, .from, .with, .table])
    }
    index += 1
    let query = try query()
    try expect(.rightParenthesis)
    return operand(query)
  }

  func starCore(_ table: TableReference, _ start: Int32) -> SelectCore {
    let star = Expression(.star(Star()), range: table.range)
    return SelectCore(
      items: [SelectItem(expression: star)], from: [table], range: range(from: start))
  }

  /// Rows behind VALUES.
  mutating func valueRows() throws(ParseError) -> [[Expression]] {
    var rows: [[Expression]] = []
    repeat {
      if !rows.isEmpty, !isAt(.leftParenthesis) { break }
      rows.append(try parenthesized { (p) throws(ParseError) in try p.expression() })
    } while accept(.comma)
    return rows
  }

  // MARK: SELECT

  private mutating func selectCore() throws(ParseError) -> SelectCore {
    let start = token.start
    var core = SelectCore(items: [])
    if accept(.from) {
      core.from = try tableReferences()
      if accept(.select) {
        try selectList(&core)
      } else {
        core.items = [SelectItem(expression: Expression(.star(Star()), range: range(from: start)))]
      }
    } else {
      try expect(.select)
      try selectList(&core)
      if accept(.from) { core.from = try tableReferences() }
    }
    if accept(.where) { core.filter = try expression() }
    if accept(.group) {
      try expect(.by)
      core.groupBy = try groupBy()
    }
    if accept(.having) { core.having = try expression() }
    if accept(.window) {
      core.windows = try list { (p) throws(ParseError) in
        let name = try p.identifier("a window name")
        try p.expect(.as)
        return NamedWindow(name: name, specification: try p.windowSpecification())
      }
    }
    if accept(.qualify) { core.qualify = try expression() }
    if isAt(.using, .sample) {
      index += 2
      core.sample = try sample()
    }
    core.range = range(from: start)
    return core
  }

  private mutating func selectList(_ core: inout SelectCore) throws(ParseError) {
    if accept(.distinct) {
      core.distinct = .distinct
      if accept(.on) {
        core.distinct = .on(try parenthesized { (p) throws(ParseError) in try p.expression() })
      }
    } else {
      _ = accept(.all)
    }
    core.items = try selectItems()
  }

  /// Items of SELECT and RETURNING; a trailing comma is allowed.
  mutating func selectItems() throws(ParseError) -> [SelectItem] {
    var items = [try selectItem()]
    while accept(.comma) {
      if endsSelectList { break }
      items.append(try selectItem())
    }
    return items
  }

  private var endsSelectList: Bool {
    switch token.keyword {
    case .from, .where, .group, .having, .order, .limit, .union, .intersect, .except, .qualify,
      .window, .offset, .fetch:
      true
    default:
      token.kind == .end || token.symbol == .rightParenthesis || token.symbol == .semicolon
    }
  }

  mutating func selectItem() throws(ParseError) -> SelectItem {
    // `alias: expression`, and not the parameter `:name` behind a column.
    if isName(token), peek(1).symbol == .colon {
      let alias = takeIdentifier()
      index += 1
      return SelectItem(expression: try expression(), alias: alias)
    }
    let expression = try expression()
    return SelectItem(expression: expression, alias: try alias())
  }

  /// `AS label`, or a bare name.
  private mutating func alias() throws(ParseError) -> Identifier? {
    if accept(.as) { return try label("a column alias") }
    guard isName(token), token.keyword?.continuesClause != true || token.keyword == .filter else {
      return nil
    }
    return takeIdentifier()
  }

  // MARK: GROUP BY

  private mutating func groupBy() throws(ParseError) -> GroupByClause {
    if accept(.all) { return .all }
    return .elements(
      try list { (p) throws(ParseError) in try p.groupingElement() })
  }

  private mutating func groupingElement() throws(ParseError) -> GroupingElement {
    if isAt(.leftParenthesis), peek(1).symbol == .rightParenthesis {
      index += 2
      return .empty
    }
    if peek(1).symbol == .leftParenthesis {
      if accept(.rollup) { return .rollup(try groupingLists()) }
      if accept(.cube) { return .cube(try groupingLists()) }
    }
    if accept(.grouping, .sets) {
      depth += 1
      defer { depth -= 1 }
      try checkDepth()
      return .groupingSets(
        try parenthesized { (p) throws(ParseError) in try p.groupingElement() })
    }
    let expression = try expression()
    if case .row(let items) = expression.kind { return .set(items) }
    return .expression(expression)
  }

  private mutating func groupingLists() throws(ParseError) -> [[Expression]] {
    try parenthesized { (p) throws(ParseError) in
      let expression = try p.expression()
      if case .row(let items) = expression.kind { return items }
      return [expression]
    }
  }

  // MARK: ORDER BY, LIMIT

  private mutating func orderBy() throws(ParseError) -> OrderByClause {
    if isAt(.all) {
      index += 1
      let direction = try sortDirection()
      return .all(direction, try nullOrder())
    }
    return .items(try orderByItems())
  }

  mutating func orderByItems() throws(ParseError) -> [OrderByItem] {
    try list { (p) throws(ParseError) in
      let start = p.token.start
      let expression = try p.expression()
      let direction = try p.sortDirection()
      let nulls = try p.nullOrder()
      return OrderByItem(
        expression: expression, direction: direction, nulls: nulls, range: p.range(from: start))
    }
  }

  mutating func sortDirection() throws(ParseError) -> SortDirection? {
    if accept(.asc) { return .ascending }
    if accept(.desc) { return .descending }
    return nil
  }

  private mutating func nullOrder() throws(ParseError) -> NullOrder? {
    guard isAt(.nulls), peek(1).keyword == .first || peek(1).keyword == .last else { return nil }
    let result: NullOrder = peek(1).keyword == .first ? .first : .last
    index += 2
    return result
  }

  /// LIMIT, OFFSET and FETCH in any order; `nil` when none is there.
  private mutating func limit() throws(ParseError) -> LimitClause? {
    let start = token.start
    var clause = LimitClause(count: .all)
    var isPresent = false
    while true {
      if accept(.limit) {
        isPresent = true
        try limitCount(&clause)
      } else if accept(.offset) {
        isPresent = true
        clause.offset = try expression()
        if !accept(.row) { _ = accept(.rows) }
      } else if isAt(.fetch), peek(1).keyword == .first || peek(1).keyword == .next {
        isPresent = true
        index += 2
        try fetch(&clause)
      } else {
        break
      }
    }
    guard isPresent else { return nil }
    clause.range = range(from: start)
    return clause
  }

  private mutating func limitCount(_ clause: inout LimitClause) throws(ParseError) {
    if accept(.all) { return }
    let count = try percentOrExpression()
    if accept(Symbol.percent) || accept(Keyword.percent) {
      clause.count = .percent(count)
    } else {
      clause.count = .rows(count)
    }
    // MySQL's `LIMIT offset, count`.
    if accept(.comma) {
      clause.offset = count
      clause.count = .rows(try expression())
    }
    if accept(.with, .ties) { clause.withTies = true }
  }

  /// A count; before `%` only a number, so that it is no modulo.
  private mutating func percentOrExpression() throws(ParseError) -> Expression {
    let isNumber = token.kind == .integer || token.kind == .decimal
    if isNumber, peek(1).symbol == .percent {
      switch peek(2).kind {
      case .integer, .decimal, .double, .parameter, .quotedIdentifier: break
      default: return try primary()
      }
    }
    return try expression()
  }

  private mutating func fetch(_ clause: inout LimitClause) throws(ParseError) {
    if isAt(.row) || isAt(.rows) {
      clause.count = .rows(Expression(.literal(.integer("1")), range: token.range))
    } else {
      let count = try percentOrExpression()
      clause.count = accept(Keyword.percent) ? .percent(count) : .rows(count)
    }
    guard accept(.row) || accept(.rows) else { throw unexpected("ROWS", keywords: [.row, .rows]) }
    if accept(.with) {
      try expect(.ties)
      clause.withTies = true
    } else {
      try expect(.only)
    }
  }

  // MARK: Samples

  /// Behind TABLESAMPLE or USING SAMPLE.
  mutating func sample() throws(ParseError) -> SampleClause {
    let start = token.start
    var method: SampleClause.Method?
    if token.kind == .word, let named = sampleMethod(token) {
      method = named
      index += 1
    }
    let opens = accept(.leftParenthesis)
    var size = try sampleSize()
    if opens { try expect(.rightParenthesis) }
    var seed: Int?
    if !opens || method == nil, accept(.leftParenthesis) {
      guard let named = sampleMethod(token) else {
        throw unexpected("RESERVOIR, BERNOULLI or SYSTEM")
      }
      method = named
      index += 1
      if accept(.comma) { seed = try integer("a seed") }
      try expect(.rightParenthesis)
    }
    if method != nil, method != .reservoir, case .rows(let count) = size {
      size = .percent(Double(count))
    }
    if accept(.repeatable) {
      try expect(.leftParenthesis)
      seed = try integer("a seed")
      try expect(.rightParenthesis)
    }
    return SampleClause(size: size, method: method, seed: seed, range: range(from: start))
  }

  private func sampleMethod(_ token: Token) -> SampleClause.Method? {
    SampleClause.Method(rawValue: text(token).lowercased())
  }

  private mutating func sampleSize() throws(ParseError) -> SampleClause.Size {
    let token = self.token
    guard token.kind == .integer || token.kind == .decimal else {
      throw unexpected("a sample size")
    }
    index += 1
    let number = text(token)
    if accept(Symbol.percent) || accept(Keyword.percent) || token.kind == .decimal {
      guard let percent = Double(number), percent >= 0, percent <= 100 else {
        throw error("a sample is between 0 and 100 percent", at: token.range)
      }
      return .percent(percent)
    }
    _ = accept(.rows)
    guard let count = Int(number) else {
      throw error("this sample size is out of range", at: token.range)
    }
    return .rows(count)
  }

  // MARK: WITH

  mutating func withClause() throws(ParseError) -> WithClause? {
    let start = token.start
    guard accept(.with) else { return nil }
    let isRecursive = accept(.recursive)
    var tables: [CommonTableExpression] = []
    repeat {
      // A trailing comma before the body.
      if !tables.isEmpty, startsQuery, peek(1).keyword != .as { break }
      tables.append(try commonTableExpression())
    } while accept(.comma)
    return WithClause(isRecursive: isRecursive, tables: tables, range: range(from: start))
  }

  private mutating func commonTableExpression() throws(ParseError) -> CommonTableExpression {
    let start = token.start
    let name = try identifier("a CTE name")
    let columns = try optionalIdentifiers()
    var usingKey: [Identifier] = []
    if accept(.using) {
      try expect(.key)
      usingKey = try identifiers()
    }
    try expect(.as)
    var isMaterialized: Bool?
    if accept(.materialized) {
      isMaterialized = true
    } else if accept(.not) {
      try expect(.materialized)
      isMaterialized = false
    }
    try expect(.leftParenthesis)
    let body = try commonTableBody()
    try expect(.rightParenthesis)
    return CommonTableExpression(
      name: name, columns: columns, isMaterialized: isMaterialized, usingKey: usingKey, body: body,
      range: range(from: start))
  }

  private mutating func commonTableBody() throws(ParseError) -> CommonTableExpression.Body {
    switch token.keyword {
    case .insert, .update, .delete, .merge:
      depth += 1
      defer { depth -= 1 }
      try checkDepth()
      return .modification(try statement())
    default:
      return .query(try query())
    }
  }
}
