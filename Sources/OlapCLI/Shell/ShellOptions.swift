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
  /// `-init FILE`, else `~/.olaprc` when a person types; `-no-init` reads none.
  var startupFiles: [String] = []
  /// `-cmd SQL`: run before anything else.
  var startupCommands: [String] = []

  private var readsStartupFile = true

  enum Command {
    case sql(String)
    case file(String)
  }

  struct UsageError: Error { let message: String }

  /// Options may have one dash or two.
  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    var isPositionalOnly = false
    while let argument = rest.popFirst() {
      guard !isPositionalOnly, argument.hasPrefix("-"), argument.count > 1 else {
        try addPositional(argument)
        continue
      }
      if argument == "--" {
        isPositionalOnly = true
        continue
      }
      var name =
        argument.hasPrefix("--") ? String(argument.dropFirst(2)) : String(argument.dropFirst())
      var inlineValue: String?
      if let equals = name.firstIndex(of: "=") {
        inlineValue = String(name[name.index(after: equals)...])
        name = String(name[..<equals])
      }
      let value: () throws -> String = {
        if let inlineValue { return inlineValue }
        guard let next = rest.popFirst() else {
          throw UsageError(message: "option -\(name) needs a value")
        }
        return next
      }
      try apply(name, value)
    }
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

  private mutating func addPositional(_ argument: String) throws {
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
    case "newline": newline = try value()
    case "batch": isBatch = true
    case "readonly": database.isReadOnly = true
    case "threads":
      guard let count = Int(try value()), count > 0 else {
        throw UsageError(message: "-threads takes a number above 0")
      }
      database.threads = count
    case "memory-limit", "memory_limit":
      let text = try value()
      guard let bytes = ByteSize.parse(text) else {
        throw UsageError(message: "-memory-limit takes a size such as 512MB, not \"\(text)\"")
      }
      database.memoryLimit = bytes
    case "header": showsHeader = true
    case "noheader": showsHeader = false
    case "nullvalue": nullText = try value()
    case "separator": separator = try value()
    case "bail": bails = true
    case "continue": bails = false
    case "echo": echoes = true
    case "interactive": isBatch = false
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
