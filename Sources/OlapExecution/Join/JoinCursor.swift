/// Walks the chains of a chunk's probe rows and yields pairs (left row, right row), with the loops
/// over such pairs.
struct JoinCursor {
  private var row = -1
  /// Next candidate of `row`, UInt32.max = go to the next row.
  private var current: UInt32 = .max
  var isFinished = false

  /// Up to `limit` pairs from where the last call stopped.
  mutating func expand(
    _ heads: UnsafePointer<UInt32>, _ next: UnsafePointer<UInt32>, _ count: Int, limit: Int,
    _ lefts: UnsafeMutablePointer<UInt32>, _ rights: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var n = 0
    var row = self.row
    var current = self.current
    while true {
      if current == .max {
        row &+= 1
        if row >= count {
          isFinished = true
          break
        }
        current = heads[row]
        continue
      }
      if n == limit { break }
      lefts[n] = UInt32(truncatingIfNeeded: row)
      rights[n] = current
      n &+= 1
      current = next[Int(current)]
    }
    self.row = row
    self.current = current
    return n
  }

  /// The pairs of all rows with the row their head names; one per row at most.
  static func pairs(
    _ heads: UnsafePointer<UInt32>, _ count: Int, _ lefts: UnsafeMutablePointer<UInt32>,
    _ rights: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var n = 0
    for i in 0..<count {
      let head: UInt32 = heads[i]
      lefts[n] = UInt32(truncatingIfNeeded: i)
      rights[n] = head
      n &+= Int(unsafeBitCast(head != .max, to: UInt8.self))
    }
    return n
  }

  /// Keeps the pairs whose mask byte is 1.
  static func compact(
    _ mask: UnsafePointer<UInt8>, _ count: Int, _ lefts: UnsafeMutablePointer<UInt32>,
    _ rights: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var n = 0
    for k in 0..<count {
      let left: UInt32 = lefts[k]
      let right: UInt32 = rights[k]
      lefts[n] = left
      rights[n] = right
      n &+= Int(mask[k])
    }
    return n
  }

  /// `values[k] = values[positions[k]]`; positions ascend.
  static func pick(
    _ positions: UnsafePointer<UInt32>, _ count: Int, _ values: UnsafeMutablePointer<UInt32>
  ) {
    for k in 0..<count { values[k] = values[Int(positions[k])] }
  }

  static func mark(
    _ rows: UnsafePointer<UInt32>, _ count: Int, _ flags: UnsafeMutablePointer<UInt8>
  ) {
    for k in 0..<count { flags[Int(rows[k])] = 1 }
  }

  /// As `mark`; false when a row is marked twice.
  static func markOnce(
    _ rows: UnsafePointer<UInt32>, _ count: Int, _ flags: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    var repeated: UInt8 = 0
    for k in 0..<count {
      repeated |= flags[Int(rows[k])]
      flags[Int(rows[k])] = 1
    }
    return repeated == 0
  }

  /// Moves each head to the next row of its chain; settled rows are done.
  static func advance(
    _ heads: UnsafeMutablePointer<UInt32>, _ count: Int, _ next: UnsafePointer<UInt32>,
    settled: UnsafePointer<UInt8>
  ) {
    for i in 0..<count where heads[i] != .max {
      heads[i] = settled[i] != 0 ? .max : next[Int(heads[i])]
    }
  }

  /// Drops the heads whose build row is marked already.
  static func dropMarked(
    _ heads: UnsafeMutablePointer<UInt32>, _ count: Int, _ flags: UnsafePointer<UInt8>
  ) {
    for i in 0..<count where heads[i] != .max && flags[Int(heads[i])] != 0 { heads[i] = .max }
  }

  /// Whether the rows are 0, 1, 2 …
  static func isIdentity(_ rows: UnsafePointer<UInt32>, _ count: Int) -> Bool {
    var differences: UInt32 = 0
    for k in 0..<count { differences |= rows[k] ^ UInt32(truncatingIfNeeded: k) }
    return differences == 0
  }

  /// Notes each left row's match; false when one has two.
  static func assign(
    _ lefts: UnsafePointer<UInt32>, _ rights: UnsafePointer<UInt32>, _ count: Int,
    _ selected: UnsafeMutablePointer<UInt32>
  ) -> Bool {
    var before: UInt32 = .max
    for k in 0..<count {
      let left = Int(lefts[k])
      before &= selected[left]
      selected[left] = rights[k]
    }
    return before == .max
  }

  /// Rows whose flag is `wanted`.
  static func select(
    _ flags: UnsafePointer<UInt8>, equal wanted: UInt8, _ count: Int,
    _ out: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var n = 0
    for i in 0..<count {
      out[n] = UInt32(truncatingIfNeeded: i)
      n &+= Int(unsafeBitCast(flags[i] == wanted, to: UInt8.self))
    }
    return n
  }
}
