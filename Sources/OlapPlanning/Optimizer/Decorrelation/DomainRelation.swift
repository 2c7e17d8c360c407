internal import OlapColumns

/// The distinct outer values a dependent join's right side is evaluated for.
///
/// The left side is computed once (`materialize`) and read by the join and by every copy of the domain;
/// a left side that is just a filtered scan is read again instead.
final class DomainRelation {
  let domain: [PlanColumn]
  /// What the join reads as its left side.
  let left: LogicalPlan
  private let definition: LogicalPlan
  private let index: Int?
  private let state: OptimizerState

  init(of left: LogicalPlan, domain: [PlanColumn], state: OptimizerState) {
    self.domain = domain
    self.state = state
    if left.isCheapToRepeat {
      self.left = left
      definition = left
      index = nil
      return
    }
    let index = state.numbers.relationIndex()
    self.index = index
    definition = left.cloned(with: state.numbers).plan
    self.left = .cteScan(index: index, columns: left.columns)
  }

  /// A fresh copy of the domain and its columns by outer column.
  func makeCopy() -> (plan: LogicalPlan, columns: [ColumnID: PlanColumn]) {
    let source: LogicalPlan
    var renamed: [ColumnID: ColumnID] = [:]
    if let index {
      let fresh = left.columns.map { column in
        PlanColumn(id: state.numbers.columnID(), name: column.name, type: column.type)
      }
      for (column, copy) in zip(left.columns, fresh) { renamed[column.id] = copy.id }
      source = .cteScan(index: index, columns: fresh)
    } else {
      let clone = definition.cloned(with: state.numbers)
      source = clone.plan
      renamed = clone.columns
    }
    var columns: [ColumnID: PlanColumn] = [:]
    let projections: [Projection] = domain.map { column in
      let copy = PlanColumn(
        id: renamed[column.id] ?? column.id, name: column.name, type: column.type)
      columns[column.id] = copy
      return Projection(passing: copy)
    }
    return (.distinct(.project(source, projections), on: nil, orderBy: []), columns)
  }

  /// The plan under the materialised left side, when it was materialised.
  func enclose(_ plan: LogicalPlan) -> LogicalPlan {
    guard let index else { return plan }
    return .materialize(index: index, definition: definition, body: plan)
  }
}

extension LogicalPlan {
  /// A filtered scan: reading it twice costs less than keeping its rows.
  var isCheapToRepeat: Bool {
    switch self {
    case .scan, .cteScan, .values: !expressions.contains { $0.isVolatile }
    case .filter(let input, _), .project(let input, _):
      input.isCheapToRepeat && !expressions.contains { $0.isVolatile }
    default: false
    }
  }
}
