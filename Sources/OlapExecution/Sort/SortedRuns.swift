package import OlapColumns

/// All runs of one sort: gives the rows in order, by several readers when they are in memory.
package final class SortedRuns: @unchecked Sendable {
  package let shape: SortShape
  private let context: ExecutionContext
  private let consumer: MemoryBudget.Consumer
  /// SAFETY: complete before readers are made.
  private var runs: [SortedRun]
  private let splitter: RunSplitter?
  private let reservation: MemoryReservation
  package let rowCount: Int
  package let spilledByteCount: Int

  /// Takes over finished runs, those of one worker in the order they were made. Merges runs until few
  /// enough are left for one block of each to fit in memory.
  package init(
    _ parts: [SortedRun], shape: SortShape, context: ExecutionContext,
    consumer: MemoryBudget.Consumer = .sort, spilledByteCount: Int = 0
  ) throws {
    self.shape = shape
    self.context = context
    self.consumer = consumer
    rowCount = parts.reduce(0) { $0 + $1.rowCount }
    reservation = MemoryReservation(context.budget, for: consumer)
    runs = parts
    var spilled = spilledByteCount
    if parts.count > 1 { try SortedRuns.sortKeys(parts, context) }
    if parts.contains(where: { $0.isSpilled }) {
      spilled += try SortedRuns.reduce(&runs, shape: shape, context: context)
      splitter = nil
    } else {
      splitter = parts.count > 1 ? RunSplitter(parts, shape: shape) : nil
    }
    self.spilledByteCount = spilled
  }

  /// Whether readers can start anywhere; else there is one, from the start.
  package var isDivisible: Bool { runs.count == 1 ? !runs[0].isSpilled : splitter != nil }

  private static func sortKeys(_ runs: [SortedRun], _ context: ExecutionContext) throws {
    let next = MorselCounter()
    let areCut = !runs.allSatisfy { $0.isExact }
    try WorkerPool.shared.run(workers: Swift.min(context.threads, runs.count)) { _ in
      while let run = next.next(limit: runs.count) { runs[run].sortKeys(areCut: areCut) }
    }
    try context.checkCancellation()
  }

  /// Merges neighbouring runs; gives the bytes written.
  private static func reduce(
    _ runs: inout [SortedRun], shape: SortShape, context: ExecutionContext
  ) throws -> Int {
    var written = 0
    while true {
      let block = Swift.max(4096, runs.reduce(0) { Swift.max($0, $1.blockByteCount) })
      // A block is held as read, with its keys, and once more in the output.
      let fanIn = Swift.max(4, Swift.min(64, context.budget.limit / (6 * block)))
      if runs.count <= fanIn { return written }
      let file = try SpillFile(directory: context.temporaryDirectory)
      var merged: [SortedRun] = []
      var start = 0
      while start < runs.count {
        let end = Swift.min(runs.count, start + fanIn)
        let group = Array(runs[start..<end])
        let merge = try RunMerge(group, shape: shape, payloadOnly: false)
        var writer = RunWriter(file, shape: shape)
        while let rows = try merge.next() {
          try writer.write(rows)
          try context.checkCancellation()
        }
        merged.append(writer.finish(isExact: group.allSatisfy { $0.isExact }))
        start = end
      }
      written += file.byteCount
      runs = merged
    }
  }

  /// Reads the rows at places `range` of the whole order. Without divisibility, `range` must start at 0.
  package func reader(_ range: Range<Int>, payloadOnly: Bool = true) throws -> RunMerge {
    guard isDivisible else {
      reservation.force(to: runs.reduce(0) { $0 + 2 * $1.blockByteCount })
      return try RunMerge(runs, shape: shape, payloadOnly: payloadOnly)
    }
    guard let splitter else {
      return try RunMerge(runs, shape: shape, slices: [range], payloadOnly: payloadOnly)
    }
    let starts = splitter.cuts(rank: range.lowerBound)
    let ends = splitter.cuts(rank: range.upperBound)
    return try RunMerge(
      runs, shape: shape, slices: zip(starts, ends).map { $0..<$1 }, payloadOnly: payloadOnly)
  }
}
