package import OlapColumns
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
        var options = try options(named, function: name)
        preset(&options)
        return try bind(inputs, options: options)
      })
  }

  /// The files as a table; `policy` says what becomes of bad rows when the options do not.
  package static func bind(
    _ inputs: InputFiles, options: JSONOptions, policy: BadRowPolicy? = nil,
    hasOrigins: Bool = false
  ) throws -> TableFunction.Bound {
    let schema = try JSONSniffer.sniff(inputs, options)
    let layout = FileLayout(
      fields: schema.columns.map { .init($0.name, $0.node.type) }, options: options.files,
      partitions: schema.partitions, hasOrigins: hasOrigins)
    let bad = policy ?? (options.ignoresErrors ? .skip : .abort)
    return TableFunction.Bound(columns: layout.columns, rowCount: nil, usesFilters: true) {
      request in
      JSONSource(
        inputs: inputs, schema: schema, options: options,
        columns: request.projection.map { layout.sources[$0] },
        filters: layout.filters(request.filters), policy: bad,
        timeZoneName: request.context.timeZoneName)
    }
  }

  /// - Throws: `ComputeError` for options that are unknown or malformed.
  package static func options(
    _ named: [String: (SQLType, Value)], function: String
  ) throws -> JSONOptions {
    var options = JSONOptions()
    for (name, (type, value)) in named.sorted(by: { $0.key < $1.key }) {
      let option = ReaderOption(function: function, name: name, type: type, value: value)
      if try options.files.apply(option) { continue }
      try options.apply(option)
    }
    return options
  }
}
