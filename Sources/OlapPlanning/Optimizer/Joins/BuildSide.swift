internal import OlapColumns

/// Puts the smaller input on the right, where hash joins build, and fills the joins' row estimates.
///
/// Semi and anti joins whose left side is the smaller become `rightSemi` and `rightAnti`; left joins
/// become right joins. Null-aware, mark and single joins keep their sides.
struct BuildSide {
  private let estimation: CardinalityEstimation

  init(state: OptimizerState) { estimation = CardinalityEstimation(state: state) }

  func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    if case .materialize(let index, let definition, let body) = plan {
      let rewritten = rewrite(definition).inOrder(of: definition)
      estimation.register(index, rewritten)
      return .materialize(index: index, definition: rewritten, body: rewrite(body))
    }
    let node = plan.mapChildren { rewrite($0) }
    guard case .join(let join) = node else { return node }
    return .join(choose(join))
  }

  private func choose(_ join: Join) -> Join {
    let left = estimation.estimate(join.left)
    let right = estimation.estimate(join.right)
    var result = join
    if result.estimatedRows == nil {
      result.estimatedRows = estimation.combine(join, left, right).rows
    }
    let leftBytes = left.rows * rowWidth(join.left, join)
    let rightBytes = right.rows * rowWidth(join.right, join)
    guard let kind = mirrored(join), leftBytes < rightBytes * advantage(join.kind) else {
      return result
    }
    result.kind = kind
    result.left = join.right
    result.right = join.left
    return result
  }

  /// How much smaller the left side has to be: kinds that emit build rows after the probe cost more.
  private func advantage(_ kind: JoinKind) -> Double {
    kind == .inner || kind == .cross ? 1 : 0.5
  }

  private func mirrored(_ join: Join) -> JoinKind? {
    if join.nullAware { return nil }
    let hasKey = join.conditions.contains {
      if case .comparison(let comparison, _, _) = $0 {
        comparison == .equal || comparison == .notDistinctFrom
      } else {
        false
      }
    }
    switch join.kind {
    case .inner, .cross: return join.kind
    case .left where hasKey: return .right
    case .right where hasKey: return .left
    case .full where hasKey: return .full
    case .semi where hasKey: return .rightSemi
    case .anti where hasKey: return .rightAnti
    case .rightSemi: return .semi
    case .rightAnti: return .anti
    default: return nil
    }
  }

  /// Bytes a row takes in a hash table, roughly; existence joins keep keys only.
  private func rowWidth(_ plan: LogicalPlan, _ join: Join) -> Double {
    var width: Double = 8
    for column in plan.columns {
      width +=
        column.type.isString || column.type.isNested
        ? 24 : Double(column.type.physicalType.byteCount)
    }
    return width
  }
}
