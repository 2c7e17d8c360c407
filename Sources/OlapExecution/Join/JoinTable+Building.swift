import CIntrinsics
import Glibc
internal import OlapColumns
import Synchronization

// Tables are filled by regions of slots: each worker claims a region, reads all keys and inserts those
// that belong there, so no two threads write one slot. Rows are inserted from the last to the first,
// so chains ascend.

extension JoinTable {
  /// Rows that can never match: mask of 1 = excluded, nil when there are none.
  struct ExcludedRows {
    let owner: Buffer?
    var mask: UnsafeMutablePointer<UInt8>? {
      owner?.bytes.assumingMemoryBound(to: UInt8.self)
    }
  }

  static func excludedRows(_ keys: [Vector], _ matchesNull: [Bool], _ n: Int) -> ExcludedRows {
    var buffer: Buffer?
    for (key, matches) in zip(keys, matchesNull) where !matches {
      guard let validity = key.validity else { continue }
      let memory = buffer ?? Buffer(byteCount: n)
      let mask = memory.bytes.assumingMemoryBound(to: UInt8.self)
      if buffer == nil { memset(mask, 0, n) }
      buffer = memory
      for i in 0..<n { mask[i] |= validity[i] ^ 1 }
    }
    return ExcludedRows(owner: buffer)
  }

  /// Least value and number of values from it to the greatest.
  typealias DenseRange = (base: UInt64, range: UInt64)

  /// The range of the keys, when an array over it is worth its memory.
  static func denseRange(_ key: Vector, _ excluded: ExcludedRows, _ n: Int) -> DenseRange? {
    guard n > 0, let (low, high) = extremes(key, excluded, n) else { return nil }
    let distance: UInt64 = UInt64(bitPattern: high) &- UInt64(bitPattern: low)
    let limit: Int = Swift.max(n * 8, n >= 4096 ? 1 << 20 : 1 << 16)
    if distance >= UInt64(limit) { return nil }
    return (UInt64(bitPattern: low), distance + 1)
  }

  private static func extremes(
    _ key: Vector, _ excluded: ExcludedRows, _ n: Int
  ) -> (Int64, Int64)? {
    let mask = UnsafePointer(excluded.mask)
    let result: (Int64, Int64)
    switch key.physical {
    case .bool, .uint8: result = extremes(key.values(UInt8.self), mask, n)
    case .int8: result = extremes(key.values(Int8.self), mask, n)
    case .int16: result = extremes(key.values(Int16.self), mask, n)
    case .uint16: result = extremes(key.values(UInt16.self), mask, n)
    case .int32: result = extremes(key.values(Int32.self), mask, n)
    case .uint32: result = extremes(key.values(UInt32.self), mask, n)
    default: result = extremes(key.values(Int64.self), mask, n)
    }
    return result.0 > result.1 ? nil : result
  }

  private static func extremes<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ mask: UnsafePointer<UInt8>?, _ n: Int
  ) -> (Int64, Int64) {
    var low = Int64.max
    var high = Int64.min
    Cancellation.strides(n) { range in
      for i in range {
        if let mask, mask[i] != 0 { continue }
        let value = Int64(truncatingIfNeeded: values[i])
        low = Swift.min(low, value)
        high = Swift.max(high, value)
      }
    }
    return (low, high)
  }

  // MARK: Dense

  static func makeDense(
    _ key: Vector, _ excluded: ExcludedRows, _ n: Int, _ range: DenseRange,
    chain: UnsafeMutablePointer<UInt32>, regions: Int
  ) throws -> (Form, hasDuplicates: Bool) {
    let slots = Int(range.range)
    let heads = try allocateTable(byteCount: (slots + 1) * 4).assumingMemoryBound(to: UInt32.self)
    let step = (slots + regions) / regions
    let hasDuplicates = Atomic<Bool>(false)
    let counter = MorselCounter()
    try WorkerPool.shared.run(workers: regions) { _ in
      while let region = counter.next(limit: regions) {
        let first = Swift.min(slots + 1, region * step)
        let end = Swift.min(slots + 1, first + step)
        try Cancellation.clear(heads + first, 0xff, byteCount: (end - first) * 4)
        let part = Region(
          base: range.base &+ UInt64(first), count: UInt64(end - first), heads: heads + first,
          mask: UnsafePointer(excluded.mask), chain: chain)
        if try fillDense(key, n, part) { hasDuplicates.store(true, ordering: .relaxed) }
      }
    }
    return (
      .dense(heads: heads, base: range.base, range: range.range),
      hasDuplicates.load(ordering: .relaxed)
    )
  }

  private struct Region {
    let base: UInt64
    let count: UInt64
    let heads: UnsafeMutablePointer<UInt32>
    let mask: UnsafePointer<UInt8>?
    let chain: UnsafeMutablePointer<UInt32>
  }

  private static func fillDense(_ key: Vector, _ n: Int, _ region: Region) throws -> Bool {
    switch key.physical {
    case .bool, .uint8: try fillDense(key.values(UInt8.self), n, region)
    case .int8: try fillDense(key.values(Int8.self), n, region)
    case .int16: try fillDense(key.values(Int16.self), n, region)
    case .uint16: try fillDense(key.values(UInt16.self), n, region)
    case .int32: try fillDense(key.values(Int32.self), n, region)
    case .uint32: try fillDense(key.values(UInt32.self), n, region)
    default: try fillDense(key.values(Int64.self), n, region)
    }
  }

  /// True when a chain has two rows.
  private static func fillDense<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ n: Int, _ region: Region
  ) throws -> Bool {
    let (base, count, heads, chain) = (region.base, region.count, region.heads, region.chain)
    var duplicates: UInt32 = .max
    var i = n
    while i > 0 {
      let stop = Swift.max(0, i &- Cancellation.rowStride)
      while i > stop {
        i &-= 1
        if let mask = region.mask, mask[i] != 0 { continue }
        let slot = UInt64(truncatingIfNeeded: values[i]) &- base
        if slot >= count { continue }
        let head: UInt32 = heads[Int(truncatingIfNeeded: slot)]
        duplicates &= head
        chain[i] = head
        heads[Int(truncatingIfNeeded: slot)] = UInt32(truncatingIfNeeded: i)
      }
      try Cancellation.check()
    }
    return duplicates != .max
  }

  // MARK: Hashed

  private static func capacity(_ n: Int) -> Int {
    var capacity = 64
    while capacity < n * 2 { capacity *= 2 }
    return capacity
  }

  /// Most bytes that a table over `n` rows takes.
  static func estimatedByteCount(_ n: Int) -> Int {
    capacity(n) * MemoryLayout<Entry>.stride + n * 4
  }

  static func makeHashed(
    _ keys: [Vector], _ excluded: ExcludedRows, _ n: Int, chain: UnsafeMutablePointer<UInt32>,
    regions: Int
  ) throws -> (Form, hasDuplicates: Bool) {
    let capacity = capacity(n)
    let entries = try allocateTable(byteCount: capacity * MemoryLayout<Entry>.stride)
      .assumingMemoryBound(to: Entry.self)
    let memory = Buffer(byteCount: n * 8)
    let hashes = memory.bytes.assumingMemoryBound(to: UInt64.self)
    let step = (n + regions - 1) / regions
    let parts = MorselCounter()
    try WorkerPool.shared.run(workers: regions) { _ in
      while let part = parts.next(limit: regions) {
        let range = Swift.min(n, part * step)..<Swift.min(n, (part + 1) * step)
        Hash.hash(
          keys.map { $0.sliced(range) }, count: range.count, into: hashes + range.lowerBound)
      }
    }
    let filled = HashedFill(
      hashes: hashes, mask: UnsafePointer(excluded.mask), count: n, entries: entries,
      slotMask: capacity - 1, chain: chain)
    let hasDuplicates = Atomic<Bool>(false)
    let leftover: Mutex<[[UInt32]]> = Mutex([])
    let slots = (capacity + regions - 1) / regions
    let counter = MorselCounter()
    try WorkerPool.shared.run(workers: regions) { _ in
      while let region = counter.next(limit: regions) {
        let first = Swift.min(capacity, region * slots)
        let end = Swift.min(capacity, first + slots)
        try Cancellation.clear(
          entries + first, 0, byteCount: (end - first) * MemoryLayout<Entry>.stride)
        var overflow: [UInt32] = []
        if try filled.fill(first..<end, isWhole: regions == 1, overflow: &overflow) {
          hasDuplicates.store(true, ordering: .relaxed)
        }
        if !overflow.isEmpty { leftover.withLock { $0.append(overflow) } }
      }
    }
    // What ran into the next region comes last: all slots it passed are full by now.
    for rows in leftover.withLock({ $0 }) where try filled.insert(rows) {
      hasDuplicates.store(true, ordering: .relaxed)
    }
    return withExtendedLifetime((memory, excluded.owner)) {
      (.hashed(entries: entries, mask: capacity - 1), hasDuplicates.load(ordering: .relaxed))
    }
  }
}

/// Inserts rows into a hashed table's entries.
private struct HashedFill {
  let hashes: UnsafePointer<UInt64>
  let mask: UnsafePointer<UInt8>?
  let count: Int
  let entries: UnsafeMutablePointer<JoinTable.Entry>
  let slotMask: Int
  let chain: UnsafeMutablePointer<UInt32>

  /// Inserts the rows whose slot lies in `region`; those that would leave it go to `overflow`, unless
  /// the region is the whole table. True when a chain has two rows.
  func fill(_ region: Range<Int>, isWhole: Bool, overflow: inout [UInt32]) throws -> Bool {
    var hasDuplicates = false
    let distance = 16
    let first = region.lowerBound
    let end = region.upperBound
    var i = count
    while i > 0 {
      let stop = Swift.max(0, i &- Cancellation.rowStride)
      while i > stop {
        i &-= 1
        if i >= distance {
          let ahead = Int(truncatingIfNeeded: hashes[i &- distance]) & slotMask
          if ahead >= first && ahead < end { olap_prefetch(entries + ahead) }
        }
        let hash: UInt64 = hashes[i]
        var slot = Int(truncatingIfNeeded: hash) & slotMask
        if slot < first || slot >= end { continue }
        if let mask, mask[i] != 0 { continue }
        while entries[slot].row != 0 && entries[slot].hash != hash {
          slot = slot &+ 1
          if slot == end {
            if !isWhole { break }
            slot = 0
          }
        }
        if slot == end {
          overflow.append(UInt32(truncatingIfNeeded: i))
        } else if put(i, hash, slot) {
          hasDuplicates = true
        }
      }
      try Cancellation.check()
    }
    return hasDuplicates
  }

  /// Inserts rows, descending, wherever there is room.
  func insert(_ rows: [UInt32]) throws -> Bool {
    var hasDuplicates = false
    var pacer = Cancellation.Pacer()
    for row in rows {
      try pacer.tick()
      let hash = hashes[Int(row)]
      var slot = Int(truncatingIfNeeded: hash) & slotMask
      while entries[slot].row != 0 && entries[slot].hash != hash { slot = (slot &+ 1) & slotMask }
      if put(Int(row), hash, slot) { hasDuplicates = true }
    }
    return hasDuplicates
  }

  @inline(__always)
  private func put(_ row: Int, _ hash: UInt64, _ slot: Int) -> Bool {
    let head = UInt32(truncatingIfNeeded: entries[slot].row) &- 1
    chain[row] = head
    entries[slot] = JoinTable.Entry(hash: hash, row: UInt64(truncatingIfNeeded: row &+ 1))
    return head != .max
  }
}
