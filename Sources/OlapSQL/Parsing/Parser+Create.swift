/// What stands between CREATE and the kind of object.
struct CreatePrefix {
  var start: Int32
  var conflict: CreateConflict = .error
  var isTemporary: Bool = false
  var isUnique: Bool = false
  var isRecursive: Bool = false
}

extension Parser {
  private static let creatable: [Keyword] = [
    .table, .view, .schema, .sequence, .type, .macro, .function, .index, .bronze, .silver, .gold,
    .dynamic, .materialized, .test, .task, .unique, .temporary, .temp, .or,
  ]

  mutating func create() throws(ParseError) -> Statement.Kind {
    var prefix = CreatePrefix(start: token.start)
    try expect(.create)
    try createModifiers(&prefix)
    if accept(word: "trigger") { return .createTrigger(try createTrigger(prefix)) }
    let keyword = token.keyword
    switch keyword {
    case .table:
      index += 1
      return .createTable(try createTable(prefix))
    case .bronze, .silver, .gold, .dynamic, .materialized, .live, .streaming:
      return .createLayerTable(try createLayerTable(prefix))
    case .view:
      index += 1
      return .createView(try createView(prefix))
    case .schema, .database:
      index += 1
      let conflict = try nameConflict(prefix)
      let name = try objectName("a schema name")
      return .createSchema(
        CreateSchemaStatement(name: name, conflict: conflict, range: range(from: prefix.start)))
    case .sequence:
      index += 1
      return .createSequence(try createSequence(prefix))
    case .type:
      index += 1
      return .createType(try createType(prefix))
    case .macro, .function:
      index += 1
      return .createMacro(try createMacro(prefix))
    case .index:
      index += 1
      return .createIndex(try createIndex(prefix))
    case .test:
      index += 1
      return .createTest(try createTest(prefix))
    case .task:
      index += 1
      return .createTask(try createTask(prefix))
    default:
      throw unexpected("TABLE, VIEW or another kind of object", keywords: Parser.creatable)
    }
  }

  private mutating func createModifiers(_ prefix: inout CreatePrefix) throws(ParseError) {
    if accept(.or) {
      guard accept(.replace) || accept(.refresh) else {
        throw unexpected("REPLACE", keywords: [.replace, .refresh])
      }
      prefix.conflict = .replace
    }
    while true {
      switch token.keyword {
      case .temp, .temporary: prefix.isTemporary = true
      case .unique: prefix.isUnique = true
      case .recursive: prefix.isRecursive = true
      case .local, .global, .unlogged, .transient, .persist: break
      default: return
      }
      index += 1
    }
  }

  /// IF NOT EXISTS behind the kind.
  mutating func nameConflict(_ prefix: CreatePrefix) throws(ParseError) -> CreateConflict {
    let start = token.start
    guard try ifNotExists() else { return prefix.conflict }
    guard prefix.conflict == .error else {
      throw error("OR REPLACE and IF NOT EXISTS exclude each other", at: range(from: start))
    }
    return .ignore
  }

  // MARK: TABLE

  private mutating func createTable(
    _ prefix: CreatePrefix
  ) throws(ParseError) -> CreateTableStatement {
    let conflict = try nameConflict(prefix)
    var table = CreateTableStatement(
      name: try objectName("a table name"), conflict: conflict, isTemporary: prefix.isTemporary)
    if isAt(.leftParenthesis) {
      let elements = try tableElements()
      table.columns = elements.columns
      table.constraints = elements.constraints
    }
    while true {
      if accept(.sorted) || accept(.clustered) || accept(.cluster) || accept(.order) {
        try expect(.by)
        table.sortedBy = try sortKey()
      } else if accept(.partition) {
        table.partitionBy = try partitionClause()
      } else if isAt(.with), peek(1).symbol == .leftParenthesis {
        index += 1
        table.options += try optionList()
      } else if accept(.comment) {
        _ = accept(.equal)
        table.comment = try string()
      } else {
        break
      }
    }
    if accept(.as) {
      table.query = try query()
      table.withData = try withData()
    }
    let isUntyped = table.columns.contains {
      $0.type == nil && !$0.constraints.contains { $0.givesType }
    }
    if table.query == nil {
      if table.columns.isEmpty {
        throw unexpected("the columns in parentheses, or AS and a query", keywords: [.as])
      }
      if isUntyped, let column = table.columns.first(where: { $0.type == nil }) {
        throw error("column \(column.name.text) has no type", at: column.range)
      }
    }
    table.range = range(from: prefix.start)
    return table
  }

  /// `WITH [NO] DATA` behind a query.
  mutating func withData() throws(ParseError) -> Bool {
    guard accept(.with) else { return true }
    let isNo = accept(.no)
    try expect(.data)
    return !isNo
  }

  mutating func sortKey() throws(ParseError) -> [OrderByItem] {
    guard accept(.leftParenthesis) else { return try orderByItems() }
    let items = try orderByItems()
    try expect(.rightParenthesis)
    return items
  }

  mutating func partitionClause() throws(ParseError) -> PartitionClause {
    _ = accept(.by)
    var strategy: PartitionClause.Strategy?
    if token.kind == .word, peek(1).symbol == .leftParenthesis,
      let named = PartitionClause.Strategy(rawValue: text(token).uppercased())
    {
      strategy = named
      index += 1
    }
    let expressions = try parenthesized { (p) throws(ParseError) in try p.expression() }
    return PartitionClause(strategy: strategy, expressions: expressions)
  }

  /// `(columns and constraints)`. A column without a type is allowed; the statement says when not.
  mutating func tableElements() throws(ParseError) -> (
    columns: [ColumnDefinition], constraints: [TableConstraint]
  ) {
    try expect(.leftParenthesis)
    var columns: [ColumnDefinition] = []
    var constraints: [TableConstraint] = []
    repeat {
      if isAt(.rightParenthesis) { break }
      if startsTableConstraint {
        constraints.append(try tableConstraint())
      } else {
        columns.append(try columnDefinition())
      }
    } while accept(.comma)
    guard accept(.rightParenthesis) else {
      throw unexpected(
        "\",\" or \")\"",
        keywords: [
          .primary, .references, .default, .not, .null, .unique, .check, .generated, .collate,
          .constraint, .encrypted,
        ])
    }
    return (columns, constraints)
  }

  private var startsTableConstraint: Bool {
    let next = peek(1)
    switch token.keyword {
    case .constraint, .check, .primary, .foreign: return true
    case .unique: return true
    case .expect: return next.symbol == .leftParenthesis || startsRule(next)
    case .index, .key:
      return isName(next) && peek(2).symbol == .leftParenthesis
        && !(peek(3).kind == .integer)
    default: return false
    }
  }

  /// Whether the word behind EXPECT begins a ready-made rule; a column may be called expect too.
  private func startsRule(_ token: Token) -> Bool {
    switch token.keyword {
    case .unique, .not, .range, .freshness, .row: return true
    default: break
    }
    guard token.kind == .word || token.kind == .quotedIdentifier else { return false }
    let word = text(token).lowercased()
    if ["accepted", "relationship", "relationships"].contains(word) { return true }
    if word == "fresh", peek(2).symbol == .leftParenthesis { return true }
    // `EXPECT total > 0`: behind a column's name stands a type, behind a condition's an operator.
    switch peek(2).keyword {
    case .in, .between, .is, .like, .references, .not: return true
    default: break
    }
    switch peek(2).symbol {
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual: return true
    default: return false
    }
  }

  mutating func columnDefinition() throws(ParseError) -> ColumnDefinition {
    let start = token.start
    let name = try identifier("a column name or a constraint")
    var column = ColumnDefinition(name: name, type: nil)
    if startsType { column.type = try typeName() }
    while let constraint = try columnConstraint() { column.constraints.append(constraint) }
    column.range = range(from: start)
    return column
  }

  /// Whether a type stands behind a column's name.
  private var startsType: Bool {
    switch token.keyword {
    case .generated, .encrypted, .comment, .expect, .as, .autoincrement, .autoIncrement: false
    case .union: peek(1).symbol == .leftParenthesis
    default: isName(token) || (token.keyword?.isFunctionOrTypeName == true)
    }
  }

  // MARK: Other objects

  private mutating func createView(
    _ prefix: CreatePrefix
  ) throws(ParseError) -> CreateViewStatement {
    let conflict = try nameConflict(prefix)
    let name = try objectName("a view name")
    let columns = try optionalIdentifiers()
    if accept(.comment) {
      _ = accept(.equal)
      _ = try string()
    }
    try expect(.as)
    let query = try query()
    return CreateViewStatement(
      name: name, conflict: conflict, isTemporary: prefix.isTemporary,
      isRecursive: prefix.isRecursive, columns: columns, query: query,
      range: range(from: prefix.start))
  }

  private mutating func createSequence(
    _ prefix: CreatePrefix
  ) throws(ParseError) -> CreateSequenceStatement {
    let conflict = try nameConflict(prefix)
    var sequence = CreateSequenceStatement(
      name: try objectName("a sequence name"), conflict: conflict,
      isTemporary: prefix.isTemporary)
    while true {
      switch token.keyword {
      case .start:
        index += 1
        _ = accept(.with)
        sequence.start = try integer()
      case .increment:
        index += 1
        _ = accept(.by)
        sequence.increment = try integer()
      case .minvalue:
        index += 1
        sequence.minimum = try integer()
      case .maxvalue:
        index += 1
        sequence.maximum = try integer()
      case .cycle:
        index += 1
        sequence.isCyclic = true
      case .no:
        index += 1
        guard accept(.cycle) || accept(.minvalue) || accept(.maxvalue) else {
          throw unexpected("CYCLE, MINVALUE or MAXVALUE", keywords: [.cycle, .minvalue, .maxvalue])
        }
      default:
        sequence.range = range(from: prefix.start)
        return sequence
      }
    }
  }

  private mutating func createType(
    _ prefix: CreatePrefix
  ) throws(ParseError) -> CreateTypeStatement {
    let conflict = try nameConflict(prefix)
    let name = try objectName("a type name")
    try expect(.as)
    let definition: CreateTypeStatement.Definition
    if isAt(.enum), peek(1).symbol == .leftParenthesis, peekIsQuery(2) {
      index += 2
      definition = .enumeration(try query())
      try expect(.rightParenthesis)
    } else if isAt(.leftParenthesis) {
      // Postgres's composite type.
      let start = token.start
      let fields = try parenthesized { (p) throws(ParseError) in
        let name = try p.label("a field name")
        return StructField(name: name, type: try p.typeName())
      }
      definition = .type(TypeName(.structure(fields), range: range(from: start)))
    } else {
      definition = .type(try typeName())
    }
    return CreateTypeStatement(
      name: name, conflict: conflict, isTemporary: prefix.isTemporary, definition: definition,
      range: range(from: prefix.start))
  }

  private func peekIsQuery(_ offset: Int) -> Bool {
    switch peek(offset).keyword {
    case .select, .with, .from, .values, .table: true
    default: false
    }
  }

  private mutating func createMacro(
    _ prefix: CreatePrefix
  ) throws(ParseError) -> CreateMacroStatement {
    let conflict = try nameConflict(prefix)
    let name = try objectName("a macro name")
    var overloads: [CreateMacroStatement.Overload] = []
    repeat {
      var parameters: [MacroParameter] = []
      try expect(.leftParenthesis)
      if !isAt(.rightParenthesis) {
        parameters = try list(until: .rightParenthesis) { (p) throws(ParseError) in
          try p.macroParameter()
        }
      }
      try expect(.rightParenthesis)
      try expect(.as)
      let body: CreateMacroStatement.Body
      if accept(.table) {
        body = .table(try query())
      } else {
        body = .scalar(try expression())
      }
      overloads.append(CreateMacroStatement.Overload(parameters: parameters, body: body))
    } while accept(.comma)
    return CreateMacroStatement(
      name: name, conflict: conflict, isTemporary: prefix.isTemporary, overloads: overloads,
      range: range(from: prefix.start))
  }

  private mutating func macroParameter() throws(ParseError) -> MacroParameter {
    var parameter = MacroParameter(name: try identifier("a parameter name"))
    let ends = isAt(.comma) || isAt(.rightParenthesis)
    if !ends, !isAt(.assign), !isAt(.namedArgument), !isAt(.default) {
      parameter.type = try typeName()
    }
    if accept(.assign) || accept(.namedArgument) || accept(.default) {
      parameter.defaultValue = try expression()
    }
    return parameter
  }

  private mutating func createIndex(
    _ prefix: CreatePrefix
  ) throws(ParseError) -> CreateIndexStatement {
    _ = accept(.concurrently)
    let conflict = try nameConflict(prefix)
    let name = isAt(.on) ? nil : try objectName("an index name")
    try expect(.on)
    let table = try objectName("a table name")
    let method = accept(.using) ? try identifier("an index method") : nil
    var statement = CreateIndexStatement(
      name: name, conflict: conflict, isUnique: prefix.isUnique, table: table, method: method,
      elements: try indexElements())
    if isAt(.with), peek(1).symbol == .leftParenthesis {
      index += 1
      statement.options = try optionList()
    }
    if accept(.where) { statement.filter = try expression() }
    statement.range = range(from: prefix.start)
    return statement
  }

  mutating func indexElements() throws(ParseError) -> [IndexElement] {
    try parenthesized { (p) throws(ParseError) in
      let expression = try p.expression()
      let direction = try p.sortDirection()
      if p.isAt(.nulls, .first) || p.isAt(.nulls, .last) { p.index += 2 }
      return IndexElement(expression: expression, direction: direction)
    }
  }

  private mutating func createTask(
    _ prefix: CreatePrefix
  ) throws(ParseError) -> CreateTaskStatement {
    let conflict = try nameConflict(prefix)
    let name = try objectName("a task name")
    var options: [StatementOption] = []
    while token.kind == .word, !isAt(.as) {
      let start = token.start
      let option = takeIdentifier()
      _ = accept(.equal)
      var value = Expression(.literal(.null), range: token.range)
      if token.kind == .word {
        value = Expression(.column([takeIdentifier()]), range: value.range)
      } else {
        value = try primary()
      }
      options.append(
        StatementOption(name: option, value: .expression(value), range: range(from: start)))
      _ = accept(.comma)
    }
    try expect(.as)
    let body = try statement()
    return CreateTaskStatement(
      name: name, conflict: conflict, options: options, body: body,
      range: range(from: prefix.start))
  }
}

extension ColumnConstraint {
  /// Whether the column needs no type because of it.
  var givesType: Bool {
    if case .generated = kind { return true }
    return false
  }
}
