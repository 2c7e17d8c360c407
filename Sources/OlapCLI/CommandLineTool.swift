@preconcurrency import Glibc
import Olap

/// The verbs of the binary. Exit codes: 0 done, 1 a statement or load failed, 2 usage or cannot open.
enum CommandLineTool {
  static let version = "olap 0.1.0"

  static func run(_ arguments: [String]) -> Int32 {
    guard let first = arguments.first else { return ShellCommand.run([]) }
    switch first {
    case "shell": return ShellCommand.run(Array(arguments.dropFirst()))
    case "load": return LoadCommand.run(Array(arguments.dropFirst()))
    case "help", "--help", "-h", "-help":
      return help(Array(arguments.dropFirst()))
    case "version", "--version":
      print(version)
      return 0
    default:
      if let verb = ProjectVerb(rawValue: first) {
        return ProjectCommand.run(verb, Array(arguments.dropFirst()))
      }
      return ShellCommand.run(arguments)
    }
  }

  /// The verbs with their help texts.
  static var verbs: [VerbHelp] {
    [
      VerbHelp(
        name: "shell", summary: "Run SQL on a database file, or in memory", text: ShellCommand.usage
      ),
      VerbHelp(name: "load", summary: "Load files into a table", text: LoadCommand.usage),
    ]
      + ProjectVerb.allCases.map { verb in
        VerbHelp(name: verb.rawValue, summary: verb.title, text: verb.help)
      }
  }

  /// `help [VERB]`, `help man` and `help completions SHELL`.
  private static func help(_ words: [String]) -> Int32 {
    switch words.first {
    case nil: print(usage)
    case "man": print(ManualPage.text(version: version, overview: usage, verbs: verbs))
    case "completions":
      guard let text = CompletionScript.text(for: words.dropFirst().first ?? "", verbs: verbs)
      else {
        complain("olap: help completions takes \(CompletionScript.shells.joined(separator: ", "))")
        return 2
      }
      print(text, terminator: "")
    case let other?:
      guard let verb = verbs.first(where: { $0.name == other }) else {
        complain("olap: there is no verb \"\(other)\"; `olap help` lists them")
        return 2
      }
      print(verb.text)
    }
    return 0
  }

  static let usage = """
    olap - an embedded columnar database with bronze, silver and gold layers inside

    USAGE
      olap [shell] [FILE] [SQL]          run SQL on FILE (none: in memory), or read it from stdin
      olap load FILE TABLE INPUT...      load CSV, TSV or JSON files into a table
      olap init [FOLDER]                 make a project: sources, models and tests as files
      olap build                         build the project here, tests included: all or nothing
      olap run|test|refresh|verify|show|compile|list|retry|resync
                                         parts of it; `olap help build` tells more
      olap help [VERB]                   this text, or a verb's
      olap help man                      the man page (for `man -l -`)
      olap help completions bash|zsh|fish
      olap version                       the version

    EXAMPLES
      olap load shop.olap orders orders.csv --create --key id
      olap shop.olap "SELECT count(*) FROM orders"
      echo 'REFRESH ALL;' | olap shell shop.olap
    """

  /// One line on stderr, after everything printed so far.
  static func complain(_ text: String) {
    fflush(stdout)
    fputs(text + "\n", stderr)
  }
}
