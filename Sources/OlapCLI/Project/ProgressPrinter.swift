@preconcurrency import Glibc
import Olap
import OlapProjects

/// Tells how a run goes on: a line a step, on a terminal with the running step below; or JSON at the end.
final class ProgressPrinter {
  private let options: ProjectOptions
  private let isTerminal = isatty(STDOUT_FILENO) == 1

  init(_ options: ProjectOptions) { self.options = options }

  func tell(_ event: ProjectEvent) {
    if options.printsJSON { return }
    switch event {
    case .started(let node, let number, let total):
      guard isTerminal else { return }
      write("\r\u{1B}[K\(place(number, total))  …        \(title(node))")
    case .finished(let result, let number, let total):
      if isTerminal { write("\r\u{1B}[K") }
      if options.isQuiet, result.status == .success { return }
      write("\(place(number, total))  \(mark(result))  \(title(result.node))\(detail(result))\n")
      if let text = result.detail ?? result.message, result.status != .success {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
          write("         \(line)\n")
        }
      }
      for line in result.sample { write("           \(line)\n") }
    }
  }

  func finish(_ report: RunReport) {
    if options.printsJSON {
      print(json(report))
      return
    }
    let seconds = ProgressPrinter.decimals(report.completedAt - report.startedAt, 2)
    var parts: [String] = []
    for status in StepResult.Status.allCases {
      let count = report.count(status)
      if count > 0 { parts.append("\(count) \(ProgressPrinter.noun(status))") }
    }
    let outcome = report.succeeded ? "done" : "FAILED"
    write("\(report.verb) \(outcome) in \(seconds) s: \(parts.joined(separator: ", "))\n")
  }

  private func write(_ text: String) {
    fputs(text, stdout)
    if isTerminal { fflush(stdout) }
  }

  private func place(_ number: Int, _ total: Int) -> String {
    let digits = String(total).count
    let text = String(number)
    return String(repeating: " ", count: max(0, digits - text.count)) + "\(text)/\(total)"
  }

  private func title(_ node: ProjectNode) -> String {
    (node.kind == .model ? node.layer ?? "model" : node.kind.rawValue) + " " + node.name
  }

  private func mark(_ result: StepResult) -> String {
    let (text, color) =
      switch result.status {
      case .success: ("ok      ", 32)
      case .error: ("ERROR   ", 31)
      case .fail: ("FAIL    ", 31)
      case .warn: ("warn    ", 33)
      case .skipped: ("skipped ", 33)
      case .reverted: ("undone  ", 33)
      }
    return isTerminal ? "\u{1B}[\(color)m\(text)\u{1B}[0m" : text
  }

  private func detail(_ result: StepResult) -> String {
    guard result.status == .success else { return "" }
    let time = ProgressPrinter.decimals(result.milliseconds / 1000, 2) + " s"
    switch result.node.kind {
    case .model:
      let rung = result.rung.map { "  " + $0.lowercased() } ?? ""
      return "\(rung)  +\(result.created) ~\(result.updated) -\(result.deleted)  \(time)"
    case .source, .seed:
      return result.created > 0 ? "  \(result.created) rows loaded  \(time)" : ""
    case .test: return "  \(time)"
    }
  }

  private static func noun(_ status: StepResult.Status) -> String {
    switch status {
    case .success: "ok"
    case .error: "in error"
    case .fail: "failing"
    case .warn: "with warnings"
    case .skipped: "skipped"
    case .reverted: "undone"
    }
  }

  /// A number with so many decimals.
  static func decimals(_ value: Double, _ count: Int) -> String {
    let factor = (0..<count).reduce(1.0) { power, _ in power * 10 }
    let scaled = String(Int((max(0, value) * factor).rounded()))
    let padded = String(repeating: "0", count: max(0, count + 1 - scaled.count)) + scaled
    return padded.dropLast(count) + "." + padded.suffix(count)
  }

  private func json(_ report: RunReport) -> String {
    let steps = report.results.map { result -> String in
      var fields = [
        "\"name\":" + JSONSpelling.string(result.node.name),
        "\"kind\":" + JSONSpelling.string(result.node.kind.rawValue),
        "\"status\":" + JSONSpelling.string(result.status.rawValue),
        "\"created\":\(result.created)", "\"updated\":\(result.updated)",
        "\"deleted\":\(result.deleted)",
        "\"ms\":" + ProgressPrinter.decimals(result.milliseconds, 1),
      ]
      if let rung = result.rung { fields.append("\"rung\":" + JSONSpelling.string(rung)) }
      if let message = result.message {
        fields.append("\"message\":" + JSONSpelling.string(message))
      }
      return "{" + fields.joined(separator: ",") + "}"
    }
    return "{\"verb\":\(JSONSpelling.string(report.verb)),\"succeeded\":\(report.succeeded),"
      + "\"seconds\":\(ProgressPrinter.decimals(report.completedAt - report.startedAt, 3)),"
      + "\"steps\":[\(steps.joined(separator: ",\n "))]}"
  }
}
