internal import OlapColumns
internal import OlapPlanning

extension Lowering {
  /// INTERSECT and EXCEPT: all inputs are grouped by their columns with a count per input, which tells how
  /// often each row comes out.
  func lowerIntersectOrExcept(_ operation: SetOperation) throws -> Flow {
    let profile = OperatorProfile(
      name: operation.kind.rawValue.uppercased(), detail: operation.isAll ? "all" : "")
    let marks = operation.inputs.indices.map {
      // Ids below every real one: plan ids are not negative.
      PlanColumn(id: ColumnID(-1 - $0), name: "", type: .bigint)
    }
    var branches: [Branch] = []
    var dependencies: [Pipeline] = []
    for (index, input) in operation.inputs.enumerated() {
      var flow = try arrange(try lower(input), as: input.columns)
      flow.append(
        InputMark(
          input: index, of: marks.count, profile: OperatorProfile(name: "Input \(index + 1)")),
        columns: operation.columns + marks)
      branches += flow.branches
      dependencies += flow.dependencies
      profile.children.withLock { $0.append(flow.profile) }
    }
    guard let first = branches.first else { return try lowerValues([], operation.columns) }
    var union = Flow(
      source: first.source, columns: operation.columns + marks, dependencies: dependencies,
      profile: profile)
    union.branches = branches
    let plan = try AggregatePlan(
      counting: operation.columns, inputs: marks, context: context)
    var result = close(union, plan, operation.columns + marks, profile)
    result.append(
      CountedRows(operation, profile: OperatorProfile(name: "Repeat")),
      columns: operation.columns)
    return result
  }
}

/// Appends one column per input of a set operation: 1 for the rows' own input, NULL for the others.
private final class InputMark: StreamingOperator {
  let profile: OperatorProfile
  private let input: Int
  private let inputCount: Int

  init(input: Int, of inputCount: Int, profile: OperatorProfile) {
    self.input = input
    self.inputCount = inputCount
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any OperatorState {
    State(input, inputCount)
  }

  private final class State: OperatorState {
    private let input: Int
    private let inputCount: Int
    init(_ input: Int, _ inputCount: Int) {
      self.input = input
      self.inputCount = inputCount
    }
    func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
      let marks = (0..<inputCount).map {
        Vector.constant($0 == input ? .integer(1) : .null, type: .bigint, count: chunk.count)
      }
      try output(Chunk(columns: chunk.columns + marks, count: chunk.count))
    }
  }
}

/// Gives each row as often as its counts per input say, and drops the counts.
private final class CountedRows: StreamingOperator {
  let profile: OperatorProfile
  private let kind: SetOperation.Kind
  private let isAll: Bool
  private let width: Int

  init(_ operation: SetOperation, profile: OperatorProfile) {
    kind = operation.kind
    isAll = operation.isAll
    width = operation.columns.count
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any OperatorState { State(self) }

  private final class State: OperatorState {
    private let counted: CountedRows
    init(_ counted: CountedRows) { self.counted = counted }

    func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
      let counts = chunk.columns[counted.width...].map { $0.flattened() }
      let rows = Chunk(columns: Array(chunk.columns[..<counted.width]), count: chunk.count)
      let limit = VectorSize.current
      let selected = Selection(capacity: limit)
      for i in 0..<chunk.count {
        var left = counted.repetitions(counts.map { $0.values(Int64.self)[i] })
        while left > 0 {
          let n = Swift.min(Int64(limit - selected.count), left)
          for _ in 0..<n {
            selected.indexes[selected.count] = UInt32(truncatingIfNeeded: i)
            selected.count += 1
          }
          left -= n
          if selected.count == limit {
            try output(rows.gathered(selected))
            selected.count = 0
          }
        }
      }
      if selected.count > 0 { try output(rows.gathered(selected)) }
    }
  }

  /// How often a row comes out that each input has so often.
  private func repetitions(_ counts: [Int64]) -> Int64 {
    let first = counts.first ?? 0
    let others = counts.dropFirst()
    if kind == .intersect {
      let least = others.reduce(first) { Swift.min($0, $1) }
      return isAll ? least : Swift.min(least, 1)
    }
    let rest = others.reduce(0) { $0 &+ $1 }
    if isAll { return Swift.max(0, first &- rest) }
    return first > 0 && rest == 0 ? 1 : 0
  }
}
