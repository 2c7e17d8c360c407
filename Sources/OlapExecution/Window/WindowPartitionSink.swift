internal import OlapColumns
import Synchronization

/// Collects a window's rows, split by the hash of PARTITION BY once there are many, so that every part
/// holds whole partitions and can be sorted and computed on its own. Parts spill.
final class WindowPartitionSink: Sink {
  static let partCount = 64
  /// Rows a worker collects before it splits them.
  private static var blockRowCount: Int { Swift.max(1, 16 * VectorSize.current) }
  let profile: OperatorProfile
  private let plan: WindowPlan
  private let finished: Mutex<[State]> = Mutex([])
  /// SAFETY: written in `finish`, read by sources that run after.
  nonisolated(unsafe) private(set) var parts: [ChunkCollection] = []

  init(plan: WindowPlan, profile: OperatorProfile) {
    self.plan = plan
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any SinkState { State(plan, context) }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    finished.withLock { $0.append(state) }
  }

  func finish(_ context: ExecutionContext) throws {
    let states = finished.withLock { all in
      defer { all = [] }
      return all
    }
    if states.contains(where: { !$0.parts.isEmpty }) {
      for state in states { try state.split() }
      parts = states.first?.parts ?? []
      for state in states.dropFirst() {
        for (target, source) in zip(parts, state.parts) { try target.append(contentsOf: source) }
      }
    } else {
      let whole = ChunkCollection(types: plan.shape.types, context: context, consumer: .window)
      for state in states { for chunk in state.pending { try whole.append(chunk) } }
      parts = [whole]
    }
    profile.noteMemory(parts.reduce(0) { $0 + $1.byteCount })
    profile.spilledBytes.add(
      parts.reduce(0) { $0 + $1.spilledByteCount }, ordering: .relaxed)
  }

  /// SAFETY: handed from the worker to the finishing thread.
  private final class State: SinkState, @unchecked Sendable {
    private let plan: WindowPlan
    private let context: ExecutionContext
    private let reservation: MemoryReservation
    private(set) var pending: [Chunk] = []
    private var pendingRows = 0
    private(set) var parts: [ChunkCollection] = []

    init(_ plan: WindowPlan, _ context: ExecutionContext) {
      self.plan = plan
      self.context = context
      reservation = MemoryReservation(context.budget, for: .window)
    }

    func consume(_ chunk: Chunk, ordinal: Int) throws {
      pending.append(try plan.shape.row(chunk, ordinal: ordinal, context.evaluation))
      pendingRows += chunk.count
      let fits = reservation.grow(to: pendingRows * plan.rowByteCount)
      if fits && pendingRows < WindowPartitionSink.blockRowCount { return }
      if pendingRows >= VectorSize.current { try split() }
    }

    /// Sends the pending rows to the parts of their partitions' hashes.
    func split() throws {
      if parts.isEmpty {
        let file = SharedSpillFile(directory: context.temporaryDirectory)
        parts = (0..<WindowPartitionSink.partCount).map { _ in
          ChunkCollection(
            types: plan.shape.types, context: context, consumer: .window, file: file)
        }
      }
      let rows = Chunk.concatenated(pending, types: plan.shape.types)
      pending = []
      pendingRows = 0
      reservation.shrink(to: 0)
      if rows.count == 0 { return }
      let buffer = Buffer(byteCount: rows.count * 8)
      let hashes = buffer.bytes.assumingMemoryBound(to: UInt64.self)
      Hash.hash(plan.partitionKeys(rows), count: rows.count, into: hashes)
      try AggregatePartitions.scatter(rows, hashes: hashes, into: parts)
    }
  }
}
