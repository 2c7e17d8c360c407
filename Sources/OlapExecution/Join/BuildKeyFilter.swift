import Glibc
package import OlapColumns

/// The keys of a join's build side as a filter for scans: bounds, and an exact bitmap over a dense
/// integer range or else a blocked Bloom filter. NULL never passes.
final class BuildKeyFilter: RuntimeFilter, @unchecked Sendable {
  let bounds: (minimum: Value, maximum: Value)?
  private let words: UnsafeMutablePointer<UInt64>
  private let owner: Buffer
  private let form: Form

  private enum Form {
    case empty
    /// Bit `value − base` for values of `range`.
    case bitmap(base: UInt64, range: UInt64)
    /// Two bits in one 64-bit block chosen by the hash.
    case bloom(blockMask: Int)
  }

  /// nil when nothing useful can be made of keys of this type. `keys` is flat, of `n` rows.
  init?(_ keys: Vector, count n: Int) {
    let valid = keys.validity
    guard let some = (0..<n).first(where: { valid?[$0] ?? 1 != 0 }) else {
      bounds = nil
      form = .empty
      owner = Buffer(byteCount: 8)
      words = owner.bytes.assumingMemoryBound(to: UInt64.self)
      return
    }
    if keys.type.isFrameEncodable && JoinTable.isInteger(keys.physical) && keys.physical != .bool
      && keys.physical != .uint64
    {
      let widened = BuildKeyFilter.widened(keys, n)
      let values = UnsafePointer(widened.bytes.assumingMemoryBound(to: Int64.self))
      let (low, high) = BuildKeyFilter.extremes(values, valid, n, some)
      bounds = (keys.value(at: low), keys.value(at: high))
      let base = UInt64(bitPattern: values[low])
      let distance = UInt64(bitPattern: values[high]) &- base
      if distance < UInt64(Swift.max(n * 64, 1 << 20)) && distance < 1 << 30 {
        let count = Int(distance / 64) + 1
        owner = Buffer(byteCount: count * 8)
        words = owner.bytes.assumingMemoryBound(to: UInt64.self)
        memset(words, 0, count * 8)
        form = .bitmap(base: base, range: distance + 1)
        for i in 0..<n where valid?[i] ?? 1 != 0 {
          let offset = UInt64(bitPattern: values[i]) &- base
          words[Int(offset >> 6)] |= 1 << (offset & 63)
        }
        return
      }
    } else if keys.physical == .list || keys.physical == .structure {
      return nil
    } else {
      bounds = nil
    }
    var blocks = 64
    while blocks * 4 < n { blocks *= 2 }
    // Beyond 32 MiB the filter would miss the caches on every row.
    if blocks > 1 << 22 { return nil }
    owner = Buffer(byteCount: blocks * 8)
    words = owner.bytes.assumingMemoryBound(to: UInt64.self)
    memset(words, 0, blocks * 8)
    form = .bloom(blockMask: blocks - 1)
    let hashes = Buffer(byteCount: n * 8)
    let all = hashes.bytes.assumingMemoryBound(to: UInt64.self)
    Hash.hash([keys], count: n, into: all)
    for i in 0..<n where valid?[i] ?? 1 != 0 {
      words[Int(truncatingIfNeeded: all[i]) & (blocks - 1)] |= BuildKeyFilter.bits(all[i])
    }
  }

  /// The integers of a flat vector as 64 bits each.
  private static func widened(_ key: Vector, _ n: Int) -> Buffer {
    let buffer = Buffer(byteCount: n * 8)
    let out = buffer.bytes.assumingMemoryBound(to: Int64.self)
    switch key.physical {
    case .uint8: copy(key.values(UInt8.self), n, out)
    case .int8: copy(key.values(Int8.self), n, out)
    case .int16: copy(key.values(Int16.self), n, out)
    case .uint16: copy(key.values(UInt16.self), n, out)
    case .int32: copy(key.values(Int32.self), n, out)
    case .uint32: copy(key.values(UInt32.self), n, out)
    default: copy(key.values(Int64.self), n, out)
    }
    return buffer
  }

  private static func copy<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ n: Int, _ out: UnsafeMutablePointer<Int64>
  ) {
    for i in 0..<n { out[i] = Int64(truncatingIfNeeded: values[i]) }
  }

  /// Rows of the least and greatest valid value.
  private static func extremes(
    _ values: UnsafePointer<Int64>, _ valid: UnsafePointer<UInt8>?, _ n: Int, _ some: Int
  ) -> (low: Int, high: Int) {
    var low = some
    var high = some
    for i in 0..<n where valid?[i] ?? 1 != 0 {
      if values[i] < values[low] { low = i }
      if values[i] > values[high] { high = i }
    }
    return (low, high)
  }

  @inline(__always)
  private static func bits(_ hash: UInt64) -> UInt64 {
    1 << (hash >> 58) | 1 << (hash >> 52 & 63)
  }

  func filter(_ vector: Vector, _ selection: Selection) {
    let flat: Vector
    switch form {
    case .empty:
      selection.count = 0
      return
    case .bitmap(let base, let range):
      flat = vector.flattened()
      filterBitmap(flat, selection, base, range)
    case .bloom(let blockMask):
      flat = vector
      let hashes = Buffer(byteCount: vector.count * 8)
      let all = hashes.bytes.assumingMemoryBound(to: UInt64.self)
      Hash.hash([vector], count: vector.count, into: all)
      BuildKeyFilter.testBloom(all, words, blockMask, selection)
    }
    if flat.encoding == .constant {
      if !flat.isValid(0) { selection.count = 0 }
    } else if let validity = flat.validity {
      let rows = selection.indexes
      var n = 0
      for k in 0..<selection.count {
        let row = rows[k]
        rows[n] = row
        n &+= Int(validity[Int(row)])
      }
      selection.count = n
    }
  }

  private func filterBitmap(
    _ flat: Vector, _ selection: Selection, _ base: UInt64, _ range: UInt64
  ) {
    switch flat.physical {
    case .bool, .uint8:
      BuildKeyFilter.test(flat.values(UInt8.self), words, base, range, selection)
    case .int8: BuildKeyFilter.test(flat.values(Int8.self), words, base, range, selection)
    case .int16: BuildKeyFilter.test(flat.values(Int16.self), words, base, range, selection)
    case .uint16: BuildKeyFilter.test(flat.values(UInt16.self), words, base, range, selection)
    case .int32: BuildKeyFilter.test(flat.values(Int32.self), words, base, range, selection)
    case .uint32: BuildKeyFilter.test(flat.values(UInt32.self), words, base, range, selection)
    default: BuildKeyFilter.test(flat.values(Int64.self), words, base, range, selection)
    }
  }

  private static func test<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ words: UnsafePointer<UInt64>, _ base: UInt64, _ range: UInt64,
    _ selection: Selection
  ) {
    let rows = selection.indexes
    let count = selection.count
    let last: UInt64 = range &- 1
    var n = 0
    for k in 0..<count {
      let row = rows[k]
      let offset: UInt64 = UInt64(truncatingIfNeeded: values[Int(row)]) &- base
      let inside = UInt64(unsafeBitCast(offset <= last, to: UInt8.self))
      let safe: UInt64 = Swift.min(offset, last)
      let bit: UInt64 = words[Int(truncatingIfNeeded: safe >> 6)] >> (safe & 63)
      rows[n] = row
      n &+= Int(truncatingIfNeeded: bit & inside)
    }
    selection.count = n
  }

  private static func testBloom(
    _ hashes: UnsafePointer<UInt64>, _ words: UnsafePointer<UInt64>, _ blockMask: Int,
    _ selection: Selection
  ) {
    let rows = selection.indexes
    let count = selection.count
    var n = 0
    for k in 0..<count {
      let row = rows[k]
      let hash: UInt64 = hashes[Int(row)]
      let wanted: UInt64 = bits(hash)
      let block: UInt64 = words[Int(truncatingIfNeeded: hash) & blockMask]
      rows[n] = row
      n &+= Int(unsafeBitCast(block & wanted == wanted, to: UInt8.self))
    }
    selection.count = n
  }
}
