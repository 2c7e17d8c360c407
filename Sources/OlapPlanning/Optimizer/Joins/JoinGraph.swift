internal import OlapColumns

/// A tree of joins taken apart: relations, and the conditions that hold between them.
///
/// Inner joins commute freely. A left, semi, anti, mark or single join is one more relation that may be
/// joined only as the right side, by itself, once the relations its conditions read are there.
struct JoinGraph {
  struct Relation {
    var plan: LogicalPlan
    var estimate: RelationEstimate
    /// nil for a relation of inner joins; otherwise the join (with its conditions) it hangs on.
    var dependent: Join?
    /// Relations that have to be joined before, as bits; for dependent ones.
    var required: UInt64 = 0
    /// Joining it without a condition multiplies nothing.
    var isOneRow = false
  }

  struct Condition {
    var expression: BoundExpression
    /// Relations it reads, as bits.
    var relations: UInt64
    var selectivity: Double
  }

  /// A column among equal ones.
  struct Member {
    var relation: Int
    var column: BoundExpression
    var domain: Double
  }

  var relations: [Relation] = []
  /// Conditions other than equalities of columns of inner relations.
  var conditions: [Condition] = []
  /// Columns that inner-join equalities make equal.
  var classes: [[Member]] = []
  /// Factor by which pairs of relations with keys of several columns give more rows than the columns'
  /// product says.
  var corrections: [(relations: UInt64, factor: Double)] = []

  /// Trees of more relations stay as they are: a set has one bit for each.
  static let maximumRelations = 60

  /// Rows expected when exactly these relations are joined.
  func rows(of set: UInt64) -> Double {
    var result: Double = 1
    for i in relations.indices where set & (1 << UInt64(i)) != 0 {
      result *= multiplier(of: i)
    }
    for members in classes {
      // All but the smallest domain restrict.
      var smallest: Double = .infinity
      var product: Double = 1
      for member in members where set & (1 << UInt64(member.relation)) != 0 {
        product *= member.domain
        smallest = min(smallest, member.domain)
      }
      if smallest < .infinity { result /= max(product / smallest, 1) }
    }
    for condition in conditions where condition.relations & ~set == 0 {
      result *= condition.selectivity
    }
    for correction in corrections where correction.relations & ~set == 0 {
      result *= correction.factor
    }
    return max(result, 1)
  }

  private func multiplier(of i: Int) -> Double {
    relations[i].dependent == nil ? relations[i].estimate.rows : dependentMultipliers[i]
  }

  /// By relation: rows out per row in of a dependent join; 1 for others.
  var dependentMultipliers: [Double] = []

  /// Whether a condition connects the two disjoint sets.
  func isConnected(_ a: UInt64, _ b: UInt64) -> Bool {
    for members in classes {
      var touchesA = false
      var touchesB = false
      for member in members {
        let bit: UInt64 = 1 << UInt64(member.relation)
        if a & bit != 0 { touchesA = true }
        if b & bit != 0 { touchesB = true }
      }
      if touchesA && touchesB { return true }
    }
    return conditions.contains { condition in
      condition.relations & ~(a | b) == 0 && condition.relations & a != 0
        && condition.relations & b != 0
    }
  }

  /// The dependent relation that the set is, when it is one alone.
  func dependentRelation(_ set: UInt64) -> Int? {
    guard set.nonzeroBitCount == 1 else { return nil }
    let i = set.trailingZeroBitCount
    return relations[i].dependent == nil ? nil : i
  }

  /// Whether the sets may be joined directly. `allowsCross` also lets unconnected ones.
  func mayJoin(_ a: UInt64, _ b: UInt64, allowsCross: Bool) -> Bool {
    let first = dependentRelation(a)
    let second = dependentRelation(b)
    if let i = second { return first == nil && relations[i].required & ~a == 0 }
    if let i = first { return relations[i].required & ~b == 0 }
    if allowsCross || isConnected(a, b) { return true }
    return isOneRow(a) || isOneRow(b)
  }

  private func isOneRow(_ set: UInt64) -> Bool {
    set.nonzeroBitCount == 1 && relations[set.trailingZeroBitCount].isOneRow
  }

  /// Work of joining two sets: build the smaller, probe with the larger, write the result.
  func joinCost(_ a: UInt64, _ rowsA: Double, _ b: UInt64, _ rowsB: Double, out: Double) -> Double {
    let build = min(rowsA, rowsB)
    let probe = max(rowsA, rowsB)
    return out + 2 * build + 0.5 * probe
  }

  /// The join of two plans that cover the sets.
  func join(
    _ a: UInt64, _ planA: LogicalPlan, _ b: UInt64, _ planB: LogicalPlan, rows: Double
  ) -> LogicalPlan {
    let both = a | b
    let newConditions = conditions.filter { condition in
      condition.relations & ~both == 0 && condition.relations & ~a != 0
        && condition.relations & ~b != 0
    }.map { $0.expression }
    for (dependentSet, plan) in [(b, planA), (a, planB)] {
      guard let i = dependentRelation(dependentSet), var join = relations[i].dependent else {
        continue
      }
      join.left = plan
      join.right = relations[i].plan
      join.estimatedRows = rows
      return LogicalPlan.join(join).filtered(by: newConditions)
    }
    var equalities: [BoundExpression] = []
    for members in classes {
      // Members of one side are equal already: one pair ties the sides together.
      let left = members.first { a & (1 << UInt64($0.relation)) != 0 }
      let right = members.first { b & (1 << UInt64($0.relation)) != 0 }
      if let left, let right {
        equalities.append(.comparison(.equal, left.column, right.column))
      }
    }
    let all = equalities + newConditions
    var join = Join(
      kind: all.isEmpty ? .cross : .inner, left: planA, right: planB, conditions: all)
    join.estimatedRows = rows
    return .join(join)
  }
}
