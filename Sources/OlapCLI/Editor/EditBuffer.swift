/// Text being edited, which may have several lines, with a cursor and undo.
struct EditBuffer {
  private(set) var text: [Character] = []
  private(set) var cursor = 0
  /// What the last kill took, for yank.
  private(set) var killed: [Character] = []
  private var past: [(text: [Character], cursor: Int)] = []

  var string: String { String(text) }
  var isEmpty: Bool { text.isEmpty }
  /// The text before the cursor.
  var head: String { String(text[..<cursor]) }

  mutating func replaceAll(_ string: String) {
    remember()
    text = Array(string)
    cursor = text.count
  }

  mutating func insert(_ string: String) {
    remember()
    let characters = Array(string)
    text.insert(contentsOf: characters, at: cursor)
    cursor += characters.count
  }

  /// Replaces the last `count` characters before the cursor.
  mutating func replaceBefore(_ count: Int, with string: String) {
    remember()
    let start = max(0, cursor - count)
    text.removeSubrange(start..<cursor)
    cursor = start
    let characters = Array(string)
    text.insert(contentsOf: characters, at: cursor)
    cursor += characters.count
  }

  mutating func backspace() {
    guard cursor > 0 else { return }
    remember()
    cursor -= 1
    text.remove(at: cursor)
  }

  mutating func deleteForward() {
    guard cursor < text.count else { return }
    remember()
    text.remove(at: cursor)
  }

  mutating func moveLeft() { cursor = max(0, cursor - 1) }
  mutating func moveRight() { cursor = min(text.count, cursor + 1) }
  mutating func moveToEnd() { cursor = text.count }
  mutating func moveToLineStart() { cursor = lineStart(cursor) }
  mutating func moveToLineEnd() { cursor = lineEnd(cursor) }

  /// One line up in the same column; false on the first line.
  mutating func moveUp() -> Bool {
    let start = lineStart(cursor)
    guard start > 0 else { return false }
    let column = cursor - start
    let above = lineStart(start - 1)
    cursor = min(above + column, start - 1)
    return true
  }

  /// One line down; false on the last line.
  mutating func moveDown() -> Bool {
    let end = lineEnd(cursor)
    guard end < text.count else { return false }
    let column = cursor - lineStart(cursor)
    cursor = min(end + 1 + column, lineEnd(end + 1))
    return true
  }

  mutating func moveWordLeft() { cursor = wordStart(before: cursor) }
  mutating func moveWordRight() { cursor = wordEnd(after: cursor) }

  mutating func killToLineEnd() {
    let end = lineEnd(cursor)
    // At the end of a line the newline itself goes, as in Emacs.
    kill(cursor..<(end == cursor ? min(end + 1, text.count) : end))
  }
  mutating func killToLineStart() { kill(lineStart(cursor)..<cursor) }
  mutating func killWordBefore() { kill(wordStart(before: cursor)..<cursor) }
  mutating func killWordAfter() { kill(cursor..<wordEnd(after: cursor)) }
  mutating func yank() { insert(String(killed)) }

  /// Swaps the two characters around the cursor.
  mutating func transpose() {
    guard cursor > 0, text.count > 1 else { return }
    remember()
    let right = min(cursor, text.count - 1)
    text.swapAt(right - 1, right)
    cursor = right + 1
  }

  mutating func undo() {
    guard let state = past.popLast() else { return }
    text = state.text
    cursor = state.cursor
  }

  private mutating func kill(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    remember()
    killed = Array(text[range])
    text.removeSubrange(range)
    cursor = range.lowerBound
  }

  private mutating func remember() {
    past.append((text, cursor))
    if past.count > 200 { past.removeFirst(100) }
  }

  private func lineStart(_ position: Int) -> Int {
    var start = position
    while start > 0, text[start - 1] != "\n" { start -= 1 }
    return start
  }

  private func lineEnd(_ position: Int) -> Int {
    var end = position
    while end < text.count, text[end] != "\n" { end += 1 }
    return end
  }

  private static func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }

  private func wordStart(before position: Int) -> Int {
    var start = position
    while start > 0, !EditBuffer.isWord(text[start - 1]) { start -= 1 }
    while start > 0, EditBuffer.isWord(text[start - 1]) { start -= 1 }
    return start
  }

  private func wordEnd(after position: Int) -> Int {
    var end = position
    while end < text.count, !EditBuffer.isWord(text[end]) { end += 1 }
    while end < text.count, EditBuffer.isWord(text[end]) { end += 1 }
    return end
  }
}
