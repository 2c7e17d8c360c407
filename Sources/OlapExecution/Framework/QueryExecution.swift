package import OlapColumns
package import OlapPlanning
import Synchronization

/// One running query: lowers the plan at once, computes rows as they are pulled.
///
/// `next` runs the pipelines before the last one to their end on the first call. The last pipeline
/// advances in rounds: its workers (the caller among them) each process morsels until they have
/// produced some rows, then the round ends and the rows are handed out in source order. No thread works
/// between calls, so an abandoned query costs nothing. Used by one thread at a time.
package final class QueryExecution {
  package let columns: [PlanColumn]
  package let context: ExecutionContext
  private let flow: Flow
  private let buffer: RoundBuffer
  private var run: PipelineRun?
  private var stage = 0
  private var workers: [PipelineWorker] = []
  private var ready: [Chunk] = []
  private var readyPosition = 0
  private var isFinished = false
  private var roundCount = 0

  /// The result has exactly the plan's columns, in order.
  package init(plan: LogicalPlan, context: ExecutionContext) throws {
    self.context = context
    columns = plan.columns
    let lowering = Lowering(context)
    flow = try lowering.arrange(try lowering.lower(plan), as: plan.columns)
    context.profile.addRoot(flow.profile)
    buffer = RoundBuffer(profile: OperatorProfile(name: "Result"))
  }

  package var types: [SQLType] { columns.map { $0.type } }

  /// The next chunk of the result (never empty), nil at the end.
  package func next() throws -> Chunk? {
    while true {
      if readyPosition < ready.count {
        readyPosition += 1
        return ready[readyPosition - 1]
      }
      if isFinished { return nil }
      try runRound()
    }
  }

  /// All rows, for statements that need them at once.
  package func collect() throws -> ChunkCollection {
    let result = ChunkCollection(types: types, context: context, consumer: .result)
    while let chunk = try next() { try result.append(chunk) }
    return result
  }

  /// Runs to the end into a sink in place of pulling.
  package func run(into sink: any Sink) throws {
    isFinished = true
    try flow.closed(by: sink).run(context)
  }

  /// Begins the current stage; the dependencies run before the first one.
  private func start() throws -> PipelineRun {
    if stage == 0 { for dependency in flow.dependencies { try dependency.run(context) } }
    let run = try PipelineRun(branches: flow.branches, stage: stage, context: context)
    workers = (0..<run.workers).map { worker in
      PipelineWorker(run: run, sink: buffer, state: buffer.makeWorkerState())
    }
    self.run = run
    return run
  }

  private func runRound() throws {
    let run = try self.run ?? start()
    // The first round is short so that first rows come at once.
    let quota = roundCount == 0 ? 1 : 1 << 16
    roundCount += 1
    let workers = self.workers
    let idle = MorselCounter()
    let unfinished = Atomic<Int>(0)
    do {
      try WorkerPool.shared.run(workers: roundCount == 1 ? 1 : workers.count) { _ in
        // The caller also drives workers that no thread was free for.
        while let index = idle.next(limit: roundCount == 1 ? 1 : workers.count) {
          buffer.beginRound(worker: index)
          var hasMore = true
          while hasMore, buffer.producedRows(worker: index) < quota {
            hasMore = try workers[index].step()
          }
          if hasMore { unfinished.add(1, ordering: .relaxed) }
        }
      }
    } catch {
      run.fail()
      isFinished = true
      throw error
    }
    let isStageFinished =
      unfinished.load(ordering: .relaxed) == 0
      && (roundCount > 1 || workers.count == 1 || workers.allSatisfy { $0.currentOrdinal == .max })
    let minimum = workers.compactMap { $0.currentOrdinal }.min() ?? .max
    ready = buffer.take(upTo: minimum, everything: isStageFinished)
    readyPosition = 0
    if !isStageFinished { return }
    for worker in workers { worker.reportProfile() }
    isFinished = stage == flow.lastStage
    stage += 1
    self.run = nil
    buffer.removeWorkers()
  }
}

/// Rows of the current rounds by ordinal, waiting for their turn.
final class RoundBuffer: Sink, @unchecked Sendable {
  let profile: OperatorProfile
  /// SAFETY: a state is touched by the one thread that drives its worker; `take` runs between rounds.
  private var states: [State] = []
  init(profile: OperatorProfile) { self.profile = profile }

  final class State: SinkState {
    var chunks: [(ordinal: Int, chunk: Chunk)] = []
    var produced = 0
    func consume(_ chunk: Chunk, ordinal: Int) throws {
      chunks.append((ordinal, chunk))
      produced += chunk.count
    }
  }

  func makeWorkerState() -> State {
    let state = State()
    states.append(state)
    return state
  }
  func makeState(_ context: ExecutionContext) throws -> any SinkState { makeWorkerState() }
  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {}
  /// Forgets the workers of a stage, whose chunks have been taken.
  func removeWorkers() { states = [] }
  func beginRound(worker: Int) { states[worker].produced = 0 }
  func producedRows(worker: Int) -> Int { states[worker].produced }

  /// Removes and returns the chunks up to and including ordinal `limit`, in order.
  func take(upTo limit: Int, everything: Bool) -> [Chunk] {
    var taken: [(ordinal: Int, chunk: Chunk)] = []
    for state in states {
      let split =
        everything ? state.chunks.count : state.chunks.partitionPoint { $0.ordinal > limit }
      taken.append(contentsOf: state.chunks[..<split])
      state.chunks.removeFirst(split)
    }
    // Chunks of one ordinal come from one worker and are in order; the sort is stable.
    taken.sort { $0.ordinal < $1.ordinal }
    return taken.map { $0.chunk }
  }
}

extension Array {
  /// Index of the first element for which `predicate` holds, which then holds for all after it.
  func partitionPoint(_ predicate: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
