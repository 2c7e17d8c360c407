internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapFormats
internal import OlapSQL
internal import OlapStorage

extension Connection {
  /// Sets the collected rows aside in `olap.load_errors`; the load's id.
  func quarantine(
    _ collector: LoadErrorCollector, reader: LoadReader, table: String, keys: [String]
  ) throws -> String {
    try withWriter { writer in
      guard let target = LoadErrors.prepare(writer) else { return "" }
      var next = try nextErrorID(writer)
      let id = UInt128.random(in: 0 ... .max)
      let readers = LoadReaderTexts(reader)
      let now = Value.timestampTZ(wallClockMicroseconds())
      let key: Value = keys.isEmpty ? .null : .varchar(keys.joined(separator: ","))
      try eachBadRow(of: collector, writer) { rows in
        let builders = target.columns.map { VectorBuilder(type: $0.type, capacity: rows.count) }
        for row in 0..<rows.count {
          let place = rows.columns.map { $0.value(at: row) }
          var path = ""
          if case .varchar(let text) = place[0] { path = text }
          let values: [Value] =
            [.integer(next), .unsigned(id), .varchar(table)] + place
            + [now, key, .varchar(readers.text(of: path))]
          for (builder, value) in zip(builders, values) { builder.append(value) }
          next += 1
        }
        try writer.append(
          table: target.id, Chunk(columns: builders.map { $0.finish() }, count: rows.count))
      }
      return Value.unsigned(id).text(.uuid)
    }
  }

  /// The collected rows in the order of their files, in chunks of the collector's columns.
  private func eachBadRow(
    of collector: LoadErrorCollector, _ writer: WriteTransaction, _ body: (Chunk) throws -> Void
  ) throws {
    let name = "\u{1}bad"
    try withRelation(name, try collector.relation()) {
      let text = "SELECT * FROM '\(name)' ORDER BY path, byte_offset"
      let result = try runQuery(
        try Parser.parse(text)[0], sql: text, parameters: [], snapshot: writer.snapshot)
      while let chunk = try result.nextChunk() { try body(chunk.chunk) }
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
      return try cancellation.run { try atomically { try runReplay(table) } }
    } catch { throw OlapError.from(error, sql: nil) }
  }

  /// Rows of `olap.load_errors` in memory at a time.
  private static let replayBatchRowCount: Int64 = 50_000

  private func runReplay(_ table: String?) throws -> [LoadReport] {
    try withWriter { writer in
      var reports: [LoadReport] = []
      var last: Int64 = .min
      while let batch = try replayBatch(table, after: last, writer) {
        last = batch.last
        for group in batch.groups {
          let report = try replay(group, writer)
          if let known = reports.firstIndex(where: { $0.table == report.table }) {
            reports[known].add(report)
          } else {
            reports.append(report)
          }
        }
      }
      try replayQuarantine(table, &reports, writer)
      return reports
    }
  }

  /// Admits what expectations had refused and now let pass.
  private func replayQuarantine(
    _ table: String?, _ reports: inout [LoadReport], _ writer: WriteTransaction
  ) throws {
    let wanted = try table.map { try resolve(loadName($0)) }
    for case .table(let entry) in writer.catalog.sortedEntries
    where entry.model == nil && entry.schema != RunLog.schema {
      if let wanted,
        wanted.schema.lowercased() != entry.schema.lowercased()
          || wanted.name.lowercased() != entry.name.lowercased()
      {
        continue
      }
      guard try hasQuarantined(entry, writer) else { continue }
      var report = LoadReport(table: entry.schema == "main" ? entry.name : entry.sqlName)
      report.inserted = try readmit(entry, writer)
      report.refused = try quarantinedCount(entry, writer)
      if let known = reports.firstIndex(where: { $0.table == report.table }) {
        reports[known].add(report)
      } else {
        reports.append(report)
      }
    }
  }

  /// Quarantined rows that go into one table in one way.
  struct ReplayGroup {
    let table: String
    let keys: [String]
    let reader: String
    var records: [StoredRecord] = []
  }

  /// The rows that follow an id, as many as fit into memory; nil: there are none.
  private func replayBatch(
    _ table: String?, after last: Int64, _ writer: WriteTransaction
  ) throws -> (groups: [ReplayGroup], last: Int64)? {
    var text =
      "SELECT id, table_name, coalesce(key_columns, ''), reader, coalesce(raw, ''), file, line, "
      + "byte_offset FROM olap.\(LoadErrors.tableName) WHERE id > \(last)"
    if let table { text += " AND lower(table_name) = lower('\(escape(table))')" }
    text += " ORDER BY id LIMIT \(Connection.replayBatchRowCount)"
    let result = try runQuery(
      try Parser.parse(text)[0], sql: text, parameters: [], snapshot: writer.snapshot)
    var groups: [ReplayGroup] = []
    var end = last
    while let chunk = try result.nextChunk() {
      for index in 0..<chunk.rowCount {
        let row = chunk.row(index)
        end = Int64(row.int(0) ?? Int(end))
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
    return groups.isEmpty ? nil : (groups, end)
  }

  private func replay(_ group: ReplayGroup, _ writer: WriteTransaction) throws -> LoadReport {
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
    let collector = LoadErrorCollector(.quarantine, maximum: nil)
    let counts = try run(
      reader, into: name, table, columns: nil, mode: key.map { .upsert(key: $0) } ?? .insert,
      collector: collector, writer: writer)
    try settle(group, collector, writer)
    var report = LoadReport(table: group.table)
    report.inserted = counts.inserted
    report.updated = counts.updated
    report.unchanged = counts.unchanged
    report.superseded = counts.superseded
    report.refused = counts.refused
    report.rejected = collector.count
    report.firstErrors = collector.firstErrors.map { "olap.load_errors, id \($0)" }
    return report
  }

  /// Removes rows that were loaded, and gives those that were not their new reason.
  private func settle(
    _ group: ReplayGroup, _ collector: LoadErrorCollector, _ writer: WriteTransaction
  ) throws {
    // A stored record's path is its id.
    var reasons: [String: BadRow] = [:]
    try eachBadRow(of: collector, writer) { rows in
      for row in 0..<rows.count {
        let texts = [0, 3, 4].map { column -> String? in
          if case .varchar(let text) = rows.columns[column].value(at: row) { text } else { nil }
        }
        guard let id = texts[0], reasons[id] == nil else { continue }
        reasons[id] = BadRow(
          path: id, line: 0, byteOffset: 0, text: "", column: texts[1], reason: texts[2] ?? "")
      }
    }
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
