internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions

extension LogicalPlan {
  /// The plan as the tree that EXPLAIN shows: one node a line with its conditions as SQL, inputs
  /// beneath. `rows` gives the expected rows of a node, when known.
  package func explain(rows: @escaping (LogicalPlan) -> Double? = { _ in nil }) -> String {
    var text = PlanText(names: columnNames, rows: rows)
    text.add(self, prefix: "", childPrefix: "")
    return text.lines.joined(separator: "\n")
  }

  /// Names of every column the plan makes, subqueries' too. Columns of tables whose name occurs in
  /// several tables carry the table's.
  private var columnNames: [ColumnID: String] {
    var names: [ColumnID: String] = [:]
    var tables: [ColumnID: String] = [:]
    var uses: [String: Int] = [:]
    var plans = [self]
    while let plan = plans.popLast() {
      plan.forEachNode { node in
        for column in node.producedColumns where !column.name.isEmpty {
          if names[column.id] == nil { names[column.id] = column.name }
        }
        if case .scan(let scan) = node {
          for column in node.columns {
            names[column.id] = column.name
            tables[column.id] = scan.alias
            uses[column.name, default: 0] += 1
          }
        }
        var expressions = node.expressions
        while let expression = expressions.popLast() {
          if case .subquery(let subquery) = expression { plans.append(subquery.plan) }
          if case .lambdaCall(let call) = expression {
            for parameter in call.parameters { names[parameter.id] = parameter.name }
          }
          expressions += expression.children
        }
      }
    }
    for (id, table) in tables {
      if let name = names[id], uses[name] ?? 0 > 1 { names[id] = "\(table).\(name)" }
    }
    return names
  }
}

/// Collects the lines of an explained plan.
private struct PlanText {
  let sql: ExpressionText
  let rows: (LogicalPlan) -> Double?
  var lines: [String] = []
  private static let depthMax = 400
  private var depth = 0

  init(names: [ColumnID: String], rows: @escaping (LogicalPlan) -> Double?) {
    sql = ExpressionText(names: names)
    self.rows = rows
  }

  mutating func add(_ plan: LogicalPlan, prefix: String, childPrefix: String) {
    depth += 1
    defer { depth -= 1 }
    guard depth < PlanText.depthMax else {
      lines.append(prefix + "…")
      return
    }
    var line = prefix + title(plan)
    if let count = rows(plan) ?? estimate(plan) { line += "  ~\(Int(min(count, 1e18))) rows" }
    lines.append(line)
    var children: [(label: String, plan: LogicalPlan)] = plan.children.map { ("", $0) }
    for (number, subquery) in subqueries(plan).enumerated() {
      children.append(("SUBQUERY \(number + 1): ", subquery.plan))
    }
    for (position, child) in children.enumerated() {
      let isLast = position == children.count - 1
      add(
        child.plan, prefix: childPrefix + (isLast ? "└─ " : "├─ ") + child.label,
        childPrefix: childPrefix + (isLast ? "   " : "│  "))
    }
  }

  private func estimate(_ plan: LogicalPlan) -> Double? {
    if case .join(let join) = plan { join.estimatedRows } else { nil }
  }

  private func subqueries(_ plan: LogicalPlan) -> [BoundSubquery] {
    var result: [BoundSubquery] = []
    func visit(_ expression: BoundExpression) {
      if case .subquery(let subquery) = expression { result.append(subquery) }
      for child in expression.children { visit(child) }
    }
    for expression in plan.expressions { visit(expression) }
    return result
  }

  private func title(_ plan: LogicalPlan) -> String {
    switch plan {
    case .scan(let scan): return title(scan)
    case .tableFunction(let scan):
      let conditions = scan.filters.compactMap { filter -> String? in
        let column = scan.bound.columns[filter.column]
        return sql.predicate(filter.condition, column.name, column.type)
      }
      return "TABLE FUNCTION \(scan.name)" + names(scan.columns.map { $0.output })
        + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
    case .values(let rows, let columns):
      if columns.isEmpty && rows.count == 1 { return "SINGLE ROW" }
      return rows.isEmpty ? "EMPTY RESULT" : "VALUES \(rows.count) rows"
    case .filter(_, let conditions): return "FILTER " + sql.conjunction(conditions)
    case .project(_, let projections):
      return "PROJECT " + projections.map { sql.projection($0) }.joined(separator: ", ")
    case .aggregate(let aggregate): return title(aggregate)
    case .window(_, let calls):
      return "WINDOW " + calls.map { sql.window($0) }.joined(separator: ", ")
    case .join(let join): return title(join)
    case .dependentJoin(let join, _): return "DEPENDENT " + title(join)
    case .sort(_, let items): return "SORT " + sql.order(items)
    case .topN(_, let items, let limit, let offset):
      return "TOP N \(limit)" + (offset > 0 ? " OFFSET \(offset)" : "") + " BY " + sql.order(items)
    case .limit(_, let limit):
      let count = limit.count.map { " " + sql.text($0) + (limit.isPercent ? "%" : "") } ?? ""
      let ties = limit.tieOrder == nil ? "" : " WITH TIES"
      return "LIMIT" + count + ties + (limit.offset.map { " OFFSET " + sql.text($0) } ?? "")
    case .distinct(_, let keys, let order):
      guard let keys else { return "DISTINCT" }
      let suffix = order.isEmpty ? "" : " ORDER BY " + sql.order(order)
      return "DISTINCT ON " + keys.map { sql.text($0) }.joined(separator: ", ") + suffix
    case .setOperation(let operation):
      return operation.kind.rawValue.uppercased() + (operation.isAll ? " ALL" : "")
    case .materialize(let index, _, _): return "MATERIALIZE \(index)"
    case .cteScan(let index, let columns): return "CTE SCAN \(index)" + names(columns)
    case .recursiveCTE(let cte):
      return "RECURSIVE CTE \(cte.index)" + (cte.isUnionAll ? " UNION ALL" : " UNION")
        + (cte.keyColumns == nil ? "" : " USING KEY")
    case .workingTableScan(let index, let columns):
      return "WORKING TABLE SCAN \(index)" + names(columns)
    case .unnest(let unnest):
      return "UNNEST " + unnest.lists.map { sql.projection($0) }.joined(separator: ", ")
    case .sample(_, let sample):
      switch sample.size {
      case .rows(let count): return "SAMPLE \(count) rows (\(sample.method.rawValue))"
      case .percent(let percent): return "SAMPLE \(percent)% (\(sample.method.rawValue))"
      }
    }
  }

  private func names(_ columns: [PlanColumn]) -> String {
    guard columns.count > 24 else {
      return " [" + columns.map { $0.name }.joined(separator: ", ") + "]"
    }
    return " [\(columns.count) columns]"
  }

  private func title(_ scan: TableScan) -> String {
    var text = "SCAN \(scan.table.name)"
    if scan.alias.lowercased() != scan.table.name.lowercased() { text += " AS \(scan.alias)" }
    if scan.changes != nil { text = "CHANGES OF" + text.dropFirst(4) }
    text += names(scan.columns.map { $0.output })
    let conditions = scan.predicates.compactMap { predicate -> String? in
      guard scan.table.columns.indices.contains(predicate.column) else { return nil }
      let column = scan.table.columns[predicate.column]
      return sql.predicate(predicate.condition, column.name, column.type)
    }
    if !conditions.isEmpty { text += " WHERE " + conditions.joined(separator: " AND ") }
    let filters = scan.joinFilters.compactMap { filter -> String? in
      guard scan.table.columns.indices.contains(filter.position) else { return nil }
      return scan.table.columns[filter.position].name
    }
    if !filters.isEmpty { text += " JOIN FILTER ON " + filters.joined(separator: ", ") }
    return text
  }

  private func title(_ aggregate: Aggregate) -> String {
    var text = aggregate.groups.isEmpty ? "AGGREGATE" : "HASH AGGREGATE"
    if !aggregate.groups.isEmpty {
      text += " BY " + aggregate.groups.map { sql.projection($0) }.joined(separator: ", ")
    }
    if let sets = aggregate.groupingSets {
      let shown = sets.prefix(16).map { set in
        "(" + set.map { sql.text(aggregate.groups[$0].expression) }.joined(separator: ", ") + ")"
      }
      text += " SETS (" + shown.joined(separator: ", ") + (sets.count > 16 ? ", …" : "") + ")"
    }
    let calls = aggregate.calls.map { sql.aggregate($0) }
    return calls.isEmpty ? text : text + " COMPUTE " + calls.joined(separator: ", ")
  }

  private func title(_ join: Join) -> String {
    let hasKeys = join.conditions.contains {
      guard case .comparison(let operation, _, _) = $0 else { return false }
      return operation == .equal || operation == .notDistinctFrom
    }
    let kind: String =
      switch join.kind {
      case .rightSemi: "RIGHT SEMI"
      case .rightAnti: "RIGHT ANTI"
      case .asofLeft: "ASOF LEFT"
      default: join.kind.rawValue.uppercased()
      }
    var text: String
    switch join.kind {
    case .cross: text = "CROSS PRODUCT"
    case .positional, .asof, .asofLeft: text = "\(kind) JOIN"
    default:
      text =
        (hasKeys ? "HASH JOIN " : join.hasInequality ? "RANGE JOIN " : "NESTED LOOP JOIN ") + kind
    }
    if join.nullAware { text += " NULL AWARE" }
    if !join.conditions.isEmpty { text += " ON " + sql.conjunction(join.conditions) }
    return text
  }
}
