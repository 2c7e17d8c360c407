internal import OlapColumns
internal import OlapPlanning

extension Lowering {
  func lowerDistinct(
    _ input: LogicalPlan, on keys: [BoundExpression]?, orderBy: [SortItem]
  ) throws -> Flow {
    guard let keys else { return try appendDistinct(try lower(input)) }
    // DISTINCT ON: rows of one key are brought together in order, the first of each stays.
    let flow = try lower(input)
    let columns = flow.columns
    // An id below every real one: plan ids are not negative.
    let number = PlanColumn(id: ColumnID(-1), name: "", type: .bigint)
    let call = BoundWindowCall(
      function: .window(.rowNumber), arguments: [], partitionBy: keys, orderBy: orderBy,
      frame: WindowFrame(
        unit: .rows, start: .unboundedPreceding, end: .currentRow, exclusion: .noOthers),
      ignoreNulls: false, isDistinct: false, filter: nil, argumentOrderBy: [], output: number)
    let specification = WindowSpecification(partitionBy: keys, orderBy: orderBy)
    var result = try appendWindow(flow, specification, [call])
    result.append(
      FirstRows(profile: OperatorProfile(name: "DistinctOn")), columns: columns)
    return result
  }
}

/// Keeps the rows whose last column is 1, without it.
private final class FirstRows: StreamingOperator {
  let profile: OperatorProfile
  init(profile: OperatorProfile) { self.profile = profile }
  func makeState(_ context: ExecutionContext) throws -> any OperatorState { State() }

  private final class State: OperatorState {
    func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
      guard let last = chunk.columns.last?.flattened() else { return }
      let numbers = last.values(Int64.self)
      let first = Selection(capacity: chunk.count)
      for i in 0..<chunk.count {
        first.indexes[first.count] = UInt32(truncatingIfNeeded: i)
        first.count &+= Int(unsafeBitCast(numbers[i] == 1, to: UInt8.self))
      }
      if first.count == 0 { return }
      let rows = Chunk(columns: Array(chunk.columns.dropLast()), count: chunk.count)
      try output(first.count == chunk.count ? rows : rows.gathered(first))
    }
  }
}
