import Glibc

/// How a vector's values are represented.
package enum VectorEncoding: UInt8, Sendable {
  /// One value of the physical type per row.
  case flat
  /// One value for all rows; `validity` has one entry.
  case constant
  /// Codes (1, 2 or 4 bytes) into a flat `dictionary` without nulls; row nulls are in `validity`.
  case dictionary
  /// value = frameBase + code × frameMultiplier; codes of 1, 2 or 4 bytes, unsigned.
  case frame
}

/// Elements `offset ..< offset + count` of the child vector of a list.
@frozen @usableFromInline package struct ListEntry: BitwiseCopyable, Sendable {
  @usableFromInline package var offset: UInt32
  @usableFromInline package var count: UInt32
  @inlinable package init(offset: Int, count: Int) {
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.count = UInt32(truncatingIfNeeded: count)
  }
}

/// A column of up to `vectorSize` rows in flight (any count in materialised form).
///
/// Shapes: `data` holds `count` values of the physical type (flat), one (constant) or `count` codes
/// (dictionary, frame). `validity` is one byte per row, 1 = valid, 0 = NULL; nil = all valid.
/// A constant has one validity byte. The value under a NULL is unspecified but readable.
///
/// Vectors are immutable once handed to another operator; a producer fills them through `data`.
/// SAFETY: `owner` keeps `data`, `validity` and every string byte pointed to alive.
package final class Vector: @unchecked Sendable {
  package let type: SQLType
  package let physical: PhysicalType
  package let encoding: VectorEncoding
  package let count: Int
  package let data: UnsafeMutableRawPointer
  package let validity: UnsafeMutablePointer<UInt8>?
  package let owner: AnyObject?
  /// Bytes of one code (dictionary, frame); 0 otherwise.
  package let codeByteCount: Int
  package let dictionary: Vector?
  package let frameBase: Int64
  package let frameMultiplier: Int64
  /// Proven inclusive bounds of the non-null values as integers (decimals unscaled), when known.
  package let bounds: ClosedRange<Int64>?
  /// LIST/ARRAY/MAP: one element vector (flat); STRUCT: one vector per field.
  package let children: [Vector]

  package init(
    type: SQLType, encoding: VectorEncoding, count: Int, data: UnsafeMutableRawPointer,
    validity: UnsafeMutablePointer<UInt8>?, owner: AnyObject?, codeByteCount: Int = 0,
    dictionary: Vector? = nil, frameBase: Int64 = 0, frameMultiplier: Int64 = 1,
    bounds: ClosedRange<Int64>? = nil, children: [Vector] = []
  ) {
    self.type = type
    self.physical = type.physicalType
    self.encoding = encoding
    self.count = count
    self.data = data
    self.validity = validity
    self.owner = owner
    self.codeByteCount = codeByteCount
    self.dictionary = dictionary
    self.frameBase = frameBase
    self.frameMultiplier = frameMultiplier
    self.bounds = bounds
    self.children = children
  }

  /// A flat vector with fresh memory. With `nullable`, `validity` is allocated and set to all
  /// valid.
  package static func flat(
    _ type: SQLType, count: Int, nullable: Bool = false, keeping retained: AnyObject? = nil,
    bounds: ClosedRange<Int64>? = nil, children: [Vector] = []
  ) -> Vector {
    let valueBytes = (count * type.physicalType.byteCount + 63) & ~63
    let buffer = Buffer(byteCount: valueBytes + (nullable ? count : 0))
    buffer.keep(retained)
    var validity: UnsafeMutablePointer<UInt8>?
    if nullable {
      let start = (buffer.bytes + valueBytes).assumingMemoryBound(to: UInt8.self)
      memset(start, 1, count)
      validity = start
    }
    return Vector(
      type: type, encoding: .flat, count: count, data: buffer.bytes, validity: validity,
      owner: buffer, bounds: bounds, children: children)
  }

  /// Flat values with the validity of another vector or buffer (kept alive through
  /// `validityOwner`).
  package static func flat(
    _ type: SQLType, count: Int, sharing validity: UnsafeMutablePointer<UInt8>?,
    validityOwner: AnyObject?
  ) -> Vector {
    let buffer = Buffer(byteCount: count * type.physicalType.byteCount)
    if validity != nil { buffer.keep(validityOwner) }
    return Vector(
      type: type, encoding: .flat, count: count, data: buffer.bytes, validity: validity,
      owner: buffer)
  }

  /// The flat values as `T`; the caller has checked `physical` and `encoding` (flat or constant).
  @inline(__always)
  package func values<T: BitwiseCopyable>(_: T.Type = T.self) -> UnsafeMutablePointer<T> {
    data.assumingMemoryBound(to: T.self)
  }

  /// Whether row `i` is not NULL, whatever the encoding.
  package func isValid(_ i: Int) -> Bool {
    guard let validity else { return true }
    return validity[encoding == .constant ? 0 : i] != 0
  }

  /// The same data under another type of equal physical layout (DATE ↔ INTEGER, JSON ↔ VARCHAR).
  package func reinterpreted(as type: SQLType) -> Vector {
    Vector(
      type: type, encoding: encoding, count: count, data: data, validity: validity, owner: owner,
      codeByteCount: codeByteCount, dictionary: dictionary?.reinterpreted(as: type),
      frameBase: frameBase, frameMultiplier: frameMultiplier, bounds: bounds, children: children)
  }
}

/// Columns of equal row count in flight between operators.
package struct Chunk: @unchecked Sendable {
  package var columns: [Vector]
  package var count: Int

  package init(columns: [Vector], count: Int) {
    self.columns = columns
    self.count = count
  }
}

/// Rows per vector. A power of two in production; tests set 3 to shake out edge handling.
package enum VectorSize {
  package static let standard = 2048
  /// Read once at start from `OLAP_VECTOR_SIZE` (tests), else `standard`.
  package static let current: Int = {
    guard let text = getenv("OLAP_VECTOR_SIZE"), let size = Int(String(cString: text)), size > 0
    else { return standard }
    return Swift.min(size, 1 << 16)
  }()
}
