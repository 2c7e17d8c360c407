internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning

/// Computes calls that need only some rows around their own and what came before as a state, chunk by
/// chunk: partitions of any size take no memory. See `WindowNeeds`.
final class WindowPassage {
  private let plan: WindowPlan
  private let needs: WindowNeeds
  private let context: ExecutionContext
  private let reservation: MemoryReservation
  /// Rows in order: the last ones given, at most `needs.before`, then those that wait for rows after them.
  private var rows = Chunk(columns: [], count: 0)
  /// How many of `rows` have been given.
  private var known = 0
  /// Numbers of the first of these rows in its partition: row_number, rank and dense_rank.
  private var numbers: (row: Int64, rank: Int64, dense: Int64) = (1, 1, 1)
  /// What came before, by call.
  private let carries: [WindowCarry?]

  init(_ plan: WindowPlan, _ needs: WindowNeeds, context: ExecutionContext) {
    self.plan = plan
    self.needs = needs
    self.context = context
    reservation = MemoryReservation(context.budget, for: .window)
    carries = plan.calls.map { WindowCarry($0) }
  }

  /// The payload of the rows that can be given after those of `chunk` have come (nil: no more come), with
  /// one more column per call; nil when there are none.
  func process(_ chunk: Chunk?) throws -> Chunk? {
    if chunk == nil && known == rows.count { return nil }
    let parts = [rows, chunk].compactMap { $0 }.filter { $0.count > 0 }
    let all = parts.count == 1 ? parts[0] : Chunk.concatenated(parts, types: plan.shape.types)
    if all.count == 0 { return nil }
    let order = WindowRows(
      all, partitionKeys: plan.partitionKeys(all), orderKeys: plan.orderKeys(all))
    let ready = chunk == nil ? all.count : readyCount(order)
    if ready <= known {
      rows = all
      try reservation.require(
        all.count * plan.rowByteCount,
        "\(all.count) rows of a window's partition that are equal in ORDER BY are held in memory")
      return nil
    }
    let result = try results(all, order, known..<ready)
    let first = Swift.max(0, ready - needs.before)
    numbers = self.numbers(order, at: first)
    rows = all.sliced(first..<all.count)
    known = ready - first
    return result
  }

  /// How many rows have all the rows after them that their calls look at.
  private func readyCount(_ order: WindowRows) -> Int {
    let last = order.count - 1
    var ready = order.count - needs.after
    if needs.wholePeers && ready > 0 {
      ready = Int(order.peerStart.indexes[Swift.min(ready, last)])
    }
    // Partitions before the last one are complete.
    return Swift.max(ready, Int(order.partitionStart.indexes[last]))
  }

  private func results(_ all: Chunk, _ order: WindowRows, _ range: Range<Int>) throws -> Chunk {
    let payload = plan.shape.payload(all)
    var columns = payload.columns.map { $0.sliced(range) }
    for (call, carry) in zip(plan.calls, carries) {
      let values: Vector
      switch call.call.function {
      case .window(.rowNumber): values = rowNumbers(order).sliced(range)
      case .window(.rank): values = ranks(order).sliced(range)
      case .window(.denseRank): values = denseRanks(order).sliced(range)
      default:
        let evaluation = try WindowEvaluation(
          call, rows: order, payload: payload, context.evaluation)
        if let carry {
          values = try carry.results(evaluation, range)
        } else {
          values = try evaluation.result().sliced(range)
        }
      }
      columns.append(values)
    }
    return Chunk(columns: columns, count: range.count)
  }

  // MARK: Ranking

  private func numbers(_ order: WindowRows, at place: Int) -> (
    row: Int64, rank: Int64, dense: Int64
  ) {
    let (row, rank, dense) = (rowNumbers(order), ranks(order), denseRanks(order))
    return withExtendedLifetime((row, rank, dense)) {
      (
        row.values(Int64.self)[place], rank.values(Int64.self)[place],
        dense.values(Int64.self)[place]
      )
    }
  }

  private func rowNumbers(_ rows: WindowRows) -> Vector {
    let result = Vector.flat(.bigint, count: rows.count)
    let values = result.values(Int64.self)
    for i in 0..<rows.count {
      let start = Int(rows.partitionStart.indexes[i])
      values[i] = Int64(i - start) + (start == 0 ? numbers.row : 1)
    }
    return result
  }

  private func ranks(_ rows: WindowRows) -> Vector {
    let rowNumbers = self.rowNumbers(rows)
    let result = Vector.flat(.bigint, count: rows.count)
    let values = result.values(Int64.self)
    withExtendedLifetime(rowNumbers) {
      let places = rowNumbers.values(Int64.self)
      for i in 0..<rows.count {
        let peer = Int(rows.peerStart.indexes[i])
        values[i] = peer == 0 ? numbers.rank : places[peer]
      }
    }
    return result
  }

  private func denseRanks(_ rows: WindowRows) -> Vector {
    let result = Vector.flat(.bigint, count: rows.count)
    let values = result.values(Int64.self)
    var rank: Int64 = 0
    for i in 0..<rows.count {
      if Int(rows.partitionStart.indexes[i]) == i { rank = i == 0 ? numbers.dense - 1 : 0 }
      if Int(rows.peerStart.indexes[i]) == i { rank += 1 }
      values[i] = rank
    }
    return result
  }
}
