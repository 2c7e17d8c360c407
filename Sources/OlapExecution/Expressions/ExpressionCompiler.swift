internal import OlapColumns
internal import OlapFunctions
package import OlapPlanning

/// Compiles bound expressions against the columns of a flow.
package struct ExpressionCompiler {
  package let layout: ColumnLayout
  private let context: ExecutionContext
  private let maximumDepth = 2_000

  package init(_ layout: ColumnLayout, _ context: ExecutionContext) {
    self.layout = layout
    self.context = context
  }

  /// A node that evaluates `expression`; constant calls are folded.
  package func compile(_ expression: BoundExpression) throws -> any ExpressionNode {
    try compile(expression, layout, depth: 0)
  }

  private func compile(
    _ expression: BoundExpression, _ layout: ColumnLayout, depth: Int
  ) throws -> any ExpressionNode {
    if depth > maximumDepth {
      throw ComputeError(
        .invalidArgument, "the expression is nested too deeply (more than \(maximumDepth) levels)")
    }
    func inner(_ e: BoundExpression) throws -> any ExpressionNode {
      try compile(e, layout, depth: depth + 1)
    }
    switch expression {
    case .column(let id, let type):
      return ColumnNode(position: try layout.position(of: id), type: type)
    case .constant(let value, let type): return ConstantNode(value, type: type)
    case .parameter(let index, let type):
      guard index < context.parameters.count else {
        throw ComputeError(
          .invalidArgument, "parameter $\(index + 1) has no value; pass one to EXECUTE")
      }
      return ConstantNode(context.parameters[index], type: type)
    case .call(let call): return try compileCall(call, try call.arguments.map(inner))
    case .comparison(let comparison, let left, let right):
      return try folded(ComparisonNode(comparison, try inner(left), try inner(right)))
    case .and(let operands):
      return try folded(JunctionNode(try operands.map(inner), isAnd: true))
    case .or(let operands):
      return try folded(JunctionNode(try operands.map(inner), isAnd: false))
    case .not(let operand): return try folded(NotNode(try inner(operand)))
    case .isNull(let operand, let negated):
      return try folded(IsNullNode(try inner(operand), negated: negated))
    case .cast(let operand, let type, let isTry):
      return try folded(CastNode(try inner(operand), to: type, isTry: isTry))
    case .caseWhen(let branches, let otherwise, let type):
      return CaseNode(
        branches: try branches.map { (try inner($0.condition), try inner($0.result)) },
        otherwise: try inner(otherwise), type: type)
    case .inList(let operand, let items, let negated):
      return InListNode(try inner(operand), try items.map(inner), negated: negated)
    case .coalesce(let operands, let type):
      return CoalesceNode(try operands.map(inner), type: type)
    case .lambdaCall(let call): return try compileLambda(call, layout, depth: depth)
    case .subquery:
      throw ComputeError(
        .invalidArgument, "internal error: a subquery was left in an expression to execute")
    }
  }

  private func compileCall(
    _ call: BoundCall, _ arguments: [any ExpressionNode]
  ) throws -> any ExpressionNode {
    let isVolatile = call.function.stability == .volatile
    let node = CallNode(
      name: call.function.name, kernel: call.bound.kernel, arguments: arguments,
      type: call.bound.returnType, isVolatile: isVolatile, handlesNull: call.function.handlesNull)
    return isVolatile ? node : try folded(node)
  }

  private func compileLambda(
    _ call: BoundLambdaCall, _ layout: ColumnLayout, depth: Int
  ) throws -> any ExpressionNode {
    let inner = ColumnLayout(layout.columns + call.parameters)
    let kind: LambdaNode.Kind =
      switch call.kind {
      case .transform: .transform
      case .filter: .filter
      case .reduce: .reduce
      }
    return LambdaNode(
      kind: kind, list: try compile(call.list, layout, depth: depth + 1),
      initial: try call.initial.map { try compile($0, layout, depth: depth + 1) },
      body: try compile(call.body, inner, depth: depth + 1), outerWidth: layout.columns.count,
      parameterTypes: call.parameters.map { $0.type }, type: call.type)
  }

  /// A node without columns and without volatile parts becomes a constant. One that fails stays as it
  /// is: its error belongs to the rows it would run on, and there may be none.
  private func folded(_ node: any ExpressionNode) throws -> any ExpressionNode {
    guard node.columns.isEmpty, !node.type.isNested, isFoldable(node) else { return node }
    guard let vector = try? node.evaluate(Chunk(columns: [], count: 1), context.evaluation)
    else { return node }
    return ConstantNode(vector.value(at: 0), type: node.type)
  }

  /// Only nodes whose operands have become constants fold, so volatile calls never do.
  private func isFoldable(_ node: any ExpressionNode) -> Bool {
    (node as? any FoldableNode)?.operandsAreConstant ?? false
  }
}

/// A node that folds when its operands are constants.
protocol FoldableNode: ExpressionNode {
  var operandsAreConstant: Bool { get }
}
