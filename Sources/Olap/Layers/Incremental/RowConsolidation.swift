internal import OlapColumns

/// Groups equal rows (NULL equals NULL) and sums their weights.
struct RowConsolidation {
  /// First row of each group, ascending.
  private(set) var representatives: [UInt32] = []
  /// Sum of the weights of each group, parallel to `representatives`.
  private(set) var sums: [Int] = []

  /// Shapes: `columns` flat with `count` rows each; `weights` of `count` entries.
  init(columns: [Vector], count: Int, weights: [Int]) {
    if count == 0 { return }
    if columns.isEmpty {
      representatives = [0]
      sums = [weights.reduce(0, +)]
      return
    }
    let group = RowConsolidation.groups(columns, count)
    var position = [Int](repeating: -1, count: count)
    for row in 0..<count {
      let leader = Int(group[row])
      if position[leader] < 0 {
        position[leader] = representatives.count
        representatives.append(UInt32(row))
        sums.append(0)
      }
      sums[position[leader]] += weights[row]
    }
  }

  /// For each row the first row equal to it.
  static func groups(_ columns: [Vector], _ count: Int) -> [UInt32] {
    var hashes = [UInt64](repeating: 0, count: count)
    hashes.withUnsafeMutableBufferPointer { out in
      if let base = out.baseAddress { Hash.hash(columns, count: count, into: base) }
    }
    var order = Array(0..<UInt32(count))
    order.sort { a, b in
      let (x, y) = (hashes[Int(a)], hashes[Int(b)])
      return x != y ? x < y : a < b
    }
    var group = Array(0..<UInt32(count))
    var start = 0
    while start < count {
      var end = start + 1
      while end < count && hashes[Int(order[end])] == hashes[Int(order[start])] { end += 1 }
      if end - start > 1 { resolve(order[start..<end], columns, &group) }
      start = end
    }
    return group
  }

  /// Rows of one hash are equal nearly always; those that are not form further groups.
  private static func resolve(
    _ rows: ArraySlice<UInt32>, _ columns: [Vector], _ group: inout [UInt32]
  ) {
    var open = Array(rows)
    while open.count > 1 {
      let leaders = [UInt32](repeating: open[0], count: open.count)
      var mask = [UInt8](repeating: 0, count: open.count)
      RowMatch.matches(
        left: columns, leftIndexes: leaders, right: columns, rightIndexes: open, count: open.count,
        into: &mask)
      var rest: [UInt32] = []
      for (row, isEqual) in zip(open, mask) {
        if isEqual != 0 { group[Int(row)] = open[0] } else { rest.append(row) }
      }
      open = rest
    }
  }
}
