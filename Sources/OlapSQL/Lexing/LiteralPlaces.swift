/// Finds the text literal of a statement whose conversion failed: errors of values know no place.
package enum LiteralPlaces {
  /// The one literal with that text, when it is clear that it is what was converted: it is cast where it
  /// stands, or the statement casts nothing else.
  package static func converted(_ text: String, in sql: String) -> SourceRange? {
    let bytes = Array(sql.utf8)
    guard let tokens = try? Lexer.tokens(of: bytes) else { return nil }
    let wanted =
      "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
      + "'"
    var found: Int?
    var casts = 0
    for (index, token) in tokens.enumerated() {
      if token.symbol == .cast || token.keyword == .cast { casts += 1 }
      guard token.kind == .string,
        bytes[Int(token.start)..<Int(token.end)].elementsEqual(wanted.utf8)
      else { continue }
      if found != nil { return nil }
      found = index
    }
    guard let found else { return nil }
    let isCast =
      found + 1 < tokens.count && tokens[found + 1].symbol == .cast
      || found > 0 && (tokens[found - 1].kind == .word)
      || found > 1 && tokens[found - 2].keyword == .cast
    return isCast || casts == 0 ? tokens[found].range : nil
  }
}
