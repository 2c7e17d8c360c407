import Glibc
package import OlapColumns

/// Turns the fields of one column into a vector. One per column and reader.
///
/// Integers, decimals, dates, timestamps and text have loops of their own; every other type, and every
/// field its loop does not understand, goes through the casts, which know all spellings.
struct CSVColumnParser {
  let type: SQLType
  let dialect: CSVDialect
  let tokenizer: CSVTokenizer

  /// The first field that does not fit, if any.
  struct Failure {
    let row: Int
  }

  /// The column as a vector of `fields.rowCount` rows. `failures` lists rows that do not fit (they are
  /// NULL in the vector).
  func parse(
    _ fields: CSVFields, column: Int, keeping owner: Buffer, failures: inout [Int]
  ) throws -> Vector {
    let count = fields.rowCount
    let base = column * fields.rowCapacity
    let starts = fields.starts + base
    let lengths = fields.lengths + base
    let flags = fields.flags + base
    switch type {
    case .varchar:
      return text(starts, lengths, flags, count, owner: owner)
    case .integer:
      return integers(Int32.self, starts, lengths, flags, count, &failures)
    case .bigint:
      return integers(Int64.self, starts, lengths, flags, count, &failures)
    case .smallint:
      return integers(Int16.self, starts, lengths, flags, count, &failures)
    case .tinyint:
      return integers(Int8.self, starts, lengths, flags, count, &failures)
    case .decimal(let precision, let scale) where precision <= 18:
      return decimals(scale: scale, precision: precision, starts, lengths, flags, count, &failures)
    case .date where dialect.dateFormat == nil:
      return dates(starts, lengths, flags, count, &failures)
    default:
      return try general(starts, lengths, flags, count, owner: owner, &failures)
    }
  }

  /// Whether the field is NULL: unquoted and empty, or one of the NULL texts.
  @inline(__always)
  private func isNull(_ start: UnsafePointer<UInt8>, _ length: Int, _ flag: UInt8) -> Bool {
    if flag & 1 != 0 { return false }
    if length == 0 { return true }
    if dialect.nullTexts.isEmpty { return false }
    return dialect.nullTexts.contains { text in
      text.count == length && text.elementsEqual(UnsafeBufferPointer(start: start, count: length))
    }
  }

  private func text(
    _ starts: UnsafeMutablePointer<UnsafePointer<UInt8>>, _ lengths: UnsafeMutablePointer<UInt32>,
    _ flags: UnsafeMutablePointer<UInt8>, _ count: Int, owner: Buffer
  ) -> Vector {
    // Views point into the block, which the vector keeps alive.
    let vector = Vector.flat(.varchar, count: count, nullable: true, keeping: owner)
    let views = vector.values(StringView.self)
    let validity = vector.validity.unsafelyUnwrapped
    var heap: StringHeap?
    for row in 0..<count {
      let length = Int(lengths[row])
      if isNull(starts[row], length, flags[row]) {
        validity[row] = 0
        views[row] = .empty
      } else if flags[row] & 2 != 0 {
        let current = heap ?? StringHeap()
        heap = current
        let bytes = tokenizer.unescaped(UnsafeBufferPointer(start: starts[row], count: length))
        views[row] = bytes.withUnsafeBytes { current.add($0) }
      } else {
        views[row] = StringView(UnsafeRawPointer(starts[row]), count: length)
      }
    }
    if let heap, let buffer = vector.owner as? Buffer { buffer.keep(heap) }
    return vector
  }

  private func integers<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type, _ starts: UnsafeMutablePointer<UnsafePointer<UInt8>>,
    _ lengths: UnsafeMutablePointer<UInt32>, _ flags: UnsafeMutablePointer<UInt8>, _ count: Int,
    _ failures: inout [Int]
  ) -> Vector {
    let vector = Vector.flat(type, count: count, nullable: true)
    let values = vector.values(T.self)
    let validity = vector.validity.unsafelyUnwrapped
    for row in 0..<count {
      let length = Int(lengths[row])
      let start = starts[row]
      var number: Int64 = 0
      if FastNumber.integer(start, length, &number), let narrow = T(exactly: number) {
        values[row] = narrow
      } else {
        values[row] = 0
        validity[row] = 0
        if !isNull(start, length, flags[row]) {
          repair(row, start, length, flags[row], vector, &failures)
        }
      }
    }
    return vector
  }

  private func decimals(
    scale: Int, precision: Int, _ starts: UnsafeMutablePointer<UnsafePointer<UInt8>>,
    _ lengths: UnsafeMutablePointer<UInt32>, _ flags: UnsafeMutablePointer<UInt8>, _ count: Int,
    _ failures: inout [Int]
  ) -> Vector {
    let vector = Vector.flat(type, count: count, nullable: true)
    let values = vector.values(Int64.self)
    let validity = vector.validity.unsafelyUnwrapped
    var limit: Int64 = 1
    for _ in 0..<precision { limit &*= 10 }
    let point = dialect.decimalComma ? UInt8(ascii: ",") : UInt8(ascii: ".")
    for row in 0..<count {
      let length = Int(lengths[row])
      let start = starts[row]
      var number: Int64 = 0
      if FastNumber.decimal(start, length, scale: scale, point: point, &number),
        number.magnitude < limit.magnitude
      {
        values[row] = number
      } else {
        values[row] = 0
        validity[row] = 0
        if !isNull(start, length, flags[row]) {
          repair(row, start, length, flags[row], vector, &failures)
        }
      }
    }
    return vector
  }

  private func dates(
    _ starts: UnsafeMutablePointer<UnsafePointer<UInt8>>, _ lengths: UnsafeMutablePointer<UInt32>,
    _ flags: UnsafeMutablePointer<UInt8>, _ count: Int, _ failures: inout [Int]
  ) -> Vector {
    let vector = Vector.flat(type, count: count, nullable: true)
    let values = vector.values(Int32.self)
    let validity = vector.validity.unsafelyUnwrapped
    for row in 0..<count {
      let length = Int(lengths[row])
      let start = starts[row]
      if let days = FastNumber.date(start, length) {
        values[row] = days
      } else {
        values[row] = 0
        validity[row] = 0
        if !isNull(start, length, flags[row]) {
          repair(row, start, length, flags[row], vector, &failures)
        }
      }
    }
    return vector
  }

  /// One field through the casts; a field they refuse is a failure.
  private func repair(
    _ row: Int, _ start: UnsafePointer<UInt8>, _ length: Int, _ flag: UInt8, _ vector: Vector,
    _ failures: inout [Int]
  ) {
    let bytes = UnsafeBufferPointer(start: start, count: length)
    let text = String(
      decoding: flag & 2 != 0 ? tokenizer.unescaped(bytes) : Array(bytes), as: UTF8.self)
    let one = Vector.constant(
      .varchar(CSVText.normalise(text, dialect, type)), type: .varchar, count: 1)
    guard let result = try? Cast.cast(one, to: type, isTry: true, timeZoneName: "UTC"),
      result.isValid(0)
    else {
      failures.append(row)
      return
    }
    let size = vector.physical.byteCount
    memcpy(vector.data + row * size, result.flattened().data, size)
    vector.validity.unsafelyUnwrapped[row] = 1
  }

  /// Through VARCHAR and the casts.
  private func general(
    _ starts: UnsafeMutablePointer<UnsafePointer<UInt8>>, _ lengths: UnsafeMutablePointer<UInt32>,
    _ flags: UnsafeMutablePointer<UInt8>, _ count: Int, owner: Buffer, _ failures: inout [Int]
  ) throws -> Vector {
    var texts = text(starts, lengths, flags, count, owner: owner)
    if dialect.decimalComma || dialect.thousands != nil || dialect.dateFormat != nil
      || dialect.timestampFormat != nil
    {
      let builder = VectorBuilder(type: .varchar)
      for row in 0..<count {
        if case .varchar(let field) = texts.value(at: row) {
          builder.append(.varchar(CSVText.normalise(field, dialect, type)))
        } else {
          builder.append(.null)
        }
      }
      texts = builder.finish()
    }
    let result = try Cast.cast(texts, to: type, isTry: true, timeZoneName: "UTC")
    if result.validity != nil || result.encoding == .constant {
      for row in 0..<count where texts.isValid(row) && !result.isValid(row) { failures.append(row) }
    }
    return result
  }
}

/// Field texts in the spelling that the casts read.
enum CSVText {
  static func normalise(_ text: String, _ dialect: CSVDialect, _ type: SQLType) -> String {
    var result = text
    if type.isNumeric {
      if let thousands = dialect.thousands {
        result = String(decoding: result.utf8.filter { $0 != thousands }, as: UTF8.self)
      }
      if dialect.decimalComma {
        result = String(
          decoding: result.utf8.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 },
          as: UTF8.self)
      }
      return result
    }
    if type == .date, let format = dialect.dateFormat {
      return DateOrder.rewrite(result, format) ?? result
    }
    if type == .timestamp || type == .timestampTZ,
      let format = dialect.timestampFormat ?? dialect.dateFormat
    {
      return DateOrder.rewrite(result, format) ?? result
    }
    return result
  }
}

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
}

/// Dates in other orders than year-month-day, by a strptime-like format of %d %m %Y %y %b and the rest.
enum DateOrder {
  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]

  /// The text rewritten as `YYYY-MM-DD[ rest]`, nil when it does not fit the format.
  static func rewrite(_ text: String, _ format: String) -> String? {
    var input = Array(text.utf8)[...]
    var pattern = Array(format.utf8)[...]
    var year = 0
    var month = 0
    var day = 0
    var hour = 0
    var isAfternoon: Bool?
    var time: [Int?] = [nil, nil]
    var fraction = ""
    var zone = ""
    while let item = pattern.popFirst() {
      guard item == UInt8(ascii: "%"), let code = pattern.popFirst() else {
        guard let byte = input.popFirst(), byte == item else { return nil }
        continue
      }
      switch code {
      case UInt8(ascii: "Y"): guard take(&input, 4, &year) else { return nil }
      case UInt8(ascii: "y"):
        guard take(&input, 2, &year) else { return nil }
        year += year < 69 ? 2000 : 1900
      case UInt8(ascii: "m"), UInt8(ascii: "-"):
        if code == UInt8(ascii: "-"), let next = pattern.popFirst() {
          if next == UInt8(ascii: "d") {
            guard take(&input, 2, &day) else { return nil }
            continue
          }
        }
        guard take(&input, 2, &month) else { return nil }
      case UInt8(ascii: "d"): guard take(&input, 2, &day) else { return nil }
      case UInt8(ascii: "b"), UInt8(ascii: "B"):
        let letters = input.prefix { $0 | 0x20 >= 97 && $0 | 0x20 <= 122 }
        let name = String(decoding: letters.map { $0 | 0x20 }, as: UTF8.self)
        guard name.count >= 3, let index = months.firstIndex(of: String(name.prefix(3))) else {
          return nil
        }
        month = index + 1
        input = input.dropFirst(letters.count)
      case UInt8(ascii: "H"), UInt8(ascii: "I"): guard take(&input, 2, &hour) else { return nil }
      case UInt8(ascii: "M"), UInt8(ascii: "S"):
        var number = 0
        guard take(&input, 2, &number) else { return nil }
        time[code == UInt8(ascii: "M") ? 0 : 1] = number
      case UInt8(ascii: "f"), UInt8(ascii: "g"), UInt8(ascii: "n"):
        let digits = input.prefix { $0 >= 48 && $0 <= 57 }
        guard !digits.isEmpty else { return nil }
        fraction = "." + String(decoding: digits, as: UTF8.self)
        input = input.dropFirst(digits.count)
      case UInt8(ascii: "p"):
        let word = String(decoding: input.prefix(2).map { $0 | 0x20 }, as: UTF8.self)
        guard word == "am" || word == "pm" else { return nil }
        isAfternoon = word == "pm"
        input = input.dropFirst(2)
      case UInt8(ascii: "z"), UInt8(ascii: "Z"):
        zone = String(decoding: input, as: UTF8.self)
        input = []
      default: return nil
      }
    }
    guard input.isEmpty else { return nil }
    if let isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
    var result = pad(year, 4) + "-" + pad(month, 2) + "-" + pad(day, 2)
    if let minute = time[0] {
      result +=
        " " + pad(hour, 2) + ":" + pad(minute, 2) + ":" + pad(time[1] ?? 0, 2) + fraction + zone
    }
    return result
  }

  private static func take(_ input: inout ArraySlice<UInt8>, _ most: Int, _ number: inout Int)
    -> Bool
  {
    let digits = input.prefix(most).prefix { $0 >= 48 && $0 <= 57 }
    guard !digits.isEmpty else { return false }
    number = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    input = input.dropFirst(digits.count)
    return true
  }

  private static func pad(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
