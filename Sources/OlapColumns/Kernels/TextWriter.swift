import Glibc

/// Growing bytes that a value's text is written to before it is copied into a string heap.
struct TextBuffer: ~Copyable {
  private(set) var bytes: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity = 256

  init() { bytes = .allocate(capacity: 256) }
  deinit { bytes.deallocate() }

  mutating func clear() { count = 0 }

  /// Room for `more` bytes at the end.
  mutating func reserve(_ more: Int) -> UnsafeMutablePointer<UInt8> {
    if count + more > capacity {
      capacity = Swift.max(capacity * 2, count + more)
      let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
      memcpy(grown, bytes, count)
      bytes.deallocate()
      bytes = grown
    }
    return bytes + count
  }

  mutating func advance(_ n: Int) { count += n }

  mutating func append(_ byte: UInt8) {
    reserve(1).pointee = byte
    count += 1
  }

  mutating func append(_ text: StaticString) {
    memcpy(reserve(text.utf8CodeUnitCount), text.utf8Start, text.utf8CodeUnitCount)
    count += text.utf8CodeUnitCount
  }

  mutating func append(_ text: String) {
    var copy = text
    copy.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  mutating func append(_ source: UnsafeRawBufferPointer) {
    guard let base = source.baseAddress, source.count > 0 else { return }
    memcpy(reserve(source.count), base, source.count)
    count += source.count
  }

  mutating func append(_ value: Int64) {
    if value < 0 { append(0x2d as UInt8) }
    count += DateTimeFormatter.write(padded: value.magnitude, width: 1, reserve(20))
  }

  var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }
}

/// Writes cells as text the way DuckDB prints them.
struct TextWriter {
  /// Zone that TIMESTAMPTZ is shown in.
  let zone: TimeZone

  /// Appends row `i` of `v` (any encoding); NULL writes nothing at the top level.
  func write(_ v: Vector, _ i: Int, to out: inout TextBuffer) {
    guard v.isValid(i) else { return }
    switch v.encoding {
    case .dictionary:
      if let dictionary = v.dictionary { write(dictionary, v.code(at: i), to: &out) }
    case .frame:
      writeFlat(v.sliced(i..<(i + 1)).flattened(), 0, to: &out)
    case .constant: writeFlat(v, v.physical == .structure ? i : 0, to: &out)
    case .flat: writeFlat(v, i, to: &out)
    }
  }

  private func writeFlat(_ v: Vector, _ i: Int, to out: inout TextBuffer) {
    switch v.type {
    case .null: break
    case .boolean: v.values(UInt8.self)[i] != 0 ? out.append("true") : out.append("false")
    case .tinyint: out.append(Int64(v.values(Int8.self)[i]))
    case .smallint: out.append(Int64(v.values(Int16.self)[i]))
    case .integer: out.append(Int64(v.values(Int32.self)[i]))
    case .bigint: out.append(v.values(Int64.self)[i])
    case .utinyint: out.append(Int64(v.values(UInt8.self)[i]))
    case .usmallint: out.append(Int64(v.values(UInt16.self)[i]))
    case .uinteger: out.append(Int64(v.values(UInt32.self)[i]))
    case .ubigint:
      out.advance(
        DateTimeFormatter.write(padded: v.values(UInt64.self)[i], width: 1, out.reserve(20)))
    case .hugeint: out.append(String(v.values(Int128.self)[i]))
    case .uhugeint: out.append(String(v.values(UInt128.self)[i]))
    case .real: out.append(FloatText.text(v.values(Float.self)[i]))
    case .double: out.append(FloatText.text(v.values(Double.self)[i]))
    case .decimal(let precision, let scale):
      if precision <= 18 {
        writeDecimal(v.values(Int64.self)[i], scale, to: &out)
      } else {
        out.append(Decimal.text(v.values(Int128.self)[i], scale: scale))
      }
    case .varchar, .json, .bit: v.values(StringView.self)[i].withBytes { out.append($0) }
    case .blob: writeBlob(v.values(StringView.self)[i], to: &out)
    case .date:
      out.advance(DateTimeFormatter.write(date: v.values(Int32.self)[i], to: out.reserve(96)))
    case .time:
      out.advance(DateTimeFormatter.write(time: v.values(Int64.self)[i], to: out.reserve(96)))
    case .timeTZ:
      let value: Int64 = v.values(Int64.self)[i]
      out.advance(
        DateTimeFormatter.write(time: ZonedTime.local(value), to: out.reserve(96)))
      out.advance(
        DateTimeFormatter.write(offset: Int(ZonedTime.offset(value)), out.reserve(96)))
    case .timestamp:
      out.advance(DateTimeFormatter.write(timestamp: v.values(Int64.self)[i], to: out.reserve(96)))
    case .timestampOf(let unit):
      out.advance(
        DateTimeFormatter.write(
          timestamp: v.values(Int64.self)[i], unit: unit, to: out.reserve(96)))
    case .timestampTZ:
      out.advance(
        DateTimeFormatter.write(
          timestampTZ: v.values(Int64.self)[i], zone: zone, to: out.reserve(96)))
    case .interval: out.append(IntervalText.text(v.values(Interval.self)[i]))
    case .uuid:
      UUIDText.write(v.values(UInt128.self)[i], to: out.reserve(36))
      out.advance(36)
    case .enumeration(let labels):
      let code = Int(v.values(UInt32.self)[i])
      if code < labels.labels.count { out.append(labels.labels[code]) }
    case .list, .array: writeList(v, v.values(ListEntry.self)[i], to: &out)
    case .map: writeMap(v, v.values(ListEntry.self)[i], to: &out)
    case .structure(let fields): writeStructure(v, fields, i, to: &out)
    case .union:
      let member: Vector = TextWriter.member(v, i)
      if member.isValid(i) { write(member, i, to: &out) } else { out.append("NULL") }
    }
  }

  /// The member that row `i` of a flat UNION holds.
  static func member(_ v: Vector, _ i: Int) -> Vector {
    guard case .integer(let tag) = v.children[0].value(at: i), tag + 1 < v.children.count else {
      return v.children[0]
    }
    return v.children[Int(tag) + 1]
  }

  private func writeDecimal(_ value: Int64, _ scale: Int, to out: inout TextBuffer) {
    if scale == 0 { return out.append(value) }
    if value < 0 { out.append(0x2d as UInt8) }
    let unit = UInt64(Decimal.powerOfTen(scale))
    let magnitude: UInt64 = value.magnitude
    out.advance(DateTimeFormatter.write(padded: magnitude / unit, width: 1, out.reserve(20)))
    out.append(0x2e as UInt8)
    out.advance(DateTimeFormatter.write(padded: magnitude % unit, width: scale, out.reserve(20)))
  }

  /// Printable ASCII as it is, everything else (and quotes and backslash) as `\xAB`.
  private func writeBlob(_ view: StringView, to out: inout TextBuffer) {
    view.withBytes { bytes in
      for byte in bytes {
        if byte >= 0x20 && byte < 0x7f && byte != 0x5c && byte != 0x27 && byte != 0x22 {
          out.append(byte)
        } else {
          out.append("\\x")
          for digit in [byte >> 4, byte & 15] {
            out.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
          }
        }
      }
    }
  }

  // MARK: Nested values

  private func writeList(_ v: Vector, _ entry: ListEntry, to out: inout TextBuffer) {
    out.append(0x5b as UInt8)
    for k in 0..<Int(entry.count) {
      if k > 0 { out.append(", ") }
      let row: Int = Int(entry.offset) + k
      // JSON has quotes of its own.
      if v.children[0].type == .json, v.children[0].isValid(row) {
        write(v.children[0], row, to: &out)
      } else {
        writeElement(v.children[0], row, to: &out)
      }
    }
    out.append(0x5d as UInt8)
  }

  private func writeMap(_ v: Vector, _ entry: ListEntry, to out: inout TextBuffer) {
    let pairs: Vector = v.children[0].flattened()
    out.append(0x7b as UInt8)
    for k in 0..<Int(entry.count) {
      if k > 0 { out.append(", ") }
      writeElement(pairs.children[0], Int(entry.offset) + k, to: &out)
      out.append(0x3d as UInt8)
      writeElement(pairs.children[1], Int(entry.offset) + k, to: &out)
    }
    out.append(0x7d as UInt8)
  }

  private func writeStructure(
    _ v: Vector, _ fields: [StructField], _ i: Int, to out: inout TextBuffer
  ) {
    // A row without field names prints as (1, x).
    let isNamed: Bool = fields.isEmpty || fields.contains { !$0.name.isEmpty }
    out.append((isNamed ? 0x7b : 0x28) as UInt8)
    for (k, field) in fields.enumerated() {
      if k > 0 { out.append(", ") }
      if isNamed {
        var name = field.name
        name.withUTF8 { writeQuoted(UnsafeRawBufferPointer($0), to: &out) }
        out.append(": ")
      }
      writeElement(v.children[k], i, to: &out)
    }
    out.append((isNamed ? 0x7d : 0x29) as UInt8)
  }

  /// An inner value: NULL spelled out, text quoted where it could be misread.
  private func writeElement(_ v: Vector, _ i: Int, to out: inout TextBuffer) {
    guard v.isValid(i) else { return out.append("NULL") }
    // A union's member stands as it is, in a list too.
    if case .union = v.type { return write(v, i, to: &out) }
    if v.type.isNested || v.type.isNumeric || v.type == .boolean { return write(v, i, to: &out) }
    var cell = TextBuffer()
    write(v, i, to: &cell)
    if TextWriter.needsQuotes(cell.raw) {
      writeQuoted(cell.raw, to: &out)
    } else {
      out.append(cell.raw)
    }
  }

  private func writeQuoted(_ bytes: UnsafeRawBufferPointer, to out: inout TextBuffer) {
    out.append(0x27 as UInt8)
    for byte in bytes {
      if byte == 0x27 || byte == 0x5c { out.append(0x5c as UInt8) }
      out.append(byte)
    }
    out.append(0x27 as UInt8)
  }

  private static func needsQuotes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first, let last = bytes.last else { return true }
    if isBlank(first) || isBlank(last) { return true }
    if bytes.count == 4, String(decoding: bytes, as: UTF8.self).lowercased() == "null" {
      return true
    }
    return bytes.contains { byte in
      switch byte {
      case 0x22, 0x27, 0x28, 0x29, 0x2c, 0x3a, 0x3d, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d: true
      default: false
      }
    }
  }
}
