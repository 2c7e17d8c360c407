package import OlapColumns
package import OlapFunctions
package import OlapPlanning

extension Lowering {
  func lowerFilter(
    _ input: LogicalPlan, _ conditions: [BoundExpression], needing: Set<ColumnID>?
  ) throws -> Flow {
    let used = conditions.reduce(into: Set<ColumnID>()) { $1.collectColumns(into: &$0) }
    var flow = try lower(input, needing: needing.map { $0.union(used) })
    try appendFilter(&flow, conditions, needing: needing)
    return flow
  }

  /// Adds a filter of `conditions` over the flow's columns that keeps the columns of `needing`.
  package func appendFilter(
    _ flow: inout Flow, _ conditions: [BoundExpression], needing: Set<ColumnID>?
  ) throws {
    let compiler = ExpressionCompiler(flow.layout, context)
    let conjuncts = conditions.flatMap { condition -> [BoundExpression] in
      if case .and(let operands) = condition { operands } else { [condition] }
    }
    let nodes = try conjuncts.map { try compiler.compile($0) }
    let kept = flow.columns.indices.filter { needing?.contains(flow.columns[$0].id) ?? true }
    let profile = OperatorProfile(name: "Filter", detail: "\(nodes.count) condition(s)")
    let columns = kept.map { flow.columns[$0] }
    flow.append(FilterOperator(nodes, output: kept, profile: profile), columns: columns)
  }
}

/// Keeps the rows on which every condition is TRUE and only the columns needed above.
///
/// Conditions run one after the other, each on the rows left by those before. Those that cannot fail
/// are ordered by observed cost per removed row; the others come last in the order written.
final class FilterOperator: StreamingOperator {
  private let conditions: [any ExpressionNode]
  private let output: [Int]
  let profile: OperatorProfile

  init(_ conditions: [any ExpressionNode], output: [Int], profile: OperatorProfile) {
    self.conditions = conditions.filter { !$0.canThrow } + conditions.filter { $0.canThrow }
    self.output = output
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any OperatorState {
    State(
      FilterEvaluator(conditions, context: context.evaluation), output: output)
  }

  private final class State: OperatorState {
    private let evaluator: FilterEvaluator
    private let output: [Int]
    init(_ evaluator: FilterEvaluator, output: [Int]) {
      self.evaluator = evaluator
      self.output = output
    }

    func process(_ chunk: Chunk, output emit: (Chunk) throws -> Void) throws {
      let columns = output.map { chunk.columns[$0] }
      switch try evaluator.evaluate(chunk) {
      case .all: try emit(Chunk(columns: columns, count: chunk.count))
      case .some(let selection):
        if selection.count == 0 { return }
        try emit(Chunk(columns: columns, count: chunk.count).gathered(selection))
      }
    }
  }
}

/// Evaluates a conjunction to the rows that satisfy it. Used by one worker.
package final class FilterEvaluator {
  /// Which rows of a chunk pass.
  package enum Passing {
    case all
    case some(Selection)
  }

  private struct Condition {
    let node: any ExpressionNode
    /// Observed totals since the start.
    var rowsIn = 0
    var rowsOut = 0
    var nanoseconds = 0

    /// Time spent to remove one row; lower is better first.
    var costPerRemovedRow: Double { Double(nanoseconds + 1) / Double(rowsIn - rowsOut + 1) }
  }

  private var conditions: [Condition]
  /// The first so many may change places.
  private let movableCount: Int
  private let context: EvaluationContext
  private var chunkCount = 0

  /// Conditions that may fail must come after those that cannot.
  package init(_ conditions: [any ExpressionNode], context: EvaluationContext) {
    self.conditions = conditions.map { Condition(node: $0) }
    self.context = context
    movableCount = conditions.prefix { !$0.canThrow }.count
  }

  package func evaluate(_ chunk: Chunk) throws -> Passing {
    chunkCount += 1
    // The costs of every 16th chunk are measured; the order is adapted from them.
    let isMeasured = movableCount > 1 && chunkCount & 15 == 1
    var passing: Selection?
    for i in conditions.indices {
      let node = conditions[i].node
      let rowsIn = passing?.count ?? chunk.count
      let start = isMeasured ? monotonicNanoseconds() : 0
      let rows =
        passing.map {
          chunk.narrowed(to: $0.indexes, count: $0.count, columns: node.columns)
        } ?? chunk
      let value = try node.evaluate(rows, context)
      let selected = Selection(capacity: rowsIn)
      Boolean.selectTrue(value, count: rowsIn, into: selected)
      if isMeasured {
        conditions[i].nanoseconds += monotonicNanoseconds() - start
        conditions[i].rowsIn += rowsIn
        conditions[i].rowsOut += selected.count
      }
      if selected.count == rowsIn { continue }
      if let passing {
        let outer = passing.indexes
        let inner = selected.indexes
        for k in 0..<selected.count { inner[k] = outer[Int(inner[k])] }
      }
      passing = selected
      if selected.count == 0 { break }
    }
    if isMeasured { reorder() }
    return passing.map { .some($0) } ?? .all
  }

  private func reorder() {
    conditions[..<movableCount].sort { $0.costPerRemovedRow < $1.costPerRemovedRow }
  }
}
