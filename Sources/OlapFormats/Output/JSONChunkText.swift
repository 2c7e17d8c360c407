package import OlapColumns

/// The rows of one chunk as JSON objects: the one place that spells values as JSON for people and files.
///
/// Numbers and booleans stand bare, NULL and numbers that JSON cannot write are null, JSON values stand as
/// they are, lists, structs and maps nest, everything else is a string as SQL prints it.
package struct JSONChunkText {
  private enum Spelling { case bare, string }
  private let keys: [[UInt8]]
  private let texts: [Vector]
  private let spellings: [Spelling]

  /// - Parameter timeZoneName: the zone that TIMESTAMPTZ is shown in.
  package init(
    _ chunk: Chunk, columns: [(name: String, type: SQLType)], timeZoneName: String
  ) throws {
    keys = columns.map { Array((JSONString.quoted($0.name) + ":").utf8) }
    var texts: [Vector] = []
    var spellings: [Spelling] = []
    for (vector, column) in zip(chunk.columns, columns) {
      let isNested = column.type.isNested
      texts.append(
        try Cast.cast(
          vector, to: isNested || column.type.isFloatingPoint ? .json : .varchar, isTry: false,
          timeZoneName: timeZoneName
        ).flattened())
      let isBare =
        isNested || column.type.isNumeric || column.type == .boolean || column.type == .json
      spellings.append(isBare ? .bare : .string)
    }
    self.texts = texts
    self.spellings = spellings
  }

  /// Appends a row as an object.
  package func appendObject(_ row: Int, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "{"))
    for column in texts.indices {
      if column > 0 { out.append(UInt8(ascii: ",")) }
      out += keys[column]
      appendValue(row, column, to: &out)
    }
    out.append(UInt8(ascii: "}"))
  }

  /// Appends one value.
  package func appendValue(_ row: Int, _ column: Int, to out: inout [UInt8]) {
    let vector = texts[column]
    guard vector.isValid(row) else {
      out += [0x6e, 0x75, 0x6c, 0x6c]
      return
    }
    vector.values(StringView.self)[row].withBytes { bytes in
      switch spellings[column] {
      case .bare: out.append(contentsOf: bytes)
      case .string:
        out.append(UInt8(ascii: "\""))
        for byte in bytes { JSONString.append(byte, to: &out) }
        out.append(UInt8(ascii: "\""))
      }
    }
  }
}
