import Glibc
internal import OlapColumns

/// Doubles: those that are decimals of few places are stored as integers over a power of ten
/// (after ALP, Afroozeh, Kuffo and Boncz, SIGMOD 2024), exceptions apart.
enum DoubleEncoding {
  static let exponentMax = 10
  static let powers: [Double] = (0...exponentMax).map { exponent in
    (0..<exponent).reduce(1.0) { product, _ in product * 10 }
  }

  static func encode(_ vector: Vector, _ columnID: UInt32) -> EncodedSegment {
    var header: SegmentHeader = SegmentEncoder.header(vector, columnID, .plain)
    let n: Int = vector.count
    if header.nullCount == n { return SegmentEncoder.allNull(header) }
    OrderKey.describe(vector, &header)
    if let single = PlainEncoding.constant(vector, header) { return single }
    if let dictionary = DictionaryEncoding.fixed(vector, header, codeLimit: 4) { return dictionary }
    if let scaled = scaled(vector, header) { return scaled }
    var result = EncodedSegment(header: header)
    result.streams = SegmentEncoder.validityStream(vector, header)
    result.streams.append(PlainEncoding.stream(vector))
    return result
  }

  /// The integer of a double at a power of ten; nil when going back does not give the same bits.
  @inline(__always) private static func integer(_ value: Double, _ power: Double) -> Int64? {
    let scaled: Double = (value * power).rounded()
    // Not NaN, and inside the integers a double holds exactly.
    guard Swift.abs(scaled) < 9_007_199_254_740_992 else { return nil }
    return (scaled / power).bitPattern == value.bitPattern ? Int64(scaled) : nil
  }

  private static func scaled(_ vector: Vector, _ header: SegmentHeader) -> EncodedSegment? {
    let n: Int = vector.count
    let values = vector.values(Double.self)
    let validity = header.nullCount == 0 ? nil : vector.validity
    let stride: Int = Swift.max(1, n / 256)
    var best = -1
    for exponent in 0...exponentMax {
      var misses = 0
      var i = 0
      while i < n {
        if validity?[i] != 0, integer(values[i], powers[exponent]) == nil { misses += 1 }
        i += stride
      }
      if misses * 32 <= Swift.min(n, 256) {
        best = exponent
        break
      }
    }
    if best < 0 { return nil }
    let power: Double = powers[best]
    var integers = [Int64](repeating: 0, count: n)
    var exceptions: [(row: UInt32, bits: UInt64)] = []
    var low: Int64 = .max
    var high: Int64 = .min
    for i in 0..<n {
      if let validity, validity[i] == 0 { continue }
      if let integer = integer(values[i], power) {
        integers[i] = integer
        low = Swift.min(low, integer)
        high = Swift.max(high, integer)
      } else {
        exceptions.append((UInt32(i), values[i].bitPattern))
        if exceptions.count > n / 16 { return nil }
      }
    }
    if low > high { return nil }
    let range = UInt64(high - low)
    let size: Int = range < 256 ? 1 : range < 65536 ? 2 : range <= UInt64(UInt32.max) ? 4 : 8
    var result = EncodedSegment(header: header)
    result.header.encoding = .scaled
    result.header.exponent = best
    result.header.frameBase = low
    result.header.codeByteCount = size
    result.header.exceptionCount = exceptions.count
    result.streams = SegmentEncoder.validityStream(vector, header)
    // Rows without an integer of their own (NULLs, exceptions) take the base.
    var next = 0
    for i in 0..<n {
      let isException: Bool = next < exceptions.count && exceptions[next].row == UInt32(i)
      if isException { next += 1 }
      if isException || validity?[i] == 0 { integers[i] = low }
    }
    let buffer = Buffer(byteCount: n * size)
    switch size {
    case 1: write(integers, low, buffer, UInt8.self)
    case 2: write(integers, low, buffer, UInt16.self)
    case 4: write(integers, low, buffer, UInt32.self)
    default: write(integers, low, buffer, UInt64.self)
    }
    result.streams.append(
      RawStream(
        kind: .codes, transform: size > 1 ? .planes : .none, itemByteCount: size, buffer: buffer,
        byteCount: n * size))
    if !exceptions.isEmpty { result.streams += exceptionStreams(exceptions) }
    return result
  }

  private static func write<Code: FixedWidthInteger & BitwiseCopyable>(
    _ integers: [Int64], _ base: Int64, _ buffer: Buffer, _: Code.Type
  ) {
    let codes = buffer.bytes.assumingMemoryBound(to: Code.self)
    for i in 0..<integers.count { codes[i] = Code(truncatingIfNeeded: integers[i] &- base) }
  }

  private static func exceptionStreams(
    _ exceptions: [(row: UInt32, bits: UInt64)]
  ) -> [RawStream] {
    let rows = Buffer(byteCount: exceptions.count * 4)
    let bits = Buffer(byteCount: exceptions.count * 8)
    for (i, exception) in exceptions.enumerated() {
      rows.bytes.storeBytes(of: exception.row, toByteOffset: i * 4, as: UInt32.self)
      bits.bytes.storeBytes(of: exception.bits, toByteOffset: i * 8, as: UInt64.self)
    }
    return [
      RawStream(
        kind: .offsets, transform: .deltaPlanes, itemByteCount: 4, buffer: rows,
        byteCount: exceptions.count * 4),
      RawStream(
        kind: .values, transform: .planes, itemByteCount: 8, buffer: bits,
        byteCount: exceptions.count * 8),
    ]
  }
}
