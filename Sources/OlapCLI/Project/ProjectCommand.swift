@preconcurrency import Glibc
import Olap
import OlapProjects

/// `olap init|run|build|test|refresh|verify|show|compile|list|retry|resync`.
struct ProjectCommand {
  let verb: ProjectVerb
  let options: ProjectOptions

  /// Runs a verb; the result is the exit code.
  static func run(_ verb: ProjectVerb, _ arguments: [String]) -> Int32 {
    let options: ProjectOptions
    do {
      options = try ProjectOptions(verb, arguments)
    } catch let error as ProjectOptions.UsageError {
      if error.message == verb.help {
        print(verb.help)
        return 0
      }
      CommandLineTool.complain("olap \(verb.rawValue): " + error.message)
      return 2
    } catch {
      return 2
    }
    let command = ProjectCommand(verb: verb, options: options)
    let code = command.runReportingErrors()
    fflush(stdout)
    return code
  }

  private func runReportingErrors() -> Int32 {
    do {
      return try run()
    } catch let error as ProjectErrors {
      CommandLineTool.complain(error.detailedDescription)
      let count = error.errors.count
      if count > 1 { CommandLineTool.complain("\(count) errors; nothing was done") }
      return 2
    } catch let error as ProjectError {
      CommandLineTool.complain(error.detailedDescription)
      return error.kind == .step ? 1 : 2
    } catch {
      CommandLineTool.complain(
        "olap \(verb.rawValue): " + ((error as? OlapError)?.detailedDescription ?? "\(error)"))
      return 1
    }
  }

  private func run() throws -> Int32 {
    if verb == .`init` { return try InitCommand.run(options.positional.first ?? ".") }
    let project = try Project.load(options.folder, variables: options.variables)
    let selection = try Selection(select: options.select, exclude: options.exclude)
    switch verb {
    case .list: return try list(project, selection)
    case .compile: return try compile(project, selection)
    default: break
    }
    if options.watches {
      return try WatchCommand(command: self, project: project, selection: selection).run()
    }
    if verb == .resync { return try resync(project) }
    let session = try open(project)
    defer { try? session.close() }
    switch verb {
    case .run, .build, .retry: return try build(session, selection)
    case .test: return try test(session, selection)
    case .refresh: return try refresh(session, selection)
    case .verify: return try verify(session, selection)
    default: return try ShowCommand(options: options, session: session).run()
    }
  }

  func open(_ project: Project) throws -> ProjectSession {
    try ProjectSession(
      project, path: options.database, options: options.databaseOptions,
      settings: options.settings)
  }

  /// The project's database when it is there already; commands that only look make none.
  func openIfThere(_ project: Project) throws -> ProjectSession? {
    let path = options.database ?? project.databasePath
    return access(path, F_OK) == 0 ? try open(project) : nil
  }

  // MARK: run, build, retry

  private func build(_ session: ProjectSession, _ selection: Selection) throws -> Int32 {
    var verb = ProjectRun.Verb(rawValue: verb.rawValue) ?? .run
    var nodes = try session.nodes(selection)
    if options.resumes || self.verb == .retry {
      guard let last = try session.unfinished() else {
        print("nothing to resume: the last run succeeded, or there was none")
        return 0
      }
      verb = last.verb
      nodes = nodes.filter { last.keys.contains($0.key) }
    }
    if nodes.isEmpty {
      CommandLineTool.complain("olap \(self.verb.rawValue): nothing is selected")
      return 0
    }
    var runOptions = ProjectRun.Options(verb)
    runOptions.isFullRefresh = options.isFullRefresh
    runOptions.stopsAtFirstFailure = options.stopsAtFirstFailure
    if options.isDryRun {
      let plan = try ProjectPlan.make(session, nodes, verb)
      print(options.printsJSON ? plan.json : plan.text)
      return 0
    }
    let progress = ProgressPrinter(options)
    let run = ProjectRun(session, runOptions) { progress.tell($0) }
    let report = try run.run(nodes)
    progress.finish(report)
    return report.succeeded ? 0 : 1
  }

  private func resync(_ project: Project) throws -> Int32 {
    let progress = ProgressPrinter(options)
    let resync = Resync(
      project, path: options.database, options: options.databaseOptions,
      settings: options.settings)
    let report = try resync.run { progress.tell($0) }
    progress.finish(report)
    return report.succeeded ? 0 : 1
  }

  // MARK: test

  private func test(_ session: ProjectSession, _ selection: Selection) throws -> Int32 {
    let tests = try session.nodes(selection).filter { $0.kind == .test }
    if tests.isEmpty {
      CommandLineTool.complain("olap test: no test is selected")
      return 0
    }
    let progress = ProgressPrinter(options)
    let report = try session.test(tests) { progress.tell($0) }
    progress.finish(report)
    return report.succeeded ? 0 : 1
  }

  // MARK: refresh, verify

  /// Selected models, quoted.
  private func modelNames(_ session: ProjectSession, _ selection: Selection) throws -> [String] {
    try session.nodes(selection).filter { $0.kind == .model }.map { SQLText.quoted(name: $0.name) }
  }

  private func refresh(_ session: ProjectSession, _ selection: Selection) throws -> Int32 {
    let names = try modelNames(session, selection)
    guard !names.isEmpty else {
      CommandLineTool.complain("olap refresh: no model is selected")
      return 0
    }
    let full = options.isFullRefresh ? " FULL" : ""
    let statement =
      options.isDryRun
      ? "EXPLAIN REFRESH \(names.joined(separator: ", "))"
      : "REFRESH \(names.joined(separator: ", "))\(full)"
    _ = try printRows(of: statement, session)
    return 0
  }

  private func verify(_ session: ProjectSession, _ selection: Selection) throws -> Int32 {
    let names = try modelNames(session, selection)
    guard !names.isEmpty else {
      CommandLineTool.complain("olap verify: no model is selected")
      return 0
    }
    let sample = options.sampleKeys.map { " SAMPLE \($0) KEYS" } ?? ""
    let repair = options.repairs ? " REPAIR" : ""
    let statement = "VERIFY \(names.joined(separator: ", "))\(sample)\(repair)"
    let all = try printRows(of: statement, session)
    let differs = all.contains { $0["result"].map { $0.text(.varchar) == "DIFFERS" } ?? false }
    return differs ? 1 : 0
  }

  private func printRows(of statement: String, _ session: ProjectSession) throws -> [Row] {
    let result = try session.connection.execute(statement)
    let rows = try result.allRows()
    TextGrid(result.columns, rows).print(asJSON: options.printsJSON)
    return rows
  }
}
