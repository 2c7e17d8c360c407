internal import OlapColumns
internal import OlapFunctions

extension LogicalPlan {
  /// The plan as an indented tree, one node a line: for traces and tests.
  package var treeDescription: String {
    var lines: [String] = []
    var pending: [(LogicalPlan, Int)] = [(self, 0)]
    while let (node, depth) = pending.popLast() {
      lines.append(String(repeating: "  ", count: depth) + node.nodeDescription)
      for child in node.children.reversed() { pending.append((child, depth + 1)) }
    }
    return lines.joined(separator: "\n")
  }

  /// The node alone, on one line.
  package var nodeDescription: String {
    switch self {
    case .scan(let scan): return scan.description
    case .tableFunction(let scan): return "TABLE FUNCTION \(scan.name)" + list(columns)
    case .values(let rows, _): return "VALUES \(rows.count) rows" + list(columns)
    case .filter(_, let conditions): return "FILTER " + conditions.text(separator: " AND ")
    case .project(_, let projections): return "PROJECT " + projections.text
    case .aggregate(let aggregate): return aggregate.description
    case .window(_, let calls):
      return "WINDOW " + calls.map { $0.description }.joined(separator: ", ")
    case .join(let join): return join.description
    case .dependentJoin(let join, _): return "DEPENDENT " + join.description
    case .sort(_, let items): return "SORT " + items.text
    case .topN(_, let items, let limit, let offset):
      return "TOP \(limit)" + (offset == 0 ? "" : " OFFSET \(offset)") + " BY " + items.text
    case .limit(_, let limit):
      let count = limit.count.map { " \($0.text)" } ?? ""
      let offset = limit.offset.map { " OFFSET \($0.text)" } ?? ""
      return "LIMIT" + count + (limit.isPercent ? "%" : "") + offset
    case .distinct(_, let keys, _):
      return "DISTINCT" + (keys.map { " ON " + $0.text(separator: ", ") } ?? "")
    case .setOperation(let operation):
      let all = operation.isAll ? " ALL" : ""
      return operation.kind.rawValue.uppercased() + all + list(operation.columns)
    case .materialize(let index, _, _): return "MATERIALIZE \(index)"
    case .cteScan(let index, let columns): return "CTE SCAN \(index)" + list(columns)
    case .recursiveCTE(let cte): return "RECURSIVE \(cte.index)" + list(cte.columns)
    case .workingTableScan(let index, let columns):
      return "WORKING TABLE \(index)" + list(columns)
    case .unnest(let unnest): return "UNNEST " + unnest.lists.text
    case .sample: return "SAMPLE"
    }
  }

  private func list(_ columns: [PlanColumn]) -> String {
    " [" + columns.map { $0.text }.joined(separator: ", ") + "]"
  }
}

extension TableScan {
  fileprivate var description: String {
    var text = "SCAN \(table.name)"
    text += " [" + columns.map { $0.output.text }.joined(separator: ", ") + "]"
    for predicate in predicates {
      let name =
        table.columns.indices.contains(predicate.column)
        ? table.columns[predicate.column].name : "#\(predicate.column)"
      text += " {" + predicate.condition.text(column: name) + "}"
    }
    for filter in joinFilters { text += " {filter \(filter.filter)}" }
    return text
  }
}

extension ScanPredicate.Condition {
  fileprivate func text(column: String) -> String {
    switch self {
    case .compare(let comparison, let value): "\(column) \(comparison.symbol) \(value.text)"
    case .isIn(let values):
      "\(column) IN (" + values.map { $0.text }.joined(separator: ", ") + ")"
    case .isNull: "\(column) IS NULL"
    case .isNotNull: "\(column) IS NOT NULL"
    case .runtime: "\(column) runtime"
    }
  }
}

extension Join {
  fileprivate var description: String {
    var text = kind.rawValue.uppercased() + " JOIN"
    if nullAware { text += " (null-aware)" }
    if !conditions.isEmpty { text += " ON " + conditions.text(separator: " AND ") }
    if let mark { text += " -> " + mark.text }
    for filter in publishedFilters { text += " {publish \(filter.filter)}" }
    return text
  }
}

extension Aggregate {
  fileprivate var description: String {
    var text = "AGGREGATE"
    if !groups.isEmpty { text += " BY " + groups.text }
    if let groupingSets { text += " SETS \(groupingSets)" }
    if !calls.isEmpty { text += ": " + calls.map { $0.description }.joined(separator: ", ") }
    return text
  }
}

extension BoundAggregateCall {
  fileprivate var description: String {
    let distinct = isDistinct ? "DISTINCT " : ""
    let filterText = filter.map { " FILTER " + $0.text } ?? ""
    return "\(function.name)(\(distinct)\(arguments.text(separator: ", ")))\(filterText) AS "
      + output.text
  }
}

extension BoundWindowCall {
  fileprivate var description: String {
    let name: String =
      switch function {
      case .aggregate(let function, _): function.name
      case .window(let function): function.rawValue
      }
    let partition =
      partitionBy.isEmpty ? "" : "PARTITION BY " + partitionBy.text(separator: ", ") + " "
    return "\(name)(\(arguments.text(separator: ", "))) OVER (\(partition)"
      + (orderBy.isEmpty ? "" : "ORDER BY " + orderBy.text) + ") AS " + output.text
  }
}

extension PlanColumn {
  fileprivate var text: String { "\(name)#\(id.raw)" }
}

extension [Projection] {
  fileprivate var text: String {
    map { $0.isPassThrough ? $0.output.text : "\($0.expression.text) AS \($0.output.text)" }
      .joined(separator: ", ")
  }
}

extension [SortItem] {
  fileprivate var text: String {
    map { $0.expression.text + ($0.descending ? " DESC" : "") }.joined(separator: ", ")
  }
}

extension [BoundExpression] {
  fileprivate func text(separator: String) -> String {
    map { $0.text }.joined(separator: separator)
  }
}

extension Value {
  /// Short text of a constant for plan descriptions.
  fileprivate var text: String {
    switch self {
    case .null: "NULL"
    case .boolean(let value): value ? "TRUE" : "FALSE"
    case .integer(let value): "\(value)"
    case .hugeint(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .real(let value): "\(value)"
    case .double(let value): "\(value)"
    case .decimal(let value, let scale): "\(value)e-\(scale)"
    case .varchar(let value): "'\(value)'"
    case .date(let value): "date(\(value))"
    case .time(let value): "time(\(value))"
    case .timestamp(let value), .timestampTZ(let value): "timestamp(\(value))"
    case .blob, .interval, .list, .structure, .map: "\(self)"
    }
  }
}

extension BoundExpression {
  /// The expression in a compact SQL-like notation with column ids.
  package var text: String {
    switch self {
    case .column(let id, _): return "#\(id.raw)"
    case .constant(let value, _): return value.text
    case .parameter(let position, _): return "$\(position + 1)"
    case .call(let call): return "\(call.function.name)(\(call.arguments.text(separator: ", ")))"
    case .comparison(let comparison, let left, let right):
      return "\(left.text) \(comparison.symbol) \(right.text)"
    case .and(let items): return "(" + items.text(separator: " AND ") + ")"
    case .or(let items): return "(" + items.text(separator: " OR ") + ")"
    case .not(let operand): return "NOT " + operand.text
    case .isNull(let operand, let negated):
      return operand.text + (negated ? " IS NOT NULL" : " IS NULL")
    case .cast(let operand, let type, let isTry):
      return (isTry ? "TRY_CAST(" : "CAST(") + operand.text + " AS \(type))"
    case .caseWhen(let branches, let otherwise, _):
      let arms = branches.map { "WHEN \($0.condition.text) THEN \($0.result.text)" }
      return "CASE " + arms.joined(separator: " ") + " ELSE " + otherwise.text + " END"
    case .inList(let value, let items, let negated):
      return value.text + (negated ? " NOT IN (" : " IN (") + items.text(separator: ", ") + ")"
    case .lambdaCall(let call): return "list_\(call.kind.rawValue)(\(call.list.text))"
    case .subquery(let subquery): return "subquery \(subquery.identity)"
    case .coalesce(let items, _): return "coalesce(" + items.text(separator: ", ") + ")"
    }
  }
}
