@preconcurrency import Glibc
import Olap

/// Commands that move data and statements: .import, .dump, .open, .edit, .last, .plot.
extension DotCommands {
  static func quote(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  /// Loads a file as `olap load --create` does, within the session's transaction if one is open.
  static func importFile(_ arguments: [String], _ session: ShellSession) throws {
    guard arguments.count == 2 else { throw Misuse(message: "a file and a table are needed") }
    let file = "'\(escape(arguments[0]))'"
    let table = quote(arguments[1])
    let exists = try session.connection.query(
      "SELECT 1 FROM information_schema.tables WHERE lower(table_name) = "
        + "lower('\(escape(arguments[1]))')")
    if exists.isEmpty {
      try session.connection.execute("CREATE TABLE \(table) AS SELECT * FROM \(file)")
    } else {
      try session.connection.execute("INSERT INTO \(table) SELECT * FROM \(file)")
    }
  }

  static func open(_ arguments: [String], _ session: ShellSession) throws {
    guard !session.connection.isInTransaction else {
      throw Misuse(message: "a transaction is open; COMMIT or ROLLBACK first")
    }
    let path = arguments.first.flatMap { $0 == ":memory:" ? nil : $0 }
    try session.open(path)
  }

  static func schemas(_ arguments: [String], _ session: ShellSession) throws {
    try show("SELECT schema_name FROM information_schema.schemata ORDER BY 1", session)
  }

  /// Schema and rows as SQL in one transaction. Derived tables come back by their definition and a
  /// REFRESH, so their rows are left out.
  static func dump(_ arguments: [String], _ session: ShellSession) throws {
    let connection = session.connection
    var filter = ""
    if let name = arguments.first { filter = " WHERE lower(name) = lower('\(escape(name))')" }
    let objects = try connection.query("SELECT name, type, sql FROM sqlite_master\(filter)")
    let models = Set(
      try connection.query("SELECT name FROM olap.models WHERE layer <> 'bronze'").compactMap {
        $0.string(0)
      })
    session.write("BEGIN;\n")
    var printer = session.printer
    printer.mode = .insert
    for object in objects {
      let name = object.string(0) ?? ""
      let sql = object.string(2) ?? ""
      if object.string(1) == "view" {
        session.write("CREATE VIEW \(quote(name)) AS \(sql);\n")
        continue
      }
      session.write(sql + (sql.hasSuffix(";") ? "\n" : ";\n"))
      guard object.string(1) == "table", !models.contains(name) else { continue }
      printer.insertTable = name
      try printer.print(try connection.execute("FROM \(quote(name))")) { session.write($0) }
    }
    session.write("COMMIT;\n")
    if !models.isEmpty, arguments.isEmpty { session.write("REFRESH ALL;\n") }
  }

  /// Opens the last statement in VISUAL, EDITOR or vi; the text comes back to the prompt.
  static func edit(_ arguments: [String], _ session: ShellSession) throws {
    var template = Array("/tmp/olap-edit-XXXXXX.sql".utf8CString)
    let descriptor = mkstemps(&template, 4)
    guard descriptor >= 0 else {
      throw Misuse(message: "cannot make a file in /tmp: \(String(cString: strerror(errno)))")
    }
    close(descriptor)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    let text = try arguments.first.map { file in
      guard let text = try? TextFile.read(file) else {
        throw Misuse(message: "cannot read \"\(file)\"")
      }
      return text
    }
    guard (try? TextFile.write((text ?? session.lastStatement) + "\n", to: path)) != nil else {
      throw Misuse(message: "cannot write \"\(path)\"")
    }
    let names: [String] = ["VISUAL", "EDITOR"]
    let editor: String? = names.compactMap { (name: String) -> String? in
      getenv(name).map { String(cString: $0) }
    }.first { !$0.isEmpty }
    fflush(stdout)
    guard Glibc.system((editor ?? "vi") + " " + path) == 0 else {
      throw Misuse(message: "the editor \"\(editor ?? "vi")\" failed; set EDITOR")
    }
    var edited = (try? TextFile.read(path)) ?? ""
    while edited.last?.isWhitespace ?? false { edited.removeLast() }
    session.offer(edited)
  }

  static func last(_ arguments: [String], _ session: ShellSession) throws {
    guard !session.lastStatement.isEmpty else { throw Misuse(message: "nothing was run yet") }
    session.run(.statement(session.lastStatement))
  }

  static func plot(_ arguments: [String], _ session: ShellSession) throws {
    var rest = arguments[...]
    var kind = PlotPrinter.Kind.bar
    if let word = rest.first, let named = PlotPrinter.Kind(rawValue: word) {
      kind = named
      rest = rest.dropFirst()
    }
    let sql = rest.isEmpty ? session.lastStatement : rest.joined(separator: " ")
    guard !sql.isEmpty else { throw Misuse(message: "a query is needed, or one run before") }
    let size = Terminal().size
    let plot = PlotPrinter(
      kind: kind, width: size.columns, height: size.rows, style: session.printer.style)
    do {
      try session.run(sql) { try plot.print($0) { session.write($0) } }
    } catch let error as PlotPrinter.Misuse {
      throw Misuse(message: error.message)
    }
  }

  // MARK: Settings

  static func maxwidth(_ arguments: [String], _ session: ShellSession) throws {
    guard let count = arguments.first.flatMap({ Int($0) }), count >= 0 else {
      throw Misuse(message: "a number is needed")
    }
    session.printer.maximumWidth = count == 0 ? nil : count
  }

  static func width(_ arguments: [String], _ session: ShellSession) throws {
    session.printer.columnWidths = try arguments.map { word in
      guard let width = Int(word) else { throw Misuse(message: "\"\(word)\" is no number") }
      return width
    }
  }

  static func pager(_ arguments: [String], _ session: ShellSession) throws {
    switch arguments.first {
    case nil: session.write("pager: \(session.pager.map { $0.command ?? "on" } ?? "off")\n")
    case "off": session.pager = nil
    case "on": session.pager = Pager()
    default: session.pager = Pager(command: arguments.joined(separator: " "))
    }
  }

  static func progressBar(_ arguments: [String], _ session: ShellSession) throws {
    session.showsProgress = try flag(arguments)
  }

  static func changes(_ arguments: [String], _ session: ShellSession) throws {
    session.showsChanges = try flag(arguments)
  }

  static func prompt(_ arguments: [String], _ session: ShellSession) throws {
    session.prompt = arguments.first
  }
}
