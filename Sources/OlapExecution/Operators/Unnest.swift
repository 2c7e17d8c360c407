internal import OlapColumns
internal import OlapPlanning

extension Lowering {
  func lowerUnnest(_ unnest: Unnest, needing: Set<ColumnID>?) throws -> Flow {
    var used: Set<ColumnID> = []
    for list in unnest.lists { list.expression.collectColumns(into: &used) }
    var flow = try lower(unnest.input, needing: needing.map { $0.union(used) })
    let lists = try ExpressionSet(
      unnest.lists.map { $0.expression }, layout: flow.layout, context: context)
    let kept = flow.columns.indices.filter { needing?.contains(flow.columns[$0].id) ?? true }
    let columns =
      kept.map { flow.columns[$0] } + unnest.lists.map { $0.output }
      + (unnest.ordinality.map { [$0] } ?? [])
    let profile = OperatorProfile(name: "Unnest")
    flow.append(
      UnnestOperator(
        lists, kept: kept, withOrdinality: unnest.ordinality != nil,
        keepsEmpty: unnest.keepsEmpty, profile: profile), columns: columns)
    return flow
  }
}

/// Repeats each row once per element of its lists, which become columns.
final class UnnestOperator: StreamingOperator {
  private let lists: ExpressionSet
  private let kept: [Int]
  private let withOrdinality: Bool
  private let keepsEmpty: Bool
  let profile: OperatorProfile

  init(
    _ lists: ExpressionSet, kept: [Int], withOrdinality: Bool, keepsEmpty: Bool,
    profile: OperatorProfile
  ) {
    self.lists = lists
    self.kept = kept
    self.withOrdinality = withOrdinality
    self.keepsEmpty = keepsEmpty
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any OperatorState { State(self, context) }

  private final class State: OperatorState {
    private let unnest: UnnestOperator
    private let context: ExecutionContext
    init(_ unnest: UnnestOperator, _ context: ExecutionContext) {
      self.unnest = unnest
      self.context = context
    }

    func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
      let lists = try unnest.lists.evaluate(chunk, context.evaluation).map { $0.flattened() }
      let width = VectorSize.current
      let rows = Selection(capacity: width)
      let places = lists.map { _ in Selection(capacity: width) }
      let ordinals = Selection(capacity: width)
      var n = 0
      func flush() throws {
        if n == 0 { return }
        try context.checkCancellation()
        try output(assemble(chunk, lists, rows, places, ordinals, n))
        n = 0
      }
      for row in 0..<chunk.count {
        let counts = lists.map {
          $0.isValid(row) ? Int($0.values(ListEntry.self)[row].count) : 0
        }
        var longest = counts.max() ?? 0
        if longest == 0 && unnest.keepsEmpty { longest = 1 }
        for k in 0..<longest {
          rows.indexes[n] = UInt32(truncatingIfNeeded: row)
          ordinals.indexes[n] = UInt32(truncatingIfNeeded: k + 1)
          for (index, list) in lists.enumerated() {
            places[index].indexes[n] =
              k < counts[index]
              ? list.values(ListEntry.self)[row].offset &+ UInt32(truncatingIfNeeded: k) : .max
          }
          n += 1
          if n == width { try flush() }
        }
      }
      try flush()
    }

    private func assemble(
      _ chunk: Chunk, _ lists: [Vector], _ rows: Selection, _ places: [Selection],
      _ ordinals: Selection, _ n: Int
    ) -> Chunk {
      var columns = unnest.kept.map { chunk.columns[$0].gathered(rows.indexes, count: n) }
      for (list, place) in zip(lists, places) {
        columns.append(list.children[0].gathered(place.indexes, count: n, nullWhere: .max))
      }
      if unnest.withOrdinality {
        let numbers = Vector.flat(.bigint, count: n)
        for i in 0..<n { numbers.values(Int64.self)[i] = Int64(ordinals.indexes[i]) }
        columns.append(numbers)
      }
      return Chunk(columns: columns, count: n)
    }
  }
}
