@preconcurrency import Glibc
import Olap

/// `olap shell [FILE] [SQL]`.
enum ShellCommand {
  static let usage = """
    olap shell [OPTIONS] [FILE] [SQL]

    Runs SQL on FILE (none or :memory: = in memory) from -c, -f, the SQL argument, or stdin.
    Off a terminal each statement runs as soon as it is complete; the first error stops the script.

    OPTIONS (one dash or two)
      -c SQL                 run SQL and exit (repeatable)
      -f FILE                run the statements of FILE and exit (repeatable)
      -cmd SQL               run SQL first, then go on
      -init FILE / -no-init  file to run at the start (default ~/.olaprc on a terminal) / none
      -readonly              open without writing
      -threads N             worker threads
      -memory-limit SIZE     such as 512MB
      -csv -json -jsonlines -markdown -box -table -column -line -list -tabs -html -insert -quote
      -latex -ascii -trash   output mode (default: duckbox, a grid with types)
      -header / -noheader    column names in csv, tabs, list and column output
      -nullvalue TEXT        what NULL prints as (csv: empty)
      -separator TEXT        between columns of csv, tabs, list, quote and ascii output
      -newline TEXT          after rows of the same; \\t \\n \\r \\0 mean themselves in both
      -batch / -interactive  no prompt, even on a terminal / a prompt, even off one
      -bail / -continue      stop at the first error / go on (exit code stays 1)
      -echo                  print each statement before it runs
      -version               print the version

    EXIT CODES  0 done · 1 a statement failed · 2 usage, or the database cannot be opened
    """

  static func run(_ arguments: [String]) -> Int32 {
    let options: ShellOptions
    do {
      options = try ShellOptions(arguments)
    } catch let error as ShellOptions.UsageError {
      if error.message == CommandLineTool.version || error.message == usage {
        print(error.message)
        return 0
      }
      CommandLineTool.complain("olap: " + error.message)
      return 2
    } catch {
      return 2
    }
    let database: Database
    do {
      database = try Database(options.file, options: options.database)
    } catch {
      let text = (error as? OlapError)?.description ?? "\(error)"
      CommandLineTool.complain("olap: cannot open \(options.file ?? ":memory:"): \(text)")
      return 2
    }
    let session = ShellSession(database: database, options: options)
    let code = session.run()
    do {
      try database.close()
    } catch {
      CommandLineTool.complain((error as? OlapError)?.description ?? "\(error)")
      return max(code, 1)
    }
    fflush(stdout)
    return code
  }
}
