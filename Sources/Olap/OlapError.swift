internal import OlapColumns
internal import OlapPlanning
internal import OlapSQL
internal import OlapStorage

/// Any failure of the database, as users see it.
///
/// `description` is one line; `detailedDescription` adds the SQL line with a caret.
public struct OlapError: Error, Sendable, CustomStringConvertible {
  /// Stable category, for programs: `parser`, `binder`, `catalog`, `conversion`, `constraint`, …
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static let parser = Code(rawValue: "Parser Error")
    public static let binder = Code(rawValue: "Binder Error")
    public static let catalog = Code(rawValue: "Catalog Error")
    public static let conversion = Code(rawValue: "Conversion Error")
    public static let outOfRange = Code(rawValue: "Out of Range Error")
    public static let invalidInput = Code(rawValue: "Invalid Input Error")
    public static let constraint = Code(rawValue: "Constraint Error")
    public static let transaction = Code(rawValue: "Transaction Error")
    public static let io = Code(rawValue: "IO Error")
    public static let corruption = Code(rawValue: "Corruption Error")
    public static let outOfMemory = Code(rawValue: "Out of Memory Error")
    public static let interrupted = Code(rawValue: "Interrupt Error")
    public static let permission = Code(rawValue: "Permission Error")
    public static let layer = Code(rawValue: "Layer Error")
    public static let notSupported = Code(rawValue: "Not Supported Error")
    public static let `internal` = Code(rawValue: "Internal Error")
  }

  public let code: Code
  /// What went wrong and how to remedy it.
  public let message: String
  /// UTF-8 byte range in `sql`, when the error has a place.
  public let range: Range<Int>?
  /// The statement text the range points into.
  public let sql: String?

  public init(_ code: Code, _ message: String, range: Range<Int>? = nil, sql: String? = nil) {
    self.code = code
    self.message = message
    self.range = range
    self.sql = sql
  }

  /// Whether running the same statement again may succeed (a conflict, a lock).
  public var isRetryable: Bool { code == .transaction }

  public var description: String { "\(code.rawValue): \(message)" }

  /// 1-based line and column of the error's start, when it has a place.
  public var position: (line: Int, column: Int)? {
    guard let range, let sql else { return nil }
    var line = 1
    var column = 1
    for byte in sql.utf8.prefix(range.lowerBound) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return (line, column)
  }

  /// The description, then the line of SQL with a caret under the place.
  public var detailedDescription: String {
    guard let position, let sql, range != nil else { return description }
    let lines = sql.split(separator: "\n", omittingEmptySubsequences: false)
    guard position.line - 1 < lines.count else { return description }
    let prefix = "LINE \(position.line): "
    var text = String(lines[position.line - 1])
    var column = position.column
    if text.count > 120 {
      let start = max(0, column - 60)
      text = String(text.dropFirst(start).prefix(120))
      column -= start
    }
    let padding = String(repeating: " ", count: prefix.count + max(0, column - 1))
    return description + "\n\n" + prefix + text + "\n" + padding + "^"
  }
}

extension OlapError {
  /// Any error of the rooms below as an `OlapError`; `sql` is the statement's source text.
  package static func from(_ error: any Error, sql: String?) -> OlapError {
    switch error {
    case let error as OlapError:
      if error.sql == nil, error.range != nil {
        return OlapError(error.code, error.message, range: error.range, sql: sql)
      }
      return error
    case let error as ParseError:
      let hint = error.hint.map { "; " + $0 } ?? ""
      let range = error.range.start..<max(error.range.start, error.range.end)
      return OlapError(.parser, error.message + hint, range: range, sql: sql)
    case let error as BindError:
      return OlapError(.binder, error.description, range: error.range, sql: sql)
    case let error as ComputeError:
      let range = sql.flatMap { place(of: error, in: $0) }
      return OlapError(code(of: error.kind), error.message, range: range, sql: sql)
    case let error as StorageError:
      return from(storage: error)
    default:
      return OlapError(.internal, "\(error)")
    }
  }

  /// Where the literal stands that could not be converted.
  private static func place(of error: ComputeError, in sql: String) -> Range<Int>? {
    let start = "Could not convert string '"
    guard error.kind == .invalidCast, error.message.hasPrefix(start), sql.utf8.count < 1 << 16
    else { return nil }
    let rest = Array(error.message.utf8.dropFirst(start.utf8.count))
    let end = Array("' to ".utf8)
    guard rest.count > end.count,
      let length = (0...(rest.count - end.count)).first(where: {
        rest[$0..<($0 + end.count)].elementsEqual(end)
      })
    else { return nil }
    let text = String(decoding: rest[..<length], as: UTF8.self)
    return LiteralPlaces.converted(text, in: sql).map { $0.start..<$0.end }
  }

  private static func from(storage error: StorageError) -> OlapError {
    let code: Code =
      switch error {
      case .corrupt, .notADatabase, .version: .corruption
      case .readOnly: .permission
      case .conflict, .busy, .changesCompacted: .transaction
      case .memoryLimit: .outOfMemory
      default: .io
      }
    return OlapError(code, error.description)
  }

  private static func code(of kind: ComputeError.Kind) -> Code {
    switch kind {
    case .overflow: .outOfRange
    case .invalidCast: .conversion
    case .invalidArgument, .divisionByZero: .invalidInput
    case .constraint: .constraint
    case .outOfMemory: .outOfMemory
    case .cancelled: .interrupted
    }
  }
}
