package import OlapColumns
package import OlapFunctions
package import OlapPlanning

/// What rows in a sort look like: the payload columns, then keys that are no payload column, then (when
/// several workers sort) the ordinal that keeps equal rows in source order.
package final class SortShape: Sendable {
  /// Types of all columns of a row.
  package let types: [SQLType]
  /// The first columns: what comes out.
  package let payloadCount: Int
  /// Column of each key.
  package let keyPositions: [Int]
  package let layout: SortKey.Layout
  /// Key expressions that are computed, in the order of their columns behind the payload.
  private let computed: ExpressionSet
  private let hasOrdinal: Bool

  package init(
    payload: [PlanColumn], items: [SortItem], keepsOrder: Bool, context: ExecutionContext
  ) throws {
    let layout = ColumnLayout(payload)
    var types = payload.map { $0.type }
    payloadCount = types.count
    var expressions: [BoundExpression] = []
    var positions: [Int] = []
    var columns: [SortKey.Column] = []
    for item in items {
      columns.append(SortKey.Column(item.expression.type, item))
      if case .column(let id, _) = item.expression, let position = layout[id] {
        positions.append(position)
      } else {
        positions.append(types.count)
        types.append(item.expression.type)
        expressions.append(item.expression)
      }
    }
    if keepsOrder {
      columns.append(
        SortKey.Column(.bigint, descending: false, nullsFirst: false, nullable: false))
      positions.append(types.count)
      types.append(.bigint)
    }
    computed = try ExpressionSet(expressions, layout: layout, context: context)
    hasOrdinal = keepsOrder
    self.types = types
    keyPositions = positions
    self.layout = SortKey.Layout(columns: columns)
  }

  /// Rows whose keys are columns of theirs; all columns come out.
  package init(
    types: [SQLType], keys: [(position: Int, column: SortKey.Column)], context: ExecutionContext
  ) throws {
    self.types = types
    payloadCount = types.count
    keyPositions = keys.map { $0.position }
    layout = SortKey.Layout(columns: keys.map { $0.column })
    computed = try ExpressionSet([], layout: ColumnLayout([]), context: context)
    hasOrdinal = false
  }

  /// A chunk of payload columns with its key columns.
  package func row(
    _ chunk: Chunk, ordinal: Int, _ evaluation: EvaluationContext
  ) throws -> Chunk {
    var columns = chunk.columns + (try computed.evaluate(chunk, evaluation))
    if hasOrdinal {
      columns.append(Vector.constant(.integer(Int64(ordinal)), type: .bigint, count: chunk.count))
    }
    return Chunk(columns: columns, count: chunk.count)
  }

  /// The key vectors of rows.
  package func keys(_ rows: Chunk) -> [Vector] { keyPositions.map { rows.columns[$0] } }

  /// Rows without their key columns.
  package func payload(_ rows: Chunk) -> Chunk {
    if payloadCount == types.count { return rows }
    return Chunk(columns: Array(rows.columns[..<payloadCount]), count: rows.count)
  }

  /// Bytes that sorting needs per row beside the row itself: key, number, scratch.
  package var workByteCount: Int { layout.byteCount + 40 }

  /// Bytes of a row laid out flat, long strings aside.
  package var flatByteCount: Int { types.reduce(0) { $0 + $1.physicalType.byteCount + 1 } }
}
