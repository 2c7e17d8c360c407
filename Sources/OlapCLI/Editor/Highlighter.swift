import Olap

/// Colours SQL while it is typed and marks brackets: the pair at the cursor, and those without a partner.
struct Highlighter {
  let style: Style

  /// The role of every character, nil = plain. `cursor` counts characters.
  func roles(of text: [Character], cursor: Int) -> [Style.Role?] {
    var roles = [Style.Role?](repeating: nil, count: text.count)
    guard style.isColoured, text.first != ".", text.first != "\\" else { return roles }
    var starts: [Int: Int] = [:]
    var offset = 0
    for (index, character) in text.enumerated() {
      starts[offset] = index
      offset += character.utf8.count
    }
    starts[offset] = text.count
    var open: [Int] = []
    for piece in SQLText.pieces(of: String(text)) {
      guard let start = starts[piece.range.lowerBound], let end = starts[piece.range.upperBound]
      else { continue }
      let role = Highlighter.role(of: piece.kind)
      for index in start..<end { roles[index] = role }
      guard piece.kind == .symbol, end == start + 1 else { continue }
      match(text, at: start, cursor: cursor, open: &open, roles: &roles)
    }
    return roles
  }

  private func match(
    _ text: [Character], at index: Int, cursor: Int, open: inout [Int], roles: inout [Style.Role?]
  ) {
    switch text[index] {
    case "(", "[", "{": open.append(index)
    case ")", "]", "}":
      let partner: Character = text[index] == ")" ? "(" : text[index] == "]" ? "[" : "{"
      guard let last = open.last, text[last] == partner else {
        roles[index] = .error
        return
      }
      open.removeLast()
      if cursor == index || cursor == index + 1 || cursor == last {
        roles[index] = .bracket
        roles[last] = .bracket
      }
    default: break
    }
  }

  private static func role(of kind: SQLText.PieceKind) -> Style.Role? {
    switch kind {
    case .keyword: .keyword
    case .function: .function
    case .string: .string
    case .number, .parameter: .number
    case .comment: .comment
    case .unterminated, .invalid: .error
    case .name, .quotedName, .symbol: nil
    }
  }
}
