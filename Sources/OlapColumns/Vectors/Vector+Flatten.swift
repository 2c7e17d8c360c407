import Glibc

extension Vector {
  /// The rows as a flat vector; this vector itself when it is flat already.
  package func flattened() -> Vector {
    switch encoding {
    case .flat: return self
    case .constant: return flattenedConstant()
    case .dictionary:
      guard let dictionary else { return self }
      return dictionary.expandedDictionary(codes: self)
    case .frame: return flattenedFrame()
    }
  }

  private func flattenedConstant() -> Vector {
    let isNull: Bool = validity.map { $0[0] == 0 } ?? false
    if physical == .structure {
      let result = Vector.flat(
        type, count: count, nullable: isNull, children: children.map { $0.flattened() })
      if isNull, let mask = result.validity { memset(mask, 0, count) }
      return result
    }
    let retained: AnyObject? = physical == .string ? owner : nil
    let result = Vector.flat(
      type, count: count, nullable: isNull, keeping: retained, bounds: bounds, children: children)
    if isNull, let mask = result.validity { memset(mask, 0, count) }
    switch physical.byteCount {
    case 1: memset(result.data, Int32(values(UInt8.self)[0]), count)
    case 2: Vector.fill(result.values(UInt16.self), values(UInt16.self)[0], count)
    case 4: Vector.fill(result.values(UInt32.self), values(UInt32.self)[0], count)
    case 8: Vector.fill(result.values(UInt64.self), values(UInt64.self)[0], count)
    default: Vector.fill(result.values(UInt128.self), values(UInt128.self)[0], count)
    }
    return result
  }

  private static func fill<T: BitwiseCopyable>(
    _ out: UnsafeMutablePointer<T>, _ value: T, _ count: Int
  ) {
    for i in 0..<count { out[i] = value }
  }

  /// Called on the dictionary: one flat row per code of `codes`, with `codes`' validity.
  private func expandedDictionary(codes: Vector) -> Vector {
    let n: Int = codes.count
    if physical == .structure || physical == .list {
      let indexes = Selection(capacity: n)
      codes.copyCodes(to: indexes.indexes)
      return gathered(indexes.indexes, count: n)
        .withValidity(codes.validity, owner: codes.owner)
    }
    let result = Vector.flat(
      type, count: n, sharing: codes.validity, validityOwner: codes.owner)
    if physical == .string, let buffer = result.owner as? Buffer { buffer.keep(owner) }
    switch physical.byteCount {
    case 1: Vector.expand(values(UInt8.self), codes, result.values(UInt8.self))
    case 2: Vector.expand(values(UInt16.self), codes, result.values(UInt16.self))
    case 4: Vector.expand(values(UInt32.self), codes, result.values(UInt32.self))
    case 8: Vector.expand(values(UInt64.self), codes, result.values(UInt64.self))
    default: Vector.expand(values(UInt128.self), codes, result.values(UInt128.self))
    }
    return result
  }

  private static func expand<T: BitwiseCopyable>(
    _ entries: UnsafePointer<T>, _ codes: Vector, _ out: UnsafeMutablePointer<T>
  ) {
    switch codes.codeByteCount {
    case 1: lookUp(entries, UnsafePointer(codes.values(UInt8.self)), out, codes.count)
    case 2: lookUp(entries, UnsafePointer(codes.values(UInt16.self)), out, codes.count)
    default: lookUp(entries, UnsafePointer(codes.values(UInt32.self)), out, codes.count)
    }
  }

  /// Codes as UInt32 row numbers of the dictionary.
  func copyCodes(to out: UnsafeMutablePointer<UInt32>) {
    switch codeByteCount {
    case 1: Vector.widenCodes(UnsafePointer(values(UInt8.self)), out, count)
    case 2: Vector.widenCodes(UnsafePointer(values(UInt16.self)), out, count)
    default: memcpy(out, data, count * 4)
    }
  }

  private static func widenCodes<Code: FixedWidthInteger>(
    _ codes: UnsafePointer<Code>, _ out: UnsafeMutablePointer<UInt32>, _ count: Int
  ) {
    for i in 0..<count { out[i] = UInt32(truncatingIfNeeded: codes[i]) }
  }

  private func flattenedFrame() -> Vector {
    let result = Vector.flat(type, count: count, sharing: validity, validityOwner: owner)
    switch physical {
    case .bool, .int8, .uint8: widen(result.values(UInt8.self))
    case .int16, .uint16: widen(result.values(UInt16.self))
    case .int32, .uint32: widen(result.values(UInt32.self))
    default: widen(result.values(UInt64.self))
    }
    return result.withBounds(bounds)
  }

  /// Writes base + code × multiplier, computed in the width of the result (wrapping is exact).
  private func widen<T: FixedWidthInteger & BitwiseCopyable>(_ out: UnsafeMutablePointer<T>) {
    let base = T(truncatingIfNeeded: frameBase)
    let multiplier = T(truncatingIfNeeded: frameMultiplier)
    switch codeByteCount {
    case 1: Vector.widenFrame(UnsafePointer(values(UInt8.self)), base, multiplier, out, count)
    case 2: Vector.widenFrame(UnsafePointer(values(UInt16.self)), base, multiplier, out, count)
    default: Vector.widenFrame(UnsafePointer(values(UInt32.self)), base, multiplier, out, count)
    }
  }

  /// The same rows with known bounds.
  package func withBounds(_ bounds: ClosedRange<Int64>?) -> Vector {
    Vector(
      type: type, encoding: encoding, count: count, data: data, validity: validity, owner: owner,
      codeByteCount: codeByteCount, dictionary: dictionary, frameBase: frameBase,
      frameMultiplier: frameMultiplier, bounds: bounds, children: children)
  }

  /// The same values with validity `mask` (one byte per row, kept alive by `maskOwner`) in place of
  /// their own. Not for constants.
  package func withValidity(_ mask: UnsafeMutablePointer<UInt8>?, owner maskOwner: AnyObject?)
    -> Vector
  {
    Vector(
      type: type, encoding: encoding, count: count, data: data, validity: mask,
      owner: mask == nil || maskOwner === owner ? owner : OwnerPair(owner, maskOwner),
      codeByteCount: codeByteCount, dictionary: dictionary, frameBase: frameBase,
      frameMultiplier: frameMultiplier, bounds: bounds, children: children)
  }

  fileprivate static func lookUp<T: BitwiseCopyable, Code: FixedWidthInteger>(
    _ entries: UnsafePointer<T>, _ codes: UnsafePointer<Code>, _ out: UnsafeMutablePointer<T>,
    _ count: Int
  ) {
    for i in 0..<count { out[i] = entries[Int(truncatingIfNeeded: codes[i])] }
  }

  fileprivate static func widenFrame<T: FixedWidthInteger, Code: FixedWidthInteger>(
    _ codes: UnsafePointer<Code>, _ base: T, _ multiplier: T, _ out: UnsafeMutablePointer<T>,
    _ count: Int
  ) {
    if multiplier == 1 {
      for i in 0..<count { out[i] = base &+ T(truncatingIfNeeded: codes[i]) }
    } else {
      for i in 0..<count { out[i] = base &+ T(truncatingIfNeeded: codes[i]) &* multiplier }
    }
  }
}

/// Keeps two owners alive for a vector whose parts come from different memory.
///
/// SAFETY: owners are buffers, heaps and segments, which do not change once a vector points into
/// them.
final class OwnerPair: @unchecked Sendable {
  private let first: AnyObject?
  private let second: AnyObject?
  init(_ first: AnyObject?, _ second: AnyObject?) {
    self.first = first
    self.second = second
  }
}
