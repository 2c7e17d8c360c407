package import OlapColumns

/// The values of a join's build keys as bounds and, for integers over a small range, a bitmap: what
/// scans on the probe side may skip.
final class KeyRangeFilter: RuntimeFilter {
  let bounds: (minimum: Value, maximum: Value)?
  private let minimum: Int64
  private let maximum: Int64
  /// One byte per value from `minimum`; nil when the range is wide.
  private let members: Buffer?
  /// Widest range that gets a bitmap.
  private static let maximumRange: Int64 = 1 << 25

  /// Nil for keys that are not integers of at most 64 bits, dates or the like.
  init?(_ keys: Vector) {
    guard keys.type.isFrameEncodable, keys.physical != .bool else { return nil }
    let flat = keys.flattened()
    var low = Int64.max
    var high = Int64.min
    KeyRangeFilter.forEach(flat) { value, _ in
      low = Swift.min(low, value)
      high = Swift.max(high, value)
    }
    minimum = low
    maximum = high
    if low > high {
      // No keys: nothing can pass. An empty bitmap says so.
      bounds = nil
      members = Buffer(byteCount: 0)
      return
    }
    bounds = (
      KeyRangeFilter.value(low, keys.type), KeyRangeFilter.value(high, keys.type)
    )
    let (span, overflow) = high.subtractingReportingOverflow(low)
    if overflow || span > KeyRangeFilter.maximumRange || Int(span) > 64 * keys.count {
      members = nil
      return
    }
    let bits = Buffer(byteCount: Int(span) + 1)
    let table = bits.bytes.assumingMemoryBound(to: UInt8.self)
    for i in 0...Int(span) { table[i] = 0 }
    KeyRangeFilter.forEach(flat) { value, _ in table[Int(value &- low)] = 1 }
    members = bits
  }

  private static func value(_ integer: Int64, _ type: SQLType) -> Value {
    let vector = Vector.flat(.bigint, count: 1)
    vector.values(Int64.self)[0] = integer
    switch type {
    case .date: return .date(Int32(truncatingIfNeeded: integer))
    case .time: return .time(integer)
    case .timestamp: return .timestamp(integer)
    case .timestampTZ: return .timestampTZ(integer)
    case .decimal(_, let scale): return .decimal(Int128(integer), scale: scale)
    default: return .integer(integer)
    }
  }

  /// Calls `body` with every non-null value and its row.
  @inline(__always)
  private static func forEach(_ v: Vector, _ body: (Int64, Int) -> Void) {
    switch v.physical {
    case .int8: visit(v.values(Int8.self), v.validity, v.count, body)
    case .int16: visit(v.values(Int16.self), v.validity, v.count, body)
    case .int32: visit(v.values(Int32.self), v.validity, v.count, body)
    case .uint8: visit(v.values(UInt8.self), v.validity, v.count, body)
    case .uint16: visit(v.values(UInt16.self), v.validity, v.count, body)
    case .uint32: visit(v.values(UInt32.self), v.validity, v.count, body)
    default: visit(v.values(Int64.self), v.validity, v.count, body)
    }
  }

  @inline(__always)
  private static func visit<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ validity: UnsafePointer<UInt8>?, _ n: Int,
    _ body: (Int64, Int) -> Void
  ) {
    for i in 0..<n where validity == nil || validity.unsafelyUnwrapped[i] != 0 {
      body(Int64(truncatingIfNeeded: values[i]), i)
    }
  }

  func filter(_ vector: Vector, _ selection: Selection) {
    if let members, members.byteCount == 0 {
      selection.count = 0
      return
    }
    let flat = vector.flattened()
    switch flat.physical {
    case .int8: keep(flat.values(Int8.self), flat.validity, selection)
    case .int16: keep(flat.values(Int16.self), flat.validity, selection)
    case .int32: keep(flat.values(Int32.self), flat.validity, selection)
    case .uint8: keep(flat.values(UInt8.self), flat.validity, selection)
    case .uint16: keep(flat.values(UInt16.self), flat.validity, selection)
    case .uint32: keep(flat.values(UInt32.self), flat.validity, selection)
    case .int64: keep(flat.values(Int64.self), flat.validity, selection)
    default: break
    }
  }

  private func keep<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ validity: UnsafePointer<UInt8>?, _ selection: Selection
  ) {
    let rows = selection.indexes
    let low = minimum
    let span = UInt64(bitPattern: maximum &- minimum)
    let table = members?.bytes.assumingMemoryBound(to: UInt8.self)
    var n = 0
    for k in 0..<selection.count {
      let row = rows[k]
      if let validity, validity[Int(row)] == 0 { continue }
      let distance = UInt64(bitPattern: Int64(truncatingIfNeeded: values[Int(row)]) &- low)
      if distance > span { continue }
      if let table, table[Int(distance)] == 0 { continue }
      rows[n] = row
      n &+= 1
    }
    selection.count = n
  }
}
