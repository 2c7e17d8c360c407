/// Prints dates and times as DuckDB does, straight into bytes. No function writes more than 48
/// bytes.
package enum DateTimeFormatter {
  /// Writes into a stack buffer and gives the text.
  private static func text(_ write: (UnsafeMutablePointer<UInt8>) -> Int) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 96) { memory in
      guard let start = memory.baseAddress else { return "" }
      let n: Int = write(start)
      return String(decoding: UnsafeBufferPointer(start: start, count: n), as: UTF8.self)
    }
  }

  /// `2024-02-29`, `0044-03-15 (BC)`, `infinity`.
  package static func date(_ days: Int32) -> String { text { write(date: days, to: $0) } }
  /// `03:04:05.25`.
  package static func time(_ microseconds: Int64) -> String {
    text { write(time: microseconds, to: $0) }
  }
  /// `2024-02-29 03:04:05.25`.
  package static func timestamp(_ microseconds: Int64) -> String {
    text { write(timestamp: microseconds, to: $0) }
  }
  /// `2024-02-29 03:04:05.25+02` in the given zone.
  package static func timestampTZ(_ microseconds: Int64, zone: TimeZone) -> String {
    text { write(timestampTZ: microseconds, zone: zone, to: $0) }
  }

  static func write(date days: Int32, to out: UnsafeMutablePointer<UInt8>) -> Int {
    if days == Calendar.infinityDate { return write("infinity", out) }
    if days == Calendar.negativeInfinityDate { return write("-infinity", out) }
    return write(days: Int64(days), out)
  }

  private static func write(days: Int64, _ out: UnsafeMutablePointer<UInt8>) -> Int {
    let date = Calendar.civil(fromDays: days)
    let isBC: Bool = date.year <= 0
    var n: Int = write(padded: UInt64(isBC ? 1 - date.year : date.year), width: 4, out)
    out[n] = 0x2d
    n = writeTwo(date.month, out, n + 1)
    out[n] = 0x2d
    n = writeTwo(date.day, out, n + 1)
    if isBC { n += write(" (BC)", out + n) }
    return n
  }

  static func write(time microseconds: Int64, to out: UnsafeMutablePointer<UInt8>) -> Int {
    let seconds: Int64 = microseconds / 1_000_000
    let fraction: Int64 = microseconds % 1_000_000
    var n: Int = writeTwo(Int(seconds / 3600), out, 0)
    out[n] = 0x3a
    n = writeTwo(Int(seconds / 60 % 60), out, n + 1)
    out[n] = 0x3a
    n = writeTwo(Int(seconds % 60), out, n + 1)
    return n + write(fraction: fraction, out + n)
  }

  /// `.25` for 250,000 microseconds; nothing for 0.
  static func write(fraction: Int64, _ out: UnsafeMutablePointer<UInt8>) -> Int {
    if fraction == 0 { return 0 }
    out[0] = 0x2e
    _ = write(padded: UInt64(fraction), width: 6, out + 1)
    var n = 7
    while out[n - 1] == 0x30 { n -= 1 }
    return n
  }

  static func write(timestamp value: Int64, to out: UnsafeMutablePointer<UInt8>) -> Int {
    if value == Calendar.infinityTimestamp { return write("infinity", out) }
    if value <= Calendar.negativeInfinityTimestamp { return write("-infinity", out) }
    let parts = Calendar.split(timestamp: value)
    var n: Int = write(days: parts.days, out)
    out[n] = 0x20
    n += 1
    return n + write(time: parts.microseconds, to: out + n)
  }

  static func write(
    timestamp value: Int64, unit: TimestampUnit, to out: UnsafeMutablePointer<UInt8>
  ) -> Int {
    guard Calendar.isFinite(timestamp: value) else { return write(timestamp: value, to: out) }
    let parts = unit.split(value)
    var n: Int = write(days: parts.days, out)
    out[n] = 0x20
    n += 1
    n += write(time: parts.nanoseconds / 1_000_000_000 * 1_000_000, to: out + n)
    let fraction: Int64 = parts.nanoseconds % 1_000_000_000
    if fraction == 0 { return n }
    out[n] = 0x2e
    _ = write(padded: UInt64(fraction), width: 9, out + n + 1)
    n += 10
    while out[n - 1] == 0x30 { n -= 1 }
    return n
  }

  static func write(
    timestampTZ value: Int64, zone: TimeZone, to out: UnsafeMutablePointer<UInt8>
  ) -> Int {
    guard Calendar.isFinite(timestamp: value) else { return write(timestamp: value, to: out) }
    let offset: Int = zone.offset(atUTC: value)
    let shifted = value.addingReportingOverflow(Int64(offset) * 1_000_000)
    let n: Int = write(timestamp: shifted.overflow ? value : shifted.partialValue, to: out)
    return n + write(offset: shifted.overflow ? 0 : offset, out + n)
  }

  /// `+02`, `-03:30`, `+00`; seconds when there are any.
  static func write(offset seconds: Int, _ out: UnsafeMutablePointer<UInt8>) -> Int {
    let magnitude: Int = abs(seconds)
    out[0] = seconds < 0 ? 0x2d : 0x2b
    var n: Int = writeTwo(magnitude / 3600, out, 1)
    if magnitude % 3600 != 0 {
      out[n] = 0x3a
      n = writeTwo(magnitude / 60 % 60, out, n + 1)
      if magnitude % 60 != 0 {
        out[n] = 0x3a
        n = writeTwo(magnitude % 60, out, n + 1)
      }
    }
    return n
  }

  private static func write(_ text: StaticString, _ out: UnsafeMutablePointer<UInt8>) -> Int {
    let n: Int = text.utf8CodeUnitCount
    out.update(from: text.utf8Start, count: n)
    return n
  }

  /// Two digits (more when the number has more, up to six).
  private static func writeTwo(_ value: Int, _ out: UnsafeMutablePointer<UInt8>, _ n: Int) -> Int {
    if value > 99 { return n + write(padded: UInt64(value), width: 2, out + n) }
    out[n] = 0x30 &+ UInt8(truncatingIfNeeded: value / 10)
    out[n + 1] = 0x30 &+ UInt8(truncatingIfNeeded: value % 10)
    return n + 2
  }

  /// Decimal digits, zero-padded to `width`; gives their count.
  static func write(
    padded value: UInt64, width: Int, _ out: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var count = 1
    var rest: UInt64 = value / 10
    while rest > 0 {
      count += 1
      rest /= 10
    }
    count = Swift.max(count, width)
    rest = value
    var i: Int = count
    while i > 0 {
      i -= 1
      out[i] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    return count
  }
}
