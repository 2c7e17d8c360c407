/// SQL text seen as lines, to say where something is.
package struct SourceText: Sendable {
  package let text: String

  package init(_ text: String) {
    self.text = text
  }

  /// Line and column, both from 1; columns count characters.
  package struct Position: Hashable, Sendable {
    package var line: Int
    package var column: Int
  }

  /// Position of a UTF-8 byte offset; an offset behind the end is the end's.
  package func position(atByte offset: Int) -> Position {
    let line = lineBounds(atByte: offset)
    var number = 1
    for byte in text.utf8.prefix(line.start) where byte == 10 { number += 1 }
    let before = text.utf8.dropFirst(line.start).prefix(max(0, min(offset, line.end) - line.start))
    return Position(line: number, column: String(decoding: before, as: UTF8.self).count + 1)
  }

  /// The line with `range` marked below, cut to `width` columns around it:
  /// ```
  /// LINE 3: SELECT frm t
  ///                ^^^
  /// ```
  package func excerpt(of range: SourceRange, width: Int = 100) -> String {
    let place = position(atByte: range.start)
    let bounds = lineBounds(atByte: range.start)
    let slice = text.utf8.dropFirst(bounds.start).prefix(bounds.end - bounds.start)
    var line = String(decoding: slice, as: UTF8.self)
    line = String(line.map { $0 == "\t" || $0 == "\r" || $0 == "\r\n" ? " " : $0 })
    var column = min(place.column - 1, line.count)
    let end = min(max(range.end, range.start), bounds.end)
    let marked = text.utf8.dropFirst(range.start).prefix(max(0, end - range.start))
    var count = max(1, String(decoding: marked, as: UTF8.self).count)
    if line.count > width {
      let dropped = max(0, min(column - width / 2, line.count - width))
      line = (dropped > 0 ? "…" : "") + String(line.dropFirst(dropped).prefix(width))
      column = column - dropped + (dropped > 0 ? 1 : 0)
      count = min(count, max(1, width - column))
    }
    let head = "LINE \(place.line): "
    let padding = String(repeating: " ", count: head.count + column)
    return "\(head)\(line)\n\(padding)\(String(repeating: "^", count: count))"
  }

  /// Byte offsets of the line that holds `offset`, without its newline.
  private func lineBounds(atByte offset: Int) -> (start: Int, end: Int) {
    var start = 0
    var i = 0
    for byte in text.utf8 {
      if byte == 10 {
        if i >= offset { return (start, i) }
        start = i + 1
      }
      i += 1
    }
    return (start, i)
  }
}

extension ParseError {
  /// Message, line with caret, and hint, for a person.
  package func rendered(in sql: String) -> String {
    let source = SourceText(sql)
    let place = source.position(atByte: range.start)
    let lines = [
      "\(message) (line \(place.line), column \(place.column))", source.excerpt(of: range),
      hint.map { "HINT: \($0)" },
    ]
    return lines.compactMap { $0 }.joined(separator: "\n")
  }
}
