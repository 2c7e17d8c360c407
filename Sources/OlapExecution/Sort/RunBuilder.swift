package import OlapColumns

/// Collects one worker's rows and cuts them into sorted runs: one in memory when they fit, else runs in
/// a spill file of as many rows as the memory budget lets it hold at a time.
package final class RunBuilder {
  private let shape: SortShape
  private let context: ExecutionContext
  private let consumer: MemoryBudget.Consumer
  private var pending: [Chunk] = []
  private var pendingRows = 0
  private var pendingBytes = 0
  private var reservation: MemoryReservation
  private var file: SpillFile?
  private var runs: [SortedRun] = []
  private let share: Int
  /// Smaller runs than this would make merging slower than it is worth.
  private static let minimumRunByteCount = 256 << 10
  private static let maximumRunRowCount = 1 << 28

  package init(
    shape: SortShape, context: ExecutionContext, consumer: MemoryBudget.Consumer = .sort
  ) {
    self.shape = shape
    self.context = context
    self.consumer = consumer
    reservation = MemoryReservation(context.budget, for: consumer)
    share = context.budget.limit / (context.threads + 1)
  }

  /// Adds rows with their key columns.
  package func append(_ rows: Chunk) throws {
    if rows.count == 0 { return }
    pending.append(rows)
    pendingRows += rows.count
    pendingBytes += rows.flatByteCount
    // Rows, their joined copy, and what sorting needs.
    let needed = 2 * pendingBytes + pendingRows * shape.workByteCount
    if pendingRows >= RunBuilder.maximumRunRowCount { return try cut() }
    if needed <= share && reservation.grow(to: needed) { return }
    if needed >= RunBuilder.minimumRunByteCount { try cut() } else { reservation.force(to: needed) }
  }

  /// All runs; the rows not yet cut become one in memory.
  package func finish() throws -> [SortedRun] {
    if pendingRows > 0 {
      let run = try sortPending(reservation)
      // The pieces are gone now; rows and keys remain.
      reservation.shrink(to: reservation.byteCount / 2)
      reservation = MemoryReservation(context.budget, for: consumer)
      runs.append(run)
    }
    return runs
  }

  var spilledByteCount: Int { file?.byteCount ?? 0 }

  private func sortPending(_ held: MemoryReservation?) throws -> SortedRun {
    let rows = Chunk.concatenated(pending, types: shape.types)
    try context.checkCancellation()
    pending = []
    pendingRows = 0
    pendingBytes = 0
    return try SortedRun(sorting: rows, shape: shape, reservation: held, context: context)
  }

  /// Sorts what is pending and writes it to the file.
  private func cut() throws {
    let target = try file ?? SpillFile(directory: context.temporaryDirectory)
    file = target
    let run = try sortPending(nil)
    var writer = RunWriter(target, shape: shape)
    try writer.write(run)
    runs.append(writer.finish(isExact: run.isExact))
    reservation.shrink(to: 0)
    try context.checkCancellation()
  }
}
