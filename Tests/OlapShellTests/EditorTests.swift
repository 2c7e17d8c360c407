import Glibc
import Testing

/// The shell on a terminal, driven key by key.
@Suite("shell on a terminal")
struct EditorTests {
  private static let prompt = "memory> "
  /// The prompt drawn anew, after a statement is done.
  private static let ready = "\u{1B}[?2004h"

  private func start(
    _ arguments: [String] = [], environment: [String: String] = [:], rows: Int = 30,
    columns: Int = 100
  ) -> PseudoTerminal {
    let terminal = PseudoTerminal(
      arguments, environment: environment, rows: rows, columns: columns)
    terminal.expect("> ")
    return terminal
  }

  @Test("Enter goes on until the statement is complete")
  func severalLines() {
    let terminal = start()
    #expect(terminal.type("select 40 +\r", expect: ".. ") != nil)
    #expect(terminal.type("2 as answer;\r", expect: "│     42 │") != nil)
  }

  @Test("cursor keys, word moves, kill and yank edit the text")
  func editing() {
    let terminal = start()
    // "slect" is mended by going to the start of the line and one to the right.
    #expect(terminal.type("slect 17 x;\u{01}\u{1B}[Ce\u{05}\r", expect: "│    17 │") != nil)
    terminal.expect(Self.ready)
    // The last word is killed and yanked twice.
    #expect(
      terminal.type("select 5 as onetwo\u{17}\u{19}\u{19};\r", expect: "│ onetwoonetwo │") != nil)
    terminal.expect(Self.ready)
    #expect(terminal.type("select 'abc\u{7F}d';\r", expect: "│ abd     │") != nil)
    terminal.expect(Self.ready)
    #expect(terminal.type("12;\u{01}select \u{0B}\u{19}\r", expect: "│    12 │") != nil)
  }

  @Test("a line moves up and down within a statement before the history is used")
  func movesBetweenLines() {
    let terminal = start()
    terminal.type("select 1,\r")
    terminal.expect(".. ")
    // Up to the first line, its 1 becomes 11, and down again.
    terminal.type("2\u{1B}[A\u{05}\u{7F}\u{7F}11,\u{1B}[B\u{05};\r")
    #expect(terminal.expect("│    11 │     2 │") != nil)
  }

  @Test("history comes back with Up, is searched with Ctrl-R and kept in a file")
  func history() {
    let folder = Tool.makeFolder()
    let environment = ["OLAP_HISTORY": folder + "/history"]
    do {
      let terminal = start(environment: environment)
      terminal.type("select 111;\r", expect: "│   111 │")
      terminal.expect(Self.ready)
      terminal.type("select\r222;\r", expect: "│   222 │")
      terminal.expect(Self.ready)
      #expect(terminal.type("\u{1B}[A\u{1B}[A\u{1B}[A\r", expect: "│   111 │") != nil)
      terminal.expect(Self.ready)
      terminal.type(".exit\r")
      #expect(terminal.exitCode() == 0)
    }
    let terminal = start(environment: environment)
    // The statement of two lines is one entry.
    #expect(terminal.type("\u{12}22", expect: "(search)`22'") != nil)
    #expect(terminal.type("\r", expect: "222;") != nil)
    #expect(terminal.type("\r", expect: "│   222 │") != nil)
    unlink(folder + "/history")
    rmdir(folder)
  }

  @Test("Tab completes keywords, tables, columns, functions, files and commands")
  func completion() {
    let terminal = start()
    terminal.type(
      "create table shipments(weight_kg int, origin text);\r", expect: Self.ready)
    #expect(terminal.type("sel\t", expect: "select ") != nil)
    #expect(terminal.type("* from shi\t", expect: "shipments ") != nil)
    #expect(terminal.type("s where s.wei\t", expect: "weight_kg ") != nil)
    #expect(terminal.type("> list_reverse_s\t", expect: "list_reverse_sort(") != nil)
    terminal.type("\u{03}")
    terminal.expect(Self.prompt)
    #expect(terminal.type(".max\t", expect: ".maxwidth") != nil)
    terminal.type("\u{03}")
    terminal.expect(Self.prompt)
    let folder = Tool.makeFolder()
    close(open(folder + "/sheet.csv", O_WRONLY | O_CREAT, 0o600))
    #expect(terminal.type("from '\(folder)/she\t", expect: "sheet.csv") != nil)
    unlink(folder + "/sheet.csv")
    rmdir(folder)
    terminal.type("\u{03}")
    terminal.expect(Self.prompt)
    // Several candidates are listed below the line.
    #expect(terminal.type("select list_reverse\t", expect: "list_reverse_sort(") != nil)
  }

  @Test("Ctrl-C cancels the query within 50 ms of work, and the shell goes on")
  func cancel() throws {
    let terminal = start()
    let endless =
      "select count(*) from range(10000000) a, range(10000000) b where (a.range*b.range)%7=3;\r"
    var best = Double.infinity
    // Other tests share the machine: the best of several tries is the shell's own time.
    for _ in 1...5 where best > 0.05 {
      terminal.type(endless, expect: "\u{1B}[?2004l")
      usleep(300_000)
      let start = PseudoTerminal.now()
      terminal.type("\u{03}")
      try #require(terminal.expect("Interrupt Error: the statement was cancelled") != nil)
      best = min(best, PseudoTerminal.now() - start)
      terminal.expect(Self.ready)
    }
    #expect(best < 0.2, "cancelling took \(best) s")
    #expect(terminal.type("select 7 * 6;\r", expect: "│      42 │") != nil)
    // Ctrl-C at the prompt drops the text only.
    terminal.expect(Self.ready)
    #expect(terminal.type("select nonsense\u{03}", expect: "^C") != nil)
    #expect(terminal.type("select 8 * 8;\r", expect: "│      64 │") != nil)
  }

  @Test("a long query shows its progress, and the bar is gone afterwards")
  func progress() {
    let terminal = start()
    terminal.type(
      "select count(*) from range(10000000) a, range(10000000) b where (a.range*b.range)%7=3;\r")
    #expect(
      terminal.expect("Ctrl-C cancels", seconds: 10) != nil || terminal.transcript.contains("%"))
    terminal.type("\u{03}")
    #expect(terminal.expect("\u{1B}[K") != nil)
  }

  @Test("a query over a file shows the share read and the time left")
  func fileProgress() {
    let folder = Tool.makeFolder()
    let path = folder + "/numbers.csv"
    let terminal = start()
    terminal.type(
      "copy (select range as i from range(200000)) to '\(path)' (header);\r", expect: Self.ready)
    // Much work a row, so that a small file lasts.
    terminal.type(
      "select count(*) from '\(path)' f, range(100000) r where (f.i * r.range) % 7 = 3;\r")
    #expect(terminal.expect("% ▕", seconds: 15) != nil)
    terminal.type("\u{03}")
    #expect(terminal.expect("was cancelled") != nil)
    unlink(path)
  }

  @Test("a load shows its share, rate and time left, and the bar is gone afterwards")
  func loadProgress() throws {
    let folder = Tool.makeFolder()
    let path = folder + "/numbers.csv"
    let file = try #require(fopen(path, "w"))
    fputs("id\n", file)
    // Long enough to take half a second.
    #if DEBUG
      let count = 100_000
    #else
      let count = 1_500_000
    #endif
    for number in 1...count { fputs("\(number)\n", file) }
    fclose(file)
    let terminal = PseudoTerminal(
      ["load", folder + "/db.olap", "t", path, "--create", "--key", "id"])
    #expect(terminal.expect(" %  ", seconds: 60) != nil)
    #expect(terminal.expect("B/s  ", seconds: 60) != nil)
    #expect(terminal.expect("\r\u{1B}[Kupserted \(count) rows", seconds: 120) != nil)
    #expect(terminal.exitCode() == 0)
    for name in ["/numbers.csv", "/db.olap"] { unlink(folder + name) }
  }

  @Test("pasted newlines do not submit")
  func paste() {
    let terminal = start()
    terminal.type("\u{1B}[200~select 3;\nselect 4;\u{1B}[201~")
    #expect(terminal.expect("│     3 │", seconds: 1) == nil)
    #expect(terminal.type("\r", expect: "│     4 │") != nil)
    #expect(terminal.transcript.contains("│     3 │"))
  }

  @Test("a grid is cut to the terminal's width and long results to head and tail")
  func fittedGrid() throws {
    let terminal = start(rows: 30, columns: 60)
    terminal.type(
      "select range a, range b, range c, range d, range e, range f, range g, range h, range i,"
        + " range j, range k from range(1000);\r")
    let text = try #require(terminal.expect("11 columns"))
    #expect(text.contains("1000 rows (40 shown)"))
    #expect(text.contains("…"))
    for line in text.split(separator: "\r\n") where line.hasPrefix("│") {
      #expect(line.count <= 60)
    }
  }

  @Test("colours mark keywords and strings, unless NO_COLOR is set")
  func colours() throws {
    let coloured = start(environment: ["NO_COLOR": ""])
    let text = try #require(coloured.type("select 'x';\r", expect: "varchar"))
    #expect(text.contains("\u{1B}[1;34mselect"))
    #expect(text.contains("\u{1B}[32m'x'"))
    let plain = start()
    let bare = try #require(plain.type("select 'x';\r", expect: "varchar"))
    #expect(!bare.contains("\u{1B}[1;34m"))
  }

  @Test("an open transaction shows in the prompt")
  func transactionPrompt() {
    let terminal = start()
    #expect(terminal.type("begin;\r", expect: "memory*> ") != nil)
    #expect(terminal.type("commit;\r", expect: "memory> ") != nil)
  }

  @Test(".edit brings the editor's text to the prompt")
  func edit() {
    let folder = Tool.makeFolder()
    let script = folder + "/editor"
    let file = open(script, O_WRONLY | O_CREAT, 0o700)
    let body = Array("#!/bin/sh\necho 'select 123;' > \"$1\"\n".utf8)
    _ = write(file, body, body.count)
    close(file)
    let terminal = start(environment: ["EDITOR": script])
    #expect(terminal.type(".edit\r", expect: "select 123;") != nil)
    #expect(terminal.type("\r", expect: "│   123 │") != nil)
    unlink(script)
    rmdir(folder)
  }

  @Test(".pager shows long results through a program")
  func pager() {
    let terminal = start()
    terminal.type(".pager tr 0-9 a-j\r", expect: Self.ready)
    #expect(terminal.type("select range from range(35);\r", expect: "│    de │") != nil)
  }
}
