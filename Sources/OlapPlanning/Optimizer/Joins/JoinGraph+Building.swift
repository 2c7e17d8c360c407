internal import OlapColumns

extension JoinGraph {
  /// Takes a tree of joins apart. `order` optimizes the joins inside each relation.
  init(
    of plan: LogicalPlan, estimation: CardinalityEstimation, order: (LogicalPlan) -> LogicalPlan
  ) {
    var builder = Builder(estimation: estimation)
    builder.flatten(plan, order: order)
    self = builder.finish()
  }

  /// Kinds whose output is the left rows, each at most extended by the right side.
  static func isDependentKind(_ kind: JoinKind) -> Bool {
    switch kind {
    case .left, .single, .semi, .anti, .mark: true
    default: false
    }
  }

  /// How many relations taking the plan apart gives.
  static func relationCount(of plan: LogicalPlan) -> Int {
    var count = 0
    var pending: [LogicalPlan] = [plan]
    while let node = pending.popLast() {
      switch node {
      case .join(let join) where join.kind == .inner || join.kind == .cross:
        pending += [join.left, join.right]
      case .join(let join) where isDependentKind(join.kind):
        pending.append(join.left)
        count += 1
      case .project(let input, let projections)
      where projections.allSatisfy({ $0.isPassThrough }):
        pending.append(input)
      default: count += 1
      }
    }
    return count
  }

  private struct Builder {
    let estimation: CardinalityEstimation
    var graph = JoinGraph()
    private var relationOf: [ColumnID: Int] = [:]
    private var innerConditions: [BoundExpression] = []

    init(estimation: CardinalityEstimation) { self.estimation = estimation }

    mutating func flatten(_ plan: LogicalPlan, order: (LogicalPlan) -> LogicalPlan) {
      switch plan {
      case .join(let join):
        if join.kind == .inner || join.kind == .cross {
          flatten(join.left, order: order)
          flatten(join.right, order: order)
          innerConditions += join.conditions.flatMap { $0.conjuncts }
          return
        }
        if JoinGraph.isDependentKind(join.kind) {
          flatten(join.left, order: order)
          addDependent(join, order: order)
          return
        }
      case .project(let input, let projections)
      where projections.allSatisfy({ $0.isPassThrough }):
        if case .join = input {
          flatten(input, order: order)
          return
        }
      default: break
      }
      let ordered = order(plan)
      var relation = Relation(plan: ordered, estimate: estimation.estimate(ordered))
      relation.isOneRow = ordered.hasAtMostOneRow
      add(relation, columns: ordered.columns)
    }

    private mutating func add(_ relation: Relation, columns: [PlanColumn]) {
      for column in columns where relationOf[column.id] == nil {
        relationOf[column.id] = graph.relations.count
      }
      graph.relations.append(relation)
    }

    private mutating func addDependent(_ join: Join, order: (LogicalPlan) -> LogicalPlan) {
      let right = order(join.right)
      var relation = Relation(plan: right, estimate: estimation.estimate(right))
      relation.dependent = join.with(left: .singleRow, right: .singleRow)
      let rightIDs = Set(right.columns.map(\.id))
      for condition in join.conditions {
        relation.required |= mask(condition.columns.subtracting(rightIDs))
      }
      // A join without a condition on the left still needs a left side.
      if relation.required == 0 { relation.required = 1 }
      let visible: [PlanColumn] =
        join.kind == .left || join.kind == .single ? right.columns : join.mark.map { [$0] } ?? []
      add(relation, columns: visible)
    }

    private func mask(_ columns: Set<ColumnID>) -> UInt64 {
      var result: UInt64 = 0
      for id in columns {
        if let relation = relationOf[id] { result |= 1 << UInt64(relation) }
      }
      return result
    }

    mutating func finish() -> JoinGraph {
      classifyConditions()
      addCorrections()
      estimateDependents()
      return graph
    }

    private func isInner(_ id: ColumnID) -> Bool {
      relationOf[id].map { graph.relations[$0].dependent == nil } ?? false
    }

    private mutating func classifyConditions() {
      var equivalence = ColumnEquivalence([])
      var types: [ColumnID: BoundExpression] = [:]
      for condition in innerConditions {
        if case .comparison(.equal, let a, let b) = condition, let left = a.columnID,
          let right = b.columnID, isInner(left), isInner(right),
          relationOf[left] != relationOf[right]
        {
          equivalence.unite(left, right)
          types[left] = a
          types[right] = b
          continue
        }
        let relations = mask(condition.columns)
        graph.conditions.append(
          Condition(
            expression: condition, relations: relations, selectivity: selectivity(condition)))
      }
      for ids in equivalence.classes { addClass(ids, types) }
    }

    /// A class may hold two columns of one relation; then the relation itself has to make them equal.
    private mutating func addClass(_ ids: [ColumnID], _ columns: [ColumnID: BoundExpression]) {
      var members: [Member] = []
      for id in ids {
        guard let relation = relationOf[id], let column = columns[id] else { continue }
        let estimate = graph.relations[relation].estimate
        if let earlier = members.first(where: { $0.relation == relation }) {
          let plan = graph.relations[relation].plan
          graph.relations[relation].plan = plan.filtered(
            by: [.comparison(.equal, earlier.column, column)])
          graph.relations[relation].estimate = estimate.scaled(
            to: estimate.rows / max(estimate.column(id).domain, 1))
          continue
        }
        members.append(
          Member(relation: relation, column: column, domain: estimate.column(id).domain))
      }
      if members.count > 1 { graph.classes.append(members) }
    }

    private func selectivity(_ condition: BoundExpression) -> Double {
      var all = RelationEstimate(rows: 1)
      for id in condition.columns {
        guard let relation = relationOf[id] else { continue }
        let estimate = graph.relations[relation].estimate
        all.rows = max(all.rows, estimate.rows)
        all.columns[id] = estimate.column(id)
      }
      if case .comparison(.equal, let a, let b) = condition {
        return 1 / max(all.domain(a), all.domain(b), 1)
      }
      return Selectivity(relation: all).of(condition)
    }

    /// Two relations tied by several classes: together they select no finer than a key of one side.
    private mutating func addCorrections() {
      let count = graph.relations.count
      for i in 0..<count {
        for j in (i + 1)..<max(count, i + 1) {
          var product: Double = 1
          var shared = 0
          for members in graph.classes {
            guard let a = members.first(where: { $0.relation == i }),
              let b = members.first(where: { $0.relation == j })
            else { continue }
            shared += 1
            product *= max(a.domain, b.domain)
          }
          if shared < 2 { continue }
          let key = min(
            graph.relations[i].estimate.unfilteredRows, graph.relations[j].estimate.unfilteredRows)
          if product > key {
            graph.corrections.append((1 << UInt64(i) | 1 << UInt64(j), product / max(key, 1)))
          }
        }
      }
    }

    private mutating func estimateDependents() {
      graph.dependentMultipliers = graph.relations.map { relation in
        guard let join = relation.dependent else { return 1 }
        var left = RelationEstimate(rows: 1)
        for (i, other) in graph.relations.enumerated()
        where relation.required & (1 << UInt64(i)) != 0 {
          left.rows = max(left.rows, other.estimate.rows)
          left.columns.merge(other.estimate.columns) { first, _ in first }
        }
        let out = estimation.combine(join, left, relation.estimate)
        return max(out.rows / left.rows, 1e-6)
      }
    }
  }
}
