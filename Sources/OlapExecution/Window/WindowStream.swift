internal import OlapColumns

/// Turns rows in the order of a window into rows with the results of its calls, some whole partitions at
/// a time.
final class WindowStream {
  /// Rows to collect before complete partitions are computed.
  private static var batchRowCount: Int { 8 * VectorSize.current }
  private let plan: WindowPlan
  private let context: ExecutionContext
  private let read: () throws -> Chunk?
  private let reservation: MemoryReservation
  private var pending: [Chunk] = []
  private var pendingRows = 0
  private var target = WindowStream.batchRowCount
  private var isEnded = false
  private var output: (rows: Chunk, position: Int)?
  /// Set when rows pass chunk by chunk: the calls look back only, or a partition does not fit in memory
  /// and they can do without.
  private var passage: WindowPassage?
  /// Chunks that had been collected before, the next one last.
  private var replayed: [Chunk] = []

  /// `read` gives rows with their key columns, in order.
  init(_ plan: WindowPlan, context: ExecutionContext, _ read: @escaping () throws -> Chunk?) {
    self.plan = plan
    self.context = context
    self.read = read
    reservation = MemoryReservation(context.budget, for: .window)
    if let needs = plan.needs, needs.looksBackOnly {
      passage = WindowPassage(plan, needs, context: context)
    }
  }

  /// The next payload rows with one more column per call; nil at the end.
  func next() throws -> Chunk? {
    while true {
      if let (rows, position) = output {
        let end = Swift.min(rows.count, position + VectorSize.current)
        output = end == rows.count ? nil : (rows, end)
        if end > position { return rows.sliced(position..<end) }
      }
      if let passage {
        if isEnded && replayed.isEmpty { return nil }
        let chunk = try replayed.popLast() ?? read()
        isEnded = isEnded || chunk == nil
        try context.checkCancellation()
        output = try passage.process(chunk).map { ($0, 0) }
      } else if let batch = try nextBatch() {
        output = (try compute(batch), 0)
      } else if passage == nil {
        return nil
      }
    }
  }

  /// Goes on chunk by chunk with what has been collected.
  private func pass(_ needs: WindowNeeds) {
    passage = WindowPassage(plan, needs, context: context)
    for chunk in pending.reversed() {
      for start in stride(from: 0, to: chunk.count, by: VectorSize.current).reversed() {
        replayed.append(chunk.sliced(start..<Swift.min(chunk.count, start + VectorSize.current)))
      }
    }
    pending = []
    pendingRows = 0
    reservation.shrink(to: 0)
  }

  /// The next whole partitions.
  private func nextBatch() throws -> Chunk? {
    while true {
      while !isEnded && pendingRows < target {
        guard let chunk = try read() else {
          isEnded = true
          break
        }
        try context.checkCancellation()
        pending.append(chunk)
        pendingRows += chunk.count
        try account()
        if passage != nil { return nil }
      }
      if pendingRows == 0 { return nil }
      // Without PARTITION BY everything is one partition.
      if plan.partitionKeyCount == 0 && !isEnded {
        target = .max
        continue
      }
      let all = Chunk.concatenated(pending, types: plan.shape.types)
      try context.checkCancellation()
      let end = isEnded ? all.count : lastBreak(all)
      if end == 0 {
        // One partition so far.
        pending = [all]
        target = 2 * pendingRows
        continue
      }
      pending = end == all.count ? [] : [all.sliced(end..<all.count)]
      pendingRows = all.count - end
      target = Swift.max(WindowStream.batchRowCount, pendingRows + VectorSize.current)
      return end == all.count ? all : all.sliced(0..<end)
    }
  }

  /// Where the last partition begins.
  private func lastBreak(_ rows: Chunk) -> Int {
    let marks = Buffer(byteCount: rows.count)
    let bytes = marks.bytes.assumingMemoryBound(to: UInt8.self)
    WindowRows.markBreaks(plan.partitionKeys(rows), rows.count, into: bytes, keeping: false)
    var place = rows.count - 1
    while place > 0 && bytes[place] == 0 { place -= 1 }
    return place
  }

  private func account() throws {
    let bytes = pendingRows * plan.rowByteCount
    if let needs = plan.needs, !reservation.grow(to: bytes) { return pass(needs) }
    try reservation.require(
      bytes, "a window's largest partition (\(pendingRows) rows so far) is computed in memory")
  }

  private func compute(_ batch: Chunk) throws -> Chunk {
    let rows = WindowRows(
      batch, partitionKeys: plan.partitionKeys(batch), orderKeys: plan.orderKeys(batch))
    let payload = plan.shape.payload(batch)
    var columns = payload.columns
    try context.checkCancellation()
    for call in plan.calls {
      let evaluation = try WindowEvaluation(
        call, rows: rows, payload: payload, context.evaluation)
      try context.checkCancellation()
      columns.append(try evaluation.result())
    }
    return Chunk(columns: columns, count: batch.count)
  }
}
