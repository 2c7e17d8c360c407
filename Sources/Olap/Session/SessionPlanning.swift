package import OlapCatalog
package import OlapColumns
package import OlapFunctions
package import OlapPlanning
package import OlapStorage

/// What planning sees of a connection while one statement is planned: one catalog, one snapshot.
/// Used by the one thread that plans; readers of system tables use it after planning has ended.
package final class SessionPlanning: PlanningContext, @unchecked Sendable {
  package let catalog: CatalogSnapshot
  package let evaluation: EvaluationContext
  private unowned let connection: Connection
  private let snapshot: Snapshot
  private let temporary: Snapshot?

  init(connection: Connection, snapshot: Snapshot, evaluation: EvaluationContext) {
    self.connection = connection
    self.snapshot = snapshot
    self.temporary = connection.temporarySnapshot()
    self.evaluation = evaluation
    var merged = snapshot.catalog
    if let temporary {
      for entry in temporary.catalog.sortedEntries { merged.put(entry) }
    }
    catalog = merged
  }

  package var functions: FunctionRegistry { connection.database.functions }
  package var databaseName: String { connection.database.name }

  package var searchPath: [String] {
    let current = connection.settings["schema"]
    return current.lowercased() == "main" ? ["temp", "main"] : ["temp", current, "main"]
  }

  package func statistics(of table: EntryID) -> TableStatistics? {
    let source = table >= Connection.firstTemporaryID ? temporary : snapshot
    return source?.table(table).statistics
  }

  package func systemTable(schema: String?, name: String) -> TableFunction.Bound? {
    SystemTables.bind(schema: schema, name: name, connection: connection, planning: self)
  }

  package func fileTable(_ path: String) throws -> TableFunction.Bound? {
    try FileTables.bind(path: path, functions: functions)
  }

  package func setting(_ name: String) -> String? {
    connection.settings.values[name.lowercased()]
  }

  package func commitNumber(named name: String) throws -> UInt64? {
    try connection.commitNumber(named: name, snapshot: snapshot)
  }

  package func attachedCatalog(_ database: String) -> CatalogSnapshot? { nil }

  /// The snapshot a system table reads.
  var storageSnapshot: Snapshot { snapshot }
}

extension Connection {
  /// The clock of the statement: the run's own while refreshing (`refresh_clock`, or when it began),
  /// else the transaction's start, or now.
  func statementClock() -> Int64 {
    if let runClock { return runClock }
    if isRefreshing, let fixed = refreshClock { return fixed }
    return transaction?.startTime ?? wallClockMicroseconds()
  }

  /// What kernels may ask about this statement.
  func evaluationContext(snapshot: Snapshot, at clock: Int64? = nil) -> EvaluationContext {
    let database = self.database
    let catalog = snapshot.catalog
    let cancellation = self
    let next: @Sendable (String) throws -> Int64 = { name in
      let sequence = try Connection.findSequence(name, in: catalog)
      let stored = snapshot.metadata("sequence.\(sequence.id)").flatMap { Connection.decode($0) }
      return try database.sequences.next(sequence, stored: stored)
    }
    let current: @Sendable (String) throws -> Int64 = { name in
      let sequence = try Connection.findSequence(name, in: catalog)
      guard let value = database.sequences.current(sequence.id) else {
        throw ComputeError(
          .invalidArgument, "currval: sequence \"\(name)\" is not yet used in this session")
      }
      return value
    }
    return EvaluationContext(
      now: clock ?? statementClock(), timeZoneName: settings["timezone"],
      currentSchema: settings["schema"], currentDatabase: database.name,
      settings: settings.values, variables: variables, nextSequenceValue: next,
      currentSequenceValue: current, isCancelled: { cancellation.isCancelled })
  }

  static func findSequence(_ name: String, in catalog: CatalogSnapshot) throws -> SequenceEntry {
    let parts = name.split(separator: ".").map(String.init)
    let schema = parts.count > 1 ? parts[parts.count - 2] : "main"
    guard
      case .sequence(let sequence)? = catalog.lookup(
        .relation, schema: schema, name: parts.last ?? name)
    else { throw ComputeError(.invalidArgument, "Sequence with name \(name) does not exist!") }
    return sequence
  }
}
