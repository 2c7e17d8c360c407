import OlapColumns

extension ScalarFunction {
  static let uuidVersion7 = ScalarFunction(
    "uuidv7", summary: "A UUID that sorts by its time of making (version 7).",
    example: ("uuid_extract_version(uuidv7())", "7"), stability: .volatile,
    overloads: [
      .fixed([], to: .uuid) { _, count, context in
        let result = Vector.flat(.uuid, count: count)
        let words = Buffer(byteCount: Swift.max(count, 1) * 16)
        let bits = words.bytes.assumingMemoryBound(to: UInt64.self)
        Randomness.fill(bits, count * 2)
        let out = result.values(UInt128.self)
        let milliseconds = UInt64(truncatingIfNeeded: Swift.max(context.now, 0) / 1000)
        for i in 0..<count {
          // 48 bits of time, version 7, 12 random bits; variant 10, 62 random bits.
          let high: UInt64 = milliseconds << 16 | 0x7000 | bits[2 * i] & 0xfff
          let low: UInt64 = bits[2 * i + 1] & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
          out[i] = UInt128(high) << 64 | UInt128(low)
        }
        return result
      }
    ])
  static let uuidExtractVersion = ScalarFunction(
    "uuid_extract_version", summary: "The version of a UUID.",
    example: ("uuid_extract_version('019a0000-0000-7000-8000-000000000000'::UUID)", "7"),
    overloads: [
      .unary(.uuid, to: .uinteger) { (uuid: UInt128) in
        UInt32(truncatingIfNeeded: uuid >> 76) & 15
      }
    ])
  static let uuidExtractTimestamp = ScalarFunction(
    "uuid_extract_timestamp", summary: "When a UUID of version 7 was made.",
    example: (
      "uuid_extract_timestamp('019a0000-0000-7000-8000-000000000000'::UUID) AT TIME ZONE 'UTC'",
      "2025-10-20 05:03:11.36"
    ),
    overloads: [
      .unary(.uuid, to: .timestampTZ) { (uuid: UInt128) -> Int64? in
        guard UInt32(truncatingIfNeeded: uuid >> 76) & 15 == 7 else {
          throw ComputeError.invalid("the time is in UUIDs of version 7 only")
        }
        return Int64(truncatingIfNeeded: uuid >> 80) * 1000
      }
    ])
}
