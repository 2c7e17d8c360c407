internal import OlapCatalog
internal import OlapColumns

extension Storage {
  /// Writes `state`, with its rows laid out anew, so that the file alone holds it; the log is emptied.
  ///
  /// Order: new extents and the manifest, flush, the other header slot, flush, log. At every instant
  /// one header names a complete state, and the log that continues it carries its sequence.
  func writeCheckpoint(
    _ state: DatabaseState, compacting mode: Compaction.Mode
  ) throws -> DatabaseState? {
    let cancellation = Cancellation.current
    return try Cancellation.shielding { try writeWhole(state, mode, cancellation) }
  }

  private func writeWhole(
    _ state: DatabaseState, _ mode: Compaction.Mode, _ cancellation: Cancellation?
  ) throws -> DatabaseState? {
    var tables: [EntryID: TableState] = state.tables
    for (id, table) in state.tables {
      guard let entry = state.catalog.table(id) else {
        tables[id] = nil
        continue
      }
      tables[id] = try Compaction(
        storage: self, entry: entry, state: table, mode: mode,
        cancellation: cancellation, floor: Storage.changeFloor(state)
      ).run()
    }
    let next = DatabaseState(
      csn: state.csn, catalog: state.catalog, tables: tables, metadata: state.metadata)
    guard let file, let log else { return next }
    let raw: [UInt8] = Manifest.encode(next)
    let stored: [UInt8] = Manifest.compress(raw)
    let lease: ExtentLease = file.allocate(stored.count)
    let offset: Int = lease.extent.byteOffset
    try file.file.write(stored, at: offset)
    let sequence: UInt64 = (header?.sequence ?? 0) + 1
    let fresh = FileHeader(
      sequence: sequence, csn: next.csn, manifest: lease.extent, manifestByteCount: stored.count,
      manifestRawByteCount: raw.count,
      filePageCount: file.allocator.withLock { $0.pageCount },
      manifestChecksum: stored.withUnsafeBytes { Checksum.of($0, address: UInt64(offset)) })
    try flip(fresh, file, log)
    header = fresh
    manifestLease = lease
    checkpointed = next
    return next
  }

  private func flip(_ fresh: FileHeader, _ file: DataFile, _ log: LogWriter) throws {
    do throws(StorageError) { try file.file.synchronise() } catch {
      log.endWrites(error)
      throw error
    }
    let slot = Int(fresh.sequence % 2)
    do throws(StorageError) {
      try file.file.write(fresh.encode(slot: slot), at: slot * DataFile.pageByteCount)
      try file.file.synchronise()
    } catch {
      // Whether the new header counts is unknown: commits to the old log could be lost.
      log.endWrites(error)
      throw error
    }
    try log.reset(salt: fresh.sequence)
  }

  /// Metadata key of the commit (8 bytes, little-endian) since which changes must stay exact: the
  /// oldest watermark of the layers. Without it, compaction forgets deletes as it meets them.
  package static let changeFloorKey = "storage.change_floor"

  static func changeFloor(_ state: DatabaseState) -> CSN {
    guard let bytes = state.metadata[changeFloorKey], bytes.count == 8 else { return state.csn }
    return bytes.withUnsafeBytes { $0.loadUnaligned(as: CSN.self) }
  }
}
