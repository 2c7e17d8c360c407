@preconcurrency import Glibc
import Olap

/// The state of one shell: connection, output mode, flags; runs statements and dot commands.
final class ShellSession {
  private(set) var database: Database
  private(set) var connection: Connection
  let options: ShellOptions
  var printer: ResultPrinter
  var bails: Bool
  var showsTime = false
  var showsChanges = false
  var showsProgress = true
  var echoes: Bool
  /// `.prompt TEXT`; nil = the database's name.
  var prompt: String?
  /// `.pager`: nil = off.
  var pager: Pager?
  var hasFailed = false
  var isDone = false
  var exitCode: Int32?
  /// `.output`: nil = stdout.
  private var output: UnsafeMutablePointer<FILE>?
  private var isPipe = false
  /// What `.output` named; nil = stdout.
  private(set) var outputName: String?
  /// The mode that `\x` goes back to.
  private var modeBeforeLine = OutputMode.duckbox
  /// `.once`: the output returns to stdout after one statement.
  var isOutputOnce = false
  var readDepth = 0
  /// The last SQL statement, for `.edit`, `.last` and `.plot`.
  private(set) var lastStatement = ""
  private(set) var totalChanges = 0
  private var editedText = ""
  private var progress: ProgressBar?
  private var isInteractive = false

  init(database: Database, options: ShellOptions) {
    self.database = database
    self.connection = database.connect()
    self.options = options
    let isTerminal = isatty(STDOUT_FILENO) == 1
    printer = ResultPrinter(
      mode: options.mode ?? .duckbox, isTerminal: isTerminal,
      style: Style.detect(isTerminal: isTerminal))
    if let header = options.showsHeader { printer.showsHeader = header }
    if let text = options.nullText { printer.nullText = text }
    if let separator = options.separator { printer.separator = separator }
    if let newline = options.newline { printer.newline = newline }
    bails = options.bails ?? !options.isInteractive
    echoes = options.echoes
  }

  /// Runs what the command line gave, else stdin; the exit code.
  func run() -> Int32 {
    for path in options.startupFiles where !isDone { readFile(path) }
    for text in options.startupCommands where !isDone { runScript(text) }
    if !options.commands.isEmpty {
      for command in options.commands where !isDone {
        switch command {
        case .sql(let text): runScript(text)
        case .file(let path): readFile(path)
        }
        if hasFailed && bails { break }
      }
    } else if isatty(STDIN_FILENO) == 1 && !options.isBatch {
      bails = options.bails ?? false
      isInteractive = true
      InteractiveLoop(session: self).run()
      closeOutput()
      return exitCode ?? 0
    } else {
      readStandardInput()
    }
    closeOutput()
    if let exitCode { return exitCode }
    return hasFailed ? 1 : 0
  }

  /// Reads stdin line by line and runs each statement when it is complete.
  private func readStandardInput() {
    var feed = StatementFeed()
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while !isDone {
      if options.isInteractive {
        write(feed.isEmpty ? prompt(named: prompt ?? database.name) : "   .. ")
        fflush(stdout)
      }
      let count = getline(&line, &capacity, stdin)
      if count < 0 { break }
      let bytes = UnsafeRawBufferPointer(start: line, count: count)
      for item in feed.add(String(decoding: bytes, as: UTF8.self)) {
        run(item)
        if isDone || (hasFailed && bails) { return }
      }
    }
    for item in feed.finish() where !isDone { run(item) }
  }

  /// The prompt; an open transaction shows, so that nobody forgets to commit it.
  func prompt(named name: String) -> String {
    name + (connection.isInTransaction ? "*" : "") + "> "
  }

  /// Runs a text of statements and dot commands.
  func runScript(_ text: String) {
    var feed = StatementFeed()
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      for item in feed.add(String(line) + "\n") {
        run(item)
        if isDone || (hasFailed && bails) { return }
      }
    }
    for item in feed.finish() where !isDone { run(item) }
  }

  /// Runs what the editor submitted. Ctrl-C cancels the running statement and drops the rest.
  func runInteractive(_ text: String) {
    var feed = StatementFeed()
    var items: [StatementFeed.Item] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      items += feed.add(String(line) + "\n")
    }
    items += feed.finish()
    for item in items where !isDone {
      if Interrupts.watch(connection, { run(item) }) { break }
    }
  }

  /// `.read FILE` and -f.
  func readFile(_ path: String) {
    guard readDepth < 20 else {
      return fail("Error: .read is nested too deeply: \(path)")
    }
    guard let text = try? TextFile.read(path) else {
      return fail("Error: cannot open \"\(path)\"")
    }
    readDepth += 1
    runScript(text)
    readDepth -= 1
  }

  func run(_ item: StatementFeed.Item) {
    switch item {
    case .command(let line):
      if echoes { write(line + "\n") }
      DotCommands.run(line, in: self)
    case .statement(let sql): runStatement(sql)
    }
    fflush(stdout)
  }

  private func runStatement(_ sql: String) {
    if echoes { write(sql + "\n") }
    lastStatement = sql
    let start = Stopwatch()
    let failure = attempt { try run(sql) { try present($0) } }
    if let failure { fail(failure) }
    if showsTime { write(start.report + "\n") }
    fflush(stdout)
    if isOutputOnce { closeOutput() }
  }

  /// Runs SQL with the progress bar up until the first output, handing each result to `body`.
  func run(_ sql: String, _ body: (QueryResult) throws -> Void) throws {
    if isInteractive && showsProgress {
      let bar = ProgressBar { [connection] in connection.progress }
      bar.begin()
      progress = bar
    }
    defer { stopProgress() }
    try connection.execute(each: sql) { result in
      try body(result)
      guard let changed = result.changedRowCount else { return }
      totalChanges += changed
      if showsChanges { write("changes: \(changed)   total_changes: \(totalChanges)\n") }
    }
  }

  /// Prints a result, through the pager when one is on and the text is longer than the screen.
  func present(_ result: QueryResult) throws {
    for notice in result.notices { fputs("Notice: \(notice)\n", stderr) }
    guard let pager, isInteractive, output == nil, !result.columns.isEmpty else {
      return try printer.print(result) { write($0) }
    }
    var text = ""
    try printer.print(result) { text += $0 }
    stopProgress()
    let lineCount = text.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    if lineCount < Terminal().size.rows || !pager.show(text) { write(text) }
  }

  /// The message of what `body` throws, nil when it returns.
  private func attempt(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch let error as OlapError {
      return error.detailedDescription
    } catch {
      return "\(error)"
    }
  }

  /// Rows of a catalog query, read beside the session so that a failed transaction does not matter.
  func metadata(_ sql: String) throws -> [Row] {
    if !connection.isInTransaction, let rows = try? connection.query(sql) { return rows }
    return try database.connect().query(sql)
  }

  /// Closes the database and goes on with another.
  func open(_ path: String?) throws {
    let next = try Database(path, options: options.database)
    let former = database
    database = next
    connection = next.connect()
    try former.close()
  }

  /// What `.edit` left for the prompt.
  func takeEditedText() -> String {
    defer { editedText = "" }
    return editedText
  }
  func offer(_ text: String) { editedText = text }

  private func stopProgress() {
    progress?.stop()
    progress = nil
  }

  /// Prints an error on stderr before anything else happens.
  func fail(_ message: String) {
    stopProgress()
    fflush(stdout)
    let isColoured = isatty(STDERR_FILENO) == 1 && printer.style.isColoured
    let (head, tail) = ShellSession.headAndTail(message)
    fputs((isColoured ? printer.style.paint(head, .error) + tail : message) + "\n", stderr)
    fflush(stderr)
    hasFailed = true
  }

  /// The error's kind ("Binder Error:") and the rest.
  private static func headAndTail(_ message: String) -> (String, String) {
    guard let colon = message.firstIndex(of: ":") else { return ("", message) }
    let next = message.index(after: colon)
    return (String(message[..<next]), String(message[next...]))
  }

  func write(_ text: String) {
    stopProgress()
    fputs(text, output ?? stdout)
  }

  // MARK: Output

  enum Target {
    case file(String)
    case command(String)
  }

  struct CannotWrite: Error { let reason: String }

  /// Sends what follows to a file or the input of a command.
  func redirect(to target: Target) throws {
    closeOutput()
    fflush(stdout)
    switch target {
    case .file(let path):
      output = fopen(path, "w")
      outputName = path
    case .command(let command):
      output = popen(command, "w")
      outputName = "|" + command
      isPipe = true
    }
    guard output == nil else { return }
    let reason = String(cString: strerror(errno))
    closeOutput()
    throw CannotWrite(reason: reason)
  }

  /// Back to stdout. A command ends before the next statement runs.
  func closeOutput() {
    if let output { _ = isPipe ? pclose(output) : fclose(output) }
    output = nil
    outputName = nil
    isPipe = false
    isOutputOnce = false
  }

  /// `\x`: a record a page, or the mode before.
  func setLineMode(_ isOn: Bool) {
    if isOn, printer.mode != .line {
      modeBeforeLine = printer.mode
      printer.mode = .line
    } else if !isOn, printer.mode == .line {
      printer.mode = modeBeforeLine == .line ? .duckbox : modeBeforeLine
    }
  }
}
