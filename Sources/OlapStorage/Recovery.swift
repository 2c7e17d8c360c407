internal import OlapCatalog
internal import OlapColumns

/// Opens a database file: finds the valid header, reads the manifest, replays the log.
struct Recovery {
  let path: String
  let options: StorageOptions
  let fileSystem: any FileSystem
  let budget: MemoryBudget
  let pool: BufferPool

  private var logPath: String { path + "-wal" }

  func open() throws -> Storage {
    let mode: FileMode = options.isReadOnly ? .read : .createOrReadWrite
    let isNew: Bool = !fileSystem.exists(path)
    let handle: any StorageFile = try fileSystem.open(path, mode: mode)
    guard try handle.lock(exclusive: !options.isReadOnly) else {
      throw StorageError.locked(path: path)
    }
    if isNew { try fileSystem.synchroniseDirectory(of: path) }
    let slots: [FileHeader.Slot] = try [0, 1].map { try readSlot(handle, $0) }
    guard let header = try newest(slots, handle) else { return try create(handle) }
    let pageCount: Int = (try handle.byteCount() + 4095) / DataFile.pageByteCount
    // Until the log is replayed nothing is free.
    let file = DataFile(file: handle, allocator: PageAllocator(pageCount: pageCount))
    let base: DatabaseState = try readManifest(header, file)
    return try replay(base, header, file)
  }

  private func readSlot(_ handle: any StorageFile, _ slot: Int) throws -> FileHeader.Slot {
    var bytes = [UInt8](repeating: 0, count: FileHeader.byteCount)
    _ = try bytes.withUnsafeMutableBytes { buffer in
      try handle.read(into: buffer, at: slot * DataFile.pageByteCount)
    }
    return FileHeader.decode(bytes, slot: slot)
  }

  /// The header to use; nil for a file whose creation never finished.
  private func newest(
    _ slots: [FileHeader.Slot], _ handle: any StorageFile
  ) throws -> FileHeader? {
    var best: FileHeader?
    for slot in slots {
      if case .valid(let header) = slot, header.sequence > best?.sequence ?? 0 { best = header }
    }
    if let best { return best }
    for slot in slots {
      if case .version(let found) = slot {
        throw StorageError.version(path: path, found: found, known: FileHeader.version)
      }
    }
    // Creation leaves an empty log until the first header, in slot 1, is durable; a database that was
    // ever used has a log with a header, or none.
    if case .empty = slots[0] {
      if try handle.byteCount() == 0 { return nil }
      if fileSystem.exists(logPath),
        try fileSystem.open(logPath, mode: .read).byteCount() == 0
      {
        return nil
      }
      if case .empty = slots[1] {
        throw StorageError.corrupt(
          file: path, byteOffset: 0, what: "both header slots are empty")
      }
    }
    if slots.contains(where: { if case .damaged = $0 { true } else { false } }) {
      throw StorageError.corrupt(
        file: path, byteOffset: 0, what: "no header slot has a valid checksum")
    }
    throw StorageError.notADatabase(path: path)
  }

  private func create(_ handle: any StorageFile) throws -> Storage {
    if options.isReadOnly { throw StorageError.notADatabase(path: path) }
    let file = DataFile(
      file: handle, allocator: PageAllocator(pageCount: DataFile.headerPageCount))
    let state = DatabaseState(csn: 0, catalog: .initial(), tables: [:], metadata: [:])
    let log: any StorageFile = try fileSystem.open(logPath, mode: .createOrReadWrite)
    try log.truncate(to: 0)
    try fileSystem.synchroniseDirectory(of: path)
    let writer = LogWriter(file: log, salt: 0, position: LogFrame.logHeaderByteCount)
    let storage = Storage(
      path: path, options: options, fileSystem: fileSystem, budget: budget, pool: pool,
      state: state, file: file, log: writer, header: nil, manifestLease: nil, checkpointed: state,
      readOnlyReason: nil)
    try storage.checkpoint()
    return storage
  }

  private func readManifest(_ header: FileHeader, _ file: DataFile) throws -> DatabaseState {
    let offset: Int = header.manifest.byteOffset
    let stored: [UInt8] = try file.readChecked(
      at: offset, byteCount: header.manifestByteCount, checksum: header.manifestChecksum,
      what: "the manifest")
    guard
      let raw = Manifest.decompress(stored, rawByteCount: header.manifestRawByteCount)
    else {
      throw StorageError.corrupt(
        file: path, byteOffset: offset, what: "the manifest does not decompress")
    }
    do {
      return try Manifest.decode(raw, file: file, pool: pool)
    } catch {
      throw StorageError.corrupt(file: path, byteOffset: offset, what: error.what)
    }
  }

  private func replay(
    _ base: DatabaseState, _ header: FileHeader, _ file: DataFile
  ) throws -> Storage {
    var state: DatabaseState = base
    var readOnlyReason: String? = options.isReadOnly ? "it was opened read-only" : nil
    var end: Int = LogFrame.logHeaderByteCount
    var isCurrent = false
    if fileSystem.exists(logPath) {
      let handle: any StorageFile = try fileSystem.open(logPath, mode: .read)
      let reader = try LogReader(handle, expectedSalt: header.sequence)
      if let salt = reader.salt, salt > header.sequence {
        readOnlyReason =
          "'\(path)' has lost its newest header (the log continues state \(salt), the file holds "
          + "\(header.sequence)); restore it from a backup"
      }
      isCurrent = reader.salt == nil || reader.salt == header.sequence
      if isCurrent { end = reader.end }
      if let damaged = reader.damagedAt {
        readOnlyReason =
          "'\(logPath)' is damaged at byte \(damaged): commits after number "
          + "\(reader.frames.last?.csn ?? base.csn) are lost; the state before them can be read"
      }
      for frame in reader.frames {
        // A frame of a commit that the manifest already holds does not occur: the salt differs.
        do {
          state = try LogReplay(state, frame, file: file, pool: pool, budget: budget).state()
        } catch let error as CodingError {
          readOnlyReason =
            "'\(logPath)' does not decode at byte \(frame.position) (\(error.what)); the state "
            + "before it can be read"
          break
        }
      }
    }
    let manifestLease = ExtentLease(file: file, extent: header.manifest)
    let used: [Extent] = [base, state].flatMap { Recovery.extents($0) }
    file.allocator.withLock { allocator in
      allocator = PageAllocator(
        pageCount: allocator.pageCount,
        used: used + [header.manifest, Extent(page: 0, pageCount: DataFile.headerPageCount)])
    }
    var writer: LogWriter?
    if readOnlyReason == nil {
      let handle: any StorageFile = try fileSystem.open(logPath, mode: .createOrReadWrite)
      let log = LogWriter(file: handle, salt: header.sequence, position: end)
      if isCurrent && end > LogFrame.logHeaderByteCount {
        // The torn tail goes, for good: what follows must not meet its remains. The replayed part is
        // made durable before anything builds on it.
        try handle.truncate(to: end)
        try handle.write(LogFrame.logHeader(salt: header.sequence), at: 0)
        try handle.synchronise()
      } else {
        try log.reset(salt: header.sequence)
        try fileSystem.synchroniseDirectory(of: logPath)
      }
      writer = log
    }
    return Storage(
      path: path, options: options, fileSystem: fileSystem, budget: budget, pool: pool,
      state: state, file: file, log: writer, header: header, manifestLease: manifestLease,
      checkpointed: base, readOnlyReason: readOnlyReason)
  }

  /// The extents of all row groups of a state.
  static func extents(_ state: DatabaseState) -> [Extent] {
    state.tables.values.flatMap { table in
      table.groups.compactMap { group in
        if case .sealed(let sealed) = group.rows { sealed.address?.extent } else { nil }
      }
    }
  }
}

/// Applies one commit of the log to a state.
struct LogReplay {
  private var catalog: CatalogSnapshot
  private var tables: [EntryID: TableState]
  private var metadata: [String: [UInt8]]
  private let csn: CSN
  private let file: DataFile
  private let pool: BufferPool
  private let budget: MemoryBudget

  init(
    _ state: DatabaseState, _ frame: LogFrame, file: DataFile, pool: BufferPool,
    budget: MemoryBudget
  ) throws {
    catalog = state.catalog
    tables = state.tables
    metadata = state.metadata
    csn = frame.csn
    self.file = file
    self.pool = pool
    self.budget = budget
    guard frame.csn == state.csn + 1 else { throw CodingError("a commit is missing") }
    var reader = ByteReader(frame.payload)
    for _ in 0..<(try reader.count(limit: reader.remaining)) {
      do {
        try apply(try reader.logRecord())
      } catch let error as StorageError {
        throw CodingError(error.description)
      }
    }
  }

  func state() -> DatabaseState {
    DatabaseState(csn: csn, catalog: catalog, tables: tables, metadata: metadata)
  }

  private func table(_ id: EntryID) throws -> TableState {
    guard let state = tables[id] else { throw CodingError("table \(id) is unknown") }
    return state
  }

  private mutating func apply(_ record: LogRecord) throws {
    let csn: CSN = csn
    switch record {
    case .putEntry(let entry):
      catalog.put(entry)
      if case .table(let table) = entry, tables[table.id] == nil {
        tables[table.id] = TableState()
      }
    case .removeEntry(let id):
      catalog.remove(id)
      tables[id] = nil
    case .nextEntryID(let id): catalog.nextID = Swift.max(catalog.nextID, id)
    case .fill(let id, let column, let fill):
      let state: TableState = try table(id)
      var fills: [UInt32: ColumnFill] = state.fills
      fills[column] = fill
      tables[id] = state.replacing(fills: fills)
    case .rowGroup(let id, let group, let rowCount, let address):
      try applyRowGroup(id, group, rowCount, address)
    case .rows(let id, let group, let start, let columnIDs, let chunk):
      try applyRows(id, group, start, columnIDs, chunk)
    case .delete(let id, let group, let offsets):
      try applyDelete(id, group) { state in
        try DeleteVector.adding(
          to: state.deletes, offsets: offsets, csn: csn, rowCount: state.rowCount)
      }
    case .deleteAll(let id, let group):
      try applyDelete(id, group) { DeleteVector.whole($0.deletes, csn: csn) }
    case .nextGroupID(let id, let next):
      tables[id] = try table(id).replacing(nextGroupID: next)
    case .metadata(let key, let value): metadata[key] = value
    }
  }

  private mutating func applyRowGroup(
    _ id: EntryID, _ group: UInt64, _ rowCount: Int, _ address: RowGroupAddress
  ) throws {
    let state: TableState = try table(id)
    let lease = ExtentLease(file: file, extent: address.extent)
    let sealed = RowGroup(
      id: group, rowCount: rowCount, address: address, lease: lease, pool: pool)
    var groups: [RowGroupState] = state.groups
    if let index = groups.firstIndex(where: { $0.id == group }) {
      groups[index] = RowGroupState(rows: .sealed(sealed), deletes: groups[index].deletes)
    } else {
      groups.append(RowGroupState(rows: .sealed(sealed), deletes: nil))
    }
    tables[id] = state.replacing(groups: groups)
  }

  private mutating func applyRows(
    _ id: EntryID, _ group: UInt64, _ start: Int, _ columnIDs: [UInt32], _ chunk: Chunk
  ) throws {
    let state: TableState = try table(id)
    var groups: [RowGroupState] = state.groups
    var index: Int
    var tail: Tail
    if let known = state.tailIndex, let current = state.tail, current.id == group {
      index = known
      tail = current
    } else {
      guard !groups.contains(where: { $0.id == group }) else {
        throw CodingError("rows are appended to a sealed row group")
      }
      tail = Tail(id: group, pieces: [], indexes: TailIndexes())
      index = groups.count
      groups.append(RowGroupState(rows: .tail(tail), deletes: nil))
    }
    guard tail.rowCount == start else {
      throw CodingError("appended rows do not follow the last ones")
    }
    tail = tail.appending(
      chunk, columnIDs: columnIDs, types: chunk.columns.map { $0.type }, fills: state.fills,
      csn: csn, budget: budget)
    groups[index] = RowGroupState(rows: .tail(tail), deletes: groups[index].deletes)
    tables[id] = state.replacing(groups: groups)
  }

  private mutating func applyDelete(
    _ id: EntryID, _ group: UInt64, _ body: (RowGroupState) throws -> DeleteVector
  ) throws {
    let state: TableState = try table(id)
    var groups: [RowGroupState] = state.groups
    guard let index = groups.firstIndex(where: { $0.id == group }) else {
      throw CodingError("row group \(group) is unknown")
    }
    groups[index] = groups[index].with(deletes: try body(groups[index]))
    tables[id] = state.replacing(groups: groups)
  }
}
