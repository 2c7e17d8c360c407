internal import OlapCatalog
package import OlapColumns

/// Appends many rows from one thread: full row groups are encoded, compressed and written to the file
/// by the caller's thread; only pointers to them are logged.
package final class TableAppender: @unchecked Sendable {
  private let transaction: WriteTransaction
  private let entry: TableEntry
  private let fills: [UInt32: ColumnFill]
  private var chunks: [Chunk] = []
  private var rowCount = 0
  private var retainedByteCount = 0
  private let full: Int

  init(transaction: WriteTransaction, entry: TableEntry, fills: [UInt32: ColumnFill]) {
    self.transaction = transaction
    self.entry = entry
    self.fills = fills
    full = transaction.storage.options.rowGroupRowCount
  }

  /// Takes the rows; the vectors are kept until their row group is full.
  package func append(_ chunk: Chunk) throws {
    guard chunk.columns.count == entry.columns.count else {
      throw StorageError.conflict("a row of \(entry.name) has \(entry.columns.count) columns")
    }
    var row = 0
    while row < chunk.count {
      let n: Int = Swift.min(full - rowCount, chunk.count - row)
      chunks.append(row == 0 && n == chunk.count ? chunk : chunk.sliced(row..<(row + n)))
      rowCount += n
      row += n
      if rowCount == full { try seal() }
    }
  }

  /// Hands over what remains. Nothing is appended afterwards.
  package func finish() throws {
    if rowCount == 0 { return }
    if rowCount >= Swift.min(full, Storage.directSealRowCount) {
      try seal()
    } else {
      for chunk in chunks { try transaction.append(table: entry.id, chunk) }
      chunks = []
      rowCount = 0
    }
  }

  private func seal() throws {
    let columns: [Vector] = entry.columns.indices.map { column in
      Vector.concatenated(chunks.map { $0.columns[column] }, type: entry.columns[column].type)
    }
    try Cancellation.check()
    let count: Int = rowCount
    chunks = []
    rowCount = 0
    let id: UInt64 = try transaction.allocateGroupID(table: entry.id)
    let group: RowGroup = try transaction.storage.writeRowGroup(
      id: id, entry: entry, columns: columns, rowCount: count,
      runs: [CommitRun(csn: transaction.csn, endRow: count)], transaction)
    try transaction.add(group, table: entry.id)
  }
}
