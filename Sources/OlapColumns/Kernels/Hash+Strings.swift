extension Hash {
  static func hashStrings(_ v: Vector, _ n: Int, _ out: UnsafeMutablePointer<UInt64>) {
    let a = v.values(StringView.self)
    guard let validity = v.validity else {
      for i in 0..<n { out[i] = hashString(a[i]) }
      return
    }
    for i in 0..<n { out[i] = validity[i] != 0 ? hashString(a[i]) : nullHash }
  }

  /// Short strings hash their two words; long ones 16 bytes a step by folded multiplication
  /// (wyhash).
  @inline(__always) static func hashString(_ view: StringView) -> UInt64 {
    view.isInline ? fold(view.head ^ secret0, view.tail ^ secret1) : hashLong(view)
  }

  /// Hash of raw bytes, equal to the hash of a string vector's row with these bytes.
  package static func hashBytes(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return hashString(.empty) }
    return hashString(StringView(base, count: bytes.count))
  }

  private static let secret0: UInt64 = 0xa076_1d64_78bd_642f
  private static let secret1: UInt64 = 0xe703_7ed1_a0b4_28db
  private static let secret2: UInt64 = 0x8ebc_6af0_9c88_c6e3

  @inline(__always) private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return mix(product.high ^ product.low)
  }

  private static func hashLong(_ view: StringView) -> UInt64 {
    let p: UnsafeRawPointer = view.pointer
    let n: Int = view.count
    var state: UInt64 = secret2 ^ UInt64(truncatingIfNeeded: n)
    var offset = 0
    while offset &+ 16 < n {
      let a: UInt64 = p.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let b: UInt64 = p.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)
      let product = (a ^ secret0).multipliedFullWidth(by: b ^ state)
      state = product.high ^ product.low
      offset &+= 16
    }
    // The last 16 bytes overlap what was read; strings here are longer than 12 bytes.
    let last: Int = n &- 8
    let a: UInt64 = p.loadUnaligned(fromByteOffset: Swift.max(0, n &- 16), as: UInt64.self)
    let b: UInt64 = p.loadUnaligned(fromByteOffset: last, as: UInt64.self)
    return fold(a ^ secret1, b ^ state)
  }
}
