internal import OlapColumns
internal import OlapSQL

/// A column a star stands for.
struct StarColumn {
  var name: String
  let table: String
  let expression: BoundExpression
  /// The same column as syntax, for COLUMNS inside an expression.
  var syntax: Expression
}

extension StatementBinding {
  /// Every visible column of FROM in order; merged ones once, at their first place.
  func starColumns(_ fragment: Fragment, _ table: String? = nil) -> [StarColumn] {
    var result: [StarColumn] = []
    var shown: Set<ColumnID> = []
    var position = 0
    for entry in fragment.tables {
      for column in entry.columns where !column.isHidden {
        position += 1
        if let table, entry.folded != table { continue }
        let id = column.column.id
        var expression = column.column.reference
        var name = column.column.name
        if table == nil, let merged = fragment.merged.last(where: { $0.sources.contains(id) }) {
          if shown.contains(id) { continue }
          shown.formUnion(merged.sources)
          expression = merged.expression
          name = merged.name
          let syntax = Expression(.column([Identifier(name)]))
          result.append(
            StarColumn(name: name, table: entry.name, expression: expression, syntax: syntax))
          continue
        }
        result.append(
          StarColumn(
            name: name, table: entry.name, expression: expression,
            syntax: Expression(.positional(position))))
      }
    }
    return result
  }

  /// `*` and `t.*` with EXCLUDE, REPLACE, RENAME and LIKE, as select items.
  func expandStar(_ star: Star, _ c: ExpressionContext, _ range: SourceRange) throws
    -> [SelectItemState]
  {
    try starItems(star, c, range).map { column, replacement in
      if let replacement {
        return SelectItemState(expression: replacement, name: column.name, alias: nil)
      }
      note(column.expression, c, range)
      return SelectItemState(bound: column.expression, name: column.name)
    }
  }

  private func starItems(_ star: Star, _ c: ExpressionContext, _ range: SourceRange) throws -> [(
    StarColumn, Expression?
  )] {
    let fragment = c.scope.fragment
    guard !fragment.tables.isEmpty else {
      throw error("* expression without FROM clause!", range)
    }
    let table = try starTable(star, fragment, range)
    var columns: [StarColumn]
    if let table, case .structure(let base, let fields) = table {
      columns = try fields.map {
        let identifier = Identifier($0.name, range: range)
        return StarColumn(
          name: $0.name, table: "", expression: try extractField(base, identifier),
          syntax: Expression(.column(star.qualifier + [identifier])))
      }
    } else if case .table(let name)? = table {
      columns = starColumns(fragment, name)
    } else {
      columns = starColumns(fragment)
    }
    try checkNames(star, columns)
    columns.removeAll { column in star.exclude.contains { matches($0, column) } }
    if let filter = star.filter {
      columns = try columns.filter {
        try matches($0.name, filter.kind, filter.pattern, range) != filter.isNegated
      }
    }
    guard !columns.isEmpty else {
      throw error("the star expression has no columns left", range)
    }
    return columns.map { column in
      var shown = column
      if let rename = star.rename.first(where: { matches($0.column, column) }) {
        shown.name = rename.name.text
      }
      let replacement = star.replace.first { sameName($0.column.text, column.name) }
      return (shown, replacement?.expression)
    }
  }

  private enum StarTable {
    case table(String)
    case structure(BoundExpression, [OlapColumns.StructField])
  }

  /// What stands before `.*`: a relation, or a struct column.
  private func starTable(_ star: Star, _ fragment: Fragment, _ range: SourceRange) throws
    -> StarTable?
  {
    guard let last = star.qualifier.last else { return nil }
    let folded = last.text.lowercased()
    if fragment.tables.contains(where: { $0.folded == folded }) { return .table(folded) }
    let hits = unqualified(star.qualifier[0].text.lowercased(), fragment)
    if hits.count == 1, star.qualifier.count == 1,
      case .structure(let fields) = hits[0].expression.type
    {
      return .structure(hits[0].expression, fields)
    }
    throw error(
      "Referenced table \"\(last.text)\" not found!", last.range,
      candidates: Similarity.closest(to: last.text, among: fragment.tables.map { $0.name }))
  }

  /// Whether a column's name matches a pattern; regular expressions are the functions' own.
  private func matches(
    _ name: String, _ kind: PatternKind, _ pattern: String, _ range: SourceRange
  ) throws -> Bool {
    var arguments: [BoundExpression] = [
      .constant(.varchar(name), .varchar), .constant(.varchar(pattern), .varchar),
    ]
    switch kind {
    case .like: return NamePattern.like(name, pattern)
    case .ilike: return NamePattern.like(name.lowercased(), pattern.lowercased())
    case .glob: return NamePattern.glob(name, pattern)
    case .similarTo:
      let found = try callScalar("regexp_full_match", arguments, range)
      return try constantValue(found, range) == .boolean(true)
    case .regex, .regexIgnoringCase:
      if kind == .regexIgnoringCase { arguments.append(.constant(.varchar("i"), .varchar)) }
      let found = try callScalar("regexp_matches", arguments, range)
      return try constantValue(found, range) == .boolean(true)
    }
  }

  private func matches(_ name: ObjectName, _ column: StarColumn) -> Bool {
    guard sameName(name.base.text, column.name) else { return false }
    return name.parts.count == 1
      || sameName(name.parts[name.parts.count - 2].text, column.table)
  }

  private func checkNames(_ star: Star, _ columns: [StarColumn]) throws {
    let names = columns.map { $0.name }
    func check(_ identifier: Identifier, _ what: String) throws {
      guard !names.contains(where: { sameName($0, identifier.text) }) else { return }
      throw error(
        "Column \"\(identifier.text)\" in \(what) list not found in FROM clause",
        identifier.range, candidates: Similarity.closest(to: identifier.text, among: names))
    }
    for name in star.exclude { try check(name.base, "EXCLUDE") }
    for replacement in star.replace { try check(replacement.column, "REPLACE") }
    for rename in star.rename { try check(rename.column.base, "RENAME") }
  }

  private func checkPattern(_ pattern: String, _ range: SourceRange) throws {
    let arguments: [BoundExpression] = [
      .constant(.varchar(""), .varchar), .constant(.varchar(pattern), .varchar),
    ]
    guard case .call(let call) = try callScalar("regexp_matches", arguments, range) else { return }
    do {
      let texts = ["", pattern].map { Vector.constant(.varchar($0), type: .varchar, count: 1) }
      _ = try call.bound.kernel(texts, 1, context.evaluation)
    } catch {
      throw placed(error, range)
    }
  }

  /// The columns COLUMNS(…) stands for: syntax to put in its place, and the name.
  func expandColumns(_ columns: ColumnsExpression, _ c: ExpressionContext, _ range: SourceRange)
    throws -> [(expression: Expression, name: String)]
  {
    let all = starColumns(c.scope.fragment)
    let chosen: [StarColumn]
    switch columns.selection {
    case .star(let star):
      return try starItems(star, c, range).map { column, replacement in
        (replacement ?? column.syntax, column.name)
      }
    case .regex(let pattern):
      try checkPattern(pattern, range)
      chosen = try all.filter { try matches($0.name, .regex, pattern, range) }
    case .names(let names):
      for name in names where !all.contains(where: { sameName($0.name, name) }) {
        throw error(
          "Column \"\(name)\" was selected but was not found in the FROM clause", range,
          candidates: Similarity.closest(to: name, among: all.map { $0.name }))
      }
      // In the order of the tables, as in DuckDB.
      chosen = all.filter { column in names.contains { sameName($0, column.name) } }
    case .lambda(let parameter, let body):
      chosen = try all.filter { column in
        let scope = Scope(parent: nil, commonTables: CommonTables())
        scope.macroArguments[parameter.text.lowercased()] =
          .constant(.varchar(column.name), .varchar)
        let bound = try condition(
          bind(body, ExpressionContext(scope, .tableFunction)), "the COLUMNS lambda", range)
        return try constantValue(bound, range) == .boolean(true)
      }
    }
    guard !chosen.isEmpty else {
      let pattern: String? = if case .regex(let text) = columns.selection { text } else { nil }
      throw error(
        "No matching columns found that match "
          + (pattern.map { "the regular expression \"\($0)\"" } ?? "COLUMNS(…)"), range,
        candidates: pattern.map { pattern in
          Similarity.closest(to: pattern, among: all.map { $0.name })
        } ?? [])
    }
    return chosen.map { ($0.syntax, $0.name) }
  }

  /// The expressions with every `*COLUMNS(…)` replaced by its columns.
  func unpacked(_ items: [Expression], _ c: ExpressionContext) throws -> [Expression] {
    guard items.contains(where: { $0.isUnpackedColumns }) else { return items }
    return try items.flatMap { item -> [Expression] in
      guard case .columns(let columns) = item.kind, columns.isUnpacked else { return [item] }
      return try expandColumns(columns, c, item.range).map { $0.expression }
    }
  }

  /// The condition of WHERE; with COLUMNS(…) inside it has to hold for each of the columns.
  func filter(_ filter: Expression, _ c: ExpressionContext) throws -> BoundExpression {
    guard let columns = filter.firstColumnsExpression else {
      return try condition(bind(filter, c), "the WHERE condition", filter.range)
    }
    let parts = try expandColumns(columns, c, filter.range).map {
      try condition(
        bind(filter.replacingColumns(with: $0.expression), c), "the WHERE condition", filter.range)
    }
    return parts.count == 1 ? parts[0] : .and(parts)
  }

  /// The SELECT list with stars and COLUMNS expanded.
  func expandItems(_ items: [SelectItem], _ scope: Scope) throws -> [SelectItemState] {
    let c = ExpressionContext(scope, .select)
    var result: [SelectItemState] = []
    for item in items {
      let expression = item.expression
      switch expression.kind {
      case .star(let star): result += try expandStar(star, c, expression.range)
      case .columns(let columns) where !columns.isUnpacked:
        for column in try expandColumns(columns, c, expression.range) {
          let name = item.alias?.text ?? column.name
          result.append(
            SelectItemState(expression: column.expression, name: name, alias: item.alias?.text))
        }
      case .function(let call) where isRecursiveUnnest(call):
        result += try expandStructUnnest(call, item, c)
      default:
        if let columns = expression.firstColumnsExpression {
          for column in try expandColumns(columns, c, expression.range) {
            let named = expression.replacingColumns(
              with: Expression(.column([Identifier(column.name)])))
            result.append(
              SelectItemState(
                expression: expression.replacingColumns(with: column.expression),
                name: item.alias?.text ?? outputName(of: named), alias: item.alias?.text))
          }
        } else {
          let name = item.alias?.text ?? outputName(of: expression)
          result.append(
            SelectItemState(
              expression: expression, name: name,
              alias: item.alias?.text))
        }
      }
    }
    return result
  }

  /// `unnest(struct)`: one column per field.
  private func isRecursiveUnnest(_ call: FunctionCall) -> Bool {
    call.name.parts.count == 1 && sameName(call.name.base.text, "unnest") && call.over == nil
      && (call.arguments.count == 1 || isRecursive(call))
  }

  /// `unnest(x, recursive := true)`.
  private func isRecursive(_ call: FunctionCall) -> Bool {
    guard call.arguments.count == 2, let name = call.arguments[1].name,
      sameName(name.text, "recursive"),
      case .literal(.boolean(true)) = call.arguments[1].value.kind
    else { return false }
    return true
  }

  private func expandStructUnnest(
    _ call: FunctionCall, _ item: SelectItem, _ c: ExpressionContext
  ) throws -> [SelectItemState] {
    let plain = [
      SelectItemState(
        expression: item.expression, name: item.alias?.text ?? outputName(of: item.expression),
        alias: item.alias?.text)
    ]
    let bound: BoundExpression
    switch call.arguments[0].value.kind {
    case .column(let parts):
      guard let column = try? bindColumn(parts, c, call.range) else { return plain }
      bound = column
    case .structure, .function, .list: bound = try bind(call.arguments[0].value, c)
    default: return plain
    }
    let isDeep = isRecursive(call)
    if isDeep, case .structure? = bound.type.elementType {
      var inner = call
      inner.arguments = [call.arguments[0]]
      return fields(of: try bindUnnest(inner, c), isDeep: true, call.range)
    }
    guard case .structure = bound.type else { return plain }
    return fields(of: bound, isDeep: isDeep, call.range)
  }

  /// One column per field; per field of nested structs when `isDeep`.
  private func fields(
    of value: BoundExpression, isDeep: Bool, _ range: SourceRange
  ) -> [SelectItemState] {
    guard case .structure(let fields) = value.type else { return [] }
    return fields.flatMap { field -> [SelectItemState] in
      guard let own = try? extractField(value, Identifier(field.name, range: range)) else {
        return []
      }
      if isDeep, case .structure = field.type { return self.fields(of: own, isDeep: true, range) }
      return [SelectItemState(bound: own, name: field.name)]
    }
  }
}
