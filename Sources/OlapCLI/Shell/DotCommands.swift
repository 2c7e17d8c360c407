@preconcurrency import Glibc
import Olap

/// The dot commands: one entry each, with its help line.
enum DotCommands {
  struct Command {
    let name: String
    let arguments: String
    let summary: String
    let run: (_ arguments: [String], _ session: ShellSession) throws -> Void
  }

  struct Misuse: Error { let message: String }

  nonisolated(unsafe) static let all: [Command] = [
    Command(
      name: "help", arguments: "?NAME?", summary: "This list, or what a command or function does",
      run: help),
    Command(name: "tables", arguments: "?PATTERN?", summary: "Tables and views", run: tables),
    Command(name: "schema", arguments: "?TABLE?", summary: "CREATE statements", run: schema),
    Command(name: "mode", arguments: "?MODE? ?TABLE?", summary: "Output mode", run: mode),
    Command(name: "timer", arguments: "on|off", summary: "Time every statement", run: timer),
    Command(name: "read", arguments: "FILE", summary: "Run a file", run: read),
    Command(
      name: "output", arguments: "?FILE or |COMMAND?", summary: "Send output there, or back",
      run: output),
    Command(
      name: "once", arguments: "FILE or |COMMAND", summary: "Send the next result there", run: once),
    Command(
      name: "import", arguments: "?OPTIONS? FILE TABLE",
      summary: "Load a file into a table, made if missing (--csv --json --skip N)", run: importFile),
    Command(name: "open", arguments: "?FILE?", summary: "Go on with another database", run: open),
    Command(name: "databases", arguments: "", summary: "Open databases", run: databases),
    Command(name: "schemas", arguments: "", summary: "Schemas", run: schemas),
    Command(name: "indexes", arguments: "", summary: "Indexes", run: indexes),
    Command(name: "views", arguments: "?PATTERN?", summary: "Views", run: views),
    Command(name: "models", arguments: "", summary: "Layer tables and their state", run: models),
    Command(name: "runs", arguments: "", summary: "Refresh history", run: runs),
    Command(
      name: "plot", arguments: "?bar|line|histogram? ?SQL?",
      summary: "Chart of a query, or of the last one", run: plot),
    Command(
      name: "dump", arguments: "?TABLE?", summary: "SQL that makes the tables and rows anew",
      run: dump),
    Command(name: "edit", arguments: "?FILE?", summary: "Edit the last statement", run: edit),
    Command(name: "last", arguments: "", summary: "Run the last statement again", run: last),
    Command(name: "headers", arguments: "on|off", summary: "Column names in output", run: headers),
    Command(name: "nullvalue", arguments: "TEXT", summary: "What NULL prints as", run: nullvalue),
    Command(
      name: "separator", arguments: "COLUMN ?ROW?", summary: "Between columns, and rows",
      run: separator),
    Command(name: "maxrows", arguments: "N", summary: "Rows a fitted grid shows", run: maxrows),
    Command(
      name: "maxwidth", arguments: "N", summary: "Width of a fitted grid, 0 = the terminal's",
      run: maxwidth),
    Command(
      name: "width", arguments: "N N …", summary: "Widths of columns, 0 = what they need",
      run: width),
    Command(
      name: "pager", arguments: "on|off|COMMAND", summary: "Show long results in a pager",
      run: pager),
    Command(
      name: "progress_bar", arguments: "on|off", summary: "Progress of queries over 2 s",
      run: progressBar),
    Command(
      name: "changes", arguments: "on|off", summary: "Count the rows that statements change",
      run: changes),
    Command(name: "bail", arguments: "on|off", summary: "Stop at the first error", run: bail),
    Command(
      name: "echo", arguments: "on|off", summary: "Print statements before they run", run: echo),
    Command(name: "print", arguments: "TEXT…", summary: "Print text", run: printText),
    Command(name: "prompt", arguments: "?TEXT?", summary: "The prompt, without its >", run: prompt),
    Command(name: "show", arguments: "", summary: "The shell's settings", run: show),
    Command(
      name: "shell", arguments: "COMMAND", summary: "Run a command of the system", run: system),
    Command(
      name: "cd", arguments: "FOLDER", summary: "Change the working folder", run: changeFolder),
    Command(name: "version", arguments: "", summary: "The version", run: version),
    Command(name: "exit", arguments: "?CODE?", summary: "Leave", run: leave),
    Command(name: "quit", arguments: "", summary: "Leave", run: leave),
  ]

  /// psql and sqlite spellings.
  private static let aliases: [String: String] = [
    "\\q": "exit", "\\d": "describe", "\\dt": "tables", "\\dn": "schemas", "\\l": "databases",
    "\\timing": "timer", "\\i": "read", "\\o": "output", "\\e": "edit", "\\x": "expanded",
    "\\?": "help", "\\h": "help", "\\!": "shell", "\\cd": "cd", "\\echo": "print",
    "\\dv": "views", "\\di": "indexes", "\\c": "open", "header": "headers", "q": "quit",
    "system": "shell",
    "rows": "maxrows",
  ]

  static func run(_ line: String, in session: ShellSession) {
    var words = split(line)
    guard !words.isEmpty else { return }
    var name = words.removeFirst()
    if name.hasPrefix(".") { name.removeFirst() }
    name = aliases[name] ?? name
    // psql's \\d describes a table when one is named, and \\x turns records sideways and back.
    if name == "describe" { return describe(words, session) }
    if name == "expanded" { return expand(words, session) }
    let matches = all.filter { $0.name == name }
    let found = matches.first ?? unique(prefix: name)
    guard let found else {
      session.fail("Error: unknown command \".\(name)\"; .help lists them")
      return
    }
    // SQL and commands of the system keep their quotes.
    let takesText =
      ["plot", "shell"].contains(found.name)
      || (["output", "once"].contains(found.name) && words.first?.hasPrefix("|") ?? false)
    attempt(found, takesText ? plainWords(line) : words, session)
  }

  /// The words behind the command's name, quotes and all.
  private static func plainWords(_ line: String) -> [String] {
    line.split(separator: " ").dropFirst().map(String.init)
  }

  private static func describe(_ words: [String], _ session: ShellSession) {
    guard let table = words.first else { return run(".tables", in: session) }
    session.run(.statement("DESCRIBE " + table + ";"))
  }

  private static func expand(_ words: [String], _ session: ShellSession) {
    let isLine = session.printer.mode == .line
    switch words.first?.lowercased() {
    case nil: session.setLineMode(!isLine)
    case "on": session.setLineMode(true)
    case "off": session.setLineMode(false)
    default: session.fail("Error: on or off is needed. Usage: \\x ?on|off?")
    }
  }

  private static func attempt(_ found: Command, _ words: [String], _ session: ShellSession) {
    do {
      try found.run(words, session)
    } catch let error as Misuse {
      session.fail("Error: \(error.message). Usage: .\(found.name) \(found.arguments)")
    } catch let error as OlapError {
      session.fail(error.detailedDescription)
    } catch {
      session.fail("\(error)")
    }
  }

  private static func unique(prefix: String) -> Command? {
    let matches = all.filter { $0.name.hasPrefix(prefix) }
    return matches.count == 1 && !prefix.isEmpty ? matches[0] : nil
  }

  /// Words separated by blanks; quotes keep blanks, and in double quotes \n, \r, \t mean themselves.
  static func split(_ line: String) -> [String] {
    var words: [String] = []
    var current: String?
    var quote: Character?
    var isEscaped = false
    for character in line {
      if isEscaped {
        let mapped = ShellOptions.escapes[character] ?? character
        current = (current ?? "") + String(mapped)
        isEscaped = false
      } else if let open = quote {
        if character == open {
          quote = nil
        } else if character == "\\" && open == "\"" {
          isEscaped = true
        } else {
          current = (current ?? "") + String(character)
        }
      } else if character == "'" || character == "\"" {
        quote = character
        current = current ?? ""
      } else if character == " " || character == "\t" {
        if let word = current { words.append(word) }
        current = nil
      } else {
        current = (current ?? "") + String(character)
      }
    }
    if let word = current { words.append(word) }
    return words
  }

  static func flag(_ arguments: [String]) throws -> Bool {
    switch arguments.first?.lowercased() {
    case "on", "yes", "1", "true": return true
    case "off", "no", "0", "false": return false
    default: throw Misuse(message: "on or off is needed")
    }
  }

  static func escape(_ text: String) -> String {
    text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
  }

  static func show(_ sql: String, _ session: ShellSession) throws {
    try session.connection.execute(each: sql) { try session.present($0) }
  }

  private static func help(_ arguments: [String], _ session: ShellSession) throws {
    if let name = arguments.first {
      if let command = all.first(where: { $0.name == name || "." + $0.name == name }) {
        session.write(".\(command.name) \(command.arguments)  \(command.summary)\n")
        if command.name == "mode" { session.write("  " + modeNames + "\n") }
        return
      }
      let rows = try session.connection.query(
        "SELECT function_name, description, example, result FROM olap.functions "
          + "WHERE function_name = '\(escape(name.lowercased()))'")
      if let row = rows.first {
        session.write("\(row.string(0) ?? name): \(row.string(1) ?? "")\n")
        if let example = row.string(2) {
          session.write("  \(example)  →  \(row.string(3) ?? "")\n")
        }
        return
      }
      throw Misuse(message: "there is no command or function \"\(name)\"")
    }
    for command in all {
      let head = ".\(command.name) \(command.arguments)"
      session.write(
        head + String(repeating: " ", count: max(1, 34 - head.count)) + command.summary + "\n")
    }
    session.write(
      "psql's names work too: "
        + aliases.keys.filter { $0.hasPrefix("\\") }.sorted()
        .joined(separator: " ") + "\n")
  }

  private static func tables(_ arguments: [String], _ session: ShellSession) throws {
    try list("true", arguments, session)
  }
  private static func views(_ arguments: [String], _ session: ShellSession) throws {
    try list("table_type = 'VIEW'", arguments, session)
  }

  /// Names of relations that satisfy a condition, with their schema outside of main; a pattern is LIKE's.
  private static func list(_ condition: String, _ arguments: [String], _ session: ShellSession)
    throws
  {
    var sql =
      "SELECT CASE WHEN table_schema = 'main' THEN '' ELSE table_schema || '.' END || table_name "
      + "AS name FROM information_schema.tables "
      + "WHERE \(condition) AND table_schema NOT IN ('olap', 'information_schema')"
    if let pattern = arguments.first { sql += " AND table_name ILIKE '\(escape(pattern))'" }
    for row in try session.connection.query(sql + " ORDER BY table_schema <> 'main', name") {
      session.write((row.string(0) ?? "") + "\n")
    }
  }

  /// Every object, or those of a name (a table with its indexes).
  private static func schema(_ arguments: [String], _ session: ShellSession) throws {
    let name = arguments.first?.lowercased()
    for item in session.connection.definitions() {
      let names = [item.name, "\(item.schema).\(item.name)", item.table ?? item.name]
      guard name == nil || names.contains(where: { $0.lowercased() == name }) else { continue }
      session.write(item.sql + "\n")
    }
  }

  private static func mode(_ arguments: [String], _ session: ShellSession) throws {
    guard let name = arguments.first else {
      session.write("current output mode: \(session.printer.mode.rawValue)\n")
      return
    }
    guard let mode = OutputMode(rawValue: name.lowercased()) else {
      throw Misuse(message: "there is no mode \"\(name)\"; modes: \(modeNames)")
    }
    session.printer.mode = mode
    if mode == .insert, arguments.count > 1 {
      session.printer.insertTable = arguments[1].split(separator: ".").map(String.init)
    }
  }

  private static var modeNames: String {
    OutputMode.allCases.map { $0.rawValue }.joined(separator: " ")
  }

  private static func headers(_ arguments: [String], _ session: ShellSession) throws {
    session.printer.showsHeader = try flag(arguments)
  }
  private static func nullvalue(_ arguments: [String], _ session: ShellSession) throws {
    session.printer.nullText = arguments.first ?? ""
  }
  private static func separator(_ arguments: [String], _ session: ShellSession) throws {
    guard let text = arguments.first else { throw Misuse(message: "a separator is needed") }
    session.printer.separator = text
    if arguments.count > 1 { session.printer.newline = arguments[1] }
  }
  private static func maxrows(_ arguments: [String], _ session: ShellSession) throws {
    guard let count = arguments.first.flatMap({ Int($0) }), count >= 0 else {
      throw Misuse(message: "a number is needed")
    }
    session.printer.maximumRows = count == 0 ? Int.max : count
  }
  private static func bail(_ arguments: [String], _ session: ShellSession) throws {
    session.bails = try flag(arguments)
  }
  private static func echo(_ arguments: [String], _ session: ShellSession) throws {
    session.echoes = try flag(arguments)
  }
  private static func printText(_ arguments: [String], _ session: ShellSession) throws {
    session.write(arguments.joined(separator: " ") + "\n")
  }
  private static func timer(_ arguments: [String], _ session: ShellSession) throws {
    session.showsTime = arguments.isEmpty ? !session.showsTime : try flag(arguments)
  }
  private static func read(_ arguments: [String], _ session: ShellSession) throws {
    guard let path = arguments.first else { throw Misuse(message: "a file is needed") }
    session.readFile(path)
  }

  private static func output(_ arguments: [String], _ session: ShellSession) throws {
    session.closeOutput()
    guard let path = arguments.first, path != "stdout" else { return }
    let text = arguments.joined(separator: " ")
    do {
      try session.redirect(
        to: path.hasPrefix("|") ? .command(String(text.dropFirst())) : .file(path))
    } catch let error as ShellSession.CannotWrite {
      throw Misuse(message: "cannot write \"\(text)\": \(error.reason)")
    }
  }

  private static func once(_ arguments: [String], _ session: ShellSession) throws {
    guard !arguments.isEmpty else { throw Misuse(message: "a file is needed") }
    try output(arguments, session)
    session.isOutputOnce = true
  }

  private static func databases(_ arguments: [String], _ session: ShellSession) throws {
    for row in try session.connection.query("SELECT database_name, path FROM duckdb_databases()") {
      session.write("\(row.string(0) ?? ""): \(row.string(1) ?? ":memory:")\n")
    }
  }
  private static func models(_ arguments: [String], _ session: ShellSession) throws {
    try show(
      "SELECT name, layer, state, row_count, depends_on FROM olap.models ORDER BY name", session)
  }
  private static func runs(_ arguments: [String], _ session: ShellSession) throws {
    try show(
      "SELECT started_at, status, rows_created, rows_updated, rows_deleted, rows_unchanged, "
        + "error_message FROM olap.pipeline_runs ORDER BY started_at DESC LIMIT 20", session)
  }
  private static func indexes(_ arguments: [String], _ session: ShellSession) throws {
    try show("SELECT index_name, table_name, is_unique FROM duckdb_indexes()", session)
  }

  private static func show(_ arguments: [String], _ session: ShellSession) throws {
    let onOff: (Bool) -> String = { $0 ? "on" : "off" }
    let printer = session.printer
    let settings: [(String, String)] = [
      ("bail", onOff(session.bails)), ("changes", onOff(session.showsChanges)),
      ("echo", onOff(session.echoes)), ("headers", onOff(printer.showsHeader ?? true)),
      ("maxrows", printer.maximumRows == .max ? "all" : "\(printer.maximumRows)"),
      ("maxwidth", printer.maximumWidth.map { "\($0)" } ?? "the terminal's"),
      ("mode", printer.mode.rawValue), ("nullvalue", quoted(printer.nullText)),
      ("output", session.outputName ?? "stdout"),
      ("pager", session.pager.map { $0.command ?? "on" } ?? "off"),
      ("progress", onOff(session.showsProgress)), ("separator", quoted(printer.separator)),
      ("timer", onOff(session.showsTime)),
      ("width", printer.columnWidths.map { "\($0)" }.joined(separator: " ")),
      ("file", session.database.path ?? ":memory:"),
    ]
    for (name, value) in settings {
      session.write(name + String(repeating: " ", count: 11 - name.count) + value + "\n")
    }
  }

  /// A text with its control characters spelt out; nothing for the mode's own.
  private static func quoted(_ text: String?) -> String {
    text.map { "\"" + ResultPrinter.singleLine($0) + "\"" } ?? "the mode's"
  }

  private static func system(_ arguments: [String], _ session: ShellSession) throws {
    guard !arguments.isEmpty else { throw Misuse(message: "a command is needed") }
    fflush(stdout)
    guard let pipe = popen(arguments.joined(separator: " "), "r") else {
      throw Misuse(message: "cannot start the command")
    }
    var buffer = [CChar](repeating: 0, count: 4096)
    while fgets(&buffer, Int32(buffer.count), pipe) != nil {
      session.write(
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    pclose(pipe)
  }

  private static func changeFolder(_ arguments: [String], _ session: ShellSession) throws {
    guard let folder = arguments.first else { throw Misuse(message: "a folder is needed") }
    guard chdir(folder) == 0 else {
      throw Misuse(message: "cannot change to \"\(folder)\": \(String(cString: strerror(errno)))")
    }
  }
  private static func version(_ arguments: [String], _ session: ShellSession) throws {
    session.write(CommandLineTool.version + "\n")
  }
  private static func leave(_ arguments: [String], _ session: ShellSession) throws {
    session.isDone = true
    if let code = arguments.first { session.exitCode = Int32(code) ?? 0 }
  }
}
