import Olap

/// Small tables for people, or the same as JSON.
struct TextGrid {
  let columns: [String]
  private var rows: [[String?]] = []
  private var json: [String] = []

  init(_ columns: [String]) { self.columns = columns }

  /// All rows of a result.
  init(_ columns: [ResultColumn], _ rows: [Row]) {
    self.columns = columns.map(\.name)
    for row in rows {
      self.rows.append(row.values.indices.map { row.text($0) })
      json.append((try? row.jsonObject()) ?? "null")
    }
  }

  mutating func append(_ row: [String?]) {
    rows.append(row)
    let fields = zip(columns, row).map { name, text in
      JSONSpelling.string(name) + ":" + (text.map { JSONSpelling.string($0) } ?? "null")
    }
    json.append("{" + fields.joined(separator: ",") + "}")
  }

  func print(asJSON: Bool) {
    Swift.print(asJSON ? jsonText : text)
  }

  /// One object a row, one row a line.
  var jsonText: String { json.isEmpty ? "[]" : "[" + json.joined(separator: ",\n ") + "]" }

  /// Columns aligned under their names, two blanks between them.
  var text: String {
    var widths = columns.map { DisplayWidth.of($0) }
    let cells = rows.map { row in row.map { ResultPrinter.singleLine($0 ?? "") } }
    for row in cells {
      for (index, cell) in row.enumerated() where index < widths.count {
        widths[index] = max(widths[index], min(80, DisplayWidth.of(cell)))
      }
    }
    func line(_ row: [String]) -> String {
      var text = ""
      for (index, cell) in row.enumerated() {
        text += cell
        if index + 1 < row.count {
          text += String(repeating: " ", count: max(0, widths[index] - DisplayWidth.of(cell)) + 2)
        }
      }
      while text.hasSuffix(" ") { text.removeLast() }
      return text
    }
    let rule = widths.map { String(repeating: "-", count: $0) }
    return ([columns, rule] + cells).map(line).joined(separator: "\n")
  }
}
