internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

extension StatementBinding {
  /// Binds an aggregate call; the result is a column of the block's aggregate node. A call whose
  /// arguments are all columns of one outer level belongs to that level.
  func bindAggregate(_ call: FunctionCall, _ name: String, _ c: ExpressionContext) throws
    -> BoundExpression
  {
    if !c.scope.lambdaColumns.isEmpty {
      throw error("aggregates cannot be used inside a lambda", call.range)
    }
    guard c.scope.select != nil || c.scope.parent != nil else { throw misplaced(c.clause, call) }
    let mentions = Mentions(of: c.scope)
    var inner = c
    inner.isInAggregate = true
    let (function, bound, arguments, order) = try resolveAggregate(call, name, inner)
    let filter = try call.filter.map {
      try condition(bind($0, inner), "the FILTER condition", $0.range)
    }
    let parts = arguments + order.map { $0.expression } + (filter.map { [$0] } ?? [])
    let level = owner(of: parts, c.scope) ?? c.scope
    guard let target = level.select else { throw misplaced(c.clause, call) }
    if level === c.scope {
      if c.isInAggregate { throw error("aggregate function calls cannot be nested", call.range) }
      guard c.clause.allowsAggregates else { throw misplaced(c.clause, call) }
    } else {
      try checkPlace(of: call, c.scope, below: level)
      mentions.restore(below: level)
    }
    if parts.contains(where: { mentionsPlaceholder($0, target) }) {
      throw error("aggregate function calls cannot be nested", call.range)
    }
    let isDistinct = call.isDistinct && !function.ignoresDistinct
    if let known = target.aggregates.first(where: {
      $0.function.name == function.name && $0.arguments == arguments && $0.filter == filter
        && $0.isDistinct == isDistinct && $0.orderBy == order
        && $0.bound.returnType == bound.returnType
    }), !parts.contains(where: { $0.isVolatile }) {
      return reference(known.output, target, c)
    }
    let output = newColumn(outputName(of: call), bound.returnType)
    target.aggregates.append(
      BoundAggregateCall(
        function: function, bound: bound, arguments: arguments, isDistinct: isDistinct,
        filter: filter, orderBy: order, output: output))
    return reference(output, target, c)
  }

  private func misplaced(_ clause: Clause, _ call: FunctionCall) -> BindError {
    error("\(clause.rawValue) clause cannot contain aggregates!", call.range)
  }

  /// An aggregate of an outer level may stand in a subquery only where that level may aggregate.
  private func checkPlace(of call: FunctionCall, _ scope: Scope, below level: Scope) throws {
    var current = scope
    while let parent = current.parent, parent !== level { current = parent }
    guard let place = current.place else {
      throw error("LATERAL join cannot contain aggregates!", call.range)
    }
    guard place.clause.allowsAggregates else { throw misplaced(place.clause, call) }
    if place.isInAggregate { throw error("aggregate function calls cannot be nested", call.range) }
  }

  private func reference(_ output: PlanColumn, _ target: SelectState, _ c: ExpressionContext)
    -> BoundExpression
  {
    var scope: Scope? = c.scope
    while let current = scope, current.select !== target {
      current.correlated.insert(output.id)
      scope = current.parent
    }
    return output.reference
  }

  /// The outer level that owns every column of an aggregate's arguments, when this one owns none. What
  /// only a subquery in the arguments reads does not move the aggregate outwards.
  private func owner(of expressions: [BoundExpression], _ scope: Scope) -> Scope? {
    var columns: Set<ColumnID> = []
    var direct: Set<ColumnID> = []
    for expression in expressions {
      expression.collectColumns(into: &columns)
      _ = expression.contains {
        if case .column(let id, _) = $0 { direct.insert(id) }
        return false
      }
    }
    if direct.isEmpty || !columns.isDisjoint(with: scope.owned) { return scope }
    var current: Scope? = scope.parent
    while let level = current {
      if !direct.isDisjoint(with: level.owned) { return level }
      current = level.parent
    }
    return nil
  }

  /// Whether an expression uses the result of an aggregate or window of the same block.
  private func mentionsPlaceholder(_ expression: BoundExpression, _ select: SelectState) -> Bool {
    expression.contains {
      guard case .column(let id, _) = $0 else { return false }
      return select.aggregates.contains { $0.output.id == id }
        || select.windows.contains { $0.output.id == id }
    }
  }

  /// Arguments, order and signature of an aggregate call, for grouped and window use.
  func resolveAggregate(_ call: FunctionCall, _ name: String, _ c: ExpressionContext) throws
    -> (AggregateFunction, BoundAggregate, [BoundExpression], [SortItem])
  {
    var name = name
    var arguments: [BoundExpression]
    if let special = try bindCollatedAggregate(call, name, c) {
      (name, arguments) = special
    } else {
      arguments = try bindArguments(call, c)
    }
    if name.hasPrefix("percentile_"), call.withinGroup.isEmpty, arguments.count == 1 {
      throw error("\(name)(fraction) needs WITHIN GROUP (ORDER BY value)", call.range)
    }
    var order = try sortItems(call.orderBy, c)
    if !call.withinGroup.isEmpty {
      let group = try sortItems(call.withinGroup, c)
      (name, arguments, order) = try withinGroup(call, name, arguments, group)
    }
    if name == "count", arguments.count > 1 {
      arguments = [structure(arguments.map { ("", $0) })]
    }
    let functions = context.functions.aggregates
    guard let function = functions[name] ?? (name == "count_star" ? functions["count"] : nil) else {
      throw unknownFunction(call, name)
    }
    let bound: BoundAggregate
    do {
      bound = try FunctionResolver.resolve(
        function, types: arguments.map { $0.type },
        constants: arguments.map { foldedArgument($0) })
    } catch {
      throw placed(error, call.range)
    }
    let cast = zip(arguments, bound.argumentTypes).map { coerced($0, to: $1) }
    return (function, bound, cast, function.isOrderSensitive ? order : [])
  }

  /// `f(x) WITHIN GROUP (ORDER BY y)`: ordered-set aggregates take `y` as their first argument.
  private func withinGroup(
    _ call: FunctionCall, _ name: String, _ arguments: [BoundExpression], _ order: [SortItem]
  ) throws -> (String, [BoundExpression], [SortItem]) {
    guard let first = order.first else { return (name, arguments, order) }
    switch name {
    case "percentile_cont", "percentile_disc", "quantile_cont", "quantile_disc":
      guard arguments.count == 1 else {
        throw error("\(name) WITHIN GROUP takes one argument, the fraction", call.range)
      }
      let target = name.hasSuffix("cont") ? "quantile_cont" : "quantile_disc"
      let fraction = first.descending ? try complement(arguments[0], call.range) : arguments[0]
      return (target, [first.expression, fraction], [])
    case "mode",
      "median" where arguments.isEmpty:
      return (name, [first.expression], [])
    default:
      return (name, arguments, order)
    }
  }

  /// 1 - fraction, for a descending order.
  private func complement(_ fraction: BoundExpression, _ range: SourceRange) throws
    -> BoundExpression
  {
    switch fraction {
    case .constant(.decimal(let unscaled, let scale), let type):
      var one: Int128 = 1
      for _ in 0..<scale { one *= 10 }
      return .constant(.decimal(one - unscaled, scale: scale), type)
    case .constant(.double(let value), .double): return .constant(.double(1 - value), .double)
    case .constant(.integer(let value), let type): return .constant(.integer(1 - value), type)
    default:
      throw error("the fraction of a descending WITHIN GROUP must be a constant", range)
    }
  }

  func sortItems(_ items: [OrderByItem], _ c: ExpressionContext) throws -> [SortItem] {
    try items.map { item in
      let bound = try bindCollated(item.expression, c)
      return sortItem(bound, item.direction, item.nulls)
    }
  }

  /// Direction and place of NULLs, settings filling in what is not said.
  func sortItem(_ expression: BoundExpression, _ direction: SortDirection?, _ nulls: NullOrder?)
    -> SortItem
  {
    let standard = context.setting("default_order")?.lowercased() ?? "asc"
    let descending = direction.map { $0 == .descending } ?? standard.hasPrefix("desc")
    let isFirst: Bool
    if let nulls {
      isFirst = nulls == .first
    } else {
      switch context.setting("default_null_order")?.lowercased() {
      case "nulls_first", "nulls first", "first": isFirst = true
      case "nulls_first_on_asc_last_on_desc", "sqlite", "mysql": isFirst = !descending
      case "nulls_last_on_asc_first_on_desc", "postgres": isFirst = descending
      default: isFirst = false
      }
    }
    return SortItem(expression: expression, descending: descending, nullsFirst: isFirst)
  }

  /// GROUPING(a, b): which of the expressions the row's grouping set leaves out.
  func bindGrouping(_ call: FunctionCall, _ c: ExpressionContext) throws -> BoundExpression {
    guard let select = c.scope.select, c.clause.allowsAggregates, !c.isInAggregate else {
      throw error("GROUPING is only allowed with GROUP BY, outside aggregates", call.range)
    }
    var inner = c
    inner.isInAggregate = true
    let arguments = try call.arguments.map { try bind($0.value, inner) }
    guard arguments.count <= 63 else {
      throw error("GROUPING takes at most 63 expressions", call.range)
    }
    if let known = select.groupingCalls.first(where: { $0.arguments == arguments }) {
      return known.output.reference
    }
    let output = newColumn(outputName(of: call), .bigint)
    select.groupingCalls.append((arguments, output, call.range))
    return output.reference
  }

  /// UNNEST in the SELECT list: one row per element; further arguments ask for recursion.
  func bindUnnest(_ call: FunctionCall, _ c: ExpressionContext) throws -> BoundExpression {
    guard let select = c.scope.select, c.clause == .select || c.clause == .orderBy,
      !c.isInAggregate, c.scope.lambdaColumns.isEmpty
    else {
      throw error("UNNEST is not supported here", call.range)
    }
    guard let argument = call.arguments.first else {
      throw error("UNNEST needs a list", call.range)
    }
    let list = try bind(argument.value, c)
    if list.type == .null { return .constant(.null, .null) }
    guard let element = list.type.elementType else {
      throw error(
        "UNNEST needs a LIST, but it has a value of type \(list.type)", argument.value.range)
    }
    if call.arguments.count == 1,
      let known = select.unnests.first(where: { $0.expression == list })
    {
      return known.output.reference
    }
    var output = newColumn(outputName(of: call), element)
    select.unnests.append(Projection(list, as: output))
    for _ in 1..<(try unnestDepth(call, c)) {
      guard let inner = output.type.elementType else { break }
      let next = newColumn(output.name, inner)
      select.unnests.append(Projection(output.reference, as: next))
      output = next
    }
    return output.reference
  }

  /// How many levels of lists `recursive := true` or `max_depth := n` ask to open; 1 without.
  private func unnestDepth(_ call: FunctionCall, _ c: ExpressionContext) throws -> Int {
    var depth = 1
    for argument in call.arguments.dropFirst() {
      guard case .constant(let value, _) = try bind(argument.value, c) else {
        throw error("UNNEST's options must be constants", argument.value.range)
      }
      switch (argument.name?.text.lowercased(), value) {
      case ("recursive", .boolean(let isRecursive)): if isRecursive { depth = Int.max }
      case ("max_depth", .integer(let limit)) where limit > 0: depth = Int(limit)
      default:
        throw error(
          "UNNEST takes a list and recursive := true or max_depth := n", argument.value.range)
      }
    }
    return depth
  }
}

/// What a level and those around it mentioned of outer levels at one moment.
private struct Mentions {
  private var levels: [(scope: Scope, correlated: Set<ColumnID>)] = []

  init(of scope: Scope) {
    var current: Scope? = scope
    while let level = current {
      levels.append((level, level.correlated))
      current = level.parent
    }
  }

  /// Forgets what was mentioned since in the levels below one: those do not evaluate it.
  func restore(below outer: Scope) {
    for (scope, correlated) in levels.prefix(while: { $0.scope !== outer }) {
      scope.correlated = correlated
    }
  }
}
