internal import OlapColumns

/// Orders joins by cost: exhaustively over connected subsets for up to `exactLimit` relations, greedily
/// beyond. Cross products appear only where no condition connects, or with one-row relations.
///
/// Source: Moerkotte and Neumann, Analysis of Two Existing and One New Dynamic Programming Algorithm
/// (VLDB 2006); greedy: Fegaras, A New Heuristic for Optimizing Large Queries (1998).
struct JoinOrdering {
  private let estimation: CardinalityEstimation
  /// Relations up to which every order is considered.
  private static let exactLimit = 11

  init(state: OptimizerState) { estimation = CardinalityEstimation(state: state) }

  func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
    switch plan {
    case .join(let join)
    where join.kind == .inner || join.kind == .cross || JoinGraph.isDependentKind(join.kind):
      guard JoinGraph.relationCount(of: plan) <= JoinGraph.maximumRelations else {
        return plan.mapChildren { rewrite($0) }
      }
      let graph = JoinGraph(of: plan, estimation: estimation) { rewrite($0) }
      return order(graph) ?? plan.mapChildren { rewrite($0) }
    case .materialize(let index, let definition, let body):
      let ordered = rewrite(definition).inOrder(of: definition)
      estimation.register(index, ordered)
      return .materialize(index: index, definition: ordered, body: rewrite(body))
    default: return plan.mapChildren { rewrite($0) }
    }
  }

  private func order(_ graph: JoinGraph) -> LogicalPlan? {
    let ordered: LogicalPlan?
    if graph.relations.count <= JoinOrdering.exactLimit {
      ordered = exact(graph) ?? greedy(graph)
    } else {
      ordered = greedy(graph)
    }
    // Conditions that read no relation (or one alone) were not placed by any join.
    let loose = graph.conditions.filter { $0.relations.nonzeroBitCount < 2 }.map { $0.expression }
    return ordered?.filtered(by: loose)
  }

  // MARK: Exact

  private struct Best {
    var cost: Double
    var rows: Double
    /// The left part; 0 for a single relation.
    var left: UInt64
  }

  private func exact(_ graph: JoinGraph) -> LogicalPlan? {
    let count = graph.relations.count
    var best = [Best?](repeating: nil, count: 1 << count)
    for i in 0..<count {
      best[1 << i] = Best(cost: 0, rows: graph.relations[i].estimate.rows, left: 0)
    }
    let full: UInt64 = (1 << UInt64(count)) - 1
    if count > 1 {
      for set in 1...full where set.nonzeroBitCount > 1 {
        best[Int(set)] = cheapest(set, graph, best)
      }
    }
    return best[Int(full)] == nil ? nil : build(full, graph, best)
  }

  private func cheapest(_ set: UInt64, _ graph: JoinGraph, _ best: [Best?]) -> Best? {
    var result: Best?
    var rows: Double = -1
    var part: UInt64 = (set - 1) & set
    while part > 0 {
      let rest = set ^ part
      // Each pair once.
      if part > rest, let a = best[Int(part)], let b = best[Int(rest)],
        graph.mayJoin(part, rest, allowsCross: false)
      {
        if rows < 0 { rows = graph.rows(of: set) }
        let cost = a.cost + b.cost + graph.joinCost(part, a.rows, rest, b.rows, out: rows)
        if cost < result?.cost ?? .infinity { result = Best(cost: cost, rows: rows, left: part) }
      }
      part = (part - 1) & set
    }
    return result
  }

  private func build(_ set: UInt64, _ graph: JoinGraph, _ best: [Best?]) -> LogicalPlan {
    guard let entry = best[Int(set)], entry.left != 0 else {
      return graph.relations[set.trailingZeroBitCount].plan
    }
    let rest = set ^ entry.left
    return graph.join(
      entry.left, build(entry.left, graph, best), rest, build(rest, graph, best), rows: entry.rows)
  }

  // MARK: Greedy

  private struct Part {
    var set: UInt64
    var plan: LogicalPlan
    var rows: Double
  }

  /// Joins the pair with the smallest result until one part is left.
  private func greedy(_ graph: JoinGraph) -> LogicalPlan? {
    var parts: [Part] = graph.relations.enumerated().map { i, relation in
      Part(set: 1 << UInt64(i), plan: relation.plan, rows: relation.estimate.rows)
    }
    while parts.count > 1 {
      guard
        let pair = smallestPair(parts, graph, allowsCross: false)
          ?? smallestPair(parts, graph, allowsCross: true)
      else { return nil }
      let a = parts[pair.first]
      let b = parts[pair.second]
      let joined = Part(
        set: a.set | b.set,
        plan: graph.join(a.set, a.plan, b.set, b.plan, rows: pair.rows), rows: pair.rows)
      parts.remove(at: pair.second)
      parts[pair.first] = joined
    }
    return parts.first?.plan
  }

  private func smallestPair(
    _ parts: [Part], _ graph: JoinGraph, allowsCross: Bool
  ) -> (first: Int, second: Int, rows: Double)? {
    var result: (first: Int, second: Int, rows: Double)?
    var leastCost: Double = .infinity
    for i in parts.indices {
      for j in parts.indices where j > i {
        guard graph.mayJoin(parts[i].set, parts[j].set, allowsCross: allowsCross) else { continue }
        let rows = graph.rows(of: parts[i].set | parts[j].set)
        let cost = graph.joinCost(
          parts[i].set, parts[i].rows, parts[j].set, parts[j].rows, out: rows)
        if cost < leastCost {
          leastCost = cost
          result = (i, j, rows)
        }
      }
    }
    return result
  }
}
