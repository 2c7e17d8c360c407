package import OlapColumns

/// A table function whose rows are computed from its arguments alone (range, unnest-free generators).
/// Readers of files and system tables are sources of the executor and only declared here by name.
package struct TableFunction: Sendable {
  package struct Column: Sendable {
    package let name: String
    package let type: SQLType
    package init(_ name: String, _ type: SQLType) {
      self.name = name
      self.type = type
    }
  }
  /// Pulls the next chunk (≤ VectorSize.current rows) or nil at the end. One thread.
  package typealias Generator = () throws -> Chunk?

  package struct Bound: Sendable {
    package let columns: [Column]
    /// Estimated rows, when known.
    package let rowCount: Int?
    package let start: @Sendable (_ context: EvaluationContext) throws -> Generator
    package init(
      columns: [Column], rowCount: Int?,
      start: @escaping @Sendable (EvaluationContext) throws -> Generator
    ) {
      self.columns = columns
      self.rowCount = rowCount
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
