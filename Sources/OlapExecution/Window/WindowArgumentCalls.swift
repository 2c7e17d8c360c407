internal import OlapColumns
internal import OlapPlanning

/// Window functions with an ORDER BY in their arguments: ranks and neighbours by that order among the rows
/// of the frame, whether or not the row itself is one of them.
struct WindowArgumentCalls {
  private let evaluation: WindowEvaluation
  private let frames: WindowFrames
  private let order: ArgumentOrder
  private let count: Int

  init(_ evaluation: WindowEvaluation) throws {
    self.evaluation = evaluation
    frames = try evaluation.frames()
    order = ArgumentOrder(evaluation)
    count = evaluation.count
  }

  /// Nil for functions that look at the order themselves.
  func result(_ function: WindowFunction) throws -> Vector? {
    switch function {
    case .rowNumber: return numbers { Int64($0.before) + 1 }
    case .rank: return numbers { Int64($0.smaller) + 1 }
    case .percentRank:
      return fractions { $0.count > 1 ? Double($0.smaller) / Double($0.count - 1) : 0 }
    case .cumeDist:
      return fractions { $0.count > 0 ? Double($0.notGreater) / Double($0.count) : 0 }
    case .ntile: return try buckets()
    case .lag: return neighbours(direction: -1)
    case .lead: return neighbours(direction: 1)
    case .firstValue, .lastValue, .nthValue, .fill, .denseRank: return nil
    }
  }

  /// Where a row stands among the rows of its frame.
  private struct Standing {
    /// Ranks of the frame's rows, ascending.
    let ranks: [UInt32]
    /// Rows before this one, and up to and including it.
    let before: Int
    let through: Int
    /// Rows with a smaller key, and those with one that is not greater.
    let smaller: Int
    let notGreater: Int
    var count: Int { ranks.count }
  }

  private func standing(_ place: Int) -> Standing {
    let ranks = order.sortedRanks(frames.ranges(of: place))
    let own = order.rank.indexes[place]
    let peer = order.firstPeer.indexes[place]
    let places = order.places
    let firstPeer = order.firstPeer
    return Standing(
      ranks: ranks, before: ranks.partitionPoint { $0 >= own },
      through: ranks.partitionPoint { $0 > own }, smaller: ranks.partitionPoint { $0 >= peer },
      notGreater: ranks.partitionPoint {
        firstPeer.indexes[Int(places.indexes[Int($0)])] > peer
      })
  }

  private func numbers(_ body: (Standing) -> Int64) -> Vector {
    let result = Vector.flat(.bigint, count: count)
    for place in 0..<count { result.values(Int64.self)[place] = body(standing(place)) }
    return result
  }

  private func fractions(_ body: (Standing) -> Double) -> Vector {
    let result = Vector.flat(.double, count: count)
    for place in 0..<count { result.values(Double.self)[place] = body(standing(place)) }
    return result
  }

  private func buckets() throws -> Vector {
    let result = Vector.flat(.bigint, count: count, nullable: true)
    for place in 0..<count {
      guard let n = evaluation.integer(0, place) else {
        result.validity?[place] = 0
        result.values(Int64.self)[place] = 0
        continue
      }
      let standing = standing(place)
      result.values(Int64.self)[place] = try WindowEvaluation.bucket(
        of: standing.before, in: standing.count, among: n)
    }
    return result
  }

  /// lag and lead: value, offset (1), default (NULL).
  private func neighbours(direction: Int) -> Vector {
    let value = evaluation.arguments[0]
    let isCounting = evaluation.plan.call.ignoreNulls
    let chosen = Selection(capacity: count)
    for place in 0..<count {
      chosen.indexes[place] = .max
      guard let offset = evaluation.arguments.count > 1 ? evaluation.integer(1, place) : 1 else {
        continue
      }
      let (steps, tooFar) = offset.multipliedReportingOverflow(by: direction)
      if !tooFar && steps == 0 {
        chosen.indexes[place] = UInt32(truncatingIfNeeded: place)
        continue
      }
      let standing = standing(place)
      let side =
        steps < 0 ? standing.ranks[..<standing.before] : standing.ranks[standing.through...]
      var candidates = side.map { Int(order.places.indexes[Int($0)]) }
      if isCounting { candidates = candidates.filter { value.isValid($0) } }
      let index = steps < 0 ? candidates.count &+ steps : steps &- 1
      if !tooFar && candidates.indices.contains(index) {
        chosen.indexes[place] = UInt32(truncatingIfNeeded: candidates[index])
      } else if evaluation.arguments.count > 2 {
        chosen.indexes[place] = UInt32(truncatingIfNeeded: count + place)
      }
    }
    let source =
      evaluation.arguments.count > 2
      ? Vector.concatenated([value, evaluation.arguments[2]], type: value.type) : value
    return source.gathered(chosen.indexes, count: count, nullWhere: .max)
  }
}
