internal import OlapColumns

/// Replaces materialised relations by their definitions where that is no loss: read once, or a
/// filtered scan that costs less to repeat than to keep.
struct CTEInlining {
  let state: OptimizerState

  func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    let node = plan.mapChildren { rewrite($0) }
    guard case .materialize(let index, let definition, let body) = node else { return node }
    switch body.readCount(of: index) {
    case 0: return body
    case 1 where !body.readsInsideRecursion(index):
      return inline(index: index, definition: definition, into: body)
    default:
      guard definition.isCheapToRepeat, !definition.readsWorkingTable else { return node }
      return inline(index: index, definition: definition, into: body)
    }
  }

  /// The body with every read of the relation replaced by a copy of the definition.
  func inline(index: Int, definition: LogicalPlan, into body: LogicalPlan) -> LogicalPlan {
    body.rewrittenUp { node in
      guard case .cteScan(index, let columns) = node else { return node }
      let copy = definition.cloned(with: state.numbers)
      let projections = zip(copy.plan.columns, columns).map { Projection($0.reference, as: $1) }
      return .project(copy.plan, projections)
    }
  }
}

extension LogicalPlan {
  /// How many scans read the materialised relation.
  func readCount(of index: Int) -> Int {
    var count = 0
    forEachNode { if case .cteScan(index, _) = $0 { count += 1 } }
    return count
  }

  /// Whether a recursive step reads the relation, that is once per iteration.
  fileprivate func readsInsideRecursion(_ index: Int) -> Bool {
    contains { node in
      if case .recursiveCTE(let cte) = node { cte.step.readCount(of: index) > 0 } else { false }
    }
  }

  fileprivate var readsWorkingTable: Bool {
    contains { if case .workingTableScan = $0 { true } else { false } }
  }
}
