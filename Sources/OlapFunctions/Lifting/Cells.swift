import Glibc
import OlapColumns

/// The values of one argument, flat or one constant, read by row.
struct Cells<T: BitwiseCopyable> {
  let base: UnsafePointer<T>
  /// 1 for flat arguments, 0 for a constant.
  let step: Int

  /// The vector is flat or constant and its physical type is laid out as `T`.
  init(_ vector: Vector) {
    base = UnsafePointer(vector.data.assumingMemoryBound(to: T.self))
    step = vector.encoding == .constant ? 0 : 1
  }

  @inline(__always) subscript(i: Int) -> T { base[i &* step] }
}

/// Which rows have no NULL argument: the AND of the arguments' validity, or nothing when all have.
struct RowMask {
  let bytes: UnsafeMutablePointer<UInt8>?
  let owner: AnyObject?

  /// Constant arguments are not NULL here: the caller has dealt with those.
  init(_ vectors: [Vector], count: Int) {
    let nullable: [Vector] = vectors.filter { $0.validity != nil && $0.encoding != .constant }
    guard let first = nullable.first else {
      bytes = nil
      owner = nil
      return
    }
    if nullable.count == 1 {
      bytes = first.validity
      owner = first.owner
      return
    }
    let buffer = Buffer(byteCount: count)
    let out = buffer.bytes.assumingMemoryBound(to: UInt8.self)
    memset(out, 1, count)
    for vector in nullable {
      guard let validity = vector.validity else { continue }
      for i in 0..<count { out[i] &= validity[i] }
    }
    bytes = out
    owner = buffer
  }
}

/// Keeps several owners alive through one reference.
///
/// SAFETY: the owners are buffers and heaps that nobody changes any more.
final class OwnerList: @unchecked Sendable {
  private let owners: [AnyObject]
  init(_ owners: [AnyObject]) { self.owners = owners }
}

/// Marks rows of a result NULL; memory is made at the first one.
struct NullMarks {
  private var buffer: Buffer?
  private let base: UnsafeMutablePointer<UInt8>?
  private let count: Int

  init(over mask: RowMask, count: Int) {
    base = mask.bytes
    self.count = count
  }

  mutating func mark(_ row: Int) {
    let target: Buffer
    if let buffer {
      target = buffer
    } else {
      target = Buffer(byteCount: count)
      if let base { memcpy(target.bytes, base, count) } else { memset(target.bytes, 1, count) }
      buffer = target
    }
    target.bytes.storeBytes(of: 0, toByteOffset: row, as: UInt8.self)
  }

  /// The result with the marks made.
  func apply(to vector: Vector) -> Vector {
    guard let buffer else { return vector }
    return vector.withValidity(
      buffer.bytes.assumingMemoryBound(to: UInt8.self), owner: buffer)
  }
}
