package import OlapCatalog
package import OlapColumns
package import OlapFunctions
package import OlapStorage

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
  ]

  static let modelRuns: [(String, SQLType)] = [
    ("run_id", .uuid), ("model_name", .varchar), ("layer", .varchar), ("rung", .varchar),
    ("reason", .varchar), ("started_at", .timestampTZ), ("duration_ms", .double),
    ("rows_read", .bigint), ("rows_written", .bigint), ("rows_created", .bigint),
    ("rows_updated", .bigint), ("rows_deleted", .bigint), ("rows_unchanged", .bigint),
    ("keys_affected", .bigint),
  ]

  static let expectationResults: [(String, SQLType)] = [
    ("run_id", .uuid), ("model_name", .varchar), ("expectation", .varchar),
    ("on_violation", .varchar), ("rows_checked", .bigint), ("rows_failed", .bigint),
    ("checked_at", .timestampTZ),
  ]

  static let all: [(name: String, columns: [(String, SQLType)])] = [
    ("pipeline_runs", pipelineRuns), ("model_runs", modelRuns),
    ("expectation_results", expectationResults),
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

  /// Appends one row of boxed values.
  static func append(_ values: [Value], to name: String, _ writer: WriteTransaction) throws {
    guard
      case .table(let table)? = writer.catalog.lookup(.relation, schema: schema, name: name)
    else { return }
    let vectors = zip(table.columns, values).map { column, value -> Vector in
      let builder = VectorBuilder(type: column.type)
      builder.append(value)
      return builder.finish()
    }
    try writer.append(table: table.id, Chunk(columns: vectors, count: 1))
  }
}
