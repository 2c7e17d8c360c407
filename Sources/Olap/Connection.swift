import Glibc
internal import OlapCatalog
public import OlapColumns
internal import OlapExecution
package import OlapFunctions
package import OlapSQL
package import OlapStorage
import Synchronization

/// A session: settings, prepared statements, temporary tables and at most one open transaction.
///
/// One thread at a time; `cancel()` and `progress` may be called from any thread.
public final class Connection: @unchecked Sendable {
  public let database: Database
  package var settings = Settings()
  package var variables: [String: (SQLType, Value)] = [:]
  package var prepared: [String: PreparedSource] = [:]
  package var transaction: Transaction?
  package var temporary: Storage?
  /// The writer of the running statement outside a transaction; statements it runs inside share it.
  package var activeWriter: WriteTransaction?
  package var activeTemporaryWriter: WriteTransaction?
  /// What statements of the engine itself read by the names of `ownRelations`: files being loaded, rows
  /// on their way.
  package var ownRelations: [String: TableFunction.Bound] = [:]
  /// Databases attached by this session, in order.
  package var attached: [AttachedDatabase] = []
  /// The connection of the database that USE chose; nil for the session's own.
  package var currentPeer: Connection?
  /// The session that attached this connection's database, and the name it gave it.
  package weak var owner: Connection?
  package var alias: String?
  /// What the data-modifying CTEs of the running statement returned.
  var returnedRows: [ReturnedRows] = []
  /// Profiles of the writes that EXPLAIN ANALYZE runs; nil when none is to be kept.
  var writeProfiles: [QueryProfile]?
  /// Values of `$name` parameters of the statement that EXECUTE runs.
  var namedParameters: [String: (SQLType, Value)] = [:]
  /// Remarks on the running statement, for its result.
  package var notices: [String] = []
  /// Set while the engine itself writes derived tables.
  package var isRefreshing = false
  /// Where the unqualified names of a stored text are looked up first: the schema of its table.
  var homeSchema: String?
  /// Whether stored texts may find temporary tables: where they are checked for reading none.
  var seesTemporaryTables = true
  /// The one clock of all models of the running refresh.
  package var runClock: Int64?
  /// Counts the model refreshes of this connection.
  package var refreshSerial: UInt64 = 0
  /// Rows read by a refresh from which on the sums of aggregates are kept.
  package var supportThreshold = 200_000
  /// Set by tests only.
  package var maintenanceFault: MaintenanceFault?
  /// The refresh whose work is being done, once it has an identity.
  var refreshRun: Value?
  /// The load whose rows are being written, for what its rules set aside.
  var loadRun: Value?
  /// Set between `beginRun` and `endRun`.
  package var pipelineRun: EnclosingRun?
  private let ownCancellation = Cancellation()
  private let running = Mutex<RunningShare?>(nil)

  /// A struct around the closure: see `MemoryBudget.Reclaimer`.
  private struct RunningShare: Sendable {
    let body: @Sendable () -> Double?
  }

  /// Makes `progress` tell of the statement that is starting.
  func track(_ share: @escaping @Sendable () -> Double?) {
    running.withLock { $0 = RunningShare(body: share) }
  }

  /// Statement kept by PREPARE: its syntax and the text its ranges point into.
  package struct PreparedSource {
    package let statement: Statement
    package let sql: String
  }

  init(database: Database) {
    self.database = database
    settings["threads"] = String(database.options.threads ?? Machine.processorCount)
    settings["memory_limit"] = String(database.storage.budget.limit)
    settings["temp_directory"] = database.temporaryDirectory
  }

  /// Runs all statements of `sql` and returns the last one's result.
  ///
  /// - Throws: `OlapError` with its place in `sql`. Statements before the failing one stay done
  ///   (unless a transaction was open).
  @discardableResult
  public func execute(_ sql: String, parameters: [Value] = []) throws -> QueryResult {
    var result = QueryResult(columns: [], statementKind: "")
    for statement in try parse(sql) {
      // A result that nobody reads must still run to its end.
      while try result.nextChunk() != nil {}
      result = try run(statement, sql: sql, parameters: parameters)
    }
    return result
  }

  /// Runs one query and returns its rows boxed.
  public func query(_ sql: String, parameters: [Value] = []) throws -> [Row] {
    try execute(sql, parameters: parameters).allRows()
  }

  /// Runs every statement, handing each result to `body` before the next one starts.
  public func execute(
    each sql: String, _ body: (QueryResult) throws -> Void
  ) throws {
    for statement in try parse(sql) {
      let result = try run(statement, sql: sql, parameters: [])
      try body(result)
      while try result.nextChunk() != nil {}
    }
  }

  /// Parses once; run it many times with `?`, `$1` or `$name` values.
  public func prepare(_ sql: String) throws -> PreparedStatement {
    let statements = try parse(sql)
    guard statements.count == 1 else {
      throw OlapError(.invalidInput, "prepare takes exactly one statement, got \(statements.count)")
    }
    return PreparedStatement(connection: self, statement: statements[0], sql: sql)
  }

  /// Stops the running statement as soon as it reaches its next vector. Safe from any thread and from
  /// a signal's thread.
  public func cancel() { ownCancellation.request() }

  /// Share of the running statement's input already read, when known.
  public var progress: Double? { running.withLock { $0 }?.body() }

  /// Whether BEGIN has been said and neither COMMIT nor ROLLBACK.
  public var isInTransaction: Bool { transaction != nil }

  private func parse(_ sql: String) throws -> [Statement] {
    do { return try Parser.parse(sql) } catch { throw OlapError.from(error, sql: sql) }
  }

  /// Runs one statement with errors translated and failed transactions marked.
  package func run(_ statement: Statement, sql: String, parameters: [Value]) throws -> QueryResult {
    // Statements that a running one runs are part of it.
    if Cancellation.current !== cancellation { beginStatement() }
    let result = try cancellation.run {
      try translating(statement, sql: sql, parameters: parameters)
    }
    result.cancellation = cancellation
    return result
  }

  private func translating(
    _ statement: Statement, sql: String, parameters: [Value]
  ) throws -> QueryResult {
    notices = []
    do {
      let result: QueryResult
      if case .transaction(let control) = statement.kind {
        if !control.action.endsTransaction { try transaction?.checkUsable() }
        result = try dispatch(statement, sql: sql, parameters: parameters)
      } else {
        result = try atomically {
          let result = try dispatch(statement, sql: sql, parameters: parameters)
          // What a cancelled statement wrote may be anything; outside a transaction it is not committed.
          if transaction != nil { try Cancellation.check() }
          return result
        }
      }
      result.notices += notices
      result.timeZone = settings["timezone"]
      return result
    } catch {
      transaction?.isFailed = true
      throw OlapError.from(error, sql: sql)
    }
  }

  /// Forgets an earlier cancellation and starts the clock of `statement_timeout`.
  func beginStatement() {
    ownCancellation.begin(timeout: Int(settings["statement_timeout"]) ?? 0)
  }

  /// What stops the running statement: the session's, for an attached database.
  package var cancellation: Cancellation { owner?.cancellation ?? ownCancellation }

  deinit {
    transaction?.write?.rollback()
    transaction?.temporaryWrite?.rollback()
    for database in attached {
      database.connection.transaction?.write?.rollback()
      database.connection.transaction = nil
      try? database.connection.database.close()
    }
  }
}

extension TransactionStatement.Action {
  /// COMMIT, ROLLBACK and ROLLBACK TO may be said in a failed transaction.
  fileprivate var endsTransaction: Bool {
    switch self {
    case .commit, .rollback, .rollbackTo: true
    default: false
    }
  }
}

/// Milliseconds of the monotonic clock.
func monotonicMilliseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

/// Microseconds of the monotonic clock.
func monotonicMicroseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}

/// Microseconds since 1970-01-01 UTC.
func wallClockMicroseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}

/// A statement parsed once. Same threading rules as its connection.
public final class PreparedStatement {
  private let connection: Connection
  private let statement: Statement
  private let sql: String

  init(connection: Connection, statement: Statement, sql: String) {
    self.connection = connection
    self.statement = statement
    self.sql = sql
  }

  /// Runs with values by position.
  @discardableResult
  public func execute(_ parameters: Value...) throws -> QueryResult {
    try execute(parameters)
  }

  /// Runs with values by position.
  @discardableResult
  public func execute(_ parameters: [Value]) throws -> QueryResult {
    try connection.run(statement, sql: sql, parameters: parameters)
  }
}
