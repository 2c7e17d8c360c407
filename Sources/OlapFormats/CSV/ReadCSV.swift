internal import OlapColumns
package import OlapFunctions

/// read_csv(path | [paths], option = value, …): CSV files as a table.
package enum ReadCSV {
  package static let function = TableFunction(
    "read_csv", aliases: ["read_csv_auto"],
    summary:
      "Reads CSV files (paths, lists, globs; .gz and .zst too); what is not said is found by looking",
    bind: { arguments, named in
      let inputs = try InputFiles(try FileList.expand(arguments))
      let options = try CSVOptions(named, function: "read_csv")
      return try CSVSniffer.sniff(inputs, options).bound(inputs, options)
    })
}

extension CSVOptions: FileReaderOptions {
  package mutating func apply(_ option: ReaderOption) throws {
    switch option.name {
    case "delim", "sep", "delimiter", "separator":
      let bytes = option.characters()
      guard (1...4).contains(bytes.count) else { throw option.problem("takes 1 to 4 bytes") }
      delimiter = bytes
    case "quote": quote = .some(try option.byte())
    case "escape": escape = .some(try option.byte())
    case "comment": comment = .some(try option.byte())
    case "new_line": newline = option.text.contains("n") || option.text.contains("\n") ? 10 : 13
    case "header": hasHeader = option.text.lowercased() == "auto" ? nil : try option.flag()
    case "skip":
      let lines = try option.count()
      guard lines >= 0 else { throw option.problem("takes a number that is not negative") }
      skip = lines
    case "nullstr", "null", "nulls":
      nullTexts = option.texts().filter { !$0.isEmpty }.map { Array($0.utf8) }
    case "decimal_separator", "decimal":
      guard let byte = try option.byte(), byte == UInt8(ascii: ",") || byte == UInt8(ascii: ".")
      else { throw option.problem("takes , or .") }
      decimalPoint = byte
    case "thousands", "thousands_separator": thousands = Array(option.text.utf8)
    case "dateformat", "date_format":
      dateFormat = option.text == "auto" ? nil : try MomentFormat(option.text)
    case "timestampformat", "timestamp_format":
      timestampFormat = option.text == "auto" ? nil : try MomentFormat(option.text)
    case "null_padding": nullPadding = try option.flag()
    case "ignore_errors": ignoresErrors = try option.flag()
    case "all_varchar": allVarchar = try option.flag()
    case "normalize_names": normalizesNames = try option.flag()
    case "ignore_unknown_types": ignoresUnknownTypes = try option.flag()
    case "sample_size":
      let count = try option.count()
      sampleRowCount = count < 0 ? .max : count
    case "max_line_size", "maximum_line_size":
      maximumRecordByteCount = max(1 << 10, try option.count())
    case "names", "column_names": names = option.texts()
    case "types", "dtypes", "column_types", "columns":
      types = try option.columnTypes()
      typesArePositional = types.contains { $0.name.isEmpty }
      definesColumns = option.name == "columns"
      if definesColumns, typesArePositional {
        throw option.problem("takes names and types: {'a': 'INTEGER'}")
      }
    case "auto_detect", "strict_mode", "store_rejects", "rejects_limit", "rejects_table",
      "rejects_scan", "force_not_null", "auto_type_candidates", "allow_quoted_nulls",
      "files_to_sniff":
      break
    default: throw ComputeError(.invalidArgument, "read_csv has no option \"\(option.name)\"")
    }
  }
}
