/// Text that is not SQL: what was expected or wrong, where, and how to mend it when that is clear.
package struct ParseError: Error, Hashable, Sendable {
  /// A sentence without the place: `expected ")" but found "FROM"`.
  package var message: String
  /// Such as `did you mean SELECT?`.
  package var hint: String?
  package var range: SourceRange
  /// Whether the text just ends too early: a shell may ask for more.
  package var isAtEnd: Bool

  package init(
    message: String, hint: String? = nil, range: SourceRange, isAtEnd: Bool = false
  ) {
    self.message = message
    self.hint = hint
    self.range = range
    self.isAtEnd = isAtEnd
  }
}
