internal import OlapColumns

extension DomainPushdown {
  func pushFilter(_ input: LogicalPlan, _ conditions: [BoundExpression]) throws -> Result {
    let conjuncts = conditions.flatMap { $0.conjuncts }
    if !isCorrelated(input), let mapped = mapByEqualities(conjuncts) {
      let plan = try elimination.rewrite(input)
      let rest = mapped.rest.map { $0.substituting(mapped.mapping) }
      return materialisingMapping(
        Result(
          plan: plan.filtered(by: rest), mapping: mapped.mapping, rejectsNull: mapped.rejectsNull))
    }
    var result = try push(input)
    result.plan = result.plan.filtered(by: conjuncts.map { $0.substituting(result.mapping) })
    return result
  }

  /// Equalities `outer column = inner expression` that together give every column of the domain.
  private func mapByEqualities(
    _ conjuncts: [BoundExpression]
  ) -> (
    mapping: [ColumnID: BoundExpression], rejectsNull: Set<ColumnID>, rest: [BoundExpression]
  )? {
    var mapping: [ColumnID: BoundExpression] = [:]
    var rejectsNull: Set<ColumnID> = []
    var rest: [BoundExpression] = []
    for conjunct in conjuncts {
      guard let pair = outerEquality(conjunct), mapping[pair.outer] == nil else {
        rest.append(conjunct)
        continue
      }
      mapping[pair.outer] = pair.inner
      if pair.comparison == .equal { rejectsNull.insert(pair.outer) }
    }
    return mapping.count == domain.count ? (mapping, rejectsNull, rest) : nil
  }

  private func outerEquality(
    _ condition: BoundExpression
  ) -> (outer: ColumnID, inner: BoundExpression, comparison: ComparisonOperator)? {
    guard case .comparison(let comparison, let left, let right) = condition,
      comparison == .equal || comparison == .notDistinctFrom
    else { return nil }
    for (outer, inner) in [(left, right), (right, left)] {
      if let id = outer.columnID, domainIDs.contains(id), !isCorrelated(inner), !inner.isVolatile {
        return (id, inner, comparison)
      }
    }
    return nil
  }

  func pushJoin(_ join: Join) throws -> Result {
    switch join.kind {
    case .inner, .cross: return try pushInnerJoin(join)
    case .left, .single, .semi, .anti, .mark, .asof, .asofLeft:
      return try pushLeftPreserving(join)
    case .right:
      var mirrored = join.with(left: join.right, right: join.left)
      mirrored.kind = .left
      return try pushLeftPreserving(mirrored)
    case .full: return try pushFullJoin(join)
    case .rightSemi, .rightAnti, .positional:
      throw BindError("a correlated \(join.kind.rawValue) join is not supported")
    }
  }

  private func pushInnerJoin(_ join: Join) throws -> Result {
    let conditions = join.conditions.flatMap { $0.conjuncts }
    let correlated = conditions.filter { isCorrelated($0) }
    var inner = join.with(conditions: conditions.filter { !isCorrelated($0) })
    inner.kind = inner.conditions.isEmpty ? .cross : .inner
    if !correlated.isEmpty { return try pushFilter(.join(inner), correlated) }
    switch (isCorrelated(join.left), isCorrelated(join.right)) {
    case (true, false):
      var result = try push(join.left)
      inner.left = result.plan
      inner.right = try elimination.rewrite(join.right)
      result.plan = .join(inner)
      return result
    case (false, true):
      var result = try push(join.right)
      inner.left = try elimination.rewrite(join.left)
      inner.right = result.plan
      result.plan = .join(inner)
      return result
    default:
      var left = try push(join.left)
      let right = try push(join.right)
      inner.left = left.plan
      inner.right = right.plan
      inner.conditions += domainEqualities(left, right)
      inner.kind = .inner
      left.plan = .join(inner)
      left.rejectsNull.formUnion(right.rejectsNull)
      return left
    }
  }

  /// Kinds whose result rows are left rows: the left side carries the domain.
  private func pushLeftPreserving(_ join: Join) throws -> Result {
    var left = try push(join.left)
    var result = join.with(
      left: left.plan, conditions: join.conditions.map { $0.substituting(left.mapping) })
    if isCorrelated(join.right) {
      if join.nullAware { throw BindError("a correlated null-aware join is not supported") }
      let right = try push(join.right)
      result.right = right.plan
      result.conditions += domainEqualities(left, right)
    } else {
      result.right = try elimination.rewrite(join.right)
    }
    left.plan = .join(result)
    return left
  }

  private func pushFullJoin(_ join: Join) throws -> Result {
    let left = try push(join.left)
    let right = try push(join.right)
    let conditions = join.conditions.map { $0.substituting(left.mapping) }
    let full = join.with(
      left: left.plan, right: right.plan, conditions: conditions + domainEqualities(left, right))
    var mapping: [ColumnID: BoundExpression] = [:]
    for column in domain {
      guard let a = left.mapping[column.id], let b = right.mapping[column.id] else { continue }
      mapping[column.id] = .coalesce([a, b], type: column.type)
    }
    return materialisingMapping(
      Result(
        plan: .join(full), mapping: mapping,
        rejectsNull: left.rejectsNull.intersection(right.rejectsNull)))
  }

  /// The left side carries the domain, so that the right side reads it from there.
  func pushDependentJoin(_ join: Join) throws -> Result {
    var left = try push(join.left)
    let inner = join.with(
      left: left.plan, right: join.right.substitutingReferences(left.mapping),
      conditions: join.conditions.map { $0.substituting(left.mapping) })
    left.plan = try elimination.eliminate(inner)
    return left
  }
}
