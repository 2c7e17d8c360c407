internal import OlapColumns

/// The rules that a row is judged by on its own: NOT NULL, CHECK, generated columns.
final class LoadRules {
  private let writer: TableWriter
  private let width: Int
  let reject: LoadRejection?
  private(set) var rejected = 0

  init(writer: TableWriter, width: Int, reject: LoadRejection?) {
    self.writer = writer
    self.width = width
    self.reject = reject
  }

  /// The table's columns of a chunk.
  func tablePart(_ chunk: Chunk) -> Chunk {
    chunk.columns.count == width
      ? chunk : Chunk(columns: Array(chunk.columns[..<width]), count: chunk.count)
  }

  /// The rows that pass, with generated columns filled in. A chunk that fails is halved until the rows
  /// at fault stand alone.
  func passing(_ chunk: Chunk) throws -> Chunk {
    if chunk.count == 0 { return chunk }
    do {
      var rows = chunk
      rows.columns[..<width] = try writer.complete(tablePart(chunk)).columns[...]
      return rows
    } catch let error as ComputeError where reject != nil && error.isOfValues {
      if chunk.count == 1 {
        rejected += 1
        try reject?(chunk, 0, error.message)
        return Chunk(columns: chunk.columns.map { Vector.nulls($0.type, count: 0) }, count: 0)
      }
      let middle = chunk.count / 2
      let parts = [
        try passing(chunk.sliced(0..<middle)), try passing(chunk.sliced(middle..<chunk.count)),
      ].filter { $0.count > 0 }
      if parts.count == 1 { return parts[0] }
      return Chunk.concatenated(parts, types: chunk.columns.map { $0.type })
    }
  }

  /// The rows for which `judge` gives no reason to leave them out.
  func keep(_ rows: Chunk, _ judge: (Int) -> String?) throws -> Chunk {
    let kept = Selection(capacity: rows.count)
    for row in 0..<rows.count {
      if let reason = judge(row) {
        rejected += 1
        try reject?(rows, row, reason)
      } else {
        kept.indexes[kept.count] = UInt32(truncatingIfNeeded: row)
        kept.count += 1
      }
    }
    return kept.count == rows.count ? rows : rows.gathered(kept)
  }
}

extension ComputeError {
  /// Whether other values might have done better: not cancelled, not out of memory.
  var isOfValues: Bool { kind != .cancelled && kind != .outOfMemory }
}
