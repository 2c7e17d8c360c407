import Glibc
internal import OlapColumns
internal import OlapPlanning

/// Probes the build side with the rows of the left input.
final class JoinProbeOperator: StreamingOperator {
  let build: JoinBuild
  let remainder: JoinRemainder
  let profile: OperatorProfile

  init(_ build: JoinBuild, _ remainder: JoinRemainder, profile: OperatorProfile) {
    self.build = build
    self.remainder = remainder
    self.profile = profile
  }

  func makeState(_ context: ExecutionContext) throws -> any OperatorState {
    State(self, context)
  }

  /// Nothing can match an empty build side.
  var isSatisfied: Bool { build.rowCount == 0 && build.plan.kind.dropsUnmatchedLeft }

  private final class State: OperatorState {
    private let join: JoinProbeOperator
    private let probe: JoinProbe
    private let context: ExecutionContext
    /// Left rows to be joined partition by partition, later.
    private var postponed: PartitionedRows?

    init(_ join: JoinProbeOperator, _ context: ExecutionContext) {
      self.join = join
      self.context = context
      probe = JoinProbe(join.build, context)
    }

    func process(_ chunk: Chunk, output: (Chunk) throws -> Void) throws {
      switch join.build.content {
      case .rows(let rows): try probe.process(chunk, rows, output)
      case .partitions(let partitions):
        if partitions.partitionCount == 1 { return try probe.process(chunk, partitions, output) }
        let target = postponed ?? join.remainder.makeLeft(level: 0)
        postponed = target
        try join.remainder.appendLeft(chunk, to: target, matching: partitions)
      }
    }

    func finish(output: (Chunk) throws -> Void) throws {
      guard let postponed else { return }
      try postponed.flush()
      join.remainder.addLeft(postponed)
      self.postponed = nil
    }
  }
}

/// One worker's probing: finds each row's partners among build rows, applies the residual conditions to
/// the pairs and emits what the kind of join asks for.
final class JoinProbe {
  let plan: JoinPlan
  let build: JoinBuild
  let context: ExecutionContext
  private let evaluator: FilterEvaluator?
  private let scratch = GroupTable.Scratch()

  private var capacity = 0
  private var heads = Selection(capacity: 0)
  private(set) var lefts = Selection(capacity: 0)
  private(set) var rights = Selection(capacity: 0)
  private var hashes = Buffer(byteCount: 0)
  private var verdicts = Buffer(byteCount: 0)
  private var matched = Buffer(byteCount: 0)
  private var unknown = Buffer(byteCount: 0)
  /// Per left row of the chunk: its one match or UInt32.max.
  private(set) var selected = Selection(capacity: 0)

  init(_ build: JoinBuild, _ context: ExecutionContext) {
    self.build = build
    self.context = context
    plan = build.plan
    evaluator =
      plan.residual.isEmpty || (plan.isThreeValued && plan.keys == nil)
      ? nil : FilterEvaluator(plan.residual, context: context.evaluation)
  }

  /// Per left row of the chunk: 1 = has a match.
  var matchedLeft: UnsafeMutablePointer<UInt8> {
    matched.bytes.assumingMemoryBound(to: UInt8.self)
  }
  /// Per left row of the chunk: 1 = some pair's condition was NULL.
  var unknownLeft: UnsafeMutablePointer<UInt8> {
    unknown.bytes.assumingMemoryBound(to: UInt8.self)
  }

  /// Joins a chunk of left rows with build rows in memory. `pass` is given when the build rows are one
  /// of several blocks that the same left rows are joined with.
  func process(
    _ chunk: Chunk, _ rows: JoinRows, pass: JoinPass? = nil, _ output: (Chunk) throws -> Void
  ) throws {
    if rows.count == 0 && plan.kind.dropsUnmatchedLeft { return }
    begin(chunk.count)
    if let matched = pass?.matched { memcpy(matchedLeft, matched, chunk.count) }
    let emitsSelected = pass == nil && usesSelected(rows)
    if rows.count > 0 {
      let block = JoinBlock(
        rows: rows.rows, matched: rows.matched, emitsSelected: emitsSelected)
      if let keys = plan.keys {
        try probe(chunk, rows, keys, block, output)
      } else {
        try nestedLoop(chunk, block, output)
      }
    } else if plan.isThreeValued && build.rowCount > 0, let keys = plan.keys {
      noteUnknown(try keys.evaluate(chunk, context.evaluation)[0].flattened(), chunk.count)
    }
    if let matched = pass?.matched { memcpy(matched, matchedLeft, chunk.count) }
    if let pass, !pass.isLast { return }
    try emitLeftRows(chunk, emitsSelected ? rows.rows : nil, output)
  }

  /// Joins a chunk of left rows with build rows on disk, block by block, without keys.
  func process(
    _ chunk: Chunk, _ partitions: PartitionedRows, _ output: (Chunk) throws -> Void
  ) throws {
    begin(chunk.count)
    var first = 0
    for index in 0..<partitions.chunkCount(0) {
      let stored = try partitions.chunk(0, at: index)
      let flags = build.matchedOnDisk?.bytes.assumingMemoryBound(to: UInt8.self)
      let block = JoinBlock(rows: stored, matched: flags.map { $0 + first }, emitsSelected: false)
      try nestedLoop(chunk, block, output)
      first += stored.count
    }
    try emitLeftRows(chunk, nil, output)
  }

  /// At most one match per left row goes to `selected` and is emitted in the chunk's order.
  private func usesSelected(_ rows: JoinRows) -> Bool {
    plan.kind == .single || (plan.kind.keepsLeft && rows.isUnique)
  }

  private func begin(_ n: Int) {
    reserve(n)
    for i in 0..<n { matchedLeft[i] = 0 }
    for i in 0..<n { selected.indexes[i] = .max }
    for i in 0..<n { unknownLeft[i] = 0 }
  }

  private func reserve(_ n: Int) {
    if n <= capacity { return }
    capacity = Swift.max(n, VectorSize.current)
    heads = Selection(capacity: capacity)
    lefts = Selection(capacity: capacity)
    rights = Selection(capacity: capacity)
    selected = Selection(capacity: capacity)
    hashes = Buffer(byteCount: capacity * 8)
    verdicts = Buffer(byteCount: capacity)
    matched = Buffer(byteCount: capacity)
    unknown = Buffer(byteCount: capacity)
  }

  // MARK: Probing by key

  private func probe(
    _ chunk: Chunk, _ rows: JoinRows, _ expressions: ExpressionSet, _ block: JoinBlock,
    _ output: (Chunk) throws -> Void
  ) throws {
    let n = chunk.count
    let keys = try expressions.evaluate(chunk, context.evaluation).map { $0.flattened() }
    if let asof = rows.asof, let comparison = plan.inequality, let bounds = keys.last {
      asof.find(
        Array(keys.dropLast()), bounds, comparison, count: n, scratch: scratch,
        into: heads.indexes)
      let count = JoinCursor.pairs(heads.indexes, n, lefts.indexes, rights.indexes)
      return try take(chunk, block, try applyResidual(chunk, block, count), output)
    }
    guard let table = rows.table else { return }
    table.probe(
      keys, count: n, hashes: hashes.bytes.assumingMemoryBound(to: UInt64.self),
      into: heads.indexes)
    if plan.isThreeValued { noteUnknown(keys[0], n) }
    if plan.kind.isExistence { return try settle(chunk, rows, table, keys, block) }
    if plan.kind.isRightExistence && table.isExact && plan.residual.isEmpty,
      let flags = rows.matched
    {
      JoinCursor.dropMarked(heads.indexes, n, flags)
    }
    var cursor = JoinCursor()
    while !cursor.isFinished {
      try context.checkCancellation()
      var count: Int
      if let next = table.next {
        count = cursor.expand(
          heads.indexes, next, n, limit: capacity, lefts.indexes, rights.indexes)
      } else {
        count = JoinCursor.pairs(heads.indexes, n, lefts.indexes, rights.indexes)
        cursor.isFinished = true
      }
      if !table.isExact { count = verify(keys, rows, count) }
      count = try applyResidual(chunk, block, count)
      try take(chunk, block, count, output)
    }
  }

  /// Semi, anti and mark joins: all rows step along their chains together until they match.
  private func settle(
    _ chunk: Chunk, _ rows: JoinRows, _ table: JoinTable, _ keys: [Vector], _ block: JoinBlock
  ) throws {
    while true {
      var count = JoinCursor.pairs(heads.indexes, chunk.count, lefts.indexes, rights.indexes)
      if count == 0 { return }
      if !table.isExact { count = verify(keys, rows, count) }
      count = try applyResidual(chunk, block, count)
      JoinCursor.mark(lefts.indexes, count, matchedLeft)
      guard let next = table.next else { return }
      JoinCursor.advance(heads.indexes, chunk.count, next, settled: matchedLeft)
      try context.checkCancellation()
    }
  }

  /// NOT IN over one key: a NULL on either side makes an unmatched row unknown.
  private func noteUnknown(_ key: Vector, _ n: Int) {
    let bytes = unknownLeft
    let hasNullKey: UInt8 = build.hasNullKey ? 1 : 0
    for i in 0..<n { bytes[i] = hasNullKey }
    if let validity = key.validity { for i in 0..<n { bytes[i] |= validity[i] ^ 1 } }
  }

  /// Keeps the pairs whose keys are equal; gives their number.
  private func verify(_ keys: [Vector], _ rows: JoinRows, _ count: Int) -> Int {
    if count == 0 { return 0 }
    let mask = verdicts.bytes.assumingMemoryBound(to: UInt8.self)
    RowMatch.matches(
      left: keys, leftIndexes: lefts.indexes, right: rows.keys, rightIndexes: rights.indexes,
      count: count, into: mask)
    return JoinCursor.compact(mask, count, lefts.indexes, rights.indexes)
  }

  /// Keeps the pairs that satisfy the residual conditions; gives their number.
  private func applyResidual(_ chunk: Chunk, _ block: JoinBlock, _ count: Int) throws -> Int {
    guard evaluator != nil, count > 0 else { return count }
    var pairs = Chunk(columns: chunk.columns + block.rows.columns, count: count)
    for position in plan.residualColumns {
      pairs.columns[position] =
        position < plan.leftWidth
        ? chunk.columns[position].gathered(lefts.indexes, count: count)
        : block.rows.columns[position - plan.leftWidth].gathered(rights.indexes, count: count)
    }
    guard let passing = try passing(pairs) else { return count }
    JoinCursor.pick(passing.indexes, passing.count, lefts.indexes)
    JoinCursor.pick(passing.indexes, passing.count, rights.indexes)
    return passing.count
  }

  /// Evaluates the residual conditions on a chunk of pairs; nil = all rows pass.
  func passing(_ pairs: Chunk) throws -> Selection? {
    guard let evaluator else { return nil }
    switch try evaluator.evaluate(pairs) {
    case .all: return nil
    case .some(let selection): return selection
    }
  }
}

/// One of several passes over the same left rows.
struct JoinPass {
  /// One byte per row of the chunk, 1 once matched in any pass; nil when the kind of join has no use for
  /// it.
  let matched: UnsafeMutablePointer<UInt8>?
  let isLast: Bool
}

/// Build rows that pairs refer to by position.
struct JoinBlock {
  let rows: Chunk
  /// One byte per row, 1 once matched; nil unless the kind of join looks at it.
  let matched: UnsafeMutablePointer<UInt8>?
  /// Matches are noted per left row and emitted with it.
  let emitsSelected: Bool
}
