internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning

/// Rows held in memory under the column ids of the plan they came from.
struct Relation {
  var columns: [PlanColumn]
  /// One vector per column, flat, `rowCount` rows.
  var rows: Chunk
  var rowCount: Int { rows.count }
  var isEmpty: Bool { rows.count == 0 }
  var types: [SQLType] { columns.map { $0.type } }

  init(columns: [PlanColumn], rows: Chunk) {
    self.columns = columns
    self.rows = rows
  }

  init(columns: [PlanColumn], chunks: [Chunk]) {
    self.columns = columns
    let joined = Chunk.concatenated(chunks, types: columns.map { $0.type })
    rows = Chunk(columns: joined.columns.map { $0.flattened() }, count: joined.count)
  }

  func position(of id: ColumnID) -> Int? { columns.firstIndex { $0.id == id } }

  /// The columns with these ids, in this order.
  func projected(to ids: [ColumnID]) -> Relation {
    let positions = ids.compactMap { position(of: $0) }
    return Relation(
      columns: positions.map { columns[$0] },
      rows: Chunk(columns: positions.map { rows.columns[$0] }, count: rowCount))
  }

  /// The rows under other column ids, pairwise.
  func renamed(to columns: [PlanColumn]) -> Relation {
    Relation(columns: columns, rows: rows)
  }

  /// Each row once.
  func distinct() -> Relation {
    let consolidated = RowConsolidation(
      columns: rows.columns, count: rowCount, weights: Array(repeating: 1, count: rowCount))
    return Relation(columns: columns, rows: rows.gathered(consolidated.representatives))
  }

  /// A leaf that gives the rows in a plan.
  var scan: LogicalPlan {
    let columns = self.columns
    let rows = self.rows
    let bound = TableFunction.Bound(
      columns: columns.map { TableFunction.Column($0.name, $0.type) }, rowCount: rows.count
    ) { request in
      var position = 0
      return GeneratorSource {
        guard position < rows.count else { return nil }
        let end = Swift.min(rows.count, position + VectorSize.current)
        defer { position = end }
        return Chunk(
          columns: request.projection.map { rows.columns[$0].sliced(position..<end) },
          count: end - position)
      }
    }
    return .tableFunction(
      TableFunctionScan(
        name: "changes", bound: bound, columns: columns.enumerated().map { ($0.offset, $0.element) }
      ))
  }

  func hasNull(_ position: Int) -> Bool { !rows.columns[position].isAllValid() }
}

extension Chunk {
  /// The rows at `indexes`.
  func gathered(_ indexes: [UInt32]) -> Chunk {
    indexes.count == count ? self : gathered(indexes, count: indexes.count)
  }
}

/// The exact change of a relation: rows with how many more (or fewer) times they occur now.
struct SignedRows {
  var relation: Relation
  /// Per row, never 0.
  var weights: [Int]
  var isEmpty: Bool { relation.isEmpty }
  var columns: [PlanColumn] { relation.columns }

  init(columns: [PlanColumn]) {
    relation = Relation(columns: columns, chunks: [])
    weights = []
  }

  /// Sums the weights of equal rows and drops those whose sum is 0.
  init(columns: [PlanColumn], parts: [(rows: Chunk, weights: [Int])]) {
    let present = parts.filter { $0.rows.count > 0 }
    let all = Relation(columns: columns, chunks: present.map { $0.rows })
    let weights = present.flatMap { $0.weights }
    let sums = RowConsolidation(columns: all.rows.columns, count: all.rowCount, weights: weights)
    var kept: [UInt32] = []
    self.weights = []
    for (row, sum) in zip(sums.representatives, sums.sums) where sum != 0 {
      kept.append(row)
      self.weights.append(sum)
    }
    relation = Relation(columns: columns, rows: all.rows.gathered(kept))
  }

  /// The change from `old` to `new`, both with the same columns.
  init(from old: Relation, to new: Relation) {
    self.init(
      columns: new.columns,
      parts: [
        (new.rows, Array(repeating: 1, count: new.rowCount)),
        (old.rows, Array(repeating: -1, count: old.rowCount)),
      ])
  }

  /// The rows with the weights as a further column.
  func weighted(by column: PlanColumn) -> Relation {
    let vector = Vector.flat(.bigint, count: weights.count)
    let values = vector.values(Int64.self)
    for i in weights.indices { values[i] = Int64(weights[i]) }
    return Relation(
      columns: relation.columns + [column],
      rows: Chunk(columns: relation.rows.columns + [vector], count: relation.rowCount))
  }

  /// Takes a weight column off a relation.
  static func parts(
    _ relation: Relation, weight: ColumnID, sign: Int = 1
  ) -> (rows: Chunk, weights: [Int]) {
    guard let position = relation.position(of: weight) else { return (relation.rows, []) }
    let weights = relation.rows.columns[position].rowIDs(relation.rowCount).map { sign * Int($0) }
    var columns = relation.rows.columns
    columns.remove(at: position)
    return (Chunk(columns: columns, count: relation.rowCount), weights)
  }
}
