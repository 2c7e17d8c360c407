import Glibc
internal import OlapColumns
internal import OlapStorage

/// The keys of a join's build side as a filter for scans: bounds, and an exact bitmap over a dense
/// integer range or else a blocked Bloom filter. NULL never passes.
final class BuildKeyFilter: RuntimeFilter, @unchecked Sendable {
  let bounds: (minimum: Value, maximum: Value)?
  let words: UnsafeMutablePointer<UInt64>
  private let owner: Buffer
  let form: Form
  /// Few keys, sorted: zones that hold none of them are skipped.
  private let sorted: SortedKeys?

  enum Form {
    case empty
    /// Bit `value − base` for values of `range`.
    case bitmap(base: UInt64, range: UInt64)
    /// Two bits in one 64-bit block chosen by the hash.
    case bloom(blockMask: Int)
  }

  /// A filter with no bit set.
  init(
    _ form: Form, bounds: (minimum: Value, maximum: Value)? = nil, sorted: SortedKeys? = nil
  ) {
    self.form = form
    self.sorted = sorted
    self.bounds = bounds
    owner = Buffer(byteCount: BuildKeyFilter.byteCount(form))
    memset(owner.bytes, 0, owner.byteCount)
    words = owner.bytes.assumingMemoryBound(to: UInt64.self)
  }

  static func byteCount(_ form: Form) -> Int {
    switch form {
    case .empty: 8
    case .bitmap(_, let range): (Int(range - 1) / 64 + 1) * 8
    case .bloom(let blockMask): (blockMask + 1) * 8
    }
  }

  @inline(__always)
  static func bits(_ hash: UInt64) -> UInt64 {
    1 << (hash >> 58) | 1 << (hash >> 52 & 63)
  }

  func mayPass(minimum: Int64, maximum: Int64) -> Bool? {
    if case .empty = form { return false }
    return sorted?.mayPass(minimum: minimum, maximum: maximum)
  }

  func filter(_ vector: Vector, _ selection: Selection) {
    switch form {
    case .empty:
      selection.count = 0
      return
    case .bitmap(let base, let range): filterBitmap(vector, selection, base, range)
    case .bloom(let blockMask):
      let hashes = Buffer(byteCount: vector.count * 8)
      let all = hashes.bytes.assumingMemoryBound(to: UInt64.self)
      Hash.hash([vector], count: vector.count, into: all)
      BuildKeyFilter.testBloom(all, words, blockMask, selection)
    }
    if vector.encoding == .constant {
      if !vector.isValid(0) { selection.count = 0 }
    } else if let validity = vector.validity {
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

  /// How a stored number becomes an offset into the bitmap: number × `multiplier` + `shift`.
  private struct BitmapProbe {
    let words: UnsafePointer<UInt64>
    let multiplier: UInt64
    let shift: UInt64
    let range: UInt64
  }

  private func filterBitmap(
    _ vector: Vector, _ selection: Selection, _ base: UInt64, _ range: UInt64
  ) {
    if vector.encoding == .frame {
      // Codes are tested as they are.
      let probe = BitmapProbe(
        words: words, multiplier: UInt64(bitPattern: vector.frameMultiplier),
        shift: UInt64(bitPattern: vector.frameBase) &- base, range: range)
      switch vector.codeByteCount {
      case 1: return BuildKeyFilter.test(vector.values(UInt8.self), probe, selection)
      case 2: return BuildKeyFilter.test(vector.values(UInt16.self), probe, selection)
      case 4: return BuildKeyFilter.test(vector.values(UInt32.self), probe, selection)
      default: break
      }
    }
    let flat = vector.flattened()
    let probe = BitmapProbe(words: words, multiplier: 1, shift: 0 &- base, range: range)
    switch flat.physical {
    case .uint8: BuildKeyFilter.test(flat.values(UInt8.self), probe, selection)
    case .int8: BuildKeyFilter.test(flat.values(Int8.self), probe, selection)
    case .int16: BuildKeyFilter.test(flat.values(Int16.self), probe, selection)
    case .uint16: BuildKeyFilter.test(flat.values(UInt16.self), probe, selection)
    case .int32: BuildKeyFilter.test(flat.values(Int32.self), probe, selection)
    case .uint32: BuildKeyFilter.test(flat.values(UInt32.self), probe, selection)
    default: BuildKeyFilter.test(flat.values(Int64.self), probe, selection)
    }
  }

  private static func test<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ probe: BitmapProbe, _ selection: Selection
  ) {
    let (words, multiplier, shift) = (probe.words, probe.multiplier, probe.shift)
    let last: UInt64 = probe.range &- 1
    let rows = selection.indexes
    let count = selection.count
    var n = 0
    for k in 0..<count {
      let row = rows[k]
      let offset: UInt64 =
        UInt64(truncatingIfNeeded: values[Int(row)]) &* multiplier &+ shift
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
