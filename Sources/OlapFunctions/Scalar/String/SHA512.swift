/// Source: FIPS 180-4.
enum SHA512 {
  private static let initial: [UInt64] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
  ]

  /// The first 64 bits of the fractions of the cube roots of the first 80 primes.
  private static let constants: [UInt64] = {
    var primes: [UInt64] = []
    var n: UInt64 = 2
    while primes.count < 80 {
      if primes.allSatisfy({ n % $0 != 0 }) { primes.append(n) }
      n += 1
    }
    return primes.map { cubeRootFraction($0) }
  }()

  /// Bisection over the 67 bits of the root scaled by 2^64, with cubes of 201 bits.
  private static func cubeRootFraction(_ n: UInt64) -> UInt64 {
    var low: UInt128 = 1 << 64
    var high: UInt128 = 8 << 64
    while high - low > 1 {
      let middle: UInt128 = (low + high) / 2
      let square = middle.multipliedFullWidth(by: middle)
      let lower = middle.multipliedFullWidth(by: square.low)
      // The cube's bits from 128 up, against those of n * 2^192; roots of primes are never exact.
      let upper: UInt128 = lower.high &+ middle &* square.high
      if upper < UInt128(n) << 64 { low = middle } else { high = middle }
    }
    return UInt64(truncatingIfNeeded: low)
  }

  static func hash(_ message: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = message
    bytes.append(0x80)
    while bytes.count % 128 != 112 { bytes.append(0) }
    let bits = UInt128(message.count) * 8
    for i in 0..<16 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * i))) }
    var h: [UInt64] = initial
    var w = [UInt64](repeating: 0, count: 80)
    for start in stride(from: 0, to: bytes.count, by: 128) {
      for i in 0..<16 {
        w[i] = (0..<8).reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[start + 8 * i + $1]) }
      }
      for i in 16..<80 {
        let a: UInt64 = rotated(w[i - 15], 1) ^ rotated(w[i - 15], 8) ^ (w[i - 15] >> 7)
        let b: UInt64 = rotated(w[i - 2], 19) ^ rotated(w[i - 2], 61) ^ (w[i - 2] >> 6)
        w[i] = w[i - 16] &+ a &+ w[i - 7] &+ b
      }
      var s: [UInt64] = h
      for i in 0..<80 {
        let e1: UInt64 = rotated(s[4], 14) ^ rotated(s[4], 18) ^ rotated(s[4], 41)
        let choice: UInt64 = (s[4] & s[5]) ^ (~s[4] & s[6])
        let first: UInt64 = s[7] &+ e1 &+ choice &+ constants[i] &+ w[i]
        let e0: UInt64 = rotated(s[0], 28) ^ rotated(s[0], 34) ^ rotated(s[0], 39)
        let majority: UInt64 = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
        s = [first &+ e0 &+ majority, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
      }
      for i in 0..<8 { h[i] = h[i] &+ s[i] }
    }
    return h.flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }
  }

  @inline(__always) private static func rotated(_ x: UInt64, _ n: UInt64) -> UInt64 {
    x >> n | x << (64 - n)
  }
}
