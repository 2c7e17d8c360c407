@preconcurrency import Glibc

/// Colours of the terminal. All are empty with NO_COLOR set (any value) or TERM=dumb.
struct Style: Sendable {
  let isColoured: Bool

  /// Colours of the terminal this process writes to.
  static func detect(isTerminal: Bool) -> Style {
    let refuses = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? false
    return Style(isColoured: isTerminal && !refuses && !isDumb)
  }

  enum Role: String {
    case keyword = "\u{1B}[1;34m"
    case function = "\u{1B}[36m"
    case string = "\u{1B}[32m"
    case number = "\u{1B}[35m"
    case comment = "\u{1B}[90m"
    case error = "\u{1B}[31m"
    case bracket = "\u{1B}[1;7m"
    case faint = "\u{1B}[2m"
    case bold = "\u{1B}[1m"
  }

  /// `text` in the role's colour.
  func paint(_ text: String, _ role: Role?) -> String {
    guard isColoured, let role, !text.isEmpty else { return text }
    return role.rawValue + text + "\u{1B}[0m"
  }
}
