internal import OlapColumns
internal import OlapPlanning

extension Lowering {
  /// Rows side by side by position; the shorter input is padded with NULLs.
  func lowerPositionalJoin(_ join: Join, needing: Set<ColumnID>?) throws -> Flow {
    let profile = OperatorProfile(name: "Join", detail: "positional")
    func collected(_ plan: LogicalPlan) throws -> (CollectSink, Pipeline, [PlanColumn]) {
      let flow = try lower(plan, needing: needing)
      let columns = flow.columns
      let sink = CollectSink(
        types: columns.map { $0.type }, context: context, consumer: .join,
        profile: OperatorProfile(name: "Collect"))
      let pipeline = flow.closed(by: sink)
      profile.children.withLock { $0.append(sink.profile) }
      return (sink, pipeline, columns)
    }
    let (left, leftPipeline, leftColumns) = try collected(join.left)
    let (right, rightPipeline, rightColumns) = try collected(join.right)
    let source = ReaderSource {
      let sides = [CollectionCursor(left.collection), CollectionCursor(right.collection)]
      return {
        let available = try sides.map { try $0.available() }
        let bounded = available.filter { $0 > 0 }
        guard let count = bounded.min() else { return nil }
        let columns = try sides.flatMap { try $0.take(count) }
        return Chunk(columns: columns, count: count)
      }
    }
    return Flow(
      source: source, columns: leftColumns + rightColumns,
      dependencies: [leftPipeline, rightPipeline], profile: profile)
  }
}

/// Reads a collection in order, any number of rows at a time; NULLs follow its last row.
private final class CollectionCursor {
  private let types: [SQLType]
  private let read: () throws -> Chunk?
  private var chunk = Chunk(columns: [], count: 0)
  private var position = 0
  private var isFinished = false

  init(_ collection: ChunkCollection) {
    types = collection.types
    read = collection.reader()
  }

  /// Rows that can be taken at once; 0 at the end.
  func available() throws -> Int {
    while !isFinished && position == chunk.count {
      position = 0
      if let next = try read() {
        chunk = next
      } else {
        isFinished = true
        chunk.count = 0
      }
    }
    return isFinished ? 0 : chunk.count - position
  }

  /// The next `count` rows, at most as many as are available unless all have been read.
  func take(_ count: Int) throws -> [Vector] {
    if isFinished { return types.map { Vector.nulls($0, count: count) } }
    let range = position..<(position + count)
    position = range.upperBound
    return chunk.columns.map { $0.sliced(range) }
  }
}
