package import OlapColumns
package import OlapPlanning
import Synchronization

extension Lowering {
  func lowerSort(
    _ input: LogicalPlan, _ items: [SortItem], needing: Set<ColumnID>?
  ) throws -> Flow {
    try lowerSorted(input, items, limit: nil, offset: 0, needing: needing)
  }

  func lowerTopN(
    _ input: LogicalPlan, _ items: [SortItem], limit: Int, offset: Int, needing: Set<ColumnID>?
  ) throws -> Flow {
    try lowerSorted(input, items, limit: limit, offset: offset, needing: needing)
  }

  private func lowerSorted(
    _ input: LogicalPlan, _ items: [SortItem], limit: Int?, offset: Int, needing: Set<ColumnID>?
  ) throws -> Flow {
    var used: Set<ColumnID> = []
    for item in items { item.expression.collectColumns(into: &used) }
    let flow = try lower(input, needing: needing.map { $0.union(used) })
    let keys = try ExpressionSet(items.map { $0.expression }, layout: flow.layout, context: context)
    let profile = OperatorProfile(
      name: limit == nil ? "Sort" : "TopN",
      detail: limit.map { "limit \($0) offset \(offset)" } ?? "")
    let columns = flow.columns
    let end = limit.map { $0.addingReportingOverflow(offset) }
      .map { $0.overflow ? Int.max : $0.partialValue }
    let sink = SortSink(
      keys: keys, order: items.map { SortKey.Column($0.expression.type, $0) },
      types: columns.map { $0.type }, end: end, offset: offset, context: context, profile: profile)
    return Flow(
      source: SortedSource(sink), columns: columns, dependencies: [flow.closed(by: sink)],
      profile: profile)
  }
}

extension SortKey.Column {
  init(_ type: SQLType, _ item: SortItem) {
    self.init(type, descending: item.descending, nullsFirst: item.nullsFirst)
  }
}

/// Collects rows with their key values and sorts them at the end. With `end`, each worker keeps
/// only the first `end` rows it has seen.
final class SortSink: Sink {
  let profile: OperatorProfile
  private let keys: ExpressionSet
  private let order: [SortKey.Column]
  private let types: [SQLType]
  private let end: Int?
  private let offset: Int
  private let context: ExecutionContext
  private let parts: Mutex<[Int: ChunkCollection]> = Mutex([:])
  /// SAFETY: written in `finish`, read by sources that run after.
  nonisolated(unsafe) private(set) var rows = Chunk(columns: [], count: 0)
  nonisolated(unsafe) private(set) var sorted = Selection(capacity: 0)
  nonisolated(unsafe) private(set) var range = 0..<0
  nonisolated(unsafe) private var reservation: MemoryReservation?

  init(
    keys: ExpressionSet, order: [SortKey.Column], types: [SQLType], end: Int?, offset: Int,
    context: ExecutionContext, profile: OperatorProfile
  ) {
    self.keys = keys
    self.order = order
    self.types = types
    self.end = end
    self.offset = offset
    self.context = context
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any SinkState { State(self) }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    try state.compact(force: true)
    try parts.withLock { parts in
      for (ordinal, part) in state.parts {
        if let present = parts[ordinal] {
          try present.append(contentsOf: part)
        } else {
          parts[ordinal] = part
        }
      }
    }
  }

  func finish(_ context: ExecutionContext) throws {
    let collected = parts.withLock { all in
      defer { all = [:] }
      return all.sorted { $0.key < $1.key }.map { $0.value }
    }
    var chunks: [Chunk] = []
    for part in collected {
      for index in 0..<part.chunkCount { chunks.append(try part.chunk(at: index)) }
    }
    let all = Chunk.concatenated(chunks, types: types + keys.types)
    let held = MemoryReservation(context.budget, for: .sort)
    held.force(to: all.count * (8 + 16))
    reservation = held
    profile.noteMemory(all.byteCount)
    sorted = RowSorter.sorted(
      Array(all.columns[types.count...]), columns: order, count: all.count)
    rows = Chunk(columns: Array(all.columns[..<types.count]), count: all.count)
    let last = Swift.min(all.count, end ?? .max)
    range = Swift.min(offset, last)..<last
  }

  /// A worker's rows: all of them by ordinal, or the best `end` so far.
  private final class State: SinkState {
    private let sink: SortSink
    var parts: [Int: ChunkCollection] = [:]
    private var pending: [Chunk] = []
    private var pendingRows = 0
    /// First eight key bytes of the worst row that still counts.
    private var bound: UInt64?
    private let layout: SortKey.Layout
    private var keyBuffer = Buffer(byteCount: 0)

    init(_ sink: SortSink) {
      self.sink = sink
      layout = SortKey.Layout(columns: sink.order)
    }

    func consume(_ chunk: Chunk, ordinal: Int) throws {
      let keys = try sink.keys.evaluate(chunk, sink.context.evaluation)
      var rows = Chunk(columns: chunk.columns + keys, count: chunk.count)
      guard sink.end != nil else {
        let part = parts[ordinal] ?? collection()
        parts[ordinal] = part
        return try part.append(rows)
      }
      if let bound { rows = below(bound, rows, keys) }
      if rows.count == 0 { return }
      pending.append(rows)
      pendingRows += rows.count
      try compact(force: false)
    }

    private func collection() -> ChunkCollection {
      ChunkCollection(
        types: sink.types + sink.keys.types, context: sink.context, consumer: .sort)
    }

    /// Rows whose key may still be among the first.
    private func below(_ bound: UInt64, _ rows: Chunk, _ keys: [Vector]) -> Chunk {
      let stride = layout.byteCount
      if keyBuffer.byteCount < rows.count * stride {
        keyBuffer = Buffer(byteCount: rows.count * stride)
      }
      layout.encode(keys, count: rows.count, into: keyBuffer.bytes)
      let passing = Selection(capacity: rows.count)
      for i in 0..<rows.count {
        let prefix = (keyBuffer.bytes + i * stride).loadUnaligned(as: UInt64.self).byteSwapped
        passing.indexes[passing.count] = UInt32(truncatingIfNeeded: i)
        passing.count &+= Int(unsafeBitCast(prefix <= bound, to: UInt8.self))
      }
      return passing.count == rows.count ? rows : rows.gathered(passing)
    }

    /// Cuts the pending rows to the first `end`; with `force` they become the worker's result.
    func compact(force: Bool) throws {
      guard let end = sink.end else { return }
      let (fourfold, overflow) = end.multipliedReportingOverflow(by: 4)
      let threshold = overflow ? Int.max : Swift.max(4 * VectorSize.current, fourfold)
      if !force && pendingRows < threshold { return }
      if pendingRows == 0 { return }
      let width = sink.types.count
      var all = Chunk.concatenated(pending, types: sink.types + sink.keys.types)
      if all.count > end {
        let order = RowSorter.sorted(
          Array(all.columns[width...]), columns: sink.order, count: all.count)
        all = all.gathered(order.indexes, count: end)
        let isBinding = end > 0 && !sink.order.contains { $0.type.isNested }
        if isBinding { bound = prefixOfLastRow(all, width) }
      }
      pending = [all]
      pendingRows = all.count
      if force {
        let part = collection()
        try part.append(all)
        parts[0] = part
      }
    }

    private func prefixOfLastRow(_ rows: Chunk, _ width: Int) -> UInt64 {
      let last = rows.sliced((rows.count - 1)..<rows.count)
      let buffer = Buffer(byteCount: layout.byteCount)
      layout.encode(Array(last.columns[width...]), count: 1, into: buffer.bytes)
      return buffer.bytes.loadUnaligned(as: UInt64.self).byteSwapped
    }
  }
}

/// Emits sorted rows, gathered vector by vector; several workers may share the work.
final class SortedSource: PipelineSource {
  private let sink: SortSink
  private let morsels = MorselCounter()
  init(_ sink: SortSink) { self.sink = sink }
  var maximumWorkers: Int { Swift.max(1, sink.range.count / (64 * VectorSize.current)) }
  func prepare(_ context: ExecutionContext) throws { morsels.reset() }
  func makeReader(_ context: ExecutionContext) throws -> any SourceReader { Reader(sink, morsels) }

  private final class Reader: SourceReader {
    private let sink: SortSink
    private let morsels: MorselCounter
    private(set) var ordinal = 0
    init(_ sink: SortSink, _ morsels: MorselCounter) {
      self.sink = sink
      self.morsels = morsels
    }
    func next() throws -> Chunk? {
      let width = VectorSize.current
      guard let index = morsels.next(limit: (sink.range.count + width - 1) / width) else {
        return nil
      }
      ordinal = index
      let start = sink.range.lowerBound + index * width
      let count = Swift.min(width, sink.range.upperBound - start)
      return sink.rows.gathered(sink.sorted.indexes + start, count: count)
    }
  }
}
