package import OlapColumns
package import OlapFunctions
package import OlapPlanning

extension Lowering {
  /// Window functions: all rows are collected, sorted once per distinct PARTITION BY and ORDER BY, and
  /// come out in their input order with one more column per call.
  func lowerWindow(
    _ input: LogicalPlan, _ calls: [BoundWindowCall], needing: Set<ColumnID>?
  ) throws -> Flow {
    let context = self.context
    let flow = try lower(input)
    let profile = OperatorProfile(name: "Window", detail: "\(calls.count) call(s)")
    let columns = flow.columns
    let plans = try calls.map { try WindowCallPlan($0, layout: flow.layout, context: context) }
    let sink = CollectSink(
      types: columns.map { $0.type }, context: context, consumer: .window, profile: profile)
    let source = ReaderSource {
      let rows = try sink.collection.concatenated()
      sink.collection.removeAll()
      var results: [Vector] = []
      var sortings: [WindowSpecification: WindowSorting] = [:]
      for plan in plans {
        let specification = plan.specification
        let sorting =
          try sortings[specification] ?? WindowSorting(plan, rows: rows, context: context)
        sortings[specification] = sorting
        let evaluation = try WindowEvaluation(
          plan, sorting: sorting, rows: rows, context: context)
        results.append(sorting.inInputOrder(try evaluation.result()))
      }
      let all = Chunk(columns: rows.columns + results, count: rows.count)
      var position = 0
      return {
        let end = Swift.min(all.count, position + VectorSize.current)
        if end <= position { return nil }
        defer { position = end }
        return all.sliced(position..<end)
      }
    }
    return Flow(
      source: source, columns: columns + calls.map { $0.output },
      dependencies: [flow.closed(by: sink)], profile: profile)
  }
}

/// PARTITION BY and ORDER BY of a call: calls with equal ones share a sorting.
struct WindowSpecification: Hashable {
  let partitionBy: [BoundExpression]
  let orderBy: [SortItem]
}

/// A window call compiled.
struct WindowCallPlan: Sendable {
  let call: BoundWindowCall
  let partition: ExpressionSet
  let order: ExpressionSet
  let arguments: ExpressionSet
  /// FILTER condition, then frame offsets where given.
  let filter: (any ExpressionNode)?
  let startOffset: (any ExpressionNode)?
  let endOffset: (any ExpressionNode)?

  init(_ call: BoundWindowCall, layout: ColumnLayout, context: ExecutionContext) throws {
    self.call = call
    partition = try ExpressionSet(call.partitionBy, layout: layout, context: context)
    order = try ExpressionSet(
      call.orderBy.map { $0.expression }, layout: layout, context: context)
    arguments = try ExpressionSet(call.arguments, layout: layout, context: context)
    let compiler = ExpressionCompiler(layout, context)
    filter = try call.filter.map { try compiler.compile($0) }
    startOffset = try WindowCallPlan.offset(call.frame.start).map { try compiler.compile($0) }
    endOffset = try WindowCallPlan.offset(call.frame.end).map { try compiler.compile($0) }
    if !call.argumentOrderBy.isEmpty {
      throw ComputeError(
        .invalidArgument,
        "ORDER BY inside the arguments of a window aggregate is not supported; order the window")
    }
  }

  var specification: WindowSpecification {
    WindowSpecification(partitionBy: call.partitionBy, orderBy: call.orderBy)
  }

  private static func offset(_ bound: WindowFrame.Bound) -> BoundExpression? {
    switch bound {
    case .preceding(let expression), .following(let expression): expression
    default: nil
    }
  }
}

/// All rows in the order of one window: sorted places, partitions and peers.
final class WindowSorting {
  /// Sorted place → row.
  let order: Selection
  /// Per sorted place: bounds of its partition and of its peers (rows equal in ORDER BY).
  private(set) var partitionStart: [Int]
  private(set) var partitionEnd: [Int]
  private(set) var peerStart: [Int]
  private(set) var peerEnd: [Int]
  /// ORDER BY values in sorted order.
  let orderKeys: [Vector]
  let count: Int

  init(_ plan: WindowCallPlan, rows: Chunk, context: ExecutionContext) throws {
    count = rows.count
    let partitions = try plan.partition.evaluate(rows, context.evaluation)
    let keys = try plan.order.evaluate(rows, context.evaluation)
    let columns =
      partitions.map { SortKey.Column($0.type, descending: false, nullsFirst: false) }
      + zip(keys, plan.call.orderBy).map { SortKey.Column($0.type, $1) }
    if columns.isEmpty {
      order = Selection(capacity: rows.count)
      order.count = rows.count
      for i in 0..<rows.count { order.indexes[i] = UInt32(truncatingIfNeeded: i) }
    } else {
      order = RowSorter.sorted(partitions + keys, columns: columns, count: rows.count)
    }
    let n = rows.count
    let order = self.order
    orderKeys = keys.map { $0.gathered(order.indexes, count: n) }
    let sortedPartitions = partitions.map { $0.gathered(order.indexes, count: n) }
    let partitionBreaks = WindowSorting.breaks(sortedPartitions, n, and: nil)
    let peerBreaks = WindowSorting.breaks(orderKeys, n, and: partitionBreaks)
    (partitionStart, partitionEnd) = WindowSorting.bounds(partitionBreaks)
    (peerStart, peerEnd) = WindowSorting.bounds(peerBreaks)
  }

  /// Whether each place differs from the one before.
  private static func breaks(_ keys: [Vector], _ n: Int, and outer: [Bool]?) -> [Bool] {
    var result = outer ?? Array(repeating: false, count: n)
    if n > 0 { result[0] = true }
    let before = Selection(capacity: n)
    let here = Selection(capacity: n)
    for i in 1..<Swift.max(1, n) {
      before.indexes[i - 1] = UInt32(truncatingIfNeeded: i - 1)
      here.indexes[i - 1] = UInt32(truncatingIfNeeded: i)
    }
    if n < 2 || keys.isEmpty { return result }
    let buffer = Buffer(byteCount: n)
    let same = buffer.bytes.assumingMemoryBound(to: UInt8.self)
    RowMatch.matches(
      left: keys, leftIndexes: before.indexes, right: keys, rightIndexes: here.indexes,
      count: n - 1, into: same)
    for i in 1..<n where same[i - 1] == 0 { result[i] = true }
    return result
  }

  private static func bounds(_ breaks: [Bool]) -> ([Int], [Int]) {
    var starts = Array(repeating: 0, count: breaks.count)
    var ends = Array(repeating: breaks.count, count: breaks.count)
    var start = 0
    for i in breaks.indices {
      if breaks[i] {
        for k in start..<i { ends[k] = i }
        start = i
      }
      starts[i] = start
    }
    return (starts, ends)
  }

  /// Values by sorted place as values by row.
  func inInputOrder(_ values: Vector) -> Vector {
    let places = Selection(capacity: count)
    for place in 0..<count {
      places.indexes[Int(order.indexes[place])] = UInt32(truncatingIfNeeded: place)
    }
    return values.gathered(places.indexes, count: count)
  }
}
