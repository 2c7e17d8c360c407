import Olap

/// Cuts a stream of lines into statements and dot commands.
///
/// A dot command is a line that starts with `.` while no statement is open. A statement ends at a `;`
/// outside strings, comments and dollar quotes.
struct StatementFeed {
  enum Item {
    case statement(String)
    case command(String)
  }

  private var pending = ""
  /// Where the next `;` can be: a statement is complete only after a line that has one.
  var isEmpty: Bool { pending.allSatisfy { $0.isWhitespace } }

  /// Adds a line (with its newline) and returns what became complete.
  mutating func add(_ line: String) -> [Item] {
    if isEmpty {
      let trimmed = line.drop { $0 == " " || $0 == "\t" }
      if trimmed.hasPrefix(".") || trimmed.hasPrefix("\\") {
        pending = ""
        return [.command(String(trimmed.reversed().drop { $0.isWhitespace }.reversed()))]
      }
    }
    pending += line
    guard line.utf8.contains(UInt8(ascii: ";")) else { return [] }
    var items: [Item] = []
    while let length = SQLText.completeStatementByteCount(pending) {
      let end = pending.utf8.index(pending.utf8.startIndex, offsetBy: length)
      let statement = String(pending[..<end])
      pending = String(pending[end...])
      // Blanks before a statement would shift the line numbers of its errors.
      let text = String(statement.drop { $0.isWhitespace })
      if !SQLText.isBlank(text) { items.append(.statement(text)) }
    }
    return items
  }

  /// What is left at the end of the input, with or without a semicolon.
  mutating func finish() -> [Item] {
    defer { pending = "" }
    while pending.last?.isWhitespace ?? false { pending.removeLast() }
    return SQLText.isBlank(pending) ? [] : [.statement(pending)]
  }
}
