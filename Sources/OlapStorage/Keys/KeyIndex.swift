internal import CIntrinsics
import Glibc
internal import OlapColumns

/// The key index of one row group as it is stored: three plain segments.
struct StoredKeyIndex: Sendable {
  let columnIDs: [UInt32]
  /// Tells indexes built with another hash function apart.
  let signature: UInt64
  let hashes: Segment
  let rows: Segment
  let filter: Segment

  func load(rowCount: Int) throws -> KeyIndex {
    let hashes: Vector = try self.hashes.load().whole
    let rows: Vector = try self.rows.load().whole
    let filter: Vector = try self.filter.load().whole
    guard hashes.count == rows.count, hashes.physical == .uint32, rows.physical == .uint32,
      filter.physical == .uint64, filter.count > 0,
      hashes.encoding == .flat, rows.encoding == .flat, filter.encoding == .flat
    else { throw StorageError.conflict("a key index does not decode") }
    return KeyIndex(hashes: hashes, rows: rows, filter: filter, rowCount: rowCount)
  }
}

/// The columns of a key index before they are stored: rows without NULL in the key, by hash.
struct EncodedKeyIndex {
  /// Upper halves of the rows' hashes, ascending.
  let hashes: Vector
  /// Row of each hash.
  let rows: Vector
  /// Blocked Bloom filter: four bits in one 64-bit word per key, twelve bits a key.
  let filter: Vector

  init(vectors: [Vector], count: Int) {
    var pairs: [UInt64] = []
    pairs.reserveCapacity(count)
    let step = 2048
    let words: Int = Swift.max(1, count * 12 / 64)
    let filter = Vector.flat(.ubigint, count: words)
    memset(filter.data, 0, words * 8)
    let bits = filter.values(UInt64.self)
    var hashes = [UInt64](repeating: 0, count: step)
    var start = 0
    while start < count {
      let n: Int = Swift.min(step, count - start)
      let slices: [Vector] = vectors.map { $0.sliced(start..<(start + n)) }
      hashes.withUnsafeMutableBufferPointer { out in
        if let out = out.baseAddress { Hash.hash(slices, count: n, into: out) }
      }
      let nullable: [Vector] = slices.filter { $0.validity != nil }
      for i in 0..<n where nullable.allSatisfy({ $0.isValid(i) }) {
        let hash: UInt64 = hashes[i]
        pairs.append(hash & 0xffff_ffff_0000_0000 | UInt64(start + i))
        bits[KeyIndex.word(hash, words)] |= KeyIndex.pattern(hash)
      }
      start += n
    }
    EncodedKeyIndex.sort(&pairs)
    let sorted = Vector.flat(.uinteger, count: pairs.count)
    let rows = Vector.flat(.uinteger, count: pairs.count)
    let h = sorted.values(UInt32.self)
    let r = rows.values(UInt32.self)
    for i in 0..<pairs.count {
      h[i] = UInt32(truncatingIfNeeded: pairs[i] >> 32)
      r[i] = UInt32(truncatingIfNeeded: pairs[i])
    }
    self.hashes = sorted
    self.rows = rows
    self.filter = filter
  }

  /// Radix sort by the upper half, three passes of 11 bits; stable.
  private static func sort(_ pairs: inout [UInt64]) {
    if pairs.count < 256 {
      pairs.sort()
      return
    }
    var other = [UInt64](repeating: 0, count: pairs.count)
    for shift: UInt64 in [32, 43, 54] {
      var counts = [Int](repeating: 0, count: 2048)
      for pair in pairs { counts[Int(truncatingIfNeeded: pair >> shift) & 2047] += 1 }
      var total = 0
      for i in 0..<2048 { (counts[i], total) = (total, total + counts[i]) }
      for pair in pairs {
        let bucket: Int = Int(truncatingIfNeeded: pair >> shift) & 2047
        other[counts[bucket]] = pair
        counts[bucket] += 1
      }
      swap(&pairs, &other)
    }
  }
}

/// Finds rows of a sealed row group by key hash: a filter, then sorted hashes.
///
/// Thread-safe: immutable.
final class KeyIndex: @unchecked Sendable {
  private let hashes: Vector
  private let rows: Vector
  private let filter: Vector
  private let rowCount: Int

  init(hashes: Vector, rows: Vector, filter: Vector, rowCount: Int) {
    self.hashes = hashes
    self.rows = rows
    self.filter = filter
    self.rowCount = rowCount
  }

  convenience init(_ encoded: EncodedKeyIndex) {
    self.init(
      hashes: encoded.hashes, rows: encoded.rows, filter: encoded.filter, rowCount: 1 << 24)
  }

  /// What the hash function gives for two known values: an index with another signature is stale.
  static let signature: UInt64 =
    Hash.hash(.integer(42), type: .bigint) ^ Hash.hash(.varchar("olap key index"), type: .varchar)

  /// First position whose hash is not below `wanted`. Hashes are uniform, so the position is known up to
  /// some √n entries: a binary search in that window, or everywhere when it misses.
  @inline(__always) private static func lowerBound(
    _ sorted: UnsafePointer<UInt32>, _ n: Int, _ wanted: UInt32
  ) -> Int {
    let guess = Int((UInt64(wanted) &* UInt64(n)) >> 32)
    var low: Int = Swift.max(0, guess - 512)
    var high: Int = Swift.min(n, guess + 512)
    if low > 0 && sorted[low] >= wanted { low = 0 }
    if high < n && sorted[high - 1] < wanted { high = n }
    while low < high {
      let middle: Int = (low + high) / 2
      if sorted[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    return low
  }

  @inline(__always) static func word(_ hash: UInt64, _ words: Int) -> Int {
    Int(truncatingIfNeeded: ((hash >> 32) &* UInt64(words)) >> 32)
  }
  @inline(__always) static func pattern(_ hash: UInt64) -> UInt64 {
    (1 << (hash & 63)) | (1 << ((hash >> 6) & 63)) | (1 << ((hash >> 12) & 63))
      | (1 << ((hash >> 18) & 63))
  }

  /// Appends (probe row, offset) of rows with an equal (upper half of the) hash.
  func candidates(
    _ probes: UnsafePointer<UInt64>, open: ArraySlice<UInt32>,
    into result: inout (probe: [UInt32], row: [UInt32])
  ) {
    let n: Int = hashes.count
    if n == 0 { return }
    let words: Int = filter.count
    let bits = UnsafePointer(filter.values(UInt64.self))
    // Pass 1: the filter, without branches; pass 2: the few that hit.
    var hits = [UInt32](repeating: 0, count: open.count + 1)
    let hitCount: Int = hits.withUnsafeMutableBufferPointer { hits in
      open.withUnsafeBufferPointer { open in
        var k = 0
        for i in 0..<open.count {
          let hash: UInt64 = probes[Int(open[i])]
          let pattern: UInt64 = KeyIndex.pattern(hash)
          hits[k] = open[i]
          k &+= Int(
            unsafeBitCast(bits[KeyIndex.word(hash, words)] & pattern == pattern, to: UInt8.self))
        }
        return k
      }
    }
    let sorted = UnsafePointer(hashes.values(UInt32.self))
    let offsets = UnsafePointer(rows.values(UInt32.self))
    for i in 0..<hitCount {
      let wanted = UInt32(truncatingIfNeeded: probes[Int(hits[i])] >> 32)
      var position: Int = KeyIndex.lowerBound(sorted, n, wanted)
      while position < n && sorted[position] == wanted {
        if Int(offsets[position]) < rowCount {
          result.probe.append(hits[i])
          result.row.append(offsets[position])
        }
        position += 1
      }
    }
  }
}
