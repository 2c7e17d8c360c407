internal import OlapColumns
package import OlapPlanning

extension Lowering {
  func lowerProject(
    _ input: LogicalPlan, _ projections: [Projection], needing: Set<ColumnID>?
  ) throws -> Flow {
    let live = projections.filter { needing?.contains($0.output.id) ?? true }
    let used = live.reduce(into: Set<ColumnID>()) { $1.expression.collectColumns(into: &$0) }
    var flow = try lower(input, needing: used)
    try appendProject(&flow, live)
    return flow
  }

  /// Adds a projection whose output is exactly `projections`.
  package func appendProject(_ flow: inout Flow, _ projections: [Projection]) throws {
    let columns = projections.map { $0.output }
    let layout = flow.layout
    var positions: [Int] = []
    for projection in projections {
      guard case .column(let id, _) = projection.expression else { break }
      positions.append(try layout.position(of: id))
    }
    if positions.count == projections.count {
      if positions == Array(flow.columns.indices) {
        // The same vectors under new ids.
        flow.columns = columns
        return
      }
      let profile = OperatorProfile(name: "Project")
      flow.append(ArrangeOperator(positions: positions, profile: profile), columns: columns)
      return
    }
    let expressions = try ExpressionSet(
      projections.map { $0.expression }, layout: layout, context: context)
    let profile = OperatorProfile(
      name: "Project", detail: columns.map { $0.name }.joined(separator: ", "))
    flow.append(ProjectOperator(expressions, profile: profile), columns: columns)
  }
}

/// Computes expressions over each chunk.
final class ProjectOperator: StreamingOperator {
  private let expressions: ExpressionSet
  let profile: OperatorProfile
  init(_ expressions: ExpressionSet, profile: OperatorProfile) {
    self.expressions = expressions
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any OperatorState {
    State(expressions, context)
  }

  private final class State: OperatorState {
    private let expressions: ExpressionSet
    private let context: ExecutionContext
    init(_ expressions: ExpressionSet, _ context: ExecutionContext) {
      self.expressions = expressions
      self.context = context
    }
    func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
      let columns = try expressions.evaluate(chunk, context.evaluation)
      try output(Chunk(columns: columns, count: chunk.count))
    }
  }
}
