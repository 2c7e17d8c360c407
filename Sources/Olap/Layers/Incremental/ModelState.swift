internal import OlapCatalog
internal import OlapColumns
internal import OlapStorage

/// What is kept of a model's last refresh: from which definition, commit and clock its rows are.
struct ModelState {
  /// The commit whose inputs the rows were computed from.
  var csn: CSN
  /// The refresh's clock, microseconds since 1970 UTC.
  var clock: Int64
  /// Of the bound plan: views and macros that changed make it differ. 0 when the plan is not maintained.
  var fingerprint: UInt64
  /// Tells refreshes of one transaction apart.
  var serial: UInt64
  /// The session's time zone, which casts depend on.
  var timeZone: String
  var sql: String

  static func key(_ id: EntryID) -> String { "model.\(id)" }

  /// One line of fields, then the text of the definition.
  var bytes: [UInt8] {
    Array("\(csn) \(clock) \(fingerprint) \(serial) \(timeZone)\n\(sql)".utf8)
  }

  init(
    csn: CSN, clock: Int64, fingerprint: UInt64, serial: UInt64, timeZone: String, sql: String
  ) {
    self.csn = csn
    self.clock = clock
    self.fingerprint = fingerprint
    self.serial = serial
    self.timeZone = timeZone
    self.sql = sql
  }

  init?(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.firstIndex(of: "\n") else { return nil }
    let fields = text[..<end].split(separator: " ", maxSplits: 4)
    guard fields.count == 5, let csn = CSN(fields[0]), let clock = Int64(fields[1]),
      let fingerprint = UInt64(fields[2]), let serial = UInt64(fields[3])
    else { return nil }
    self.init(
      csn: csn, clock: clock, fingerprint: fingerprint, serial: serial,
      timeZone: String(fields[4]), sql: String(text[text.index(after: end)...]))
  }
}

extension Connection {
  /// What is stored with the model's rows, or nil before the first refresh.
  func modelState(of table: TableEntry, snapshot: Snapshot) -> ModelState? {
    snapshot.metadata(ModelState.key(table.id)).flatMap { ModelState($0) }
  }

  /// Remembers what the model's rows were computed from.
  func storeModelState(
    of table: TableEntry, fingerprint: UInt64, clock: Int64, writer: WriteTransaction
  ) {
    guard table.model != nil else { return }
    refreshSerial += 1
    // The writer's snapshot carries the number this transaction will commit as.
    let state = ModelState(
      csn: writer.snapshot.csn, clock: clock, fingerprint: fingerprint, serial: refreshSerial,
      timeZone: settings["timezone"], sql: guardedDefinition(of: table))
    writer.setMetadata(ModelState.key(table.id), state.bytes)
    // Later statements of this transaction share its number: the state itself tells them apart.
    transaction?.refreshed[refreshSerial] = (table.id, writer.snapshot)
  }

  /// What changed in an input since the state, or nil when nothing did.
  /// - Throws: when the changes are not known any more.
  func changedInput(
    _ id: EntryID, since state: ModelState, in snapshot: Snapshot
  ) throws -> ChangedInput? {
    let current = snapshot.table(id)
    if let known = transaction?.refreshed[state.serial]?.snapshot.table(id),
      state.csn == snapshot.csn
    {
      if current.hasSameRows(as: known) { return nil }
      let difference = TableDifference(from: known, to: current, columns: [])
      let count = difference.insertedCount + difference.deletedCount
      if count == 0 { return nil }
      return ChangedInput(
        id: id, changedRowCount: count, current: current, earlier: { known },
        feed: { columns in
          let difference = TableDifference(from: known, to: current, columns: columns)
          return { try difference.next() }
        })
    }
    let storage = database.storage
    let feed = try storage.changes(table: id, from: state.csn, to: snapshot, columns: [])
    let count = feed.insertedCount + feed.deletedCount
    if count == 0 { return nil }
    return ChangedInput(
      id: id, changedRowCount: count, current: current, earlier: { try current.earlier(state.csn) },
      feed: { columns in
        let feed = try storage.changes(
          table: id, from: state.csn, to: snapshot, columns: columns)
        return { try feed.next() }
      })
  }

  /// Whether rows of `input` came or went since the state, as `snapshot` sees it.
  func hasChanged(_ input: EntryID, since state: ModelState, in snapshot: Snapshot) -> Bool {
    guard let table = snapshot.catalog.table(input) else { return true }
    // Run records are written after the models of their run, under the same commit.
    if table.schema == RunLog.schema { return true }
    do { return try changedInput(input, since: state, in: snapshot) != nil } catch { return true }
  }

  /// Whether the stored rows are those the definition gives now, the clock apart.
  func isCurrent(_ table: TableEntry, snapshot: Snapshot) -> Bool {
    guard let model = table.model, let state = modelState(of: table, snapshot: snapshot),
      state.sql == guardedDefinition(of: table)
    else { return false }
    return !model.dependsOn.contains { hasChanged($0, since: state, in: snapshot) }
  }

  /// Before an explicit transaction commits: models whose inputs were written after their refresh in
  /// this transaction have rows of a state that no commit has; their next refresh starts anew.
  func forgetOvertakenStates(in writer: WriteTransaction) {
    guard let transaction else { return }
    let snapshot = writer.snapshot
    for (serial, (id, known)) in transaction.refreshed {
      guard let table = snapshot.catalog.table(id), let model = table.model,
        let state = modelState(of: table, snapshot: snapshot), state.serial == serial,
        state.csn == snapshot.csn
      else { continue }
      let isOvertaken = model.dependsOn.contains { input in
        !snapshot.table(input).hasSameRows(as: known.table(input))
      }
      if isOvertaken { writer.setMetadata(ModelState.key(id), nil) }
    }
  }

  /// Keeps what the change feed of any model may still be asked for.
  func storeChangeFloor(in writer: WriteTransaction) {
    let snapshot = writer.snapshot
    var floor = snapshot.csn
    for entry in snapshot.catalog.sortedEntries {
      guard case .table(let table) = entry, table.model != nil,
        let state = modelState(of: table, snapshot: snapshot)
      else { continue }
      floor = Swift.min(floor, state.csn)
    }
    let bytes = Connection.encode(Int64(bitPattern: floor))
    if snapshot.metadata(Storage.changeFloorKey) != bytes {
      writer.setMetadata(Storage.changeFloorKey, bytes)
    }
  }
}
