internal import OlapColumns

extension OrderKey {
  /// Longest string kept as an exact bound.
  private static let boundByteCountMax = 256

  /// Fills bounds, zones, sum and order of a flat vector of any type but lists and structs.
  static func describe(_ vector: Vector, _ header: inout SegmentHeader) {
    let n: Int = vector.count
    header.zones.rowCount = n
    let validity = header.nullCount == 0 ? nil : vector.validity
    var lowRow = -1
    var highRow = -1
    var start = 0
    header.minimumKey = .max
    header.maximumKey = .min
    var keys = [Int64](repeating: 0, count: Swift.min(n, ZoneTable.zoneRowCount))
    while start < n {
      let count: Int = Swift.min(ZoneTable.zoneRowCount, n - start)
      fill(vector, start..<(start + count), &keys)
      var low: Int64 = .max
      var high: Int64 = .min
      var nulls: UInt32 = 0
      for i in 0..<count {
        if let validity, validity[start + i] == 0 {
          nulls += 1
          continue
        }
        let key: Int64 = keys[i]
        low = Swift.min(low, key)
        high = Swift.max(high, key)
        let row: Int = start + i
        if lowRow < 0 || key < header.minimumKey
          || (key == header.minimumKey && !isExact(vector)
            && order(vector, row, lowRow) < 0)
        {
          lowRow = row
          header.minimumKey = key
        }
        if highRow < 0 || key > header.maximumKey
          || (key == header.maximumKey && !isExact(vector)
            && order(vector, row, highRow) > 0)
        {
          highRow = row
          header.maximumKey = key
        }
      }
      header.zones.minimums.append(low)
      header.zones.maximums.append(high)
      header.zones.nullCounts.append(nulls)
      start += count
    }
    guard lowRow >= 0 else { return }
    let isShort: Bool =
      vector.physical != .string
      || (vector.values(StringView.self)[lowRow].count <= boundByteCountMax
        && vector.values(StringView.self)[highRow].count <= boundByteCountMax)
    if isShort {
      header.minimum = vector.value(at: lowRow)
      header.maximum = vector.value(at: highRow)
      header.areBoundsKnown = true
    }
    if vector.physical == .int128 || vector.physical == .uint64 {
      header.sum = sum(vector, validity)
    }
  }

  /// Whether equal keys mean equal values.
  private static func isExact(_ vector: Vector) -> Bool {
    switch vector.physical {
    case .float32, .float64: true
    default: false
    }
  }

  @inline(__always) private static func order(_ vector: Vector, _ a: Int, _ b: Int) -> Int {
    if vector.physical == .string {
      let views = vector.values(StringView.self)
      return StringView.compare(views[a], views[b])
    }
    return Compare.order(vector, a, vector, b)
  }

  /// Order keys of rows `range` of a flat vector.
  static func fill(_ vector: Vector, _ range: Range<Int>, _ keys: inout [Int64]) {
    let base: Int = range.lowerBound
    for i in 0..<range.count { keys[i] = key(vector, base + i) }
  }

  /// The order key of one row of a flat vector.
  @inline(__always) static func key(_ vector: Vector, _ row: Int) -> Int64 {
    switch vector.physical {
    case .bool, .uint8: Int64(vector.values(UInt8.self)[row])
    case .int8: Int64(vector.values(Int8.self)[row])
    case .int16: Int64(vector.values(Int16.self)[row])
    case .int32: Int64(vector.values(Int32.self)[row])
    case .int64: vector.values(Int64.self)[row]
    case .uint16: Int64(vector.values(UInt16.self)[row])
    case .uint32: Int64(vector.values(UInt32.self)[row])
    case .uint64: saturated(Int128(vector.values(UInt64.self)[row]))
    case .int128: saturated(vector.values(Int128.self)[row])
    case .uint128:
      vector.type == .uuid || vector.type == .uhugeint
        ? of(UInt64(truncatingIfNeeded: vector.values(UInt128.self)[row] >> 64)) : 0
    case .float32: of(Double(vector.values(Float.self)[row]))
    case .float64: of(vector.values(Double.self)[row])
    case .string: of(vector.values(StringView.self)[row])
    case .interval: saturated(vector.values(Interval.self)[row].normalisedMicroseconds)
    case .list, .structure: 0
    }
  }

  /// Least and greatest key of the non-null rows of a flat vector.
  static func bounds(_ vector: Vector) -> (minimum: Int64, maximum: Int64) {
    if vector.type.isNested { return (.min, .max) }
    var low: Int64 = .max
    var high: Int64 = .min
    for row in 0..<vector.count where vector.isValid(row) {
      let key: Int64 = key(vector, row)
      low = Swift.min(low, key)
      high = Swift.max(high, key)
    }
    return (low, high)
  }

  private static func sum(_ vector: Vector, _ validity: UnsafeMutablePointer<UInt8>?) -> Int128? {
    var total: Int128 = 0
    for i in 0..<vector.count {
      if let validity, validity[i] == 0 { continue }
      let item: Int128 =
        vector.physical == .int128
        ? vector.values(Int128.self)[i] : Int128(vector.values(UInt64.self)[i])
      let (next, overflow) = total.addingReportingOverflow(item)
      if overflow { return nil }
      total = next
    }
    return total
  }
}
