/// Bytes that do not decode: they are damaged, or of a later version.
package struct CodingError: Error, Sendable {
  package let what: String
  package init(_ what: String) { self.what = what }
}

/// Writes little-endian fields behind each other; counts are variable-length (7 bits a byte).
package struct ByteWriter {
  package var bytes: [UInt8] = []
  package init() {}

  package mutating func write(_ byte: UInt8) { bytes.append(byte) }
  package mutating func write(_ flag: Bool) { bytes.append(flag ? 1 : 0) }
  package mutating func write(_ value: UInt32) { append(value) }
  package mutating func write(_ value: Int32) { append(value) }
  package mutating func write(_ value: UInt64) { append(value) }
  package mutating func write(_ value: Int64) { append(value) }
  package mutating func write(_ value: Int128) { append(value) }
  package mutating func write(_ value: UInt128) { append(value) }

  private mutating func append<T: BitwiseCopyable>(_ value: T) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  /// A non-negative count.
  package mutating func write(count: Int) { write(varint: UInt64(count)) }
  package mutating func write(varint value: UInt64) {
    var rest: UInt64 = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
  /// A signed number, zigzag coded.
  package mutating func write(signed value: Int64) {
    write(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }
  package mutating func write(_ text: String) {
    write(count: text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }
  package mutating func write(_ text: String?) {
    write(text != nil)
    if let text { write(text) }
  }
  package mutating func write(block: [UInt8]) {
    write(count: block.count)
    bytes.append(contentsOf: block)
  }
  package mutating func write(raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }
  package mutating func write<T>(_ items: [T], _ body: (inout ByteWriter, T) -> Void) {
    write(count: items.count)
    for item in items { body(&self, item) }
  }
}

/// Reads what `ByteWriter` wrote; every read is checked against the bytes left.
package struct ByteReader {
  package let bytes: [UInt8]
  package private(set) var position: Int
  private let end: Int

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  package var remaining: Int { end - position }

  private mutating func take(_ count: Int) throws(CodingError) -> Int {
    guard count >= 0, count <= end - position else { throw CodingError("it ends too early") }
    defer { position += count }
    return position
  }

  package mutating func byte() throws(CodingError) -> UInt8 { bytes[try take(1)] }
  package mutating func flag() throws(CodingError) -> Bool { try byte() != 0 }
  package mutating func uint32() throws(CodingError) -> UInt32 { try load(4, 0) }
  package mutating func int32() throws(CodingError) -> Int32 { try load(4, 0) }
  package mutating func uint64() throws(CodingError) -> UInt64 { try load(8, 0) }
  package mutating func int64() throws(CodingError) -> Int64 { try load(8, 0) }
  package mutating func int128() throws(CodingError) -> Int128 { try load(16, 0) }
  package mutating func uint128() throws(CodingError) -> UInt128 { try load(16, 0) }

  private mutating func load<T: BitwiseCopyable>(_ n: Int, _ zero: T) throws(CodingError) -> T {
    let start: Int = try take(n)
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: T.self) }
  }

  package mutating func varint() throws(CodingError) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte: UInt8 = try byte()
      guard shift < 64 else { throw CodingError("a number is too long") }
      result |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
  }
  package mutating func signed() throws(CodingError) -> Int64 {
    let raw: UInt64 = try varint()
    return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
  }
  /// A count of things; at most `limit`.
  package mutating func count(limit: Int = 1 << 40) throws(CodingError) -> Int {
    guard let value = Int(exactly: try varint()), value <= limit else {
      throw CodingError("a count is out of range")
    }
    return value
  }
  package mutating func string() throws(CodingError) -> String {
    let n: Int = try count()
    let start: Int = try take(n)
    return String(decoding: bytes[start..<(start + n)], as: UTF8.self)
  }
  package mutating func optionalString() throws(CodingError) -> String? {
    try flag() ? try string() : nil
  }
  package mutating func block() throws(CodingError) -> [UInt8] {
    let n: Int = try count()
    let start: Int = try take(n)
    return Array(bytes[start..<(start + n)])
  }
  package mutating func raw(_ count: Int) throws(CodingError) -> ArraySlice<UInt8> {
    let start: Int = try take(count)
    return bytes[start..<(start + count)]
  }
  package mutating func array<T>(
    _ body: (inout ByteReader) throws(CodingError) -> T
  ) throws(CodingError) -> [T] {
    // Every item takes at least one byte: a damaged count cannot ask for absurd memory.
    let n: Int = try count(limit: remaining)
    var items: [T] = []
    items.reserveCapacity(n)
    for _ in 0..<n { items.append(try body(&self)) }
    return items
  }
}
