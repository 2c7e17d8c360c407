internal import OlapCatalog
public import OlapColumns
internal import OlapExecution
internal import OlapFunctions
internal import OlapSQL

/// Values of one column, many rows at a time, for `Appender.append(columns:)`. Nil is NULL.
public enum ColumnValues: Sendable {
  case booleans([Bool?])
  case integers([Int64?])
  case doubles([Double?])
  case strings([String?])
  /// Boxed values of any kind.
  case values([Value])

  public var count: Int {
    switch self {
    case .booleans(let values): values.count
    case .integers(let values): values.count
    case .doubles(let values): values.count
    case .strings(let values): values.count
    case .values(let values): values.count
    }
  }
}

/// Adds many rows to one table, faster than INSERT statements: no SQL text, whole row groups at once.
///
/// Rows gather in memory, at most about a row group of them, and are then checked (types, NOT NULL, CHECK,
/// keys, foreign keys) and written. Everything is one transaction, which `finish` commits; with
/// `rowsPerCommit` it is one for every so many rows, and rows of earlier ones stay when a later one
/// fails. Inside a transaction that was open before, rows belong to it and the caller commits.
///
/// Threads: an appender belongs to its connection and follows its rule, one thread at a time; it may move
/// from thread to thread. Appenders of different connections may exist side by side, but transactions that
/// write take turns: a second one waits until the first has committed. The connection may be queried
/// between calls and sees the rows written so far.
///
/// An appender that is released without `finish` rolls back what it has not committed.
public final class Appender {
  private let connection: Connection
  private let name: QualifiedName
  private let columns: [OlapCatalog.ColumnDefinition]
  private let names: [String]?
  private let rowsPerCommit: Int?
  private let ownsTransaction: Bool
  private var builders: [VectorBuilder] = []
  private var chunks: [Chunk] = []
  private var gathered = 0
  private var sinceCommit = 0
  private var isOpen = true
  /// Rows written so far, committed or not.
  public private(set) var rowCount = 0
  /// Rows gathered before they are written: a row group.
  private static let batchRowCount = 122_880

  init(
    connection: Connection, table: String, columns names: [String]?, rowsPerCommit: Int?
  ) throws {
    self.connection = connection
    self.names = names
    self.rowsPerCommit = rowsPerCommit.map { max(1, $0) }
    let node = connection.loadName(table)
    name = try connection.resolve(node)
    let entry = try connection.appendTarget(name, node)
    if let names {
      columns = try names.map { column in
        guard let position = entry.columnIndex(column) else {
          throw OlapError(.binder, "table \"\(table)\" has no column \"\(column)\"")
        }
        return entry.columns[position]
      }
    } else {
      columns = entry.columns.filter { $0.generatedSQL == nil }
    }
    ownsTransaction = !connection.isInTransaction
    if ownsTransaction { try connection.execute("BEGIN") }
    makeBuilders()
  }

  deinit { if isOpen { cancel() } }

  private func makeBuilders() {
    builders = columns.map { VectorBuilder(type: $0.type, capacity: VectorSize.standard) }
  }

  /// Adds one row: a value for each column, in order.
  ///
  /// - Throws: `OlapError` when a value is not of its column's type and cannot be cast to it; the row is
  ///   then not added. Rules of the table are checked when rows are written, perhaps later.
  public func append(_ values: Value...) throws { try append(values) }

  /// Adds one row: a value for each column, in order.
  public func append(_ values: [Value]) throws {
    try checkOpen()
    guard values.count == columns.count else {
      throw OlapError(
        .invalidInput, "the appender has \(columns.count) columns, the row \(values.count) values")
    }
    var row = values
    for index in row.indices where !row[index].fits(columns[index].type) {
      do {
        row[index] = try Cast.cast(
          row[index], from: row[index].naturalType, to: columns[index].type, isTry: false,
          timeZoneName: connection.settings["timezone"])
      } catch { throw OlapError.from(error, sql: nil) }
    }
    for (builder, value) in zip(builders, row) { builder.append(value) }
    if builders[0].count >= VectorSize.standard { sealChunk() }
    try writeWhenFull()
  }

  /// Adds rows column by column: as many values for each column, in order.
  public func append(columns values: [ColumnValues]) throws {
    try checkOpen()
    guard values.count == columns.count, let count = values.first?.count,
      values.allSatisfy({ $0.count == count })
    else {
      throw OlapError(
        .invalidInput,
        "the appender takes \(columns.count) columns of equal length, got lengths "
          + values.map { String($0.count) }.joined(separator: ", "))
    }
    sealChunk()
    do {
      let vectors = try zip(values, columns).map { values, column in
        try values.vector(column.type, timeZoneName: connection.settings["timezone"])
      }
      for start in stride(from: 0, to: count, by: VectorSize.current) {
        let range = start..<min(count, start + VectorSize.current)
        chunks.append(Chunk(columns: vectors.map { $0.sliced(range) }, count: range.count))
        gathered += range.count
      }
    } catch { throw OlapError.from(error, sql: nil) }
    try writeWhenFull()
  }

  private func sealChunk() {
    guard let count = builders.first?.count, count > 0 else { return }
    chunks.append(Chunk(columns: builders.map { $0.finish() }, count: count))
    gathered += count
    makeBuilders()
  }

  private func writeWhenFull() throws {
    let limit = min(Appender.batchRowCount, rowsPerCommit ?? .max)
    if gathered + (builders.first?.count ?? 0) >= limit { try flush() }
  }

  /// Checks and writes the rows gathered so far.
  ///
  /// - Throws: `OlapError` for a row that breaks a rule of the table; then nothing of the open transaction
  ///   can be kept, and the appender is at its end.
  public func flush() throws {
    try checkOpen()
    sealChunk()
    guard gathered > 0 else { return }
    do {
      connection.beginStatement()
      try connection.cancellation.run {
        try connection.writeAppended(chunks, into: name, names: names, columns: columns)
      }
    } catch {
      cancel()
      throw OlapError.from(error, sql: nil)
    }
    rowCount += gathered
    sinceCommit += gathered
    chunks = []
    gathered = 0
    if ownsTransaction, let rowsPerCommit, sinceCommit >= rowsPerCommit {
      sinceCommit = 0
      try connection.execute("COMMIT")
      try connection.execute("BEGIN")
    }
  }

  /// Writes what is left and commits (unless the transaction was open before). The number of rows added.
  @discardableResult
  public func finish() throws -> Int {
    try flush()
    isOpen = false
    if ownsTransaction { try connection.execute("COMMIT") }
    return rowCount
  }

  /// Drops the rows that are not committed (of the appender's own transaction) and ends the appender.
  public func cancel() {
    isOpen = false
    chunks = []
    gathered = 0
    if ownsTransaction, connection.isInTransaction { _ = try? connection.execute("ROLLBACK") }
  }

  private func checkOpen() throws {
    if !isOpen { throw OlapError(.invalidInput, "the appender has been finished or has failed") }
  }
}

extension Connection {
  /// Adds many rows to a table; see `Appender`. `columns`: those that rows have values for, the others get
  /// their defaults; nil: all.
  public func appender(
    _ table: String, columns: [String]? = nil, rowsPerCommit: Int? = nil
  ) throws -> Appender {
    do {
      return try Appender(
        connection: self, table: table, columns: columns, rowsPerCommit: rowsPerCommit)
    } catch { throw OlapError.from(error, sql: nil) }
  }

  func appendTarget(_ name: QualifiedName, _ node: ObjectName) throws -> TableEntry {
    let catalog =
      name.isTemporary ? temporarySnapshot()?.catalog : writingSnapshot().catalog
    guard
      case .table(let table)? = catalog?.lookup(.relation, schema: name.schema, name: name.name)
    else { throw OlapError(.catalog, "Table with name \(node.text) does not exist!") }
    try refuseModelWrite(table, node)
    return table
  }

  /// Writes an appender's rows as one statement.
  func writeAppended(
    _ chunks: [Chunk], into name: QualifiedName, names: [String]?,
    columns: [OlapCatalog.ColumnDefinition]
  ) throws {
    try atomically {
      try withWriter(of: name) { writer in
        let list = columns.map { TableFunction.Column($0.name, $0.type) }
        let source = TableFunction.Bound(
          columns: list, rowCount: chunks.reduce(0) { $0 + $1.count }
        ) { request in
          var rest = chunks[...]
          return GeneratorSource {
            rest.popFirst().map { chunk in
              Chunk(columns: request.projection.map { chunk.columns[$0] }, count: chunk.count)
            }
          }
        }
        _ = try run(
          source, into: name, fields: columns.map { $0.name },
          target: columns.map { $0.name }, byName: false, width: 0, mode: .insert, collector: nil,
          writer: writer)
      }
    }
  }
}

extension ColumnValues {
  /// The values as a vector of the column's type.
  func vector(_ type: SQLType, timeZoneName: String) throws -> Vector {
    let boxed: [Value]
    let natural: SQLType
    switch self {
    case .booleans(let values):
      boxed = values.map { $0.map { .boolean($0) } ?? .null }
      natural = .boolean
    case .integers(let values): return try Self.integers(values, type, timeZoneName)
    case .doubles(let values):
      boxed = values.map { $0.map { .double($0) } ?? .null }
      natural = .double
    case .strings(let values):
      let builder = StringVectorBuilder(type: .varchar, capacity: values.count)
      for value in values { if let value { builder.append(value) } else { builder.appendNull() } }
      return try Cast.cast(builder.finish(), to: type, isTry: false, timeZoneName: timeZoneName)
    case .values(let values):
      let builder = VectorBuilder(type: type, capacity: values.count)
      for value in values {
        builder.append(
          value.fits(type)
            ? value
            : try Cast.cast(
              value, from: value.naturalType, to: type, isTry: false, timeZoneName: timeZoneName))
      }
      return builder.finish()
    }
    let builder = VectorBuilder(type: natural, capacity: boxed.count)
    for value in boxed { builder.append(value) }
    return try Cast.cast(builder.finish(), to: type, isTry: false, timeZoneName: timeZoneName)
  }

  private static func integers(
    _ values: [Int64?], _ type: SQLType, _ timeZoneName: String
  ) throws -> Vector {
    let vector = Vector.flat(.bigint, count: values.count, nullable: true)
    let out = vector.values(Int64.self)
    for (row, value) in values.enumerated() {
      out[row] = value ?? 0
      if value == nil { vector.validity?[row] = 0 }
    }
    return try Cast.cast(vector, to: type, isTry: false, timeZoneName: timeZoneName)
  }
}

extension Value {
  /// Whether a builder of the type takes the value as it is.
  func fits(_ type: SQLType) -> Bool {
    switch (self, type) {
    case (.null, _), (.boolean, .boolean), (.integer, .bigint), (.double, .double),
      (.real, .real), (.varchar, .varchar), (.blob, .blob), (.date, .date), (.time, .time),
      (.timestamp, .timestamp), (.timestampTZ, .timestampTZ), (.interval, .interval),
      (.unsigned, .uuid), (.hugeint, .hugeint):
      true
    case (.integer(let value), .integer): Int32(exactly: value) != nil
    case (.integer(let value), .smallint): Int16(exactly: value) != nil
    case (.integer(let value), .tinyint): Int8(exactly: value) != nil
    default: false
    }
  }
}
