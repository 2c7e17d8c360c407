internal import OlapColumns
internal import OlapPlanning
import Synchronization

extension Lowering {
  func lowerSort(
    _ input: LogicalPlan, _ items: [SortItem], needing: Set<ColumnID>?
  ) throws -> Flow {
    let flow = try lower(input, needing: Lowering.columns(items, and: needing))
    return try sorted(flow, items, range: nil, profile: OperatorProfile(name: "Sort"))
  }

  /// The flow's rows in order; with `range` only those at these places.
  func sorted(
    _ flow: Flow, _ items: [SortItem], range: Range<Int>?, profile: OperatorProfile
  ) throws -> Flow {
    let columns = flow.columns
    let shape = try SortShape(
      payload: columns, items: items, keepsOrder: context.threads > 1 && !flow.isSerial,
      context: context)
    let sink = SortSink(shape: shape, context: context, profile: profile)
    return Flow(
      source: SortedSource(sink, range: range), columns: columns,
      dependencies: [flow.closed(by: sink)], profile: profile)
  }

  /// The columns needed above and by the sort itself; nil for all.
  static func columns(_ items: [SortItem], and needing: Set<ColumnID>?) -> Set<ColumnID>? {
    guard var result = needing else { return nil }
    for item in items { item.expression.collectColumns(into: &result) }
    return result
  }
}

extension Flow {
  /// One reader gives all rows in order.
  var isSerial: Bool { branches.count == 1 && branches[0].source.isSerial }
}

extension SortKey.Column {
  init(_ type: SQLType, _ item: SortItem) {
    self.init(type, descending: item.descending, nullsFirst: item.nullsFirst)
  }
}

/// Sorts all rows: each worker makes runs, in memory or spilled.
final class SortSink: Sink {
  let profile: OperatorProfile
  private let shape: SortShape
  private let context: ExecutionContext
  private let finished: Mutex<[(runs: [SortedRun], spilled: Int)]> = Mutex([])
  /// SAFETY: written in `finish`, read by sources that run after.
  nonisolated(unsafe) private(set) var result: SortedRuns?

  init(shape: SortShape, context: ExecutionContext, profile: OperatorProfile) {
    self.shape = shape
    self.context = context
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any SinkState {
    State(shape, context)
  }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    let runs = try state.builder.finish()
    finished.withLock { $0.append((runs, state.builder.spilledByteCount)) }
  }

  func finish(_ context: ExecutionContext) throws {
    let parts = finished.withLock { all in
      defer { all = [] }
      return all
    }
    let sorted = try SortedRuns(
      parts.flatMap { $0.runs }, shape: shape, context: context,
      spilledByteCount: parts.reduce(0) { $0 + $1.spilled })
    profile.spilledBytes.add(sorted.spilledByteCount, ordering: .relaxed)
    profile.noteMemory(context.budget.used(by: .sort))
    result = sorted
  }

  private final class State: SinkState {
    let builder: RunBuilder
    private let shape: SortShape
    private let context: ExecutionContext
    init(_ shape: SortShape, _ context: ExecutionContext) {
      self.shape = shape
      self.context = context
      builder = RunBuilder(shape: shape, context: context)
    }
    func consume(_ chunk: Chunk, ordinal: Int) throws {
      try builder.append(try shape.row(chunk, ordinal: ordinal, context.evaluation))
    }
  }
}

/// Emits sorted rows; workers share runs in memory by slices, spilled runs have one reader.
final class SortedSource: PipelineSource {
  private let sink: SortSink
  private let range: Range<Int>?
  private let morsels = MorselCounter()
  init(_ sink: SortSink, range: Range<Int>? = nil) {
    self.sink = sink
    self.range = range
  }

  /// Places to emit.
  private var places: Range<Int> {
    let count = sink.result?.rowCount ?? 0
    guard let range else { return 0..<count }
    return Swift.min(range.lowerBound, count)..<Swift.min(range.upperBound, count)
  }
  private static var sliceRowCount: Int { 16 * VectorSize.current }

  var maximumWorkers: Int {
    guard sink.result?.isDivisible == true else { return 1 }
    return Swift.max(1, places.count / (4 * SortedSource.sliceRowCount))
  }
  func prepare(_ context: ExecutionContext) throws { morsels.reset() }
  func makeReader(_ context: ExecutionContext) throws -> any SourceReader {
    Reader(self)
  }

  private final class Reader: SourceReader {
    private let source: SortedSource
    private let places: Range<Int>
    private var merge: RunMerge?
    /// Rows to leave out first and to give then, of the current merge.
    private var skipped = 0
    private var left = 0
    private(set) var ordinal = 0

    init(_ source: SortedSource) {
      self.source = source
      places = source.places
    }

    func next() throws -> Chunk? {
      while true {
        if left > 0, let chunk = try merge?.next() {
          let from = Swift.min(skipped, chunk.count)
          let to = Swift.min(chunk.count, from + left)
          skipped -= from
          left -= to - from
          if to > from { return chunk.sliced(from..<to) }
          continue
        }
        merge = nil
        guard try open() else { return nil }
      }
    }

    /// The next slice, or everything when there is one reader; false at the end.
    private func open() throws -> Bool {
      guard let rows = source.sink.result, !places.isEmpty else { return false }
      let size = rows.isDivisible ? SortedSource.sliceRowCount : places.count
      guard let index = source.morsels.next(limit: (places.count + size - 1) / size) else {
        return false
      }
      ordinal = index
      let start = places.lowerBound + index * size
      let end = Swift.min(places.upperBound, start + size)
      merge = try rows.reader(rows.isDivisible ? start..<end : 0..<rows.rowCount)
      skipped = rows.isDivisible ? 0 : start
      left = end - start
      return true
    }
  }
}
