package import OlapColumns
package import OlapFunctions
package import OlapPlanning

/// Several expressions over the same chunk; subexpressions that occur more than once are computed once.
///
/// Only subexpressions that every row evaluates anyway are shared (none inside CASE, COALESCE or the
/// later operands of AND and OR), so sharing never raises an error that would not occur.
package final class ExpressionSet: Sendable {
  package let types: [SQLType]
  /// Evaluated first, in order, each appended to the chunk as one more column.
  private let shared: [any ExpressionNode]
  private let roots: [any ExpressionNode]

  package init(
    _ expressions: [BoundExpression], layout: ColumnLayout, context: ExecutionContext
  ) throws {
    types = expressions.map { $0.type }
    var counts: [BoundExpression: Int] = [:]
    for expression in expressions { ExpressionSet.count(expression, into: &counts) }
    let repeated = counts.filter { $0.value > 1 }
    if repeated.isEmpty {
      shared = []
      let compiler = ExpressionCompiler(layout, context)
      roots = try expressions.map { try compiler.compile($0) }
      return
    }
    var replaced: [BoundExpression: BoundExpression] = [:]
    var columns = layout.columns
    var nodes: [any ExpressionNode] = []
    // Fresh ids below every real one: plan ids are not negative.
    var nextID = -1
    func share(_ expression: BoundExpression) throws -> BoundExpression {
      if let known = replaced[expression] { return known }
      let rebuilt = try ExpressionSet.mapChildren(expression, share)
      guard repeated[expression] != nil else { return rebuilt }
      nodes.append(try ExpressionCompiler(ColumnLayout(columns), context).compile(rebuilt))
      let column = PlanColumn(id: ColumnID(nextID), name: "", type: expression.type)
      nextID -= 1
      columns.append(column)
      let reference = BoundExpression.column(column.id, column.type)
      replaced[expression] = reference
      return reference
    }
    let rewritten = try expressions.map { try share($0) }
    let compiler = ExpressionCompiler(ColumnLayout(columns), context)
    shared = nodes
    roots = try rewritten.map { try compiler.compile($0) }
  }

  package var count: Int { roots.count }

  /// Values of all expressions, one vector each.
  package func evaluate(_ chunk: Chunk, _ context: EvaluationContext) throws -> [Vector] {
    var extended = chunk
    for node in shared { extended.columns.append(try node.evaluate(extended, context)) }
    var result: [Vector] = []
    result.reserveCapacity(roots.count)
    for root in roots { result.append(try root.evaluate(extended, context)) }
    return result
  }

  /// Counts subexpressions worth sharing; an occurrence inside an already counted one counts once.
  private static func count(
    _ expression: BoundExpression, into counts: inout [BoundExpression: Int]
  ) {
    switch expression {
    case .column, .constant, .parameter, .subquery: return
    case .call(let call) where call.function.stability == .volatile:
      for argument in call.arguments { count(argument, into: &counts) }
      return
    default: break
    }
    counts[expression, default: 0] += 1
    if counts[expression] == 1 {
      for child in eagerChildren(expression) { count(child, into: &counts) }
    }
  }

  /// Operands that are evaluated on every row.
  private static func eagerChildren(_ expression: BoundExpression) -> [BoundExpression] {
    switch expression {
    case .call(let call): call.arguments
    case .comparison(_, let left, let right): [left, right]
    case .and(let operands), .or(let operands), .coalesce(let operands, _):
      operands.first.map { [$0] } ?? []
    case .not(let operand), .isNull(let operand, _), .cast(let operand, _, _): [operand]
    case .caseWhen(let branches, _, _): branches.first.map { [$0.condition] } ?? []
    case .inList(let operand, _, _): [operand]
    case .lambdaCall(let call): [call.list]
    case .column, .constant, .parameter, .subquery: []
    }
  }

  /// The expression with its eager operands replaced.
  private static func mapChildren(
    _ expression: BoundExpression, _ body: (BoundExpression) throws -> BoundExpression
  ) throws -> BoundExpression {
    switch expression {
    case .call(var call):
      call.arguments = try call.arguments.map(body)
      return .call(call)
    case .comparison(let comparison, let left, let right):
      return .comparison(comparison, try body(left), try body(right))
    case .and(var operands):
      if let first = operands.first { operands[0] = try body(first) }
      return .and(operands)
    case .or(var operands):
      if let first = operands.first { operands[0] = try body(first) }
      return .or(operands)
    case .coalesce(var operands, let type):
      if let first = operands.first { operands[0] = try body(first) }
      return .coalesce(operands, type: type)
    case .not(let operand): return .not(try body(operand))
    case .isNull(let operand, let negated): return .isNull(try body(operand), negated: negated)
    case .cast(let operand, let type, let isTry):
      return .cast(try body(operand), to: type, isTry: isTry)
    case .caseWhen(var branches, let otherwise, let type):
      if let first = branches.first { branches[0].condition = try body(first.condition) }
      return .caseWhen(branches: branches, otherwise: otherwise, type: type)
    case .inList(let operand, let items, let negated):
      return .inList(try body(operand), items, negated: negated)
    case .lambdaCall(var call):
      call.list = try body(call.list)
      return .lambdaCall(call)
    case .column, .constant, .parameter, .subquery: return expression
    }
  }
}
