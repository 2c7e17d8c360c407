@preconcurrency import Glibc
import Olap

/// The state of one shell: connection, output mode, flags; runs statements and dot commands.
final class ShellSession {
  let database: Database
  let connection: Connection
  let options: ShellOptions
  var printer: ResultPrinter
  var bails: Bool
  var showsTime = false
  var echoes: Bool
  var hasFailed = false
  var isDone = false
  var exitCode: Int32?
  /// `.output FILE`: nil = stdout.
  var output: UnsafeMutablePointer<FILE>?
  /// `.once`: the output returns to stdout after one statement.
  var isOutputOnce = false
  var readDepth = 0

  init(database: Database, options: ShellOptions) {
    self.database = database
    self.connection = database.connect()
    self.options = options
    let isTerminal = isatty(STDOUT_FILENO) == 1
    printer = ResultPrinter(mode: options.mode ?? .duckbox, isTerminal: isTerminal)
    if let header = options.showsHeader { printer.showsHeader = header }
    if let text = options.nullText { printer.nullText = text }
    if let separator = options.separator { printer.separator = separator }
    bails = options.bails ?? true
    echoes = options.echoes
  }

  /// Runs what the command line gave, else stdin; the exit code.
  func run() -> Int32 {
    if !options.commands.isEmpty {
      for command in options.commands where !isDone {
        switch command {
        case .sql(let text): runScript(text + "\n;")
        case .file(let path): readFile(path)
        }
        if hasFailed && bails { break }
      }
    } else if isatty(STDIN_FILENO) == 1 {
      bails = options.bails ?? false
      InteractiveLoop(session: self).run()
      if let exitCode { return exitCode }
      return 0
    } else {
      readStandardInput()
    }
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

  /// `.read FILE` and -f.
  func readFile(_ path: String) {
    guard readDepth < 20 else {
      return fail("Error: .read is nested too deeply: \(path)")
    }
    guard let text = TextFile.read(path) else {
      return fail("Error: cannot open \"\(path)\"")
    }
    readDepth += 1
    runScript(text)
    readDepth -= 1
  }

  func run(_ item: StatementFeed.Item) {
    switch item {
    case .command(let line): DotCommands.run(line, in: self)
    case .statement(let sql): runStatement(sql)
    }
    fflush(stdout)
  }

  private func runStatement(_ sql: String) {
    if echoes { write(sql + "\n") }
    let start = Stopwatch()
    do {
      try connection.execute(each: sql) { result in
        try printer.print(result) { write($0) }
      }
    } catch let error as OlapError {
      fail(error.detailedDescription)
    } catch {
      fail("\(error)")
    }
    if showsTime { write(start.report + "\n") }
    fflush(stdout)
    if isOutputOnce { closeOutput() }
  }

  /// Prints an error on stderr before anything else happens.
  func fail(_ message: String) {
    fflush(stdout)
    fputs(message + "\n", stderr)
    fflush(stderr)
    hasFailed = true
  }

  func write(_ text: String) {
    fputs(text, output ?? stdout)
  }

  func closeOutput() {
    if let output { fclose(output) }
    output = nil
    isOutputOnce = false
  }
}

/// Wall and processor time of a statement, as `.timer on` prints it.
struct Stopwatch {
  private let wall = Stopwatch.now(CLOCK_MONOTONIC)
  private let usage = Stopwatch.processorTime()

  private static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func processorTime() -> (user: Double, system: Double) {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return (
      Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6,
      Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
    )
  }

  var report: String {
    let after = Stopwatch.processorTime()
    return "Run Time (s): real \(Stopwatch.format(Stopwatch.now(CLOCK_MONOTONIC) - wall)) "
      + "user \(Stopwatch.format(after.user - usage.user)) "
      + "sys \(Stopwatch.format(after.system - usage.system))"
  }

  private static func format(_ seconds: Double) -> String {
    let micro = Int((max(0, seconds) * 1e6).rounded())
    let fraction = String(micro % 1_000_000)
    return "\(micro / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}

/// Whole small text files.
enum TextFile {
  static func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes.append(contentsOf: buffer[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
