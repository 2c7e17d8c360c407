extension Parser {
  mutating func alter() throws(ParseError) -> Statement.Kind {
    let start = token.start
    try expect(.alter)
    switch token.keyword {
    case .bronze, .silver, .gold, .dynamic:
      index += 1
      try expect(.table)
      return try alterTable(from: start)
    case .table:
      index += 1
      return try alterTable(from: start)
    case .materialized:
      index += 1
      try expect(.view)
      return try alterTable(from: start)
    case .database, .view, .schema, .sequence, .type, .macro, .function, .index, .task, .test:
      return .alterObject(try alterObject(from: start))
    default:
      throw unexpected(
        "TABLE, VIEW or another kind of object",
        keywords: [.table, .view, .schema, .sequence, .type, .index, .macro])
    }
  }

  private mutating func alterTable(from start: Int32) throws(ParseError) -> Statement.Kind {
    let ifExists = try ifExists()
    let name = try objectName("a table name")
    if let action = try layerAction() {
      return .alterLayerTable(
        AlterLayerTableStatement(
          name: name, ifExists: ifExists, action: action, range: range(from: start)))
    }
    let actions = try list { (p) throws(ParseError) in try p.alterTableAction() }
    return .alterTable(
      AlterTableStatement(
        name: name, ifExists: ifExists, actions: actions, range: range(from: start)))
  }

  // MARK: Layers

  /// An action only layer tables have, or `nil`.
  private mutating func layerAction() throws(ParseError) -> AlterLayerTableStatement.Action? {
    switch token.keyword {
    case .suspend:
      index += 1
      return .suspend
    case .resume:
      index += 1
      return .resume
    case .refresh:
      index += 1
      return .refresh
    case .add: return try addExpectation()
    case .unset:
      index += 1
      return .unsetOptions(
        isAt(.leftParenthesis) ? try identifiers() : [try label("an option name")])
    case .set: return try setLayerAction()
    default: return nil
    }
  }

  private mutating func addExpectation() throws(ParseError) -> AlterLayerTableStatement.Action? {
    let isNamed = peek(1).keyword == .constraint && peek(3).keyword == .expect
    guard isNamed || (peek(1).keyword == .expect && peek(2).symbol == .leftParenthesis) else {
      return nil
    }
    index += 1
    return .addExpectation(try tableConstraint())
  }

  private mutating func setLayerAction() throws(ParseError) -> AlterLayerTableStatement.Action? {
    let clauseStart = index
    index += 1
    switch token.keyword {
    case .refresh:
      index += 1
      _ = accept(.equal)
      return .setRefresh(try refreshMode())
    case .target, .schedule: return .setTarget(try refreshTarget())
    case .on:
      index += 1
      return .setOnFallback(try fallback())
    case .tag, .tags:
      index += 1
      _ = accept(.equal)
      return .setTags(try tags())
    case .owner:
      index += 1
      _ = accept(.equal) || accept(.to)
      return .setOwner(try nameOrString())
    case .comment:
      index += 1
      _ = accept(.equal)
      return .setComment(accept(.null) ? nil : try string())
    default:
      index = clauseStart
      return nil
    }
  }

  // MARK: Tables

  private mutating func alterTableAction() throws(ParseError) -> AlterTableAction {
    switch token.keyword {
    case .add: return try addAction()
    case .drop: return try dropAction()
    case .rename: return try renameAction()
    case .alter: return try alterColumn()
    case .set: return try setAction()
    case .reset: return try resetAction()
    default:
      throw unexpected(
        "ADD, DROP, RENAME, ALTER or SET",
        keywords: [
          .add, .drop, .rename, .alter, .set, .reset, .suspend, .resume, .refresh, .unset,
        ])
    }
  }

  private mutating func addAction() throws(ParseError) -> AlterTableAction {
    index += 1
    switch token.keyword {
    case .constraint where peek(1).keyword == .if:
      index += 1
      let exists = try ifNotExists()
      let name = try identifier("a constraint name")
      var constraint = try tableConstraint()
      constraint.name = name
      return .addConstraint(constraint, ifNotExists: exists)
    case .constraint, .primary, .unique, .check, .foreign:
      return .addConstraint(try tableConstraint(), ifNotExists: false)
    case .index, .key:
      if isName(peek(1)), peek(2).symbol == .leftParenthesis {
        return .addConstraint(try tableConstraint(), ifNotExists: false)
      }
    default: break
    }
    _ = accept(.column)
    let exists = try ifNotExists()
    if isName(token), peek(1).symbol == .dot {
      var path = try objectName("a field of a struct")
      let name = path.base
      path.parts.removeLast()
      let type = try typeName()
      let fill = accept(.default) ? try expression() : nil
      return .addField(name, type, in: path, default: fill, ifNotExists: exists)
    }
    let column = try columnDefinition()
    if column.type == nil, !column.constraints.contains(where: { $0.givesType }) {
      throw error("column \(column.name.text) has no type", at: column.range)
    }
    return .addColumn(column, ifNotExists: exists)
  }

  private mutating func cascade() -> Bool {
    if accept(.cascade) { return true }
    _ = accept(.restrict)
    return false
  }

  private mutating func dropAction() throws(ParseError) -> AlterTableAction {
    index += 1
    if accept(.constraint) {
      let exists = try ifExists()
      let name = try identifier("a constraint name")
      return .dropConstraint(name, ifExists: exists, cascade: cascade())
    }
    _ = accept(.column)
    let exists = try ifExists()
    let name = try objectName("a column name")
    return .dropColumn(name, ifExists: exists, cascade: cascade())
  }

  private mutating func renameAction() throws(ParseError) -> AlterTableAction {
    index += 1
    if accept(.to) { return .renameTable(to: try identifier("a table name")) }
    if accept(.constraint) {
      let name = try identifier("a constraint name")
      try expect(.to)
      return .renameConstraint(name, to: try identifier("a constraint name"))
    }
    _ = accept(.column)
    let name = try objectName("a column name")
    try expect(.to)
    return .renameColumn(name, to: try identifier("a column name"))
  }

  private mutating func alterColumn() throws(ParseError) -> AlterTableAction {
    index += 1
    _ = accept(.column)
    let name = try identifier("a column name")
    if accept(.drop) {
      if accept(.default) { return .dropDefault(name) }
      try expect(.not, .null)
      return .dropNotNull(name)
    }
    if accept(.set) {
      if accept(.default) { return .setDefault(name, try expression()) }
      if accept(.not) {
        try expect(.null)
        return .setNotNull(name)
      }
      _ = accept(.data)
    }
    guard accept(.type) else {
      throw unexpected("TYPE, SET or DROP", keywords: [.type, .set, .drop, .default])
    }
    let type = isAt(.using) ? nil : try typeName()
    if isAt(.collate) {
      let start = token.start
      index += 1
      let name = try objectName("a collation name")
      guard name.isBinaryCollation else {
        throw error(
          "a column has no collation but BINARY: write COLLATE \(name.text) in the expressions that "
            + "compare it", at: range(from: start))
      }
    }
    let expression = accept(.using) ? try expression() : nil
    return .setType(name, type, using: expression)
  }

  private mutating func setAction() throws(ParseError) -> AlterTableAction {
    index += 1
    if accept(.schema) { return .setSchema(try identifier("a schema name")) }
    if accept(.sorted) {
      try expect(.by)
      return .setSortedBy(try sortKey())
    }
    if isAt(.partition) || isAt(.partitioned) {
      index += 1
      try expect(.by)
      return .setPartitionBy(
        try parenthesized { (p) throws(ParseError) in try p.expression() })
    }
    if isAt(.leftParenthesis) { return .setOptions(try optionList()) }
    return .setOptions([try option()])
  }

  private mutating func resetAction() throws(ParseError) -> AlterTableAction {
    index += 1
    if accept(.sorted) {
      try expect(.by)
      return .setSortedBy([])
    }
    if isAt(.partition) || isAt(.partitioned) {
      index += 1
      try expect(.by)
      return .setPartitionBy([])
    }
    return .resetOptions(
      try parenthesized { (p) throws(ParseError) in try p.label("an option name") })
  }

  // MARK: Other objects

  private mutating func alterObject(from start: Int32) throws(ParseError) -> AlterObjectStatement {
    let kind = try objectKind()
    let exists = try ifExists()
    let name = try objectName()
    let action: AlterObjectStatement.Action
    switch token.keyword {
    case .rename:
      index += 1
      try expect(.to)
      action = .rename(to: try identifier())
    case .set:
      index += 1
      try expect(.schema)
      action = .setSchema(try identifier("a schema name"))
    case .restart:
      index += 1
      let hasValue = accept(.with) || token.kind == .integer || isAt(.minus)
      action = .restart(hasValue ? try integer() : nil)
    case .owned:
      index += 1
      try expect(.by)
      action = .ownedBy(try objectName())
    case .add:
      index += 1
      try expect(.value)
      let exists = try ifNotExists()
      action = .addValue(try string(), ifNotExists: exists)
    default:
      throw unexpected(
        "RENAME TO, SET SCHEMA, RESTART, OWNED BY or ADD VALUE",
        keywords: [.rename, .set, .restart, .owned, .add])
    }
    return AlterObjectStatement(
      kind: kind, name: name, ifExists: exists, action: action, range: range(from: start))
  }

  mutating func objectKind() throws(ParseError) -> ObjectKind {
    if accept(word: "trigger") { return .trigger }
    let keyword = token.keyword
    index += 1
    switch keyword {
    case .bronze, .silver, .gold, .dynamic:
      try expect(.table)
      return .table
    case .table: return .table
    case .view: return .view
    case .materialized:
      try expect(.view)
      return .materializedView
    case .schema: return .schema
    case .sequence: return .sequence
    case .type: return .type
    case .macro: return accept(.table) ? .tableMacro : .macro
    case .function: return accept(.table) ? .tableMacro : .function
    case .index: return .index
    case .database: return .database
    case .column: return .column
    case .task: return .task
    case .test: return .test
    default:
      index -= 1
      throw unexpected(
        "a kind of object",
        keywords: [
          .table, .view, .schema, .sequence, .type, .macro, .function, .index, .column, .test,
        ])
    }
  }

  mutating func drop() throws(ParseError) -> DropStatement {
    let start = token.start
    try expect(.drop)
    let layer: String? =
      switch token.keyword {
      case .bronze: "bronze"
      case .silver: "silver"
      case .gold: "gold"
      default: nil
      }
    let kind = try objectKind()
    _ = accept(.concurrently)
    let exists = try ifExists()
    let names = try list { (p) throws(ParseError) in try p.objectName() }
    var drop = DropStatement(kind: kind, names: names, ifExists: exists)
    drop.layer = layer
    if kind == .trigger {
      try expect(.on)
      drop.onTable = try objectName("a table name")
    } else if kind == .index, accept(.on) {
      drop.onTable = try objectName("a table name")
    }
    drop.cascade = cascade()
    drop.range = range(from: start)
    return drop
  }

  mutating func comment() throws(ParseError) -> CommentStatement {
    let start = token.start
    try expect(.comment, .on)
    let kind = try objectKind()
    let name = try objectName()
    try expect(.is)
    let text: String? = accept(.null) ? nil : try string("a string or NULL")
    return CommentStatement(kind: kind, name: name, text: text, range: range(from: start))
  }
}
