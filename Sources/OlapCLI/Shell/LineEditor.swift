@preconcurrency import Glibc

/// A line editor for terminals: raw mode, cursor keys, history with a file.
///
/// Keys: arrows, Home/End, Ctrl-A/E/K/U/W/L/D, Backspace, Delete, Up/Down for history, Ctrl-C drops the
/// line. Lines are edited as Unicode characters; wide ones count two columns.
final class LineEditor {
  private let historyPath: String?
  private var history: [String] = []
  private var saved = termios()

  static var defaultHistoryPath: String? {
    guard let home = getenv("HOME") else { return nil }
    return String(cString: home) + "/.olap_history"
  }

  init(historyPath: String?) {
    self.historyPath = historyPath
    if let historyPath, let text = TextFile.read(historyPath) {
      history = text.split(separator: "\n").map(String.init)
    }
  }

  func saveHistory() {
    guard let historyPath, let file = fopen(historyPath, "w") else { return }
    chmod(historyPath, 0o600)
    for line in history.suffix(2000) { fputs(line + "\n", file) }
    fclose(file)
  }

  /// One line without its newline; nil at end of input (Ctrl-D on an empty line).
  func readLine(prompt: String) -> String? {
    guard enterRawMode() else { return nil }
    defer { leaveRawMode() }
    var line: [Character] = []
    var cursor = 0
    var historyPosition = history.count
    var draft: [Character] = []
    redraw(prompt, line, cursor)
    while let key = readKey() {
      switch key {
      case .enter:
        put("\r\n")
        let text = String(line)
        if !text.allSatisfy({ $0.isWhitespace }), history.last != text { history.append(text) }
        return text
      case .interrupt:
        put("^C\r\n")
        line = []
        cursor = 0
      case .endOfInput:
        if line.isEmpty {
          put("\r\n")
          return nil
        }
        if cursor < line.count { line.remove(at: cursor) }
      case .character(let character):
        line.insert(character, at: cursor)
        cursor += 1
      case .backspace:
        if cursor > 0 {
          cursor -= 1
          line.remove(at: cursor)
        }
      case .delete: if cursor < line.count { line.remove(at: cursor) }
      case .left: cursor = max(0, cursor - 1)
      case .right: cursor = min(line.count, cursor + 1)
      case .home: cursor = 0
      case .end: cursor = line.count
      case .killToEnd: line.removeSubrange(cursor...)
      case .killLine:
        line.removeSubrange(..<cursor)
        cursor = 0
      case .killWord:
        var start = cursor
        while start > 0, line[start - 1] == " " { start -= 1 }
        while start > 0, line[start - 1] != " " { start -= 1 }
        line.removeSubrange(start..<cursor)
        cursor = start
      case .clear: put("\u{1B}[H\u{1B}[2J")
      case .up, .down:
        if historyPosition == history.count { draft = line }
        let next = historyPosition + (key == .up ? -1 : 1)
        if next >= 0 && next <= history.count {
          historyPosition = next
          line = next == history.count ? draft : Array(history[next])
          cursor = line.count
        }
      case .unknown: break
      }
      redraw(prompt, line, cursor)
    }
    return nil
  }

  private enum Key: Equatable {
    case character(Character)
    case enter, interrupt, endOfInput, backspace, delete, left, right, up, down, home, end
    case killToEnd, killLine, killWord, clear, unknown
  }

  private func readByte() -> UInt8? {
    var byte: UInt8 = 0
    while true {
      let count = read(STDIN_FILENO, &byte, 1)
      if count == 1 { return byte }
      if count < 0 && errno == EINTR { continue }
      return nil
    }
  }

  private func readKey() -> Key? {
    guard let byte = readByte() else { return nil }
    switch byte {
    case 13, 10: return .enter
    case 3: return .interrupt
    case 4: return .endOfInput
    case 127, 8: return .backspace
    case 1: return .home
    case 5: return .end
    case 2: return .left
    case 6: return .right
    case 11: return .killToEnd
    case 21: return .killLine
    case 23: return .killWord
    case 12: return .clear
    case 16: return .up
    case 14: return .down
    case 9: return .character(" ")
    case 27: return readEscape()
    case 0..<32: return .unknown
    default: return readCharacter(first: byte)
    }
  }

  private func readCharacter(first: UInt8) -> Key? {
    var bytes = [first]
    let extra = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0
    for _ in 0..<extra {
      guard let next = readByte() else { return nil }
      bytes.append(next)
    }
    return String(decoding: bytes, as: UTF8.self).first.map { .character($0) } ?? .unknown
  }

  private func readEscape() -> Key? {
    guard let second = readByte() else { return nil }
    guard second == UInt8(ascii: "[") || second == UInt8(ascii: "O"), let third = readByte() else {
      return .unknown
    }
    switch third {
    case UInt8(ascii: "A"): return .up
    case UInt8(ascii: "B"): return .down
    case UInt8(ascii: "C"): return .right
    case UInt8(ascii: "D"): return .left
    case UInt8(ascii: "H"): return .home
    case UInt8(ascii: "F"): return .end
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      var last = third
      while let next = readByte(), next != UInt8(ascii: "~") { last = next }
      if third == UInt8(ascii: "3") && last == third { return .delete }
      if third == UInt8(ascii: "1") || third == UInt8(ascii: "7") { return .home }
      if third == UInt8(ascii: "4") || third == UInt8(ascii: "8") { return .end }
      return .unknown
    default: return .unknown
    }
  }

  private func redraw(_ prompt: String, _ line: [Character], _ cursor: Int) {
    let before = DisplayWidth.of(String(line[..<cursor])) + DisplayWidth.of(prompt)
    put("\r\u{1B}[K" + prompt + String(line) + "\r" + (before > 0 ? "\u{1B}[\(before)C" : ""))
  }

  private func put(_ text: String) {
    fputs(text, stdout)
    fflush(stdout)
  }

  private func enterRawMode() -> Bool {
    guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return false }
    var raw = saved
    cfmakeraw(&raw)
    raw.c_oflag |= tcflag_t(OPOST)
    return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0
  }

  private func leaveRawMode() { tcsetattr(STDIN_FILENO, TCSADRAIN, &saved) }
}
