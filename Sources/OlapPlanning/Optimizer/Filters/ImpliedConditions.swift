internal import OlapColumns

/// Conditions that follow from equalities: `a = b AND a < 5` implies `b < 5`.
enum ImpliedConditions {
  /// Comparisons with constants carried over to equal columns. Conditions that hold below (in
  /// `sources`) count too.
  static func transitive(
    _ conditions: [BoundExpression], from sources: [LogicalPlan]
  ) -> [BoundExpression] {
    let classes = ColumnEquivalence(conditions)
    if classes.isEmpty { return [] }
    var known = conditions
    for source in sources { known += constantConditions(of: source) }
    var present = Set(known)
    var result: [BoundExpression] = []
    for condition in known {
      guard let column = constantConditionColumn(condition),
        case .column(_, let type) = column, let id = column.columnID
      else { continue }
      for other in classes.others(than: id) {
        let implied = condition.substituting([id: .column(other, type)])
        if present.insert(implied).inserted { result.append(implied) }
      }
    }
    return result
  }

  /// The column of a comparison with constants that rejects NULL.
  private static func constantConditionColumn(_ condition: BoundExpression) -> BoundExpression? {
    switch condition {
    case .comparison(let comparison, let column, let constant)
    where column.columnID != nil && constant.constantValue != nil
      && comparison != .distinctFrom && comparison != .notDistinctFrom:
      return column
    case .inList(let column, let items, negated: false)
    where column.columnID != nil && items.allSatisfy({ $0.constantValue != nil }):
      return column
    default: return nil
    }
  }

  /// Comparisons with constants that every row of the plan satisfies.
  private static func constantConditions(of plan: LogicalPlan) -> [BoundExpression] {
    switch plan {
    case .filter(let input, let conditions):
      return conditions.filter { constantConditionColumn($0) != nil }
        + constantConditions(of: input)
    case .project(let input, let projections):
      let below = constantConditions(of: input)
      if below.isEmpty { return [] }
      var names: [ColumnID: BoundExpression] = [:]
      for projection in projections {
        if let id = projection.expression.columnID, names[id] == nil {
          names[id] = projection.output.reference
        }
      }
      return below.compactMap { condition in
        let reads = condition.columns
        guard reads.allSatisfy({ names[$0] != nil }) else { return nil }
        return condition.substituting(names)
      }
    case .join(let join):
      switch join.kind {
      case .inner, .cross:
        return constantConditions(of: join.left) + constantConditions(of: join.right)
      case .left, .semi, .anti, .single, .mark: return constantConditions(of: join.left)
      default: return []
      }
    default: return []
    }
  }
}

/// Columns that equalities make equal, by class.
struct ColumnEquivalence {
  private var classOf: [ColumnID: Int] = [:]
  private var members: [[ColumnID]] = []

  var isEmpty: Bool { classOf.isEmpty }

  /// Classes from the `column = column` conjuncts among the conditions.
  init(_ conditions: [BoundExpression]) {
    for condition in conditions {
      if case .comparison(.equal, .column(let a, _), .column(let b, _)) = condition { unite(a, b) }
    }
  }

  mutating func unite(_ a: ColumnID, _ b: ColumnID) {
    switch (classOf[a], classOf[b]) {
    case (nil, nil):
      classOf[a] = members.count
      classOf[b] = members.count
      members.append(a == b ? [a] : [a, b])
    case (let first?, nil):
      classOf[b] = first
      members[first].append(b)
    case (nil, let second?):
      classOf[a] = second
      members[second].append(a)
    case (let first?, let second?):
      if first == second { return }
      for id in members[second] { classOf[id] = first }
      members[first] += members[second]
      members[second] = []
    }
  }

  func others(than id: ColumnID) -> [ColumnID] {
    guard let place = classOf[id] else { return [] }
    return members[place].filter { $0 != id }
  }

  func areEqual(_ a: ColumnID, _ b: ColumnID) -> Bool {
    a == b || (classOf[a] != nil && classOf[a] == classOf[b])
  }

  /// Classes of at least two columns.
  var classes: [[ColumnID]] { members.filter { $0.count > 1 } }
}
