import Glibc
internal import OlapColumns

/// Number and date fields in their plain spellings; false sends a field to the casts.
enum FastNumber {
  @inline(__always)
  static func integer(
    _ start: UnsafePointer<UInt8>, _ length: Int, _ number: inout Int64
  ) -> Bool {
    guard length > 0, length <= 19 else { return false }
    let isNegative = start[0] == UInt8(ascii: "-")
    var index = isNegative ? 1 : 0
    guard index < length, length - index <= 18 else { return false }
    var value: Int64 = 0
    while index < length {
      let digit = start[index] &- UInt8(ascii: "0")
      if digit > 9 { return false }
      value = value &* 10 &+ Int64(digit)
      index &+= 1
    }
    number = isNegative ? 0 &- value : value
    return true
  }

  /// `-123.45` at the scale: digits beyond it send the field to the casts, which round.
  @inline(__always)
  static func decimal(
    _ start: UnsafePointer<UInt8>, _ length: Int, scale: Int, point: UInt8, _ number: inout Int64
  ) -> Bool {
    guard length > 0, length <= 18 else { return false }
    let isNegative = start[0] == UInt8(ascii: "-")
    var index = isNegative ? 1 : 0
    guard index < length else { return false }
    var value: Int64 = 0
    var decimals = -1
    var digits = 0
    while index < length {
      let byte = start[index]
      let digit = byte &- UInt8(ascii: "0")
      if digit <= 9 {
        value = value &* 10 &+ Int64(digit)
        digits &+= 1
        if decimals >= 0 { decimals &+= 1 }
      } else if byte == point, decimals < 0 {
        decimals = 0
      } else {
        return false
      }
      index &+= 1
    }
    let missing = scale &- max(0, decimals)
    guard missing >= 0, digits > 0, digits &+ missing <= 18 else { return false }
    for _ in 0..<missing { value = value &* 10 }
    number = isNegative ? 0 &- value : value
    return true
  }

  /// `YYYY-MM-DD`.
  @inline(__always)
  static func date(_ start: UnsafePointer<UInt8>, _ length: Int) -> Int32? {
    guard length == 10, start[4] == UInt8(ascii: "-"), start[7] == UInt8(ascii: "-") else {
      return nil
    }
    var year = 0
    var month = 0
    var day = 0
    for index in 0..<4 {
      let digit = start[index] &- UInt8(ascii: "0")
      if digit > 9 { return nil }
      year = year * 10 + Int(digit)
    }
    for index in 5..<7 {
      let digit = start[index] &- UInt8(ascii: "0")
      if digit > 9 { return nil }
      month = month * 10 + Int(digit)
    }
    for index in 8..<10 {
      let digit = start[index] &- UInt8(ascii: "0")
      if digit > 9 { return nil }
      day = day * 10 + Int(digit)
    }
    guard (1...12).contains(month), day >= 1,
      day <= Calendar.daysInMonth(year: Int64(year), month: month)
    else { return nil }
    return Int32(truncatingIfNeeded: Calendar.days(year: Int64(year), month: month, day: day))
  }

  /// `YYYY-MM-DD[ T]HH:MM:SS[.f…]` without zone.
  @inline(__always)
  static func timestamp(_ start: UnsafePointer<UInt8>, _ length: Int) -> Int64? {
    guard length >= 19, length <= 26, start[10] == 0x20 || start[10] == UInt8(ascii: "T"),
      start[13] == UInt8(ascii: ":"), start[16] == UInt8(ascii: ":"), let days = date(start, 10),
      let hour = twoDigits(start + 11), hour < 24, let minute = twoDigits(start + 14), minute < 60,
      let second = twoDigits(start + 17), second < 60
    else { return nil }
    var fraction: Int64 = 0
    if length > 19 {
      guard start[19] == UInt8(ascii: "."), length > 20 else { return nil }
      var unit: Int64 = 100_000
      for index in 20..<length {
        let digit = start[index] &- UInt8(ascii: "0")
        if digit > 9 { return nil }
        fraction &+= Int64(digit) &* unit
        unit /= 10
      }
    }
    let time = (hour &* 60 &+ minute) &* 60 &+ second
    return (Int64(days) &* 86_400 &+ time) &* 1_000_000 &+ fraction
  }

  @inline(__always)
  private static func twoDigits(_ start: UnsafePointer<UInt8>) -> Int64? {
    let high = start[0] &- UInt8(ascii: "0")
    let low = start[1] &- UInt8(ascii: "0")
    return high <= 9 && low <= 9 ? Int64(high &* 10 &+ low) : nil
  }
}
