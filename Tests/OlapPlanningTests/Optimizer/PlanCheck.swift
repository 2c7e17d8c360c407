import OlapColumns

@testable import OlapPlanning

/// A plan that execution could not run.
struct MalformedPlan: Error, CustomStringConvertible {
  let description: String
  init(_ problem: String, _ plan: LogicalPlan) {
    description = problem + "\n" + plan.treeDescription
  }
}

/// What every optimized plan has to satisfy.
enum PlanCheck {
  /// Output as before; every column read is made by an input; nothing left of subqueries.
  static func check(_ plan: LogicalPlan, columns: [PlanColumn]) throws {
    if plan.columns.map(\.id) != columns.map(\.id) {
      throw MalformedPlan("the output columns changed", plan)
    }
    try checkNodes(plan, root: plan)
  }

  private static func checkNodes(_ plan: LogicalPlan, root: LogicalPlan) throws {
    if case .dependentJoin = plan { throw MalformedPlan("a dependent join is left", root) }
    if plan.expressions.contains(where: { $0.containsSubquery }) {
      throw MalformedPlan("a subquery is left", root)
    }
    var known: Set<ColumnID> = []
    for child in inputs(plan) { known.formUnion(child.columns.map(\.id)) }
    // A mark or a window result is not an input of its own node; lambda parameters are not columns.
    let missing = plan.referencedColumns.subtracting(known)
    if !missing.isEmpty {
      throw MalformedPlan(
        "columns \(missing.map(\.raw).sorted()) are not in the input of \(plan.nodeDescription)",
        root)
    }
    switch plan {
    case .setOperation(let operation):
      for input in operation.inputs where input.columns.count != operation.columns.count {
        throw MalformedPlan("a set operation's input has another width", root)
      }
    case .materialize(let index, let definition, let body):
      try body.forEachScan(of: index) { columns in
        if columns.count != definition.columns.count {
          throw MalformedPlan("a scan of relation \(index) has another width", root)
        }
      }
    case .recursiveCTE(let cte):
      if cte.initial.columns.count != cte.columns.count
        || cte.step.columns.count != cte.columns.count
      {
        throw MalformedPlan("a recursion's parts have another width", root)
      }
    case .join(let join):
      let left = Set(join.left.columns.map(\.id))
      if !left.isDisjoint(with: join.right.columns.map(\.id)) {
        throw MalformedPlan("both sides of a join have the same column", root)
      }
    default: break
    }
    for child in plan.children { try checkNodes(child, root: root) }
  }

  private static func inputs(_ plan: LogicalPlan) -> [LogicalPlan] {
    if case .materialize = plan { return [] }
    return plan.children
  }
}

extension LogicalPlan {
  fileprivate func forEachScan(
    of index: Int, _ body: ([PlanColumn]) throws -> Void
  ) throws {
    if case .cteScan(index, let columns) = self { try body(columns) }
    for child in children { try child.forEachScan(of: index, body) }
  }

  /// Nodes that satisfy the predicate.
  func count(where predicate: (LogicalPlan) -> Bool) -> Int {
    var result = 0
    forEachNode { if predicate($0) { result += 1 } }
    return result
  }

  /// Joins of a kind.
  func joins(_ kind: JoinKind) -> Int {
    count { if case .join(let join) = $0 { join.kind == kind } else { false } }
  }
}
