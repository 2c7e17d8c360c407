/// What a piece of SQL text is, for colouring and completion in editors.
package enum SyntaxClass: Hashable, Sendable {
  case keyword, function, name, quotedName, string, number, parameter, comment, symbol
  /// A string, comment or quoted name that is not closed yet: it reaches to the end of the text.
  case unterminated
  /// Bytes that begin no token.
  case invalid
}

/// A classified byte range of the text.
package struct ClassifiedText: Hashable, Sendable {
  package var range: Range<Int>
  package var kind: SyntaxClass
}

/// Cuts text that is still being typed into classified pieces; never fails. Blanks are left out.
package enum SyntaxClassifier {
  package static func classify(_ text: String) -> [ClassifiedText] {
    let bytes = Array(text.utf8)
    var lexer = Lexer(bytes)
    var pieces: [ClassifiedText] = []
    var end = 0
    while true {
      do {
        let token = try lexer.next()
        appendComments(bytes, end..<Int(token.start), to: &pieces)
        if token.kind == .end { break }
        pieces.append(
          ClassifiedText(range: Int(token.start)..<Int(token.end), kind: kind(of: token, bytes)))
        end = Int(token.end)
      } catch {
        let start = firstInk(bytes, from: end)
        guard start < bytes.count else { break }
        if error.isAtEnd {
          pieces.append(ClassifiedText(range: start..<bytes.count, kind: .unterminated))
          break
        }
        if lexer.position <= start { lexer.skipByte() }
        let stop = max(start + 1, min(lexer.position, bytes.count))
        pieces.append(ClassifiedText(range: start..<stop, kind: .invalid))
        end = stop
      }
    }
    return pieces
  }

  private static func kind(of token: Token, _ bytes: [UInt8]) -> SyntaxClass {
    switch token.kind {
    case .word:
      let isCalled = Int(token.end) < bytes.count && bytes[Int(token.end)] == UInt8(ascii: "(")
      if let keyword = token.keyword, keyword.isReserved || !isCalled { return .keyword }
      return isCalled ? .function : .name
    case .quotedIdentifier: return .quotedName
    case .string, .escapeString, .dollarString, .blob: return .string
    case .integer, .decimal, .double: return .number
    case .parameter: return .parameter
    case .symbol, .end: return .symbol
    }
  }

  /// What lies between two tokens and is not blank is a comment.
  private static func appendComments(
    _ bytes: [UInt8], _ gap: Range<Int>, to pieces: inout [ClassifiedText]
  ) {
    let start = firstInk(bytes, from: gap.lowerBound)
    guard start < gap.upperBound else { return }
    var stop = gap.upperBound
    while stop > start, bytes[stop - 1] <= 0x20 { stop -= 1 }
    pieces.append(ClassifiedText(range: start..<stop, kind: .comment))
  }

  private static func firstInk(_ bytes: [UInt8], from start: Int) -> Int {
    var position = start
    while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
    return position
  }
}
