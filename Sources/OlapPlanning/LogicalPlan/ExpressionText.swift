internal import OlapColumns
internal import OlapFunctions

/// Bound expressions as SQL text with column names, for EXPLAIN and messages.
struct ExpressionText {
  let names: [ColumnID: String]
  private static let itemsMax = 20
  private static let depthMax = 200

  func conjunction(_ conditions: [BoundExpression]) -> String {
    conditions.map { text($0, 1) }.joined(separator: " AND ")
  }

  func projection(_ projection: Projection) -> String {
    let label = projection.output.name
    if projection.isPassThrough {
      let name = names[projection.output.id] ?? label
      return name == label || name.hasSuffix("." + label) ? name : "\(name) AS \(label)"
    }
    let shown = text(projection.expression)
    return shown == projection.output.name ? shown : "\(shown) AS \(projection.output.name)"
  }

  func order(_ items: [SortItem]) -> String {
    items.map {
      text($0.expression) + ($0.descending ? " DESC" : "") + ($0.nullsFirst ? " NULLS FIRST" : "")
    }.joined(separator: ", ")
  }

  func text(_ expression: BoundExpression) -> String { text(expression, 0) }

  /// `level` > 0 asks for parentheses around what binds weaker than a comparison's operand.
  private func text(_ expression: BoundExpression, _ level: Int) -> String {
    guard level < ExpressionText.depthMax else { return "…" }
    switch expression {
    case .column(let id, _): return names[id] ?? "#\(id.raw)"
    case .constant(let value, let type): return constant(value, type)
    case .parameter(let position, _): return "$\(position + 1)"
    case .call(let call): return self.call(call, level)
    case .comparison(let operation, let left, let right):
      return wrapped(
        "\(text(left, level + 2)) \(operation.symbol) \(text(right, level + 2))", level > 1)
    case .and(let items): return wrapped(list(items, " AND ", level + 1), level > 0)
    case .or(let items): return wrapped(list(items, " OR ", level + 1), level > 0)
    case .not(let operand): return "NOT (" + text(operand, 0) + ")"
    case .isNull(let operand, let negated):
      return wrapped("\(text(operand, level + 2)) IS \(negated ? "NOT " : "")NULL", level > 1)
    case .cast(let operand, let type, let isTry):
      return "\(isTry ? "TRY_CAST" : "CAST")(\(text(operand, 0)) AS \(type))"
    case .caseWhen(let branches, let otherwise, _):
      let arms = branches.map { "WHEN \(text($0.condition, 0)) THEN \(text($0.result, 0))" }
      return "CASE " + arms.joined(separator: " ") + " ELSE \(text(otherwise, 0)) END"
    case .inList(let value, let items, let negated):
      return wrapped(
        text(value, level + 2) + (negated ? " NOT IN (" : " IN (") + list(items, ", ", 0) + ")",
        level > 1)
    case .lambdaCall(let call):
      let parameters = call.parameters.map { $0.name }.joined(separator: ", ")
      return "list_\(call.kind.rawValue)(\(text(call.list, 0)), "
        + "lambda \(parameters): \(text(call.body, 0)))"
    case .subquery(let subquery): return self.subquery(subquery)
    case .coalesce(let items, _): return "coalesce(" + list(items, ", ", 0) + ")"
    }
  }

  private func wrapped(_ text: String, _ isWrapped: Bool) -> String {
    isWrapped ? "(\(text))" : text
  }

  private func list(_ items: [BoundExpression], _ separator: String, _ level: Int) -> String {
    var shown = items.prefix(ExpressionText.itemsMax).map { text($0, level) }
    if items.count > shown.count { shown.append("… \(items.count - shown.count) more") }
    return shown.joined(separator: separator)
  }

  private func call(_ call: BoundCall, _ level: Int) -> String {
    let name = call.function.name
    let isOperator = !(name.utf8.first.map { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a } ?? true)
    if isOperator && call.arguments.count == 2 {
      let symbol = ExpressionText.operators[name] ?? name
      return wrapped(
        "\(text(call.arguments[0], level + 2)) \(symbol) \(text(call.arguments[1], level + 2))",
        level > 0)
    }
    if isOperator && call.arguments.count == 1 {
      return "\(name)\(text(call.arguments[0], level + 2))"
    }
    return "\(name)(\(list(call.arguments, ", ", 0)))"
  }

  private static let operators: [String: String] = [
    "~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE", "~~~": "GLOB",
  ]

  private func subquery(_ subquery: BoundSubquery) -> String {
    switch subquery.kind {
    case .scalar: return "(SUBQUERY)"
    case .exists(let negated): return negated ? "NOT EXISTS(SUBQUERY)" : "EXISTS(SUBQUERY)"
    case .any(let operand, let operation, let negated):
      let shown = list(operand, ", ", 0)
      if operation == .equal { return "(\(shown)) \(negated ? "NOT " : "")IN (SUBQUERY)" }
      return "(\(shown)) \(operation.symbol) ANY(SUBQUERY)"
    case .all(let operand, let operation):
      return "(\(list(operand, ", ", 0))) \(operation.symbol) ALL(SUBQUERY)"
    case .array: return "ARRAY(SUBQUERY)"
    }
  }

  func aggregate(_ call: BoundAggregateCall) -> String {
    let arguments = call.arguments.isEmpty ? "*" : list(call.arguments, ", ", 0)
    var shown = "\(call.function.name)(\(call.isDistinct ? "DISTINCT " : "")\(arguments)"
    if !call.orderBy.isEmpty { shown += " ORDER BY " + order(call.orderBy) }
    shown += ")"
    if let filter = call.filter { shown += " FILTER (WHERE \(text(filter)))" }
    return shown
  }

  func window(_ call: BoundWindowCall) -> String {
    let name: String =
      switch call.function {
      case .aggregate(let function, _): function.name
      case .window(let function): ExpressionText.snakeCase(function.rawValue)
      }
    var parts: [String] = []
    if !call.partitionBy.isEmpty {
      parts.append("PARTITION BY " + list(call.partitionBy, ", ", 0))
    }
    if !call.orderBy.isEmpty { parts.append("ORDER BY " + order(call.orderBy)) }
    let arguments = list(call.arguments, ", ", 0)
    return "\(name)(\(call.isDistinct ? "DISTINCT " : "")\(arguments)) OVER ("
      + parts.joined(separator: " ") + ")"
  }

  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, character in
      text += character.isUppercase ? "_" + character.lowercased() : String(character)
    }
  }

  func predicate(_ condition: ScanPredicate.Condition, _ column: String, _ type: SQLType)
    -> String?
  {
    switch condition {
    case .compare(let operation, let value):
      return "\(column) \(operation.symbol) \(constant(value, type))"
    case .isIn(let values):
      var shown = values.prefix(ExpressionText.itemsMax).map { constant($0, type) }
      if values.count > shown.count { shown.append("… \(values.count - shown.count) more") }
      return "\(column) IN (" + shown.joined(separator: ", ") + ")"
    case .isNull: return "\(column) IS NULL"
    case .isNotNull: return "\(column) IS NOT NULL"
    case .runtime: return nil
    }
  }

  /// A constant as a literal.
  private func constant(_ value: Value, _ type: SQLType) -> String {
    switch value {
    case .null: return "NULL"
    case .boolean(let value): return value ? "true" : "false"
    case .varchar(let text):
      let shown = text.count > 60 ? String(text.prefix(60)) + "…" : text
      return "'"
        + shown.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "''") + "'"
    default:
      let vector = Vector.constant(value, type: type, count: 1)
      let text = try? Cast.cast(vector, to: .varchar, isTry: false, timeZoneName: "UTC")
      guard case .varchar(let shown)? = text?.value(at: 0) else { return "\(value)" }
      return type.isNumeric ? shown : "'\(shown)'"
    }
  }
}
