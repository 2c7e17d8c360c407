internal import OlapColumns
package import OlapFunctions

/// read_json(path | [paths], option = value, …) and its siblings: JSON files as a table.
package enum ReadJSON {
  package static let function = make(
    "read_json", aliases: ["read_json_auto"],
    "Reads JSON files: arrays, a value a line, or values one after the other; nested types are found by"
      + " looking")
  package static let lines = make(
    "read_ndjson", aliases: ["read_ndjson_auto", "read_jsonl"],
    "Reads files of one JSON value a line"
  ) { $0.format = .newlineDelimited }
  package static let objects = make(
    "read_json_objects", aliases: ["read_json_objects_auto"],
    "Reads each JSON value of files as one value of type JSON"
  ) { $0.readsObjects = true }
  package static let lineObjects = make(
    "read_ndjson_objects", "Reads each line of files as one value of type JSON"
  ) {
    $0.readsObjects = true
    $0.format = .newlineDelimited
  }

  private static func make(
    _ name: String, aliases: [String] = [], _ summary: String,
    preset: @escaping @Sendable (inout JSONOptions) -> Void = { _ in }
  ) -> TableFunction {
    TableFunction(
      name, aliases: aliases, summary: summary,
      bind: { arguments, named in
        let inputs = try InputFiles(try FileList.expand(arguments))
        var options = try JSONOptions(named, function: name)
        preset(&options)
        return try JSONSniffer.sniff(inputs, options).bound(inputs, options)
      })
  }
}
