internal import OlapSQL

/// What one statement is, seen from its text alone: no database is asked.
public struct StatementOutline: Sendable, Hashable {
  /// What the statement does at its outermost level.
  public enum Kind: Sendable, Hashable {
    case query
    /// CREATE BRONZE TABLE, or SILVER or GOLD, with the layer in lower case; nil for DYNAMIC TABLE.
    case layerTable(layer: String?)
    case table, view, other
  }

  public let kind: Kind
  /// Bytes of the statement in the text, without its semicolon.
  public let range: Range<Int>
  /// Name of the table or view that it creates, as written without quotes.
  public let definedName: String?
  /// Tables and views that it reads, in order, each once; names of WITH are not among them.
  public let reads: [Reference]
  /// Lower-case names of the functions it calls.
  public let functions: Set<String>

  /// A name and its place in the text.
  public struct Reference: Sendable, Hashable {
    public let name: String
    public let range: Range<Int>
  }

  init(_ statement: Statement) {
    let dependencies = Dependencies(of: statement)
    range = statement.range.start..<max(statement.range.start, statement.range.end)
    reads = dependencies.tables.map { name in
      Reference(
        name: name.text, range: name.range.start..<max(name.range.start, name.range.end))
    }
    functions = dependencies.functions
    switch statement.kind {
    case .select: (kind, definedName) = (.query, nil)
    case .createLayerTable(let node):
      kind = .layerTable(layer: node.layer?.rawValue.lowercased())
      definedName = node.name.text
    case .createTable(let node): (kind, definedName) = (.table, node.name.text)
    case .createView(let node): (kind, definedName) = (.view, node.name.text)
    default: (kind, definedName) = (.other, nil)
    }
  }
}

extension SQLText {
  /// What each statement of the text is.
  ///
  /// - Throws: `OlapError` (`parser`) with its place in `text`.
  public static func outline(_ text: String) throws -> [StatementOutline] {
    do {
      return try Parser.parse(text).map { StatementOutline($0) }
    } catch {
      throw OlapError.from(error, sql: text)
    }
  }

  /// The name as SQL reads it back: quoted always.
  public static func quoted(name: String) -> String {
    "\"" + doubling("\"", in: name) + "\""
  }

  /// The text as a string literal.
  public static func literal(_ text: String) -> String {
    "'" + doubling("'", in: text) + "'"
  }

  private static func doubling(_ mark: Character, in text: String) -> String {
    var result = ""
    for character in text {
      result.append(character)
      if character == mark { result.append(mark) }
    }
    return result
  }
}
