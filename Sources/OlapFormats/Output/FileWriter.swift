import Glibc
package import OlapColumns

/// Writes chunks to a CSV or JSON file.
package final class FileWriter {
  private enum Format { case csv, json, ndjson }
  private let path: String
  private let columns: [(String, SQLType)]
  private let format: Format
  private let file: UnsafeMutablePointer<FILE>
  private var delimiter = ","
  private var quote: Character = "\""
  private var nullText = ""
  private var writesHeader = true
  private var quotesAll = false
  private var rowCount = 0
  private var buffer: [UInt8] = []

  /// Options by lower-case name: format, header, delimiter/delim/sep, quote, null/nullstr, force_quote,
  /// array.
  package init(path: String, columns: [(String, SQLType)], options: [String: String]) throws {
    self.path = path
    self.columns = columns
    let folded = path.lowercased()
    let isJSON = folded.hasSuffix(".json")
    let isLines = folded.hasSuffix(".jsonl") || folded.hasSuffix(".ndjson")
    var format: Format = isLines || isJSON ? .ndjson : .csv
    for (name, value) in options {
      switch name {
      case "format":
        switch value.lowercased() {
        case "csv", "tsv": format = .csv
        case "json", "ndjson": format = .ndjson
        default:
          throw ComputeError(.invalidArgument, "COPY TO writes csv or json, not \"\(value)\"")
        }
      case "array": if ["true", "1", "on"].contains(value.lowercased()) { format = .json }
      case "header": writesHeader = !["false", "0", "off"].contains(value.lowercased())
      case "delimiter", "delim", "sep": delimiter = value == "\\t" ? "\t" : value
      case "quote": quote = value.first ?? "\""
      case "null", "nullstr": nullText = value
      case "force_quote": quotesAll = true
      default: continue
      }
    }
    if folded.hasSuffix(".tsv"), options["delimiter"] == nil, options["delim"] == nil {
      delimiter = "\t"
    }
    self.format = format
    guard let file = fopen(path == "/dev/stdin" ? "/dev/stdout" : path, "w") else {
      throw ComputeError.file(path, "cannot write (\(String(cString: strerror(errno))))")
    }
    self.file = file
    if format == .csv, writesHeader {
      append(columns.map { field($0.0) }.joined(separator: delimiter) + "\n")
    }
    if format == .json { append("[\n") }
  }

  package func write(_ chunk: Chunk) throws {
    let texts = try chunk.columns.indices.map { index -> Vector in
      try Cast.cast(chunk.columns[index], to: .varchar, isTry: false, timeZoneName: "UTC")
        .flattened()
    }
    for row in 0..<chunk.count {
      switch format {
      case .csv: appendRow(texts, row)
      case .json, .ndjson:
        if format == .json, rowCount > 0 { append(",\n") }
        appendObject(chunk, texts, row)
        if format == .ndjson { buffer.append(10) }
      }
      rowCount += 1
    }
    if buffer.count > 1 << 20 { try flush() }
  }

  package func finish() throws {
    if format == .json { append("\n]\n") }
    try flush()
    guard fclose(file) == 0 else {
      throw ComputeError.file(path, "cannot write (\(String(cString: strerror(errno))))")
    }
  }

  private func appendRow(_ texts: [Vector], _ row: Int) {
    for (index, vector) in texts.enumerated() {
      if index > 0 { append(delimiter) }
      guard vector.isValid(row) else {
        append(nullText)
        continue
      }
      let view = vector.values(StringView.self)[row]
      let needsQuotes =
        quotesAll || view.count == 0
        || view.withBytes { bytes in
          bytes.contains { $0 == 34 || $0 == 10 || $0 == 13 || $0 == delimiter.utf8.first }
            || (!nullText.isEmpty && String(decoding: bytes, as: UTF8.self) == nullText)
        }
      if needsQuotes {
        append(quoted(view.string))
      } else {
        view.withBytes { buffer.append(contentsOf: $0) }
      }
    }
    buffer.append(10)
  }

  private func field(_ text: String) -> String {
    text.contains(delimiter) || text.contains("\"") || text.contains("\n") ? quoted(text) : text
  }

  private func quoted(_ text: String) -> String {
    let mark = String(quote)
    return mark
      + text.split(separator: quote, omittingEmptySubsequences: false).joined(
        separator: mark + mark)
      + mark
  }

  private func appendObject(_ chunk: Chunk, _ texts: [Vector], _ row: Int) {
    append("{")
    for (index, column) in columns.enumerated() {
      if index > 0 { append(",") }
      append(JSONOutput.string(column.0) + ":")
      guard texts[index].isValid(row) else {
        append("null")
        continue
      }
      append(JSONOutput.value(chunk.columns[index].value(at: row), column.1))
    }
    append("}")
  }

  private func append(_ text: String) { buffer.append(contentsOf: text.utf8) }

  private func flush() throws {
    let written = fwrite(buffer, 1, buffer.count, file)
    guard written == buffer.count else {
      throw ComputeError.file(path, "cannot write (\(String(cString: strerror(errno))))")
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

/// Values as JSON text.
enum JSONOutput {
  static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.value < 0x20 {
          let hex = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }

  static func value(_ value: Value, _ type: SQLType) -> String {
    switch value {
    case .null: return "null"
    case .boolean(let flag): return flag ? "true" : "false"
    case .integer:
      if case .enumeration = type { return string(value.text(type)) }
      return value.text(type)
    case .hugeint, .decimal: return value.text(type)
    case .double(let number): return number.isFinite ? value.text(type) : "null"
    case .real(let number): return number.isFinite ? value.text(type) : "null"
    case .list(let items):
      let element = type.elementType ?? .varchar
      return "[" + items.map { self.value($0, element) }.joined(separator: ",") + "]"
    case .structure(let items):
      guard case .structure(let fields) = type else { return "null" }
      let parts = zip(fields, items).map { string($0.name) + ":" + self.value($1, $0.type) }
      return "{" + parts.joined(separator: ",") + "}"
    case .map(let pairs):
      guard case .map(let key, let element) = type else { return "null" }
      let parts = pairs.map { string($0.key.text(key)) + ":" + self.value($0.value, element) }
      return "{" + parts.joined(separator: ",") + "}"
    case .varchar(let text): return type == .json ? text : string(text)
    default: return string(value.text(type))
    }
  }
}
