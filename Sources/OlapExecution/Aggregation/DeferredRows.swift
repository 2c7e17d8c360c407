internal import OlapColumns
internal import OlapPlanning

/// Rows of an aggregate call that must wait: deduplicated for DISTINCT, to be sorted for ORDER BY. Spills.
///
/// Columns: group keys, arguments, order keys. Used by one thread at a time.
final class DeferredRows {
  /// What the rows are and how they are to come out.
  struct Shape: Sendable {
    let types: [SQLType]
    let isDistinct: Bool
    /// Columns to sort by; none for unordered calls.
    let order: [AggregatePlan.Order]
    let orderStart: Int
  }

  /// Fewer rows than this takes are not worth a spill.
  private static let minimumSplitByteCount = 1 << 18
  private let shape: Shape
  private let context: ExecutionContext
  private let reservation: MemoryReservation
  /// Distinct rows since the last spill, for DISTINCT.
  private var unique: GroupTable?
  /// Rows split by their hash, each part with repetitions, once distinct rows did not fit.
  private var parts: [ChunkCollection] = []
  /// All rows, when there is no DISTINCT.
  private let rows: ChunkCollection
  private var groups = Selection(capacity: VectorSize.current)

  init(_ shape: Shape, _ context: ExecutionContext) {
    self.shape = shape
    self.context = context
    reservation = MemoryReservation(context.budget, for: .distinct)
    unique = shape.isDistinct ? GroupTable(types: shape.types) : nil
    rows = ChunkCollection(types: shape.types, context: context, consumer: .aggregation)
  }

  /// Bytes in memory.
  var byteCount: Int {
    (unique?.byteCount ?? 0) + rows.memoryByteCount
      + parts.reduce(0) { $0 + $1.memoryByteCount }
  }
  var spilledByteCount: Int {
    rows.spilledByteCount + parts.reduce(0) { $0 + $1.spilledByteCount }
  }

  func append(_ columns: [Vector], count: Int) throws {
    guard let unique else {
      return try rows.append(Chunk(columns: columns, count: count))
    }
    if groups.capacity < count { groups = Selection(capacity: count) }
    try unique.findOrInsert(columns, count: count, groups: groups.indexes)
    if reservation.grow(to: unique.byteCount) { return }
    if unique.byteCount >= DeferredRows.minimumSplitByteCount {
      try splitUnique()
    } else {
      reservation.force(to: unique.byteCount)
    }
  }

  /// Moves the distinct rows so far to the parts of their hashes.
  private func splitUnique() throws {
    guard let table = unique else { return }
    if parts.isEmpty {
      let file = SharedSpillFile(directory: context.temporaryDirectory)
      parts = (0..<AggregatePartitions.count).map { _ in
        ChunkCollection(types: shape.types, context: context, consumer: .distinct, file: file)
      }
    }
    let keys = table.keys()
    var start = 0
    while start < table.count {
      let end = Swift.min(table.count, start + AggregatePartitions.blockRowCount)
      try Cancellation.check()
      try AggregatePartitions.scatter(
        Chunk(columns: keys.map { $0.sliced(start..<end) }, count: end - start),
        hashes: table.hashes + start, into: parts)
      start = end
    }
    unique = GroupTable(types: shape.types)
    reservation.shrink(to: 0)
    reservation.force(to: unique?.byteCount ?? 0)
  }

  /// Hands over all rows, with repetitions of rows that were spilled, in no particular order (that of
  /// arrival without DISTINCT), and forgets them.
  func drain(_ body: (Chunk) throws -> Void) throws {
    try rows.drain(body)
    if let table = unique, table.count > 0 {
      let keys = table.keys()
      var start = 0
      while start < table.count {
        let end = Swift.min(table.count, start + AggregatePartitions.blockRowCount)
        try body(Chunk(columns: keys.map { $0.sliced(start..<end) }, count: end - start))
        start = end
      }
      unique = GroupTable(types: shape.types)
    }
    for part in parts { try part.drain(body) }
    parts = []
    reservation.shrink(to: 0)
  }

  /// Adds another worker's rows.
  func merge(_ other: DeferredRows) throws {
    try other.drain {
      try Cancellation.check()
      try append($0.columns, count: $0.count)
    }
  }

  /// Calls `body` with the rows as the aggregate is to see them, in pieces of at most a vector, and
  /// forgets them.
  func feed(_ body: (Chunk) throws -> Void) throws {
    if shape.order.isEmpty { return try forEachRow { try DeferredRows.cut($0, body) } }
    let sorted = try SortShape(
      types: shape.types,
      keys: shape.order.enumerated().map { index, item in
        let position = shape.orderStart + index
        return (
          position,
          SortKey.Column(
            shape.types[position], descending: item.descending, nullsFirst: item.nullsFirst)
        )
      }, context: context)
    let builder = RunBuilder(shape: sorted, context: context, consumer: .aggregation)
    try forEachRow { try builder.append($0) }
    let runs = try SortedRuns(
      try builder.finish(), shape: sorted, context: context, consumer: .aggregation)
    let merge = try runs.reader(0..<runs.rowCount)
    while let chunk = try merge.next() {
      try Cancellation.check()
      try body(chunk)
    }
  }

  /// All rows, distinct if asked for, in pieces of any size.
  private func forEachRow(_ body: (Chunk) throws -> Void) throws {
    if parts.isEmpty || unique == nil { return try drain(body) }
    try splitUnique()
    for part in parts {
      let table = GroupTable(types: shape.types)
      let held = MemoryReservation(context.budget, for: .distinct)
      let new = Selection(capacity: AggregatePartitions.blockRowCount)
      try part.drain { chunk in
        if groups.capacity < chunk.count { groups = Selection(capacity: chunk.count) }
        let fresh = new.capacity < chunk.count ? Selection(capacity: chunk.count) : new
        try table.findOrInsert(
          chunk.columns, count: chunk.count, groups: groups.indexes, isNew: fresh)
        held.force(to: table.byteCount)
        if fresh.count > 0 { try body(chunk.gathered(fresh)) }
      }
    }
    parts = []
  }

  private static func cut(_ rows: Chunk, _ body: (Chunk) throws -> Void) throws {
    var start = 0
    while start < rows.count {
      let end = Swift.min(rows.count, start + VectorSize.current)
      try Cancellation.check()
      try body(rows.sliced(start..<end))
      start = end
    }
  }
}
