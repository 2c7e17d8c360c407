@preconcurrency import Glibc
import Olap

/// Says what a load did, for people or as JSON.
struct LoadReporter {
  private let options: LoadOptions
  private let stopwatch = Stopwatch()

  init(_ options: LoadOptions) { self.options = options }

  /// A bar is for a person who waits.
  var showsProgress: Bool { !options.printsJSON && !options.isQuiet && isatty(STDERR_FILENO) != 0 }

  func show(_ reports: [LoadReport]) {
    if options.printsJSON {
      let items = reports.map(json)
      print(options.isReplay ? "[" + items.joined(separator: ",") + "]" : items.joined())
      return
    }
    if options.isQuiet { return }
    for report in reports { print(sentence(report)) }
    if options.isReplay, reports.isEmpty {
      print("nothing to replay: no rows in olap.load_errors or olap.quarantine")
    }
    for report in reports where report.rejected > 0 {
      for error in report.firstErrors { CommandLineTool.complain("  " + error) }
      if report.rejected > report.firstErrors.count { CommandLineTool.complain("  …") }
    }
  }

  private func sentence(_ report: LoadReport) -> String {
    let isUpsert = !options.request.keys.isEmpty
    let verb = options.isReplay ? "replayed" : isUpsert ? "upserted" : "loaded"
    var text =
      "\(verb) \(rows(report.rowCount)) into \(report.table)"
      + (report.createdTable ? " (created)" : "")
    if isUpsert {
      text +=
        ": \(report.inserted) inserted, \(report.updated) updated, \(report.unchanged) unchanged"
      if report.superseded > 0 { text += ", \(report.superseded) superseded by a later row" }
    }
    if report.refused > 0 {
      text += "; \(rows(report.refused)) refused by expectations (olap.expectation_results)"
    }
    guard report.rejected > 0 else { return text }
    if options.isReplay { return text + "; \(rows(report.rejected)) still do not fit" }
    if let id = report.loadID {
      return text + "; \(rows(report.rejected)) in olap.load_errors (load_id \(id))"
    }
    return text + "; \(rows(report.rejected)) skipped"
  }

  private func rows(_ count: Int) -> String { "\(count) row" + (count == 1 ? "" : "s") }

  private func json(_ report: LoadReport) -> String {
    let seconds = Double(Int(stopwatch.seconds * 1000)) / 1000
    var members: [(String, String)] = [
      ("status", "\"ok\""), ("table", JSONSpelling.string(report.table)),
      ("rows", "\(report.rowCount)"),
      ("inserted", "\(report.inserted)"), ("updated", "\(report.updated)"),
      ("unchanged", "\(report.unchanged)"), ("superseded", "\(report.superseded)"),
      ("rejected", "\(report.rejected)"), ("refused", "\(report.refused)"),
      ("created", "\(report.createdTable)"),
      ("seconds", "\(seconds)"),
    ]
    if let id = report.loadID { members.append(("load_id", JSONSpelling.string(id))) }
    if !report.firstErrors.isEmpty {
      let errors = report.firstErrors.map { JSONSpelling.string($0) }.joined(separator: ",")
      members.append(("first_errors", "[\(errors)]"))
    }
    return object(members)
  }

  private func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }

  func fail(_ error: any Error) {
    let known = error as? OlapError
    if options.printsJSON {
      print(
        object([
          ("status", "\"error\""), ("code", JSONSpelling.string(known?.code.rawValue ?? "Error")),
          ("message", JSONSpelling.string(known?.message ?? "\(error)")),
        ]))
    }
    CommandLineTool.complain("olap load: " + (known?.detailedDescription ?? "\(error)"))
  }

  func show(_ preview: LoadPreview) {
    if options.printsJSON {
      let columns = preview.columns.map {
        object([
          ("name", JSONSpelling.string($0.name)),
          ("type", JSONSpelling.string($0.type.description)),
        ])
      }
      let settings = preview.settings.map { ($0.name, JSONSpelling.string($0.value)) }
      print(
        object([
          ("format", JSONSpelling.string(preview.format)),
          (
            "files",
            "[" + preview.files.map { JSONSpelling.string($0) }.joined(separator: ",") + "]"
          ),
          ("settings", object(settings)), ("columns", "[" + columns.joined(separator: ",") + "]"),
          ("create", preview.createStatement.map { JSONSpelling.string($0) } ?? "null"),
          ("query", JSONSpelling.string(preview.query)),
        ]))
      return
    }
    print("format    \(preview.format)")
    for (index, file) in preview.files.prefix(10).enumerated() {
      print((index == 0 ? "files     " : "          ") + file)
    }
    if preview.files.count > 10 { print("          … \(preview.files.count) in all") }
    for setting in preview.settings { print("\(pad(setting.name, 10))\(setting.value)") }
    print("columns")
    let width = preview.columns.map { $0.name.count }.max() ?? 0
    for column in preview.columns { print("  \(pad(column.name, width + 2))\(column.type)") }
    if let create = preview.createStatement { print("\n\(create);") }
    print("\n\(preview.query)")
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
