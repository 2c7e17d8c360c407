package import OlapColumns
package import OlapFunctions

/// read_csv(path | [paths], option = value, …): CSV files as a table.
package enum ReadCSV {
  package static let function = TableFunction(
    "read_csv", aliases: ["read_csv_auto"],
    summary:
      "Reads CSV files (paths, lists, globs; .gz and .zst too); what is not said is found by looking",
    bind: { arguments, named in
      let paths = try Paths.expand(arguments)
      let options = try options(named)
      return try bind(paths: paths, options: options)
    })

  package static func bind(paths: [String], options: CSVOptions) throws -> TableFunction.Bound {
    let schema = try CSVSniffer.sniff(paths, options)
    var columns = zip(schema.names, schema.types).map { TableFunction.Column($0, $1) }
    if let name = options.filenameColumn { columns.append(TableFunction.Column(name, .varchar)) }
    return TableFunction.Bound(columns: columns, rowCount: nil) { request in
      CSVSource(paths: paths, schema: schema, projection: request.projection)
    }
  }

  private static func options(
    _ named: [String: (SQLType, Value)]
  ) throws -> CSVOptions {
    var options = CSVOptions()
    for (name, (type, value)) in named {
      let text = value.isNull ? "" : value.text(type)
      switch name {
      case "delim", "sep", "delimiter": options.delimiter = try byte(text, name)
      case "quote": options.quote = .some(text.isEmpty ? nil : try byte(text, name))
      case "escape": options.escape = text.isEmpty ? nil : try byte(text, name)
      case "comment": options.comment = text.isEmpty ? nil : try byte(text, name)
      case "header": options.hasHeader = try flag(text, name)
      case "skip": options.skip = Int(text)
      case "nullstr", "null", "nulls":
        if case .list(let items) = value {
          options.nullTexts = items.compactMap {
            if case .varchar(let item) = $0 { Array(item.utf8) } else { nil }
          }
        } else if !text.isEmpty {
          options.nullTexts = [Array(text.utf8)]
        }
      case "decimal_separator": options.decimalComma = text == ","
      case "thousands", "thousands_separator": options.thousands = try byte(text, name)
      case "dateformat", "date_format": options.dateFormat = text == "auto" ? nil : text
      case "timestampformat", "timestamp_format":
        options.timestampFormat = text == "auto" ? nil : text
      case "null_padding": options.nullPadding = try flag(text, name)
      case "ignore_errors": options.ignoresErrors = try flag(text, name)
      case "all_varchar": options.allVarchar = try flag(text, name)
      case "filename":
        options.filenameColumn =
          ["true", "1"].contains(text) ? "filename" : text == "false" ? nil : text
      case "union_by_name": options.unionByName = try flag(text, name)
      case "ignore_unknown_types": options.ignoresUnknownTypes = try flag(text, name)
      case "sample_size":
        let count = Int(text) ?? 20_480
        options.sampleRowCount = count < 0 ? Int.max : count
      case "names", "column_names":
        if case .list(let items) = value {
          options.names = items.compactMap { if case .varchar(let item) = $0 { item } else { nil } }
        }
      case "types", "dtypes", "column_types", "columns":
        try setTypes(type, value, &options)
        options.definesColumns = name == "columns"
      case "auto_detect", "parallel", "strict_mode", "buffer_size", "max_line_size", "compression",
        "encoding", "hive_partitioning", "normalize_names", "new_line", "store_rejects":
        break
      default:
        throw ComputeError(.invalidArgument, "read_csv has no option \"\(name)\"")
      }
    }
    return options
  }

  private static func setTypes(
    _ type: SQLType, _ value: Value, _ options: inout CSVOptions
  ) throws {
    switch (type, value) {
    case (.structure(let fields), .structure(let items)):
      options.types = try zip(fields, items).map { field, item in
        guard case .varchar(let name) = item else {
          throw ComputeError(.invalidArgument, "types are given as text: {'a': 'INTEGER'}")
        }
        return (field.name, try parse(name))
      }
    case (_, .list(let items)):
      options.types = try items.map { item in
        guard case .varchar(let name) = item else {
          throw ComputeError(.invalidArgument, "types are given as text: ['INTEGER']")
        }
        return ("", try parse(name))
      }
      options.typesArePositional = true
    case (_, .map(let pairs)):
      options.types = try pairs.map { pair in
        guard case .varchar(let name) = pair.key, case .varchar(let type) = pair.value else {
          throw ComputeError(.invalidArgument, "types are given as text: MAP {'a': 'INTEGER'}")
        }
        return (name, try parse(type))
      }
    default:
      throw ComputeError(
        .invalidArgument, "types take a struct {'a': 'INTEGER'} or a list ['INTEGER']")
    }
  }

  private static func parse(_ name: String) throws -> SQLType {
    guard let type = SQLType.parse(text: name) else {
      throw ComputeError(.invalidArgument, "there is no type \"\(name)\"")
    }
    return type
  }

  private static func byte(_ text: String, _ name: String) throws -> UInt8 {
    let resolved = text == "\\t" ? "\t" : text
    guard resolved.utf8.count == 1, let byte = resolved.utf8.first else {
      throw ComputeError(.invalidArgument, "\(name) takes one character, not \"\(text)\"")
    }
    return byte
  }

  private static func flag(_ text: String, _ name: String) throws -> Bool {
    switch text.lowercased() {
    case "true", "1", "on", "": return true
    case "false", "0", "off": return false
    default: throw ComputeError(.invalidArgument, "\(name) takes true or false, not \"\(text)\"")
    }
  }
}

/// Path arguments: a text, a list of texts, each perhaps a glob.
enum Paths {
  static func expand(_ arguments: [(SQLType, Value)]) throws -> [String] {
    var patterns: [String] = []
    for (_, value) in arguments {
      switch value {
      case .varchar(let path): patterns.append(path)
      case .list(let items):
        for case .varchar(let path) in items { patterns.append(path) }
      default: throw ComputeError(.invalidArgument, "a path is text or a list of texts")
      }
    }
    guard !patterns.isEmpty else { throw ComputeError(.invalidArgument, "a path is needed") }
    return try patterns.flatMap { try GlobPattern.expand($0) }
  }
}

/// The readers and listings of this room, one line each.
package enum FormatFunctions {
  package static let tables: [TableFunction] = [ReadCSV.function, Glob.function]
}

/// glob(pattern): matching paths.
enum Glob {
  static let function = TableFunction(
    "glob", summary: "Paths that match a pattern",
    bind: { arguments, _ in
      let paths = try Paths.expand(arguments)
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
