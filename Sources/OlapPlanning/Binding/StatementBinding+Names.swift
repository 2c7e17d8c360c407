internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
  /// What a dotted name found at one level of nesting.
  private enum Found {
    case expression(BoundExpression, partCount: Int)
    case ambiguous([String])
    case nothing
  }

  /// A column, a struct field of one, an alias, a macro argument, or a function without parentheses.
  func bindColumn(_ parts: [Identifier], _ c: ExpressionContext, _ range: SourceRange) throws
    -> BoundExpression
  {
    for column in c.scope.lambdaColumns.reversed() where sameName(column.name, parts[0].text) {
      return try fields(.column(column.id, column.type), Array(parts.dropFirst()))
    }
    var scope: Scope? = c.scope
    while let current = scope {
      if let argument = try macroArgument(parts, current) {
        note(argument, c, range)
        return argument
      }
      if current !== c.scope, lambdaColumn(parts, current) != nil {
        throw error("lambda parameters cannot be used in a subquery", range)
      }
      switch try lookup(parts, current) {
      case .expression(let expression, let count):
        return try finish(expression, Array(parts[count...]), c, range)
      case .ambiguous(let names):
        throw error(
          "Ambiguous reference to column name \"\(parts[parts.count - 1].text)\" (use: "
            + names.map { "\"\($0)\"" }.joined(separator: " or ") + ")", range)
      case .nothing: break
      }
      if current === c.scope, let alias = try bindAlias(parts, c, range) { return alias }
      scope = current.parent
    }
    if let row = try bindWholeRow(parts, c, range) { return row }
    if parts.count == 1, let call = try bindBareFunction(parts[0], c) { return call }
    throw unknownColumn(parts, c, range)
  }

  private func lambdaColumn(_ parts: [Identifier], _ scope: Scope) -> PlanColumn? {
    scope.lambdaColumns.last { sameName($0.name, parts[0].text) }
  }

  private func macroArgument(_ parts: [Identifier], _ scope: Scope) throws -> BoundExpression? {
    guard !scope.macroArguments.isEmpty,
      let argument = scope.macroArguments[parts[0].text.lowercased()]
    else { return nil }
    return try fields(argument, Array(parts.dropFirst()))
  }

  /// Marks the mentions and takes struct fields off the rest of a dotted name.
  private func finish(
    _ expression: BoundExpression, _ rest: [Identifier], _ c: ExpressionContext,
    _ range: SourceRange
  ) throws -> BoundExpression {
    note(expression, c, range)
    return try fields(expression, rest)
  }

  private func fields(_ expression: BoundExpression, _ names: [Identifier]) throws
    -> BoundExpression
  {
    var result = expression
    for name in names { result = try extractField(result, name) }
    return result
  }

  /// A mention of a column of some level.
  func mention(_ column: PlanColumn, _ c: ExpressionContext, _ range: SourceRange)
    -> BoundExpression
  {
    let expression = BoundExpression.column(column.id, column.type)
    note(expression, c, range)
    return expression
  }

  func note(_ expression: BoundExpression, _ c: ExpressionContext, _ range: SourceRange) {
    switch expression {
    case .column(let id, _):
      c.scope.markMention(of: id)
      if rowIDColumns.contains(id) { requestedRowIDs.insert(id) }
      if !c.isInAggregate && columnRanges[id] == nil { columnRanges[id] = range }
    default:
      for child in expression.children { note(child, c, range) }
    }
  }

  /// Looks a dotted name up among the relations of one level.
  private func lookup(_ parts: [Identifier], _ scope: Scope) throws -> Found {
    let folded = parts.map { $0.text.lowercased() }
    let tables = scope.fragment.tables
    // Table first, then column: t.a, s.t.a, d.s.t.a.
    for qualifierCount in stride(from: min(3, folded.count - 1), through: 1, by: -1) {
      var hits: [BoundExpression] = []
      for table in tables where matches(table, Array(folded[..<qualifierCount])) {
        if let column = column(of: table, folded[qualifierCount]) {
          hits.append(.column(column.id, column.type))
        }
      }
      if hits.count > 1 {
        throw error(
          "Ambiguous reference to table \"\(parts[qualifierCount - 1].text)\" "
            + "(duplicate alias \"\(parts[qualifierCount - 1].text)\", explicitly alias one of the "
            + "tables using \"AS my_alias\")", parts[0].range)
      }
      if let hit = hits.first { return .expression(hit, partCount: qualifierCount + 1) }
    }
    let hits = unqualified(folded[0], scope.fragment)
    if hits.count > 1 {
      return .ambiguous(hits.map { "\($0.table).\(parts[0].text)" })
    }
    if let hit = hits.first { return .expression(hit.expression, partCount: 1) }
    return .nothing
  }

  private func matches(_ table: ScopeTable, _ qualifier: [String]) -> Bool {
    guard table.folded == qualifier[qualifier.count - 1] else { return false }
    switch qualifier.count {
    case 1: return true
    case 2: return table.schema == qualifier[0] || table.database == qualifier[0]
    default: return table.database == qualifier[0] && table.schema == qualifier[1]
    }
  }

  private func column(of table: ScopeTable, _ folded: String) -> PlanColumn? {
    if let column = table.column(folded) { return column.column }
    return folded == "rowid" ? table.rowID : nil
  }

  /// Columns of that name; those that USING merged count once.
  func unqualified(_ folded: String, _ fragment: Fragment)
    -> [(table: String, expression: BoundExpression)]
  {
    var hits: [(table: String, expression: BoundExpression)] = []
    var covered: Set<ColumnID> = []
    for merged in fragment.merged.reversed() where merged.folded == folded {
      if !merged.sources.isSubset(of: covered) {
        hits.append((merged.name, merged.expression))
        covered.formUnion(merged.sources)
      }
    }
    for table in fragment.tables {
      for column in table.columns where column.folded == folded && !column.isQualifiedOnly {
        if !covered.contains(column.column.id) {
          hits.append((table.name, .column(column.column.id, column.column.type)))
        }
      }
    }
    if hits.isEmpty && folded == "rowid" {
      for table in fragment.tables {
        if let rowID = table.rowID { hits.append((table.name, .column(rowID.id, rowID.type))) }
      }
    }
    return hits
  }

  /// The alias of a select item, where the clause may use one.
  private func bindAlias(_ parts: [Identifier], _ c: ExpressionContext, _ range: SourceRange) throws
    -> BoundExpression?
  {
    guard let limit = c.aliasLimit, let select = c.scope.select else { return nil }
    let name = parts[0].text
    for position in 0..<min(limit, select.items.count) {
      guard let alias = select.items[position].alias, sameName(alias, name) else { continue }
      guard select.items[position].progress != .running else { continue }
      let bound = try bindItem(position, c.scope)
      let item = select.items[position]
      if item.usesAggregate && !c.clause.allowsAggregates {
        throw error("\(c.clause.rawValue) clause cannot contain aggregates!", range)
      }
      if item.usesAggregate && c.isInAggregate {
        throw error("aggregate function calls cannot be nested", range)
      }
      if item.usesWindow && (!c.clause.allowsWindows || c.isInWindow) {
        throw error("\(c.clause.rawValue) clause cannot contain window functions!", range)
      }
      if c.clause == .select, containsVolatile(bound) {
        throw error(
          "Alias \"\(name)\" referenced in a SELECT clause - but the expression has side effects. "
            + "Compute it in a subquery or CTE first", range)
      }
      return try fields(bound, Array(parts.dropFirst()))
    }
    return nil
  }

  private func containsVolatile(_ expression: BoundExpression) -> Bool {
    if case .call(let call) = expression, call.function.stability == .volatile { return true }
    return expression.children.contains { containsVolatile($0) }
  }

  /// `t` for a relation: all its columns as one struct.
  private func bindWholeRow(_ parts: [Identifier], _ c: ExpressionContext, _ range: SourceRange)
    throws -> BoundExpression?
  {
    guard parts.count == 1 else { return nil }
    let folded = parts[0].text.lowercased()
    var scope: Scope? = c.scope
    while let current = scope {
      if let table = current.fragment.tables.first(where: { $0.folded == folded }) {
        let columns = table.columns.filter { !$0.isHidden }
        return structure(columns.map { ($0.column.name, mention($0.column, c, range)) })
      }
      scope = current.parent
    }
    return nil
  }

  private func unknownColumn(_ parts: [Identifier], _ c: ExpressionContext, _ range: SourceRange)
    -> BindError
  {
    var names: [String] = []
    var tables: [String] = []
    var scope: Scope? = c.scope
    while let current = scope {
      for table in current.fragment.tables {
        tables.append(table.name)
        names += table.columns.map { $0.column.name }
      }
      if current === c.scope, let select = current.select {
        names += select.items.compactMap { $0.alias }
      }
      scope = current.parent
    }
    if parts.count > 1 {
      let folded = parts[0].text.lowercased()
      let isTable = tables.contains { $0.lowercased() == folded }
      if isTable {
        let table = c.scope.fragment.tables.first { $0.folded == folded }
        let columns = table.map { $0.columns.map { $0.column.name } } ?? names
        return error(
          "Table \"\(parts[0].text)\" does not have a column named \"\(parts[1].text)\"",
          range, candidates: Similarity.closest(to: parts[1].text, among: columns))
      }
      let closest = Similarity.closest(to: parts[0].text, among: tables)
      let here = closest.isEmpty && !tables.isEmpty && tables.count <= 8
      let list = tables.map { "\"\($0)\"" }.joined(separator: ", ")
      return error(
        "Referenced table \"\(parts[0].text)\" not found!"
          + (here ? " The FROM clause names \(list)." : ""), parts[0].range, candidates: closest)
    }
    let name = parts[0].text
    if tables.isEmpty && names.isEmpty {
      return error(
        "Referenced column \"\(name)\" was not found because the FROM clause is missing", range)
    }
    // "text" in double quotes is a name.
    let isQuoted = range.end - range.start == name.utf8.count + 2
    return error(
      "Referenced column \"\(name)\" not found in FROM clause!"
        + (isQuoted ? " A text is written in single quotes: '\(name)'." : ""), range,
      candidates: Similarity.closest(to: name, among: names))
  }
}
