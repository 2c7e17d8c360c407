internal import OlapColumns
internal import OlapFunctions

/// Partial states of an aggregate over aligned runs of places: level k holds one state per 16^k places.
///
/// A frame is covered by at most 30 nodes per level. Nodes are merged from left to right, so the order of
/// rows is kept. Source: V. Leis et al., Efficient processing of window functions in analytical SQL
/// queries (segment trees).
final class AggregateTree {
  private static let fanOut = 16
  private let bound: BoundAggregate
  private let arguments: [Vector]
  private let passing: UnsafePointer<UInt8>?
  private let count: Int
  /// Exported states from level 1 up, one row per node.
  private var levels: [(states: [Vector], count: Int)] = []

  /// `passing` tells which places take part; nil = all.
  init(
    _ bound: BoundAggregate, arguments: [Vector], count: Int, passing: UnsafePointer<UInt8>?
  ) throws {
    self.bound = bound
    self.arguments = arguments
    self.count = count
    self.passing = passing
    if count >= AggregateTree.fanOut { try build() }
  }

  private func build() throws {
    var nodes = count / AggregateTree.fanOut
    let leaves = bound.makeAccumulator()
    leaves.reserve(groupCount: nodes)
    let covered = nodes * AggregateTree.fanOut
    var entries = Entries()
    for place in 0..<covered {
      entries.append(node: place, group: place / AggregateTree.fanOut)
      if entries.count >= 1 << 14 { try add(&entries, level: 0, to: leaves) }
    }
    try add(&entries, level: 0, to: leaves)
    levels.append((try leaves.exportStates(first: 0, count: nodes), nodes))
    while nodes >= AggregateTree.fanOut {
      let above = nodes / AggregateTree.fanOut
      let accumulator = bound.makeAccumulator()
      accumulator.reserve(groupCount: above)
      for node in 0..<(above * AggregateTree.fanOut) {
        entries.append(node: node, group: node / AggregateTree.fanOut)
        if entries.count >= 1 << 14 { try add(&entries, level: levels.count, to: accumulator) }
      }
      try add(&entries, level: levels.count, to: accumulator)
      levels.append((try accumulator.exportStates(first: 0, count: above), above))
      nodes = above
    }
  }

  /// One result per frame.
  func results(_ frames: UniqueFrames) throws -> Vector {
    var results: [Vector] = []
    let block = 1024
    var first = 0
    // Steps of one range: left parts upwards, right parts downwards.
    let depth = levels.count + 1
    var steps = Array(repeating: Entries(), count: 2 * depth)
    while first < frames.count {
      let last = Swift.min(frames.count, first + block)
      let accumulator = bound.makeAccumulator()
      accumulator.reserve(groupCount: last - first)
      for part in 0..<3 {
        var isUsed = false
        for frame in first..<last {
          let ranges = frames.ranges(of: frame)
          let range = part == 0 ? ranges.0 : part == 1 ? ranges.1 : ranges.2
          if range.isEmpty { continue }
          isUsed = true
          cover(range, group: frame - first, &steps)
        }
        if !isUsed { continue }
        for level in 0..<depth { try add(&steps[level], level: level, to: accumulator) }
        for level in (0..<depth).reversed() {
          try add(&steps[depth + level], level: level, to: accumulator)
        }
      }
      results.append(try accumulator.finalize(first: 0, count: last - first))
      first = last
    }
    return Vector.concatenated(results, type: bound.returnType)
  }

  /// Adds the nodes that cover a range of places to the steps.
  private func cover(_ range: Range<Int>, group: Int, _ steps: inout [Entries]) {
    var (low, high) = (range.lowerBound, range.upperBound)
    let depth = levels.count + 1
    for level in 0..<depth {
      let aboveLow = (low + AggregateTree.fanOut - 1) / AggregateTree.fanOut
      let aboveHigh = high / AggregateTree.fanOut
      if level == depth - 1 || aboveLow >= aboveHigh {
        for node in low..<high { steps[level].append(node: node, group: group) }
        return
      }
      for node in low..<(aboveLow * AggregateTree.fanOut) {
        steps[level].append(node: node, group: group)
      }
      for node in (aboveHigh * AggregateTree.fanOut)..<high {
        steps[depth + level].append(node: node, group: group)
      }
      (low, high) = (aboveLow, aboveHigh)
    }
  }

  /// Feeds nodes of a level to groups and empties the list.
  private func add(
    _ entries: inout Entries, level: Int, to accumulator: any AggregateAccumulator
  ) throws {
    if level == 0, let passing { entries.keep { passing[$0] != 0 } }
    let block = VectorSize.current
    var start = 0
    try Cancellation.check()
    while start < entries.count {
      let n = Swift.min(block, entries.count - start)
      try entries.withPointers { nodes, groups in
        if level == 0 {
          try accumulator.update(
            groups: groups + start,
            arguments: arguments.map { $0.gathered(nodes + start, count: n) }, count: n)
        } else {
          try accumulator.mergeStates(
            levels[level - 1].states.map { $0.gathered(nodes + start, count: n) },
            groups: groups + start, count: n)
        }
      }
      start += n
    }
    entries.removeAll()
  }

  /// Nodes with the groups they go to.
  private struct Entries {
    private var nodes: [UInt32] = []
    private var groups: [UInt32] = []
    var count: Int { nodes.count }

    mutating func append(node: Int, group: Int) {
      nodes.append(UInt32(truncatingIfNeeded: node))
      groups.append(UInt32(truncatingIfNeeded: group))
    }
    mutating func removeAll() {
      nodes.removeAll(keepingCapacity: true)
      groups.removeAll(keepingCapacity: true)
    }
    mutating func keep(_ isKept: (Int) -> Bool) {
      var kept = 0
      for i in nodes.indices where isKept(Int(nodes[i])) {
        nodes[kept] = nodes[i]
        groups[kept] = groups[i]
        kept += 1
      }
      nodes.removeLast(nodes.count - kept)
      groups.removeLast(groups.count - kept)
    }
    func withPointers(
      _ body: (UnsafePointer<UInt32>, UnsafePointer<UInt32>) throws -> Void
    ) rethrows {
      try nodes.withUnsafeBufferPointer { nodes in
        try groups.withUnsafeBufferPointer { groups in
          guard let nodes = nodes.baseAddress, let groups = groups.baseAddress else { return }
          try body(nodes, groups)
        }
      }
    }
  }
}
