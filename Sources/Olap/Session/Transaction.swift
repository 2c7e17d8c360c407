package import OlapCatalog
internal import OlapColumns
internal import OlapSQL
package import OlapStorage

/// An explicit transaction of a connection: a snapshot, and the writer's turn once it writes.
package final class Transaction {
  package let isReadOnly: Bool
  /// now() of all its statements.
  package let startTime: Int64
  package var snapshot: Snapshot?
  package var write: WriteTransaction?
  package var temporaryWrite: WriteTransaction?
  package var savepoints: [(name: String, mark: TransactionMark)] = []
  /// The transactions of attached databases that this one includes.
  package var joined: [Transaction] = []
  package var isFailed = false
  /// Models refreshed in this transaction, by the serial of the refresh, with the state they saw.
  package var refreshed: [UInt64: (model: EntryID, snapshot: Snapshot)] = [:]
  /// The run around it as it stood at the beginning: what is rolled back is not counted.
  let enclosingRun: EnclosingRun?

  package init(isReadOnly: Bool, startTime: Int64, enclosingRun: EnclosingRun? = nil) {
    self.isReadOnly = isReadOnly
    self.startTime = startTime
    self.enclosingRun = enclosingRun
  }
}

extension Connection {
  /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK TO.
  func runTransaction(_ statement: TransactionStatement) throws -> QueryResult {
    switch statement.action {
    case .begin(let isReadOnly):
      guard transaction == nil else {
        throw OlapError(.transaction, "cannot start a transaction within a transaction")
      }
      transaction = Transaction(
        isReadOnly: isReadOnly, startTime: wallClockMicroseconds(), enclosingRun: pipelineRun)
      return done("BEGIN")
    case .commit:
      let current = try openTransaction("COMMIT")
      if current.isFailed {
        discard(current)
        throw OlapError(.transaction, "the transaction had failed and was rolled back")
      }
      try commit(current)
      return done("COMMIT")
    case .rollback:
      discard(try openTransaction("ROLLBACK"))
      return done("ROLLBACK")
    case .savepoint(let name):
      let current = try openTransaction("SAVEPOINT")
      current.savepoints.append((name.text, current.mark()))
      return done("SAVEPOINT")
    case .release(let name):
      let current = try openTransaction("RELEASE")
      let index = try savepointIndex(name, in: current)
      current.release(current.savepoints[index].mark)
      current.savepoints.removeSubrange(index...)
      return done("RELEASE")
    case .rollbackTo(let name):
      let current = try openTransaction("ROLLBACK TO")
      let index = try savepointIndex(name, in: current)
      try current.rollback(to: current.savepoints[index].mark)
      current.savepoints.removeSubrange((index + 1)...)
      current.isFailed = false
      return done("ROLLBACK")
    }
  }

  private func openTransaction(_ verb: String) throws -> Transaction {
    guard let transaction else {
      throw OlapError(.transaction, "cannot \(verb) - no transaction is active")
    }
    return transaction
  }

  private func savepointIndex(_ name: Identifier, in current: Transaction) throws -> Int {
    let folded = name.text.lowercased()
    guard let index = current.savepoints.lastIndex(where: { $0.name.lowercased() == folded }) else {
      throw OlapError(
        .transaction, "no such savepoint: \(name.text)",
        range: name.range.start..<name.range.end)
    }
    return index
  }

  private func commit(_ current: Transaction) throws {
    do {
      if let write = current.write {
        try maintainImmediateModels(writer: write)
        forgetOvertakenStates(in: write)
        try storeSequences(in: write)
        try logCommit(write)
        try Cancellation.check()
        _ = try write.commit()
      }
      for peer in peers.dropFirst() {
        let connection = peer.connection
        if let write = connection.transaction?.write {
          try connection.storeSequences(in: write)
          _ = try write.commit()
        }
        connection.transaction = nil
      }
      if let write = current.temporaryWrite { _ = try write.commit() }
      transaction = nil
    } catch {
      discard(current)
      throw error
    }
  }

  private func discard(_ current: Transaction) {
    current.write?.rollback()
    current.temporaryWrite?.rollback()
    for peer in peers.dropFirst() {
      peer.connection.transaction?.write?.rollback()
      peer.connection.transaction = nil
    }
    transaction = nil
    if let run = current.enclosingRun, run.id == pipelineRun?.id { pipelineRun = run }
  }

  /// The writer of an explicit transaction, taken at its first write. What it has read must still be
  /// the newest state, or the transaction would write over commits it never saw.
  func writer(of current: Transaction) throws -> WriteTransaction {
    if let write = current.write { return write }
    if current.isReadOnly {
      throw OlapError(.transaction, "cannot write in a READ ONLY transaction")
    }
    try checkOneWriter()
    let write = try database.storage.beginWrite(timeoutMilliseconds: lockTimeout)
    // A writer's snapshot carries the number its commit will have: one above what it builds on.
    if let snapshot = current.snapshot, snapshot.csn + 1 != write.snapshot.csn {
      write.rollback()
      throw OlapError(
        .transaction,
        "another connection committed since this transaction first read; ROLLBACK and run it again")
    }
    current.begin(write)
    return write
  }

  private var lockTimeout: Int? {
    guard let value = Int(settings["lock_timeout"]), value > 0 else { return nil }
    return value
  }

  /// The state statements read: own writes included.
  func readSnapshot() -> Snapshot {
    guard let transaction else { return database.storage.snapshot() }
    if let write = transaction.write { return write.snapshot }
    if let snapshot = transaction.snapshot { return snapshot }
    let snapshot = database.storage.snapshot()
    transaction.snapshot = snapshot
    return snapshot
  }

  /// Runs `body` with a writer: the open transaction's, or one committed at the end (rolled back when
  /// `body` throws).
  func withWriter<R>(_ body: (WriteTransaction) throws -> R) throws -> R {
    if database.options.isReadOnly {
      throw OlapError(.permission, "the database was opened read-only")
    }
    if let activeWriter { return try body(activeWriter) }
    if let transaction { return try body(try writer(of: transaction)) }
    let write = try database.storage.beginWrite(timeoutMilliseconds: lockTimeout)
    activeWriter = write
    defer { activeWriter = nil }
    do {
      let result = try body(write)
      try maintainImmediateModels(writer: write)
      try storeSequences(in: write)
      try logCommit(write)
      // What a cancelled statement made may be anything.
      try Cancellation.check()
      _ = try write.commit()
      return result
    } catch {
      write.rollback()
      throw error
    }
  }

  /// The same for temporary tables, which live in a memory database of the connection's own.
  func withTemporaryWriter<R>(_ body: (WriteTransaction) throws -> R) throws -> R {
    if let owner {
      let result = try owner.withTemporaryWriter { writer in
        activeTemporaryWriter = writer
        defer { activeTemporaryWriter = nil }
        return try body(writer)
      }
      return result
    }
    if let activeTemporaryWriter { return try body(activeTemporaryWriter) }
    let storage = try temporaryStorage()
    if let transaction {
      if let write = transaction.temporaryWrite { return try body(write) }
      let write = try storage.beginWrite(timeoutMilliseconds: nil)
      transaction.beginTemporary(write)
      return try body(write)
    }
    let write = try storage.beginWrite(timeoutMilliseconds: nil)
    activeTemporaryWriter = write
    defer { activeTemporaryWriter = nil }
    do {
      let result = try body(write)
      try Cancellation.check()
      _ = try write.commit()
      return result
    } catch {
      write.rollback()
      throw error
    }
  }

  /// Ids of temporary entries start here, so that an id alone tells which storage holds it.
  static let firstTemporaryID: EntryID = 1 << 48

  private func temporaryStorage() throws -> Storage {
    if let temporary { return temporary }
    var options = StorageOptions()
    options.memoryLimit = database.storage.budget.limit
    let storage = try Storage.open(path: nil, options: options)
    let write = try storage.beginWrite(timeoutMilliseconds: nil)
    var catalog = write.catalog
    catalog.nextID = Connection.firstTemporaryID
    catalog.put(.schema(SchemaEntry(id: catalog.allocateID(), name: "temp")))
    write.catalog = catalog
    _ = try write.commit()
    temporary = storage
    return storage
  }

  func temporarySnapshot() -> Snapshot? {
    if let owner { return owner.temporarySnapshot() }
    return activeTemporaryWriter?.snapshot ?? transaction?.temporaryWrite?.snapshot
      ?? temporary?.snapshot()
  }

  /// Writes down how far sequences were used by this transaction.
  func storeSequences(in write: WriteTransaction) throws {
    for entry in write.catalog.entries.values {
      guard case .sequence(let sequence) = entry, let next = database.sequences.pending(sequence.id)
      else { continue }
      write.setMetadata("sequence.\(sequence.id)", Connection.encode(next))
    }
  }

  static func encode(_ value: Int64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  static func decode(_ bytes: [UInt8]) -> Int64? {
    guard bytes.count == 8 else { return nil }
    return bytes.enumerated().reduce(Int64(0)) { $0 | Int64($1.element) << ($1.offset * 8) }
  }

  /// The result of a statement without rows.
  func done(_ kind: String, changed: Int? = nil) -> QueryResult {
    QueryResult(columns: [], statementKind: kind, changedRowCount: changed)
  }
}
