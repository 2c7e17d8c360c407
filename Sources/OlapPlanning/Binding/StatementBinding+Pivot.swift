internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

extension StatementBinding {
  /// PIVOT as a query: one filtered aggregate per combination of values, grouped by the rest.
  func pivotQuery(_ pivot: Pivot, _ scope: Scope, _ visible: Fragment) throws -> SelectStatement {
    let probe = Scope(parent: scope.parent, commonTables: scope.commonTables)
    let source = try bindRelation(pivot.source, probe, Fragment())
    probe.fragment = source.fragment
    var aggregates = pivot.aggregates
    if aggregates.isEmpty {
      let count = FunctionCall(
        name: ObjectName("count"), arguments: [], isStar: true, range: pivot.range)
      aggregates = [SelectItem(expression: Expression(.function(count), range: pivot.range))]
    }
    var cells: [(name: String, condition: [Expression])] = [("", [])]
    for column in pivot.columns {
      let values = try pivotValues(column, pivot, source, probe)
      guard cells.count * values.count <= 100_000 else {
        throw error("the pivot has too many columns: at most 100000 are supported", pivot.range)
      }
      cells = cells.flatMap { cell in
        values.map { value in
          let name = cell.name.isEmpty ? value.name : "\(cell.name)_\(value.name)"
          return (name, cell.condition + value.condition)
        }
      }
    }
    let groups = try pivotGroups(pivot, aggregates, source, probe)
    var items = groups.map { SelectItem(expression: $0) }
    for cell in cells {
      for aggregate in aggregates {
        var name = cell.name
        if aggregates.count > 1 || aggregate.alias != nil {
          name += "_" + (aggregate.alias?.text ?? outputName(of: aggregate.expression))
        }
        let filtered = filter(aggregate.expression, cell.condition)
        items.append(SelectItem(expression: filtered, alias: Identifier(name)))
      }
    }
    let core = SelectCore(
      items: items, from: [pivot.source],
      groupBy: .elements(groups.isEmpty ? [.empty] : groups.map { .expression($0) }),
      range: pivot.range)
    return SelectStatement(body: .select(core), range: pivot.range)
  }

  /// Every aggregate call inside restricted to rows that satisfy the conditions.
  private func filter(_ expression: Expression, _ conditions: [Expression]) -> Expression {
    if case .function(var call) = expression.kind, call.over == nil,
      context.functions.aggregates[call.name.base.text.lowercased()] != nil
        || sameName(call.name.base.text, "count")
    {
      let all = conditions + (call.filter.map { [$0] } ?? [])
      call.filter = all.count == 1 ? all[0] : Expression(.conjunction(all), range: call.range)
      return Expression(.function(call), range: expression.range)
    }
    return expression.mapOperands { filter($0, conditions) }
  }

  /// The values of one ON entry: a name and a condition each.
  private func pivotValues(
    _ column: PivotColumn, _ pivot: Pivot, _ source: BoundRelation, _ scope: Scope
  ) throws -> [(name: String, condition: [Expression])] {
    if let values = column.values {
      return values.map { item in
        (
          item.alias?.text ?? valueName(item.expression),
          conditions(column.expressions, item.expression)
        )
      }
    }
    let rows: [[(SQLType, Value)]]
    if let query = column.query {
      let inner = Scope(parent: nil, commonTables: scope.commonTables)
      rows = try pivotRows(finished(bindQuery(query, inner)).plan)
    } else {
      let items = column.expressions.map { SelectItem(expression: $0) }
      let order = OrderByClause.all(nil, nil)
      let core = SelectCore(
        distinct: .distinct, items: items, from: [pivot.source], range: pivot.range)
      let inner = Scope(parent: nil, commonTables: scope.commonTables)
      let bound = try bindQuery(SelectStatement(body: .select(core), orderBy: order), inner)
      rows = try pivotRows(finished(bound).plan)
        .filter { $0.contains { !$0.1.isNull } }
    }
    // Columns come in the order of their names.
    let named = rows.map { row in row.map { text(of: $0.1, type: $0.0) } }.sorted {
      ($0.map { $0 ?? "" }).lexicographicallyPrecedes($1.map { $0 ?? "" }) {
        $0.utf8.lexicographicallyPrecedes($1.utf8)
      }
    }
    return try named.map { texts in
      let name = texts.map { $0 ?? "NULL" }.joined(separator: "_")
      var terms: [Expression] = []
      for (expression, text) in zip(column.expressions, texts) {
        let shown = Expression(.cast(expression, TypeName("VARCHAR"), isTry: false))
        let value: Literal = text.map { .string($0) } ?? .null
        terms.append(
          Expression(.isDistinct(shown, Expression(.literal(value)), negated: true)))
      }
      guard terms.count == texts.count else {
        throw error("the pivot's values do not match its columns", pivot.range)
      }
      return (name, terms)
    }
  }

  /// Runs a query for the values to pivot on, with the CTEs that it may read.
  private func pivotRows(_ plan: LogicalPlan) throws -> [[(SQLType, Value)]] {
    var whole = plan
    for table in materializedTables.reversed() {
      whole = .materialize(index: table.index, definition: table.plan, body: whole)
    }
    return try context.rows(of: whole)
  }

  /// A value as text, by the cast that SQL would do.
  private func text(of value: Value, type: SQLType) -> String? {
    let cast = BoundExpression.cast(.constant(value, type), to: .varchar, isTry: false)
    guard case .varchar(let text)? = try? constantValue(cast, .none) else { return nil }
    return text
  }

  private func conditions(_ expressions: [Expression], _ value: Expression) -> [Expression] {
    var values = [value]
    if case .row(let items) = value.kind, expressions.count > 1 { values = items }
    return zip(expressions, values).map { expression, value in
      Expression(.isDistinct(expression, value, negated: true), range: value.range)
    }
  }

  private func valueName(_ expression: Expression) -> String {
    switch expression.kind {
    case .literal(.string(let text)): return text
    case .row(let items): return items.map { valueName($0) }.joined(separator: "_")
    default: return outputName(of: expression)
    }
  }

  /// The expressions to group by: those written, or every column not used elsewhere.
  private func pivotGroups(
    _ pivot: Pivot, _ aggregates: [SelectItem], _ source: BoundRelation, _ scope: Scope
  ) throws -> [Expression] {
    if let groups = pivot.groupBy { return groups }
    let probe = Scope(parent: scope.parent, commonTables: scope.commonTables)
    probe.fragment = source.fragment
    probe.own(source.fragment)
    probe.select = SelectState()
    var used: Set<ColumnID> = []
    for column in pivot.columns {
      for expression in column.expressions {
        try bind(expression, ExpressionContext(probe, .filter)).collectColumns(into: &used)
      }
    }
    for item in aggregates {
      _ = try bind(item.expression, ExpressionContext(probe, .select))
    }
    for call in probe.select?.aggregates ?? [] {
      for expression in call.expressions { expression.collectColumns(into: &used) }
    }
    return starColumns(source.fragment).compactMap { column in
      guard column.expression.columns.isDisjoint(with: used) else { return nil }
      return Expression(.column([Identifier(column.name)]), range: pivot.range)
    }
  }

  // MARK: - Unpivot

  /// UNPIVOT: each row's listed columns as rows of name and value.
  func bindUnpivot(
    _ unpivot: Unpivot, _ alias: TableAlias?, _ scope: Scope, _ visible: Fragment
  ) throws -> BoundRelation {
    let source = try bindRelation(unpivot.source, scope, visible)
    let saved = scope.fragment
    scope.fragment = source.fragment
    defer { scope.fragment = saved }
    let c = ExpressionContext(scope, .join)
    let entries = try unpivotEntries(unpivot, c)
    guard !entries.isEmpty else { throw error("UNPIVOT needs columns", unpivot.range) }
    let width = unpivot.valueColumns.count
    guard entries.allSatisfy({ $0.values.count == width }) else {
      throw error(
        "UNPIVOT value count mismatch: each entry needs \(width) columns", unpivot.range)
    }
    let names = try bindList(
      entries.map { .constant(.varchar($0.name), .varchar) }, unpivot.range)
    var lists = [Projection(names, as: newColumn(unpivot.nameColumn.text, .varchar))]
    for position in 0..<width {
      let list = try bindList(entries.map { $0.values[position] }, unpivot.range)
      lists.append(
        Projection(
          list,
          as: newColumn(unpivot.valueColumns[position].text, list.type.elementType ?? .null)))
    }
    var plan = LogicalPlan.unnest(Unnest(input: source.plan, lists: lists))
    if !unpivot.includeNulls {
      let present = lists.dropFirst().map {
        BoundExpression.isNull($0.output.reference, negated: true)
      }
      plan = .filter(plan, Array(present))
    }
    let used = entries.reduce(into: Set<ColumnID>()) { set, entry in
      for value in entry.values { value.collectColumns(into: &set) }
    }
    let kept = starColumns(source.fragment).filter { $0.expression.columns.isDisjoint(with: used) }
    var projections: [Projection] = kept.map { column in
      guard case .column(let id, let type) = column.expression else {
        return Projection(column.expression, as: newColumn(column.name, column.expression.type))
      }
      return Projection(column.expression, as: PlanColumn(id: id, name: column.name, type: type))
    }
    projections += lists.map { Projection($0.output.reference, as: $0.output) }
    let columns = projections.map { $0.output }
    try checkAlias(alias, columns.count)
    let entry = ScopeTable(name: alias?.name.text ?? "unpivot", columns: columns)
    return BoundRelation(
      plan: .project(plan, projections), fragment: Fragment(tables: [renamed(entry, alias)]),
      correlated: source.correlated)
  }

  private func unpivotEntries(_ unpivot: Unpivot, _ c: ExpressionContext) throws -> [(
    name: String, values: [BoundExpression]
  )] {
    var entries: [(name: String, values: [BoundExpression])] = []
    for entry in unpivot.columns {
      if entry.expressions.count == 1 {
        let expression = entry.expressions[0]
        switch expression.kind {
        case .star(let star):
          for item in try expandStar(star, c, expression.range) {
            let value = try item.bound ?? bind(item.expression ?? expression, c)
            entries.append((item.name, [value]))
          }
          continue
        case .columns(let columns):
          for column in try expandColumns(columns, c, expression.range) {
            entries.append((column.name, [try bind(column.expression, c)]))
          }
          continue
        default: break
        }
      }
      let values = try entry.expressions.map { try bind($0, c) }
      let name =
        entry.label?.text
        ?? entry.expressions.map { unpivotName(of: $0) }.joined(separator: "_")
      entries.append((name, values))
    }
    return entries
  }

  /// An expression of one column goes by the name of the column.
  private func unpivotName(of expression: Expression) -> String {
    var names: [String] = []
    func collect(_ part: Expression) {
      if case .column(let parts) = part.kind, let last = parts.last { names.append(last.text) }
      for child in part.children { collect(child) }
    }
    collect(expression)
    return names.count == 1 ? names[0] : outputName(of: expression)
  }
}
