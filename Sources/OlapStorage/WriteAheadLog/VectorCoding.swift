import Glibc
internal import OlapCatalog
internal import OlapColumns

/// Rows as bytes: flat values with NULL bytes ahead, strings as lengths and bytes, lists as counts and
/// elements. Used by the log, where speed of writing counts and size does not much.
extension ByteWriter {
  mutating func write(rows vector: Vector) {
    let flat: Vector = vector.flattened()
    let n: Int = flat.count
    write(count: n)
    if let validity = flat.validity {
      write(UInt8(1))
      write(raw: UnsafeRawBufferPointer(start: validity, count: n))
    } else {
      write(UInt8(0))
    }
    switch flat.physical {
    case .string:
      let views = flat.values(StringView.self)
      for i in 0..<n {
        if !flat.isValid(i) {
          write(count: 0)
          continue
        }
        write(count: views[i].count)
        views[i].withBytes { write(raw: $0) }
      }
    case .list:
      let builder = VectorBuilder(type: flat.type, capacity: n)
      builder.append(flat, 0..<n)
      let rows: Vector = builder.finish()
      let entries = rows.values(ListEntry.self)
      for i in 0..<n { write(count: rows.isValid(i) ? Int(entries[i].count) : 0) }
      write(rows: rows.children[0])
    case .structure:
      for child in flat.children { write(rows: child) }
    default:
      write(raw: UnsafeRawBufferPointer(start: flat.data, count: n * flat.physical.byteCount))
    }
  }
}

extension ByteReader {
  mutating func rows(_ type: SQLType, depth: Int = 0) throws(CodingError) -> Vector {
    guard depth < 64 else { throw CodingError("rows are nested too deep") }
    let n: Int = try count(limit: 1 << 32)
    let isNullable: Bool = try byte() != 0
    guard !isNullable || n <= remaining else { throw CodingError("it ends too early") }
    var validity: ArraySlice<UInt8> = []
    if isNullable {
      validity = try raw(n)
      guard validity.allSatisfy({ $0 < 2 }) else {
        throw CodingError("a NULL byte is neither 0 nor 1")
      }
    }
    let result: Vector = try values(type, n, isNullable, depth)
    if isNullable, let mask = result.validity {
      validity.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { memcpy(mask, base, n) }
      }
    }
    return result
  }

  private mutating func values(
    _ type: SQLType, _ n: Int, _ isNullable: Bool, _ depth: Int
  ) throws(CodingError) -> Vector {
    switch type.physicalType {
    case .string:
      guard n <= remaining else { throw CodingError("it ends too early") }
      let heap = StringHeap()
      let result = Vector.flat(type, count: n, nullable: isNullable, keeping: heap)
      let views = result.values(StringView.self)
      for i in 0..<n {
        let length: Int = try count(limit: remaining)
        views[i] = try raw(length).withUnsafeBytes { heap.add($0) }
      }
      return result
    case .list:
      guard n <= remaining else { throw CodingError("it ends too early") }
      var counts: [Int] = []
      for _ in 0..<n { counts.append(try count(limit: 1 << 32)) }
      let elements: Vector = try rows(type.elementType ?? .null, depth: depth + 1)
      guard counts.reduce(0, { $0 &+ $1 }) == elements.count else {
        throw CodingError("list counts do not match their elements")
      }
      let result = Vector.flat(type, count: n, nullable: isNullable, children: [elements])
      let entries = result.values(ListEntry.self)
      var start = 0
      for i in 0..<n {
        entries[i] = ListEntry(offset: start, count: counts[i])
        start += counts[i]
      }
      return result
    case .structure:
      guard let fields = type.childFields else { throw CodingError("a struct has no fields") }
      var children: [Vector] = []
      for field in fields {
        let child: Vector = try rows(field.type, depth: depth + 1)
        guard child.count == n else { throw CodingError("a struct's fields differ in length") }
        children.append(child)
      }
      return Vector.flat(type, count: n, nullable: isNullable, children: children)
    default:
      let bytes: ArraySlice<UInt8> = try raw(n * type.physicalType.byteCount)
      let result = Vector.flat(type, count: n, nullable: isNullable)
      bytes.withUnsafeBytes { source in
        if let base = source.baseAddress { memcpy(result.data, base, source.count) }
      }
      return result
    }
  }
}
