/// Draws a buffer of several lines on the terminal and remembers where it left the cursor.
struct EditorScreen {
  let terminal: Terminal
  /// Screen rows from the first row of the drawing to the cursor's.
  private var cursorRow = 0

  init(terminal: Terminal) { self.terminal = terminal }

  /// Draws prompt and text over the former drawing. `roles` colours each character.
  mutating func draw(
    prompt: String, continuation: String, text: [Character], cursor: Int, roles: [Style.Role?],
    style: Style, footer: [String] = []
  ) {
    let width = terminal.size.columns
    var output = "\r" + (cursorRow > 0 ? "\u{1B}[\(cursorRow)A" : "") + "\u{1B}[J"
    output += style.paint(prompt, .bold)
    var row = 0
    var column = DisplayWidth.of(prompt)
    var place = (row: row, column: column)
    var current: Style.Role?
    for (index, character) in text.enumerated() {
      if index == cursor { place = (row, column) }
      if character == "\n" {
        output += reset(&current, style) + "\r\n" + style.paint(continuation, .bold)
        row += 1
        column = DisplayWidth.of(continuation)
        continue
      }
      let step = character == "\t" ? 1 : DisplayWidth.of(character)
      if column + step > width {
        output += "\r\n"
        row += 1
        column = 0
        if index == cursor { place = (row, 0) }
      }
      if roles[index] != current {
        output += reset(&current, style)
        if style.isColoured, let role = roles[index] { output += role.rawValue }
        current = roles[index]
      }
      output += character == "\t" ? " " : String(character)
      column += step
    }
    output += reset(&current, style)
    if column >= width {
      output += "\r\n"
      row += 1
      column = 0
    }
    if cursor == text.count { place = (row, column) }
    for line in footer {
      output += "\r\n" + DisplayWidth.fit(line, width)
      row += 1
    }
    if row > place.row { output += "\u{1B}[\(row - place.row)A" }
    output += "\r" + (place.column > 0 ? "\u{1B}[\(place.column)C" : "")
    cursorRow = place.row
    terminal.put(output)
  }

  private func reset(_ current: inout Style.Role?, _ style: Style) -> String {
    defer { current = nil }
    return current != nil && style.isColoured ? "\u{1B}[0m" : ""
  }

  /// Forgets the drawing: what follows starts on a row of its own.
  mutating func leave() { cursorRow = 0 }
}
