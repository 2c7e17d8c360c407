import OlapColumns

/// What a scan of a table function is asked for.
package struct TableFunctionRequest: Sendable {
  package let context: EvaluationContext
  /// Positions in `Bound.columns` to produce, in this order.
  package let projection: [Int]
  /// Conditions on columns (positions in `Bound.columns`) that rows must meet. The source may leave rows
  /// out by them; whoever asks checks again.
  package let filters: [ScanPredicate]
  package init(
    context: EvaluationContext, projection: [Int], filters: [ScanPredicate] = []
  ) {
    self.context = context
    self.projection = projection
    self.filters = filters
  }
}

/// A running scan that several threads may drain together.
package protocol ChunkSource: AnyObject, Sendable {
  /// How many readers may usefully run at once (1 = serial; order is then kept).
  var maximumReaders: Int { get }
  /// A reader for one thread: gives chunks of ≤ VectorSize.current rows, nil at the end.
  /// Readers of one source share the work; each row comes from exactly one of them.
  func makeReader() throws -> () throws -> Chunk?
  /// As `makeReader`, for sources that know the order of their chunks; nil: they do not.
  func makeOrderedReader() throws -> (any OrderedChunkReader)?
  /// Share of the input already read, 0…1, when known.
  var progress: Double? { get }
}

extension ChunkSource {
  package func makeOrderedReader() throws -> (any OrderedChunkReader)? { nil }
}

/// A reader for one thread that tells where its chunks stand among those of all readers.
package protocol OrderedChunkReader: AnyObject {
  /// The next chunk, nil at the end.
  func next() throws -> Chunk?
  /// Place of the last chunk. Ascends; chunks of equal ordinal come from one reader; an ordinal handed
  /// out later is greater than all handed out before.
  var ordinal: Int { get }
}

/// A table function: generators (range, …), file readers and system tables alike.
package struct TableFunction: Sendable {
  package struct Column: Sendable {
    package let name: String
    package let type: SQLType
    package init(_ name: String, _ type: SQLType) {
      self.name = name
      self.type = type
    }
  }

  package struct Bound: Sendable {
    package let columns: [Column]
    /// Estimated rows, when known.
    package let rowCount: Int?
    /// Whether the source makes use of filters.
    package let usesFilters: Bool
    package let start: @Sendable (_ request: TableFunctionRequest) throws -> any ChunkSource
    package init(
      columns: [Column], rowCount: Int?, usesFilters: Bool = false,
      start: @escaping @Sendable (TableFunctionRequest) throws -> any ChunkSource
    ) {
      self.columns = columns
      self.rowCount = rowCount
      self.usesFilters = usesFilters
      self.start = start
    }
  }

  package let name: String
  package let aliases: [String]
  package let summary: String
  package let example: (sql: String, result: String)?
  /// Positional arguments are constants; named arguments by lower-case name.
  package let bind:
    @Sendable (_ arguments: [(SQLType, Value)], _ named: [String: (SQLType, Value)]) throws -> Bound
  package init(
    _ name: String, aliases: [String] = [], summary: String,
    example: (sql: String, result: String)? = nil,
    bind: @escaping @Sendable ([(SQLType, Value)], [String: (SQLType, Value)]) throws -> Bound
  ) {
    self.name = name
    self.aliases = aliases
    self.summary = summary
    self.example = example
    self.bind = bind
  }
}

/// A serial source over one generator closure.
package final class GeneratorSource: ChunkSource, @unchecked Sendable {
  private var generator: (() throws -> Chunk?)?
  package var maximumReaders: Int { 1 }
  package var progress: Double? { nil }
  package init(_ generator: @escaping () throws -> Chunk?) { self.generator = generator }
  package func makeReader() throws -> () throws -> Chunk? {
    defer { generator = nil }
    return generator ?? { nil }
  }
}
