internal import OlapCatalog
internal import OlapColumns
internal import OlapStorage

/// A run written down before its work begins, in a commit of its own, so that one whose process is killed
/// is known afterwards: the next process that opens the file records it as FAILED.
///
/// Kept under metadata key `run.<id>` until the run's record takes its place, in one commit.
struct AnnouncedRun {
  let id: Value
  let pipeline: String
  let trigger: String
  let startedAt: Int64
  let clock: Int64
  let from: CSN

  static let keyPrefix = "run."
  static func key(_ id: Value) -> String { keyPrefix + id.text(.uuid) }

  /// Four numbers and texts, one a line.
  var bytes: [UInt8] { Array("\(startedAt)\n\(clock)\n\(from)\n\(trigger)\n\(pipeline)".utf8) }

  init(id: Value, pipeline: String, trigger: String, startedAt: Int64, clock: Int64, from: CSN) {
    self.id = id
    self.pipeline = pipeline
    self.trigger = trigger
    self.startedAt = startedAt
    self.clock = clock
    self.from = from
  }

  init?(id: Value, _ bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", maxSplits: 4, omittingEmptySubsequences: false)
    guard lines.count == 5, let startedAt = Int64(lines[0]), let clock = Int64(lines[1]),
      let from = CSN(lines[2])
    else { return nil }
    self.init(
      id: id, pipeline: String(lines[4]), trigger: String(lines[3]), startedAt: startedAt,
      clock: clock, from: from)
  }
}

extension Connection {
  /// Commits the announcement. Databases in memory have nobody to tell.
  func announce(id: Value, pipeline: String, trigger: String, startedAt: Int64, clock: Int64) throws
  {
    guard database.path != nil, !database.options.isReadOnly else { return }
    try withWriter { writer in
      let run = AnnouncedRun(
        id: id, pipeline: pipeline, trigger: trigger, startedAt: startedAt, clock: clock,
        from: writer.baseCommit)
      writer.setMetadata(AnnouncedRun.key(id), run.bytes)
    }
  }

  /// Takes the announcement of a run back, in the transaction that records how it ended.
  func withdrawAnnouncement(of id: Value, in writer: WriteTransaction) {
    let key = AnnouncedRun.key(id)
    if writer.snapshot.metadata(key) != nil { writer.setMetadata(key, nil) }
  }

  /// Gives the work of a refresh an identity, announces it unless nothing is to be done, and records its
  /// failure. Within a transaction or another run it is part of that one.
  func asRun<R>(
    of models: [TableEntry], _ request: RefreshRequest, trigger: String,
    _ body: (Value) throws -> R
  ) throws -> R {
    if let run = pipelineRun { return try body(run.id) }
    if let refreshRun { return try body(refreshRun) }
    let id = Connection.newRunID()
    guard transaction == nil, activeWriter == nil else { return try body(id) }
    let startedAt = wallClockMicroseconds()
    let clock = statementClock()
    if isWorkAhead(models, request, clock: clock) {
      try announce(
        id: id, pipeline: "refresh", trigger: trigger, startedAt: startedAt, clock: clock)
    }
    refreshRun = id
    defer { refreshRun = nil }
    do {
      return try body(id)
    } catch {
      var run = PipelineRun(name: "refresh", trigger: trigger, startedAt: startedAt)
      run.id = id
      run.clock = clock
      run.status = "FAILED"
      run.error = OlapError.from(error, sql: nil).description
      recordFailure(run)
      throw error
    }
  }

  /// Whether a refresh may have to write.
  private func isWorkAhead(
    _ models: [TableEntry], _ request: RefreshRequest, clock: Int64
  ) -> Bool {
    if request.rung == .full || request.restating != nil { return true }
    let snapshot = readSnapshot()
    return models.contains { model in
      if !isCurrent(model, snapshot: snapshot) { return true }
      return modelState(of: model, snapshot: snapshot)?.clock != clock
        && Connection.mentionsClock(guardedDefinition(of: model))
    }
  }

  /// The run's own work is gone with its transaction; that it failed is worth a commit of its own.
  private func recordFailure(_ failed: PipelineRun) {
    try? withWriter { writer in
      try RunLog.prepare(writer)
      var run = failed
      run.from = writer.baseCommit
      withdrawAnnouncement(of: run.id, in: writer)
      try run.append(writer)
    }
  }
}

extension Database {
  /// Records the runs that a process left behind when it ended without a word. What it had committed of
  /// them makes them PARTIAL.
  func recordAbandonedRuns() {
    guard !options.isReadOnly else { return }
    let keys = storage.snapshot().metadataKeys.filter { $0.hasPrefix(AnnouncedRun.keyPrefix) }
    if keys.isEmpty { return }
    let connection = connect()
    // A file that cannot be written now keeps its announcements for later.
    try? connection.withWriter { writer in
      try RunLog.prepare(writer)
      for key in keys {
        try connection.recordAbandonedRun(key, writer)
        writer.setMetadata(key, nil)
      }
    }
  }
}

extension Connection {
  fileprivate func recordAbandonedRun(_ key: String, _ writer: WriteTransaction) throws {
    let name = key.dropFirst(AnnouncedRun.keyPrefix.count)
    let done = try internalQuery(
      """
      SELECT CAST('\(name)' AS UUID), sum(rows_created), sum(rows_updated), sum(rows_deleted),
        sum(rows_unchanged), sum(bytes_read), sum(bytes_written), count(*)
      FROM olap.model_runs WHERE run_id = CAST('\(name)' AS UUID)
      """, snapshot: writer.snapshot)
    guard let row = done.first, let bytes = writer.snapshot.metadata(key),
      let announced = AnnouncedRun(id: row.values[0], bytes)
    else { return }
    var run = PipelineRun(
      name: announced.pipeline, trigger: announced.trigger, startedAt: announced.startedAt)
    run.id = announced.id
    run.from = announced.from
    run.clock = announced.clock
    run.status = row.int(7) == 0 ? "FAILED" : "PARTIAL"
    run.created = row.int(1) ?? 0
    run.updated = row.int(2) ?? 0
    run.deleted = row.int(3) ?? 0
    run.unchanged = row.int(4) ?? 0
    run.bytesRead = row.int(5) ?? 0
    run.bytesWritten = row.int(6) ?? 0
    run.processed = run.created + run.updated + run.deleted
    run.error = "the process ended before the run did"
    try run.append(writer)
  }
}
