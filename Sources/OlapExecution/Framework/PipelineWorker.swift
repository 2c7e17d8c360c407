internal import OlapColumns
import Synchronization

/// One execution of the branches of a stage, shared by its workers.
package final class PipelineRun: Sendable {
  let branches: [Branch]
  let context: ExecutionContext
  /// Workers worth starting: limited by the threads setting and by what the sources can share.
  package let workers: Int
  /// Number of branches in earlier stages.
  let firstBranch: Int
  private let hasFailed = Atomic<Bool>(false)

  /// Prepares sources and operators; all dependencies and earlier stages must have run.
  package init(branches all: [Branch], stage: Int, context: ExecutionContext) throws {
    branches = all.filter { $0.stage == stage && $0.source.hasRows }
    firstBranch = all.count { $0.stage < stage }
    self.context = context
    var usable = 0
    var prepared: Set<ObjectIdentifier> = []
    for branch in branches {
      try branch.source.prepare(context)
      for streaming in branch.operators
      where prepared.insert(ObjectIdentifier(streaming)).inserted {
        try streaming.prepare(context)
      }
      usable += branch.source.maximumWorkers
    }
    // One serial branch after the other would interleave rows of UNION ALL with several workers, but
    // ordinals restore the order where it matters.
    workers = Swift.max(1, Swift.min(context.threads, usable))
  }

  /// Tells the other workers to stop: the statement has failed.
  func fail() { hasFailed.store(true, ordering: .relaxed) }
  var isStopped: Bool { hasFailed.load(ordering: .relaxed) }
}

/// Drives chunks of all branches through operators into a sink's state, step by step, for one worker.
///
/// Used by one thread at a time.
package final class PipelineWorker {
  private let run: PipelineRun
  private let sink: any Sink
  private let state: any SinkState
  private var branchIndex = -1
  private var reader: (any SourceReader)?
  private var operators: [any OperatorState] = []
  /// Rows in and out and own time of source (0), operators (1…) and sink (last), not yet reported.
  private var counters: [StageCounters] = []
  private var isFinished = false
  private var reachedOrdinal = -1
  private let isTiming: Bool

  private struct StageCounters {
    var rowsIn = 0
    var rowsOut = 0
    var nanoseconds = 0
  }

  package init(run: PipelineRun, sink: any Sink, state: any SinkState) {
    self.run = run
    self.sink = sink
    self.state = state
    isTiming = run.context.profile.isTiming
  }

  /// The smallest ordinal the worker may still produce; Int.max when it is done, nil before it began.
  package var currentOrdinal: Int? {
    if isFinished { return .max }
    guard let reader else { return nil }
    return ordinal(reader)
  }

  /// Ordinals of later branches come after all of earlier ones.
  private func ordinal(_ reader: (any SourceReader)?) -> Int {
    (run.firstBranch + branchIndex) << 44 | (reader?.ordinal ?? 0)
  }

  /// Processes one chunk of the source; false when there is nothing left.
  package func step() throws -> Bool {
    if isFinished { return false }
    guard let reader else { return try advance() }
    try run.context.checkCancellation()
    if run.isStopped || sink.isSatisfied {
      isFinished = true
      return false
    }
    if run.branches[branchIndex].operators.contains(where: { $0.isSatisfied }) {
      return try advance()
    }
    let start = isTiming ? monotonicNanoseconds() : 0
    let chunk = try reader.next()
    if isTiming { counters[0].nanoseconds += monotonicNanoseconds() - start }
    guard let chunk else { return try advance() }
    let ordinal = ordinal(reader)
    if ordinal != reachedOrdinal {
      reachedOrdinal = ordinal
      state.reached(ordinal: ordinal)
    }
    counters[0].rowsOut += chunk.count
    do { try push(chunk, stage: 0) } catch is Enough {
      // The next step sees who has enough.
    }
    return true
  }

  /// Unwinds operators that would go on making rows nobody takes: one chunk may become billions of rows.
  private struct Enough: Error {}

  /// Ends the current branch and opens the next one.
  private func advance() throws -> Bool {
    if reader != nil {
      do {
        for stage in operators.indices {
          try operators[stage].finish { try self.push($0, stage: stage + 1) }
        }
      } catch is Enough {}
      reportProfile()
    }
    branchIndex += 1
    guard branchIndex < run.branches.count else {
      isFinished = true
      reader = nil
      return false
    }
    let branch = run.branches[branchIndex]
    operators = try branch.operators.map { try $0.makeState(run.context) }
    counters = Array(repeating: StageCounters(), count: operators.count + 2)
    reader = try branch.source.makeReader(run.context)
    return true
  }

  /// Gives a chunk to operator `stage`, or to the sink after the last one.
  private func push(_ chunk: Chunk, stage: Int) throws {
    if chunk.count == 0 { return }
    counters[stage + 1].rowsIn += chunk.count
    if !isTiming {
      try pushUntimed(chunk, stage: stage)
      return try stopWhenSatisfied(stage)
    }
    let start = monotonicNanoseconds()
    var inner = 0
    if stage == operators.count {
      try consume(chunk)
    } else {
      try operators[stage].process(chunk) {
        counters[stage + 1].rowsOut += $0.count
        let before = monotonicNanoseconds()
        try push($0, stage: stage + 1)
        inner += monotonicNanoseconds() - before
      }
    }
    counters[stage + 1].nanoseconds += monotonicNanoseconds() - start - inner
    try stopWhenSatisfied(stage)
  }

  private func stopWhenSatisfied(_ stage: Int) throws {
    let isSatisfied =
      stage == operators.count
      ? sink.isSatisfied || run.isStopped : run.branches[branchIndex].operators[stage].isSatisfied
    if isSatisfied { throw Enough() }
  }

  private func pushUntimed(_ chunk: Chunk, stage: Int) throws {
    if stage == operators.count { return try consume(chunk) }
    try operators[stage].process(chunk) {
      counters[stage + 1].rowsOut += $0.count
      try push($0, stage: stage + 1)
    }
  }

  private func consume(_ chunk: Chunk) throws {
    try state.consume(chunk, ordinal: ordinal(reader))
  }

  /// Adds the counters of the current branch to the operators' profiles.
  package func reportProfile() {
    guard branchIndex >= 0, branchIndex < run.branches.count, !counters.isEmpty else { return }
    let branch = run.branches[branchIndex]
    let nodes = [branch.sourceProfile] + branch.operators.map { $0.profile } + [sink.profile]
    for (node, counter) in zip(nodes, counters) {
      node.add(
        rowsIn: counter.rowsIn, rowsOut: counter.rowsOut, nanoseconds: counter.nanoseconds)
    }
    counters = Array(repeating: StageCounters(), count: counters.count)
  }
}
