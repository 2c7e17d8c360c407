package import OlapColumns
internal import OlapPlanning

/// Materialised rows as a list of chunks, in memory while the budget allows, else in a spill file.
///
/// Appending is for one thread at a time; once complete it may be read by many.
package final class ChunkCollection: @unchecked Sendable {
  package let types: [SQLType]
  package private(set) var rowCount = 0
  private var slots: [Slot] = []
  private let context: ExecutionContext
  private let reservation: MemoryReservation
  private let file: SharedSpillFile
  /// Bytes held in memory.
  package private(set) var memoryByteCount = 0
  /// Bytes written to the spill file.
  package private(set) var spilledByteCount = 0

  private enum Slot {
    case memory(Chunk)
    case file(SpillFile, SpillFile.Position, rows: Int)
  }

  /// Collections of one thread may share a file.
  package init(
    types: [SQLType], context: ExecutionContext, consumer: MemoryBudget.Consumer = .other,
    file: SharedSpillFile? = nil
  ) {
    self.types = types
    self.context = context
    self.file = file ?? SharedSpillFile(directory: context.temporaryDirectory)
    reservation = MemoryReservation(context.budget, for: consumer)
  }

  package var chunkCount: Int { slots.count }
  /// Bytes held in memory and in the spill file.
  package var byteCount: Int { memoryByteCount + spilledByteCount }
  package var isSpilled: Bool { spilledByteCount > 0 }

  /// Appends a chunk; when memory is refused it goes to the file.
  package func append(_ chunk: Chunk) throws {
    if chunk.count == 0 { return }
    rowCount += chunk.count
    let size = chunk.heldByteCount
    if reservation.grow(to: memoryByteCount + size) {
      memoryByteCount += size
      slots.append(.memory(chunk))
      return
    }
    slots.append(try write(chunk))
  }

  private func write(_ chunk: Chunk) throws -> Slot {
    let target = try file.opened()
    let position = try target.write(chunk)
    spilledByteCount += position.byteCount
    return .file(target, position, rows: chunk.count)
  }

  /// Moves everything held in memory to the file and gives the memory back.
  package func spill() throws {
    for i in slots.indices {
      if case .memory(let chunk) = slots[i] { slots[i] = try write(chunk) }
    }
    memoryByteCount = 0
    reservation.shrink(to: 0)
  }

  /// Takes over all chunks of another collection of the same types, after its own.
  package func append(contentsOf other: ChunkCollection) throws {
    slots += other.slots
    rowCount += other.rowCount
    memoryByteCount += other.memoryByteCount
    spilledByteCount += other.spilledByteCount
    reservation.take(other.reservation)
    other.removeAll()
  }

  /// Hands over all chunks in order, giving up the memory of each before the next.
  package func drain(_ body: (Chunk) throws -> Void) throws {
    slots.reverse()
    while let slot = slots.popLast() {
      let chunk: Chunk
      switch slot {
      case .memory(let held):
        chunk = held
        memoryByteCount -= held.heldByteCount
        reservation.shrink(to: Swift.max(0, memoryByteCount))
      case .file(let file, let position, _): chunk = try file.read(position, types: types)
      }
      rowCount -= chunk.count
      try body(chunk)
    }
    removeAll()
  }

  package func rowCount(ofChunk index: Int) -> Int {
    switch slots[index] {
    case .memory(let chunk): chunk.count
    case .file(_, _, let rows): rows
    }
  }

  /// The chunk at `index`, read back if it was spilled.
  package func chunk(at index: Int) throws -> Chunk {
    switch slots[index] {
    case .memory(let chunk): return chunk
    case .file(let file, let position, _): return try file.read(position, types: types)
    }
  }

  /// All rows as one chunk (columns concatenated), however many.
  package func concatenated() throws -> Chunk {
    Chunk.concatenated(try slots.indices.map { try chunk(at: $0) }, types: types)
  }

  /// A closure that gives the chunks in order, cut to vector size.
  package func reader() -> () throws -> Chunk? {
    var index = 0
    var position = 0
    return { [self] in
      guard index < chunkCount else { return nil }
      let whole = try chunk(at: index)
      let end = Swift.min(whole.count, position + VectorSize.current)
      let part = position == 0 && end == whole.count ? whole : whole.sliced(position..<end)
      position = end
      if end == whole.count {
        index += 1
        position = 0
      }
      return part
    }
  }

  /// Drops all chunks.
  package func removeAll() {
    slots = []
    rowCount = 0
    memoryByteCount = 0
    spilledByteCount = 0
    reservation.shrink(to: 0)
  }
}

/// Reads a finished collection, its chunks shared by all readers.
package final class CollectionSource: PipelineSource {
  private let collection: @Sendable () throws -> ChunkCollection
  private let morsels = MorselCounter()
  package let isSerial: Bool

  /// `collection` is asked when the branch starts, after its dependencies have run.
  package init(
    isSerial: Bool = false, _ collection: @escaping @Sendable () throws -> ChunkCollection
  ) {
    self.collection = collection
    self.isSerial = isSerial
  }

  package var maximumWorkers: Int {
    if isSerial { return 1 }
    let count = (try? collection().chunkCount) ?? 1
    return Swift.max(1, count / 32)
  }

  package func prepare(_ context: ExecutionContext) throws { morsels.reset() }

  package func makeReader(_ context: ExecutionContext) throws -> any SourceReader {
    Reader(try collection(), morsels)
  }

  private final class Reader: SourceReader {
    private let collection: ChunkCollection
    private let morsels: MorselCounter
    private var pending: (chunk: Chunk, position: Int)?
    private(set) var ordinal = 0
    init(_ collection: ChunkCollection, _ morsels: MorselCounter) {
      self.collection = collection
      self.morsels = morsels
    }
    func next() throws -> Chunk? {
      // Collections may hold longer chunks than operators expect: cut them.
      if pending == nil {
        guard let index = morsels.next(limit: collection.chunkCount) else { return nil }
        ordinal = index
        let chunk = try collection.chunk(at: index)
        if chunk.count <= VectorSize.current { return chunk }
        pending = (chunk, 0)
      }
      guard let (chunk, position) = pending else { return nil }
      let end = Swift.min(chunk.count, position + VectorSize.current)
      pending = end == chunk.count ? nil : (chunk, end)
      return chunk.sliced(position..<end)
    }
  }
}
