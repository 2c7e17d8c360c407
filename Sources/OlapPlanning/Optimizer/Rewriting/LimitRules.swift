internal import OlapColumns
internal import OlapFunctions

/// ORDER BY … LIMIT n as one top-n, limits moved below what keeps rows one to one, and orders dropped
/// that nobody can see.
enum LimitRules {
  /// More rows than this are cheaper to sort than to keep in a heap.
  private static let topNLimit = 100_000

  static func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    let node = plan.mapChildren { rewrite($0) }
    switch node {
    case .limit(let input, let limit): return rewriteLimit(input, limit)
    case .aggregate(let aggregate) where !aggregate.isOrderSensitive:
      return node.mapChildren { $0.withoutVisibleOrder }
    case .sort(let input, let items): return .sort(input.withoutVisibleOrder, items)
    case .topN: return node.mapChildren { $0.withoutVisibleOrder }
    case .join(let join) where join.kind != .positional:
      return node.mapChildren { $0.withoutVisibleOrder }
    case .setOperation(let operation) where !(operation.kind == .union && operation.isAll):
      return node.mapChildren { $0.withoutVisibleOrder }
    case .distinct(_, nil, _): return node.mapChildren { $0.withoutVisibleOrder }
    default: return node
    }
  }

  private static func rewriteLimit(_ input: LogicalPlan, _ limit: Limit) -> LogicalPlan {
    let plain = LogicalPlan.limit(input, limit)
    guard !limit.isPercent, limit.tieOrder == nil,
      case .integer(let count)? = limit.count?.constantValue, count >= 0
    else { return plain }
    var skipped: Int64 = 0
    if let offset = limit.offset {
      guard case .integer(let value)? = offset.constantValue, value >= 0 else { return plain }
      skipped = value
    }
    switch input {
    case .sort(let below, let items):
      guard count <= topNLimit, skipped <= topNLimit, count + skipped <= topNLimit else {
        return plain
      }
      return .topN(below, items, limit: Int(count), offset: Int(skipped))
    case .project(let below, let projections)
    where !projections.contains(where: { $0.expression.isVolatile }):
      return .project(rewriteLimit(below, limit), projections)
    case .setOperation(var operation) where operation.kind == .union && operation.isAll:
      let (needed, overflow) = count.addingReportingOverflow(skipped)
      if overflow { return plain }
      let each = Limit(count: .constant(.integer(needed), .bigint), offset: nil)
      operation.inputs = operation.inputs.map { input in
        if case .limit = input { input } else { rewriteLimit(input, each) }
      }
      return .limit(.setOperation(operation), limit)
    default: return plain
    }
  }
}

extension LogicalPlan {
  /// The plan without an ORDER BY on top that only orders.
  fileprivate var withoutVisibleOrder: LogicalPlan {
    switch self {
    case .sort(let input, _): input.withoutVisibleOrder
    case .project(let input, let projections): .project(input.withoutVisibleOrder, projections)
    case .filter(let input, let conditions): .filter(input.withoutVisibleOrder, conditions)
    default: self
    }
  }
}

extension Aggregate {
  fileprivate var isOrderSensitive: Bool {
    calls.contains { $0.function.isOrderSensitive && $0.orderBy.isEmpty }
  }
}
