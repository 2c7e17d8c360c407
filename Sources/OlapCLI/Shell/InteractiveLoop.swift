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
    Interrupts.install()
    let editor = LineEditor(
      history: History(path: History.defaultPath), completer: ShellCompleter(session: session),
      style: session.printer.style)
    while !session.isDone {
      let initial = session.takeEditedText()
      let prompt = session.prompt(named: session.prompt ?? session.database.name)
      let continuation = String(repeating: " ", count: max(0, DisplayWidth.of(prompt) - 3)) + ".. "
      guard
        let text = editor.read(prompt: prompt, continuation: continuation, initial: initial)
      else { break }
      session.runInteractive(text)
    }
  }
}
