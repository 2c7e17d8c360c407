package import OlapColumns

/// Merges sorted runs (or slices of runs in memory) into one stream of rows in order, with a loser tree.
///
/// Equal keys come in the order of the runs. Holds one block of each spilled run.
package final class RunMerge {
  /// The next row of a run.
  private struct Head: BitwiseCopyable {
    /// Its key; nil when the run is exhausted.
    var key: UnsafeRawPointer?
    /// Place in the run's slice (memory) or block (file), and where that ends.
    var position: Int
    var end: Int
  }

  private let shape: SortShape
  private let width: Int
  private let types: [SQLType]
  private let stride: Int
  private let isExact: Bool
  private let runs: [SortedRun]
  private var blocks: [Block]
  private let heads: UnsafeMutablePointer<Head>
  /// Losers of the matches at inner nodes; the winner at 0.
  private let tree: UnsafeMutablePointer<Int>
  private var refilling = -1
  private let sources = Selection(capacity: VectorSize.current)
  private let permutation = Selection(capacity: VectorSize.current)

  /// What a run has loaded.
  private struct Block {
    var next = 0
    var rows: Chunk?
    var keys: Buffer?
    /// Flat key vectors, for keys that are cut.
    var keyVectors: [Vector] = []
    var indexes: UnsafePointer<UInt32>?
    /// First place of the current output in the slice or block.
    var start = 0
    var taken = 0
  }

  /// `slices`: places per run in memory; nil means all rows. `payloadOnly` leaves out key columns.
  package init(
    _ runs: [SortedRun], shape: SortShape, slices: [Range<Int>]? = nil, payloadOnly: Bool
  ) throws {
    self.shape = shape
    self.runs = runs
    width = payloadOnly ? shape.payloadCount : shape.types.count
    types = Array(shape.types[..<width])
    stride = shape.layout.byteCount
    isExact = runs.allSatisfy { $0.isExact }
    blocks = Array(repeating: Block(), count: runs.count)
    heads = .allocate(capacity: Swift.max(1, runs.count))
    tree = .allocate(capacity: Swift.max(1, runs.count))
    for run in runs.indices {
      heads[run] = Head(key: nil, position: 0, end: 0)
      tree[run] = -1
      try open(run, slices?[run])
    }
    for run in runs.indices.reversed() { replay(run) }
  }

  deinit {
    heads.deallocate()
    tree.deallocate()
  }

  private func open(_ run: Int, _ slice: Range<Int>?) throws {
    guard case .memory(_, let order, let keys) = runs[run].content else {
      return try load(run)
    }
    let places = slice ?? 0..<runs[run].rowCount
    blocks[run].indexes = UnsafePointer(order.indexes)
    blocks[run].keys = keys
    blocks[run].keyVectors = runs[run].keyVectors
    if places.isEmpty { return }
    heads[run] = Head(
      key: UnsafeRawPointer(keys.bytes) + places.lowerBound * stride,
      position: places.lowerBound, end: places.upperBound)
  }

  /// Reads the next block of a spilled run; without one the run is exhausted.
  private func load(_ run: Int) throws {
    heads[run].key = nil
    guard case .file(let file, let places) = runs[run].content, blocks[run].next < places.count
    else { return }
    let rows = try file.read(places[blocks[run].next].position, types: shape.types)
    let keys = Buffer(byteCount: rows.count * stride)
    shape.layout.encode(shape.keys(rows), count: rows.count, into: keys.bytes)
    blocks[run].next += 1
    blocks[run].rows = rows
    blocks[run].keys = keys
    if !isExact { blocks[run].keyVectors = shape.keys(rows) }
    heads[run] = Head(key: UnsafeRawPointer(keys.bytes), position: 0, end: rows.count)
  }

  /// The next rows in order, at most VectorSize.current; nil at the end.
  package func next() throws -> Chunk? {
    if runs.count == 1 { return try nextOfOne() }
    if refilling >= 0 {
      try load(refilling)
      replay(refilling)
      refilling = -1
    }
    guard !runs.isEmpty else { return nil }
    for run in runs.indices {
      blocks[run].start = heads[run].position
      blocks[run].taken = 0
    }
    var count = 0
    let limit = VectorSize.current
    while count < limit {
      let winner = tree[0]
      guard heads[winner].key != nil else { break }
      sources.indexes[count] = UInt32(truncatingIfNeeded: winner)
      count &+= 1
      heads[winner].position &+= 1
      if heads[winner].position == heads[winner].end {
        heads[winner].key = nil
        if runs[winner].isSpilled {
          // Its block is needed for this output: load the next one when it is out.
          refilling = winner
          break
        }
      } else {
        heads[winner].key = heads[winner].key.unsafelyUnwrapped + stride
      }
      replay(winner)
    }
    return count == 0 ? nil : output(count)
  }

  /// One run needs no comparisons.
  private func nextOfOne() throws -> Chunk? {
    if heads[0].key == nil {
      if !runs[0].isSpilled { return nil }
      try load(0)
      if heads[0].key == nil { return nil }
    }
    let start = heads[0].position
    let end = Swift.min(heads[0].end, start + VectorSize.current)
    heads[0].position = end
    if end == heads[0].end { heads[0].key = nil }
    return rows(0, start..<end)
  }

  private func rows(_ run: Int, _ places: Range<Int>) -> Chunk {
    guard let rows = blocks[run].rows else { return runs[run].rows(places, width: width) }
    return Chunk(
      columns: rows.columns[..<width].map { $0.sliced(places) }, count: places.count)
  }

  /// Gathers the rows that `sources` names, each run's from where this output began.
  private func output(_ count: Int) -> Chunk {
    for i in 0..<count { blocks[Int(sources.indexes[i])].taken += 1 }
    var parts: [Chunk] = []
    var bases = Array(repeating: 0, count: runs.count)
    var base = 0
    for run in runs.indices where blocks[run].taken > 0 {
      let block = blocks[run]
      bases[run] = base
      base += block.taken
      parts.append(rows(run, block.start..<(block.start + block.taken)))
    }
    if parts.count == 1 { return parts[0] }
    for i in 0..<count {
      let run = Int(sources.indexes[i])
      permutation.indexes[i] = UInt32(truncatingIfNeeded: bases[run])
      bases[run] += 1
    }
    let all = Chunk.concatenated(parts, types: types)
    return all.gathered(permutation.indexes, count: count)
  }

  // MARK: Loser tree

  /// Plays a run's new head up to the root. During building, the first to come to a node waits there.
  private func replay(_ run: Int) {
    var winner = run
    var node = (run + runs.count) / 2
    while node > 0 {
      let other = tree[node]
      if other < 0 {
        tree[node] = winner
        return
      }
      if precedes(other, winner) {
        tree[node] = winner
        winner = other
      }
      node /= 2
    }
    tree[0] = winner
  }

  /// Whether run `a`'s head comes before run `b`'s.
  private func precedes(_ a: Int, _ b: Int) -> Bool {
    guard let left = heads[a].key else { return false }
    guard let right = heads[b].key else { return true }
    let order: Int
    if isExact {
      order = SortKey.compare(left, right, byteCount: stride)
    } else {
      order = shape.layout.compare(
        left, blocks[a].keyVectors, row(a), right, blocks[b].keyVectors, row(b))
    }
    return order != 0 ? order < 0 : a < b
  }

  /// Row number of a head in its key vectors.
  private func row(_ run: Int) -> Int {
    let position = heads[run].position
    if blocks[run].rows == nil, let indexes = blocks[run].indexes {
      return Int(indexes[position])
    }
    return position
  }
}
