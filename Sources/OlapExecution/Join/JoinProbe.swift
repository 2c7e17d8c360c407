package import OlapColumns
package import OlapPlanning

/// The probe side of a join: finds each row's partners among the build rows, applies the residual
/// conditions to the pairs and emits what the kind of join asks for.
final class JoinProbe: StreamingOperator {
  let kind: JoinKind
  let build: JoinBuild
  let keys: ExpressionSet
  let keyMatchesNull: [Bool]
  let residual: [any ExpressionNode]
  let inequality: ComparisonOperator?
  let nullAware: Bool
  let leftWidth: Int
  let profile: OperatorProfile

  init(
    kind: JoinKind, build: JoinBuild, keys: ExpressionSet, keyMatchesNull: [Bool],
    residual: [any ExpressionNode], inequality: ComparisonOperator?, nullAware: Bool,
    leftWidth: Int, profile: OperatorProfile
  ) {
    self.kind = kind
    self.build = build
    self.keys = keys
    self.keyMatchesNull = keyMatchesNull
    self.residual = residual.filter { !$0.canThrow } + residual.filter { $0.canThrow }
    self.inequality = inequality
    self.nullAware = nullAware
    self.leftWidth = leftWidth
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any OperatorState {
    JoinProbeState(self, context)
  }
}

/// A worker's probing.
final class JoinProbeState: OperatorState {
  private let join: JoinProbe
  private let context: ExecutionContext
  private let build: JoinBuild
  private let scratch = GroupTable.Scratch()
  private let filter: FilterEvaluator?
  private let groups = Selection(capacity: VectorSize.current)
  private let usable = Selection(capacity: VectorSize.current)
  /// The batch of pairs being filled.
  private let leftRows = Selection(capacity: VectorSize.current)
  private let rightRows = Selection(capacity: VectorSize.current)
  private var pairCount = 0
  /// Per probe row of the chunk: matches found (0, 1, 2 = several).
  private var matches: [UInt8] = []

  init(_ join: JoinProbe, _ context: ExecutionContext) {
    self.join = join
    self.context = context
    build = join.build
    filter =
      join.residual.isEmpty
      ? nil : FilterEvaluator(join.residual, context: context.evaluation)
  }

  /// Whether the first match of a probe row settles it, so that others need not be looked at.
  private var needsOneMatch: Bool {
    switch join.kind {
    case .semi, .anti, .mark: join.residual.isEmpty
    default: false
    }
  }

  func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
    var start = 0
    while start < chunk.count {
      let end = Swift.min(chunk.count, start + VectorSize.current)
      try probe(end - start == chunk.count ? chunk : chunk.sliced(start..<end), output)
      start = end
    }
  }

  private func probe(_ chunk: Chunk, _ output: (Chunk) throws -> Void) throws {
    matches = Array(repeating: 0, count: chunk.count)
    let keys = try join.keys.evaluate(chunk, context.evaluation)
    if join.keys.count == 0 {
      try pairWithAll(chunk, output)
    } else if let inequality = join.inequality {
      try pairAsof(chunk, keys, inequality, output)
    } else {
      try pairByKey(chunk, keys, output)
    }
    try flush(chunk, output)
    try emitRows(chunk, keys, output)
  }

  // MARK: Candidates

  private func pairWithAll(_ chunk: Chunk, _ output: (Chunk) throws -> Void) throws {
    let total = build.rowCount
    if total == 0 { return }
    let oneMatch = needsOneMatch
    for row in 0..<chunk.count {
      if oneMatch {
        matches[row] = 1
        continue
      }
      try context.checkCancellation()
      for right in 0..<total {
        try add(UInt32(truncatingIfNeeded: row), UInt32(truncatingIfNeeded: right), chunk, output)
      }
    }
  }

  /// Groups of the probe rows to `groups`; UInt32.max without partner.
  private func findGroups(_ keys: [Vector], count: Int, asof: Vector?) {
    usable.count = JoinBuild.usableRows(
      keys, join.keyMatchesNull, count: count, asof: asof, into: usable.indexes)
    if usable.count == count {
      build.table.find(keys, count: count, groups: groups.indexes, scratch: scratch)
      return
    }
    let found = Selection(capacity: usable.count)
    build.table.find(
      keys.map { $0.gathered(usable.indexes, count: usable.count) }, count: usable.count,
      groups: found.indexes, scratch: scratch)
    for i in 0..<count { groups.indexes[i] = .max }
    for k in 0..<usable.count { groups.indexes[Int(usable.indexes[k])] = found.indexes[k] }
  }

  private func pairByKey(
    _ chunk: Chunk, _ keys: [Vector], _ output: (Chunk) throws -> Void
  ) throws {
    if build.table.count == 0 { return }
    findGroups(keys, count: chunk.count, asof: nil)
    let starts = build.starts.indexes
    let order = build.order.indexes
    let groups = self.groups.indexes
    if needsOneMatch {
      for row in 0..<chunk.count {
        matches[row] = unsafeBitCast(groups[row] != .max, to: UInt8.self)
      }
      return
    }
    if build.isUnique && pairCount == 0 && chunk.count <= leftRows.capacity {
      var n = 0
      for row in 0..<chunk.count where groups[row] != .max {
        leftRows.indexes[n] = UInt32(truncatingIfNeeded: row)
        rightRows.indexes[n] = order[Int(groups[row])]
        n &+= 1
      }
      pairCount = n
      return
    }
    for row in 0..<chunk.count where groups[row] != .max {
      let group = Int(groups[row])
      for place in Int(starts[group])..<Int(starts[group + 1]) {
        try add(UInt32(truncatingIfNeeded: row), order[place], chunk, output)
      }
    }
  }

  /// The one partner nearest to the inequality's bound.
  private func pairAsof(
    _ chunk: Chunk, _ keys: [Vector], _ comparison: ComparisonOperator,
    _ output: (Chunk) throws -> Void
  ) throws {
    guard let asofKeys = build.asofKeys, let bound = keys.last?.flattened(), build.table.count > 0
    else { return }
    findGroups(Array(keys.dropLast()), count: chunk.count, asof: bound)
    for row in 0..<chunk.count where groups.indexes[row] != .max {
      let group = Int(groups.indexes[row])
      let from = Int(build.starts.indexes[group])
      let to = Int(build.starts.indexes[group + 1])
      // First place whose key is above (or at) the bound.
      let takesBelow = comparison == .greater || comparison == .greaterOrEqual
      let includesEqual = comparison == .greaterOrEqual || comparison == .lessOrEqual
      var low = from
      var high = to
      while low < high {
        let middle = (low + high) / 2
        let order = Compare.order(asofKeys, Int(build.order.indexes[middle]), bound, row)
        // Below: count keys ≤ (<) bound. Above: count keys < (≤) bound.
        let isBefore = takesBelow == includesEqual ? order <= 0 : order < 0
        if isBefore { low = middle + 1 } else { high = middle }
      }
      let place = takesBelow ? low - 1 : low
      if place < from || place >= to { continue }
      try add(UInt32(truncatingIfNeeded: row), build.order.indexes[place], chunk, output)
    }
  }

  private func add(
    _ left: UInt32, _ right: UInt32, _ chunk: Chunk, _ output: (Chunk) throws -> Void
  ) throws {
    leftRows.indexes[pairCount] = left
    rightRows.indexes[pairCount] = right
    pairCount += 1
    if pairCount == leftRows.capacity { try flush(chunk, output) }
  }

  // MARK: Pairs

  /// Applies the residual conditions to the batch of pairs, notes matches and emits pairs if asked for.
  private func flush(_ chunk: Chunk, _ output: (Chunk) throws -> Void) throws {
    if pairCount == 0 { return }
    var count = pairCount
    pairCount = 0
    var pairs: Chunk?
    if let filter {
      let all = assemble(chunk, count)
      switch try filter.evaluate(all) {
      case .all: pairs = all
      case .some(let passing):
        count = passing.count
        for k in 0..<count {
          let i = Int(passing.indexes[k])
          leftRows.indexes[k] = leftRows.indexes[i]
          rightRows.indexes[k] = rightRows.indexes[i]
        }
        pairs = all.gathered(passing)
      }
    }
    if count == 0 { return }
    try note(count)
    switch join.kind {
    case .inner, .cross, .left, .right, .full, .asof, .asofLeft:
      try output(pairs ?? assemble(chunk, count))
    case .single:
      for k in 0..<count { partner[Int(leftRows.indexes[k])] = rightRows.indexes[k] }
    default: break
    }
  }

  /// Partner of each probe row, for `single`.
  private var partner: [Int: UInt32] = [:]

  private func note(_ count: Int) throws {
    switch join.kind {
    case .inner, .cross, .asof: return
    case .right, .rightSemi, .rightAnti, .full:
      // Workers store the same byte, so the race is harmless.
      let flags = build.matched.bytes.assumingMemoryBound(to: UInt8.self)
      for k in 0..<count { flags[Int(rightRows.indexes[k])] = 1 }
      if join.kind != .full { return }
    case .single:
      for k in 0..<count {
        let row = Int(leftRows.indexes[k])
        if matches[row] != 0 {
          throw ComputeError(
            .invalidArgument,
            "a scalar subquery returned more than one row; add LIMIT 1 or an aggregate")
        }
        matches[row] = 1
      }
      return
    default: break
    }
    for k in 0..<count { matches[Int(leftRows.indexes[k])] = 1 }
  }

  /// Left columns then right columns of the first `count` pairs.
  private func assemble(_ chunk: Chunk, _ count: Int) -> Chunk {
    var columns: [Vector] = []
    columns.reserveCapacity(chunk.columns.count + build.rows.columns.count)
    for column in chunk.columns {
      columns.append(column.gathered(leftRows.indexes, count: count))
    }
    for column in build.rows.columns {
      columns.append(column.gathered(rightRows.indexes, count: count))
    }
    return Chunk(columns: columns, count: count)
  }

  // MARK: Probe rows

  /// What is emitted once per probe row.
  private func emitRows(
    _ chunk: Chunk, _ keys: [Vector], _ output: (Chunk) throws -> Void
  ) throws {
    switch join.kind {
    case .left, .full, .asofLeft:
      let rows = rows(matching: 0, chunk.count)
      if rows.count == 0 { return }
      let kept = chunk.gathered(rows)
      let nulls = build.rows.columns.map { Vector.nulls($0.type, count: rows.count) }
      try output(Chunk(columns: kept.columns + nulls, count: rows.count))
    case .semi:
      let rows = rows(matching: 1, chunk.count)
      if rows.count > 0 { try output(rows.count == chunk.count ? chunk : chunk.gathered(rows)) }
    case .anti:
      let rows = antiRows(chunk, keys)
      if rows.count > 0 { try output(rows.count == chunk.count ? chunk : chunk.gathered(rows)) }
    case .mark:
      try output(Chunk(columns: chunk.columns + [mark(chunk, keys)], count: chunk.count))
    case .single:
      let places = Selection(capacity: chunk.count)
      for i in 0..<chunk.count { places.indexes[i] = partner[i] ?? .max }
      partner = [:]
      let right = build.rows.columns.map {
        $0.gathered(places.indexes, count: chunk.count, nullWhere: .max)
      }
      try output(Chunk(columns: chunk.columns + right, count: chunk.count))
    default: break
    }
  }

  private func rows(matching flag: UInt8, _ count: Int) -> Selection {
    let result = Selection(capacity: count)
    for i in 0..<count where matches[i] == flag {
      result.indexes[result.count] = UInt32(truncatingIfNeeded: i)
      result.count += 1
    }
    return result
  }

  /// NOT IN: a NULL on either side makes the answer unknown unless the right side is empty.
  private func antiRows(_ chunk: Chunk, _ keys: [Vector]) -> Selection {
    let unmatched = rows(matching: 0, chunk.count)
    if !join.nullAware || build.rowCount == 0 { return unmatched }
    if build.hasNullKey {
      unmatched.count = 0
      return unmatched
    }
    let result = Selection(capacity: chunk.count)
    for k in 0..<unmatched.count
    where keys.allSatisfy({ $0.isValid(Int(unmatched.indexes[k])) }) {
      result.indexes[result.count] = unmatched.indexes[k]
      result.count += 1
    }
    return result
  }

  private func mark(_ chunk: Chunk, _ keys: [Vector]) -> Vector {
    let result = Vector.flat(.boolean, count: chunk.count, nullable: join.nullAware)
    let values = result.values(UInt8.self)
    for i in 0..<chunk.count { values[i] = matches[i] }
    if let mask = result.validity, build.rowCount > 0 {
      for i in 0..<chunk.count where matches[i] == 0 {
        let isUnknown = build.hasNullKey || keys.contains { !$0.isValid(i) }
        mask[i] = isUnknown ? 0 : 1
      }
    }
    return result
  }
}
