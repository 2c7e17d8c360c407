package import OlapColumns
package import OlapPlanning

// How a statement runs
// ====================
// `Lowering` turns the optimized LogicalPlan into a `Flow`: branches (a source and the streaming
// operators above it) plus the pipelines that must have run before. A breaker (aggregate, sort, join
// build) closes the flow below it into a `Pipeline` with its sink and opens a new flow whose source
// reads the sink's result:
//
//   scan ─ filter ─ project ─▶ [aggregate sink]        pipeline 1
//   [aggregate source] ─ sort sink                     pipeline 2, depends on 1
//   [sort source] ─▶ result                            the query's own flow
//
// Branches of a flow may wait for others: a join adds one of the next stage, which emits the build rows
// without partner, or joins what went to disk, after the last probe row.
//
// Adding an operator: one file under Operators/ with its Lowering extension (`lowerX(_:needing:)`), its
// StreamingOperator or Sink + PipelineSource, and one arm in `Lowering.lower`.

/// Where chunks of a branch come from. Made at lowering time; readers are made when the branch runs.
package protocol PipelineSource: AnyObject, Sendable {
  /// How many workers may usefully read at once, asked after `prepare`. 1 keeps the order of rows.
  var maximumWorkers: Int { get }
  /// Known before anything runs: only ever one reader, rows in order.
  var isSerial: Bool { get }
  /// Asked before `prepare`, when all dependencies and earlier stages have run; false skips the branch.
  var hasRows: Bool { get }
  /// Called once, after all dependencies have run and before any reader is made.
  func prepare(_ context: ExecutionContext) throws
  /// A reader for one worker; readers share the work.
  func makeReader(_ context: ExecutionContext) throws -> any SourceReader
}

extension PipelineSource {
  package var isSerial: Bool { false }
  package var hasRows: Bool { true }
  package func prepare(_ context: ExecutionContext) throws {}
}

/// Reads a source for one worker.
package protocol SourceReader: AnyObject {
  /// The next chunk (≤ VectorSize.current rows; may be empty), nil at the end.
  func next() throws -> Chunk?
  /// Place of the last chunk in the source's order. Ascends within a reader; chunks of equal ordinal come
  /// from one reader; an ordinal handed out later is greater than all handed out before.
  var ordinal: Int { get }
}

/// An operator that turns one chunk into any number of chunks without waiting for others.
package protocol StreamingOperator: AnyObject, Sendable {
  /// Called once per stage, after all dependencies have run (a join's build side is complete).
  func prepare(_ context: ExecutionContext) throws
  /// State for one worker in one branch.
  func makeState(_ context: ExecutionContext) throws -> any OperatorState
  /// True when no further input can change the output (LIMIT reached): workers stop reading.
  var isSatisfied: Bool { get }
  var profile: OperatorProfile { get }
}

extension StreamingOperator {
  package func prepare(_ context: ExecutionContext) throws {}
  package var isSatisfied: Bool { false }
}

/// A worker's running operator.
package protocol OperatorState: AnyObject {
  /// Processes one non-empty chunk, calling `output` for each result chunk.
  func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws
  /// After the worker's last chunk of the branch.
  func finish(output: (Chunk) throws -> Void) throws
}

extension OperatorState {
  package func finish(output: (Chunk) throws -> Void) throws {}
}

/// The end of a pipeline: a breaker that collects all rows.
package protocol Sink: AnyObject, Sendable {
  /// False: one worker only, chunks arrive in the order of the sources.
  var isParallel: Bool { get }
  /// State for one worker.
  func makeState(_ context: ExecutionContext) throws -> any SinkState
  /// Takes over a worker's state when it has no more rows. Called on the workers, concurrently.
  func combine(_ state: any SinkState, _ context: ExecutionContext) throws
  /// Called once after every `combine`; may run parallel work on the WorkerPool.
  func finish(_ context: ExecutionContext) throws
  /// True when no further input can change the result.
  var isSatisfied: Bool { get }
  var profile: OperatorProfile { get }
}

extension Sink {
  package var isParallel: Bool { true }
  package var isSatisfied: Bool { false }
  package func finish(_ context: ExecutionContext) throws {}
}

/// What a worker collects.
package protocol SinkState: AnyObject {
  /// Adds one non-empty chunk. `ordinal` orders chunks as the sources would have given them serially
  /// (chunks of one ordinal come from one worker, in order).
  func consume(_ chunk: Chunk, ordinal: Int) throws
  /// The worker has come to this ordinal, whether or not rows will follow.
  func reached(ordinal: Int)
}

extension SinkState {
  package func reached(ordinal: Int) {}
}

/// A source and the streaming operators above it.
package struct Branch: Sendable {
  package var source: any PipelineSource
  package var operators: [any StreamingOperator]
  package var sourceProfile: OperatorProfile
  /// Branches of a stage run when those of all earlier stages have come to their end (what a join does
  /// after its last probe row).
  package var stage = 0
}

/// A plan lowered so far: branches whose rows together are the node's rows (several after UNION ALL),
/// the columns of their chunks, and the pipelines to run before.
package struct Flow: Sendable {
  package var branches: [Branch]
  /// Position in chunks → column. May hold fewer columns than the plan node when told what is needed.
  package var columns: [PlanColumn]
  package var dependencies: [Pipeline]
  /// The node whose counters the next operator becomes the parent of.
  package var profile: OperatorProfile

  package init(
    source: any PipelineSource, columns: [PlanColumn], dependencies: [Pipeline] = [],
    profile: OperatorProfile
  ) {
    self.branches = [Branch(source: source, operators: [], sourceProfile: profile)]
    self.columns = columns
    self.dependencies = dependencies
    self.profile = profile
  }

  /// The greatest stage of any branch.
  package var lastStage: Int { branches.map { $0.stage }.max() ?? 0 }

  /// Positions of the columns by id.
  package var layout: ColumnLayout { ColumnLayout(columns) }

  /// Adds a streaming operator to every branch; its profile becomes the parent of the flow's.
  package mutating func append(_ streaming: any StreamingOperator, columns: [PlanColumn]) {
    for i in branches.indices { branches[i].operators.append(streaming) }
    self.columns = columns
    adopt(streaming.profile)
  }

  /// Closes the flow with a breaker's sink. The sink's profile becomes the parent of the flow's.
  package consuming func closed(by sink: any Sink) -> Pipeline {
    adopt(sink.profile)
    return Pipeline(branches: branches, sink: sink, dependencies: dependencies)
  }

  package mutating func adopt(_ parent: OperatorProfile) {
    let child = profile
    if parent !== child { parent.children.withLock { $0.append(child) } }
    profile = parent
  }
}

/// Branches that end in one sink, and what must run first.
package final class Pipeline: @unchecked Sendable {
  package let branches: [Branch]
  package let sink: any Sink
  package let dependencies: [Pipeline]
  /// SAFETY: pipelines are run by the statement's coordinating thread only.
  private var hasRun = false

  package init(branches: [Branch], sink: any Sink, dependencies: [Pipeline]) {
    self.branches = branches
    self.sink = sink
    self.dependencies = dependencies
  }

  /// Runs the dependencies, then the pipeline, once; further calls do nothing.
  package func run(_ context: ExecutionContext) throws {
    if hasRun { return }
    hasRun = true
    for dependency in dependencies { try dependency.run(context) }
    for stage in 0...(branches.map { $0.stage }.max() ?? 0) { try run(stage: stage, context) }
    try sink.finish(context)
  }

  private func run(stage: Int, _ context: ExecutionContext) throws {
    let run = try PipelineRun(branches: branches, stage: stage, context: context)
    if run.branches.isEmpty { return }
    let workers = sink.isParallel ? run.workers : 1
    try WorkerPool.shared.run(workers: workers) { _ in
      do {
        let state = try sink.makeState(context)
        let worker = PipelineWorker(run: run, sink: sink, state: state)
        while try worker.step() {}
        try sink.combine(state, context)
        worker.reportProfile()
      } catch {
        run.fail()
        throw error
      }
    }
  }
}
