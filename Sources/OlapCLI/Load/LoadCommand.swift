@preconcurrency import Glibc
import Olap

/// `olap load FILE TABLE INPUT…`.
enum LoadCommand {
  static let usage = """
    olap load [OPTIONS] FILE TABLE INPUT...

    Loads CSV, TSV or JSON files into a table of the database FILE, all inputs as one transaction:
    every row or none. INPUT may be a glob pattern or - for standard input; .gz and .zst are read
    as they are. Files run in parallel with bounded memory.

    OPTIONS
      --create               create the table, types inferred from the data
      --layer bronze         with --create: as a bronze table
      --key COL[,COL...]     upsert: rows replace those with an equal key
      --delimiter C          default: found by looking
      --quote C              default "
      --escape C             default: doubled quote
      --header / --no-header default: found by looking
      --null TEXT            text that means NULL (an empty unquoted field always does)
      --threads N            worker threads
      --memory-limit SIZE    such as 512MB
      --json                 the report as JSON
      --dry-run              show what was found in the input; load nothing

    EXIT CODES  0 loaded · 1 a row or statement failed, nothing was loaded · 2 usage or cannot open
    """

  static func run(_ arguments: [String]) -> Int32 {
    var options: LoadOptions
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
    let stopwatch = Stopwatch()
    let spool = PipeSpool()
    defer { spool.remove() }
    do {
      options.request.inputs = try options.request.inputs.map { try spool.path(for: $0) }
      let connection = database.connect()
      if options.isDryRun {
        for column in try connection.sniff(options.request) {
          print("\(column.name)  \(column.type)")
        }
        return 0
      }
      let report = try connection.load(options.request)
      try database.close()
      printReport(report, options, stopwatch)
      return 0
    } catch {
      try? database.close()
      CommandLineTool.complain(
        "olap load: " + ((error as? OlapError)?.detailedDescription ?? "\(error)"))
      return 1
    }
  }

  private static func printReport(
    _ report: LoadReport, _ options: LoadOptions, _ stopwatch: Stopwatch
  ) {
    if options.printsJSON {
      print(
        "{\"table\":\(JSONText.string(report.table)),\"rows\":\(report.rowCount),"
          + "\"created\":\(report.createdTable)}")
      return
    }
    let verb = options.request.keys.isEmpty ? "loaded" : "upserted"
    print(
      "\(verb) \(report.rowCount) rows into \(report.table)"
        + (report.createdTable ? " (created)" : ""))
  }
}

/// The arguments of `olap load`.
struct LoadOptions {
  var file = ""
  var request = LoadRequest(table: "", inputs: [])
  var database = DatabaseOptions()
  var printsJSON = false
  var isDryRun = false

  struct UsageError: Error { let message: String }

  init(_ arguments: [String]) throws {
    var positional: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument.count > 1 else {
        positional.append(argument)
        continue
      }
      var name =
        argument.hasPrefix("--") ? String(argument.dropFirst(2)) : String(argument.dropFirst())
      var inlineValue: String?
      if let equals = name.firstIndex(of: "=") {
        inlineValue = String(name[name.index(after: equals)...])
        name = String(name[..<equals])
      }
      let value: () throws -> String = {
        if let inlineValue { return inlineValue }
        guard let next = rest.popFirst() else {
          throw UsageError(message: "option --\(name) needs a value")
        }
        return next
      }
      try apply(name, value)
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
    case "delimiter", "delim", "sep":
      let text = try value()
      request.options["delim"] = text == "\\t" || text == "tab" ? "\t" : text
    case "quote", "escape": request.options[name] = try value()
    case "null", "nullstr": request.options["nullstr"] = try value()
    case "header": request.options["header"] = "true"
    case "no-header", "noheader": request.options["header"] = "false"
    case "date-format", "dateformat": request.options["dateformat"] = try value()
    case "timestamp-format": request.options["timestampformat"] = try value()
    case "skip": request.options["skip"] = try value()
    case "threads":
      guard let count = Int(try value()), count > 0 else {
        throw UsageError(message: "--threads takes a number above 0")
      }
      database.threads = count
    case "memory-limit":
      let text = try value()
      guard let bytes = ByteSize.parse(text) else {
        throw UsageError(message: "--memory-limit takes a size such as 512MB, not \"\(text)\"")
      }
      database.memoryLimit = bytes
    case "json": printsJSON = true
    case "dry-run": isDryRun = true
    case "help", "h": throw UsageError(message: LoadCommand.usage)
    default: throw UsageError(message: "unknown option --\(name); `olap help load` lists them")
    }
  }
}

/// Standard input copied to a temporary file, because its columns are found by looking at it first.
final class PipeSpool {
  private var copy: String?

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// The path itself, or the copy of standard input.
  func path(for input: String) throws -> String {
    guard input == "/dev/stdin" else { return input }
    if let copy { return copy }
    var template = Array("/tmp/olap-load-XXXXXX.csv".utf8CString)
    let descriptor = mkstemps(&template, 4)
    guard descriptor >= 0 else {
      throw Failure(
        description: "cannot make a temporary file: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    copy = path
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return path }
      guard write(descriptor, buffer, count) == count else {
        throw Failure(description: "cannot write \(path): \(String(cString: strerror(errno)))")
      }
    }
  }

  func remove() { if let copy { unlink(copy) } }
}
