internal import OlapColumns
internal import OlapStorage

extension BuildKeyFilter {
  /// Widest filter: beyond this it would miss the caches on every row.
  private static let maximumBytes = 32 << 20
  /// Up to so many keys are kept sorted for zones.
  private static let longestSorted = 4096

  /// The filter of `count` keys of one type, whose parts are read twice; nil when nothing useful can be
  /// made of them in `byteLimit` bytes.
  static func make(
    _ type: SQLType, count: Int, byteLimit: Int, partCount: Int, part: (Int) throws -> Vector
  ) throws -> BuildKeyFilter? {
    switch type.physicalType {
    case .list, .structure, .bool: return nil
    default: break
    }
    let filter: BuildKeyFilter
    let sorted: SortedKeys? =
      count <= longestSorted && partCount == 1 ? SortedKeys(try part(0)) : nil
    if type.isFrameEncodable && JoinTable.isInteger(type.physicalType)
      && type.physicalType != .uint64
    {
      var range = KeyRange()
      for index in 0..<partCount {
        let keys = try part(index)
        try Cancellation.forEachStride(keys.count) { range.extend(keys.sliced($0)) }
      }
      guard let low = range.minimum, let high = range.maximum else { return BuildKeyFilter(.empty) }
      let base = UInt64(bitPattern: range.low)
      let distance = UInt64(bitPattern: range.high) &- base
      // A wide bitmap for few keys would cost more to clear than it saves.
      let widest = Swift.max(count * 64, count <= longestSorted ? 1 << 19 : 1 << 23)
      let isDense = distance < UInt64(widest) && distance < 1 << 30
      filter = BuildKeyFilter(
        isDense ? .bitmap(base: base, range: distance + 1) : bloom(count), bounds: (low, high),
        sorted: sorted)
    } else {
      var hasKeys = false
      for index in 0..<partCount where !hasKeys { hasKeys = !(try part(index)).isAllNull() }
      filter = BuildKeyFilter(hasKeys ? bloom(count) : .empty, sorted: sorted)
    }
    if byteCount(filter.form) > Swift.min(byteLimit, maximumBytes) { return nil }
    for index in 0..<partCount {
      let keys = try part(index).flattened()
      try Cancellation.forEachStride(keys.count) { filter.insert(keys.sliced($0)) }
    }
    return filter
  }

  private static func bloom(_ count: Int) -> Form {
    var blocks = 64
    while blocks * 4 < count { blocks *= 2 }
    return .bloom(blockMask: blocks - 1)
  }

  /// Sets the bits of a flat vector's keys.
  private func insert(_ keys: Vector) {
    switch form {
    case .empty: break
    case .bitmap(let base, _):
      switch keys.physical {
      case .uint8: setBits(keys.values(UInt8.self), keys, base)
      case .int8: setBits(keys.values(Int8.self), keys, base)
      case .int16: setBits(keys.values(Int16.self), keys, base)
      case .uint16: setBits(keys.values(UInt16.self), keys, base)
      case .int32: setBits(keys.values(Int32.self), keys, base)
      case .uint32: setBits(keys.values(UInt32.self), keys, base)
      default: setBits(keys.values(Int64.self), keys, base)
      }
    case .bloom(let blockMask):
      let memory = Buffer(byteCount: keys.count * 8)
      let hashes = memory.bytes.assumingMemoryBound(to: UInt64.self)
      Hash.hash([keys], count: keys.count, into: hashes)
      let valid = keys.validity
      for i in 0..<keys.count where valid?[i] ?? 1 != 0 {
        words[Int(truncatingIfNeeded: hashes[i]) & blockMask] |= BuildKeyFilter.bits(hashes[i])
      }
    }
  }

  private func setBits<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ keys: Vector, _ base: UInt64
  ) {
    let valid = keys.validity
    for i in 0..<keys.count where valid?[i] ?? 1 != 0 {
      let offset = UInt64(truncatingIfNeeded: values[i]) &- base
      words[Int(truncatingIfNeeded: offset >> 6)] |= 1 << (offset & 63)
    }
  }
}

/// Least and greatest of integer keys.
private struct KeyRange {
  private(set) var low = Int64.max
  private(set) var high = Int64.min
  private(set) var minimum: Value?
  private(set) var maximum: Value?

  mutating func extend(_ keys: Vector) {
    let flat = keys.flattened()
    let found: (low: Int, high: Int)
    switch flat.physical {
    case .uint8: found = extremes(flat.values(UInt8.self), flat)
    case .int8: found = extremes(flat.values(Int8.self), flat)
    case .int16: found = extremes(flat.values(Int16.self), flat)
    case .uint16: found = extremes(flat.values(UInt16.self), flat)
    case .int32: found = extremes(flat.values(Int32.self), flat)
    case .uint32: found = extremes(flat.values(UInt32.self), flat)
    default: found = extremes(flat.values(Int64.self), flat)
    }
    if found.low >= 0 { minimum = flat.value(at: found.low) }
    if found.high >= 0 { maximum = flat.value(at: found.high) }
  }

  /// Rows of values beyond the range so far, −1 for none; extends the range.
  private mutating func extremes<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ keys: Vector
  ) -> (low: Int, high: Int) {
    var lowRow = -1
    var highRow = -1
    var (low, high) = (self.low, self.high)
    let valid = keys.validity
    for i in 0..<keys.count where valid?[i] ?? 1 != 0 {
      let value = Int64(truncatingIfNeeded: values[i])
      // Also the first value, should it be the extreme of its type.
      if value < low || minimum == nil && lowRow < 0 { (low, lowRow) = (value, i) }
      if value > high || maximum == nil && highRow < 0 { (high, highRow) = (value, i) }
    }
    (self.low, self.high) = (low, high)
    return (lowRow, highRow)
  }
}
