internal import OlapColumns
internal import OlapFunctions
internal import OlapSQL

extension StatementBinding {
  /// Window functions that are not aggregates, by name.
  static let windowFunctions: [String: WindowFunction] = [
    "row_number": .rowNumber, "rank": .rank, "dense_rank": .denseRank, "rank_dense": .denseRank,
    "percent_rank": .percentRank, "cume_dist": .cumeDist, "ntile": .ntile, "lag": .lag,
    "lead": .lead, "first_value": .firstValue, "last_value": .lastValue, "nth_value": .nthValue,
    "fill": .fill,
  ]

  /// Binds `f(…) OVER (…)`; the result is a column of the block's window node.
  func bindWindow(_ call: FunctionCall, _ name: String, _ c: ExpressionContext) throws
    -> BoundExpression
  {
    guard let select = c.scope.select, c.clause.allowsWindows, let over = call.over else {
      throw error("\(c.clause.rawValue) clause cannot contain window functions!", call.range)
    }
    if c.isInAggregate {
      throw error("aggregate function calls cannot contain window function calls", call.range)
    }
    if c.isInWindow { throw error("window function calls cannot be nested", call.range) }
    if !c.scope.lambdaColumns.isEmpty {
      throw error("window functions cannot be used inside a lambda", call.range)
    }
    var inner = c
    inner.isInWindow = true
    let specification = try windowSpecification(over, select, call.range)
    let partition = try specification.partitionBy.map { try bindCollated($0, inner) }
    var order = try sortItems(specification.orderBy, inner)
    let frame = try windowFrame(specification, &order, inner)
    var bound = try windowCall(call, name, inner)
    bound.partitionBy = partition
    bound.orderBy = order
    bound.frame = frame
    bound.ignoreNulls = call.nullTreatment == .ignoreNulls
    bound.filter = try call.filter.map {
      try condition(bind($0, inner), "the FILTER condition", $0.range)
    }
    select.windows.append(bound)
    return bound.output.reference
  }

  /// Function, arguments and type; partition and frame are the caller's.
  private func windowCall(_ call: FunctionCall, _ name: String, _ c: ExpressionContext) throws
    -> BoundWindowCall
  {
    if let function = StatementBinding.windowFunctions[name] {
      let (arguments, type) = try windowArguments(function, name, call, c)
      return BoundWindowCall(
        function: .window(function), arguments: arguments, partitionBy: [], orderBy: [],
        frame: WindowFrame(
          unit: .range, start: .unboundedPreceding, end: .currentRow, exclusion: .noOthers),
        ignoreNulls: false, isDistinct: call.isDistinct, filter: nil,
        argumentOrderBy: try sortItems(call.orderBy, c),
        output: newColumn(outputName(of: call), type))
    }
    let isCountStar = name == "count" && (call.isStar || call.arguments.isEmpty)
    guard isCountStar || context.functions.aggregates[name] != nil else {
      throw error(
        "\"\(name)\" is not a window or aggregate function", call.name.range,
        candidates: Similarity.closest(
          to: name,
          among: StatementBinding.windowFunctions.keys.sorted()
            + context.functions.aggregates.keys.sorted()))
    }
    let (function, bound, arguments, argumentOrder) = try resolveAggregate(
      call, isCountStar ? "count_star" : name, c)
    return BoundWindowCall(
      function: .aggregate(function, bound), arguments: arguments, partitionBy: [], orderBy: [],
      frame: WindowFrame(
        unit: .range, start: .unboundedPreceding, end: .currentRow, exclusion: .noOthers),
      ignoreNulls: false, isDistinct: call.isDistinct && !function.ignoresDistinct, filter: nil,
      argumentOrderBy: argumentOrder, output: newColumn(outputName(of: call), bound.returnType))
  }

  private func windowArguments(
    _ function: WindowFunction, _ name: String, _ call: FunctionCall, _ c: ExpressionContext
  ) throws -> ([BoundExpression], SQLType) {
    var arguments = try bindArguments(call, c)
    let allowed: ClosedRange<Int> =
      switch function {
      case .rowNumber, .rank, .denseRank, .percentRank, .cumeDist: 0...0
      case .ntile, .firstValue, .lastValue, .fill: 1...1
      case .lag, .lead: 1...3
      case .nthValue: 2...2
      }
    guard allowed.contains(arguments.count) else {
      throw error(
        "\(name) takes \(allowed.lowerBound == allowed.upperBound ? "" : "up to ")"
          + "\(allowed.upperBound) arguments, but \(arguments.count) are given", call.range)
    }
    switch function {
    case .rowNumber, .rank, .denseRank: return ([], .bigint)
    case .percentRank, .cumeDist: return ([], .double)
    case .ntile: return ([coerced(arguments[0], to: .bigint)], .bigint)
    case .firstValue, .lastValue, .fill: return (arguments, arguments[0].type)
    case .nthValue: return ([arguments[0], coerced(arguments[1], to: .bigint)], arguments[0].type)
    case .lag, .lead:
      if arguments.count > 1 { arguments[1] = coerced(arguments[1], to: .bigint) }
      guard arguments.count == 3 else { return (arguments, arguments[0].type) }
      let type = try unify([arguments[0], arguments[2]], call.range, what: name)
      return (
        [coerced(arguments[0], to: type), arguments[1], coerced(arguments[2], to: type)], type
      )
    }
  }

  /// The window with what a named base gives filled in.
  private func windowSpecification(
    _ over: WindowReference, _ select: SelectState, _ range: SourceRange
  ) throws -> WindowSpecification {
    switch over {
    case .named(let name):
      return try namedWindow(name, select)
    case .inline(var specification):
      guard let base = specification.base else { return specification }
      let parent = try namedWindow(base, select)
      guard specification.partitionBy.isEmpty || parent.partitionBy.isEmpty else {
        throw error("Cannot override PARTITION BY clause of window \"\(base.text)\"", base.range)
      }
      guard specification.orderBy.isEmpty || parent.orderBy.isEmpty else {
        throw error("Cannot override ORDER BY clause of window \"\(base.text)\"", base.range)
      }
      if specification.partitionBy.isEmpty { specification.partitionBy = parent.partitionBy }
      if specification.orderBy.isEmpty { specification.orderBy = parent.orderBy }
      if specification.frame == nil { specification.frame = parent.frame }
      specification.base = nil
      return specification
    }
  }

  private func namedWindow(_ name: Identifier, _ select: SelectState) throws
    -> WindowSpecification
  {
    let folded = name.text.lowercased()
    guard let specification = select.namedWindows[folded] else {
      throw error(
        "window \"\(name.text)\" does not exist", name.range,
        candidates: Similarity.closest(to: name.text, among: select.namedWindows.keys.sorted()))
    }
    guard specification.base != nil else { return specification }
    guard select.windowsInProgress.insert(folded).inserted else {
      throw error("window \"\(name.text)\" is defined by itself", name.range)
    }
    defer { select.windowsInProgress.remove(folded) }
    return try windowSpecification(.inline(specification), select, name.range)
  }

  /// The frame written, or the default; RANGE offsets bring the order key to a type they add to.
  private func windowFrame(
    _ specification: WindowSpecification, _ order: inout [SortItem], _ c: ExpressionContext
  ) throws -> WindowFrame {
    guard let frame = specification.frame else {
      if order.isEmpty {
        return WindowFrame(
          unit: .rows, start: .unboundedPreceding, end: .unboundedFollowing, exclusion: .noOthers)
      }
      return WindowFrame(
        unit: .range, start: .unboundedPreceding, end: .currentRow, exclusion: .noOthers)
    }
    let unit: WindowFrame.Unit =
      switch frame.unit {
      case .rows: .rows
      case .range: .range
      case .groups: .groups
      }
    if case .unboundedFollowing = frame.start {
      throw error("frame start cannot be UNBOUNDED FOLLOWING", frame.range)
    }
    if case .unboundedPreceding = frame.end {
      throw error("frame end cannot be UNBOUNDED PRECEDING", frame.range)
    }
    if case .following = frame.start, case .preceding = frame.end {
      throw error("frame starting from following row cannot have preceding rows", frame.range)
    }
    if case .following = frame.start, case .currentRow = frame.end {
      throw error("frame starting from following row cannot end with current row", frame.range)
    }
    if case .currentRow = frame.start, case .preceding = frame.end {
      throw error("frame starting from current row cannot have preceding rows", frame.range)
    }
    if unit == .groups && order.isEmpty {
      throw error("GROUPS mode requires an ORDER BY clause", frame.range)
    }
    let start = try frameBound(frame.start, unit, &order, c, frame.range)
    let end = try frameBound(frame.end, unit, &order, c, frame.range)
    let exclusion: WindowFrame.Exclusion =
      switch frame.exclusion {
      case .noOthers: .noOthers
      case .currentRow: .currentRow
      case .group: .group
      case .ties: .ties
      }
    return WindowFrame(unit: unit, start: start, end: end, exclusion: exclusion)
  }

  private func frameBound(
    _ bound: OlapSQL.WindowFrame.Bound, _ unit: WindowFrame.Unit, _ order: inout [SortItem],
    _ c: ExpressionContext, _ range: SourceRange
  ) throws -> WindowFrame.Bound {
    switch bound {
    case .unboundedPreceding: return .unboundedPreceding
    case .unboundedFollowing: return .unboundedFollowing
    case .currentRow: return .currentRow
    case .preceding(let offset):
      return .preceding(try frameOffset(bind(offset, c), unit, &order, range))
    case .following(let offset):
      return .following(try frameOffset(bind(offset, c), unit, &order, range))
    }
  }

  private func frameOffset(
    _ offset: BoundExpression, _ unit: WindowFrame.Unit, _ order: inout [SortItem],
    _ range: SourceRange
  ) throws -> BoundExpression {
    guard unit == .range else { return coerced(offset, to: .bigint) }
    guard order.count == 1 else {
      throw error("RANGE with an offset needs exactly one ORDER BY expression", range)
    }
    let key = order[0].expression
    switch key.type {
    case .date, .timestamp, .timestampOf, .timestampTZ, .time:
      if key.type == .date && offset.type.isInteger { return coerced(offset, to: .integer) }
      if key.type != .timestampTZ && key.type != .time {
        order[0].expression = .cast(key, to: .timestamp, isTry: false)
      }
      return coerced(offset, to: .interval)
    case let type where type.isNumeric:
      let common = try unify([key, offset], range, what: "the RANGE offset and the ORDER BY key")
      order[0].expression = coerced(key, to: common)
      return coerced(offset, to: common)
    default:
      throw error("RANGE with an offset cannot order by a value of type \(key.type)", range)
    }
  }
}
