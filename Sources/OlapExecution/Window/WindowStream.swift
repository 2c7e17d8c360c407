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
  /// Rows already given that the next ones look back to, when the calls need no more than that.
  private var lookBack: WindowLookBack?

  /// `read` gives rows with their key columns, in order.
  init(_ plan: WindowPlan, context: ExecutionContext, _ read: @escaping () throws -> Chunk?) {
    self.plan = plan
    self.context = context
    self.read = read
    reservation = MemoryReservation(context.budget, for: .window)
    lookBack = plan.lookBack.map { WindowLookBack(plan, context: context, rowCount: $0) }
  }

  /// The next payload rows with one more column per call; nil at the end.
  func next() throws -> Chunk? {
    if let lookBack {
      guard let rows = try read() else { return nil }
      return try lookBack.process(rows)
    }
    while true {
      if let (rows, position) = output {
        let end = Swift.min(rows.count, position + VectorSize.current)
        output = end == rows.count ? nil : (rows, end)
        if end > position { return rows.sliced(position..<end) }
      }
      guard let batch = try nextBatch() else { return nil }
      output = (try compute(batch), 0)
    }
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
      }
      if pendingRows == 0 { return nil }
      // Without PARTITION BY everything is one partition.
      if plan.partitionKeyCount == 0 && !isEnded {
        target = .max
        continue
      }
      let all = Chunk.concatenated(pending, types: plan.shape.types)
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
    try reservation.require(
      bytes, "a window's largest partition (\(pendingRows) rows so far) is computed in memory")
  }

  private func compute(_ batch: Chunk) throws -> Chunk {
    let rows = WindowRows(
      batch, partitionKeys: plan.partitionKeys(batch), orderKeys: plan.orderKeys(batch))
    let payload = plan.shape.payload(batch)
    var columns = payload.columns
    for call in plan.calls {
      let evaluation = try WindowEvaluation(
        call, rows: rows, payload: payload, context.evaluation)
      columns.append(try evaluation.result())
    }
    return Chunk(columns: columns, count: batch.count)
  }
}
