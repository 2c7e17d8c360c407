package import OlapColumns
import Synchronization

/// Collects all rows in source order into one `ChunkCollection`.
package final class CollectSink: Sink {
  package let collection: ChunkCollection
  package let profile: OperatorProfile
  private let types: [SQLType]
  private let consumer: MemoryBudget.Consumer
  private let parts: Mutex<[Int: ChunkCollection]> = Mutex([:])

  package init(
    types: [SQLType], context: ExecutionContext, consumer: MemoryBudget.Consumer = .other,
    profile: OperatorProfile
  ) {
    self.types = types
    self.consumer = consumer
    self.profile = profile
    collection = ChunkCollection(types: types, context: context, consumer: consumer)
  }

  package func makeState(_ context: ExecutionContext) throws -> any SinkState {
    let file = SharedSpillFile(directory: context.temporaryDirectory)
    return State { [types, consumer] in
      ChunkCollection(types: types, context: context, consumer: consumer, file: file)
    }
  }

  package func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    parts.withLock { $0.merge(state.parts) { first, _ in first } }
  }

  package func finish(_ context: ExecutionContext) throws {
    let collected = parts.withLock { all in
      defer { all = [:] }
      return all
    }
    for (_, part) in collected.sorted(by: { $0.key < $1.key }) {
      try collection.append(contentsOf: part)
    }
    profile.noteMemory(collection.byteCount)
  }

  private final class State: SinkState {
    var parts: [Int: ChunkCollection] = [:]
    private let make: () -> ChunkCollection
    private var current: (ordinal: Int, part: ChunkCollection)?
    init(_ make: @escaping () -> ChunkCollection) { self.make = make }
    func consume(_ chunk: Chunk, ordinal: Int) throws {
      if let current, current.ordinal == ordinal { return try current.part.append(chunk) }
      let part = parts[ordinal] ?? make()
      parts[ordinal] = part
      current = (ordinal, part)
      try part.append(chunk)
    }
  }
}
