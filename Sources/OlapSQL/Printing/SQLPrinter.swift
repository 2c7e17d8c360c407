/// Writes trees as SQL text on one line, such that `Parser.parse` gives an equal tree back.
///
/// Operators are parenthesised only where precedence needs it, so that the text also serves as the
/// name of a column without an alias.
struct SQLPrinter {
  private(set) var text: String = ""

  mutating func write(_ string: String) {
    text += string
  }

  /// Elements separated by commas.
  mutating func list<T>(_ elements: [T], _ print: (inout SQLPrinter, T) -> Void) {
    for (i, element) in elements.enumerated() {
      if i > 0 { write(", ") }
      print(&self, element)
    }
  }

  mutating func parenthesized(_ body: (inout SQLPrinter) -> Void) {
    write("(")
    body(&self)
    write(")")
  }

  // MARK: Names

  mutating func identifier(_ identifier: Identifier) {
    write(SQLPrinter.quoted(identifier.text))
  }

  mutating func identifiers(_ identifiers: [Identifier]) {
    parenthesized { $0.list(identifiers) { $0.identifier($1) } }
  }

  mutating func name(_ name: ObjectName) {
    dotted(name.parts)
  }

  mutating func dotted(_ parts: [Identifier]) {
    for (i, part) in parts.enumerated() {
      if i > 0 { write(".") }
      identifier(part)
    }
  }

  mutating func string(_ value: String) {
    write("'")
    for character in value.unicodeScalars {
      text.unicodeScalars.append(character)
      if character == "'" { write("'") }
    }
    write("'")
  }

  /// The name as it must be written: quoted when it is not plain or is a word with a meaning.
  static func quoted(_ name: String) -> String {
    isPlain(name) ? name : always(quoted: name)
  }

  static func always(quoted name: String) -> String {
    var result = "\""
    for character in name.unicodeScalars {
      result.unicodeScalars.append(character)
      if character == "\"" { result += "\"" }
    }
    return result + "\""
  }

  private static func isPlain(_ name: String) -> Bool {
    guard let first = name.utf8.first, first < 0x80, Lexer.startsIdentifier(first) else {
      return false
    }
    guard name.utf8.allSatisfy({ $0 < 0x80 && Lexer.continuesIdentifier($0) }) else {
      return false
    }
    guard let keyword = Keyword.byText[name.lowercased()] else { return true }
    return !keyword.isReserved && !keyword.isFunctionOrTypeName && !startsSyntax(keyword)
  }

  /// Words that may be names, but begin or go on with something else in an expression.
  private static func startsSyntax(_ keyword: Keyword) -> Bool {
    switch keyword {
    case .currentDate, .currentTime, .currentTimestamp, .localtime, .localtimestamp, .currentUser,
      .currentRole, .currentCatalog, .currentSchema, .sessionUser, .interval, .columns, .values,
      .exists, .row, .map, .partition, .range, .rows, .groups, .rollup, .cube, .grouping,
      .pivotWider, .pivotLonger, .recursive, .materialized, .current, .unbounded:
      true
    default: false
    }
  }
}

extension Identifier {
  /// As SQL, quoted when needed.
  package var sql: String { SQLPrinter.quoted(text) }
}

extension ObjectName {
  /// As SQL, parts quoted when needed.
  package var sql: String { parts.map(\.sql).joined(separator: ".") }
}

extension TypeName {
  /// As SQL.
  package var sql: String {
    var printer = SQLPrinter()
    printer.type(self)
    return printer.text
  }
}

extension Expression {
  /// As SQL: the text of checks and defaults, and the name of an unnamed column.
  package var sql: String {
    var printer = SQLPrinter()
    printer.expression(self)
    return printer.text
  }
}

extension SelectStatement {
  /// As SQL on one line: the text of views and models.
  package var sql: String {
    var printer = SQLPrinter()
    printer.query(self)
    return printer.text
  }
}

extension OrderByItem {
  /// As SQL.
  package var sql: String {
    var printer = SQLPrinter()
    printer.orderByItem(self)
    return printer.text
  }
}
