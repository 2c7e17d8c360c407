/// Nested text taken apart; leaves are still text.
package indirect enum TextTree: Sendable {
  case null
  case scalar(String)
  /// A JSON number or boolean: text that stays unquoted.
  case literal(String)
  case list([TextTree])
  case record([(name: String, tree: TextTree)])

  /// The text again, as JSON-like nested values (scalars unquoted at the top).
  var text: String {
    switch self {
    case .null: return "null"
    case .scalar(let text), .literal(let text): return text
    case .list, .record:
      var out = TextBuffer()
      write(to: &out)
      return String(decoding: out.raw, as: UTF8.self)
    }
  }

  private func write(to out: inout TextBuffer) {
    switch self {
    case .null: out.append("null")
    case .scalar(let text): JSONText.writeString(text, to: &out)
    case .literal(let text): out.append(text)
    case .list(let items):
      out.append(0x5b as UInt8)
      for (i, item) in items.enumerated() {
        if i > 0 { out.append(0x2c as UInt8) }
        item.write(to: &out)
      }
      out.append(0x5d as UInt8)
    case .record(let pairs):
      out.append(0x7b as UInt8)
      for (i, pair) in pairs.enumerated() {
        if i > 0 { out.append(0x2c as UInt8) }
        JSONText.writeString(pair.name, to: &out)
        out.append(0x3a as UInt8)
        pair.tree.write(to: &out)
      }
      out.append(0x7d as UInt8)
    }
  }
}

/// Reads the text of lists, structs and maps: `[1, NULL, 'a b']`, `{'a': 1, b: x}`, `{k=1, l=2}`.
enum NestedText {
  static func tree(_ bytes: UnsafeRawBufferPointer) -> TextTree? {
    var reader = NestedTextReader(ByteCursor(trimmed(bytes)))
    guard let tree = reader.value(depth: 0, stop: []), reader.cursor.isAtEnd else { return nil }
    // A row is taken apart when it is known that a struct is wanted: elsewhere it is text.
    if case .scalar(let text) = tree, !text.hasPrefix("(") { return nil }
    return tree
  }

  /// The fields of a row's text, `(1, 'a b', NULL)`; nil when it is none.
  static func fields(ofRow text: String) -> [TextTree]? {
    var text = text
    return text.withUTF8 { bytes in
      var reader = NestedTextReader(ByteCursor(UnsafeRawBufferPointer(bytes)))
      guard let fields = reader.row(), reader.cursor.isAtEnd else { return nil }
      return fields
    }
  }
}

private struct NestedTextReader {
  var cursor: ByteCursor

  init(_ cursor: ByteCursor) { self.cursor = cursor }

  mutating func value(depth: Int, stop: Set<UInt8>) -> TextTree? {
    guard depth < 200 else { return nil }
    cursor.skipBlanks()
    if cursor.accept(0x5b) { return list(depth: depth) }
    if cursor.accept(0x7b) { return record(depth: depth) }
    let isQuoted: Bool =
      cursor.i < cursor.bytes.count
      && (cursor.bytes[cursor.i] == 0x27 || cursor.bytes[cursor.i] == 0x22)
    guard let text = scalar(stop: stop) else { return nil }
    return !isQuoted && text.lowercased() == "null" ? .null : .scalar(text)
  }

  private mutating func list(depth: Int) -> TextTree? {
    var items: [TextTree] = []
    cursor.skipBlanks()
    if cursor.accept(0x5d) { return .list([]) }
    while true {
      guard let item = value(depth: depth + 1, stop: [0x2c, 0x5d]) else { return nil }
      items.append(item)
      cursor.skipBlanks()
      if cursor.accept(0x5d) { return .list(items) }
      guard cursor.accept(0x2c) else { return nil }
    }
  }

  mutating func row() -> [TextTree]? {
    var fields: [TextTree] = []
    guard cursor.accept(0x28) else { return nil }
    cursor.skipBlanks()
    if cursor.accept(0x29) { return fields }
    while true {
      guard let field = value(depth: 1, stop: [0x2c, 0x29]) else { return nil }
      fields.append(field)
      cursor.skipBlanks()
      if cursor.accept(0x29) { return fields }
      guard cursor.accept(0x2c) else { return nil }
    }
  }

  private mutating func record(depth: Int) -> TextTree? {
    var pairs: [(name: String, tree: TextTree)] = []
    cursor.skipBlanks()
    if cursor.accept(0x7d) { return .record([]) }
    while true {
      cursor.skipBlanks()
      guard let name = scalar(stop: [0x3a, 0x3d]) else { return nil }
      cursor.skipBlanks()
      guard cursor.acceptAny(0x3a, 0x3d),
        let tree = value(depth: depth + 1, stop: [0x2c, 0x7d])
      else { return nil }
      pairs.append((name: name, tree: tree))
      cursor.skipBlanks()
      if cursor.accept(0x7d) { return .record(pairs) }
      guard cursor.accept(0x2c) else { return nil }
    }
  }

  /// Quoted text with backslash escapes, or bare text up to a stop byte outside of parentheses, without
  /// blanks at its ends.
  private mutating func scalar(stop: Set<UInt8>) -> String? {
    guard cursor.i < cursor.bytes.count else { return nil }
    var content: [UInt8] = []
    let quote: UInt8 = cursor.bytes[cursor.i]
    if quote == 0x27 || quote == 0x22 {
      cursor.i += 1
      while cursor.i < cursor.bytes.count {
        let byte: UInt8 = cursor.bytes[cursor.i]
        cursor.i += 1
        if byte == quote { return String(decoding: content, as: UTF8.self) }
        if byte == 0x5c && cursor.i < cursor.bytes.count {
          content.append(cursor.bytes[cursor.i])
          cursor.i += 1
        } else {
          content.append(byte)
        }
      }
      return nil
    }
    // What stands in parentheses, a row for example, is one text.
    var openCount = 0
    while cursor.i < cursor.bytes.count {
      let byte: UInt8 = cursor.bytes[cursor.i]
      if openCount == 0 && stop.contains(byte) { break }
      if byte == 0x28 { openCount += 1 } else if byte == 0x29 && openCount > 0 { openCount -= 1 }
      content.append(byte)
      cursor.i += 1
    }
    if openCount > 0 { return nil }
    while let last = content.last, isBlank(last) { content.removeLast() }
    return String(decoding: content, as: UTF8.self)
  }
}
