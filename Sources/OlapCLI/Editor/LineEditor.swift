@preconcurrency import Glibc
import Olap

/// The shell's editor: statements of several lines, history with search, completion, colours.
///
/// Enter submits a complete statement and otherwise starts a new line; Ctrl-X or Alt-Enter always starts
/// one. Up and Down move between lines, then through the history. Ctrl-R searches it, Tab completes,
/// Ctrl-C drops the text, Ctrl-D on an empty text ends. Emacs keys: A B D E F K L N P T U W Y _.
final class LineEditor {
  private let terminal = Terminal()
  private let style: Style
  private let completer: any Completer
  private var history: History
  private var buffer = EditBuffer()
  private var screen: EditorScreen
  private var prompt = ""
  private var continuation = ""
  private var historyPosition = 0
  private var draft = ""
  private var footer: [String] = []

  init(history: History, completer: any Completer, style: Style) {
    self.history = history
    self.completer = completer
    self.style = style
    screen = EditorScreen(terminal: terminal)
  }

  /// One submitted text; nil at the end of input. `initial` is what the buffer starts with.
  func read(prompt: String, continuation: String, initial: String = "") -> String? {
    guard terminal.enterRawMode() else { return nil }
    defer { terminal.leaveRawMode() }
    self.prompt = prompt
    self.continuation = continuation
    buffer = EditBuffer()
    if !initial.isEmpty { buffer.replaceAll(initial) }
    historyPosition = history.entries.count
    screen.leave()
    while true {
      // A burst of keys is drawn once.
      if !terminal.hasInput() || buffer.isEmpty { draw() }
      guard let key = terminal.readKey() else { return nil }
      footer = []
      switch key {
      case .enter where isSubmittable: return submit()
      case .enter, .newline: buffer.insert("\n")
      case .interrupt:
        finish("^C")
        buffer = EditBuffer()
        historyPosition = history.entries.count
      case .endOfInput:
        if buffer.isEmpty {
          finish("")
          return nil
        }
        buffer.deleteForward()
      case .search: search()
      case .tab: complete()
      case .clear:
        terminal.put("\u{1B}[H\u{1B}[2J")
        screen.leave()
      default: edit(key)
      }
    }
  }

  private func submit() -> String {
    let text = buffer.string
    history.add(text)
    finish("")
    return text
  }

  /// Draws the text without the cursor's marks and leaves the cursor below it.
  private func finish(_ mark: String) {
    buffer.moveToEnd()
    footer = []
    draw()
    terminal.put(mark + "\r\n")
    screen.leave()
  }

  /// A dot command is one line; SQL is complete with its semicolon.
  private var isSubmittable: Bool {
    let text = buffer.string
    if text.allSatisfy({ $0.isWhitespace }) { return true }
    let first = text.first { !$0.isWhitespace }
    if first == "." || first == "\\" { return true }
    var rest = text
    while let length = SQLText.completeStatementByteCount(rest) {
      rest = String(rest.utf8.dropFirst(length)) ?? ""
      if SQLText.isBlank(rest) { return true }
    }
    return SQLText.isBlank(text)
  }

  private func edit(_ key: Key) {
    switch key {
    case .character(let character): buffer.insert(String(character))
    case .paste(let text): buffer.insert(text)
    case .backspace: buffer.backspace()
    case .delete: buffer.deleteForward()
    case .left: buffer.moveLeft()
    case .right: buffer.moveRight()
    case .home: buffer.moveToLineStart()
    case .end: buffer.moveToLineEnd()
    case .wordLeft: buffer.moveWordLeft()
    case .wordRight: buffer.moveWordRight()
    case .killToEnd: buffer.killToLineEnd()
    case .killToStart: buffer.killToLineStart()
    case .killWord: buffer.killWordBefore()
    case .killWordForward: buffer.killWordAfter()
    case .yank: buffer.yank()
    case .transpose: buffer.transpose()
    case .undo: buffer.undo()
    case .up: if !buffer.moveUp() { recall(historyPosition - 1) }
    case .down: if !buffer.moveDown() { recall(historyPosition + 1) }
    case .previous: recall(historyPosition - 1)
    case .next: recall(historyPosition + 1)
    default: break
    }
  }

  private func recall(_ position: Int) {
    guard position >= 0, position <= history.entries.count else { return }
    if historyPosition == history.entries.count { draft = buffer.string }
    historyPosition = position
    buffer.replaceAll(position == history.entries.count ? draft : history.entries[position])
  }

  // MARK: Search

  /// Ctrl-R: typed letters narrow, Ctrl-R goes further back, Enter takes, Ctrl-C and Escape give up.
  private func search() {
    let before = buffer.string
    var needle = ""
    var position = history.entries.count
    while true {
      let found = history.search(needle, before: position + 1)
      let shown = found.map { history.entries[$0] } ?? (needle.isEmpty ? before : "")
      let label = found == nil && !needle.isEmpty ? "(no match)`" : "(search)`"
      screen.draw(
        prompt: label + needle + "': ", continuation: continuation, text: Array(shown),
        cursor: shown.count, roles: [Style.Role?](repeating: nil, count: shown.count), style: style)
      guard let key = terminal.readKey() else { return }
      switch key {
      case .character(let character):
        needle.append(character)
        position = history.entries.count
      case .backspace:
        if !needle.isEmpty { needle.removeLast() }
        position = history.entries.count
      case .search: if let found, found > 0 { position = found - 1 }
      case .interrupt, .escape:
        buffer.replaceAll(before)
        return
      default:
        if let found {
          buffer.replaceAll(history.entries[found])
          historyPosition = found
        }
        if key != .enter { edit(key) }
        return
      }
    }
  }

  // MARK: Completion

  private func complete() {
    if buffer.head.allSatisfy({ $0.isWhitespace }) {
      buffer.insert("  ")
      return
    }
    let completion = completer.complete(buffer.head)
    guard !completion.candidates.isEmpty else { return }
    let shared = Completion.sharedPrefix(completion.candidates)
    if completion.candidates.count == 1 {
      let only = completion.candidates[0]
      buffer.replaceBefore(completion.replacedCount, with: only + completion.suffix(for: only))
    } else if shared.count > completion.replacedCount {
      buffer.replaceBefore(completion.replacedCount, with: shared)
    }
    if completion.candidates.count > 1 { footer = columns(of: completion.candidates) }
  }

  /// Candidates in as many columns as fit, at most six lines.
  private func columns(of candidates: [String]) -> [String] {
    let width = terminal.size.columns
    let cell = min(width, (candidates.map { DisplayWidth.of($0) }.max() ?? 1) + 2)
    let perLine = max(1, width / cell)
    var lines: [String] = []
    var index = 0
    while index < candidates.count, lines.count < 6 {
      let row = candidates[index..<min(index + perLine, candidates.count)]
      lines.append(
        row.map { $0 + String(repeating: " ", count: max(0, cell - DisplayWidth.of($0))) }.joined())
      index += perLine
    }
    if index < candidates.count { lines.append("… \(candidates.count - index) more") }
    return lines
  }

  private func draw() {
    let highlighter = Highlighter(style: style)
    screen.draw(
      prompt: prompt, continuation: continuation, text: buffer.text, cursor: buffer.cursor,
      roles: highlighter.roles(of: buffer.text, cursor: buffer.cursor), style: style,
      footer: footer)
  }
}
