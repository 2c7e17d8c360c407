import Glibc
package import OlapColumns

/// Writes chunks to a CSV or JSON file.
package final class FileWriter {
  private enum Format { case csv, json, ndjson }
  private let columns: [(name: String, type: SQLType)]
  private let timeZoneName: String
  private var format: Format
  /// Opened when the options are known to be good: a refused COPY leaves what the file held.
  private var file: OutputFile?
  private var delimiter: [UInt8] = [UInt8(ascii: ",")]
  private var quote = UInt8(ascii: "\"")
  private var escape = UInt8(ascii: "\"")
  private var nullText: [UInt8] = []
  private var writesHeader = true
  private var quotesAll = false
  private var quotedColumns: Set<String> = []
  private var compression: Compression?
  private var lineEnd: [UInt8] = [10]
  /// What stands before the first row and behind the last one, in place of the line's end.
  private var prefix: [UInt8] = []
  private var suffix: [UInt8]?
  private var rowCount = 0
  private var buffer: [UInt8] = []

  /// Options by lower-case name, as `WriterOptions` knows them.
  package init(
    path: String, columns: [(String, SQLType)], options: [String: String],
    timeZoneName: String = "UTC"
  ) throws {
    self.columns = columns.map { (name: $0.0, type: $0.1) }
    self.timeZoneName = timeZoneName
    format = FileWriter.format(of: path)
    let settings = try WriterOptions(options)
    compression = try options["compression"].flatMap { try Compression.parse($0) }
    try apply(settings, path: path)
    file = try OutputFile(path: path, compression: compression)
    buffer += prefix
    if format == .csv, writesHeader { appendHeader() }
    if format == .json { buffer += Array("[\n\t".utf8) }
  }

  private static func format(of path: String) -> Format {
    var name = path.lowercased()
    for suffix in [".gz", ".zst"] where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
    let isJSON = [".json", ".jsonl", ".ndjson"].contains { name.hasSuffix($0) }
    return isJSON ? .ndjson : .csv
  }

  /// Whether a file of that name, with those options, is written as JSON.
  package static func isJSON(path: String, options: [String: String]) -> Bool {
    guard let named = options["format"]?.lowercased() else { return format(of: path) != .csv }
    return ["json", "ndjson", "jsonl"].contains(named)
  }

  private func apply(_ settings: WriterOptions, path: String) throws {
    let options = settings.values
    switch options["format"]?.lowercased() {
    case nil: break
    case "csv", "tsv", "text": format = .csv
    case "json", "ndjson", "jsonl": format = .ndjson
    case let other?:
      throw ComputeError(.invalidArgument, "COPY TO writes csv or json, not \"\(other)\"")
    }
    if format == .ndjson, try settings.flag("array") == true { format = .json }
    writesHeader = try settings.flag("header") ?? true
    let delimiter = options["delimiter"] ?? options["delim"] ?? options["sep"]
    if let delimiter {
      self.delimiter = delimiter == "\\t" || delimiter == "tab" ? [9] : Array(delimiter.utf8)
      guard !self.delimiter.isEmpty else {
        throw ComputeError(.invalidArgument, "COPY TO: the delimiter is empty")
      }
    } else if path.lowercased().contains(".tsv") || options["format"]?.lowercased() == "tsv" {
      self.delimiter = [9]
    }
    quote = try settings.byte("quote") ?? quote
    escape = try settings.byte("escape") ?? quote
    nullText = Array((options["null"] ?? options["nullstr"] ?? "").utf8)
    if let forced = options["force_quote"] {
      quotesAll = forced == "*" || forced == "true"
      let names = forced.split(separator: ",").map { String($0).trimmed }
      if !quotesAll, let unknown = names.first(where: { !hasColumn($0) }) {
        throw ComputeError(
          .invalidArgument,
          "COPY TO: FORCE_QUOTE names \"\(unknown)\", which is no column of what is written")
      }
      quotedColumns = Set(names.map { $0.lowercased() })
    }
    try applyEnds(settings)
  }

  private func hasColumn(_ name: String) -> Bool {
    columns.contains { $0.name.lowercased() == name.lowercased() }
  }

  private func applyEnds(_ settings: WriterOptions) throws {
    let options = settings.values
    switch options["new_line"] {
    case nil, "\n", "\\n": break
    case "\r\n", "\\r\\n": lineEnd = [13, 10]
    case let other?:
      throw ComputeError(
        .invalidArgument, "COPY TO: new_line takes '\\n' or '\\r\\n', not \"\(other)\"")
    }
    guard options["prefix"] != nil || options["suffix"] != nil else { return }
    guard format == .csv else {
      throw ComputeError(.invalidArgument, "COPY TO: PREFIX and SUFFIX are for CSV files")
    }
    if try settings.flag("header") == true {
      throw ComputeError(
        .invalidArgument, "COPY TO: HEADER cannot be combined with PREFIX and SUFFIX")
    }
    prefix = Array((options["prefix"] ?? "").utf8)
    suffix = Array((options["suffix"] ?? "").utf8)
  }

  private func appendHeader() {
    for (index, column) in columns.enumerated() {
      if index > 0 { buffer += delimiter }
      let bytes = Array(column.name.utf8)
      let isForced = quotesAll || quotedColumns.contains(column.name.lowercased())
      bytes.withUnsafeBytes { appendField($0, isForced: isForced) }
    }
    buffer += lineEnd
  }

  package func write(_ chunk: Chunk) throws {
    if format == .csv {
      try writeFields(chunk)
    } else {
      let texts = try JSONChunkText(chunk, columns: columns, timeZoneName: timeZoneName)
      for row in 0..<chunk.count {
        if format == .json, rowCount > 0 { buffer += [UInt8(ascii: ","), 10, 9] }
        texts.appendObject(row, to: &buffer)
        if format == .ndjson { buffer.append(10) }
        rowCount += 1
      }
    }
    if buffer.count > 1 << 20 { try flush() }
  }

  private func writeFields(_ chunk: Chunk) throws {
    let texts = try chunk.columns.map {
      try Cast.cast($0, to: .varchar, isTry: false, timeZoneName: timeZoneName).flattened()
    }
    let forced = columns.map { quotesAll || quotedColumns.contains($0.name.lowercased()) }
    for row in 0..<chunk.count {
      // A suffix takes the place of the last line's end.
      if suffix != nil, rowCount > 0 { buffer += lineEnd }
      rowCount += 1
      for (index, vector) in texts.enumerated() {
        if index > 0 { buffer += delimiter }
        if vector.isValid(row) {
          vector.values(StringView.self)[row].withBytes {
            appendField($0, isForced: forced[index])
          }
        } else {
          buffer += nullText
        }
      }
      if suffix == nil { buffer += lineEnd }
    }
  }

  /// A field, in quotes when it could be taken for something else: the NULL text, an empty field, several
  /// fields or lines, a comment.
  private func appendField(_ bytes: UnsafeRawBufferPointer, isForced: Bool) {
    var needsQuotes = isForced || bytes.count == 0 || bytes.elementsEqual(nullText)
    if !needsQuotes {
      let first = delimiter[0]
      needsQuotes =
        bytes.contains { $0 == quote || $0 == 10 || $0 == 13 || $0 == first }
        || bytes[0] == 0x20 || bytes[bytes.count - 1] == 0x20 || bytes[0] == UInt8(ascii: "#")
    }
    guard needsQuotes else {
      buffer.append(contentsOf: bytes)
      return
    }
    buffer.append(quote)
    for byte in bytes {
      if byte == quote || byte == escape { buffer.append(escape) }
      buffer.append(byte)
    }
    buffer.append(quote)
  }

  package func finish() throws {
    if format == .json { buffer += Array("\n]\n".utf8) }
    if let suffix { buffer += suffix }
    try flush()
    try file?.finish()
  }

  private func flush() throws {
    try file?.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
