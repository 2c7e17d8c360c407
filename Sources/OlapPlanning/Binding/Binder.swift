package import OlapCatalog
package import OlapColumns
package import OlapSQL

/// A parameter of a prepared statement as the binder found it.
package struct BoundParameter: Sendable {
  /// The name of `$name`; nil for `?` and `$1`.
  package let name: String?
  /// The type given or inferred from where it stands; `.null` when nothing tells.
  package var type: SQLType
}

/// What is known about parameters when a statement is bound.
package struct ParameterInputs: Sendable {
  /// Types by 0-based position, or by name: the plan keeps `.parameter`.
  package var types: [Int: SQLType] = [:]
  package var namedTypes: [String: SQLType] = [:]
  /// Values by 0-based position, or by name: the plan holds constants.
  package var values: [Int: (SQLType, Value)] = [:]
  package var namedValues: [String: (SQLType, Value)] = [:]
  package init() {}
}

/// Resolves names and types of one statement: syntax tree in, logical plan out.
///
/// Every implicit cast becomes explicit, every column gets an id that is unique in the statement.
/// Correlated subqueries stay subqueries; the optimizer decorrelates them. A binder is used for one
/// statement by one thread.
package struct Binder {
  private let binding: StatementBinding

  /// `allowsModelWrites` is for the refresher, which writes the tables that users may not; with
  /// `keepsClock` no reading of the clock is replaced by its value.
  package init(
    context: any PlanningContext, allocator: ColumnIDAllocator = ColumnIDAllocator(),
    allowsModelWrites: Bool = false, keepsClock: Bool = false
  ) {
    binding = StatementBinding(
      context: context, allocator: allocator, allowsModelWrites: allowsModelWrites,
      keepsClock: keepsClock)
  }

  /// Binds a statement that has a data plan: SELECT, DML, DESCRIBE and its kin.
  package mutating func bind(
    _ statement: OlapSQL.Statement, parameters: ParameterInputs = ParameterInputs()
  ) throws(BindError) -> BoundStatement {
    binding.parameterInputs = parameters
    return try binding.guarded { try binding.bindStatement(statement) }
  }

  /// Binds a query alone, as views, models and COPY (query) need it.
  package mutating func bind(
    query: SelectStatement, parameters: ParameterInputs = ParameterInputs()
  ) throws(BindError) -> (plan: LogicalPlan, names: [String]) {
    binding.parameterInputs = parameters
    return try binding.guarded {
      let bound = try binding.bindTopLevel(query, isResult: false)
      return (bound.plan, bound.columns.map { $0.name })
    }
  }

  /// Binds an expression over the columns of one table: CHECK, generated columns, expectations.
  /// `columns` are the ids of the table's columns in table order; `type` casts the result.
  package mutating func bindTableExpression(
    _ expression: Expression, table: TableEntry, columns: [PlanColumn], as type: SQLType? = nil
  ) throws(BindError) -> BoundExpression {
    try binding.guarded {
      try binding.bindTableExpression(expression, table: table, columns: columns, type: type)
    }
  }

  /// Binds an expression without columns (DEFAULT, SET, EXECUTE arguments), cast to `type`.
  package mutating func bindStandalone(
    _ expression: Expression, as type: SQLType? = nil
  ) throws(BindError) -> BoundExpression {
    try binding.guarded { try binding.bindStandalone(expression, type: type) }
  }

  /// Binds a DEFAULT, cast to its column's type.
  package mutating func bindDefault(
    _ expression: Expression, as type: SQLType
  ) throws(BindError) -> BoundExpression {
    try binding.guarded {
      try binding.bindStandalone(expression, type: type, clause: .defaultValue)
    }
  }

  /// The type a type name means, user types included.
  package mutating func resolve(_ type: TypeName) throws(BindError) -> SQLType {
    try binding.guarded { try binding.resolveType(type) }
  }

  /// The parameters in order of position.
  package var parameters: [BoundParameter] { binding.parameters }

  /// Tables read, through views too, in order of appearance and without duplicates.
  package var tablesRead: [EntryID] { binding.tablesRead }

  /// Variables of the session read, as they are written.
  package var variablesRead: [String] { binding.variablesRead }

  /// Names and texts of the views and macros looked through, in order of appearance.
  package var definitionsRead: [String] { binding.definitionsRead }
}

/// The state of binding one statement; extensions hold the rules by kind of syntax.
final class StatementBinding {
  let context: any PlanningContext
  let allocator: ColumnIDAllocator
  let allowsModelWrites: Bool
  let keepsClock: Bool
  var parameterInputs = ParameterInputs()
  var parameters: [BoundParameter] = []
  var parameterNames: [String: Int] = [:]
  var tablesRead: [EntryID] = []
  var variablesRead: [String] = []
  var definitionsRead: [String] = []
  /// Names of the columns handed out, for messages.
  var columnNames: [ColumnID: String] = [:]
  /// First place a column was mentioned outside aggregates, for messages.
  var columnRanges: [ColumnID: SourceRange] = [:]
  /// How often each materialised CTE is read.
  var cteReferences: [Int: Int] = [:]
  /// Row-id columns that the statement mentions; their scans must produce them.
  var requestedRowIDs: Set<ColumnID> = []
  /// Row-id column of each scan that could have one, by the scan's first column.
  var rowIDsByScan: [ColumnID: PlanColumn] = [:] {
    didSet { rowIDColumns = Set(rowIDsByScan.values.map { $0.id }) }
  }
  private(set) var rowIDColumns: Set<ColumnID> = []
  /// Views and macros being expanded, outermost first.
  var expansions: [String] = []
  var depth = 0
  /// Plans of the CTEs bound so far that are computed once, in order.
  var materializedTables: [(index: Int, plan: LogicalPlan)] = []
  /// The attached database and schema whose names come first: the session's default, or those of
  /// the view that is being expanded.
  var homeDatabase: String?
  var homeSchema = "main"
  /// The schema of the view of this database that is being expanded, looked through behind "temp".
  var viewSchema: String?

  /// Nesting of queries and expressions beyond this is refused.
  static let depthMax = 1_500
  /// Levels bound on the caller's stack.
  static let shallowDepth = 60
  /// Views on views and macros in macros beyond this are refused.
  static let expansionMax = 64

  init(
    context: any PlanningContext, allocator: ColumnIDAllocator, allowsModelWrites: Bool,
    keepsClock: Bool
  ) {
    self.context = context
    self.allocator = allocator
    self.allowsModelWrites = allowsModelWrites
    self.keepsClock = keepsClock
    if let standard = context.defaultDatabase {
      homeDatabase = standard.name
      homeSchema = standard.schema
    }
  }

  /// Runs a binding step and turns every error into a `BindError`.
  func guarded<Result>(_ body: () throws -> Result) throws(BindError) -> Result {
    do {
      return try body()
    } catch let error as BindError {
      throw error
    } catch let error as ParseError {
      throw BindError(error.message)
    } catch let error as ComputeError {
      throw BindError(error.message)
    } catch {
      throw BindError("\(error)")
    }
  }

  func newColumn(_ name: String, _ type: SQLType) -> PlanColumn {
    let column = allocator.column(name, type)
    columnNames[column.id] = name
    return column
  }

  func noteRead(_ table: EntryID) {
    if !tablesRead.contains(table) { tablesRead.append(table) }
  }

  func noteRead(definition: String) {
    if !definitionsRead.contains(definition) { definitionsRead.append(definition) }
  }

  /// Counts a level of recursion; hostile nesting gets an error instead of a stack overflow.
  func nested<Result>(_ range: SourceRange, _ body: () throws -> Result) throws -> Result {
    depth += 1
    defer { depth -= 1 }
    if depth > StatementBinding.depthMax {
      throw error("the statement is nested too deeply; split it into CTEs or tables", range)
    }
    if depth == StatementBinding.shallowDepth {
      return try DeepRecursion.run(depth: StatementBinding.depthMax, body)
    }
    return try body()
  }

  func error(_ message: String, _ range: SourceRange = .none, candidates: [String] = [])
    -> BindError
  {
    BindError(
      message, range: range.end > range.start ? range.start..<range.end : nil,
      candidates: candidates)
  }

  /// An error of functions or arithmetic, placed in the text.
  func placed(_ problem: any Error, _ range: SourceRange) -> any Error {
    if let problem = problem as? ComputeError { return error(problem.message, range) }
    return problem
  }
}
