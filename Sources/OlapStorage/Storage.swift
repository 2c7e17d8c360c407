internal import OlapCatalog
package import OlapColumns
import Synchronization

/// One database: its file and log, or memory; its snapshots and its single writer.
///
/// Three states are kept: `visible` is the newest durable commit, what readers get; `latest` is what the
/// next writer builds on (ahead of `visible` while a flush runs); `checkpointed` is what the file's
/// header names, held so that its pages are not reused.
package final class Storage: @unchecked Sendable {
  /// A transaction's rows in the tail are sealed at commit, instead of logged, from this count on.
  static let directSealRowCount = 16_384

  package let budget: MemoryBudget
  package let path: String?
  /// Why nothing can be written; nil when it can.
  package let readOnlyReason: String?
  let options: StorageOptions
  let pool: BufferPool
  let file: DataFile?
  let log: LogWriter?
  let fileSystem: any FileSystem
  private let gate = WriterGate()
  private let visible: Mutex<DatabaseState>
  /// Guarded by the gate.
  private var latest: DatabaseState
  var checkpointed: DatabaseState
  var header: FileHeader?
  var manifestLease: ExtentLease?
  /// Rows changed since the last checkpoint of a database in memory.
  private var changedRowCount = 0
  private let closed = Atomic<Bool>(false)

  init(
    path: String?, options: StorageOptions, fileSystem: any FileSystem, budget: MemoryBudget,
    pool: BufferPool, state: DatabaseState, file: DataFile?, log: LogWriter?,
    header: FileHeader?, manifestLease: ExtentLease?, checkpointed: DatabaseState,
    readOnlyReason: String?
  ) {
    self.path = path
    self.options = options
    self.fileSystem = fileSystem
    self.budget = budget
    self.pool = pool
    self.file = file
    self.log = log
    self.header = header
    self.manifestLease = manifestLease
    self.checkpointed = checkpointed
    self.readOnlyReason = readOnlyReason
    latest = state
    visible = Mutex(state)
    budget.setReclaimer { [weak pool] byteCount in pool?.reclaim(byteCount) ?? 0 }
  }

  deinit { file?.file.close() }

  /// Opens a database; nil for one in memory. Creates the file when it does not exist, recovers what
  /// the log holds beyond it, and keeps a second writer out.
  package static func open(
    path: String?, options: StorageOptions, fileSystem: any FileSystem = LinuxFileSystem()
  ) throws -> Storage {
    let budget = MemoryBudget(limit: options.memoryLimit)
    let pool = BufferPool(budget: budget)
    guard let path else {
      let state = DatabaseState(csn: 0, catalog: .initial(), tables: [:], metadata: [:])
      return Storage(
        path: nil, options: options, fileSystem: fileSystem, budget: budget, pool: pool,
        state: state, file: nil, log: nil, header: nil, manifestLease: nil, checkpointed: state,
        readOnlyReason: nil)
    }
    return try Cancellation.shielding {
      try Recovery(
        path: path, options: options, fileSystem: fileSystem, budget: budget, pool: pool
      ).open()
    }
  }

  /// The newest committed state. Never blocks and is never blocked by writers.
  package func snapshot() -> Snapshot {
    Snapshot(state: visible.withLock { $0 }, storage: self)
  }

  var visibleState: DatabaseState { visible.withLock { $0 } }

  /// Starts the one write transaction there can be; waits for the one before it.
  /// - Throws: `busy` when the time is over; `readOnly`; `writesEnded` after a failed flush.
  package func beginWrite(timeoutMilliseconds: Int?) throws -> WriteTransaction {
    try checkWritable()
    guard gate.enter(timeoutMilliseconds: timeoutMilliseconds) else {
      throw StorageError.busy(milliseconds: timeoutMilliseconds ?? 0)
    }
    return WriteTransaction(storage: self, base: latest)
  }

  func checkWritable() throws(StorageError) {
    if closed.load(ordering: .acquiring) { throw .readOnly("it has been closed") }
    if let readOnlyReason { throw .readOnly(readOnlyReason) }
    if let ended = log?.writesEnded { throw ended }
  }

  func endWrite() { gate.leave() }

  // MARK: Sealing

  /// Encodes a tail into a row group of the same id.
  func seal(
    _ tail: Tail, entry: TableEntry, fills: [UInt32: ColumnFill], _ transaction: WriteTransaction?
  ) throws -> RowGroup {
    let columns: [Vector] = entry.columns.indices.map { column in
      tail.column(
        entry.columnIDs[column], type: entry.columns[column].type,
        fill: fills[entry.columnIDs[column]])
    }
    return try writeRowGroup(
      id: tail.id, entry: entry, columns: columns, rowCount: tail.rowCount, runs: tail.runs,
      transaction)
  }

  /// Encodes columns into a row group, in the file unless the table or the database is temporary.
  func writeRowGroup(
    id: UInt64, entry: TableEntry, columns: [Vector], rowCount: Int, runs: [CommitRun],
    _ transaction: WriteTransaction?
  ) throws -> RowGroup {
    var keys: [[UInt32]] = entry.keys.map { key in key.columns.map { entry.columnIDs[$0] } }
    let lookup: [UInt32] = entry.lookupColumns
    if !lookup.isEmpty && !keys.contains(lookup) { keys.append(lookup) }
    let writer = RowGroupWriter(
      id: id, rowCount: rowCount, columnIDs: entry.columnIDs, keys: keys, runs: runs, pool: pool,
      keeping: entry.model != nil ? .everything : .keyIndexes)
    guard let file, !entry.isTemporary else { return try writer.makeResident(columns) }
    let group: RowGroup = try writer.write(columns, to: file)
    transaction?.markExtentsWritten()
    return group
  }

  // MARK: Commit

  /// Logs the transaction's changes, hands the writer's place on, waits until they are durable and
  /// makes them visible. Not to be cancelled; the checkpoint that may follow is.
  func commit(_ transaction: WriteTransaction) throws -> CSN {
    var needsCheckpoint = false
    let csn = try Cancellation.shielding { try keep(transaction, &needsCheckpoint) }
    if needsCheckpoint {
      // The commit stands; a checkpoint that fails (a full disk) is tried again after the next one.
      try? checkpointIfIdle()
    }
    return csn
  }

  /// Everything of a commit but the checkpoint.
  private func keep(_ transaction: WriteTransaction, _ needsCheckpoint: inout Bool) throws -> CSN {
    guard transaction.isChanged else {
      let csn: CSN = transaction.base.csn
      transaction.finish()
      gate.leave()
      return csn
    }
    try checkWritable()
    try sealLargeTails(transaction)
    let state = DatabaseState(
      csn: transaction.csn, catalog: transaction.catalog, tables: transaction.tables,
      metadata: transaction.metadata)
    var position = 0
    if let log, let file {
      if transaction.hasWrittenExtents {
        // Data before the log's pointer to it.
        do throws(StorageError) { try file.file.synchronise() } catch {
          log.endWrites(error)
          throw error
        }
      }
      let records: [LogRecord] = transaction.makeRecords()
      var payload = ByteWriter()
      payload.write(records) { $0.write($1) }
      position = try log.append(payload.bytes, csn: transaction.csn)
    } else {
      changedRowCount += transaction.changedRowCount
    }
    needsCheckpoint =
      log.map { $0.byteCount >= options.checkpointWALByteCount } ?? (changedRowCount > 262_144)
    latest = state
    transaction.finish()
    gate.leave()
    try log?.synchronise(to: position)
    publish(state)
    return state.csn
  }

  /// Makes a state visible unless a newer one is.
  private func publish(_ state: DatabaseState) {
    let replaced: DatabaseState? = visible.withLock { visible in
      guard state.csn > visible.csn else { return nil }
      defer { visible = state }
      return visible
    }
    drop(replaced)
  }

  private func sealLargeTails(_ transaction: WriteTransaction) throws {
    guard file != nil else { return }
    for (id, state) in transaction.tables where !state.isTemporary {
      guard let index = state.tailIndex, let tail = state.tail,
        let entry = transaction.catalog.table(id), transaction.base.tables[id] !== state
      else { continue }
      let before: Int =
        transaction.base.tables[id]?.tail.flatMap { $0.id == tail.id ? $0.rowCount : nil } ?? 0
      if tail.rowCount - before < Storage.directSealRowCount { continue }
      var groups: [RowGroupState] = state.groups
      groups[index] = RowGroupState(
        rows: .sealed(try seal(tail, entry: entry, fills: state.fills, transaction)),
        deletes: groups[index].deletes)
      transaction.tables[id] = state.replacing(groups: groups)
    }
  }

  // MARK: Checkpoints

  /// Runs `body` as the only writer, with everything committed durable and visible. `body` gives the
  /// state to go on with (same commit, rows laid out anew) or nil to leave it.
  func asOnlyWriter(_ body: (DatabaseState) throws -> DatabaseState?) throws {
    _ = gate.enter(timeoutMilliseconds: nil)
    defer { gate.leave() }
    try runAlone(body)
  }

  private func runAlone(_ body: (DatabaseState) throws -> DatabaseState?) throws {
    if let log { try log.synchronise(to: log.byteCount) }
    publish(latest)
    guard let state = try body(latest) else { return }
    changedRowCount = 0
    latest = state
    drop(
      visible.withLock { visible in
        defer { visible = state }
        return visible
      })
    try file?.trim()
  }

  /// Ends a state's life here, outside all locks: freeing row groups takes locks of its own.
  private func drop(_ state: consuming DatabaseState?) { withExtendedLifetime(state) {} }

  private func checkpointIfIdle() throws {
    guard gate.enter(timeoutMilliseconds: 0) else { return }
    defer { gate.leave() }
    try runAlone { try self.writeCheckpoint($0, compacting: .automatic) }
  }

  /// Writes the state to the file and empties the log.
  package func checkpoint() throws {
    try checkWritable()
    try asOnlyWriter { try self.writeCheckpoint($0, compacting: .automatic) }
  }

  /// Rewrites every row group with deletes, merges small ones, and gives space back.
  package func vacuum() throws {
    try checkWritable()
    try asOnlyWriter { try self.writeCheckpoint($0, compacting: .everything) }
  }

  /// Checkpoints and closes. Further writes are refused; snapshots stay readable.
  package func close() throws {
    if closed.load(ordering: .acquiring) { return }
    if readOnlyReason == nil, let log, log.writesEnded == nil, file != nil {
      if log.byteCount > LogFrame.logHeaderByteCount { try checkpoint() }
      _ = closed.exchange(true, ordering: .acquiringAndReleasing)
      if let path { try? fileSystem.remove(path + "-wal") }
    }
    _ = closed.exchange(true, ordering: .acquiringAndReleasing)
    file?.file.close()
  }
}
