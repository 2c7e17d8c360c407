internal import Olap

/// Replaces `{{ ref('x') }}`, `{{ source('s', 'x') }}`, `{{ var('x', default) }}` and the same calls
/// without braces. Everything else of a file is SQL and stays.
///
/// In braces a variable is put in as bare text, without them as a literal. Jinja blocks (`{% … %}`)
/// are refused.
package struct SQLTemplate {
  private let file: ProjectFile
  private let variables: ProjectVariables
  private let bytes: [UInt8]
  private var index: Int
  /// Start of the text not yet copied.
  private var pending: Int
  private var rendered = RenderedText()

  /// Renders the file's text from byte `start` to its end.
  package static func render(
    _ file: ProjectFile, from start: Int = 0, variables: ProjectVariables
  ) throws(ProjectError) -> RenderedText {
    var template = SQLTemplate(file: file, start: start, variables: variables)
    try template.run()
    return template.rendered
  }

  /// Replaces `{{ … }}` only: for paths and the like, where quotes and dashes mean nothing.
  package static func renderPlain(
    _ text: String, of file: ProjectFile, at offset: Int, variables: ProjectVariables
  ) throws(ProjectError) -> String {
    let piece = ProjectFile(path: file.path, text: text)
    var template = SQLTemplate(file: piece, start: 0, variables: variables)
    do throws(ProjectError) {
      while template.index < template.bytes.count {
        if try !template.substitution() { template.index += 1 }
      }
    } catch {
      throw ProjectError(error.message, in: file, at: offset + (error.offset ?? 0))
    }
    template.flush(to: template.bytes.count)
    return template.rendered.text
  }

  private init(file: ProjectFile, start: Int, variables: ProjectVariables) {
    self.file = file
    self.variables = variables
    bytes = Array(file.text.utf8)
    index = start
    pending = start
  }

  private func at(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index + count <= bytes.count else { return false }
    return (0..<count).allSatisfy { bytes[index + $0] == text.utf8Start[$0] }
  }

  private func failure(_ message: String, at offset: Int) -> ProjectError {
    ProjectError(message, in: file, at: offset)
  }

  private mutating func run() throws(ProjectError) {
    while index < bytes.count {
      if at("--") {
        skip(to: "\n")
      } else if at("/*") {
        skip(to: "*/")
      } else if at("'") || at("\"") {
        try quoted(bytes[index])
      } else if try !substitution() {
        if TemplateCall.isWord(bytes[index]) {
          try word()
        } else {
          index += 1
        }
      }
    }
    flush(to: bytes.count)
  }

  private mutating func flush(to end: Int) {
    rendered.append(bytes[pending..<end], from: pending, isVerbatim: true)
    pending = end
  }

  private mutating func skip(to end: StaticString) {
    index += 2
    while index < bytes.count, !at(end) { index += 1 }
    index = min(bytes.count, index + end.utf8CodeUnitCount)
  }

  /// A string or a quoted name; braces count inside it too.
  private mutating func quoted(_ mark: UInt8) throws(ProjectError) {
    index += 1
    while index < bytes.count, bytes[index] != mark {
      if try !substitution() { index += 1 }
    }
    index = min(bytes.count, index + 1)
  }

  /// `{{ … }}` and `{# … #}`; false when neither starts here.
  private mutating func substitution() throws(ProjectError) -> Bool {
    let start = index
    if at("{%") {
      throw failure(
        "Jinja blocks are not evaluated: write the SELECT for the whole table, refreshes are "
          + "incremental by themselves", at: start)
    }
    if at("{#") {
      skip(to: "#}")
      flush(to: start)
      pending = index
      return true
    }
    guard at("{{") else { return false }
    index += 2
    guard let call = TemplateCall(bytes, from: index) else {
      throw failure("expected ref('…'), source('…', '…') or var('…') inside {{ }}", at: start)
    }
    index = call.end
    while index < bytes.count, bytes[index] <= UInt8(ascii: " ") { index += 1 }
    guard at("}}") else { throw failure("expected }} after \(call.name)(…)", at: index) }
    index += 2
    try replace(from: start, with: call, isBare: true)
    return true
  }

  /// A word, which may be a call of ref, source or var.
  private mutating func word() throws(ProjectError) {
    let start = index
    let followsDot = start > 0 && bytes[start - 1] == UInt8(ascii: ".")
    if !followsDot, let call = TemplateCall(bytes, from: start) {
      index = call.end
      try replace(from: start, with: call, isBare: false)
      return
    }
    while index < bytes.count, TemplateCall.isWord(bytes[index]) { index += 1 }
  }

  private mutating func replace(
    from start: Int, with call: TemplateCall, isBare: Bool
  ) throws(ProjectError) {
    let text: String
    switch call.name {
    case "ref", "source":
      guard let table = call.arguments.last, call.arguments.count <= 2 else {
        throw failure("\(call.name)() takes the name of a table", at: start)
      }
      text = TemplateCall.isPlainName(table) ? table : SQLText.quoted(name: table)
    default:
      guard let name = call.arguments.first, call.arguments.count <= 2 else {
        throw failure("var() takes a name and, if you like, a default", at: start)
      }
      if let value = variables[name] {
        text = isBare ? value.bareText : value.literal
      } else if call.arguments.count == 2 {
        text =
          isBare || call.isNumberDefault
          ? call.arguments[1] : SQLText.literal(call.arguments[1])
      } else {
        let known =
          variables.names.isEmpty ? "none are set" : variables.names.joined(separator: ", ")
        throw failure(
          "variable \"\(name)\" is not set (\(known)); set it under [vars] in olap.toml or with "
            + "--vars \(name)=…", at: start)
      }
    }
    flush(to: start)
    rendered.append(Array(text.utf8), from: start, isVerbatim: false)
    pending = index
  }
}

/// `name('a', 'b')` in a template: ref, source or var with literals between its parentheses.
struct TemplateCall {
  let name: String
  var arguments: [String] = []
  /// The second argument was a number, not a string.
  private(set) var isNumberDefault = false
  /// Byte behind the closing parenthesis.
  private(set) var end: Int

  static func isWord(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
      || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || byte == UInt8(ascii: "_")
      || byte >= 0x80
  }

  /// Whether a name needs no quotes: letters, digits and underscores, no digit first.
  static func isPlainName(_ name: String) -> Bool {
    guard let first = name.utf8.first, isWord(first), first < 0x30 || first > 0x39 else {
      return false
    }
    return name.utf8.allSatisfy { isWord($0) && $0 < 0x80 }
  }

  /// Nil when no such call starts at `start` (after blanks).
  init?(_ bytes: [UInt8], from start: Int) {
    var index = start
    func skipBlanks() {
      while index < bytes.count, bytes[index] <= UInt8(ascii: " ") { index += 1 }
    }
    skipBlanks()
    let wordStart = index
    while index < bytes.count, TemplateCall.isWord(bytes[index]) { index += 1 }
    name = String(decoding: bytes[wordStart..<index], as: UTF8.self).lowercased()
    guard ["ref", "source", "var"].contains(name) else { return nil }
    end = index
    skipBlanks()
    guard index < bytes.count, bytes[index] == UInt8(ascii: "(") else { return nil }
    index += 1
    while true {
      skipBlanks()
      guard index < bytes.count else { return nil }
      let mark = bytes[index]
      if mark == UInt8(ascii: "'") || mark == UInt8(ascii: "\"") {
        guard let close = bytes[(index + 1)...].firstIndex(of: mark) else { return nil }
        arguments.append(String(decoding: bytes[(index + 1)..<close], as: UTF8.self))
        index = close + 1
      } else {
        let numberStart = index
        while index < bytes.count,
          TemplateCall.isWord(bytes[index]) || bytes[index] == UInt8(ascii: ".")
            || bytes[index] == UInt8(ascii: "-")
        {
          index += 1
        }
        let number = String(decoding: bytes[numberStart..<index], as: UTF8.self)
        guard Double(number) != nil, !arguments.isEmpty else { return nil }
        arguments.append(number)
        isNumberDefault = true
      }
      skipBlanks()
      guard index < bytes.count else { return nil }
      if bytes[index] == UInt8(ascii: ")") { break }
      guard bytes[index] == UInt8(ascii: ",") else { return nil }
      index += 1
    }
    end = index + 1
  }
}
