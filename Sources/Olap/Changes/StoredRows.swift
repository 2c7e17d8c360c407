internal import OlapCatalog
internal import OlapColumns
internal import OlapStorage

extension Connection {
  /// Copies what a target and the table beside it have of a batch's keys into scratch tables, so that the
  /// cost of a batch follows its size. Rows are found by the key index.
  /// - Parameter body: gets the target's rows with `"stored row"`, their row id, and those of `side`.
  func withStoredRows<R>(
    of batch: ChangeBatch, in scratch: TableEntry, side: TableEntry, _ writer: WriteTransaction,
    _ body: (_ live: TableEntry, _ remembered: TableEntry) throws -> R
  ) throws -> R {
    let wanted = try collect(
      "SELECT DISTINCT \(batch.keyList) FROM \(scratch.sqlName)", writer: writer)
    let rowID = OlapCatalog.ColumnDefinition(name: "stored row", type: .bigint)
    return try withScratch(like: batch.table, adding: [rowID], writer) { live in
      try copyRows(
        of: batch.table, keyColumns: batch.keyPositions, wanted.chunks, into: live,
        withRowIDs: true,
        writer)
      return try withScratch(like: side, writer) { remembered in
        try copyRows(
          of: side, keyColumns: Array(batch.keyPositions.indices), wanted.chunks, into: remembered,
          withRowIDs: false, writer)
        return try body(live, remembered)
      }
    }
  }

  /// As `withStoredRows`, for tables that have several rows of a key (SCD type 2); both copies have
  /// `"stored row"`. Row groups written from now on keep an index of the key's columns.
  func withStoredVersions<R>(
    of batch: ChangeBatch, in scratch: TableEntry, side: TableEntry, _ writer: WriteTransaction,
    _ body: (_ live: TableEntry, _ remembered: TableEntry) throws -> R
  ) throws -> R {
    let wanted = try collect(
      "SELECT DISTINCT \(batch.keyList) FROM \(scratch.sqlName)", writer: writer)
    let rowID = OlapCatalog.ColumnDefinition(name: "stored row", type: .bigint)
    return try withScratch(like: batch.table, adding: [rowID], writer) { live in
      try copyAllRows(
        of: batch.table, keyColumns: batch.keyPositions, wanted.chunks, into: live, writer)
      return try withScratch(like: side, adding: [rowID], writer) { remembered in
        try copyAllRows(
          of: side, keyColumns: Array(batch.keyPositions.indices), wanted.chunks, into: remembered,
          writer)
        return try body(live, remembered)
      }
    }
  }

  /// Appends all rows with the given keys, and their row ids, to a table of the same columns and one more.
  private func copyAllRows(
    of table: TableEntry, keyColumns: [Int], _ keys: [Chunk], into holder: TableEntry,
    _ writer: WriteTransaction
  ) throws {
    // One order of the columns, however KEYS names them: one index.
    let order = keyColumns.indices.sorted { keyColumns[$0] < keyColumns[$1] }
    let columns = order.map { keyColumns[$0] }
    if var entry = writer.catalog.table(table.id) {
      let ids = columns.map { entry.columnIDs[$0] }
      if entry.lookupColumns != ids {
        entry.lookupColumns = ids
        try changeCatalog(writer) { $0.put(.table(entry)) }
      }
    }
    let snapshot = writer.snapshot.table(table.id)
    for chunk in keys {
      let ids = try snapshot.rows(
        matching: columns, vectors: order.map { chunk.columns[$0] }, count: chunk.count)
      for start in stride(from: 0, to: ids.count, by: 2048) {
        let part = Array(ids[start..<min(start + 2048, ids.count)])
        let rows = try snapshot.fetch(
          columns: Array(table.columns.indices), rowIDs: part, count: part.count)
        try writer.append(
          table: holder.id, Chunk(columns: rows + [part.vector], count: part.count))
      }
    }
  }

  /// Appends the rows with the given keys to a table of the same columns.
  /// - Parameter keyColumns: positions, in the order of the keys' columns.
  private func copyRows(
    of table: TableEntry, keyColumns: [Int], _ keys: [Chunk], into holder: TableEntry,
    withRowIDs: Bool, _ writer: WriteTransaction
  ) throws {
    let snapshot = writer.snapshot.table(table.id)
    // The index knows the columns in the order of their declaration.
    let declared = table.keys.first { Set($0.columns) == Set(keyColumns) }?.columns ?? keyColumns
    let order = declared.compactMap { keyColumns.firstIndex(of: $0) }
    for chunk in keys {
      var found = [RowID](repeating: -1, count: chunk.count)
      try found.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        try snapshot.probe(
          columns: declared, vectors: order.map { chunk.columns[$0] }, count: chunk.count,
          into: base)
      }
      let ids = found.filter { $0 >= 0 }.sorted()
      if ids.isEmpty { continue }
      var columns = try snapshot.fetch(
        columns: Array(table.columns.indices), rowIDs: ids, count: ids.count)
      if withRowIDs { columns.append(ids.vector) }
      try writer.append(table: holder.id, Chunk(columns: columns, count: ids.count))
    }
  }

  /// Deletes the rows whose ids a query gives: at once, or by a DELETE statement where foreign keys of
  /// other tables have a say.
  func deleteRows(_ query: String, of table: TableEntry, _ writer: WriteTransaction) throws {
    let isReferenced = writer.catalog.entries.values.contains { entry in
      if case .table(let other) = entry {
        other.foreignKeys.contains { $0.target == table.id }
      } else {
        false
      }
    }
    if isReferenced {
      _ = try internalWrite(
        "DELETE FROM \(table.sqlName) WHERE rowid IN (\(query))", [], writer)
      return
    }
    for chunk in try collect(query, writer: writer).chunks {
      try writer.delete(table: table.id, rowIDs: chunk.columns[0], count: chunk.count)
    }
  }
}
