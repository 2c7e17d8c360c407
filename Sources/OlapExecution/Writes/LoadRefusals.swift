package import OlapColumns
package import OlapFunctions

/// The rows of a load that rules of the table refuse, gathered beside the ones that go on.
///
/// A load's chunks then have, behind the table's columns, the number of the first rule that refuses the
/// row, 0 for none. Memory beyond the budget is spilled. One thread at a time.
package final class LoadRefusals {
  private let width: Int
  /// The table's columns of refused rows, then the rule's number.
  package let rows: ChunkCollection
  /// Key columns of every row that was judged; nil: nobody asks.
  package let keys: ChunkCollection?
  private let keyColumns: [Int]
  /// Rows that were judged.
  package private(set) var judgedCount = 0
  /// Refused rows per rule.
  package private(set) var counts: [Int]

  /// - Parameter keyColumns: columns to gather of all rows; empty: none.
  package init(
    types: [SQLType], ruleCount: Int, keyColumns: [Int], context: ExecutionContext
  ) {
    width = types.count
    rows = ChunkCollection(types: types + [.integer], context: context)
    self.keyColumns = keyColumns
    keys =
      keyColumns.isEmpty
      ? nil : ChunkCollection(types: keyColumns.map { types[$0] }, context: context)
    counts = Array(repeating: 0, count: ruleCount)
  }

  /// The rows that no rule refuses, without the rule's number.
  func passing(_ chunk: Chunk) throws -> Chunk {
    judgedCount += chunk.count
    if let keys {
      try keys.append(
        Chunk(columns: keyColumns.map { chunk.columns[$0] }, count: chunk.count))
    }
    let numbers = chunk.columns[width].flattened()
    let kept = Selection(capacity: chunk.count)
    let refused = Selection(capacity: chunk.count)
    withExtendedLifetime(numbers) {
      let values = numbers.values(Int32.self)
      for row in 0..<chunk.count {
        let number = Int(values[row])
        let target = number == 0 ? kept : refused
        target.indexes[target.count] = UInt32(truncatingIfNeeded: row)
        target.count += 1
        if number > 0, number <= counts.count { counts[number - 1] += 1 }
      }
    }
    var rest = chunk
    rest.columns.remove(at: width)
    if refused.count == 0 { return rest }
    var columns = Array(chunk.columns[..<width])
    columns.append(numbers)
    try rows.append(Chunk(columns: columns, count: chunk.count).gathered(refused))
    return rest.gathered(kept)
  }
}

extension ChunkCollection {
  /// The rows as a relation; it may be read more than once.
  package func relation(names: [String]) -> TableFunction.Bound {
    let columns = zip(names, types).map { TableFunction.Column($0, $1) }
    return TableFunction.Bound(columns: columns, rowCount: rowCount) { request in
      var next = 0
      return GeneratorSource {
        guard next < self.chunkCount else { return nil }
        defer { next += 1 }
        let chunk = try self.chunk(at: next)
        return Chunk(
          columns: request.projection.map { chunk.columns[$0] }, count: chunk.count)
      }
    }
  }
}
