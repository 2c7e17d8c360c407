package import OlapFormats

extension ResultChunk {
  /// The rows as JSON objects, one text each, spelled as COPY … TO a JSON file spells them: numbers and
  /// booleans bare, NULL (and NaN, which JSON has not) as null, nested values nested, the rest as strings.
  public func jsonObjects() throws -> [String] {
    do {
      let texts = try JSONChunkText(
        chunk, columns: columns.map { ($0.name, $0.type) }, timeZoneName: "UTC")
      return (0..<rowCount).map { row in
        var bytes: [UInt8] = []
        texts.appendObject(row, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
      }
    } catch { throw OlapError.from(error, sql: nil) }
  }
}

/// JSON's spelling of text.
public enum JSONSpelling {
  /// The text as a JSON string, with quotes and escapes.
  public static func string(_ text: String) -> String { JSONString.quoted(text) }
}
