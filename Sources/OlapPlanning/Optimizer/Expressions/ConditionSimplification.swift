internal import OlapColumns

/// AND and OR lists: flattened, without constants and duplicates, common factors extracted.
enum ConditionSimplification {
  static func and(_ items: [BoundExpression]) -> BoundExpression {
    var kept: [BoundExpression] = []
    var seen: Set<BoundExpression> = []
    var hasNull = false
    for item in BoundExpression.and(items).conjuncts {
      if case .constant(let value, _) = item {
        if value == .boolean(false) { return .alwaysFalse }
        if value.isNull { hasNull = true }
        continue
      }
      if seen.insert(item).inserted { kept.append(item) }
    }
    if hasNull { kept.append(.constant(.null, .boolean)) }
    return .conjunction(kept)
  }

  static func or(_ items: [BoundExpression]) -> BoundExpression {
    var kept: [BoundExpression] = []
    var seen: Set<BoundExpression> = []
    var hasNull = false
    for item in BoundExpression.or(items).disjuncts {
      if case .constant(let value, _) = item {
        if value == .boolean(true) { return .alwaysTrue }
        if value.isNull { hasNull = true }
        continue
      }
      if seen.insert(item).inserted { kept.append(item) }
    }
    if hasNull { kept.append(.constant(.null, .boolean)) }
    return factored(mergingEqualities(kept))
  }

  /// (A AND B) OR (A AND C) as A AND (B OR C).
  private static func factored(_ items: [BoundExpression]) -> BoundExpression {
    guard items.count > 1 else { return .disjunction(items) }
    let branches: [[BoundExpression]] = items.map { $0.conjuncts }
    let common = branches[0].filter { candidate in
      branches.dropFirst().allSatisfy { $0.contains(candidate) }
    }
    if common.isEmpty { return .or(items) }
    let rests: [BoundExpression] = branches.map { branch in
      .conjunction(branch.filter { !common.contains($0) })
    }
    // A branch that is nothing but the common part makes the OR true where the common part is.
    if rests.contains(.alwaysTrue) { return .conjunction(common) }
    return .conjunction(common + [or(rests)])
  }

  /// x = 1 OR x = 2 OR x IN (3) as x IN (1, 2, 3), at the place of the first.
  private static func mergingEqualities(_ items: [BoundExpression]) -> [BoundExpression] {
    guard items.count > 1 else { return items }
    var result: [BoundExpression] = []
    var groups: [Membership] = []
    var groupOf: [BoundExpression: Int] = [:]
    for item in items {
      guard let (value, constants) = constantMembership(item) else {
        result.append(item)
        continue
      }
      if let group = groupOf[value] {
        groups[group].isMerged = true
        groups[group].add(constants)
        continue
      }
      groupOf[value] = groups.count
      var group = Membership(value: value, place: result.count)
      group.add(constants)
      groups.append(group)
      result.append(item)
    }
    for group in groups where group.isMerged {
      result[group.place] = .inList(group.value, group.constants, negated: false)
    }
    return result
  }

  /// The constants that one value is compared with.
  private struct Membership {
    let value: BoundExpression
    let place: Int
    var constants: [BoundExpression] = []
    var isMerged = false
    private var seen: Set<BoundExpression> = []

    init(value: BoundExpression, place: Int) {
      self.value = value
      self.place = place
    }

    mutating func add(_ more: [BoundExpression]) {
      for constant in more where seen.insert(constant).inserted { constants.append(constant) }
    }
  }

  private static func constantMembership(
    _ item: BoundExpression
  ) -> (value: BoundExpression, constants: [BoundExpression])? {
    switch item {
    case .comparison(.equal, let value, let constant)
    where constant.constantValue != nil && !value.isVolatile:
      return (value, [constant])
    case .inList(let value, let items, negated: false)
    where items.allSatisfy({ $0.constantValue != nil }) && !value.isVolatile:
      return (value, items)
    default: return nil
    }
  }

  /// The part of an OR that reads only the given columns: each disjunct's own conjuncts on them, when
  /// every disjunct has some. It follows from the OR and filters one side of a join early.
  static func implied(
    by disjunction: BoundExpression, over columns: Set<ColumnID>
  ) -> BoundExpression? {
    guard case .or = disjunction else { return nil }
    var branches: [BoundExpression] = []
    for branch in disjunction.disjuncts {
      let own = branch.conjuncts.filter { conjunct in
        let reads = conjunct.columns
        return !reads.isEmpty && reads.isSubset(of: columns) && !conjunct.isVolatile
      }
      if own.isEmpty { return nil }
      branches.append(.conjunction(own))
    }
    return or(branches)
  }
}
