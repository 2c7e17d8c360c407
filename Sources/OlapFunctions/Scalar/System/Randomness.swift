import Glibc
import OlapColumns
import Synchronization

/// The generator behind random() and UUIDs: splitmix64 over a shared counter, so that setseed makes
/// one thread's sequence repeatable.
enum Randomness {
  private static let state = Mutex<UInt64>(UInt64.random(in: .min ... .max))

  static func seed(_ value: UInt64) { state.withLock { $0 = value } }

  /// Fills words with random bits.
  static func fill(_ out: UnsafeMutablePointer<UInt64>, _ count: Int) {
    let step: UInt64 = 0x9e37_79b9_7f4a_7c15
    let start: UInt64 = state.withLock { counter in
      let first: UInt64 = counter
      counter &+= step &* UInt64(count)
      return first
    }
    for i in 0..<count {
      var x: UInt64 = start &+ step &* UInt64(i &+ 1)
      x = (x ^ (x &>> 30)) &* 0xbf58_476d_1ce4_e5b9
      x = (x ^ (x &>> 27)) &* 0x94d0_49bb_1331_11eb
      out[i] = x ^ (x &>> 31)
    }
  }
}

extension ScalarFunction {
  static let random = ScalarFunction(
    "random", aliases: ["rand"], summary: "A random number from 0 up to 1.",
    example: ("random() < 1", "true"), stability: .volatile,
    overloads: [
      .fixed([], to: .double) { _, count, _ in
        let result = Vector.flat(.double, count: count)
        Randomness.fill(result.values(UInt64.self), count)
        let words = result.values(UInt64.self)
        let out = result.values(Double.self)
        for i in 0..<count {
          let word: UInt64 = words[i]
          out[i] = Double(word &>> 11) * 0x1p-53
        }
        return result
      }
    ])
  static let setSeed = ScalarFunction(
    "setseed", summary: "Makes random() repeatable: a seed from -1 to 1.",
    example: nil, stability: .volatile,
    overloads: [
      .fixed([.double], to: .null) { arguments, count, _ in
        let seeds: Vector = arguments[0].flattened()
        for i in 0..<count where seeds.isValid(i) {
          let seed: Double = seeds.values(Double.self)[i]
          guard seed >= -1, seed <= 1 else {
            throw ComputeError.invalid(
              "SETSEED accepts seed values between -1.0 and 1.0, inclusive")
          }
          Randomness.seed(seed.bitPattern)
        }
        return Vector.nulls(.null, count: count)
      }
    ])
  static let generateUUID = ScalarFunction(
    "uuid", aliases: ["gen_random_uuid", "uuidv4", "uuid_string", "generate_uuid"],
    summary: "A random UUID (version 4).", example: ("length(uuid()::VARCHAR)", "36"),
    stability: .volatile,
    overloads: [
      .fixed([], to: .uuid) { _, count, _ in
        let result = Vector.flat(.uuid, count: count)
        let words = Buffer(byteCount: Swift.max(count, 1) * 16)
        let bits = words.bytes.assumingMemoryBound(to: UInt64.self)
        Randomness.fill(bits, count * 2)
        let out = result.values(UInt128.self)
        for i in 0..<count {
          // Version 4 in the high half's low 16 bits, variant 10 in the top bits of the low half.
          let high: UInt64 = bits[2 * i] & ~0xf000 | 0x4000
          let low: UInt64 = bits[2 * i + 1] & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
          out[i] = UInt128(high) << 64 | UInt128(low)
        }
        return result
      }
    ])
}
