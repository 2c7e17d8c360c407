package import OlapCatalog
package import OlapColumns
package import OlapFunctions

/// Everything the binder and optimizer may ask the session. Planning does no I/O of its own.
package protocol PlanningContext: AnyObject {
  var catalog: CatalogSnapshot { get }
  var functions: FunctionRegistry { get }
  /// Schemas searched for unqualified names, first wins ("temp", then the current one, then "main").
  var searchPath: [String] { get }
  var databaseName: String { get }
  /// Every database of the session, its own included.
  var databaseNames: [String] { get }
  /// Where unqualified names are looked up before `catalog`, when the statement runs on another
  /// database than the session's default.
  var defaultDatabase: (name: String, schema: String)? { get }
  /// For constant folding of stable functions.
  var evaluation: EvaluationContext { get }
  func statistics(of table: EntryID) -> TableStatistics?
  /// System tables (`olap.*`, information_schema.*, pg_catalog.*, duckdb_tables()…), by schema and name.
  func systemTable(schema: String?, name: String) -> TableFunction.Bound?
  /// The names of a schema's system tables.
  func systemTableNames(schema: String) -> [String]
  /// A table name that is no relation but names a file ('x.csv'): the reader for it, or nil.
  func fileTable(_ path: String) throws -> TableFunction.Bound?
  /// SET settings that change binding, e.g. "default_null_order".
  func setting(_ name: String) -> String?
  /// Another database's catalog by ATTACH alias; nil when there is none.
  func attachedCatalog(_ database: String) -> CatalogSnapshot?
  /// The commit that a run, a name or a time stands for in CHANGES; nil when there is none.
  func commitNumber(named name: String) throws -> UInt64?
  /// The rows of a small query that binding depends on: the values of a PIVOT without an IN list.
  /// The plan is not optimized.
  func rows(of plan: LogicalPlan) throws -> [[(SQLType, Value)]]
  /// What an INSERT, UPDATE, DELETE or MERGE in a WITH clause returned: it has already run, and is
  /// told by its CTE's name and the place of its CTE in the text. Nil when it has not run.
  func returnedRows(of commonTable: String, at offset: Int) -> TableFunction.Bound?
}

extension PlanningContext {
  package var databaseNames: [String] { [databaseName] }
  package var defaultDatabase: (name: String, schema: String)? { nil }

  package func returnedRows(of commonTable: String, at offset: Int) -> TableFunction.Bound? { nil }

  package func commitNumber(named name: String) throws -> UInt64? { nil }
  package func rows(of plan: LogicalPlan) throws -> [[(SQLType, Value)]] {
    throw BindError(
      "the values to pivot on must be listed here: write PIVOT … ON column IN (value, …)")
  }
}

/// A name, type or rule error of a statement, at a byte range of its text.
package struct BindError: Error, Sendable, CustomStringConvertible {
  package let message: String
  /// UTF-8 byte offsets into the statement's source text; nil when not tied to a place.
  package let range: Range<Int>?
  /// Similar names, best first.
  package let candidates: [String]
  package init(_ message: String, range: Range<Int>? = nil, candidates: [String] = []) {
    self.message = message
    self.range = range
    self.candidates = candidates
  }
  package var description: String {
    candidates.isEmpty
      ? message
      : message + (message.last.map { ".!?".contains($0) } == true ? "" : ".") + " Did you mean \""
        + candidates.joined(separator: "\", \"") + "\"?"
  }
}

extension PlanningContext {
  package func systemTableNames(schema: String) -> [String] { [] }
}
