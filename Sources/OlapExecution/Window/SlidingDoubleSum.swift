internal import OlapColumns
internal import OlapFunctions

/// sum and avg over doubles of frames that move: the exact sum of the current frame, to which rows are
/// added, and from which they are taken away, without any rounding.
struct SlidingDoubleSum {
  private let isAverage: Bool
  private var content: Content

  /// Nil when the aggregate is another one, or when the frames jump so much that a tree is better.
  init?(
    _ evaluation: WindowEvaluation, _ function: AggregateFunction, _ bound: BoundAggregate,
    _ frames: UniqueFrames, passing: UnsafePointer<UInt8>?
  ) {
    guard evaluation.arguments.count == 1, bound.returnType == .double,
      bound.stateTypes == [.blob, .bigint], evaluation.arguments[0].physical == .float64
    else { return nil }
    switch function.name {
    case "sum": isAverage = false
    case "avg": isAverage = true
    default: return nil
    }
    guard SlidingFrame.distance(frames) <= 8 * evaluation.count else { return nil }
    content = Content(evaluation.arguments[0], passing: passing)
  }

  /// One result per frame; frames have no EXCLUDE.
  mutating func results(_ frames: UniqueFrames) throws -> Vector {
    let result = Vector.flat(.double, count: frames.count, nullable: true)
    let values = result.values(Double.self)
    var sliding = SlidingFrame()
    var pacer = Cancellation.Pacer()
    for frame in 0..<frames.count {
      try pacer.tick()
      sliding.move(to: frames.ranges(of: frame).0, &content)
      values[frame] = 0
      if content.count == 0 {
        result.validity?[frame] = 0
      } else {
        values[frame] = isAverage ? content.sum / Double(content.count) : content.sum
      }
    }
    return result
  }

  /// The current frame's values.
  private struct Content: SlidingContent {
    private let value: Vector
    private let passing: UnsafePointer<UInt8>?
    private(set) var count = 0
    private var exact = ExactDoubleSum()
    private var notNumbers = 0
    private var infinities = 0
    private var negativeInfinities = 0

    init(_ value: Vector, passing: UnsafePointer<UInt8>?) {
      self.value = value
      self.passing = passing
    }

    var sum: Double {
      if notNumbers > 0 || (infinities > 0 && negativeInfinities > 0) { return .nan }
      if infinities > 0 { return .infinity }
      return negativeInfinities > 0 ? -.infinity : exact.value
    }

    mutating func add(_ place: Int) { change(place, by: 1) }
    mutating func remove(_ place: Int) { change(place, by: -1) }

    private mutating func change(_ place: Int, by sign: Int) {
      if let passing, passing[place] == 0 { return }
      if !value.isValid(place) { return }
      count += sign
      let number = value.values(Double.self)[place]
      if number.isFinite {
        exact.add(sign > 0 ? number : -number)
      } else if number.isNaN {
        notNumbers += sign
      } else if number > 0 {
        infinities += sign
      } else {
        negativeInfinities += sign
      }
    }
  }
}
