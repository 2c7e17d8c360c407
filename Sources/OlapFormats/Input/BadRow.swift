package import OlapColumns

/// A row of a file that does not fit its schema or, in a load, its table.
package struct BadRow: Sendable {
  package let path: String
  /// 1-based.
  package let line: Int
  package let byteOffset: Int
  package let text: String
  /// The column at fault, when it is one.
  package let column: String?
  package let reason: String

  package init(
    path: String, line: Int, byteOffset: Int, text: String, column: String?, reason: String
  ) {
    self.path = path
    self.line = line
    self.byteOffset = byteOffset
    self.text = text
    self.column = column
    self.reason = reason
  }

  /// The row as an error.
  package var error: ComputeError {
    let place = column.map { "column \"\($0)\": " } ?? ""
    return ComputeError(
      .invalidCast, "\(path), line \(line) (byte \(byteOffset)): \(place)\(reason)")
  }
}

/// What a reader does with rows that do not fit.
package enum BadRowPolicy: Sendable {
  case abort
  case skip
  /// Called from the reading threads.
  case report(@Sendable (BadRow) throws -> Void)

  func handle(_ row: BadRow) throws {
    switch self {
    case .abort: throw row.error
    case .skip: return
    case .report(let body): try body(row)
    }
  }
}

/// What a file scan can produce: the file's columns, and where a row comes from.
package enum FileColumn: Sendable, Hashable {
  /// A column of the schema.
  case field(Int)
  case filename
  /// A column that folders name.
  case partition(Int)
  /// Source, 1-based line, byte offset and text of the record: where a row came from.
  case source, line, byteOffset, text

  /// Names of the columns that tell where a row came from; no file's column is called so.
  package static let origins: [(name: String, type: SQLType, column: FileColumn)] = [
    ("\u{1}file", .varchar, .source), ("\u{1}line", .bigint, .line),
    ("\u{1}offset", .bigint, .byteOffset), ("\u{1}text", .varchar, .text),
  ]
}
