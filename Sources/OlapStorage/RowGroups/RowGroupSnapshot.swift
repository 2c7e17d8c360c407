internal import OlapCatalog
package import OlapColumns

/// One row group at one commit, ready to scan.
package final class RowGroupSnapshot: Sendable {
  let state: RowGroupState
  let layout: ColumnLayout
  let table: EntryID
  let reads: ReadCounter?

  init(state: RowGroupState, layout: ColumnLayout, table: EntryID, reads: ReadCounter? = nil) {
    self.state = state
    self.layout = layout
    self.table = table
    self.reads = reads
  }

  package var id: UInt64 { state.id }
  /// Rows stored, deleted ones included.
  package var rowCount: Int { state.rowCount }
  package var deletedCount: Int { state.deletedCount }

  /// Bounds of a column over all stored rows (deleted ones too); nil when unknown.
  package func zoneMap(column: Int) -> ZoneMap? {
    guard case .sealed(let group) = state.rows else { return nil }
    if let segment = try? group.segment(layout.ids[column]) {
      return segment.zoneMap
    }
    return ZoneMap.constant(
      layout.fills[layout.ids[column]]?.value ?? .null, rowCount: state.rowCount)
  }

  /// A scanner for one thread. `columns` are positions of the table's columns, in output order.
  package func scan(
    columns: [Int], predicates: [ScanPredicate], withRowIDs: Bool
  ) -> RowGroupScanner {
    RowGroupScanner(
      group: self, columns: columns, predicates: predicates, withRowIDs: withRowIDs)
  }

  /// All rows of a column, deleted ones included, in the segment's encoding; counted as read.
  func column(_ position: Int) throws -> ColumnSource {
    noteRead(column: position)
    return try uncountedColumn(position)
  }

  /// As `column`, when it has been counted.
  func uncountedColumn(_ position: Int) throws -> ColumnSource {
    let id: UInt32 = layout.ids[position]
    switch state.rows {
    case .tail(let tail):
      return .pieces(tail, id: id, type: layout.types[position], fill: layout.fills[id])
    case .sealed(let group):
      guard let segment = try group.segment(id, near: position) else {
        return .vector(
          ColumnFill.vector(
            layout.fills[id], type: layout.types[position], count: group.rowCount))
      }
      return .segment(try segment.load())
    }
  }
}

/// Where the rows of one column of one row group come from.
enum ColumnSource {
  case pieces(Tail, id: UInt32, type: SQLType, fill: ColumnFill?)
  case vector(Vector)
  case segment(SegmentData)

  /// Rows `range`, without copying where the layout allows. A range never crosses a tail piece.
  func slice(_ range: Range<Int>) -> Vector {
    switch self {
    case .pieces(let tail, let id, let type, let fill):
      let index: Int = tail.pieceIndex(ofRow: range.lowerBound)
      let first: Int = tail.firstRows[index]
      guard let vector = tail.pieces[index].column(id) else {
        return ColumnFill.vector(fill, type: type, count: range.count)
      }
      return vector.sliced((range.lowerBound - first)..<(range.upperBound - first))
    case .vector(let vector): return vector.sliced(range)
    case .segment(let data): return data.slice(range)
    }
  }

  /// The rows at `offsets`.
  func gathered(_ offsets: UnsafePointer<UInt32>, count: Int) -> Vector {
    switch self {
    case .pieces(let tail, let id, let type, let fill):
      if count == 0 { return Vector.empty(type) }
      if tail.pieces.count == 1, let only = tail.pieces[0].column(id) {
        return only.gathered(offsets, count: count)
      }
      let builder = VectorBuilder(type: type, capacity: count)
      for i in 0..<count {
        let row = Int(offsets[i])
        let index: Int = tail.pieceIndex(ofRow: row)
        if let vector = tail.pieces[index].column(id) {
          builder.append(from: vector, row: row - tail.firstRows[index])
        } else {
          builder.append(fill?.value ?? .null)
        }
      }
      return builder.finish()
    case .vector(let vector): return vector.gathered(offsets, count: count)
    case .segment(let data): return data.gathered(offsets, count: count)
    }
  }

  /// Appends the rows at `offsets` to a column of their type.
  func append(_ offsets: UnsafePointer<UInt32>, count: Int, to result: inout GatheredColumn) {
    switch self {
    case .pieces:
      let rows: Vector = gathered(offsets, count: count)
      result.append(rows, rows: (0..<UInt32(count)).map { $0 }, count: count)
    case .vector(let vector): result.append(vector, rows: offsets, count: count)
    case .segment(let data): data.append(offsets, count: count, to: &result)
    }
  }
}
