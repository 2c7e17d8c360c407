/// `expression [ASC|DESC] [NULLS FIRST|LAST]`; what is not said is `nil` and follows the settings.
package struct OrderByItem: Hashable, Sendable {
  package var expression: Expression
  package var direction: SortDirection?
  package var nulls: NullOrder?
  package var range: SourceRange

  package init(
    expression: Expression, direction: SortDirection? = nil, nulls: NullOrder? = nil,
    range: SourceRange = .none
  ) {
    self.expression = expression
    self.direction = direction
    self.nulls = nulls
    self.range = range
  }
}

package enum SortDirection: String, Hashable, Sendable {
  case ascending = "ASC"
  case descending = "DESC"
}

package enum NullOrder: String, Hashable, Sendable {
  case first = "NULLS FIRST"
  case last = "NULLS LAST"
}

/// ORDER BY of a query.
package enum OrderByClause: Hashable, Sendable {
  case items([OrderByItem])
  /// `ORDER BY ALL`: every output column from left to right.
  case all(SortDirection?, NullOrder?)
}
