/// A name as written, without its quotes; case is kept, and compared without case by the binder.
package struct Identifier: Hashable, Sendable {
  package var text: String
  package var range: SourceRange

  package init(_ text: String, range: SourceRange = .none) {
    self.text = text
    self.range = range
  }
}

/// A name of one to three parts: `[[catalog.]schema.]object`. Never empty.
package struct ObjectName: Hashable, Sendable {
  package var parts: [Identifier]
  package var range: SourceRange

  package init(_ parts: [Identifier], range: SourceRange = .none) {
    self.parts = parts
    self.range = range
  }

  package init(_ text: String) {
    self.init([Identifier(text)])
  }

  /// The last part, the object's own name.
  package var base: Identifier { parts.last ?? Identifier("") }

  /// The parts before the last.
  package var qualifier: [Identifier] { Array(parts.dropLast()) }

  /// The parts joined by dots, unquoted: for messages.
  package var text: String { parts.map(\.text).joined(separator: ".") }
}
