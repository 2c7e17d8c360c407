/// Finds statement ends in text that is still being typed or read.
package enum StatementSplitter {
  /// What a buffer holds at its beginning.
  package enum Result: Hashable, Sendable {
    /// A statement with its semicolon: this many bytes. It may be empty (only blanks).
    case complete(byteCount: Int)
    /// Text without a semicolon outside strings, comments and dollar quotes.
    case incomplete
    /// Only blanks and comments.
    case blank
  }

  /// Looks at the beginning of `text`, which is any UTF-8.
  package static func split(_ text: [UInt8]) -> Result {
    var lexer = Lexer(text)
    var isBlank = true
    while true {
      do {
        let token = try lexer.next()
        if token.kind == .end { return isBlank ? .blank : .incomplete }
        isBlank = false
        if token.symbol == .semicolon { return .complete(byteCount: Int(token.end)) }
      } catch {
        if error.isAtEnd { return .incomplete }
        // The parser will report it; here it is only a reason to go on.
        isBlank = false
        if error.range.byteCount == 0 { lexer.skipByte() }
      }
    }
  }

  package static func split(_ text: String) -> Result {
    split(Array(text.utf8))
  }
}
