internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning

/// Computes one window call over whole partitions in order.
final class WindowEvaluation {
  let plan: WindowCallPlan
  let rows: WindowRows
  let count: Int
  /// Flat argument values by place.
  let arguments: [Vector]
  let argumentOrder: [Vector]
  /// FILTER by place.
  let passing: Vector?
  private let makeFrames: () throws -> WindowFrames
  private var knownFrames: WindowFrames?
  private var kept: [AnyObject] = []

  init(
    _ plan: WindowCallPlan, rows: WindowRows, payload: Chunk, _ evaluation: EvaluationContext
  ) throws {
    self.plan = plan
    self.rows = rows
    count = rows.count
    arguments = try plan.arguments.evaluate(payload, evaluation).map { $0.flattened() }
    argumentOrder = try plan.argumentOrder.evaluate(payload, evaluation).map { $0.flattened() }
    passing = try plan.filter?.evaluate(payload, evaluation).flattened()
    makeFrames = { try plan.frames(rows, payload, evaluation) }
  }

  func frames() throws -> WindowFrames {
    if let knownFrames { return knownFrames }
    let made = try makeFrames()
    knownFrames = made
    return made
  }

  /// Keeps memory alive as long as this evaluation.
  func keep(_ object: AnyObject) { kept.append(object) }

  /// One value per place.
  func result() throws -> Vector {
    switch plan.call.function {
    case .window(let function): return try navigated(function)
    case .aggregate(let function, let bound):
      return try WindowAggregation(self, function, bound).result()
    }
  }

  private func navigated(_ function: WindowFunction) throws -> Vector {
    if !argumentOrder.isEmpty, let result = try WindowArgumentCalls(self).result(function) {
      return result
    }
    switch function {
    case .rowNumber: return rowNumbers()
    case .rank: return ranks()
    case .denseRank: return denseRanks()
    case .percentRank: return percentRanks()
    case .cumeDist: return cumulativeDistribution()
    case .ntile: return try buckets()
    case .lag: return try shifted(direction: -1)
    case .lead: return try shifted(direction: 1)
    case .firstValue: return try picked { _ in 1 }
    case .lastValue: return try picked { _ in -1 }
    case .nthValue: return try picked { self.integer(1, $0) }
    case .fill: return try WindowFill(self).result()
    }
  }

  /// An integer argument at a place; nil for NULL.
  func integer(_ argument: Int, _ place: Int) -> Int? {
    guard argument < arguments.count, arguments[argument].isValid(place) else { return nil }
    return Int(arguments[argument].values(Int64.self)[place])
  }

  // MARK: Ranking

  private func rowNumbers() -> Vector {
    let result = Vector.flat(.bigint, count: count)
    let values = result.values(Int64.self)
    let start = rows.partitionStart.indexes
    for i in 0..<count { values[i] = Int64(i &- Int(start[i]) &+ 1) }
    return result
  }

  private func ranks() -> Vector {
    let result = Vector.flat(.bigint, count: count)
    let values = result.values(Int64.self)
    let (start, peers) = (rows.partitionStart.indexes, rows.peerStart.indexes)
    for i in 0..<count { values[i] = Int64(peers[i] &- start[i]) &+ 1 }
    return result
  }

  private func denseRanks() -> Vector {
    let result = Vector.flat(.bigint, count: count)
    let values = result.values(Int64.self)
    let (start, peers) = (rows.partitionStart.indexes, rows.peerStart.indexes)
    var rank: Int64 = 0
    for i in 0..<count {
      if Int(start[i]) == i { rank = 0 }
      if Int(peers[i]) == i { rank &+= 1 }
      values[i] = rank
    }
    return result
  }

  private func percentRanks() -> Vector {
    let result = Vector.flat(.double, count: count)
    let values = result.values(Double.self)
    for i in 0..<count {
      let partition = rows.partition(of: i)
      let before = rows.peers(of: i).lowerBound - partition.lowerBound
      values[i] = partition.count > 1 ? Double(before) / Double(partition.count - 1) : 0
    }
    return result
  }

  private func cumulativeDistribution() -> Vector {
    let result = Vector.flat(.double, count: count)
    let values = result.values(Double.self)
    for i in 0..<count {
      let partition = rows.partition(of: i)
      let reached = rows.peers(of: i).upperBound - partition.lowerBound
      values[i] = Double(reached) / Double(partition.count)
    }
    return result
  }

  private func buckets() throws -> Vector {
    let result = Vector.flat(.bigint, count: count, nullable: true)
    var pacer = Cancellation.Pacer()
    for place in 0..<count {
      try pacer.tick()
      guard let n = integer(0, place) else {
        result.validity?[place] = 0
        result.values(Int64.self)[place] = 0
        continue
      }
      let partition = rows.partition(of: place)
      result.values(Int64.self)[place] = try WindowEvaluation.bucket(
        of: place - partition.lowerBound, in: partition.count, among: n)
    }
    return result
  }

  /// The 1-based bucket of row `index` when `count` rows are dealt to `n` buckets in order.
  static func bucket(of index: Int, in count: Int, among n: Int) throws -> Int64 {
    if n < 1 { throw ComputeError(.invalidArgument, "ntile needs a positive number, got \(n)") }
    let (small, larger) = count.quotientAndRemainder(dividingBy: n)
    // The first `larger` buckets have one row more.
    let inLarger = larger * (small + 1)
    let bucket =
      index < inLarger ? index / (small + 1) : larger + (index - inLarger) / Swift.max(1, small)
    return Int64(bucket + 1)
  }

  // MARK: Navigation

  /// lag and lead: value, offset (1), default (NULL).
  private func shifted(direction: Int) throws -> Vector {
    let value = arguments[0]
    let places = Selection(capacity: count)
    let counted = plan.call.ignoreNulls ? ValidPlaces(value) : nil
    var usesDefault = false
    var pacer = Cancellation.Pacer()
    for place in 0..<count {
      try pacer.tick()
      let partition = rows.partition(of: place)
      guard let offset = arguments.count > 1 ? integer(1, place) : 1 else {
        places.indexes[place] = .max
        continue
      }
      let (steps, tooFar) = offset.multipliedReportingOverflow(by: direction)
      var target: Int?
      if tooFar {
        target = nil
      } else if let counted {
        target = counted.place(from: place, steps: steps, in: partition)
      } else {
        let (sum, overflow) = place.addingReportingOverflow(steps)
        target = !overflow && partition.contains(sum) ? sum : nil
      }
      if let target {
        places.indexes[place] = UInt32(truncatingIfNeeded: target)
      } else if arguments.count > 2 {
        usesDefault = true
        places.indexes[place] = UInt32(truncatingIfNeeded: count + place)
      } else {
        places.indexes[place] = .max
      }
    }
    let source =
      usesDefault ? Vector.concatenated([value, arguments[2]], type: value.type) : value
    return source.gathered(places.indexes, count: count, nullWhere: .max)
  }

  /// The n-th value of each frame: from its start, or from its end when n is negative; NULL for none.
  private func picked(_ number: (Int) -> Int?) throws -> Vector {
    let frames = try self.frames()
    let value = arguments[0]
    let places = Selection(capacity: count)
    let counted = plan.call.ignoreNulls ? ValidPlaces(value) : nil
    let ordered = argumentOrder.isEmpty ? nil : ArgumentOrder(self)
    var pacer = Cancellation.Pacer()
    for place in 0..<count {
      try pacer.tick()
      places.indexes[place] = .max
      guard let n = number(place), n != 0 else { continue }
      // Only last_value counts from the end; nth_value refuses what is below one.
      if n < 0, case .window(.nthValue) = plan.call.function { continue }
      let ranges = frames.ranges(of: place)
      let chosen: Int?
      if let ordered {
        chosen = ordered.nth(n, ranges, counting: counted == nil ? nil : value)
      } else if let counted {
        chosen = counted.nth(n, ranges)
      } else {
        chosen = WindowEvaluation.nth(n, ranges)
      }
      if let chosen { places.indexes[place] = UInt32(truncatingIfNeeded: chosen) }
    }
    return value.gathered(places.indexes, count: count, nullWhere: .max)
  }

  static func nth(_ n: Int, _ ranges: (Range<Int>, Range<Int>, Range<Int>)) -> Int? {
    let total = ranges.0.count + ranges.1.count + ranges.2.count
    var left = n > 0 ? n - 1 : total + n
    if left < 0 || left >= total { return nil }
    if left < ranges.0.count { return ranges.0.lowerBound + left }
    left -= ranges.0.count
    if left < ranges.1.count { return ranges.1.lowerBound + left }
    return ranges.2.lowerBound + left - ranges.1.count
  }
}
