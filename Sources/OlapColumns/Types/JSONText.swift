/// JSON (RFC 8259) as far as casts need it: validation, taking apart, writing.
package enum JSONText {
  /// Whether the bytes are one JSON value.
  package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var reader = JSONReader(ByteCursor(bytes))
    return reader.skipDocument()
  }

  /// The value taken apart; nil when the bytes are not one JSON value.
  package static func tree(_ bytes: UnsafeRawBufferPointer) -> TextTree? {
    var reader = JSONReader(ByteCursor(bytes))
    reader.cursor.skipBlanks()
    guard let tree = reader.value(depth: 0) else { return nil }
    reader.cursor.skipBlanks()
    return reader.cursor.isAtEnd ? tree : nil
  }

  /// Whether there may be white space between the tokens.
  package static func hasSpace(_ view: StringView) -> Bool {
    view.withBytes { bytes in bytes.contains { $0 <= 0x20 } }
  }

  /// JSON without white space between its tokens.
  package static func compact(_ view: StringView) -> String {
    view.withBytes { bytes in
      var out: [UInt8] = []
      out.reserveCapacity(bytes.count)
      var isInString = false
      var isEscaped = false
      for byte in bytes {
        if !isInString && byte <= 0x20 { continue }
        out.append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == 0x5c {
          isEscaped = isInString
        } else if byte == 0x22 {
          isInString.toggle()
        }
      }
      return String(decoding: out, as: UTF8.self)
    }
  }

  /// A string with quotes and escapes.
  static func writeString(_ text: String, to out: inout TextBuffer) {
    var copy = text
    copy.withUTF8 { writeString(UnsafeRawBufferPointer($0), to: &out) }
  }

  static func writeString(_ bytes: UnsafeRawBufferPointer, to out: inout TextBuffer) {
    out.append(0x22 as UInt8)
    for byte in bytes {
      switch byte {
      case 0x22: out.append("\\\"")
      case 0x5c: out.append("\\\\")
      case 0x08: out.append("\\b")
      case 0x0c: out.append("\\f")
      case 0x0a: out.append("\\n")
      case 0x0d: out.append("\\r")
      case 0x09: out.append("\\t")
      case 0..<0x20:
        out.append("\\u00")
        for digit in [byte >> 4, byte & 15] { out.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
      default: out.append(byte)
      }
    }
    out.append(0x22 as UInt8)
  }
}

/// Recursive descent over JSON with a depth limit.
struct JSONReader {
  var cursor: ByteCursor
  static let depthMax = 500

  init(_ cursor: ByteCursor) { self.cursor = cursor }

  mutating func skipDocument() -> Bool {
    cursor.skipBlanks()
    guard value(depth: 0) != nil else { return false }
    cursor.skipBlanks()
    return cursor.isAtEnd
  }

  mutating func value(depth: Int) -> TextTree? {
    guard depth < JSONReader.depthMax, cursor.i < cursor.bytes.count else { return nil }
    switch cursor.bytes[cursor.i] {
    case 0x5b: return array(depth: depth)
    case 0x7b: return object(depth: depth)
    case 0x22: return string().map { .scalar($0) }
    case 0x6e: return accept("null") ? .null : nil
    case 0x74: return accept("true") ? .literal("true") : nil
    case 0x66: return accept("false") ? .literal("false") : nil
    default: return number()
    }
  }

  private mutating func accept(_ word: StaticString) -> Bool {
    let n: Int = word.utf8CodeUnitCount
    guard cursor.i + n <= cursor.bytes.count else { return false }
    for k in 0..<n where cursor.bytes[cursor.i + k] != word.utf8Start[k] { return false }
    cursor.i += n
    return true
  }

  private mutating func array(depth: Int) -> TextTree? {
    cursor.i += 1
    var items: [TextTree] = []
    cursor.skipBlanks()
    if cursor.accept(0x5d) { return .list([]) }
    while true {
      cursor.skipBlanks()
      guard let item = value(depth: depth + 1) else { return nil }
      items.append(item)
      cursor.skipBlanks()
      if cursor.accept(0x5d) { return .list(items) }
      guard cursor.accept(0x2c) else { return nil }
    }
  }

  private mutating func object(depth: Int) -> TextTree? {
    cursor.i += 1
    var pairs: [(name: String, tree: TextTree)] = []
    cursor.skipBlanks()
    if cursor.accept(0x7d) { return .record([]) }
    while true {
      cursor.skipBlanks()
      guard cursor.i < cursor.bytes.count, cursor.bytes[cursor.i] == 0x22, let name = string()
      else { return nil }
      cursor.skipBlanks()
      guard cursor.accept(0x3a) else { return nil }
      cursor.skipBlanks()
      guard let tree = value(depth: depth + 1) else { return nil }
      pairs.append((name: name, tree: tree))
      cursor.skipBlanks()
      if cursor.accept(0x7d) { return .record(pairs) }
      guard cursor.accept(0x2c) else { return nil }
    }
  }

  private mutating func number() -> TextTree? {
    let start: Int = cursor.i
    _ = cursor.accept(0x2d)
    if !cursor.accept(0x30) {
      guard skipDigits() else { return nil }
    }
    if cursor.accept(0x2e) {
      guard skipDigits() else { return nil }
    }
    if cursor.acceptAny(0x65, 0x45) {
      _ = cursor.acceptAny(0x2b, 0x2d)
      guard skipDigits() else { return nil }
    }
    return .literal(String(decoding: cursor.bytes[start..<cursor.i], as: UTF8.self))
  }

  private mutating func skipDigits() -> Bool {
    let start: Int = cursor.i
    while cursor.i < cursor.bytes.count, cursor.bytes[cursor.i] >= 0x30,
      cursor.bytes[cursor.i] <= 0x39
    {
      cursor.i += 1
    }
    return cursor.i > start
  }

  private mutating func string() -> String? {
    cursor.i += 1
    var content: [UInt8] = []
    while cursor.i < cursor.bytes.count {
      let byte: UInt8 = cursor.bytes[cursor.i]
      cursor.i += 1
      if byte == 0x22 { return String(decoding: content, as: UTF8.self) }
      if byte < 0x20 { return nil }
      if byte != 0x5c {
        content.append(byte)
        continue
      }
      guard cursor.i < cursor.bytes.count else { return nil }
      let escape: UInt8 = cursor.bytes[cursor.i]
      cursor.i += 1
      switch escape {
      case 0x22, 0x5c, 0x2f: content.append(escape)
      case 0x62: content.append(0x08)
      case 0x66: content.append(0x0c)
      case 0x6e: content.append(0x0a)
      case 0x72: content.append(0x0d)
      case 0x74: content.append(0x09)
      case 0x75:
        guard let scalar = unicodeEscape() else { return nil }
        content.append(contentsOf: Array(String(Character(scalar)).utf8))
      default: return nil
      }
    }
    return nil
  }

  /// Four hex digits, and the second half of a surrogate pair; a lone half becomes U+FFFD.
  private mutating func unicodeEscape() -> Unicode.Scalar? {
    guard let first = fourHex() else { return nil }
    if first >= 0xd800 && first < 0xdc00, cursor.i + 1 < cursor.bytes.count,
      cursor.bytes[cursor.i] == 0x5c, cursor.bytes[cursor.i + 1] == 0x75
    {
      let mark: Int = cursor.i
      cursor.i += 2
      guard let second = fourHex() else { return nil }
      if second >= 0xdc00 && second < 0xe000 {
        return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
      }
      cursor.i = mark
    }
    return Unicode.Scalar(first) ?? "\u{fffd}"
  }

  private mutating func fourHex() -> UInt32? {
    guard cursor.i + 4 <= cursor.bytes.count else { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = hexDigit(cursor.bytes[cursor.i]) else { return nil }
      value = value << 4 | UInt32(digit)
      cursor.i += 1
    }
    return value
  }
}

/// Writes cells of any type as JSON: numbers and booleans bare, lists and structs nested, all else
/// as strings.
struct JSONWriter {
  let text: TextWriter

  func write(_ v: Vector, _ i: Int, to out: inout TextBuffer) {
    guard v.isValid(i) else { return out.append("null") }
    let flat: Vector = v.encoding == .flat ? v : v.sliced(i..<(i + 1)).flattened()
    let row: Int = v.encoding == .flat ? i : 0
    switch v.type {
    case .boolean: text.write(flat, row, to: &out)
    case .json:
      withExtendedLifetime(flat) {
        let view: StringView = flat.values(StringView.self)[row]
        if JSONText.hasSpace(view) {
          out.append(JSONText.compact(view))
        } else {
          text.write(flat, row, to: &out)
        }
      }
    case .list, .array: writeArray(flat, row, to: &out)
    case .map: writeMap(flat, row, to: &out)
    case .structure(let fields): writeObject(flat, fields, row, to: &out)
    case .union(let members): writeMember(flat, members, row, to: &out)
    case .real where !flat.values(Float.self)[row].isFinite: out.append("null")
    case .double where !flat.values(Double.self)[row].isFinite: out.append("null")
    case .real:
      withExtendedLifetime(flat) { out.append(FloatText.json(flat.values(Float.self)[row])) }
    case .double:
      withExtendedLifetime(flat) { out.append(FloatText.json(flat.values(Double.self)[row])) }
    default:
      if v.type.isNumeric { return text.write(flat, row, to: &out) }
      var cell = TextBuffer()
      text.write(flat, row, to: &cell)
      JSONText.writeString(cell.raw, to: &out)
    }
  }

  private func writeArray(_ v: Vector, _ i: Int, to out: inout TextBuffer) {
    let entry: ListEntry = v.values(ListEntry.self)[i]
    out.append(0x5b as UInt8)
    for k in 0..<Int(entry.count) {
      if k > 0 { out.append(0x2c as UInt8) }
      write(v.children[0], Int(entry.offset) + k, to: &out)
    }
    out.append(0x5d as UInt8)
  }

  private func writeMap(_ v: Vector, _ i: Int, to out: inout TextBuffer) {
    let entry: ListEntry = v.values(ListEntry.self)[i]
    let pairs: Vector = v.children[0].flattened()
    out.append(0x7b as UInt8)
    for k in 0..<Int(entry.count) {
      if k > 0 { out.append(0x2c as UInt8) }
      var key = TextBuffer()
      text.write(pairs.children[0], Int(entry.offset) + k, to: &key)
      JSONText.writeString(key.raw, to: &out)
      out.append(0x3a as UInt8)
      write(pairs.children[1], Int(entry.offset) + k, to: &out)
    }
    out.append(0x7d as UInt8)
  }

  /// A UNION is an object of the one member it holds.
  private func writeMember(
    _ v: Vector, _ members: [StructField], _ i: Int, to out: inout TextBuffer
  ) {
    guard case .integer(let tag) = v.children[0].value(at: i), tag < members.count else { return }
    out.append(0x7b as UInt8)
    JSONText.writeString(members[Int(tag)].name, to: &out)
    out.append(0x3a as UInt8)
    write(v.children[Int(tag) + 1], i, to: &out)
    out.append(0x7d as UInt8)
  }

  private func writeObject(
    _ v: Vector, _ fields: [StructField], _ i: Int, to out: inout TextBuffer
  ) {
    out.append(0x7b as UInt8)
    for (k, field) in fields.enumerated() {
      if k > 0 { out.append(0x2c as UInt8) }
      JSONText.writeString(field.name, to: &out)
      out.append(0x3a as UInt8)
      write(v.children[k], i, to: &out)
    }
    out.append(0x7d as UInt8)
  }
}
