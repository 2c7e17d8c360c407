@preconcurrency import Glibc
import Olap

/// What `olap shell` was asked on the command line.
struct ShellOptions {
  var file: String?
  /// SQL to run, in order: -c texts, -f files, the positional SQL.
  var commands: [Command] = []
  var database = DatabaseOptions()
  var mode: OutputMode?
  var showsHeader: Bool?
  var nullText: String?
  var bails: Bool?
  var separator: String?
  var newline: String?
  var echoes = false
  /// `-batch`: never prompt, even on a terminal.
  var isBatch = false
  /// `-interactive`: prompt and go on after errors, even off a terminal.
  var isInteractive = false
  /// `-init FILE`, else `~/.olaprc` when a person types; `-no-init` reads none.
  var startupFiles: [String] = []
  /// `-cmd SQL`: run before anything else.
  var startupCommands: [String] = []

  private var readsStartupFile = true

  enum Command {
    case sql(String)
    case file(String)
  }

  typealias UsageError = OptionWords.UsageError

  /// Options may have one dash or two.
  init(_ arguments: [String]) throws {
    try OptionWords.read(
      arguments, positional: { addPositional($0) }, option: { try apply($0, $1) })
    addStartupFile()
  }

  /// `~/.olaprc` serves people, not scripts: it is read only when the shell will prompt.
  private mutating func addStartupFile() {
    guard readsStartupFile, startupFiles.isEmpty, commands.isEmpty, !isBatch,
      isatty(STDIN_FILENO) == 1, let home = getenv("HOME")
    else { return }
    let path = String(cString: home) + "/.olaprc"
    if access(path, R_OK) == 0 { startupFiles = [path] }
  }

  /// What letters behind a backslash stand for.
  static let escapes: [Character: Character] = [
    "t": "\t", "n": "\n", "r": "\r", "0": "\0", "\\": "\\",
  ]

  /// `\t`, `\n`, `\r`, `\0` and `\\` as what they stand for: command lines can hardly hold the real ones.
  static func unescaped(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let character = rest.popFirst() {
      guard character == "\\", let next = rest.first, let meaning = escapes[next] else {
        result.append(character)
        continue
      }
      result.append(meaning)
      rest.removeFirst()
    }
    return result
  }

  private mutating func addPositional(_ argument: String) {
    if file == nil {
      file = argument
    } else {
      commands.append(.sql(argument))
    }
  }

  private mutating func apply(_ name: String, _ value: () throws -> String) throws {
    if let mode = OutputMode(rawValue: name) {
      self.mode = mode
      return
    }
    switch name {
    case "c", "s", "command": commands.append(.sql(try value()))
    case "cmd": startupCommands.append(try value())
    case "f", "file": commands.append(.file(try value()))
    case "init": startupFiles = [try value()]
    case "no-init": readsStartupFile = false
    case "newline": newline = ShellOptions.unescaped(try value())
    case "batch": isBatch = true
    case "readonly": database.isReadOnly = true
    case "threads": database.threads = try OptionWords.count(name, value())
    case "memory-limit", "memory_limit":
      database.memoryLimit = try OptionWords.byteCount(name, value())
    case "header": showsHeader = true
    case "noheader": showsHeader = false
    case "nullvalue": nullText = try value()
    case "separator": separator = ShellOptions.unescaped(try value())
    case "bail": bails = true
    case "continue": bails = false
    case "echo": echoes = true
    case "interactive": (isInteractive, isBatch) = (true, false)
    case "version":
      throw UsageError(message: CommandLineTool.version)
    case "help", "h": throw UsageError(message: ShellCommand.usage)
    default:
      throw UsageError(message: "unknown option -\(name); `olap help shell` lists them")
    }
  }
}

/// "512MB", "2GiB", "1000000" as bytes.
enum ByteSize {
  static func parse(_ text: String) -> Int? {
    let folded = text.lowercased().filter { $0 != " " }
    let digits = folded.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(String(digits)), number > 0 else { return nil }
    let units: [String: Double] = [
      "": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12,
      "tb": 1e12, "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824,
    ]
    guard let factor = units[String(folded.dropFirst(digits.count))] else { return nil }
    return Int(number * factor)
  }
}
