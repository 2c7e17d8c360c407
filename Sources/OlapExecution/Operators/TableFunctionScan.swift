internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning
import Synchronization

extension Lowering {
  func lowerTableFunction(_ scan: TableFunctionScan) throws -> Flow {
    let profile = OperatorProfile(name: "TableFunction", detail: scan.name)
    let source = TableFunctionSource(
      bound: scan.bound, projection: scan.columns.map { $0.position }, filters: scan.filters)
    return Flow(source: source, columns: scan.columns.map { $0.output }, profile: profile)
  }
}

/// A table function's scan, shared by as many readers as it allows.
final class TableFunctionSource: PipelineSource {
  private let bound: TableFunction.Bound
  private let projection: [Int]
  private let filters: [ScanPredicate]
  private let scan: Mutex<(any ChunkSource)?> = Mutex(nil)
  private let readers = Atomic<Int>(0)
  private let chunks = Atomic<Int>(0)

  init(bound: TableFunction.Bound, projection: [Int], filters: [ScanPredicate] = []) {
    self.bound = bound
    self.projection = projection
    self.filters = filters
  }

  var maximumWorkers: Int { Swift.max(1, scan.withLock { $0?.maximumReaders } ?? 1) }

  func prepare(_ context: ExecutionContext) throws {
    let started = try bound.start(
      TableFunctionRequest(
        context: context.evaluation, projection: projection, filters: filters))
    scan.withLock { $0 = started }
    if started.progress != nil { context.profile.addSource { [weak started] in started?.progress } }
    readers.store(0, ordering: .relaxed)
  }

  func makeReader(_ context: ExecutionContext) throws -> any SourceReader {
    let index = readers.add(1, ordering: .relaxed).oldValue
    guard index < maximumWorkers, let started = scan.withLock({ $0 }) else {
      return Reader(self) { nil }
    }
    if let ordered = try started.makeOrderedReader() { return OrderedReader(ordered) }
    return Reader(self, try started.makeReader())
  }

  private final class Reader: SourceReader {
    private let source: TableFunctionSource
    private let body: () throws -> Chunk?
    private(set) var ordinal = 0
    init(_ source: TableFunctionSource, _ body: @escaping () throws -> Chunk?) {
      self.source = source
      self.body = body
    }
    func next() throws -> Chunk? {
      guard let chunk = try body() else { return nil }
      ordinal = source.chunks.add(1, ordering: .relaxed).newValue
      return chunk
    }
  }

  /// Ordinals are the source's own, moved up by one: 0 stands for a reader that has not begun.
  private final class OrderedReader: SourceReader {
    private let reader: any OrderedChunkReader
    private(set) var ordinal = 0
    init(_ reader: any OrderedChunkReader) { self.reader = reader }
    func next() throws -> Chunk? {
      guard let chunk = try reader.next() else { return nil }
      ordinal = reader.ordinal + 1
      return chunk
    }
  }
}
