import Glibc
internal import OlapColumns

/// Turns the fields of one column into a vector. One per column and reader.
///
/// Integers, decimals, dates, timestamps and text have loops of their own; every other type, and every
/// field its loop does not understand, goes through the casts, which know all spellings.
struct CSVColumnParser {
  let type: SQLType
  let format: CSVFieldFormat
  let nullTexts: [[UInt8]]
  let tokenizer: CSVTokenizer
  /// Zone of TIMESTAMPTZ fields that name none.
  let timeZoneName: String

  /// The column as a vector of `fields.rowCount` rows. `failures` lists rows that do not fit (they are
  /// NULL in the vector). `isValidText`: the block is known to be UTF-8.
  func parse(
    _ fields: CSVFields, column: Int, keeping owner: Buffer, isValidText: Bool,
    failures: inout [Int]
  ) throws -> Vector {
    let fields = Fields(fields, column: column)
    switch type {
    case .varchar: return text(fields, owner, isValidText: isValidText, &failures)
    case .integer where format.numbers.isPlain: return integers(Int32.self, fields, &failures)
    case .bigint where format.numbers.isPlain: return integers(Int64.self, fields, &failures)
    case .smallint where format.numbers.isPlain: return integers(Int16.self, fields, &failures)
    case .tinyint where format.numbers.isPlain: return integers(Int8.self, fields, &failures)
    case .decimal(let precision, let scale)
    where precision <= 18 && format.numbers.thousands.isEmpty:
      return decimals(scale: scale, precision: precision, fields, &failures)
    case .double where format.numbers.isPlain:
      return each(fields, 0.0, &failures) { start, length in
        FloatText.parse(UnsafeRawBufferPointer(start: start, count: length))
      }
    case .date where format.moments == nil:
      return each(fields, Int32(0), &failures) { FastNumber.date($0, $1) }
    case .timestamp where format.moments == nil:
      return each(fields, Int64(0), &failures) { FastNumber.timestamp($0, $1) }
    case .date, .time, .timestamp, .timestampTZ:
      if let moments = format.moments { return try formatted(moments, fields, &failures) }
      return try general(fields, owner, isValidText, &failures)
    case .timestampOf(let unit):
      guard let moments = format.moments else {
        return try general(fields, owner, isValidText, &failures)
      }
      let zone = try TimeZone.require(timeZoneName)
      return each(fields, Int64(0), &failures) {
        moments.timestamp(UnsafeRawBufferPointer(start: $0, count: $1), utc: false, zone: zone)
          .flatMap { unit.ticks(microseconds: $0) }
      }
    default: return try general(fields, owner, isValidText, &failures)
    }
  }

  /// One column's fields of the rows at hand.
  private struct Fields {
    let starts: UnsafeMutablePointer<UnsafePointer<UInt8>>
    let lengths: UnsafeMutablePointer<UInt32>
    /// 1: quoted, 2: with escapes.
    let flags: UnsafeMutablePointer<UInt8>
    let count: Int

    init(_ fields: CSVFields, column: Int) {
      let base = column * fields.rowCapacity
      starts = fields.starts + base
      lengths = fields.lengths + base
      flags = fields.flags + base
      count = fields.rowCount
    }
  }

  /// A vector of what `read` makes of each field; what it does not understand is NULL or goes through the
  /// casts.
  @inline(__always)
  private func each<T: BitwiseCopyable>(
    _ fields: Fields, _ zero: T, _ failures: inout [Int],
    _ read: (UnsafePointer<UInt8>, Int) -> T?
  ) -> Vector {
    let vector = Vector.flat(type, count: fields.count, nullable: true)
    let values = vector.values(T.self)
    let validity = vector.validity.unsafelyUnwrapped
    // A text that means NULL may be one that the type could read.
    let hasNullTexts = !nullTexts.isEmpty
    for row in 0..<fields.count {
      let length = Int(fields.lengths[row])
      let start = fields.starts[row]
      if hasNullTexts, isNull(start, length, fields.flags[row]) {
        values[row] = zero
        validity[row] = 0
      } else if let value = read(start, length) {
        values[row] = value
      } else {
        values[row] = zero
        validity[row] = 0
        if !isNull(start, length, fields.flags[row]) {
          repair(row, start, length, fields.flags[row], vector, &failures)
        }
      }
    }
    return vector
  }

  /// Whether the field is NULL: unquoted and empty, or one of the NULL texts.
  @inline(__always)
  private func isNull(_ start: UnsafePointer<UInt8>, _ length: Int, _ flag: UInt8) -> Bool {
    if flag & 1 != 0 { return false }
    if length == 0 { return true }
    if nullTexts.isEmpty { return false }
    return nullTexts.contains { text in
      text.count == length && text.elementsEqual(UnsafeBufferPointer(start: start, count: length))
    }
  }

  private func text(
    _ fields: Fields, _ owner: Buffer, isValidText: Bool, _ failures: inout [Int]
  ) -> Vector {
    let (starts, lengths, flags, count) = (
      fields.starts, fields.lengths, fields.flags, fields.count
    )
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
      } else if !isValidText, UTF8Text.firstInvalid(starts[row], length) != nil {
        validity[row] = 0
        views[row] = .empty
        failures.append(row)
      } else if flags[row] & 2 != 0 {
        let current = heap ?? StringHeap()
        heap = current
        views[row] = tokenizer.unescaped(starts[row], length, into: current)
      } else {
        views[row] = StringView(UnsafeRawPointer(starts[row]), count: length)
      }
    }
    if let heap, let buffer = vector.owner as? Buffer { buffer.keep(heap) }
    return vector
  }

  private func integers<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type, _ fields: Fields, _ failures: inout [Int]
  ) -> Vector {
    each(fields, T.zero, &failures) { start, length in
      var number: Int64 = 0
      return FastNumber.integer(start, length, &number) ? T(exactly: number) : nil
    }
  }

  private func decimals(
    scale: Int, precision: Int, _ fields: Fields, _ failures: inout [Int]
  ) -> Vector {
    var limit: UInt64 = 1
    for _ in 0..<precision { limit &*= 10 }
    let point = format.numbers.point
    return each(fields, Int64(0), &failures) { [limit] start, length in
      var number: Int64 = 0
      let isRead = FastNumber.decimal(start, length, scale: scale, point: point, &number)
      return isRead && number.magnitude < limit ? number : nil
    }
  }

  /// Dates and timestamps in the column's own format; ISO texts are read as well.
  private func formatted(
    _ moments: MomentFormat, _ fields: Fields, _ failures: inout [Int]
  ) throws -> Vector {
    if type == .date {
      return each(fields, Int32(0), &failures) {
        moments.date(UnsafeRawBufferPointer(start: $0, count: $1))
      }
    }
    if type == .time {
      return each(fields, Int64(0), &failures) {
        moments.time(UnsafeRawBufferPointer(start: $0, count: $1))
      }
    }
    let zone = try TimeZone.require(timeZoneName)
    return each(fields, Int64(0), &failures) {
      moments.timestamp(
        UnsafeRawBufferPointer(start: $0, count: $1), utc: type == .timestampTZ, zone: zone)
    }
  }

  /// One field through the casts; a field they refuse is a failure.
  private func repair(
    _ row: Int, _ start: UnsafePointer<UInt8>, _ length: Int, _ flag: UInt8, _ vector: Vector,
    _ failures: inout [Int]
  ) {
    let bytes = UnsafeBufferPointer(start: start, count: length)
    var source = flag & 2 != 0 ? tokenizer.unescaped(bytes) : Array(bytes)
    if type.isNumeric, !format.numbers.isPlain {
      guard let plain = normalised(source) else {
        failures.append(row)
        return
      }
      source = plain
    }
    let one = Vector.constant(
      .varchar(String(decoding: source, as: UTF8.self)), type: .varchar, count: 1)
    guard
      let result = try? Cast.cast(one, to: type, isTry: true, timeZoneName: timeZoneName),
      result.isValid(0)
    else {
      failures.append(row)
      return
    }
    let size = vector.physical.byteCount
    memcpy(vector.data + row * size, result.flattened().data, size)
    vector.validity.unsafelyUnwrapped[row] = 1
  }

  private func normalised(_ source: [UInt8]) -> [UInt8]? {
    var out = [UInt8](repeating: 0, count: source.count + 1)
    let length = source.withUnsafeBufferPointer { input in
      out.withUnsafeMutableBufferPointer { output -> Int? in
        guard let from = input.baseAddress, let to = output.baseAddress else { return 0 }
        return format.numbers.normalise(from, input.count, into: to)
      }
    }
    return length.map { Array(out[..<$0]) }
  }

  /// Through VARCHAR and the casts.
  private func general(
    _ fields: Fields, _ owner: Buffer, _ isValidText: Bool, _ failures: inout [Int]
  ) throws -> Vector {
    var texts = text(fields, owner, isValidText: isValidText, &failures)
    if type.isNumeric, !format.numbers.isPlain { texts = plainNumbers(texts, &failures) }
    let result = try Cast.cast(texts, to: type, isTry: true, timeZoneName: timeZoneName)
    if result.validity != nil || result.encoding == .constant {
      for row in 0..<fields.count where texts.isValid(row) && !result.isValid(row) {
        failures.append(row)
      }
    }
    return result
  }

  /// Numbers in the column's punctuation as SQL writes them.
  private func plainNumbers(_ texts: Vector, _ failures: inout [Int]) -> Vector {
    let views = texts.values(StringView.self)
    let builder = StringVectorBuilder(type: .varchar, capacity: texts.count)
    for row in 0..<texts.count {
      guard texts.isValid(row) else {
        builder.appendNull()
        continue
      }
      guard let plain = views[row].withBytes({ normalised(Array($0)) }) else {
        builder.appendNull()
        failures.append(row)
        continue
      }
      plain.withUnsafeBytes { builder.append($0) }
    }
    return builder.finish()
  }
}
