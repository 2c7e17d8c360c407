internal import OlapColumns
internal import OlapSQL

extension StatementBinding {
  /// The name of an output column without an alias, as DuckDB spells it.
  func outputName(of expression: Expression) -> String {
    switch expression.kind {
    case .column(let parts): return parts[parts.count - 1].text
    case .field(_, let name): return name.text
    default: return OutputName.text(expression, depth: 0)
    }
  }

  func outputName(of call: FunctionCall) -> String {
    OutputName.text(Expression(.function(call)), depth: 0)
  }

  /// The value of an expression without columns, computed now.
  func constantValue(_ expression: BoundExpression, _ range: SourceRange) throws -> Value {
    // CASE and its kin leave out what does not count, which may fail.
    let simple = ExpressionSimplification(evaluation: context.evaluation).simplify(expression)
    if case .constant(let value, _) = simple { return value }
    let folding = ConstantFolding(evaluation: context.evaluation)
    let folded = try expression.rewrittenUp { node in
      if case .inList(let subject, let items, let negated) = node,
        let known = constantMembership(subject, items, negated)
      {
        return known
      }
      guard case .cast(.constant(let value, let source), let target, let isTry) = node else {
        return folding.fold(node)
      }
      let vector = Vector.constant(value, type: source, count: 1)
      do {
        let result = try Cast.cast(
          vector, to: target, isTry: isTry, timeZoneName: context.evaluation.timeZoneName)
        return .constant(result.value(at: 0), target)
      } catch {
        throw placed(error, range)
      }
    }
    guard case .constant(let value, _) = folded else {
      throw error("a constant is needed here", range)
    }
    return value
  }

  /// `x IN (…)` of constants of one type; nil when something is not constant.
  private func constantMembership(
    _ subject: BoundExpression, _ items: [BoundExpression], _ negated: Bool
  ) -> BoundExpression? {
    guard case .constant(let value, _) = subject else { return nil }
    var values: [Value] = []
    for item in items {
      guard case .constant(let other, _) = item else { return nil }
      values.append(other)
    }
    if value.isNull { return .constant(.null, .boolean) }
    if values.contains(value) { return .constant(.boolean(!negated), .boolean) }
    return .constant(values.contains(.null) ? .null : .boolean(negated), .boolean)
  }
}

/// Text of expressions for column names.
enum OutputName {
  private static let depthMax = 40
  /// Longest name of a subquery or a list comprehension.
  private static let lengthMax = 200

  static func text(_ expression: Expression, depth: Int) -> String {
    guard depth < depthMax else { return "…" }
    func show(_ operand: Expression) -> String { text(operand, depth: depth + 1) }
    func list(_ items: [Expression]) -> String { items.map(show).joined(separator: ", ") }
    switch expression.kind {
    case .literal(let literal): return self.literal(literal)
    case .column(let parts): return parts.map { $0.text }.joined(separator: ".")
    case .parameter(.number(let number)): return "$\(number)"
    case .parameter(.name(let name)): return "$\(name)"
    case .positional(let position): return "#\(position)"
    case .unary(.not, let operand): return "(NOT \(show(operand)))"
    case .unary(let operation, let operand): return "\(operation.rawValue)\(show(operand))"
    case .binary(let operation, let left, let right):
      return "(\(show(left)) \(operation.rawValue == "<>" ? "!=" : operation.rawValue) "
        + "\(show(right)))"
    case .conjunction(let items): return "(" + items.map(show).joined(separator: " AND ") + ")"
    case .disjunction(let items): return "(" + items.map(show).joined(separator: " OR ") + ")"
    case .concatenation(let items): return "(" + items.map(show).joined(separator: " || ") + ")"
    case .isNull(let operand, let negated):
      return "(\(show(operand)) IS \(negated ? "NOT " : "")NULL)"
    case .between(let operand, let lower, let upper, _, let negated):
      return "(\(show(operand)) \(negated ? "NOT " : "")BETWEEN \(show(lower)) AND \(show(upper)))"
    case .inList(let operand, let items, let negated):
      return "(\(show(operand)) \(negated ? "NOT " : "")IN (\(list(Array(items.prefix(20))))))"
    case .pattern(let operand, let kind, let pattern, _, let negated):
      return "(\(show(operand)) \(negated ? "NOT " : "")\(keyword(kind)) \(show(pattern)))"
    case .cast(let operand, let type, let isTry):
      return "\(isTry ? "TRY_CAST" : "CAST")(\(show(operand)) AS \(self.type(type)))"
    case .caseWhen(let operand, let branches, let otherwise):
      let start = operand.map { " \(show($0))" } ?? ""
      let middle = branches.prefix(20).map {
        " WHEN (\(show($0.condition))) THEN (\(show($0.result)))"
      }.joined()
      return "CASE\(start)\(middle)" + (otherwise.map { " ELSE \(show($0))" } ?? "") + " END"
    case .function(let call): return self.call(call, show)
    case .row(let items): return "row(\(list(items)))"
    case .list(let items): return "[\(list(items))]"
    case .element(let base, let index): return "\(show(base))[\(show(index))]"
    case .field(let base, let name): return "\(show(base)).\(name.text)"
    case .lambda(let parameters, let body):
      return "(lambda \(parameters.map(\.text).joined(separator: ", ")): \(show(body)))"
    case .interval(let value, let unit):
      return "INTERVAL \(show(value))" + (unit.map { " \($0.rawValue)" } ?? "")
    case .collate(let operand, let name): return "\(show(operand)) COLLATE \(name.text)"
    default: return shortened(expression.sql)
    }
  }

  private static func shortened(_ text: String) -> String {
    text.utf8.count <= lengthMax ? text : text.prefix(lengthMax) + "…"
  }

  private static func literal(_ literal: Literal) -> String {
    switch literal {
    case .null: "NULL"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let text), .decimal(let text), .double(let text): text
    case .string(let text): "'\(text)'"
    case .blob: "blob"
    }
  }

  private static func call(_ call: FunctionCall, _ show: (Expression) -> String) -> String {
    let name = call.name.base.text.lowercased()
    if name == "count" && (call.isStar || call.arguments.isEmpty) {
      return "count_star()" + over(call)
    }
    let items = call.arguments.map { argument in
      (argument.name.map { "\($0.text) := " } ?? "") + show(argument.value)
    }
    let order =
      call.orderBy.isEmpty
      ? "" : " ORDER BY " + orderItems(call.orderBy)
    let arguments = items.joined(separator: ", ")
    let filter = call.filter.map { " FILTER (WHERE \(show($0)))" } ?? ""
    return "\(name)(\(call.isDistinct ? "DISTINCT " : "")\(arguments)\(order))\(filter)"
      + over(call)
  }

  private static func orderItems(_ items: [OrderByItem]) -> String {
    items.map { item in
      text(item.expression, depth: 1) + (item.direction == .descending ? " DESC" : "")
    }.joined(separator: ", ")
  }

  private static func over(_ call: FunctionCall) -> String {
    switch call.over {
    case nil: return ""
    case .named(let name): return " OVER \(name.text)"
    case .inline(let window):
      var parts: [String] = []
      if !window.partitionBy.isEmpty {
        parts.append(
          "PARTITION BY "
            + window.partitionBy.map { text($0, depth: 1) }.joined(separator: ", "))
      }
      if !window.orderBy.isEmpty {
        parts.append("ORDER BY " + orderItems(window.orderBy))
      }
      return " OVER (\(parts.joined(separator: " ")))"
    }
  }

  private static func keyword(_ kind: PatternKind) -> String {
    switch kind {
    case .like: "LIKE"
    case .ilike: "ILIKE"
    case .glob: "GLOB"
    case .similarTo: "SIMILAR TO"
    case .regex: "~"
    case .regexIgnoringCase: "~*"
    }
  }

  /// A type as written.
  static func type(_ type: TypeName) -> String {
    switch type.kind {
    case .named(let name, let arguments):
      let known = SQLType.parse(name: name.text, arguments: arguments)
      if let known { return known.description }
      return arguments.isEmpty
        ? name.text : "\(name.text)(\(arguments.map { "\($0)" }.joined(separator: ",")))"
    case .list(let element): return self.type(element) + "[]"
    case .array(let element, let count): return self.type(element) + "[\(count)]"
    case .structure(let fields):
      return "STRUCT("
        + fields.map { "\($0.name.text) \(self.type($0.type))" }
        .joined(separator: ", ") + ")"
    case .map(let key, let value): return "MAP(\(self.type(key)), \(self.type(value)))"
    case .union: return "UNION"
    case .enumeration: return "ENUM"
    }
  }
}
