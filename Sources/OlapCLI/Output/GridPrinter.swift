@preconcurrency import Glibc
import Olap

/// The modes with aligned columns: duckbox (types, elision, row count), box, table, markdown, column.
struct GridPrinter {
  let printer: ResultPrinter

  func print(_ result: QueryResult, _ write: (String) -> Void) throws {
    let columns = result.columns
    let isDuckbox = printer.mode == .duckbox
    let limit = isDuckbox ? printer.maximumRows : Int.max
    // Head and tail are all a fitted grid keeps of a long result.
    var head: [[String]] = []
    var tail: [[String]] = []
    var total = 0
    let half = limit == Int.max ? Int.max : max(1, limit / 2)
    while let chunk = try result.nextChunk() {
      for row in 0..<chunk.rowCount {
        total += 1
        let keepsHead = head.count < half
        if !keepsHead, isDuckbox, total > limit * 2, row < chunk.rowCount - half { continue }
        let cells = columns.indices.map {
          cell(printer.text(chunk.value(row: row, column: $0), columns[$0].type))
        }
        if keepsHead {
          head.append(cells)
        } else {
          tail.append(cells)
          if isDuckbox, tail.count > limit * 4 { tail.removeFirst(tail.count - limit) }
        }
      }
    }
    var rows = head
    var gap: Int?
    if total <= limit {
      rows += tail
    } else {
      gap = head.count
      rows += tail.suffix(limit - head.count)
    }
    var layout = Layout(
      columns: columns, names: columns.map { cell($0.name) }, rows: rows, showsTypes: isDuckbox)
    layout.apply(printer.columnWidths)
    if isDuckbox, let width = terminalWidth { layout.fit(to: width) }
    write(render(layout, gap: gap, total: total))
  }

  /// A text as a cell shows it: in one line, and in markdown without bars of its own.
  private func cell(_ text: String) -> String {
    let line = ResultPrinter.singleLine(text)
    guard printer.mode == .markdown, line.utf8.contains(UInt8(ascii: "|")) else { return line }
    return line.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }

  /// Width of the terminal; nil off one (nothing is cut there).
  private var terminalWidth: Int? {
    if let width = printer.maximumWidth { return width }
    guard printer.isTerminal else { return nil }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  private func render(_ layout: Layout, gap: Int?, total: Int) -> String {
    switch printer.mode {
    case .markdown: return markdown(layout)
    case .table: return boxed(layout, Borders.ascii, gap: nil)
    case .column: return plain(layout)
    case .box: return boxed(layout, Borders.box, gap: nil)
    default: return boxed(layout, Borders.box, gap: gap) + footer(layout, gap: gap, total: total)
    }
  }

  private func footer(_ layout: Layout, gap: Int?, total: Int) -> String {
    guard total > 10 || gap != nil || layout.hiddenColumns > 0 else { return "" }
    var parts = ["\(total) row" + (total == 1 ? "" : "s")]
    if gap != nil { parts[0] += " (\(layout.rows.count) shown)" }
    let count = layout.columnCount
    var columns = "\(count) column" + (count == 1 ? "" : "s")
    if layout.hiddenColumns > 0 { columns += " (\(count - layout.hiddenColumns) shown)" }
    parts.append(columns)
    return " " + parts.joined(separator: "  ") + "\n"
  }

  struct Borders {
    let top: [String]
    let middle: [String]
    let bottom: [String]
    let vertical: String
    let horizontal: String
    static let box = Borders(
      top: ["┌", "┬", "┐"], middle: ["├", "┼", "┤"], bottom: ["└", "┴", "┘"], vertical: "│",
      horizontal: "─")
    static let ascii = Borders(
      top: ["+", "+", "+"], middle: ["+", "+", "+"], bottom: ["+", "+", "+"], vertical: "|",
      horizontal: "-")
  }

  private func boxed(_ layout: Layout, _ borders: Borders, gap: Int?) -> String {
    let rule: ([String]) -> String = { ends in
      ends[0]
        + layout.widths.map { String(repeating: borders.horizontal, count: $0 + 2) }
        .joined(separator: ends[1]) + ends[2] + "\n"
    }
    let line: ([String], [Alignment], Style.Role?) -> String = { cells, alignments, role in
      borders.vertical
        + zip(zip(cells, layout.widths), alignments).map {
          " " + printer.style.paint(pad($0.0, $0.1, $1), role ?? faintIfNull($0.0)) + " "
        }.joined(separator: borders.vertical) + borders.vertical + "\n"
    }
    let centered = [Alignment](repeating: .center, count: layout.names.count)
    var text = rule(borders.top)
    text += line(layout.names, centered, .bold)
    if layout.showsTypes { text += line(layout.types, centered, .faint) }
    text += rule(borders.middle)
    for (index, row) in layout.rows.enumerated() {
      if index == gap {
        let dots = [String](repeating: "·", count: layout.names.count)
        for _ in 0..<3 { text += line(dots, centered, .faint) }
      }
      text += line(row, layout.alignments, nil)
    }
    if layout.rows.isEmpty, layout.showsTypes {
      let width = layout.widths.reduce(0, +) + 3 * layout.widths.count - 1
      text += borders.vertical + pad("0 rows", width, .center) + borders.vertical + "\n"
      let flat = String(repeating: borders.horizontal, count: max(width, 6))
      return text + borders.bottom[0] + flat + borders.bottom[2] + "\n"
    }
    return text + rule(borders.bottom)
  }

  private func faintIfNull(_ text: String) -> Style.Role? {
    text == "NULL" && printer.nullText == nil ? .faint : nil
  }

  private func markdown(_ layout: Layout) -> String {
    let line: ([String]) -> String = { cells in
      "| "
        + zip(zip(cells, layout.widths), layout.alignments).map { pad($0.0, $0.1, $1) }
        .joined(separator: " | ") + " |\n"
    }
    var text = line(layout.names)
    text +=
      "|"
      + zip(layout.widths, layout.alignments).map {
        String(repeating: "-", count: $0 + ($1 == .right ? 1 : 2)) + ($1 == .right ? ":" : "")
      }.joined(separator: "|") + "|\n"
    for row in layout.rows { text += line(row) }
    return text
  }

  private func plain(_ layout: Layout) -> String {
    let line: ([String]) -> String = { cells in
      var text = zip(zip(cells, layout.widths), layout.alignments)
        .map { pad($0.0, $0.1, $1) }.joined(separator: "  ")
      while text.hasSuffix(" ") { text.removeLast() }
      return text + "\n"
    }
    var text = ""
    if printer.showsHeader ?? true {
      text += line(layout.names)
      text += line(layout.widths.map { String(repeating: "-", count: $0) })
    }
    for row in layout.rows { text += line(row) }
    return text
  }

  enum Alignment { case left, right, center }

  private func pad(_ text: String, _ width: Int, _ alignment: Alignment) -> String {
    let fitted = DisplayWidth.fit(text, width)
    let space = max(0, width - DisplayWidth.of(fitted))
    switch alignment {
    case .left: return fitted + String(repeating: " ", count: space)
    case .right: return String(repeating: " ", count: space) + fitted
    case .center:
      return String(repeating: " ", count: space / 2) + fitted
        + String(repeating: " ", count: space - space / 2)
    }
  }

  /// Cells and column widths of a grid.
  struct Layout {
    var names: [String]
    var types: [String]
    var rows: [[String]]
    var widths: [Int]
    var alignments: [Alignment]
    let showsTypes: Bool
    let columnCount: Int
    var hiddenColumns = 0

    init(columns: [ResultColumn], names: [String], rows: [[String]], showsTypes: Bool) {
      self.names = names
      types = columns.map { TypeLabel.short($0.type) }
      self.rows = rows
      self.showsTypes = showsTypes
      columnCount = columns.count
      alignments = columns.map { TypeLabel.isNumeric($0.type) ? .right : .left }
      let types = self.types
      widths = columns.indices.map { index in
        var width = DisplayWidth.of(names[index])
        if showsTypes { width = max(width, DisplayWidth.of(types[index])) }
        for row in rows { width = max(width, DisplayWidth.of(row[index])) }
        return width
      }
    }

    /// `.width`: fixed widths, right-aligned when negative.
    mutating func apply(_ wanted: [Int]) {
      for (index, width) in wanted.prefix(widths.count).enumerated() where width != 0 {
        widths[index] = abs(width)
        alignments[index] = width < 0 ? .right : .left
      }
    }

    /// Cuts wide columns, then drops middle columns, until the grid fits.
    mutating func fit(to width: Int) {
      let total: ([Int]) -> Int = { $0.reduce(1) { $0 + $1 + 3 } }
      while total(widths) > width, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
        widths[widest] > 20
      {
        widths[widest] = max(20, widths[widest] - (total(widths) - width))
      }
      // The column of dots that stands for the hidden ones takes four characters.
      while total(widths) + (hiddenColumns > 0 ? 4 : 0) > width, widths.count > 2 {
        let middle = widths.count / 2
        remove(at: middle)
        hiddenColumns += 1
      }
      guard hiddenColumns > 0 else { return }
      let middle = (widths.count + 1) / 2
      names.insert("…", at: middle)
      types.insert("", at: middle)
      widths.insert(1, at: middle)
      alignments.insert(.center, at: middle)
      for index in rows.indices { rows[index].insert("…", at: middle) }
    }

    private mutating func remove(at index: Int) {
      names.remove(at: index)
      types.remove(at: index)
      widths.remove(at: index)
      alignments.remove(at: index)
      for row in rows.indices { rows[row].remove(at: index) }
    }
  }
}

/// Type names as DuckDB's grid spells them.
enum TypeLabel {
  static func short(_ type: SQLType) -> String {
    switch type {
    case .tinyint: "int8"
    case .smallint: "int16"
    case .integer: "int32"
    case .bigint: "int64"
    case .hugeint: "int128"
    case .utinyint: "uint8"
    case .usmallint: "uint16"
    case .uinteger: "uint32"
    case .ubigint: "uint64"
    case .uhugeint: "uint128"
    case .null: "int32"
    case .enumeration: "enum"
    case .list(let element): short(element) + "[]"
    default: type.description.lowercased()
    }
  }

  static func isNumeric(_ type: SQLType) -> Bool {
    switch type {
    case .tinyint, .smallint, .integer, .bigint, .hugeint, .utinyint, .usmallint, .uinteger,
      .ubigint, .uhugeint, .real, .double, .decimal:
      true
    default: false
    }
  }
}
