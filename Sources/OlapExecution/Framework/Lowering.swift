package import OlapColumns
package import OlapPlanning

/// Turns an optimized plan into pipelines. One instance per statement; each operator adds its arm as
/// an extension in its own file.
package final class Lowering {
  package let context: ExecutionContext
  /// Results of `materialize` definitions by index, read by `cteScan`.
  package var collections: [Int: (collection: ChunkCollection, pipeline: Pipeline)] = [:]
  /// Rows of the previous iteration of recursive CTEs by index, read by `workingTableScan`.
  package var workingTables: [Int: ChunkCollection] = [:]
  /// Materialized definitions that a reader's profile already shows.
  var shownDefinitions: Set<Int> = []
  private var joinFilters: [Int: JoinFilter] = [:]

  package init(_ context: ExecutionContext) { self.context = context }

  /// The filter with this id, shared by the join that publishes and the scans that apply it.
  package func joinFilter(_ id: Int) -> JoinFilter {
    if let filter = joinFilters[id] { return filter }
    let filter = JoinFilter()
    joinFilters[id] = filter
    return filter
  }

  /// Lowers a plan. `needing` are the columns the caller will read (nil: all): the flow may leave out
  /// others, so callers find columns through `Flow.layout`, never by the plan's positions.
  package func lower(_ plan: LogicalPlan, needing: Set<ColumnID>? = nil) throws -> Flow {
    switch plan {
    case .scan(let scan): return try lowerScan(scan)
    case .tableFunction(let scan): return try lowerTableFunction(scan)
    case .values(let rows, let columns): return try lowerValues(rows, columns)
    case .filter(let input, let conditions):
      return try lowerFilter(input, conditions, needing: needing)
    case .project(let input, let projections):
      return try lowerProject(input, projections, needing: needing)
    case .aggregate(let aggregate): return try lowerAggregate(aggregate)
    case .distinct(let input, let keys, let order):
      return try lowerDistinct(input, on: keys, orderBy: order)
    case .limit(let input, let limit): return try lowerLimit(input, limit, needing: needing)
    case .materialize(let index, let definition, let body):
      return try lowerMaterialize(index, definition, body, needing: needing)
    case .cteScan(let index, let columns): return try lowerCTEScan(index, columns)
    case .workingTableScan(let index, let columns):
      return try lowerWorkingTableScan(index, columns)
    case .unnest(let unnest): return try lowerUnnest(unnest, needing: needing)
    case .sample(let input, let sample): return try lowerSample(input, sample, needing: needing)
    case .setOperation(let operation): return try lowerSetOperation(operation)
    case .join(let join): return try lowerJoin(join, needing: needing)
    case .sort(let input, let items): return try lowerSort(input, items, needing: needing)
    case .topN(let input, let items, let limit, let offset):
      return try lowerTopN(input, items, limit: limit, offset: offset, needing: needing)
    case .window(let input, let calls): return try lowerWindow(input, calls, needing: needing)
    case .recursiveCTE(let cte): return try lowerRecursiveCTE(cte)
    case .dependentJoin: throw notLowered("a correlated subquery that was not decorrelated")
    }
  }

  /// The flow's rows with exactly `columns`, in this order.
  package func arrange(_ flow: Flow, as columns: [PlanColumn]) throws -> Flow {
    if flow.columns.map({ $0.id }) == columns.map({ $0.id }) { return flow }
    let layout = flow.layout
    var result = flow
    let positions = try columns.map { try layout.position(of: $0.id) }
    let profile = OperatorProfile(name: "Project")
    result.append(ArrangeOperator(positions: positions, profile: profile), columns: columns)
    return result
  }

  package func notLowered(_ what: String) -> ComputeError {
    ComputeError(.invalidArgument, "\(what) cannot be executed")
  }
}

/// Reorders or drops columns; copies nothing.
final class ArrangeOperator: StreamingOperator {
  private let positions: [Int]
  let profile: OperatorProfile
  init(positions: [Int], profile: OperatorProfile) {
    self.positions = positions
    self.profile = profile
  }
  func makeState(_ context: ExecutionContext) throws -> any OperatorState { State(positions) }

  private final class State: OperatorState {
    private let positions: [Int]
    init(_ positions: [Int]) { self.positions = positions }
    func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
      try output(Chunk(columns: positions.map { chunk.columns[$0] }, count: chunk.count))
    }
  }
}
