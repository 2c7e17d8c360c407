import OlapColumns

/// strftime and strptime directives: %Y %m %d %H %M %S %f %j %a %A %b %B %p %I %y %U %W %V %G %u %w
/// %Z %z %c %x %X %D %F %T %R %g %n %s %e %-d and so on.
enum TimeFormat {
  /// A moment as the clock on the wall of `zone` shows it.
  static func print(_ moment: Int64, _ format: String, in zone: TimeZone) throws -> String {
    try print(
      zone.local(fromUTC: moment), format, clock: (zone.name, zone.offset(atUTC: moment)))
  }

  /// A local time; `clock` is what %Z and %z print, its offset in seconds east of Greenwich.
  static func print(
    _ timestamp: Int64, _ format: String, clock: (zone: String, offset: Int)? = nil
  ) throws -> String {
    guard Calendar.isFinite(timestamp: timestamp) else {
      return timestamp > 0 ? "infinity" : "-infinity"
    }
    var out = ""
    try write(timestamp, Array(format.utf8), clock, 0, 0, &out)
    return out
  }

  /// A TIMESTAMP_NS: `%n` has all nine digits, everything else counts whole microseconds.
  static func print(nanoseconds ticks: Int64, _ format: String) throws -> String {
    guard Calendar.isFinite(timestamp: ticks) else { return try print(ticks, format) }
    let parts = TimestampUnit.nanoseconds.split(ticks)
    let below: Int64 = parts.nanoseconds % 1000
    var out = ""
    try write((ticks - below) / 1000, Array(format.utf8), nil, 0, below, &out)
    return out
  }

  /// Whether strptime with the format gives a TIMESTAMP_NS: it reads nanoseconds.
  static func isToNanoseconds(_ format: String) -> Bool {
    var bytes = Array(format.utf8)[...]
    while let start = bytes.firstIndex(of: 0x25), start + 1 < bytes.endIndex {
      if bytes[start + 1] == 0x6e { return true }
      bytes = bytes[(start + 2)...]
    }
    return false
  }

  private static func write(
    _ timestamp: Int64, _ format: [UInt8], _ clock: (zone: String, offset: Int)?, _ depth: Int,
    _ below: Int64, _ out: inout String
  ) throws {
    var literal: [UInt8] = []
    var i = 0
    while i < format.count {
      guard format[i] == 0x25 else {
        literal.append(format[i])
        i += 1
        continue
      }
      out += String(decoding: literal, as: UTF8.self)
      literal = []
      i += 1
      var isBare = false
      if i < format.count, format[i] == 0x2d {
        isBare = true
        i += 1
      }
      guard i < format.count else {
        throw ComputeError.invalid("Failed to parse format specifier: trailing format character %")
      }
      let letter = Character(Unicode.Scalar(format[i]))
      if let nested = composite[letter], depth == 0 {
        try write(timestamp, Array(nested.utf8), clock, 1, below, &out)
      } else if letter == "n" {
        let digits = String(
          Calendar.split(timestamp: timestamp).microseconds % 1_000_000 * 1000 + below)
        out += (isBare ? "" : String(repeating: "0", count: 9 - digits.utf8.count)) + digits
      } else {
        out += try directive(letter, timestamp, isBare, clock)
      }
      i += 1
    }
    out += String(decoding: literal, as: UTF8.self)
  }

  private static let composite: [Character: String] = [
    "c": "%Y-%m-%d %H:%M:%S", "x": "%Y-%m-%d", "X": "%H:%M:%S", "D": "%m/%d/%y",
    "F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "r": "%I:%M:%S %p",
  ]

  private static func directive(
    _ letter: Character, _ timestamp: Int64, _ isBare: Bool, _ clock: (zone: String, offset: Int)?
  ) throws -> String {
    let (days, rest) = Calendar.split(timestamp: timestamp)
    let date = Calendar.civil(fromDays: days)
    let hour: Int64 = rest / Calendar.microsecondsPerHour
    func pad(_ value: Int64, _ width: Int) -> String {
      let text = String(value.magnitude)
      let zeros: Int = isBare ? 0 : Swift.max(0, width - text.count)
      return (value < 0 ? "-" : "") + String(repeating: "0", count: zeros) + text
    }
    let weekday: Int = Calendar.dayOfWeek(fromDays: days)
    let dayOfYear: Int = Calendar.dayOfYear(fromDays: days)
    switch letter {
    case "Y": return pad(date.year, 4)
    case "y": return pad(((date.year % 100) + 100) % 100, 2)
    case "m": return pad(Int64(date.month), 2)
    case "d": return pad(Int64(date.day), 2)
    case "e": return isBare || date.day > 9 ? "\(date.day)" : " \(date.day)"
    case "H": return pad(hour, 2)
    case "I": return pad((hour + 11) % 12 + 1, 2)
    case "p": return hour < 12 ? "AM" : "PM"
    case "M": return pad(rest / Calendar.microsecondsPerMinute % 60, 2)
    case "S": return pad(rest / 1_000_000 % 60, 2)
    case "f": return pad(rest % 1_000_000, 6)
    case "g": return pad(rest / 1000 % 1000, 3)
    case "j": return pad(Int64(dayOfYear), 3)
    case "a": return String(PartKernel.dayNames[weekday].prefix(3))
    case "A": return PartKernel.dayNames[weekday]
    case "b", "h": return String(PartKernel.monthNames[date.month - 1].prefix(3))
    case "B": return PartKernel.monthNames[date.month - 1]
    case "w": return "\(weekday)"
    case "u": return "\((weekday + 6) % 7 + 1)"
    case "U": return pad(Int64((dayOfYear + 6 - weekday) / 7), 2)
    case "W": return pad(Int64((dayOfYear + 6 - (weekday + 6) % 7) / 7), 2)
    case "V": return pad(Int64(Calendar.isoWeek(fromDays: days).week), 2)
    case "G": return pad(Calendar.isoWeek(fromDays: days).year, 4)
    case "s": return "\(timestamp / 1_000_000)"
    case "z": return offsetText(clock?.offset ?? 0)
    case "Z": return clock?.zone ?? ""
    case "%": return "%"
    default: throw ComputeError.invalid("Unrecognized format for strftime: %\(letter)")
    }
  }

  private static func offsetText(_ seconds: Int) -> String {
    let minutes: Int = Swift.abs(seconds) / 60
    let hours: String = minutes / 60 < 10 ? "0\(minutes / 60)" : "\(minutes / 60)"
    let rest: Int = minutes % 60
    let tail: String = rest == 0 ? "" : (rest < 10 ? ":0\(rest)" : ":\(rest)")
    return (seconds < 0 ? "-" : "+") + hours + tail
  }

  // MARK: Parsing

  /// Fields read from a text.
  private struct Fields {
    var year: Int64 = 1900
    var month: Int64 = 1
    var day: Int64 = 1
    var dayOfYear: Int64?
    var hour: Int64 = 0
    var isAfternoon: Bool?
    var minute: Int64 = 0
    var second: Int64 = 0
    var microsecond: Int64 = 0
    /// Below the microsecond, 0…999.
    var nanosecond: Int64 = 0
    var epoch: Int64?
    /// Seconds east of UTC.
    var offset: Int64?
    var zone: String?
  }

  static func require(_ text: String, _ format: String) throws -> Int64 {
    if let moment = parse(text, format)?.moment { return moment }
    throw ComputeError.invalid(
      "Could not parse string \"\(text)\" according to format specifier \"\(format)\"")
  }

  static func requireNanoseconds(_ text: String, _ format: String) throws -> Int64 {
    guard let found = parse(text, format) else { return try require(text, format) }
    if let ticks = found.ticks { return ticks }
    throw ComputeError.overflow("The timestamp \"\(text)\" is out of range for TIMESTAMP_NS")
  }

  /// A moment read from a text.
  struct Moment {
    /// Microseconds since 1970, in UTC when the text names an offset.
    let moment: Int64
    let hasZone: Bool
    /// The same in nanoseconds; nil out of their range.
    var ticks: Int64?

    init(_ moment: Int64, hasZone: Bool, nanosecond: Int64 = 0) {
      self.moment = moment
      self.hasZone = hasZone
      let (product, overflow) = moment.multipliedReportingOverflow(by: 1000)
      let (sum, isPast) = product.addingReportingOverflow(nanosecond)
      ticks = overflow || isPast || !Calendar.isFinite(timestamp: sum) ? nil : sum
    }
  }

  /// Microseconds of the text (converted to UTC when it names an offset), or nil when it does not
  /// fit the format.
  static func parse(_ text: String, _ format: String) -> Moment? {
    var fields = Fields()
    let bytes: [UInt8] = Array(text.utf8)
    var position = 0
    guard read(bytes, &position, Array(format.utf8), &fields, 0) else { return nil }
    while position < bytes.count, bytes[position] == 0x20 { position += 1 }
    guard position == bytes.count else { return nil }
    return moment(fields)
  }

  private static func moment(_ fields: Fields) -> Moment? {
    if let epoch = fields.epoch {
      let (micros, overflow) = epoch.multipliedReportingOverflow(by: 1_000_000)
      return overflow ? nil : Moment(micros, hasZone: false)
    }
    var hour: Int64 = fields.hour
    if let isAfternoon = fields.isAfternoon {
      guard (1...12).contains(hour) else { return nil }
      hour = hour % 12 + (isAfternoon ? 12 : 0)
    }
    var days: Int64
    if let dayOfYear = fields.dayOfYear {
      guard (1...366).contains(dayOfYear) else { return nil }
      days = Calendar.days(year: fields.year, month: 1, day: 1) + dayOfYear - 1
    } else {
      guard let date = try? Construction.date(fields.year, fields.month, fields.day)
      else { return nil }
      days = Int64(date)
    }
    guard hour < 24, fields.minute < 60, fields.second < 60 else { return nil }
    let rest: Int64 =
      hour * Calendar.microsecondsPerHour + fields.minute * Calendar.microsecondsPerMinute
      + fields.second * 1_000_000 + fields.microsecond
    guard let local = Calendar.timestamp(days: days, microseconds: rest) else { return nil }
    let below: Int64 = fields.nanosecond
    if let offset = fields.offset {
      let (utc, overflow) = local.subtractingReportingOverflow(offset * 1_000_000)
      return overflow ? nil : Moment(utc, hasZone: true, nanosecond: below)
    }
    if let name = fields.zone {
      guard let zone = TimeZone.named(name), let utc = zone.utc(fromLocal: local) else {
        return nil
      }
      return Moment(utc, hasZone: true, nanosecond: below)
    }
    return Moment(local, hasZone: false, nanosecond: below)
  }

  private static func read(
    _ text: [UInt8], _ i: inout Int, _ format: [UInt8], _ fields: inout Fields, _ depth: Int
  ) -> Bool {
    var j = 0
    while j < format.count {
      if format[j] == 0x25, j + 1 < format.count {
        j += 1
        if format[j] == 0x2d, j + 1 < format.count { j += 1 }
        let letter = Character(Unicode.Scalar(format[j]))
        j += 1
        if let nested = composite[letter], depth == 0 {
          guard read(text, &i, Array(nested.utf8), &fields, 1) else { return false }
        } else {
          guard field(letter, text, &i, &fields) else { return false }
        }
      } else if format[j] == 0x20 {
        while i < text.count, text[i] == 0x20 { i += 1 }
        j += 1
      } else {
        guard i < text.count, text[i] == format[j] else { return false }
        i += 1
        j += 1
      }
    }
    return true
  }

  private static func digits(
    _ text: [UInt8], _ i: inout Int, _ widthMax: Int
  ) -> (value: Int64, width: Int)? {
    var value: Int64 = 0
    let start: Int = i
    while i < text.count, i - start < widthMax, (0x30...0x39).contains(text[i]) {
      value = value * 10 + Int64(text[i] - 0x30)
      i += 1
    }
    return i == start ? nil : (value, i - start)
  }

  private static func field(
    _ letter: Character, _ text: [UInt8], _ i: inout Int, _ fields: inout Fields
  ) -> Bool {
    func number(_ width: Int, _ path: WritableKeyPath<Fields, Int64>) -> Bool {
      guard let (value, _) = digits(text, &i, width) else { return false }
      fields[keyPath: path] = value
      return true
    }
    switch letter {
    case "Y":
      return number(6, \.year)
    case "y":
      guard let (value, _) = digits(text, &i, 2) else { return false }
      fields.year = value < 69 ? 2000 + value : 1900 + value
      return true
    case "m": return number(2, \.month)
    case "d": return number(2, \.day)
    case "e":
      while i < text.count, text[i] == 0x20 { i += 1 }
      return number(2, \.day)
    case "H", "I": return number(2, \.hour)
    case "M": return number(2, \.minute)
    case "S": return number(2, \.second)
    case "f": return fraction(text, &i, 6, &fields)
    case "g": return fraction(text, &i, 3, &fields)
    case "n": return fraction(text, &i, 9, &fields)
    case "j":
      guard let (value, _) = digits(text, &i, 3) else { return false }
      fields.dayOfYear = value
      return true
    case "s":
      guard let (value, _) = digits(text, &i, 18) else { return false }
      fields.epoch = value
      return true
    case "p":
      guard let which = word(text, &i, ["AM", "PM"]) else { return false }
      fields.isAfternoon = which == 1
      return true
    case "a": return word(text, &i, PartKernel.dayNames.map { String($0.prefix(3)) }) != nil
    case "A": return word(text, &i, PartKernel.dayNames) != nil
    case "b", "h", "B":
      let names: [String] =
        letter == "B" ? PartKernel.monthNames : PartKernel.monthNames.map { String($0.prefix(3)) }
      guard let which = word(text, &i, names) else { return false }
      fields.month = Int64(which + 1)
      return true
    case "u", "w": return digits(text, &i, 1) != nil
    case "U", "W", "V": return digits(text, &i, 2) != nil
    case "z": return offset(text, &i, &fields)
    case "Z":
      let start: Int = i
      while i < text.count, text[i] != 0x20 { i += 1 }
      fields.zone = String(decoding: text[start..<i], as: UTF8.self)
      return i > start
    case "%":
      guard i < text.count, text[i] == 0x25 else { return false }
      i += 1
      return true
    default: return false
    }
  }

  private static func fraction(
    _ text: [UInt8], _ i: inout Int, _ widthMax: Int, _ fields: inout Fields
  ) -> Bool {
    guard let (value, width) = digits(text, &i, Swift.max(widthMax, 6)) else { return false }
    var ticks: Int64 = value
    for _ in stride(from: width, to: 9, by: 1) { ticks *= 10 }
    fields.microsecond = ticks / 1000
    fields.nanosecond = ticks % 1000
    return true
  }

  private static func offset(_ text: [UInt8], _ i: inout Int, _ fields: inout Fields) -> Bool {
    if i < text.count, text[i] == UInt8(ascii: "Z") {
      i += 1
      fields.offset = 0
      return true
    }
    guard i < text.count, text[i] == 0x2b || text[i] == 0x2d else { return false }
    let sign: Int64 = text[i] == 0x2d ? -1 : 1
    i += 1
    guard let (hours, _) = digits(text, &i, 2) else { return false }
    if i < text.count, text[i] == 0x3a { i += 1 }
    let minutes: Int64 = digits(text, &i, 2)?.value ?? 0
    fields.offset = sign * (hours * 3600 + minutes * 60)
    return true
  }

  private static func word(_ text: [UInt8], _ i: inout Int, _ words: [String]) -> Int? {
    for (k, word) in words.enumerated() {
      let bytes: [UInt8] = Array(word.utf8)
      guard i + bytes.count <= text.count else { continue }
      let isSame: Bool = zip(bytes, text[i...]).allSatisfy { $0 | 0x20 == $1 | 0x20 }
      if isSame {
        i += bytes.count
        return k
      }
    }
    return nil
  }
}
