import Glibc

/// Source: RFC 1321.
enum MD5 {
  private static let shifts: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
  private static let sines: [UInt32] = (0..<64).map {
    UInt32((sin(Double($0 + 1)).magnitude * 4_294_967_296).rounded(.down))
  }

  static func hash(_ message: [UInt8]) -> [UInt8] {
    let bytes: [UInt8] = DigestPadding.padded(message, bigEndian: false)
    var state: (UInt32, UInt32, UInt32, UInt32) = (
      0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476
    )
    for start in stride(from: 0, to: bytes.count, by: 64) {
      var (a, b, c, d) = state
      for i in 0..<64 {
        let f: UInt32
        let word: Int
        switch i / 16 {
        case 0: (f, word) = ((b & c) | (~b & d), i)
        case 1: (f, word) = ((d & b) | (~d & c), (5 * i + 1) % 16)
        case 2: (f, word) = (b ^ c ^ d, (3 * i + 5) % 16)
        default: (f, word) = (c ^ (b | ~d), (7 * i) % 16)
        }
        let w: UInt32 = DigestPadding.bigEndian(bytes, start + word * 4).byteSwapped
        let sum: UInt32 = a &+ f &+ sines[i] &+ w
        (a, d, c) = (d, c, b)
        b = b &+ DigestPadding.rotateLeft(sum, shifts[(i / 16) * 4 + i % 4])
      }
      state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d)
    }
    return DigestPadding.bytes([state.0, state.1, state.2, state.3].map { $0.byteSwapped })
  }
}

/// Source: RFC 3174.
enum SHA1 {
  static func hash(_ message: [UInt8]) -> [UInt8] {
    let bytes: [UInt8] = DigestPadding.padded(message, bigEndian: true)
    var h: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    var w = [UInt32](repeating: 0, count: 80)
    for start in stride(from: 0, to: bytes.count, by: 64) {
      for i in 0..<16 { w[i] = DigestPadding.bigEndian(bytes, start + 4 * i) }
      for i in 16..<80 {
        w[i] = DigestPadding.rotateLeft(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1)
      }
      var (a, b, c, d, e) = (h[0], h[1], h[2], h[3], h[4])
      for i in 0..<80 {
        let (f, k): (UInt32, UInt32) =
          switch i / 20 {
          case 0: ((b & c) | (~b & d), 0x5a82_7999)
          case 1: (b ^ c ^ d, 0x6ed9_eba1)
          case 2: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
          default: (b ^ c ^ d, 0xca62_c1d6)
          }
        let sum: UInt32 = DigestPadding.rotateLeft(a, 5) &+ f &+ e &+ k &+ w[i]
        (e, d, c, b, a) = (d, c, DigestPadding.rotateLeft(b, 30), a, sum)
      }
      h[0] = h[0] &+ a
      h[1] = h[1] &+ b
      h[2] = h[2] &+ c
      h[3] = h[3] &+ d
      h[4] = h[4] &+ e
    }
    return DigestPadding.bytes(h)
  }
}

/// Source: FIPS 180-4. The constants are the fractions of roots of the first primes.
enum SHA256 {
  private static let primes: [Int] = {
    var found: [Int] = []
    var n = 2
    while found.count < 64 {
      if found.allSatisfy({ n % $0 != 0 }) { found.append(n) }
      n += 1
    }
    return found
  }()

  /// First 32 bits of the fraction of the `degree`-th root, by integer search (exact).
  private static func fraction(_ prime: Int, degree: Int) -> UInt32 {
    // The root times 2^32, below 2^36: found bit by bit with 128-bit (and wider) products.
    var root: UInt128 = 0
    for bit in stride(from: 36, through: 0, by: -1) {
      let candidate: UInt128 = root | UInt128(1) << UInt128(bit)
      let square: UInt128 = candidate * candidate
      let isBelow: Bool
      if degree == 2 {
        isBelow = square <= UInt128(prime) << 64
      } else {
        // candidate³ ≤ prime × 2^96, compared as square ≤ prime × 2^96 / candidate.
        isBelow = square <= (UInt128(prime) << 96) / candidate
      }
      if isBelow { root = candidate }
    }
    return UInt32(truncatingIfNeeded: root)
  }

  private static let initial: [UInt32] = primes.prefix(8).map { fraction($0, degree: 2) }
  private static let rounds: [UInt32] = primes.map { fraction($0, degree: 3) }

  static func hash(_ message: [UInt8]) -> [UInt8] {
    let bytes: [UInt8] = DigestPadding.padded(message, bigEndian: true)
    var h: [UInt32] = initial
    var w = [UInt32](repeating: 0, count: 64)
    for start in stride(from: 0, to: bytes.count, by: 64) {
      for i in 0..<16 { w[i] = DigestPadding.bigEndian(bytes, start + 4 * i) }
      for i in 16..<64 {
        let x: UInt32 = w[i - 15]
        let y: UInt32 = w[i - 2]
        let s0: UInt32 =
          DigestPadding.rotateRight(x, 7) ^ DigestPadding.rotateRight(x, 18) ^ (x >> 3)
        let s1: UInt32 =
          DigestPadding.rotateRight(y, 17) ^ DigestPadding.rotateRight(y, 19) ^ (y >> 10)
        w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
      }
      var v: [UInt32] = h
      for i in 0..<64 {
        let s1: UInt32 =
          DigestPadding.rotateRight(v[4], 6) ^ DigestPadding.rotateRight(v[4], 11)
          ^ DigestPadding.rotateRight(v[4], 25)
        let choice: UInt32 = (v[4] & v[5]) ^ (~v[4] & v[6])
        let t1: UInt32 = v[7] &+ s1 &+ choice &+ rounds[i] &+ w[i]
        let s0: UInt32 =
          DigestPadding.rotateRight(v[0], 2) ^ DigestPadding.rotateRight(v[0], 13)
          ^ DigestPadding.rotateRight(v[0], 22)
        let majority: UInt32 = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
        v[7] = v[6]
        v[6] = v[5]
        v[5] = v[4]
        v[4] = v[3] &+ t1
        v[3] = v[2]
        v[2] = v[1]
        v[1] = v[0]
        v[0] = t1 &+ s0 &+ majority
      }
      for i in 0..<8 { h[i] = h[i] &+ v[i] }
    }
    return DigestPadding.bytes(h)
  }
}
