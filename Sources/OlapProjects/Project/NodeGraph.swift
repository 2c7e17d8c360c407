/// Who reads whom, and the order in which nodes can be built.
struct NodeGraph {
  /// Keys of the nodes each node reads, and of those that read it; by key.
  private(set) var inputs: [String: [String]] = [:]
  private(set) var readers: [String: [String]] = [:]
  /// Inputs before readers; within a level by kind and name. Incomplete when there is a cycle.
  private(set) var ordered: [ProjectNode] = []
  /// Nodes that read each other in a circle, each reading the next.
  private(set) var cycle: [ProjectNode]?

  init(_ nodes: [ProjectNode]) {
    let positions = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.key, $0) })
    for node in nodes {
      let keys = node.references.compactMap { NodeGraph.key(ofTable: $0.name, in: positions) }
      inputs[node.key] = keys
      for key in keys { readers[key, default: []].append(node.key) }
    }
    order(nodes)
    if ordered.count < nodes.count { findCycle(nodes, positions) }
  }

  /// The node a table name means: `t`, `main.t`, or `s.t` with the last part known.
  static func key(ofTable name: String, in positions: [String: Int]) -> String? {
    if positions[name] != nil { return name }
    guard let base = name.split(separator: ".").last.map(String.init), positions[base] != nil else {
      return nil
    }
    return base
  }

  private mutating func order(_ nodes: [ProjectNode]) {
    var waiting = inputs.mapValues { $0.count }
    var level = nodes.filter { waiting[$0.key] == 0 }
    let byKey = Dictionary(uniqueKeysWithValues: nodes.map { ($0.key, $0) })
    let kinds = ProjectNode.Kind.allCases
    while !level.isEmpty {
      level.sort { left, right in
        let a = kinds.firstIndex(of: left.kind) ?? 0
        let b = kinds.firstIndex(of: right.kind) ?? 0
        return a != b ? a < b : left.name < right.name
      }
      ordered += level
      var next: [ProjectNode] = []
      for node in level {
        for key in readers[node.key] ?? [] {
          waiting[key, default: 0] -= 1
          if waiting[key] == 0, let reader = byKey[key] { next.append(reader) }
        }
      }
      level = next
    }
  }

  private mutating func findCycle(_ nodes: [ProjectNode], _ positions: [String: Int]) {
    let done = Set(ordered.map(\.key))
    guard let first = nodes.first(where: { !done.contains($0.key) }) else { return }
    // Every node left has an input left: walking inputs comes back to a node already seen.
    var path = [first.key]
    while let next = inputs[path[path.count - 1]]?.first(where: { !done.contains($0) }) {
      if let start = path.firstIndex(of: next) {
        cycle = path[start...].compactMap { key in positions[key].map { nodes[$0] } }
        return
      }
      path.append(next)
    }
  }
}
