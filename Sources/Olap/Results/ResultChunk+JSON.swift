internal import OlapColumns
internal import OlapFormats

extension ResultChunk {
  /// The rows as JSON objects, one text each, spelled as COPY … TO a JSON file spells them: numbers and
  /// booleans bare, NULL (and NaN, which JSON has not) as null, nested values nested, the rest as strings.
  public func jsonObjects() throws -> [String] {
    do {
      let texts = try JSONChunkText(
        chunk, columns: columns.map { ($0.name, $0.type) }, timeZoneName: timeZone)
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

extension Row {
  /// The row as a JSON object, spelled as `ResultChunk.jsonObjects()` does.
  public func jsonObject() throws -> String {
    let vectors = columns.indices.map { index -> Vector in
      let builder = VectorBuilder(type: columns[index].type)
      builder.append(values[index])
      return builder.finish()
    }
    let chunk = ResultChunk(
      chunk: Chunk(columns: vectors, count: 1), columns: columns, timeZone: timeZone)
    return try chunk.jsonObjects()[0]
  }
}
