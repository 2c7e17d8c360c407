/// Text made from a file by replacing references and variables, with the way back to the file.
package struct RenderedText: Sendable, Hashable {
  package private(set) var text = ""
  private var byteCount = 0
  private var pieces: [Piece] = []

  /// A run of the rendered text and where it comes from.
  private struct Piece: Hashable {
    var start: Int
    var originalStart: Int
    /// Copied as it stood; else every byte of it belongs to `originalStart`.
    var isVerbatim: Bool
  }

  package init() {}

  mutating func append(_ bytes: some Collection<UInt8>, from offset: Int, isVerbatim: Bool) {
    guard !bytes.isEmpty else { return }
    pieces.append(Piece(start: byteCount, originalStart: offset, isVerbatim: isVerbatim))
    text += String(decoding: bytes, as: UTF8.self)
    byteCount += bytes.count
  }

  /// The bytes of a range of the text, which still know their places.
  func slice(_ range: Range<Int>) -> RenderedText {
    var result = RenderedText()
    let bytes = Array(text.utf8)
    for (index, piece) in pieces.enumerated() {
      let end = index + 1 < pieces.count ? pieces[index + 1].start : byteCount
      let part = max(piece.start, range.lowerBound)..<max(piece.start, min(end, range.upperBound))
      guard part.lowerBound < part.upperBound else { continue }
      let origin = piece.originalStart + (piece.isVerbatim ? part.lowerBound - piece.start : 0)
      result.append(bytes[part], from: origin, isVerbatim: piece.isVerbatim)
    }
    return result
  }

  /// The place in the file of a byte of the text.
  package func originalOffset(of byte: Int) -> Int {
    guard let piece = pieces.last(where: { $0.start <= byte }) else { return 0 }
    return piece.isVerbatim ? piece.originalStart + byte - piece.start : piece.originalStart
  }

  /// The place in the file of a byte of a statement that holds this text, or a middle part of it; nil
  /// when the byte lies outside.
  package func originalOffset(ofStatementByte byte: Int, in statement: String) -> Int? {
    let outer = Array(statement.utf8)
    let inner = Array(text.utf8)
    if let start = RenderedText.find(inner, in: outer) {
      guard byte >= start, byte <= start + inner.count else { return nil }
      return originalOffset(of: byte - start)
    }
    guard let start = RenderedText.find(outer, in: inner) else { return nil }
    return originalOffset(of: start + byte)
  }

  private static func find(_ part: [UInt8], in whole: [UInt8]) -> Int? {
    guard !part.isEmpty, part.count <= whole.count else { return nil }
    return (0...(whole.count - part.count)).first { start in
      whole[start] == part[0] && whole[start..<(start + part.count)].elementsEqual(part)
    }
  }
}
