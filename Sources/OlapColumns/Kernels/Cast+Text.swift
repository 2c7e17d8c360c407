extension Cast {
  /// Any type to VARCHAR.
  static func toText(_ v: Vector, _ context: CastContext) -> Vector {
    if v.type == .json { return v.reinterpreted(as: .varchar) }
    if case .enumeration(let labels) = v.type { return labelDictionary(v.flattened(), labels) }
    let flat: Vector = v.flattened()
    let writer = TextWriter(zone: (try? context.zone()) ?? .utc)
    let builder = StringVectorBuilder(type: .varchar, capacity: flat.count)
    var cell = TextBuffer()
    for i in 0..<flat.count {
      if !flat.isValid(i) {
        builder.appendNull()
        continue
      }
      cell.clear()
      writer.write(flat, i, to: &cell)
      builder.append(cell.raw)
    }
    return builder.finish()
  }

  /// ENUM codes are dictionary codes: only the labels are copied.
  private static func labelDictionary(_ v: Vector, _ labels: EnumLabels) -> Vector {
    let builder = StringVectorBuilder(type: .varchar, capacity: labels.labels.count)
    for label in labels.labels { builder.append(label) }
    if labels.labels.isEmpty { return Vector.nulls(.varchar, count: v.count) }
    let codes = v.values(UInt32.self)
    let safe = Buffer(byteCount: v.count * 4)
    let out = safe.bytes.assumingMemoryBound(to: UInt32.self)
    // Codes under a NULL are unspecified: they must stay inside the dictionary.
    let last = UInt32(labels.labels.count - 1)
    for i in 0..<v.count { out[i] = Swift.min(codes[i], last) }
    if v.validity != nil { safe.keep(v.owner) }
    return Vector(
      type: .varchar, encoding: .dictionary, count: v.count, data: safe.bytes,
      validity: v.validity, owner: safe, codeByteCount: 4, dictionary: builder.finish())
  }

  /// VARCHAR to any type but JSON.
  static func parse(_ v: Vector, _ to: SQLType, _ context: CastContext) throws -> Vector {
    let flat: Vector = v.flattened()
    switch to {
    case .boolean: return try parseRows(flat, to, context, UInt8.self) { truth($0) }
    case .tinyint: return try parseIntegers(flat, to, context, Int8.self)
    case .smallint: return try parseIntegers(flat, to, context, Int16.self)
    case .integer: return try parseIntegers(flat, to, context, Int32.self)
    case .bigint: return try parseIntegers(flat, to, context, Int64.self)
    case .hugeint: return try parseIntegers(flat, to, context, Int128.self)
    case .utinyint: return try parseIntegers(flat, to, context, UInt8.self)
    case .usmallint: return try parseIntegers(flat, to, context, UInt16.self)
    case .uinteger: return try parseIntegers(flat, to, context, UInt32.self)
    case .ubigint: return try parseIntegers(flat, to, context, UInt64.self)
    case .uhugeint: return try parseIntegers(flat, to, context, UInt128.self)
    case .double: return try parseRows(flat, to, context, Double.self) { FloatText.parse($0) }
    case .real:
      return try parseRows(flat, to, context, Float.self) { FloatText.parse($0).map { Float($0) } }
    case .decimal(let precision, let scale):
      if precision <= 18 {
        return try parseRows(flat, to, context, Int64.self) { bytes in
          Decimal.parse(bytes, precision: precision, scale: scale).map { Int64($0) }
        }
      }
      return try parseRows(flat, to, context, Int128.self) {
        Decimal.parse($0, precision: precision, scale: scale)
      }
    case .date: return try parseRows(flat, to, context, Int32.self) { DateTimeParser.date($0) }
    case .time: return try parseRows(flat, to, context, Int64.self) { DateTimeParser.time($0) }
    case .timeTZ:
      let offset: Int64 = try context.presentOffset()
      return try parseRows(flat, to, context, Int64.self) {
        DateTimeParser.timeTZ($0, offset: offset)
      }
    case .bit: return try parseBits(flat, context)
    case .timestamp:
      return try parseRows(flat, to, context, Int64.self) { DateTimeParser.timestamp($0) }
    case .timestampOf(let unit):
      return try parseRows(flat, to, context, Int64.self) { DateTimeParser.timestamp($0, unit) }
    case .timestampTZ:
      let zone: TimeZone = try context.zone()
      return try parseRows(flat, to, context, Int64.self) {
        DateTimeParser.timestampTZ($0, zone: zone)
      }
    case .interval:
      return try parseRows(flat, to, context, Interval.self) { IntervalText.parse($0) }
    case .uuid: return try parseRows(flat, to, context, UInt128.self) { UUIDText.parse($0) }
    case .enumeration(let labels):
      return try parseRows(flat, to, context, UInt32.self) { bytes in
        labels.codes[String(decoding: bytes, as: UTF8.self)].map { UInt32($0) }
      }
    case .blob: return try parseBlobs(flat, context)
    case .list, .array, .structure, .map:
      return try parseNested(flat, to, context, isJSON: false)
    case .null, .varchar, .json, .union: throw unsupported(v.type, to)
    }
  }

  /// Runs `read` over the valid rows; nil is a failure of the row.
  @inline(__always)
  private static func parseRows<T: BitwiseCopyable>(
    _ v: Vector, _ to: SQLType, _ context: CastContext, _: T.Type,
    _ read: (UnsafeRawBufferPointer) -> T?
  ) throws -> Vector {
    let n: Int = v.count
    let result = Vector.flat(to, count: n, sharing: v.validity, validityOwner: v.owner)
    let out = result.values(T.self)
    let views = v.values(StringView.self)
    var flags: Buffer?
    for i in 0..<n where v.isValid(i) {
      if let value = views[i].withBytes(read) {
        out[i] = value
        continue
      }
      if !context.isTry { throw failure(v, i, to) }
      let marks: Buffer = flags ?? zeroed(n)
      marks.bytes.storeBytes(of: 1, toByteOffset: i, as: UInt8.self)
      flags = marks
    }
    return try settle(result, flags, source: v, to, context)
  }

  static func zeroed(_ n: Int) -> Buffer {
    let buffer = Buffer(byteCount: n)
    buffer.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: n)
    return buffer
  }

  private static func parseIntegers<T: FixedWidthInteger & BitwiseCopyable>(
    _ v: Vector, _ to: SQLType, _ context: CastContext, _: T.Type
  ) throws -> Vector {
    try parseRows(v, to, context, T.self) { integer($0) }
  }

  /// An integer text: plain digits fast; `1.5`, `1e3`, `1_000`, `0x1F` and blanks by the long way.
  static func integer<T: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer) -> T? {
    let n: Int = bytes.count
    if n > 0 && n <= 18 {
      let isNegative: Bool = bytes[0] == 0x2d
      var value: Int64 = 0
      var isPlain: Bool = n > (isNegative ? 1 : 0)
      for i in (isNegative ? 1 : 0)..<n {
        let digit: UInt8 = bytes[i] &- 0x30
        if digit > 9 {
          isPlain = false
          break
        }
        value = value &* 10 &+ Int64(digit)
      }
      if isPlain { return T(exactly: isNegative ? 0 &- value : value) }
    }
    return longInteger(bytes)
  }

  private static func longInteger<T: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer) -> T? {
    let content = trimmed(bytes)
    if content.count > 2, content[0] == 0x30 {
      let radix: Int = content[1] | 0x20 == 0x78 ? 16 : content[1] | 0x20 == 0x62 ? 2 : 0
      if radix != 0 { return T(String(decoding: content[2...], as: UTF8.self), radix: radix) }
    }
    guard let number = DecimalText(content) else { return nil }
    if T.bitWidth == 128 && !T.isSigned && number.isInteger && !number.isNegative {
      return T(String(decoding: content.filter { $0 != 0x5f && $0 != 0x2b }, as: UTF8.self))
    }
    guard let value = number.unscaled(scale: 0) else { return nil }
    return T(exactly: value)
  }

  private static func truth(_ bytes: UnsafeRawBufferPointer) -> UInt8? {
    let content = trimmed(bytes)
    guard content.count <= 5 else { return nil }
    switch String(decoding: content, as: UTF8.self).lowercased() {
    case "true", "t", "yes", "y", "1": return 1
    case "false", "f", "no", "n", "0": return 0
    default: return nil
    }
  }

  private static func parseBlobs(_ v: Vector, _ context: CastContext) throws -> Vector {
    let builder = StringVectorBuilder(type: .blob, capacity: v.count)
    let views = v.values(StringView.self)
    for i in 0..<v.count {
      guard v.isValid(i) else {
        builder.appendNull()
        continue
      }
      if let bytes = views[i].withBytes({ blobBytes($0) }) {
        bytes.withUnsafeBytes { builder.append($0) }
      } else if context.isTry {
        builder.appendNull()
      } else {
        throw ComputeError(
          .invalidCast,
          "Could not convert string '\(views[i].string)' to BLOB: bytes above 127 must be escaped as"
            + " \\xAB and a backslash as \\x5C")
      }
    }
    return builder.finish()
  }

  /// Plain ASCII and `\xAB` escapes; nil otherwise.
  static func blobBytes(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var i = 0
    while i < text.count {
      let byte: UInt8 = text[i]
      if byte == 0x5c {
        guard i + 3 < text.count, text[i + 1] == 0x78, let high = hexDigit(text[i + 2]),
          let low = hexDigit(text[i + 3])
        else { return nil }
        result.append(high << 4 | low)
        i += 4
      } else {
        guard byte < 0x80 else { return nil }
        result.append(byte)
        i += 1
      }
    }
    return result
  }
}
