internal import OlapSQL

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

  /// What a piece of SQL text is.
  public enum PieceKind: Hashable, Sendable {
    case keyword, function, name, quotedName, string, number, parameter, comment, symbol
    /// Not closed yet: reaches to the end of the text.
    case unterminated
    case invalid
  }

  /// A classified piece: UTF-8 byte range and kind. Blanks lie between the pieces.
  public struct Piece: Hashable, Sendable {
    public let range: Range<Int>
    public let kind: PieceKind
  }

  /// The pieces of a text that may still be incomplete. Never fails.
  public static func pieces(of text: String) -> [Piece] {
    SyntaxClassifier.classify(text).map { Piece(range: $0.range, kind: kind(of: $0.kind)) }
  }

  private static func kind(of piece: SyntaxClass) -> PieceKind {
    switch piece {
    case .keyword: .keyword
    case .function: .function
    case .name: .name
    case .quotedName: .quotedName
    case .string: .string
    case .number: .number
    case .parameter: .parameter
    case .comment: .comment
    case .symbol: .symbol
    case .unterminated: .unterminated
    case .invalid: .invalid
    }
  }

  /// Whether the word needs quotes as the name of a table or column.
  public static func isReserved(_ word: String) -> Bool {
    Keyword(rawValue: word.lowercased())?.isReserved ?? false
  }

  /// Every word the grammar knows, upper case, sorted.
  public static let keywords: [String] = Keyword.allCases.map { $0.rawValue.uppercased() }.sorted()
}
