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
    var names: [String] = []
    var reader: String?
    var skip: Int?
    var rest = arguments[...]
    while let word = rest.popFirst() {
      switch word.hasPrefix("--") ? String(word.dropFirst()) : word {
      case "-csv": reader = "read_csv"
      case "-json": reader = "read_json"
      case "-v": break
      case "-skip":
        guard let count = rest.popFirst().flatMap({ Int($0) }), count >= 0 else {
          throw Misuse(message: "--skip takes a number of lines")
        }
        skip = count
      case let option where option.hasPrefix("-"):
        throw Misuse(message: "there is no option \"\(word)\"; `olap load` has more")
      default: names.append(word)
      }
    }
    guard names.count == 2 else { throw Misuse(message: "a file and a table are needed") }
    if reader == nil, skip != nil { reader = "read_csv" }
    let path = "'\(escape(names[0]))'"
    let source = reader.map { "\($0)(\(path)\(skip.map { ", skip = \($0)" } ?? ""))" } ?? path
    let parts = names[1].split(separator: ".").map(String.init)
    let table = parts.map { quote($0) }.joined(separator: ".")
    let schema = parts.count > 1 ? parts[parts.count - 2] : "main"
    let exists = try session.connection.query(
      "SELECT 1 FROM information_schema.tables WHERE lower(table_name) = "
        + "lower('\(escape(parts.last ?? ""))') AND lower(table_schema) = lower('\(escape(schema))')"
    )
    if exists.isEmpty {
      try session.connection.execute("CREATE TABLE \(table) AS SELECT * FROM \(source)")
    } else {
      try session.connection.execute("INSERT INTO \(table) SELECT * FROM \(source)")
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
  /// REFRESH, so their rows are left out. With a name: that table and its indexes.
  static func dump(_ arguments: [String], _ session: ShellSession) throws {
    let connection = session.connection
    let wanted = arguments.first?.lowercased()
    let definitions = connection.definitions().filter { item in
      let names = [item.name, "\(item.schema).\(item.name)", item.table ?? item.name]
      return wanted == nil || names.contains { $0.lowercased() == wanted }
    }
    session.write("BEGIN;\n")
    // Rows come before what may watch over or read them.
    let isLate: (ObjectDefinition) -> Bool = { item in
      item.kind == .index || item.kind == .view || item.kind == .macro || item.isDerived
    }
    for item in definitions where !isLate(item) { session.write(item.sql + "\n") }
    var printer = session.printer
    printer.mode = .insert
    for item in definitions where item.kind == .table && !item.isDerived {
      guard !item.storedColumns.isEmpty else { continue }
      let parts = item.schema == "main" ? [item.name] : [item.schema, item.name]
      printer.insertTable = parts
      let name = parts.map { quote($0) }.joined(separator: ".")
      let rows = try connection.execute("SELECT \(item.storedColumns) FROM \(name)")
      try printer.print(rows) { session.write($0) }
    }
    for item in definitions where isLate(item) { session.write(item.sql + "\n") }
    session.write("COMMIT;\n")
    if definitions.contains(where: { $0.isDerived }) { session.write("REFRESH ALL;\n") }
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
    guard editor != nil || isatty(STDIN_FILENO) == 1 else {
      throw Misuse(message: "no terminal to edit on; set EDITOR")
    }
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
