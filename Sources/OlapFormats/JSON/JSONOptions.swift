package import OlapColumns

/// How values follow one another in a JSON file.
package enum JSONFormat: String, Sendable {
  /// One value a line.
  case newlineDelimited = "newline_delimited"
  /// One array whose elements are the values.
  case array
  /// Values with blanks or nothing between them.
  case unstructured
}

/// What a JSON reader was asked; nil = find out by looking.
package struct JSONOptions: FileReaderOptions {
  package var format: JSONFormat?
  /// Objects become columns; false: one column `json`; nil: columns when all values are objects.
  package var records: Bool?
  /// `columns = {…}`: names and types of all columns.
  package var columns: [(name: String, type: SQLType)]?
  /// Types of columns by name, beside those found.
  package var types: [(name: String, type: SQLType)] = []
  package var ignoresUnknownTypes = false
  /// Columns that are read though the sample may not have them.
  package var expected: [(name: String, type: SQLType)] = []
  package var maximumDepth = -1
  package var fieldAppearanceThreshold = 0.1
  package var mapInferenceThreshold = 200
  package var sampleRowCount = 20_480
  package var sampleFileCount = 32
  package var ignoresErrors = false
  /// Every value whole, as JSON (read_json_objects).
  package var readsObjects = false
  package var dateFormat: MomentFormat?
  package var timestampFormat: MomentFormat?
  package var maximumRecordByteCount = FileBlocks.defaultRecordByteCount
  package var files = FileOptions()

  package init() {}

  package mutating func apply(_ option: ReaderOption) throws {
    switch option.name {
    case "format":
      switch option.text.lowercased() {
      case "auto", "json": format = nil
      case "newline_delimited", "nd", "ndjson", "jsonl": format = .newlineDelimited
      case "array": format = .array
      case "unstructured": format = .unstructured
      default:
        throw option.problem("takes auto, newline_delimited, array or unstructured")
      }
    case "array": if try option.flag() { format = .array }
    case "records": records = option.text.lowercased() == "auto" ? nil : try option.flag()
    case "columns": columns = try option.columnTypes()
    case "types", "dtypes", "column_types": types = try option.columnTypes()
    case "ignore_unknown_types": ignoresUnknownTypes = try option.flag()
    case "maximum_depth": maximumDepth = try option.count()
    case "field_appearance_threshold": fieldAppearanceThreshold = try option.fraction()
    case "map_inference_threshold": mapInferenceThreshold = try option.count()
    case "sample_size":
      let count = try option.count()
      sampleRowCount = count < 0 ? .max : count
    case "maximum_sample_files":
      let count = try option.count()
      sampleFileCount = count < 0 ? .max : count
    case "ignore_errors": ignoresErrors = try option.flag()
    case "dateformat", "date_format":
      dateFormat =
        ["auto", "iso"].contains(option.text.lowercased()) ? nil : try MomentFormat(option.text)
    case "timestampformat", "timestamp_format":
      timestampFormat =
        ["auto", "iso"].contains(option.text.lowercased()) ? nil : try MomentFormat(option.text)
    case "maximum_object_size", "max_line_size":
      maximumRecordByteCount = max(1 << 10, try option.count())
    case "auto_detect", "convert_strings_to_integers": break
    default:
      throw ComputeError(.invalidArgument, "\(option.function) has no option \"\(option.name)\"")
    }
  }
}

/// What sniffing found.
package struct JSONSchema: Sendable {
  package var columns: [JSONColumn]
  /// Objects are taken apart; else the one column is the value itself.
  package var isRecords: Bool
  /// The columns are those that a sample had.
  package var refusesUnknownKeys = false
  /// Per file.
  package var formats: [JSONFormat]
  package var paths: [String]
  package var partitions = HivePartitions()
}
