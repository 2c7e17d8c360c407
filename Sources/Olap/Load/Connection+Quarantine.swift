package import OlapCatalog
package import OlapColumns
package import OlapExecution
package import OlapFormats
package import OlapSQL
package import OlapStorage

extension Connection {
  /// Sets rows aside in `olap.load_errors`; the load's id.
  func quarantine(
    _ rows: [BadRow], reader: LoadReader, table: String, keys: [String]
  ) throws -> String {
    try withWriter { writer in
      guard let target = LoadErrors.prepare(writer) else { return "" }
      let first = try nextErrorID(writer)
      let id = UInt128.random(in: 0 ... .max)
      let loadID = Value.unsigned(id)
      let readers = LoadReaderTexts(reader)
      let now = Value.timestampTZ(wallClockMicroseconds())
      let key: Value = keys.isEmpty ? .null : .varchar(keys.joined(separator: ","))
      for start in stride(from: 0, to: rows.count, by: VectorSize.standard) {
        let part = rows[start..<min(rows.count, start + VectorSize.standard)]
        let builders = target.columns.map { VectorBuilder(type: $0.type, capacity: part.count) }
        for (index, row) in zip(part.indices, part) {
          let values: [Value] = [
            .integer(first + Int64(index)), loadID, .varchar(table), .varchar(row.path),
            .integer(Int64(row.line)), .integer(Int64(row.byteOffset)),
            row.column.map { .varchar($0) } ?? .null, .varchar(row.reason), .varchar(row.text), now,
            key, .varchar(readers.text(of: row.path)),
          ]
          for (builder, value) in zip(builders, values) { builder.append(value) }
        }
        try writer.append(
          table: target.id, Chunk(columns: builders.map { $0.finish() }, count: part.count))
      }
      return loadID.text(.uuid)
    }
  }

  private func nextErrorID(_ writer: WriteTransaction) throws -> Int64 {
    let text = "SELECT coalesce(max(id), 0) + 1 FROM olap.\(LoadErrors.tableName)"
    let result = try runQuery(
      try Parser.parse(text)[0], sql: text, parameters: [], snapshot: writer.snapshot)
    guard case .integer(let id)? = try result.nextChunk()?.value(row: 0, column: 0) else {
      return 1
    }
    return id
  }

  /// Loads rows of `olap.load_errors` again, those of `table` or all. Rows that fit now leave it; the
  /// others stay with their new reason. One transaction.
  public func replay(table: String? = nil) throws -> [LoadReport] {
    do {
      beginStatement()
      return try atomically { try runReplay(table) }
    } catch { throw OlapError.from(error, sql: nil) }
  }

  private func runReplay(_ table: String?) throws -> [LoadReport] {
    try withWriter { writer in
      var reports: [LoadReport] = []
      for group in try replayGroups(table, writer) {
        try replay(group, &reports, writer)
      }
      return reports
    }
  }

  /// Quarantined rows that go into one table in one way.
  struct ReplayGroup {
    let table: String
    let keys: [String]
    let reader: String
    var records: [StoredRecord] = []
  }

  private func replayGroups(_ table: String?, _ writer: WriteTransaction) throws -> [ReplayGroup] {
    var text =
      "SELECT id, table_name, coalesce(key_columns, ''), reader, coalesce(raw, ''), file, line, "
      + "byte_offset FROM olap.\(LoadErrors.tableName)"
    if let table { text += " WHERE lower(table_name) = lower('\(escape(table))')" }
    text += " ORDER BY id"
    let result = try runQuery(
      try Parser.parse(text)[0], sql: text, parameters: [], snapshot: writer.snapshot)
    var groups: [ReplayGroup] = []
    while let chunk = try result.nextChunk() {
      for index in 0..<chunk.rowCount {
        let row = chunk.row(index)
        let name = row.string(1) ?? ""
        let keys = (row.string(2) ?? "").split(separator: ",").map(String.init)
        let reader = row.string(3) ?? ""
        let known = groups.firstIndex {
          $0.table == name && $0.keys == keys && $0.reader == reader
        }
        if known == nil { groups.append(ReplayGroup(table: name, keys: keys, reader: reader)) }
        groups[known ?? groups.count - 1].records.append(
          StoredRecord(
            text: row.string(4) ?? "", name: row.text(0) ?? "", path: row.string(5) ?? "",
            line: row.int(6) ?? 0, byteOffset: row.int(7) ?? 0))
      }
    }
    return groups
  }

  private func replay(
    _ group: ReplayGroup, _ reports: inout [LoadReport], _ writer: WriteTransaction
  ) throws {
    let node = loadName(group.table)
    let name = try resolve(node)
    let table = try existingTable(name, node, writer: writer)
    try refuseModelWrite(table, node)
    guard let schema = ReaderText.schema(group.reader) else {
      throw OlapError(
        .invalidInput,
        "olap.load_errors: the column reader does not say how the rows of \(group.table) are read")
    }
    let reader = LoadReader(schema, records: group.records)
    let key =
      group.keys.isEmpty
      ? nil
      : table.keys.firstIndex { key in
        Set(key.columns) == Set(group.keys.compactMap { table.columnIndex($0) })
      }
    let collector = LoadErrorCollector(.quarantine, maximum: group.records.count * 16 + 1000)
    let counts = try run(
      reader, into: name, table, columns: nil, mode: key.map { .upsert(key: $0) } ?? .insert,
      collector: collector, writer: writer)
    try settle(group, collector.rows())
    var report = LoadReport(table: group.table)
    report.inserted = counts.inserted
    report.updated = counts.updated
    report.unchanged = counts.unchanged
    report.superseded = counts.superseded
    report.rejected = collector.count
    report.firstErrors = collector.firstErrors
    reports.append(report)
  }

  /// Removes rows that were loaded, and gives those that were not their new reason.
  private func settle(_ group: ReplayGroup, _ bad: [BadRow]) throws {
    var reasons: [String: BadRow] = [:]
    for row in bad where reasons[row.path] == nil { reasons[row.path] = row }
    let loaded = group.records.filter { reasons[$0.name] == nil }.map { $0.name }
    for start in stride(from: 0, to: loaded.count, by: 1000) {
      let ids = loaded[start..<min(loaded.count, start + 1000)].joined(separator: ", ")
      try runInside("DELETE FROM olap.\(LoadErrors.tableName) WHERE id IN (\(ids))")
    }
    let rest = reasons.values.sorted { $0.path < $1.path }
    for start in stride(from: 0, to: rest.count, by: 200) {
      let rows = rest[start..<min(rest.count, start + 200)].map { row in
        let column = row.column.map { "'\(escape($0))'" } ?? "NULL"
        return "(\(row.path), '\(escape(row.reason))', \(column)::VARCHAR)"
      }
      try runInside(
        "UPDATE olap.\(LoadErrors.tableName) SET reason = v.r, column_name = v.c FROM (VALUES "
          + "\(rows.joined(separator: ", "))) v(i, r, c) WHERE id = v.i")
    }
  }

  private func runInside(_ text: String) throws {
    _ = try dispatch(try Parser.parse(text)[0], sql: text, parameters: [])
  }
}

/// How rows of each file of a load are read, as text.
struct LoadReaderTexts {
  private var texts: [String: String] = [:]
  private let standard: String

  init(_ reader: LoadReader) {
    switch reader.schema {
    case .csv(let schema, _):
      for index in schema.files.indices {
        texts[schema.files[index].path] = ReaderText.text(schema, file: index)
      }
      standard = ""
    case .json(let schema, _): standard = ReaderText.text(schema)
    }
  }

  func text(of path: String) -> String { texts[path] ?? standard }
}
