@preconcurrency import Glibc
import Olap

/// The prompt loop on a terminal.
struct InteractiveLoop {
  let session: ShellSession

  func run() {
    session.write("\(CommandLineTool.version)  ·  .help for help, .exit to leave\n")
    if session.database.path == nil {
      session.write("in memory: nothing is kept; `.open FILE` or `olap FILE` for a file\n")
    }
    fflush(stdout)
    let editor = LineEditor(historyPath: LineEditor.defaultHistoryPath)
    var feed = StatementFeed()
    while !session.isDone {
      guard let line = editor.readLine(prompt: feed.isEmpty ? "olap> " : "  ..> ") else { break }
      for item in feed.add(line + "\n") {
        session.run(item)
        if session.isDone { break }
      }
    }
    editor.saveHistory()
  }
}
