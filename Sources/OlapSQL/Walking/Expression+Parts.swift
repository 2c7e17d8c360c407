/// What an expression is directly made of.
package enum ExpressionPart {
  case expression(Expression)
  case query(SelectStatement)
}

extension Expression {
  /// Direct operands; subqueries are not entered.
  package var children: [Expression] {
    var result: [Expression] = []
    forEachPart { if case .expression(let child) = $0 { result.append(child) } }
    return result
  }

  /// Calls `body` with every direct operand and subquery, from left to right.
  package func forEachPart(_ body: (ExpressionPart) -> Void) {
    func visit(_ expressions: Expression?...) {
      for case let expression? in expressions { body(.expression(expression)) }
    }
    func visit(all expressions: [Expression]) {
      for expression in expressions { body(.expression(expression)) }
    }
    switch kind {
    case .literal, .column, .parameter, .positional, .defaultValue: break
    case .interval(let value, _): visit(value)
    case .star(let star): for replacement in star.replace { visit(replacement.expression) }
    case .columns(let columns):
      switch columns.selection {
      case .star(let star): for replacement in star.replace { visit(replacement.expression) }
      case .lambda(_, let lambda): visit(lambda)
      case .regex, .names: break
      }
    case .unary(_, let operand), .postfix(_, let operand), .isNull(let operand, _),
      .isBoolean(let operand, _, _), .cast(let operand, _, _), .collate(let operand, _),
      .field(let operand, _), .lambda(_, let operand):
      visit(operand)
    case .binary(_, let left, let right), .isDistinct(let left, let right, _),
      .inCollection(let left, let right, _), .element(let left, let right):
      visit(left, right)
    case .conjunction(let operands), .disjunction(let operands), .concatenation(let operands),
      .row(let operands), .list(let operands):
      visit(all: operands)
    case .between(let operand, let lower, let upper, _, _): visit(operand, lower, upper)
    case .inList(let operand, let items, _):
      visit(operand)
      visit(all: items)
    case .inSubquery(let operand, let query, _):
      visit(operand)
      body(.query(query))
    case .pattern(let operand, _, let pattern, let escape, _): visit(operand, pattern, escape)
    case .quantified(let operand, _, _, .subquery(let query)):
      visit(operand)
      body(.query(query))
    case .quantified(let operand, _, _, .collection(let collection)): visit(operand, collection)
    case .exists(let query), .subquery(let query), .arraySubquery(let query): body(.query(query))
    case .caseWhen(let operand, let branches, let otherwise):
      visit(operand)
      for branch in branches { visit(branch.condition, branch.result) }
      visit(otherwise)
    case .function(let call): call.forEachExpression { visit($0) }
    case .structure(let entries): for entry in entries { visit(entry.value) }
    case .map(let entries): for entry in entries { visit(entry.key, entry.value) }
    case .listComprehension(let comprehension):
      visit(comprehension.source, comprehension.body, comprehension.condition)
    case .slice(let operand, let lower, let upper, let step): visit(operand, lower, upper, step)
    }
  }
}

extension FunctionCall {
  /// Arguments, orders, filter and window.
  package func forEachExpression(_ body: (Expression) -> Void) {
    for argument in arguments { body(argument.value) }
    for item in orderBy { body(item.expression) }
    for item in withinGroup { body(item.expression) }
    if let filter { body(filter) }
    if case .inline(let window) = over { window.forEachExpression(body) }
  }
}

extension WindowSpecification {
  /// Partitions, orders and frame bounds.
  package func forEachExpression(_ body: (Expression) -> Void) {
    for expression in partitionBy { body(expression) }
    for item in orderBy { body(item.expression) }
    for bound in [frame?.start, frame?.end] {
      switch bound {
      case .preceding(let offset), .following(let offset): body(offset)
      default: break
      }
    }
  }
}
