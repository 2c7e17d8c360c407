package import OlapColumns
package import OlapFunctions
package import OlapPlanning
import Synchronization

extension Lowering {
  func lowerTableFunction(_ scan: TableFunctionScan) throws -> Flow {
    let profile = OperatorProfile(name: "TableFunction", detail: scan.name)
    let source = TableFunctionSource(
      bound: scan.bound, projection: scan.columns.map { $0.position })
    return Flow(source: source, columns: scan.columns.map { $0.output }, profile: profile)
  }
}

/// A table function's scan, shared by as many readers as it allows.
final class TableFunctionSource: PipelineSource {
  private let bound: TableFunction.Bound
  private let projection: [Int]
  private let scan: Mutex<(any ChunkSource)?> = Mutex(nil)
  private let readers = Atomic<Int>(0)
  private let chunks = Atomic<Int>(0)

  init(bound: TableFunction.Bound, projection: [Int]) {
    self.bound = bound
    self.projection = projection
  }

  var maximumWorkers: Int { Swift.max(1, scan.withLock { $0?.maximumReaders } ?? 1) }

  func prepare(_ context: ExecutionContext) throws {
    let started = try bound.start(
      TableFunctionRequest(context: context.evaluation, projection: projection))
    scan.withLock { $0 = started }
    readers.store(0, ordering: .relaxed)
  }

  func makeReader(_ context: ExecutionContext) throws -> any SourceReader {
    let index = readers.add(1, ordering: .relaxed).oldValue
    guard index < maximumWorkers, let started = scan.withLock({ $0 }) else {
      return Reader(self) { nil }
    }
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
}
