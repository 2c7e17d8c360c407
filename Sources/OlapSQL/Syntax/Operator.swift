/// Prefix operators.
package enum UnaryOperator: String, Hashable, Sendable {
  case not = "NOT"
  case negate = "-"
  case plus = "+"
  case bitwiseNot = "~"
}

/// Postfix operators that are not syntax of their own.
package enum PostfixOperator: String, Hashable, Sendable {
  case factorial = "!"
}

/// Infix operators with two operands. `AND`, `OR` and `||` are lists: see `Expression.Kind`.
package enum BinaryOperator: String, Hashable, Sendable {
  case equal = "="
  case notEqual = "<>"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  /// `/`: on integers too it gives a double.
  case divide = "/"
  case integerDivide = "//"
  case modulo = "%"
  /// `^` and `**`.
  case power = "^"
  case bitwiseAnd = "&"
  case bitwiseOr = "|"
  case shiftLeft = "<<"
  case shiftRight = ">>"
  /// `->`: extract as JSON.
  case jsonExtract = "->"
  /// `->>`: extract as text.
  case jsonExtractText = "->>"
  /// `@>`.
  case contains = "@>"
  /// `<@`.
  case containedBy = "<@"
  /// `&&`.
  case overlaps = "&&"
  /// `^@`.
  case startsWith = "^@"
  /// `<=>` on vectors.
  case cosineDistance = "<=>"
  /// `<->` on vectors and points.
  case distance = "<->"
}

extension BinaryOperator {
  /// Whether the operator compares and gives a boolean.
  package var isComparison: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
    default: false
    }
  }
}

/// How a pattern is read.
package enum PatternKind: Hashable, Sendable {
  case like
  case ilike
  case glob
  /// `SIMILAR TO`: a regular expression matched against the whole string.
  case similarTo
  /// `~`: a regular expression matched anywhere.
  case regex
  /// `~*`: the same without case.
  case regexIgnoringCase
}
