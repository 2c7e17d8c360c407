import Glibc
package import OlapColumns
package import OlapPlanning
import Synchronization

/// The build side of a join: all its rows as flat columns and, when there are keys, a table from key to
/// rows. Also the sink that collects it.
final class JoinBuild: Sink {
  let profile: OperatorProfile
  private let keys: ExpressionSet
  private let keyMatchesNull: [Bool]
  private let types: [SQLType]
  private let collector: CollectSink
  /// Join filters to publish: the filter and its key's position.
  private let published: [(filter: JoinFilter, key: Int)]
  /// ASOF: the last key orders rows within equal other keys and is no hash key.
  private let isAsof: Bool
  private let context: ExecutionContext

  /// SAFETY: written in `finish`, read by probes that run after.
  nonisolated(unsafe) private(set) var rows = Chunk(columns: [], count: 0)
  nonisolated(unsafe) private(set) var table: GroupTable
  /// Rows of group g: `order[starts[g] ..< starts[g + 1]]`.
  nonisolated(unsafe) private(set) var starts = Selection(capacity: 0)
  nonisolated(unsafe) private(set) var order = Selection(capacity: 0)
  /// Whether every key has one row: then `order[g]` is its row.
  nonisolated(unsafe) private(set) var isUnique = false
  /// Whether some row's key has a NULL (which matches nothing).
  nonisolated(unsafe) private(set) var hasNullKey = false
  /// Order keys of ASOF joins, per row.
  nonisolated(unsafe) private(set) var asofKeys: Vector?
  /// One byte per row, 1 once matched: for joins that look at unmatched (or matched) build rows.
  nonisolated(unsafe) private(set) var matched = Buffer(byteCount: 0)
  nonisolated(unsafe) private var reservation: MemoryReservation?

  init(
    keys: ExpressionSet, keyMatchesNull: [Bool], types: [SQLType],
    published: [(filter: JoinFilter, key: Int)], isAsof: Bool, context: ExecutionContext,
    profile: OperatorProfile
  ) {
    self.keys = keys
    self.keyMatchesNull = keyMatchesNull
    self.types = types
    self.published = published
    self.isAsof = isAsof
    self.context = context
    self.profile = profile
    collector = CollectSink(
      types: types + keys.types, context: context, consumer: .join, profile: profile)
    table = GroupTable(types: [])
  }

  var rowCount: Int { rows.count }
  /// Number of build columns.
  var width: Int { types.count }
  private var hashKeyCount: Int { isAsof ? keys.count - 1 : keys.count }

  func makeState(_ context: ExecutionContext) throws -> any SinkState {
    State(inner: try collector.makeState(context), keys: keys, context: context)
  }

  func combine(_ state: any SinkState, _ context: ExecutionContext) throws {
    guard let state = state as? State else { return }
    try collector.combine(state.inner, context)
  }

  func finish(_ context: ExecutionContext) throws {
    try collector.finish(context)
    let all = try collector.collection.concatenated()
    collector.collection.removeAll()
    rows = Chunk(
      columns: all.columns[..<types.count].map { $0.flattened() }, count: all.count)
    let keyColumns = all.columns[types.count...].map { $0.flattened() }
    asofKeys = isAsof ? keyColumns.last : nil
    try index(Array(keyColumns[..<hashKeyCount]))
    matched = Buffer(byteCount: rows.count)
    memset(matched.bytes, 0, rows.count)
    let held = MemoryReservation(context.budget, for: .join)
    held.force(to: rows.byteCount + table.byteCount + rows.count * 9)
    reservation = held
    profile.noteMemory(held.byteCount)
    for (filter, key) in published {
      if let published = KeyRangeFilter(keyColumns[key]) { filter.publish(published) }
    }
  }

  /// Groups rows by key; rows with a NULL that matches nothing are left out.
  private func index(_ keyColumns: [Vector]) throws {
    let n = rows.count
    table = GroupTable(types: keyColumns.map { $0.type })
    if keyColumns.isEmpty && !isAsof { return }
    let groups = Selection(capacity: n)
    let usable = Selection(capacity: VectorSize.current)
    var start = 0
    while start < n {
      let range = start..<Swift.min(n, start + VectorSize.current)
      let keys = keyColumns.map { $0.sliced(range) }
      usable.count = JoinBuild.usableRows(
        keys, keyMatchesNull, count: range.count, asof: asofKeys?.sliced(range),
        into: usable.indexes)
      if usable.count == range.count {
        table.findOrInsert(keys, count: range.count, groups: groups.indexes + start)
      } else {
        hasNullKey = true
        let found = Selection(capacity: usable.count)
        table.findOrInsert(
          keys.map { $0.gathered(usable.indexes, count: usable.count) }, count: usable.count,
          groups: found.indexes)
        for i in 0..<range.count { groups.indexes[start + i] = .max }
        for k in 0..<usable.count {
          groups.indexes[start + Int(usable.indexes[k])] = found.indexes[k]
        }
      }
      start = range.upperBound
      try context.checkCancellation()
    }
    chain(groups.indexes, n)
    // Nested keys are joined into one vector now, before probes run concurrently.
    _ = table.keys()
  }

  /// Counting sort of rows by group.
  private func chain(_ groups: UnsafePointer<UInt32>, _ n: Int) {
    let count = table.count
    starts = Selection(capacity: count + 1)
    order = Selection(capacity: n)
    let starts = self.starts.indexes
    let order = self.order.indexes
    for g in 0...count { starts[g] = 0 }
    for i in 0..<n where groups[i] != .max { starts[Int(groups[i]) &+ 1] &+= 1 }
    for g in 0..<count { starts[g &+ 1] &+= starts[g] }
    isUnique = Int(starts[count]) == count
    let next = Selection(capacity: count)
    for g in 0..<count { next.indexes[g] = starts[g] }
    for i in 0..<n where groups[i] != .max {
      let g = Int(groups[i])
      order[Int(next.indexes[g])] = UInt32(truncatingIfNeeded: i)
      next.indexes[g] &+= 1
    }
    if let asofKeys {
      for g in 0..<count {
        let from = Int(starts[g])
        var part = UnsafeMutableBufferPointer(
          start: order + from, count: Int(starts[g + 1]) - from)
        part.sort { Compare.order(asofKeys, Int($0), asofKeys, Int($1)) < 0 }
      }
    }
  }

  /// Rows whose keys have no NULL, except where NULL matches NULL.
  static func usableRows(
    _ keys: [Vector], _ matchesNull: [Bool], count: Int, asof: Vector?,
    into out: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var checked = zip(keys, matchesNull).filter { $0.0.validity != nil && !$0.1 }.map { $0.0 }
    if let asof, asof.validity != nil { checked.append(asof) }
    var n = 0
    for i in 0..<count {
      out[n] = UInt32(truncatingIfNeeded: i)
      var isUsable = true
      for key in checked where !key.isValid(i) { isUsable = false }
      if isUsable { n += 1 }
    }
    return n
  }

  private final class State: SinkState {
    let inner: any SinkState
    private let keys: ExpressionSet
    private let context: ExecutionContext
    init(inner: any SinkState, keys: ExpressionSet, context: ExecutionContext) {
      self.inner = inner
      self.keys = keys
      self.context = context
    }
    func consume(_ chunk: Chunk, ordinal: Int) throws {
      let values = try keys.evaluate(chunk, context.evaluation)
      try inner.consume(
        Chunk(columns: chunk.columns + values, count: chunk.count), ordinal: ordinal)
    }
  }
}
