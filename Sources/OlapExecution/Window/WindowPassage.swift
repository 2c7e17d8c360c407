internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning

/// Computes calls that need only a row's number and some rows before it, chunk by chunk: partitions of any
/// size take no memory.
final class WindowLookBack {
  private let plan: WindowPlan
  private let context: ExecutionContext
  private let rowCount: Int
  /// The last rows given, at most `rowCount`.
  private var before = Chunk(columns: [], count: 0)
  /// Numbers of the first of these rows in its partition: row_number, rank and dense_rank.
  private var numbers: (row: Int64, rank: Int64, dense: Int64) = (1, 1, 1)

  init(_ plan: WindowPlan, context: ExecutionContext, rowCount: Int) {
    self.plan = plan
    self.context = context
    self.rowCount = rowCount
  }

  /// How many rows before its own a call looks at; nil when it may look at any, or at rows after.
  static func rows(of call: BoundWindowCall) -> Int? {
    guard case .window(let function) = call.function, !call.ignoreNulls,
      call.argumentOrderBy.isEmpty
    else { return nil }
    switch function {
    case .rowNumber, .rank, .denseRank: return 1
    case .lag:
      if call.arguments.count == 1 { return 1 }
      guard case .constant(.integer(let offset), _) = call.arguments[1], (0...1024).contains(offset)
      else { return nil }
      return Swift.max(1, Int(offset))
    default: return nil
    }
  }

  /// The payload of the rows that follow, with one more column per call.
  func process(_ chunk: Chunk) throws -> Chunk {
    let known = before.count
    let all =
      known == 0 ? chunk : Chunk.concatenated([before, chunk], types: plan.shape.types)
    let rows = WindowRows(
      all, partitionKeys: plan.partitionKeys(all), orderKeys: plan.orderKeys(all))
    let payload = plan.shape.payload(all)
    let rowNumbers = self.rowNumbers(rows)
    let ranks = self.ranks(rows, rowNumbers)
    let denseRanks = self.denseRanks(rows)
    var columns = plan.shape.payload(chunk).columns
    for call in plan.calls {
      let values: Vector
      switch call.call.function {
      case .window(.rowNumber): values = rowNumbers
      case .window(.rank): values = ranks
      case .window(.denseRank): values = denseRanks
      default:
        values = try WindowEvaluation(call, rows: rows, payload: payload, context.evaluation)
          .result()
      }
      columns.append(values.sliced(known..<all.count))
    }
    let first = Swift.max(0, all.count - rowCount)
    before = all.sliced(first..<all.count)
    numbers = (
      rowNumbers.values(Int64.self)[first], ranks.values(Int64.self)[first],
      denseRanks.values(Int64.self)[first]
    )
    return Chunk(columns: columns, count: chunk.count)
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

  private func ranks(_ rows: WindowRows, _ rowNumbers: Vector) -> Vector {
    let result = Vector.flat(.bigint, count: rows.count)
    let values = result.values(Int64.self)
    let places = rowNumbers.values(Int64.self)
    for i in 0..<rows.count {
      let peer = Int(rows.peerStart.indexes[i])
      values[i] = peer == 0 ? numbers.rank : places[peer]
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
