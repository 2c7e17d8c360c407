internal import OlapColumns
internal import OlapFunctions

/// Groups and aggregate states of one grouping set: a worker's share, or the merged whole.
///
/// Used by one thread at a time.
final class GroupedAggregation {
  let plan: AggregatePlan
  let set: [Int]
  private let context: ExecutionContext
  private(set) var table: GroupTable
  /// One per call; deferred calls' accumulators stay empty until `feedDeferred`.
  private(set) var accumulators: [any AggregateAccumulator]
  /// Rows of deferred calls by call.
  private(set) var deferred: [Int: DeferredRows] = [:]
  /// Values of DISTINCT calls by call, where they are kept by group number; in memory, unlike
  /// `deferred`, but given to partitions with the groups.
  private(set) var pairs: [Int: DistinctPairs] = [:]
  private let keepsPairs: Bool
  private var codes = GroupCodeCache()
  private var groups = Selection(capacity: VectorSize.current)
  private var reserved = 0

  /// `canMoveOut`: the groups go to partitions when they take too much memory.
  init(plan: AggregatePlan, set: [Int], context: ExecutionContext, canMoveOut: Bool = true) {
    self.plan = plan
    self.set = set
    keepsPairs = canMoveOut && !set.isEmpty && !plan.isSerial
    self.context = context
    table = GroupTable(types: set.map { plan.groupTypes[$0] })
    accumulators = plan.calls.map { $0.bound.makeAccumulator() }
    makeDeferred()
    if set.isEmpty { reserve(1) }
  }

  private func makeDeferred() {
    deferred = [:]
    pairs = [:]
    for (index, call) in plan.calls.enumerated() where call.isDeferred {
      if keepsPairs && call.isDistinct && call.order.isEmpty {
        pairs[index] = DistinctPairs(types: call.arguments.map { plan.inputs.types[$0] })
      } else {
        deferred[index] = DeferredRows(plan.deferredShape(call, set: set), context)
      }
    }
  }

  /// Aggregation without keys has exactly one group, from the start.
  var isUngrouped: Bool { self.set.isEmpty }
  var groupCount: Int { isUngrouped ? 1 : table.count }

  /// Memory of groups and states; deferred rows account for themselves.
  var byteCount: Int { accumulators.reduce(table.byteCount + pairByteCount) { $0 + $1.byteCount } }
  var pairByteCount: Int { pairs.values.reduce(0) { $0 + $1.byteCount } }

  private func reserve(_ count: Int) {
    if count <= reserved { return }
    // Ahead of need, so that accumulators grow rarely.
    reserved = Swift.max(count, reserved * 2, isUngrouped ? 1 : 64)
    for accumulator in accumulators { accumulator.reserve(groupCount: reserved) }
  }

  /// Adds a chunk's rows; `vectors` are the plan's inputs.
  func consume(_ vectors: [Vector], count: Int) throws {
    if !isUngrouped { try findGroups(set.map { vectors[$0] }, count: count) }
    for (index, call) in plan.calls.enumerated() {
      var arguments = call.arguments.map { vectors[$0] }
      var rows = groups
      var n = count
      var passing: Selection?
      if let filter = call.filter {
        let selection = Selection(capacity: count)
        Boolean.selectTrue(vectors[filter], count: count, into: selection)
        if selection.count == 0 { continue }
        if selection.count < count {
          passing = selection
          n = selection.count
          arguments = arguments.map { $0.gathered(selection.indexes, count: n) }
          if !isUngrouped {
            rows = Selection(capacity: n)
            for k in 0..<n { rows.indexes[k] = groups.indexes[Int(selection.indexes[k])] }
          }
        }
      }
      if let collected = deferred[index] {
        var columns = set.map { vectors[$0] }
        let order = call.order.map { vectors[$0.position] }
        if let passing {
          columns = columns.map { $0.gathered(passing.indexes, count: n) }
          columns += arguments + order.map { $0.gathered(passing.indexes, count: n) }
        } else {
          columns += arguments + order
        }
        try collected.append(columns, count: n)
      } else if let distinct = pairs[index] {
        try distinct.append(rows, arguments, count: n)
      } else {
        try update(accumulators[index], arguments, isUngrouped ? nil : rows, count: n)
      }
    }
  }

  /// Long values that share memory (constants, dictionary entries) become copies where they are
  /// collected, so they are handed over in pieces.
  private func update(
    _ accumulator: any AggregateAccumulator, _ arguments: [Vector], _ groups: Selection?,
    count n: Int
  ) throws {
    let size = GroupedAggregation.copiedByteCount(arguments, n)
    if size <= GroupedAggregation.pieceByteCount {
      return try update(accumulator, arguments, groups.map { UnsafePointer($0.indexes) }, n)
    }
    let step = Swift.max(1, n / (size / GroupedAggregation.pieceByteCount + 1))
    var start = 0
    while start < n {
      let end = Swift.min(n, start + step)
      try update(
        accumulator, arguments.map { $0.sliced(start..<end) },
        groups.map { UnsafePointer($0.indexes + start) }, end - start)
      let held = accumulator.byteCount
      if held > Swift.max(context.budget.limit, GroupedAggregation.pieceByteCount) {
        throw ComputeError(
          .outOfMemory,
          "out of memory: the values of an aggregate take \(held) bytes, more than memory_limit"
            + " (\(context.budget.limit) bytes); SET memory_limit to more")
      }
      start = end
    }
  }

  private func update(
    _ accumulator: any AggregateAccumulator, _ arguments: [Vector],
    _ groups: UnsafePointer<UInt32>?, _ n: Int
  ) throws {
    if let groups {
      try accumulator.update(groups: groups, arguments: arguments, count: n)
    } else {
      try accumulator.updateAll(arguments: arguments, count: n)
    }
  }

  private static let pieceByteCount = 16 << 20

  /// At most what the strings of vectors that share them take once copied.
  private static func copiedByteCount(_ vectors: [Vector], _ n: Int) -> Int {
    var result = 0
    for vector in vectors where vector.physical == .string {
      switch vector.encoding {
      case .constant:
        if vector.isValid(0) { result += n * vector.values(StringView.self)[0].count }
      case .dictionary:
        // Many entries are not all long.
        guard let dictionary = vector.dictionary, dictionary.count <= 1024 else { continue }
        var longest = 0
        let entries = dictionary.values(StringView.self)
        for i in 0..<dictionary.count { longest = Swift.max(longest, entries[i].count) }
        result += longest * n
      case .flat, .frame: break
      }
    }
    return result
  }

  /// Groups of key rows to `groups`.
  private func findGroups(_ keys: [Vector], count: Int) throws {
    if groups.capacity < count { groups = Selection(capacity: count) }
    if try !codes.groups(keys, count: count, table: table, into: groups.indexes) {
      try table.findOrInsert(keys, count: count, groups: groups.indexes)
    }
    reserve(table.count)
  }

  /// Adds all groups, states and deferred rows of another worker's aggregation of the same set.
  func merge(_ other: GroupedAggregation) throws {
    let count = other.groupCount
    let mapping = Selection(capacity: count)
    if isUngrouped {
      mapping.indexes[0] = 0
    } else {
      try table.findOrInsert(other.table.keys(), count: count, groups: mapping.indexes)
      reserve(table.count)
    }
    for index in plan.calls.indices where deferred[index] == nil {
      try accumulators[index].merge(
        other.accumulators[index], groups: mapping.indexes, count: count)
    }
    for (index, rows) in other.deferred { try deferred[index]?.merge(rows) }
    for (index, others) in other.pairs {
      try others.visit { groups, arguments, n in
        for i in 0..<n { groups.indexes[i] = mapping.indexes[Int(groups.indexes[i])] }
        try pairs[index]?.append(groups, arguments, count: n)
      }
    }
  }

  /// Adds exported rows: keys, then states of the calls that are not deferred.
  func mergeStates(_ chunk: Chunk) throws {
    try findGroups(Array(chunk.columns[..<set.count]), count: chunk.count)
    var position = set.count
    for (index, call) in plan.calls.enumerated() where !call.isDeferred {
      let width = call.bound.stateTypes.count
      try accumulators[index].mergeStates(
        Array(chunk.columns[position..<(position + width)]), groups: groups.indexes,
        count: chunk.count)
      position += width
    }
  }

  /// Adds collected rows of a deferred call.
  func appendDeferred(_ chunk: Chunk, call: Int) throws {
    try deferred[call]?.append(chunk.columns, count: chunk.count)
  }

  /// Gives the collected rows of deferred calls to their accumulators. Call once, when all is merged.
  func feedDeferred() throws {
    for (index, rows) in deferred.sorted(by: { $0.key < $1.key }) {
      let call = plan.calls[index]
      try rows.feed { chunk in
        let arguments = Array(chunk.columns[set.count..<(set.count + call.arguments.count)])
        if isUngrouped {
          try accumulators[index].updateAll(arguments: arguments, count: chunk.count)
        } else {
          if groups.capacity < chunk.count { groups = Selection(capacity: chunk.count) }
          table.find(
            Array(chunk.columns[..<set.count]), count: chunk.count, groups: groups.indexes)
          try accumulators[index].update(
            groups: groups.indexes, arguments: arguments, count: chunk.count)
        }
      }
    }
    deferred = [:]
    for (index, distinct) in pairs {
      try distinct.visit { groups, arguments, n in
        try accumulators[index].update(groups: groups.indexes, arguments: arguments, count: n)
      }
    }
    pairs = [:]
  }

  /// Rows of deferred calls as partitions take them: the keys, then what is collected.
  func drainDeferred(_ body: (_ call: Int, Chunk) throws -> Void) throws {
    for (index, rows) in deferred { try rows.drain { try body(index, $0) } }
    let keys = table.keys()
    for (index, distinct) in pairs {
      try distinct.visit { groups, arguments, n in
        let columns = keys.map { $0.gathered(groups.indexes, count: n) } + arguments
        try body(index, Chunk(columns: columns, count: n))
      }
    }
  }

  /// Keys and exported states of groups `range` as one chunk.
  func exportStates(_ range: Range<Int>) throws -> Chunk {
    var columns = table.keys().map { $0.sliced(range) }
    for (index, call) in plan.calls.enumerated() where !call.isDeferred {
      columns += try accumulators[index].exportStates(
        first: range.lowerBound, count: range.count)
    }
    return Chunk(columns: columns, count: range.count)
  }

  /// Result rows of groups `range`: group columns (NULL outside the set), results, GROUPING values.
  func results(_ range: Range<Int>) throws -> Chunk {
    let keys = isUngrouped ? [] : table.keys()
    var columns = plan.groupTypes.indices.map { position in
      set.firstIndex(of: position).map { keys[$0].sliced(range) }
        ?? Vector.nulls(plan.groupTypes[position], count: range.count)
    }
    for accumulator in accumulators {
      columns.append(try accumulator.finalize(first: range.lowerBound, count: range.count))
    }
    for positions in plan.groupingCalls {
      let mask = positions.reduce(Int64(0)) { $0 << 1 | (set.contains($1) ? 0 : 1) }
      columns.append(Vector.constant(.integer(mask), type: .bigint, count: range.count))
    }
    return Chunk(columns: columns, count: range.count)
  }

  /// Forgets all groups and states, keeping nothing.
  func reset() {
    table = GroupTable(types: table.types)
    // It knows the old table's groups.
    codes = GroupCodeCache()
    accumulators = plan.calls.map { $0.bound.makeAccumulator() }
    makeDeferred()
    reserved = 0
  }
}
