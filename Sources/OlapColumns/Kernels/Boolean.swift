import Glibc

/// Three-valued logic over BOOLEAN vectors (bytes 0/1 with validity bytes), any encoding.
package enum Boolean {
  /// `l AND r`: FALSE wins over NULL.
  package static func and(_ l: Vector, _ r: Vector, count: Int) -> Vector {
    if let result = constantAnd(l, r, count) ?? constantAnd(r, l, count) { return result }
    let left: Vector = l.flattened()
    let right: Vector = r.flattened()
    let nullable: Bool = left.validity != nil || right.validity != nil
    let result = Vector.flat(.boolean, count: count, nullable: nullable)
    let a = left.values(UInt8.self)
    let b = right.values(UInt8.self)
    let out = result.values(UInt8.self)
    guard let mask = result.validity else {
      for i in 0..<count { out[i] = a[i] & b[i] }
      return result
    }
    let ones = AllOnes(count, needed: left.validity == nil || right.validity == nil)
    let av: UnsafeMutablePointer<UInt8> = left.validity ?? ones.pointer
    let bv: UnsafeMutablePointer<UInt8> = right.validity ?? ones.pointer
    for i in 0..<count {
      // Valid when both are, or when either is a valid FALSE.
      let falseLeft: UInt8 = av[i] & (a[i] ^ 1)
      let falseRight: UInt8 = bv[i] & (b[i] ^ 1)
      out[i] = a[i] & b[i] & av[i] & bv[i]
      mask[i] = (av[i] & bv[i]) | falseLeft | falseRight
    }
    return result
  }

  /// `l OR r`: TRUE wins over NULL.
  package static func or(_ l: Vector, _ r: Vector, count: Int) -> Vector {
    if let result = constantOr(l, r, count) ?? constantOr(r, l, count) { return result }
    let left: Vector = l.flattened()
    let right: Vector = r.flattened()
    let nullable: Bool = left.validity != nil || right.validity != nil
    let result = Vector.flat(.boolean, count: count, nullable: nullable)
    let a = left.values(UInt8.self)
    let b = right.values(UInt8.self)
    let out = result.values(UInt8.self)
    guard let mask = result.validity else {
      for i in 0..<count { out[i] = a[i] | b[i] }
      return result
    }
    let ones = AllOnes(count, needed: left.validity == nil || right.validity == nil)
    let av: UnsafeMutablePointer<UInt8> = left.validity ?? ones.pointer
    let bv: UnsafeMutablePointer<UInt8> = right.validity ?? ones.pointer
    for i in 0..<count {
      let trueLeft: UInt8 = av[i] & a[i]
      let trueRight: UInt8 = bv[i] & b[i]
      out[i] = trueLeft | trueRight
      mask[i] = (av[i] & bv[i]) | trueLeft | trueRight
    }
    return result
  }

  /// `NOT v`; NULL stays NULL.
  package static func not(_ v: Vector, count: Int) -> Vector {
    if v.encoding == .constant {
      guard v.isValid(0) else { return v }
      return Vector.constant(.boolean(v.values(UInt8.self)[0] == 0), type: .boolean, count: count)
    }
    let source: Vector = v.flattened()
    let result = Vector.flat(
      .boolean, count: count, sharing: source.validity, validityOwner: source.owner)
    let a = source.values(UInt8.self)
    let out = result.values(UInt8.self)
    for i in 0..<count { out[i] = a[i] ^ 1 }
    return result
  }

  /// `v IS NULL` (or `IS NOT NULL`) for a vector of any type.
  package static func isNull(_ v: Vector, count: Int, negated: Bool = false) -> Vector {
    guard let validity = v.validity else {
      return Vector.constant(.boolean(negated), type: .boolean, count: count)
    }
    if v.encoding == .constant {
      return Vector.constant(
        .boolean((validity[0] == 0) != negated), type: .boolean, count: count)
    }
    let result = Vector.flat(.boolean, count: count)
    let out = result.values(UInt8.self)
    let flip: UInt8 = negated ? 0 : 1
    for i in 0..<count { out[i] = validity[i] ^ flip }
    return result
  }

  /// Writes the rows where `v` is TRUE (not NULL) to `selection`, ascending.
  package static func selectTrue(_ v: Vector, count: Int, into selection: Selection) {
    if v.encoding == .constant {
      let isTrue: Bool = v.isValid(0) && v.values(UInt8.self)[0] != 0
      let n: Int = isTrue ? count : 0
      for i in 0..<n { selection.indexes[i] = UInt32(truncatingIfNeeded: i) }
      selection.count = n
      return
    }
    let source: Vector = v.flattened()
    selection.count = select(
      UnsafePointer(source.values(UInt8.self)), source.validity.map { UnsafePointer($0) }, count,
      selection.indexes)
  }

  /// Rows where `v` is TRUE.
  package static func countTrue(_ v: Vector, count: Int) -> Int {
    if v.encoding == .constant {
      return v.isValid(0) && v.values(UInt8.self)[0] != 0 ? count : 0
    }
    let source: Vector = v.flattened()
    guard let validity = source.validity else {
      return Reduce.countOnes(source.values(UInt8.self), count: count)
    }
    let a = source.values(UInt8.self)
    return Reduce.countOnes(a, validity, count: count)
  }

  /// Row numbers with byte 1 (and validity 1) to `out`, which has a spare entry; gives their count.
  ///
  /// Eight rows at a time: none and all are common (filters on clustered data), the rest
  /// branch-free.
  static func select(
    _ bytes: UnsafePointer<UInt8>, _ validity: UnsafePointer<UInt8>?, _ count: Int,
    _ out: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let raw = UnsafeRawPointer(bytes)
    let rawValidity: UnsafeRawPointer? = validity.map { UnsafeRawPointer($0) }
    var n = 0
    var i = 0
    while i &+ 8 <= count {
      var word: UInt64 = raw.loadUnaligned(fromByteOffset: i, as: UInt64.self)
      if let rawValidity {
        word &= rawValidity.loadUnaligned(fromByteOffset: i, as: UInt64.self)
      }
      let row = UInt32(truncatingIfNeeded: i)
      if word == 0x0101_0101_0101_0101 {
        let rows: SIMD8<UInt32> = SIMD8(0, 1, 2, 3, 4, 5, 6, 7) &+ row
        UnsafeMutableRawPointer(out + n).storeBytes(of: rows, as: SIMD8<UInt32>.self)
        n &+= 8
      } else if word != 0 {
        for k in 0..<8 {
          out[n] = row &+ UInt32(truncatingIfNeeded: k)
          n &+= Int(truncatingIfNeeded: (word >> UInt64(truncatingIfNeeded: k &* 8)) & 1)
        }
      }
      i &+= 8
    }
    while i < count {
      out[n] = UInt32(truncatingIfNeeded: i)
      n &+= Int(bytes[i] & (validity?[i] ?? 1))
      i &+= 1
    }
    return n
  }

  private static func constantAnd(_ constant: Vector, _ other: Vector, _ count: Int) -> Vector? {
    guard constant.encoding == .constant, constant.isValid(0) else { return nil }
    if constant.values(UInt8.self)[0] != 0 { return other }
    return Vector.constant(.boolean(false), type: .boolean, count: count)
  }

  private static func constantOr(_ constant: Vector, _ other: Vector, _ count: Int) -> Vector? {
    guard constant.encoding == .constant, constant.isValid(0) else { return nil }
    if constant.values(UInt8.self)[0] == 0 { return other }
    return Vector.constant(.boolean(true), type: .boolean, count: count)
  }
}

/// Validity bytes of all ones, for the side of a kernel that has none.
final class AllOnes {
  let pointer: UnsafeMutablePointer<UInt8>
  private let buffer: Buffer?
  init(_ count: Int, needed: Bool = true) {
    let buffer = Buffer(byteCount: needed ? count : 0)
    memset(buffer.bytes, 1, needed ? count : 0)
    pointer = buffer.bytes.assumingMemoryBound(to: UInt8.self)
    self.buffer = buffer
  }
}
