@preconcurrency import Glibc
import Olap

/// Charts of a result in text: horizontal bars, lines in braille dots, histograms.
struct PlotPrinter {
  enum Kind: String, CaseIterable { case bar, line, histogram }

  var kind: Kind
  /// Columns and rows of the screen the chart may fill.
  var width: Int
  var height: Int
  var style: Style

  struct Misuse: Error { let message: String }

  /// Rows beyond this are not drawn.
  static let rowCountMax = 100_000

  func print(_ result: QueryResult, _ write: (String) -> Void) throws {
    var rows: [Row] = []
    while let chunk = try result.nextChunk() {
      for index in 0..<chunk.rowCount where rows.count < PlotPrinter.rowCountMax {
        rows.append(chunk.row(index))
      }
    }
    let numeric = result.columns.indices.filter { TypeLabel.isNumeric(result.columns[$0].type) }
    guard let value = numeric.last else {
      throw Misuse(message: "a numeric column is needed; cast one, as in x::DOUBLE")
    }
    guard !rows.isEmpty else { return write("no rows\n") }
    switch kind {
    case .bar:
      let label = result.columns.indices.first { $0 != value }
      write(bars(rows, label: label, value: value))
    case .line:
      let x = result.columns.indices.first { $0 != value }
      write(lines(rows, x: x, y: value, name: result.columns[value].name))
    case .histogram: write(histogram(rows.compactMap { number($0, value) }))
    }
  }

  /// The value as a number; times as their distance from the epoch.
  private func number(_ row: Row, _ column: Int) -> Double? {
    switch row.values[column] {
    case .date(let days): Double(days)
    case .timestamp(let time), .timestampTZ(let time), .time(let time): Double(time)
    case .unsigned(let value): Double(value)
    default: row.double(column).flatMap { $0.isFinite ? $0 : nil }
    }
  }

  // MARK: Bars

  private func bars(_ rows: [Row], label: Int?, value: Int) -> String {
    let items = rows.prefix(max(height * 4, 40)).map { row in
      (label.map { row.text($0) ?? "NULL" } ?? "", number(row, value), row.text(value) ?? "NULL")
    }
    var text = chart(items)
    if rows.count > items.count { text += "… \(rows.count - items.count) more rows\n" }
    return text
  }

  private func chart(_ items: [(label: String, value: Double?, text: String)]) -> String {
    let labelWidth = min(width / 3, items.map { DisplayWidth.of($0.label) }.max() ?? 0)
    let valueWidth = items.map { $0.text.count }.max() ?? 0
    let room = max(8, width - labelWidth - valueWidth - 4)
    let largest = items.compactMap { $0.value.map { abs($0) } }.max() ?? 0
    var text = ""
    for item in items {
      let label = DisplayWidth.fit(ResultPrinter.singleLine(item.label), labelWidth)
      text += String(repeating: " ", count: labelWidth - DisplayWidth.of(label)) + label + " │"
      let share = largest > 0 ? abs(item.value ?? 0) / largest : 0
      let bar = PlotPrinter.bar(share * Double(room))
      text += style.paint(bar, (item.value ?? 0) < 0 ? .error : .function) + " " + item.text + "\n"
    }
    return text
  }

  /// A bar of a width in characters, to an eighth of one.
  static func bar(_ length: Double) -> String {
    let eighths = Int((length * 8).rounded())
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + partial[eighths % 8]
  }

  private func histogram(_ values: [Double]) -> String {
    guard let low = values.min(), let high = values.max() else { return "no values\n" }
    // Sturges' rule, within what the screen can show.
    let wanted = Int(log2(Double(values.count)).rounded(.up)) + 1
    let count = low == high ? 1 : max(2, min(wanted, max(4, height - 2)))
    let step = (high - low) / Double(count)
    var bins = [Int](repeating: 0, count: count)
    for value in values {
      bins[step > 0 ? min(count - 1, Int((value - low) / step)) : 0] += 1
    }
    return chart(
      bins.indices.map { index in
        let from = PlotPrinter.short(low + Double(index) * step)
        let to = PlotPrinter.short(low + Double(index + 1) * step)
        return ("\(from) – \(to)", Double(bins[index]), String(bins[index]))
      })
  }

  // MARK: Lines

  /// Dots of 2 × 4 to a character (Unicode braille).
  private func lines(_ rows: [Row], x: Int?, y: Int, name: String) -> String {
    let points: [(x: Double, y: Double)] = rows.enumerated().compactMap { index, row in
      guard let value = number(row, y) else { return nil }
      return (x.flatMap { number(row, $0) } ?? Double(index), value)
    }
    guard let first = points.first else { return "no values\n" }
    var low = first
    var high = first
    for point in points {
      low = (min(low.x, point.x), min(low.y, point.y))
      high = (max(high.x, point.x), max(high.y, point.y))
    }
    let labels = [PlotPrinter.short(high.y), PlotPrinter.short(low.y)]
    let margin = max(labels[0].count, labels[1].count)
    let columns = max(10, width - margin - 3)
    let rowCount = max(4, min(height - 3, 20))
    var canvas = BrailleCanvas(columns: columns, rows: rowCount)
    let place: ((x: Double, y: Double)) -> (Int, Int) = { point in
      let across = high.x > low.x ? (point.x - low.x) / (high.x - low.x) : 0
      let up = high.y > low.y ? (point.y - low.y) / (high.y - low.y) : 0.5
      return (
        Int(across * Double(columns * 2 - 1)),
        rowCount * 4 - 1 - Int(up * Double(rowCount * 4 - 1))
      )
    }
    var previous: (Int, Int)?
    for point in points.sorted(by: { $0.x < $1.x }) {
      let dot = place(point)
      canvas.line(from: previous ?? dot, to: dot)
      previous = dot
    }
    var text = String(repeating: " ", count: margin + 2) + style.paint(name, .bold) + "\n"
    for (index, line) in canvas.lines.enumerated() {
      let label = index == 0 ? labels[0] : index == rowCount - 1 ? labels[1] : ""
      text += String(repeating: " ", count: margin - label.count) + label + " ┤"
      text += style.paint(line, .function) + "\n"
    }
    let from = x.flatMap { rows.first?.text($0) } ?? "1"
    let to = x.flatMap { rows.last?.text($0) } ?? String(rows.count)
    let gap = max(1, columns - DisplayWidth.of(from) - DisplayWidth.of(to))
    return text + String(repeating: " ", count: margin + 2) + from
      + String(repeating: " ", count: gap) + to + "\n"
  }

  /// A number with at most six characters or so.
  static func short(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e6 { return String(Int(value)) }
    let units: [(Double, String)] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
    for (size, unit) in units where abs(value) >= size { return trimmed(value / size) + unit }
    return trimmed(value)
  }

  private static func trimmed(_ value: Double) -> String {
    if abs(value) < 1e-3, value != 0 { return "\(value)" }
    let scaled = (value * 100).rounded() / 100
    return scaled == scaled.rounded() ? String(Int(scaled)) : "\(scaled)"
  }
}

/// A grid of dots drawn with braille characters.
struct BrailleCanvas {
  let columns: Int
  let rows: Int
  private var cells: [UInt8]

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    cells = [UInt8](repeating: 0, count: columns * rows)
  }

  private mutating func dot(_ x: Int, _ y: Int) {
    guard x >= 0, y >= 0, x < columns * 2, y < rows * 4 else { return }
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    cells[y / 4 * columns + x / 2] |= bits[y % 4][x % 2]
  }

  /// Bresenham's line.
  mutating func line(from start: (Int, Int), to end: (Int, Int)) {
    var (x, y) = start
    let dx = abs(end.0 - x)
    let dy = -abs(end.1 - y)
    let stepX = x < end.0 ? 1 : -1
    let stepY = y < end.1 ? 1 : -1
    var error = dx + dy
    while true {
      dot(x, y)
      if x == end.0 && y == end.1 { return }
      let doubled = 2 * error
      if doubled >= dy {
        error += dy
        x += stepX
      }
      if doubled <= dx {
        error += dx
        y += stepY
      }
    }
  }

  var lines: [String] {
    (0..<rows).map { row in
      String(
        String.UnicodeScalarView(
          cells[row * columns..<(row + 1) * columns].compactMap {
            Unicode.Scalar(0x2800 + UInt32($0))
          }))
    }
  }
}
