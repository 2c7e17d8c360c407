internal import OlapCatalog
internal import OlapColumns
internal import OlapExecution
internal import OlapFormats
internal import OlapFunctions
internal import OlapStorage
import Synchronization

/// `olap.load_errors`: rows that loads have set aside. An ordinary table, written in the load's own
/// transaction; users mend `raw` and run the rows again.
enum LoadErrors {
  static let tableName = "load_errors"

  static let columns: [(String, SQLType)] = [
    ("id", .bigint), ("load_id", .uuid), ("table_name", .varchar), ("file", .varchar),
    ("line", .bigint), ("byte_offset", .bigint), ("column_name", .varchar), ("reason", .varchar),
    ("raw", .varchar), ("loaded_at", .timestampTZ), ("key_columns", .varchar), ("reader", .varchar),
  ]

  /// The table, made when it is not there yet.
  static func prepare(_ writer: WriteTransaction) -> TableEntry? {
    var catalog = writer.catalog
    if case .table(let table)? = catalog.lookup(
      .relation, schema: RunLog.schema, name: tableName)
    {
      return table
    }
    if !catalog.hasSchema(RunLog.schema) {
      catalog.put(.schema(SchemaEntry(id: catalog.allocateID(), name: RunLog.schema)))
    }
    let table = TableEntry(
      id: catalog.allocateID(), schema: RunLog.schema, name: tableName,
      columns: columns.map { OlapCatalog.ColumnDefinition(name: $0.0, type: $0.1) })
    catalog.put(.table(table))
    writer.catalog = catalog
    return table
  }

  /// Before the first quarantined row the table does not exist: it reads as empty.
  static let empty = SystemTable(
    RunLog.schema, tableName, "Rows that loads have set aside",
    columns: columns.map { .init($0.0, $0.1) }
  ) { _, _ in [] }
}

/// Gathers the bad rows of one load, from any thread. Rows that are kept are spilled beyond the memory
/// budget.
final class LoadErrorCollector: Sendable {
  private struct State {
    var builders: [VectorBuilder] = []
    var kept: ChunkCollection?
    var count = 0
    var first: [String] = []
  }
  private let state = Mutex(State())
  private let keepsRows: Bool
  private let limit: Int

  /// Columns of the kept rows: a place, and what is wrong there.
  static let columns: [(name: String, type: SQLType)] = [
    ("path", .varchar), ("line", .bigint), ("byte_offset", .bigint), ("column_name", .varchar),
    ("reason", .varchar), ("raw", .varchar),
  ]

  init(_ policy: LoadErrorPolicy, maximum: Int?) {
    keepsRows = policy == .quarantine
    limit = maximum ?? .max
  }

  /// To be called before the first row; `context` gives the memory.
  func prepare(_ context: ExecutionContext) {
    guard keepsRows else { return }
    state.withLock { state in
      guard state.kept == nil else { return }
      state.kept = ChunkCollection(
        types: LoadErrorCollector.columns.map { $0.type }, context: context)
    }
  }

  var count: Int { state.withLock { $0.count } }
  var firstErrors: [String] { state.withLock { $0.first } }

  /// The rows that were kept, as they came.
  func relation() throws -> TableFunction.Bound {
    try state.withLock { state in
      try LoadErrorCollector.flush(&state)
      let names = LoadErrorCollector.columns.map { $0.name }
      return state.kept?.relation(names: names)
        ?? TableFunction.Bound(
          columns: LoadErrorCollector.columns.map { .init($0.name, $0.type) }, rowCount: 0
        ) { _ in GeneratorSource { nil } }
    }
  }

  /// - Throws: when there are too many.
  func add(_ row: BadRow) throws {
    try state.withLock { state in
      state.count += 1
      if state.first.count < 5 { state.first.append(row.error.message) }
      if state.count > limit {
        throw ComputeError(
          .invalidCast,
          "more than \(limit) bad rows, so nothing was loaded; the first: "
            + (state.first.first ?? ""))
      }
      guard keepsRows else { return }
      if state.builders.isEmpty {
        state.builders = LoadErrorCollector.columns.map { VectorBuilder(type: $0.type) }
      }
      let values: [Value] = [
        .varchar(row.path), .integer(Int64(row.line)), .integer(Int64(row.byteOffset)),
        row.column.map { .varchar($0) } ?? .null, .varchar(row.reason), .varchar(row.text),
      ]
      for (builder, value) in zip(state.builders, values) { builder.append(value) }
      if state.builders[0].count >= VectorSize.current { try LoadErrorCollector.flush(&state) }
    }
  }

  private static func flush(_ state: inout State) throws {
    guard let count = state.builders.first?.count, count > 0 else { return }
    let chunk = Chunk(columns: state.builders.map { $0.finish() }, count: count)
    state.builders = []
    try state.kept?.append(chunk)
  }

  /// A row of a chunk that broke a rule of the table; its origins stand behind `width` columns.
  func add(_ chunk: Chunk, row: Int, width: Int, reason: String) throws {
    func text(_ column: Int) -> String {
      if case .varchar(let text) = chunk.columns[width + column].value(at: row) { text } else { "" }
    }
    func number(_ column: Int) -> Int {
      if case .integer(let value) = chunk.columns[width + column].value(at: row) {
        Int(value)
      } else {
        0
      }
    }
    try add(
      BadRow(
        path: text(0), line: number(1), byteOffset: number(2), text: text(3), column: nil,
        reason: reason))
  }
}
