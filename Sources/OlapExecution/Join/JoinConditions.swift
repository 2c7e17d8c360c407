internal import OlapColumns
internal import OlapPlanning

/// A join's conditions sorted by use.
struct JoinConditions {
  /// Equalities between an expression of the left and one of the right side.
  var leftKeys: [BoundExpression] = []
  var rightKeys: [BoundExpression] = []
  /// Whether NULL equals NULL, per key (IS NOT DISTINCT FROM).
  var keyMatchesNull: [Bool] = []
  /// Position among the join's conditions, per key.
  var keyCondition: [Int] = []
  /// Everything else, over both sides' columns.
  var residual: [BoundExpression] = []
  /// The inequalities among them, when there are no equalities; nil when there are none to use.
  var range: RangeConditions?
  /// The inequality of an ASOF join: left op right.
  var inequality: (left: BoundExpression, comparison: ComparisonOperator, right: BoundExpression)?

  init(_ join: Join) {
    let left = Set(join.left.columns.map { $0.id })
    let right = Set(join.right.columns.map { $0.id })
    let isAsof = join.kind == .asof || join.kind == .asofLeft
    var inequalities: [RangeConditions.Inequality] = []
    for (index, condition) in join.conditions.enumerated() {
      guard case .comparison(let comparison, let a, let b) = condition,
        let (own, other, flipped) = JoinConditions.sides(a, b, left, right)
      else {
        residual.append(condition)
        continue
      }
      switch comparison {
      case .equal, .notDistinctFrom:
        leftKeys.append(own)
        rightKeys.append(other)
        keyMatchesNull.append(comparison == .notDistinctFrom)
        keyCondition.append(index)
      case .less, .lessOrEqual, .greater, .greaterOrEqual:
        if isAsof && inequality == nil {
          inequality = (own, flipped ? comparison.flipped : comparison, other)
        } else {
          inequalities.append(
            (residual.count, own, flipped ? comparison.flipped : comparison, other))
          residual.append(condition)
        }
      default: residual.append(condition)
      }
    }
    // NOT IN over several conditions needs the verdict of every pair.
    let isSingleKey = leftKeys.count == 1 && !keyMatchesNull[0] && residual.isEmpty
    if join.nullAware && !isSingleKey {
      leftKeys = []
      rightKeys = []
      keyMatchesNull = []
      keyCondition = []
      residual = join.conditions
    }
    if leftKeys.isEmpty && !join.nullAware && !isAsof {
      range = RangeConditions(inequalities, of: residual)
    }
  }

  /// The operands as (left side's, right side's), when each reads one side only.
  private static func sides(
    _ a: BoundExpression, _ b: BoundExpression, _ left: Set<ColumnID>, _ right: Set<ColumnID>
  ) -> (BoundExpression, BoundExpression, flipped: Bool)? {
    var inA: Set<ColumnID> = []
    var inB: Set<ColumnID> = []
    a.collectColumns(into: &inA)
    b.collectColumns(into: &inB)
    if inA.isSubset(of: left) && inB.isSubset(of: right) && !inB.isEmpty { return (a, b, false) }
    if inA.isSubset(of: right) && inB.isSubset(of: left) && !inA.isEmpty { return (b, a, true) }
    return nil
  }
}
