extension Parser {
  // MARK: INSERT

  mutating func insert(
    with: WithClause?, from start: Int32
  ) throws(ParseError) -> InsertStatement {
    var conflict: ConflictClause?
    if accept(.replace) {
      conflict = ConflictClause(target: .any, action: .replace, range: range(from: start))
    } else {
      try expect(.insert)
      if accept(.or) {
        let place = token.range
        if accept(.replace) {
          conflict = ConflictClause(target: .any, action: .replace, range: place)
        } else if accept(.ignore) {
          conflict = ConflictClause(target: .any, action: .nothing, range: place)
        } else {
          throw unexpected("REPLACE or IGNORE", keywords: [.replace, .ignore])
        }
      }
    }
    try expect(.into)
    let table = try objectName("a table name")
    let alias = accept(.as) ? try identifier("an alias") : nil
    var insert = InsertStatement(
      with: with, table: table, alias: alias, source: .defaultValues, onConflict: conflict)
    if isAt(.leftParenthesis), !insertStartsQuery { insert.columns = try identifiers() }
    if isAt(.by) {
      index += 1
      if accept(.name) { insert.isByName = true } else { try expect(.position) }
    }
    if accept(.default) {
      try expect(.values)
    } else {
      insert.source = .query(try query())
    }
    if accept(.on) { insert.onConflict = try conflictClause(replacing: insert.onConflict) }
    if accept(.returning) { insert.returning = try selectItems() }
    insert.range = range(from: start)
    return insert
  }

  /// Whether the parenthesis behind the table opens a query and not the column list.
  private var insertStartsQuery: Bool {
    switch peek(1).keyword {
    case .select, .with, .from, .table, .pivot, .unpivot: true
    case .values: peek(2).symbol == .leftParenthesis
    default: peek(1).symbol == .leftParenthesis
    }
  }

  /// Behind ON.
  private mutating func conflictClause(
    replacing earlier: ConflictClause?
  ) throws(ParseError) -> ConflictClause {
    let start = tokens[index - 1].start
    if earlier != nil {
      throw error(
        "ON CONFLICT cannot be combined with OR REPLACE or OR IGNORE", at: range(from: start))
    }
    try expect(.conflict)
    var target: ConflictClause.Target = .any
    if accept(.leftParenthesis) {
      let columns = try list(until: .rightParenthesis) { (p) throws(ParseError) in
        try p.identifier("a column name")
      }
      try expect(.rightParenthesis)
      let filter = accept(.where) ? try expression() : nil
      target = .columns(columns, filter: filter)
    } else if accept(.on) {
      try expect(.constraint)
      target = .constraint(try identifier("a constraint name"))
    }
    try expect(.do)
    var action: ConflictClause.Action = .nothing
    if accept(.update) {
      try expect(.set)
      let assignments = try assignments()
      action = .update(assignments, filter: accept(.where) ? try expression() : nil)
    } else {
      guard accept(.nothing) else {
        throw unexpected("NOTHING or UPDATE", keywords: [.nothing, .update])
      }
    }
    return ConflictClause(target: target, action: action, range: range(from: start))
  }

  /// Behind SET.
  mutating func assignments() throws(ParseError) -> [Assignment] {
    try list { (p) throws(ParseError) in
      let start = p.token.start
      var columns: [Identifier]
      if p.isAt(.leftParenthesis) {
        columns = try p.identifiers()
      } else {
        columns = [try p.label("a column name")]
        // `SET t.a = 1`: the qualifier can only be the target.
        if p.accept(.dot) { columns = [try p.label("a column name")] }
      }
      try p.expect(.equal)
      let value = try p.expression()
      return Assignment(columns: columns, value: value, range: p.range(from: start))
    }
  }

  // MARK: UPDATE, DELETE

  private mutating func targetAlias() throws(ParseError) -> Identifier? {
    if accept(.as) { return try identifier("an alias") }
    guard isName(token), !isAt(.set), !isAt(.using) else { return nil }
    return takeIdentifier()
  }

  mutating func update(
    with: WithClause?, from start: Int32
  ) throws(ParseError) -> UpdateStatement {
    try expect(.update)
    let table = try objectName("a table name")
    let alias = try targetAlias()
    try expect(.set)
    var update = UpdateStatement(
      with: with, table: table, alias: alias, assignments: try assignments())
    if accept(.from) { update.from = try tableReferences() }
    if accept(.where) { update.filter = try expression() }
    if accept(.returning) { update.returning = try selectItems() }
    update.range = range(from: start)
    return update
  }

  mutating func delete(
    with: WithClause?, from start: Int32
  ) throws(ParseError) -> DeleteStatement {
    try expect(.delete, .from)
    let table = try objectName("a table name")
    var delete = DeleteStatement(with: with, table: table, alias: try targetAlias())
    if accept(.using) { delete.using = try tableReferences() }
    if accept(.where) { delete.filter = try expression() }
    if accept(.returning) { delete.returning = try selectItems() }
    delete.range = range(from: start)
    return delete
  }

  // MARK: MERGE

  mutating func merge(with: WithClause?, from start: Int32) throws(ParseError) -> MergeStatement {
    try expect(.merge, .into)
    let table = try objectName("a table name")
    let alias = try targetAlias()
    try expect(.using)
    let source = try tableReference()
    let condition = try joinCondition()
    if condition == .none { throw unexpected("ON or USING", keywords: [.on, .using]) }
    var clauses: [MergeClause] = []
    while isAt(.when) { clauses.append(try mergeClause()) }
    guard !clauses.isEmpty else { throw unexpected("WHEN", keywords: [.when]) }
    let returning = accept(.returning) ? try selectItems() : []
    return MergeStatement(
      with: with, table: table, alias: alias, source: source, condition: condition,
      clauses: clauses, returning: returning, range: range(from: start))
  }

  private mutating func mergeClause() throws(ParseError) -> MergeClause {
    let start = token.start
    try expect(.when)
    var match: MergeClause.Match = .matched
    let isNot = accept(.not)
    try expect(.matched)
    if isNot { match = .notMatchedByTarget }
    if accept(.by) {
      if accept(.source) {
        match = isNot ? .notMatchedBySource : .matched
      } else {
        try expect(.target)
      }
    }
    let condition = accept(.and) ? try expression() : nil
    try expect(.then)
    let action = try mergeAction()
    return MergeClause(
      match: match, condition: condition, action: action, range: range(from: start))
  }

  private mutating func mergeAction() throws(ParseError) -> MergeClause.Action {
    if accept(.delete) { return .delete }
    if accept(.do) {
      try expect(.nothing)
      return .nothing
    }
    if accept(.error) {
      let isLast = isAt(.when) || isAt(.returning) || isAt(.semicolon) || token.kind == .end
      return .error(isLast ? nil : try expression())
    }
    if accept(.update) {
      if accept(.by) {
        try expect(.name)
        return .update([], isByName: true)
      }
      guard accept(.set) else { return .update([], isByName: false) }
      if accept(.star) { return .update([], isByName: false) }
      return .update(try assignments(), isByName: false)
    }
    guard accept(.insert) else {
      throw unexpected(
        "UPDATE, DELETE, INSERT, DO NOTHING or ERROR",
        keywords: [.update, .delete, .insert, .do, .error])
    }
    return try mergeInsert()
  }

  private mutating func mergeInsert() throws(ParseError) -> MergeClause.Action {
    if accept(.star) { return .insert(columns: [], values: [], isByName: false) }
    if accept(.default) {
      try expect(.values)
      return .insertDefaults
    }
    if accept(.by) {
      try expect(.name)
      return .insert(columns: [], values: [], isByName: true)
    }
    let columns = try optionalIdentifiers()
    var values: [Expression] = []
    if accept(.values) {
      values = try parenthesized { (p) throws(ParseError) in try p.expression() }
    } else if !columns.isEmpty {
      throw unexpected("VALUES", keywords: [.values])
    }
    return .insert(columns: columns, values: values, isByName: false)
  }

  // MARK: COPY

  mutating func copy() throws(ParseError) -> Statement.Kind {
    let start = token.start
    try expect(.copy)
    if accept(.from, .database) {
      let source = try identifier("a database name")
      try expect(.to)
      let target = try identifier("a database name")
      var part: CopyDatabaseStatement.Part = .all
      if accept(.leftParenthesis) {
        part = isAt(.schema) ? .schema : .data
        guard accept(.schema) || accept(.data) else { throw unexpected("SCHEMA or DATA") }
        try expect(.rightParenthesis)
      }
      return .copyDatabase(
        CopyDatabaseStatement(
          source: source, target: target, part: part, range: range(from: start)))
    }
    let source: CopyStatement.Source
    if accept(.leftParenthesis) {
      source = .query(try query())
      try expect(.rightParenthesis)
    } else {
      let table = try objectName("a table name")
      source = .table(table, columns: try optionalIdentifiers())
    }
    let direction: CopyStatement.Direction
    if accept(.from) {
      direction = .from
    } else if accept(.to) {
      direction = .to
    } else {
      throw unexpected("FROM or TO", keywords: [.from, .to])
    }
    if direction == .from, case .query = source {
      throw error("a query can only be copied TO a file", at: range(from: start))
    }
    let file = try copyFile()
    let options = try copyOptions()
    return .copy(
      CopyStatement(
        source: source, direction: direction, file: file, options: options,
        range: range(from: start)))
  }

  private mutating func copyFile() throws(ParseError) -> CopyStatement.File {
    if let path = try acceptString() { return .path(path) }
    if accept(.stdin) || accept(.stdout) { return .standardStream }
    let isExpression =
      isAt(.leftParenthesis) || isAt(.question) || token.kind == .parameter || isAt(.colon)
    guard isExpression else { throw unexpected("a file name as a string") }
    return .expression(try primary())
  }

  /// `(a 1, b = 2)`, or Postgres's old form without parentheses: `CSV HEADER DELIMITER ','`.
  private mutating func copyOptions() throws(ParseError) -> [StatementOption] {
    _ = accept(.with)
    if isAt(.leftParenthesis) { return try optionList() }
    var options: [StatementOption] = []
    while token.kind == .word {
      let start = token.start
      let name = takeIdentifier()
      _ = accept(.as)
      var value: OptionValue?
      if token.kind == .string || token.kind == .escapeString || token.kind == .integer {
        value = .expression(try primary())
      }
      options.append(StatementOption(name: name, value: value, range: range(from: start)))
    }
    return options
  }

  mutating func exportOrImport() throws(ParseError) -> Statement.Kind {
    let start = token.start
    if accept(.import) {
      try expect(.database)
      let folder = try string("a folder name as a string")
      return .importDatabase(ImportDatabaseStatement(folder: folder, range: range(from: start)))
    }
    try expect(.export, .database)
    var database: Identifier?
    if isName(token) {
      database = takeIdentifier()
      try expect(.to)
    }
    let folder = try string("a folder name as a string")
    let options = isAt(.leftParenthesis) ? try optionList() : []
    return .exportDatabase(
      ExportDatabaseStatement(
        database: database, folder: folder, options: options, range: range(from: start)))
  }
}
