import Olap
import OlapProjects

/// The arguments of the verbs that work on a project folder.
struct ProjectOptions {
  var folder = "."
  var database: String?
  var select: [String] = []
  var exclude: [String] = []
  var variables = ProjectVariables()
  var isFullRefresh = false
  var isDryRun = false
  var resumes = false
  var watches = false
  var defaultLag: String?
  var stopsAtFirstFailure = false
  var printsJSON = false
  var isQuiet = false
  var repairs = false
  var sampleKeys: Int?
  var limit = 10
  var databaseOptions = DatabaseOptions()
  /// What stands without a dash.
  var positional: [String] = []
  /// Settings of the connection, over those of olap.toml.
  var settings: [(name: String, value: String)] = []

  struct UsageError: Error { let message: String }

  init(_ verb: ProjectVerb, _ arguments: [String]) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument.count > 1 else {
        positional.append(argument)
        continue
      }
      var name = argument.drop { $0 == "-" }
      var inlineValue: String?
      if let equals = name.firstIndex(of: "=") {
        inlineValue = String(name[name.index(after: equals)...])
        name = name[..<equals]
      }
      guard let option = ProjectOption.named(String(name)), option.verbs.contains(verb) else {
        throw UsageError(
          message: "\(verb.rawValue) has no option \(argument); olap help \(verb.rawValue) lists "
            + "its options")
      }
      try apply(option, verb, inlineValue, &rest)
    }
    if positional.count > verb.positionalCount.upperBound {
      let extra = positional[verb.positionalCount.upperBound]
      throw UsageError(
        message: verb.positionalCount.upperBound == 0
          ? "unexpected \"\(extra)\"; choose models with --select \(extra)"
          : "unexpected \"\(extra)\"")
    }
    if positional.count < verb.positionalCount.lowerBound {
      throw UsageError(message: "olap \(verb.rawValue) needs \(verb.positionalName)")
    }
  }

  private mutating func apply(
    _ option: ProjectOption, _ verb: ProjectVerb, _ inlineValue: String?,
    _ rest: inout ArraySlice<String>
  ) throws {
    func value() throws -> String {
      if let inlineValue { return inlineValue }
      guard let next = rest.popFirst() else {
        throw UsageError(message: "--\(option.names[0]) needs a value")
      }
      return next
    }
    /// The value and all words up to the next option.
    func values() throws -> [String] {
      var result = [try value()]
      while let next = rest.first, !next.hasPrefix("-") {
        result.append(next)
        rest.removeFirst()
      }
      return result
    }
    switch option.names[0] {
    case "select": select += try values()
    case "exclude": exclude += try values()
    case "project-dir": folder = try value()
    case "database": database = try value()
    case "vars":
      do {
        try variables.apply(option: try value())
      } catch let error as ProjectError {
        throw UsageError(message: error.description)
      }
    case "set":
      let text = try value()
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex,
        text[..<equals].allSatisfy({ $0.isLetter || $0 == "_" })
      else { throw UsageError(message: "--set takes setting=value, not \"\(text)\"") }
      settings.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
    case "full-refresh": isFullRefresh = true
    case "dry-run": isDryRun = true
    case "resume": resumes = true
    case "watch": watches = true
    case "lag": defaultLag = try value()
    case "fail-fast": stopsAtFirstFailure = true
    case "json": printsJSON = true
    case "quiet": isQuiet = true
    case "repair": repairs = true
    case "sample": sampleKeys = try positive(option, value())
    case "limit": limit = try positive(option, value())
    case "threads": databaseOptions.threads = try positive(option, value())
    case "memory-limit":
      let text = try value()
      guard let bytes = ByteSize.parse(text) else {
        throw UsageError(message: "--memory-limit takes a size such as 512MB, not \"\(text)\"")
      }
      databaseOptions.memoryLimit = bytes
    default: throw UsageError(message: verb.help)
    }
  }

  private func positive(_ option: ProjectOption, _ text: String) throws -> Int {
    guard let number = Int(text), number > 0 else {
      throw UsageError(message: "--\(option.names[0]) takes a number above 0, not \"\(text)\"")
    }
    return number
  }
}

/// One option of the project verbs.
struct ProjectOption {
  let names: [String]
  /// Name of the value; nil for flags.
  let value: String?
  let summary: String
  let verbs: [ProjectVerb]

  static func named(_ name: String) -> ProjectOption? { all.first { $0.names.contains(name) } }

  private static let choosing: [ProjectVerb] = [
    .run, .build, .test, .refresh, .verify, .compile, .list, .retry,
  ]
  private static let opening: [ProjectVerb] = [
    .run, .build, .test, .refresh, .verify, .compile, .list, .show, .retry, .resync,
  ]
  private static let building: [ProjectVerb] = [.run, .build, .retry]

  static let all: [ProjectOption] = [
    ProjectOption(
      names: ["select", "s", "m", "models"], value: "WORDS",
      summary: "what to take: name, gold_*, +up, down+, 1+x+1, @family, tag:x, path:models/gold, "
        + "layer:gold, kind:test, owner:x, source:x, state:modified, result:error; a,b = both",
      verbs: choosing),
    ProjectOption(
      names: ["exclude"], value: "WORDS", summary: "what to leave out, written likewise",
      verbs: choosing),
    ProjectOption(
      names: ["full-refresh", "full-rebuild", "f"], value: nil,
      summary: "recompute models from nothing", verbs: building + [.refresh]),
    ProjectOption(
      names: ["dry-run"], value: nil, summary: "say what would be done; do nothing",
      verbs: building + [.refresh]),
    ProjectOption(
      names: ["resume"], value: nil, summary: "only what the last run failed or did not reach",
      verbs: [.run, .build]),
    ProjectOption(
      names: ["fail-fast", "x"], value: nil, summary: "stop at the first failure", verbs: [.run]),
    ProjectOption(
      names: ["watch"], value: nil, summary: "stay, and refresh by lag and schedule until stopped",
      verbs: [.run]),
    ProjectOption(
      names: ["lag"], value: "TIME", summary: "with --watch: lag of models that say none",
      verbs: [.run]),
    ProjectOption(
      names: ["sample"], value: "N", summary: "verify N keys of each model only",
      verbs: [.verify]),
    ProjectOption(names: ["repair"], value: nil, summary: "mend differences", verbs: [.verify]),
    ProjectOption(names: ["limit"], value: "N", summary: "rows shown (10)", verbs: [.show]),
    ProjectOption(
      names: ["vars"], value: "NAME=VALUE", summary: "a variable, or {a: 1, b: x}; repeatable",
      verbs: opening),
    ProjectOption(
      names: ["set"], value: "NAME=VALUE", summary: "a setting such as refresh_clock=2026-01-31",
      verbs: opening),
    ProjectOption(
      names: ["project-dir"], value: "DIR", summary: "folder of olap.toml (.)", verbs: opening),
    ProjectOption(
      names: ["database"], value: "FILE", summary: "another database than olap.toml's",
      verbs: opening),
    ProjectOption(names: ["threads"], value: "N", summary: "worker threads", verbs: opening),
    ProjectOption(
      names: ["memory-limit"], value: "SIZE", summary: "such as 512MB", verbs: opening),
    ProjectOption(names: ["json"], value: nil, summary: "the outcome as JSON", verbs: opening),
    ProjectOption(
      names: ["quiet", "q"], value: nil, summary: "failures and the summary only",
      verbs: building + [.test, .resync]),
    ProjectOption(
      names: ["help", "h"], value: nil, summary: "this text", verbs: ProjectVerb.allCases),
  ]
}
