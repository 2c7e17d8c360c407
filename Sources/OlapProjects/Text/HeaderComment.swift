/// The comment at the top of a model, test or source file: text that describes it, and directives.
///
///     -- Revenue by day.
///     -- @layer gold  @key date, sales_type  @tags revenue
///     -- @expect revenue >= 0 on violation fail
///
/// A directive's value runs to the next `@word` or the end of its line; that of @expect and
/// @description to the end. Lines indented by three blanks or more go on with the directive above.
package struct HeaderComment: Sendable {
  package struct Directive: Sendable, Hashable {
    package let name: String
    package var value: String
    /// Byte offset of the `@`.
    package let offset: Int
    /// Byte offset of the value.
    package let valueOffset: Int
  }

  package private(set) var description = ""
  package private(set) var directives: [Directive] = []
  /// Byte at which the SQL starts.
  package private(set) var end = 0

  /// Reads comment lines from byte `start` up to the first line of SQL.
  init(_ file: ProjectFile, from start: Int = 0) {
    let bytes = Array(file.text.utf8)
    var index = start
    end = start
    var isInBlock = false
    while index < bytes.count {
      let lineEnd = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      var first = index
      var last = lineEnd
      while first < last, bytes[first] <= UInt8(ascii: " ") { first += 1 }
      while last > first, bytes[last - 1] <= UInt8(ascii: " ") { last -= 1 }
      let next = min(bytes.count, lineEnd + 1)
      if isInBlock {
        let close = Self.position(of: "*/", in: bytes[first..<last])
        add(bytes, first, close ?? last)
        isInBlock = close == nil
      } else if first == last {
        if !description.isEmpty { description += "\n" }
      } else if bytes[first..<last].starts(with: "--".utf8) {
        add(bytes, first + 2, last)
      } else if bytes[first..<last].starts(with: "/*".utf8) {
        let close = Self.position(of: "*/", in: bytes[(first + 2)..<last])
        // SQL behind a comment on the same line ends the header before that line.
        if let close, close + 2 != last { break }
        add(bytes, first + 2, close ?? last)
        isInBlock = close == nil
      } else {
        break
      }
      index = next
      end = index
    }
    while description.hasSuffix("\n") { description.removeLast() }
  }

  private static func position(of text: String, in bytes: ArraySlice<UInt8>) -> Int? {
    let part = Array(text.utf8)
    guard bytes.count >= part.count else { return nil }
    return (bytes.startIndex...(bytes.endIndex - part.count)).first {
      bytes[$0..<($0 + part.count)].elementsEqual(part)
    }
  }

  /// One line of comment text between two bytes.
  private mutating func add(_ bytes: [UInt8], _ start: Int, _ end: Int) {
    var first = start
    while first < end, bytes[first] <= UInt8(ascii: " ") { first += 1 }
    let indent = first - start
    guard first < end else { return }
    if bytes[first] != UInt8(ascii: "@") {
      let text = String(decoding: bytes[first..<end], as: UTF8.self)
      if indent >= 3, var directive = directives.last {
        directive.value += " " + text
        directives[directives.count - 1] = directive
      } else {
        description += (description.isEmpty || description.hasSuffix("\n") ? "" : " ") + text
      }
      return
    }
    addDirectives(bytes, first, end)
  }

  private mutating func addDirectives(_ bytes: [UInt8], _ start: Int, _ end: Int) {
    var index = start
    while index < end {
      let offset = index
      index += 1
      let nameStart = index
      while index < end, TemplateCall.isWord(bytes[index]) { index += 1 }
      let name = String(decoding: bytes[nameStart..<index], as: UTF8.self).lowercased()
      while index < end, bytes[index] <= UInt8(ascii: " ") { index += 1 }
      let valueStart = index
      let takesRest = name == "expect" || name == "description"
      while index < end {
        if !takesRest, bytes[index] == UInt8(ascii: "@"), bytes[index - 1] <= UInt8(ascii: " ") {
          break
        }
        index += 1
      }
      var valueEnd = index
      while valueEnd > valueStart, bytes[valueEnd - 1] <= UInt8(ascii: " ") { valueEnd -= 1 }
      let value = String(decoding: bytes[valueStart..<valueEnd], as: UTF8.self)
      directives.append(
        Directive(name: name, value: value, offset: offset, valueOffset: valueStart))
    }
  }
}
