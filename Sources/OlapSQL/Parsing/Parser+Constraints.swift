extension Parser {
  // MARK: Columns

  /// The next constraint behind a column, or `nil`.
  mutating func columnConstraint() throws(ParseError) -> ColumnConstraint? {
    let start = token.start
    let name = accept(.constraint) ? try identifier("a constraint name") : nil
    guard let kind = try columnConstraintKind() else {
      if name != nil {
        throw unexpected(
          "a constraint",
          keywords: [.check, .unique, .primary, .references, .not, .default, .expect])
      }
      return nil
    }
    return ColumnConstraint(name: name, kind: kind, range: range(from: start))
  }

  private mutating func columnConstraintKind() throws(ParseError) -> ColumnConstraint.Kind? {
    switch token.keyword {
    case .not:
      index += 1
      try expect(.null)
      return .notNull
    case .null:
      index += 1
      return .null
    case .primary:
      index += 1
      try expect(.key)
      if !accept(.asc) { _ = accept(.desc) }
      return .primaryKey
    case .unique:
      index += 1
      _ = accept(.key)
      return .unique
    case .check:
      index += 1
      return .check(try parenthesizedExpression())
    case .default:
      index += 1
      // NOT NULL behind the value is a constraint of its own, not a test of the value.
      return .defaultValue(try expression(Precedence.other))
    case .references: return .references(try foreignKeyTarget())
    case .generated, .as: return try generated()
    case .collate:
      index += 1
      return .collate(try objectName("a collation name"))
    case .encrypted:
      index += 1
      return .encrypted
    case .autoincrement, .autoIncrement:
      index += 1
      return .identity(isAlways: false)
    case .using where peek(1).keyword == .compression:
      index += 2
      return .compression(try label("a compression"))
    case .comment:
      index += 1
      return .comment(try string())
    case .expect:
      return .expectation(try expectation())
    default: return nil
    }
  }

  mutating func parenthesizedExpression() throws(ParseError) -> Expression {
    try expect(.leftParenthesis)
    let result = try expression()
    try expect(.rightParenthesis)
    return result
  }

  /// `GENERATED ALWAYS AS (…) [VIRTUAL|STORED]`, `AS (…)`, `GENERATED … AS IDENTITY`.
  private mutating func generated() throws(ParseError) -> ColumnConstraint.Kind {
    var isAlways = true
    if accept(.generated) {
      if accept(.by) {
        try expect(.default)
        isAlways = false
      } else {
        _ = accept(.always)
      }
    }
    try expect(.as)
    if accept(.identity) {
      if isAt(.leftParenthesis) { try skipParenthesized() }
      return .identity(isAlways: isAlways)
    }
    let expression = try parenthesizedExpression()
    let isStored = accept(.stored)
    if !isStored { _ = accept(.virtual) }
    return .generated(expression, isStored: isStored)
  }

  /// Sequence options of an identity column have no effect on what is stored.
  private mutating func skipParenthesized() throws(ParseError) {
    try expect(.leftParenthesis)
    while !isAt(.rightParenthesis) {
      guard token.kind == .word || token.kind == .integer || isAt(.minus) else {
        throw unexpected("\")\"")
      }
      index += 1
    }
    try expect(.rightParenthesis)
  }

  mutating func foreignKeyTarget() throws(ParseError) -> ForeignKeyTarget {
    try expect(.references)
    var target = ForeignKeyTarget(table: try objectName("a table name"))
    target.columns = try optionalIdentifiers()
    while true {
      if accept(.match) {
        index += 1
      } else if isAt(.on), peek(1).keyword == .delete || peek(1).keyword == .update {
        let isDelete = peek(1).keyword == .delete
        index += 2
        let action = try referentialAction()
        if isDelete { target.onDelete = action } else { target.onUpdate = action }
      } else if isAt(.deferrable) {
        index += 1
      } else if isAt(.initially) {
        index += 1
        _ = try label()
      } else {
        return target
      }
    }
  }

  private mutating func referentialAction() throws(ParseError) -> ReferentialAction {
    if accept(.cascade) { return .cascade }
    if accept(.restrict) { return .restrict }
    if accept(.set) {
      if accept(.null) { return .setNull }
      try expect(.default)
      return .setDefault
    }
    guard accept(.no) else {
      throw unexpected(
        "CASCADE, RESTRICT, SET NULL, SET DEFAULT or NO ACTION",
        keywords: [.cascade, .restrict, .set, .no])
    }
    _ = try label("ACTION")
    return .noAction
  }

  // MARK: Tables

  mutating func tableConstraint() throws(ParseError) -> TableConstraint {
    let start = token.start
    var name = accept(.constraint) ? try identifier("a constraint name") : nil
    let kind: TableConstraint.Kind
    switch token.keyword {
    case .primary:
      index += 1
      try expect(.key)
      kind = .primaryKey(try keyColumns())
    case .unique:
      index += 1
      if isAt(.index) || isAt(.key) {
        index += 1
        if isName(token) { name = takeIdentifier() }
        kind = .index(try indexElements(), isUnique: true)
      } else {
        kind = .unique(try keyColumns())
      }
    case .check:
      index += 1
      kind = .check(try parenthesizedExpression())
    case .foreign:
      index += 1
      try expect(.key)
      let columns = try identifiers()
      kind = .foreignKey(columns, try foreignKeyTarget())
    case .index, .key:
      index += 1
      name = try identifier("an index name")
      kind = .index(try indexElements(), isUnique: false)
    case .expect:
      kind = .expectation(try expectation())
    default:
      throw unexpected(
        "a constraint",
        keywords: [.primary, .unique, .check, .foreign, .expect, .index])
    }
    return TableConstraint(name: name, kind: kind, range: range(from: start))
  }

  /// Columns of a key; a direction behind one says nothing.
  private mutating func keyColumns() throws(ParseError) -> [Identifier] {
    try parenthesized { (p) throws(ParseError) in
      let name = try p.identifier("a column name")
      if !p.accept(.asc) { _ = p.accept(.desc) }
      return name
    }
  }

  // MARK: Expectations

  /// `EXPECT rule ON VIOLATION action`; without an action rows are only counted.
  mutating func expectation() throws(ParseError) -> Expectation {
    let start = token.start
    try expect(.expect)
    let rule = try expectationRule()
    var action: Expectation.Action = .warn
    if accept(.on) {
      try expect(.violation)
      guard token.kind == .word,
        let named = Expectation.Action(rawValue: text(token).uppercased())
      else {
        throw unexpected(
          "WARN, DROP, FAIL or QUARANTINE", keywords: [.warn, .drop, .fail, .quarantine])
      }
      index += 1
      action = named
      // Lakeflow's `FAIL UPDATE` and `DROP ROW`.
      if action == .fail { _ = accept(.update) }
      if action == .drop { _ = accept(.row) }
    }
    return Expectation(rule: rule, action: action, range: range(from: start))
  }

  /// A form with a name, or a condition on the row, with or without parentheses.
  mutating func expectationRule() throws(ParseError) -> Expectation.Rule {
    if isAt(.unique) {
      index += 1
      return .unique(try identifiers())
    }
    if isAt(.not, .null) {
      index += 2
      return .notNull(try identifiers())
    }
    if isAt(.range), peek(1).symbol == .leftParenthesis {
      index += 2
      let column = try identifier("a column name")
      try expect(.between)
      let (lower, upper) = try bounds()
      try expect(.rightParenthesis)
      return .range(column, lower: lower, upper: upper)
    }
    let word = token.kind == .word ? text(token).lowercased() : ""
    if word == "fresh" || word == "freshness", peek(1).symbol == .leftParenthesis {
      index += 2
      let column = try identifier("a column name")
      try expect(.rightParenthesis)
      try expect(.within)
      return .freshness(column, within: try expression())
    }
    if isAt(.row, .count) {
      index += 2
      return try rowCountRule()
    }
    if word == "accepted", peek(1).keyword == .values { return try acceptedValuesRule() }
    if word == "relationship" || word == "relationships" {
      index += 1
      return try relationshipRule(try identifiers())
    }
    return try conditionRule()
  }

  /// `total > 0`, `kind IN ('a', 'b')`, `(a, b) REFERENCES t (c, d)`.
  private mutating func conditionRule() throws(ParseError) -> Expectation.Rule {
    let start = token
    let condition = try expression()
    guard isAt(.references) else { return .condition(condition) }
    let items: [Expression]
    if case .row(let parts) = condition.kind { items = parts } else { items = [condition] }
    var columns: [Identifier] = []
    for item in items {
      guard case .column(let parts) = item.kind, parts.count == 1 else {
        throw error("REFERENCES stands behind column names", at: start.range)
      }
      columns.append(parts[0])
    }
    return try relationshipRule(columns)
  }

  private mutating func bounds() throws(ParseError) -> (Expression, Expression) {
    let lower = try expression(Precedence.other)
    try expect(.and)
    return (lower, try expression(Precedence.other))
  }

  private mutating func rowCountRule() throws(ParseError) -> Expectation.Rule {
    if accept(.drift) {
      if !accept(.less) { try expect(.within) }
      let percent = try primary()
      guard accept(Symbol.percent) || accept(Keyword.percent) else {
        throw unexpected("PERCENT", keywords: [.percent])
      }
      return .rowCountDrift(percent: percent)
    }
    try expect(.between)
    let (lower, upper) = try bounds()
    return .rowCount(lower: lower, upper: upper)
  }

  private mutating func acceptedValuesRule() throws(ParseError) -> Expectation.Rule {
    index += 1
    try expect(.values)
    try expect(.leftParenthesis)
    let column = try identifier("a column name")
    try expect(.in)
    let values = try parenthesized { (p) throws(ParseError) in try p.expression() }
    try expect(.rightParenthesis)
    return .acceptedValues(column, values)
  }

  private mutating func relationshipRule(
    _ columns: [Identifier]
  ) throws(ParseError) -> Expectation.Rule {
    try expect(.references)
    let table = try objectName("a table name")
    return .relationship(columns, table: table, columns: try optionalIdentifiers())
  }
}
