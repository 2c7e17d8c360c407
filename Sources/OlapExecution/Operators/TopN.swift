internal import OlapColumns
internal import OlapPlanning
import Synchronization

extension Lowering {
  func lowerTopN(
    _ input: LogicalPlan, _ items: [SortItem], limit: Int, offset: Int, needing: Set<ColumnID>?
  ) throws -> Flow {
    let flow = try lower(input, needing: Lowering.columns(items, and: needing))
    let profile = OperatorProfile(name: "TopN", detail: "limit \(limit) offset \(offset)")
    let (sum, overflow) = limit.addingReportingOverflow(offset)
    let end = overflow ? Int.max : sum
    if end > TopNSink.maximumEnd {
      return try sorted(flow, items, range: offset..<end, profile: profile)
    }
    let columns = flow.columns
    let shape = try SortShape(
      payload: columns, items: items, keepsOrder: context.threads > 1 && !flow.isSerial,
      context: context)
    let sink = TopNSink(
      shape: shape, end: end, offset: offset, context: context, profile: profile)
    return Flow(
      source: CollectionSource(isSerial: true) { sink.collection }, columns: columns,
      dependencies: [flow.closed(by: sink)], profile: profile)
  }
}

/// ORDER BY … LIMIT: each worker keeps only the first `end` rows it has seen.
final class TopNSink: Sink {
  /// More rows than this are sorted as a whole, which can spill.
  static let maximumEnd = 1 << 15
  let collection: ChunkCollection
  let profile: OperatorProfile
  private let shape: SortShape
  private let end: Int
  private let offset: Int
  private let context: ExecutionContext
  private let parts: Mutex<[Chunk]> = Mutex([])

  init(
    shape: SortShape, end: Int, offset: Int, context: ExecutionContext, profile: OperatorProfile
  ) {
    self.shape = shape
    self.end = end
    self.offset = offset
    self.context = context
    self.profile = profile
    collection = ChunkCollection(
      types: Array(shape.types[..<shape.payloadCount]), context: context, consumer: .sort)
  }

  func makeState(_ context: ExecutionContext) throws -> any SinkState { State(self) }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    let rows = state.compacted()
    if rows.count > 0 { parts.withLock { $0.append(rows) } }
  }

  func finish(_ context: ExecutionContext) throws {
    let collected = parts.withLock { all in
      defer { all = [] }
      return all
    }
    let all = Chunk.concatenated(collected, types: shape.types)
    profile.noteMemory(all.byteCount)
    let order = RowSorter.order(shape.keys(all), layout: shape.layout, count: all.count).rows
    let last = Swift.min(end, all.count)
    var start = Swift.min(offset, last)
    let payload = shape.payload(all)
    while start < last {
      let next = Swift.min(last, start + VectorSize.current)
      try collection.append(payload.gathered(order.indexes + start, count: next - start))
      start = next
    }
  }

  /// A worker's first rows so far.
  private final class State: SinkState {
    private let sink: TopNSink
    private let shape: SortShape
    private var pending: [Chunk] = []
    private var pendingRows = 0
    /// First eight key bytes of the worst row that still counts.
    private var bound: UInt64?
    private var keyBuffer = Buffer(byteCount: 0)
    private let prefixDecides: Bool

    init(_ sink: TopNSink) {
      self.sink = sink
      shape = sink.shape
      prefixDecides = shape.layout.decidingByteCount >= 8
    }

    func consume(_ chunk: Chunk, ordinal: Int) throws {
      var rows = try shape.row(chunk, ordinal: ordinal, sink.context.evaluation)
      if let bound { rows = below(bound, rows) }
      if rows.count == 0 { return }
      pending.append(rows)
      pendingRows += rows.count
      if pendingRows >= Swift.max(4 * VectorSize.current, 4 * sink.end) { compact() }
    }

    /// Rows whose key may still be among the first.
    private func below(_ bound: UInt64, _ rows: Chunk) -> Chunk {
      let stride = shape.layout.byteCount
      if keyBuffer.byteCount < rows.count * stride {
        keyBuffer = Buffer(byteCount: rows.count * stride)
      }
      shape.layout.encode(shape.keys(rows), count: rows.count, into: keyBuffer.bytes)
      let passing = Selection(capacity: rows.count)
      for i in 0..<rows.count {
        let prefix = (keyBuffer.bytes + i * stride).loadUnaligned(as: UInt64.self).byteSwapped
        passing.indexes[passing.count] = UInt32(truncatingIfNeeded: i)
        passing.count &+= Int(unsafeBitCast(prefix <= bound, to: UInt8.self))
      }
      return passing.count == rows.count ? rows : rows.gathered(passing)
    }

    /// Cuts the pending rows to the first `end`.
    private func compact() {
      if pendingRows == 0 { return }
      var all = Chunk.concatenated(pending, types: shape.types)
      if all.count > sink.end {
        let order = RowSorter.order(
          shape.keys(all), layout: shape.layout, count: all.count)
        all = all.gathered(order.rows.indexes, count: sink.end)
        if sink.end > 0 && prefixDecides {
          let worst = Int(order.rows.indexes[sink.end - 1])
          bound =
            (order.keys.bytes + worst * shape.layout.byteCount)
            .loadUnaligned(as: UInt64.self).byteSwapped
        }
      }
      pending = [all]
      pendingRows = all.count
    }

    func compacted() -> Chunk {
      compact()
      return pending.first ?? Chunk(columns: [], count: 0)
    }
  }
}
