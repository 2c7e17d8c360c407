import Glibc

/// Rows of several vectors behind each other as one flat vector, written without vectors in between: for
/// few rows each of many row groups.
package struct GatheredColumn {
  private let type: SQLType
  private let physical: PhysicalType
  private let buffer: Buffer
  private let mask: UnsafeMutablePointer<UInt8>
  private var count = 0
  private var hasNull = false
  private var lastOwner: AnyObject?

  /// Whether a value of the type is one item: any but lists and structs.
  package static func holds(_ type: SQLType) -> Bool {
    let physical: PhysicalType = type.physicalType
    return physical != .list && physical != .structure
  }

  /// Room for `capacity` rows of a type that `holds`.
  package init(type: SQLType, capacity: Int) {
    self.type = type
    physical = type.physicalType
    let valueBytes: Int = (capacity * physical.byteCount + 63) & ~63
    buffer = Buffer(byteCount: valueBytes + capacity)
    mask = (buffer.bytes + valueBytes).assumingMemoryBound(to: UInt8.self)
  }

  /// Appends `rows[0 ..< n]` of `source`, a vector of this type in any encoding.
  package mutating func append(_ source: Vector, rows: UnsafePointer<UInt32>, count n: Int) {
    if n == 0 { return }
    withExtendedLifetime(source) {
      switch physical.byteCount {
      case 1: copy(source, rows, n, UInt8.self)
      case 2: copy(source, rows, n, UInt16.self)
      case 4: copy(source, rows, n, UInt32.self)
      case 8: copy(source, rows, n, UInt64.self)
      default: copy(source, rows, n, UInt128.self)
      }
      if let validity = source.validity {
        appendValidity(validity, source.encoding == .constant ? nil : rows, n)
      } else {
        memset(mask + count, 1, n)
      }
      if physical == .string { keep(source.dictionary?.owner ?? source.owner) }
    }
    count += n
  }

  /// Appends rows of a text column: row r is the bytes from `offsets[r]` to `offsets[r + 1]`. `owner` keeps
  /// them alive.
  package mutating func append(
    offsets: UnsafePointer<UInt32>, bytes: UnsafePointer<UInt8>, validity: UnsafePointer<UInt8>?,
    rows: UnsafePointer<UInt32>, count n: Int, owner: AnyObject
  ) {
    let views = buffer.bytes.assumingMemoryBound(to: StringView.self) + count
    for i in 0..<n {
      let row = Int(rows[i])
      views[i] = StringView(
        UnsafeRawPointer(bytes + Int(offsets[row])), count: Int(offsets[row + 1] &- offsets[row]))
    }
    if let validity {
      appendValidity(validity, rows, n)
    } else {
      memset(mask + count, 1, n)
    }
    keep(owner)
    count += n
  }

  /// The rows appended.
  package func finish() -> Vector {
    Vector(
      type: type, encoding: .flat, count: count, data: buffer.bytes,
      validity: hasNull ? mask : nil, owner: buffer)
  }

  private mutating func keep(_ owner: AnyObject?) {
    if owner !== lastOwner { buffer.keep(owner) }
    lastOwner = owner
  }

  /// `rows` nil: the first entry counts for all.
  private mutating func appendValidity(
    _ validity: UnsafePointer<UInt8>, _ rows: UnsafePointer<UInt32>?, _ n: Int
  ) {
    let out: UnsafeMutablePointer<UInt8> = mask + count
    if let rows {
      for i in 0..<n { out[i] = validity[Int(rows[i])] }
    } else {
      memset(out, Int32(validity[0]), n)
    }
    hasNull = hasNull || memchr(out, 0, n) != nil
  }

  private func copy<T: FixedWidthInteger & BitwiseCopyable>(
    _ source: Vector, _ rows: UnsafePointer<UInt32>, _ n: Int, _: T.Type
  ) {
    let out: UnsafeMutablePointer<T> = buffer.bytes.assumingMemoryBound(to: T.self) + count
    switch source.encoding {
    case .flat:
      let values = source.values(T.self)
      for i in 0..<n { out[i] = values[Int(rows[i])] }
    case .constant:
      let value: T = source.values(T.self)[0]
      for i in 0..<n { out[i] = value }
    case .dictionary:
      guard let dictionary = source.dictionary else { return }
      let values = dictionary.values(T.self)
      for i in 0..<n { out[i] = values[source.code(Int(rows[i]))] }
    case .frame:
      let base = T(truncatingIfNeeded: source.frameBase)
      let multiplier = T(truncatingIfNeeded: source.frameMultiplier)
      for i in 0..<n {
        out[i] = base &+ T(truncatingIfNeeded: source.code(Int(rows[i]))) &* multiplier
      }
    }
  }
}

extension Vector {
  /// The code of row `i` of a dictionary or frame vector.
  @inline(__always) fileprivate func code(_ i: Int) -> Int {
    switch codeByteCount {
    case 1: Int(values(UInt8.self)[i])
    case 2: Int(values(UInt16.self)[i])
    default: Int(values(UInt32.self)[i])
    }
  }
}
