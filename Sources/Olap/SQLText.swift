package import OlapSQL

/// Questions about SQL text that a shell or editor asks before running it.
public enum SQLText {
  /// Bytes of the first complete statement (its `;` included), nil when there is none yet.
  public static func completeStatementByteCount(_ text: String) -> Int? {
    if case .complete(let byteCount) = StatementSplitter.split(text) { byteCount } else { nil }
  }

  /// Whether the text holds only blanks, comments and semicolons.
  public static func isBlank(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    while true {
      switch StatementSplitter.split(Array(rest)) {
      case .blank: return true
      case .incomplete: return false
      case .complete(let byteCount):
        let piece = Array(rest.prefix(byteCount - 1))
        guard case .blank = StatementSplitter.split(piece) else { return false }
        rest = rest.dropFirst(byteCount)
      }
    }
  }
}
