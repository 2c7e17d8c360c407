package import OlapColumns
package import OlapFunctions
package import OlapPlanning

/// Computes one window call over sorted rows.
final class WindowEvaluation {
  let plan: WindowCallPlan
  let sorting: WindowSorting
  let count: Int
  /// Arguments in sorted order.
  let arguments: [Vector]
  /// FILTER in sorted order: which places count.
  private let passing: Vector?
  private let frames: WindowFrames

  init(
    _ plan: WindowCallPlan, sorting: WindowSorting, rows: Chunk, context: ExecutionContext
  ) throws {
    self.plan = plan
    self.sorting = sorting
    count = rows.count
    let order = sorting.order
    func sorted(_ vector: Vector) -> Vector {
      vector.gathered(order.indexes, count: rows.count).flattened()
    }
    arguments = try plan.arguments.evaluate(rows, context.evaluation).map(sorted)
    passing = try plan.filter.map { sorted(try $0.evaluate(rows, context.evaluation)) }
    frames = try WindowFrames(
      plan.call.frame, order: plan.call.orderBy, sorting: sorting,
      start: try plan.startOffset.map { sorted(try $0.evaluate(rows, context.evaluation)) },
      end: try plan.endOffset.map { sorted(try $0.evaluate(rows, context.evaluation)) })
  }

  /// One value per sorted place.
  func result() throws -> Vector {
    switch plan.call.function {
    case .window(let function): return try ranked(function)
    case .aggregate(_, let bound): return try aggregate(bound)
    }
  }

  // MARK: Ranking and navigation

  private func ranked(_ function: WindowFunction) throws -> Vector {
    switch function {
    case .rowNumber: return integers { $0 - self.sorting.partitionStart[$0] + 1 }
    case .rank:
      return integers { self.sorting.peerStart[$0] - self.sorting.partitionStart[$0] + 1 }
    case .denseRank:
      var rank = 0
      return integers { place in
        if place == self.sorting.partitionStart[place] {
          rank = 1
        } else if place == self.sorting.peerStart[place] {
          rank += 1
        }
        return rank
      }
    case .percentRank:
      return doubles { place in
        let size = self.sorting.partitionEnd[place] - self.sorting.partitionStart[place]
        let before = self.sorting.peerStart[place] - self.sorting.partitionStart[place]
        return size > 1 ? Double(before) / Double(size - 1) : 0
      }
    case .cumeDist:
      return doubles { place in
        let start = self.sorting.partitionStart[place]
        return Double(self.sorting.peerEnd[place] - start)
          / Double(self.sorting.partitionEnd[place] - start)
      }
    case .ntile: return try buckets()
    case .lag: return try shifted(direction: -1)
    case .lead: return try shifted(direction: 1)
    case .firstValue: return picked { places in places.first }
    case .lastValue: return picked { places in places.last }
    case .nthValue: return try nth()
    case .fill:
      throw ComputeError(.invalidArgument, "fill() as a window function is not supported")
    }
  }

  private func integers(_ body: (Int) -> Int) -> Vector {
    let result = Vector.flat(.bigint, count: count)
    let values = result.values(Int64.self)
    for place in 0..<count { values[place] = Int64(body(place)) }
    return result
  }

  private func doubles(_ body: (Int) -> Double) -> Vector {
    let result = Vector.flat(.double, count: count)
    let values = result.values(Double.self)
    for place in 0..<count { values[place] = body(place) }
    return result
  }

  /// An integer argument at a place; nil for NULL.
  private func integer(_ argument: Int, _ place: Int) -> Int? {
    guard argument < arguments.count else { return nil }
    return arguments[argument].value(at: place).integerPayload.map { Int(clamping: $0) }
  }

  private func buckets() throws -> Vector {
    let result = Vector.flat(.bigint, count: count, nullable: true)
    for place in 0..<count {
      guard let n = integer(0, place) else {
        result.validity?[place] = 0
        continue
      }
      if n < 1 { throw ComputeError(.invalidArgument, "ntile needs a positive number, got \(n)") }
      let start = sorting.partitionStart[place]
      let size = sorting.partitionEnd[place] - start
      let (small, larger) = (size / n, size % n)
      let index = place - start
      // The first `larger` buckets have one row more.
      let inLarger = larger * (small + 1)
      let bucket =
        index < inLarger ? index / (small + 1) : larger + (index - inLarger) / Swift.max(1, small)
      result.values(Int64.self)[place] = Int64(bucket + 1)
    }
    return result
  }

  /// lag and lead: value, offset (1), default (NULL).
  private func shifted(direction: Int) throws -> Vector {
    let value = arguments[0]
    let places = Selection(capacity: count)
    var usesDefault = false
    for place in 0..<count {
      let (start, end) = (sorting.partitionStart[place], sorting.partitionEnd[place])
      guard let offset = arguments.count > 1 ? integer(1, place) : 1 else {
        places.indexes[place] = .max
        continue
      }
      var target: Int?
      if plan.call.ignoreNulls {
        target = skippingNulls(value, from: place, steps: offset * direction, start, end)
      } else {
        let (sum, overflow) = place.addingReportingOverflow(
          offset.multipliedReportingOverflow(by: direction).partialValue)
        target = !overflow && sum >= start && sum < end ? sum : nil
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

  private func skippingNulls(
    _ value: Vector, from place: Int, steps: Int, _ start: Int, _ end: Int
  ) -> Int? {
    var left = Swift.abs(steps)
    if left == 0 { return place }
    let direction = steps.signum()
    var current = place + direction
    while current >= start && current < end {
      if value.isValid(current) {
        left -= 1
        if left == 0 { return current }
      }
      current += direction
    }
    return nil
  }

  /// A value of the frame chosen by place; frames without choice give NULL.
  private func picked(_ choose: (WindowFrames.Places) -> Int?) -> Vector {
    let value = arguments[0]
    let places = Selection(capacity: count)
    for place in 0..<count {
      let chosen = choose(
        frames.places(of: place) { !self.plan.call.ignoreNulls || value.isValid($0) })
      places.indexes[place] = chosen.map { UInt32(truncatingIfNeeded: $0) } ?? .max
    }
    return value.gathered(places.indexes, count: count, nullWhere: .max)
  }

  private func nth() throws -> Vector {
    let value = arguments[0]
    let places = Selection(capacity: count)
    for place in 0..<count {
      places.indexes[place] = .max
      guard let n = integer(1, place), n > 0 else { continue }
      let candidates = frames.places(of: place) {
        !self.plan.call.ignoreNulls || value.isValid($0)
      }
      if let chosen = candidates.nth(n) {
        places.indexes[place] = UInt32(truncatingIfNeeded: chosen)
      }
    }
    return value.gathered(places.indexes, count: count, nullWhere: .max)
  }

  // MARK: Aggregates

  private func aggregate(_ bound: BoundAggregate) throws -> Vector {
    if frames.isWholePartition && passing == nil && !plan.call.isDistinct {
      return try perPartition(bound)
    }
    if frames.isRunning && !plan.call.isDistinct { return try running(bound) }
    var results: [Vector] = []
    for place in 0..<count {
      let accumulator = bound.makeAccumulator()
      accumulator.reserve(groupCount: 1)
      for range in frames.ranges(of: place) { try add(range, to: accumulator) }
      results.append(try accumulator.finalize(first: 0, count: 1))
    }
    return Vector.concatenated(results, type: bound.returnType)
  }

  /// Adds the places of a range that pass the filter (and are distinct).
  private func add(_ range: Range<Int>, to accumulator: any AggregateAccumulator) throws {
    if range.isEmpty { return }
    var values = arguments.map { $0.sliced(range) }
    var n = range.count
    if let passing {
      let selected = Selection(capacity: n)
      Boolean.selectTrue(passing.sliced(range), count: n, into: selected)
      values = values.map { $0.gathered(selected.indexes, count: selected.count) }
      n = selected.count
    }
    if plan.call.isDistinct {
      let table = GroupTable(types: values.map { $0.type })
      let groups = Selection(capacity: n)
      table.findOrInsert(values, count: n, groups: groups.indexes)
      values = table.keys()
      n = table.count
    }
    if n > 0 { try accumulator.updateAll(arguments: values, count: n) }
  }

  /// One group per partition.
  private func perPartition(_ bound: BoundAggregate) throws -> Vector {
    let groups = Selection(capacity: count)
    var group = -1
    for place in 0..<count {
      if sorting.partitionStart[place] == place { group += 1 }
      groups.indexes[place] = UInt32(truncatingIfNeeded: group)
    }
    let accumulator = bound.makeAccumulator()
    accumulator.reserve(groupCount: Swift.max(1, group + 1))
    var start = 0
    while start < count {
      let end = Swift.min(count, start + VectorSize.current)
      try accumulator.update(
        groups: groups.indexes + start, arguments: arguments.map { $0.sliced(start..<end) },
        count: end - start)
      start = end
    }
    let values = try accumulator.finalize(first: 0, count: group + 1)
    return values.gathered(groups.indexes, count: count)
  }

  /// From the partition's start to a frame end that only grows: one accumulator per partition.
  private func running(_ bound: BoundAggregate) throws -> Vector {
    let values = Selection(capacity: count)
    var results: [Vector] = []
    var accumulator = bound.makeAccumulator()
    var reached = 0
    for place in 0..<count {
      let start = sorting.partitionStart[place]
      let end = Swift.max(start, frames.end(of: place))
      if place == start {
        accumulator = bound.makeAccumulator()
        accumulator.reserve(groupCount: 1)
        reached = start
      }
      if end > reached || place == start {
        if end > reached { try add(reached..<end, to: accumulator) }
        reached = end
        results.append(try accumulator.finalize(first: 0, count: 1))
      }
      values.indexes[place] = UInt32(truncatingIfNeeded: results.count - 1)
    }
    return Vector.concatenated(results, type: bound.returnType)
      .gathered(values.indexes, count: count)
  }
}
