@preconcurrency import Glibc
import Olap

/// `olap load FILE TABLE INPUT…` and `olap load --replay FILE [TABLE]`.
enum LoadCommand {
  static let usage = """
    olap load [OPTIONS] FILE TABLE INPUT...
    olap load --replay FILE [TABLE]

    Loads CSV, TSV or JSON files into a table of the database FILE, all inputs as one transaction.
    INPUT may be a glob pattern (** too) or - for standard input; .gz and .zst are read as they are,
    UTF-16 as well. Files run in parallel with bounded memory. What is not said about a file is found
    by looking at it; --dry-run shows what that is.

    TABLE
      --create               create the table, types inferred from the data
      --layer bronze         with --create: as a bronze table
      --key COL[,COL...]     upsert: rows replace those with an equal key, equal rows are not written

    ROWS THAT DO NOT FIT (malformed, wrong type, NOT NULL, CHECK, key, foreign key)
      --on-error abort       the first one ends the load, nothing is loaded (default)
      --on-error skip        they are left out and counted
      --on-error quarantine  they go to the table olap.load_errors with file, line, byte, text, reason
      --max-errors N         more than N of them end the load, nothing is loaded
      --replay               load the rows of olap.load_errors (of TABLE) again, after their column
                             raw, or the table, was mended; those that fit leave olap.load_errors.
                             Rows that an expectation had refused (olap.quarantine) come back too

    FORMAT
      --format csv|json      default: by the name, else by the first letter
      --delimiter C          default: found by looking; one character or several, tab for a tab
      --quote C --escape C   default " and a doubled quote
      --header / --no-header default: found by looking
      --null TEXT            text that means NULL (an empty unquoted field always does)
      --skip N               lines to pass over first
      --comment C            lines that start so are passed over
      --null-padding         fill short rows with NULL
      --decimal C            decimal point, . or ,        --thousands C  what groups digits
      --date-format F        as %d.%m.%Y                  --timestamp-format F
      --encoding E           utf-8, utf-16, latin-1, windows-1252
      --compression C        none, gzip, zstd
      --sample-size N        rows to look at; -1: all
      --option NAME=VALUE    any other option of read_csv or read_json

    RUN
      --threads N            worker threads
      --memory-limit SIZE    such as 512MB
      --json                 the report as JSON
      --quiet                no progress bar, no report
      --dry-run              show what was found in the input and the table it would make; load nothing

    EXIT CODES  0 loaded · 1 a row or statement failed, nothing was loaded · 2 usage or cannot open
    """

  static func run(_ arguments: [String]) -> Int32 {
    let options: LoadOptions
    do {
      options = try LoadOptions(arguments)
    } catch let error as LoadOptions.UsageError {
      if error.message == usage {
        print(usage)
        return 0
      }
      CommandLineTool.complain("olap load: " + error.message)
      return 2
    } catch { return 2 }
    let database: Database
    do {
      database = try Database(options.file, options: options.database)
    } catch {
      CommandLineTool.complain(
        "olap load: cannot open \(options.file): \((error as? OlapError)?.description ?? "\(error)")"
      )
      return 2
    }
    let report = LoadReporter(options)
    do {
      let connection = database.connect()
      if options.isDryRun {
        report.show(try connection.preview(options.request))
        try database.close()
        return 0
      }
      let progress = LoadProgress(connection, isShown: report.showsProgress, options.request.inputs)
      defer { progress.stop() }
      let table = options.request.table.isEmpty ? nil : options.request.table
      let reports =
        options.isReplay
        ? try connection.replay(table: table) : [try connection.load(options.request)]
      progress.stop()
      try database.close()
      report.show(reports)
      return 0
    } catch {
      try? database.close()
      report.fail(error)
      return 1
    }
  }
}

/// The arguments of `olap load`.
struct LoadOptions {
  var file = ""
  var request = LoadRequest(table: "", inputs: [])
  var database = DatabaseOptions()
  var printsJSON = false
  var isQuiet = false
  var isDryRun = false
  var isReplay = false

  typealias UsageError = OptionWords.UsageError

  init(_ arguments: [String]) throws {
    var positional: [String] = []
    try OptionWords.read(
      arguments, positional: { positional.append($0) }, option: { try apply($0, $1) })
    if isReplay {
      guard (1...2).contains(positional.count) else {
        throw UsageError(message: "--replay takes FILE and perhaps TABLE")
      }
      file = positional[0]
      request.table = positional.count > 1 ? positional[1] : ""
      return
    }
    guard positional.count >= 3 else {
      throw UsageError(
        message: "FILE, TABLE and at least one INPUT are needed; `olap help load` tells more")
    }
    file = positional[0]
    request.table = positional[1]
    request.inputs = positional[2...].map { $0 == "-" ? "/dev/stdin" : $0 }
  }

  private mutating func apply(_ name: String, _ value: () throws -> String) throws {
    if try applyReader(name, value) { return }
    switch name {
    case "create": request.createsTable = true
    case "layer":
      let layer = try value().lowercased()
      guard layer == "bronze" else {
        throw UsageError(
          message: "--layer takes bronze; silver and gold tables are declared as SELECTs")
      }
      request.isBronze = true
    case "key":
      request.keys = try value().split(separator: ",").map {
        String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
    case "on-error":
      let text = try value().lowercased()
      guard let policy = LoadErrorPolicy(rawValue: text) else {
        throw UsageError(message: "--on-error takes abort, skip or quarantine, not \"\(text)\"")
      }
      request.onError = policy
    case "max-errors":
      guard let count = Int(try value()), count >= 0 else {
        throw UsageError(message: "--max-errors takes a number")
      }
      request.maximumErrors = count
    case "replay": isReplay = true
    case "threads": database.threads = try OptionWords.count(name, value())
    case "memory-limit": database.memoryLimit = try OptionWords.byteCount(name, value())
    case "json": printsJSON = true
    case "quiet", "q": isQuiet = true
    case "dry-run": isDryRun = true
    case "help", "h": throw UsageError(message: LoadCommand.usage)
    default: throw UsageError(message: "unknown option --\(name); `olap help load` lists them")
    }
  }

  /// Options that go to the reader; false when `name` is none of them.
  private mutating func applyReader(_ name: String, _ value: () throws -> String) throws -> Bool {
    switch name {
    case "delimiter", "delim", "sep": request.options["delim"] = try value()
    case "quote", "escape", "comment", "encoding", "compression", "thousands", "skip":
      request.options[name] = try value()
    case "null", "nullstr": request.options["nullstr"] = try value()
    case "header": request.options["header"] = "true"
    case "no-header", "noheader": request.options["header"] = "false"
    case "null-padding": request.options["null_padding"] = "true"
    case "decimal", "decimal-separator": request.options["decimal_separator"] = try value()
    case "date-format", "dateformat": request.options["dateformat"] = try value()
    case "timestamp-format", "timestampformat": request.options["timestampformat"] = try value()
    case "sample-size": request.options["sample_size"] = try value()
    case "union-by-name": request.options["union_by_name"] = "true"
    case "format": request.format = try value()
    case "option":
      let text = try value()
      guard let equals = text.firstIndex(of: "=") else {
        throw UsageError(message: "--option takes NAME=VALUE, not \"\(text)\"")
      }
      request.options[String(text[..<equals]).lowercased()] = String(
        text[text.index(after: equals)...])
    default: return false
    }
    return true
  }
}
