package import OlapCatalog
package import OlapColumns
internal import OlapExecution
package import OlapFunctions
package import OlapPlanning
internal import OlapStorage

/// What planning sees of a connection while one statement is planned: one catalog, one snapshot.
/// Used by the one thread that plans; readers of system tables use it after planning has ended.
package final class SessionPlanning: PlanningContext, @unchecked Sendable {
  package let catalog: CatalogSnapshot
  package let evaluation: EvaluationContext
  private unowned let connection: Connection
  private let snapshot: Snapshot
  private let temporary: Snapshot?
  /// States of the session's other databases that the statement has named, by slot.
  private var attached: [Int: (snapshot: Snapshot, catalog: CatalogSnapshot)] = [:]
  private let allocator: ColumnIDAllocator

  init(
    connection: Connection, snapshot: Snapshot, evaluation: EvaluationContext,
    allocator: ColumnIDAllocator = ColumnIDAllocator()
  ) {
    self.allocator = allocator
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
  package var databaseName: String { connection.databaseName }

  package var databaseNames: [String] { connection.peers.map { $0.name } }

  package var searchPath: [String] {
    let current = connection.settings["schema"]
    let path = current.lowercased() == "main" ? ["temp", "main"] : ["temp", current, "main"]
    guard let home = connection.homeSchema else { return path }
    let others = path.dropFirst().filter { $0.lowercased() != home.lowercased() }
    return (connection.seesTemporaryTables ? ["temp", home] : [home]) + others
  }

  package func statistics(of table: EntryID) -> TableStatistics? {
    if let slot = AttachedID.slot(of: table) {
      return attached[slot]?.snapshot.table(AttachedID.local(table)).statistics
    }
    let source = table >= Connection.firstTemporaryID ? temporary : snapshot
    return source?.table(table).statistics
  }

  package func systemTableNames(schema: String) -> [String] {
    SystemTables.names(in: schema)
  }

  package func systemTable(schema: String?, name: String) -> TableFunction.Bound? {
    SystemTables.bind(schema: schema, name: name, connection: connection, planning: self)
  }

  package func fileTable(_ path: String) throws -> TableFunction.Bound? {
    if let relation = connection.ownRelations[path] { return relation }
    return try FileTables.bind(path: path, functions: functions)
  }

  package func setting(_ name: String) -> String? {
    if name == "settled_order" { return connection.isRefreshing ? "on" : nil }
    return connection.settings.values[name.lowercased()]
  }

  package func attachedCatalog(_ database: String) -> CatalogSnapshot? {
    let folded = database.lowercased()
    guard
      let (_, slot, peer) = connection.peers.first(where: { $0.name.lowercased() == folded }),
      peer !== connection
    else { return nil }
    if let known = attached[slot] { return known.catalog }
    connection.synchronize(peer)
    let state = peer.readSnapshot()
    let catalog = state.catalog.moved(toSlot: slot)
    attached[slot] = (state, catalog)
    return catalog
  }

  package var defaultDatabase: (name: String, schema: String)? {
    let session = connection.session
    let standard = session.currentPeer ?? session
    return standard === connection ? nil : (standard.databaseName, standard.settings["schema"])
  }

  /// The snapshots of other databases that the plan reads, by slot.
  var attachedSnapshots: [Int: Snapshot] { attached.mapValues { $0.snapshot } }

  package func returnedRows(of commonTable: String, at offset: Int) -> TableFunction.Bound? {
    connection.returnedRows.last { $0.name == commonTable && $0.offset == offset }?.relation
  }

  package func rows(of plan: LogicalPlan) throws -> [[(SQLType, Value)]] {
    let optimized = try Optimizer(context: self, numbers: allocator).optimize(plan)
    let context = ExecutionContext(
      storage: connection.database.storage, snapshot: snapshot, evaluation: evaluation,
      budget: connection.database.storage.budget,
      threads: Int(connection.settings["threads"]) ?? 1,
      temporaryDirectory: connection.settings["temp_directory"], temporarySnapshot: temporary,
      attachedSnapshots: attachedSnapshots)
    let execution = try QueryExecution(plan: optimized, context: context)
    let types = optimized.columns.map { $0.type }
    var rows: [[(SQLType, Value)]] = []
    while let chunk = try execution.next() {
      for row in 0..<chunk.count {
        rows.append(
          types.indices.map { (types[$0], chunk.columns[$0].value(at: row)) })
      }
      guard rows.count <= SessionPlanning.rowMax else {
        throw BindError("more than \(SessionPlanning.rowMax) values to pivot on")
      }
    }
    return rows
  }

  private static let rowMax = 100_000

  package func commitNumber(named name: String) throws -> UInt64? {
    try connection.commitNumber(named: name, snapshot: snapshot)
  }

  /// The snapshot a system table reads.
  var storageSnapshot: Snapshot { snapshot }

  /// What COMMENT ON gave a sequence, type, macro, index or schema.
  func comment(of id: EntryID) -> String? {
    snapshot.metadata(Connection.commentKey(id)).map { String(decoding: $0, as: UTF8.self) }
  }
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
    let cancellation = cancellation
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
      currentSchema: settings["schema"], currentDatabase: databaseName,
      settings: settings.values, variables: variables, nextSequenceValue: next,
      currentSequenceValue: current, memoryLimit: database.storage.budget.limit,
      isCancelled: { cancellation.isCancelled })
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
