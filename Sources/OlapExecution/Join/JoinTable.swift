import CIntrinsics
import Glibc
internal import OlapColumns

/// Finds build rows by key. Rows of one key (or hash) form a chain in ascending row order.
///
/// Two forms: `dense`, an array over the range of one integer key, and `hashed`, linear probing over
/// 16-byte entries (hash, first row), at most half full. Row numbers are 32 bits; UInt32.max = none.
/// Complete after `init`; read by many threads.
final class JoinTable: @unchecked Sendable {
  struct Entry: BitwiseCopyable {
    var hash: UInt64
    /// First row of the chain + 1; 0 = empty.
    var row: UInt64
  }

  enum Form {
    /// `heads` has `range` slots and one more that is always empty.
    case dense(heads: UnsafeMutablePointer<UInt32>, base: UInt64, range: UInt64)
    case hashed(entries: UnsafeMutablePointer<Entry>, mask: Int)
  }

  /// Rows in one chain have equal keys: candidates need no verification.
  let isExact: Bool
  /// Row after each row of a chain; nil when no chain is longer than one row.
  let next: UnsafeMutablePointer<UInt32>?
  private let form: Form
  let byteCount: Int
  private let matchesNull: [Bool]

  /// `keys`: flat vectors of `count` rows. Rows with NULL in a key that does not match NULL stay out.
  /// Large tables are filled by up to `workers` threads.
  init(keys: [Vector], matchesNull: [Bool], count: Int, workers: Int) throws {
    self.matchesNull = matchesNull
    let excluded = JoinTable.excludedRows(keys, matchesNull, count)
    isExact = keys.count == 1 && !matchesNull[0] && JoinTable.isInteger(keys[0].physical)
    let chain = try allocateTable(byteCount: Swift.max(count, 1) * 4)
      .assumingMemoryBound(to: UInt32.self)
    let regions = count < 1 << 15 ? 1 : Swift.min(Swift.max(workers, 1), 16)
    let hasDuplicates: Bool
    do {
      if isExact, let range = JoinTable.denseRange(keys[0], excluded, count) {
        (form, hasDuplicates) = try JoinTable.makeDense(
          keys[0], excluded, count, range, chain: chain, regions: regions)
      } else {
        (form, hasDuplicates) = try JoinTable.makeHashed(
          keys, excluded, count, chain: chain, regions: regions)
      }
    } catch {
      releaseMemory(chain, byteCount: count * 4)
      throw error
    }
    var bytes: Int
    switch form {
    case .dense(_, _, let range): bytes = (Int(range) + 1) * 4
    case .hashed(_, let mask): bytes = (mask + 1) * MemoryLayout<Entry>.stride
    }
    if hasDuplicates {
      next = chain
      bytes += count * 4
    } else {
      next = nil
      releaseMemory(chain, byteCount: count * 4)
    }
    byteCount = bytes
  }

  deinit {
    if let next { releaseMemory(next, byteCount: byteCount) }
    switch form {
    case .dense(let heads, _, _): releaseMemory(heads, byteCount: byteCount)
    case .hashed(let entries, _): releaseMemory(entries, byteCount: byteCount)
    }
  }

  static func isInteger(_ physical: PhysicalType) -> Bool {
    switch physical {
    case .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  // MARK: Probing

  /// First row of each probe row's chain to `out`, UInt32.max where there is none. `keys` are flat.
  func probe(
    _ keys: [Vector], count n: Int, hashes: UnsafeMutablePointer<UInt64>,
    into out: UnsafeMutablePointer<UInt32>
  ) {
    switch form {
    case .dense(let heads, let base, let range):
      JoinTable.probeDense(keys[0], n, base, range, heads, out)
    case .hashed(let entries, let mask):
      Hash.hash(keys, count: n, into: hashes)
      JoinTable.probeHashed(hashes, n, entries, mask, out)
    }
    for (key, matches) in zip(keys, matchesNull) where !matches {
      // OR with all ones makes the row number "none".
      if let validity = key.validity {
        for i in 0..<n { out[i] |= 0 &- UInt32(validity[i] ^ 1) }
      }
    }
  }

  private static func probeDense(
    _ key: Vector, _ n: Int, _ base: UInt64, _ range: UInt64, _ heads: UnsafePointer<UInt32>,
    _ out: UnsafeMutablePointer<UInt32>
  ) {
    switch key.physical {
    case .bool, .uint8: lookUp(key.values(UInt8.self), n, base, range, heads, out)
    case .int8: lookUp(key.values(Int8.self), n, base, range, heads, out)
    case .int16: lookUp(key.values(Int16.self), n, base, range, heads, out)
    case .uint16: lookUp(key.values(UInt16.self), n, base, range, heads, out)
    case .int32: lookUp(key.values(Int32.self), n, base, range, heads, out)
    case .uint32: lookUp(key.values(UInt32.self), n, base, range, heads, out)
    default: lookUp(key.values(Int64.self), n, base, range, heads, out)
    }
  }

  private static func lookUp<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ n: Int, _ base: UInt64, _ range: UInt64,
    _ heads: UnsafePointer<UInt32>, _ out: UnsafeMutablePointer<UInt32>
  ) {
    for i in 0..<n {
      let offset: UInt64 = UInt64(truncatingIfNeeded: values[i]) &- base
      out[i] = heads[Int(truncatingIfNeeded: Swift.min(offset, range))]
    }
  }

  private static func probeHashed(
    _ hashes: UnsafePointer<UInt64>, _ n: Int, _ entries: UnsafePointer<Entry>, _ mask: Int,
    _ out: UnsafeMutablePointer<UInt32>
  ) {
    let distance = 16
    for i in 0..<Swift.min(distance, n) {
      olap_prefetch(entries + (Int(truncatingIfNeeded: hashes[i]) & mask))
    }
    for i in 0..<n {
      let ahead = i &+ distance
      if ahead < n { olap_prefetch(entries + (Int(truncatingIfNeeded: hashes[ahead]) & mask)) }
      let hash: UInt64 = hashes[i]
      var slot = Int(truncatingIfNeeded: hash) & mask
      while true {
        let entry: Entry = entries[slot]
        if entry.hash == hash || entry.row == 0 {
          // An empty entry gives 0 − 1: none, also where its hash of 0 is equal.
          out[i] = UInt32(truncatingIfNeeded: entry.row) &- 1
          break
        }
        slot = (slot &+ 1) & mask
      }
    }
  }
}
