internal import OlapColumns

/// The options of COPY … TO by lower-case name, as texts. Unknown names are refused.
struct WriterOptions {
  let values: [String: String]

  /// What a writer reads itself; formats of dates and timestamps are applied before rows come to it.
  private static let names: Set<String> = [
    "format", "header", "delimiter", "delim", "sep", "quote", "escape", "null", "nullstr",
    "force_quote", "array", "compression", "prefix", "suffix", "new_line",
  ]
  /// What other databases' COPY knows and what changes nothing here.
  private static let ignored: Set<String> = ["use_tmp_file", "encoding", "per_thread_output"]

  init(_ values: [String: String]) throws {
    let known = WriterOptions.names.union(WriterOptions.ignored)
    if let name = values.keys.sorted().first(where: { !known.contains($0) }) {
      throw ComputeError(
        .invalidArgument,
        "COPY TO has no option \"\(name)\". Options: "
          + (WriterOptions.names.union([
            "dateformat", "timestampformat", "partition_by", "overwrite_or_ignore",
            "write_partition_columns",
          ])).sorted().joined(separator: ", "))
    }
    if let encoding = values["encoding"]?.lowercased(), encoding != "utf-8", encoding != "utf8" {
      throw ComputeError(.invalidArgument, "COPY TO writes UTF-8, not \"\(encoding)\"")
    }
    self.values = values
  }

  func flag(_ name: String) throws -> Bool? {
    guard let text = values[name]?.lowercased() else { return nil }
    switch text {
    case "true", "1", "on", "": return true
    case "false", "0", "off": return false
    default:
      throw ComputeError(
        .invalidArgument, "COPY TO: \(name) takes true or false, not \"\(text)\"")
    }
  }

  func byte(_ name: String) throws -> UInt8? {
    guard let text = values[name] else { return nil }
    guard text.utf8.count == 1, let byte = text.utf8.first else {
      throw ComputeError(
        .invalidArgument, "COPY TO: \(name) takes one character, not \"\(text)\"")
    }
    return byte
  }
}
