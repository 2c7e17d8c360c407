@preconcurrency import Glibc

/// The terminal on standard input and output: raw mode, size, keys.
final class Terminal {
  private var saved = termios()
  private var pushedBack: [UInt8] = []

  /// Lines and columns; 24 × 80 when the terminal does not say.
  var size: (rows: Int, columns: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return (24, 80)
    }
    return (max(2, Int(size.ws_row)), max(10, Int(size.ws_col)))
  }

  /// Keys arrive one by one and unechoed; false when standard input is no terminal.
  func enterRawMode() -> Bool {
    guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return false }
    var raw = saved
    cfmakeraw(&raw)
    raw.c_oflag |= tcflag_t(OPOST)
    guard tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0 else { return false }
    // Pasted text comes in brackets, so that its newlines do not submit.
    put("\u{1B}[?2004h")
    return true
  }

  func leaveRawMode() {
    put("\u{1B}[?2004l")
    tcsetattr(STDIN_FILENO, TCSADRAIN, &saved)
  }

  func put(_ text: String) {
    fputs(text, stdout)
    fflush(stdout)
  }

  /// Whether a byte is waiting; used to read pasted text in one go.
  func hasInput(withinMilliseconds timeout: Int32 = 0) -> Bool {
    if !pushedBack.isEmpty { return true }
    var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, timeout) > 0
  }

  /// One byte; nil at the end of input.
  func readByte() -> UInt8? {
    if let byte = pushedBack.popLast() { return byte }
    var byte: UInt8 = 0
    while true {
      let count = read(STDIN_FILENO, &byte, 1)
      if count == 1 { return byte }
      if count < 0 && errno == EINTR { continue }
      return nil
    }
  }

  /// The next key; nil at the end of input.
  func readKey() -> Key? {
    guard let byte = readByte() else { return nil }
    if byte == 27 { return readEscape() }
    if let key = Key.control[byte] { return key }
    if byte < 32 { return .unknown }
    return readCharacter(first: byte)
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
    // A lone Escape is followed by nothing.
    guard hasInput(withinMilliseconds: 30), let second = readByte() else { return .escape }
    switch second {
    case UInt8(ascii: "["), UInt8(ascii: "O"): return readSequence()
    case UInt8(ascii: "b"): return .wordLeft
    case UInt8(ascii: "f"): return .wordRight
    case UInt8(ascii: "d"): return .killWordForward
    case 13, 10: return .newline
    case 127, 8: return .killWord
    default: return .unknown
    }
  }

  /// ESC [ parameters final.
  private func readSequence() -> Key? {
    var parameters: [UInt8] = []
    var final: UInt8 = 0
    while let byte = readByte() {
      if byte >= 0x40 && byte <= 0x7E {
        final = byte
        break
      }
      parameters.append(byte)
      if parameters.count > 16 { return .unknown }
    }
    let text = String(decoding: parameters, as: UTF8.self)
    let hasModifier = text.hasSuffix(";5") || text.hasSuffix(";3")
    switch final {
    case UInt8(ascii: "A"): return .up
    case UInt8(ascii: "B"): return .down
    case UInt8(ascii: "C"): return hasModifier ? .wordRight : .right
    case UInt8(ascii: "D"): return hasModifier ? .wordLeft : .left
    case UInt8(ascii: "H"): return .home
    case UInt8(ascii: "F"): return .end
    case UInt8(ascii: "Z"): return .backTab
    case UInt8(ascii: "~"):
      switch text {
      case "1", "7": return .home
      case "4", "8": return .end
      case "3": return .delete
      case "200": return .paste(readPaste())
      default: return .unknown
      }
    default: return .unknown
    }
  }

  /// Pasted bytes up to ESC [ 201 ~.
  private func readPaste() -> String {
    let closing: [UInt8] = [27, 91, 50, 48, 49, 126]
    var bytes: [UInt8] = []
    while let byte = readByte() {
      bytes.append(byte)
      if byte == 126, bytes.suffix(closing.count).elementsEqual(closing) {
        bytes.removeLast(closing.count)
        break
      }
    }
    let text = String(decoding: bytes, as: UTF8.self)
    var result = ""
    for scalar in text.unicodeScalars where scalar != "\r" || !text.contains("\n") {
      result.unicodeScalars.append(scalar == "\r" ? "\n" : scalar)
    }
    return result
  }
}

/// What was typed.
enum Key: Equatable {
  case character(Character)
  case paste(String)
  case enter, newline, interrupt, endOfInput, backspace, delete, escape, tab, backTab
  case left, right, up, down, home, end, wordLeft, wordRight
  case killToEnd, killToStart, killWord, killWordForward, yank, transpose, undo
  case clear, search, previous, next, unknown

  /// Control keys, the Emacs way.
  static let control: [UInt8: Key] = [
    1: .home, 2: .left, 3: .interrupt, 4: .endOfInput, 5: .end, 6: .right, 8: .backspace, 9: .tab,
    10: .enter, 11: .killToEnd, 12: .clear, 13: .enter, 14: .next, 16: .previous, 18: .search,
    20: .transpose, 21: .killToStart, 23: .killWord, 24: .newline, 25: .yank, 31: .undo,
    127: .backspace,
  ]
}
