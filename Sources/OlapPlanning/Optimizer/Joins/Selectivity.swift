internal import OlapColumns
internal import OlapFunctions

/// Expected share of rows that satisfy a condition, between 0 and 1 but never 0.
struct Selectivity {
  let relation: RelationEstimate

  private static let floor = 1e-9
  /// Where nothing is known.
  static let unknownComparison = 0.33
  static let unknownEquality = 0.1
  static let pattern = 0.1

  func of(_ conditions: [BoundExpression]) -> Double {
    var result: Double = 1
    var ranges: [ColumnID: ClosedRange<Double>] = [:]
    for condition in conditions.flatMap({ $0.conjuncts }) {
      // Bounds on one column combine to an interval rather than multiply.
      if let (id, part) = range(condition) {
        let lower = max(ranges[id]?.lowerBound ?? 0, part.lowerBound)
        let upper = min(ranges[id]?.upperBound ?? 1, part.upperBound)
        ranges[id] = lower <= upper ? lower...upper : lower...lower
      } else {
        result *= of(condition)
      }
    }
    for (id, part) in ranges {
      let share = part.upperBound - part.lowerBound
      result *= max(share, 1 / relation.column(id).distinct)
    }
    return clamp(result)
  }

  func of(_ condition: BoundExpression) -> Double {
    switch condition {
    case .constant(let value, _): return value == .boolean(true) ? 1 : Selectivity.floor
    case .and(let items): return of(items)
    case .or(let items):
      return clamp(1 - items.reduce(1.0) { $0 * (1 - of($1)) })
    case .not(let operand): return clamp(1 - of(operand))
    case .isNull(let operand, let negated):
      let share = operand.columnID.map { relation.column($0).nullFraction } ?? 0.05
      return clamp(negated ? 1 - share : max(share, 1 / relation.rows))
    case .inList(let value, let items, let negated):
      let share = min(1, Double(items.count) * equality(value, items.first))
      return clamp(negated ? 1 - share : share)
    case .comparison(let comparison, let left, let right):
      return clamp(ofComparison(comparison, left, right))
    case .call(let call) where call.function.name == LikePattern.functionName:
      return ofPattern(call)
    default: return Selectivity.unknownComparison
    }
  }

  private func clamp(_ value: Double) -> Double { min(max(value, Selectivity.floor), 1) }

  private func ofComparison(
    _ comparison: ComparisonOperator, _ left: BoundExpression, _ right: BoundExpression
  ) -> Double {
    switch comparison {
    case .equal, .notDistinctFrom: return equality(left, right)
    case .notEqual, .distinctFrom: return 1 - equality(left, right)
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      if let (_, part) = range(.comparison(comparison, left, right)) {
        return part.upperBound - part.lowerBound
      }
      return Selectivity.unknownComparison
    }
  }

  private func equality(_ left: BoundExpression, _ right: BoundExpression?) -> Double {
    if left.columns.isEmpty && right?.columns.isEmpty != false {
      return Selectivity.unknownEquality
    }
    if let id = left.columnID, let value = right?.constantValue {
      let column = relation.column(id)
      if let low = column.minimum?.order(value), low > 0 { return 1 / relation.rows }
      if let high = column.maximum?.order(value), high < 0 { return 1 / relation.rows }
      if relation.columns[id] == nil { return Selectivity.unknownEquality }
    }
    let distinct = max(relation.distinct(left), right.map { relation.distinct($0) } ?? 1)
    return 1 / max(distinct, 1)
  }

  private func ofPattern(_ call: BoundCall) -> Double {
    guard call.arguments.count == 2,
      case .varchar(let pattern)? = call.arguments[1].constantValue
    else { return Selectivity.pattern }
    // Longer literals match less.
    let literal = pattern.utf8.filter { $0 != UInt8(ascii: "%") && $0 != UInt8(ascii: "_") }.count
    return max(Selectivity.pattern / Double(max(literal, 1)) * 4, 0.005).clamped(to: 0.005...0.5)
  }

  /// The part of a column's value range, as shares of its extent, that `column op constant` keeps.
  private func range(
    _ condition: BoundExpression
  ) -> (column: ColumnID, part: ClosedRange<Double>)? {
    guard case .comparison(let comparison, .column(let id, _), .constant(let value, _)) = condition,
      let position = value.position, let column = relation.columns[id],
      let low = column.minimum?.position, let high = column.maximum?.position
    else { return nil }
    let extent = high - low
    let share: Double =
      extent > 0 ? ((position - low) / extent).clamped(to: 0...1) : (position >= low ? 1 : 0)
    switch comparison {
    case .less, .lessOrEqual: return (id, 0...share)
    case .greater, .greaterOrEqual: return (id, share...1)
    default: return nil
    }
  }
}

extension Double {
  func clamped(to range: ClosedRange<Double>) -> Double {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
