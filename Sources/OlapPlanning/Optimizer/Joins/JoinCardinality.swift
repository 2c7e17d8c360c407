internal import OlapColumns

/// Expected matches between two relations under join conditions.
struct JoinCardinality {
  let left: RelationEstimate
  let right: RelationEstimate

  /// Rows of the inner join.
  func matches(_ conditions: [BoundExpression]) -> Double {
    var keys: Double = 1
    var keyCount = 0
    var residual: Double = 1
    for condition in conditions.flatMap({ $0.conjuncts }) {
      if let pair = equality(condition) {
        keyCount += 1
        keys *= max(left.domain(pair.left), right.domain(pair.right))
      } else {
        residual *= share(condition)
      }
    }
    // Several columns of one key do not multiply: the smaller side is taken to be the key.
    if keyCount > 1 { keys = min(keys, min(left.unfilteredRows, right.unfilteredRows)) }
    return max(left.rows * right.rows / max(keys, 1) * residual, 1)
  }

  /// Share of left rows with a match.
  func semiShare(_ conditions: [BoundExpression]) -> Double {
    var result: Double = 1
    for condition in conditions.flatMap({ $0.conjuncts }) {
      if let pair = equality(condition) {
        let all = max(left.domain(pair.left), right.domain(pair.right), 1)
        result = min(result, right.distinct(pair.right) / all)
      } else {
        result *= max(share(condition), 0.5)
      }
    }
    return result.clamped(to: 1e-6...1)
  }

  private func equality(
    _ condition: BoundExpression
  ) -> (left: BoundExpression, right: BoundExpression)? {
    guard case .comparison(let comparison, let a, let b) = condition,
      comparison == .equal || comparison == .notDistinctFrom
    else { return nil }
    if isOf(left, a) && isOf(right, b) { return (a, b) }
    if isOf(left, b) && isOf(right, a) { return (b, a) }
    return nil
  }

  private func isOf(_ relation: RelationEstimate, _ expression: BoundExpression) -> Bool {
    let reads = expression.columns
    return !reads.isEmpty && reads.allSatisfy { relation.columns[$0] != nil }
  }

  private func share(_ condition: BoundExpression) -> Double {
    switch condition {
    case .comparison(.equal, _, _), .comparison(.notDistinctFrom, _, _):
      return Selectivity.unknownEquality
    case .comparison(.notEqual, _, _), .comparison(.distinctFrom, _, _): return 0.9
    case .comparison: return Selectivity.unknownComparison
    default:
      var both = left
      both.columns.merge(right.columns) { first, _ in first }
      return Selectivity(relation: both).of(condition)
    }
  }
}
