import Olap

/// The modes that print rows as they come.
struct StreamPrinter {
  let printer: ResultPrinter

  func print(_ result: QueryResult, _ write: (String) -> Void) throws {
    let columns = result.columns
    // A query that fails before its first rows prints nothing.
    var next = try result.nextChunk()
    if printer.mode == .json { write("[") }
    if printer.mode == .html { write("<table>\n") }
    if showsHeader { write(header(columns)) }
    var isFirst = true
    while let chunk = next {
      var text = ""
      let objects = isJSON ? try chunk.jsonObjects() : []
      for row in 0..<chunk.rowCount {
        if isJSON {
          if printer.mode == .json, !isFirst { text += ",\n" }
          text += objects[row]
          if printer.mode == .jsonlines { text += "\n" }
          isFirst = false
          continue
        }
        appendRow(chunk, row, isFirst: isFirst, to: &text)
        isFirst = false
      }
      write(text)
      next = try result.nextChunk()
    }
    if printer.mode == .json { write("]\n") }
    if printer.mode == .html { write("</table>\n") }
    if printer.mode == .latex { write("\\hline\n\\end{tabular}\n") }
  }

  private var isJSON: Bool { printer.mode == .json || printer.mode == .jsonlines }

  private var showsHeader: Bool {
    switch printer.mode {
    case .csv, .tabs: printer.showsHeader ?? true
    case .html: printer.showsHeader ?? true
    case .list, .ascii, .quote, .latex: printer.showsHeader ?? true
    default: false
    }
  }

  private var separator: String {
    if let separator = printer.separator { return separator }
    switch printer.mode {
    case .csv, .quote: return ","
    case .tabs: return "\t"
    case .ascii: return "\u{1F}"
    default: return "|"
    }
  }

  private var newline: String { printer.newline ?? (printer.mode == .ascii ? "\u{1E}" : "\n") }

  private func header(_ columns: [ResultColumn]) -> String {
    switch printer.mode {
    case .html:
      return "<tr>" + columns.map { "<th>" + escapeHTML($0.name) + "</th>" }.joined() + "</tr>\n"
    case .latex:
      let alignment = columns.map { TypeLabel.isNumeric($0.type) ? "r" : "l" }.joined()
      return "\\begin{tabular}{\(alignment)}\n\\hline\n"
        + columns.map { escapeLaTeX($0.name) }.joined(separator: " & ") + " \\\\\n\\hline\n"
    case .csv: return columns.map { quoteCSV($0.name) }.joined(separator: separator) + newline
    case .quote:
      return columns.map { quoteSQL($0.name) }.joined(separator: separator) + newline
    default: return columns.map { $0.name }.joined(separator: separator) + newline
    }
  }

  private func appendRow(_ chunk: ResultChunk, _ row: Int, isFirst: Bool, to text: inout String) {
    let columns = chunk.columns
    switch printer.mode {
    case .line:
      let width = columns.map { DisplayWidth.of($0.name) }.max() ?? 0
      if !isFirst { text += "\n" }
      for (index, column) in columns.enumerated() {
        let pad = String(repeating: " ", count: width - DisplayWidth.of(column.name))
        text += pad + column.name + " = "
        text += printer.text(chunk.value(row: row, column: index), column.type) + "\n"
      }
    case .html:
      text += "<tr>"
      for (index, column) in columns.enumerated() {
        text += "<td>"
        text += escapeHTML(printer.text(chunk.value(row: row, column: index), column.type))
        text += "</td>"
      }
      text += "</tr>\n"
    case .latex:
      let cells = columns.indices.map {
        escapeLaTeX(printer.text(chunk.value(row: row, column: $0), columns[$0].type))
      }
      text += cells.joined(separator: " & ") + " \\\\\n"
    case .insert:
      let values = columns.indices.map {
        literal(chunk.value(row: row, column: $0), columns[$0].type)
      }
      let names = columns.map { quoteIdentifier($0.name) }.joined(separator: ",")
      let table = printer.insertTable.map { quoteIdentifier($0) }.joined(separator: ".")
      text += "INSERT INTO \(table)(\(names)) VALUES("
      text += values.joined(separator: ",") + ");\n"
    case .quote:
      text +=
        columns.indices.map {
          literal(chunk.value(row: row, column: $0), columns[$0].type)
        }.joined(separator: separator) + newline
    case .csv:
      for (index, column) in columns.enumerated() {
        if index > 0 { text += separator }
        let value = chunk.value(row: row, column: index)
        if value.isNull {
          text += printer.nullText ?? ""
        } else {
          let item = printer.text(value, column.type)
          // A text that looks like NULL must not read back as one.
          text += item == printer.nullText ?? "" ? "\"\(item)\"" : quoteCSV(item)
        }
      }
      text += newline
    default:
      text += columns.indices.map {
        printer.text(chunk.value(row: row, column: $0), columns[$0].type)
      }.joined(separator: separator)
      text += newline
    }
  }

  private func quoteCSV(_ text: String) -> String {
    let isBare = text.utf8.allSatisfy { $0 != 34 && $0 != 10 && $0 != 13 }
    if isBare && !holdsSeparator(text) { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }

  /// Byte by byte: searching for a `String` costs a hundred times as much per field.
  private func holdsSeparator(_ text: String) -> Bool {
    let wanted = separator.utf8
    guard let first = wanted.first else { return false }
    if wanted.count == 1 { return text.utf8.contains(first) }
    var rest = text.utf8[...]
    while let start = rest.firstIndex(of: first) {
      rest = rest[start...]
      if rest.starts(with: wanted) { return true }
      rest = rest.dropFirst()
    }
    return false
  }

  private func quoteSQL(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  private func quoteIdentifier(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    return isPlain && !SQLText.isReserved(text)
      ? text
      : "\""
        + text.split(separator: "\"", omittingEmptySubsequences: false)
        .joined(separator: "\"\"") + "\""
  }

  private func literal(_ value: Value, _ type: SQLType) -> String {
    if value.isNull { return "NULL" }
    let text = value.text(type)
    // NaN and infinities are words, which need quotes as any other text does.
    let isBare =
      switch value {
      case .double(let number): number.isFinite
      case .real(let number): number.isFinite
      default: TypeLabel.isNumeric(type) || type == .boolean
      }
    return isBare ? text : quoteSQL(text)
  }

  private func escapeLaTeX(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&", "%", "$", "#", "_", "{", "}": result += "\\" + String(character)
      case "~": result += "\\textasciitilde{}"
      case "^": result += "\\textasciicircum{}"
      case "\\": result += "\\textbackslash{}"
      default: result.append(character)
      }
    }
    return result
  }

  private func escapeHTML(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}
