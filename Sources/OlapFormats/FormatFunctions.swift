internal import OlapColumns
package import OlapFunctions

/// The readers and listings of this room, one line each.
package enum FormatFunctions {
  package static let tables: [TableFunction] = [
    ReadCSV.function, SniffCSV.function, ReadJSON.function, ReadJSON.lines, ReadJSON.objects,
    ReadJSON.lineObjects, ReadText.text, ReadText.blob, ListFiles.function,
  ]
}

/// glob(pattern): matching paths.
enum ListFiles {
  static let function = TableFunction(
    "glob", summary: "Paths that match a pattern",
    bind: { arguments, _ in
      let paths = try FileList.expand(arguments)
      return TableFunction.Bound(columns: [.init("file", .varchar)], rowCount: paths.count) { _ in
        var rest: [String]? = paths
        return GeneratorSource {
          guard let list = rest else { return nil }
          rest = nil
          let builder = VectorBuilder(type: .varchar)
          for path in list { builder.append(.varchar(path)) }
          return Chunk(columns: [builder.finish()], count: list.count)
        }
      }
    })
}

/// read_text and read_blob: each file as one row.
enum ReadText {
  static let text = make("read_text", .varchar, "Each file's text as one row")
  static let blob = make("read_blob", .blob, "Each file's bytes as one row")

  private static func make(_ name: String, _ type: SQLType, _ summary: String) -> TableFunction {
    TableFunction(
      name, summary: summary,
      bind: { arguments, _ in
        let inputs = try InputFiles(try FileList.expand(arguments))
        let columns: [TableFunction.Column] = [
          .init("filename", .varchar), .init("content", type), .init("size", .bigint),
        ]
        return TableFunction.Bound(columns: columns, rowCount: inputs.paths.count) { request in
          var index = 0
          return GeneratorSource {
            guard index < inputs.paths.count else { return nil }
            defer { index += 1 }
            let row = try row(inputs.paths[index], inputs.locations[index], type)
            return Chunk(
              columns: request.projection.map { column in
                let builder = VectorBuilder(type: columns[column].type)
                builder.append(row[column])
                return builder.finish()
              }, count: 1)
          }
        }
      })
  }

  private static func row(_ path: String, _ location: String, _ type: SQLType) throws -> [Value] {
    let file = try InputFile(path: location, compression: type == .blob ? Compression.none : nil)
    var bytes: [UInt8] = []
    let part = Buffer(byteCount: 1 << 18)
    while true {
      let count = try file.read(into: part.bytes, count: part.byteCount)
      if count == 0 { break }
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: part.bytes, count: count))
      guard bytes.count < 1 << 31 else {
        throw ComputeError.file(path, "larger than 2 GiB, which one value cannot hold:")
      }
    }
    let size = bytes.count
    if type == .blob {
      return [.varchar(path), .blob(bytes), .integer(Int64(size))]
    }
    let invalid = bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.flatMap { UTF8Text.firstInvalid($0, buffer.count) }
    }
    guard invalid == nil else {
      throw ComputeError.file(path, "not UTF-8 text; read_blob takes any bytes:")
    }
    return [
      .varchar(path), .varchar(String(decoding: bytes, as: UTF8.self)), .integer(Int64(size)),
    ]
  }
}
