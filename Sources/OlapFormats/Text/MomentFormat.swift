import Glibc
package import OlapColumns

/// A strptime-like format for dates and times that are not ISO: %Y %y %m %d %b %B %a %A %H %I %M %S %f
/// %p %z %Z %j and their padless forms (%-d). Compiled once, read straight from bytes.
package struct MomentFormat: Sendable, Hashable {
  private enum Item: Hashable {
    case literal(UInt8)
    /// Any number of blanks.
    case blanks
    case year, shortYear, month, day, monthName, weekdayName, hour, halfHour, minute, second
    case fraction, afternoon, offset, zoneName, dayOfYear
  }
  package let text: String
  private let items: [Item]
  /// Whether the format has a time of day.
  package let hasTime: Bool
  package let hasZone: Bool

  /// - Throws: `ComputeError` for a code that is not known.
  package init(_ text: String) throws {
    self.text = text
    var items: [Item] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        items.append(byte == 0x20 ? .blanks : .literal(byte))
        continue
      }
      if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
      guard let code = rest.popFirst() else {
        throw ComputeError(.invalidArgument, "the format \"\(text)\" ends with %")
      }
      items += try MomentFormat.items(code, text)
    }
    self.items = items
    hasTime = items.contains(.hour) || items.contains(.halfHour)
    hasZone = items.contains(.offset) || items.contains(.zoneName)
  }

  private static func items(_ code: UInt8, _ text: String) throws -> [Item] {
    switch Character(Unicode.Scalar(code)) {
    case "Y": [.year]
    case "y": [.shortYear]
    case "m": [.month]
    case "d", "e": [.day]
    case "b", "B", "h": [.monthName]
    case "a", "A": [.weekdayName]
    case "H": [.hour]
    case "I": [.halfHour]
    case "M": [.minute]
    case "S": [.second]
    case "f", "g", "n": [.fraction]
    case "p": [.afternoon]
    case "z": [.offset]
    case "Z": [.zoneName]
    case "j": [.dayOfYear]
    case "T": [.hour, .literal(58), .minute, .literal(58), .second]
    case "F": [.year, .literal(45), .month, .literal(45), .day]
    case "D": [.month, .literal(47), .day, .literal(47), .shortYear]
    case "%": [.literal(37)]
    default:
      throw ComputeError(
        .invalidArgument,
        "the format \"\(text)\" has the unknown code %\(Character(Unicode.Scalar(code)))")
    }
  }

  /// What a text says.
  package struct Parts {
    var year: Int64 = 1900
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    var microseconds: Int64 = 0
    var dayOfYear: Int?
    var isAfternoon: Bool?
    /// Seconds east of UTC.
    var offset: Int?
    var zone: String?
  }

  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ].map { Array($0.utf8) }
  private static let fullMonths = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ].map { Array($0.utf8) }
  private static let weekdays = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
  ].map { Array($0.utf8) }

  /// Days since 1970-01-01, nil when the text does not fit.
  package func date(_ bytes: UnsafeRawBufferPointer) -> Int32? {
    guard let parts = parse(bytes), let days = days(parts) else { return nil }
    return Int32(exactly: days)
  }

  /// Microseconds since 1970-01-01; `utc`: in UTC, with the text's zone or `zone` taken off.
  package func timestamp(
    _ bytes: UnsafeRawBufferPointer, utc: Bool, zone: TimeZone
  ) -> Int64? {
    guard let parts = parse(bytes), let days = days(parts), let time = microseconds(parts) else {
      return nil
    }
    guard let local = Calendar.timestamp(days: days, microseconds: time) else { return nil }
    if !utc { return local }
    if let offset = parts.offset { return local - Int64(offset) * 1_000_000 }
    if let name = parts.zone {
      guard let found = TimeZone.named(name) else { return nil }
      return found.utc(fromLocal: local)
    }
    return zone.utc(fromLocal: local)
  }

  /// Microseconds since midnight, nil when the text does not fit.
  package func time(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    parse(bytes).flatMap { microseconds($0) }
  }

  private func microseconds(_ parts: Parts) -> Int64? {
    var hour = parts.hour
    if let isAfternoon = parts.isAfternoon {
      guard (1...12).contains(hour) else { return nil }
      hour = hour % 12 + (isAfternoon ? 12 : 0)
    }
    return Int64((hour * 60 + parts.minute) * 60 + parts.second) * 1_000_000 + parts.microseconds
  }

  private func days(_ parts: Parts) -> Int64? {
    if let dayOfYear = parts.dayOfYear {
      guard dayOfYear >= 1, dayOfYear <= (Calendar.isLeap(parts.year) ? 366 : 365) else {
        return nil
      }
      return Calendar.days(year: parts.year, month: 1, day: 1) + Int64(dayOfYear - 1)
    }
    guard (1...12).contains(parts.month), parts.day >= 1,
      parts.day <= Calendar.daysInMonth(year: parts.year, month: parts.month)
    else { return nil }
    return Calendar.days(year: parts.year, month: parts.month, day: parts.day)
  }

  private func parse(_ bytes: UnsafeRawBufferPointer) -> Parts? {
    var parts = Parts()
    var cursor = MomentCursor(bytes)
    cursor.skipBlanks()
    for item in items {
      switch item {
      case .literal(let byte): guard cursor.accept(byte) else { return nil }
      case .blanks: guard cursor.skipBlanks() else { return nil }
      case .year:
        guard let year = cursor.digits(4...4) else { return nil }
        parts.year = Int64(year)
      case .shortYear:
        guard let year = cursor.digits(2...2) else { return nil }
        parts.year = Int64(year + (year < 69 ? 2000 : 1900))
      case .month: guard cursor.number(1...2, 1...12, &parts.month) else { return nil }
      case .day: guard cursor.number(1...2, 1...31, &parts.day) else { return nil }
      case .hour: guard cursor.number(1...2, 0...23, &parts.hour) else { return nil }
      case .halfHour: guard cursor.number(1...2, 1...12, &parts.hour) else { return nil }
      case .minute: guard cursor.number(2...2, 0...59, &parts.minute) else { return nil }
      case .second: guard cursor.number(2...2, 0...59, &parts.second) else { return nil }
      case .dayOfYear:
        var day = 0
        guard cursor.number(1...3, 1...366, &day) else { return nil }
        parts.dayOfYear = day
      case .fraction: guard cursor.fraction(&parts.microseconds) else { return nil }
      case .monthName:
        guard
          let index = cursor.word(MomentFormat.fullMonths) ?? cursor.word(MomentFormat.months)
        else { return nil }
        parts.month = index + 1
      case .weekdayName:
        guard
          cursor.word(MomentFormat.weekdays) != nil
            || cursor.word(MomentFormat.weekdays.map { Array($0.prefix(3)) }) != nil
        else { return nil }
      case .afternoon:
        guard let index = cursor.word([Array("am".utf8), Array("pm".utf8)]) else { return nil }
        parts.isAfternoon = index == 1
      case .offset, .zoneName:
        if let offset = cursor.offset() {
          parts.offset = offset
        } else if let name = cursor.zoneName(), TimeZone.named(name) != nil {
          parts.zone = name
        } else {
          return nil
        }
      }
    }
    cursor.skipBlanks()
    return cursor.isAtEnd ? parts : nil
  }
}

/// A reading position in a date's text.
private struct MomentCursor {
  private let bytes: UnsafeRawBufferPointer
  private var i = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { i == bytes.count }

  @discardableResult mutating func skipBlanks() -> Bool {
    let start = i
    while i < bytes.count, bytes[i] == 0x20 || bytes[i] == 9 { i += 1 }
    return i > start
  }

  mutating func accept(_ byte: UInt8) -> Bool {
    guard i < bytes.count, bytes[i] == byte else { return false }
    i += 1
    return true
  }

  /// A number of that many digits; nil when there are fewer or more.
  mutating func digits(_ widths: ClosedRange<Int>) -> Int? {
    var value = 0
    let start = i
    while i < bytes.count, i - start < widths.upperBound, bytes[i] >= 0x30, bytes[i] <= 0x39 {
      value = value * 10 + Int(bytes[i] - 0x30)
      i += 1
    }
    return i - start >= widths.lowerBound ? value : nil
  }

  mutating func number(
    _ widths: ClosedRange<Int>, _ range: ClosedRange<Int>, _ result: inout Int
  ) -> Bool {
    guard let value = digits(widths), range.contains(value) else { return false }
    result = value
    return true
  }

  /// Digits after a point as microseconds; those past the sixth are dropped.
  mutating func fraction(_ result: inout Int64) -> Bool {
    let start = i
    var unit: Int64 = 100_000
    result = 0
    while i < bytes.count, bytes[i] >= 0x30, bytes[i] <= 0x39 {
      result += Int64(bytes[i] - 0x30) * unit
      unit /= 10
      i += 1
    }
    return i > start
  }

  /// The position of the word that the text goes on with, case-insensitive.
  mutating func word(_ words: [[UInt8]]) -> Int? {
    for (index, word) in words.enumerated() where i + word.count <= bytes.count {
      var matches = true
      for k in word.indices where bytes[i + k] | 0x20 != word[k] { matches = false }
      let after = i + word.count
      if matches, after == bytes.count || !MomentCursor.isLetter(bytes[after]) {
        i = after
        return index
      }
    }
    return nil
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte | 0x20 >= 97 && byte | 0x20 <= 122
  }

  /// `Z`, `+02`, `+0200`, `+02:00` in seconds.
  mutating func offset() -> Int? {
    guard i < bytes.count else { return nil }
    if bytes[i] == UInt8(ascii: "Z") || bytes[i] == UInt8(ascii: "z"), i + 1 == bytes.count {
      i += 1
      return 0
    }
    guard bytes[i] == UInt8(ascii: "+") || bytes[i] == UInt8(ascii: "-") else { return nil }
    let sign = bytes[i] == UInt8(ascii: "-") ? -1 : 1
    i += 1
    guard let hours = digits(2...2), hours <= 18 else { return nil }
    _ = accept(UInt8(ascii: ":"))
    let minutes = digits(2...2) ?? 0
    return sign * (hours * 3600 + minutes * 60)
  }

  mutating func zoneName() -> String? {
    let start = i
    while i < bytes.count, bytes[i] != 0x20 { i += 1 }
    guard i > start, MomentCursor.isLetter(bytes[start]) else { return nil }
    return String(decoding: bytes[start..<i], as: UTF8.self)
  }
}

extension MomentFormat {
  /// Formats that files use beside ISO, dates first; day before month where both fit.
  private static func compiled(_ texts: [String]) -> [MomentFormat] {
    texts.compactMap { try? MomentFormat($0) }
  }

  static let dates: [MomentFormat] = compiled([
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%m.%d.%Y", "%Y.%m.%d", "%Y/%m/%d",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y",
    "%b %d, %Y", "%b %d %Y", "%d/%b/%Y", "%Y-%b-%d", "%a, %d %b %Y", "%A, %d %b %Y", "%d. %b %Y",
    "%A, %b %d, %Y", "%a, %b %d, %Y",
  ])

  /// Times of day that are not ISO.
  static let times: [MomentFormat] = compiled([
    "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S.%f %p", "%I:%M:%S%p", "%I:%M%p", "%I %p",
  ])

  static let timestamps: [MomentFormat] = {
    let dates: [String] = [
      "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d", "%Y/%m/%d",
      "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%b %d %Y",
    ]
    let times: [String] = [
      "%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p",
    ]
    var texts: [String] = []
    for date in dates {
      for time in times {
        texts += ["\(date) \(time)", "\(date), \(time)", "\(date) \(time) %z"]
      }
    }
    texts += [
      "%a, %d %b %Y %H:%M:%S %z", "%d/%b/%Y:%H:%M:%S %z", "%a %b %d %H:%M:%S %Y", "%Y%m%dT%H%M%S",
      "%Y%m%dT%H%M%SZ", "%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M %p", "%Y-%m-%d %H.%M.%S",
      "%d.%m.%Y %H.%M.%S", "%d.%m.%YT%H:%M:%S",
    ]
    return compiled(texts)
  }()

  /// Whether a day stands before a month given in digits (true), after it (false), or neither.
  var isDayFirst: Bool? {
    guard let day = items.firstIndex(of: .day), let month = items.firstIndex(of: .month) else {
      return nil
    }
    if let year = items.firstIndex(of: .year), year < min(day, month) { return nil }
    return day < month
  }
}
