internal import OlapColumns

/// Finds where runs in memory must be cut so that the parts before the cuts are the first rows of all.
struct RunSplitter {
  private let runs: [SortedRun]
  private let shape: SortShape
  private let isExact: Bool
  private let keys: [UnsafeRawPointer]
  private let vectors: [[Vector]]
  private let orders: [UnsafePointer<UInt32>]

  /// The runs' keys are in sorted order (`SortedRun.sortKeys`).
  init(_ runs: [SortedRun], shape: SortShape) {
    self.runs = runs
    self.shape = shape
    let isExact = runs.allSatisfy { $0.isExact }
    self.isExact = isExact
    var keys: [UnsafeRawPointer] = []
    var vectors: [[Vector]] = []
    var orders: [UnsafePointer<UInt32>] = []
    for run in runs {
      guard case .memory(_, let order, let buffer) = run.content else { continue }
      keys.append(UnsafeRawPointer(buffer.bytes))
      orders.append(UnsafePointer(order.indexes))
      vectors.append(run.keyVectors)
    }
    self.keys = keys
    self.vectors = vectors
    self.orders = orders
  }

  /// Places per run of the first `rank` rows: their counts add up to `rank`.
  func cuts(rank: Int) -> [Int] {
    var low = Array(repeating: 0, count: runs.count)
    var high = runs.map { $0.rowCount }
    while true {
      // The widest open range gives the pivot.
      var widest = 0
      for run in runs.indices where high[run] - low[run] > high[widest] - low[widest] {
        widest = run
      }
      if high[widest] == low[widest] { return low }
      let middle = (low[widest] + high[widest]) / 2
      let before = runs.indices.map { run in
        run == widest ? middle : count(run, before: (widest, middle), low[run], high[run])
      }
      // `before` rows and the pivot itself precede what follows the pivot.
      if before.reduce(0, +) < rank {
        for run in runs.indices { low[run] = Swift.max(low[run], before[run]) }
        low[widest] = middle + 1
      } else {
        for run in runs.indices { high[run] = Swift.min(high[run], before[run]) }
      }
    }
  }

  /// Rows of a run that precede the pivot, known to be between `low` and `high`.
  private func count(
    _ run: Int, before pivot: (run: Int, place: Int), _ low: Int, _ high: Int
  ) -> Int {
    var (low, high) = (low, high)
    while low < high {
      let middle = (low + high) / 2
      if precedes((run, middle), pivot) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func precedes(
    _ a: (run: Int, place: Int), _ b: (run: Int, place: Int)
  ) -> Bool {
    let stride = shape.layout.byteCount
    let left = keys[a.run] + a.place * stride
    let right = keys[b.run] + b.place * stride
    let order =
      isExact
      ? SortKey.compare(left, right, byteCount: stride)
      : shape.layout.compare(
        left, vectors[a.run], Int(orders[a.run][a.place]), right, vectors[b.run],
        Int(orders[b.run][b.place]))
    return order != 0 ? order < 0 : a.run < b.run
  }
}
