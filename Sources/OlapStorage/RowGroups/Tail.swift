internal import OlapColumns
import Synchronization

/// Rows appended together, flat and owned: immutable. Column `i` holds storage column `columnIDs[i]`.
final class TailPiece: Sendable {
  let count: Int
  let columnIDs: [UInt32]
  let columns: [Vector]
  let runs: [CommitRun]
  private let budget: MemoryBudget
  private let byteCount: Int
  private let summaries = Mutex<[UInt32: SegmentHeader]>([:])

  init(
    count: Int, columnIDs: [UInt32], columns: [Vector], runs: [CommitRun], budget: MemoryBudget
  ) {
    self.count = count
    self.columnIDs = columnIDs
    self.columns = columns
    self.runs = runs
    self.budget = budget
    byteCount = columns.reduce(0) { $0 + $1.byteCount }
    budget.reserve(byteCount, for: .tail)
  }

  deinit { budget.release(byteCount, for: .tail) }

  /// Bounds, NULL count and distinct sketch of a column; gathered when first asked for.
  func summary(_ id: UInt32) -> SegmentHeader? {
    if let known = summaries.withLock({ $0[id] }) { return known }
    guard let vector = column(id),
      let fresh = try? SegmentEncoder.encode(vector, columnID: id).header
    else { return nil }
    summaries.withLock { $0[id] = fresh }
    return fresh
  }

  /// The column by storage id; nil when the piece is older than the column.
  func column(_ id: UInt32) -> Vector? {
    columnIDs.firstIndex(of: id).map { columns[$0] }
  }
}

/// The unsealed last row group: immutable pieces of at most `pieceRowCount` rows.
///
/// Appending makes a new tail that shares the pieces; small neighbours are merged so that their sizes
/// at least halve from piece to piece (each row is copied a logarithmic number of times).
final class Tail: Sendable {
  static let pieceRowCount = 2048

  let id: UInt64
  let pieces: [TailPiece]
  /// First row of each piece.
  let firstRows: [Int]
  let rowCount: Int
  let indexes: TailIndexes

  init(id: UInt64, pieces: [TailPiece], indexes: TailIndexes) {
    self.id = id
    self.pieces = pieces
    self.indexes = indexes
    var rows = 0
    firstRows = pieces.map { piece in
      defer { rows += piece.count }
      return rows
    }
    rowCount = rows
  }

  /// Commits of the rows, in row order; neighbours of one commit joined.
  var runs: [CommitRun] {
    var result: [CommitRun] = []
    for (piece, first) in zip(pieces, firstRows) {
      for run in piece.runs {
        if let last = result.last, last.csn == run.csn {
          result[result.count - 1].endRow = first + run.endRow
        } else {
          result.append(CommitRun(csn: run.csn, endRow: first + run.endRow))
        }
      }
    }
    return result
  }

  /// The piece of a row.
  func pieceIndex(ofRow row: Int) -> Int {
    var low = 0
    var high: Int = pieces.count
    while high - low > 1 {
      let middle: Int = (low + high) / 2
      if firstRows[middle] <= row { low = middle } else { high = middle }
    }
    return low
  }

  /// This tail with the rows of `chunk` (columns parallel to `columnIDs`) behind it; copies them.
  func appending(
    _ chunk: Chunk, columnIDs: [UInt32], types: [SQLType], fills: [UInt32: ColumnFill], csn: CSN,
    budget: MemoryBudget
  ) -> Tail {
    var pieces: [TailPiece] = self.pieces
    var row = 0
    while row < chunk.count {
      let n: Int = Swift.min(chunk.count - row, Tail.pieceRowCount)
      let columns: [Vector] = chunk.columns.enumerated().map { index, column in
        let builder = VectorBuilder(type: types[index], capacity: n)
        builder.append(column, row..<(row + n))
        return builder.finish()
      }
      pieces.append(
        TailPiece(
          count: n, columnIDs: columnIDs, columns: columns,
          runs: [CommitRun(csn: csn, endRow: n)], budget: budget))
      row += n
      Tail.mergeLast(&pieces, columnIDs, types, fills, budget)
    }
    return Tail(id: id, pieces: pieces, indexes: indexes)
  }

  private static func mergeLast(
    _ pieces: inout [TailPiece], _ columnIDs: [UInt32], _ types: [SQLType],
    _ fills: [UInt32: ColumnFill], _ budget: MemoryBudget
  ) {
    while pieces.count >= 2 {
      let last: TailPiece = pieces[pieces.count - 1]
      let before: TailPiece = pieces[pieces.count - 2]
      let total: Int = before.count + last.count
      if total > pieceRowCount || before.count >= 2 * last.count { return }
      let columns: [Vector] = columnIDs.enumerated().map { index, id in
        let builder = VectorBuilder(type: types[index], capacity: total)
        for piece in [before, last] {
          let vector: Vector =
            piece.column(id)
            ?? ColumnFill.vector(fills[id], type: types[index], count: piece.count)
          builder.append(vector, 0..<piece.count)
        }
        return builder.finish()
      }
      var runs: [CommitRun] = before.runs
      for run in last.runs {
        let end: Int = before.count + run.endRow
        if runs[runs.count - 1].csn == run.csn {
          runs[runs.count - 1].endRow = end
        } else {
          runs.append(CommitRun(csn: run.csn, endRow: end))
        }
      }
      pieces.removeLast(2)
      pieces.append(
        TailPiece(count: total, columnIDs: columnIDs, columns: columns, runs: runs, budget: budget))
    }
  }

  /// All rows of one column as a flat vector.
  func column(_ id: UInt32, type: SQLType, fill: ColumnFill?) -> Vector {
    let parts: [Vector] = pieces.map { piece in
      piece.column(id) ?? ColumnFill.vector(fill, type: type, count: piece.count)
    }
    return Vector.concatenated(parts, type: type)
  }
}

extension ColumnFill {
  /// `count` rows of the fill (NULL without one).
  static func vector(_ fill: ColumnFill?, type: SQLType, count: Int) -> Vector {
    Vector.constant(fill?.value ?? .null, type: type, count: count)
  }
}
