internal import OlapCatalog
internal import OlapColumns
internal import OlapFunctions
internal import OlapStorage

/// The tables of schema `olap` that record what the layers did. They are ordinary tables, written in
/// the same transaction as the work they record.
enum RunLog {
  static let schema = "olap"

  static let pipelineRuns: [(String, SQLType)] = [
    ("run_id", .uuid), ("pipeline_name", .varchar), ("trigger", .varchar),
    ("started_at", .timestampTZ), ("completed_at", .timestampTZ), ("status", .varchar),
    ("snapshot_from", .bigint), ("snapshot_to", .bigint), ("clock", .timestampTZ),
    ("rows_processed", .bigint), ("rows_created", .bigint), ("rows_updated", .bigint),
    ("rows_deleted", .bigint), ("rows_unchanged", .bigint), ("error_message", .varchar),
    ("rows_skipped", .bigint), ("files_processed", .bigint),
    ("countries_filter", .list(.varchar)), ("metadata", .json),
    ("bytes_read", .bigint), ("bytes_written", .bigint),
  ]

  static let modelRuns: [(String, SQLType)] = [
    ("run_id", .uuid), ("model_name", .varchar), ("layer", .varchar), ("rung", .varchar),
    ("reason", .varchar), ("started_at", .timestampTZ), ("duration_ms", .double),
    ("rows_read", .bigint), ("rows_written", .bigint), ("rows_created", .bigint),
    ("rows_updated", .bigint), ("rows_deleted", .bigint), ("rows_unchanged", .bigint),
    ("keys_affected", .bigint), ("bytes_read", .bigint), ("bytes_written", .bigint),
  ]

  static let expectationResults: [(String, SQLType)] = [
    ("run_id", .uuid), ("model_name", .varchar), ("expectation", .varchar),
    ("on_violation", .varchar), ("rows_checked", .bigint), ("rows_failed", .bigint),
    ("checked_at", .timestampTZ), ("sample", .json),
  ]

  static let verifyResults: [(String, SQLType)] = [
    ("run_id", .uuid), ("model_name", .varchar), ("row_count", .bigint),
    ("keys_sampled", .bigint), ("differences", .bigint), ("result", .varchar),
    ("duration_ms", .double), ("checked_at", .timestampTZ),
  ]

  /// Rows that broke a rule ON VIOLATION QUARANTINE. `payload` is the row as JSON; `status` is
  /// QUARANTINED, then RELEASED (admitted) or SUPERSEDED (a newer row of its key came); REJECTED for
  /// changes without a key or sequence, which cannot come back.
  static let quarantine: [(String, SQLType)] = [
    ("quarantine_id", .uuid), ("source_table", .varchar), ("rule", .varchar), ("payload", .json),
    ("run_id", .uuid), ("quarantined_at", .timestampTZ), ("status", .varchar),
    ("released_at", .timestampTZ), ("commit_id", .bigint),
  ]

  /// One row per commit that changed a user's table, from the first layer table on. `name` is for the
  /// user to set.
  static let commits: [(String, SQLType)] = [
    ("commit_id", .bigint), ("committed_at", .timestampTZ), ("tables", .varchar),
    ("name", .varchar),
  ]

  static let all: [(name: String, columns: [(String, SQLType)])] = [
    ("pipeline_runs", pipelineRuns), ("model_runs", modelRuns),
    ("expectation_results", expectationResults), ("verify_results", verifyResults),
    ("quarantine", quarantine), ("commits", commits),
  ]

  /// Makes the schema and tables when they are not there yet.
  static func prepare(_ writer: WriteTransaction) throws {
    var catalog = writer.catalog
    var isChanged = false
    if !catalog.hasSchema(schema) {
      catalog.put(.schema(SchemaEntry(id: catalog.allocateID(), name: schema)))
      isChanged = true
    }
    for (name, columns) in all
    where catalog.lookup(.relation, schema: schema, name: name) == nil {
      let table = TableEntry(
        id: catalog.allocateID(), schema: schema, name: name,
        columns: columns.map { OlapCatalog.ColumnDefinition(name: $0.0, type: $0.1) })
      catalog.put(.table(table))
      isChanged = true
    }
    if isChanged { writer.catalog = catalog }
  }

  /// Appends one row of boxed values; columns without a value are NULL.
  static func append(_ values: [Value], to name: String, _ writer: WriteTransaction) throws {
    guard
      case .table(let table)? = writer.catalog.lookup(.relation, schema: schema, name: name)
    else { return }
    let vectors = table.columns.enumerated().map { index, column -> Vector in
      let builder = VectorBuilder(type: column.type)
      builder.append(index < values.count ? values[index] : .null)
      return builder.finish()
    }
    try writer.append(table: table.id, Chunk(columns: vectors, count: 1))
  }
}

/// One row of `olap.pipeline_runs`.
struct PipelineRun {
  var id = Connection.newRunID()
  let name: String
  let trigger: String
  let startedAt: Int64
  var status = "SUCCESS"
  var from: CSN?
  var clock: Int64?
  var processed = 0
  var created = 0
  var updated = 0
  var deleted = 0
  var unchanged = 0
  var skipped = 0
  var files: Int?
  var bytesRead = 0
  var bytesWritten = 0
  var error: String?
  /// JSON.
  var metadata: String?

  init(name: String, trigger: String, startedAt: Int64) {
    self.name = name
    self.trigger = trigger
    self.startedAt = startedAt
  }

  /// Writes the row; the run's commit is the one of `writer`.
  func append(_ writer: WriteTransaction) throws {
    let commit = writer.snapshot.csn
    try RunLog.append(
      [
        id, .varchar(name), .varchar(trigger), .timestampTZ(startedAt),
        .timestampTZ(wallClockMicroseconds()), .varchar(status),
        .count(Int(clamping: from ?? commit - 1)), .count(Int(clamping: commit)),
        clock.map { .timestampTZ($0) } ?? .null, .count(processed), .count(created),
        .count(updated), .count(deleted), .count(unchanged), .text(error), .count(skipped),
        .count(files), .null, .text(metadata), .count(bytesRead), .count(bytesWritten),
      ], to: "pipeline_runs", writer)
  }
}

extension TableEntry {
  /// The table's name as SQL text, with its schema.
  var sqlName: String { "\(quote(schema)).\(quote(name))" }
}
