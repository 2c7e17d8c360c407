/// The verbs on a project folder.
enum ProjectVerb: String, CaseIterable {
  case `init`, run, build, test, refresh, verify, show, compile, list, retry, resync

  /// How many words may stand without a dash.
  var positionalCount: ClosedRange<Int> {
    switch self {
    case .`init`: 0...1
    case .show: 1...1
    default: 0...0
    }
  }

  var positionalName: String {
    switch self {
    case .`init`: "[FOLDER]"
    case .show: "NAME|models|sources|tests|runs|lineage|failures|schedules"
    default: ""
    }
  }

  var summary: String {
    switch self {
    case .`init`: "make a project folder with an example in it"
    case .run: "apply definitions and bring models up to date, one after the other"
    case .build: "sources, seeds, models and tests as one transaction: all or nothing"
    case .test: "run tests: queries for rows that must not exist"
    case .refresh: "bring models up to date in one transaction; definitions stay"
    case .verify: "recompute models and compare them with what is stored"
    case .show: "rows of a table, or models, sources, tests, runs, lineage, failures, schedules"
    case .compile: "check everything without a database; print the SQL of the models selected"
    case .list: "names of what is selected"
    case .resync: "build a new database beside the one in use, test, verify and swap it in"
    case .retry: "run again what the last run failed or did not reach"
    }
  }

  /// The summary with a capital.
  var title: String { summary.prefix(1).uppercased() + String(summary.dropFirst()) }

  var help: String {
    var text = "olap \(rawValue) [OPTIONS]" + (positionalName.isEmpty ? "" : " " + positionalName)
    text += "\n\n\(title).\n\nOPTIONS\n"
    for option in ProjectOption.all where option.verbs.contains(self) {
      let names = option.names.map { $0.count == 1 ? "-" + $0 : "--" + $0 }.joined(separator: ", ")
      let left = names + (option.value.map { " " + $0 } ?? "")
      if left.count > 28 {
        text += "  \(left)\n" + String(repeating: " ", count: 32) + option.summary + "\n"
      } else {
        text += "  \(left)" + String(repeating: " ", count: 30 - left.count) + option.summary + "\n"
      }
    }
    return text
      + "\nEXIT CODES  0 done · 1 a model, test or load failed · 2 usage, the project is wrong, or "
      + "the\n            database cannot be opened"
  }
}
