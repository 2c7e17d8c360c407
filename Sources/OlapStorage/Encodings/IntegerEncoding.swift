import Glibc
internal import OlapColumns

/// Integers of at most 64 bits, and what is stored as such (bools, dates, times, narrow decimals,
/// enums): constant, frame, delta, runs, dictionary or plain.
enum IntegerEncoding {
  private struct Bounds {
    var minimum: Int64 = .max
    var maximum: Int64 = .min
    var sum: Int128 = 0
    var isSorted = true
  }

  static func encode<T: FixedWidthInteger & BitwiseCopyable>(
    _ vector: Vector, _: T.Type, _ columnID: UInt32
  ) -> EncodedSegment {
    var header: SegmentHeader = SegmentEncoder.header(vector, columnID, .frame)
    let n: Int = vector.count
    if header.nullCount == n { return SegmentEncoder.allNull(header) }
    let validity: UnsafePointer<UInt8>? =
      header.nullCount == 0 ? nil : vector.validity.map { UnsafePointer($0) }
    let values = UnsafePointer(vector.values(T.self))
    let bounds: Bounds = scan(values, validity, n, &header.zones)
    header.minimumKey = bounds.minimum
    header.maximumKey = bounds.maximum
    header.minimum = boxed(bounds.minimum, vector.type)
    header.maximum = boxed(bounds.maximum, vector.type)
    header.areBoundsKnown = true
    header.sum = bounds.sum
    header.isSorted = bounds.isSorted && validity == nil
    if bounds.minimum == bounds.maximum && validity == nil {
      header.encoding = .constant
      header.constant = header.minimum ?? .null
      return EncodedSegment(header: header)
    }
    let range: UInt64 = UInt64(bitPattern: bounds.maximum) &- UInt64(bitPattern: bounds.minimum)
    let step: UInt64 = divisor(values, validity, n, base: bounds.minimum, range: range)
    let codes: UInt64 = range / step
    let size: Int = codes < 256 ? 1 : codes < 65536 ? 2 : codes <= UInt64(UInt32.max) ? 4 : 8
    var result = EncodedSegment(header: header)
    result.streams = SegmentEncoder.validityStream(vector, header)
    if size >= 4, let dictionary = DictionaryEncoding.fixed(vector, header, codeLimit: size) {
      return dictionary
    }
    if size == 8 {
      result.header.encoding = .plain
      result.streams.append(PlainEncoding.stream(vector))
      return result
    }
    result.header.frameBase = bounds.minimum
    result.header.frameMultiplier = Int64(step)
    result.header.codeByteCount = size
    let buffer = Buffer(byteCount: n * size)
    switch size {
    case 1: write(values, validity, n, bounds.minimum, step, buffer, UInt8.self)
    case 2: write(values, validity, n, bounds.minimum, step, buffer, UInt16.self)
    default: write(values, validity, n, bounds.minimum, step, buffer, UInt32.self)
    }
    result.streams.append(
      SegmentEncoder.codeStream(
        buffer, n, size, isSorted: header.isSorted, &result.header))
    return result
  }

  static func boxed(_ integer: Int64, _ type: SQLType) -> Value {
    switch type {
    case .boolean: .boolean(integer != 0)
    case .date: .date(Int32(truncatingIfNeeded: integer))
    case .time: .time(integer)
    case .timestamp: .timestamp(integer)
    case .timestampTZ: .timestampTZ(integer)
    case .decimal(_, let scale): .decimal(Int128(integer), scale: scale)
    default: .integer(integer)
    }
  }

  private static func scan<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ validity: UnsafePointer<UInt8>?, _ n: Int,
    _ zones: inout ZoneTable
  ) -> Bounds {
    var bounds = Bounds()
    zones.rowCount = n
    var start = 0
    var last: T = .min
    while start < n {
      let count: Int = Swift.min(ZoneTable.zoneRowCount, n - start)
      let zone: UnsafePointer<T> = values + start
      var low: T = .max
      var high: T = .min
      var valid: Int = count
      if let validity {
        valid = 0
        for i in 0..<count where validity[start + i] != 0 {
          low = Swift.min(low, zone[i])
          high = Swift.max(high, zone[i])
          bounds.sum += Int128(zone[i])
          valid += 1
        }
      } else {
        for i in 0..<count {
          low = Swift.min(low, zone[i])
          high = Swift.max(high, zone[i])
        }
        bounds.sum += sum(zone, count, low, high)
        if bounds.isSorted { bounds.isSorted = zone[0] >= last && isSorted(zone, count) }
        last = zone[count - 1]
      }
      zones.minimums.append(valid == 0 ? .max : Int64(truncatingIfNeeded: low))
      zones.maximums.append(valid == 0 ? .min : Int64(truncatingIfNeeded: high))
      zones.nullCounts.append(UInt32(count - valid))
      if valid > 0 {
        bounds.minimum = Swift.min(bounds.minimum, Int64(truncatingIfNeeded: low))
        bounds.maximum = Swift.max(bounds.maximum, Int64(truncatingIfNeeded: high))
      }
      start += count
    }
    return bounds
  }

  /// The sum of a zone; in 64 bits where its bounds prove that it fits.
  private static func sum<T: FixedWidthInteger>(
    _ zone: UnsafePointer<T>, _ n: Int, _ low: T, _ high: T
  ) -> Int128 {
    let limit: Int64 = 1 << 51
    if Int64(truncatingIfNeeded: low) >= -limit && Int64(truncatingIfNeeded: high) <= limit {
      var total: Int64 = 0
      for i in 0..<n { total &+= Int64(truncatingIfNeeded: zone[i]) }
      return Int128(total)
    }
    var total: Int128 = 0
    for i in 0..<n { total &+= Int128(zone[i]) }
    return total
  }

  private static func isSorted<T: FixedWidthInteger>(_ zone: UnsafePointer<T>, _ n: Int) -> Bool {
    var falls: UInt8 = 0
    for i in 1..<Swift.max(1, n) { falls |= unsafeBitCast(zone[i] < zone[i &- 1], to: UInt8.self) }
    return falls == 0
  }

  /// The greatest common divisor of all distances from the base; 1 as soon as that is clear.
  private static func divisor<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ validity: UnsafePointer<UInt8>?, _ n: Int, base: Int64,
    range: UInt64
  ) -> UInt64 {
    // Small ranges have one-byte codes anyway; the frame's multiplier is signed.
    if range < 256 || range > UInt64(Int64.max) { return 1 }
    var result: UInt64 = 0
    for i in 0..<n {
      if let validity, validity[i] == 0 { continue }
      var a = UInt64(bitPattern: Int64(truncatingIfNeeded: values[i]) &- base)
      if result != 0 && a % result == 0 { continue }
      var b: UInt64 = result
      while b != 0 { (a, b) = (b, a % b) }
      result = a
      if result == 1 { return 1 }
    }
    return Swift.max(1, result)
  }

  private static func write<T: FixedWidthInteger, Code: FixedWidthInteger & BitwiseCopyable>(
    _ values: UnsafePointer<T>, _ validity: UnsafePointer<UInt8>?, _ n: Int, _ base: Int64,
    _ step: UInt64, _ buffer: Buffer, _: Code.Type
  ) {
    let codes = buffer.bytes.assumingMemoryBound(to: Code.self)
    if step == 1 {
      for i in 0..<n {
        codes[i] = Code(truncatingIfNeeded: Int64(truncatingIfNeeded: values[i]) &- base)
      }
    } else {
      for i in 0..<n {
        let distance = UInt64(bitPattern: Int64(truncatingIfNeeded: values[i]) &- base)
        codes[i] = Code(truncatingIfNeeded: distance / step)
      }
    }
    guard let validity else { return }
    // The codes under NULLs are made 0: they compress, and stay inside the frame.
    for i in 0..<n { codes[i] &*= Code(truncatingIfNeeded: validity[i]) }
  }
}
