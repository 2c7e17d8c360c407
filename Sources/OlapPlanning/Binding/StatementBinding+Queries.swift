internal import OlapColumns
internal import OlapSQL

/// A bound query: its plan outputs exactly `columns`, in order.
struct BoundQuery {
  var plan: LogicalPlan
  var columns: [PlanColumn]
}

extension StatementBinding {
  /// A whole query, not part of another; `isResult` when its rows are shown, not kept.
  func bindTopLevel(_ query: SelectStatement, isResult: Bool = true) throws -> BoundQuery {
    let scope = Scope(parent: nil, commonTables: CommonTables())
    scope.isResult = isResult
    let bound = try bindQuery(query, scope)
    return finished(bound)
  }

  /// Gives untyped columns a type and makes scans produce the row ids that were mentioned.
  func finished(_ bound: BoundQuery) -> BoundQuery {
    var result = bound
    if bound.columns.contains(where: { $0.type == .null }) {
      let types = bound.columns.map { $0.type == .null ? SQLType.integer : $0.type }
      result.plan = cast(bound.plan, bound.columns, to: types)
      result.columns = result.plan.columns
    }
    result.plan = withRowIDs(result.plan)
    return result
  }

  /// Scans whose row id is mentioned anywhere produce it.
  func withRowIDs(_ plan: LogicalPlan) -> LogicalPlan {
    guard !requestedRowIDs.isEmpty else { return plan }
    func visit(_ expression: BoundExpression) -> BoundExpression {
      expression.rewrittenUp { node in
        guard case .subquery(var subquery) = node else { return node }
        subquery.plan = withRowIDs(subquery.plan)
        return .subquery(subquery)
      }
    }
    return plan.rewrittenUp { node in
      if case .scan(var scan) = node, let first = scan.columns.first,
        let rowID = rowIDsByScan[first.output.id], requestedRowIDs.contains(rowID.id)
      {
        scan.rowID = rowID
        return .scan(scan)
      }
      return node.mapExpressions { visit($0) }
    }
  }

  /// A query at a level of its own: CTEs, body, order, limit. `scope` has no relations itself.
  func bindQuery(_ query: SelectStatement, _ scope: Scope) throws -> BoundQuery {
    try nested(query.range) {
      let definitions = try query.with.map { try bindCommonTables($0, scope) } ?? []
      var bound: BoundQuery
      if case .select(let core) = query.body {
        bound = try bindSelect(core, query.orderBy, query.limit, scope)
      } else {
        bound = try bindBody(query.body, scope)
        bound = try ordered(bound, query.orderBy, query.limit, scope)
      }
      for (index, definition) in definitions.reversed() where cteReferences[index] ?? 0 > 0 {
        bound.plan = .materialize(index: index, definition: definition, body: bound.plan)
      }
      return bound
    }
  }

  private func bindBody(_ body: QueryBody, _ scope: Scope) throws -> BoundQuery {
    switch body {
    case .select(let core): return try bindSelect(core, nil, nil, scope)
    case .values(let rows): return try bindValues(rows, nil, scope)
    case .setOperation(let operation): return try bindSetOperation(operation, scope)
    case .nested(let query):
      return try bindQuery(query, Scope(parent: scope, commonTables: scope.commonTables))
    case .pivot(let pivot):
      let inner = Scope(parent: scope, commonTables: scope.commonTables)
      let query = try pivotQuery(pivot, inner, Fragment())
      return try bindQuery(query, Scope(parent: scope, commonTables: scope.commonTables))
    case .unpivot(let unpivot):
      let inner = Scope(parent: scope, commonTables: scope.commonTables)
      let relation = try bindUnpivot(unpivot, nil, inner, Fragment())
      let columns = relation.fragment.tables[0].columns.map { $0.column }
      return BoundQuery(plan: relation.plan, columns: columns)
    case .describe(let statement): return try bindDescribe(statement, scope)
    }
  }

  /// VALUES: every column in the type its values share; `targets` are the types of INSERT.
  func bindValues(_ rows: [[Expression]], _ targets: [SQLType]?, _ scope: Scope) throws
    -> BoundQuery
  {
    let width = rows.first?.count ?? 0
    let c = ExpressionContext(
      Scope(parent: scope, commonTables: scope.commonTables), .values)
    var bound: [[BoundExpression]] = []
    bound.reserveCapacity(rows.count)
    for row in rows {
      guard row.count == width else {
        throw error("VALUES lists must all be the same length", row.first?.range ?? .none)
      }
      bound.append(try row.map { try bind($0, c) })
    }
    var types: [SQLType] = []
    for position in 0..<width {
      if let targets, position < targets.count {
        types.append(targets[position])
        continue
      }
      let range = rows[0][position].range
      types.append(try unify(bound.map { $0[position] }, range, what: "VALUES"))
    }
    let columns = types.enumerated().map { newColumn("col\($0.offset)", $0.element) }
    for row in bound.indices {
      for position in 0..<width {
        bound[row][position] = coerced(bound[row][position], to: types[position])
      }
    }
    return BoundQuery(plan: .values(rows: bound, columns: columns), columns: columns)
  }

  // MARK: - Set operations

  private func bindSetOperation(_ operation: OlapSQL.SetOperation, _ scope: Scope) throws
    -> BoundQuery
  {
    let operands = try operation.operands.map { body in
      try bindBody(body, Scope(parent: scope, commonTables: scope.commonTables))
    }
    return try combine(operands, operation)
  }

  /// Operands in common types, by position or by name.
  func combine(_ operands: [BoundQuery], _ operation: OlapSQL.SetOperation) throws -> BoundQuery {
    let kind: SetOperation.Kind =
      switch operation.kind {
      case .union: .union
      case .intersect: .intersect
      case .except: .except
      }
    let aligned =
      operation.isByName
      ? try alignByName(operands, operation.range) : try alignByPosition(operands, operation)
    let columns = aligned[0].columns.map { newColumn($0.name, $0.type) }
    if kind == .union || aligned.count == 2 {
      let node = SetOperation(
        kind: kind, isAll: operation.isAll, inputs: aligned.map { $0.plan }, columns: columns)
      return BoundQuery(plan: .setOperation(node), columns: columns)
    }
    var plan = aligned[0].plan
    for (position, operand) in aligned.dropFirst().enumerated() {
      let isLast = position == aligned.count - 2
      let outputs = isLast ? columns : columns.map { newColumn($0.name, $0.type) }
      plan = .setOperation(
        SetOperation(
          kind: kind, isAll: operation.isAll, inputs: [plan, operand.plan], columns: outputs))
    }
    return BoundQuery(plan: plan, columns: columns)
  }

  private func alignByPosition(_ operands: [BoundQuery], _ operation: OlapSQL.SetOperation) throws
    -> [BoundQuery]
  {
    let width = operands[0].columns.count
    guard operands.allSatisfy({ $0.columns.count == width }) else {
      throw error(
        "Set operations can only apply to expressions with the same number of result columns",
        operation.range)
    }
    let types = try (0..<width).map { position in
      try commonType(operands.map { $0.columns[position].type }, operation)
    }
    return operands.map { operand in
      let plan = cast(operand.plan, operand.columns, to: types)
      let columns = zip(operand.columns, plan.columns).map { original, output in
        PlanColumn(id: output.id, name: original.name, type: output.type)
      }
      return BoundQuery(plan: plan, columns: columns)
    }
  }

  private func commonType(_ types: [SQLType], _ operation: OlapSQL.SetOperation) throws -> SQLType {
    var result: SQLType = .null
    for type in types {
      guard let next = TypeRules.commonType(result, type) else {
        throw error(
          "Cannot combine types \(result) and \(type) in \(operation.kind.rawValue) - an explicit "
            + "cast is required", operation.range)
      }
      result = next
    }
    return result
  }

  private func alignByName(_ operands: [BoundQuery], _ range: SourceRange) throws -> [BoundQuery] {
    var names: [String] = []
    var types: [String: SQLType] = [:]
    for operand in operands {
      var seen: Set<String> = []
      for column in operand.columns {
        let key = column.name.lowercased()
        guard seen.insert(key).inserted else {
          throw error(
            "UNION BY NAME needs unique column names, but \"\(column.name)\" occurs twice", range)
        }
        if types[key] == nil { names.append(column.name) }
        guard let type = TypeRules.commonType(types[key] ?? .null, column.type) else {
          throw error("Cannot combine the types of column \"\(column.name)\" in UNION", range)
        }
        types[key] = type
      }
    }
    return operands.map { operand in
      let projections = names.map { name -> Projection in
        let type = types[name.lowercased()] ?? .null
        let output = newColumn(name, type)
        guard let column = operand.columns.first(where: { sameName($0.name, name) }) else {
          return Projection(.constant(.null, type), as: output)
        }
        return Projection(coerced(column.reference, to: type), as: output)
      }
      return BoundQuery(
        plan: .project(operand.plan, projections), columns: projections.map { $0.output })
    }
  }

  // MARK: - Order and limit over a whole result

  private func ordered(
    _ bound: BoundQuery, _ orderBy: OrderByClause?, _ limit: LimitClause?, _ scope: Scope
  ) throws -> BoundQuery {
    var result = bound
    var items: [SortItem] = []
    switch orderBy {
    case nil: break
    case .all(let direction, let nulls):
      items = bound.columns.map { sortItem($0.reference, direction, nulls) }
    case .items(let list):
      let inner = Scope(parent: scope, commonTables: scope.commonTables)
      inner.fragment = Fragment(tables: [ScopeTable(name: "", columns: bound.columns)])
      inner.own(inner.fragment)
      for item in list {
        if let position = try position(of: item.expression, bound.columns.count, "ORDER BY") {
          items.append(sortItem(bound.columns[position].reference, item.direction, item.nulls))
        } else {
          items += try sortItems([item], ExpressionContext(inner, .join))
        }
      }
    }
    if !items.isEmpty { result.plan = .sort(result.plan, items) }
    if let limit { result.plan = try limited(result.plan, limit, items, scope) }
    return result
  }

  /// `1` in ORDER BY, GROUP BY and DISTINCT ON: the 0-based position of a select item.
  func position(of expression: Expression, _ count: Int, _ clause: String) throws -> Int? {
    guard case .literal(.integer(let text)) = expression.kind else { return nil }
    guard let number = Int(text), number >= 1, number <= count else {
      throw error(
        "\(clause) term out of range - should be between 1 and \(count)",
        expression.range)
    }
    return number - 1
  }

  func limited(
    _ plan: LogicalPlan, _ clause: LimitClause, _ order: [SortItem], _ scope: Scope
  ) throws -> LogicalPlan {
    let c = ExpressionContext(Scope(parent: scope, commonTables: scope.commonTables), .limit)
    let offset = try clause.offset.map { coerced(try bind($0, c), to: .bigint) }
    var tieOrder: [SortItem]?
    if clause.withTies {
      guard !order.isEmpty else {
        throw error("WITH TIES needs an ORDER BY clause", clause.range)
      }
      tieOrder = order
    }
    switch clause.count {
    case .all:
      guard offset != nil else { return plan }
      return .limit(plan, Limit(count: nil, offset: offset))
    case .rows(let count):
      let bound = coerced(try bind(count, c), to: .bigint)
      if case .constant(.integer(let value), _) = bound, value < 0 {
        throw error("LIMIT must not be negative", count.range)
      }
      return .limit(plan, Limit(count: bound, offset: offset, tieOrder: tieOrder))
    case .percent(let percent):
      let bound = coerced(try bind(percent, c), to: .double)
      return .limit(
        plan, Limit(count: bound, offset: offset, isPercent: true, tieOrder: tieOrder))
    }
  }
}
