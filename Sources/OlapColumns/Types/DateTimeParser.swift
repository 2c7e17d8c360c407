/// Reads dates and times as DuckDB accepts them, straight from bytes. nil = not such a text.
package enum DateTimeParser {
  /// `2024-2-9`, `2024/02/09`, `0044-03-15 (BC)`, `infinity`, `epoch`; a time after it is dropped.
  package static func date(_ bytes: UnsafeRawBufferPointer) -> Int32? {
    var cursor = ByteCursor(trimmed(bytes))
    if let special = cursor.special() {
      return special == 0 ? 0 : special > 0 ? Calendar.infinityDate : Calendar.negativeInfinityDate
    }
    guard let days = cursor.date(), days > Int64(Int32.min), days < Int64(Int32.max)
    else { return nil }
    if cursor.isAtEnd { return Int32(days) }
    // The rest must be a time of day (with or without zone).
    guard let parts = timestampParts(bytes) else { return nil }
    let isZone: Bool = (parts.zone ?? "").utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
        || [0x2b, 0x2d, 0x2f, 0x3a, 0x5f].contains(byte)
    }
    return isZone ? Int32(days) : nil
  }

  /// `3:04`, `03:04:05.25`; a date before it is dropped.
  package static func time(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    var cursor = ByteCursor(trimmed(bytes))
    if let time = cursor.time(), cursor.isAtEnd { return time }
    guard let parts = timestampParts(bytes), parts.zone == nil, !parts.isSpecial else { return nil }
    return Calendar.split(timestamp: parts.local).microseconds
  }

  /// `12:34:56+02`, packed; without an offset it is UTC's. Of a timestamp the time in UTC.
  package static func timeTZ(
    _ bytes: UnsafeRawBufferPointer, offset present: Int64 = 0
  ) -> Int64? {
    var cursor = ByteCursor(trimmed(bytes))
    if let time = cursor.time() {
      var offset: Int64 = present
      if !cursor.isAtEnd {
        guard let seconds = cursor.offset(), cursor.isAtEnd,
          Int64(seconds).magnitude <= ZonedTime.offsetMax.magnitude
        else { return nil }
        offset = Int64(seconds)
      }
      return ZonedTime.pack(local: time, offset: offset)
    }
    guard let moment = timestampTZ(bytes, zone: .utc), Calendar.isFinite(timestamp: moment)
    else { return nil }
    return ZonedTime.pack(local: Calendar.split(timestamp: moment).microseconds, offset: 0)
  }

  /// A moment without zone; an offset or zone name in the text is read over.
  package static func timestamp(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    guard let parts = timestampParts(bytes) else { return nil }
    if let zone = parts.zone, TimeZone.named(zone) == nil { return nil }
    return parts.local
  }

  /// A moment without zone in another unit: seconds and milliseconds are rounded, digits past the
  /// ninth are dropped. nil also beyond the range of the unit.
  package static func timestamp(_ bytes: UnsafeRawBufferPointer, _ unit: TimestampUnit) -> Int64? {
    guard let parts = timestampParts(bytes) else { return nil }
    if let zone = parts.zone, TimeZone.named(zone) == nil { return nil }
    if parts.isSpecial { return parts.local }
    guard unit == .nanoseconds else {
      return TimestampUnit.rounded(parts.local, 1_000_000 / unit.perSecond)
    }
    let product = parts.local.multipliedReportingOverflow(by: 1000)
    let sum = product.partialValue.addingReportingOverflow(parts.nanoseconds)
    return product.overflow || sum.overflow || !Calendar.isFinite(timestamp: sum.partialValue)
      ? nil : sum.partialValue
  }

  /// A moment in UTC; text without offset or zone name is local time of `zone`.
  package static func timestampTZ(_ bytes: UnsafeRawBufferPointer, zone: TimeZone) -> Int64? {
    guard let parts = timestampParts(bytes) else { return nil }
    if parts.isSpecial { return parts.local }
    if let name = parts.zone {
      guard let found = TimeZone.named(name) else { return nil }
      return found.utc(fromLocal: parts.local)
    }
    guard let offset = parts.offset else { return zone.utc(fromLocal: parts.local) }
    let result = parts.local.subtractingReportingOverflow(Int64(offset) * 1_000_000)
    return result.overflow || !Calendar.isFinite(timestamp: result.partialValue)
      ? nil : result.partialValue
  }

  /// A timestamp text taken apart: local microseconds, offset in seconds or zone name when given.
  struct TimestampParts {
    var local: Int64
    var offset: Int?
    var zone: String?
    /// What the text has below the microsecond, 0…999.
    var nanoseconds: Int64 = 0
    /// `infinity`, `-infinity`, `epoch`: `local` is the answer.
    var isSpecial = false
  }

  static func timestampParts(_ bytes: UnsafeRawBufferPointer) -> TimestampParts? {
    var cursor = ByteCursor(trimmed(bytes))
    if let special = cursor.special() {
      let value: Int64 =
        special == 0
        ? 0 : special > 0 ? Calendar.infinityTimestamp : Calendar.negativeInfinityTimestamp
      return TimestampParts(local: value, isSpecial: true)
    }
    guard let days = cursor.date() else { return nil }
    if cursor.isAtEnd {
      return Calendar.timestamp(days: days, microseconds: 0).map { TimestampParts(local: $0) }
    }
    let hasSeparator: Bool = cursor.acceptAny(0x54, 0x74)
    if !hasSeparator {
      guard cursor.skipBlanks() else { return nil }
    }
    guard let time = cursor.time(),
      let local = Calendar.timestamp(days: days, microseconds: time)
    else { return nil }
    var parts = TimestampParts(local: local)
    parts.nanoseconds = cursor.nanoseconds
    cursor.skipBlanks()
    if cursor.isAtEnd { return parts }
    if cursor.acceptAny(0x5a, 0x7a) {
      if cursor.isAtEnd {
        parts.offset = 0
        return parts
      }
      cursor.stepBack()
    }
    if let offset = cursor.offset() {
      guard cursor.isAtEnd else { return nil }
      parts.offset = offset
      return parts
    }
    parts.zone = cursor.rest()
    return parts
  }
}

/// A reading position in bytes.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  var i = 0
  /// Below the microsecond in the last fraction read, 0…999.
  var nanoseconds: Int64 = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { i == bytes.count }

  mutating func stepBack() { i -= 1 }

  /// Skips blanks; whether there were any.
  @discardableResult mutating func skipBlanks() -> Bool {
    let start: Int = i
    while i < bytes.count && isBlank(bytes[i]) { i += 1 }
    return i > start
  }

  mutating func accept(_ byte: UInt8) -> Bool {
    guard i < bytes.count, bytes[i] == byte else { return false }
    i += 1
    return true
  }

  mutating func acceptAny(_ a: UInt8, _ b: UInt8) -> Bool { accept(a) || accept(b) }

  /// Up to `maximum` digits as a number; nil when there is none or a further digit follows.
  mutating func digits(_ maximum: Int) -> Int64? {
    var value: Int64 = 0
    let start: Int = i
    while i < bytes.count, i - start < maximum, bytes[i] >= 0x30, bytes[i] <= 0x39 {
      value = value &* 10 &+ Int64(bytes[i] &- 0x30)
      i += 1
    }
    if i < bytes.count, bytes[i] >= 0x30, bytes[i] <= 0x39 { return nil }
    return i > start ? value : nil
  }

  /// 1 infinity, -1 -infinity, 0 epoch, when that is all there is.
  mutating func special() -> Int? {
    guard let first = bytes.first, first | 0x20 == 0x69 || first == 0x2d || first | 0x20 == 0x65
    else { return nil }
    let text: String = String(decoding: bytes, as: UTF8.self).lowercased()
    switch text {
    case "infinity", "inf": return 1
    case "-infinity", "-inf": return -1
    case "epoch": return 0
    default: return nil
    }
  }

  /// Year, month and day with one kind of separator, then an optional ` (BC)`.
  mutating func date() -> Int64? {
    let isNegative: Bool = accept(0x2d)
    guard var year = digits(7), i < bytes.count else { return nil }
    let separator: UInt8 = bytes[i]
    guard separator == 0x2d || separator == 0x2f || separator == 0x5c || separator == 0x20
    else { return nil }
    i += 1
    guard let month = digits(2), month >= 1, month <= 12, accept(separator), let day = digits(2)
    else { return nil }
    if isNegative { year = -year }
    if i + 5 <= bytes.count, bytes[i] == 0x20, bytes[i + 1] == 0x28, bytes[i + 4] == 0x29,
      bytes[i + 2] | 0x20 == 0x62, bytes[i + 3] | 0x20 == 0x63
    {
      i += 5
      year = 1 - year
    }
    guard day >= 1, Int(day) <= Calendar.daysInMonth(year: year, month: Int(month))
    else { return nil }
    return Calendar.days(year: year, month: Int(month), day: Int(day))
  }

  /// Hours, minutes and optional seconds with fraction, in microseconds up to 24:00.
  mutating func time() -> Int64? {
    guard let hour = digits(2), hour <= 24, accept(0x3a), let minute = digits(2), minute < 60
    else { return nil }
    var second: Int64 = 0
    var fraction: Int64 = 0
    if accept(0x3a) {
      guard let whole = digits(2), whole < 60 else { return nil }
      second = whole
      if accept(0x2e) { fraction = self.fraction() }
    }
    let total: Int64 = ((hour &* 60 &+ minute) &* 60 &+ second) &* 1_000_000 &+ fraction
    return total <= Calendar.microsecondsPerDay ? total : nil
  }

  /// Digits after a point as microseconds; the next three become `nanoseconds`, the rest is dropped.
  mutating func fraction() -> Int64 {
    var value: Int64 = 0
    var unit: Int64 = 100_000_000
    while i < bytes.count, bytes[i] >= 0x30, bytes[i] <= 0x39 {
      value &+= Int64(bytes[i] &- 0x30) &* unit
      unit /= 10
      i += 1
    }
    nanoseconds = value % 1000
    return value / 1000
  }

  /// `±HH[[:]MM[:SS]]` in seconds.
  mutating func offset() -> Int? {
    guard i < bytes.count, bytes[i] == 0x2b || bytes[i] == 0x2d else { return nil }
    let mark: Int = i
    let isNegative: Bool = bytes[i] == 0x2d
    i += 1
    guard let hours = twoDigits() else {
      i = mark
      return nil
    }
    var seconds: Int = hours * 3600
    let hasColon: Bool = accept(0x3a)
    if let minutes = twoDigits() {
      seconds += minutes * 60
      if accept(0x3a), let rest = twoDigits() { seconds += rest }
    } else if hasColon {
      i = mark
      return nil
    }
    return isNegative ? -seconds : seconds
  }

  private mutating func twoDigits() -> Int? {
    guard i + 1 < bytes.count, bytes[i] >= 0x30, bytes[i] <= 0x39, bytes[i + 1] >= 0x30,
      bytes[i + 1] <= 0x39
    else { return nil }
    i += 2
    return Int(bytes[i - 2] - 0x30) * 10 + Int(bytes[i - 1] - 0x30)
  }

  /// The bytes not read yet as text.
  func rest() -> String { String(decoding: bytes[i...], as: UTF8.self) }
}
