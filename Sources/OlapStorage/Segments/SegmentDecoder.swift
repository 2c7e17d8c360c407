import Glibc
internal import OlapCatalog
internal import OlapColumns

/// Raw streams of a segment, in memory.
struct LoadedSegment {
  let header: SegmentHeader
  var streams: [(kind: StreamDescriptor.Kind, bytes: UnsafeMutableRawPointer, byteCount: Int)] = []
  var children: [LoadedSegment] = []
}

/// Turns loaded streams into vectors. All lengths and codes are checked: damaged bytes that slip past
/// the checksum give an error, never a stray read.
enum SegmentDecoder {
  static func decode(
    _ segment: LoadedSegment, memory: SegmentMemory
  ) throws(CodingError) -> SegmentData {
    let header: SegmentHeader = segment.header
    let n: Int = header.rowCount
    if header.encoding == .constant {
      let vector: Vector = Vector.constant(header.constant, type: header.type, count: n)
      return SegmentData(vector: vector, memory: memory, zones: nil)
    }
    let validity: UnsafeMutablePointer<UInt8>? =
      header.nullCount == 0
      ? nil
      : try stream(segment, .validity, n).assumingMemoryBound(to: UInt8.self)
    switch header.encoding {
    case .constant: throw CodingError("a constant segment has no streams")
    case .frame, .delta: return try frame(segment, validity, memory)
    case .runs:
      return header.dictionaryCount > 0
        ? try dictionary(segment, validity, memory) : try frame(segment, validity, memory)
    case .dictionary: return try dictionary(segment, validity, memory)
    case .scaled: return try scaled(segment, validity, memory)
    case .plain:
      let size: Int = header.type.physicalType.byteCount
      guard size > 0, header.type.physicalType != .string, !header.type.isNested else {
        throw CodingError("a plain segment has a type without plain values")
      }
      let vector = Vector(
        type: header.type, encoding: .flat, count: n,
        data: try stream(segment, .values, n * size), validity: validity, owner: memory)
      return SegmentData(vector: vector, memory: memory, zones: nil)
    case .text:
      guard header.type.isString else { throw CodingError("a text segment is not of a text type") }
      let text = try strings(segment, count: n)
      return SegmentData(
        type: header.type, count: n, offsets: text.offsets, bytes: text.bytes, validity: validity,
        memory: memory)
    case .nested: return try nested(segment, validity, memory)
    }
  }

  private static func stream(
    _ segment: LoadedSegment, _ kind: StreamDescriptor.Kind, _ byteCount: Int
  ) throws(CodingError) -> UnsafeMutableRawPointer {
    guard let found = segment.streams.first(where: { $0.kind == kind }),
      found.byteCount == byteCount
    else { throw CodingError("a segment's stream is missing or has the wrong length") }
    return found.bytes
  }

  private static func frame(
    _ segment: LoadedSegment, _ validity: UnsafeMutablePointer<UInt8>?, _ memory: SegmentMemory
  ) throws(CodingError) -> SegmentData {
    let header: SegmentHeader = segment.header
    let size: Int = header.codeByteCount
    guard header.type.isFrameEncodable, size == 1 || size == 2 || size == 4,
      header.frameMultiplier > 0, header.minimumKey <= header.maximumKey
    else { throw CodingError("a frame segment's parameters are out of range") }
    let vector = Vector(
      type: header.type, encoding: .frame, count: header.rowCount,
      data: try stream(segment, .codes, header.rowCount * size), validity: validity, owner: memory,
      codeByteCount: size, frameBase: header.frameBase, frameMultiplier: header.frameMultiplier,
      bounds: header.minimumKey...header.maximumKey)
    return SegmentData(vector: vector, memory: memory, zones: header.zones)
  }

  private static func dictionary(
    _ segment: LoadedSegment, _ validity: UnsafeMutablePointer<UInt8>?, _ memory: SegmentMemory
  ) throws(CodingError) -> SegmentData {
    let header: SegmentHeader = segment.header
    let size: Int = header.codeByteCount
    let count: Int = header.dictionaryCount
    guard size == 1 || size == 2, count > 0, count <= 65_536 else {
      throw CodingError("a dictionary segment's parameters are out of range")
    }
    let codes: UnsafeMutableRawPointer = try stream(segment, .codes, header.rowCount * size)
    let highest: Int =
      size == 1
      ? greatest(codes.assumingMemoryBound(to: UInt8.self), header.rowCount)
      : greatest(codes.assumingMemoryBound(to: UInt16.self), header.rowCount)
    guard highest < count else { throw CodingError("a code lies outside its dictionary") }
    let entries: Vector
    if header.type.isString {
      let text = try strings(segment, count: count)
      let data = SegmentData(
        type: header.type, count: count, offsets: text.offsets, bytes: text.bytes, validity: nil,
        memory: memory)
      entries = data.whole
    } else {
      let valueBytes: Int = header.type.physicalType.byteCount
      guard valueBytes > 0, !header.type.isNested else {
        throw CodingError("a dictionary segment has a nested type")
      }
      let isInteger: Bool = header.type.isFrameEncodable && header.minimumKey <= header.maximumKey
      entries = Vector(
        type: header.type, encoding: .flat, count: count,
        data: try stream(segment, .values, count * valueBytes), validity: nil, owner: memory,
        bounds: isInteger ? header.minimumKey...header.maximumKey : nil)
    }
    let vector = Vector(
      type: header.type, encoding: .dictionary, count: header.rowCount, data: codes,
      validity: validity, owner: memory, codeByteCount: size, dictionary: entries,
      bounds: entries.bounds)
    return SegmentData(
      vector: vector, memory: memory, zones: header.type.isFrameEncodable ? header.zones : nil)
  }

  private static func greatest<T: FixedWidthInteger>(_ codes: UnsafePointer<T>, _ n: Int) -> Int {
    var high: T = 0
    for i in 0..<n { high = Swift.max(high, codes[i]) }
    return Int(high)
  }

  private static func strings(
    _ segment: LoadedSegment, count: Int
  ) throws(CodingError) -> (offsets: UnsafePointer<UInt32>, bytes: UnsafePointer<UInt8>) {
    let offsets = try stream(segment, .offsets, (count + 1) * 4)
      .assumingMemoryBound(to: UInt32.self)
    let end = Int(offsets[count])
    let bytes: UnsafeMutableRawPointer = try stream(segment, .text, end)
    guard isAscending(offsets, count) else { throw CodingError("text offsets are out of order") }
    return (UnsafePointer(offsets), UnsafePointer(bytes.assumingMemoryBound(to: UInt8.self)))
  }

  private static func isAscending(_ offsets: UnsafePointer<UInt32>, _ count: Int) -> Bool {
    var falls: UInt8 = 0
    for i in 0..<count { falls |= unsafeBitCast(offsets[i + 1] < offsets[i], to: UInt8.self) }
    return falls == 0
  }

  private static func scaled(
    _ segment: LoadedSegment, _ validity: UnsafeMutablePointer<UInt8>?, _ memory: SegmentMemory
  ) throws(CodingError) -> SegmentData {
    let header: SegmentHeader = segment.header
    let n: Int = header.rowCount
    let size: Int = header.codeByteCount
    guard header.type.physicalType == .float64, header.exponent <= DoubleEncoding.exponentMax,
      size == 1 || size == 2 || size == 4 || size == 8
    else { throw CodingError("a scaled segment's parameters are out of range") }
    let codes: UnsafeMutableRawPointer = try stream(segment, .codes, n * size)
    let values = memory.allocate(n * 8).assumingMemoryBound(to: Double.self)
    let power: Double = DoubleEncoding.powers[header.exponent]
    switch size {
    case 1: expand(codes.assumingMemoryBound(to: UInt8.self), n, header.frameBase, power, values)
    case 2: expand(codes.assumingMemoryBound(to: UInt16.self), n, header.frameBase, power, values)
    case 4: expand(codes.assumingMemoryBound(to: UInt32.self), n, header.frameBase, power, values)
    default: expand(codes.assumingMemoryBound(to: UInt64.self), n, header.frameBase, power, values)
    }
    if header.exceptionCount > 0 {
      let count: Int = header.exceptionCount
      let rows = try stream(segment, .offsets, count * 4).assumingMemoryBound(to: UInt32.self)
      let bits = try stream(segment, .values, count * 8).assumingMemoryBound(to: UInt64.self)
      for i in 0..<count {
        guard Int(rows[i]) < n else { throw CodingError("an exception lies outside its segment") }
        values[Int(rows[i])] = Double(bitPattern: bits[i])
      }
    }
    let vector = Vector(
      type: header.type, encoding: .flat, count: n, data: UnsafeMutableRawPointer(values),
      validity: validity, owner: memory)
    return SegmentData(vector: vector, memory: memory, zones: nil)
  }

  private static func expand<Code: FixedWidthInteger>(
    _ codes: UnsafePointer<Code>, _ n: Int, _ base: Int64, _ power: Double,
    _ out: UnsafeMutablePointer<Double>
  ) {
    for i in 0..<n { out[i] = Double(base &+ Int64(truncatingIfNeeded: codes[i])) / power }
  }

  private static func nested(
    _ segment: LoadedSegment, _ validity: UnsafeMutablePointer<UInt8>?, _ memory: SegmentMemory
  ) throws(CodingError) -> SegmentData {
    let header: SegmentHeader = segment.header
    let n: Int = header.rowCount
    var children: [Vector] = []
    for child in segment.children {
      children.append(try decode(child, memory: memory).whole.flattened())
    }
    var data: UnsafeMutableRawPointer = memory.allocate(8)
    if header.type.physicalType == .list {
      guard children.count == 1, children[0].type == header.type.elementType else {
        throw CodingError("a list segment has no elements of its type")
      }
      let offsets = try stream(segment, .offsets, (n + 1) * 4)
        .assumingMemoryBound(to: UInt32.self)
      guard isAscending(offsets, n), Int(offsets[n]) <= children[0].count else {
        throw CodingError("list offsets are out of order")
      }
      let entries = memory.allocate(n * 8).assumingMemoryBound(to: ListEntry.self)
      for i in 0..<n {
        entries[i] = ListEntry(offset: Int(offsets[i]), count: Int(offsets[i + 1] - offsets[i]))
      }
      data = UnsafeMutableRawPointer(entries)
    } else {
      guard let fields = header.type.childFields, fields.count == children.count,
        children.allSatisfy({ $0.count == n })
      else { throw CodingError("a struct segment's fields do not match its type") }
    }
    let vector = Vector(
      type: header.type, encoding: .flat, count: n, data: data, validity: validity, owner: memory,
      children: children)
    return SegmentData(vector: vector, memory: memory, zones: nil)
  }
}
