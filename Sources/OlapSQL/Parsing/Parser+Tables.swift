extension Parser {
  /// Comma-separated references behind FROM; a trailing comma is allowed.
  mutating func tableReferences() throws(ParseError) -> [TableReference] {
    var result = [try tableReference()]
    while accept(.comma) {
      if endsTableList { break }
      result.append(try tableReference())
    }
    return result
  }

  private var endsTableList: Bool {
    switch token.keyword {
    case .where, .group, .having, .order, .limit, .union, .intersect, .except, .qualify, .window,
      .offset, .fetch, .select, .returning:
      true
    default:
      token.kind == .end || token.symbol == .rightParenthesis || token.symbol == .semicolon
    }
  }

  /// One relation with the joins behind it.
  mutating func tableReference() throws(ParseError) -> TableReference {
    let outer = deepest
    depth += 1
    deepest = depth
    defer {
      depth -= 1
      deepest = max(deepest, outer)
    }
    try checkDepth()
    let start = token.start
    var left = try tablePrimary()
    while let join = try join(left, from: start) {
      left = TableReference(.join(join), range: join.range)
      try raise()
    }
    return left
  }

  // MARK: Joins

  private mutating func join(
    _ left: TableReference, from start: Int32
  ) throws(ParseError) -> Join? {
    guard startsJoin else { return nil }
    var kind: Join.Kind = .inner
    let isNatural = accept(.natural)
    var isAsOf = accept(.asof)
    switch token.keyword {
    case .cross: kind = .cross
    case .positional: kind = .positional
    case .inner: kind = .inner
    case .left: kind = .left
    case .right: kind = .right
    case .full: kind = .full
    case .semi: kind = .semi
    case .anti: kind = .anti
    default: break
    }
    if !isAt(.join) { index += 1 }
    if kind == .left || kind == .right || kind == .full { _ = accept(.outer) }
    if kind == .left, isAt(.semi) || isAt(.anti) {
      kind = isAt(.semi) ? .semi : .anti
      index += 1
    }
    if !isAsOf { isAsOf = accept(.asof) }
    guard accept(.join) else { throw unexpected("JOIN", keywords: [.join, .outer]) }
    let target = token.start
    var right = try tablePrimary()
    var condition: Join.Condition = .none
    if kind == .inner || kind == .left, !isNatural, !isAsOf, startsNearest {
      right = try nearest(right, from: target)
      condition = .on(Expression(.literal(.boolean(true)), range: right.range))
    } else if kind != .cross, kind != .positional, !isNatural {
      condition = try joinCondition()
      if condition == .none { throw unexpected("ON or USING", keywords: [.on, .using]) }
    }
    return Join(
      kind: kind, isNatural: isNatural, isAsOf: isAsOf, left: left, right: right,
      condition: condition, range: range(from: start))
  }

  private var startsJoin: Bool {
    let next = peek(1).keyword
    switch token.keyword {
    case .join: return true
    case .inner, .natural, .cross: return true
    case .left, .right, .full:
      return next == .join || next == .outer || next == .semi || next == .anti || next == .asof
    case .semi, .anti, .positional: return next == .join
    case .asof:
      return next == .join || next == .left || next == .inner || next == .right || next == .full
        || next == .semi || next == .anti
    default: return false
    }
  }

  mutating func joinCondition() throws(ParseError) -> Join.Condition {
    if accept(.on) { return .on(try expression()) }
    if isAt(.using), peek(1).symbol == .leftParenthesis {
      index += 1
      return .using(try identifiers())
    }
    return .none
  }

  // MARK: Relations

  private mutating func tablePrimary() throws(ParseError) -> TableReference {
    let start = token.start
    // `alias: table`.
    var prefixAlias: Identifier?
    if isName(token), peek(1).symbol == .colon {
      prefixAlias = takeIdentifier()
      index += 1
    }
    let isLateral = accept(.lateral)
    var table: TableReference
    if isAt(.leftParenthesis) {
      table = try parenthesizedTable(isLateral: isLateral, from: start)
    } else if isAt(.values), peek(1).symbol == .leftParenthesis {
      index += 1
      let query = SelectStatement(body: .values(try valueRows()), range: range(from: start))
      table = TableReference(.subquery(query, isLateral: isLateral))
    } else if let path = try acceptString() {
      table = TableReference(.file(path))
    } else {
      table = try namedTable(isLateral: isLateral, from: start)
    }
    table.range = range(from: start)
    try tableSuffixes(&table)
    while isAt(.pivot) || isAt(.unpivot),
      peek(1).symbol == .leftParenthesis
        || peek(1).keyword == .include || peek(1).keyword == .exclude
    {
      table =
        isAt(.pivot)
        ? TableReference(.pivot(try standardPivot(table, from: start)))
        : TableReference(.unpivot(try standardUnpivot(table, from: start)))
      table.range = range(from: start)
      try tableSuffixes(&table)
      try raise()
    }
    if let prefixAlias { table.alias = TableAlias(name: prefixAlias) }
    table.range = range(from: start)
    return table
  }

  /// `(query)`, `(table JOIN table)`.
  private mutating func parenthesizedTable(
    isLateral: Bool, from start: Int32
  ) throws(ParseError) -> TableReference {
    try expect(.leftParenthesis)
    if startsQuery {
      let query = try query()
      try expect(.rightParenthesis)
      return TableReference(.subquery(query, isLateral: isLateral))
    }
    let inner = try tableReference()
    if continuesQuery, case .subquery(let query, false) = inner.kind, inner.alias == nil {
      let whole = try self.query(continuing: query, from: start + 1)
      try expect(.rightParenthesis)
      return TableReference(.subquery(whole, isLateral: isLateral))
    }
    try expect(.rightParenthesis)
    guard isAliasAhead, inner.alias != nil || inner.isJoin else { return inner }
    // `(a JOIN b) AS x`: the alias hides the names within.
    let core = starCore(inner, start)
    let query = SelectStatement(body: .select(core), range: core.range)
    return TableReference(.subquery(query, isLateral: false))
  }

  private var isAliasAhead: Bool { isAt(.as) || isTableAlias(token) }

  private mutating func namedTable(
    isLateral: Bool, from start: Int32
  ) throws(ParseError) -> TableReference {
    guard isName(token) || token.keyword?.isFunctionOrTypeName == true else {
      throw unexpected("a table name", keywords: [.lateral, .values])
    }
    let name = try objectName("a table name")
    guard isAt(.leftParenthesis) else {
      guard !isLateral else { throw unexpected("a function call behind LATERAL") }
      return TableReference(.table(name, version: try tableVersion()))
    }
    let call = try functionCall(name, from: start)
    var withOrdinality = false
    if accept(.with) {
      try expect(.ordinality)
      withOrdinality = true
    }
    return TableReference(
      .function(call, isLateral: isLateral, withOrdinality: withOrdinality))
  }

  /// `AS OF RUN 42`, `AT (VERSION => 7)`, `AT (TIMESTAMP => …)`.
  private mutating func tableVersion() throws(ParseError) -> TableVersion? {
    if isAt(.as, .of) {
      index += 2
      return try versionKind()
    }
    guard isAt(Keyword.at), peek(1).symbol == .leftParenthesis else { return nil }
    index += 2
    let version = try versionKind()
    try expect(.rightParenthesis)
    return version
  }

  private mutating func versionKind() throws(ParseError) -> TableVersion {
    let keyword = token.keyword
    guard keyword == .run || keyword == .version || keyword == .timestamp else {
      throw unexpected("RUN, VERSION or TIMESTAMP", keywords: [.run, .version, .timestamp])
    }
    if keyword != .timestamp || peek(1).symbol == .namedArgument { index += 1 }
    _ = accept(.namedArgument)
    let value = try expression(Precedence.additive)
    switch keyword {
    case .run: return .run(value)
    case .version: return .version(value)
    default: return .timestamp(value)
    }
  }

  // MARK: Aliases and samples

  private mutating func tableSuffixes(_ table: inout TableReference) throws(ParseError) {
    if isAt(.tablesample) {
      index += 1
      table.sample = try sample()
    }
    if let alias = try tableAlias() { table.alias = alias }
    if table.sample == nil, accept(.tablesample) { table.sample = try sample() }
  }

  private func isTableAlias(_ token: Token) -> Bool {
    guard isName(token), !startsNearest else { return false }
    guard let keyword = token.keyword else { return true }
    if keyword.continuesClause || keyword == .set { return false }
    // `PIVOT (` is reserved; UNPIVOT too.
    return true
  }

  mutating func tableAlias() throws(ParseError) -> TableAlias? {
    let name: Identifier
    if accept(.as) {
      name = try label("a table alias")
    } else if isTableAlias(token) {
      name = takeIdentifier()
    } else {
      return nil
    }
    var columns: [Identifier] = []
    if accept(.leftParenthesis) {
      columns = try list(until: .rightParenthesis) { (p) throws(ParseError) in
        let column = try p.identifier("a column name")
        // A type behind the name, as for functions that return records, says nothing new.
        if !p.isAt(.comma), !p.isAt(.rightParenthesis) { _ = try p.typeName() }
        return column
      }
      try expect(.rightParenthesis)
    }
    return TableAlias(name: name, columns: columns)
  }

  // MARK: Pivot

  /// `PIVOT source ON … USING … GROUP BY …`.
  mutating func pivotStatement() throws(ParseError) -> Pivot {
    let start = token.start
    index += 1
    let source = try tableReference()
    var columns: [PivotColumn] = []
    if accept(.on) {
      columns = try list { (p) throws(ParseError) in try p.pivotColumn() }
    }
    var aggregates: [SelectItem] = []
    if accept(.using) { aggregates = try selectItems() }
    var groupBy: [Expression]?
    if accept(.group) {
      try expect(.by)
      groupBy = try expressions()
    }
    guard !columns.isEmpty || !aggregates.isEmpty || groupBy != nil else {
      throw unexpected("ON", keywords: [.on])
    }
    return Pivot(
      source: source, columns: columns, aggregates: aggregates, groupBy: groupBy,
      range: range(from: start))
  }

  private mutating func pivotColumn() throws(ParseError) -> PivotColumn {
    let expression = try expression(Precedence.other)
    var column = PivotColumn(expressions: [expression])
    if case .row(let items) = expression.kind { column.expressions = items }
    if accept(.in) { try pivotValues(&column) }
    return column
  }

  private mutating func pivotValues(_ column: inout PivotColumn) throws(ParseError) {
    guard accept(.leftParenthesis) else {
      // The name of an enum type: its values.
      let name = try objectName("values in parentheses")
      let argument = Expression(
        .cast(
          Expression(.literal(.null), range: name.range),
          TypeName(.named(name, arguments: []), range: name.range), isTry: false), range: name.range
      )
      let values = Expression(.function(plainCall("enum_range", [argument])), range: name.range)
      let unnest = Expression(.function(plainCall("unnest", [values])), range: name.range)
      let core = SelectCore(items: [SelectItem(expression: unnest)], range: name.range)
      column.query = SelectStatement(body: .select(core), range: name.range)
      return
    }
    if startsQuery {
      column.query = try query()
    } else {
      column.values = try list(until: .rightParenthesis) { (p) throws(ParseError) in
        try p.selectItem()
      }
    }
    try expect(.rightParenthesis)
  }

  /// `source PIVOT (aggregates FOR column IN (…) GROUP BY …)`.
  private mutating func standardPivot(
    _ source: TableReference, from start: Int32
  ) throws(ParseError) -> Pivot {
    index += 1
    try expect(.leftParenthesis)
    let aggregates = try selectItems()
    try expect(.for)
    var columns: [PivotColumn] = []
    repeat { columns.append(try pivotColumn()) } while !isAt(.group) && !isAt(.rightParenthesis)
    var groupBy: [Expression]?
    if accept(.group) {
      try expect(.by)
      groupBy = try expressions(until: .rightParenthesis)
    }
    try expect(.rightParenthesis)
    return Pivot(
      source: source, columns: columns, aggregates: aggregates, groupBy: groupBy,
      range: range(from: start))
  }

  /// `UNPIVOT source ON columns INTO NAME n VALUE v`.
  mutating func unpivotStatement() throws(ParseError) -> Unpivot {
    let start = token.start
    index += 1
    let source = try tableReference()
    let includeNulls = try nullsClause()
    try expect(.on)
    let entries = try list { (p) throws(ParseError) in try p.unpivotEntry() }
    var unpivot = Unpivot(
      source: source, columns: entries, nameColumn: Identifier("name"),
      valueColumns: [Identifier("value")], includeNulls: includeNulls)
    if accept(.into) {
      try expect(.name)
      unpivot.nameColumn = try identifier()
      try expect(.value)
      unpivot.valueColumns = try list { (p) throws(ParseError) in try p.identifier() }
    }
    unpivot.range = range(from: start)
    return unpivot
  }

  private mutating func nullsClause() throws(ParseError) -> Bool {
    guard isAt(.include) || isAt(.exclude), peek(1).keyword == .nulls else { return false }
    let includes = isAt(.include)
    index += 2
    return includes
  }

  private mutating func unpivotEntry() throws(ParseError) -> UnpivotEntry {
    let item = try selectItem()
    if case .row(let items) = item.expression.kind {
      return UnpivotEntry(expressions: items, label: item.alias)
    }
    return UnpivotEntry(expressions: [item.expression], label: item.alias)
  }

  /// `source UNPIVOT [INCLUDE NULLS] (value FOR name IN (columns))`.
  private mutating func standardUnpivot(
    _ source: TableReference, from start: Int32
  ) throws(ParseError) -> Unpivot {
    index += 1
    let includeNulls = try nullsClause()
    try expect(.leftParenthesis)
    let values = isAt(.leftParenthesis) ? try identifiers() : [try identifier("a column name")]
    try expect(.for)
    let name = try identifier("a column name")
    try expect(.in)
    let entries = try parenthesized { (p) throws(ParseError) in try p.unpivotEntry() }
    try expect(.rightParenthesis)
    return Unpivot(
      source: source, columns: entries, nameColumn: name, valueColumns: values,
      includeNulls: includeNulls, range: range(from: start))
  }
}

extension TableReference {
  /// Whether it is a join without an alias of its own.
  var isJoin: Bool {
    if case .join = kind { return true }
    return false
  }
}
