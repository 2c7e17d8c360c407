extension Parser {
  // MARK: Databases

  mutating func attach() throws(ParseError) -> AttachStatement {
    let start = token.start
    try expect(.attach)
    var prefix = CreatePrefix(start: start)
    if accept(.or) {
      try expect(.replace)
      prefix.conflict = .replace
    }
    _ = accept(.database)
    let conflict = try nameConflict(prefix)
    let path = try string("a file name as a string")
    let name = accept(.as) ? try identifier("a database name") : nil
    let options = isAt(.leftParenthesis) ? try optionList() : []
    return AttachStatement(
      path: path, name: name, conflict: conflict, options: options, range: range(from: start))
  }

  mutating func detach() throws(ParseError) -> DetachStatement {
    let start = token.start
    try expect(.detach)
    _ = accept(.database)
    let exists = try ifExists()
    let name = try identifier("a database name")
    return DetachStatement(name: name, ifExists: exists, range: range(from: start))
  }

  mutating func checkpoint() throws(ParseError) -> Statement.Kind {
    let start = token.start
    let isForced = accept(.force)
    if isForced, isAt(.install) { return .extension(try `extension`()) }
    try expect(.checkpoint)
    let database = isName(token) ? takeIdentifier() : nil
    return .checkpoint(
      CheckpointStatement(database: database, isForced: isForced, range: range(from: start)))
  }

  mutating func vacuum() throws(ParseError) -> VacuumStatement {
    let start = token.start
    var vacuum = VacuumStatement(vacuums: accept(.vacuum), analyzes: false)
    if vacuum.vacuums, isAt(.leftParenthesis), !isName(peek(1)) || peek(1).keyword == .full {
      try expect(.leftParenthesis)
      repeat { try vacuumOption(&vacuum) } while accept(.comma)
      try expect(.rightParenthesis)
    }
    while isAt(.full) || isAt(.analyze) || isAt(.analyse) { try vacuumOption(&vacuum) }
    if isName(token) {
      vacuum.table = try objectName("a table name")
      vacuum.columns = try optionalIdentifiers()
    }
    vacuum.range = range(from: start)
    return vacuum
  }

  private mutating func vacuumOption(_ vacuum: inout VacuumStatement) throws(ParseError) {
    if accept(.full) {
      vacuum.isFull = true
    } else if accept(.analyze) || accept(.analyse) {
      vacuum.analyzes = true
    } else {
      throw unexpected("FULL or ANALYZE", keywords: [.full, .analyze])
    }
  }

  mutating func `extension`() throws(ParseError) -> ExtensionStatement {
    let start = token.start
    let action: ExtensionStatement.Action = accept(.load) ? .load : .install
    if action == .install { try expect(.install) }
    let name = try nameOrString()
    if accept(.from) { _ = try nameOrString() }
    return ExtensionStatement(action: action, name: name, range: range(from: start))
  }

  // MARK: Transactions

  mutating func transaction() throws(ParseError) -> TransactionStatement {
    let start = token.start
    let keyword = token.keyword
    index += 1
    var action: TransactionStatement.Action
    switch keyword {
    case .begin, .start:
      if keyword == .start { try expect(.transaction) } else { skipTransactionWord() }
      var isReadOnly = false
      if accept(.read) {
        isReadOnly = accept(.only)
        if !isReadOnly { try expect(.write) }
      }
      action = .begin(isReadOnly: isReadOnly)
    case .commit, .end:
      skipTransactionWord()
      action = .commit
    case .savepoint: action = .savepoint(try identifier("a savepoint name"))
    case .release:
      _ = accept(.savepoint)
      action = .release(try identifier("a savepoint name"))
    default:
      skipTransactionWord()
      action = .rollback
      if accept(.to) {
        _ = accept(.savepoint)
        action = .rollbackTo(try identifier("a savepoint name"))
      }
    }
    return TransactionStatement(action: action, range: range(from: start))
  }

  private mutating func skipTransactionWord() {
    if !accept(.transaction) { _ = accept(.work) }
  }

  // MARK: Prepared statements

  mutating func prepare() throws(ParseError) -> PrepareStatement {
    let start = token.start
    try expect(.prepare)
    let name = try identifier("a name for the prepared statement")
    var types: [TypeName] = []
    if isAt(.leftParenthesis) {
      types = try parenthesized { (p) throws(ParseError) in try p.typeName() }
    }
    try expect(.as)
    let statement = try statement()
    return PrepareStatement(
      name: name, types: types, statement: statement, range: range(from: start))
  }

  mutating func execute() throws(ParseError) -> ExecuteStatement {
    let start = token.start
    try expect(.execute)
    let name = try identifier("a prepared statement's name")
    let arguments = isAt(.leftParenthesis) ? try plainArguments() : []
    return ExecuteStatement(name: name, arguments: arguments, range: range(from: start))
  }

  // MARK: Settings

  private mutating func settingScope() -> SettingScope {
    if isAt(.variable), peek(1).kind == .word || peek(1).kind == .quotedIdentifier {
      index += 1
      return .variable
    }
    guard peek(1).kind == .word else { return .automatic }
    if accept(.session) { return .session }
    if accept(.local) { return .local }
    if accept(.global) { return .global }
    return .automatic
  }

  mutating func set() throws(ParseError) -> SetStatement {
    let start = token.start
    try expect(.set)
    let scope = settingScope()
    if accept(.time, .zone) {
      let value = try settingValue()
      return SetStatement(
        scope: scope, name: Identifier("timezone", range: value.range), values: [value],
        range: range(from: start))
    }
    if isAt(.schema), peek(1).kind == .string {
      let name = takeIdentifier()
      return SetStatement(
        scope: scope, name: name, values: [try settingValue()], range: range(from: start))
    }
    var name = try label("a setting name")
    while accept(.dot) { name.text += "." + (try label("a setting name")).text }
    guard accept(.equal) || accept(.to) || accept(.assign) else {
      throw unexpected("\"=\" or TO", keywords: [.to])
    }
    let values = try list { (p) throws(ParseError) in try p.settingValue() }
    return SetStatement(scope: scope, name: name, values: values, range: range(from: start))
  }

  mutating func reset() throws(ParseError) -> ResetStatement {
    let start = token.start
    try expect(.reset)
    let scope = settingScope()
    if accept(.all) { return ResetStatement(scope: scope, name: nil, range: range(from: start)) }
    if accept(.time, .zone) {
      return ResetStatement(
        scope: scope, name: Identifier("timezone"), range: range(from: start))
    }
    var name = try label("a setting name")
    while accept(.dot) { name.text += "." + (try label("a setting name")).text }
    return ResetStatement(scope: scope, name: name, range: range(from: start))
  }

  mutating func pragma() throws(ParseError) -> PragmaStatement {
    let start = token.start
    try expect(.pragma)
    var pragma = PragmaStatement(name: try label("a pragma name"))
    if accept(.equal) {
      pragma.value = try settingValue()
    } else if isAt(.leftParenthesis) {
      pragma.arguments = try plainArguments()
    }
    pragma.range = range(from: start)
    return pragma
  }

  // MARK: DESCRIBE, SHOW, SUMMARIZE

  mutating func describeStatement() throws(ParseError) -> DescribeStatement {
    let start = token.start
    let keyword = token.keyword
    index += 1
    let subject: DescribeStatement.Subject
    if keyword == .show {
      subject = try showSubject()
    } else if keyword == .summarize {
      subject = try summarizeSubject()
    } else {
      subject = try describeSubject()
    }
    return DescribeStatement(subject: subject, range: range(from: start))
  }

  private mutating func describeSubject() throws(ParseError) -> DescribeStatement.Subject {
    if token.kind == .end || isAt(.semicolon) || isAt(.rightParenthesis) {
      return .tables(from: nil)
    }
    if isAt(.table), isName(peek(1)) { index += 1 }
    if startsQuery || isAt(.leftParenthesis) { return .describeQuery(try query()) }
    if let path = try acceptString() { return .describeFile(path) }
    return .describeTable(try objectName("a table name or a query"))
  }

  private mutating func summarizeSubject() throws(ParseError) -> DescribeStatement.Subject {
    if isAt(.table), isName(peek(1)) { index += 1 }
    if startsQuery || isAt(.leftParenthesis) { return .summarizeQuery(try query()) }
    if let path = try acceptString() { return .summarizeFile(path) }
    return .summarizeTable(try objectName("a table name or a query"))
  }

  private mutating func showSubject() throws(ParseError) -> DescribeStatement.Subject {
    if accept(.all) { return accept(.tables) ? .allTables : .settings }
    switch token.keyword {
    case .tables:
      index += 1
      guard accept(.from) || accept(.in) else { return .tables(from: nil) }
      return .tables(from: try objectName("a schema name"))
    case .schemas:
      index += 1
      return .schemas
    case .databases:
      index += 1
      return .databases
    case .views:
      index += 1
      return .views
    case .models:
      index += 1
      return .models
    case .functions:
      index += 1
      return .functions
    case .columns where peek(1).keyword == .from || peek(1).keyword == .in:
      index += 2
      return .describeTable(try objectName("a table name"))
    case .create:
      index += 1
      guard accept(.table) || accept(.view) else { throw unexpected("TABLE", keywords: [.table]) }
      return .create(try objectName("a table name"))
    case .time where peek(1).keyword == .zone:
      index += 2
      return .setting(ObjectName("timezone"))
    default: break
    }
    if startsQuery || isAt(.leftParenthesis) { return .describeQuery(try query()) }
    return .setting(try objectName("a name"))
  }
}
