@preconcurrency import Glibc
import Olap

/// How results are printed; the raw values are the option and `.mode` names.
enum OutputMode: String, CaseIterable {
  case duckbox, box, table, markdown, csv, tabs, json, jsonlines, line, list, column, html, insert
  case quote, latex, trash, ascii

  /// Modes that need all rows before the first can be printed.
  var needsWidths: Bool {
    switch self {
    case .duckbox, .box, .table, .markdown, .column: true
    default: false
    }
  }
}

/// Prints results in one of the modes. Streaming modes print chunk by chunk.
struct ResultPrinter {
  var mode: OutputMode
  var isTerminal: Bool
  var showsHeader: Bool?
  var nullText: String?
  var separator: String?
  /// Ends a row of csv, tabs, list, quote and ascii output.
  var newline: String?
  var maximumRows = 40
  /// `.maxwidth`; nil = the terminal's width, or none off one.
  var maximumWidth: Int?
  /// `.width`: 0 = what the column needs; negative = right-aligned.
  var columnWidths: [Int] = []
  var style: Style
  /// Table name of `.mode insert`, part by part.
  var insertTable = ["table"]
  /// Zone of TIMESTAMPTZ values: the session's.
  var timeZone = "UTC"

  init(mode: OutputMode, isTerminal: Bool, style: Style = Style(isColoured: false)) {
    self.mode = mode
    self.isTerminal = isTerminal
    self.style = style
  }

  func print(_ result: QueryResult, _ write: (String) -> Void) throws {
    var zoned = self
    zoned.timeZone = result.timeZone
    try zoned.printRows(of: result, write)
  }

  private func printRows(of result: QueryResult, _ write: (String) -> Void) throws {
    if result.columns.isEmpty {
      _ = try result.nextChunk()
      return
    }
    if mode == .trash {
      while try result.nextChunk() != nil {}
      return
    }
    if mode.needsWidths, result.columns.map(\.name) == ["explain_key", "explain_value"] {
      return try printPlan(result, write)
    }
    if mode.needsWidths {
      try GridPrinter(printer: self).print(result, write)
    } else {
      try StreamPrinter(printer: self).print(result, write)
    }
  }

  /// A plan is a drawing of its own, which a grid would squeeze into one line.
  private func printPlan(_ result: QueryResult, _ write: (String) -> Void) throws {
    while let chunk = try result.nextChunk() {
      for row in 0..<chunk.rowCount {
        write(chunk.value(row: row, column: 1).text(.varchar) + "\n")
      }
    }
  }

  /// Text of a value; NULL as the mode wants it.
  func text(_ value: Value, _ type: SQLType) -> String {
    value.isNull
      ? nullText ?? (mode == .duckbox ? "NULL" : "")
      : value.text(type, timeZone: timeZone)
  }

  /// Control characters would break a grid.
  static func singleLine(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.value < 0x20 {
          result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}
