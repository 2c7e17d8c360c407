internal import OlapColumns
internal import OlapPlanning

extension ChangeDerivation {
  func change(of join: Join) throws -> Change {
    if join.conditions.contains(where: { runner.moves($0) }) { return .everywhere }
    let join = join.with(conditions: join.conditions.map { runner.version($0, .current) })
    switch join.kind {
    case .inner, .cross: return try changeOfProduct(join)
    case .left, .semi, .anti, .mark, .single, .asof, .asofLeft:
      return try changeByLeftRows(join)
    case .right:
      var mirrored = join
      mirrored.kind = .left
      (mirrored.left, mirrored.right) = (join.right, join.left)
      return try changeByLeftRows(mirrored)
    case .full, .rightSemi, .rightAnti, .positional: return .everywhere
    }
  }

  /// Δ(L ⋈ R) = ΔL ⋈ R + L ⋈ ΔR − ΔL ⋈ ΔR, with L and R as they are now.
  private func changeOfProduct(_ join: Join) throws -> Change {
    let left = try rows(of: join.left)
    let right = try rows(of: join.right)
    let columns = join.left.columns + join.right.columns
    var parts: [(rows: Chunk, weights: [Int])] = []
    let leftWeight = runner.numbers.column("weight", .bigint)
    let rightWeight = runner.numbers.column("weight", .bigint)
    if !left.isEmpty {
      let other = try reduction.matching(join.right, left.relation, join.conditions, .current)
      let plan = LogicalPlan.join(
        join.with(left: left.weighted(by: leftWeight).scan, right: other))
      let result = try runner.run(plan.projected(to: columns + [leftWeight]))
      parts.append(SignedRows.parts(result, weight: leftWeight.id))
    }
    if !right.isEmpty {
      let other = try reduction.matching(join.left, right.relation, join.conditions, .current)
      let plan = LogicalPlan.join(
        join.with(left: other, right: right.weighted(by: rightWeight).scan))
      let result = try runner.run(plan.projected(to: columns + [rightWeight]))
      parts.append(SignedRows.parts(result, weight: rightWeight.id))
    }
    if !left.isEmpty && !right.isEmpty {
      let plan = LogicalPlan.join(
        join.with(
          left: left.weighted(by: leftWeight).scan, right: right.weighted(by: rightWeight).scan))
      let result = try runner.run(plan.projected(to: columns + [leftWeight, rightWeight]))
      parts.append(product(result, leftWeight, rightWeight))
    }
    return .exactly(SignedRows(columns: columns, parts: parts))
  }

  /// Rows in both changes were counted twice.
  private func product(
    _ relation: Relation, _ left: PlanColumn, _ right: PlanColumn
  ) -> (rows: Chunk, weights: [Int]) {
    let (rows, rightWeights) = SignedRows.parts(relation, weight: right.id)
    let (rest, leftWeights) = SignedRows.parts(
      Relation(columns: relation.columns.filter { $0.id != right.id }, rows: rows), weight: left.id)
    return (rest, zip(leftWeights, rightWeights).map { -$0 * $1 })
  }

  /// Joins whose output rows each belong to one left row: affected are the left rows that changed and
  /// those that match a changed right row.
  private func changeByLeftRows(_ join: Join) throws -> Change {
    let left = try rows(of: join.left)
    let right = try rows(of: join.right)
    if right.isEmpty { return try changeOfLeftAlone(join, left) }
    var parts = [left.relation.rows]
    if runner.fault != .ignoresRightSides {
      let conditions = affectingConditions(join)
      let other = try reduction.matching(join.left, right.relation, conditions, .current)
      let semi = Join(
        kind: .semi, left: other, right: right.relation.scan, conditions: conditions)
      parts.append(try runner.run(LogicalPlan.join(semi).projected(to: join.left.columns)).rows)
    }
    return .among(Relation(columns: join.left.columns, chunks: parts))
  }

  /// With the right side as it was, every left row has the output rows it always has.
  private func changeOfLeftAlone(_ join: Join, _ left: SignedRows) throws -> Change {
    if left.isEmpty { return .none }
    var other = runner.version(join.right, .current)
    if !join.nullAware {
      other = try reduction.matching(join.right, left.relation, join.conditions, .current)
    }
    var plain = join
    plain.right = other
    return .exactly(
      try linear(
        left,
        { input in
          plain.left = input
          return .join(plain)
        }, columns: LogicalPlan.join(join).columns))
  }

  /// The conditions under which a right row may matter to a left row.
  private func affectingConditions(_ join: Join) -> [BoundExpression] {
    switch join.kind {
    case .asof, .asofLeft:
      // Which right row is nearest depends on all that agree on the equalities.
      return join.conditions.filter {
        if case .comparison(.equal, _, _) = $0 { true } else { false }
      }
    case _ where join.nullAware:
      // NOT IN: a comparison that is unknown counts too.
      return join.conditions.map {
        .comparison(.distinctFrom, $0, .constant(.boolean(false), .boolean))
      }
    default: return join.conditions
    }
  }
}
