/// TIME WITH TIME ZONE in 64 bits, ordered by the moment in UTC and, where that is the same, the greater
/// offset first: (microseconds of UTC, moved to be positive) × 2^17 + (greatest offset − offset).
package enum ZonedTime {
  /// Greatest distance from UTC in seconds: 15:59:59.
  package static let offsetMax: Int64 = 57_599

  /// `local` is 0…24:00 in microseconds, `offset` in seconds east of UTC.
  package static func pack(local: Int64, offset: Int64) -> Int64 {
    let utc: Int64 = local - offset * 1_000_000 + offsetMax * 1_000_000
    return utc << 17 | (offsetMax - offset)
  }

  package static func offset(_ value: Int64) -> Int64 { offsetMax - (value & 0x1FFFF) }

  package static func local(_ value: Int64) -> Int64 {
    let offset: Int64 = offset(value)
    return (value >> 17) - offsetMax * 1_000_000 + offset * 1_000_000
  }
}
