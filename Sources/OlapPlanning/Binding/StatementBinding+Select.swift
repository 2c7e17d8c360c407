internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

/// One SELECT block on its way from syntax to plan.
private struct SelectBlock {
  var plan: LogicalPlan
  let scope: Scope
  let state: SelectState
  var groups: [BoundExpression] = []
  /// Positions into `groups`, when more than one set is asked for.
  var groupingSets: [[Int]]?
  var isGrouped = false
  var having: [BoundExpression] = []
  var qualify: [BoundExpression] = []
}

extension StatementBinding {
  /// SELECT … FROM … WHERE … with the ORDER BY and LIMIT of its query.
  func bindSelect(
    _ core: SelectCore, _ orderBy: OrderByClause?, _ limit: LimitClause?, _ outer: Scope
  ) throws -> BoundQuery {
    let scope = Scope(parent: outer, commonTables: outer.commonTables)
    let state = SelectState()
    scope.isResult = outer.isResult
    scope.select = state
    let from = try bindFrom(core.from, scope)
    scope.fragment = from?.fragment ?? Fragment()
    for window in core.windows {
      state.namedWindows[window.name.text.lowercased()] = window.specification
    }
    var block = SelectBlock(
      plan: from?.plan ?? .values(rows: [[]], columns: []), scope: scope, state: state)
    if let sample = core.sample { block.plan = .sample(block.plan, bindSample(sample)) }
    state.items = try expandItems(core.items, scope)
    if let filter = core.filter {
      let c = ExpressionContext(scope, .filter, aliasLimit: state.items.count)
      let bound = try self.filter(filter, c)
      block.plan = .filter(block.plan, bound.conjuncts)
    }
    for position in state.items.indices { _ = try bindItem(position, scope) }
    try bindGroups(core.groupBy, &block)
    if block.isGrouped { try takeFirstOfCollated(block) }
    if let having = core.having {
      let c = ExpressionContext(scope, .having, aliasLimit: state.items.count)
      block.having = try condition(
        bind(having, c), "the HAVING condition", having.range
      ).conjuncts
    }
    if let qualify = core.qualify {
      let c = ExpressionContext(scope, .qualify, aliasLimit: state.items.count)
      block.qualify = try condition(
        bind(qualify, c), "the QUALIFY condition", qualify.range
      ).conjuncts
    }
    return try finish(&block, core, orderBy, limit, outer)
  }

  /// The bound expression of a select item, bound at its first use.
  func bindItem(_ position: Int, _ scope: Scope) throws -> BoundExpression {
    guard let state = scope.select, state.items.indices.contains(position) else {
      throw error("this alias cannot be used here")
    }
    let item = state.items[position]
    if let bound = item.bound { return bound }
    guard let expression = item.expression else { throw error("this alias cannot be used here") }
    item.progress = .running
    defer { item.progress = .done }
    let c = ExpressionContext(scope, .select, aliasLimit: position)
    let bound = try bindUncollated(expression, c)
    item.bound = bound
    item.collation = try collation(of: expression) ?? []
    if !item.collation.isEmpty, !scope.isResult {
      throw collationError(
        "column \"\(item.name)\" of a subquery, view or table cannot keep a collation; write "
          + "COLLATE where it is compared", expression.range)
    }
    let aggregates = Set(
      state.aggregates.map { $0.output.id } + state.groupingCalls.map { $0.output.id })
    let windows = Set(state.windows.map { $0.output.id })
    let unnests = Set(state.unnests.map { $0.output.id })
    let columns = bound.columns
    item.usesAggregate = !columns.isDisjoint(with: aggregates)
    item.usesWindow = !columns.isDisjoint(with: windows)
    item.usesUnnest = !columns.isDisjoint(with: unnests)
    return bound
  }

  // MARK: - Groups

  private func bindGroups(_ clause: GroupByClause?, _ block: inout SelectBlock) throws {
    let state = block.state
    switch clause {
    case nil:
      return
    case .all:
      block.isGrouped = true
      for item in state.items where !item.usesAggregate && !item.usesWindow && !item.usesUnnest {
        if let bound = item.bound { _ = group(try collated(bound, item.collation, .none), &block) }
      }
    case .elements(let elements):
      block.isGrouped = true
      var sets: [[Int]] = [[]]
      var isPlain = true
      for element in elements {
        if case .expression = element {} else { isPlain = false }
        let alternatives = try groupingSets(element, &block)
        guard sets.count * alternatives.count <= 65_536 else {
          throw error("too many grouping sets: at most 65536 are supported")
        }
        var product: [[Int]] = []
        for set in sets {
          for alternative in alternatives {
            product.append(set + alternative.filter { !set.contains($0) })
          }
        }
        sets = product
      }
      if !isPlain && !(sets.count == 1 && sets[0].count == block.groups.count) {
        block.groupingSets = sets
      }
    }
  }

  /// Items grouped under a collation: each group shows its first value.
  private func takeFirstOfCollated(_ block: SelectBlock) throws {
    for item in block.state.items where !item.collation.isEmpty {
      guard let bound = item.bound, !block.groups.contains(bound),
        block.groups.contains(try collated(bound, item.collation, .none)),
        let function = context.functions.aggregates["first"]
      else { continue }
      let resolved = try FunctionResolver.resolve(function, types: [bound.type], constants: [nil])
      let output = newColumn(item.name, bound.type)
      block.state.aggregates.append(
        BoundAggregateCall(
          function: function, bound: resolved, arguments: [bound], output: output))
      item.bound = output.reference
      item.usesAggregate = true
    }
  }

  /// The position of an expression among the groups, added when new.
  private func group(_ expression: BoundExpression, _ block: inout SelectBlock) -> Int {
    if let known = block.groups.firstIndex(of: expression) { return known }
    block.groups.append(expression)
    return block.groups.count - 1
  }

  private func groupingSets(_ element: GroupingElement, _ block: inout SelectBlock) throws
    -> [[Int]]
  {
    switch element {
    case .empty: return [[]]
    case .expression(let expression): return [try groupKeys(expression, &block)]
    case .set(let expressions):
      return [try expressions.flatMap { try groupKeys($0, &block) }]
    case .rollup(let entries):
      let keys = try entries.map { try $0.flatMap { try groupKeys($0, &block) } }
      return (0...keys.count).reversed().map { Array(keys[0..<$0].joined()) }
    case .cube(let entries):
      guard entries.count <= 16 else { throw error("CUBE takes at most 16 expressions") }
      let keys = try entries.map { try $0.flatMap { try groupKeys($0, &block) } }
      return (0..<(1 << keys.count)).map { mask in
        keys.indices.reversed().reduce(into: [Int]()) { set, position in
          let bit = keys.count - 1 - position
          if (~mask >> bit) & 1 == 1 { set = keys[position] + set }
        }
      }
    case .groupingSets(let elements):
      return try elements.flatMap { try groupingSets($0, &block) }
    }
  }

  /// One GROUP BY expression: a position, a column, an alias, or anything over columns. A row in
  /// parentheses is several.
  private func groupKeys(_ expression: Expression, _ block: inout SelectBlock) throws -> [Int] {
    if case .row(let items) = expression.kind, !items.isEmpty {
      return try items.flatMap { try groupKeys($0, &block) }
    }
    let state = block.state
    let bound: BoundExpression
    if let position = try position(of: expression, state.items.count, "GROUP BY") {
      bound = try collated(
        bindItem(position, block.scope), state.items[position].collation, expression.range)
      if state.items[position].usesAggregate {
        throw error("GROUP BY clause cannot contain aggregates!", expression.range)
      }
      if state.items[position].usesWindow {
        throw error("GROUP BY clause cannot contain window functions!", expression.range)
      }
    } else {
      let c = ExpressionContext(block.scope, .groupBy, aliasLimit: state.items.count)
      var collation = try collation(of: expression) ?? []
      if case .column(let parts) = expression.kind, parts.count == 1,
        let item = state.items.first(where: {
          $0.alias.map { sameName($0, parts[0].text) } ?? false
        })
      {
        collation = item.collation
      }
      bound = try collated(bindUncollated(expression, c), collation, expression.range)
    }
    return [group(bound, &block)]
  }

  // MARK: - The plan above FROM and WHERE

  private func finish(
    _ block: inout SelectBlock, _ core: SelectCore, _ orderBy: OrderByClause?,
    _ limit: LimitClause?, _ outer: Scope
  ) throws -> BoundQuery {
    let state = block.state
    var output = SelectOutput(state: state)
    var keys = try bindDistinctKeys(core.distinct, block.scope, &output)
    if case .distinct = core.distinct, state.items.contains(where: { !$0.collation.isEmpty }) {
      keys = try (0..<output.visibleCount).map { try collatedPosition($0, &output) }
    }
    var order = try bindOrder(orderBy, block.scope, &output)
    if block.groups.isEmpty && !block.isGrouped {
      block.isGrouped =
        !state.aggregates.isEmpty || !block.having.isEmpty || !state.groupingCalls.isEmpty
    }
    if block.isGrouped { try aggregate(&block, &output) }
    if !block.having.isEmpty { block.plan = .filter(block.plan, block.having) }
    if !state.windows.isEmpty { block.plan = .window(block.plan, state.windows) }
    if !block.qualify.isEmpty { block.plan = .filter(block.plan, block.qualify) }
    block.plan = withUnnests(block.plan, state.unnests)
    let projections = project(output.expressions, output.names, block.plan.columns)
    block.plan = .project(block.plan, projections)
    let outputs = projections.map { $0.output }
    order = order.map { item in
      var result = item
      if case .parameter(let position, _) = item.expression {
        result.expression = outputs[position].reference
      }
      return result
    }
    let visible = Array(outputs.prefix(output.visibleCount))
    if case .distinct = core.distinct, keys == nil {
      guard outputs.count == visible.count else {
        throw error(
          "for SELECT DISTINCT, ORDER BY expressions must appear in the select list", core.range)
      }
      block.plan = .distinct(block.plan, on: nil, orderBy: [])
    } else if let keys {
      block.plan = .distinct(
        block.plan, on: keys.map { outputs[$0].reference }, orderBy: order)
    }
    if !order.isEmpty { block.plan = .sort(block.plan, order) }
    if let limit { block.plan = try limited(block.plan, limit, order, outer) }
    if outputs.count > visible.count {
      block.plan = .project(
        block.plan, visible.map { Projection($0.reference, as: $0) })
    }
    return BoundQuery(plan: block.plan, columns: visible)
  }

  /// DISTINCT ON keys as positions of output columns.
  private func bindDistinctKeys(
    _ distinct: SelectCore.Distinct, _ scope: Scope, _ output: inout SelectOutput
  ) throws -> [Int]? {
    guard case .on(let expressions) = distinct else { return nil }
    return try expressions.map { expression in
      try outputPosition(of: expression, scope, .distinctOn, &output)
    }
  }

  /// ORDER BY items; each expression is a placeholder that holds the position of an output column.
  private func bindOrder(
    _ clause: OrderByClause?, _ scope: Scope, _ output: inout SelectOutput
  ) throws -> [SortItem] {
    func item(_ position: Int, _ direction: SortDirection?, _ nulls: NullOrder?) -> SortItem {
      sortItem(.parameter(position, output.expressions[position].type), direction, nulls)
    }
    switch clause {
    case nil: return []
    case .all(let direction, let nulls):
      return (0..<output.visibleCount).map { item($0, direction, nulls) }
    case .items(let items):
      var result: [SortItem] = []
      for entry in items {
        if case .columns(let columns) = entry.expression.kind {
          let c = ExpressionContext(scope, .orderBy, aliasLimit: output.visibleCount)
          for column in try expandColumns(columns, c, entry.range) {
            let position = output.position(of: try bind(column.expression, c))
            result.append(item(position, entry.direction, entry.nulls))
          }
          continue
        }
        let position = try outputPosition(of: entry.expression, scope, .orderBy, &output)
        result.append(item(position, entry.direction, entry.nulls))
      }
      return result
    }
  }

  /// The output column an expression of ORDER BY or DISTINCT ON is: a position, an alias, an item's
  /// expression, or a hidden column made for it.
  private func outputPosition(
    of expression: Expression, _ scope: Scope, _ clause: Clause, _ output: inout SelectOutput
  ) throws -> Int {
    let count = output.visibleCount
    if let position = try position(of: expression, count, clause.rawValue) {
      return try collatedPosition(position, &output)
    }
    if case .column(let parts) = expression.kind, parts.count == 1,
      let position = output.state.items.firstIndex(where: {
        $0.alias.map { sameName($0, parts[0].text) } ?? false
      })
    {
      return try collatedPosition(position, &output)
    }
    // The output's own names come before those of FROM, when only one column has the name.
    if case .column(let parts) = expression.kind, parts.count == 1 {
      let named = (0..<count).filter { sameName(output.names[$0], parts[0].text) }
      if named.count == 1, output.expressions[named[0]].columnID != nil { return named[0] }
    }
    let c = ExpressionContext(scope, clause, aliasLimit: count)
    return output.position(of: try bindCollated(expression, c))
  }

  /// The column that an item with a collation is compared by; others by themselves.
  private func collatedPosition(_ position: Int, _ output: inout SelectOutput) throws -> Int {
    guard output.state.items.indices.contains(position) else { return position }
    let functions = output.state.items[position].collation
    if functions.isEmpty { return position }
    return output.position(of: try collated(output.expressions[position], functions, .none))
  }

  /// Puts the aggregate node into the plan and maps everything above it onto the node's output.
  private func aggregate(_ block: inout SelectBlock, _ output: inout SelectOutput) throws {
    let state = block.state
    let hasSets = block.groupingSets != nil
    var groups: [Projection] = []
    for expression in block.groups {
      if case .column(let id, let type) = expression, !hasSets, block.scope.owned.contains(id) {
        let column = PlanColumn(id: id, name: columnNames[id] ?? "", type: type)
        groups.append(Projection(expression, as: column))
      } else {
        let item = state.items.first { $0.bound == expression }
        let name = item?.name ?? expression.columnID.flatMap { columnNames[$0] } ?? "group"
        groups.append(Projection(expression, as: newColumn(name, expression.type)))
      }
    }
    var rewriter = GroupingRewriter(binding: self, groups: groups, scope: block.scope)
    var node = Aggregate(
      input: block.plan, groups: groups, calls: state.aggregates,
      groupingSets: block.groupingSets)
    for call in state.groupingCalls {
      let positions = try call.arguments.map { argument -> Int in
        guard let position = block.groups.firstIndex(of: argument) else {
          throw error("GROUPING arguments must be expressions of GROUP BY", call.range)
        }
        return position
      }
      node.groupingCalls.append((positions, call.output))
    }
    block.plan = .aggregate(node)
    output.expressions = try output.expressions.map { try rewriter.rewrite($0) }
    block.having = try block.having.map { try rewriter.rewrite($0) }
    block.qualify = try block.qualify.map { try rewriter.rewrite($0) }
    state.windows = try state.windows.map { call in
      try call.mapExpressions { try rewriter.rewrite($0) }
    }
    state.unnests = try state.unnests.map {
      Projection(try rewriter.rewrite($0.expression), as: $0.output)
    }
  }

  /// UNNESTs of the select list, those over others' results above them.
  private func withUnnests(_ plan: LogicalPlan, _ unnests: [Projection]) -> LogicalPlan {
    var result = plan
    var pending = unnests
    while !pending.isEmpty {
      let outputs = Set(pending.map { $0.output.id })
      let ready = pending.filter { $0.expression.columns.isDisjoint(with: outputs) }
      if ready.isEmpty { break }
      result = .unnest(Unnest(input: result, lists: ready))
      pending.removeAll { item in ready.contains { $0.output.id == item.output.id } }
    }
    return result
  }

  /// Output columns: a column of the input passes through under its id, once.
  private func project(
    _ expressions: [BoundExpression], _ names: [String], _ input: [PlanColumn]
  ) -> [Projection] {
    var passable = Set(input.map { $0.id })
    return zip(expressions, names).map { expression, name in
      if case .column(let id, let type) = expression, passable.remove(id) != nil {
        return Projection(expression, as: PlanColumn(id: id, name: name, type: type))
      }
      return Projection(expression, as: newColumn(name, expression.type))
    }
  }
}

/// The columns a SELECT block computes: its items, then hidden ones for ORDER BY and DISTINCT ON.
private struct SelectOutput {
  let state: SelectState
  var expressions: [BoundExpression]
  var names: [String]
  let visibleCount: Int

  init(state: SelectState) {
    self.state = state
    expressions = state.items.compactMap { $0.bound }
    names = state.items.map { $0.name }
    visibleCount = expressions.count
  }

  /// The position of an equal expression, or of a hidden column added for it.
  mutating func position(of expression: BoundExpression) -> Int {
    if !expression.isVolatile, let known = expressions.firstIndex(of: expression) { return known }
    expressions.append(expression)
    names.append("order")
    return expressions.count - 1
  }
}

/// Maps expressions over the input of an aggregate onto its output: grouped expressions become group
/// columns; any other column of the input is an error.
struct GroupingRewriter {
  let binding: StatementBinding
  let scope: Scope
  private var byExpression: [BoundExpression: PlanColumn] = [:]
  private var outputs: Set<ColumnID> = []

  init(binding: StatementBinding, groups: [Projection], scope: Scope) {
    self.binding = binding
    self.scope = scope
    for group in groups where byExpression[group.expression] == nil {
      byExpression[group.expression] = group.output
    }
    outputs = Set(groups.map { $0.output.id })
  }

  mutating func rewrite(_ expression: BoundExpression) throws -> BoundExpression {
    if case .constant = expression {
      return byExpression[expression].map { $0.reference } ?? expression
    }
    if let column = byExpression[expression] { return column.reference }
    switch expression {
    case .column(let id, _):
      if scope.owned.contains(id) { throw notGrouped(id) }
      return expression
    case .subquery(let subquery):
      return .subquery(try rewrite(subquery))
    default:
      return try expression.mapChildren { try rewrite($0) }
    }
  }

  /// A correlated subquery above the aggregate sees the group columns.
  private mutating func rewrite(_ subquery: BoundSubquery) throws -> BoundSubquery {
    var result = try subquery.mapOperands { try rewrite($0) }
    var replacements: [ColumnID: BoundExpression] = [:]
    for id in subquery.correlated where scope.owned.contains(id) {
      let match = byExpression.first { $0.key.columnID == id }
      guard let column = match?.value else { throw notGrouped(id) }
      if column.id != id {
        replacements[id] = column.reference
        result.correlated.remove(id)
        result.correlated.insert(column.id)
      }
    }
    if !replacements.isEmpty {
      result.plan = result.plan.substitutingReferences(replacements)
    }
    return result
  }

  private func notGrouped(_ id: ColumnID) -> BindError {
    let name = binding.columnNames[id] ?? "?"
    return binding.error(
      "column \"\(name)\" must appear in the GROUP BY clause or must be part of an aggregate "
        + "function.\nEither add it to the GROUP BY list, or use \"ANY_VALUE(\(name))\" if the exact "
        + "value of \"\(name)\" is not important.", binding.columnRanges[id] ?? .none)
  }
}
