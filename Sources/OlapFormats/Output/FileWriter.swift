import Glibc
package import OlapColumns

/// Writes chunks to a CSV or JSON file.
package final class FileWriter {
  private enum Format { case csv, json, ndjson }
  private let columns: [(name: String, type: SQLType)]
  private let timeZoneName: String
  private var format: Format
  private var file: OutputFile
  private var delimiter: [UInt8] = [UInt8(ascii: ",")]
  private var quote = UInt8(ascii: "\"")
  private var escape = UInt8(ascii: "\"")
  private var nullText: [UInt8] = []
  private var writesHeader = true
  private var quotesAll = false
  private var quotedColumns: Set<String> = []
  private var compression: Compression?
  private var rowCount = 0
  private var buffer: [UInt8] = []

  /// Options by lower-case name: format, header, delimiter/delim/sep, quote, escape, null/nullstr,
  /// force_quote, array, compression.
  package init(
    path: String, columns: [(String, SQLType)], options: [String: String],
    timeZoneName: String = "UTC"
  ) throws {
    self.columns = columns.map { (name: $0.0, type: $0.1) }
    self.timeZoneName = timeZoneName
    format = FileWriter.format(of: path)
    let settings = FileWriter.Settings(options)
    compression = try options["compression"].flatMap { try Compression.parse($0) }
    file = try OutputFile(path: path, compression: compression)
    try apply(settings, path: path)
    if format == .csv, writesHeader { appendHeader() }
    if format == .json { buffer += Array("[\n".utf8) }
  }

  private struct Settings {
    let options: [String: String]
    init(_ options: [String: String]) { self.options = options }

    func flag(_ name: String) throws -> Bool? {
      guard let text = options[name]?.lowercased() else { return nil }
      switch text {
      case "true", "1", "on", "": return true
      case "false", "0", "off": return false
      default:
        throw ComputeError(
          .invalidArgument, "COPY TO: \(name) takes true or false, not \"\(text)\"")
      }
    }

    func byte(_ name: String) throws -> UInt8? {
      guard let text = options[name] else { return nil }
      guard text.utf8.count == 1, let byte = text.utf8.first else {
        throw ComputeError(
          .invalidArgument, "COPY TO: \(name) takes one character, not \"\(text)\"")
      }
      return byte
    }
  }

  private static func format(of path: String) -> Format {
    var name = path.lowercased()
    for suffix in [".gz", ".zst"] where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
    let isJSON = [".json", ".jsonl", ".ndjson"].contains { name.hasSuffix($0) }
    return isJSON ? .ndjson : .csv
  }

  private func apply(_ settings: Settings, path: String) throws {
    let options = settings.options
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
      quotedColumns = Set(
        forced.split(separator: ",").map { String($0).trimmed.lowercased() })
    }
  }

  private func appendHeader() {
    for (index, column) in columns.enumerated() {
      if index > 0 { buffer += delimiter }
      let bytes = Array(column.name.utf8)
      bytes.withUnsafeBytes { appendField($0, isForced: false) }
    }
    buffer.append(10)
  }

  package func write(_ chunk: Chunk) throws {
    if format == .csv {
      try writeFields(chunk)
    } else {
      let texts = try JSONChunkText(chunk, columns: columns, timeZoneName: timeZoneName)
      for row in 0..<chunk.count {
        if format == .json, rowCount > 0 { buffer += [UInt8(ascii: ","), 10] }
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
      buffer.append(10)
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
    if format == .json { buffer += Array((rowCount > 0 ? "\n]\n" : "]\n").utf8) }
    try flush()
    try file.finish()
  }

  private func flush() throws {
    try file.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
