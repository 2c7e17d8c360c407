internal import OlapColumns
internal import OlapFunctions
internal import OlapPlanning

/// What a call over frames from the partition's start keeps of the rows that have passed: the state of its
/// aggregate, or the first value. Rows come once each, in order.
final class WindowCarry {
  private enum Kind {
    case aggregate(BoundAggregate)
    case firstValue
  }
  private let kind: Kind
  /// Frames end with the last peer of their row.
  private let takesPeers: Bool
  private var accumulator: (any AggregateAccumulator)?
  private var first: Vector?

  /// Nil for calls that keep nothing.
  init?(_ plan: WindowCallPlan) {
    switch plan.call.function {
    case .aggregate(_, let bound): kind = .aggregate(bound)
    case .window(.firstValue): kind = .firstValue
    case .window: return nil
    }
    takesPeers = plan.call.frame.unit != .rows
  }

  /// The results of the places of `range`, which follow those of the last call.
  func results(_ evaluation: WindowEvaluation, _ range: Range<Int>) throws -> Vector {
    switch kind {
    case .firstValue: firstValues(evaluation, range)
    case .aggregate(let bound): try aggregates(evaluation, range, bound)
    }
  }

  private func firstValues(_ evaluation: WindowEvaluation, _ range: Range<Int>) -> Vector {
    let value = evaluation.arguments[0]
    // Place 0 of the source is the first value of the partition that has begun before.
    let source = Vector.concatenated(
      [first ?? Vector.nulls(value.type, count: 1), value], type: value.type)
    let places = Selection(capacity: range.count)
    var current: UInt32 = 0
    for place in range {
      if Int(evaluation.rows.partitionStart.indexes[place]) == place {
        current = UInt32(truncatingIfNeeded: place + 1)
      }
      places.indexes[place - range.lowerBound] = current
    }
    first = source.sliced(Int(current)..<(Int(current) + 1))
    return source.gathered(places.indexes, count: range.count)
  }

  private func aggregates(
    _ evaluation: WindowEvaluation, _ range: Range<Int>, _ bound: BoundAggregate
  ) throws -> Vector {
    var values: [Vector] = []
    let indexes = Selection(capacity: range.count)
    let rows = evaluation.rows
    for place in range {
      if Int(rows.partitionStart.indexes[place]) == place { accumulator = nil }
      if !takesPeers || Int(rows.peerStart.indexes[place]) == place {
        let state = accumulator ?? bound.makeAccumulator()
        if accumulator == nil { state.reserve(groupCount: 1) }
        accumulator = state
        let end = takesPeers ? Int(rows.peerEnd.indexes[place]) : place + 1
        try add(place..<end, of: evaluation, to: state)
        values.append(try state.finalize(first: 0, count: 1))
      }
      indexes.indexes[place - range.lowerBound] = UInt32(truncatingIfNeeded: values.count - 1)
    }
    return Vector.concatenated(values, type: bound.returnType)
      .gathered(indexes.indexes, count: range.count)
  }

  private func add(
    _ places: Range<Int>, of evaluation: WindowEvaluation, to state: any AggregateAccumulator
  ) throws {
    guard let passing = evaluation.passing else {
      return try state.updateAll(
        arguments: evaluation.arguments.map { $0.sliced(places) }, count: places.count)
    }
    for place in places where passing.isValid(place) {
      let isWanted = withExtendedLifetime(passing) { passing.values(UInt8.self)[place] != 0 }
      if !isWanted { continue }
      try state.updateAll(
        arguments: evaluation.arguments.map { $0.sliced(place..<(place + 1)) }, count: 1)
    }
  }
}
