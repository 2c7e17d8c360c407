extension Parser {
  // MARK: CREATE

  mutating func createLayerTable(
    _ prefix: CreatePrefix
  ) throws(ParseError) -> CreateLayerTableStatement {
    var layer: LayerName?
    switch token.keyword {
    case .bronze: layer = .bronze
    case .silver: layer = .silver
    case .gold: layer = .gold
    default: break
    }
    let isMaterialized = isAt(.materialized)
    index += 1
    if isMaterialized {
      try expect(.view)
    } else {
      guard accept(.table) else { throw unexpected("TABLE", keywords: [.table]) }
    }
    let conflict = try nameConflict(prefix)
    var table = CreateLayerTableStatement(
      name: try objectName("a table name"), conflict: conflict, layer: layer)
    if isAt(.leftParenthesis) {
      let elements = try tableElements()
      table.columns = elements.columns
      table.constraints = elements.constraints
    }
    while try layerClause(&table) {}
    if accept(.as) {
      table.query = try query()
      table.withData = try withData()
    } else if layer != .bronze {
      throw unexpected(
        "AS and a query",
        keywords: [.as, .refresh, .target, .schedule, .on, .tags, .owner, .comment, .with, .sorted])
    }
    try checkLayerColumns(table)
    table.range = range(from: prefix.start)
    return table
  }

  private func checkLayerColumns(_ table: CreateLayerTableStatement) throws(ParseError) {
    guard table.query == nil else { return }
    if table.columns.isEmpty { throw unexpected("the columns in parentheses") }
    for column in table.columns
    where column.type == nil && !column.constraints.contains(where: { $0.givesType }) {
      throw error("column \(column.name.text) has no type", at: column.range)
    }
  }

  /// One clause between the columns and AS; false when there is none.
  private mutating func layerClause(
    _ table: inout CreateLayerTableStatement
  ) throws(ParseError) -> Bool {
    switch token.keyword {
    case .refresh:
      index += 1
      if token.kind == .word, text(token).lowercased() == "mode" { index += 1 }
      _ = accept(.equal)
      table.refresh = try refreshMode()
    case .target, .schedule: table.target = try refreshTarget()
    case .on:
      index += 1
      table.onFallback = try fallback()
    case .tag, .tags:
      index += 1
      _ = accept(.equal)
      table.tags += try tags()
    case .owner:
      index += 1
      _ = accept(.equal)
      table.owner = try nameOrString()
    case .comment:
      index += 1
      _ = accept(.equal)
      table.comment = try string()
    case .sorted, .cluster, .clustered, .order:
      index += 1
      try expect(.by)
      table.sortedBy = try sortKey()
    case .partition, .partitioned:
      index += 1
      table.partitionBy = try partitionClause()
    case .with where peek(1).symbol == .leftParenthesis:
      index += 1
      table.options += try optionList()
    case .warehouse:
      index += 1
      try expect(.equal)
      _ = try nameOrString()
    default:
      return try dynamicTableClause(&table)
    }
    return true
  }

  /// Snowflake's `TARGET_LAG = '…'`, `REFRESH_MODE = …`, `INITIALIZE = …`.
  private mutating func dynamicTableClause(
    _ table: inout CreateLayerTableStatement
  ) throws(ParseError) -> Bool {
    guard token.kind == .word, peek(1).symbol == .equal else { return false }
    switch text(token).lowercased() {
    case "target_lag":
      index += 2
      table.target = try lag()
    case "refresh_mode":
      index += 2
      table.refresh = try refreshMode()
    case "initialize":
      index += 2
      _ = try nameOrString()
    default: return false
    }
    return true
  }

  mutating func refreshMode() throws(ParseError) -> RefreshMode {
    guard token.kind == .word, let mode = RefreshMode(rawValue: text(token).uppercased()) else {
      throw unexpected(
        "AUTO, INCREMENTAL, FULL, IMMEDIATE or MANUAL",
        keywords: [.auto, .incremental, .full, .immediate, .manual])
    }
    index += 1
    return mode
  }

  /// `TARGET LAG '…' | DOWNSTREAM`, `SCHEDULE '…'`.
  mutating func refreshTarget() throws(ParseError) -> RefreshTarget {
    if accept(.schedule) {
      _ = accept(.equal)
      return .schedule(try string())
    }
    try expect(.target, .lag)
    _ = accept(.equal)
    return try lag()
  }

  private mutating func lag() throws(ParseError) -> RefreshTarget {
    if accept(.downstream) { return .downstream }
    return .lag(try string("an interval as a string, or DOWNSTREAM"))
  }

  /// Behind ON.
  mutating func fallback() throws(ParseError) -> FallbackAction {
    try expect(.fallback)
    if accept(.warn) { return .warn }
    guard accept(.error) else { throw unexpected("WARN or ERROR", keywords: [.warn, .error]) }
    return .error
  }

  mutating func tags() throws(ParseError) -> [String] {
    guard isAt(.leftParenthesis) else { return [try nameOrString()] }
    return try parenthesized { (p) throws(ParseError) in try p.nameOrString() }
  }

  mutating func nameOrString() throws(ParseError) -> String {
    if let text = try acceptString() { return text }
    return try label("a name or string").text
  }

  mutating func createTest(_ prefix: CreatePrefix) throws(ParseError) -> CreateTestStatement {
    let conflict = try nameConflict(prefix)
    let name = try objectName("a test name")
    var severity: CreateTestStatement.Severity = .error
    var model: ObjectName?
    while true {
      if accept(.severity) {
        if accept(.warn) {
          severity = .warn
        } else {
          guard accept(.error) else {
            throw unexpected("WARN or ERROR", keywords: [.warn, .error])
          }
        }
      } else if accept(.on) {
        model = try objectName("a model name")
      } else {
        break
      }
    }
    try expect(.as)
    let query = try query()
    return CreateTestStatement(
      name: name, conflict: conflict, severity: severity, model: model, query: query,
      range: range(from: prefix.start))
  }

  // MARK: Verbs

  mutating func layerVerb() throws(ParseError) -> Statement.Kind {
    switch token.keyword {
    case .refresh: return .refresh(try refresh())
    case .restate:
      let start = token.start
      index += 1
      let model = try objectName("a model name")
      let filter = accept(.where) ? try expression() : nil
      return .restate(RestateStatement(model: model, filter: filter, range: range(from: start)))
    case .verify: return .verify(try verify())
    case .test:
      let start = token.start
      index += 1
      return .test(TestStatement(selection: try modelSelection(), range: range(from: start)))
    default: return .applyChanges(try applyChanges())
    }
  }

  /// `ALL`, names, or `TAG 'x'`; nothing at all is ALL.
  mutating func modelSelection() throws(ParseError) -> ModelSelection {
    if accept(.all) { return .all }
    if isAt(.tag), peek(1).kind == .string {
      index += 1
      return .tag(try string())
    }
    if isAt(.materialized, .view) || isAt(.dynamic, .table) {
      index += 2
    } else if isAt(.table), isName(peek(1)) {
      index += 1
    } else if isAt(.bronze) || isAt(.silver) || isAt(.gold), peek(1).keyword == .table {
      index += 2
    }
    guard isName(token), !endsSelection else { return .all }
    return .models(try list { (p) throws(ParseError) in try p.objectName("a model name") })
  }

  /// Whether the next word is an option of a verb and not a model.
  private var endsSelection: Bool {
    switch token.keyword {
    case .full, .from, .incremental: peek(1).kind == .end || peek(1).kind == .word || isAt(.from)
    case .dry: peek(1).keyword == .run
    case .sample: peek(1).kind == .integer
    case .repair: peek(1).kind == .end || peek(1).symbol == .semicolon
    default: false
    }
  }

  private mutating func refresh() throws(ParseError) -> RefreshStatement {
    let start = token.start
    try expect(.refresh)
    var refresh = RefreshStatement(selection: try modelSelection())
    while true {
      if accept(.full) {
        refresh.mode = .full
      } else if accept(.incremental) {
        refresh.mode = .incremental
      } else if accept(.from) {
        refresh.from = try expression()
      } else if accept(.dry) {
        try expect(.run)
        refresh.isDryRun = true
      } else if accept(.verify) {
        refresh.verifies = true
      } else {
        break
      }
    }
    refresh.range = range(from: start)
    return refresh
  }

  private mutating func verify() throws(ParseError) -> VerifyStatement {
    let start = token.start
    try expect(.verify)
    var verify = VerifyStatement(selection: try modelSelection())
    if accept(.sample) {
      let count = try integer("a number of keys")
      guard count > 0 else {
        throw error("a sample has at least one key", at: tokens[index - 1].range)
      }
      verify.sampleKeyCount = count
      guard accept(.keys) || accept(.key) else { throw unexpected("KEYS", keywords: [.keys]) }
    }
    verify.repairs = accept(.repair)
    verify.range = range(from: start)
    return verify
  }

  // MARK: APPLY CHANGES

  private mutating func applyChanges() throws(ParseError) -> ApplyChangesStatement {
    let start = token.start
    try expect(.apply, .changes, .into)
    let table = try objectName("a table name")
    try expect(.from)
    var statement = ApplyChangesStatement(
      table: table, source: try changeSource(), keys: [], sequenceBy: [])
    while try applyClause(&statement) {}
    guard !statement.keys.isEmpty else { throw unexpected("KEYS", keywords: [.keys]) }
    guard !statement.sequenceBy.isEmpty else {
      throw unexpected("SEQUENCE BY", keywords: [.sequence])
    }
    statement.range = range(from: start)
    return statement
  }

  /// A query in parentheses, a table, a file or a table function, with an alias or none.
  private mutating func changeSource() throws(ParseError) -> TableReference {
    var source = try unnamedChangeSource()
    if isAt(.as) || !isAtApplyClause { source.alias = try tableAlias() }
    return source
  }

  /// Whether a clause of APPLY CHANGES begins here, whose first word is no alias.
  private var isAtApplyClause: Bool {
    let words: [Keyword] = [
      .keys, .key, .sequence, .apply, .delete, .truncate, .ignore, .columns, .stored,
    ]
    return words.contains { isAt($0) }
  }

  private mutating func unnamedChangeSource() throws(ParseError) -> TableReference {
    let start = token.start
    if accept(.leftParenthesis) {
      let query = try query()
      try expect(.rightParenthesis)
      return TableReference(.subquery(query, isLateral: false), range: range(from: start))
    }
    if let path = try acceptString() {
      return TableReference(.file(path), range: range(from: start))
    }
    let name = try objectName("a table name or a query in parentheses")
    if isAt(.leftParenthesis) {
      let call = try functionCall(name, from: start)
      return TableReference(
        .function(call, isLateral: false, withOrdinality: false), range: range(from: start))
    }
    return TableReference(.table(name, version: nil), range: range(from: start))
  }

  private mutating func applyClause(
    _ statement: inout ApplyChangesStatement
  ) throws(ParseError) -> Bool {
    if accept(.keys) || accept(.key) {
      statement.keys = try identifiers()
    } else if accept(.sequence) {
      try expect(.by)
      statement.sequenceBy = try sequenceExpressions()
    } else if isAt(.apply, .as) {
      // `APPLY AS DELETE WHEN` of Delta Live Tables.
      index += 2
    } else if accept(.delete) {
      try expect(.when)
      statement.deleteWhen = try expression()
    } else if accept(.truncate) {
      try expect(.when)
      statement.truncateWhen = try expression()
    } else if accept(.ignore) {
      try expect(.null)
      if token.kind == .word, text(token).lowercased() == "updates" { index += 1 }
      statement.ignoresNullUpdates = true
    } else if accept(.columns) {
      try columnsClause(&statement)
    } else if accept(.stored) {
      try expect(.as, .scd, .type)
      let type = try integer("1 or 2")
      guard type == 1 || type == 2 else {
        throw error("the SCD type is 1 or 2", at: tokens[index - 1].range)
      }
      statement.historyType = type
    } else {
      return false
    }
    return true
  }

  private mutating func sequenceExpressions() throws(ParseError) -> [Expression] {
    let first = try expression()
    if case .row(let items) = first.kind { return items }
    var result = [first]
    while accept(.comma) { result.append(try expression()) }
    return result
  }

  private mutating func columnsClause(
    _ statement: inout ApplyChangesStatement
  ) throws(ParseError) {
    guard isAt(.star) else {
      statement.includedColumns = try identifiers()
      return
    }
    let expression = try primary()
    guard case .star(let star) = expression.kind else { throw unexpected("\"*\"") }
    statement.columns = star
  }
}
