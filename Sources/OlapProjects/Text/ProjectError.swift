internal import Olap

/// What is wrong with a project or a step of it, with its place where it has one.
package struct ProjectError: Error, CustomStringConvertible, Sendable {
  package enum Kind: Sendable {
    /// The folder, its files, the selection or an option: exit code 2.
    case project
    /// A model, a test or a load failed: exit code 1.
    case step
  }

  package var kind: Kind
  package var message: String
  package var file: ProjectFile?
  /// Byte offset in the file.
  package var offset: Int?

  package init(
    _ message: String, in file: ProjectFile? = nil, at offset: Int? = nil, kind: Kind = .project
  ) {
    self.kind = kind
    self.message = message
    self.file = file
    self.offset = offset
  }

  /// `path:line:column: message`.
  package var description: String {
    guard let file else { return message }
    guard let offset else { return "\(file.path): \(message)" }
    let (line, column) = file.position(ofByte: offset)
    return "\(file.path):\(line):\(column): \(message)"
  }

  /// The description, then the line with a caret under the place.
  package var detailedDescription: String {
    guard let file, let offset else { return description }
    let (line, column) = file.position(ofByte: offset)
    var text = file.line(line)
    var shown = column
    if text.count > 120 {
      let start = max(0, column - 60)
      text = String(text.dropFirst(start).prefix(120))
      shown -= start
    }
    let number = "  \(line) | "
    let margin = String(repeating: " ", count: number.count - 2) + "| "
    return description + "\n" + number + text + "\n" + margin
      + String(repeating: " ", count: max(0, shown - 1)) + "^"
  }
}

extension ProjectError {
  /// An error of a statement that was made from a rendered text: its place in the text becomes a place
  /// in the file.
  ///
  /// - Parameter rendered: the text that stands inside the statement, nil when the file's own text does.
  package static func from(
    _ error: any Error, in file: ProjectFile?, rendered: RenderedText? = nil
  ) -> ProjectError {
    if let error = error as? ProjectError { return error }
    guard let error = error as? OlapError else {
      return ProjectError("\(error)", in: file, kind: .step)
    }
    var offset: Int?
    if let range = error.range, let sql = error.sql {
      if let rendered {
        offset = rendered.originalOffset(ofStatementByte: range.lowerBound, in: sql)
      } else if let file, sql == file.text {
        offset = range.lowerBound
      }
    }
    return ProjectError(error.description, in: file, at: offset, kind: .step)
  }
}
